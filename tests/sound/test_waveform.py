from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from callrec.policy.edits import Edits, Filler, Side, Span
from callrec.sound.measured import Measured
from callrec.sound.waveform import as_svg, in_text
from sound.builders import a_silence

SVG = "{http://www.w3.org/2000/svg}"

LOUD_THEN_QUIET = tuple([32767] * 200 + [0] * 200)

A_MINUTE = Measured(8000, 1, 480_000, ((32767, *(0, 32767) * 117),))
"""Of stretches of 2,048 samples."""

TWO_SIDES = Measured(8000, 2, 409_600, (LOUD_THEN_QUIET, LOUD_THEN_QUIET[::-1]))
"""51.2 seconds: who is on the left speaks first."""

EDITS = Edits(
    Span(5_000, 48_000),
    (a_silence(10_000, 12_500, side=Side.LEFT), a_silence(30_000, 40_000, filler=Filler.TONE)),
)


def test_a_waveform_in_text_is_a_row_for_each_side_over_a_time_axis() -> None:
    assert in_text(TWO_SIDES, columns=46) == "\n".join(
        [
            "left  " + "█" * 20 + "▁" * 20,
            "right " + "▁" * 20 + "█" * 20,
            "      |          |           |           |",
            "      0:00       0:15        0:30        0:45",
        ]
    )


def test_what_is_edited_is_marked_below_the_side_where_it_is() -> None:
    lines = in_text(TWO_SIDES, columns=46, edits=EDITS).splitlines()
    assert lines[1] == "      ///    xxx             xxxxxxxxx      //"
    assert lines[3] == "      ///                    xxxxxxxxx      //"
    assert lines[-1] == "      x silenced   / clipped away"


@pytest.mark.parametrize("columns", [1, 9, 40, 80, 200])
@pytest.mark.parametrize("measured", [A_MINUTE, TWO_SIDES, Measured(8000, 1, 5, ((9,) * 5,))])
def test_a_waveform_fits_the_terminal(measured: Measured, columns: int) -> None:
    lines = in_text(measured, columns=columns).splitlines()
    margin = 6 if measured.channels > 1 else 0
    assert max(map(len, lines)) <= max(columns, margin + 1)
    assert not re.search("[^▁▂▃▄▅▆▇█ |0-9:.a-z]", "".join(lines))


def test_faint_noise_is_not_drawn_as_if_it_were_speech() -> None:
    hiss = Measured(8000, 1, 4096, ((20,) * 256,))
    assert set(in_text(hiss, columns=20).splitlines()[0]) <= set("▁▂")


def test_a_waveform_tells_its_name_and_its_edits_to_who_does_not_see_it() -> None:
    svg = ET.fromstring(as_svg(TWO_SIDES, title="Call <1> & more", edits=EDITS))  # noqa: S314
    title, described = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert described is not None
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-labelledby"].split() == [title.attrib["id"], described.attrib["id"]]
    assert title.text == "Call <1> & more"
    assert described.text == (
        "How loud the recording is over 0:51.2, two channels, left above right. "
        "In the copy: 0:05 to 0:48; the rest, dotted, is clipped away. "
        "1: silenced 0:10 to 0:12.5, left. 2: silenced 0:30 to 0:40, a tone is heard."
    )
    words = [each.text for each in svg.iter(f"{SVG}text")]
    assert {"left", "right", "1", "2", "0:10", "1: silenced 0:10 to 0:12.5, left"} <= set(words)


def test_a_waveform_has_no_colour_script_or_address_of_its_own() -> None:
    drawn = as_svg(TWO_SIDES, title="x", edits=EDITS)
    said = set(re.findall(r"(?:fill|stroke)='([^']*)'", drawn))
    assert all(each == "currentColor" or each.startswith("url(#w") for each in said)
    assert "<script" not in drawn
    assert "style" not in drawn
    assert re.findall("https?:[^']*", drawn) == ["http://www.w3.org/2000/svg"]


def test_two_waveforms_in_one_page_share_no_id() -> None:
    ids = [
        set(re.findall(r"id='([^']*)'", as_svg(TWO_SIDES, title=title, edits=EDITS)))
        for title in ("one", "two")
    ]
    assert len(ids[0]) == 4
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    "edits", [Edits(silences=(a_silence(1_000, 1_400),)), Edits(Span(1_400, 60_000))]
)
def test_sounds_that_differ_where_nothing_is_released_are_drawn_alike_to_the_byte(
    edits: Edits,
) -> None:
    """Else whoever has the copy tries how loud it was there until the drawing comes out."""
    quiet, loud = (
        replace(A_MINUTE, peaks=((*[9] * 3, *[n] * 3, *[9] * 229),), wave_sha256=f"{n:064x}")
        for n in (0, 21_337)
    )
    drawn = [as_svg(each, title="Recording 7", edits=edits) for each in (quiet, loud)]
    assert drawn[0] == drawn[1]


def lanes(measured: Measured, edits: Edits) -> list[list[tuple[float, float]]]:
    """Where each bar of each channel begins, and how high it is."""
    drawn = as_svg(measured, title="x", edits=edits)
    return [
        [(float(x), float(v)) for x, v in re.findall(r"M([\d.]+) [\d.]+h[\d.]+v([\d.]+)", path)]
        for path in re.findall("<path d='(M[^']*z)'/>", drawn)
    ]


def test_a_page_does_not_show_how_loud_it_was_where_it_is_silenced_or_clipped_away() -> None:
    loud = Measured(8000, 2, 409_600, ((32767,) * 400,) * 2)
    left, right = lanes(loud, EDITS)
    assert len(left) == len(right) == 400
    for lane, spans in ((left, ((0, 5), (10, 12.5), (30, 40), (48, 51.2))),
                        (right, ((0, 5), (30, 40), (48, 51.2)))):  # fmt: skip
        for number, (_, height) in enumerate(lane):
            begin, end = number * 0.128, (number + 1) * 0.128
            hidden = any(begin < high and low < end for low, high in spans)
            assert (height <= 1) == hidden, number

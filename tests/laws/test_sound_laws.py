from __future__ import annotations

import io
from array import array
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from callrec.policy.edits import Edits, Filler, Side, Silence, Span
from callrec.policy.rights.grounds import Ground
from callrec.sound.child import Undecodable
from callrec.sound.listening import edit_samples, measure, samples_after
from callrec.sound.measured import MAX_PEAKS, Measured, Peaks
from house.processes import children

VECTORS = Path(__file__).parent.parent / "vectors"

SOUNDS = sorted(
    path
    for folder in ("sound", "telephone/sound")
    for path in (VECTORS / folder).iterdir()
    if path.suffix not in {".md", ".json"}
)

RATES = st.sampled_from([8000, 11_025, 16_000, 44_100])

SPANS = st.tuples(st.integers(0, 300), st.integers(1, 100)).map(lambda at: Span(at[0], sum(at)))

SILENCES = st.builds(
    Silence, SPANS, st.just(Ground.THIRD_PARTY), st.sampled_from(Side), st.sampled_from(Filler)
)

EDITS = st.builds(Edits, st.none() | SPANS, st.lists(SILENCES, max_size=3).map(tuple))


def naively(values: list[int], edits: Edits, rate: int, channels: int) -> list[int]:
    """Sample by sample, as the words have it; where a tone is heard, None."""
    left: list[int] = []
    for at, value in enumerate(values):
        sample, channel = divmod(at, channels)
        # It lasts from sample / rate to (sample + 1) / rate seconds.
        begin, end = sample * 1000, (sample + 1) * 1000
        clip = edits.clip
        if clip and not (clip.from_ms * rate <= begin and end <= clip.to_ms * rate):
            continue
        for silence in edits.silences:
            sides = {Side.BOTH} if channels == 1 else {Side.BOTH, tuple(Side)[1 + channel]}
            touched = begin < silence.span.to_ms * rate and end > silence.span.from_ms * rate
            if touched and (channels == 1 or silence.side in sides):
                value = TONE if silence.filler is Filler.TONE else 0  # noqa: PLW2901
        left.append(value)
    return left


TONE = 30_000
"""Stands for whatever the tone is there; louder than it ever is."""


@given(st.data(), EDITS, RATES, st.integers(1, 2))
def test_edits_are_exact_to_the_sample_whatever_the_pieces(
    data: st.DataObject, edits: Edits, rate: int, channels: int
) -> None:
    samples = data.draw(st.integers(0, rate * 4 // 10))
    values = [(at * 7919) % 16_001 + 8000 for at in range(samples * channels)]
    cuts = sorted(data.draw(st.lists(st.integers(0, samples), max_size=8)))
    pieces = [
        array("h", values[begin * channels : end * channels]).tobytes()
        for begin, end in pairwise([0, *cuts, samples])
    ]
    made = array("h", b"".join(edit_samples(pieces, edits, sample_rate=rate, channels=channels)))
    expected = naively(values, edits, rate, channels)
    assert len(made) == len(expected) == samples_after(samples, edits, rate) * channels
    for came, wanted in zip(made, expected, strict=True):
        assert came == wanted or (wanted == TONE and abs(came) <= 3277)


@given(st.lists(st.integers(-(2**15), 2**15 - 1), max_size=3000), st.integers(1, 2), st.data())
def test_peaks_are_those_of_equal_stretches(
    values: list[int], channels: int, data: st.DataObject
) -> None:
    values = values[: len(values) // channels * channels]
    peaks = Peaks(channels)
    left = array("h", values)
    while left:
        size = data.draw(st.integers(1, max(1, len(left) // channels))) * channels
        peaks.add(left[:size].tobytes())
        left = left[size:]
    measured = Measured(8000, channels, peaks.samples, peaks.found())
    assert peaks.samples * channels == len(values)
    for channel, found in enumerate(measured.peaks):
        mine = values[channel::channels]
        assert len(found) <= MAX_PEAKS
        assert list(found) == [
            min(32_767, max(map(abs, mine[begin : begin + measured.stretch])))
            for begin in range(0, len(mine), measured.stretch)
        ]


@settings(max_examples=50, deadline=None)  # stretches of 1,024 samples, which are many
@given(
    st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=5000),
    st.integers(600, 9000),
    st.integers(0, 15),
)
def test_the_loudest_of_many_samples_is_found_however_quiet_the_others_are(
    some: list[int], size: int, quieter: int
) -> None:
    quiet = [value >> quieter for value in some]
    values = array("h", [*quiet * (210_000 // len(some)), *some])
    peaks = Peaks(1)
    for begin in range(0, len(values), size):
        peaks.add(values[begin : begin + size].tobytes())
    measured = Measured(8000, 1, peaks.samples, peaks.found())
    assert measured.peaks == (
        tuple(
            min(32_767, max(map(abs, values[begin : begin + measured.stretch])))
            for begin in range(0, len(values), measured.stretch)
        ),
    )


@settings(max_examples=30, deadline=None)  # each starts a program
@given(st.data(), st.sampled_from(["", ".wav", ".ulaw", ".gsm", ".g722", ".g729", ".sln16"]))
def test_any_bytes_are_measured_or_undecodable_and_leave_no_process(
    data: st.DataObject, suffix: str
) -> None:
    sound = bytearray(data.draw(st.sampled_from(SOUNDS)).read_bytes())
    places = st.integers(0, min(80, len(sound) - 1)) | st.integers(0, len(sound) - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=6)):
        sound[place] = byte
    made = bytes(sound[: data.draw(st.integers(0, len(sound)))])
    try:
        measured = measure(io.BytesIO(data.draw(st.just(made) | st.binary())), suffix)
    except Undecodable:
        pass
    else:
        assert measured.samples > 0
        assert measured.channels in {1, 2}
    assert children() == []

"""What an opened page says, before any browser lays it out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callrec.crypto.canonical import canonical
from callrec.package.certificate import Exhibit
from callrec.package.page import PageContent, page_content_json
from callrec.policy.rights.grounds import Ground
from package.pages import a_release, a_waveform

MEMBERS, SHOWN = a_release()


def said(shown: PageContent = SHOWN) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(canonical(page_content_json(shown, MEMBERS)))
    return found


def facts(shown: PageContent, heading: str) -> dict[str, list[str]]:
    """The facts of a section of the certificate."""
    (section,) = [
        each for each in said(shown)["certificate"]["sections"] if each["heading"] == heading
    ]
    return {what: lines for part in section["lists"] for what, lines, _ in part["rows"]}


def headings(shown: PageContent) -> list[str]:
    return [section["heading"] for section in said(shown)["certificate"]["sections"]]


def test_the_listening_copy_is_offered_before_the_original() -> None:
    call = said()["calls"][0]
    assert [file["words"] for file in call["files"]] == [
        "Save the listening copy (WAV, 0.1 MB)",
        "Save the original (WAV, 0.1 MB)",
    ]
    assert call["player"]["path"] == "recordings/01-listening.wav"


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("opus", "audio/ogg")],
)
def test_a_copy_has_the_media_type_of_its_encoding(suffix: str, media_type: str) -> None:
    file = SHOWN.certificate.files[1]
    copy = replace(file, path=f"recordings/01-listening.{suffix}")
    shown = replace(SHOWN, certificate=replace(SHOWN.certificate, files=(copy,)))
    assert said(shown)["calls"][0]["player"]["type"] == media_type


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "1 second"),
        (1499, "1 second"),
        (60_000, "1 minute"),
        (3_723_000, "1 hour 2 minutes 3 seconds"),
    ],
)
def test_how_long_a_call_lasts_is_said_to_the_second(ms: int, words: str) -> None:
    file = replace(SHOWN.certificate.files[1], duration_ms=ms)
    shown = replace(SHOWN, certificate=replace(SHOWN.certificate, files=(file,)))
    assert f"This copy lasts {words}." in said(shown)["calls"][0]["about"]


def test_the_two_hours_of_the_autumn_change_are_told_apart() -> None:
    file = SHOWN.certificate.files[0]
    twice = file.started_at.replace(month=10, day=25, hour=1)
    again = twice.replace(fold=1)
    assert again.utcoffset() != twice.utcoffset()
    calls = [
        said(
            replace(
                SHOWN, certificate=replace(SHOWN.certificate, files=(replace(file, started_at=at),))
            )
        )["calls"][0]
        for at in (twice, again)
    ]
    assert calls[0]["about"] != calls[1]["about"]


def test_a_time_that_is_not_certain_is_not_shown_as_one_that_is() -> None:
    file = replace(SHOWN.certificate.files[0], time_doubt="this hour came twice")
    shown = replace(SHOWN, certificate=replace(SHOWN.certificate, files=(file,)))
    doubt = "Not certain: this hour came twice."
    assert f"by the practice's clock. {doubt} " in said(shown)["calls"][0]["about"]
    assert facts(shown, "What is enclosed")["Call began"][1:] == [doubt]


def test_where_nothing_was_edited_nothing_is_said_to_be_left_out() -> None:
    call = said()["calls"][0]
    assert (call["notes"], call["edits"]) == ([], [])


def test_the_place_of_the_playhead_is_read_from_the_waveform() -> None:
    one, two = (call["player"] for call in said()["calls"][:2])
    assert one["svg"] == a_waveform(channels=1)
    assert one["axis"] == {"left": 0, "top": round(10_000 * 90 / 114)}
    assert two["axis"] == {"left": round(10_000 * 38 / 480), "top": round(10_000 * 162 / 204)}


def test_a_copy_without_a_waveform_is_played_all_the_same() -> None:
    player = said(replace(SHOWN, waveforms={}))["calls"][0]["player"]
    assert player["path"] == "recordings/01-listening.wav"
    assert player["svg"] == ""


def test_the_subject_stands_in_the_certificate_only_where_it_was_asked_for() -> None:
    named = replace(SHOWN, certificate=replace(SHOWN.certificate, subject="Ms A. Jones"))
    assert "Subject" not in facts(SHOWN, "What is certified")
    assert facts(named, "What is certified")["Subject"] == ["Ms A. Jones"]


def test_an_exhibit_is_certified_where_there_is_one() -> None:
    exhibit = Exhibit(label="DW/1", medium_serial="4C53-0001", reference="42/7/26")
    evidence = replace(SHOWN, certificate=replace(SHOWN.certificate, exhibit=exhibit))
    assert "Exhibit" not in headings(SHOWN)
    assert facts(evidence, "Exhibit") == {
        "Exhibit": ["DW/1"],
        "Serial number of the medium": ["4C53-0001"],
        "Reference of the case": ["42/7/26"],
    }


def test_what_was_withheld_stands_there_with_its_ground_or_that_nothing_was() -> None:
    assert facts(SHOWN, "What was withheld") == {"Recording 1043": [Ground.THIRD_PARTY.meaning]}
    nothing = replace(SHOWN, certificate=replace(SHOWN.certificate, withheld=(), not_enclosed=()))
    sections = {each["heading"]: each for each in said(nothing)["certificate"]["sections"]}
    for heading in ("What was withheld", "What is not enclosed"):
        assert (len(sections[heading]["notes"]), sections[heading]["lists"]) == (1, [])


def test_each_approval_is_named_by_role_with_its_time() -> None:
    first = SHOWN.certificate.approvals[0]
    alone = replace(first, at=first.at + timedelta(days=1), countersigned_by="", broke_glass=True)
    both = replace(SHOWN, certificate=replace(SHOWN.certificate, approvals=(first, alone)))
    assert facts(both, "What is certified")["Approved by"] == [
        "Data Controller, 3 August 2026, 00:15:00 (UTC+01:00), countersigned by Partner",
        (
            "Data Controller, 4 August 2026, 00:15:00 (UTC+01:00);"
            " decided alone, by breaking the glass"
        ),
    ]


def test_a_hash_stands_in_two_lines_of_four_groups() -> None:
    lines = facts(SHOWN, "How to check")["The practice's fingerprint"]
    assert [len(line.split()) for line in lines] == [4, 4]
    assert "".join(lines).replace(" ", "") == SHOWN.certificate.fingerprint

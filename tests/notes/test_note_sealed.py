"""What lies under a note's key is what the format says, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.notes.log import NoteBody, NoteVersion
from house.vectors import cases_of, check_opens_as_no_other, check_sealed_as
from vectors.note.make import CASES as MADE
from vectors.note.make import answers

CASES = cases_of("note")


def body_of(case: dict[str, Any]) -> NoteBody:
    said: dict[str, Any] = {name: case[name] for name in ("number", "person", "text")}
    nonces: dict[str, Any] = {name: bytes.fromhex(case[name]) for name in ("nonce", "log_nonce")}
    return NoteBody(**said, **nonces)


def version_of(case: dict[str, Any]) -> NoteVersion:
    names = ("vault", "note", "version", "recording", "written_by")
    return NoteVersion(**{name: case[name] for name in names})


def test_the_files_are_what_the_script_beside_them_makes() -> None:
    assert {name: answers(case) for name, case in MADE.items()} == CASES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_digest_leaf_and_what_is_sealed_are_the_known_ones(case: dict[str, Any]) -> None:
    body, which = body_of(case), version_of(case)
    check_sealed_as(case, body, body.digest(which), which)


@pytest.mark.parametrize("other", [{"note": "2c" * 16}, {"version": 9}, {"vault": "1f" * 16}])
def test_it_opens_as_no_other_version_note_or_vault(other: dict[str, Any]) -> None:
    case = CASES["identified"]
    check_opens_as_no_other(body_of(case), version_of, case, other)


@pytest.mark.parametrize("other", [{"recording": "2c" * 16}, {"written_by": "b2" * 16}])
def test_the_digest_says_which_recording_it_is_of_and_who_wrote_it(other: dict[str, Any]) -> None:
    case = CASES["identified"]
    assert body_of(case).digest(version_of({**case, **other})) != case["digest"]

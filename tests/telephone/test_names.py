"""The vectors of every system's names: each is read as it says, and by that system alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callrec.telephone.call import Call, System
from callrec.telephone.names import ID_READERS, NAME_READERS
from callrec.telephone.reading import read_id, read_name
from callrec.telephone.written import Identified, Setup

VECTORS = Path(__file__).parent.parent / "vectors/telephone"

MODIFIED = int(datetime(2024, 7, 4, 13, 10, tzinfo=UTC).timestamp())
"""When each file was last written."""

FACTS = ("direction", "caller", "callee", "number", "extension", "parties", "sides", "local_time",
         "time_confidence", "contradiction", "unique_id")  # fmt: skip


def each_case() -> Iterator[Any]:
    for system in sorted(NAME_READERS.keys() | ID_READERS.keys()):
        for path in sorted((VECTORS / system).glob("*.json")):
            case = json.loads(path.read_text("utf-8"))
            yield pytest.param(system, case, id=f"{system}/{path.stem}")


CASES = list(each_case())


def setup_of(case: dict[str, Any]) -> Setup:
    return Setup(
        zone=ZoneInfo(case["zone"]),
        extensions=tuple((first, last) for first, last in case["extensions"]),
    )


def read(case: dict[str, Any], setup: Setup) -> Call | None:
    path = PurePath(case["name"])
    call = read_name(path, setup)
    known = read_id(path, setup) if call is None else None
    return known.to_call(MODIFIED, setup.zone) if isinstance(known, Identified) else call


def facts(call: Call, keys: set[str]) -> dict[str, Any]:
    told = {fact: getattr(call, fact) for fact in FACTS}
    told["started_at"] = call.started_at.isoformat().replace("+00:00", "Z")
    told |= {fact: list(told[fact]) for fact in ("parties", "sides")}
    return {fact: told[fact] for fact in told if fact in keys}


@pytest.mark.parametrize(("system", "case"), CASES)
def test_a_name_is_read_as_its_vector_says(system: System, case: dict[str, Any]) -> None:
    call = read(case, replace(setup_of(case), system=system))
    expected = case["expect"]
    assert (facts(call, set(expected or ())) if call else None) == expected


@pytest.mark.parametrize(("system", "case"), CASES)
def test_a_name_is_read_by_its_own_system_without_its_being_told(
    system: System, case: dict[str, Any]
) -> None:
    told, untold = read(case, replace(setup_of(case), system=system)), read(case, setup_of(case))
    if case.get("only_if_told"):
        assert untold is None
    elif told is not None:
        assert untold == told
        others = (NAME_READERS.keys() | ID_READERS.keys()) - {system}
        assert not any(read(case, replace(setup_of(case), system=other)) for other in others)


def test_every_system_that_reads_names_has_vectors() -> None:
    for system in NAME_READERS.keys() | ID_READERS.keys():
        stems = [path.stem for path in (VECTORS / system).glob("*.json")]
        assert any(stem.startswith("not-") for stem in stems), system
        assert not all(stem.startswith("not-") for stem in stems), system
        assert (VECTORS / system / "README.md").is_file(), system


@pytest.mark.parametrize(
    "name",
    [
        "20240704-140501_907700900123-all.wav",
        "1720098301000-1720098301000-201-907700900123_E.mp3",
    ],
    ids=["vicidial", "8x8"],
)
def test_a_number_that_is_said_apart_is_known_without_what_is_dialled_for_an_outside_line(
    name: str,
) -> None:
    setup = Setup(zone=ZoneInfo("Europe/London"), outside_prefixes=("9",))
    call = read_name(PurePath(name), setup)
    assert call is not None
    assert call.number == "+447700900123"

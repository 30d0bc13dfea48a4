"""What is learnt of names that no known system writes, by vectors of public archives."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callrec.intake.reading import telephone_setup
from callrec.settings import Settings
from callrec.telephone.call import Call
from callrec.telephone.learning import LearnedShape, NamedFile, learn_shapes
from callrec.telephone.reading import read_id, read_name

VECTORS = Path(__file__).parent.parent / "vectors/telephone/learned"

CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(VECTORS.glob("*.json"))}

TODAY = date(2026, 11, 29)


def learnt(case: dict[str, Any]) -> LearnedShape:
    modified = date.fromisoformat(case["modified"])
    files = [NamedFile(PurePath(name), modified) for name in case["names"]]
    extensions = tuple((first, last) for first, last in case["extensions"])
    (shape,) = learn_shapes(files, extensions, TODAY)
    return shape


def read(case: dict[str, Any], template: dict[str, Any], name: str) -> Call | None:
    values = {
        "telephone": {
            "template": [{"name": "learnt", **template}],
            "extensions": [f"{first}-{last}" for first, last in case["extensions"]],
        }
    }
    setup = telephone_setup(Settings().changed_by(values, Path("it")), system="learnt")
    known = read_id(PurePath(name), setup)
    noon = datetime.combine(date.fromisoformat(case["modified"]), datetime.min.time(), UTC)
    call = read_name(PurePath(name), setup)
    if call is None and known is not None:
        at = noon.replace(hour=12, tzinfo=ZoneInfo("Europe/London"))
        return known.to_call(int(at.timestamp()), setup.zone)
    return call


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_proposed_reads_the_names_as_their_vector_says(case: dict[str, Any]) -> None:
    shape = learnt(case)
    assert (shape.shape, len(shape.remarks)) == (case["shape"], case["remarks"])
    assert shape.template is not None
    calls = [read(case, shape.template, name) for name in case["names"]]
    assert all(calls)
    told = {fact: getattr(calls[0], fact) for fact in case["first"]}
    if "parties" in told:
        told["parties"] = list(told["parties"])
    assert told == case["first"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_nothing_of_a_name_that_may_be_somebodys_is_in_what_is_proposed(
    case: dict[str, Any],
) -> None:
    proposed = json.dumps(learnt(case).template, ensure_ascii=False)
    parts = {part for name in case["names"] for part in re.findall(r"[0-9]{5,}|[^\W\d_]{4,}", name)}
    known = {
        "Call",
        "recording",
        "Internal",
        "Inbound",
        "07700900123",
        "447700900123",
        "140501",
        "00000000",
        "20240704",
    }
    assert not [part for part in parts - known if part in proposed]


def test_names_without_date_and_id_are_told_and_nothing_is_proposed() -> None:
    files = [NamedFile(PurePath(name), TODAY) for name in ("note.wav", "other.wav", "a b.mp3")]
    shapes = learn_shapes(files, (), TODAY)
    assert [(shape.shape, len(shape.files), shape.template) for shape in shapes] == [
        ("….wav", 2, None),
        ("….mp3", 1, None),
    ]


def test_a_date_that_the_files_own_times_contradict_is_not_taken() -> None:
    names = ["050604-1405.wav", "050604-1505.wav"]

    def form(modified: date) -> Any:
        (shape,) = learn_shapes([NamedFile(PurePath(n), modified) for n in names], (), TODAY)
        assert shape.template is not None
        return shape.template["times"], bool(shape.remarks)

    assert form(date(2004, 6, 5)) == (("%d%m%y %H%M",), False)
    assert form(date(2005, 6, 4)) == (("%y%m%d %H%M",), False)
    assert form(date(2020, 1, 1)) == (("%y%m%d %H%M",), True)

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callrec.telephone.call import Leg
from callrec.telephone.records.lines import NotUnderstood
from callrec.telephone.records.reading import read_records
from callrec.telephone.written import Setup

VECTORS = Path(__file__).parent.parent / "vectors/telephone/records"

CASES = {
    f"{path.parent.name}/{path.stem}": json.loads(path.read_text("utf-8"))
    for path in sorted(VECTORS.glob("*/*.json"))
}


def setup_of(case: dict[str, Any], system: str | None = None) -> Setup:
    return Setup(
        zone=ZoneInfo(case["zone"]),
        extensions=tuple((first, last) for first, last in case["extensions"]),
        outside_prefixes=tuple(case.get("outside_prefixes", ())),
        system=system,
    )


def rows(case: dict[str, Any], system: str | None = None) -> list[Leg | NotUnderstood]:
    file = io.BytesIO("\r\n".join(case["lines"]).encode(case.get("encoding", "utf-8")))
    until = date.fromisoformat(case["until"]) if "until" in case else None
    return list(read_records(file, setup_of(case, system), until=until))


def facts(row: Leg | NotUnderstood) -> dict[str, Any]:
    if isinstance(row, NotUnderstood):
        return {"line": row.line, "why": row.why}
    call = row.call
    return {
        "system": call.system,
        "direction": call.direction,
        "caller": call.caller,
        "callee": call.callee,
        "number": call.number,
        "extension": call.extension,
        "parties": list(call.parties),
        "started_at": instant(call.started_at),
        "time_confidence": call.time_confidence,
        "unique_id": call.unique_id,
        "key": row.key,
        "recording": row.recording,
        "answered": row.answered,
        "answered_at": row.answered_at and instant(row.answered_at),
        "talk_ms": row.talk_ms,
        "md5": call.said.get("md5"),
    }


def instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_call_records_are_read_as_their_vector_says(case: dict[str, Any]) -> None:
    read = [facts(row) for row in rows(case)]
    expected = case["expect"]
    known = [{name: row[name] for name in want} for row, want in zip(read, expected, strict=True)]
    assert known == expected


@pytest.mark.parametrize("name", CASES)
def test_call_records_are_told_by_their_content_as_by_the_name_of_their_system(name: str) -> None:
    system = name.partition("/")[0]
    assert rows(CASES[name], system) == rows(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_understood_is_said_with_nothing_of_the_call(name: str) -> None:
    for row in rows(CASES[name]):
        said = row.why if isinstance(row, NotUnderstood) else row.call.why
        assert "900" not in said
        assert "960" not in said

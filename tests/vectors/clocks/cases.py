"""Reads the cases beside it: lines of ``name: value``, some of them more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind, Receipt
from callrec.policy.purpose import Purpose

HERE: Final = Path(__file__).parent

_EVENTS: Final = {
    str(kind): kind
    for kind in (ClockEventKind.ASKED, ClockEventKind.ANSWERED, ClockEventKind.EXTENDED)
}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    receipt: Receipt
    events: tuple[ClockEvent, ...]
    division: str
    as_of: date
    expected: Mapping[str, date | str | None]
    """Attribute of a deadline -> what it is to be; what the file does not say is not here."""

    def __str__(self) -> str:
        return self.name


def cases() -> list[Case]:
    return [_read(path) for path in sorted((HERE / "deadlines").glob("*.txt"))]


@dataclass(frozen=True, slots=True)
class ComplaintCase:
    name: str
    received_on: date
    division: str
    due_on: date | None

    def __str__(self) -> str:
        return self.name


def complaint_cases() -> list[ComplaintCase]:
    """By when a complaint about personal data is acknowledged."""
    found = []
    for path in sorted((HERE / "complaints").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        said = defaultdict(str, dict(line.split(": ", 1) for line in lines))
        found.append(
            ComplaintCase(
                name=path.stem,
                received_on=date.fromisoformat(said["received"]),
                division=said["division"] or "england-and-wales",
                due_on=_day(said["due"]),
            )
        )
    return found


def bank_holidays(division: str) -> frozenset[date]:
    """The days that the government has published for a division."""
    lines = (HERE / "bank-holidays" / f"{division}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(date.fromisoformat(line.split(" ", 1)[0]) for line in lines)


def _read(path: Path) -> Case:
    lines = [line.split(": ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    said = defaultdict(str, dict(lines))
    received_on = date.fromisoformat(said["received"])
    answers = {"due": "due_on", "target": "target_on", "extended-due": "extended_due_on"}
    expected: dict[str, date | str | None] = {
        attribute: _day(said[name]) for name, attribute in answers.items() if said[name]
    }
    if said["waiting-for"]:
        expected["waiting_for"] = said["waiting-for"]
    return Case(
        name=path.stem,
        receipt=Receipt(
            purpose=Purpose(said["purpose"]),
            received_on=received_on,
            answer_by=_day(said["answer-by"] or "none"),
            urgent=said["urgent"] == "yes",
            nothing_older=said["nothing-older"] == "yes",
            awaits=frozenset(Awaited(word) for word in said["awaits"].split()),
        ),
        events=tuple(_event(name, value) for name, value in lines if name in _EVENTS),
        division=said["division"] or "england-and-wales",
        as_of=date.fromisoformat(said["as-of"]) if said["as-of"] else received_on,
        expected=expected,
    )


def _event(name: str, value: str) -> ClockEvent:
    day, _, awaited = value.partition(" ")
    return ClockEvent(
        event=_EVENTS[name],
        on=date.fromisoformat(day),
        awaited=Awaited(awaited) if awaited else None,
    )


def _day(text: str) -> date | None:
    return None if text == "none" else date.fromisoformat(text)

"""Values as people read them, and as other programs do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from callrec.dataclass import fields, is_dataclass
from callrec.policy.days import short_date
from callrec.policy.handing_over import Channel
from callrec.policy.role import Power
from callrec.policy.words import in_words

_DAYS: Final = re.compile(r"((?:withheld )?)(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?")


def as_words(value: object) -> str:
    """A value as people read it: a day, a word that programs carry, anything else as it is."""
    match value:
        case None:
            return ""
        case date():
            return short_date(value)
        case StrEnum():
            return in_words(value)
        case _:
            return str(value)


def answer_in_words(text: str) -> str:
    """What was answered or asked for: days are kept as 2024-07-04, or 2024-07-01/2024-07-31."""
    if (found := _DAYS.fullmatch(text)) is None:
        return text
    before, *days = found.groups()
    return before + " to ".join(short_date(date.fromisoformat(day)) for day in days if day)


def facts(result: Any, *names: str) -> dict[str, Any]:
    """A result for programs: every field under its own name, or those that are named, in order.

    What lies within is written alike: a dataclass by its fields unless it says itself how, a tuple
    as a list.
    """
    chosen = names or tuple(each.name for each in fields(result))
    return {name: _member(getattr(result, name)) for name in chosen}


def _member(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _member(each) for name, each in value.items()}
        case list() | tuple():
            return [_member(each) for each in value]
        case _ if hasattr(value, "as_json"):
            return value.as_json()
        case _:
            return facts(value) if is_dataclass(value) else value


def json_text(value: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """A document for programs; without indent it is one line."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return rfc3339(value)
        case date() | Path():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


def counted(count: int, one: str, several: str = "") -> str:
    """``1 call``, ``2 calls``, ``2 entries``."""
    return f"1 {one}" if count == 1 else f"{count} {several or f'{one}s'}"


def rfc3339(moment: datetime) -> str:
    """An aware moment as RFC 3339 in UTC; milliseconds only where there are any."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def local_time(at: datetime | None, zone: tzinfo) -> str:
    """A moment as people of the practice read it: ``Tue 24 Nov 2026, 09:30``."""
    if at is None:
        return "unknown"
    local = at.astimezone(zone)
    return f"{short_date(local)}, {local:%H:%M}"


def local_day(at: datetime, zone: tzinfo) -> str:
    """The day of a moment as people of the practice read it: ``Tue 24 Nov 2026``."""
    return short_date(at.astimezone(zone))


def utc_offset(minutes: int) -> str:
    """How far a clock is east of Greenwich: ``UTC+01:00``."""
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


_ACTS: Final[Mapping[str, str]] = {
    "hold.everything": "held everything of that time",
    "hold.covers": "held what the request names",
    "hold.matching": "looked for what to hold",
    "hold.matched": "held what matches",
    "listen": "began to listen",
    "listen.ended": "stopped listening",
    "listen.failed": "could not listen",
    "listen.looked": "looked, without listening",
    "request.created": "request made",
    "request.amended": "request changed",
    "request.asked": "asked for more",
    "request.answered": "answer came",
    "request.third-parties": "checked for third parties",
    "request.extended": "given more time",
    "request.shown": "request read",
    "request.dossier": "dossier read",
    "search": "searched",
    "search.answered": "search answered",
}


def act_in_words(act: str) -> str:
    """What somebody did, as people read it: ``release handed over``. JSON has its name."""
    return _ACTS.get(act) or in_words(act.replace(".", "-"))


def can_line(powers: Iterable[str]) -> str:
    """What somebody may do."""
    return f"can: {'; '.join(Power(power).meaning for power in powers) or 'nothing'}"


WAYS: Final[Mapping[str, str]] = {
    Channel.LETTER: "by post",
    Channel.PHONE: "read out on the telephone",
    Channel.SMS: "as a text message",
    Channel.EMAIL: "by e-mail",
    Channel.PERSON: "handed over in person",
}
"""Ways to hand something over, in words."""

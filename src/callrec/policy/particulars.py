"""What every request says: the six particulars of 4(b), in its order.

The policy adds "if known" and "where possible": so "unknown" is something that one says, never an
empty field.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from callrec.errors import Refused, Tampered, Unusable
from callrec.policy.clause import Clause
from callrec.policy.reason import check_reason
from callrec.policy.when import Times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Unknown(StrEnum):
    """Said of what is not known. As text it is what is typed."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """A request's particulars, complete; `take_particulars` makes them."""

    reason: str
    day: date | Unknown
    """Of the call, in the practice's time zone."""
    times: Times | Unknown
    extension: str | Unknown
    number: str | Unknown
    """The outside party's, as E.164."""
    parties: tuple[str, ...] | Unknown
    about: str
    """Any other information; may be empty."""

    def as_json(self) -> dict[str, str | list[str]]:
        """As it is sealed and stands in the request's digest.

        Law: ``Particulars.from_json(p.as_json()) == p``.
        """
        return {
            "reason": self.reason,
            "date": str(self.day),
            "time": _listed(self.times),
            "extension": str(self.extension),
            "number": str(self.number),
            "parties": _listed(self.parties),
            "about": self.about,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Particulars:
        """Read it back. The rules for making one are not asked again: they may have changed since.

        Raises:
            Tampered: it is not what `as_json` writes.
        """
        try:
            read = cls(
                reason=_read_text(value["reason"]),
                day=_read_day(value["date"]),
                times=_read_times(value["time"]),
                extension=_said(_read_text(value["extension"])),
                number=_said(_read_text(value["number"])),
                parties=_read_parties(value["parties"]),
                about=_read_text(value["about"]),
            )
        except (KeyError, TypeError, ValueError, Unusable):
            read = None
        if read is None or read.as_json() != value:
            raise Tampered("a request's particulars are not in their form")
        return read


def take_particulars(
    *,
    reason: str | None,
    day: date | Unknown | None,
    times: Times | Unknown | None,
    extension: str | None,
    number: str | None,
    parties: Sequence[str],
    about: str = "",
) -> Particulars:
    """Take what a request says, each of the five known or said to be unknown.

    Args:
        reason: a sentence.
        day: of the call; None if nothing was said.
        times: of the call; None if nothing was said.
        extension: or "unknown"; None or blank if nothing was said.
        number: E.164, or "unknown"; None or blank if nothing was said.
        parties: their names, or "unknown" alone; empty if nothing was said.
        about: any other information on the nature of the call.

    Raises:
        Refused: the reason is none, or something is neither given nor said to be unknown.
        Unusable: the parties are named and unknown at once.
    """
    check_reason(reason, Clause.FORMALLY_AUTHORISED)
    extension, number = _clean(extension or ""), _clean(number or "")
    named = tuple(filter(None, map(_clean, parties)))
    if day is None or times is None or not extension or not number or not named:
        raise _incomplete(date=day, time=times, extension=extension, number=number, party=named)
    return Particulars(
        reason=_clean(reason or ""),
        day=day,
        times=times,
        extension=_said(extension),
        number=_said(number),
        parties=_said_of_all(named),
        about=_clean(about),
    )


def _incomplete(**said: object) -> Refused:
    missing = [name for name, value in said.items() if not value]
    options = " ".join(f"--{name} {UNKNOWN}" for name in missing)
    return Refused(
        f"the request does not say: {', '.join(missing)}",
        clause=Clause.FORMALLY_AUTHORISED,
        hint=f"give what is known, and say of the rest that it is not: {options}",
    )


def _clean(text: str) -> str:
    """Text of our own: NFC, no space at its ends, one between its words."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _said(text: str) -> str | Unknown:
    return UNKNOWN if text.casefold() == UNKNOWN else text


def _said_of_all(names: tuple[str, ...]) -> tuple[str, ...] | Unknown:
    if UNKNOWN not in map(_said, names):
        return names
    if len(names) > 1:
        raise Unusable(
            "the parties are named and unknown at once",
            hint="name those who are known: --party NAME; say --party unknown only if nobody is",
        )
    return UNKNOWN


def _listed(said: Times | tuple[str, ...] | Unknown) -> str | list[str]:
    match said:
        case Unknown():
            return str(said)
        case Times(first, last):
            return [f"{first:%H:%M}", f"{last:%H:%M}"]
        case _:
            return list(said)


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _read_day(value: object) -> date | Unknown:
    text = _read_text(value)
    return UNKNOWN if text == UNKNOWN else date.fromisoformat(text)


def _read_times(value: object) -> Times | Unknown:
    if value == UNKNOWN:
        return UNKNOWN
    first, last = map(time.fromisoformat, _read_texts(value))
    return Times(first, last)


def _read_parties(value: object) -> tuple[str, ...] | Unknown:
    return UNKNOWN if value == UNKNOWN else _read_texts(value)


def _read_texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_read_text, value))

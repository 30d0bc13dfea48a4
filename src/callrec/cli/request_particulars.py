"""The six particulars of a request, as they are typed or asked for one by one [policy 4(b)]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.policy.particulars import UNKNOWN, Unknown
from callrec.policy.purpose import Purpose
from callrec.policy.when import Times, parse_day, parse_times
from callrec.practice import today
from callrec.procedures.request import Said

if TYPE_CHECKING:
    from datetime import date

    from callrec.cli.prompts import Prompts
    from callrec.practice import Practice

_MEANINGS = {
    Purpose.PROTECT_PARTIES: "protect the interests of both parties",
    Purpose.PERFORMANCE: "improve the practice's performance",
    Purpose.TRAINING: "train staff",
    Purpose.ABUSIVE_CALL: "protect staff from an abusive or nuisance call",
    Purpose.COMPLAINT: "establish the facts of a complaint",
    Purpose.MEDICO_LEGAL: "a medico-legal claim",
    Purpose.DISCIPLINARY: "an employee's telephone conduct",
    Purpose.REGULATORY: "a regulator's investigation",
    Purpose.SUBJECT_ACCESS: "somebody asks for his own calls",
    Purpose.OUTSIDE_BODY: "the police or another outside body",
    Purpose.DECEASED: "the record of somebody who has died",
    Purpose.ERASURE: "somebody wants his calls erased",
    Purpose.PORTABILITY: "somebody wants his calls in a form for computers",
}
_NONE = "none"


def ask_purpose(prompts: Prompts, given: Purpose | None) -> Purpose:
    """The purpose, asked for where it was not given.

    Raises:
        Unusable: there is no terminal to ask on.
    """
    if given is not None:
        return given
    choices = {str(purpose): meaning for purpose, meaning in _MEANINGS.items()}
    return Purpose(prompts.choose("Purpose", choices, option="--purpose PURPOSE"))


def ask_said(
    prompts: Prompts,
    practice: Practice,
    *,
    reason: str | None,
    on: str | None,
    at: str | None,
    extension: str | None,
    number: str | None,
    parties: tuple[str, ...],
    about: str,
) -> Said:
    """What is said of the call; on a terminal, what was left out is asked for, in 4(b)'s order.

    Without a terminal what was left out stays so: the policy's refusal names all of it.

    Raises:
        Unusable: a date or a time is none.
    """
    asks = _Asking(prompts)
    reason = asks(reason, "The valid reason, in a sentence", "--reason TEXT")
    day = _day(asks(on, "Date of the call (4/1/2024, or unknown)", "--date D"), today(practice))
    times = _times(asks(at, "Time of the call (14:05, 14:00-14:30, or unknown)", "--time T"))
    extension = asks(extension, "Telephone extension used (201, or unknown)", "--extension E")
    number = asks(number, "External number (in any spelling, or unknown)", "--number N")
    names = parties or _names(
        asks(None, "Names of all parties (with ; between them, or unknown)", "--party NAME")
    )
    more = about or asks(None, "Anything else about the call (or none)", "--about TEXT") or ""
    return Said(
        reason=reason,
        day=day,
        times=times,
        extension=extension,
        number=number,
        parties=names,
        about="" if more.strip().casefold() == _NONE else more,
    )


class _Asking:
    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts

    def __call__(self, given: str | None, what: str, option: str) -> str | None:
        if given is not None or not self._prompts.possible:
            return given
        return self._prompts.ask(what, option=option)


def _is_unknown(text: str) -> bool:
    return text.strip().casefold() == UNKNOWN


def _day(text: str | None, on: date) -> date | Unknown | None:
    if not text:
        return None
    return UNKNOWN if _is_unknown(text) else parse_day(text, on)


def _times(text: str | None) -> Times | Unknown | None:
    if not text:
        return None
    return UNKNOWN if _is_unknown(text) else parse_times(text)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in (text or "").split(";"))))

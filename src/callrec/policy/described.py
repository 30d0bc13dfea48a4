"""Which calls a request describes by its particulars [policy 4(b)].

So that whoever asks need not know a recording's number: what fits is proposed, and put under a hold
where the purpose places one. It is a search like any other and never wider than one may be: what
says neither number, name, nor day describes no call.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from callrec.policy.days import DayRange
from callrec.policy.particulars import Unknown
from callrec.policy.search import Criteria
from callrec.policy.words import words

if TYPE_CHECKING:
    from datetime import datetime

    from callrec.policy.particulars import Particulars

_Said = TypeVar("_Said")


def described_by(particulars: Particulars) -> tuple[Criteria, ...]:
    """What a call may be found by: it is described if it meets one of these.

    A name is asked for only where neither a number, nor a day with an extension or a time, says
    which call it was: recordings know few names, and are not passed over for lacking one. Any of
    the parties' names will do.

    Law: each is one for which `check_not_browsing` lets one day be searched.
    """
    day = _known(particulars.day)
    whole = Criteria(
        number=_known(particulars.number),
        days=None if day is None else DayRange(day, day),
        times=_known(particulars.times),
        extension=_known(particulars.extension),
    )
    if whole.names_something or (whole.days and whole.times):
        return (whole,)
    named = [name for name in _known(particulars.parties) or () if words(name)]
    if named:
        return tuple(replace(whole, party=name) for name in named)
    return (whole,) if whole.days else ()


def is_of_another_day(particulars: Particulars, began_at: datetime) -> bool:
    """Whether a call began on another day than the one that is said; no day said, none is another.

    Args:
        particulars: what a request says.
        began_at: the call's beginning, in the practice's time zone.
    """
    day = _known(particulars.day)
    return day is not None and day != began_at.date()


def _known(said: _Said | Unknown) -> _Said | None:
    return None if isinstance(said, Unknown) else said

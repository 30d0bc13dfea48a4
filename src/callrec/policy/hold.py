"""Holds: what may not be destroyed, who places one, and who lets it go (docs/formats/holds.md).

    s.173  what a subject access asks for is not destroyed      check_nothing_held
    4(h)   nor is anything else that is held                    check_nothing_held
    4(h)   those who may search or decide place holds           check_may_place_hold, _read_
    4(h)   two people lift a hold                               check_may_lift_hold, _countersign_
    4(h)   a request's hold is lifted by its end alone          check_can_be_lifted

A request of a purpose that `places_hold` places one when made, over every recording that it
describes. Its maker may not be allowed to search for these: until someone does, the hold covers
everything that began in the time that the request states. Too much is held then, never too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused, Tampered
from callrec.policy.authority import check_in_force, check_may
from callrec.policy.clause import Clause, Law
from callrec.policy.particulars import Particulars, Unknown
from callrec.policy.purpose import Purpose, nameable
from callrec.policy.request import RequestAct
from callrec.policy.role import Person, PersonId, Power, powers_of
from callrec.policy.search import Criteria
from callrec.policy.words import in_words

LIFTING_ACTS: Final = frozenset(
    {RequestAct.DENIED, RequestAct.WITHDRAWN, RequestAct.LAPSED, RequestAct.CLOSED}
)
"""Acts on a request that lift its hold: those that end it. A release does not: until the request is
closed, the applicant may still say that something is missing."""

_DECIDING: Final = frozenset({Power.DECIDE_GENERAL, Power.DECIDE_RESERVED})


class HoldState(StrEnum):
    """Where a hold stands, and so what it covers."""

    UNMATCHED = "unmatched"
    """Nobody has searched yet: everything that began in the time that its request states."""
    EVERYTHING = "everything"
    """Its request describes no call and asks for no recording yet: every recording."""
    PLACED = "placed"
    """The recordings that it names."""
    LIFTED = "lifted"
    """None."""


class HoldAct(StrEnum):
    """What happens to a hold. As text it is the `act` of the leaf that records it."""

    PLACED = "hold.placed"
    EVERYTHING = "hold.everything"
    COVERS = "hold.covers"
    MATCHED = "hold.matched"
    UNMATCHED = "hold.unmatched"
    """Its request changed, or recordings got new metadata."""
    LIFTED = "hold.lifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFacts:
    """What the rules need to know of a hold."""

    reference: str
    """As it is typed, ``H-3``."""
    state: HoldState
    request: str = ""
    """Reference of the request that placed it; empty: it was placed by hand."""
    purpose: Purpose | None = None
    """What that request is for; None: it was placed by hand."""

    @property
    def nameable(self) -> str:
        """As `purpose.nameable`."""
        return nameable(self.reference, self.purpose)

    @property
    def why(self) -> Clause | Law:
        """What forbids to destroy what it covers."""
        match self.purpose:
            case Purpose.SUBJECT_ACCESS:
                return Law.PREVENTING_DISCLOSURE
            case Purpose.RESTRICTION:
                return Law.RESTRICTION
            case _:
                return Clause.ENCRYPTED_AND_ARCHIVED


_NEXT: Mapping[HoldState, Mapping[HoldAct, HoldState]] = {
    HoldState.UNMATCHED: {
        HoldAct.EVERYTHING: HoldState.EVERYTHING,
        HoldAct.COVERS: HoldState.UNMATCHED,
        HoldAct.MATCHED: HoldState.PLACED,
        HoldAct.UNMATCHED: HoldState.UNMATCHED,
        HoldAct.LIFTED: HoldState.LIFTED,
    },
    HoldState.EVERYTHING: {
        HoldAct.COVERS: HoldState.UNMATCHED,
        HoldAct.UNMATCHED: HoldState.UNMATCHED,
        HoldAct.LIFTED: HoldState.LIFTED,
    },
    HoldState.PLACED: {
        HoldAct.COVERS: HoldState.PLACED,
        HoldAct.MATCHED: HoldState.PLACED,
        HoldAct.UNMATCHED: HoldState.UNMATCHED,
        HoldAct.LIFTED: HoldState.LIFTED,
    },
    HoldState.LIFTED: {},
}


def hold_after(acts: Iterable[HoldAct], *, by_request: bool) -> HoldState:
    """Where a hold stands after its acts, oldest first; Tampered if they cannot be in this order.

    A hold placed by hand, not ``by_request``, is not matched.

    Law: what is lifted stays lifted; what a request placed comes to be `PLACED`, and so to cover
    no more than it names, by being matched and by nothing else.
    """
    history = tuple(acts)
    if history[:1] != (HoldAct.PLACED,):
        raise Tampered("a hold's history does not begin with its being placed")
    state = HoldState.UNMATCHED if by_request else HoldState.PLACED
    for act in history[1:]:
        state = next_state(state, act)
    return state


def next_state(state: HoldState, act: HoldAct) -> HoldState:
    """Where a hold stands after one more act; Tampered where that cannot happen to it."""
    if act not in _NEXT[state]:
        raise Tampered(f"a hold's history has {act} where it cannot be")
    return _NEXT[state][act]


def stated_call_times(particulars: Particulars) -> tuple[Criteria, ...]:
    """When a request's calls were, as far as it says; a search by these needs no key.

    Law: a call that the request describes meets one of these too.
    """
    days, times = particulars.all_days, particulars.times
    if isinstance(days, Unknown):
        return (Criteria(),)
    known = None if isinstance(times, Unknown) else times
    return tuple(Criteria(days=each, times=known) for each in days)


def check_may_place_hold(person: Person, *, on: date, doing: str = "place a hold") -> None:
    """Those who may search, or decide requests, place holds [policy 4(h)]."""
    check_in_force(person)
    if not (_DECIDING | {Power.SEARCH}) & powers_of(person, on):
        raise Refused(
            f"the role {in_words(person.role)} may not {doing}",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="ask a manager, a partner or the Data Controller",
        )


def check_may_read_hold(person: Person, *, on: date) -> None:
    """The same people may read why a hold was placed; that there is one, everyone may know."""
    check_may_place_hold(person, on=on, doing="read why a hold was placed")


def check_may_lift_hold(person: Person, *, on: date) -> None:
    """The Data Controller, or someone who was lent the power, lifts a hold [policy 4(a), 4(h)]."""
    check_may(person, Power.GOVERN, on=on)


def check_may_countersign_lifting(person: Person, *, lifter: PersonId, on: date) -> None:
    """A second person, who decides requests, must agree to lifting a hold [policy 4(h)]."""
    check_in_force(person)
    if not _DECIDING & powers_of(person, on):
        raise Refused(
            f"the role {in_words(person.role)} may not countersign",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="ask a manager, a partner or the Data Controller: --countersign USER",
        )
    if person.id == lifter:
        raise Refused(
            "a hold is lifted by two people",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="ask somebody else to countersign: --countersign USER",
        )


def check_can_be_lifted(hold: HoldFacts) -> None:
    """A request's hold is lifted by the end of the request, never by hand [policy 4(h)]."""
    if hold.state is HoldState.LIFTED:
        raise Refused(
            "the hold is lifted already",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="callrec hold list",
        )
    if hold.request:
        raise Refused(
            f"this hold is lifted when request {hold.request} ends",
            clause=hold.why,
            hint=f"see what is left to do: callrec request show {hold.request}",
        )


def check_nothing_held(holds: Iterable[HoldFacts]) -> None:
    """What one of these holds covers is not destroyed [policy 4(h); DPA 2018 s.173]."""
    standing = sorted(
        (hold for hold in holds if hold.state is not HoldState.LIFTED),
        key=lambda hold: (hold.purpose is not Purpose.SUBJECT_ACCESS, not hold.nameable),
    )
    if standing:
        first = standing[0]
        named = first.nameable
        raise Refused(
            f"a recording is held{named and f' by {named}'} and is not destroyed",
            clause=first.why,
            hint=f"see what holds it: callrec hold show {named}" if named else "callrec hold list",
        )

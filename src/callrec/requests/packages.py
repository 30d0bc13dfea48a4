"""Write down who has a released package, and that he says so [policy 4(a), 4(e)-(g)].

That a package was made is in the log by its release; that it reached somebody only people know.
Whoever released it says so, or whoever handles the request. What was written down wrongly is said
again, and both stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from callrec.policy.completeness import normalise_text
from callrec.policy.handing_over import (
    ReleaseFacts,
    awaits_acknowledgement,
    awaits_handing_over,
    check_acknowledged,
    check_handed_over,
    choose_release,
)
from callrec.policy.handling import check_may_record
from callrec.policy.request import RequestAct, check_transition
from callrec.practice import signing, today
from callrec.requests.lapse import attempt_on
from callrec.requests.open import read_request
from callrec.requests.releases import read_releases, words_for
from callrec.requests.request_words import log_with_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from callrec.policy.handing_over import Handover
    from callrec.practice import Actor, Practice
    from callrec.requests.releases import ReleasedPackage

_WAITS: Final[Mapping[RequestAct, Callable[[ReleaseFacts], bool]]] = {
    RequestAct.HANDED_OVER: awaits_handing_over,
    RequestAct.ACKNOWLEDGED: awaits_acknowledgement,
}
"""Whether it is still to be said of a package."""

_Telling: TypeAlias = "Callable[[ReleaseFacts, datetime], Mapping[str, Any]]"
"""Checks what is said of a package, now, and words it."""


@dataclass(frozen=True, slots=True)
class NotedPackage:
    """Of which package something was written down."""

    reference: str
    release: str
    """Its id, 32 hex digits."""
    released_on: date


def record_handed_over(
    practice: Practice, actor: Actor, reference: str, said: Handover, *, release: str = ""
) -> NotedPackage:
    """Write down that a released package was handed over: when, by which way, to whom.

    Args:
        practice: the open vault.
        actor: who says so.
        reference: ``R-17``.
        said: what he says.
        release: how the id of the package begins; empty where only one can be meant.

    Raises:
        NotFound: there is no such request, or no such release of it.
        Unusable: several packages could be meant.
        Refused: it is not the actor's to say, or cannot have been.
        Locked: it takes the actor's password.
        Tampered: the request is not as it was made.
    """

    def telling(meant: ReleaseFacts, now: datetime) -> Mapping[str, Any]:
        check_handed_over(meant, said, now=now)
        return {
            "channel": str(said.channel),
            "on": said.on.isoformat(),
            "reason": normalise_text(said.reason),
            "time": said.clock.isoformat("minutes") if said.clock else "",
            "to_whom": normalise_text(said.to_whom),
        }

    return _record(
        practice, actor, reference, RequestAct.HANDED_OVER, named=release, telling=telling
    )


def record_acknowledged(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    on: date,
    reason: str = "",
    release: str = "",
) -> NotedPackage:
    """Write down that the recipient of a package acknowledged it.

    Args:
        practice: the open vault.
        actor: who says so.
        reference: ``R-17``.
        on: the day on which the recipient did.
        reason: what he said, and how; may be empty.
        release: as for `record_handed_over`.

    Raises:
        NotFound, Unusable, Refused, Locked, Tampered: as `record_handed_over`.
    """

    def telling(meant: ReleaseFacts, now: datetime) -> Mapping[str, Any]:
        check_acknowledged(meant, on, reason, now=now)
        return {"on": on.isoformat(), "reason": normalise_text(reason)}

    return _record(
        practice, actor, reference, RequestAct.ACKNOWLEDGED, named=release, telling=telling
    )


def _record(
    practice: Practice,
    actor: Actor,
    reference: str,
    what: RequestAct,
    *,
    named: str,
    telling: _Telling,
) -> NotedPackage:
    with attempt_on(practice, actor, what, reference), signing(practice, actor) as act:
        request = read_request(practice, actor, act.connection, reference)
        check_transition(request.facts.state, what, request.reference)
        words = words_for(practice, actor, act.connection, request)
        release = _meant(practice, read_releases(request.history, words), what, named)
        meant = release.facts(practice.config.time_zone)
        check_may_record(
            actor.person, request.facts, released_by=meant.released_by, on=today(practice)
        )
        told = telling(meant, practice.now().astimezone(practice.config.time_zone))
        # As the release's own leaf: so whoever asks of a recording finds who has it.
        log_with_words(act, actor, request, what, told, subject=release.delivered.subject[1:])
    return NotedPackage(reference, meant.id, meant.released_at.date())


def _meant(
    practice: Practice, releases: Sequence[ReleasedPackage], what: RequestAct, named: str
) -> ReleasedPackage:
    facts = [each.facts(practice.config.time_zone) for each in releases]
    return releases[facts.index(choose_release(facts, named, waits=_WAITS[what]))]

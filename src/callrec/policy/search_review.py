"""Who looks at searches afterwards [policy 4(c)].

No rule can tell a true reason from an untrue one, so somebody reads a few of them: the Data
Controller, and of his own searches whoever else may read the audit log.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.authority import check_may
from callrec.policy.clause import Clause
from callrec.policy.reason import check_reason
from callrec.policy.role import Power, powers_of

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import date

    from callrec.policy.role import Person


class Verdict(StrEnum):
    """What a reviewer says of a search."""

    ACCEPTED = "accepted"
    QUERIED = "queried"


def may_review_search(person: Person, searcher: Person, *, on: date) -> bool:
    """Whether a search of ``searcher`` is for ``person`` to review.

    Who governs has nobody above him: whoever reads the log looks at what he looked for.

    Law: nobody reviews his own.
    """
    powers = powers_of(person, on)
    governed = Power.GOVERN not in powers_of(searcher, on)
    needed = {Power.READ_AUDIT, Power.GOVERN} if governed else {Power.READ_AUDIT}
    return person.id != searcher.id and needed <= powers


def check_may_review_search(person: Person, searcher: Person, *, on: date) -> None:
    """A search is reviewed by the Data Controller, and his own by somebody else [policy 4(c)].

    Raises:
        Refused: it is the person's own, or not for him to review.
    """
    if may_review_search(person, searcher, on=on):
        return
    check_may(person, Power.READ_AUDIT, on=on)
    own = person.id == searcher.id
    raise Refused(
        "nobody reviews a search of his own" if own else "this search is not for you to review",
        clause=Clause.NO_BROWSING,
        hint=f"ask {'somebody else who may read the audit log' if own else 'the Data Controller'}",
    )


def check_verdict(verdict: Verdict, reason: str | None) -> None:
    """Whoever queries a search says what he asks about it [policy 4(c)].

    Raises:
        Refused: it is queried, and the reason is none.
    """
    if verdict is Verdict.QUERIED:
        check_reason(reason, Clause.NO_BROWSING)


def check_was_shown(search: int, shown: Container[int]) -> None:
    """What nobody looked at was not reviewed [policy 4(c)].

    Args:
        search: the sequence of its leaf.
        shown: those that were drawn for the reviewer.

    Raises:
        Refused: it is none of them.
    """
    if search not in shown:
        raise Refused(
            f"nobody reviews what he was not shown, and entry {search} was not drawn for him",
            clause=Clause.NO_BROWSING,
            hint="callrec audit review-searches draws some and shows them",
        )

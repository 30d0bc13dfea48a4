"""Where the Data Controller decided alone, and whether somebody else has looked at it since.

It is read from leaves and statements alone, which are in the clear: reports need no key for it. A
review counts if it is attested to be its maker's, who might review then and is somebody else; and
only of the decisions that it names, since another may have come after he looked.

An approval says itself that the glass was broken for it. A denial is alone by whoever made or
changed the request: nobody else's command lets him.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.errors import NotFound
from callrec.policy.request import RequestAct
from callrec.policy.reviews import GlassVerdict, may_review_glass
from callrec.policy.role import PersonId
from callrec.record.acts import attested_of, done_leaves, names_its_subjects
from callrec.record.entitled import powers_then
from callrec.requests.history import read_outlines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from callrec.practice import Practice

_VERDICTS = {verdict.act: verdict for verdict in GlassVerdict}

_UNREVIEWED: Final = "unreviewed"

_STANDINGS: Final = (_UNREVIEWED, str(GlassVerdict.QUERIED), str(GlassVerdict.ACCEPTED))
"""The furthest from being accepted first."""


@dataclass(frozen=True, slots=True)
class GlassReview:
    """What somebody else said of it, the newest."""

    verdict: GlassVerdict
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """An approval or a denial that the Data Controller made alone."""

    request: str
    """Id of the request."""
    seq: int
    """Of its leaf."""
    by: PersonId
    at: datetime
    review: GlassReview | None
    """None while nobody else has looked at it."""

    @property
    def is_accepted(self) -> bool:
        return self.review is not None and self.review.verdict is GlassVerdict.ACCEPTED

    @property
    def standing(self) -> str:
        """In one word: ``unreviewed``, ``queried`` or ``accepted``."""
        return str(self.review.verdict) if self.review else _UNREVIEWED


def overall_standing(glass: Iterable[BrokenGlass]) -> str | None:
    """Of several, as the one that is furthest from being accepted; None where there is none."""
    return min((each.standing for each in glass), key=_STANDINGS.index, default=None)


def review_subject(seq: int) -> str:
    """How the subject of a review names what was decided: its sequence, in the form of an id."""
    return f"{seq:032x}"


def broken_glass(practice: Practice, connection: Connection) -> tuple[BrokenGlass, ...]:
    """Every approval and denial that was made alone, oldest first; nothing is opened.

    Raises:
        Tampered: a leaf is not as it was written, or not its actor's.
    """
    made = sorted([*_approved_alone(connection), *_denied_alone(connection)])
    alone = attested_leaves(connection, practice.register, made)
    reviews = attested_of(practice, connection, _VERDICTS) if alone else ()
    return tuple(
        BrokenGlass(
            request=leaf.subject[0],
            seq=leaf.seq,
            by=PersonId(leaf.actor),
            at=parse_instant(leaf.at),
            review=_newest(practice, connection, leaf, reviews),
        )
        for leaf in alone
    )


def _approved_alone(connection: Connection) -> Iterator[int]:
    leaf, statement = tables.leaf, tables.statement
    rows = connection.execute(
        select(leaf.c.seq, leaf.c.body)
        .join(statement, statement.c.digest == leaf.c.statement)
        .where(
            statement.c.kind == "approval",
            # Not LIKE: some builds of SQLite find nothing like a pattern in bytes.
            func.instr(statement.c.body, b'"break_glass":true') > 0,
        )
        .order_by(leaf.c.seq)
    )
    for seq, body in rows:
        made = Leaf.decode(bytes(body), seq)
        if made.act == RequestAct.APPROVED and names_its_subjects(made):
            yield seq


def _denied_alone(connection: Connection) -> Iterator[int]:
    denied = tuple(done_leaves(connection, [RequestAct.DENIED]))
    makings = read_outlines(connection) if denied else {}
    for leaf in denied:
        making = makings.get(leaf.subject[0])
        if making is not None and leaf.actor in making.makers:
            yield leaf.seq


def _newest(
    practice: Practice, connection: Connection, decision: Leaf, reviews: Sequence[Leaf]
) -> GlassReview | None:
    about = [
        review
        for review in reviews
        if review.seq > decision.seq
        and _is_about(review, decision)
        and _might(practice, connection, review, decision)
    ]
    if not about:
        return None
    last = about[-1]
    return GlassReview(_VERDICTS[last.act], PersonId(last.actor), parse_instant(last.at))


def _is_about(review: Leaf, decision: Leaf) -> bool:
    request, *named = review.subject or ("",)
    return request == decision.subject[0] and review_subject(decision.seq) in named


def _might(practice: Practice, connection: Connection, review: Leaf, decision: Leaf) -> bool:
    try:
        person, day = powers_then(practice, connection).actor(review)
    except NotFound:
        return False
    return may_review_glass(person, PersonId(decision.actor), on=day)

"""Decided alone, and looked at since.

It is read from leaves and statements alone, which are in the clear: reports need no key for it. A
review counts if it is attested to be its maker's, who was entitled to review then and is another
person; and only of the decisions that it names, since another may have come after they looked.

An approval says itself that the glass was broken for it. A denial was made alone if its actor made
or changed the request: no other command lets them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Refused, Tampered
from callrec.login.people import logins
from callrec.policy.clause import Clause
from callrec.policy.request import RequestAct
from callrec.policy.reviews import (
    ReviewVerdict,
    check_glass_verdict,
    check_may_review_glass,
    may_review_glass,
)
from callrec.policy.role import PersonId
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import attested_of, done_leaves, names_its_subjects
from callrec.record.entitled import powers_then
from callrec.requests.history import REQUESTS, read_outlines
from callrec.requests.open import find_visible

_VERDICTS = {verdict.glass_act: verdict for verdict in ReviewVerdict}

_UNREVIEWED: Final = "unreviewed"

_STANDINGS: Final = (_UNREVIEWED, str(ReviewVerdict.QUERIED), str(ReviewVerdict.ACCEPTED))
"""The furthest from being accepted first."""


@dataclass(frozen=True, slots=True)
class GlassReview:
    """The newest review of it by another person."""

    verdict: ReviewVerdict
    leaf: Leaf

    @property
    def by(self) -> PersonId:
        return PersonId(self.leaf.actor)

    @property
    def at(self) -> datetime:
        return parse_instant(self.leaf.at)


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
        return self.review is not None and self.review.verdict is ReviewVerdict.ACCEPTED

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
    """Every approval and denial that was made alone, oldest first; nothing is opened."""
    alone = attested_leaves(connection, practice.register, sorted(_decided_alone(connection)))
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


def _decided_alone(connection: Connection) -> Iterator[int]:
    """The sequences of the leaves, approvals first."""
    # Not LIKE: some builds of SQLite find nothing like a pattern in bytes.
    alone = func.instr(tables.statement.c.body, b'"break_glass":true') > 0
    row, statement = tables.leaf.c, tables.statement.c
    query = select(row.seq, row.body).join(tables.statement, statement.digest == row.statement)
    query = query.where(statement.kind == "approval", alone).order_by(row.seq)
    for seq, body in connection.execute(query):
        made = Leaf.decode(bytes(body), seq)
        if made.act == RequestAct.APPROVED and names_its_subjects(made):
            yield seq
    denied = tuple(done_leaves(connection, [RequestAct.DENIED]))
    makings = read_outlines(connection) if denied else {}
    for leaf in denied:
        making = makings.get(leaf.subject[0])
        if making is not None and leaf.actor in making.makers:
            yield leaf.seq


def _newest(
    practice: Practice, connection: Connection, decision: Leaf, reviews: Sequence[Leaf]
) -> GlassReview | None:
    """The newest review of a decision by a person entitled to review it."""
    powers, seq = powers_then(practice, connection), review_subject(decision.seq)
    newest = None
    for review in reviews:
        is_about_it = review.subject[0] == decision.subject[0] and seq in review.subject[1:]
        if review.seq < decision.seq or not is_about_it:
            continue
        with suppress(NotFound):
            person, day = powers.actor(review)
            if may_review_glass(person, PersonId(decision.actor), on=day):
                newest = GlassReview(_VERDICTS[review.act], review)
    return newest


@dataclass(frozen=True, slots=True)
class ListedGlass:
    """An approval or a denial that was made alone."""

    reference: str
    seq: int
    """Of its leaf."""
    by: str
    """Login."""
    at: datetime
    standing: str
    """``unreviewed``, ``queried`` or ``accepted``."""

    @property
    def warning(self) -> str:
        reviewed = (
            "was queried" if self.standing == ReviewVerdict.QUERIED else "nobody has reviewed it"
        )
        return (
            f"{self.by} decided {self.reference} alone, and {reviewed}:"
            f" run callrec audit review-glass {self.reference}"
        )


def review_glass(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    verdict: ReviewVerdict,
    reason: str | None = None,
    seen: frozenset[int] | None = None,
) -> tuple[int, ...]:
    """Say of everything that was decided alone of a request that it is accepted, or is queried.

    ``seen`` are the sequences of the decisions that the actor saw before they confirmed it; None:
    all there are by then. Returns the sequences of the decisions reviewed.

    Raises:
        NotFound: there is no such request, or nothing of it was decided alone.
        Refused: the actor may not read the audit log, or made it themselves, or the reason is none;
            or the glass was broken once more after they saw it.
        Tampered: the log is not as it was signed.
    """
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
    with (
        attempt(practice, actor, verdict.glass_act, subject=[row.id]),
        signing(practice, actor) as act,
    ):
        alone = [g for g in broken_glass(practice, act.connection) if g.request == row.id]
        if not alone:
            raise NotFound(
                f"the glass was not broken for {reference}",
                hint="callrec status says what was decided alone",
            )
        for glass in alone:
            check_may_review_glass(actor.person, glass.by, on=today(practice))
        check_glass_verdict(verdict, reason)
        seqs = tuple(glass.seq for glass in alone)
        if seen not in (None, frozenset(seqs)):
            raise Refused(
                "the glass was broken once more after you looked",
                clause=Clause.FORMALLY_AUTHORISED,
                hint=f"see what was decided: callrec request show {reference}; then try again",
            )
        details = {"reason": reason} if reason else None
        subject = [row.id, *map(review_subject, seqs)]
        act.leaf(verdict.glass_act, actor=actor.person.id, subject=subject, details=details)
    return seqs


def glass_under(practice: Practice, reference: str) -> tuple[ListedGlass, ...]:
    """Everything that was decided alone of a request, accepted or not, oldest first."""
    return tuple(glass for glass in _all_glass(practice) if glass.reference == reference)


def outstanding_glass(practice: Practice) -> tuple[ListedGlass, ...]:
    """What was decided alone and is not accepted by somebody else, oldest first; opens nothing."""
    return tuple(
        glass for glass in _all_glass(practice) if glass.standing != ReviewVerdict.ACCEPTED
    )


def _all_glass(practice: Practice) -> Iterator[ListedGlass]:
    called = logins(practice)
    with reading(practice.engine) as connection:
        numbers = {row.id: row.number for row in REQUESTS.every(connection)}
        alone = broken_glass(practice, connection)
    for glass in alone:
        if glass.request not in numbers:
            raise Tampered(f"the request that leaf {glass.seq} decides is missing")
        reference = f"R-{numbers[glass.request]}"
        yield ListedGlass(reference, glass.seq, called[glass.by], glass.at, glass.standing)

"""Which category of the retention schedule a recording is of [policy 4(h)].

Somebody who may review recordings sets it, with a reason; for the others, and for what is kept
longer for a claim, the rules do (policy/retention.py). A leaf names the category by an id that
follows from its name, so that its row can be held against the leaf without a key
(docs/reference/keeping.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.audit.leaf import Leaf
from callrec.audit.log import LogTransaction
from callrec.audit.remembered import Problem
from callrec.calls.category import categories_of, schedule
from callrec.catalogue import tables
from callrec.catalogue.recordings import numbers_of
from callrec.crypto import primitives
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Refused
from callrec.holds.log import NAMES_PER_LEAF
from callrec.policy.clause import Clause
from callrec.policy.retention import Category, RecordingState, check_may_review
from callrec.policy.words import check_reason
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import done_leaves
from callrec.record.entitled import Powers, powers_then
from callrec.record.rows import check_none
from callrec.requests.ask import find_recordings

CATEGORISED: Final = "recording.categorised"


@dataclass(frozen=True, slots=True)
class CategoryGiven:
    """The category that recordings were given."""

    category: Category
    kept_as_claims: tuple[int, ...]
    """Of the recordings, those that are kept as claims all the same, since that is longer."""


def set_category(
    practice: Practice, actor: Actor, recordings: Sequence[int], *, category: str, reason: str
) -> CategoryGiven:
    """Give recordings a category; the newest counts, unless a claim is kept longer.

    Raises:
        Refused: the actor may not review recordings, or the reason is none.
        NotFound: there is no such recording, it is destroyed, or there is no such category.
    """
    with attempt(practice, actor, CATEGORISED), signing(practice, actor) as act:
        check_may_review(actor.person, on=today(practice))
        check_reason(reason, Clause.ENCRYPTED_AND_ARCHIVED)
        known = schedule(practice)
        if category not in known:
            raise NotFound(
                "there is no such category", hint=f"the settings name {', '.join(known)}"
            )
        chosen = known[category]
        found = find_recordings(practice, actor, act.connection, recordings)
        recording = tables.recording.c
        named = select(recording.id).where(recording.id.in_(recordings))
        destroyed = named.where(recording.state == RecordingState.DESTROYED)
        if act.connection.execute(destroyed.limit(1)).first():
            raise NotFound("a recording is destroyed", hint="leave it out: only its stub is kept")
        _log(act, actor, [uid for uid, _ in found], chosen, reason)
        counts = categories_of(practice, act.connection, recordings)
    return CategoryGiven(chosen, tuple(n for n, each in counts.items() if each != chosen))


def check_categories(powers: Powers, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Every row of a category that does not follow from what was done, and every one missing.

    Of what is destroyed the row may be gone.
    """
    connection, recording, given = powers.connection, tables.recording, tables.category
    # The newest leaf about each counts.
    newest = {uid: leaf for leaf in done if leaf.act == CATEGORISED for uid in leaf.subject[1:]}
    for leaf in dict.fromkeys(newest.values()):
        try:
            person, on = powers.actor(leaf)
            check_may_review(person, on=on)
        except (NotFound, Refused):
            # Our own commands do not let it come to that.
            yield Problem(leaf.seq, "a recording was given a category by somebody who may not")
    rows: Any = select(given, recording.c.uid)
    rows = rows.outerjoin(recording, recording.c.id == given.c.recording)
    for row in connection.execute(rows.execution_options(yield_per=1000)):
        given_by = newest.pop(row.uid, None)
        if given_by is None:
            yield Problem(None, f"nobody gave recording {row.recording} the category of its row")
        elif (row.seq, category_id(row.category)) != (given_by.seq, given_by.subject[0]):
            what = f"the category of recording {row.recording} is not what the log says"
            yield Problem(given_by.seq, what)
    there = select(recording.c.uid).where(recording.c.state != RecordingState.DESTROYED)
    there = there.execution_options(yield_per=1000)
    for uid in connection.execute(there).scalars() if newest else ():
        if uid in newest:
            what = "the category that a recording was given is in no row"
            yield Problem(newest[uid].seq, what)


def check_rows_of_categories(practice: Practice, connection: Connection) -> None:
    """Check the rows of categories before something is destroyed by them."""
    done, powers = done_leaves(connection, [CATEGORISED]), powers_then(practice, connection)
    check_none(check_categories(powers, done))


def category_id(name: str) -> str:
    """How a leaf names a category: the first 16 bytes of SHA-256("category " || name), in hex."""
    return primitives.sha256(b"category ", name.encode()).hex()[:32]


def _log(
    act: LogTransaction, actor: Actor, uids: Sequence[str], category: Category, reason: str
) -> None:
    table, details = tables.category, {"category": category.name, "reason": reason}
    for start in range(0, len(uids), NAMES_PER_LEAF):
        some = uids[start : start + NAMES_PER_LEAF]
        subject = [category_id(category.name), *some]
        seq = act.leaf(CATEGORISED, actor=actor.person.id, subject=subject, details=details)
        numbers = numbers_of(act.connection, some).values()
        act.connection.execute(table.delete().where(table.c.recording.in_(numbers)))
        rows = [{"recording": n, "category": category.name, "seq": seq} for n in numbers]
        act.connection.execute(table.insert(), rows)

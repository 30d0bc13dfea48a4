"""Leaves read by what was done, what each names at the least, and the numbers that they give.

Anybody who has a key can write a leaf of any act, about nothing, with a program of their own. It
says nothing of anything, so nothing is read from it; ``audit verify`` names the person who signed
it (docs/formats/audit-log.md, 1).

Requests, holds, incidents, complaints, people on the register and certificates are numbered in the
order in which they were made, from 1, and so the column follows from the leaves like the others.
What somebody wrote into one keeps nobody from making the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, bindparam, func, select, update

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import LogTransaction, read_leaf, rows_of_acts
from callrec.audit.register import Register
from callrec.audit.remembered import Problem
from callrec.catalogue import tables
from callrec.catalogue.engine import is_postgres
from callrec.catalogue.sound import check_indexes
from callrec.catalogue.written import HINT
from callrec.crypto.statement import Statement, read_statement
from callrec.errors import Tampered
from callrec.policy.hold import HoldAct
from callrec.policy.incident import IncidentAct
from callrec.policy.request import RequestAct
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.rights.complaint import ComplaintAct
from callrec.policy.rights.note import NoteAct
from callrec.policy.rights.subject import SubjectAct
from callrec.practice import Actor, Practice, check_remembered_head, check_unchanged

SEARCH: Final = "search"

ANSWERED: Final = "search.answered"

MIN_SUBJECTS: Final[Mapping[str, int]] = {
    # The request first, the hold, the incident, the complaint, the person, the volume.
    **dict.fromkeys(map(str, (*RequestAct, *HoldAct, *IncidentAct)), 1),
    **dict.fromkeys(map(str, (*ComplaintAct, *SubjectAct, *NoteAct)), 1),
    **dict.fromkeys((verdict.glass_act for verdict in ReviewVerdict), 1),
    **dict.fromkeys(("destruction.cleared", "destruction.done"), 1),
    **dict.fromkeys(("archive", "archive.begun", "archive.given-up"), 1),
    **dict.fromkeys(("volume.kept", "volume.lost", "volume.found"), 1),
    # Then the recording, between them the hearing, but of a look; the release; the letter; the
    # notified.
    **dict.fromkeys(
        (
            *(RequestAct.LOOKED, RequestAct.LISTENED, RequestAct.IN_EFFECT),
            *(RequestAct.HEARING_ENDED, RequestAct.HEARING_FAILED),
            *(RequestAct.PREPARED, RequestAct.DELIVERED, RequestAct.FAILED),
            *(RequestAct.HANDED_OVER, RequestAct.ACKNOWLEDGED, IncidentAct.REPORTED),
            *(RequestAct.LETTER_WRITTEN, RequestAct.LETTER_SENT),
        ),
        2,
    ),
    # The note, its recording, the request.
    str(NoteAct.MADE): 3,
    # The certificate and its request.
    "destruction.certified": 2,
    # The volume, or the category, and the recordings.
    **dict.fromkeys(("archive.removed", "recording.categorised"), 2),
}
"""By act, of leaves that say that it was done; those of other acts may name nothing."""


def log_leaf(
    act: LogTransaction,
    actor: Actor,
    what: str,
    subject: Sequence[str],
    *,
    details: Mapping[str, Any] | None,
    nonce: bytes = b"",
    statement: Statement | None = None,
) -> Leaf:
    """Write a leaf, as `LogTransaction.leaf` does, from which rows are made."""
    by = actor.person.id
    seq = act.leaf(
        str(what), actor=by, subject=subject, details=details, nonce=nonce, statement=statement
    )
    return read_leaf(act.connection, seq)[0]


def check_whole_log(practice: Practice, connection: Connection) -> None:
    """Check the whole log before anything is granted or handed over on its word."""
    from callrec.audit.verify import require_sound_log  # noqa: PLC0415  # what is read takes none

    check_remembered_head(practice)
    check_indexes(connection)
    require_sound_log(connection, practice.vault)
    check_unchanged(practice, connection)


def check_whole_catalogue(practice: Practice, connection: Connection) -> None:
    """`check_whole_log`, and every row: what is hidden now is missed, and could be put back."""
    from callrec.audit.rows import check_rows  # noqa: PLC0415  # as above

    if not is_postgres(connection):  # so that what was checked is not read from the disk again
        connection.exec_driver_sql("PRAGMA cache_size=-65536")  # KiB
    check_whole_log(practice, connection)
    for problem in check_rows(connection, practice.register):
        raise Tampered(problem.what, hint=HINT)


def done_leaves(connection: Connection, acts: Collection[str], *which: Any) -> Iterator[Leaf]:
    """Everything of these kinds that was done, whatever it is about, oldest first.

    What does not name what it is about counts for nothing. ``which`` of it, if not all, is asked as
    by `rows_of_acts`.
    """
    leaves = _decoded(rows_of_acts(connection, acts, *which))
    return (leaf for leaf in leaves if leaf.outcome is Outcome.DONE and names_its_subjects(leaf))


def attested_of(
    practice: Practice, connection: Connection, acts: Collection[str]
) -> tuple[Leaf, ...]:
    """As `done_leaves`, but each leaf is shown to be as it was written and its actor's."""
    seqs = [leaf.seq for leaf in done_leaves(connection, acts)]
    return attested_leaves(connection, practice.register, seqs)


def done_leaves_unchecked(connection: Connection, acts: Collection[str]) -> Iterator[Leaf]:
    """Everything of these kinds that was done, whatever it names, oldest first."""
    leaves = _decoded(rows_of_acts(connection, acts))
    return (leaf for leaf in leaves if leaf.outcome is Outcome.DONE)


def leaves_of_act(connection: Connection, act: str, *, after: int = -1) -> Iterator[Leaf]:
    """The leaves of one act that come after another's sequence, oldest first, however it ended."""
    return _decoded(rows_of_acts(connection, [act], "AND seq > ? ORDER BY seq", after))


def leaves_about(connection: Connection, id_: str) -> Iterator[Leaf]:
    """Every leaf of what was done to that, whatever it was and however it ended."""
    leaf = tables.leaf.c
    named = func.instr(leaf.body, id_.encode()) > 0
    rows = connection.execute(select(leaf.seq, leaf.body).where(named).order_by(leaf.seq))
    return (leaf for leaf in _decoded(rows) if id_ in leaf.subject)


def _decoded(rows: Iterable[Row[int, bytes]]) -> Iterator[Leaf]:
    for seq, body in rows:
        yield Leaf.decode(bytes(body), seq)


def names_its_subjects(leaf: Leaf) -> bool:
    """Whether a leaf names what its act is about."""
    return len(leaf.subject) >= MIN_SUBJECTS.get(leaf.act, 0)


def is_reviewable(register: Register, leaf: Leaf) -> bool:
    """A search without a request, or one that was refused [policy 4(c)].

    A search under a request names it in its leaf, and those who decide that request see it; but for
    a look at a person whom that is not about. A leaf whose actor nobody vouched for is not a
    search: no key is needed to write it.
    """
    without_request = leaf.outcome is Outcome.DONE and len(leaf.subject) != 1
    is_asked = without_request or leaf.outcome is Outcome.REFUSED
    vouched = register.voucher(leaf.actor, before=leaf.seq) is not None
    return leaf.act == SEARCH and is_asked and vouched


def check_subjects(connection: Connection, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each leaf, of what was done, names what its act is about."""
    for leaf in done:
        if not names_its_subjects(leaf):
            wrong = f"leaf {leaf.seq}, {leaf.act}, does not name what that was done to"
            yield Problem(leaf.seq, f"{wrong}; {signer_login(connection, leaf)} signed it")


def signer_login(connection: Connection, leaf: Leaf) -> str:
    """The login of the person who signed a leaf that no command of ours writes."""
    person = tables.person.c
    login: str | None = connection.execute(
        select(person.login).where(person.id == leaf.actor)
    ).scalar()
    return login or leaf.actor


def read_unverified_statement(connection: Connection, leaf: Leaf) -> Mapping[str, Any]:
    """What the statement that a leaf carries says, for lists; nobody's signature is checked."""
    table = tables.statement.c
    query = select(table.body).where(table.digest == leaf.statement)
    body = bytes(connection.execute(query).scalar() or b"")
    statement = read_statement(body, b"", leaf.log.partition("/")[2])
    if statement.digest != leaf.statement:
        raise Tampered(f"the statement of leaf {leaf.seq} is not the one that was signed")
    return statement.fields


def numbers_in_leaves(done: Iterable[Leaf], act: str) -> Mapping[str, int]:
    """The number of each thing that leaves of an act made, by the id that they name first.

    The leaves are oldest first; those of other acts do not matter.
    """
    made = (leaf.subject[0] for leaf in done if leaf.act == act and names_its_subjects(leaf))
    return {id_: number for number, id_ in enumerate(dict.fromkeys(made), 1)}


def next_number(connection: Connection, column: Column[str], act: str) -> int:
    """The number that the next row of a table takes; certain only within a write transaction.

    ``column`` is the table's, of the id that leaves of the act name first. Where somebody wrote the
    number into the row of another, that gets its own again.
    """
    table, numbers = column.table, numbers_in_leaves(done_leaves(connection, (act,)), act)
    number = free = len(numbers) + 1
    astray: list[tuple[str, int]] = []
    having = select(column).where(table.c.number == bindparam("number"))
    while (id_ := connection.execute(having, {"number": free}).scalar()) is not None:
        if id_ not in numbers:
            raise Tampered(f"the catalogue has a {table.name} of which the log does not tell")
        free = numbers[id_]
        astray.append((id_, free))
    for id_, own in reversed(astray):
        connection.execute(update(table).where(column == id_).values(number=own))
    return number

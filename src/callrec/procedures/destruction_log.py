"""Whether what was destroyed might be, by the log's leaves (docs/formats/destruction.md, 1).

That its approvals are by people who might decide it, `audit.erased` asks as the log is read. Here
they are held against the request, what happened to it, and what was held at that point. A hold
that waited to be matched covers more than it names; what, lies sealed, and is not asked.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from callrec.audit.attested import attested_leaves
from callrec.audit.erased import KIND, check_entitled, read_destruction
from callrec.audit.reading import Problem
from callrec.catalogue import tables
from callrec.crypto.canonical import parse
from callrec.crypto.statement import read_statement
from callrec.policy.hold import HoldState
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct
from callrec.procedures.approvals import ENDS
from callrec.procedures.hold_log import LoggedHold, read_holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from callrec.audit.erased import Said
    from callrec.audit.leaf import Leaf
    from callrec.practice import Practice


def check_destructions(
    connection: Connection, vault: str, done: Sequence[Leaf]
) -> Iterator[Problem]:
    """What was destroyed though it might not be, by the leaf that says so.

    Args:
        connection: sees one state of the catalogue throughout.
        vault: the vault's id.
        done: the leaves about requests and holds that were done, oldest first; they, and the
            statements, were found sound before.
    """
    told = _told(connection, vault)
    if not told:
        return
    about, named = _about(done, {each.said.request for each in told}), _named(done)
    for each in told:
        yield from _check_request(connection, each, about[each.said.request])
        if any(_is_held(named[uid], uid, each.seq) for uid in each.said.uids):
            yield Problem(each.seq, "a recording was destroyed that was held")


def erased_under(practice: Practice, connection: Connection) -> Mapping[int, str]:
    """Of each leaf whose details went with what was destroyed, the certificate: ``C-1``.

    Raises:
        Tampered: a statement of what was destroyed is not in the log as its maker made it, or he
            might not make it.
    """
    told = _told(connection, practice.vault)
    leaves = attested_leaves(connection, practice.register, [each.seq for each in told])
    found: dict[int, str] = {}
    for leaf, (_, said) in zip(leaves, told, strict=True):
        check_entitled(practice.register, leaf)
        found |= dict.fromkeys(said.details, f"C-{said.number}")
    return found


class _Told(NamedTuple):
    """A statement of what was destroyed, and the leaf that carries it."""

    seq: int
    said: Said


def _told(connection: Connection, vault: str) -> list[_Told]:
    leaf, said = tables.leaf.c, tables.statement.c
    query = select(leaf.seq, said.body, said.signature).where(
        (said.digest == leaf.statement) & (said.kind == KIND)
    )
    return [
        _Told(seq, read_destruction(read_statement(body, signature, vault)))
        for seq, body, signature in connection.execute(query.order_by(leaf.seq))
    ]


def _about(done: Iterable[Leaf], requests: set[str]) -> Mapping[str, Sequence[Leaf]]:
    """What happened to each of these requests."""
    found: defaultdict[str, list[Leaf]] = defaultdict(list)
    for leaf in done:
        request = "".join(leaf.subject[:1])
        if request in requests:
            found[request].append(leaf)
    return found


def _named(done: Iterable[Leaf]) -> Mapping[str, Sequence[LoggedHold]]:
    """By uid, the holds that ever named it."""
    found: defaultdict[str, list[LoggedHold]] = defaultdict(list)
    for hold in read_holds(done).values():
        for uid in hold.names:
            found[uid].append(hold)
    return found


def _check_request(connection: Connection, told: _Told, about: Sequence[Leaf]) -> Iterator[Problem]:
    request = tables.request.c
    purpose = connection.execute(
        select(request.purpose).where(request.id == told.said.request)
    ).scalar()
    if purpose is None or TERMS[Purpose(purpose)].is_heard:
        yield Problem(told.seq, "recordings were destroyed under a request that asks for no such")
    makers = {leaf.actor for leaf in about if leaf.act == RequestAct.CREATED}
    if _requesters(connection, told.said.approvals) != makers:
        yield Problem(told.seq, "recordings were destroyed as somebody asked who did not")
    if any(_had_ended(leaf, about, told) for leaf in about):
        yield Problem(told.seq, "recordings were destroyed under an approval that had ended")


def _requesters(connection: Connection, approvals: Iterable[str]) -> set[Any]:
    """Who asked, as these approvals say."""
    said = tables.statement.c
    bodies = connection.execute(select(said.body).where(said.digest.in_(approvals))).scalars()
    return {parse(body)["requester"] for body in bodies}


def _had_ended(approval: Leaf, about: Iterable[Leaf], told: _Told) -> bool:
    """Whether a leaf is one of its approvals, and something ended that before."""
    return approval.statement in told.said.approvals and any(
        leaf.act in ENDS and approval.seq < leaf.seq < told.seq for leaf in about
    )


def _is_held(holds: Iterable[LoggedHold], uid: str, seq: int) -> bool:
    """Whether one of these holds named the recording when that leaf was written."""
    before = (
        LoggedHold(hold.number, tuple(leaf for leaf in hold.leaves if leaf.seq < seq))
        for hold in holds
    )
    return any(
        uid in hold.names and hold.state is not HoldState.LIFTED for hold in before if hold.leaves
    )

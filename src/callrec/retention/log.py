"""Whether each destruction was allowed, by the log's leaves (docs/formats/destruction.md, 1).

`audit.erased` checks, as the log is read, that the approvals are by people entitled to decide it.
Here they are held against the request, what happened to it, and what was held at that point. A hold
that waited to be matched covers more than it names; that lies sealed, and is not checked. And each
certificate's row is held against its leaves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from callrec.archive.owed import DESTRUCTION_DONE, certificate_columns, stated_destructions
from callrec.audit.erased import KIND, DestructionStatement, read_destruction
from callrec.audit.leaf import Leaf
from callrec.audit.remembered import Problem
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.crypto.statement import Statement
from callrec.holds.log import HOLDS, LoggedHold
from callrec.policy.hearing import APPROVAL_ENDED_BY
from callrec.policy.hold import HoldState
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct, has_lapsed
from callrec.requests.history import REQUESTS, decides_each_recording
from callrec.requests.rules import Rulebook


def check_destructions(rules: Rulebook, done: Sequence[Leaf]) -> Iterator[Problem]:
    """What was destroyed without permission, by its leaf."""
    destructions = [
        _LoggedDestruction(leaf, read_destruction(rules.stated[leaf.statement]), rules.stated)
        for leaf in done
        if leaf.statement in rules.stated and rules.stated[leaf.statement].kind == KIND
    ]
    if not destructions:
        return
    requests, named = REQUESTS.histories(done), defaultdict[str, list[LoggedHold]](list)
    for hold in HOLDS.histories(done).values():  # by uid, the holds that ever named it
        for uid in hold.names:
            named[uid].append(hold)
    for each in destructions:
        about = (
            requests[each.statement.request].leaves if each.statement.request in requests else ()
        )
        yield from _check_request(rules.connection, each, about)
        if any(_is_held(named[uid], uid, each.leaf.seq) for uid in each.statement.uids):
            yield Problem(each.leaf.seq, "a recording was destroyed that was held")


def check_certificates(rules: Rulebook, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each certificate's row names its leaf, and is done if and only if a leaf records it.

    They are numbered in the order of these leaves.
    """
    connection, vault = rules.connection, rules.register.founders.vault
    over = {each.subject[0] for each in done if each.act == DESTRUCTION_DONE}
    table, stated = tables.certificate, []
    for number, (seq, destruction) in enumerate(stated_destructions(connection, vault), 1):
        stated.append(
            {**certificate_columns(seq, destruction), "done": destruction.certificate in over}
        )
        if destruction.number != number:
            yield Problem(seq, "a certificate of destruction is numbered out of its turn")
    columns = (table.c.id, table.c.number, table.c.request, table.c.seq)
    query = select(*columns, table.c.done_at.is_not(None).label("done")).order_by(table.c.seq)
    if [dict(row) for row in connection.execute(query).mappings()] != stated:
        yield Problem(None, "what the catalogue says of a certificate is not what the log says")


class _LoggedDestruction(NamedTuple):
    """A statement of what was destroyed, and the leaf that carries it."""

    leaf: Leaf
    statement: DestructionStatement
    stated: Mapping[str, Statement]
    """It, and its approvals, by their digests."""

    @property
    def approvals(self) -> Iterator[Statement]:
        return (self.stated[each] for each in self.statement.approvals)


def _check_request(
    connection: Connection, destruction: _LoggedDestruction, about: Sequence[Leaf]
) -> Iterator[Problem]:
    request, seq = tables.request.c, destruction.leaf.seq
    purpose = connection.execute(
        select(request.purpose).where(request.id == destruction.statement.request)
    ).scalar()
    if purpose is None or not TERMS[Purpose(purpose)].is_destroyed:
        yield Problem(seq, "recordings were destroyed under a request that asks for no such")
    makers = {leaf.actor for leaf in about if leaf.act == RequestAct.CREATED}
    if {each.fields["requester"] for each in destruction.approvals} != makers:
        yield Problem(seq, "recordings were destroyed as somebody asked who did not")
    fields = destruction.stated[destruction.leaf.statement].fields
    if not decides_each_recording(destruction.leaf, fields, about, "items", "kept"):
        yield Problem(seq, "what was destroyed or kept is not what the request asks for")
    ended = [leaf.seq for leaf in about if leaf.act in APPROVAL_ENDED_BY and leaf.seq < seq]
    approved = [leaf.seq for leaf in about if leaf.statement in destruction.statement.approvals]
    # Over is an approval that had lapsed, too, whatever the log says of it.
    has_ended = bool(ended and approved and min(approved) < max(ended))
    at = destruction.leaf.at
    lapses = (str(each.fields.get("lapses")) for each in destruction.approvals)
    if has_ended or any(has_lapsed(parse_instant(each), parse_instant(at)) for each in lapses):
        yield Problem(seq, "recordings were destroyed under an approval that had ended")


def _is_held(holds: Iterable[LoggedHold], uid: str, seq: int) -> bool:
    """Whether one of these holds named the recording when that leaf was written."""
    for hold in holds:
        leaves = tuple(leaf for leaf in hold.leaves if leaf.seq < seq)
        before = LoggedHold(hold.id, leaves)
        if leaves and uid in before.names and before.state is not HoldState.LIFTED:
            return True
    return False

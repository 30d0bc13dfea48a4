"""Whether a release is on this practice's own record, where its vault is at hand.

A release proves itself by what is in it, and who made it up leaves out what speaks against it:
that the log went on otherwise, that an approval was replaced or taken back before. The practice's
own log has all of that (docs/formats/release.md, 9).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from callrec.audit.log import has_leaf
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical
from callrec.dataclass import replace
from callrec.package.callrec_verify import Problem, Result
from callrec.policy.request import RequestAct
from callrec.practice import Practice
from callrec.requests.approvals import event_end_reason, read_approvals
from callrec.requests.history import read_history

_NOT_THERE = Problem("the release", "is not on this practice's record: its log has no such entry")


def is_of_practice(practice: Practice, result: Result) -> bool:
    """Whether a release says that it is this practice's."""
    return bool(result.manifest) and result.manifest["vault"] == practice.vault


def off_the_record(practice: Practice, result: Result) -> tuple[Problem, ...]:
    """What the practice's own log has against a release in which nothing else is wrong."""
    with reading(practice.engine) as connection:
        if not has_leaf(connection, result.entry["seq"], canonical(dict(result.entry))):
            return (_NOT_THERE,)
        return tuple(_against(practice, connection, result))


def _against(practice: Practice, connection: Connection, result: Result) -> Iterator[Problem]:
    manifest, seq = result.manifest, result.entry["seq"]
    history = read_history(practice, connection, manifest["request"]["id"])
    failed = [leaf for leaf in history.leaves if leaf.act == RequestAct.FAILED]
    if any(manifest["release"] in leaf.subject for leaf in failed):
        yield Problem("the release", "failed, by this practice's log, and was never handed over")
    before = replace(history, leaves=tuple(leaf for leaf in history.leaves if leaf.seq < seq))
    approvals = read_approvals(practice, connection, before)
    for uid, trace in result.traces.items():
        mine = [a for a in approvals if a.to == manifest["released_by"] and uid in a.items]
        if not mine or mine[-1].leaf.seq != trace.approval:
            what = f"is under an approval of recording {trace.recording} that was replaced before"
            yield Problem("the release", what)
        elif ended := event_end_reason(mine[-1], before):
            yield Problem("the release", f"came after the end of its approval: {ended}")

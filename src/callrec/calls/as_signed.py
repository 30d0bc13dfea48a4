"""Hold recordings against the log, before anybody asks for them or is given them.

Anyone who can write the database could put back what an older copy of it has, for as long as it
takes: an earlier revision of a call's metadata, or all rows of a recording that was destroyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.audit.erased import may_destroy
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import rows_of_acts
from callrec.audit.rows import check_each_row
from callrec.catalogue import tables
from callrec.catalogue.engine import TO_RESTORE
from callrec.errors import Tampered
from callrec.policy.request import RequestAct
from callrec.practice import Practice

_UIDS: Final = re.compile(rb'"([0-9a-f]{32})"')
"""Of a leaf's subject: to decode what was destroyed in ten years would take a second."""

_FEW: Final = 50
"""So many are looked for one by one sooner than every uid is read."""


def check_as_signed(
    practice: Practice, connection: Connection, recordings: Iterable[Row[Any]]
) -> None:
    """Check that the rows of these are as somebody signed for them last, and none was destroyed.

    The entry that destroyed one names it itself, so that its statement need not be there.

    Raises:
        Tampered: a row is not, or the log says that a recording was destroyed.
    """
    rows = [*recordings]
    numbers = {row.uid.encode(): row.id for row in rows}
    if not numbers:
        return
    for seq, body in rows_of_acts(connection, [RequestAct.CARRIED_OUT]):
        likely = numbers if len(numbers) <= _FEW else numbers.keys() & {*_UIDS.findall(body)}
        for uid in filter(body.__contains__, likely):
            entry = Leaf.decode(bytes(body), seq)
            if entry.outcome is Outcome.DONE and may_destroy(practice.register, entry):
                what = f"recording {numbers[uid]} was destroyed by entry {seq} of the log"
                raise Tampered(f"{what}, and was put back", hint=f"to be rid of it, {TO_RESTORE}")
    # And the key over their keys, which who asks for them may have no way to open.
    ids = {tables.recording.name: numbers.values(), tables.batch.name: {r.batch for r in rows}}
    check_each_row(connection, practice.register, ids)

"""Hold all that the catalogue says of volumes against the log (docs/formats/destruction.md, 4).

What a volume owes of a destruction is found by rows, and a certificate says that nothing is owed.
Whoever can write the database could take such a row away while the drive is away, too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.archive.heads import VOLUME_STATEMENT
from callrec.archive.survey import check_rows, read_written
from callrec.archive.volume_log import check_standings
from callrec.archive.volume_rules import check_done_by_archivists
from callrec.audit.reading import Problem
from callrec.calls.custody import replaced_files
from callrec.catalogue import tables
from callrec.catalogue.volumes import each_volume
from callrec.crypto.canonical import parse
from callrec.errors import Tampered
from callrec.record.statements import carried

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from callrec.practice import Practice


def check_volumes(practice: Practice, connection: Connection) -> None:
    """Check of every volume that a row or a statement names what the catalogue says of it.

    Raises:
        Tampered: a row is not what follows from the log, or a statement is not as it was signed.
    """
    check_standings(practice, connection)
    check_done_by_archivists(practice, connection)
    for volume in _stated(connection):
        read_written(practice, connection, volume)
    _check_former(connection)


def check_rows_of_volumes(connection: Connection) -> Iterator[Problem]:
    """The same for who reads the whole log: its statements were found sound before."""
    for volume, runs in _stated(connection).items():
        manifests = {name: manifest for name, (_, manifest) in runs.items()}
        last = max((seq + 1 for seq, _ in runs.values()), default=0)
        try:
            check_rows(connection, volume, manifests, last)
        except Tampered as error:
            yield Problem(None, error.message)
    _check_former(connection)


def _stated(connection: Connection) -> Mapping[str, Mapping[str, tuple[int, str]]]:
    """The runs of each volume that a row or a statement names, by volume and by name.

    Of each, the sequence of its newest statement and the manifest that this one names.
    """
    found: defaultdict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    for row in each_volume(connection):
        found[row.id] = {}
    for said in carried(connection, VOLUME_STATEMENT):
        fields = parse(said.body)
        run = {str(fields.get("bag")): (said.seq, str(fields.get("manifest")))}
        found[str(fields.get("volume"))].update(run)
    return found


def _check_former(connection: Connection) -> None:
    """Each former file is its recording's, as statements say; of no recording, as none says.

    Raises:
        Tampered: one is said to be another's, or nobody's.
    """
    former, recording = tables.former, tables.recording
    query: Any = select(former.c.ciphertext, recording.c.uid).outerjoin(
        recording, recording.c.id == former.c.recording
    )
    rows = connection.execute(query).all()
    if not rows:
        return
    current = select(recording.c.ciphertext, recording.c.uid)
    owners = {row.ciphertext: row.uid for row in connection.execute(current)}
    owners |= {name: uid for uid, name in replaced_files(connection)}
    if any(owners.get(row.ciphertext) != row.uid for row in rows):
        raise Tampered("whose a file on a volume was does not follow from the audit log")

"""Which recordings are opened on trial, and whether what a volume has of them opens.

Held ones first, since somebody will need those; then those whose turn was longest ago. They are
taken in the order of their numbers, round and round: whose turn it is next is remembered outside
the vault.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.remembered import write_json_atomically
from callrec.calls.trial import KeyTrial, try_first_segment, try_keys
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.holds import holds_naming
from callrec.policy.retention import RecordingState
from callrec.practice import Actor, Practice
from callrec.record.forms import recall
from callrec.volume.bag import RECORDINGS
from callrec.volume.drive import open_untrusted
from callrec.volume.volume import Volume

SAMPLE: Final = 50
"""Recordings of each kind, held and not held."""

_SAMPLED_FILE: Final = "sampled.json"


def next_to_open(
    connection: Connection, state_folder: Path, of: str, numbers: Collection[int]
) -> list[int]:
    """The recordings whose turn it is, held ones first; ``of``: a volume, or a drill.

    It is remembered that it was their turn.
    """
    held = {row.recording for row in holds_naming(connection)}
    turns = recall(dict[str, list[int]], state_folder / _SAMPLED_FILE) or {}
    before = [*turns.get(of, ()), 0, 0]
    chosen = [
        _from(sorted(some), last)
        for some, last in zip((held & {*numbers}, {*numbers} - held), before, strict=False)
    ]
    last = [some[-1] if some else cursor for some, cursor in zip(chosen, before, strict=False)]
    with suppress(OSError):  # they are then opened again next time
        write_json_atomically(state_folder / _SAMPLED_FILE, {**turns, of: last})
    return [*chosen[0], *chosen[1]]


def _from(numbers: Sequence[int], last: int) -> list[int]:
    begin = bisect_right(numbers, last)
    return [*numbers[begin:], *numbers[:begin]][:SAMPLE]


def open_sample(practice: Practice, actor: Actor, volume: Volume) -> tuple[KeyTrial, int]:
    """Open on trial some of what lies on a volume, with the vault's keys; and how many lie there.

    A file that is not there, or that its drive does not give, is for `verify_volume` to name.
    """
    with reading(practice.engine) as connection:
        rows = _rows_on(connection, volume.volume)
        sample = next_to_open(connection, practice.state_folder, volume.volume, rows.keys())
        tried = try_keys(connection, practice.vault, actor.shares, numbers=sample, keep=True)
    spoilt, not_given = {*tried.spoilt}, 0
    for number, data_key in tried.data_keys.items():
        row = rows[number]
        path = volume.bag_path(row.bag) / RECORDINGS / row.ciphertext
        try:
            with open_untrusted(path) as source:
                if not try_first_segment(source, row, practice.vault, data_key):
                    spoilt.add(number)
        except OSError:
            not_given += 1
    return KeyTrial(tried.of - not_given, tuple(sorted(spoilt)), {}), len(rows)


def _rows_on(connection: Connection, volume: str) -> dict[int, Row[Any]]:
    """The recordings on a volume that have not been destroyed, with their bags, by number."""
    recording, archived = tables.recording, tables.archived
    query = (
        select(recording, archived.c.bag)
        .join(archived, archived.c.recording == recording.c.id)
        .where(archived.c.volume == volume, recording.c.state != RecordingState.DESTROYED)
    )
    return {row.id: row for row in connection.execute(query)}

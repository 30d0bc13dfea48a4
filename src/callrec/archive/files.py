"""The sealed file of a recording: the vault's own, or a copy of it on an attached volume."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from callrec.archive.attached import attached_volumes
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import ARCHIVED, LOST, CopyPlace, place_of_each
from callrec.errors import NotFound, Tampered
from callrec.practice import Practice
from callrec.volume.bag import RECORDINGS
from callrec.volume.drive import drive_errors, reads_as
from callrec.volume.volume import Volume


class OnlyOnVolumes(NotFound):
    """A recording that is on volumes only, none of which is attached."""

    def __init__(self, number: int, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        if labels:
            named = " or ".join(f'"{label}"' for label in labels)
            super().__init__(
                f"recording {number} is only on the volume {named}",
                hint="attach it and run the command again; "
                "if it is not found by itself, give its folder: --from DIR",
            )
        else:
            super().__init__(
                f"recording {number} was only on volumes that were reported lost",
                hint="callrec archive list shows them; "
                "one that comes back is counted again by callrec archive found DIR",
            )


@contextmanager
def open_recording(practice: Practice, row: Row[Any]) -> Iterator[BufferedReader]:
    """The sealed bytes of a recording, wherever they are."""
    try:
        sealed = practice.store.open(row.ciphertext)
    except NotFound as error:
        if row.state != ARCHIVED:
            raise Tampered(
                f"the sealed file of recording {row.id} is missing",
                hint="callrec doctor --repair --from DIR fetches it back from a volume",
            ) from error
        with drive_errors(), _on_volume(practice, row) as copy:
            yield copy
        return
    with sealed:
        yield sealed


def attached_copies(practice: Practice, rows: Sequence[Row[Any, Any, Any]]) -> dict[int, Path]:
    """Where a copy of each recording lies on a volume that is attached, as far as there is one."""
    if not rows:
        return {}
    attached = attached_volumes(practice)
    with reading(practice.engine) as connection:
        places = place_of_each(connection, [row.id for row in rows])
    found: dict[int, Path] = {}
    for row in rows:
        for path in _copies(attached, places.get(row.id, ()), row.ciphertext):
            if path.is_file() and not path.is_symlink():
                found.setdefault(row.id, path)
    return found


def _on_volume(practice: Practice, row: Row[Any]) -> BufferedReader:
    attached = attached_volumes(practice)
    with reading(practice.engine) as connection:
        places = place_of_each(connection, [row.id]).get(row.id, ())
    copies = [*_copies(attached, places, row.ciphertext)]
    for path in copies:
        if reads_as(path, row.ciphertext):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            return open(os.open(path, flags), "rb")  # noqa: PTH123 - of a descriptor
    if copies:
        raise Tampered(
            f"what the attached volume has of recording {row.id} is not what was written there",
            hint="attach another volume that has it, and run callrec archive verify",
        )
    raise OnlyOnVolumes(row.id, [each.label for each in places if each.standing != LOST])


def _copies(
    attached: Mapping[str, Volume], places: Sequence[CopyPlace], ciphertext: str
) -> Iterator[Path]:
    for each in places:
        if each.volume in attached:
            yield attached[each.volume].bag_path(each.bag) / RECORDINGS / ciphertext

"""Erasures that the Data Controller approved, and what is left of what they destroyed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import bagit

from callrec.calls.custody import Opening, find_recording
from callrec.catalogue.engine import reading
from callrec.intake.known import DuplicateMacs
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.search import Criteria
from callrec.registers.verify import check_vault
from callrec.restore.copy import opener_by_password, read_copy, unpack
from callrec.restore.rebuild import open_volumes
from callrec.retention.destroy import Destruction
from callrec.retention.erase import carry_out, preview_erasure
from callrec.search.search import search_recordings
from house.drives import archive, drive
from house.holds import ANN, ask, with_two_callers
from house.practices import House, password_of
from house.requests import REASON, approve, signed_in, with_recordings


def approved_erasure(house: House, *recordings: int, kept: tuple[int, ...] = ()) -> str:
    """A request to erase Ann's calls, of which dora granted some and withheld the others."""
    asked = (*recordings, *kept)
    reference = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=asked)
    withheld = dict.fromkeys(kept, Ground.LEGAL_OBLIGATION)
    approve(house, reference, "dora", to="dora", recordings=recordings, withheld=withheld)
    return reference


def to_be_erased(house: House) -> None:
    """Ann's calls 1, 2 and 5 are to go: with Bob's in one bag of each volume, alone in another."""
    with_two_callers(house)
    for name in ("drive-a", "drive-b"):
        archive(house, drive(house, name))
    with_recordings(house, 1)
    house.open()
    house.at = house.at.replace(day=25)
    archive(house, drive(house))
    assert approved_erasure(house, 1, 2, 5) == "R-1"


def erase(house: House, reference: str, *volumes: Path, login: str = "dora") -> Destruction:
    """Erase as one command does."""
    house.open()
    actor = signed_in(house, login)
    given = (house.practice, actor, reference, preview_erasure)
    done = carry_out(*given, volumes=volumes, advance=lambda _: None, check=check_vault)
    house.open()
    return done


def secrets_of(house: House, *numbers: int) -> list[bytes]:
    """Everything sealed, or cut from something secret, that the catalogue holds of recordings.

    But for what it holds of others as well: a code of what two calls have alike.
    """
    actor, found = signed_in(house, "dora"), list[bytes]()
    with reading(house.practice.engine) as connection:
        opening = Opening(house.practice, actor, connection)
        duplicates = DuplicateMacs.of(house.practice, actor, marking=False)
        for number in numbers:
            row = find_recording(connection, number)
            sound = duplicates.sound(opening.metadata(row).fields["sha256"])
            found += [bytes(row.data_key), opening.data_key(row)]
            for table in ("metadata", "grant_", "duplicate"):
                named = f"uid = '{row.uid}'" if table == "grant_" else f"recording = {number}"
                if table == "duplicate":
                    others = ", ".join(map(str, numbers))
                    kept = f"SELECT mac FROM duplicate WHERE recording NOT IN ({others})"
                    named += f" AND mac NOT IN ({kept})"
                column = "mac" if table == "duplicate" else "sealed"
                cells = connection.exec_driver_sql(f"SELECT {column} FROM {table} WHERE {named}")
                found += [bytes(cell) for (cell,) in cells if bytes(cell) not in sound]
            with house.practice.store.open(row.ciphertext) as file:
                found += [file.read(64)]
    return found


def path_of(house: House, name: str) -> Path:
    return house.practice.store.path(name)


def found_in(needles: list[bytes], *folders: Path) -> list[str]:
    """Files that hold one of these, read raw."""
    return [
        path.relative_to(folder).as_posix()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for data in [path.read_bytes()]
        if any(needle in data for needle in needles)
    ]


def keys_in_copy(volume: Path, work: Path) -> set[int]:
    """Numbers of the recordings whose keys the copy of the catalogue on a volume has."""
    (opened,) = open_volumes([volume])
    found = read_copy(opened, opened.catalogue())
    at = work / "unpacked.sqlite"
    at.unlink(missing_ok=True)
    unpack(found, opener_by_password(password_of("dora"))(found), at)
    with closing(sqlite3.connect(at)) as copy:
        return {n for (n,) in copy.execute("SELECT id FROM recording WHERE data_key IS NOT NULL")}


def tokens_of(house: House, *numbers: int) -> int:
    wanted = ", ".join(map(str, numbers))
    with reading(house.practice.engine) as connection:
        rows = connection.exec_driver_sql(f"SELECT 1 FROM token WHERE recording IN ({wanted})")
        return len(rows.all())


def bags_of(*volumes: Path) -> list[Path]:
    """Every bag; a judge that is not ours has found each valid."""
    bags = [bag for volume in volumes for bag in sorted((volume / "bags").glob("[!.]*"))]
    for bag in bags:
        bagit.Bag(str(bag)).validate()
    return bags


def look_for(house: House, *numbers: str) -> None:
    """A search by max for any of these, for a reason."""
    search_recordings(
        house.practice,
        signed_in(house, "max"),
        criteria=[Criteria(number=number) for number in numbers],
        reason=REASON,
        request=None,
        limit=None,
    )

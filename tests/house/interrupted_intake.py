"""An intake that is cut off in the middle, in small batches, and what it left in the vault."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.intake import ingest as intake_run
from callrec.intake.clearing import AfterIntake
from callrec.intake.ingest import ingest_recordings
from callrec.practice import Actor, Practice
from house.killing import Death, by, killed_at
from house.practices import House
from house.spool import left_in

CALLS = 10
"""In batches of four."""


def killed_intake(house: House, spool: Path, after: AfterIntake, kind: str, count: int) -> House:
    """The intake service takes in, and is killed; a copy of the practice as that left it.

    Steps of one kind are counted. Progress is told after each file. The clock is asked once at
    the beginning, for the batch (and before that by the login, for the powers of the day), and
    then seven times for each batch: for dates to come; for the powers again, when its files are
    durable; by its statement and by its leaf, in the transaction; when that is committed; by the
    leaf that says that the sources will go; and when that is committed. At the end it is asked for
    the powers again, by the statement of the summary, by its leaf, and when that is committed.
    """

    def deed(there: House, death: Death) -> None:
        intake_run.MAX_BATCH_RECORDINGS = 4  # type: ignore[misc]  # a thousand would take long

        def take_in(practice: Practice, door: Actor) -> None:
            told = death.may_come
            ingest_recordings(practice, door, [spool], after=after, advance=lambda _: told())

        by("door", take_in)(there, death)

    left = killed_at(count, house, house.folder.with_name("killed"), deed, kinds={kind})
    assert left
    return left


def ciphertexts(house: House) -> set[str]:
    """The sealed files that the catalogue names."""
    with reading(house.practice.engine) as connection:
        return set(connection.execute(select(tables.recording.c.ciphertext)).scalars())


def stored(house: House) -> list[str]:
    """Those that lie there."""
    return left_in(house.folder / "vault" / "recordings")

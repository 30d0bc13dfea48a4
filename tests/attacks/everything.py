"""A practice in which there is a row in each table of the catalogue."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from callrec.keys.reencrypting import reencrypt
from callrec.keys.rotating import rotate_keys
from callrec.office.stamping import stamp_record
from callrec.policy.purpose import Purpose
from callrec.policy.role import VaultKey
from callrec.requests.decide import deny_request
from house.commands import Answer, done, type_in
from house.complaints import a_complaint
from house.drives import archive, drive
from house.erasures import erase
from house.holds import by_hand
from house.incidents import an_incident
from house.practices import House
from house.requests import REASON, a_request, approved, signed_in
from house.retention import categorise
from house.stages import TO_BE_ERASED, Stage
from house.subjects import a_note, a_person
from house.time_authority import stamped_by, time_authority

ON_RECORD = "The computer in the back room was open to anyone. It is locked now."


def catalogue_of(house: House) -> Path:
    return house.folder / "vault" / "catalogue.sqlite"


def something_of_everything(house: House) -> None:
    """There is a row in each table."""
    categorise(house, "claim", 3)
    house.open()
    rotate_keys(house.practice, signed_in(house, "dora"), [VaultKey.RECORDINGS])
    house.open()
    assert reencrypt(house.practice, signed_in(house, "dora"), lambda _: None).recordings
    erase(house, "R-1", drive(house, "drive-a"))
    archive(house, drive(house, "drive-a"))
    an_incident(house)
    a_complaint(house)
    a_person(house)
    by_hand(house, 3)
    approved(house, recordings=(4,))
    a_note(house, 4)
    a_request(house, purpose=Purpose.DISCIPLINARY, recordings=(4,))
    denied = a_request(house, recordings=(4,))
    deny_request(house.practice, signed_in(house, "max"), denied, reason=REASON)
    stamped(house)
    house.close()
    assert done(house, "pat", "login", "pat")
    with closing(sqlite3.connect(catalogue_of(house))) as database, database:
        database.execute("INSERT INTO leaf (seq, body) VALUES (100000, x'00')")
    assert resume(house).status == 0


def stamped(house: House) -> None:
    """An authority says by when the record had come so far."""
    with time_authority(house.folder / "authority") as authority:
        stamped_by(house, authority)
        stamp_record(house.open(), signed_in(house, "max"), to=None)


def resume(house: House) -> Answer:
    return type_in(house, "dora", "audit", "resume", "--reason", ON_RECORD, "--yes")


FULL = Stage("something of everything", something_of_everything, after=TO_BE_ERASED)

"""What lies on no drive: told at once in a large vault, by how far each drive has everything."""

from __future__ import annotations

from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction, trial
from callrec.catalogue.volumes import (
    count_unarchived,
    drop_bag,
    each_volume,
    oldest_unarchived,
    volume_labelled,
)
from callrec.keys.reencrypting import reencrypt
from callrec.keys.rotating import rotate_keys
from callrec.policy.role import VaultKey
from house.drives import archive, drive, one_more_call
from house.erasures import erase, to_be_erased
from house.practices import House
from house.requests import rows


def complete_to(house: House) -> list[int | None]:
    """Of drive-a and drive-b, so far as there are."""
    return [row.complete_to for row in rows(house, "SELECT * FROM volume ORDER BY label")]


def owed(house: House, label: str = "") -> int:
    """As it is told of one drive or of all; it is what looking at each recording finds."""
    with reading(house.practice.engine) as connection:
        drives = [row.id for row in each_volume(connection) if label in ("", row.label)]
        told = count_unarchived(connection, drives), oldest_unarchived(connection, drives)
    with trial(house.practice.engine) as connection:
        connection.execute(tables.volume.update().values(complete_to=None))
        looked = count_unarchived(connection, drives), oldest_unarchived(connection, drives)
        assert looked == told
    return told[0]


def test_what_is_owed_is_what_looking_at_each_recording_finds(house: House) -> None:
    assert owed(house) == 0
    to_be_erased(house)
    assert (owed(house), owed(house, "drive-a"), owed(house, "drive-b")) == (0, 0, 1)
    assert complete_to(house) == [5, 4]
    one_more_call(house)
    archive(house, drive(house, "drive-b"), started_before=house.at.replace(year=2020))
    assert (owed(house), complete_to(house)) == (1, [5, 4])
    erase(house, "R-1", drive(house))
    assert (owed(house), complete_to(house)) == (1, [5, 4])
    archive(house, drive(house, "drive-b"))
    assert (owed(house), complete_to(house)) == (0, [5, 6])
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.RECORDINGS])
    house.open()
    reencrypt(house.practice, house.actor("dora"), lambda _: None)
    house.open()
    assert (owed(house), complete_to(house)) == (3, [None, None])
    archive(house, drive(house))
    assert (owed(house), complete_to(house)) == (0, [6, None])
    last = (
        "SELECT max(archived.bag) FROM archived JOIN volume ON id = volume WHERE label = 'drive-a'"
    )
    ((bag,),) = rows(house, last)
    with transaction(house.practice.engine) as connection:
        drop_bag(connection, volume_labelled(connection, "drive-a").id, bag)
    assert (owed(house), complete_to(house)) == (3, [None, None])

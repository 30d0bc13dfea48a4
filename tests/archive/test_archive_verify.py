"""``archive verify``: what is not as it was written is named; it opens and writes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callrec.archive.heads import VolumeStatement, make_proof
from callrec.archive.sampling import open_sample
from callrec.archive.survey import FaultKind, count_bags, last_verified
from callrec.archive.volumes import list_volumes
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.statement import sign_statement
from callrec.errors import CallrecError, NotFound, Tampered, Unchecked
from callrec.practice import writing
from callrec.volume.volume import open_volume
from house import practices
from house.drives import (
    archive,
    contents,
    drive,
    faults,
    flip,
    last,
    one_more_call,
    only,
    set_back,
    verify,
)
from house.practices import House
from house.requests import signed_in
from house.stages import ARCHIVED, Stage, copied

FIRST, SECOND = "20261124T120000Z", "20261125T120000Z"
"""The two runs, by their times."""

DAMAGED, MISSING, EXTRA = FaultKind.DAMAGED, FaultKind.MISSING, FaultKind.EXTRA


def on_another_drive(house: House) -> None:
    """drive-a, written to twice, is as it was then; and drive-b, once."""
    shutil.copytree(drive(house), house.folder / "first-days")
    archive(house, drive(house, "drive-b"))


TWICE = Stage("twice", on_another_drive, after=ARCHIVED)

house = copied(TWICE)


@pytest.fixture
def at(house: House) -> Path:
    return drive(house)


def test_a_volume_as_it_was_written_is_found_so(house: House, at: Path) -> None:
    report = verify(house, at)
    assert (report.label, report.bags, report.checked, report.faults) == ("drive-a", 2, 4, ())


def test_only_what_is_there_is_said_to_be_opened(house: House, at: Path) -> None:
    def opened() -> tuple[int, int, int]:
        tried, there = open_sample(house.practice, signed_in(house, "max"), open_volume(at))
        return tried.opened, tried.of, there

    assert opened() == (4, 4, 4)
    lose_a_recording(at)
    assert opened() == (3, 3, 4)


# What somebody who holds the drive can do to it.


def flip_a_recording(at: Path) -> None:
    flip(only(at / "bags" / f"{SECOND}-1" / "data" / "recordings"), at=100)


def lose_a_recording(at: Path) -> None:
    only(at / "bags" / f"{SECOND}-1" / "data" / "recordings").unlink()


def plant_a_file(at: Path) -> None:
    (at / "bags" / f"{SECOND}-1" / "data" / "more").write_bytes(b"more")


def lose_a_bag(at: Path) -> None:
    shutil.rmtree(at / "bags" / f"{FIRST}-1")


def lose_a_proof(at: Path) -> None:
    (at / "heads" / f"{FIRST}-1.tlog-proof").unlink()


def rename_a_bag(at: Path) -> None:
    (at / "bags" / f"{FIRST}-1").rename(at / "bags" / f"{FIRST}-2")


def exchange_a_bag_whole(at: Path) -> None:
    """Another bag, sound in itself, under the first one's name."""
    shutil.rmtree(at / "bags" / f"{FIRST}-1")
    shutil.copytree(at / "bags" / f"{SECOND}-1", at / "bags" / f"{FIRST}-1")


def exchange_the_proofs(at: Path) -> None:
    shutil.copy(at / "heads" / f"{SECOND}-1.tlog-proof", at / "heads" / f"{FIRST}-1.tlog-proof")


def copy_another_volumes_bag(at: Path) -> None:
    bag = only(at.parent / "drive-b" / "bags")
    shutil.copytree(bag, at / "bags" / bag.name, dirs_exist_ok=True)


def plant_another_volumes_bag(at: Path) -> None:
    bag = only(at.parent / "drive-b" / "bags")
    shutil.copytree(bag, at / "bags" / f"{SECOND}-2")
    head = only(at.parent / "drive-b" / "heads")
    shutil.copy(head, at / "heads" / f"{SECOND}-2.tlog-proof")


def change_a_proof(at: Path) -> None:
    flip(at / "heads" / f"{FIRST}-1.tlog-proof", at=-10)


def link_a_proof(at: Path) -> None:
    proof = at / "heads" / f"{FIRST}-1.tlog-proof"
    proof.rename(at.parent / "elsewhere")
    proof.symlink_to(at.parent / "elsewhere")


def pipe_a_proof(at: Path) -> None:
    proof = at / "heads" / f"{FIRST}-1.tlog-proof"
    proof.unlink()
    os.mkfifo(proof)


def change_the_catalogue(at: Path) -> None:
    flip(at / "catalogue" / f"{SECOND}.sealed")


def plant_an_older_catalogue(at: Path) -> None:
    """The copy of the first day, with its keys, in the place of the second's."""
    for ending in ("sealed", "keys.json"):
        (at / "catalogue" / f"{SECOND}.{ending}").unlink()
        other = at.parent / "drive-b" / "catalogue"
        shutil.copy(only(other, f"*.{ending}"), at / "catalogue" / f"{FIRST}.{ending}")


def replace_the_catalogue(at: Path) -> None:
    other = only(at.parent / "drive-b" / "catalogue", "*.sealed")
    shutil.copy(other, at / "catalogue" / f"{SECOND}.sealed")


def change_the_keys(at: Path) -> None:
    path = at / "catalogue" / f"{SECOND}.keys.json"
    said = parse(path.read_bytes())
    said["keys"] = said["keys"][1:]
    path.write_bytes(canonical(said))


def lose_the_keys(at: Path) -> None:
    (at / "catalogue" / f"{SECOND}.keys.json").unlink()


def change_the_label(at: Path) -> None:
    marker = at / "CALLREC-VOLUME.json"
    marker.write_bytes(marker.read_bytes().replace(b"drive-a", b"drive-c"))


def plant_a_proof_of_nothing(at: Path) -> None:
    (at / "heads" / "notes.txt").write_text("nothing")


BAG = f"bags/{SECOND}-1"

CHANGES: dict[str, tuple[Callable[[Path], None], set[tuple[FaultKind, str]]]] = {
    "a byte of a recording": (flip_a_recording, {(DAMAGED, f"{BAG}/data/recordings/*")}),
    "a recording gone": (lose_a_recording, {(MISSING, f"{BAG}/data/recordings/*")}),
    "a file planted in a bag": (plant_a_file, {(EXTRA, f"{BAG}/data/more")}),
    "a bag gone": (lose_a_bag, {(MISSING, f"bags/{FIRST}-1")}),
    "a proof gone": (lose_a_proof, {(MISSING, f"heads/{FIRST}-1.tlog-proof")}),
    "a bag under another name": (
        rename_a_bag,
        {(MISSING, f"bags/{FIRST}-1"), (EXTRA, f"bags/{FIRST}-2")},
    ),
    "a bag exchanged whole": (
        exchange_a_bag_whole,
        {(DAMAGED, f"bags/{FIRST}-1/manifest-sha256.txt")},
    ),
    "another bag's proof": (exchange_the_proofs, {(DAMAGED, f"heads/{FIRST}-1.tlog-proof")}),
    "a bag of another volume under a bag's name": (
        copy_another_volumes_bag,
        {(DAMAGED, f"{BAG}/manifest-sha256.txt")},
    ),
    "a bag of another volume, and its proof": (
        plant_another_volumes_bag,
        {(EXTRA, f"bags/{SECOND}-2"), (EXTRA, f"heads/{SECOND}-2.tlog-proof")},
    ),
    "a byte of a proof": (change_a_proof, {(DAMAGED, f"heads/{FIRST}-1.tlog-proof")}),
    "a proof that is a link": (link_a_proof, {(DAMAGED, f"heads/{FIRST}-1.tlog-proof")}),
    "a proof that is a pipe": (pipe_a_proof, {(DAMAGED, f"heads/{FIRST}-1.tlog-proof")}),
    "a byte of the catalogue": (change_the_catalogue, {(DAMAGED, f"catalogue/{SECOND}.sealed")}),
    "another copy under its name": (
        replace_the_catalogue,
        {(DAMAGED, f"catalogue/{SECOND}.sealed")},
    ),
    "an older copy in its place": (
        plant_an_older_catalogue,
        {
            (MISSING, f"catalogue/{SECOND}.sealed"),
            (MISSING, f"catalogue/{SECOND}.keys.json"),
            (DAMAGED, f"catalogue/{FIRST}.sealed"),
            (DAMAGED, f"catalogue/{FIRST}.keys.json"),
        },
    ),
    "a key less": (change_the_keys, {(DAMAGED, f"catalogue/{SECOND}.keys.json")}),
    "the keys gone": (lose_the_keys, {(MISSING, f"catalogue/{SECOND}.keys.json")}),
    "another label": (change_the_label, {(DAMAGED, "CALLREC-VOLUME.json")}),
    "something else among the proofs": (plant_a_proof_of_nothing, {(EXTRA, "heads/notes.txt")}),
}


@pytest.mark.parametrize(("change", "named"), CHANGES.values(), ids=CHANGES)
def test_it_names(
    house: House,
    at: Path,
    change: Callable[[Path], None],
    named: set[tuple[FaultKind, str]],
) -> None:
    recording = only(at / BAG / "data" / "recordings").name
    change(at)
    found = faults(verify(house, at))
    # What is called twice is there for two reasons; a bag exchanged has files more and less too.
    assert named <= {(kind, path.replace(recording, "*")) for kind, path in found}
    assert len(found) == len(set(found))
    stranger = {path.split("/")[0] for _, path in found} - {path.split("/")[0] for _, path in named}
    assert stranger == set()


def test_a_volume_that_was_set_back_is_named_by_what_it_lacks(house: House, at: Path) -> None:
    one_more_call(house)
    archive(house, at)
    third = last(at / "bags").name
    set_back(at, house.folder / "first-days")
    report = verify(house, at)
    assert {f"bags/{third}", f"heads/{third}.tlog-proof"} <= set(report.paths(MISSING))
    assert f"catalogue/{FIRST}.sealed" in report.paths(EXTRA)


def test_a_volume_ahead_of_the_vault_says_that_the_vault_was_set_back(
    house: House, at: Path, tmp_path: Path
) -> None:
    earlier = practices.copy(house, tmp_path / "earlier")
    one_more_call(house)
    archive(house, at)
    set_back(drive(earlier), at)
    report = verify(earlier, drive(earlier))
    third = last(at / "heads").name
    (fault,) = [fault for fault in report.faults if fault.path == f"heads/{third}"]
    assert fault.kind is EXTRA
    assert "but the vault's record has" in fault.what


def test_a_proof_of_another_log_is_named(house: House, at: Path) -> None:
    proof = at / "heads" / f"{FIRST}-1.tlog-proof"
    ours, theirs = house.practice.vault.encode(), b"0" * 32
    proof.write_bytes(proof.read_bytes().replace(ours, theirs))
    (fault,) = verify(house, at).faults
    assert (fault.kind, fault.path) == (DAMAGED, f"heads/{FIRST}-1.tlog-proof")
    assert "another log" in fault.what


def test_a_proof_of_another_volume_says_so(house: House, at: Path) -> None:
    plant_another_volumes_bag(at)
    words = {fault.path.split("/")[0]: fault.what for fault in verify(house, at).faults}
    assert words["heads"] == "it is of another drive"


def test_a_statement_by_somebody_who_may_not_archive_counts_for_nothing(
    house: House, at: Path
) -> None:
    sam, name = house.actor("sam"), f"{SECOND}-2"
    volume = open_volume(at)
    assert sam.identity
    with writing(house.practice, sam.signer) as act:
        stated = sign_statement(
            "volume",
            vault=house.practice.vault,
            by=sam.person.id,
            at=house.at,
            seed=sam.identity.act,
            fields=VolumeStatement(
                volume=volume.volume,
                name=name,
                manifest="",
                catalogue="0" * 64,
                keys="0" * 64,
                head=act.head,
            ).fields,
        )
        seq = act.leaf("archive", actor=sam.person.id, subject=[volume.volume], statement=stated)
    assert verify(house, at).faults == ()
    with reading(house.practice.engine) as connection:
        volume.write_head(name, make_proof(connection, seq, house.practice.vault))
    (fault,) = verify(house, at).faults
    assert (fault.kind, fault.path) == (EXTRA, f"heads/{name}.tlog-proof")


def test_a_proof_is_the_same_whenever_it_is_made(house: House, at: Path) -> None:
    head = last(at / "heads")
    one_more_call(house)
    house.open()
    with house.practice.engine.connect() as connection:
        query = (
            "SELECT leaf.seq FROM leaf JOIN bag ON bag.statement = leaf.statement"
            " WHERE bag.name = ? AND bag.volume = ?"
        )
        key = (head.name.removesuffix(".tlog-proof"), open_volume(at).volume)
        (seq,) = connection.exec_driver_sql(query, key).one()
        assert make_proof(connection, seq, house.practice.vault) == head.read_bytes()


def test_a_marker_is_not_believed_against_its_heads(house: House, at: Path) -> None:
    marker = at / "CALLREC-VOLUME.json"
    ours = marker.read_bytes()
    marker.write_bytes(ours.replace(house.practice.vault.encode(), b"a" * 32))
    with pytest.raises(Tampered, match="another vault than its heads"):
        verify(house, at)
    marker.write_bytes(ours.replace(open_volume(at).volume.encode(), b"a" * 32))
    assert len(verify(house, at).paths(EXTRA)) == 8
    flip(marker, at=1)
    with pytest.raises(Tampered, match=r"CALLREC-VOLUME\.json"):
        verify(house, at)


def test_a_folder_that_is_no_volume_is_not_found(house: House, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFound, match="not a callrec drive"):
            verify(house, folder)


def test_nothing_is_claimed_of_a_drive_that_cannot_be_read(house: House, at: Path) -> None:
    with failing(at / "heads" / f"{FIRST}-1.tlog-proof"), pytest.raises(Unchecked):
        verify(house, at)
    with failing(at / "CALLREC-VOLUME.json"), pytest.raises(Unchecked):
        count_bags(at)


@contextmanager
def failing(path: Path) -> Iterator[None]:
    """Make a file one that the system cannot read."""
    if os.geteuid():
        path.chmod(0)
        yield
        path.chmod(0o600)
        return
    # The administrator may read anything; but at its beginning a process's memory is never there.
    bind = ["mount", "--bind", "/proc/self/mem", str(path)]
    mounted = subprocess.run(bind, check=False, capture_output=True).returncode == 0
    if not mounted:
        path.rename(path.with_suffix(".aside"))
        path.symlink_to("/proc/self/mem")
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", str(path)], check=True)


# What it leaves behind.


def test_it_writes_nothing_in_the_vault_nor_on_the_drive(house: House, at: Path) -> None:
    before = contents(house.practice.folder), contents(at)
    verify(house, at)
    flip(at / "catalogue" / f"{SECOND}.sealed")
    verify(house, at)
    flip(at / "catalogue" / f"{SECOND}.sealed")
    assert (contents(house.practice.folder), contents(at)) == before


def test_when_a_volume_was_last_sound_is_remembered_outside_the_vault(
    house: House, at: Path
) -> None:
    assert {each.verified_at for each in list_volumes(house.practice)} == {None}
    house.at = house.at.replace(hour=15)
    verify(house, at)
    sound_at = house.at
    house.at = house.at.replace(hour=17)
    flip(at / "catalogue" / f"{SECOND}.sealed")
    verify(house, at)
    assert [each.verified_at for each in list_volumes(house.practice)] == [sound_at, None]


def test_a_memory_that_cannot_be_read_is_as_good_as_none(house: House) -> None:
    folder = house.practice.state_folder
    for said in ("{", "[1]", '{"x": "yesterday"}', '{"x": 1}'):
        (folder / "volumes.json").write_text(said)
        assert last_verified(folder) == {}


def test_a_vault_that_lost_its_tail_is_said_first(house: House, at: Path, tmp_path: Path) -> None:
    earlier = practices.copy(house, tmp_path / "earlier")
    one_more_call(house)
    shutil.copytree(house.folder / "state", earlier.folder / "state", dirs_exist_ok=True)
    with pytest.raises(CallrecError, match="were seen before"):
        verify(earlier, at)

"""``archive``: what is written to a drive, in which order, and what stops it."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bagit
import pytest

from callrec.archive.plan import needs_label
from callrec.archive.run import archive_recordings
from callrec.archive.unfinished import archive_lock
from callrec.archive.volumes import list_volumes
from callrec.audit.leaf import Outcome
from callrec.audit.log import read_leaf
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse
from callrec.errors import Failed, Locked, Refused, Tampered, Unusable
from callrec.people.founding import set_up_practice
from callrec.policy.role import Power
from callrec.record.statements import attested_statement
from callrec.registers.verify import Verdict, check_vault
from callrec.volume.bag import BagItem, space_needed
from callrec.volume.volume import create_volume, open_volume
from house import practices
from house.drives import (
    acts,
    archive,
    contents,
    drive,
    faults,
    flip,
    last,
    one_more_call,
    only,
    set_back,
    tight_drive,
    verify,
    with_long_call,
)
from house.holds import verified
from house.practices import House
from house.requests import by_sql, last_leaf, rows
from house.small_disk import read_only, small_disk
from house.spool import NUMBER, a_call, take_in

CHANCE = 4
"""Letters that random bytes may well spell."""


def test_a_link_to_itself_is_asked_for_no_label(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert not needs_label(tmp_path / "loop")


# What is written.


def test_bagit_validates_each_bag(archived: House) -> None:
    for bag in (drive(archived) / "bags").iterdir():
        assert bagit.Bag(str(bag)).validate()


def test_a_bag_holds_the_vaults_own_ciphertext(archived: House) -> None:
    sealed = contents(archived.practice.folder / "recordings")
    stored = {name.rpartition("/")[2]: data for name, data in sealed.items()}
    bags = contents(drive(archived) / "bags")
    copied = {name: data for name, data in bags.items() if "/data/recordings/" in name}
    assert {name.rpartition("/")[2]: data for name, data in copied.items()} == stored
    assert len(copied) == 4


def test_only_what_is_new_to_a_volume_is_copied_to_it(stocked: House) -> None:
    first = archive(stocked, drive(stocked))
    one_more_call(stocked)
    second = archive(stocked, drive(stocked))
    other = archive(stocked, drive(stocked, "drive-b"))
    assert (first.recordings, second.recordings, other.recordings) == (3, 1, 4)
    assert (first.label, other.label) == ("drive-a", "drive-b")
    assert second.size_bytes == other.size_bytes - first.size_bytes


def test_with_nothing_new_the_volume_gets_a_new_copy_and_head_and_no_bag(archived: House) -> None:
    at = drive(archived)
    copy, bags = last(at / "catalogue", "*.sealed"), sorted((at / "bags").iterdir())
    done = archive(archived, at)
    assert (done.bag, done.recordings, done.size_bytes) == ("", 0, 0)
    assert sorted((at / "bags").iterdir()) == bags
    assert last(at / "catalogue", "*.sealed").name > copy.name
    assert copy.exists()
    assert len([*(at / "heads").iterdir()]) == 3
    assert not verify(archived, at).faults


def test_a_vault_without_recordings_is_archived_too(house: House) -> None:
    assert archive(house, drive(house)).bag == ""
    assert not verify(house, drive(house)).faults


def test_calls_from_the_limit_on_stay_out(stocked: House) -> None:
    later = a_call(stocked.folder / "spool", 8, name=f"in-201-{NUMBER}-20240705-000000-1.8.wav")
    take_in(stocked, later)
    begun = rows(stocked, "SELECT started_at FROM recording ORDER BY started_at")[-1].started_at
    limit = datetime.fromtimestamp(begun / 1000, UTC)
    assert archive(stocked, drive(stocked), started_before=limit).recordings == 3
    assert archive(stocked, drive(stocked)).recordings == 1


def test_what_is_not_live_stays_out(stocked: House) -> None:
    by_sql(stocked, "UPDATE recording SET state = 'destroyed' WHERE id = 2")
    actor = stocked.actor("max")
    to, unchecked = drive(stocked), lambda *_: None
    assert archive_recordings(stocked.practice, actor, to, check=unchecked).recordings == 2


def test_the_statement_says_what_lies_on_the_drive(archived: House) -> None:
    at = drive(archived)
    bag = last(at / "bags")
    statement, leaf = statement_of(archived, bag.name)
    assert statement["bag"] == bag.name
    assert statement["manifest"] == sha256(bag / "manifest-sha256.txt")
    assert statement["catalogue"] == sha256(last(at / "catalogue", "*.sealed"))
    assert statement["keys"] == sha256(last(at / "catalogue", "*.keys.json"))
    assert statement["head"]["size"] == leaf
    marker = parse((at / "CALLREC-VOLUME.json").read_bytes())
    assert statement["volume"] == marker["volume"]
    assert last_leaf(archived).subject == (marker["volume"],)


def statement_of(house: House, bag: str) -> tuple[dict[str, Any], int]:
    """The attested statement about a bag, and the sequence of its leaf."""
    (digest,) = rows(house, "SELECT statement FROM bag WHERE name = :bag", bag=bag)[0]
    (seq,) = rows(house, "SELECT seq FROM leaf WHERE statement = :digest", digest=digest)[0]
    with reading(house.practice.engine) as connection:
        stated = attested_statement(house.practice, connection, digest, may=Power.ARCHIVE)
    return dict(stated.fields), seq


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_leaf_says_that_it_begins_before_anything_is_on_the_drive(stocked: House) -> None:
    archive(stocked, drive(stocked))
    assert acts(stocked, 2) == [("archive.begun", "done"), ("archive", "done")]
    statement, seq = statement_of(stocked, only(drive(stocked) / "bags").name)
    with reading(stocked.practice.engine) as connection:
        begun, _ = read_leaf(connection, seq - 1)
    assert begun.subject == (statement["volume"],)


def test_each_proof_on_a_volume_is_an_anchor_for_the_audit_log(archived: House) -> None:
    one_more_call(archived)
    heads = sorted((drive(archived) / "heads").iterdir())
    found = verified(archived, *heads)
    assert found.verdict is Verdict.INTACT
    assert {anchor.name for anchor in found.anchors} >= {head.name for head in heads}


def test_no_byte_of_the_drive_tells_of_a_call_or_a_person(archived: House) -> None:
    everything = b"".join(contents(drive(archived)).values()).lower()
    names = [full_name for full_name, _ in practices.PEOPLE.values()]
    secrets = [NUMBER[1:], "in-201-", practices.FULL_PRACTICE_NAME, "sqlite", "callee"]
    secrets += [word for name in names for word in name.split() if len(word) > CHANCE]
    assert [secret for secret in secrets if secret.encode().lower() in everything] == []
    assert not any(NUMBER[1:] in path.name for path in drive(archived).rglob("*"))


def test_names_on_a_volume_go_on_though_the_clock_was_set_back(archived: House) -> None:
    archived.at -= timedelta(days=300)
    archive(archived, drive(archived))
    assert last(drive(archived) / "catalogue", "*.sealed").name == "20261125T120001Z.sealed"
    assert not verify(archived, drive(archived)).faults


def test_the_list_says_what_lies_where(archived: House) -> None:
    (listed,) = list_volumes(archived.practice)
    assert (listed.label, listed.bags, listed.recordings) == ("drive-a", 2, 4)
    assert listed.written_at == archived.at
    bags = contents(drive(archived) / "bags")
    assert listed.size_bytes == sum(len(d) for n, d in bags.items() if "/data/" in n)


# Who may, and to where.


@pytest.mark.parametrize("login", ["sam", "pat", "ava", "door"])
def test_who_may_not_archive_is_refused_and_on_record(stocked: House, login: str) -> None:
    with pytest.raises(Refused, match=r"may not archive.*\[policy 4\(a\)\]"):
        archive(stocked, drive(stocked), by=login)
    assert contents(drive(stocked)) == {}
    assert (last_leaf(stocked).act, last_leaf(stocked).outcome) == ("archive", Outcome.REFUSED)


def test_a_login_without_its_password_signs_nothing(stocked: House) -> None:
    with pytest.raises(Locked):
        archive_recordings(
            stocked.practice, stocked.session("max"), drive(stocked), check=check_vault
        )


def test_a_volume_has_the_label_of_its_folder_or_the_one_it_was_given(stocked: House) -> None:
    archive(stocked, drive(stocked))
    archive(stocked, drive(stocked, "drive-b"), label="in the safe")
    archive(stocked, drive(stocked, "drive-b"))
    assert [each.label for each in list_volumes(stocked.practice)] == ["drive-a", "in the safe"]


LABELS = {
    "a person's name": {"label": "Agnes Underhill"},
    "a number": {"label": "020 7946 0958"},
    "another volume's": {"label": "drive-a"},
}


@pytest.mark.parametrize("said", LABELS.values(), ids=LABELS)
def test_a_new_volumes_label_is_not(archived: House, said: dict[str, str]) -> None:
    other = drive(archived, "drive-b")
    with pytest.raises(Unusable, match="label"):
        archive(archived, other, label=said["label"])
    assert contents(other) == {}
    assert acts(archived, 2) == [("archive", "done"), ("archive", "failed")]


def test_a_volume_keeps_its_label(archived: House) -> None:
    with pytest.raises(Unusable, match="has another label"):
        archive(archived, drive(archived), label="drive-c")


def test_a_folder_in_the_vault_or_none_at_all_is_no_drive(stocked: House) -> None:
    for to in (stocked.practice.folder / "recordings", stocked.folder / "nowhere"):
        with pytest.raises(Unusable):
            archive(stocked, to)


def test_a_volume_of_another_vault_is_refused_and_left_alone(
    archived: House, tmp_path: Path
) -> None:
    at = tmp_path / "theirs"
    at.mkdir()
    create_volume(at, volume="70" * 16, vault="aa" * 16, label="theirs")
    before = contents(at)
    with pytest.raises(Unusable, match="another vault"):
        archive(archived, at)
    assert contents(at) == before


def test_what_one_vault_wrote_is_not_another_vaults(archived: House, tmp_path: Path) -> None:
    set_up_practice(
        archived.config.model_copy(update={"vault": tmp_path / "vault"}),
        practice_name="Elsewhere Surgery",
        login="dora",
        full_name="Dora Whitlock",
        password="six brown foxes wander home late",
        now=archived.now,
        environ=archived.environ,
    )
    shutil.rmtree(archived.practice.folder)
    shutil.move(tmp_path / "vault", archived.practice.folder)
    with pytest.raises(Unusable, match="another vault"):
        verify(archived, drive(archived))


# What was written before is held against the log, before anything else is written.


def test_a_volume_that_was_set_back_gets_nothing(archived: House, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    shutil.copytree(drive(archived), earlier)
    one_more_call(archived)
    archive(archived, drive(archived))
    set_back(drive(archived), earlier)
    with pytest.raises(Tampered, match="it was written there and is gone"):
        archive(archived, drive(archived))
    assert contents(drive(archived)) == contents(earlier)
    assert (last_leaf(archived).act, last_leaf(archived).outcome) == ("archive", Outcome.FAILED)


def test_a_volume_set_back_by_a_copy_of_the_catalogue_alone_gets_nothing(
    archived: House, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier"
    shutil.copytree(drive(archived), earlier)
    archive(archived, drive(archived))
    set_back(drive(archived), earlier)
    with pytest.raises(Tampered, match=r"heads/.*: it was written there and is gone"):
        archive(archived, drive(archived))


def test_a_vault_that_was_set_back_does_not_write_over_what_it_lost(
    archived: House, tmp_path: Path
) -> None:
    earlier = practices.copy(archived, tmp_path / "earlier")
    one_more_call(archived)
    archive(archived, drive(archived))
    set_back(drive(earlier), drive(archived))
    before = contents(drive(earlier))
    with pytest.raises(Tampered, match="but the vault's record has"):
        archive(earlier, drive(earlier))
    assert contents(drive(earlier)) == before


def test_a_vault_behind_what_its_operator_saw_does_not_archive(
    archived: House, tmp_path: Path
) -> None:
    earlier = practices.copy(archived, tmp_path / "earlier")
    one_more_call(archived)
    shutil.copytree(archived.folder / "state", earlier.folder / "state", dirs_exist_ok=True)
    with pytest.raises(Tampered, match="were seen before"):
        archive(earlier, drive(earlier, "drive-b"))
    assert contents(drive(earlier, "drive-b")) == {}


def test_a_bag_that_is_gone_stops_it(archived: House) -> None:
    shutil.rmtree(last(drive(archived) / "bags"))
    with pytest.raises(Tampered, match=r"bags/.*: it was written there and is gone"):
        archive(archived, drive(archived))


def test_a_manifest_that_is_not_the_statements_stops_it(archived: House) -> None:
    flip(last(drive(archived) / "bags") / "manifest-sha256.txt")
    with pytest.raises(Tampered, match="not the manifest that the bag's statement names"):
        archive(archived, drive(archived))


ROWS = {
    "a recording that is said to be there": (
        "INSERT INTO archived SELECT 5, volume, bag FROM archived LIMIT 1"
    ),
    "a recording that is said to be in no bag of ours": (
        "INSERT INTO archived SELECT 5, volume, 'x' FROM archived LIMIT 1"
    ),
    "a recording that is said not to be there": "DELETE FROM archived WHERE recording = 1",
    "another head": "UPDATE volume SET head_size = head_size - 1",
    "another root": "UPDATE volume SET head_root = zeroblob(32)",
    "no volume": "DELETE FROM volume",
}


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS)
def test_a_row_that_does_not_follow_from_the_log_is_found(archived: House, change: str) -> None:
    one_more_call(archived)
    write_rows(archived, change)
    with pytest.raises(Tampered, match="does not follow from the audit log"):
        archive(archived, drive(archived))
    with pytest.raises(Tampered, match="does not follow from the audit log"):
        verify(archived, drive(archived))


def test_a_row_of_a_volume_that_was_never_written_to_is_found(
    archived: House, tmp_path: Path
) -> None:
    create_volume(tmp_path, volume="70" * 16, vault=archived.practice.vault, label="new")
    columns = "head_size, head_root, written_at"
    copied = f"SELECT '{'70' * 16}', 'new', {columns} FROM volume"
    write_rows(archived, f"INSERT INTO volume (id, label, {columns}) {copied}")
    with pytest.raises(Tampered, match="does not follow from the audit log"):
        archive(archived, tmp_path)


def write_rows(house: House, change: str) -> None:
    """What somebody does who writes the file itself, past every rule of ours for it."""
    house.practice.engine.dispose()
    connection = sqlite3.connect(house.practice.folder / "catalogue.sqlite")
    with connection:
        assert connection.execute(change).rowcount > 0
    connection.close()


# What goes wrong on the way leaves the drive as it was.

TAKEN_BACK = [("archive.begun", "done"), ("archive.given-up", "done"), ("archive", "failed")]


def test_what_is_damaged_or_missing_in_the_vault_is_named_and_the_others_are_archived(
    stocked: House,
) -> None:
    names = rows(stocked, "SELECT id, ciphertext FROM recording ORDER BY id")
    flip(stocked.practice.store.path(names[1].ciphertext))
    stocked.practice.store.path(names[2].ciphertext).unlink()
    done = archive(stocked, drive(stocked))
    assert (done.unsound, done.recordings) == ((2, 3), len(names) - 2)
    assert verify(stocked, drive(stocked)).faults == ()
    # Nothing says of them that they are on a drive: with their files back they are copied.
    flip(stocked.practice.store.path(names[1].ciphertext))
    again = archive(stocked, drive(stocked))
    assert (again.unsound, again.recordings) == ((3,), 1)


def test_where_all_that_is_new_is_damaged_the_copy_of_the_catalogue_is_new_all_the_same(
    archived: House,
) -> None:
    one_more_call(archived)
    name = rows(archived, "SELECT ciphertext FROM recording ORDER BY id DESC")[0].ciphertext
    flip(archived.practice.store.path(name))
    before = verify(archived, drive(archived)).bags
    done = archive(archived, drive(archived))
    assert (done.bag, done.recordings, len(done.unsound)) == ("", 0, 1)
    report = verify(archived, drive(archived))
    assert (report.faults, report.bags) == ((), before)


@pytest.mark.root
def test_a_full_drive_is_said_and_left_as_it_was(stocked: House, tmp_path: Path) -> None:
    house = with_long_call(stocked)
    with small_disk(tmp_path / "small"), pytest.raises(Failed, match=r"too little room|too large"):
        archive(house, tmp_path / "small")
    with tight_drive(tmp_path / "tight", room_for_the_bag_alone(house)):
        with pytest.raises(Failed, match=r"too little room|file too large"):
            archive(house, tmp_path / "tight")
        assert [*(tmp_path / "tight").iterdir()] == []
    assert acts(house, 3) == TAKEN_BACK
    assert archive(house, drive(house)).recordings == 4


def room_for_the_bag_alone(house: House) -> int:
    names = [row.ciphertext for row in rows(house, "SELECT ciphertext FROM recording")]
    items = [BagItem(name, house.practice.store.path(name)) for name in names]
    return space_needed(items, house.folder) + (100 << 10)


@pytest.mark.root
def test_a_drive_that_cannot_be_written_is_said(archived: House, tmp_path: Path) -> None:
    at = tmp_path / "locked"
    with small_disk(at), read_only(at), pytest.raises(Failed, match=r"read|may not use"):
        archive(archived, at)


def test_one_archive_run_keeps_another_out(archived: House) -> None:
    with (
        archive_lock(archived.practice),
        pytest.raises(Failed, match="sealing anew is under way"),
    ):
        archive(archived, drive(archived))
    archive(archived, drive(archived))


def test_nothing_in_the_clear_is_left_in_the_vault(archived: House) -> None:
    left = {path.name for path in (archived.practice.folder / "archiving").iterdir()}
    assert left == {"lock", "unfinished.json"}


# What a run that was cut off left half-done.


def note_begun(house: House, name: str) -> None:
    with archive_lock(house.practice) as notes:
        notes.begin(open_volume(drive(house)), name, known=0)


def test_a_proof_that_was_not_laid_any_more_is_laid_by_the_next_run(archived: House) -> None:
    proof = last(drive(archived) / "heads")
    written = proof.read_bytes()
    proof.unlink()
    note_begun(archived, proof.name.removesuffix(".tlog-proof"))
    archive(archived, drive(archived))
    assert proof.read_bytes() == written
    assert not verify(archived, drive(archived)).faults


def test_a_bag_that_is_gone_is_not_taken_for_one_that_was_cut_off(archived: House) -> None:
    bag = last(drive(archived) / "bags")
    note_begun(archived, bag.name)
    shutil.rmtree(bag)
    with pytest.raises(Tampered, match=f"bags/{bag.name}: it was written there and is gone"):
        archive(archived, drive(archived))


def test_a_bag_that_no_statement_came_to_name_is_cleared_by_the_next_run(archived: House) -> None:
    at, name = drive(archived), "20261125T120000Z-2"
    shutil.copytree(last(at / "bags"), at / "bags" / name)
    (at / "catalogue" / ".20261125T130000Z.sealed.partial").write_bytes(b"half")
    note_begun(archived, name)
    archive(archived, at)
    assert not (at / "bags" / name).exists()
    assert not [*at.rglob("*.partial")]
    assert not verify(archived, at).faults


def test_without_our_own_note_neither_is_taken_for_ours(archived: House) -> None:
    at = drive(archived)
    stray = at / "bags" / "20261125T120000Z-2"
    shutil.copytree(last(at / "bags"), stray)
    with pytest.raises(Tampered, match="no statement of the log vouches for it"):
        archive(archived, at)
    shutil.rmtree(stray)
    last(at / "heads").unlink()
    with pytest.raises(Tampered, match="it was written there and is gone"):
        archive(archived, at)
    assert faults(verify(archived, at))


def test_a_damaged_note_is_no_excuse(archived: House) -> None:
    note = archived.practice.folder / "archiving" / "unfinished.json"
    of = '{"' + "a" * 32 + '": '
    known = '{"name": "20261125T120000Z-1", "label": "drive-a", "known": "x"}'
    for said in ("[1]", '{"x": "y"}', "{", of + '"../../x"}', of + "{}}", of + known + "}"):
        note.write_text(said)
        with pytest.raises(Tampered, match="note of archive runs"):
            archive(archived, drive(archived))

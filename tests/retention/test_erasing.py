"""What was approved to be erased is gone, and the record of it is whole [4(i); UK GDPR 17]."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from callrec.archive import erase as erasing_volumes
from callrec.archive.copy import keep_sealed, kept_copies
from callrec.archive.run import back_up
from callrec.archive.volumes import LossReport, report_found, report_lost
from callrec.errors import Failed, NotFound, Refused, Tampered, Unusable
from callrec.incidents.show import list_incidents, show_incident
from callrec.keys.reencrypting import reencrypt
from callrec.keys.rotating import rotate_keys
from callrec.office.status import read_status
from callrec.package.destroyed import Certified, certificate_text
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import VaultKey
from callrec.practice import open_practice
from callrec.registers.verify import Verdict, check_vault
from callrec.requests.decide import revoke_grants
from callrec.requests.event import close_request, withdraw_request
from callrec.retention.certificate import certify, certify_destruction
from callrec.retention.destroy import DestructionItem, destroy_granted
from callrec.retention.erase import carry_out, preview_erasure
from callrec.store.directory import DirectoryStore
from house import practices
from house.commands import done, type_in
from house.drives import (
    archive,
    come_back,
    contents,
    drive,
    faults,
    flip,
    last,
    meanwhile,
    pulled_out,
    tight_drive,
    vanish,
    verify,
)
from house.erasures import (
    approved_erasure,
    bags_of,
    erase,
    found_in,
    keys_in_copy,
    look_for,
    secrets_of,
    tokens_of,
)
from house.handed_over import WHOM, hand_over, released
from house.holds import ANN, BOB, ask, by_hand, leaves, verified
from house.practices import NOON, House
from house.requests import (
    REASON,
    approve,
    by_sql,
    last_leaf,
    opened,
    refused,
    rows,
    signed_in,
    state_of,
    with_recordings,
)
from house.spool import take_in
from house.stages import CALLERS, copied

house = copied(CALLERS)


CERTIFIED = Certified(99, NOON, "11" * 16, "SHA256:abc")


def test_an_erasure_leaves_a_stub_and_a_whole_record(house: House) -> None:
    reference = approved_erasure(house, 1, 2)
    done = erase(house, reference)
    assert (done.certificate, done.destroyed, done.is_done) == ("C-1", (1, 2), True)
    assert state_of(house, reference) == "closed"
    verification = verified(house)
    assert (verification.problems, verification.verdict) == ((), Verdict.INTACT)


def test_no_byte_is_left_of_what_was_erased_in_the_vault_or_on_its_volumes(house: House) -> None:
    volumes = drive(house, "drive-a"), drive(house, "drive-b")
    reference = approved_erasure(house, 1, 2)
    for volume in volumes:
        archive(house, volume)
    secrets = secrets_of(house, 1, 2)
    assert tokens_of(house, 1, 2) > 0
    assert found_in(secrets, house.config.vault) != []
    done = erase(house, reference, *volumes)
    assert done.is_done
    assert found_in(secrets, house.config.vault, *volumes) == []
    assert tokens_of(house, 1, 2) == 0
    assert len(bags_of(*volumes)) == len(volumes)
    assert [faults(verify(house, volume)) for volume in volumes] == [[], []]
    assert verified(house).verdict is Verdict.INTACT


def test_what_somebody_put_into_an_unfinished_bag_is_no_hindrance(house: House) -> None:
    volume = drive(house)
    archive(house, volume)
    begun = volume / "bags" / ".20260101T000000Z-1.partial" / "data" / "recordings"
    (begun / "folder" / "deep").mkdir(parents=True)
    (begun / os.fsdecode(b"\xff")).touch()
    assert erase(house, approved_erasure(house, 1), volume).is_done
    assert [*begun.iterdir()] == []


def test_what_a_volume_that_is_not_attached_holds_is_owed(house: House) -> None:
    volumes = drive(house, "drive-a"), drive(house, "drive-b")
    for volume in volumes:
        archive(house, volume)
    done = erase(house, approved_erasure(house, 1), volumes[0])
    assert (done.is_done, done.owed) == (False, {"drive-b": 1})
    archived = archive(house, volumes[1])
    assert (archived.erased, archived.recordings) == (1, 0)
    assert [faults(verify(house, volume)) for volume in volumes] == [[], []]
    assert verified(house).verdict is Verdict.INTACT


def test_a_copy_of_the_catalogue_from_before_owes_it_without_any_recording(house: House) -> None:
    backup = drive(house, "backup")
    back_up(house.practice, signed_in(house, "dora"), backup, label=None, check=check_vault)
    before = {path.name for path in (backup / "catalogue").iterdir()}
    reference = approved_erasure(house, 1, 2)
    assert erase(house, reference).owed == {"backup": 2}
    assert erase(house, reference, backup).is_done
    assert not before & {path.name for path in (backup / "catalogue").iterdir()}
    assert faults(verify(house, backup)) == []
    assert verified(house).verdict is Verdict.INTACT


def test_what_is_erased_while_a_backup_is_made_is_not_in_it(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, reference = drive(house, "backup"), approved_erasure(house, 1)
    practice, actor = house.practice, signed_in(house, "dora")
    meanwhile(monkeypatch, lambda: erase(house, reference))
    back_up(practice, actor, backup, label=None, check=check_vault)
    assert keys_in_copy(backup, tmp_path) == {2, 3, 4}
    assert erase(house, reference).is_done
    assert faults(verify(house, backup)) == []


def test_what_is_erased_while_another_is_erased_from_a_volume_is_not_in_its_copy(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = drive(house)
    archive(house, volume)
    first, second = approved_erasure(house, 1), approved_erasure(house, 2)
    meanwhile(monkeypatch, lambda: erase(house, second))
    assert erase(house, first, volume).is_done
    assert keys_in_copy(volume, tmp_path) == {3, 4}
    assert erase(house, second).owed == {"drive-a": 1}
    assert erase(house, second, volume).is_done
    assert faults(verify(house, volume)) == []


def owed(house: House, reference: str) -> Mapping[str, int]:
    """What is owed under it, and nothing else is; there is a certificate once nothing is."""
    done = erase(house, reference)
    certificate = certify_destruction(house.practice, reference, released_to=())
    assert (certificate is not None) == done.is_done
    assert read_status(house.practice, None).erasure_owed == done.owed
    return done.owed


def test_a_new_drive_that_was_pulled_out_before_its_statement_owes_it(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, away, reference = drive(house), tmp_path / "away", approved_erasure(house, 1)
    (row,) = rows(house, "SELECT ciphertext FROM recording WHERE id = 1")
    pulled_out(house, at, away, monkeypatch)
    assert owed(house, reference) == {"drive-a": 1}
    assert 1 in keys_in_copy(away, tmp_path)
    away.rename(at)
    assert erase(house, reference, at).is_done
    assert owed(house, reference) == {}
    assert [*(at / "catalogue").iterdir()] == []
    assert [*at.rglob(row.ciphertext)] == []
    archive(house, at)
    assert faults(verify(house, at)) == []


def test_a_new_drive_that_was_pulled_out_and_is_lost_owes_nothing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = approved_erasure(house, 1)
    pulled_out(house, drive(house), tmp_path / "away", monkeypatch)
    archive(house, drive(house))  # another one, which has its label now
    (called,) = owed(house, reference).keys() - {"drive-a"}
    assert erase(house, reference, drive(house)).owed == {called: 1}
    lost = report_lost(
        house.practice, house.actor("max"), LossReport(label=called, noticed_at=house.now())
    )
    assert (lost.recordings, lost.without_copy) == ((), ())
    assert owed(house, reference) == {}
    assert len(list_incidents(house.practice, house.actor("dora"))) == 1
    assert verified(house).verdict is Verdict.INTACT


def test_a_drive_that_was_pulled_out_before_its_older_copy_went_owes_it(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, away = drive(house), tmp_path / "away"
    archive(house, at)
    reference = approved_erasure(house, 1)
    with monkeypatch.context() as patched:
        patched.setattr(erasing_volumes, "lay_proofs", lambda *_: at.rename(away))
        done = erase(house, reference, at)
    assert (done.owed, [label for label, _ in done.undone]) == ({"drive-a": 1}, ["drive-a"])
    assert owed(house, reference) == {"drive-a": 1}
    away.rename(at)
    assert erase(house, reference, at).is_done
    assert keys_in_copy(at, tmp_path) == {2, 3, 4}


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "in use"])
def test_one_drive_that_does_not_let_it_keeps_no_other_from_being_erased(
    house: House, *, is_lost: bool
) -> None:
    a, b = on_two_drives(house)
    (row,) = rows(house, "SELECT ciphertext FROM recording WHERE id = 1")
    flip(last(a / "heads"), 400)
    if is_lost:
        report_lost(
            house.practice, house.actor("max"), LossReport(label="drive-a", noticed_at=house.now())
        )
    before = contents(a)
    done = erase(house, approved_erasure(house, 1), a, b)
    assert [label for label, _ in done.undone] == ([] if is_lost else ["drive-a"])
    assert done.is_done is is_lost
    assert [*b.rglob(row.ciphertext)] == []
    assert (contents(a) == before) is True
    assert verified(house).verdict is Verdict.INTACT


def test_a_copy_of_a_drive_that_was_erased_since_is_told_of(house: House, tmp_path: Path) -> None:
    at, copy = drive(house), tmp_path / "copy"
    archive(house, at)
    copytree(at, copy)
    reference = approved_erasure(house, 1)
    for _ in "at first", "and once nothing is owed":
        done = erase(house, reference, at, copy)
        assert [(label, "copy of the drive" in why) for label, why in done.undone] == [
            ("drive-a", True)
        ]
        assert certify(house.practice, reference, done) is None
    assert certify(house.practice, reference, erase(house, reference, at)) is not None


def test_a_folder_that_is_no_volume_is_said(house: House) -> None:
    with pytest.raises(NotFound):
        erase(house, approved_erasure(house, 1), drive(house, "empty"))


# What a volume owes, and when a destruction was done, is not for rows or a note alone to say.


def on_two_drives(house: House) -> tuple[Path, Path]:
    a, b = drive(house, "drive-a"), drive(house, "drive-b")
    for at in (a, b):
        archive(house, at)
    return a, b


DISOWNED: Mapping[str, Sequence[str]] = {
    "nothing is there, and all is newer": (
        "DELETE FROM archived WHERE volume = :b AND recording = 1",
        "UPDATE volume SET head_size = (SELECT max(seq) FROM leaf) WHERE id = :b",
    ),
    "it is nobody's file": (
        "INSERT INTO former SELECT :b, ciphertext, :bag, NULL FROM recording WHERE id = 1",
        "DELETE FROM archived WHERE volume = :b AND recording = 1",
        "UPDATE certificate SET seq = 1",
    ),
    "there is no such volume": (
        "DELETE FROM archived WHERE volume = :b",
        "DELETE FROM bag WHERE volume = :b",
        "DELETE FROM volume WHERE id = :b",
    ),
}


@pytest.mark.parametrize("changes", DISOWNED.values(), ids=DISOWNED)
def test_nothing_is_done_on_the_word_of_rows_of_a_volume_that_is_away(
    house: House, changes: Sequence[str]
) -> None:
    a, b = on_two_drives(house)
    reference = approved_erasure(house, 1)
    (row,) = rows(
        house, "SELECT id, name FROM volume JOIN bag ON volume = id AND label = 'drive-b'"
    )
    b.rename(house.folder / "away")
    assert erase(house, reference, a).owed == {"drive-b": 1}
    for change in changes:
        given = {"b": row.id, "bag": row.name}
        by_sql(house, change, **{name: given[name] for name in given if f":{name}" in change})
    with pytest.raises(Tampered, match=r"the audit log|the log says"):
        erase(house, reference)
    assert verified(house).verdict is Verdict.TAMPERED


def test_a_new_drive_that_was_pulled_out_owes_it_without_the_vaults_own_note(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, away = drive(house), house.folder / "away"
    pulled_out(house, at, away, monkeypatch)
    (house.config.vault / "archiving" / "unfinished.json").unlink()
    reference = approved_erasure(house, 1)
    (called,) = owed(house, reference)
    report_lost(
        house.practice, house.actor("max"), LossReport(label=called, noticed_at=house.now())
    )
    assert owed(house, reference) == {}
    assert verified(house).verdict is Verdict.INTACT


def test_a_new_drive_on_which_a_run_failed_and_was_taken_back_owes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise Failed("the disk gave nothing")

    with monkeypatch.context() as patched:
        patched.setattr(DirectoryStore, "source", stopped)
        with pytest.raises(Failed, match="the disk gave nothing"):
            archive(house, drive(house))
    assert [*drive(house).iterdir()] == []
    assert owed(house, approved_erasure(house, 1)) == {}


@pytest.mark.parametrize("column", ["begun_at", "done_at"])
def test_the_dates_of_a_certificate_are_those_of_the_log(house: House, column: str) -> None:
    reference = approved_erasure(house, 1)
    erase(house, reference)
    before = certify_destruction(house.practice, reference, released_to=())
    by_sql(house, f"UPDATE certificate SET {column} = {column} - 31536000000")
    assert certify_destruction(house.open(), reference, released_to=()) == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE certificate SET number = 77",
        "UPDATE destroyed SET category = 'claim'",
        "UPDATE destroyed SET rule = 'claim, 10 years'",
        "UPDATE destroyed SET due_on = '2020-01-01'",
        "UPDATE recording SET started_at = started_at - 1000 WHERE id = 1",
        "UPDATE recording SET ciphertext = '00' || substr(ciphertext, 3) WHERE id = 1",
        "UPDATE request SET requester = (SELECT id FROM person WHERE login = 'pat')",
        "UPDATE request SET purpose = 'disposal'",
    ],
)
def test_no_certificate_is_made_of_rows_that_say_otherwise_than_the_log(
    house: House, change: str
) -> None:
    reference = approved_erasure(house, 1)
    erase(house, reference)
    by_sql(house, change)
    with pytest.raises(Tampered, match="not what the log says"):
        certify_destruction(house.open(), reference, released_to=())
    assert verified(house).verdict is Verdict.TAMPERED


def test_a_certificate_is_complete_once_a_volume_that_was_found_again_is_written_anew(
    house: House,
) -> None:
    a, b = on_two_drives(house)
    reference = approved_erasure(house, 1)
    report_lost(
        house.practice, house.actor("max"), LossReport(label="drive-b", noticed_at=house.now())
    )
    assert erase(house, reference, a).is_done
    house.at += timedelta(days=3)
    report_found(house.practice, house.actor("max"), b, lambda _: None)
    assert erase(house, reference, b).is_done
    certificate = certify_destruction(house.practice, reference, released_to=())
    assert certificate is not None
    assert certificate.done_at == house.at


def test_a_certificate_does_not_say_that_no_copy_opens_where_a_lost_volume_holds_one(
    house: House,
) -> None:
    a, _ = on_two_drives(house)
    reference = approved_erasure(house, 1)
    whole = erase(house, reference, a)
    assert not whole.is_done
    report_lost(
        house.practice, house.actor("max"), LossReport(label="drive-b", noticed_at=house.now())
    )
    assert erase(house, reference, a).is_done
    certificate = certify_destruction(house.practice, reference, released_to=())
    assert certificate is not None
    text = " ".join(certificate_text(certificate, CERTIFIED).split())
    assert "drive-b: lost; it holds 1 of them yet" in text
    assert "so that no copy of its sealed file can be opened" not in text
    assert "each bag on each drive written anew" not in text
    assert "but for drives that are lost" in text
    assert "what is on the drives that are lost" in text
    letter = house.folder / "letter.txt"
    done(house, "dora", "request", "letter", reference, "--kind", "erased", "--to", str(letter))
    assert "A backup drive that we have lost still has" in " ".join(letter.read_text().split())


def test_a_lost_volume_s_incident_counts_what_it_still_holds_of_what_was_erased(
    house: House,
) -> None:
    a, _ = on_two_drives(house)
    erase(house, approved_erasure(house, 1), a)
    done = report_lost(
        house.practice, house.actor("max"), LossReport(label="drive-b", noticed_at=house.now())
    )
    assert sorted(done.recordings) == [1, 2, 3, 4]
    shown = show_incident(house.open(), house.actor("dora"), done.incident.reference)
    assert shown.findings.record_count == 4
    assert "1 of them erased elsewhere since" in shown.findings.records


def test_no_certificate_is_made_of_a_volume_whose_row_is_gone(house: House) -> None:
    a, b = on_two_drives(house)
    reference = approved_erasure(house, 1)
    assert erase(house, reference, a, b).is_done
    (row,) = rows(house, "SELECT id FROM volume WHERE label = 'drive-a'")
    for table, column in (("archived", "volume"), ("bag", "volume"), ("volume", "id")):
        by_sql(house, f"DELETE FROM {table} WHERE {column} = :a", a=row.id)
    with pytest.raises(Tampered):
        certify_destruction(house.open(), reference, released_to=())


def test_copies_that_migrations_left_in_the_vault_go(house: House) -> None:
    kept = house.config.vault / "before-0002"
    keep_sealed(house.practice, kept)
    cut_off = house.config.vault / ".before-0002-plain"
    cut_off.mkdir()
    (cut_off / "clean.sqlite").write_bytes(b"as it was")
    erase(house, approved_erasure(house, 1))
    assert kept_copies(house.config.vault) == ()
    assert not cut_off.exists()


def test_what_is_too_much_for_one_statement_is_said_in_several(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing_volumes, "MAX_STATED", 2)
    volume = drive(house)
    archive(house, volume)
    reference = approved_erasure(house, 1, 2, 3)
    assert erase(house, reference, volume).is_done
    said = [path.name for path in sorted((volume / "heads").iterdir())]
    assert [name.partition("-")[2] for name in said] == [f"{n}.tlog-proof" for n in (1, 1, 2)]
    assert faults(verify(house, volume)) == []
    certificate = certify_destruction(house.practice, reference, released_to=())
    assert certificate is not None
    assert [(each.volume, each.recordings) for each in certificate.media] == [("drive-a", 3)]
    house.open()
    archive(house, volume)
    assert verified(house).verdict is Verdict.INTACT


def test_a_bag_of_which_nothing_is_left_goes(house: House) -> None:
    volume = drive(house)
    archive(house, volume)
    done = erase(house, approved_erasure(house, 1, 2), volume)
    assert done.is_done
    (bag,) = bags_of(volume)
    assert len([*(bag / "data" / "recordings").iterdir()]) == 2


def test_a_bag_that_held_nothing_else_goes_and_the_volume_is_sound(house: House) -> None:
    volume = drive(house)
    archive(house, volume)
    with_recordings(house, 1)
    house.at = house.at.replace(day=25)
    archive(house, volume)
    assert erase(house, approved_erasure(house, 5), volume).is_done
    assert len(bags_of(volume)) == 1
    assert faults(verify(house, volume)) == []
    archive(house, volume)
    assert verified(house).verdict is Verdict.INTACT


STOPPED = {
    "a hold": lambda house: by_hand(house, 1),
    "another open request": lambda house: ask(
        house, purpose=Purpose.PROTECT_PARTIES, recordings=[1]
    ),
}


@pytest.mark.parametrize("comes", STOPPED.values(), ids=STOPPED)
def test_what_comes_after_the_approval_stops_it(
    house: House, comes: Callable[[House], object]
) -> None:
    reference = approved_erasure(house, 1)
    comes(house)
    with pytest.raises(Refused, match="is not destroyed"):
        preview_erasure(house.practice, signed_in(house, "dora"), reference)
    with pytest.raises(Refused, match="is not destroyed"):
        erase(house, reference)
    assert (last_leaf(house).act, refused(house)) == ("request.carried-out", True)
    assert rows(house, "SELECT * FROM destroyed") == []
    assert tokens_of(house, 1) > 0


NOT_THEIRS = {"a manager": "max", "a partner": "pat", "staff": "sam", "an auditor": "ava"}


@pytest.mark.parametrize("login", NOT_THEIRS.values(), ids=NOT_THEIRS)
def test_who_does_not_decide_an_erasure_does_not_carry_it_out(house: House, login: str) -> None:
    reference = approved_erasure(house, 1)
    with pytest.raises(Refused):
        erase(house, reference, login=login)


def test_what_was_revoked_is_not_erased(house: House) -> None:
    reference = approved_erasure(house, 1)
    revoke_grants(house.practice, signed_in(house, "dora"), reference, reason=REASON)
    with pytest.raises(Refused, match="no approval of it stands"):
        erase(house, reference)


def test_a_complaint_destroys_nothing(house: House) -> None:
    reference = ask(house, purpose=Purpose.COMPLAINT, recordings=[1])
    approve(house, reference)
    with pytest.raises(Unusable, match="is for complaint, not for erasure"):
        erase(house, reference)
    to_destroy, dora = [DestructionItem(1, "routine", "Article 17", None)], signed_in(house, "dora")
    with pytest.raises(Refused, match="a request for complaint destroys nothing"):
        destroy_granted(house.practice, dora, reference, to_destroy)


def test_more_or_less_than_was_approved_is_not_destroyed(house: House) -> None:
    reference = approved_erasure(house, 1, 2)
    for numbers in ([1], [1, 2, 3]):
        to_destroy = [DestructionItem(number, "routine", "Article 17", None) for number in numbers]
        dora = signed_in(house, "dora")
        with pytest.raises(Refused, match="not what was approved"):
            destroy_granted(house.practice, dora, reference, to_destroy)


def test_what_is_exempt_stays_and_the_certificate_says_why(house: House) -> None:
    reference = approved_erasure(house, 1, kept=(2,))
    done = erase(house, reference)
    assert done.destroyed == (1,)
    certificate = certify_destruction(house.practice, reference, released_to=())
    assert certificate is not None
    why = "the law, or a task that we do for the public, requires us to keep it [UK GDPR 17(3)(b)]"
    assert [(each.recording, each.why) for each in certificate.kept] == [(2, why)]
    assert [each.role for each in certificate.approvals] == ["Data Controller"]
    assert tokens_of(house, 2) > 0


ENDED = {
    "revoked": lambda house, reference: revoke_grants(
        house.practice, signed_in(house, "dora"), reference, reason=REASON
    ),
    "not used in time": lambda house, _reference: setattr(
        house, "at", house.at + timedelta(days=15)
    ),
}


@pytest.mark.parametrize("ends", ENDED.values(), ids=ENDED)
def test_an_erasure_that_was_decided_anew_for_less_is_carried_out(
    house: House, ends: Callable[[House, str], object]
) -> None:
    reference = approved_erasure(house, 1, 2)
    ends(house, reference)
    house.open()
    kept = {2: Ground.LEGAL_OBLIGATION}
    approve(house, reference, "dora", to="dora", recordings=[1], withheld=kept)
    dora = signed_in(house, "dora")
    assert [d.recording for d in preview_erasure(house.practice, dora, reference)] == [1]
    assert erase(house, reference).destroyed == (1,)
    assert erase(house, reference).destroyed == (1,)
    assert tokens_of(house, 2) > 0


def test_there_is_no_certificate_while_something_is_owed(house: House) -> None:
    volume = drive(house)
    archive(house, volume)
    reference = approved_erasure(house, 1)
    erase(house, reference)
    assert certify_destruction(house.practice, reference, released_to=()) is None
    assert erase(house, reference, volume).is_done
    certificate = certify_destruction(house.practice, reference, released_to=())
    assert certificate is not None
    assert [(each.volume, each.recordings) for each in certificate.media] == [("drive-a", 1)]


def test_a_volume_that_was_lost_and_is_found_again_owes_before_there_is_a_certificate(
    house: House,
) -> None:
    volume = drive(house)
    archive(house, volume)
    loss = LossReport(label="drive-a", noticed_at=house.now())
    report_lost(house.practice, house.actor("max"), loss)
    house.open()
    reference = approved_erasure(house, 1)
    assert erase(house, reference).is_done
    assert media_of(house, reference) == [("drive-a", False)]
    report_found(house.practice, house.actor("max"), volume, lambda _: None)
    assert erase(house, reference).owed == {"drive-a": 1}
    assert media_of(house, reference) is None
    assert erase(house, reference, volume).is_done
    assert media_of(house, reference) == [("drive-a", True)]


def media_of(house: House, reference: str) -> list[tuple[str, bool]] | None:
    """Each volume on the certificate, and whether it was written anew; None: there is none yet."""
    certificate = certify_destruction(house.practice, reference, released_to=())
    if certificate is None:
        return None
    return [(each.volume, bool(each.written_anew_at)) for each in certificate.media]


def test_whoever_received_a_release_is_named_to_be_told(house: House) -> None:
    reference = ask(house, purpose=Purpose.COMPLAINT, recordings=[1])
    approve(house, reference)
    released(house, reference)
    hand_over(house, reference=reference)
    close_request(house.practice, signed_in(house, "sam"), reference)
    house.open()
    (recipient,) = erase(house, approved_erasure(house, 1)).released_to
    assert (recipient.request, recipient.recordings) == (reference, (1,))
    assert recipient.to_whom == WHOM


def test_that_somebody_may_not_read_who_is_to_be_told_is_on_record(
    house: House,
) -> None:
    reference = ask(house, "max", purpose=Purpose.COMPLAINT, recordings=[1])
    approve(house, reference, "dora", to="max")
    released(house, reference, "max")
    close_request(house.practice, signed_in(house, "max"), reference)
    house.open()
    done = approved_erasure(house, 1)
    erase(house, done)
    with pytest.raises(Refused):
        erase(house, done, login="sam")
    assert (last_leaf(house).act, refused(house)) == ("request.carried-out", True)


def test_searches_for_the_call_lose_their_details_and_others_keep_them(house: House) -> None:
    for number in (ANN, BOB):
        look_for(house, number)
    before = {row.seq for row in rows(house, "SELECT seq FROM detail")}
    erase(house, approved_erasure(house, 1))
    gone = before - {row.seq for row in rows(house, "SELECT seq FROM detail")}
    assert [leaf.seq for leaf in leaves(house, "search") if leaf.act == "search"][:1] == [*gone]
    assert verified(house).verdict is Verdict.INTACT


def test_a_search_for_several_numbers_loses_its_details_with_a_call_of_any(house: House) -> None:
    look_for(house, BOB, ANN)
    look_for(house, BOB, "+441632960123")
    searched = [leaf.seq for leaf in leaves(house, "search") if leaf.act == "search"]
    erase(house, approved_erasure(house, 1))
    kept = {row.seq for row in rows(house, "SELECT seq FROM detail")}
    assert [seq in kept for seq in searched] == [False, True]


@pytest.mark.parametrize("spoiled", ["zeroblob(2000)", "CAST(sealed || x'00' AS BLOB)"])
def test_nothing_is_destroyed_while_a_search_does_not_open(house: House, spoiled: str) -> None:
    """It would stay, and be put right later, though the certificate says that it is gone."""
    look_for(house, ANN)
    reference = approved_erasure(house, 1)
    (search,) = [leaf.seq for leaf in leaves(house, "search") if leaf.act == "search"]
    by_sql(house, f"UPDATE detail SET sealed = {spoiled} WHERE seq = :seq", seq=search)
    with pytest.raises(Tampered, match=f"the details of leaf {search} are not"):
        erase(house, reference)
    assert rows(house, "SELECT * FROM certificate") == []


def test_details_that_were_not_erased_and_are_gone_are_tampering(house: House) -> None:
    look_for(house, ANN)
    look_for(house, BOB)
    erase(house, approved_erasure(house, 1))
    by_sql(house, "DELETE FROM detail WHERE seq = (SELECT max(seq) FROM detail)")
    assert verified(house).verdict is Verdict.TAMPERED


def test_a_stub_that_nobody_approved_is_tampering(house: House) -> None:
    by_sql(house, "DELETE FROM metadata WHERE recording = 3")
    by_sql(house, "UPDATE recording SET state = 'destroyed', data_key = NULL WHERE id = 3")
    assert verified(house).verdict is Verdict.TAMPERED


BROUGHT_BACK = {
    "the state": "UPDATE recording SET state = 'live' WHERE id = 1",
    "the stub": "DELETE FROM destroyed WHERE recording = 1",
    "the rule": "UPDATE destroyed SET rule = 'routine, 3 years' WHERE recording = 1",
    "the certificate's number": "UPDATE certificate SET number = 7",
    "the certificate's leaf": "UPDATE certificate SET seq = seq - 1",
    "the certificate": "UPDATE certificate SET done_at = NULL",
}


@pytest.mark.parametrize("change", BROUGHT_BACK.values(), ids=BROUGHT_BACK)
def test_a_stub_is_held_against_the_log(house: House, change: str) -> None:
    erase(house, approved_erasure(house, 1))
    by_sql(house, change)
    assert verified(house).verdict is Verdict.TAMPERED


def test_what_is_erased_is_not_taken_in_again(template: House, tmp_path: Path) -> None:
    house = with_recordings(practices.copy(template, tmp_path / "house"), 2)
    spool = [*(house.folder / "spool").iterdir()]
    house.open()
    erase(house, approved_erasure(house, 1))
    take_in(house, *spool)
    assert [row.id for row in rows(house, "SELECT id FROM recording")] == [1, 2]


def test_a_recording_that_does_not_open_any_more_is_destroyed_once_that_is_on_record(
    house: House,
) -> None:
    reference = approved_erasure(house, 1)
    by_sql(house, "UPDATE metadata SET sealed = zeroblob(99) WHERE recording = 1")
    with pytest.raises(Tampered, match=r"not as entry .* wrote it"):
        erase(house, reference)
    house.close()
    reason = ("--reason", "The disk had a fault in that place", "--yes")
    assert type_in(house, "dora", "audit", "resume", *reason).status == 0
    assert erase(house, reference).destroyed == (1,)
    assert verified(house).verdict is Verdict.RESUMED


def test_former_files_of_a_recording_that_was_sealed_anew_go_too(house: House) -> None:
    volume = drive(house)
    archive(house, volume)
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.RECORDINGS])
    house.open()
    reencrypt(house.practice, house.actor("dora"), lambda _: None)
    house.at = house.at.replace(day=25)
    archive(house, volume)
    assert len(bags_of(volume)) == 2
    reference = ask(house, recordings=[1])
    withdraw_request(house.practice, signed_in(house, "sam"), reference)
    secrets = secrets_of(house, 1, 2)
    done = erase(house, approved_erasure(house, 1, 2), volume)
    assert done.is_done
    assert [len([*(bag / "data/recordings").iterdir()]) for bag in bags_of(volume)] == [2, 2]
    assert found_in(secrets, house.config.vault, volume) == []
    assert faults(verify(house, volume)) == []
    assert verified(house).verdict is Verdict.INTACT
    assert opened(house, reference).recordings[0].state == "destroyed"


def test_a_former_file_that_a_killed_reencryption_left_goes_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "SELECT ciphertext FROM recording WHERE id IN (1, 2) ORDER BY id"
    erased, kept = (row.ciphertext for row in rows(house, query))
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.RECORDINGS])
    house.open()
    with monkeypatch.context() as killed:
        killed.setattr(DirectoryStore, "remove", _dies)
        with pytest.raises(KeyboardInterrupt):
            reencrypt(house.practice, house.actor("dora"), lambda _: None)
    assert erase(house, approved_erasure(house, 1)).is_done
    assert [house.practice.store.has(name) for name in (erased, kept)] == [False, True]
    assert verified(house).verdict is Verdict.INTACT


def test_one_that_was_cut_off_is_told_of_and_so_is_a_file_that_came_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = rows(house, "SELECT ciphertext FROM recording WHERE id = 1")[0].ciphertext
    path, reference = house.practice.store.path(name), approved_erasure(house, 1)
    sealed, ends = path.read_bytes(), f"callrec request erase {reference}"
    with monkeypatch.context() as killed:
        killed.setattr(DirectoryStore, "remove", _dies)
        with pytest.raises(KeyboardInterrupt):
            erase(house, reference)
    cut_off = f"warning: a destruction was cut off, or goes on: {ends}"
    assert cut_off in " ".join(type_in(house, "dora", "status").out.split())
    there = "recording 1 was destroyed, and its sealed file is there"
    said = type_in(house, "dora", "practice", "doctor").out
    assert there in said
    assert ends in said
    assert erase(house, reference).is_done
    assert there not in type_in(house, "dora", "practice", "doctor").out
    assert "cut off" not in type_in(house, "dora", "status").out
    path.write_bytes(sealed)
    said = type_in(house, "dora", "practice", "doctor").out
    assert there in said
    assert f"take it away: recordings/{name[:2]}/{name}" in "".join(said.split("\n"))


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("point", range(1, 12))
def test_a_drive_that_vanishes_midway_owes_the_rest_and_the_next_run_does_it(
    house: House, tmp_path: Path, point: int
) -> None:
    mounted, kept, asked = tmp_path / "mounted", tmp_path / "kept", 0
    kept.mkdir()

    def now() -> datetime:
        nonlocal asked
        asked += 1
        if asked == point:
            vanish(mounted, kept, bound=bound)
        return house.at

    with tight_drive(mounted, 64 << 20):
        bind = ["mount", "--bind", str(mounted), str(kept)]
        bound = subprocess.run(bind, check=False, capture_output=True).returncode == 0
        archive(house, mounted, label="drive-a")
        reference = approved_erasure(house, 1, 2)
        assert erase(house, reference).owed == {"drive-a": 2}
        dora = house.actor("dora")
        practice = open_practice(house.config, now, house.environ)
        asked = 0
        done = carry_out(
            practice,
            dora,
            reference,
            preview_erasure,
            volumes=[mounted],
            advance=lambda _: None,
            check=check_vault,
        )
        assert done.undone == (("drive-a", "the drive is gone"),)
        assert not any(mounted.glob("*"))
        come_back(mounted, kept, bound=bound)
        assert erase(house, reference, mounted).is_done
        assert faults(verify(house, mounted)) == []
        assert len(bags_of(mounted)) == 1
        assert verified(house).verdict is Verdict.INTACT

"""Of a person who is erased from the register no byte is left [policy 4(i); UK GDPR 17]."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from callrec.archive.unfinished import COPY_FOLDER, WORK_FOLDER
from callrec.catalogue.engine import reading
from callrec.errors import Locked, Refused
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.subject import SubjectAct, SubjectCriteria
from callrec.practice import writing
from callrec.registers.audit import LogFilter, list_audit
from callrec.registers.verify import Verdict, check_vault
from callrec.requests.decide import deny_request
from callrec.restore.copy import opener_by_password, read_copy, unpack
from callrec.restore.rebuild import open_volumes
from callrec.retention.people import ErasedSubject, erase_subject
from callrec.search.subjects import look_up_subjects, show_subject
from callrec.subjects.log import SUBJECTS
from callrec.subjects.register import list_subjects
from house.commands import type_in
from house.drives import archive, drive
from house.erasures import erase, found_in
from house.holds import ANN, ask, problems, verdict, with_two_callers
from house.practices import House, password_of, without_password
from house.requests import REASON, approve, by_sql, logged_in, rows, signed_in
from house.stages import Stage, copied
from house.subjects import WHY, a_person, opened_person


def with_ann(house: House) -> None:
    """Ann, whose calls are 1 and 2, is S-1, looked up once; Zadie is S-2; drive-a knows of both."""
    with_two_callers(house)
    a_person(house, names=("Ann Featherstonehaugh",), numbers=(ANN,))
    a_person(house, names=("Zadie Wren",), nhs_number="999 000 0026", numbers=("0117 496 0123",))
    criteria = SubjectCriteria(nhs_number="9990000018")
    look_up_subjects(house.practice, logged_in(house, "max"), criteria, reason=WHY, request=None)
    archive(house, drive(house, "drive-a"))


registered = copied(Stage("with Ann", with_ann))


def gone(house: House, *volumes: Path, login: str = "dora") -> ErasedSubject:
    house.open()
    actor = signed_in(house, login)
    done = erase_subject(house.practice, actor, "S-1", volumes=volumes, check=check_vault)
    house.open()
    return done


def sealed_of(house: House, number: int = 1) -> list[bytes]:
    """All that is sealed of a person, and the keys that open it."""
    of = f"WHERE subject = (SELECT id FROM subject WHERE number = {number})"
    tables = ("subject_version", "subject_key")
    sealed = [bytes(row[0]) for t in tables for row in rows(house, f"SELECT sealed FROM {t} {of}")]
    known, dora = opened_person(house, f"S-{number}"), signed_in(house, "dora")
    with reading(house.practice.engine) as connection:
        which = known.history.version_id(house.practice.vault, 1)
        return [*sealed, SUBJECTS.key_by_vault(dora, connection, which)]


def people_in_copy(volume: Path, work: Path) -> set[str]:
    """References of those whose record a volume's copy of the catalogue has."""
    (opened,) = open_volumes([volume])
    found, at = read_copy(opened, opened.catalogue()), work / "unpacked.sqlite"
    unpack(found, opener_by_password(password_of("dora"))(found), at)
    with closing(sqlite3.connect(at)) as copy:
        query = "SELECT number FROM subject JOIN subject_version ON subject = id"
        return {f"S-{number}" for (number,) in copy.execute(query)}


def test_no_byte_is_left_in_the_vault_or_on_a_volume(registered: House, tmp_path: Path) -> None:
    secrets, volume = sealed_of(registered), registered.folder / "drive-a"
    assert found_in(secrets, registered.config.vault) != []
    assert people_in_copy(volume, tmp_path) == {"S-1", "S-2"}
    done = gone(registered, volume)
    assert (done.owed, done.undone) == ((), ())
    registered.close()
    assert found_in(secrets, registered.config.vault, volume) == []
    (tmp_path / "unpacked.sqlite").unlink()
    assert people_in_copy(volume, tmp_path) == {"S-2"}
    registered.open()
    assert opened_person(registered, "S-2").record.names == ("Zadie Wren",)
    assert verdict(registered) is Verdict.INTACT


def test_nor_in_the_journal_or_in_a_copy_that_a_killed_run_left(registered: House) -> None:
    """Nothing is closed in between: the journal has what was just written."""
    a_person(registered, names=("Mair Pugh",), nhs_number="")
    secrets, vault = sealed_of(registered, 3), registered.config.vault
    left = vault / WORK_FOLDER / COPY_FOLDER
    left.mkdir(parents=True, exist_ok=True)
    (left / "whole.sqlite").write_bytes(b"".join(secrets))
    assert len(found_in(secrets, vault)) > 1
    dora = signed_in(registered, "dora")
    erase_subject(registered.practice, dora, "S-3", volumes=(), check=check_vault)
    assert found_in(secrets, vault) == []


def test_the_log_says_that_s_1_was_erased_and_no_more(registered: House) -> None:
    gone(registered, registered.folder / "drive-a")
    entries, _ = list_audit(
        registered.practice, signed_in(registered, "ava"), LogFilter(subject="S-1"), limit=9
    )
    assert [(each.action, each.subject) for each in entries] == [
        ("subject.added", ("S-1",)),
        ("subject.erased", ("S-1",)),
    ]
    assert entries[-1].detail is None
    listed = list_subjects(registered.practice, logged_in(registered, "max"))
    assert [(each.reference, each.state) for each in listed][-1] == ("S-1", "erased")


def test_nobody_reads_or_finds_who_was_erased_and_their_number_is_not_given_again(
    registered: House,
) -> None:
    gone(registered, registered.folder / "drive-a")
    actor = logged_in(registered, "max")
    with pytest.raises(Refused, match="was erased"):
        show_subject(registered.practice, actor, "S-1", reason=WHY, request=None)
    criteria = SubjectCriteria(nhs_number="9990000018")
    assert not look_up_subjects(registered.practice, actor, criteria, reason=WHY, request=None)
    assert a_person(registered) == "S-3"


def test_a_volume_that_is_not_there_owes_it_and_the_same_command_goes_on(
    registered: House, tmp_path: Path
) -> None:
    volume, away = registered.folder / "drive-a", registered.folder / "away"
    volume.rename(away)
    assert gone(registered).owed == ("drive-a",)
    away.rename(volume)
    assert people_in_copy(volume, tmp_path) == {"S-1", "S-2"}
    assert "drive-a" in type_in(registered, "dora", "status").out
    assert gone(registered, volume).owed == ()
    (tmp_path / "unpacked.sqlite").unlink()
    assert people_in_copy(volume, tmp_path) == {"S-2"}
    assert rows(registered, "SELECT count(*) FROM subject WHERE state = 'erased'") == [(1,)]


def test_whoever_touches_the_volume_next_erases_it_there(registered: House, tmp_path: Path) -> None:
    volume, away = registered.folder / "drive-a", registered.folder / "away"
    volume.rename(away)
    gone(registered)
    away.rename(volume)
    registered.open()
    archive(registered, volume)
    assert people_in_copy(volume, tmp_path) == {"S-2"}


def test_the_data_controller_alone_erases_with_the_password(registered: House) -> None:
    for login in ("max", "pat", "sam", "ava"):
        with pytest.raises(Refused):
            gone(registered, login=login)
    actor = without_password(signed_in(registered, "dora"))
    with pytest.raises(Locked):
        erase_subject(registered.practice, actor, "S-1", volumes=(), check=check_vault)
    assert opened_person(registered).record.names


def test_whom_an_open_request_is_about_stays_until_it_is_closed(registered: House) -> None:
    reference = ask(registered, "max", purpose=Purpose.SUBJECT_ACCESS, number=ANN, person="S-1")
    with pytest.raises(Refused, match=f"S-1 is needed: {reference} is about that person"):
        gone(registered)
    assert opened_person(registered).record.names
    dora = signed_in(registered, "dora")
    deny_request(registered.practice, dora, reference, reason=REASON, ground=Ground.UNFOUNDED)
    gone(registered)
    assert verdict(registered) is Verdict.INTACT


def an_erasure(house: House, *recordings: int, kept: tuple[int, ...] = ()) -> str:
    asked = (*recordings, *kept)
    reference = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=asked, person="S-1")
    withheld = dict.fromkeys(kept, Ground.LEGAL_OBLIGATION)
    approve(house, reference, "dora", to="dora", recordings=recordings, withheld=withheld)
    return reference


def test_a_request_for_erasure_takes_the_person_and_who_looked_for_them(
    registered: House,
) -> None:
    secrets, volume = sealed_of(registered), registered.folder / "drive-a"
    by_act = 'instr(body, CAST(\'"act":"search"\' AS BLOB)) > 0'
    search = rows(registered, f"SELECT max(seq) FROM leaf WHERE {by_act}")
    assert rows(registered, f"SELECT count(*) FROM detail WHERE seq = {search[0][0]}") == [(1,)]
    done = erase(registered, an_erasure(registered, 1, 2), volume)
    assert (done.person, done.needed_person, done.owed) == ("S-1", "", {})
    registered.close()
    assert found_in(secrets, registered.config.vault, volume) == []
    registered.open()
    assert rows(registered, f"SELECT count(*) FROM detail WHERE seq = {search[0][0]}") == [(0,)]
    assert verdict(registered) is Verdict.INTACT


def test_a_person_stays_of_whom_something_is_kept_or_asked_for(registered: House) -> None:
    done = erase(registered, an_erasure(registered, 1, kept=(2,)), registered.folder / "drive-a")
    assert (done.person, done.needed_person) == ("", "S-1")
    assert opened_person(registered).record.names


FORGED = {
    "a record brought back": "INSERT INTO subject_version SELECT (SELECT id FROM subject WHERE"
    " number = 1), 1, sealed FROM subject_version",
    "a token brought back": "INSERT INTO subject_token SELECT part, kind, token, (SELECT id FROM"
    " subject WHERE number = 1) FROM subject_token LIMIT 1",
    "the row says that they are there": "UPDATE subject SET state = 'registered', erased = NULL"
    " WHERE number = 1",
    "the row says that it was earlier": "UPDATE subject SET erased = erased - 1 WHERE number = 1",
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_whoever_brings_somebody_back_is_found(registered: House, change: str) -> None:
    gone(registered, registered.folder / "drive-a")
    by_sql(registered, change)
    assert any("S-1" in each for each in problems(registered))
    assert verdict(registered) is Verdict.TAMPERED


@pytest.mark.parametrize("login", ["max", "pat", "sam"])
def test_an_erasure_by_somebody_who_may_not_is_tampering(registered: House, login: str) -> None:
    actor, known = signed_in(registered, login), opened_person(registered)
    with writing(registered.practice, actor.signer) as act:
        leaf = act.leaf(SubjectAct.ERASED, actor=actor.person.id, subject=[known.id])
        for table in ("subject_token", "subject_key", "subject_version"):
            act.connection.exec_driver_sql(f"DELETE FROM {table} WHERE subject = ?", (known.id,))
        changed = "UPDATE subject SET state = 'erased', erased = ? WHERE id = ?"
        act.connection.exec_driver_sql(changed, (leaf, known.id))
    assert problems(registered) == [
        "the history of a person's record has subject.erased by somebody who may not"
    ]

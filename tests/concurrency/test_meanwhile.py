"""Two commands meet at the worst moment: each of these was found by letting eight at it at once."""

from __future__ import annotations

import fcntl
import io
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from callrec.archive import run as archiving_run
from callrec.archive.unfinished import archive_lock
from callrec.audit import from_the_end, stretch, whole
from callrec.audit.log import Head, stored_size
from callrec.audit.remembered import VerifiedState, save_verified
from callrec.catalogue import engine, sqlite
from callrec.catalogue.engine import place_of, reading, sqlite_connection
from callrec.errors import Failed, Misconfigured, Tampered, Unchecked
from callrec.login import keyring
from callrec.login.sessions import begin_session
from callrec.office.doctor import examine
from callrec.office.finding import Level
from callrec.practice import record
from callrec.registers import verify as audit_verify
from callrec.registers.verify import Verdict
from callrec.release import record as release_unfinished
from callrec.release.record import BegunRelease, cut_off_releases, noting_release
from callrec.system.runtime import runtime_folder
from callrec.system.terminal import Place
from callrec.volume.volume import open_volume
from house.commands import type_in
from house.drives import archive, drive, remove_local, verify
from house.holds import verified
from house.older_vaults import sql
from house.practices import House
from house.processes import begin
from house.requests import REASON, a_request, request_id, rows
from house.spool import a_call

BEGUN = BegunRelease("f" * 32, "e" * 32, "d" * 32, "/media/outbox/package.zip")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have something done by another command just before this one takes a step."""

    def set_up(module: Any, step: str, other: Callable[[], object]) -> None:
        take = getattr(module, step)

        def stepping(*given: Any, **named: Any) -> Any:
            monkeypatch.setattr(module, step, take)
            other()
            return take(*given, **named)

        monkeypatch.setattr(module, step, stepping)

    return set_up


# --- the audit log ---------------------------------------------------------------------------


@pytest.mark.parametrize("only_new", [False, True], ids=["all", "new"])
def test_what_another_adds_while_the_log_is_verified_is_no_tampering(
    house: House,
    meanwhile: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    *,
    only_new: bool,
) -> None:
    """With a write-ahead journal a reader sees what there was, and others write on."""
    monkeypatch.setattr(sqlite, "wal_is_safe", lambda _: True)
    house.open()
    other = house.actor("max")

    check = partial(verified, house, only_new=only_new)

    def work_on() -> None:
        record(house.practice, other, "search")
        check()

    check(full=False)
    meanwhile(audit_verify, "verify_new_entries" if only_new else "verify_log", work_on)
    found = check(full=False)
    assert found.problems == ()
    assert found.verdict is (Verdict.SINCE if only_new else Verdict.INTACT)


def test_two_who_verify_at_once_both_remember_it(tmp_path: Path) -> None:
    def remember() -> None:
        for size in range(1, 300):
            save_verified(
                tmp_path, VerifiedState(Head(size, bytes(32)), "", size, ""), whole_at=None
            )

    begun = [begin(remember) for _ in range(3)]
    assert [each.ended().failure for each in begun] == [""] * 3


def test_a_second_process_that_meets_a_lock_does_not_call_it_tampering(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading(house.practice.engine) as connection:
        database = sqlite_connection(connection)
        keys = whole.log_keys(house.practice.register)
        expected = stretch.StretchExpectations(
            house.practice.vault, stored_size(connection), keys, 0, {}
        )
        place = place_of(database)
    writer = sqlite3.connect(house.config.vault / engine.FILE_NAME)
    writer.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
    out = io.BytesIO()
    from_the_end.verify_from_end(place, expected, out)
    assert out.getvalue() == b""
    writer.rollback()
    from_the_end.verify_from_end(place, expected, out)
    assert out.getvalue() not in (b"", b"null\n")


# --- releases --------------------------------------------------------------------------------


def notes(house: House) -> list[str]:
    folder = house.practice.state_folder / "releases"
    return sorted(path.name for path in folder.iterdir())


def test_a_note_that_goes_while_they_are_listed_is_of_a_release_that_ended(
    house: House, meanwhile: Callable[..., None]
) -> None:
    folder = house.practice.state_folder / "releases"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        (folder / name).write_text("[]")
    meanwhile(release_unfinished, "_read", (folder / "b").unlink)
    (folder / "a").write_text("")  # of a run that was killed before it wrote
    assert cut_off_releases(house.practice) == ()


def test_a_release_that_ends_while_its_note_is_opened_is_not_taken_for_one_that_was_cut_off(
    house: House, meanwhile: Callable[..., None]
) -> None:
    with noting_release(house.practice, BEGUN):
        pass
    folder = house.practice.state_folder / "releases"
    (folder / BEGUN.release).write_text('["r", "p", "/media/outbox/package.zip"]')
    meanwhile(fcntl, "flock", (folder / BEGUN.release).unlink)
    asked: list[object] = []
    meanwhile(release_unfinished, "is_under_way", lambda: asked.append("the log"))
    assert cut_off_releases(house.practice) == ()
    assert asked == []


def test_a_note_that_another_clears_away_before_it_is_locked_is_made_again(
    house: House, meanwhile: Callable[..., None]
) -> None:
    folder = house.practice.state_folder / "releases"
    meanwhile(fcntl, "flock", (folder / BEGUN.release).unlink)
    with noting_release(house.practice, BEGUN):
        assert notes(house) == [BEGUN.release]
        with (folder / BEGUN.release).open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert notes(house) == []


def test_a_release_that_was_refused_meanwhile_leaves_no_note(house: House) -> None:
    a_request(house, recordings=[])
    target = str(house.folder / "package.zip")
    begun = replace(BEGUN, request=request_id(house, "R-1"), target=target)
    with pytest.raises(Failed), noting_release(house.practice, begun):
        raise Failed("something else happened to the request meanwhile")
    assert notes(house) == []


def test_a_release_of_which_the_log_does_not_say_how_it_ended_leaves_its_note(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_unfinished, "is_under_way", lambda *_: True)
    with pytest.raises(Failed), noting_release(house.practice, BEGUN):
        raise Failed("the log could not be written")
    assert notes(house) == [BEGUN.release]


# --- the doctor ------------------------------------------------------------------------------


def damage(house: House, done: Callable[[int], None] = lambda _: None) -> list[str]:
    found = examine(house.practice, house.environ, approver=None, full=True, done=done)
    return [each.what for each in found if each.level is Level.DAMAGE]


def test_the_doctor_is_not_put_out_by_a_journal_that_comes_and_goes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = Path.iterdir

    def with_a_journal(folder: Path) -> Iterator[Path]:
        yield from listing(folder)
        if folder == house.practice.folder:
            yield folder / f"{engine.FILE_NAME}-journal"

    monkeypatch.setattr(Path, "iterdir", with_a_journal)
    assert damage(house) == []


def test_the_doctor_calls_nothing_missing_that_was_let_go_while_it_looked(archived: House) -> None:
    archive(archived, drive(archived, "drive-b"))
    drives = iter([drive(archived)])

    def let_go(_: int) -> None:
        for at in drives:  # once
            remove_local(archived, at)

    assert damage(archived, let_go) == []
    assert rows(archived, "SELECT DISTINCT state FROM recording") == [("archived",)]


def test_the_doctor_calls_missing_what_nobody_let_go_of(archived: House) -> None:
    [(name,)] = rows(archived, "SELECT ciphertext FROM recording WHERE id = 2")
    archived.practice.store.remove(name)
    assert damage(archived) == ["recording 2: its sealed file is missing"]


# --- drives ----------------------------------------------------------------------------------


def test_nothing_is_claimed_of_a_volume_that_is_being_written_to(archived: House) -> None:
    at, practice = drive(archived), archived.practice
    (at / "bags" / "20261126T120000Z-1").mkdir()
    with archive_lock(practice) as notes:
        notes.begin(open_volume(at), "20261126T120000Z-1", known=0)
        with pytest.raises(Unchecked, match="another command was writing"):
            verify(archived, at)
    assert [fault.path for fault in verify(archived, at).faults] == ["bags/20261126T120000Z-1"]


def test_a_folder_that_becomes_a_volume_meanwhile_is_made_one_once(
    archived: House, meanwhile: Callable[..., None]
) -> None:
    at = drive(archived, "drive-b")
    meanwhile(archiving_run, "archive_lock", lambda: archive(archived, at))
    with pytest.raises(Failed, match="another archive run has set up"):
        archive(archived, at)
    assert verify(archived, at).faults == ()


def test_a_trigger_that_is_planted_while_the_log_is_verified_is_seen(
    house: House, meanwhile: Callable[..., None]
) -> None:
    planted = "CREATE TRIGGER quiet AFTER INSERT ON leaf BEGIN DELETE FROM leaf; END"
    meanwhile(audit_verify, "state_folder", lambda: sql(house, planted))
    answer = type_in(house, "dora", "audit", "verify")
    assert answer.status == Tampered.exit_status
    assert answer.out.startswith("TAMPERED\n")
    assert "not those that callrec made" in answer.err


# --- a login ---------------------------------------------------------------------------------


def test_a_login_that_is_closed_while_it_is_renewed_stays_closed(
    house: House, meanwhile: Callable[..., None]
) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        environ, vault = {"XDG_RUNTIME_DIR": memory}, house.practice.vault
        here = Place("pts/0", "5e" * 32)
        session, _ = begin_session(house.practice, house.actor("mia"), here)
        keyring.save_session(session, environ)
        closing = Thread(target=keyring.forget_session, args=(vault, here.digest, environ))

        def close() -> None:
            closing.start()
            closing.join(0.2)  # for ever, where it waits for its turn

        meanwhile(keyring, "write_private", close)
        assert keyring.open_session(vault, here.digest, house.at, environ) is not None
        closing.join()
        assert keyring.open_session(vault, here.digest, house.at, environ) is None


# --- who waits for whom ----------------------------------------------------------------------


@pytest.mark.parametrize("what", ["ingest", "archive"])
def test_the_second_of_two_is_told_to_wait(what: str, archived: House) -> None:
    spool, at = archived.folder / "more", drive(archived)
    a_call(spool, 99)
    held, login, words = {
        "ingest": (archived.practice.store.lock(), "door", ("ingest", str(spool))),
        "archive": (archive_lock(archived.practice), "max", ("archive", "--to", str(at))),
    }[what]
    with held:
        answer = type_in(archived, login, *words)
    assert answer.status == Failed.exit_status
    assert "callrec: hint: wait until it ends" in answer.err
    assert type_in(archived, login, *words).status == 0


def test_a_vault_that_stays_busy_is_said_to_be(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0)
    house.open()
    other = sqlite3.connect(house.config.vault / engine.FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    words = ("search", "--extension", "201", "--date", "4/7/2024", "--reason", REASON)
    answer = type_in(house, "max", *words)
    assert (answer.status, answer.out) == (Failed.exit_status, "")
    assert answer.err.splitlines()[0] == "callrec: error: the vault was busy for a minute"
    other.execute("ROLLBACK")
    assert type_in(house, "max", *words).status == 0


def test_a_login_that_is_closed_at_this_moment_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = runtime_folder({})
    assert memory is not None
    file, here = memory / f"{house.practice.vault}.{'5e' * 16}", "5e" * 32

    def closed(path: Path) -> bytes:
        path.unlink(missing_ok=True)
        raise Misconfigured("it is gone")

    file.write_bytes(b"{}")
    monkeypatch.setattr(keyring, "read_private", closed)
    assert keyring.open_session(house.practice.vault, here, house.at, {}) is None

"""What somebody can do with the session that a colleague's terminal keeps, or with a copy of it.

The thief has the file and a program of their own, and can write to the database.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest

from attacks.reach import reach
from attacks.test_foreign_entries import by_nobody, resume
from attacks.test_who_can_do_what import give_eve_a_password, kinds
from callrec.audit import log as audit_log
from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Outcome
from callrec.audit.log import Signer, log_transaction
from callrec.audit.resumed import stands_unsigned
from callrec.audit.session import (
    PASSWORD_CHANGED,
    SESSION_ACTS,
    SessionCertificate,
    may_session_attest,
    session_fields,
)
from callrec.audit.sessions import find_certificate
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import format_instant
from callrec.crypto.context import context
from callrec.errors import Locked, Tampered
from callrec.login.locks import relock
from callrec.login.sessions import begin_session, end_sessions
from callrec.people.powers import disable_person
from callrec.practice import record, writing
from callrec.record.statements import sign_statement_as
from callrec.system.terminal import Place
from house import desks, practices
from house.commands import Answer, done, reset_by_two, type_in
from house.people import reset_person
from house.practices import House, password_of
from house.requests import ANOTHER_REASON, a_request, approve, by_sql, rows, signed_in

TAMPERED, LOCKED = 5, 6

TAKES_A_PASSWORD = "takes a password and is signed by a session's key"

HAD_ENDED = "is signed by the key of a session that had ended"


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder of one's own in memory, where a login is kept."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Thief:
    """Who copied the file of a session, and signs with what is in it by a program of their own."""

    house: House
    file: Path
    copied: bytes

    @property
    def secret(self) -> bytes:
        return bytes.fromhex(json.loads(self.copied)["secret"])

    @property
    def certificate(self) -> SessionCertificate:
        with reading(self.house.practice.engine) as connection:
            digest = json.loads(self.copied)["certificate"]
            return find_certificate(connection, self.house.practice.vault, digest)

    @property
    def signer(self) -> Signer:
        seed = primitives.derive(self.secret, context("session sign", self.house.practice.vault))
        return Signer(self.certificate.person, seed, self.certificate)

    def writes(self, act: str, subject: Sequence[str] = ()) -> int:
        """A leaf in the person's name, signed with the session's key, as callrec never would."""
        practice = self.house.open()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(audit_log, "_check_may_be_attested", lambda *_: None)
            with log_transaction(practice.engine, practice.log, self.signer) as log:
                return log.leaf(act, actor=self.certificate.person, subject=subject)

    def puts_it_back(self) -> None:
        self.file.parent.mkdir(mode=0o700, exist_ok=True)
        self.file.touch(mode=0o600)
        self.file.write_bytes(self.copied)


def steal(house: House, login: str, memory: Path) -> Thief:
    """Somebody logs in, and what their terminal keeps is copied."""
    assert type_in(house, login, "login", XDG_RUNTIME_DIR=memory).status == 0
    (file,) = (memory / "callrec").iterdir()
    return Thief(house, file, file.read_bytes())


def verified(house: House) -> tuple[int, str]:
    """What somebody finds who verifies the record."""
    house.open()
    answer = type_in(house, "dora", "audit", "verify")
    return answer.status, answer.out


@pytest.mark.parametrize(
    "does",
    [
        lambda house: type_in(house, "dora", "keys", "rotate"),
        lambda house: reset_by_two(house, "sam"),
    ],
    ids=["keys rotate", "user reset"],
)
def test_a_login_goes_on_when_somebody_else_does_what_names_its_person(
    does: Callable[[House], Answer], worked: House, memory: Path
) -> None:
    assert type_in(worked, "max", "login", XDG_RUNTIME_DIR=memory).status == 0
    assert does(worked).status == 0
    assert type_in(worked, "nobody", "user", "list", XDG_RUNTIME_DIR=memory).status == 0
    assert verified(worked)[1].startswith("INTACT")
    answer = type_in(worked, "dora", "audit", "resume", "--reason", ANOTHER_REASON, "--yes")
    assert "nothing was found" in answer.err


def test_a_catalogue_from_before_a_login_asks_for_another(
    worked: House, memory: Path, tmp_path: Path
) -> None:
    before = practices.copy(worked, tmp_path / "before")
    assert type_in(worked, "max", "login", XDG_RUNTIME_DIR=memory).status == 0
    answer = type_in(before, "nobody", "user", "list", XDG_RUNTIME_DIR=memory)
    assert (answer.status, "run callrec login" in answer.err) == (Locked.exit_status, True), answer
    assert type_in(before, "nobody", "logout", XDG_RUNTIME_DIR=memory).status == 0
    assert type_in(before, "max", "login", XDG_RUNTIME_DIR=memory).status == 0
    assert type_in(before, "nobody", "user", "list", XDG_RUNTIME_DIR=memory).status == 0


PASSWORD_ACTS = (
    *("request.approved", "listen", "release.prepared", "release.delivered", "hold.lifted"),
    *("request.carried-out", "glass.accepted", "search.reviewed", "person.role", "keys.made"),
    *("volume.lost", "archive", "ingest", "password.changed", "session.ended", "login"),
)


@pytest.mark.parametrize("act", PASSWORD_ACTS)
def test_what_asks_for_a_password_is_attested_by_no_session(
    act: str, worked: House, memory: Path
) -> None:
    thief = steal(worked, "dora", memory)
    request, call = rows(worked, "SELECT id FROM request")[0].id, "ab" * 16
    seq = thief.writes(act, [request, call] if act != "hold.lifted" else [request])
    status, out = verified(worked)
    assert status == TAMPERED
    assert f"leaf {seq}, {act}, {TAKES_A_PASSWORD}" in out
    with reading(worked.practice.engine) as connection, pytest.raises(Tampered, match="password"):
        attested_leaves(connection, worked.practice.register, [seq])


@pytest.mark.parametrize("page", ["/people/add", "/requests/R-1/approve"])
def test_a_refusal_before_the_password_is_attested_by_the_session(worked: House, page: str) -> None:
    assert desks.visit(worked, "sam").open(page).status == HTTPStatus.FORBIDDEN
    assert verified(worked)[1].startswith("INTACT")


def test_what_asks_for_no_password_is_all_that_a_session_attests() -> None:
    undone = {Outcome.REFUSED, Outcome.FAILED}
    assert all(may_session_attest("person.role", 1, outcome) for outcome in undone)
    assert not any(may_session_attest(act, 9) for act in set(PASSWORD_ACTS) - {"hold.lifted"})
    assert not may_session_attest("hold.lifted", 1)
    assert not any(
        act.startswith(("keys.", "person.", "audit."))
        for act in SESSION_ACTS.keys() - {"person.shown"}
    )


def test_a_session_is_no_second_person_for_letting_go_a_hold(worked: House, memory: Path) -> None:
    done(worked, "max", "hold", "place", "2", "--reason", ANOTHER_REASON)
    thief = steal(worked, "pat", memory)
    (hold,) = rows(worked, "SELECT id FROM hold WHERE request IS NULL")
    dora = signed_in(worked, "dora")
    with writing(worked.practice, dora.signer) as log:
        log.leaf("hold.lifted", actor=dora.person.id, subject=[hold.id])
    request = rows(worked, "SELECT id FROM request")[0].id
    thief.writes("hold.lifted", [hold.id, request])  # as if its request had ended
    by_sql(worked, "UPDATE hold SET state = 'lifted' WHERE id = :id", id=hold.id)
    status, out = verified(worked)
    assert (status, "lifted as if by its request" in out) == (TAMPERED, True)
    thief.writes("hold.lifted", [hold.id])
    assert f"hold.lifted, {TAKES_A_PASSWORD}" in verified(worked)[1]


def test_a_session_accepts_no_broken_glass(worked: House, memory: Path) -> None:
    a_request(worked, "dora", recordings=(1,))
    approve(worked, "R-5", "dora", glass_reason=ANOTHER_REASON)
    thief = steal(worked, "pat", memory)
    (request,) = rows(worked, "SELECT id FROM request WHERE number = 5")
    thief.writes("glass.accepted", [request.id])
    status, out = verified(worked)
    assert (status, "glass.accepted, " + TAKES_A_PASSWORD in out) == (TAMPERED, True)


def change_password(house: House) -> None:
    relock(house.open(), house.actor("pat"), password_of("pat"), PASSWORD_CHANGED)


def reset(house: House) -> None:
    give_eve_a_password(house)
    reset_person(house.open(), house.actor("dora"), login="pat", password="seven purple otters run")


def log_in_elsewhere_later(house: House) -> None:
    house.at += timedelta(minutes=61)
    record(house.open(), house.actor("max"), "people.listed")


ENDS: dict[str, Callable[[House], object]] = {
    "its hour is over": log_in_elsewhere_later,
    "a new password": change_password,
    "the password was lost": reset,
    "shut out": lambda house: disable_person(house.open(), house.actor("dora"), login="pat"),
    "ended by the person": lambda house: end_sessions(
        house.open(), house.actor("pat"), login="pat"
    ),
    "ended by the Data Controller": lambda house: end_sessions(
        house.open(), house.actor("dora"), login="pat"
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_copy_of_a_session_that_has_ended_opens_nothing_and_signs_nothing(
    end: str, worked: House, memory: Path
) -> None:
    thief, then = steal(worked, "pat", memory), worked.at
    ENDS[end](worked)
    thief.puts_it_back()
    answer = type_in(worked, "nobody", "show", "1", XDG_RUNTIME_DIR=memory)
    assert (answer.status, answer.out) == (LOCKED, "")
    assert verified(worked)[0] == 0
    worked.at = then  # whatever time the thief gives
    seq = thief.writes("search")
    status, out = verified(worked)
    assert (status, f"leaf {seq}, search, {HAD_ENDED}" in out) == (TAMPERED, True)


def test_a_copy_of_a_session_that_was_logged_out_opens_nothing_and_signs_nothing(
    worked: House, memory: Path
) -> None:
    thief = steal(worked, "pat", memory)
    assert reach(worked, *worked.session("pat").shares.values())
    assert type_in(worked, "nobody", "logout", XDG_RUNTIME_DIR=memory).out == "Logged out.\n"
    assert not rows(
        worked, "SELECT * FROM session WHERE statement = :it", it=thief.certificate.digest
    )
    assert kinds(reach(worked, thief.secret)) == set()
    thief.puts_it_back()
    assert type_in(worked, "nobody", "inbox", XDG_RUNTIME_DIR=memory).status == LOCKED
    assert verified(worked)[0] == 0
    seq = thief.writes("search")
    assert f"leaf {seq}, search, {HAD_ENDED}" in verified(worked)[1]


def test_a_sole_data_controller_ends_their_own_sessions(house: House, memory: Path) -> None:
    thief = steal(house, "dora", memory)
    assert done(house, "dora", "user", "sessions", "--end") == "1 login of dora ended.\n"
    thief.puts_it_back()
    assert type_in(house, "nobody", "inbox", XDG_RUNTIME_DIR=memory).status == LOCKED


def test_staff_end_nobody_else_s_session(house: House, memory: Path) -> None:
    steal(house, "dora", memory)
    assert type_in(house, "sam", "user", "sessions", "dora", "--end").status == 3
    assert type_in(house, "nobody", "inbox", XDG_RUNTIME_DIR=memory).status == 0
    sam = signed_in(house, "sam")
    with writing(house.practice, sam.signer) as log:  # by a program of their own
        log.leaf("session.ended", actor=sam.person.id, subject=[house.actor("dora").person.id])
    assert type_in(house, "nobody", "inbox", XDG_RUNTIME_DIR=memory).status == 0


def test_times_written_into_the_file_make_a_session_no_longer(worked: House, memory: Path) -> None:
    thief = steal(worked, "mia", memory)
    worked.at += timedelta(minutes=61)
    said = json.loads(thief.copied)
    later = {**said, "used": worked.at.timestamp(), "opened": worked.at.timestamp()}
    thief.file.write_text(json.dumps(later))
    assert type_in(worked, "nobody", "inbox", XDG_RUNTIME_DIR=memory).status == LOCKED


@pytest.mark.parametrize("hours", [2, 24 * 365])
def test_nobody_certifies_a_session_for_longer_than_an_hour(hours: int, worked: House) -> None:
    mia = worked.actor("mia")
    until = format_instant(worked.at + timedelta(hours=hours))
    fields = session_fields(
        public=bytes(32), until=until, terminal="pts/1", place="5e" * 32, sealed="5e" * 32
    )
    statement = sign_statement_as(worked.practice, mia, "session", fields)
    with writing(worked.practice, mia.signer) as log:
        log.leaf("login", actor=mia.person.id, statement=statement)
    status, out = verified(worked)
    assert (status, "is not of its login's hour" in out) == (TAMPERED, True)


def test_nobody_acts_under_a_session_of_somebody_else(worked: House, memory: Path) -> None:
    """Who has a key and a program of their own cannot name another's session, nor lend theirs."""
    thief, sam = steal(worked, "pat", memory), worked.actor("sam")
    as_sam = replace(thief.signer, person=sam.person.id)
    for signer in (as_sam, replace(sam.signer, session=thief.certificate)):
        worked.open()
        with log_transaction(worked.practice.engine, worked.practice.log, signer) as log:
            log.leaf("search", actor=sam.person.id)
    assert "names a session of somebody else" in verified(worked)[1]


def test_what_lies_sealed_for_one_session_opens_for_no_other(worked: House, memory: Path) -> None:
    steal(worked, "mia", memory)
    begin_session(worked.open(), worked.actor("dora"), Place("pts/7", "7e" * 32))
    (dora,) = rows(
        worked, "SELECT sealed FROM session, person WHERE id = person AND login = 'dora'"
    )
    by_sql(worked, "UPDATE session SET sealed = :sealed", sealed=dora.sealed)
    answer = type_in(worked, "nobody", "show", "1", XDG_RUNTIME_DIR=memory)
    assert (answer.status, answer.out) == (TAMPERED, "")
    status, out = verified(worked)
    assert (status, "not what its certificate says" in out) == (TAMPERED, True)


def test_what_was_done_under_an_open_login_stands_when_the_record_goes_on(
    worked: House, memory: Path
) -> None:
    steal(worked, "pat", memory)
    assert type_in(worked, "nobody", "show", "1", XDG_RUNTIME_DIR=memory).status == 0
    by_nobody(worked)
    answer = resume(worked)
    assert (answer.status, "recording.shown" in answer.out) == (0, False), answer
    status, out = verified(worked)
    assert (status, out.startswith("INTACT, resumed at ")) == (0, True)
    assert type_in(worked, "nobody", "show", "1", XDG_RUNTIME_DIR=memory).status == 0
    assert verified(worked)[0] == 0


@pytest.mark.parametrize("act", ["search", "request.approved"])
def test_what_a_session_may_not_sign_is_set_aside_when_the_record_goes_on(
    act: str, worked: House, memory: Path
) -> None:
    thief = steal(worked, "pat", memory)
    if act == "search":
        end_sessions(worked.open(), worked.actor("pat"), login="pat")
    seq = thief.writes(act)
    assert verified(worked)[0] == TAMPERED
    answer = resume(worked)
    assert (answer.status, f"{seq}" in answer.out) == (0, True), answer
    for depth in ([], ["--full"]):
        verify = type_in(worked, "dora", "audit", "verify", *depth)
        assert (verify.status, verify.out[:18]) == (0, "INTACT, resumed at"), verify
    listed = json.loads(done(worked, "dora", "--json", "audit", "list", "--actor", "pat"))
    assert seq not in [each["seq"] for each in listed["items"]]


@pytest.mark.parametrize("after", ["mia", "dora"])
def test_an_entry_without_its_signature_stands_on_another_s_word_and_not_on_one_s_own(
    after: str, worked: House, memory: Path
) -> None:
    """Who governs gives nobody's name to acts of their own, under an open login neither."""
    thief, pat = steal(worked, after, memory), worked.actor("pat")
    with writing(worked.open(), pat.signer) as log:
        seq = log.leaf("search", actor=pat.person.id)
    thief.writes("search")
    practice = worked.open()
    dora = worked.actor("dora").person.id
    by_sql(worked, "DELETE FROM checkpoint WHERE size = :it", it=seq + 1)
    with reading(practice.engine) as connection:
        assert stands_unsigned(connection, practice.register, seq, by=dora) is (after == "mia")

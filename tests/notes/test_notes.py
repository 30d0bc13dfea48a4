"""Who writes what on a recording, in whose name, and where it is read back [policy 4(d), 4(e)]."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.errors import CallrecError, Locked, NotFound, Refused, Tampered
from callrec.notes.log import NOTES, NoteBody, NoteVersion, notes_on, read_notes
from callrec.notes.note import write_note
from callrec.policy.purpose import Purpose
from callrec.policy.rights.note import NoteAct, NoteState
from callrec.practice import writing
from callrec.record.versions import fresh_nonces
from callrec.registers.audit import LogFilter, list_audit
from callrec.registers.verify import Verdict, check_vault
from callrec.requests.gather import gather_recordings
from callrec.retention.people import erase_subject
from callrec.search.show import show_recording
from house.commands import type_in
from house.erasures import erase
from house.holds import ANN, ask, problems, verdict, with_two_callers
from house.listening import hear
from house.practices import House, without_password
from house.requests import (
    a_request,
    approve,
    by_sql,
    further_of,
    logged_in,
    request_id,
    rows,
    signed_in,
)
from house.stages import GRANTED, Stage, copied
from house.subjects import a_person

HOW = "She gives her name and the first line of her address"

NOTED = "The other voice is her husband, who was not asked"


def heard(house: House) -> None:
    """sam heard recording 1 under R-1; S-1 is on the register."""
    hear(house)
    a_person(house)


listened = copied(Stage("listened", heard, after=GRANTED))


def write(house: House, login: str = "sam", recording: int = 1, **said: Any) -> str:
    known = {"text": HOW, "person": "S-1", **said}
    return write_note(house.practice, signed_in(house, login), recording, **known).reference


def test_who_heard_it_says_who_was_heard_and_it_is_read_back(listened: House) -> None:
    assert write(listened) == "N-1"
    assert write(listened, text=NOTED, person="") == "N-2"
    shown = show_recording(listened.practice, logged_in(listened, "max"), 1)
    told = [(each.reference, each.person, each.text, each.by) for each in shown.notes]
    assert told == [("N-1", "S-1", HOW, "sam"), ("N-2", "", NOTED, "sam")]
    dossier = type_in(listened, "dora", "request", "dossier", "R-1")
    assert HOW in " ".join(dossier.out.split())
    assert verdict(listened) is Verdict.INTACT


@pytest.mark.parametrize("login", ["max", "pat", "dora"])
def test_who_handles_a_request_for_it_writes_one(listened: House, login: str) -> None:
    """max and pat may decide it, dora as well."""
    assert write(listened, login) == "N-1"
    assert problems(listened) == []


@pytest.mark.parametrize(("login", "recording"), [("ava", 1), ("sam", 3), ("mia", 3), ("sam", 9)])
def test_nobody_else_writes_one(listened: House, login: str, recording: int) -> None:
    with pytest.raises(CallrecError) as refused:
        write(listened, login, recording)
    assert isinstance(refused.value, Refused | NotFound)
    assert rows(listened, "SELECT * FROM note") == []


def test_an_open_session_writes_nothing_in_anybody_s_name(listened: House) -> None:
    actor = without_password(signed_in(listened, "dora"))
    with pytest.raises(Locked, match="your name"):
        write_note(listened.practice, actor, 1, text=HOW, person="S-1")


def test_who_wrote_it_changes_it_and_nobody_else(listened: House) -> None:
    write(listened)
    assert write(listened, text=NOTED, person="", note="N-1") == "N-1"
    with pytest.raises(Refused, match="only the person who wrote"):
        write(listened, "dora", note="N-1")
    (shown,) = show_recording(listened.practice, logged_in(listened, "max"), 1).notes
    assert (shown.person, shown.text) == ("", NOTED)
    with pytest.raises(NotFound):
        write(listened, recording=2, note="N-1")


@pytest.mark.parametrize("said", [{"text": "her"}, {"person": "S-9"}], ids=str)
def test_what_is_wrong_writes_nothing(listened: House, said: dict[str, Any]) -> None:
    with pytest.raises((Refused, NotFound)):
        write(listened, **said)
    assert rows(listened, "SELECT * FROM note") == []


def own_note(house: House, login: str, act_: NoteAct = NoteAct.MADE, *, under: str = "R-1") -> None:
    """By a program of their own, which checks nothing."""
    practice, actor = house.practice, signed_in(house, login)
    (uid,) = rows(house, "SELECT uid FROM recording WHERE id = 1")[0]
    before: tuple[Leaf, ...] = ()
    with writing(practice, actor.signer) as act:
        which = NoteVersion(practice.vault, "9c" * 16, 1, uid, actor.person.id)
        if act_ is NoteAct.CHANGED:
            row = NOTES.find(act.connection, "N-1")
            history = NOTES.read(act.connection, practice.register, row.id)
            which, before = history.version_id(practice.vault, 2), history.leaves
        NOTES.log_version(
            practice,
            act,
            actor,
            what=act_,
            body=NoteBody(number=1, person="S-1", text=NOTED, **fresh_nonces()),
            version_id=which,
            subject=[] if before else [uid, request_id(house, under)],
            before=before,
        )


@pytest.mark.parametrize(
    ("login", "act"), [("ava", NoteAct.MADE), ("door", NoteAct.MADE), ("dora", NoteAct.CHANGED)]
)
def test_a_note_in_another_s_name_or_by_who_may_not_is_tampering(
    listened: House, login: str, act: NoteAct
) -> None:
    if act is NoteAct.CHANGED:
        write(listened)
    own_note(listened, login, act)
    wrong = f"the history of a note has {act} by somebody who may not"
    assert problems(listened) == [wrong]
    with reading(listened.practice.engine) as connection, pytest.raises(Tampered, match=wrong):
        read_notes(listened.practice, logged_in(listened, "max"), connection)


CHANGES = {
    "another writer": "UPDATE note SET written_by = (SELECT id FROM person WHERE login = 'pat')",
    "another recording": "UPDATE note SET recording = (SELECT uid FROM recording WHERE id = 2)",
    "erased": "UPDATE note SET state = 'erased'",
    "another version": "UPDATE note SET version = 2",
    "another number": "UPDATE note SET number = 7",
    "other bytes": "UPDATE note_version SET sealed = CAST(substr(sealed, 1, 40) || zeroblob(8)"
    " || substr(sealed, 49) AS BLOB)",
    "no version": "DELETE FROM note_version",
    "no key": "DELETE FROM note_key",
    "another key": "UPDATE note_key SET key_version = 9",
    "no note": "DELETE FROM note",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whoever_changes_one_in_the_database_is_found(listened: House, change: str) -> None:
    write(listened)
    if change == CHANGES["no note"]:
        by_sql(listened, CHANGES["no version"])
        by_sql(listened, CHANGES["no key"])
    by_sql(listened, change)
    assert verdict(listened) is Verdict.TAMPERED


@pytest.mark.parametrize("change", ["another recording", "erased", "no note"])
@pytest.mark.parametrize("of_all", [True, False], ids=["of all", "of its recording"])
def test_whoever_hides_one_in_the_database_is_found_where_notes_are_read(
    listened: House, change: str, *, of_all: bool
) -> None:
    """Else a request about a person would miss the recording in which somebody heard them."""
    write(listened)
    uids = [uid for (uid,) in rows(listened, "SELECT recording FROM note")]
    if change == "no note":
        by_sql(listened, CHANGES["no version"])
        by_sql(listened, CHANGES["no key"])
    by_sql(listened, CHANGES[change])
    actor = logged_in(listened, "max")
    with reading(listened.practice.engine) as connection, pytest.raises(Tampered, match="note N-1"):
        read_notes(listened.practice, actor, connection, None if of_all else uids)


@pytest.mark.parametrize("change", ["another recording", "erased"])
def test_a_note_that_somebody_hid_goes_with_its_recording_all_the_same(
    listened: House, change: str
) -> None:
    write(listened)
    uids = [uid for (uid,) in rows(listened, "SELECT recording FROM note")]
    by_sql(listened, CHANGES[change])
    with reading(listened.practice.engine) as connection:
        (history,) = notes_on(listened.practice, connection, uids)
    assert (history.recording, history.state) == (uids[0], NoteState.WRITTEN)
    if change == "another recording":
        others = [uid for (uid,) in rows(listened, "SELECT recording FROM note")]
        with reading(listened.practice.engine) as connection:
            assert not notes_on(listened.practice, connection, others)


@pytest.fixture
def callers(house: House) -> House:
    """Calls 1 and 2 are Ann's, 3 and 4 Bob's; S-1 is Ann; a request about her names none yet."""
    with_two_callers(house)
    a_person(house, names=("Ann Gower",), numbers=(ANN,))
    return house


def test_gathering_finds_a_recording_in_which_somebody_was_heard(callers: House) -> None:
    asked: dict[str, Any] = {"purpose": Purpose.SUBJECT_ACCESS, "number": ANN, "person": "S-1"}
    ask(callers, "max", recordings=(3,), **asked)
    write(callers, "max", 3)
    came_to = gather_recordings(callers.practice, logged_in(callers, "max"), "R-1", leave_out={})
    assert {each.id for each in came_to.found} == {1, 2, 3}
    assert verdict(callers) is Verdict.INTACT


def sealed_notes(house: House) -> list[object]:
    return rows(house, "SELECT sealed FROM note_version UNION SELECT sealed FROM note_key")


def test_what_is_noted_under_a_request_that_is_kept_from_somebody_is_kept_too(
    stocked: House,
) -> None:
    """Whatever else the same person handles for it; and that it was changed is in no list."""
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told="no")
    asks = {"further": further, "parties": ("Pat Ellison",)}
    for _ in range(8):  # which comes first by its id is chance
        a_request(stocked, "max", recordings=[1])
    a_request(stocked, "max", purpose=Purpose.OUTSIDE_BODY, recordings=[1], **asks)
    max_ = signed_in(stocked, "max")
    made = write_note(stocked.practice, max_, 1, text=NOTED)
    write_note(stocked.practice, max_, 1, text=f"{NOTED} twice", note=made.reference)
    seen = {
        login: list_audit(
            stocked.practice, signed_in(stocked, login), LogFilter(action="note"), limit=9
        )[1]
        for login in ("dora", "pat")
    }
    assert seen == {"dora": 2, "pat": 0}
    shown = show_recording(stocked.practice, signed_in(stocked, "pat"), 1)
    assert shown.notes == ()
    assert len(show_recording(stocked.practice, max_, 1).notes) == 1


def test_it_goes_with_its_person(listened: House) -> None:
    write(listened)
    write(listened, text=NOTED, person="")
    dora = signed_in(listened, "dora")
    erase_subject(listened.practice, dora, "S-1", volumes=(), check=check_vault)
    listened.open()
    (shown,) = show_recording(listened.practice, logged_in(listened, "max"), 1).notes
    assert (shown.reference, shown.text) == ("N-2", NOTED)
    assert len(sealed_notes(listened)) == 2
    assert verdict(listened) is Verdict.INTACT


def test_it_goes_with_its_recording(callers: House) -> None:
    asked: dict[str, Any] = {"purpose": Purpose.ERASURE, "number": ANN, "recordings": (1,)}
    reference = ask(callers, "max", **asked)
    write(callers, "max", 1, text=NOTED, person="")
    approve(callers, reference, "dora", to="dora", recordings=(1,))
    erase(callers, reference)
    assert sealed_notes(callers) == []
    assert rows(callers, "SELECT state FROM note") == [("erased",)]
    with pytest.raises(NotFound):
        write(callers, "max", 1, text=NOTED, person="")
    assert verdict(callers) is Verdict.INTACT

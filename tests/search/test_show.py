"""Showing one recording: masked, on record, and only if all of it is as it was sealed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_leaf, stored_head
from callrec.calls.custody import Opening, find_recording
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.catalogue.written import digest, signed_tables
from callrec.errors import NotFound, Refused, Tampered
from callrec.intake import batch as intake_batch
from callrec.policy.notice import CallerTold, NoticeKind
from callrec.search.show import CheckedRecording, SourceFile, show_recording
from callrec.telephone import call as telephone
from house.calls import NINE, a_call, plant, take_in
from house.holds import contradictions
from house.practices import House
from house.stages import Stage, copied


def show(house: House, number: int = 2, *, login: str = "max") -> CheckedRecording:
    actor = house.session(login)
    return show_recording(house.practice, actor, number)


def last_leaf(house: House) -> Leaf:
    with reading(house.practice.engine) as connection:
        return read_leaf(connection, stored_head(connection).size - 1)[0]


def uid_of(house: House, number: int) -> str:
    uid = tables.recording.c.uid
    with reading(house.practice.engine) as connection:
        return str(connection.execute(select(uid).where(tables.recording.c.id == number)).scalar())


def sealed_file(house: House, number: int) -> Path:
    name = tables.recording.c.ciphertext
    with reading(house.practice.engine) as connection:
        found = connection.execute(select(name).where(tables.recording.c.id == number)).scalar()
    return house.practice.store.path(str(found))


def change(house: House, statement: str) -> None:
    """What somebody does who can write the database."""
    with transaction(house.practice.engine) as connection:
        assert connection.execute(text(statement)).rowcount > 0


def fill(house: House) -> None:
    """Three recordings, the last of them of another batch."""
    take_in(house, [a_call(), a_call()])
    take_in(house, [a_call(number="+441144960123")])


house = copied(Stage("filled", fill))


def test_what_is_known_is_shown_masked(house: House) -> None:
    call = show(house).call
    assert (call.id, call.uid, call.started_at) == (2, uid_of(house, 2), NINE)
    assert (call.number, call.parties) == ("•••••••0123", ("A•••• U••••",))
    assert (call.extension, call.direction, call.duration_s) == ("201", "inbound", 60)


def test_the_names_that_it_came_in_under_are_masked(house: House) -> None:
    assert show(house).provenance == (SourceFile("s••••", "2024-01-04T09:00:00.000Z"),)


def test_it_is_on_record_that_it_was_shown(house: House) -> None:
    shown = show(house)
    leaf = last_leaf(house)
    assert (leaf.act, leaf.seq, leaf.outcome) == ("recording.shown", shown.seq, Outcome.DONE)
    assert leaf.subject == (uid_of(house, 2),)


@pytest.mark.parametrize("login", ["sam", "ava"])
def test_whoever_may_not_search_is_shown_nothing(house: House, login: str) -> None:
    with pytest.raises(Refused, match=r"\[policy 4\(a\)\]"):
        show(house, login=login)
    assert last_leaf(house).outcome is Outcome.REFUSED


def test_a_recording_that_does_not_exist_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        show(house, 4)
    assert last_leaf(house).outcome is Outcome.FAILED


def with_announcement(house: House, on: date) -> None:
    """One that was in force for a single day of the practice."""
    said = {"kind": "announcement", "version": "A", "from": on, "until": on}
    house.decide(notices=[said])


def test_its_day_is_the_practices_own_and_not_that_of_utc(house: House) -> None:
    night = datetime(2024, 7, 3, 23, 30, tzinfo=UTC)  # half past midnight in London
    (number,) = take_in(house, [a_call(started_at=night)])
    with_announcement(house, date(2024, 7, 4))
    shown = show(house, number)
    assert shown.notices[NoticeKind.ANNOUNCEMENT] == "A"
    assert shown.caller_told is CallerTold.INBOUND_ANNOUNCEMENT


def test_without_an_announcement_an_incoming_caller_was_told_nothing(house: House) -> None:
    with_announcement(house, date(2024, 7, 4))
    shown = show(house)
    assert set(shown.notices.values()) == {None}
    assert shown.caller_told is CallerTold.NONE


def test_what_the_call_s_own_record_says_of_the_telling_counts(house: House) -> None:
    spoken = a_call(direction=telephone.Direction.OUTBOUND, said={"caller_told": "outbound-spoken"})
    odd = a_call(direction=telephone.Direction.OUTBOUND, said={"caller_told": "by pigeon"})
    numbers = take_in(house, [spoken, odd])
    told = [show(house, number).caller_told for number in numbers]
    assert told == [CallerTold.OUTBOUND_SPOKEN, CallerTold.UNKNOWN]


CHANGES = {
    "moved start": "UPDATE recording SET started_at = started_at - 86400000 WHERE id = 2",
    "duration": "UPDATE recording SET duration_ms = 1 WHERE id = 2",
    "direction": "UPDATE recording SET direction = 'outbound' WHERE id = 2",
    "size": "UPDATE recording SET size_bytes = size_bytes + 1 WHERE id = 2",
    "format": "UPDATE recording SET format = 'mp3' WHERE id = 2",
    "uid": "UPDATE recording SET uid = '0123456789abcdef0123456789abcdef' WHERE id = 2",
    "another file": "UPDATE recording SET ciphertext = (SELECT ciphertext FROM recording"
    " WHERE id = 1) WHERE id = 2",
    "bytes of metadata": "UPDATE metadata SET sealed = CAST(substr(sealed, 1, 40) || zeroblob(8)"
    " || substr(sealed, 49) AS BLOB) WHERE recording = 2",
    "no metadata": "DELETE FROM metadata WHERE recording = 2",
    "another revision": "UPDATE metadata SET revision = 2 WHERE recording = 2",
    "another batch": "UPDATE metadata SET batch = (SELECT batch FROM recording WHERE id = 3)"
    " WHERE recording = 2",
    "another batch's statement": "UPDATE batch SET statement = (SELECT statement FROM batch"
    " WHERE id = (SELECT batch FROM recording WHERE id = 3))"
    " WHERE id = (SELECT batch FROM recording WHERE id = 2)",
    "the statement's signature": "UPDATE statement SET signature = zeroblob(64)"
    " WHERE kind = 'batch'",
    "the statement": "UPDATE statement SET body = CAST(replace(CAST(body AS TEXT), 'ciphertext', "
    "'cyphertext') AS BLOB) WHERE kind = 'batch'",
    "its key": "UPDATE recording SET data_key = zeroblob(length(data_key)) WHERE id = 2",
    "its batch's key": "UPDATE batch SET recordings_key = zeroblob(length(recordings_key))"
    " WHERE id = (SELECT batch FROM recording WHERE id = 2)",
    "its key, and the digest of its row": "UPDATE written SET now = zeroblob(32)"
    " WHERE name = 'recording' AND key = '2'",
    "no digest of its row": "DELETE FROM written WHERE name = 'recording' AND key = '2'",
    "no leaf for the statement": "UPDATE leaf SET statement = NULL WHERE statement IN"
    " (SELECT digest FROM statement WHERE kind = 'batch')",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_found_and_named(house: House, statement: str) -> None:
    change(house, statement)
    with pytest.raises(Tampered, match=r"recording 2|entry [0-9]+") as named:
        show(house)
    # What is not as anybody signed it is named before anything is written.
    assert last_leaf(house).outcome is Outcome.FAILED or "entry" in named.value.message


def test_another_key_is_found_where_what_was_signed_for_its_row_is_made_to_fit(
    house: House,
) -> None:
    key = "UPDATE recording SET data_key = zeroblob(length(data_key)) WHERE id = 2"
    change(house, key)
    with reading(house.practice.engine) as connection:
        table = signed_tables()["recording"]
        found = {key: digest(lines) for key, lines, _ in connection.exec_driver_sql(table.every())}
    change(house, f"UPDATE written SET now = x'{(found['2'] or b'').hex()}' WHERE key = '2'")
    with pytest.raises(Tampered, match=r'the table "written" tells what nobody signed'):
        show(house)


def test_a_changed_byte_of_the_sealed_file_is_found(house: House) -> None:
    file = sealed_file(house, 2)
    sealed = bytearray(file.read_bytes())
    sealed[-1] ^= 1
    file.write_bytes(sealed)
    with pytest.raises(Tampered, match="the sealed file of recording 2"):
        show(house)


def test_a_sealed_file_that_is_gone_is_found(house: House) -> None:
    sealed_file(house, 2).unlink()
    with pytest.raises(Tampered, match="the sealed file of recording 2"):
        show(house)


def test_a_recording_that_somebody_put_there_without_the_power_is_not_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A partner holds every key that it takes, and may not ingest.
    monkeypatch.setattr(intake_batch, "check_may", lambda *_, **__: None)
    (number,) = take_in(house, [a_call()], by="pat")
    assert contradictions(house) == [
        "a statement about recordings or drives was made by somebody without the power"
    ]
    with pytest.raises(Tampered, match=f"recording {number}"):
        show(house, number)


def test_metadata_that_somebody_sealed_himself_are_not_shown(house: House) -> None:
    with reading(house.practice.engine) as connection:
        row = find_recording(connection, 2)
        true = Opening(house.practice, house.actor("max"), connection).checked(row).fields
    plant(house, 2, {**true, "number": "+441144960123"})
    with pytest.raises(Tampered, match="recording 2"):
        show(house)

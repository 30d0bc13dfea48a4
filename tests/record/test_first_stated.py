"""What was taken in is stated once: whoever states it again, as something else, is found out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import pytest
from sqlalchemy import Connection, select

from callrec.calls import custody
from callrec.calls.custody import POWER_TO_STATE, REENCRYPTED, OpenedRecording, Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Tampered
from callrec.record import statements as listing
from callrec.record.statements import first_of_restated, first_stated
from house.holds import contradictions
from house.practices import House
from house.requests import by_sql, rows
from house.restated import ANOTHER_NUMBER, add_revision, take_in_again
from house.spool import recordings_of

Opened: TypeAlias = Callable[[House], Sequence[OpenedRecording]]


@pytest.fixture(params=[False, True], ids=["one by one", "as a whole"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens every recording, each looked up by itself or all at once."""
    return partial(recordings_of, whole=request.param)


def insert_row(house: House, number: int) -> None:
    by_sql(
        house,
        "INSERT INTO recording SELECT :number, :uid, batch, data_key, 'cd', started_at,"
        " duration_ms, direction, size_bytes, format, state FROM recording WHERE id = 1",
        number=number,
        uid="ab" * 16,
    )


def problems(house: House) -> set[str]:
    return {*contradictions(house)}


def test_no_other_sound_is_slipped_under_the_uid_of_a_recording(
    stocked: House, opened: Opened
) -> None:
    take_in_again(stocked)
    with pytest.raises(Tampered, match="stated once more"):
        opened(stocked)
    assert problems(stocked) == {
        "1 revisions of recordings were stated once more",
        "recording 1 is not as its batch's statement lists it",
    }


def test_nor_where_its_listing_is_not_in_the_form_that_intake_writes(
    stocked: House, opened: Opened
) -> None:
    take_in_again(stocked, more={"sees": "no regular expression"})
    with pytest.raises(Tampered, match="stated once more"):
        opened(stocked)


def test_a_statement_that_lists_a_recording_twice_is_found_out(
    stocked: House, opened: Opened
) -> None:
    take_in_again(stocked, copies=2)
    with pytest.raises(Tampered, match="lists a recording twice"):
        opened(stocked)
    assert problems(stocked) == {
        "2 revisions of recordings were stated once more",
        "recording 1 is not as its batch's statement lists it",
    }


def test_a_further_revision_counts_as_it_was_stated_first(stocked: House, opened: Opened) -> None:
    add_revision(stocked, provenance=[{"modified_at": "2024-07-04T13:05:01.000Z", "name": "/a"}])
    assert opened(stocked)[0].revision == 2
    add_revision(stocked, provenance=[{"modified_at": "2024-07-04T13:05:01.000Z", "name": "/b"}])
    with pytest.raises(Tampered, match="stated once more"):
        opened(stocked)
    assert problems(stocked) == {"1 revisions of recordings were stated once more"}


def test_what_was_stated_first_opens_once_its_rows_are_put_back(
    stocked: House, opened: Opened
) -> None:
    (was,) = rows(stocked, "SELECT * FROM recording WHERE id = 1")
    (said,) = rows(stocked, "SELECT * FROM metadata WHERE recording = 1")
    take_in_again(stocked)
    by_sql(
        stocked,
        "UPDATE recording SET batch = :batch, ciphertext = :ciphertext, data_key = :data_key,"
        " size_bytes = :size_bytes WHERE id = 1",
        **{name: getattr(was, name) for name in ("batch", "ciphertext", "data_key", "size_bytes")},
    )
    by_sql(
        stocked,
        "UPDATE metadata SET batch = :batch, sealed = :sealed WHERE recording = 1",
        batch=said.batch,
        sealed=said.sealed,
    )
    assert opened(stocked)[0].fields["number"] != ANOTHER_NUMBER
    assert "1 revisions of recordings were stated once more" in problems(stocked)


def test_audit_verify_finds_a_recording_whose_metadata_are_gone(stocked: House) -> None:
    by_sql(stocked, "DELETE FROM metadata WHERE recording = 1")
    assert "recording 1 is not as its batch's statement lists it" in problems(stocked)


def test_audit_verify_finds_a_recording_that_nobody_took_in(stocked: House) -> None:
    insert_row(stocked, 99)
    assert "recording 99 is not as its batch's statement lists it" in problems(stocked)


def test_nobody_seals_anew_what_was_never_taken_in(stocked: House) -> None:
    insert_row(stocked, 99)
    with pytest.raises(Tampered, match="was written by no entry of the log"):
        take_in_again(stocked, 99, login="dora", kind=REENCRYPTED)


@pytest.mark.parametrize("few", [0, 8])
def test_few_and_many_are_found_alike(
    stocked: House, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_FEW", few)
    take_in_again(stocked)
    (digest,) = rows(
        stocked,
        "SELECT statement FROM leaf JOIN statement ON digest = statement WHERE kind = 'batch'"
        " ORDER BY seq LIMIT 1",
    )
    uids = {row.uid for row in rows(stocked, "SELECT uid FROM recording WHERE id < 3")}
    with reading(stocked.practice.engine) as connection:
        found = first_stated(connection, uids, POWER_TO_STATE.keys())
    assert found == {(uid, 1): digest.statement for uid in uids}


def test_of_all_recordings_nothing_is_held_but_what_was_stated_again(stocked: House) -> None:
    kinds = POWER_TO_STATE.keys()

    def held() -> Mapping[tuple[str, int], str]:
        with reading(stocked.practice.engine) as connection:
            return first_of_restated(connection, kinds)

    (row,) = rows(stocked, "SELECT uid FROM recording WHERE id = 2")
    assert held() == {}
    take_in_again(stocked, 2)
    with reading(stocked.practice.engine) as connection:
        assert held() == first_stated(connection, [row.uid], kinds) != {}


def test_the_statements_are_read_once_for_all_that_is_looked_up(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(
        connection: Connection, uids: Collection[str], kinds: Collection[str]
    ) -> Mapping[tuple[str, int], str]:
        asked.append(len(uids))
        return first_stated(connection, uids, kinds)

    monkeypatch.setattr(custody, "first_stated", counted)
    with reading(stocked.practice.engine) as connection:
        every = connection.execute(select(tables.recording)).all()
        opening = Opening(stocked.practice, stocked.actor("dora"), connection)
        opening.look_up(every)
        assert [opening.checked(row).id for row in every] == [row.id for row in every]
    assert asked == [len(every)]

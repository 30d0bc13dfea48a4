"""What is typed: the command that stamps, and that a day's first entry has it done beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from callrec.package.callrec_verify import read_stamp
from callrec.stamps.waiting import waiting_files
from house.commands import done, type_in
from house.practices import House
from house.requests import rows
from house.stages import copied
from house.time_authority import TimeAuthority, reply, stamped_by, time_authority

PATIENCE_S = 120
"""Seconds after which something that should have happened has not."""

unstamped = copied(None)


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


@pytest.fixture(name="house")
def _house(unstamped: House, authority: TimeAuthority) -> House:
    unstamped.at = datetime.now(UTC)
    stamped_by(unstamped, authority)
    return unstamped


def test_who_is_logged_in_has_the_record_stamped_and_keeps_a_copy_elsewhere(
    house: House, tmp_path: Path
) -> None:
    kept = tmp_path / "head"
    said = json.loads(done(house, "max", "audit", "stamp", "--to", str(kept), "--json"))
    assert (said["authority"], said["on_record"]) == ("Test Time Root", True)
    against = ("audit", "verify", "--against", str(tmp_path / "head.tsr"), "--against", str(kept))
    told = done(house, "max", *against)
    assert f"{said['size']} entries signed no later than " in told
    assert "says Test Time Root" in told
    assert "record last stamped with the time: " in done(house, "max", "status")


def test_a_copy_of_the_record_for_others_has_the_stamps(house: House, tmp_path: Path) -> None:
    done(house, "max", "audit", "stamp")
    copy = tmp_path / "record.jsonl"
    done(house, "ava", "audit", "export", "--to", str(copy))
    lines = [json.loads(line) for line in copy.read_text().splitlines()]
    (stamp,) = [line["stamp"] for line in lines if "stamp" in line]
    notes = {
        int(note.split("\n")[1]): note
        for note in (each.get("checkpoint") for each in lines)
        if note
    }
    token = read_stamp(base64.b64decode(stamp["token"]))
    assert token.is_of(notes[stamp["size"]].encode())


def test_nobody_has_to_be_logged_in(house: House) -> None:
    assert "with the next entry of anybody" in done(house, "nobody", "audit", "stamp")
    done(house, "max", "user", "list")
    assert len(rows(house, "SELECT size FROM stamp")) == 1


def test_the_day_s_first_entry_has_it_done_and_does_not_wait(
    house: House, authority: TimeAuthority
) -> None:
    asked, go_on = Event(), Event()

    def slowly(query: bytes) -> bytes:
        asked.set()
        assert go_on.wait(PATIENCE_S)
        return reply(authority.folder, query)

    authority.answer = slowly
    done(house, "max", "user", "list")
    assert asked.wait(PATIENCE_S)
    assert not waiting_files(house.config.vault)
    go_on.set()
    arrived, beats = Event(), 0
    while not waiting_files(house.config.vault) and beats < PATIENCE_S * 20:
        beats += 1
        arrived.wait(0.05)
    done(house, "max", "user", "list")
    assert len(rows(house, "SELECT size FROM stamp")) == 1


def test_an_authority_that_is_gone_is_told_by_status_and_stops_nothing(
    house: House, authority: TimeAuthority
) -> None:
    authority.status = 503
    answer = type_in(house, "max", "audit", "stamp")
    assert answer.status == 1
    assert "the time-stamping authority answered 503" in answer.err
    done(house, "max", "user", "list")
    told = done(house, "max", "status")
    assert "record stamped with the time: never" in told
    assert "the record has no time stamp yet: the time-stamping authority answered 503" in told

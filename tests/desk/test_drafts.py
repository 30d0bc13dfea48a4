"""What was filled in at the desk and is not done: kept sealed, and opened by the next login."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.identity import Identity
from callrec.desk.drafts import restore_drafts
from callrec.desk.exchange import Asked, Upload
from callrec.desk.keeping import answer_late
from callrec.errors import Tampered
from callrec.login.people import find_person
from callrec.login.unlock import Unlocked
from callrec.system.runtime import runtime_folder
from house.complaints import CONTACT, WRONG
from house.desks import Visit, a_desk, visit
from house.practices import House
from house.requests import AGREEMENT, REASON

COMPLAINT: dict[str, Any] = {"from": "Siân Roberts", "contact": CONTACT, "what": WRONG}

PATH = "/requests/new/disciplinary"


def next_login(house: House, login: str) -> Visit:
    """Somebody who logs in again, by their password."""
    again, (row, _) = visit(house, login), find_person(house.practice, login)
    identity = Identity.from_seed(house.seeds[login], house.practice.vault)
    restore_drafts(again.seat, Unlocked(row.id, login, identity, claimed=False))
    return again


def file_of(house: House, login: str) -> Path:
    folder, (row, _) = runtime_folder(house.environ), find_person(house.practice, login)
    assert folder is not None
    return folder / f"{house.practice.vault}.{row.id}.forms"


def test_a_login_that_ended_loses_nothing_and_the_next_is_told_where_it_is(house: House) -> None:
    sam = visit(house, "sam")
    letter = Upload("letter.pdf", AGREEMENT)
    sam.fill_in(PATH, files={"agreement": letter}, reason=REASON, time="14:05", act="keep")
    house.at += timedelta(hours=9)
    again = next_login(house, "sam")
    inbox = again.open("/")
    assert "You did not finish this, and it is kept: make a request." in inbox.words
    assert PATH in inbox.links
    form = again.open(PATH)
    assert (form.fields["reason"], form.fields["time"]) == ([REASON], ["14:05"])
    assert f"PDF, {len(AGREEMENT)} bytes" in form.words


def test_what_is_sent_after_the_login_had_ended_is_there_at_the_next(house: House) -> None:
    sam = visit(house, "sam")
    sam.open("/complaints/new")
    house.at += timedelta(hours=8, seconds=1)
    assert sam.fill_in("/complaints/new", **COMPLAINT).answered.ends
    form = next_login(house, "sam").open("/complaints/new")
    assert {name: form.fields[name] for name in COMPLAINT} == {
        name: [text] for name, text in COMPLAINT.items()
    }


def test_what_another_site_sends_is_kept_for_nobody(house: House) -> None:
    sam = visit(house, "sam")
    house.at += timedelta(hours=8, seconds=1)
    sam.fill_in("/complaints/new", token="forged", **COMPLAINT)
    assert not file_of(house, "sam").exists()


def test_it_opens_with_what_the_format_names_alone(house: House) -> None:
    sam = visit(house, "sam")
    sam.fill_in("/complaints/new", **COMPLAINT)
    file, vault = file_of(house, "sam"), house.practice.vault
    row, _ = find_person(house.practice, "sam")
    bound = context("desk draft", vault, person=row.id)
    sealed = file.read_bytes()
    assert WRONG.encode() not in sealed
    assert file.stat().st_mode & 0o777 == 0o600
    seed = Identity.from_seed(house.seeds["sam"], vault).kem
    (path, draft), *_ = json.loads(primitives.hpke_open(seed, sealed, bound)).items()
    assert path == "/complaints/new"
    assert draft == {"fields": {name: [text] for name, text in COMPLAINT.items()}, "files": {}}
    other = Identity.from_seed(house.seeds["max"], vault).kem
    with pytest.raises(Tampered):
        primitives.hpke_open(other, sealed, bound)


def test_what_its_person_left_for_more_than_a_week_goes_with_anybodys_login(house: House) -> None:
    for login in ("sam", "pat"):
        visit(house, login).fill_in("/complaints/new", **COMPLAINT)
    week_ago = time.time() - timedelta(days=7, minutes=1).total_seconds()
    os.utime(file_of(house, "sam"), (week_ago, week_ago))
    next_login(house, "max")
    assert [file_of(house, login).exists() for login in ("sam", "pat")] == [False, True]


def test_it_goes_when_the_desk_is_started(house: House) -> None:
    visit(house, "sam").fill_in("/complaints/new", **COMPLAINT)
    week_ago = time.time() - timedelta(days=7, minutes=1).total_seconds()
    os.utime(file_of(house, "sam"), (week_ago, week_ago))
    with a_desk(house):
        assert not file_of(house, "sam").exists()


def test_nobody_else_opens_it_and_what_is_done_is_forgotten(house: House) -> None:
    sam = visit(house, "sam")
    sam.fill_in("/complaints/new", **COMPLAINT)
    assert next_login(house, "max").open("/complaints/new").fields["what"] == []
    sam.fill_in("/complaints/new", how="letter", **COMPLAINT)
    assert not file_of(house, "sam").exists()
    assert next_login(house, "sam").open("/complaints/new").fields["what"] == []


def test_what_is_sent_after_idle_minutes_ended_the_login_is_there_at_the_next(house: House) -> None:
    sam = visit(house, "sam")
    typed = {name: [text] for name, text in COMPLAINT.items()}
    sam.seat.leave()
    asked = Asked("POST", "/complaints/new", {}, {"token": [sam.seat.token], **typed})
    assert answer_late(sam.seat, asked).to == "/login?ended"
    form = next_login(house, "sam").open("/complaints/new")
    assert {name: form.fields[name] for name in COMPLAINT} == typed

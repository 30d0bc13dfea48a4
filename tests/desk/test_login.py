"""Who is logged in at the desk, and when that ends."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from callrec.desk.rendering import bare_page
from callrec.login.sessions import end_sessions
from house.desks import visit
from house.practices import House


def test_a_page_says_who_is_logged_in(house: House) -> None:
    inbox = visit(house, "pat").open("/")
    assert inbox.status == 200
    assert "Your inbox" in inbox.words
    assert "Logged in as <b>pat</b>" in inbox.html


def test_a_login_ends_with_its_eight_hours(house: House) -> None:
    pat = visit(house, "pat")
    house.at += timedelta(hours=8, seconds=1)
    assert pat.open("/").answered.ends


def test_a_session_that_was_ended_elsewhere_opens_no_page(house: House) -> None:
    pat = visit(house, "pat")
    assert end_sessions(house.practice, house.actor("dora"), login="pat") == 1
    shown = pat.open("/")
    assert (shown.answered.to, shown.answered.ends) == ("/login?ended", True)


def test_each_page_says_when_the_login_ends_and_staying_puts_that_off(house: House) -> None:
    pat = visit(house, "pat")
    assert 'data-seconds="900" data-most="28800"' in pat.open("/").html
    house.at += timedelta(minutes=14)
    staying = json.loads(pat.fill_in("/stay").answered.body)
    assert staying == {"seconds": 900, "most": 28800 - 14 * 60}
    house.at += timedelta(hours=7, minutes=40)
    staying = json.loads(pat.fill_in("/stay").answered.body)
    assert staying == {"seconds": 360, "most": 360}


def test_a_form_of_another_login_does_nothing(house: House) -> None:
    pat, another = visit(house, "pat"), visit(house, "max")
    shown = pat.fill_in("/logout", token=another.seat.token)
    assert shown.status == 403
    assert "not of your login" in shown.words
    assert pat.open("/").status == 200


def test_nothing_is_under_the_name_of_people_who_are_not_logged_in(house: House) -> None:
    on_record = "on record, under your name"
    assert on_record in visit(house, "pat").open("/").html
    assert on_record not in bare_page("login.html", said={}, login="", ended=True).body.decode()


def test_a_bug_in_a_page_tells_a_file_and_a_line_and_nothing_of_what_it_held(
    house: House, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **_given: object) -> None:
        raise KeyError("Agnes Underhill")

    monkeypatch.setattr("callrec.desk.pages.account.page", broken)
    shown = visit(house, "pat").open("/account/password")
    assert shown.status == 500
    assert re.search(r"A bug: KeyError at test_login.py:\d+", shown.words)
    assert re.fullmatch(
        r"callrec desk: a bug: KeyError at test_login.py:\d+\n", capfd.readouterr().err
    )
    assert "Underhill" not in shown.html

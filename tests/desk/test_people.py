"""People at the desk: who comes, changes and leaves, by the same acts as at a terminal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from callrec.login.people import find_person
from callrec.login.unlock import AwaitingConfirmation, log_in, unlock_person
from callrec.package.whole import key_words
from callrec.policy.role import Power, Role, Standing, powers_of
from callrec.practice import today
from house.commands import by_two, done, reset_by_two, type_in
from house.desks import Visit, visit, written
from house.practices import House, password_of

SECOND: dict[str, Any] = {"second": "pat", "second_password": password_of("pat")}
"""Pat signs beside the person who fills a form in."""


def page_of(house: House, login: str) -> str:
    """Where somebody's page is."""
    return f"/people/{find_person(house.practice, login)[0].id}"


def change(visitor: Visit, login: str, what: str, **fields: Any) -> str:
    """What a form about somebody answers."""
    return visitor.fill_in(f"{page_of(visitor.house, login)}/{what}", **fields).words


def person(house: House, login: str) -> Any:
    return house.open().register.person(find_person(house.practice, login)[0].id)


def joins(house: House, login: str, provisional: str) -> str:
    """Somebody logs in for the first time; returns the words of their key."""
    waiting = log_in(
        house.open(),
        login=login,
        password=provisional,
        new_password=lambda: password_of(login),
        environ=house.environ,
    )
    assert isinstance(waiting, AwaitingConfirmation)
    return key_words(waiting.fingerprint)


def test_everybody_is_listed_as_the_command_lists_them(house: House) -> None:
    for login in ("dora", "sam", "ava"):
        shown = visit(house, login).open("/people?as=json")
        typed = json.loads(done(house, login, "user", "list", "--json"))
        named = json.loads(shown.answered.body)["items"]
        assert [(each["user"], each["standing"]) for each in named] == [
            (each["user"], each["standing"]) for each in typed["items"]
        ]


def test_one_person_is_shown_as_the_command_shows_them(house: House) -> None:
    address = page_of(house, "max")
    dora = visit(house, "dora")
    typed = json.loads(done(house, "dora", "user", "show", "max", "--json"))
    typed.pop("by")
    assert json.loads(dora.open(f"{address}?as=json").answered.body) == typed
    assert written(house, lambda: dora.open(address)) == written(
        house, lambda: done(house, "dora", "user", "show", "max")
    )


def test_no_address_or_title_names_anybody(house: House) -> None:
    dora = visit(house, "dora")
    for login in ("max", "sam"):
        shown = dora.open(page_of(house, login))
        assert login not in "".join(shown.links)
        assert login not in shown.html.partition("</title>")[0].partition("<title>")[2]


def test_a_person_comes_and_is_confirmed_by_the_words_that_they_read_out(house: House) -> None:
    dora = visit(house, "dora")
    added = dora.fill_in("/people/add", user="nell", name="Nell Ashworth", role="manager")
    assert "nell is added as manager." in added.words
    (provisional,) = re.findall(r'class="passphrase">([^<]+)<', added.html)
    words = joins(house, "nell", provisional)
    refused = change(dora, "nell", "confirm", words="six other words than those said", **SECOND)
    assert "That was not done" in refused
    assert words not in refused
    assert words not in dora.open(page_of(house, "nell")).html
    told = change(dora, "nell", "confirm", words=words, **SECOND)
    assert "Nell is confirmed as manager, by dora and pat." in told
    assert person(house, "nell").standing is Standing.CONFIRMED


def test_a_provisional_password_is_shown_once(house: House) -> None:
    added = visit(house, "dora")
    first = added.fill_in("/people/add", user="nell", name="Nell Ashworth", role="staff")
    (provisional,) = re.findall(r'class="passphrase">([^<]+)<', first.html)
    again = added.open(first.address)
    assert provisional not in again.html
    assert "was shown here once" in again.words


def test_to_come_and_be_confirmed_is_on_record_as_at_a_terminal(house: House) -> None:
    dora = visit(house, "dora")

    def at_the_desk() -> None:
        added = dora.fill_in("/people/add", user="nell", name="Nell Ashworth", role="manager")
        (provisional,) = re.findall(r'class="passphrase">([^<]+)<', added.html)
        change(dora, "nell", "confirm", words=joins(house, "nell", provisional), **SECOND)

    def at_a_terminal() -> None:
        words = ("user", "add", "--name", "Ned Ashworth", "--role", "manager", "--json", "ned")
        provisional = json.loads(done(house, "dora", *words))["password"]
        said = joins(house, "ned", provisional)
        assert by_two(house, "user", "confirm", "ned", "--words", said).status == 0

    typed = [(each.act, each.outcome) for each in written(house, at_a_terminal)]
    assert [(each.act, each.outcome) for each in written(house, at_the_desk)] == typed


def test_without_the_second_person_nobody_is_confirmed(house: House) -> None:
    dora = visit(house, "dora")
    added = dora.fill_in("/people/add", user="nell", name="Nell Ashworth", role="manager")
    (provisional,) = re.findall(r'class="passphrase">([^<]+)<', added.html)
    words = joins(house, "nell", provisional)
    told = type_in(house, "dora", "user", "confirm", "nell", "--words", words)
    message = told.err.partition("error: ")[2].partition(" [")[0]
    assert message[1:] in change(dora, "nell", "confirm", words=words)
    assert person(house, "nell").standing is Standing.PROVISIONAL


def test_a_second_person_s_wrong_password_does_nothing(house: House) -> None:
    dora = visit(house, "dora")
    wrong = {**SECOND, "second_password": password_of("max")}
    told = change(dora, "mia", "role", role="partner", **wrong)
    assert "Their password\nError: No such login, or a wrong password." in told
    assert person(house, "mia").role is Role.MANAGER


def test_a_role_is_changed_as_at_a_terminal(house: House) -> None:
    dora = visit(house, "dora")
    typed = written(house, lambda: by_two(house, "user", "role", "max", "partner"))
    filled = written(house, lambda: change(dora, "mia", "role", role="partner", **SECOND))
    assert filled == typed
    assert person(house, "mia").role is Role.PARTNER


def test_fewer_powers_of_a_role_take_one_person(house: House) -> None:
    dora = visit(house, "dora")
    told = change(dora, "mia", "role", role="manager", only=["make-request"])
    assert "Can: make a request." in told
    assert person(house, "mia").powers == {Power.MAKE_REQUEST}


def test_a_power_is_lent_and_taken_back_as_at_a_terminal(house: House) -> None:
    dora = visit(house, "dora")
    day = {"until": "2026-12-31"}
    words = ("user", "delegate", "--power", "decide-reserved")
    typed = written(house, lambda: by_two(house, *words, "max", "--until", "2026-12-31"))
    lent: dict[str, Any] = {"power": "decide-reserved", **day, **SECOND}
    assert written(house, lambda: change(dora, "mia", "lend", **lent)) == typed
    assert Power.DECIDE_RESERVED in powers_of(person(house, "mia"), today(house.practice))
    ended = written(house, lambda: done(house, "dora", *words, "max", "--end"))
    back: dict[str, Any] = {"power": "decide-reserved"}
    assert written(house, lambda: change(dora, "mia", "take-back", **back)) == ended
    assert Power.DECIDE_RESERVED not in powers_of(person(house, "mia"), today(house.practice))


def test_somebody_is_shut_out_once_that_is_confirmed(house: House) -> None:
    dora = visit(house, "dora")
    assert "not confirmed, so nothing was done" in change(dora, "mia", "disable").lower()
    assert person(house, "mia").standing is Standing.CONFIRMED
    typed = written(house, lambda: done(house, "dora", "user", "disable", "max", "--yes"))
    sure: dict[str, Any] = {"confirmed": "yes"}
    filled = written(house, lambda: change(dora, "mia", "disable", **sure))
    fewer_share_keys = [replace(each, subjects=0) for each in typed]
    assert [replace(each, subjects=0) for each in filled] == fewer_share_keys
    assert person(house, "mia").standing is Standing.DISABLED


def test_who_was_shut_out_opens_no_page_any_more(house: House) -> None:
    mia = visit(house, "mia")
    assert mia.open("/people").status == 200
    change(visit(house, "dora"), "mia", "disable", confirmed="yes")
    assert mia.open("/people").answered.ends


def test_a_lost_password_is_replaced_by_two_as_at_a_terminal(house: House) -> None:
    dora = visit(house, "dora")
    for seen in ({}, {"seen": "yes"}):
        words = ("--seen",) if seen else ()
        typed = written(house, lambda words=words: reset_by_two(house, "max", *words))  # type: ignore[misc]
        given: dict[str, Any] = {**seen, **SECOND, "confirmed": "yes"}
        filled = written(house, lambda given=given: change(dora, "mia", "reset", **given))  # type: ignore[misc]
        assert filled == typed
    assert person(house, "mia").powers == person(house, "max").powers


def test_logins_are_ended_as_at_a_terminal(house: House) -> None:
    dora, max_, mia = visit(house, "dora"), visit(house, "max"), visit(house, "mia")
    typed = written(house, lambda: done(house, "dora", "user", "sessions", "max", "--end"))
    assert written(house, lambda: change(dora, "mia", "log-out")) == typed
    assert (max_.open("/").answered.ends, mia.open("/").answered.ends) == (True, True)


def test_who_does_not_manage_people_sees_their_own_logins_alone(house: House) -> None:
    visit(house, "dora")
    shown = json.loads(visit(house, "sam").open("/sessions?as=json").answered.body)
    assert {each["user"] for each in shown["items"]} == {"sam"}
    assert {each["terminal"] for each in shown["items"]} == {"desk at 192.0.2.7"}


def test_one_s_own_account_is_what_whoami_says(house: House) -> None:
    for login in ("dora", "sam", "ava"):
        shown = visit(house, login).open("/account")
        said = done(house, login, "user", "whoami").splitlines()
        assert said[1][1:] in shown.words
        assert said[2].removeprefix("key: ") in shown.words
        typed = json.loads(done(house, login, "user", "whoami", "--json"))
        filled = visit(house, login).open("/account?as=json").answered.body
        assert json.loads(filled) == typed


def test_a_password_is_changed_and_every_login_ends(house: House) -> None:
    sam, elsewhere = visit(house, "sam"), visit(house, "sam")
    own = "twelve herons wade past the lock"
    differ: dict[str, Any] = {"new_password": own, "again": f"{own} "}
    assert (
        "the two new passwords differ" in sam.fill_in("/account/password", **differ).words.lower()
    )
    short: dict[str, Any] = {"new_password": "herons", "again": "herons"}
    refused = sam.fill_in("/account/password", **short)
    assert refused.status == 422
    assert "herons" not in refused.html
    new: dict[str, Any] = {"new_password": own, "again": own}
    shown = sam.fill_in("/account/password", **new)
    assert shown.answered.ends
    assert "Your password is changed." in shown.words
    assert elsewhere.open("/").answered.ends
    assert unlock_person(house.open(), login="sam", password=own).login == "sam"


def test_a_password_that_still_counts_does_not_change_it(house: House) -> None:
    pat = visit(house, "pat")
    pat.seat.begin_page()
    pat.seat.signer(password_of("pat"))
    assert "Your password still counts" not in pat.open("/account/password").words
    pat.seat.begin_page()
    pat.seat.signer(password_of("pat"))
    new = "seventeen otters cross the canal"
    shown = pat.fill_in("/account/password", password=False, new_password=new, again=new)
    assert "your password is needed" in shown.words.lower()
    assert type_in(house, "pat", "user", "whoami").status == 0


def test_a_data_controller_whose_password_was_seen_gets_a_new_key(house: House) -> None:
    own = "twelve herons wade past the lock"
    before = person_key(house, "dora")
    new: dict[str, Any] = {"new_password": own, "again": own, "seen": "yes", **SECOND}
    shown = visit(house, "dora").fill_in("/account/password", **new)
    assert "You have a new key" in shown.words
    assert shown.answered.ends
    assert person_key(house, "dora") != before


def person_key(house: House, login: str) -> str:
    practice = house.open()
    row, _ = find_person(practice, login)
    return practice.register.public_keys(row.id).fingerprint

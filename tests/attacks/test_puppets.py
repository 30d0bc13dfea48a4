"""A Data Controller alone is not everybody: people made up, confirmed and used as a second person.

Where there is somebody else who may, nobody is brought in, given another key or let do more on one
person's word; and who signs beside the person who brought them in is named.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callrec.catalogue.engine import reading
from callrec.crypto.identity import Identity
from callrec.package.whole import key_words
from callrec.people.vouching import vouch
from callrec.policy.hold import HoldAct
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.role import POWERS, Role
from callrec.practice import Actor, writing
from callrec.requests.glass import review_glass
from callrec.requests.seconds import seconds_brought_in
from callrec.retention.holds import lift_hold, place_hold
from callrec.system.files import write_private
from house.commands import Answer, done, type_in
from house.listening import hear
from house.people import person_at_hand
from house.practices import House, password_of
from house.requests import ANOTHER_REASON, a_request, approve, rows

REFUSED, UNUSABLE = 3, 2

A_SECOND = "a second person has to sign for that too"

PROVISIONAL = "seven purple otters dance slowly"


def secret(house: House, name: str, text: str) -> Path:
    file = house.folder / "people" / name
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        write_private(file, f"{text}\n".encode())
    return file


def as_second(house: House, login: str) -> dict[str, Path]:
    file = secret(house, f"{login}.password", password_of(login))
    return {"CALLREC_COUNTERSIGN_PASSWORD_FILE": file}


def makes_up(house: House, login: str, role: str = "manager") -> str:
    """Somebody who does not exist joins, and logs in; returns the words of their key."""
    given = secret(house, f"{login}.provisional", PROVISIONAL)
    named = ("--name", f"{login.title()} Nobody", "--role", role)
    done(house, "dora", "user", "add", login, *named, "--password-file", str(given))
    return first_login(house, login, given)


def first_login(house: House, login: str, given: Path) -> str:
    answer = type_in(
        house,
        login,
        *("login", login),
        CALLREC_PASSWORD_FILE=given,
        CALLREC_NEW_PASSWORD_FILE=secret(house, f"{login}.password", password_of(login)),
    )
    assert answer.status == 0, answer
    (words,) = [line.strip() for line in answer.out.splitlines() if len(line.split()) == 6]
    return words


def confirms(house: House, login: str, words: str, second: str = "") -> Answer:
    typed = ("user", "confirm", login, "--words", words)
    if not second:
        return type_in(house, "dora", *typed)
    return type_in(house, "dora", *typed, "--countersign", second, **as_second(house, second))


# Where there is somebody else who may.


def test_nobody_is_brought_in_on_one_person_s_word(house: House) -> None:
    words = makes_up(house, "nobody1")
    answer = confirms(house, "nobody1", words)
    assert (answer.status, A_SECOND in answer.err) == (REFUSED, True), answer
    assert "--countersign USER" in answer.err
    assert '"standing": "claimed"' in done(house, "dora", "user", "show", "nobody1", "--json")
    assert confirms(house, "nobody1", words, second="pat").status == 0


def test_a_puppet_is_no_second_person_before_somebody_real_was(house: House) -> None:
    """Two at once: neither has anybody to sign for it."""
    first, second = makes_up(house, "nobody1"), makes_up(house, "nobody2")
    assert confirms(house, "nobody1", first).status == REFUSED
    for login, words in (("nobody1", first), ("nobody2", second)):
        for beside in ("nobody1", "nobody2", "dora", "sam"):
            answer = confirms(house, login, words, second=beside)
            assert answer.status != 0, (login, beside, answer)


@pytest.mark.parametrize("seen", [(), ("--seen",)], ids=["forgotten", "seen"])
def test_nobody_s_password_is_taken_over_on_one_person_s_word(
    seen: tuple[str, ...], house: House
) -> None:
    given = secret(house, "pat.provisional", PROVISIONAL)
    reset = ("user", "reset", "pat", *seen, "--yes", "--password-file", str(given))
    answer = type_in(house, "dora", *reset)
    assert (answer.status, A_SECOND in answer.err) == (REFUSED, True), answer
    answer = type_in(house, "dora", *reset, "--countersign", "max", **as_second(house, "max"))
    assert answer.status == 0, answer
    words = first_login(house, "pat", given)
    assert confirms(house, "pat", words).status == REFUSED
    assert confirms(house, "pat", words, second="pat").status != 0
    assert confirms(house, "pat", words, second="max").status == 0


def test_nobody_replaces_the_data_controller_s_key_with_one_password_alone(house: House) -> None:
    """Not the Data Controller either, whose password another may know."""
    again = ("user", "password", "--seen")
    chosen = secret(house, "dora.new", "nine orange badgers sleep very late")
    answer = type_in(house, "dora", *again, CALLREC_NEW_PASSWORD_FILE=chosen)
    assert (answer.status, A_SECOND in answer.err) == (REFUSED, True), answer
    second = as_second(house, "max")
    answer = type_in(
        house, "dora", *again, "--countersign", "max", CALLREC_NEW_PASSWORD_FILE=chosen, **second
    )
    assert answer.status == 0, answer
    assert type_in(house, "dora", "whoami").status != 0
    assert type_in(house, "dora", "whoami", CALLREC_PASSWORD_FILE=chosen).status == 0


MORE = {
    "a loan": ("user", "delegate", "sam", "--power", "decide-general", "--until", "2026-12-31"),
    "a longer loan": ("user", "delegate", "mia", "--power", "read-audit", "--until", "2026-12-31"),
    "another role": ("user", "role", "sam", "manager"),
    "no fewer powers": ("user", "role", "max", "manager"),
    "a service": (
        *("user", "add", "side", "--name", "Side door", "--role", "intake"),
        *("--credential-file", "{folder}/side.credential"),
    ),
}


@pytest.mark.parametrize("more", MORE)
def test_nobody_may_more_on_one_person_s_word(more: str, house: House) -> None:
    for words in (
        ("delegate", "mia", "--power", "read-audit", "--until", "2026-12-01"),
        ("role", "max", "manager", "--only", "make-request"),
    ):
        second = as_second(house, "pat")
        answer = type_in(house, "dora", "user", *words, "--countersign", "pat", **second)
        assert answer.status == 0, answer
    typed = [each.format(folder=house.folder) for each in MORE[more]]
    answer = type_in(house, "dora", *typed)
    assert (answer.status, A_SECOND in answer.err) == (REFUSED, True), answer
    second = as_second(house, "pat")
    assert type_in(house, "dora", *typed, "--countersign", "pat", **second).status == 0


LESS = {
    "a role that brings less": ("role", "pat", "staff"),
    "some of its powers": ("role", "max", "manager", "--only", "make-request"),
    "the end of a loan": ("delegate", "mia", "--power", "read-audit", "--end"),
    "a shorter loan": ("delegate", "mia", "--power", "read-audit", "--until", "2026-11-30"),
    "shutting out": ("disable", "pat", "--yes"),
}


@pytest.mark.parametrize("less", LESS)
def test_one_person_alone_takes_away_at_once(less: str, house: House) -> None:
    words = ("delegate", "mia", "--power", "read-audit", "--until", "2026-12-01")
    second = as_second(house, "pat")
    assert type_in(house, "dora", "user", *words, "--countersign", "pat", **second).status == 0
    answer = type_in(house, "dora", "user", *LESS[less])
    assert answer.status == 0, answer


@pytest.mark.parametrize("beside", ["", "sam", "dora"])
def test_a_program_of_one_s_own_brings_nobody_in_either(beside: str, house: House) -> None:
    """Somebody who governs signs a voucher with their own key, and with whom they like."""
    practice, dora = house.open(), house.actor("dora")
    second = house.actor(beside) if beside else None
    (sam,) = [each for each in practice.register.people() if each.person.role is Role.STAFF]
    person = replace(sam.person, role=Role.MANAGER, powers=POWERS[Role.MANAGER])
    with writing(house.open(), dora.signer) as act:
        vouch(
            house.practice,
            act,
            dora,
            "person.role",
            person=person,
            keys=sam.keys,
            name=sam.name,
            second=second,
        )
    register = house.open().register
    assert register.person(sam.person.id) == sam.person
    assert register.ignored


# What the two compare.


def test_who_confirms_types_what_they_hear_and_is_told_nothing(house: House) -> None:
    words = makes_up(house, "nobody1")
    for wrong in ("apple banana cherry date elder fig", words.rsplit(" ", 1)[0]):
        answer = confirms(house, "nobody1", wrong, second="pat")
        assert answer.status == UNUSABLE, answer
        assert "not the words of the key" in answer.err
        assert not {*words.split()} & {*(answer.out + answer.err).split()} - {*wrong.split()}
    assert confirms(house, "nobody1", f"  {words.upper()} ", second="pat").status == 0


def test_the_words_of_a_key_are_drawn_from_all_of_its_fingerprint() -> None:
    seen = {
        key_words(Identity.from_seed(bytes([n] * 32), "5f" * 16).public.fingerprint)
        for n in range(200)
    }
    assert len(seen) == 200
    assert all(len(words.split()) == 6 for words in seen)


# Where there is nobody else.


def left_alone(house: House) -> House:
    """The practice has a Data Controller, and staff who decide nothing."""
    for login in ("pat", "max", "mia"):
        done(house, "dora", "user", "disable", login, "--yes")
    return house


def test_a_data_controller_without_anybody_else_works_and_the_record_says_so(house: House) -> None:
    left_alone(house)
    words = makes_up(house, "nell")
    answer = confirms(house, "nell", words)
    assert (answer.status, "no second person" in answer.out) == (0, True), answer
    (nell,) = [each for each in _register(house, "access") if each["login"] == "nell"]
    assert (nell["key_given_by"], nell["countersigned_by"]) == ("dora", "nobody")


def _register(house: House, name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(done(house, "dora", "--json", "register", name))[
        "items"
    ]
    return items


def puppets_decide(house: House) -> None:
    """Made up, confirmed, used to countersign an approval, and shut out again."""
    left_alone(house)
    assert confirms(house, "nobody1", makes_up(house, "nobody1")).status == 0
    words = makes_up(house, "nobody2")
    assert confirms(house, "nobody2", words).status == REFUSED  # nobody1 may sign by now
    assert confirms(house, "nobody2", words, second="nobody1").status == 0
    a_request(house, "sam", purpose=Purpose.SUBJECT_ACCESS)
    second = as_second(house, "nobody2")
    answer = type_in(house, "dora", "approve", "R-1", "--yes", "--countersign", "nobody2", **second)
    assert answer.status == 0, answer
    for login in ("nobody1", "nobody2"):
        done(house, "dora", "user", "disable", login, "--yes")


NAMED = "nobody2 signed beside dora, by whom they were brought in on Tue 24 Nov 2026"


def test_puppets_who_countersigned_are_named_in_status_and_in_every_register(
    stocked: House,
) -> None:
    puppets_decide(stocked)
    status = done(stocked, "dora", "status")
    assert f"{NAMED}: R-1" in status
    assert (
        "nobody1 signed beside dora, by whom they were brought in on Tue 24 Nov 2026: nobody2"
        in status
    )
    assert f"{NAMED}: R-1" in done(stocked, "ava", "status")
    (asked,) = _register(stocked, "rights-requests")
    assert asked["brought_in"] == [NAMED]
    assert f"{NAMED}: R-1" in type_in(stocked, "dora", "register", "rights-requests").err
    (access,) = [e for e in _register(stocked, "access") if e["login"] == "nobody2"]
    assert access["countersigned_by"] == "nobody1"
    assert access["brought_in"]


ONE = "nobody1 signed beside dora, by whom they were brought in on Tue 24 Nov 2026"


def one_puppet(house: House, role: str = "partner") -> Actor:
    """Made up and confirmed, where nobody is left who might sign for them."""
    left_alone(house)
    assert confirms(house, "nobody1", makes_up(house, "nobody1", role)).status == 0
    return person_at_hand(house.open(), "nobody1")


def named(house: House) -> dict[str, list[str]]:
    """Of each thing that was signed by two, what is said of the second."""
    with reading(house.open().engine) as connection:
        found = seconds_brought_in(house.practice, connection)
    return {each.what: [e.text for e in found if e.what == each.what] for each in found}


def test_what_was_disclosed_on_a_puppet_s_word_names_them(stocked: House) -> None:
    nobody1 = one_puppet(stocked)
    approve(
        stocked, a_request(stocked, "sam", purpose=Purpose.OUTSIDE_BODY), "dora", second=nobody1
    )
    hear(stocked, attended=("nobody",))
    approve(stocked, a_request(stocked, "sam", purpose=Purpose.OUTSIDE_BODY), "dora")
    hear(stocked, "R-2", attended=("nobody",))
    for register in ("disclosure", "outside-body"):
        listed = {e["request"]: e["brought_in"] for e in _register(stocked, register)}
        assert listed == {"R-1": [ONE], "R-2": []}


def test_a_hold_that_a_puppet_lifts_too_names_them(stocked: House) -> None:
    nobody1 = one_puppet(stocked)
    dora = stocked.actor("dora")
    for recording in (1, 2):
        place_hold(stocked.practice, dora, [recording], reason=ANOTHER_REASON)
    lift_hold(stocked.practice, dora, 1, reason=ANOTHER_REASON, countersigner=nobody1)
    assert {e["hold"]: e["brought_in"] for e in _register(stocked, "holds")} == {
        "H-1": [ONE],
        "H-2": [],
    }
    assert f"{ONE}: H-1" in done(stocked, "dora", "status")


def test_a_program_of_one_s_own_parts_the_two_and_they_are_named(stocked: House) -> None:
    """Something else is written between the two signatures of a hold that is lifted."""
    nobody1, dora = one_puppet(stocked), stocked.actor("dora")
    place_hold(stocked.practice, dora, [1], reason=ANOTHER_REASON)
    (placed,) = rows(stocked, "SELECT id FROM hold")
    for actor, act in ((dora, HoldAct.LIFTED), (dora, "people.listed"), (nobody1, HoldAct.LIFTED)):
        with writing(stocked.open(), actor.signer) as written:
            written.leaf(str(act), actor=actor.person.id, subject=[placed.id])
    assert named(stocked)["H-1"] == [ONE]


def test_a_broken_glass_that_a_puppet_accepts_names_them(stocked: House) -> None:
    nobody1 = one_puppet(stocked)
    approve(stocked, a_request(stocked, "dora"), "dora", glass_reason=ANOTHER_REASON)
    assert "R-1" not in named(stocked)
    review_glass(stocked.practice, nobody1, "R-1", verdict=ReviewVerdict.ACCEPTED)
    hear(stocked, login="dora")
    assert named(stocked)["R-1"] == [ONE]
    (disclosed,) = _register(stocked, "disclosure")
    assert disclosed["brought_in"] == [ONE]


def test_a_puppet_s_puppet_is_named_too(stocked: House) -> None:
    one_puppet(stocked, "data-controller")
    given = secret(stocked, "nobody2.provisional", PROVISIONAL)
    added = ("--name", "Nobody Two", "--role", "manager", "--password-file", str(given))
    done(stocked, "nobody1", "user", "add", "nobody2", *added)
    words = first_login(stocked, "nobody2", given)
    typed = ("user", "confirm", "nobody2", "--words", words, "--countersign", "dora")
    answer = type_in(stocked, "nobody1", *typed, **as_second(stocked, "dora"))
    assert answer.status == 0, answer
    nobody2 = person_at_hand(stocked.open(), "nobody2")
    approve(stocked, a_request(stocked, "sam"), "dora", second=nobody2)
    assert named(stocked)["R-1"] == [f"{NAMED}, through nobody1"]


@pytest.mark.parametrize("days", [89, 91])
def test_it_is_named_for_90_days(days: int, stocked: House) -> None:
    one_puppet(stocked)
    stocked.at += timedelta(days=days)
    nobody1 = person_at_hand(stocked.open(), "nobody1")
    approve(stocked, a_request(stocked, "sam"), "dora", second=nobody1)
    assert ("R-1" in named(stocked)) is (days < 90)
    assert (ONE in done(stocked, "dora", "status")) is (days < 90)


def test_a_clock_that_is_set_back_hides_none(stocked: House) -> None:
    """Set back while they are brought in, as if that were long ago."""
    now, stocked.at = stocked.at, stocked.at - timedelta(days=100)
    one_puppet(stocked)
    stocked.at = now
    nobody1 = person_at_hand(stocked.open(), "nobody1")
    approve(stocked, a_request(stocked, "sam"), "dora", second=nobody1)
    assert "R-1" in named(stocked)


def test_nor_does_one_that_was_ahead_meanwhile(stocked: House) -> None:
    """Something is written as if it were long after, between the two."""
    one_puppet(stocked)
    now, stocked.at = stocked.at, stocked.at + timedelta(days=100)
    done(stocked, "dora", "user", "list")
    stocked.at = now
    nobody1 = person_at_hand(stocked.open(), "nobody1")
    approve(stocked, a_request(stocked, "sam"), "dora", second=nobody1)
    assert "R-1" in named(stocked)

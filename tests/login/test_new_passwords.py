"""A new password is hard to guess for somebody who knows the practice and its people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import pytest

from callrec.config import Config
from callrec.errors import Unusable
from callrec.login.choosing import check_password, facts_configured
from callrec.login.unlock import change_password
from callrec.package.whole import fresh_passphrase
from callrec.people.founding import set_up_practice
from callrec.people.joining import add_person
from callrec.policy.role import Role
from house.people import reset_person
from house.practices import NOON, House, password_of

CONTACT = "Ann Hallworth, Nottingham, 01632 960000"

FACTS = (
    *facts_configured(Config(), "Hama Medical Centre", datetime(2026, 11, 24, tzinfo=UTC)),
    *("The Hama Surgery", CONTACT),
    *("dora", "Dora Whitlock", "max", "Max Harding", "Pat Ellison"),
)

GUESSED = {
    "the practice, the year and two signs": "HamaMedical2026!!",
    "a person, the year and a sign": "DoraWhitlock2026!",
    "the practice run together": "hamamedicalcentre1",
    "all words of the practice's name": "Hama Medical Centre 2026",
    "with signs for letters": "D0r4-Wh1tl0ck-H4m4-2026",
    "with full stops between letters": "D.o.r.a.W.h.i.t.l.o.c.k.",
    "backwards": "kcoltihWarod2026!",
    "misspelt": "Hama Medcal Centr 2026",
    "a letter too many": "Nottinghamm Whittlock 2026",
    "the town": "Nottingham-Surgery-2026",
    "the telephone number": "Hama01632960000Surgery",
    "two people": "maxharding+dorawhitlock",
    "words of the trade": "Surgery Reception Doctor NHS",
    "all signs between": "Hama, Medical. Centre! Dora; Whitlock: Nottingham/ 2026?",
    "known words with a few letters beside them": "maxharding-hamamedical-xyz-99",
    "the words that everybody knows": "correct horse battery staple",
    "one letter": "aaaaaaaaaaaaaaaaaaaaaaaa",
    "a row of keys": "qwertyuiopasdfghjkl",
    "one word and its number": "Elephantelephant12345",
}


def built_from_facts() -> Iterator[str]:
    """What a program would try first: two or three words, cases, joints, ends."""
    words = ("hama", "medical", "surgery", "dora", "whitlock", "nottingham", "harding", "nhs")
    for one, other, joint, end in product(
        words, words, ("", "-", " ", "_and_"), ("2026", "2026!!", "1", "123!", "#25", "")
    ):
        yield f"{one.title()}{joint}{other.title()}{joint}Centre{end}"


@pytest.mark.parametrize("password", GUESSED.values(), ids=GUESSED)
def test_what_is_made_from_what_everybody_knows_is_refused(password: str) -> None:
    with pytest.raises(Unusable) as refusal:
        check_password(password, FACTS)
    said = f"{refusal.value.message} {refusal.value.hint}".casefold()
    told = {word for fact in FACTS for word in fact.casefold().split()} | {password.casefold()}
    assert not any(word in said.split() for word in told - {"practice", "the"})


def test_none_of_a_thousand_that_a_program_would_try_is_accepted() -> None:
    tried = {each for each in built_from_facts() if len(each) >= 15}
    accepted = set()
    for each in sorted(tried)[::13]:
        try:
            check_password(each, FACTS)
            accepted.add(each)
        except Unusable:
            pass
    assert len(tried) > 1000
    assert not accepted


@pytest.mark.parametrize(
    "password",
    [
        "dora walks 7 slow miles by the canal",
        "seven purple otters dance slowly",
        "vK3#pw9Zt!mQ4x@Lr8",
        "doctor otter lamp gravel sieve nettle",
    ],
)
def test_a_good_one_may_have_a_known_word_in_it(password: str) -> None:
    check_password(password, FACTS)


def test_what_callrec_makes_is_good_enough_always() -> None:
    for _ in range(50):
        check_password(fresh_passphrase(), FACTS)


@pytest.mark.parametrize(
    "password", ["HamaMedical2026!!", "DoraWhitlock2026!", "hamamedicalcentre1"]
)
def test_nobody_is_given_one_by_any_way(house: House, password: str) -> None:
    """Names are known to whoever holds the catalogue key; logins and the practice to everybody."""
    dora = house.actor("dora")
    with pytest.raises(Unusable, match="too easily guessed"):
        change_password(house.practice, dora, password=password)
    with pytest.raises(Unusable, match="too easily guessed"):
        add_person(
            house.practice,
            dora,
            login="new",
            full_name="New Comer",
            role=Role.STAFF,
            password=password,
        )
    with pytest.raises(Unusable, match="too easily guessed"):
        reset_person(house.practice, dora, login="max", password=password)
    with pytest.raises(Unusable, match="too easily guessed"):
        set_up_practice(
            Config(vault=house.folder / "another"),
            practice_name="Hama Medical Centre",
            login="dora",
            full_name="Dora Whitlock",
            password=password,
            now=lambda: NOON,
            environ=house.environ,
        )
    assert not (house.folder / "another").exists()


def test_somebody_else_s_name_is_known_too(house: House) -> None:
    with pytest.raises(Unusable, match="too easily guessed"):
        change_password(house.practice, house.actor("max"), password="AvaLindqvist-PatEllison")


def test_it_is_the_same_rule_for_everybody_as_powers_are_lent(house: House) -> None:
    with pytest.raises(Unusable, match="too easily guessed"):
        change_password(house.practice, house.actor("sam"), password="sevenotters12345")
    change_password(house.practice, house.actor("sam"), password=password_of("somebody else"))

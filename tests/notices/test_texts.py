"""The words by which people are told: whole, plain, and with the practice's own facts."""

from __future__ import annotations

import string
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from callrec.notices import (
    COLUMNS,
    complaint_form,
    notice_text,
    publication_stated,
    read_notices,
    stated_on,
)
from callrec.policy.notice import PURPOSES_IN_WORDS, NoticeKind, NoticeVersion
from callrec.settings import AboutPractice, Notice, Settings
from house.practices import House

ROOT = Path(__file__).parents[2]

FACTS = AboutPractice(
    name="Hama Medical Centre",
    data_protection_contact="Ann Hall, 01632 960000",
    kept_for="six years",
)

LONG = (NoticeKind.WEBSITE, NoticeKind.STAFF)

SPOKEN = (NoticeKind.ANNOUNCEMENT, NoticeKind.OUTBOUND)


def words_of(kind: NoticeKind, facts: AboutPractice = FACTS, text: str = "") -> str:
    notice = NoticeVersion(kind=kind, version="7a", first_on=date(2026, 2, 1), text=text)
    return notice_text(notice, Settings(practice=facts))


def flowing(kind: NoticeKind) -> str:
    return " ".join(words_of(kind).split())


def test_the_configuration_knows_the_kinds_that_there_are() -> None:
    annotation = Notice.model_fields["kind"].annotation
    assert list(get_args(annotation)) == [str(kind) for kind in NoticeKind]


def test_the_version_that_the_example_shows_loads() -> None:
    lines = (ROOT / "settings.example.toml").read_text(encoding="utf-8").splitlines()
    shown = "\n".join(line[4:] for line in lines if line.startswith("#   "))
    (version,) = Settings.model_validate(tomllib.loads(shown)).notices
    assert (version.kind, version.version) == ("website", "2")
    assert (version.first_on, version.last_on) == (date(2026, 12, 1), date(2027, 11, 30))
    assert set(tomllib.loads(shown)["notices"][0]) == {
        field.alias or name for name, field in Notice.model_fields.items()
    }


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_kind_has_its_words_with_nothing_left_to_fill_in(kind: NoticeKind) -> None:
    text = words_of(kind)
    assert "$" not in text
    assert "Hama Medical Centre" in text
    assert "recorded" in text
    assert text.endswith(".\n")
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert set(text) <= set(string.printable)


@pytest.mark.parametrize("kind", LONG)
def test_what_is_published_names_every_purpose_of_section_2(kind: NoticeKind) -> None:
    text = flowing(kind)
    assert [purpose for purpose in PURPOSES_IN_WORDS.values() if f"- {purpose}" not in text] == []
    assert "kept for six years" in text or "as a rule for six years" in text
    assert "Ann Hall, 01632 960000" in text
    assert "ersion 7a" in text
    assert "in force from 1 February 2026" in text


@pytest.mark.parametrize("kind", SPOKEN)
def test_what_is_spoken_gives_the_reasons_and_a_way_out(kind: NoticeKind) -> None:
    text = flowing(kind)
    for reason in ("protect", "train", "abusive calls", "complaint", "claim", "another way"):
        assert reason in text
    assert "If you do not wish to be recorded" in text
    spoken = words_of(kind).rpartition("\n\n")[2]  # after what is said to the caller alone
    assert len(spoken.split()) < 100  # forty seconds, spoken


def test_the_website_says_who_hears_recordings_and_what_rights_people_have() -> None:
    text = flowing(NoticeKind.WEBSITE)
    for told in (
        "Data Controller",
        "police",
        "encrypted",
        "a copy",
        "erase",
        "tell us; we will find another way. In an emergency call 999.",
        "The partner who acts as Data Controller",
        "correct what is wrong",
        "NHS Resolution",
        "the right to complain to us",
        "stores them for us on a secure server",
        "ico.",
    ):
        assert told in text


def test_the_website_names_who_answers_for_data_protection() -> None:
    text = " ".join(words_of(NoticeKind.WEBSITE, OFFICERS).split())
    for told in (
        "in the regulator's register with the number ZA123456.",
        "data protection officer: Jo Lane, 01632 960222.",
        "Caldicott Guardian, who looks after the confidentiality of patients: Dr Ellison.",
        "Green Telecom Ltd, which provides our telephone system, stores them",
        "We do not send recordings to other countries.",
    ):
        assert told in text


OFFICERS = AboutPractice(
    data_protection_officer="Jo Lane, 01632 960222",
    caldicott_guardian="Dr Ellison",
    ico_registration="ZA123456",
    telephone_supplier="Green Telecom Ltd",
    other_countries="We do not send recordings to other countries.",
)


@pytest.mark.parametrize("kind", LONG)
def test_each_reason_has_the_articles_that_the_practice_decided(kind: NoticeKind) -> None:
    notice = NoticeVersion(kind=kind, version="1", first_on=date(2026, 2, 1))
    other = {"purpose": "complaint", "articles": ["6(1)(e)", "9(2)(i)"]}
    text = " ".join(notice_text(notice, Settings.model_validate({"lawful_basis": [other]})).split())
    assert "staff complains (6(1)(e), 9(2)(i));" in text
    assert "medico-legal claim (6(1)(e), 9(2)(f));" in text


def test_a_person_is_named_the_practice_only_once_it_is_them() -> None:
    before, _, after = words_of(NoticeKind.OUTBOUND).partition("I am calling from")
    assert "ask who is speaking" in before
    assert "Hama" not in before
    assert after.startswith(" Hama Medical Centre")


def test_staff_are_told_that_nobody_browses_and_what_to_do_after_a_slip() -> None:
    text = flowing(NoticeKind.STAFF)
    for told in (
        *("Nobody may browse", "written agreement", "callrec incident report", "at once"),
        *("to those who hear the case", "except to investigate misuse", "right to complain to us"),
    ):
        assert told in text


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_practice_that_says_nothing_of_itself_is_this_practice(kind: NoticeKind) -> None:
    text = words_of(kind, AboutPractice(kept_for="six years"))
    assert "his practice" in text
    assert "  " not in text.replace("\n  ", "\n")


def test_the_practice_s_own_words_stand_as_they_are() -> None:
    assert words_of(NoticeKind.STAFF, text="\nWe cost $5.\n\n") == "We cost $5.\n"


def test_the_form_for_complaints_has_room_to_write_and_says_what_happens_next() -> None:
    form = complaint_form(Settings(practice=FACTS))
    assert max(map(len, form.splitlines())) == COLUMNS
    assert sum(line == "_" * COLUMNS for line in form.splitlines()) == 8
    words = " ".join(form.split())
    assert "$" not in words
    for said in (
        *("Hama Medical Centre", "Ann Hall, 01632 960000", "within 30 days", "It costs nothing"),
        *("the regulator at any time: Information Commissioner's Office", "go to court"),
        "If you want to complain about your care or our service, please ask at reception.",
    ):
        assert said in words


def test_without_a_contact_the_form_is_given_in_at_reception() -> None:
    assert "please ask at reception" in complaint_form(Settings()).split("WHAT HAPPENS")[1]


MOVED = AboutPractice(
    regulator="Information Commission", regulator_contact="ico.example, 0300 000 0000"
)


def test_the_regulator_is_the_one_of_the_settings() -> None:
    notice = NoticeVersion(kind=NoticeKind.WEBSITE, version="1", first_on=date(2026, 2, 1))
    moved = Settings(practice=MOVED)
    for text in (notice_text(notice, moved), complaint_form(moved)):
        said = " ".join(text.split())
        assert "Information Commission, ico.example, 0300 000 0000." in said
        assert "Information Commissioner" not in said


PUBLISHED = {"published": date(2024, 1, 2), "where": "hama.example"}


def test_who_put_a_publication_on_record_is_who_first_said_it_as_it_stands(house: House) -> None:
    notice = {"kind": "website", "version": "1", "from": date(2024, 1, 1)}
    house.decide(notices=[notice])
    house.decide(notices=[{**notice, **PUBLISHED}])
    house.at += timedelta(days=3)
    house.decide(search={"most_results": 40})
    (known,) = read_notices(house.practice.settings)
    zone = house.practice.settings.time_zone
    stated = publication_stated(house.practice.register.settings, known, zone)
    assert stated is not None
    assert (stated.on, stated.by) == (date(2026, 11, 24), house.actor("dora").person.id)
    nowhere = replace(known, published_on=None, published_where="")
    assert publication_stated(house.practice.register.settings, nowhere, zone) is None
    assert stated_on(house.practice.register.settings, known.kind, date(2024, 1, 1), zone) == date(
        2026, 11, 24
    )


@pytest.mark.parametrize("half", PUBLISHED)
def test_a_day_without_a_place_is_no_publication(half: str) -> None:
    notice = {"kind": "website", "version": "1", "from": date(2024, 1, 1), half: PUBLISHED[half]}
    with pytest.raises(ValidationError, match="published and where go together"):
        Settings.model_validate({"notices": [notice]})

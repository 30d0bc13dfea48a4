"""YOUR-RIGHTS.txt of a real release: who had the recordings, and until when each is kept."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.policy.purpose import Purpose
from callrec.retention.categories import set_category
from house.listening import hear
from house.packages import a_package, release
from house.practices import House
from house.requests import a_request, approve, further_of, signed_in, third_parties_checked

NOBODY = "our record shows - nobody of whom we can tell you."

NOBODY_SEEN = (
    "our record shows - nobody whom the person who put this together could see."
    " This list may have gaps."
)
"""Of a release by staff who do not see who came to listen."""


def had_before(house: House, purpose: Purpose, *, by: str = "sam", **said: str) -> None:
    """Recording 1 is released under another request, R-1, made and released by the same person."""
    number = {"number": said.pop("number")} if "number" in said else {}
    further = further_of(purpose, **said)
    asked: dict[str, Any] = {"recordings": (1,), "further": further, **number}
    reference = a_request(house, by, purpose=purpose, **asked)
    if purpose in (Purpose.SUBJECT_ACCESS, Purpose.DECEASED):
        third_parties_checked(house, by, reference)
    approve(house, reference, "dora", second=signed_in(house, "pat"))
    release(house, reference, by)


def rights_told(house: House, reference: str = "R-2") -> str:
    """Of a subject access release of recordings 1 and 2."""
    a_request(house, purpose=Purpose.SUBJECT_ACCESS)
    third_parties_checked(house, "sam", reference)
    approve(house, reference, "dora", second=signed_in(house, "pat"))
    text = a_package(house, reference).read("YOUR-RIGHTS.txt").decode()
    return " ".join(text.split())


def test_the_police_are_named_where_the_person_may_be_told(stocked: House) -> None:
    had_before(stocked, Purpose.OUTSIDE_BODY, subject_may_be_told="yes")
    told = rights_told(stocked)
    assert (
        "our record shows - Avon and Somerset Police, on 24 November 2026 (recordings/01)." in told
    )


HIDDEN: dict[str, dict[str, str]] = {
    "the person must not be told": {"subject_may_be_told": "no"},
    "it is not the releaser's to read": {"by": "mia", "subject_may_be_told": "yes"},
}


@pytest.mark.parametrize("asked", HIDDEN.values(), ids=HIDDEN)
def test_else_the_words_are_those_of_nobody(stocked: House, asked: dict[str, str]) -> None:
    had_before(stocked, Purpose.OUTSIDE_BODY, **asked)
    told = rights_told(stocked)
    assert NOBODY_SEEN in told
    assert "We tell you, unless a law forbids it." in told


def test_where_nobody_had_them_nobody_is_named(stocked: House) -> None:
    assert NOBODY_SEEN in rights_told(stocked, "R-1")


def test_another_person_with_a_right_is_not_named(stocked: House) -> None:
    had_before(stocked, Purpose.DECEASED)
    told = rights_told(stocked)
    assert "another person who has a right to it by law, on 24 November 2026" in told
    assert "O'Neill" not in told


def test_a_copy_that_the_person_had_before_is_told_as_theirs(stocked: House) -> None:
    had_before(stocked, Purpose.SUBJECT_ACCESS)
    told = rights_told(stocked)
    assert "- you, in answer to R-1, on 24 November 2026 (recordings/01)." in told


@pytest.mark.parametrize("other", [{"number": "07700 900987"}, {"subject": "Owen O'Neill"}])
def test_a_name_or_a_number_alone_does_not_make_it_theirs(
    stocked: House, other: dict[str, str]
) -> None:
    had_before(stocked, Purpose.SUBJECT_ACCESS, **other)
    told = rights_told(stocked)
    assert "- another person who has a right to it by law, on 24 November 2026" in told
    assert "R-1" not in told


def test_of_a_right_that_is_not_the_releasers_to_read_it_is_not_said_whose(
    stocked: House,
) -> None:
    had_before(stocked, Purpose.SUBJECT_ACCESS, by="mia")
    told = rights_told(stocked)
    assert "- somebody who has a right to it by law, on 24 November 2026" in told


@pytest.mark.parametrize(
    ("may_be_told", "words"),
    [("yes", "Avon and Somerset Police, who heard it on 24 November 2026"), ("no", NOBODY)],
)
def test_a_body_that_came_and_heard_one_is_named_where_the_person_may_be_told(
    stocked: House, may_be_told: str, words: str
) -> None:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told=may_be_told)
    a_request(stocked, purpose=Purpose.OUTSIDE_BODY, recordings=(1,), further=further)
    third_parties_checked(stocked, "sam")
    approve(stocked, "R-1", "dora", second=signed_in(stocked, "pat"))
    hear(stocked, attended=("Sergeant Pascoe",))
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    third_parties_checked(stocked, "sam", "R-2")
    approve(stocked, "R-2", "dora", to="pat")
    package = a_package(stocked, "R-2", "pat")
    assert words in " ".join(package.read("YOUR-RIGHTS.txt").decode().split())


def test_a_regulator_is_named(stocked: House) -> None:
    had_before(stocked, Purpose.REGULATORY)
    assert "Care Quality Commission, on 24 November 2026" in rights_told(stocked)


def test_what_staff_learn_from_is_told_to_nobody(stocked: House) -> None:
    had_before(stocked, Purpose.TRAINING)
    assert NOBODY_SEEN in rights_told(stocked)


def test_each_recording_has_its_own_last_day(stocked: House) -> None:
    max_ = signed_in(stocked, "max")
    reason = "It belongs to the record of the patient"
    set_category(stocked.practice, max_, [2], category="health-record", reason=reason)
    told = rights_told(stocked, "R-1")
    assert "recordings/01 until 4 July 2027 recordings/02 no last day is set" in told


def test_the_basis_is_that_of_this_purpose(stocked: House) -> None:
    told = rights_told(stocked, "R-1")
    assert "because the law tells us to (UK GDPR Articles 6(1)(c) and 9(2)(h))." in told

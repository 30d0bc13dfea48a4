"""YOUR-RIGHTS.txt of a real release: who had the recordings, and until when each is kept."""

from __future__ import annotations

import pytest

from callrec.policy.purpose import Purpose
from callrec.retention.categories import set_category
from house.packages import a_package, release
from house.practices import House
from house.requests import a_request, approve, further_of, signed_in, third_parties_checked

NOBODY = "our record shows - nobody of whom we can tell you."


def had_before(house: House, purpose: Purpose, *, by: str = "sam", **said: str) -> None:
    """Recording 1 is released under another request, R-1, made and released by the same person."""
    further = further_of(purpose, **said)
    reference = a_request(house, by, purpose=purpose, recordings=(1,), further=further)
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
    assert NOBODY in told
    assert "We tell you, unless a law forbids it." in told


def test_where_nobody_had_them_nobody_is_named(stocked: House) -> None:
    assert NOBODY in rights_told(stocked, "R-1")


def test_another_person_with_a_right_is_not_named(stocked: House) -> None:
    had_before(stocked, Purpose.DECEASED)
    told = rights_told(stocked)
    assert "another person who has a right to it by law, on 24 November 2026" in told
    assert "O'Neill" not in told


def test_a_regulator_is_named(stocked: House) -> None:
    had_before(stocked, Purpose.REGULATORY)
    assert "Care Quality Commission, on 24 November 2026" in rights_told(stocked)


def test_what_staff_learn_from_is_told_to_nobody(stocked: House) -> None:
    had_before(stocked, Purpose.TRAINING)
    assert NOBODY in rights_told(stocked)


def test_each_recording_has_its_own_last_day(stocked: House) -> None:
    max_ = signed_in(stocked, "max")
    reason = "It belongs to the record of the patient"
    set_category(stocked.practice, max_, [2], category="health-record", reason=reason)
    told = rights_told(stocked, "R-1")
    assert "recordings/01 until 4 July 2027 recordings/02 no last day is set" in told


def test_the_basis_is_that_of_this_purpose(stocked: House) -> None:
    told = rights_told(stocked, "R-1")
    assert "because the law tells us to (UK GDPR Articles 6(1)(c) and 9(2)(h))." in told

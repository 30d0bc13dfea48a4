"""Who was told, by which words, and when [policy 3]."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from callrec.errors import Misconfigured
from callrec.policy.clause import Clause
from callrec.policy.notice import (
    NOTICE_HEARD,
    PURPOSES_IN_WORDS,
    CallerTold,
    NoticeGap,
    NoticeKind,
    NoticeVersion,
    caller_told,
    check_versions,
    in_force,
    is_possible_for,
    notice_gaps,
    officers_in_words,
    stated_since,
    storage_in_words,
)
from callrec.policy.search import Direction

DAY = date(2026, 11, 24)

WEBSITE = NoticeKind.WEBSITE


def version(name: str, first: int, last: int | None, **changes: Any) -> NoticeVersion:
    """Days are days of November."""
    last_on = date(2026, 11, last) if last else None
    said = {"kind": WEBSITE, "first_on": date(2026, 11, first), "last_on": last_on, **changes}
    return NoticeVersion(version=name, **said)


def test_the_reasons_stated_above_are_all_of_section_2() -> None:
    section_2 = {clause for clause in Clause if clause.startswith("2 bullet")}
    assert set(PURPOSES_IN_WORDS) == section_2 | {Clause.COMPLIANCE}
    assert list(PURPOSES_IN_WORDS) == [clause for clause in Clause if clause in PURPOSES_IN_WORDS]


def test_callers_are_told_these_reasons_in_these_words() -> None:
    assert list(PURPOSES_IN_WORDS.values()) == [
        "protect the interests of both parties to a call",
        "improve how the practice works, and train its staff",
        "protect staff from abusive or nuisance calls",
        "establish the facts when a patient or a member of staff complains",
        "establish the facts of a medico-legal claim",
        "look into how an employee behaved on the telephone, where that is in question",
        "check that policies and procedures are kept, and give a regulator evidence",
    ]


OFFICERS = {
    "all": (
        ("Z1234567", "Ada Wren, dpo@example.org.", "Dr Alice Jones"),
        (
            "It is in the regulator's register with the number Z1234567. Its data protection"
            " officer: Ada Wren, dpo@example.org. Its Caldicott Guardian, who looks after the"
            " confidentiality of patients: Dr Alice Jones."
        ),
    ),
    "one": (
        ("ZA12345X", "", ""),
        "It is in the regulator's register with the number ZA12345X.",
    ),
    "nobody": (("", "", ""), ""),
}


@pytest.mark.parametrize(("names", "told"), OFFICERS.values(), ids=OFFICERS)
def test_callers_are_told_who_answers_for_their_data(
    names: tuple[str, str, str], told: str
) -> None:
    assert officers_in_words(*names) == told


def test_callers_are_told_who_stores_the_calls() -> None:
    assert storage_in_words("Acme Telecom") == (
        "Acme Telecom, which provides our telephone system, stores them for us on a secure server."
    )
    assert storage_in_words("") == (
        "The company that provides our telephone system stores them for us on a secure server."
    )


def test_a_version_has_the_text_that_callrec_brings_unless_it_has_its_own() -> None:
    assert version("1", 10, 20).text == ""
    assert version("1", 10, 20, text="Calls are recorded.").text == "Calls are recorded."


def test_callers_are_told_by_the_announcement_and_called_by_the_caller() -> None:
    assert dict(NOTICE_HEARD) == {
        Direction.INBOUND: NoticeKind.ANNOUNCEMENT,
        Direction.OUTBOUND: NoticeKind.OUTBOUND,
    }


@pytest.mark.parametrize(("day", "holds"), [(9, False), (10, True), (20, True), (21, False)])
def test_a_version_holds_from_its_first_day_to_its_last(day: int, holds: bool) -> None:  # noqa: FBT001
    assert version("1", 10, 20).in_force_on(date(2026, 11, day)) is holds


def test_a_version_that_nothing_replaces_holds_on() -> None:
    assert version("1", 10, None).in_force_on(date(2099, 1, 1))
    assert not version("1", 10, None).in_force_on(date(2026, 11, 9))


def test_what_is_in_force_is_of_the_kind_that_is_asked_for() -> None:
    staff = version("s", 1, None, kind=NoticeKind.STAFF)
    both = [staff, version("1", 1, 9), version("2", 10, None)]
    assert in_force(both, WEBSITE, DAY) == both[2]
    assert in_force(both, NoticeKind.STAFF, DAY) == staff
    assert in_force(both, NoticeKind.OUTBOUND, DAY) is None
    assert in_force(both, WEBSITE, date(2026, 10, 31)) is None


GOOD = {
    "none": [],
    "one day": [version("1", 9, 9)],
    "one after the other, written in any order": [version("2", 10, None), version("1", 1, 9)],
    "a gap": [version("1", 1, 5), version("2", 10, 12)],
    "two kinds at once": [version("1", 1, None), version("1", 1, None, kind=NoticeKind.STAFF)],
}


@pytest.mark.parametrize("versions", GOOD.values(), ids=GOOD)
def test_versions_that_follow_each_other_are_taken(versions: list[NoticeVersion]) -> None:
    check_versions(versions)


BAD = {
    "the end before the beginning": ([version("1", 9, 8)], "website notice 1 ends before"),
    "the same day": ([version("1", 1, 10), version("2", 10, None)], "website notices 1 and 2 are"),
    "one without an end": ([version("1", 1, None), version("2", 10, 12)], "1 and 2 are in force"),
    "the same first day": ([version("1", 1, None), version("2", 1, None)], "in force on the same"),
    "a name twice": ([version("1", 1, 9), version("1", 10, None)], "two website notices are"),
    "among good ones of other kinds": (
        [version("1", 1, 2, kind=NoticeKind.STAFF), version("1", 9, 8)],
        "website notice 1 ends before it begins",
    ),
}


@pytest.mark.parametrize(("versions", "message"), BAD.values(), ids=BAD)
def test_versions_that_contradict_each_other_are_no_configuration(
    versions: list[NoticeVersion], message: str
) -> None:
    with pytest.raises(Misconfigured, match=message) as refused:
        check_versions(versions)
    assert refused.value.hint == "change it under [[notices]]: callrec practice settings apply FILE"


FIRST, SECOND, THIRD = (date(2026, month, 1) for month in (1, 2, 3))

SINCE: dict[str, tuple[list[list[NoticeVersion]], date | None]] = {
    "ever": ([[version("1", 1, None)]], FIRST),
    "not yet": ([[], []], None),
    "no more": ([[version("1", 1, None)], []], None),
    "since it was set": ([[], [version("1", 1, None)]], SECOND),
    "since nothing else was said": (
        [[version("1", 1, None)], [version("1", 1, 30)], [version("1", 1, 29)]],
        FIRST,
    ),
    "since it is another": ([[version("1", 1, None)], [version("2", 1, None)]], SECOND),
    "since it has other words": (
        [[version("1", 1, None)], [version("1", 1, None, text="Calls are recorded.")]],
        SECOND,
    ),
    "since it came back": ([[version("1", 1, None)], [], [version("1", 1, None)]], THIRD),
    "of its kind": (
        [[version("s", 1, None, kind=NoticeKind.STAFF)], [version("1", 1, None)]],
        SECOND,
    ),
    "of its day": ([[version("1", 1, 9)], [version("1", 1, None)]], SECOND),
}


@pytest.mark.parametrize(("said", "since"), SINCE.values(), ids=SINCE)
def test_since_when_the_record_says_what_is_in_force(
    said: list[list[NoticeVersion]], since: date | None
) -> None:
    days = (FIRST, SECOND, THIRD)
    assert stated_since([*zip(days, said, strict=False)], WEBSITE, DAY) == since


def test_days_without_a_notice_are_told() -> None:
    versions = [
        version("3", 20, 25),
        version("1", 1, 5),
        version("2", 10, 19),
        version("s", 1, None, kind=NoticeKind.STAFF),
        version("o", 1, 9, kind=NoticeKind.OUTBOUND),
        version("p", 10, None, kind=NoticeKind.OUTBOUND),
    ]
    assert notice_gaps(versions) == (
        NoticeGap(WEBSITE, date(2026, 11, 6), date(2026, 11, 9)),
        NoticeGap(WEBSITE, date(2026, 11, 26), None),
        NoticeGap(NoticeKind.ANNOUNCEMENT, None, None),
    )


def test_after_the_last_day_that_there_is_no_notice_is_missing() -> None:
    versions = [replace(version("1", 1, 5), last_on=date.max)]
    assert WEBSITE not in {gap.kind for gap in notice_gaps(versions)}


def test_one_day_without_a_notice_is_a_gap() -> None:
    versions = [version("1", 1, 5), version("2", 7, None)]
    assert notice_gaps(versions)[0] == NoticeGap(WEBSITE, date(2026, 11, 6), date(2026, 11, 6))


TOLD = {
    "incoming, announced": (Direction.INBOUND, True, None, CallerTold.INBOUND_ANNOUNCEMENT),
    "incoming, not announced": (Direction.INBOUND, False, None, CallerTold.NONE),
    "outgoing, not a word": (Direction.OUTBOUND, True, None, CallerTold.UNKNOWN),
    "internal, not a word": (Direction.INTERNAL, True, None, CallerTold.UNKNOWN),
    "nobody knows which way": (None, True, None, CallerTold.UNKNOWN),
    "outgoing, spoken": (
        Direction.OUTBOUND,
        False,
        CallerTold.OUTBOUND_SPOKEN,
        CallerTold.OUTBOUND_SPOKEN,
    ),
    "incoming, the machine was off": (Direction.INBOUND, True, CallerTold.NONE, CallerTold.NONE),
}


@pytest.mark.parametrize(("direction", "announced", "said", "told"), TOLD.values(), ids=TOLD)
def test_whether_a_caller_was_told(
    direction: Direction | None,
    announced: bool,  # noqa: FBT001
    said: CallerTold | None,
    told: CallerTold,
) -> None:
    assert caller_told(direction, announced=announced, stated=said) is told


@pytest.mark.parametrize("told", CallerTold)
def test_an_announcement_goes_with_no_outgoing_call_and_a_caller_s_words_with_no_incoming(
    told: CallerTold,
) -> None:
    wrong = {
        CallerTold.INBOUND_ANNOUNCEMENT: {Direction.OUTBOUND, Direction.INTERNAL},
        CallerTold.OUTBOUND_SPOKEN: {Direction.INBOUND, Direction.INTERNAL},
    }
    ways = [None, *Direction]
    assert {way for way in ways if not is_possible_for(told, way)} == wrong.get(told, set())

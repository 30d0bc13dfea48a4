"""What UK GDPR 33 asks of a breach, and the NHS's grid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from callrec.errors import Refused, Unusable
from callrec.policy.breach import (
    BREACH_RECORD_FIELDS,
    ICO_REPORT_FIELDS,
    NOT_TOLD,
    PEOPLE_TOLD_FIELDS,
    Closing,
    Findings,
    ReportingThreshold,
    check_closing,
    check_told_on,
    is_late,
    missing_findings,
    untold,
)
from callrec.policy.clause import Clause, Law
from callrec.policy.clock import breach_due_at
from callrec.policy.incident import Outcome
from callrec.settings import Incidents
from policy.builders import LONDON

GRID = ReportingThreshold(likelihood=3, impact=2)

NOTICED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

DUE = breach_due_at(NOTICED)  # 27 November, 9:30

NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)

WHY = "The Commissioner was told by telephone and letter"

ON_RECORDED = Findings(facts="As it was.", effects="None.", remedy="It was put away.")

MILD = replace(ON_RECORDED, likelihood=2, impact=5)

GRAVE = replace(ON_RECORDED, likelihood=3, impact=2)

TOLD = r"^a breach of this likelihood and impact is reported to the Information Commissioner \["


def closing(on: int = 25, *, at: datetime | None = None, **said: Any) -> Closing:
    """On a day of November."""
    values = {"outcome": Outcome.REPORTED, "reason": WHY, **said}
    return Closing(on=at.date() if at else date(2026, 11, on), at=at, **values)


def check(said: Closing, findings: Findings = GRAVE, *, now: datetime = NOW) -> None:
    check_closing(said, findings, GRID, noticed_at=NOTICED, due_at=DUE, now=now, zone=LONDON)


@pytest.mark.parametrize(("likelihood", "impact"), [*product(range(1, 6), range(1, 6))])
def test_what_is_likely_and_at_least_minor_is_reported(likelihood: int, impact: int) -> None:
    findings = Findings(likelihood=likelihood, impact=impact)
    assert GRID.must_be_reported(findings) is (likelihood in (3, 4, 5) and impact in (2, 3, 4, 5))


def test_the_usual_grid_is_the_nhs_s() -> None:
    usual = Incidents()
    assert (usual.report_likelihood, usual.report_impact) == (3, 2)


def test_how_many_are_concerned_is_no_part_of_it() -> None:
    few = Findings(likelihood=2, impact=5, people_count=1)
    assert GRID.must_be_reported(few) is GRID.must_be_reported(replace(few, people_count=90_000))


@pytest.mark.parametrize("degrees", [{}, {"likelihood": 5}, {"impact": 5}])
def test_with_a_degree_missing_nobody_has_assessed_it(degrees: dict[str, Any]) -> None:
    assert GRID.must_be_reported(Findings(**degrees)) is None


def of_degree(name: str, value: int) -> Findings:
    said: dict[str, Any] = {name: value}
    return Findings(**said)


@pytest.mark.parametrize("degree", ["likelihood", "impact"])
@pytest.mark.parametrize("wrong", [0, 6, -1])
def test_degrees_go_from_1_to_5(degree: str, wrong: int) -> None:
    for good in (1, 5):
        assert of_degree(degree, good).assessment != Findings().assessment
    with pytest.raises(Unusable, match=r"^likelihood and impact go from 1 to 5$"):
        of_degree(degree, wrong)


def test_words_alone_assess_nothing() -> None:
    assert ON_RECORDED.assessment == Findings().assessment


def test_nobody_and_nothing_are_numbers_that_are_said() -> None:
    assert Findings(people_count=0, record_count=0).stated == {"people_count": 0, "record_count": 0}
    assert Findings().stated == {}


def test_what_is_found_out_later_takes_the_place_of_what_was_said_before() -> None:
    before = Findings(nature="lost", people="patients", people_count=12, likelihood=2)
    after = before.with_more(Findings(people_count=0, likelihood=4, measures="searched"))
    assert after == Findings(
        nature="lost", people="patients", people_count=0, likelihood=4, measures="searched"
    )


def test_nothing_is_no_finding() -> None:
    with pytest.raises(Unusable, match=r"^nothing is added$") as refused:
        ON_RECORDED.with_more(Findings())
    assert refused.value.hint == "callrec incident update --help lists what can be"


def test_the_law_s_fields_are_all_there_in_its_order() -> None:
    assert ICO_REPORT_FIELDS == (
        "nature", "people", "people_count", "records", "record_count",  # 33(3)(a)
        "contact",  # (b)
        "consequences",  # (c)
        "measures",  # (d)
    )  # fmt: skip
    assert BREACH_RECORD_FIELDS == ("facts", "effects", "remedy")  # 33(5)
    assert set(Findings.__slots__) == {
        *ICO_REPORT_FIELDS,
        *BREACH_RECORD_FIELDS,
        *PEOPLE_TOLD_FIELDS,
        "not_told",
        "dspt_reference",
        "likelihood",
        "impact",
    }


EVERYTHING = Findings(
    nature="n", people="p", people_count=0, records="r", record_count=1, contact="c",
    consequences="q", measures="m", facts="f", effects="e", remedy="y",
)  # fmt: skip


def test_what_is_still_missing_is_told_in_the_law_s_order() -> None:
    assert missing_findings(EVERYTHING, GRID) == ()
    assert missing_findings(Findings(), GRID) == (*ICO_REPORT_FIELDS, *BREACH_RECORD_FIELDS)
    some = replace(EVERYTHING, contact="", record_count=None, effects="")
    assert missing_findings(some, GRID) == ("record_count", "contact", "effects")


def test_of_what_need_not_be_reported_the_record_alone_is_missing() -> None:
    mild = Findings(likelihood=1, impact=1)
    assert missing_findings(mild, GRID) == BREACH_RECORD_FIELDS
    not_told = closing(outcome=Outcome.NOT_REPORTED)
    assert missing_findings(mild, GRID, not_told) == BREACH_RECORD_FIELDS
    assert missing_findings(mild, GRID, closing()) == (*ICO_REPORT_FIELDS, *BREACH_RECORD_FIELDS)


@pytest.mark.parametrize(("likelihood", "impact"), [*product(range(1, 6), range(1, 6))])
def test_people_are_told_of_what_is_likely_and_grave(likelihood: int, impact: int) -> None:
    findings = Findings(likelihood=likelihood, impact=impact)
    assert GRID.must_tell_people(findings) is (likelihood >= 3 and impact >= 4)
    later = replace(GRID, tell_impact=5)
    assert later.must_tell_people(findings) is (likelihood >= 3 and impact == 5)


def test_whether_people_are_told_nobody_knows_before_both_degrees_are_said() -> None:
    assert GRID.must_tell_people(Findings(likelihood=5)) is None
    assert GRID.must_tell_people(Findings(impact=5)) is None
    assert Incidents().tell_people_impact == GRID.tell_impact == 4


HIGH = replace(ON_RECORDED, likelihood=4, impact=4)

TOLD_THEM = {"people_told": 40, "people_told_on": "2026-11-26", "people_told_how": "by letter"}

ENOUGH = {
    "they were told": TOLD_THEM,
    "nobody was left to tell": {**TOLD_THEM, "people_told": 0, "people_count": 0},
    "34(3)(a)": {"not_told": "unreadable"},
    "34(3)(b)": {"not_told": "averted"},
    "34(3)(c)": {"not_told": "disproportionate", "people_told_how": "a notice on our website"},
}


@pytest.mark.parametrize("said", ENOUGH.values(), ids=ENOUGH)
def test_a_grave_breach_closes_once_people_were_told_or_need_not_be(said: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"affects are told, and nothing says so yet \[UK GDPR 34\]"):
        check(closing(), HIGH)
    check(closing(), replace(HIGH, **said))


SHORT: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing is said": ({}, PEOPLE_TOLD_FIELDS),
    "how many and when is not said": ({"people_told_how": "by letter"}, PEOPLE_TOLD_FIELDS[:2]),
    "none of them were": (
        {**TOLD_THEM, "people_told": 0, "people_count": 40},
        PEOPLE_TOLD_FIELDS[:1],
    ),
    "a reason was taken back": ({"not_told": "none"}, PEOPLE_TOLD_FIELDS),
    "in public, and not how": ({"not_told": "disproportionate"}, ("people_told_how",)),
}


@pytest.mark.parametrize(("said", "lacking"), SHORT.values(), ids=SHORT)
def test_what_does_not_say_that_people_were_told_is_missing(
    said: dict[str, Any], lacking: tuple[str, ...]
) -> None:
    assert untold(replace(HIGH, **said)) == lacking
    assert missing_findings(replace(EVERYTHING, likelihood=4, impact=4, **said), GRID) == lacking
    assert missing_findings(replace(EVERYTHING, likelihood=4, impact=3, **said), GRID) == ()


def test_people_are_told_between_the_breach_and_today() -> None:
    def told(day: str) -> None:
        found = Findings(people_told_on=day)
        check_told_on(found, noticed_on=date(2026, 11, 24), today=date(2026, 11, 26))

    for day in ("", "2026-11-24", "2026-11-26"):
        told(day)
    with pytest.raises(Refused, match=r"before it was noticed \[UK GDPR 34\]"):
        told("2026-11-23")
    with pytest.raises(Refused, match="in the future"):
        told("2026-11-27")


def test_only_the_law_s_reasons_and_days_are_taken() -> None:
    assert [*NOT_TOLD] == ["unreadable", "averted", "disproportionate", "none"]
    with pytest.raises(Unusable, match="not a reason"):
        Findings(not_told="embarrassing")
    with pytest.raises(Unusable, match="is not a date"):
        Findings(people_told_on="Thursday")


def test_in_time_is_within_72_hours_to_the_minute() -> None:
    check(closing(at=DUE))
    check(closing(24))
    check(closing(26))


LATE = {
    "a moment": closing(at=DUE + timedelta(seconds=1)),
    "the day after": closing(28),
}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_later_it_is_said_why(late: Closing) -> None:
    assert is_late(late, DUE, LONDON)
    with pytest.raises(
        Refused, match=r"^what is reported after 72 hours says why it was delayed \["
    ) as refused:
        check(late)
    assert refused.value.clause is Law.BREACH_PERIOD
    assert refused.value.hint == '--delay-reason "…"'
    check(replace(late, delay_reason="Nobody at the office knew whom to tell"))


def test_why_it_was_delayed_is_a_sentence() -> None:
    with pytest.raises(Refused, match="not a sentence") as refused:
        check(closing(28, delay_reason="holidays"))
    assert refused.value.clause is Law.BREACH_PERIOD


def test_on_the_day_that_the_72_hours_end_the_time_matters() -> None:
    with pytest.raises(
        Unusable, match=r"^the 72 hours end on that day, so the time matters$"
    ) as refused:
        check(closing(27))
    assert refused.value.hint == 'say when it was reported, to the minute: --on "27/11/2026 9:30"'


def test_the_day_is_the_practice_s_own() -> None:
    noticed_at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # half past midnight on the 2nd
    due_at = breach_due_at(noticed_at)  # half past midnight on the 5th
    assert not is_late(replace(closing(), on=date(2026, 7, 4)), due_at, LONDON)
    assert is_late(replace(closing(), on=date(2026, 7, 6)), due_at, LONDON)
    with pytest.raises(Unusable):
        is_late(replace(closing(), on=date(2026, 7, 5)), due_at, LONDON)


def test_what_need_not_be_reported_is_never_late() -> None:
    check(closing(30, outcome=Outcome.NOT_REPORTED), MILD)


def test_what_has_to_be_reported_is_not_closed_without() -> None:
    with pytest.raises(Refused, match=TOLD) as refused:
        check(closing(outcome=Outcome.NOT_REPORTED), GRAVE)
    assert refused.value.clause is Law.BREACH_PERIOD
    assert refused.value.hint == "report it, then close it with --outcome reported"


def test_what_nobody_assessed_is_not_closed_without() -> None:
    with pytest.raises(
        Refused, match=r"^nobody has said yet how likely and how grave the harm is \["
    ) as refused:
        check(closing(outcome=Outcome.NOT_REPORTED), ON_RECORDED)
    assert refused.value.clause is Law.BREACH_PERIOD
    assert refused.value.hint == "callrec incident update with --likelihood and --impact, 1 to 5"


def test_every_breach_is_on_record() -> None:
    with pytest.raises(
        Refused,
        match=r"^of a breach that is not reported there is no record yet of its facts, remedy \[",
    ) as refused:
        check(closing(outcome=Outcome.NOT_REPORTED), replace(MILD, facts="", remedy=""))
    assert refused.value.clause is Law.BREACH_RECORD
    assert refused.value.hint == "callrec incident update with --facts --remedy"


def test_what_was_reported_is_closed_whatever_is_still_to_be_found_out() -> None:
    check(closing(), Findings())


def test_the_reason_is_a_sentence() -> None:
    with pytest.raises(Refused, match="the reason is not a sentence") as refused:
        check(closing(reason="told them"))
    assert refused.value.clause is Clause.INFRINGEMENT


NOT_YET = {
    "tomorrow": closing(26),
    "in a minute": closing(at=datetime(2026, 11, 25, 12, 1, tzinfo=UTC)),
}

TOO_EARLY = {
    "the day before": closing(23),
    "a minute before": closing(at=NOTICED - timedelta(minutes=1)),
}

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize("said", NOT_YET.values(), ids=NOT_YET)
def test_nothing_was_reported_in_the_future(said: Closing) -> None:
    with pytest.raises(Refused, match=r"^that day is in the future \[") as refused:
        check(said, now=NOON)
    assert refused.value.clause is Law.BREACH_PERIOD
    assert refused.value.hint == "say when it was: --on DATE"


@pytest.mark.parametrize("said", TOO_EARLY.values(), ids=TOO_EARLY)
def test_nothing_was_reported_before_it_was_noticed(said: Closing) -> None:
    with pytest.raises(Refused, match=r"^that day is before it was noticed \[") as refused:
        check(said, now=NOON)
    assert refused.value.clause is Law.BREACH_PERIOD


def test_the_moment_itself_and_the_same_day_will_do() -> None:
    check(closing(25), now=NOON)
    check(closing(at=NOON), now=NOON)
    check(closing(at=NOTICED), now=NOON)


def test_what_day_it_is_the_practice_s_clock_says() -> None:
    """Half past midnight in London is still the day before in UTC, and in New York."""
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    of_utc, of_london = date(2026, 7, 1), date(2026, 7, 2)

    def close(on: date, *, now: datetime, noticed_at: datetime) -> None:
        check_closing(
            replace(closing(), on=on, outcome=Outcome.NOT_REPORTED),
            MILD,
            GRID,
            noticed_at=noticed_at,
            due_at=breach_due_at(noticed_at),
            now=now,
            zone=LONDON,
        )

    close(of_london, now=at, noticed_at=at)
    with pytest.raises(Refused, match="before it was noticed"):
        close(of_utc, now=at, noticed_at=at)
    with pytest.raises(Refused, match="in the future"):
        close(date(2026, 7, 3), now=at, noticed_at=at)


def test_when_it_is_late_the_practice_s_clock_says() -> None:
    noticed_at = datetime(2026, 6, 28, 23, 30, tzinfo=UTC)  # the 72 hours end on 2 July in London
    told = replace(closing(), on=date(2026, 7, 1))
    check_closing(
        told,
        GRAVE,
        GRID,
        noticed_at=noticed_at,
        due_at=breach_due_at(noticed_at),
        now=NOW,
        zone=LONDON,
    )

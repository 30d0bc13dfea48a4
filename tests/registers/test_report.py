"""The practice's report of a month: each figure is what the record comes to, or there is none."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callrec.audit.leaf import Outcome
from callrec.errors import Refused, Tampered, Unusable
from callrec.paper.document import Table
from callrec.policy.purpose import Purpose
from callrec.registers.audit import export_audit
from callrec.registers.figures import PracticeReport
from callrec.registers.months import CountedRequest, Month, month_of, read_month
from callrec.registers.report import REPORT_MADE, make_report, usual_month
from callrec.registers.report_document import report_document
from callrec.requests.ask import create_request
from house.complaints import a_complaint, acknowledged
from house.incidents import an_incident
from house.listening import hear
from house.lived_in import on, search
from house.on_record import put_on_record
from house.practices import House
from house.requests import (
    approve,
    by_sql,
    further_of,
    last_leaf,
    logged_in,
    said,
    signed_in,
    third_parties_checked,
)
from house.stages import LIVED_IN, copied, looked_at
from registers import recount

lived = copied(LIVED_IN)

shown = looked_at(LIVED_IN)

MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04")


def report(house: House, month: str, login: str = "dora") -> PracticeReport:
    return make_report(house.practice, signed_in(house, login), read_month(month))


def exported(house: House, folder: Path) -> Path:
    to = folder / f"record-{len(list(folder.iterdir()))}.jsonl"
    export_audit(house.practice, signed_in(house, "dora"), to=to)
    return to


@pytest.mark.parametrize("month", MONTHS)
def test_each_figure_is_the_one_that_another_program_counts_from_the_export(
    lived: House, tmp_path: Path, month: str
) -> None:
    made, today = report(lived, month), lived.at.date()
    export = recount.Export(exported(lived, tmp_path), made.entries)
    assert len(export.leaves) == made.entries
    assert {each.purpose: _without(each, "purpose") for each in made.purposes} == (
        recount.purposes(export, month, today)
    )
    ids = {login: str(signed_in(lived, login).person.id) for login in lived.seeds}
    told = {ids[each.login]: _without(each, "login", "full_name", "role") for each in made.people}
    counted = recount.people(export, month)
    assert told == {
        by: {name: counts[name] for name in told.get(by, counts)} for by, counts in counted.items()
    }
    assert asdict(made.held) == recount.held(export, month)
    placed = (made.holds_placed, made.holds_lifted, made.holds_in_force)
    assert placed == recount.holds(export, month, today)
    assert (made.taken_in, made.refused) == recount.taken_in(export, month)
    assert made.destroyed == recount.destroyed(export, month)
    assert sum(each.days_written for each in made.drives) == recount.days_written(export, month)
    for row in made.trend:
        assert _without(row, "standing", "incidents", "complaints") == (
            recount.month_row(export, row.month)
        )


def _without(counted: Any, *names: str) -> dict[str, Any]:
    return {name: value for name, value in asdict(counted).items() if name not in names}


def test_it_says_of_december_what_was_lived(shown: House) -> None:
    """By hand, from house/lived_in.py: so that no two programs are wrong alike."""
    made = report(shown, "2026-12")
    counts = {str(each.purpose): each for each in made.purposes}
    access, erasure, body = (
        counts["subject-access"],
        counts["erasure"],
        counts["outside-body"],
    )
    assert (access.came, access.answered, access.in_time, access.late) == (0, 1, 0, 1)
    assert (access.days_middle, access.days_longest) == (43, 43)
    assert (erasure.came, erasure.answered, erasure.ended, erasure.open) == (1, 0, 1, 0)
    assert (body.came, body.answered, body.late) == (1, 1, 1)
    (late,) = made.late
    assert (late.request, late.due_on, late.days_late) == ("R-3", date(2026, 11, 20), 12)
    max_, mia, pat, sam = (
        {each.login: each for each in made.people}.get(login)
        for login in (*("max", "mia", "pat", "sam"),)
    )
    assert max_ is not None
    assert (max_.searches, max_.released, max_.full_name) == (2, 1, "Max Harding")
    assert mia is None  # her player failed before anything could be heard
    assert pat is not None
    assert pat.searches == 1
    assert sam is not None
    assert (sam.searches, sam.searches_refused) == (0, 1)
    assert asdict(made.held) == {
        "days": 20,
        "calls": 120,
        "answered": 100,
        "held": 97,
        "in_part": 1,
        "missing": 2,
    }
    assert made.too_long == 1
    assert [(each.incident, each.closed_on, each.was_late) for each in made.incidents] == [
        ("I-1", date(2026, 12, 15), False),
        ("I-2", date(2027, 1, 5), True),
    ]
    assert [(each.complaint, each.acknowledged_on, each.was_late) for each in made.complaints] == [
        ("C-1", date(2026, 12, 20), False),
        ("C-2", date(2027, 1, 20), True),
    ]
    assert [(each.month, each.incidents, each.complaints) for each in made.trend[-2:]] == [
        ("2026-11", 0, 1),
        ("2026-12", 2, 1),
    ]


def test_an_hour_after_midnight_in_summer_is_of_the_next_month(shown: House) -> None:
    march, april = report(shown, "2027-03"), report(shown, "2027-04")
    assert sum(each.hearings for each in march.people) == 0
    assert [(each.login, each.hearings) for each in april.people] == [("dora", 1)]
    assert (march.taken_in, april.taken_in) == (0, 1)
    assert [[each.days_written for each in made.drives] for made in (march, april)] == [[0], [1]]
    assert (march.so_far, april.so_far, april.last_day) == (False, True, date(2027, 4, 1))
    assert [each.decided_alone for each in march.people] == [1]
    assert march.unaccepted_alone == 1


def test_the_last_day_is_in_time_and_the_day_of_its_answer_ends_a_request() -> None:
    came, due = date(2026, 11, 3), date(2026, 12, 3)
    answered = CountedRequest("R-1", Purpose.SUBJECT_ACCESS, came, due, due, due)
    assert answered.was_late is False
    assert (answered.is_open(due), answered.is_open(date(2026, 12, 2))) == (False, True)
    waits = CountedRequest("R-2", Purpose.SUBJECT_ACCESS, came, None, None, due)
    assert (waits.is_overdue(due), waits.is_overdue(date(2026, 12, 4))) == (False, True)
    assert (waits.is_open(date(2026, 11, 2)), waits.is_open(came)) == (False, True)


def test_months_before_the_vault_are_not_months_in_which_nothing_happened(shown: House) -> None:
    standing = {each.month: each.standing for each in report(shown, "2027-04").trend}
    assert list(standing) == [str(Month(2027, 4).earlier(n)) for n in range(11, -1, -1)]
    assert {month for month, each in standing.items() if each == "before"} == {
        f"2026-{month:02}" for month in range(5, 11)
    }
    assert standing["2027-04"] == "so-far"


def test_after_a_year_it_goes_over_the_last_twelve_months(lived: House) -> None:
    on(lived, "2028-09-15")
    made = report(lived, "2028-09")
    assert {each.standing for each in made.trend} == {"whole", "so-far"}
    assert sum(each.hearings + each.came for each in made.trend) == 0
    assert made.trend[0].month == "2027-10"


@pytest.mark.parametrize(
    ("month", "says"),
    [
        ("2026-10", "set up here in November 2026"),
        ("0001-01", "set up here in November 2026"),
        ("2027-05", "has not begun"),
        ("9999-12", "December 9999 has not begun"),
    ],
)
def test_there_is_no_report_of_a_month_without_a_day_here(
    shown: House, month: str, says: str
) -> None:
    with pytest.raises(Unusable, match=says):
        report(shown, month)


@pytest.mark.parametrize("typed", ["2026-13", "November", "26-11", "", "2026-11-01"])
def test_what_is_no_month_is_refused(typed: str) -> None:
    with pytest.raises(Unusable, match="not a month"):
        read_month(typed)


@pytest.mark.parametrize("typed", ["2026-11", "11/2026", "Nov 2026", "november 2026"])
def test_a_month_is_typed_in_several_ways(typed: str) -> None:
    assert read_month(typed) == Month(2026, 11)


def test_where_none_is_named_it_is_the_last_that_is_over(house: House) -> None:
    assert usual_month(house.practice) == month_of(house.at.date())
    on(house, "2026-12-01")
    assert usual_month(house.practice) == Month(2026, 11)


@pytest.mark.parametrize("login", ["dora", "pat", "ava"])
def test_who_reads_the_record_has_it_and_that_is_on_record(lived: House, login: str) -> None:
    made = report(lived, "2026-12", login)
    leaf = last_leaf(lived)
    assert (leaf.act, leaf.outcome, leaf.seq) == (REPORT_MADE, Outcome.DONE, made.entries - 1)
    assert asdict(made.held)["held"] == 97
    assert all((each.full_name is None) == (login == "ava") for each in made.people)


@pytest.mark.parametrize("login", ["max", "sam"])
def test_others_have_none_and_that_is_on_record(house: House, login: str) -> None:
    with pytest.raises(Refused, match="may not have the report made"):
        report(house, "2026-11", login)
    assert (last_leaf(house).act, last_leaf(house).outcome) == (REPORT_MADE, Outcome.REFUSED)


_REPLACED = "UPDATE {} SET body = CAST(replace(CAST(body AS TEXT), '{}', '{}') AS BLOB)"

EDITS = {
    "a day": _REPLACED.format("clock_event", "2026-10-20", "2026-11-20"),
    "a state": "UPDATE request SET state = 'denied' WHERE number = 7",
    "a count": _REPLACED.format("statement", '"held"\\:57', '"held"\\:59'),
    "a leaf": _REPLACED.format("leaf", "listen.failed", "listen.ended"),
    "a drive": "UPDATE volume SET written_at = written_at + 86400000",
    "a recording": "UPDATE recording SET size_bytes = size_bytes + 1 WHERE id = 1",
}


@pytest.mark.parametrize("statement", EDITS.values(), ids=EDITS)
def test_of_what_somebody_changed_there_is_no_figure(lived: House, statement: str) -> None:
    by_sql(lived, statement)
    with pytest.raises(Tampered):
        report(lived, "2026-12")


def test_what_was_put_on_record_is_told_and_counts_for_nothing(stocked: House) -> None:
    for _ in range(2):
        search(stocked, "max")
    searched = 'SELECT max(seq) FROM leaf WHERE instr(body, \'"act"\\:"search"\') > 0'
    changed = _REPLACED.format("leaf", '"outcome"\\:"done"', '"outcome"\\:"failed"')
    by_sql(stocked, f"{changed} WHERE seq = ({searched})")
    with pytest.raises(Tampered):
        report(stocked, "2026-11")
    put_on_record(stocked)
    made = report(stocked, "2026-11")
    assert made.set_aside == 2  # the entry, and what was sealed beside it
    assert [each.searches for each in made.people] == [1]
    lead = " ".join(report_document(made, stocked.practice.settings.time_zone).lead)
    assert "2 items that nobody signed had been put on record" in lead


def test_a_day_that_is_entered_late_counts_in_its_own_month(shown: House) -> None:
    assert report(shown, "2026-11").trend[-1].complaints == 1  # C-2 was entered in December


def test_it_is_json_to_the_last_figure(shown: House) -> None:
    made = json.dumps(asdict(report(shown, "2027-01")), default=str)
    assert isinstance(json.loads(made)["purposes"], list)
    assert datetime.fromisoformat(json.loads(made)["made_at"]) >= shown.at


def test_who_must_not_learn_of_a_request_does_not_find_it_counted(stocked: House) -> None:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told="no", received="2026-11-23")
    asks = said(Purpose.OUTSIDE_BODY, further=further, parties=("Pat Ellison", "Reception"))
    create_request(
        stocked.practice,
        logged_in(stocked, "sam"),
        purpose=Purpose.OUTSIDE_BODY,
        answers=asks,
        recordings=[1],
    )
    approve(stocked, "R-1", "dora", to="max")
    hear(stocked, "R-1", 1, "max", attended=("nobody",))
    search(stocked, "max", "R-1")
    made = {login: report(stocked, "2026-11", login) for login in ("dora", "ava", "pat")}
    for login in ("dora", "ava"):
        assert [str(each.purpose) for each in made[login].purposes] == ["outside-body"]
        assert [each.login for each in made[login].people] == ["max"]
        assert made[login].holds_placed == 1
    of_pat = made["pat"]
    assert (of_pat.purposes, of_pat.people, of_pat.holds_placed) == ((), (), 0)
    assert (of_pat.trend[-1].came, of_pat.trend[-1].hearings) == (0, 0)


def test_what_still_runs_is_not_said_to_be_kept(stocked: House) -> None:
    an_incident(stocked)
    a_complaint(stocked)

    def told() -> dict[str, tuple[str, ...]]:
        zone = stocked.practice.settings.time_zone
        made = report_document(report(stocked, "2026-11"), zone)
        blocks = (block for section in made.sections for block in section.blocks)
        tables = (block for block in blocks if isinstance(block, Table))
        return {row[0]: row[1:] for table in tables for row in table.rows}

    assert (told()["I-1"][5], told()["C-1"][4]) == ("not over yet", "not due yet")
    acknowledged(stocked)
    stocked.at += timedelta(days=4)
    assert (told()["I-1"][5], told()["C-1"][4]) == ("over, and it is open", "in time")


def test_who_came_to_hear_it_counts_as_answered(stocked: House) -> None:
    """Who was there lies sealed, and the staff's own hearing before answers nobody."""
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20", hear_or_copy="hear")
    create_request(
        stocked.practice,
        logged_in(stocked, "sam"),
        purpose=Purpose.SUBJECT_ACCESS,
        answers=said(Purpose.SUBJECT_ACCESS, further=further),
        recordings=[1, 2],
    )
    approve(stocked, "R-1", "dora")
    hear(stocked, "R-1", attended=("nobody",))
    assert report(stocked, "2026-11").purposes[0].answered == 0
    third_parties_checked(stocked, "sam", "R-1")
    hear(stocked, "R-1", attended=("the patient",))
    (access,) = report(stocked, "2026-11").purposes
    assert (access.answered, access.in_time, access.days_longest) == (1, 1, 4)

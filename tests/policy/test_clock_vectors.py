"""Every known answer of tests/vectors/clocks, by its file."""

from __future__ import annotations

import pytest

from callrec.bank_holidays import working_days
from callrec.policy.clock import deadline
from callrec.policy.clock_rules import check_event
from callrec.policy.rights.complaint import acknowledge_by
from callrec.settings import Clocks
from vectors.clocks.cases import Case, ComplaintCase, cases, complaint_cases

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_deadline_is_the_known_one(case: Case) -> None:
    working = working_days(Clocks().model_copy(update={"division": case.division}))
    found = deadline(case.receipt, case.events, working, on=case.as_of)
    assert {name: getattr(found, name) for name in case.expected} == case.expected
    assert case.expected


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_happened_in_it_may_have_happened(case: Case) -> None:
    working = working_days(Clocks().model_copy(update={"division": case.division}))
    happened = sorted(case.events, key=lambda event: event.on)
    for n, event in enumerate(happened):
        check_event(case.receipt, happened[:n], event, working, today=case.as_of)


@pytest.mark.parametrize("case", complaint_cases(), ids=str)
def test_an_acknowledgement_is_due_on_the_known_day(case: ComplaintCase) -> None:
    working = working_days(Clocks().model_copy(update={"division": case.division}))
    found = acknowledge_by(case.received_on, working)
    assert (found.due_on, found.is_unknown) == (case.due_on, case.due_on is None)

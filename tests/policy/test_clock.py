"""Why a deadline is what it is, in words; the dates themselves are in tests/vectors/clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from callrec.errors import Unusable
from callrec.policy.clock import breach_due_at, deadline
from callrec.policy.clock_events import (
    STATUTORY_SCALES,
    Awaited,
    ClockEvent,
    ClockEventKind,
    Deadline,
    Receipt,
    TimeScales,
)
from callrec.policy.clock_rules import is_recent
from callrec.policy.days import WorkingDays
from callrec.policy.purpose import Purpose
from callrec.policy.words import in_words
from policy.builders import LONDON
from policy.dated import MONTHLY, asked, came, day, extended

CHRISTMAS = frozenset({date(2024, 12, 25), date(2024, 12, 26)})

WORKING = WorkingDays(closed=CHRISTMAS, years=range(2023, 2026))

RECEIVED = date(2024, 9, 3)

CLOCKED = (*MONTHLY, Purpose.DECEASED, Purpose.OUTSIDE_BODY)


def of(
    purpose: Purpose,
    *events: ClockEvent,
    on: date = date(2024, 9, 20),
    scales: TimeScales = STATUTORY_SCALES,
    **receipt: Any,
) -> Deadline:
    said = Receipt(purpose=purpose, **{"received_on": RECEIVED, **receipt})
    return deadline(said, events, WORKING, on=on, scales=scales)


def access(*events: ClockEvent, **said: Any) -> Deadline:
    return of(Purpose.SUBJECT_ACCESS, *events, **said)


RECEIVED_SO = "received on Tuesday 3 September 2024, working day or not [UK GDPR 12(3)]"

A_MONTH = "one month after Tuesday 3 September 2024: Thursday 3 October 2024 [UK GDPR 12(3)]"

TARGET = "the target is 28 days, Tuesday 1 October 2024 [ICO, right of access; clocks.target_days]"


@pytest.mark.parametrize("purpose", MONTHLY)
def test_a_month_is_told_from_its_beginning_to_its_end(purpose: Purpose) -> None:
    assert of(purpose).why == (RECEIVED_SO, A_MONTH, TARGET)


def test_a_roll_is_told() -> None:
    assert access(received_on=date(2024, 11, 25)).why[1:3] == (
        "one month after Monday 25 November 2024: Wednesday 25 December 2024 [UK GDPR 12(3)]",
        (
            "Wednesday 25 December 2024 is no working day: the next one is Friday 27 December 2024"
            " [ICO, right of access]"
        ),
    )


def test_a_month_without_such_a_day_is_told() -> None:
    assert access(received_on=date(2024, 1, 31)).why[1] == (
        "one month after Wednesday 31 January 2024: Thursday 29 February 2024, the last day of that"
        " month [UK GDPR 12(3)]"
    )


def test_an_extension_is_told() -> None:
    found = access(extended(day(19)))
    assert found.why[1:3] == (
        "extended within the first month: 3 months from the same beginning [UK GDPR 12A]",
        "3 months after Tuesday 3 September 2024: Tuesday 3 December 2024 [UK GDPR 12(3)]",
    )
    assert found.is_extended


def test_a_clarification_that_came_is_told() -> None:
    found = access(asked(Awaited.CLARIFICATION, day(4)), came(Awaited.CLARIFICATION, day(5)))
    assert found.why[1:] == (
        A_MONTH,
        (
            "clarification was asked for on Wednesday 4 September 2024 and came on Thursday 5"
            " September 2024: 1 day more, Friday 4 October 2024 [UK GDPR 12A]"
        ),
        TARGET.replace("Tuesday 1", "Wednesday 2"),
    )
    assert found.waiting_for is None


def test_a_clarification_that_has_not_come_is_told() -> None:
    found = access(asked(Awaited.CLARIFICATION, day(18)))
    assert found.why[2] == (
        "clarification was asked for on Wednesday 18 September 2024 and has not come: 2 days more,"
        " Saturday 5 October 2024 [UK GDPR 12A]"
    )
    assert found.waiting_for is Awaited.CLARIFICATION


def test_a_clarification_stops_the_clock_of_subject_access_alone_and_that_is_told() -> None:
    found = of(Purpose.ERASURE, asked(Awaited.CLARIFICATION, day(4)))
    assert found.due_on == of(Purpose.ERASURE).due_on
    assert (
        "clarification was asked for on Wednesday 4 September 2024: it stops the clock of subject"
        " access alone, so it moves nothing here [UK GDPR 12A]"
    ) in found.why


def test_several_clarifications_add_up() -> None:
    found = access(
        asked(Awaited.CLARIFICATION, day(4)),
        came(Awaited.CLARIFICATION, day(5)),
        asked(Awaited.CLARIFICATION, day(9)),
        came(Awaited.CLARIFICATION, day(12)),
    )
    assert found.why[3].endswith(": 3 days more, Monday 7 October 2024 [UK GDPR 12A]")
    assert found.due_on == day(7, 10)


def test_identity_that_came_is_told() -> None:
    found = access(asked(Awaited.IDENTITY, day(4)), came(Awaited.IDENTITY, day(10)))
    assert found.why[1:3] == (
        "proof of identity came on Tuesday 10 September 2024: the month begins then [UK GDPR 12A]",
        "one month after Tuesday 10 September 2024: Thursday 10 October 2024 [UK GDPR 12(3)]",
    )


WORDS = {
    Awaited.IDENTITY: "proof of identity",
    Awaited.AUTHORITY: "proof of authority",
    Awaited.FEE: "the fee",
}


@pytest.mark.parametrize("awaited", WORDS)
def test_what_has_not_come_is_told(awaited: Awaited) -> None:
    found = access(asked(awaited, day(4)))
    assert found.why[1] == (
        f"{WORDS[awaited]} was asked for on Wednesday 4 September 2024 and has not come: the month"
        " does not begin before Friday 20 September 2024 [UK GDPR 12A]"
    )
    assert found.waiting_for is awaited


def test_what_is_asked_for_after_the_day_of_telling_is_not_counted_backwards() -> None:
    found = access(asked(Awaited.IDENTITY, day(25)), asked(Awaited.CLARIFICATION, day(25)))
    assert found.due_on == day(25, 10)


def test_what_came_on_the_day_of_receipt_changes_nothing_and_is_not_told() -> None:
    assert access(came(Awaited.IDENTITY, RECEIVED)).why == access().why


def test_what_came_before_something_later_began_the_month_changes_nothing() -> None:
    found = access(came(Awaited.IDENTITY, day(10)), came(Awaited.FEE, day(5)))
    assert found.due_on == day(10, 10)


def test_what_is_missing_and_was_never_asked_for_is_told() -> None:
    found = access(awaits=frozenset({Awaited.IDENTITY, Awaited.AUTHORITY}))
    assert found.why[1:4] == (
        (
            "proof of authority is missing and was not asked for: the month runs all the same"
            " [UK GDPR 12A]"
        ),
        (
            "proof of identity is missing and was not asked for: the month runs all the same"
            " [UK GDPR 12A]"
        ),
        A_MONTH,
    )
    assert found.waiting_for is Awaited.IDENTITY


def test_what_was_missing_and_came_is_not_missing() -> None:
    found = access(came(Awaited.IDENTITY, day(10)), awaits=frozenset({Awaited.IDENTITY}))
    assert found.waiting_for is None
    assert not any("missing" in sentence for sentence in found.why)


def test_what_was_asked_for_is_waited_for_before_what_was_not() -> None:
    found = access(asked(Awaited.FEE, day(4)), awaits=frozenset({Awaited.IDENTITY}))
    assert found.waiting_for is Awaited.FEE


def test_what_was_asked_for_first_is_waited_for_first() -> None:
    found = access(asked(Awaited.FEE, day(6)), asked(Awaited.AUTHORITY, day(5)))
    assert found.waiting_for is Awaited.AUTHORITY


def test_what_was_asked_for_twice_before_it_came_counts_from_the_first_time() -> None:
    found = access(
        asked(Awaited.CLARIFICATION, day(4)),
        asked(Awaited.CLARIFICATION, day(6)),
        came(Awaited.CLARIFICATION, day(9)),
    )
    assert found.due_on == day(8, 10)


TOO_LATE = {
    "asked": (asked(Awaited.CLARIFICATION, day(4, 10)), "clarification was asked for"),
    "came": (came(Awaited.IDENTITY, day(4, 10)), "proof of identity came"),
    "extended": (extended(day(4, 10)), "it was extended"),
}


@pytest.mark.parametrize(("event", "what"), TOO_LATE.values(), ids=TOO_LATE)
def test_what_comes_too_late_moves_nothing_and_is_told(event: ClockEvent, what: str) -> None:
    found = access(event, on=day(10, 10))
    assert found.why[1] == (
        f"{what} on Friday 4 October 2024, when the time was over since Thursday 3 October 2024:"
        " that moves nothing [UK GDPR 12A]"
    )
    assert (found.due_on, found.is_extended) == (day(3, 10), False)


ON_THE_LAST_DAY = {
    "asked": (asked(Awaited.IDENTITY, day(3, 10)), day(11, 11)),
    "came": (came(Awaited.IDENTITY, day(3, 10)), day(4, 11)),
    "extended": (extended(day(3, 10)), day(3, 12)),
}


@pytest.mark.parametrize(("event", "due_on"), ON_THE_LAST_DAY.values(), ids=ON_THE_LAST_DAY)
def test_what_comes_on_the_last_day_is_in_time(event: ClockEvent, due_on: date) -> None:
    assert access(event, on=day(10, 10)).due_on == due_on


def test_the_last_day_is_the_one_after_the_roll() -> None:
    # 13 October is a Sunday.
    found = access(extended(day(14, 10)), received_on=day(13), on=day(15, 10))
    assert found.is_extended


def test_in_an_extended_time_one_may_still_ask() -> None:
    asking = asked(Awaited.CLARIFICATION, day(20, 11)), came(Awaited.CLARIFICATION, day(22, 11))
    assert access(*asking, extended(day(20)), on=day(1, 12)).due_on == day(5, 12)


def test_of_two_extensions_one_counts_and_is_told() -> None:
    assert access(extended(day(19)), extended(day(18))) == access(extended(day(18)))


def test_the_first_extension_is_the_one_that_counts() -> None:
    assert access(extended(day(4, 10)), extended(day(18)), on=day(5, 10)).is_extended


def test_what_an_extension_would_come_to_is_unknown_where_its_year_is() -> None:
    found = access(received_on=date(2025, 11, 3))
    assert (found.due_on, found.extended_due_on) == (date(2025, 12, 3), None)
    assert found.why[-1] == (
        "how far it can be extended is unknown, as that year's bank holidays are"
        " [clocks.holidays_known_until]"
    )
    with pytest.raises(Unusable, match="bank holidays of 2026"):
        access(extended(date(2025, 11, 4)), received_on=date(2025, 11, 3))


def test_december_is_followed_by_january() -> None:
    assert access(received_on=date(2024, 12, 31)).due_on == date(2025, 1, 31)
    assert access(received_on=date(2024, 11, 29)).due_on == date(2024, 12, 30)


def test_the_deceaseds_period_is_told() -> None:
    assert of(Purpose.DECEASED).why == (
        "applied for on Tuesday 3 September 2024 [Access to Health Records Act 1990 s.3(5)]",
        (
            "something may be older than 40 days: 40 days, the first of them Tuesday 3 September"
            " 2024, the last Saturday 12 October 2024 [Access to Health Records Act 1990 s.3(5)]"
        ),
        "the target is 21 days, Monday 23 September 2024 [NHS practice]",
    )


def test_the_deceaseds_short_period_is_told() -> None:
    assert of(Purpose.DECEASED, nothing_older=True).why[1] == (
        "nothing asked for in time is older than 40 days: 21 days, the first of them Tuesday 3"
        " September 2024, the last Monday 23 September 2024"
        " [Access to Health Records Act 1990 s.3(5)]"
    )


def test_what_the_deceaseds_applicant_was_asked_for_is_told() -> None:
    found = of(
        Purpose.DECEASED,
        asked(Awaited.IDENTITY, day(16)),
        came(Awaited.IDENTITY, day(18)),
        asked(Awaited.AUTHORITY, day(17)),
    )
    assert found.why[1:3] == (
        (
            "proof of identity was asked for in time and came on Wednesday 18 September 2024: no"
            " day before that counts [Access to Health Records Act 1990 s.3(6)]"
        ),
        (
            "proof of authority was not asked for by Monday 16 September 2024: it moves nothing"
            " [Access to Health Records Act 1990 s.3(6)]"
        ),
    )
    assert found.waiting_for is Awaited.AUTHORITY
    assert found.due_on == day(27, 10)


def test_what_the_deceaseds_applicant_has_not_sent_is_told() -> None:
    found = of(Purpose.DECEASED, asked(Awaited.AUTHORITY, day(4)))
    assert found.why[1] == (
        "proof of authority was asked for in time and has not come: no day before Friday 20"
        " September 2024 counts [Access to Health Records Act 1990 s.3(6)]"
    )
    assert found.due_on == day(29, 10)


def test_what_the_deceaseds_applicant_is_asked_for_later_than_today_is_not_counted_backwards() -> (
    None
):
    assert of(Purpose.DECEASED, asked(Awaited.AUTHORITY, day(10)), on=day(5)).due_on == day(19, 10)


@pytest.mark.parametrize("awaited", [Awaited.FEE, Awaited.CLARIFICATION])
def test_nothing_but_who_asks_begins_the_deceaseds_period_anew(awaited: Awaited) -> None:
    found = of(Purpose.DECEASED, asked(awaited, day(4)))
    assert (found.due_on, len(found.why)) == (day(12, 10), 3)
    assert found.waiting_for is awaited


def test_an_earlier_answer_does_not_move_the_deceaseds_period_back() -> None:
    found = of(
        Purpose.DECEASED,
        asked(Awaited.IDENTITY, day(4)),
        asked(Awaited.AUTHORITY, day(5)),
        came(Awaited.IDENTITY, day(12)),
        came(Awaited.AUTHORITY, day(9)),
    )
    assert found.due_on == day(21, 10)


def test_nothing_of_the_deceaseds_is_extended() -> None:
    found = of(Purpose.DECEASED, extended(day(4)))
    assert (found.due_on, found.extended_due_on) == (day(12, 10), None)


def test_an_outside_bodys_target_is_told() -> None:
    assert of(Purpose.OUTSIDE_BODY).why == (
        "received on Tuesday 3 September 2024 [policy 4(f)]",
        "no law sets a day for the answer [policy 4(f)]",
        (
            "the target is Tuesday 10 September 2024: 5 working days after it came"
            " [policy 4(f); clocks.outside_body_working_days]"
        ),
    )


def test_an_urgent_outside_body_s_target_is_told() -> None:
    assert of(Purpose.OUTSIDE_BODY, urgent=True).why[2] == (
        "the target is Tuesday 3 September 2024: the same day, since it is urgent"
        " [policy 4(f); clocks.outside_body_working_days]"
    )


def test_an_order_s_date_is_told() -> None:
    found = of(Purpose.OUTSIDE_BODY, answer_by=day(8))
    assert found.why[1:] == (
        "the order is to be answered by Sunday 8 September 2024, working day or not [the order]",
        (
            "the target is Sunday 8 September 2024: the order leaves no more"
            " [policy 4(f); clocks.outside_body_working_days]"
        ),
    )


def test_an_order_that_leaves_more_leaves_the_target_alone() -> None:
    found = of(Purpose.OUTSIDE_BODY, answer_by=day(10))
    assert found.why[2].startswith("the target is Tuesday 10 September 2024: 5 working days")


def test_an_outside_body_may_be_waited_for() -> None:
    found = of(Purpose.OUTSIDE_BODY, asked(Awaited.CLARIFICATION, day(4)))
    assert (found.due_on, found.target_on) == (None, day(10))
    assert found.waiting_for is Awaited.CLARIFICATION


@pytest.mark.parametrize("purpose", [each for each in Purpose if each not in CLOCKED])
def test_no_law_sets_a_day_for_any_other_purpose(purpose: Purpose) -> None:
    assert of(purpose, asked(Awaited.CLARIFICATION, day(4))) == Deadline(
        due_on=None,
        target_on=None,
        extended_due_on=None,
        waiting_for=Awaited.CLARIFICATION,
        why=(f"no law sets a day for a request for {in_words(purpose)} [policy 4(b)]",),
    )


def test_the_practice_sets_its_targets() -> None:
    scales = TimeScales(target_days=14, outside_body_working_days=2)
    assert access(scales=scales).target_on == day(17)
    assert "14 days" in access(scales=scales).why[-1]
    found = of(Purpose.OUTSIDE_BODY, scales=scales)
    assert (found.target_on, found.why[2]) == (
        day(5),
        (
            "the target is Thursday 5 September 2024: 2 working days after it came"
            " [policy 4(f); clocks.outside_body_working_days]"
        ),
    )


def test_the_lengths_are_the_laws_own() -> None:
    assert TimeScales() == TimeScales(
        months=1,
        months_extended=3,
        target_days=28,
        deceased_days=40,
        deceased_recent_days=21,
        recent_days=40,
        deceased_asking_days=14,
        deceased_target_days=21,
        outside_body_working_days=5,
        breach_hours=72,
    )


def test_what_was_made_in_the_40_days_before_the_application_is_recent() -> None:
    applied_on = date(2025, 3, 1)
    assert is_recent(date(2025, 1, 20), applied_on)
    assert not is_recent(date(2025, 1, 19), applied_on)


def test_a_breach_is_due_72_hours_after_the_practice_became_aware() -> None:
    aware_at = datetime(2024, 12, 24, 16, 30, tzinfo=UTC)
    assert breach_due_at(aware_at) == datetime(2024, 12, 27, 16, 30, tzinfo=UTC)


def test_the_hours_of_a_breach_are_the_same_where_the_clocks_change() -> None:
    aware_at = datetime(2024, 3, 29, 12, tzinfo=LONDON)  # the clocks go forward on 31 March
    due_at = breach_due_at(aware_at)
    assert due_at == datetime(2024, 4, 1, 13, tzinfo=LONDON)
    assert due_at - aware_at.astimezone(UTC) == timedelta(hours=72)
    assert due_at.tzinfo is UTC


CONTRADICTORY = {
    "an order before it came": (
        {"purpose": Purpose.OUTSIDE_BODY, "answer_by": date(2024, 9, 2)},
        "the day by which to answer is before the day of receipt",
        "check both: --answer-by DATE and --received DATE",
    ),
    "an order of a patient": (
        {"purpose": Purpose.SUBJECT_ACCESS, "answer_by": date(2024, 9, 5)},
        "only a request of an outside body is urgent, or to be answered by an order's date",
        "leave out --urgent and --answer-by",
    ),
    "an urgent patient": (
        {"purpose": Purpose.SUBJECT_ACCESS, "urgent": True},
        "only a request of an outside body is urgent, or to be answered by an order's date",
        "leave out --urgent and --answer-by",
    ),
    "how old a living patient's record is": (
        {"purpose": Purpose.SUBJECT_ACCESS, "nothing_older": True},
        "how old the record is matters for the deceased only",
        "leave out --nothing-older",
    ),
}


@pytest.mark.parametrize(("said", "message", "hint"), CONTRADICTORY.values(), ids=CONTRADICTORY)
def test_what_contradicts_itself_cannot_be_received(
    said: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(Unusable) as contradiction:
        Receipt(received_on=RECEIVED, **said)
    assert (contradiction.value.message, contradiction.value.hint) == (message, hint)


def test_an_order_may_be_answered_the_same_day() -> None:
    assert of(Purpose.OUTSIDE_BODY, answer_by=RECEIVED).due_on == RECEIVED


HALF_SAID = {
    "asked for nothing": (ClockEventKind.ASKED, None),
    "nothing came": (ClockEventKind.ANSWERED, None),
    "extended by identity": (ClockEventKind.EXTENDED, Awaited.IDENTITY),
    "received a fee": (ClockEventKind.RECEIVED, Awaited.FEE),
}


@pytest.mark.parametrize(("event", "awaited"), HALF_SAID.values(), ids=HALF_SAID)
def test_an_event_says_what_was_asked_for_or_came_and_no_other_does(
    event: ClockEventKind, awaited: Awaited | None
) -> None:
    with pytest.raises(
        ValueError,
        match=r"^what was asked for belongs to asking and answering, and to nothing else$",
    ):
        ClockEvent(event=event, on=RECEIVED, awaited=awaited)

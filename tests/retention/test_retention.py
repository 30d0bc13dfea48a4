"""What is due is counted, and what stops it is said [policy 4(h)]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from callrec.calls.category import categories_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.errors import Misconfigured, NotFound, Refused, Tampered
from callrec.office.status import read_status
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import Purpose
from callrec.policy.role import Power
from callrec.practice import writing
from callrec.registers.verify import Verdict
from callrec.requests.decide import deny_request
from callrec.requests.event import close_request, withdraw_request
from callrec.retention.categories import CATEGORISED, category_id
from callrec.retention.review import REVIEWED, appraise_due, count_due
from callrec.search.show import show_recording
from callrec.settings import RetentionCategory, Settings
from house.calls import a_call, take_in
from house.commands import type_in
from house.holds import ANN, BOB, FIFTH, ask, by_hand, hear, lift, verified
from house.people import lend_power
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    last_leaf,
    logged_in,
    pass_days,
    refused,
    rows,
    signed_in,
)
from house.retention import AFTERWARDS, categorise, keep_for, propose, review, why
from house.stages import ALL_DUE, CALLERS, copied

house = copied(ALL_DUE)

callers = copied(CALLERS)


def category_of(house: House, number: int) -> str:
    with reading(house.practice.engine) as connection:
        return categories_of(house.practice, connection, [number])[number].name


def test_a_category_says_where_it_is_laid_down_and_who_decided() -> None:
    ours = RetentionCategory(name="routine", source="our schedule", decided="the partners, 4 May")
    assert ours.laid_down == "our schedule; decided: the partners, 4 May"
    names = [each.name for each in Settings().retention.category]
    assert names[-2:] == ["electronic-file", "paper-file"]  # by name [policy 4(h)]
    assert not [each for each in Settings().retention.category if "2016" in each.source]


def test_what_is_due_is_counted_by_category_and_month(house: House) -> None:
    found = review(house)
    (due,) = found.due
    assert (due.category.name, due.month) == ("routine", date(2024, 1, 1))
    assert (due.recordings, due.free, found.on) == (4, 4, AFTERWARDS.date())


@pytest.mark.parametrize(
    "change", ["DELETE FROM category", "UPDATE category SET category = 'nonsense'"]
)
def test_no_category_is_shown_that_nobody_signed_for(house: House, change: str) -> None:
    categorise(house, "claim", 2)
    by_sql(house, change)
    for words in (["show", "2"], ["retention", "review"], ["status"]):
        answer = type_in(house, "max", *words)
        assert answer.status == Tampered.exit_status, answer
        assert 'row 2 of the table "category"' in answer.err


def test_it_is_due_on_the_day_after_and_not_before(house: House) -> None:
    house.at = house.at.replace(day=4)
    assert review(house).recordings_due == 0
    pass_days(house, 1)
    assert review(house).recordings_due == 2
    pass_days(house, 1)
    assert review(house).recordings_due == 4


def test_what_is_not_due_says_when_the_next_will_be(callers: House) -> None:
    routine = review(callers).stock[0]
    assert (routine.recordings, routine.due) == (4, 0)
    assert routine.next_due_on == date(2027, 1, 5)


def test_that_somebody_reviewed_is_on_record(house: House) -> None:
    review(house)
    assert last_leaf(house).act == REVIEWED


@pytest.mark.parametrize("login", ["pat", "sam", "ava"])
def test_who_does_not_archive_does_not_review(house: House, login: str) -> None:
    with pytest.raises(Refused, match="review recordings"):
        review(house, login)
    assert (last_leaf(house).act, refused(house)) == (REVIEWED, True)


def test_status_counts_what_is_due_without_a_key(house: House) -> None:
    assert read_status(house.practice, None).retention_due == 4
    by_hand(house, 1)
    assert read_status(house.practice, None).retention_due == 3


def _keep_claims_short(house: House) -> None:
    keep_for(house, claim="1 year")
    categorise(house, "claim", 1)


@pytest.mark.parametrize(
    ("act", "free"),
    [
        (lambda house: by_hand(house, 1, 2), 2),
        (lambda house: lift(house, by_hand(house, 1)), 4),
        (lambda house: ask(house, number=BOB), 0),
        (lambda house: ask(house, recordings=[1], number=UNKNOWN), 0),
        (propose, 0),
        (lambda house: categorise(house, "health-record", 1, 2), 2),
        (_keep_claims_short, 4),
        (lambda house: setattr(house, "at", house.at.replace(day=5)), 2),
        (lambda house: keep_for(house, routine="5 years"), 0),
    ],
)
def test_what_is_only_counted_is_what_is_appraised(
    house: House, act: Callable[[House], object], free: int
) -> None:
    act(house)
    practice = house.open()
    with reading(practice.engine) as connection:
        due = [*appraise_due(practice, None, connection)]
    assert count_due(practice) == sum(not each.stopped_by for each in due) == free


def test_what_a_wrong_clock_dated_is_not_proposed_for_disposal(house: House) -> None:
    clock_lost = datetime(1970, 1, 1, 9, tzinfo=UTC)
    (number,) = take_in(house, [a_call(started_at=clock_lost, local_time=clock_lost.isoformat())])
    assert (review(house).recordings_due, count_due(house.practice)) == (4, 4)
    by_hand(house, number)
    assert count_due(house.practice) == 4
    assert number not in propose(house).recordings


# --- what stops it ------------------------------------------------------------------------------


def test_a_hold_stops_what_it_names(house: House) -> None:
    number = by_hand(house, 1, 2)
    assert why(house) == {"hold H-1": 2}
    lift(house, number)
    assert why(house) == {}


def test_a_hold_that_a_request_places_stops_what_it_describes(house: House) -> None:
    ask(house, number=BOB)
    assert why(house) == {"hold H-1": 2}


def test_a_hold_that_describes_nothing_stops_everything(house: House) -> None:
    ask(house)
    assert why(house) == {"hold H-1": 4}
    assert count_due(house.practice) == 0


def test_a_hold_that_nobody_has_matched_stops_all_for_who_cannot_open_its_request(
    house: House,
) -> None:
    lend_power(
        house.practice,
        signed_in(house, "dora"),
        login="sam",
        power=Power.ARCHIVE,
        until=house.at.date(),
    )
    house.open()
    ask(house, "ava", number=BOB, day=FIFTH)
    assert why(house, "sam") == {"hold H-1": 4}
    assert count_due(house.practice) == 0
    assert why(house) == {"hold H-1": 1}


def test_an_open_request_stops_what_it_asks_for(house: House) -> None:
    reference = ask(house, purpose=Purpose.PROTECT_PARTIES, recordings=[1, 3])
    assert why(house) == {"request R-1": 2}
    withdraw_request(house.practice, logged_in(house, "sam"), reference)
    assert why(house) == {}


def test_what_was_heard_stops_until_the_request_is_closed(house: House) -> None:
    reference = ask(house, purpose=Purpose.PROTECT_PARTIES, recordings=[1])
    approve(house, reference)
    hear(house, reference)
    assert why(house) == {"request R-1": 1}
    close_request(house.practice, logged_in(house, "sam"), reference)
    assert why(house) == {}


def test_a_request_that_lapsed_stops_nothing(house: House) -> None:
    a_request(house, recordings=[1])
    pass_days(house, 15)
    assert why(house) == {}


def test_what_is_proposed_already_is_not_proposed_again(house: House) -> None:
    assert propose(house).recordings == (1, 3, 2, 4)
    assert why(house) == {"proposed R-1": 4}
    assert propose(house).reference == ""


def test_what_was_denied_may_be_proposed_again(house: House) -> None:
    reference = propose(house).reference
    dora = signed_in(house, "dora")
    deny_request(house.practice, dora, reference, reason=ANOTHER_REASON)
    assert why(house) == {}


def test_what_was_kept_on_is_due_again_after_its_time(house: House) -> None:
    reference = propose(house).reference
    approve(house, reference, "dora", recordings=[2, 3, 4], note=ANOTHER_REASON)
    pass_days(house, 30)  # so that the request lapses
    assert why(house) == {"kept on until Sun 23 Jan 2028": 1}
    house.at = house.at.replace(year=2028, month=1, day=24)
    assert why(house) == {}


def test_what_is_kept_on_is_kept_on_for_a_reason(house: House) -> None:
    reference = propose(house).reference
    with pytest.raises(Refused, match="kept on for a reason"):
        approve(house, reference, "dora", recordings=[2, 3, 4])
    assert refused(house)


# --- categories ---------------------------------------------------------------------------------


def test_a_medico_legal_request_makes_a_claim_of_what_it_is_about(house: House) -> None:
    reference = ask(house, purpose=Purpose.MEDICO_LEGAL, number=ANN)
    review(house)
    withdraw_request(house.practice, logged_in(house, "sam"), reference)
    assert [category_of(house, number) for number in (1, 2, 3)] == ["claim", "claim", "routine"]
    assert review(house).recordings_due == 2


def test_a_complaint_is_no_claim(house: House) -> None:
    reference = ask(house, number=ANN)
    review(house)
    withdraw_request(house.practice, logged_in(house, "sam"), reference)
    assert category_of(house, 1) == "routine"


def test_what_somebody_says_goes_before_the_rules(house: House) -> None:
    ask(house, purpose=Purpose.MEDICO_LEGAL, recordings=[1], number=UNKNOWN)
    categorise(house, "health-record", 1, 2)
    assert [category_of(house, number) for number in (1, 2)] == ["health-record"] * 2
    categorise(house, "telephony-record", 1, 2)
    assert [category_of(house, number) for number in (1, 2)] == ["claim", "telephony-record"]


def test_a_claim_that_comes_after_somebody_said_otherwise_counts(house: House) -> None:
    categorise(house, "telephony-record", 1, 2)
    reference = ask(house, purpose=Purpose.MEDICO_LEGAL, recordings=[1], number=UNKNOWN)
    withdraw_request(house.practice, logged_in(house, "sam"), reference)
    assert [category_of(house, number) for number in (1, 2)] == ["claim", "telephony-record"]
    assert [due.category.name for due in review(house).due if due.free] == [
        *("routine", "telephony-record")
    ]


def test_who_says_something_shorter_of_a_claim_is_told(house: House) -> None:
    ask(house, purpose=Purpose.MEDICO_LEGAL, recordings=[1], number=UNKNOWN)
    words = "retention", "set", "1", "2", "routine", "--reason", REASON
    told = type_in(house, "max", *words)
    assert "Recordings kept as routine, 3 years: 1." in told.out
    assert "kept as a claim all the same, which is longer: 1;" in told.err


def test_who_said_it_and_why_is_in_the_log(house: House) -> None:
    categorise(house, "claim", 1)
    leaf = last_leaf(house)
    assert (leaf.act, len(leaf.subject), refused(house)) == (CATEGORISED, 2, False)
    house.open()
    assert verified(house).verdict is Verdict.INTACT


@pytest.mark.parametrize(
    ("category", "number", "refusal"),
    [("nonsense", 1, "no such category"), ("claim", 9, "no recording 9")],
)
def test_a_category_or_a_recording_that_there_is_not(
    house: House, category: str, number: int, refusal: str
) -> None:
    with pytest.raises(NotFound, match=refusal):
        categorise(house, category, number)


def test_who_does_not_archive_gives_no_category(house: House) -> None:
    with pytest.raises(Refused, match="review recordings"):
        categorise(house, "routine", 1, login="pat")


def test_a_recording_says_its_category_its_rule_and_when_it_is_due(house: House) -> None:
    categorise(house, "claim", 1)
    shown = show_recording(house.practice, logged_in(house, "max"), 1)
    assert (shown.category.rule, shown.due_on) == ("claim, 6 years", date(2030, 1, 5))


def test_another_schedule_is_another_day(house: House) -> None:
    keep_for(house, routine="6 years")
    assert review(house).stock[0].next_due_on == date(2030, 1, 5)


def test_a_category_that_the_configuration_lost_is_named(house: House) -> None:
    categorise(house, "health-record", 1)
    keep_for(house)
    with pytest.raises(Misconfigured, match='"health-record"') as mistake:
        review(house)
    assert "callrec retention set" in mistake.value.hint
    seen = read_status(house.practice, None)
    assert seen.retention_due is None
    assert any("health-record" in warning for warning in seen.warnings)


@pytest.mark.parametrize(
    ("routine", "said", "warned"),
    [
        ("3 years", "three years", False),
        ("36 months", "three years", False),
        ("6 years", "three years", True),
        ("3 years", "6 months", True),
        ("6 years", "as long as the law asks", False),
    ],
)
def test_what_people_are_told_is_held_against_the_schedule(
    house: House, routine: str, said: str, *, warned: bool
) -> None:
    house.decide(practice={"kept_for": said})
    keep_for(house, routine=routine)
    warnings = [each for each in read_status(house.practice, None).warnings if "kept for" in each]
    assert bool(warnings) is warned
    assert all(f"routine, {routine}" in each for each in warnings)


CHANGED = {
    "another category": "UPDATE category SET category = 'routine'",
    "another leaf": "UPDATE category SET seq = seq - 1",
    "a row less": "DELETE FROM category",
    "a row more": "INSERT INTO category VALUES (2, 'routine', 1)",
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_category_changed_in_the_database_is_found_and_nothing_is_proposed(
    house: House, change: str
) -> None:
    categorise(house, "claim", 1)
    with transaction(house.practice.engine) as connection:
        connection.exec_driver_sql(change)
    house.open()
    assert verified(house).verdict is Verdict.TAMPERED
    with pytest.raises(Tampered, match="category"):
        propose(house)


def test_a_category_given_by_somebody_who_may_not_is_found(house: House) -> None:
    """As by a program of his own: ours would have refused."""
    (uid,) = (row.uid for row in rows(house, "SELECT uid FROM recording WHERE id = 1"))
    pat = signed_in(house, "pat")
    with writing(house.practice, pat.signer) as act:
        seq = act.leaf(CATEGORISED, actor=pat.person.id, subject=[category_id("routine"), uid])
        said = {"recording": 1, "category": "routine", "seq": seq}
        act.connection.execute(tables.category.insert().values(**said))
    house.open()
    assert verified(house).verdict is Verdict.TAMPERED
    with pytest.raises(Tampered, match="somebody who may not"):
        propose(house)


def test_a_start_that_was_moved_is_found_and_nothing_is_proposed(house: House) -> None:
    house.at = house.at.replace(day=4)
    with transaction(house.practice.engine) as connection:
        connection.exec_driver_sql("UPDATE recording SET started_at = 946900800000 WHERE id = 1")
    with pytest.raises(Tampered, match="recording 1"):
        propose(house)


def test_what_stops_it_names_no_request_that_its_reader_must_not_learn_of(house: House) -> None:
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told="no")
    asks = {"further": further, "parties": ("Max Harding",)}
    a_request(house, "sam", purpose=Purpose.OUTSIDE_BODY, recordings=[1], **asks)
    assert {by.removesuffix(" H-1").removesuffix(" R-1") for by in why(house, "mia")} == {
        *why(house)
    }
    assert not [by for by in why(house) if "1" in by]
    assert [by for by in why(house, "mia") if by.endswith(" R-1")]

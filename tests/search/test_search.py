"""Searching: for a reason, named, masked, capped and on record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_detail, read_leaf
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.errors import NotFound, Refused, Tampered
from callrec.policy.days import DayRange, TimeRange
from callrec.policy.purpose import Purpose
from callrec.policy.role import VaultKey
from callrec.policy.search import Criteria, Direction
from callrec.practice import vault_key
from callrec.requests.decide import deny_request
from callrec.search.search import SearchResult, search_recordings
from house.calls import A_CALL, NINE, a_call, plant, take_in
from house.practices import House
from house.requests import a_request, approve, pass_days

REASON = "Mrs Underhill says that nobody rang her back"

NUMBER = "+442079460123"

BY_NUMBER = Criteria(number=NUMBER)

DAY = DayRange(date(2024, 1, 4), date(2024, 1, 4))


def search(
    house: House, criteria: Criteria = BY_NUMBER, *, login: str = "max", **said: Any
) -> SearchResult:
    """As one command does, by somebody who is logged in."""
    given = {"reason": REASON, "request": None, "limit": None, **said}
    actor = house.session(login)
    return search_recordings(house.practice, actor, criteria=[criteria], **given)


def leaves(house: House) -> list[Leaf]:
    with reading(house.practice.engine) as connection:
        seqs = connection.execute(select(tables.leaf.c.seq).order_by(tables.leaf.c.seq)).scalars()
        return [read_leaf(connection, seq)[0] for seq in seqs.all()]


def told(house: House, leaf: Leaf) -> dict[str, Any]:
    """A leaf's details, as the Data Controller opens them."""
    dora = house.actor("dora")
    with reading(house.practice.engine) as connection:
        details = read_detail(
            connection,
            leaf,
            lambda version: vault_key(dora, VaultKey.AUDIT, version),
            house.practice.vault,
        )
    return dict(details or {})


def with_calls(house: House, count: int = 3) -> House:
    take_in(house, [a_call(started_at=NINE + timedelta(hours=n)) for n in range(count)])
    return house


def test_a_search_shows_the_calls_that_fit_the_newest_first(house: House) -> None:
    with_calls(house)
    take_in(house, [a_call(number="+441144960123")])
    found = search(house)
    assert [item.id for item in found.items] == [3, 2, 1]
    assert found.total == 3


def test_what_is_shown_is_what_was_sealed(house: House) -> None:
    take_in(house, [a_call(local_time="2024-01-04T09:00:00")])
    (item,) = search(house).items
    assert (item.started_at, item.local_time) == (NINE, "2024-01-04T09:00:00")
    assert (item.direction, item.extension, item.duration_s) == ("inbound", "201", 60)
    assert (item.format, item.state, item.time_confidence) == ("wav", "live", "utc-proven")


def test_numbers_and_names_are_masked(house: House) -> None:
    with_calls(house, 1)
    found = search(house)
    assert found.masked
    assert (found.items[0].number, found.items[0].parties) == ("•••••••0123", ("A•••• U••••",))


def test_a_withheld_number_stays_none(house: House) -> None:
    take_in(house, [a_call(number=None)])
    assert search(house, Criteria(days=DAY)).items[0].number is None


def test_no_more_is_shown_than_the_practice_allows(house: House) -> None:
    with_calls(house, 5)
    house.decide(search={"most_results": 2})
    found = search(house)
    assert ([item.id for item in found.items], found.total) == ([5, 4], 5)
    assert len(search(house, limit=1).items) == 1
    assert len(search(house, limit=10).items) == 2


@pytest.mark.parametrize(
    "criteria",
    [
        BY_NUMBER,
        Criteria(tail="0123"),
        Criteria(party="UNDERHILL, agnes"),
        Criteria(extension="201", days=DAY),
        Criteria(days=DAY, times=TimeRange(NINE.time(), NINE.time())),
        Criteria(days=DAY, direction=Direction.INBOUND),
    ],
    ids=["number", "tail", "party", "extension and day", "day and time", "day and direction"],
)
def test_a_call_is_found_by_each_thing_that_may_be_asked(house: House, criteria: Criteria) -> None:
    with_calls(house, 1)
    take_in(
        house,
        [
            a_call(
                number="+441144969999",
                extension="305",
                parties=("Agnes Overhill",),
                started_at=NINE + timedelta(days=1),
                direction=A_CALL.direction.OUTBOUND,
            )
        ],
    )
    assert [item.id for item in search(house, criteria).items] == [1]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["sam", "ava"])
def test_whoever_may_not_search_is_refused(house: House, login: str) -> None:
    with pytest.raises(Refused, match=r"may not search .* \[policy 4\(a\)\]"):
        search(house, login=login)


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        (BY_NUMBER, None),
        (BY_NUMBER, "curious"),
        (Criteria(), REASON),
        (Criteria(extension="201"), REASON),
        (Criteria(direction=Direction.INBOUND), REASON),
        (Criteria(days=DayRange(date(2024, 1, 1), date(2024, 1, 31))), REASON),
    ],
    ids=["no reason", "a word", "nothing named", "extension alone", "direction", "a month"],
)
def test_browsing_is_refused(house: House, criteria: Criteria, reason: str | None) -> None:
    with pytest.raises(Refused, match=r"\[policy 4\(c\)\]"):
        search(house, criteria, reason=reason)
    assert leaves(house)[-1].outcome is Outcome.REFUSED


def test_a_refusal_is_on_record_with_what_was_asked_for(house: House) -> None:
    with pytest.raises(Refused):
        search(house, Criteria(extension="201"), reason=REASON)
    last = leaves(house)[-1]
    assert (last.act, last.outcome) == ("search", Outcome.REFUSED)
    assert told(house, last)["criteria"] == {"extension": "201"}
    assert told(house, last)["reason"] == REASON
    assert "extension" in told(house, last)["why"]


# --- what is on record --------------------------------------------------------------------------


def test_a_search_is_on_record_with_its_criteria_reason_and_count(house: House) -> None:
    with_calls(house, 2)
    asked = Criteria(
        number=NUMBER,
        days=DAY,
        times=TimeRange(NINE.time(), NINE.time()),
        party="Underhill",
        direction=Direction.INBOUND,
    )
    found = search(house, asked, limit=1)
    searched, answered = leaves(house)[-2:]
    assert (searched.act, searched.seq, answered.act) == ("search", found.seq, "search.answered")
    assert told(house, searched) == {
        "criteria": {
            "direction": "inbound",
            "from": "2024-01-04",
            "number": NUMBER,
            "party": "Underhill",
            "time_from": "09:00",
            "time_to": "09:00",
            "to": "2024-01-04",
        },
        "reason": REASON,
        "request": None,
    }
    assert told(house, answered) == {"found": 1, "search": found.seq, "shown": 1}


def test_what_was_asked_for_lies_nowhere_in_the_clear(house: House) -> None:
    with_calls(house, 2)
    search(house, Criteria(number=NUMBER, party="Underhill"))
    catalogue = (house.folder / "vault" / "catalogue.sqlite").read_bytes()
    for secret in (NUMBER, NUMBER[1:], "Underhill", "underhill", REASON):
        assert secret.encode() not in catalogue


def test_a_search_is_on_record_before_anything_is_opened(house: House) -> None:
    with_calls(house, 1)
    change(house, "UPDATE metadata SET sealed = x'00'")
    with pytest.raises(Tampered):
        search(house)
    searched, failed = leaves(house)[-2:]
    assert (searched.act, searched.outcome) == ("search", Outcome.DONE)
    assert (failed.act, failed.outcome) == ("search.answered", Outcome.FAILED)


# --- under a request ----------------------------------------------------------------------------


def test_whoever_decides_the_request_sees_all_of_it(house: House) -> None:
    with_calls(house, 1)
    reference = a_request(house, "sam", recordings=(1,))
    found = search(house, reason=None, request=reference)
    assert not found.masked
    assert (found.items[0].number, found.items[0].parties) == (NUMBER, ("Agnes Underhill",))


def test_a_search_under_a_request_is_part_of_its_story(house: House) -> None:
    reference = a_request(house, "sam", recordings=())
    search(house, reason=None, request=reference)
    searched, answered = leaves(house)[-2:]
    assert searched.subject == answered.subject != ()
    assert told(house, searched)["request"] == reference


def test_ones_own_request_unmasks_nothing(house: House) -> None:
    with_calls(house, 1)
    reference = a_request(house, "max", recordings=(1,))
    assert search(house, reason=None, request=reference).masked


def test_a_request_that_was_granted_to_oneself_unmasks(house: House) -> None:
    with_calls(house, 1)
    reference = a_request(house, "max", recordings=(1,))
    approve(house, reference, "mia")
    assert not search(house, reason=None, request=reference).masked


def test_a_request_that_somebody_else_decides_unmasks_nothing(house: House) -> None:
    with_calls(house, 1)
    reference = a_request(house, "dora", purpose=Purpose.SUBJECT_ACCESS, recordings=(1,))
    assert search(house, reason=None, request=reference, login="pat").masked


def test_nothing_is_looked_for_under_a_request_that_does_not_exist(house: House) -> None:
    with pytest.raises(NotFound):
        search(house, reason=None, request="R-9")
    assert leaves(house)[-1].outcome is Outcome.FAILED


# --- what was tampered with ---------------------------------------------------------------------


def change(house: House, statement: str) -> None:
    """What somebody does who can write the database."""
    with transaction(house.practice.engine) as connection:
        assert connection.execute(text(statement)).rowcount > 0


CHANGES = {
    "moved start": "UPDATE recording SET started_at = started_at + 1000 WHERE id = 2",
    "duration": "UPDATE recording SET duration_ms = 1 WHERE id = 2",
    "direction": "UPDATE recording SET direction = 'outbound' WHERE id = 2",
    "size": "UPDATE recording SET size_bytes = size_bytes + 1 WHERE id = 2",
    "format": "UPDATE recording SET format = 'mp3' WHERE id = 2",
    "another file": "UPDATE recording SET ciphertext = (SELECT ciphertext FROM recording"
    " WHERE id = 1) WHERE id = 2",
    "bytes of metadata": "UPDATE metadata SET sealed = CAST(substr(sealed, 1, 40) || zeroblob(8)"
    " || substr(sealed, 49) AS BLOB) WHERE recording = 2",
    "no metadata": "DELETE FROM metadata WHERE recording = 2",
    "another's metadata": "UPDATE metadata SET sealed = (SELECT sealed FROM metadata"
    " WHERE recording = 1) WHERE recording = 2",
    "the batch's key": "UPDATE batch SET catalogue_key = recordings_key",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_found_and_named(house: House, statement: str) -> None:
    with_calls(house)
    change(house, statement)
    with pytest.raises(Tampered, match=r"recording [123]\b"):
        search(house)


MALFORMED: dict[str, Any] = {
    "nothing": {},
    "no object": [],
    "a number that is none": {"number": 1},
    "parties that are none": {"parties": [1]},
    "provenance that is none": {"provenance": 1},
    "a source that is none": {"provenance": [1]},
    "a time that is none": {"started_at": "yesterday"},
}


@pytest.mark.parametrize("said", MALFORMED.values(), ids=MALFORMED)
def test_what_somebody_else_sealed_is_found_and_named(house: House, said: Any) -> None:
    with_calls(house)
    plant(house, 2, said)
    with pytest.raises(Tampered, match="recording 2"):
        search(house)


def test_a_request_whose_state_was_changed_is_found(house: House) -> None:
    reference = a_request(house, "sam", recordings=())
    change(house, "UPDATE request SET state = 'approved'")
    with pytest.raises(Tampered):
        search(house, reason=None, request=reference)


def test_nothing_is_looked_for_under_a_request_that_is_at_its_end(house: House) -> None:
    reference = a_request(house, "sam", recordings=())
    deny_request(house.practice, house.actor("max"), reference, reason=REASON)
    with pytest.raises(Refused, match=r"denied, .* \[policy 4\(c\)\]"):
        search(house, reason=None, request=reference)


def test_nothing_is_looked_for_under_a_request_that_has_lapsed_since(house: House) -> None:
    reference = a_request(house, "sam", recordings=())
    pass_days(house, 20)  # and no command that writes to requests was run
    with pytest.raises(Refused, match=r"lapsed, .* \[policy 4\(c\)\]"):
        search(house, reason=None, request=reference)

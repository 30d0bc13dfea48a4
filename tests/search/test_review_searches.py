"""Searches without a request, looked at afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callrec.audit.leaf import NOBODY, Leaf, Outcome
from callrec.audit.log import UNREADABLE_DETAILS, read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.errors import Locked, NotFound, Refused, Tampered, Unusable
from callrec.office.status import SearchCount, read_status
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.search import Criteria
from callrec.practice import record, writing
from callrec.record.versions import open_details
from callrec.search.reviews import (
    DrawnSearches,
    Sample,
    SearchReview,
    draw_searches,
    review_searches,
)
from callrec.search.search import search_recordings
from house.calls import A_CALL, a_call, take_in
from house.erasures import approved_erasure, erase, look_for
from house.holds import ANN, BOB, verified
from house.practices import House
from house.requests import a_request, by_sql, last_leaf, logged_in, pass_days, rows, signed_in
from house.stages import CALLERS, Stages

REASON = "Mrs Underhill says that nobody rang her back"

QUERY = "Please tell me on Friday what this was for"

ALL = Sample(count=0, percent=100)


def search(
    house: House,
    login: str = "max",
    *,
    reason: str | None = REASON,
    request: str | None = None,
    numbers: tuple[str | None, ...] = (A_CALL.number,),
) -> int:
    """The leaf of a search, or of its refusal."""
    actor = logged_in(house, login)
    criteria = [Criteria(number=number) for number in numbers]
    try:
        found = search_recordings(
            house.practice, actor, criteria=criteria, reason=reason, request=request, limit=None
        )
    except Refused:
        return last_leaf(house).seq
    return found.seq


def draw(house: House, login: str = "dora", sample: Sample = ALL, **since: Any) -> DrawnSearches:
    actor = signed_in(house, login)
    return draw_searches(house.practice, actor, sample, **{"since": None, **since})


def review(house: House, login: str, **said: Any) -> None:
    actor = signed_in(house, login)
    reviews = {int(seq.removeprefix("of_")): each for seq, each in said.items()}
    review_searches(house.practice, actor, reviews)


def accept(house: House, seq: int, login: str = "dora") -> None:
    review(house, login, **{f"of_{seq}": SearchReview(ReviewVerdict.ACCEPTED)})


def query(house: House, seq: int, login: str = "dora", reason: str | None = QUERY) -> None:
    review(house, login, **{f"of_{seq}": SearchReview(ReviewVerdict.QUERIED, reason)})


def leaves_since(house: House, seq: int) -> list[Leaf]:
    with reading(house.practice.engine) as connection:
        size = stored_head(connection).size
        return [read_leaf(connection, each)[0] for each in range(seq, size)]


def details(house: House, leaf: Leaf) -> dict[str, Any]:
    with reading(house.practice.engine) as connection:
        return dict(open_details(house.practice, signed_in(house, "dora"), connection, leaf))


def test_it_shows_who_when_what_for_why_and_how_many(house: House) -> None:
    take_in(house, [a_call()])
    seq = search(house)
    (item,) = draw(house).items
    assert (item.seq, item.user, item.role, item.at) == (seq, "max", "manager", house.at)
    assert (item.criteria, item.reason, item.found) == ({"number": A_CALL.number}, REASON, 1)
    assert not item.refused


@pytest.mark.parametrize("login", ["max", "sam"])
def test_a_search_for_several_numbers_is_shown_with_its_reason(house: House, login: str) -> None:
    take_in(house, [a_call()])
    search(house, login, numbers=(A_CALL.number, "+441144960987"))
    (item,) = draw(house).items
    assert item.criteria == {"number": [A_CALL.number, "+441144960987"]}
    assert item.reason == REASON
    assert item.refused == (item.why is not None) == (login == "sam")


def test_a_search_under_a_request_is_not_drawn(stocked: House) -> None:
    search(stocked, request=a_request(stocked))
    assert draw(stocked).items == ()


def test_a_refused_search_is_drawn_with_why_it_was_refused(house: House) -> None:
    seq = search(house, "sam")
    (item,) = draw(house).items
    assert (item.seq, item.user, item.refused, item.found) == (seq, "sam", True, None)
    assert item.why == "the role staff may not search for recordings [policy 4(a)]"


def test_a_refused_search_under_a_request_says_which(stocked: House) -> None:
    search(stocked, "sam", request=a_request(stocked))
    (item,) = draw(stocked).items
    assert item.request == "R-1"


def test_a_search_that_broke_off_has_found_nothing_that_is_known(house: House) -> None:
    take_in(house, [a_call()])
    by_sql(house, "UPDATE recording SET direction = 'outbound'")
    with pytest.raises(Tampered):
        search(house)
    (item,) = draw(house).items
    assert item.found is None


def test_the_answer_of_another_search_is_not_taken_for_this_one(house: House) -> None:
    actor = logged_in(house, "max")
    told: dict[str, Any] = {"criteria": {}, "reason": REASON, "request": None}
    first = record(house.practice, actor, "search", details=told)
    second = record(house.practice, actor, "search", details=told)
    for seq, found in ((second, 2), (first, 1)):
        answer = {"found": found, "search": seq, "shown": found}
        record(house.practice, actor, "search.answered", details=answer)
    assert [item.found for item in draw(house).items] == [1, 2]


def test_what_is_drawn_is_in_the_log_before_it_is_opened(house: House) -> None:
    seqs = [search(house), search(house, "mia")]
    draw(house)
    counted, drawn = leaves_since(house, seqs[-1] + 2)
    assert (counted.act, drawn.act, drawn.subject) == ("searches.counted", "searches.drawn", ())
    assert details(house, drawn) == {"seqs": seqs}


def test_nothing_is_drawn_where_nothing_waits(house: House) -> None:
    assert draw(house) == DrawnSearches(items=(), waiting=0, people=())
    assert last_leaf(house).act == "searches.counted"


@pytest.mark.parametrize(
    ("sample", "drawn"),
    [
        (Sample(count=1, percent=0), 1),
        (Sample(count=5, percent=5), 4),
        (Sample(count=1, percent=51), 3),
        (Sample(count=1, percent=50), 2),
        (Sample(count=1, percent=1), 1),
    ],
)
def test_as_many_are_drawn_as_were_asked_for(house: House, sample: Sample, drawn: int) -> None:
    for _ in range(4):
        search(house)
    found = draw(house, sample=sample)
    assert (len(found.items), found.waiting) == (drawn, 4)


def test_it_is_drawn_by_lot(house: House) -> None:
    seqs = {search(house) for _ in range(3)}
    one = Sample(count=1, percent=0)
    drawn = {draw(house, sample=one).items[0].seq for _ in range(40)}
    assert drawn == seqs  # each misses 40 draws once in ten million runs


def test_only_searches_since_a_day_are_drawn_and_counted(house: House) -> None:
    search(house)
    before = house.at
    house.at = before.replace(day=before.day + 1)
    seq = search(house)
    found = draw(house, since=house.at)
    assert [item.seq for item in found.items] == [seq]
    assert found.people[0].searches == 1


def test_what_went_with_a_recording_is_told_and_not_drawn(stages: Stages, tmp_path: Path) -> None:
    house = stages.copy(CALLERS, tmp_path / "house")
    look_for(house, ANN)
    searched = last_leaf(house).seq
    look_for(house, BOB)
    erase(house, approved_erasure(house, 1, 2))
    drawn = draw(house)
    assert [item.criteria["number"] for item in drawn.items] == [BOB]
    assert (drawn.waiting, [*drawn.erased.values()]) == (1, ["C-1"])
    assert searched - 1 <= min(drawn.erased) <= searched


def test_details_that_somebody_took_away_are_not_taken_for_erased(house: House) -> None:
    seq = search(house)
    by_sql(house, f"DELETE FROM detail WHERE seq = {seq}")
    drawn = draw(house)
    assert [(item.seq, item.criteria) for item in drawn.items] == [(seq, UNREADABLE_DETAILS)]
    assert drawn.erased == {}
    assert f"the details of leaf {seq}" in str(verified(house).problems)


def test_what_was_reviewed_is_not_drawn_again(house: House) -> None:
    first, second = search(house), search(house)
    draw(house)
    accept(house, first)
    assert [item.seq for item in draw(house).items] == [second]


def test_the_log_says_what_was_thought_of_it(house: House) -> None:
    seq = search(house)
    draw(house)
    query(house, seq)
    leaf = last_leaf(house)
    assert (leaf.act, leaf.outcome) == ("search.reviewed", Outcome.DONE)
    assert leaf.subject == (signed_in(house, "max").person.id,)
    assert details(house, leaf) == {"search": seq, "verdict": "queried", "reason": QUERY}


def test_people_are_counted(house: House) -> None:
    first, second = search(house), search(house)
    search(house, "sam")
    draw(house)
    accept(house, first)
    query(house, second)
    counted = [
        (who.user, who.searches, who.refused, who.reviewed, who.queried)
        for who in draw(house).people
    ]
    assert counted == [("max", 2, 0, 2, 1), ("sam", 0, 1, 0, 0)]


def test_status_counts_refusals_too_the_most_searches_first(house: House) -> None:
    search(house, "sam")
    search(house, "sam")
    search(house, "max")
    shown = read_status(house.practice, logged_in(house, "dora")).searched_without_request
    assert shown == (SearchCount("max", 1, 0), SearchCount("sam", 0, 2))


def test_status_counts_what_was_searched_in_the_last_30_days(house: House) -> None:
    for days in (1, 29, 2):
        search(house)
        pass_days(house, days)
    shown = read_status(house.practice, logged_in(house, "dora")).searched_without_request
    assert shown == (SearchCount("max", 1, 0),)


def test_status_tells_nobody_else_who_searched(house: House) -> None:
    search(house)
    for actor in (None, logged_in(house, "max")):
        assert read_status(house.practice, actor).searched_without_request == ()


def test_nobody_reviews_their_own_search(house: House) -> None:
    seq = search(house, "dora")
    assert draw(house).items == ()
    with pytest.raises(Refused, match="your own search"):
        accept(house, seq)
    leaf = last_leaf(house)
    assert (leaf.act, leaf.outcome) == ("search.reviewed", Outcome.REFUSED)


def test_the_auditor_reviews_the_data_controllers_and_no_other(house: House) -> None:
    of_max, of_dora = search(house, "max"), search(house, "dora")
    assert [item.seq for item in draw(house, "ava").items] == [of_dora]
    accept(house, of_dora, "ava")
    with pytest.raises(Refused, match="not for you to review"):
        accept(house, of_max, "ava")


def test_who_may_not_read_the_log_draws_nothing(house: House) -> None:
    search(house, "mia")
    with pytest.raises(Refused, match="read the audit log"):
        draw(house, "max")
    leaf = last_leaf(house)
    assert (leaf.act, leaf.outcome) == ("searches.counted", Outcome.REFUSED)


def test_a_login_without_its_password_opens_no_search(house: House) -> None:
    search(house)
    with pytest.raises(Locked):
        draw_searches(house.practice, logged_in(house, "dora"), ALL, since=None)


def test_what_was_not_drawn_for_them_they_do_not_review(house: House) -> None:
    seq = search(house)
    draw(house, "ava")
    with pytest.raises(Refused, match="you were not shown"):
        accept(house, seq)


def test_a_query_without_a_reason_records_nothing(house: House) -> None:
    first, second = search(house), search(house)
    draw(house)
    said = {
        f"of_{first}": SearchReview(ReviewVerdict.ACCEPTED),
        f"of_{second}": SearchReview(ReviewVerdict.QUERIED),
    }
    with pytest.raises(Refused, match="no reason"):
        review(house, "dora", **said)
    assert [item.seq for item in draw(house).items] == [first, second]


def test_a_search_is_reviewed_once(house: House) -> None:
    seq = search(house)
    draw(house)
    accept(house, seq)
    with pytest.raises(Unusable, match="reviewed already"):
        query(house, seq)


@pytest.mark.parametrize("which", [0, 10_000])
def test_only_a_search_is_reviewed(house: House, which: int) -> None:
    with pytest.raises(NotFound):
        accept(house, which)


def test_a_review_that_its_maker_might_not_make_counts_for_nothing(house: House) -> None:
    seq = search(house, "dora")
    told = {"search": seq, "verdict": "accepted", "reason": None}
    dora = signed_in(house, "dora")
    record(house.practice, dora, "search.reviewed", subject=[dora.person.id], details=told)
    assert [item.seq for item in draw(house, "ava").items] == [seq]


def test_a_review_that_says_nothing_counts_for_nothing(house: House) -> None:
    seq = search(house)
    dora = signed_in(house, "dora")
    record(house.practice, dora, "search.reviewed", details={"search": seq, "verdict": "well"})
    record(house.practice, dora, "search.reviewed", details={"search": seq + 1})
    record(house.practice, dora, "search.reviewed")
    assert [item.seq for item in draw(house).items] == [seq]


def test_a_search_put_in_anothers_name_is_not_held_against_him(house: House) -> None:
    seq = search(house)
    max_, mia = (signed_in(house, login).person.id for login in ("max", "mia"))
    (row,) = rows(house, "SELECT body FROM leaf WHERE seq = :seq", seq=seq)
    forged = bytes(row.body).replace(max_.encode(), mia.encode())
    by_sql(house, "UPDATE leaf SET body = :body WHERE seq = :seq", body=forged, seq=seq)
    with pytest.raises(Tampered):
        draw(house)


@pytest.mark.parametrize("actor", [NOBODY, "7" * 32], ids=["nobody", "a stranger"])
def test_a_search_by_whom_nobody_vouched_for_is_in_no_count_and_named_at_the_next_command(
    house: House, actor: str
) -> None:
    """It is written without any key; reviews go on once it is put on record."""
    search(house)
    with writing(house.practice, None) as act:
        act.leaf("search", actor=actor, outcome=Outcome.REFUSED)
    shown = read_status(house.practice, logged_in(house, "dora")).searched_without_request
    assert shown == (SearchCount("max", 1, 0),)
    with pytest.raises(Tampered, match=r"^entry 32 of the audit record, search, "):
        draw(house)

"""Searches that are drawn by lot, and accepted or queried by who may."""

from __future__ import annotations

from collections.abc import Mapping

from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import moment_of, number_of, password_of
from callrec.desk.rendering import as_json, go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import Unusable
from callrec.policy.reviews import ReviewVerdict
from callrec.search.reviews import DrawnSearches, SearchReview, draw_searches, review_searches
from callrec.views.audit import (
    drawn_json,
    drawn_lines,
    drawn_search_facts,
    drawn_search_heading,
    reviewed_line,
    sample_of,
    spoiled_entries,
)


def draw(seat: Seat, asked: Asked) -> Answered:
    """Draw searches, on record, and show them on a page of their own."""
    wanted = sample_of(number_of(asked, "sample", 1, 100), number_of(asked, "count", 1, 1000))
    since = moment_of(seat, asked, "since")
    reader = seat.reader(password_of(asked))
    return to(f"/searches/{seat.keep(draw_searches(seat.practice, reader, wanted, since=since))}")


def show_drawn(seat: Seat, asked: Asked, key: str) -> Answered:
    """What was drawn, each with its answer."""
    drawn = find_kept(seat, key, DrawnSearches, "draw some again: callrec audit review-searches")
    if asked.query.get("as") == "json":
        return as_json(drawn_json(drawn), "review-searches.json")
    items = [
        (item, drawn_search_heading(item, seat.zone), tuple(drawn_search_facts(item)))
        for item in drawn.items
    ]
    return page(
        seat,
        "searches.html",
        title="Searches to review",
        asked=asked,
        items=items,
        lines=tuple(drawn_lines(drawn)),
        people=drawn.people,
        spoiled=spoiled_entries(drawn.spoiled) if drawn.spoiled else "",
    )


def review(seat: Seat, asked: Asked, key: str) -> Answered:
    """Accept or query what was drawn, under one's own name."""
    drawn = find_kept(seat, key, DrawnSearches, "draw some again: callrec audit review-searches")
    reviews = _answers(asked, drawn)
    if not reviews:
        raise Unusable("nothing is accepted or queried yet", hint="choose one of the two for each")
    written = review_searches(seat.practice, seat.reader(password_of(asked)), reviews)
    lines = [reviewed_line(seq, reviews[seq].verdict, leaf) for seq, leaf in written.items()]
    return go_on(seat, "/searches", *lines)


def _answers(asked: Asked, drawn: DrawnSearches) -> Mapping[int, SearchReview]:
    reviews = {}
    for item in drawn.items:
        match asked.first(f"verdict-{item.seq}"):
            case "accept":
                reviews[item.seq] = SearchReview(ReviewVerdict.ACCEPTED)
            case "query":
                reason = asked.first(f"reason-{item.seq}") or None
                reviews[item.seq] = SearchReview(ReviewVerdict.QUERIED, reason)
            case _:
                pass
    return reviews

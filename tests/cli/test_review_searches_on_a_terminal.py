"""On a terminal, ``audit review-searches`` asks about each search that was drawn."""

from __future__ import annotations

from cli.test_request_on_a_terminal import on_a_terminal
from house.calls import a_call, take_in
from house.practices import House
from search.test_review_searches import QUERY, draw, search


def test_each_is_accepted_queried_or_left_for_later(house: House) -> None:
    take_in(house, [a_call()])
    seqs = [search(house) for _ in range(3)]
    typed = ("accept", "2", QUERY, "later")
    shown = on_a_terminal(house, "dora", "audit review-searches", *typed)
    assert f"entry {seqs[0]} is accepted" in shown
    assert f"entry {seqs[1]} is queried" in shown
    assert shown.endswith("[0]")
    assert [item.seq for item in draw(house).items] == seqs[2:]

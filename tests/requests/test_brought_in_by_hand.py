"""What a person brought in is marked wherever people decide about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.office.inbox import read_inbox
from callrec.requests.decide import Decision, approve_request
from callrec.requests.show import show_request
from callrec.search.show import show_recording
from house.call_records import a_row, records, take_in_with
from house.practices import House
from house.requests import a_request, logged_in, signed_in
from house.spool import a_call


@pytest.mark.parametrize(("login", "by_hand"), [("max", True), ("door", False)])
def test_it_is_marked_where_it_is_shown_decided_and_approved(
    house: House, tmp_path: Path, login: str, *, by_hand: bool
) -> None:
    cdr = records(tmp_path / "cdr.csv", a_row(1))
    take_in_with(
        house, cdr, a_call(tmp_path / "spool", 1), a_call(tmp_path / "spool", 9), login=login
    )
    house.open()
    reference = a_request(house, "sam", recordings=(1, 2))
    dora = signed_in(house, "dora")
    one, other = show_request(house.practice, dora, reference).recordings
    assert (one.by_hand, other.by_hand) == (by_hand, by_hand)
    assert (one.matched, other.matched) == (True, False)
    assert one.taken_in_by == ("manager" if by_hand else "intake")
    (item,) = read_inbox(house.practice, logged_in(house, "dora"))
    assert item.by_hand == (2 if by_hand else 0)
    shown = show_recording(house.practice, logged_in(house, "max"), 1)
    assert (shown.call.by_hand, shown.call.matched) == (by_hand, True)
    approved = approve_request(house.practice, signed_in(house, "dora"), reference, Decision())
    assert approved.by_hand == ((1, 2) if by_hand else ())

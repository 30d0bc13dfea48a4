"""The day's time stamp, where people work at the desk alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.desk.exchange import Asked, asked_as_message, receive, send
from callrec.desk.keeping import answer_pages
from callrec.desk.seat import Seat
from callrec.stamps.waiting import waiting_files
from house.complaints import COMPLAINANT, CONTACT, WRONG
from house.desks import visit
from house.practices import House
from house.requests import rows
from house.time_authority import TimeAuthority, stamped_by, time_authority


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


def is_asked(seat: Seat) -> bool:
    return seat.stamping is not None


def answered(seat: Seat, asked: Asked) -> int:
    """Ask one page of a login's process, and go away; the status."""
    browser, process = socket.socketpair()
    with browser, process:
        send(browser, *asked_as_message(asked))
        browser.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            answer_pages(process, seat)
        head, _ = receive(browser)
    return int(head["status"])


def test_the_day_s_first_entry_at_the_desk_has_the_record_stamped_beside_its_pages(
    house: House, authority: TimeAuthority
) -> None:
    house.at = datetime.now(UTC)
    stamped_by(house, authority)
    seat = visit(house, "max").seat
    assert answered(seat, Asked("GET", "/account")) == 200
    assert not is_asked(seat)
    complaint = {"how": ["letter"], "from": [COMPLAINANT], "contact": [CONTACT], "what": [WRONG]}
    said = Asked("POST", "/complaints/new", {}, {"token": [seat.token], **complaint})
    assert answered(seat, said) == 303
    assert seat.stamping is not None
    seat.stamping.wait()
    assert len(waiting_files(house.config.vault)) == 1
    stamping = seat.stamping
    assert answered(seat, said) == 303
    assert len(rows(house, "SELECT size FROM stamp")) == 1
    assert seat.stamping is stamping  # the day has its stamp

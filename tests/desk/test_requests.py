"""Requests at the desk: the inbox, the list, one as it stands."""

from __future__ import annotations

from house.desks import visit
from house.practices import House


def test_x(granted: House) -> None:
    sam = visit(granted, "sam")
    print(visit(granted, "max").open("/").words)
    print(visit(granted, "max").open("/requests").words)
    print(visit(granted, "max").open("/requests/R-1").words)
    assert 0

"""What status says of the record itself."""

from __future__ import annotations

from house.commands import done
from house.practices import House


def test_it_says_when_the_record_was_last_verified_whole(house: House) -> None:
    label = "record last verified whole:"
    assert f"{label} never on this machine" in done(house, "dora", "status")
    done(house, "dora", "audit", "verify")
    assert f"{label} {house.at:%a %-d %b %Y}" in done(house, "dora", "status")

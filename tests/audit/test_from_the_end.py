"""The second process: what it does not hear, or does not say, is done without it."""

from __future__ import annotations

import pytest

from callrec.audit import from_the_end
from callrec.audit.from_the_end import verified_beside
from callrec.audit.stretch import StretchExpectations
from callrec.catalogue.engine import database_of, reading
from house.practices import House


def test_one_that_ends_before_it_has_heard_all_is_done_without(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_the_end, "SECOND_PROCESS_COMMAND", ("/bin/true",))
    more_than_a_pipe_holds = {f"{n:032x}": [(0, bytes(32))] for n in range(2000)}
    expected = StretchExpectations(house.practice.vault, 26, more_than_a_pipe_holds, 0, {})
    with (
        reading(house.practice.engine) as connection,
        verified_beside(database_of(connection), expected, wanted=True) as other,
    ):
        assert other.found(0) is None

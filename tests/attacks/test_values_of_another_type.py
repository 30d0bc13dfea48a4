"""Whoever can write to the database writes what no command writes: it is told as what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attacks.typed import type_in
from callrec.catalogue.engine import reading
from callrec.catalogue.sound import check_values
from callrec.errors import Tampered
from procedures.asking import by_sql

if TYPE_CHECKING:
    from practices import House

ENDED_IN_A_BUG = {
    "UPDATE recording SET duration_ms = 'x'": "request show R-1",
    "UPDATE recording SET size_bytes = 'x'": "status",
    "UPDATE person SET claimed = 4611686018427387904": "request list",
    "UPDATE metadata SET revision = 4611686018427387904": "show 1",
    "UPDATE grant_ SET sealed = 4611686018427387904": "doctor",
    "UPDATE batch SET catalogue_key = 4611686018427387904": "show 1",
    "UPDATE request_words SET sealed = -1": "request show R-1",
    "UPDATE request_words SET sealed = 'x'": "request show R-1",
}


@pytest.mark.parametrize("statement", ENDED_IN_A_BUG)
def test_a_value_that_no_command_writes_is_tampering_and_no_bug(
    worked: House, statement: str
) -> None:
    with reading(worked.practice.engine) as connection:
        check_values(connection)
    by_sql(worked, statement)
    answer = type_in(worked, "dora", *ENDED_IN_A_BUG[statement].split())
    assert answer.status == Tampered.exit_status, answer
    with reading(worked.practice.engine) as connection, pytest.raises(Tampered):
        check_values(connection)

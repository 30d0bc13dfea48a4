"""Whoever can write to the database writes what no command writes: it is told as what it is."""

from __future__ import annotations

import json
import resource
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from callrec.catalogue.engine import reading, transaction
from callrec.catalogue.sound import check_values
from callrec.catalogue.tables import METADATA
from callrec.cli.app import BUG_STATUS
from callrec.errors import Tampered
from house import practices
from house.commands import done, type_in
from house.practices import House
from house.requests import by_sql

MET_BY = {
    "UPDATE recording SET duration_ms = 'x'": "request show R-1",
    "UPDATE recording SET size_bytes = 'x'": "status",
    "UPDATE person SET claimed = 4611686018427387904": "request list",
    "UPDATE metadata SET revision = 4611686018427387904": "show 1",
    "UPDATE grant_ SET sealed = 4611686018427387904": "doctor",
    "UPDATE batch SET catalogue_key = 4611686018427387904": "show 1",
    "UPDATE request_words SET sealed = -1": "request show R-1",
    "UPDATE request_words SET sealed = 'x'": "request show R-1",
    "UPDATE grant_ SET sealed = 1": "audit verify",
    "UPDATE node SET hash = 1": "audit list",
}
"""What is written, and a command that meets it; most of them ended in a bug."""


@pytest.mark.parametrize("statement", MET_BY)
def test_a_value_that_no_command_writes_is_tampering_and_no_bug(
    worked: House, statement: str
) -> None:
    with reading(worked.practice.engine) as connection:
        check_values(connection)
    by_sql(worked, statement)
    answer = type_in(worked, "dora", *MET_BY[statement].split())
    assert answer.status == Tampered.exit_status, answer
    with reading(worked.practice.engine) as connection, pytest.raises(Tampered):
        check_values(connection)


def test_the_record_is_verified_with_a_verdict_whatever_is_written_into_it(worked: House) -> None:
    by_sql(worked, "UPDATE grant_ SET sealed = 1")
    answer = type_in(worked, "dora", "audit", "verify", "--json")
    assert answer.status == Tampered.exit_status
    assert json.loads(answer.out)["verdict"] == "TAMPERED"


WHY = "A patient asks for what was said of her"


def test_a_recording_whose_key_was_taken_away_is_still_found_and_convicts(worked: House) -> None:
    by_sql(worked, "UPDATE recording SET data_key = NULL WHERE id = 1")
    said = "recording 1 has lost its key, and was not erased"
    verified = type_in(worked, "dora", "audit", "verify")
    assert verified.status == Tampered.exit_status
    assert said in verified.err
    assert "\n 1  4 Jul 2024" in done(
        worked, "pat", "search", "--party", "Featherstonehaugh", "--reason", WHY
    )
    assert said in type_in(worked, "max", "approve", "R-3", "--yes").err
    assert "lost their keys, and were not erased: 1" in type_in(worked, "dora", "doctor").out


def test_a_recording_whose_key_was_replaced_is_named_by_show_and_by_doctor(worked: House) -> None:
    by_sql(worked, "UPDATE recording SET data_key = zeroblob(length(data_key)) WHERE id = 1")
    shown = type_in(worked, "dora", "show", "1")
    assert (shown.status, "is not as entry" in shown.err) == (Tampered.exit_status, True)
    examined = type_in(worked, "dora", "doctor")
    assert examined.status == Tampered.exit_status
    assert "damage   recording 1" in examined.out


@contextmanager
def no_more_memory_than(size_bytes: int) -> Iterator[None]:
    """Beside what this process has of it already."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    has = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + size_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.parametrize("command", ["doctor", "keys audit"])
def test_a_version_that_no_request_has_is_not_counted_up_to(worked: House, command: str) -> None:
    by_sql(worked, "UPDATE request SET version = 1000000000000000")
    with no_more_memory_than(1 << 30):
        answer = type_in(worked, "dora", *command.split())
    assert answer.status == Tampered.exit_status
    assert len(answer.out.splitlines()) > 5, "it told nothing of all else"


def test_where_nobody_has_a_password_any_more_it_is_tampering_and_no_bug(worked: House) -> None:
    by_sql(worked, "UPDATE person SET locked = NULL")
    answer = type_in(worked, "dora", "request", "list")
    assert answer.status == Tampered.exit_status
    assert "nobody has a password any more" in answer.err


COLUMNS = [(table.name, each.name) for table in METADATA.sorted_tables for each in table.columns]

VALUES = (
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
    | st.text(max_size=40).filter(str.isprintable) | st.binary(max_size=40)
    | st.sampled_from([-1, 10**15, 2**62, "x", "", b"", b"\xff\xfe", 0.5])
)  # fmt: skip

WRITTEN = (":value", "CAST(:value AS TEXT)")
"""Bytes are then text, which may not be UTF-8."""

COMMANDS = (
    *("dora status", "dora doctor", "dora doctor --full", "dora whoami", "dora user list"),
    *("dora audit verify", "dora audit verify --full", "dora audit list", "dora keys audit"),
    *("dora request list", "sam request show R-4", "max inbox", "max approve R-3 --yes"),
    *("sam listen R-4 --look", "sam release R-4 --to outbox", "max request dossier R-1"),
    *("pat show 1", "pat search --extension 205 --date 4/7/2024 --reason 'She asks what was said'"),
    *("dora register access", "dora register holds", "dora register disclosure", "dora hold list"),
    *("dora hold show H-1", "dora incident list", "dora mail list", "dora notice list"),
    *("dora audit review-searches", "dora retention review"),
    *("mia deny R-3 --reason 'She asks for another day' --yes", "sam request show R-3"),
    *("max archive list", "max archive --to drive-a", "dora keys rotate --reseal"),
)


@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(COLUMNS), VALUES, st.sampled_from(WRITTEN), st.sampled_from(COMMANDS))
def test_whatever_stands_in_a_column_no_command_ends_in_a_bug(
    worked_template: House, column: tuple[str, str], value: object, written: str, command: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = practices.copy(worked_template, Path(folder) / "house")
        statement = 'UPDATE "{}" SET "{}" = {}'.format(*column, written)
        with suppress(IntegrityError), transaction(house.practice.engine) as connection:
            connection.execute(text(statement), {"value": value})
        with chdir(house.folder), no_more_memory_than(1 << 30):
            answer = type_in(house, "dora", *command.split())
        house.close()
    assert answer.status != BUG_STATUS, answer

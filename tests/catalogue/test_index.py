"""The search index: cut tokens, fixed month by month."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from callrec.catalogue import tables
from callrec.catalogue.index import TokenKind, bits_for, part_name, part_of
from callrec.errors import Tampered
from callrec.policy.days import DayRange, TimeRange, parse_times
from callrec.policy.search import CallFacts, Criteria, Direction
from callrec.policy.words import NORMALISING_VERSION
from catalogue.index_rows import KEY, LONDON, NEW_YEAR, VAULT, add, catalogue, proposed

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "index" / "tokens.json").read_text(encoding="utf-8")
)

JANUARY, FEBRUARY, MARCH = (part_of(datetime(2024, n, 1, tzinfo=UTC)) for n in (1, 2, 3))

CALL = CallFacts(
    number="+442079460123",
    extension="201",
    parties=(),
    direction=Direction.INBOUND,
    started_at=NEW_YEAR,
    duration_ms=60_000,
)

DAY = DayRange(date(2024, 1, 1), date(2024, 1, 1))


@pytest.fixture
def connection() -> Iterator[Connection]:
    with catalogue() as opened:
        yield opened


def calls(count: int, *, month: int = 1) -> list[CallFacts]:
    return [replace(CALL, started_at=datetime(2024, month, 2, tzinfo=UTC))] * count


def kinds(connection: Connection) -> list[int]:
    return sorted(connection.execute(select(tables.token.c.kind)).scalars())


def numbers_of(connection: Connection, part: int) -> list[int]:
    """The tokens of the numbers of a month's calls, in the calls' order."""
    token = tables.token.c
    query = select(token.token).where(token.part == part, token.kind == TokenKind.TAIL)
    return list(connection.execute(query.order_by(token.recording)).scalars())


def widths(connection: Connection) -> dict[int, int]:
    rows = connection.execute(select(tables.part))
    return {row.part: row.bits for row in rows}


def vector_call(vector: dict[str, Any]) -> CallFacts:
    """A call that has the vector's value, in its month."""
    value, at = vector["value"], datetime.fromisoformat(vector["start"])
    bare = replace(CALL, number=None, extension=None, started_at=at)
    match vector["kind"]:
        case "tail":
            return replace(bare, number=f"+44207946{value}" if len(value) == 4 else value)
        case "party":
            return replace(bare, parties=(value,))
        case _:
            return replace(bare, extension=value)


@pytest.mark.parametrize(
    "vector", VECTORS["tokens"], ids=lambda v: f"{v['kind']} {v['start']} {v['value']}"
)
def test_a_token_is_what_another_program_makes_of_it(
    connection: Connection, vector: dict[str, Any]
) -> None:
    assert (VECTORS["index_key"], VECTORS["vault"]) == (KEY.hex(), VAULT)
    call = vector_call(vector)
    part, kind = part_of(call.started_at), TokenKind[vector["kind"].upper()]
    columns = {"part": part, "rows": 1, "bits": vector["bits"], "normalising": NORMALISING_VERSION}
    connection.execute(tables.part.insert().values(columns))
    add(connection, [call])
    row = connection.execute(select(tables.token).where(tables.token.c.kind == kind)).one()
    assert (part_name(row.part), row.token, row.recording) == (
        vector["start"][:7],
        vector["token"],
        1,
    )


@pytest.mark.parametrize(
    ("busiest", "bits"),
    [(1, 2), (63, 2), (64, 3), (127, 3), (128, 4), (1000, 6), (1024, 7), (8585, 10), (83_333, 13)],
)
def test_tokens_are_so_wide_that_a_month_has_8_to_16_calls_to_each(busiest: int, bits: int) -> None:
    assert bits_for(busiest) == bits
    assert busiest < 32 or 8 <= busiest / 2**bits < 16


def test_a_month_counts_as_a_thousand_calls_while_none_is_complete(connection: Connection) -> None:
    add(connection, calls(3))
    assert widths(connection) == {JANUARY: 6}


def test_a_month_keeps_the_width_of_its_first_row(connection: Connection) -> None:
    add(connection, calls(3))
    add(connection, calls(3000), first=4)
    assert widths(connection) == {JANUARY: 6}
    assert connection.execute(select(tables.part.c.rows)).scalar() == 3003


def test_the_busiest_complete_month_makes_the_width_of_the_next(connection: Connection) -> None:
    add(connection, calls(130))
    add(connection, calls(2, month=2), first=200)
    add(connection, calls(2, month=3), first=300)
    assert widths(connection) == {JANUARY: 6, FEBRUARY: 4, MARCH: 4}


def test_months_that_come_in_together_are_filled_in_their_order(connection: Connection) -> None:
    add(connection, [*calls(2, month=2), *calls(130)])
    assert widths(connection) == {JANUARY: 6, FEBRUARY: 4}


def test_the_newest_month_is_not_complete(connection: Connection) -> None:
    add(connection, calls(300, month=3))
    add(connection, calls(2, month=1), first=400)
    add(connection, calls(2, month=2), first=500)
    assert widths(connection) == {MARCH: 6, JANUARY: 6, FEBRUARY: 2}


def test_a_part_says_how_its_words_were_made(connection: Connection) -> None:
    add(connection, calls(1))
    assert connection.execute(select(tables.part.c.normalising)).scalar() == NORMALISING_VERSION


def test_a_call_has_a_row_for_each_thing_it_may_be_found_by(connection: Connection) -> None:
    add(connection, [replace(CALL, parties=("Siân O'Neill",))])
    assert kinds(connection) == [TokenKind.TAIL, *[TokenKind.PARTY] * 2, TokenKind.EXTENSION]


def test_a_withheld_number_has_no_row(connection: Connection) -> None:
    add(connection, [replace(CALL, number=None)])
    assert kinds(connection) == [TokenKind.EXTENSION]


def test_a_call_of_which_nothing_is_known_has_no_row(connection: Connection) -> None:
    add(connection, [replace(CALL, number=None, extension=None)])
    assert kinds(connection) == []
    assert proposed(connection, Criteria(days=DAY)) == [1]


def test_words_of_one_call_may_share_a_token(connection: Connection) -> None:
    name = " ".join(f"name{n}" for n in range(40))
    add(connection, [replace(CALL, parties=(name,))])
    assert len(kinds(connection)) < 40
    assert proposed(connection, Criteria(party=name)) == [1]


def test_a_token_tells_no_more_than_its_bits(connection: Connection) -> None:
    numbers = [replace(CALL, number=f"+4420794600{n:02}") for n in range(99)]
    add(connection, numbers)
    tokens = connection.execute(select(tables.token.c.token)).scalars().all()
    assert max(tokens) < 2**6
    assert len(proposed(connection, Criteria(tail="0000"))) > 1


def test_the_same_number_has_another_token_in_another_month(connection: Connection) -> None:
    some = [replace(CALL, number=f"+4420794600{n:02}") for n in range(20)]
    later = [replace(call, started_at=datetime(2024, 2, 2, tzinfo=UTC)) for call in some]
    add(connection, some)
    as_wide = tables.part.insert().values(
        part=FEBRUARY, rows=0, bits=6, normalising=NORMALISING_VERSION
    )
    connection.execute(as_wide)
    add(connection, later, first=21)
    assert numbers_of(connection, JANUARY) != numbers_of(connection, FEBRUARY)


def test_what_was_indexed_under_an_older_key_is_found(connection: Connection) -> None:
    new = bytes(32)
    add(connection, [CALL])
    add(connection, [CALL], key=new, first=2)
    assert proposed(connection, Criteria(number=CALL.number), keys=(KEY, new)) == [2, 1]


def test_what_is_proposed_has_a_token_for_each_criterion(connection: Connection) -> None:
    others = [replace(CALL, number=f"+4420794600{n:02}", extension=str(200 + n)) for n in range(99)]
    add(connection, [*others, CALL])
    by_end = proposed(connection, Criteria(tail="0123"))
    by_both = proposed(connection, Criteria(tail="0123", extension="201", days=DAY))
    assert set(by_both) < set(by_end)
    assert 100 in by_both


def test_the_clear_columns_narrow_what_is_proposed(connection: Connection) -> None:
    outbound = replace(CALL, direction=Direction.OUTBOUND)
    later = replace(CALL, started_at=NEW_YEAR + timedelta(hours=15))
    add(connection, [CALL, outbound, later])
    assert proposed(connection, Criteria(days=DAY, direction=Direction.OUTBOUND)) == [2]
    assert proposed(connection, Criteria(days=DAY, times=parse_times("15:00"))) == [3]
    assert proposed(connection, Criteria(number=CALL.number, days=DAY)) == [3, 2, 1]


def test_a_call_that_goes_on_into_the_time_is_proposed(connection: Connection) -> None:
    add(connection, [CALL])
    a_minute_later = TimeRange(NEW_YEAR.time().replace(minute=1), NEW_YEAR.time().replace(minute=2))
    assert proposed(connection, Criteria(days=DAY, times=a_minute_later)) == [1]


def test_a_local_day_may_lie_in_two_months(connection: Connection) -> None:
    # In London the first of June begins at eleven in the evening of the last of May, in UTC.
    day = DayRange(date(2024, 6, 1), date(2024, 6, 1))
    early, late = (datetime(2024, 5, 31, 23, 30, tzinfo=UTC), datetime(2024, 6, 1, 9, tzinfo=UTC))
    add(connection, [replace(CALL, started_at=at) for at in (early, late)])
    assert proposed(connection, Criteria(extension="201", days=day)) == [2, 1]


def test_a_month_is_that_of_utc_whatever_the_clock_says() -> None:
    in_london = datetime(2024, 6, 1, 0, 30, tzinfo=LONDON)
    assert part_name(part_of(in_london)) == "2024-05"


def test_a_local_day_may_begin_in_a_month_that_is_over_elsewhere(connection: Connection) -> None:
    # On the Azores the last of December ends when it is one in the morning of January, in UTC.
    azores = ZoneInfo("Atlantic/Azores")
    add(connection, [replace(CALL, started_at=NEW_YEAR + timedelta(minutes=30))])
    day = DayRange(date(2023, 12, 31), date(2023, 12, 31))
    assert proposed(connection, Criteria(extension="201", days=day), zone=azores) == [1]


def test_each_of_several_days_is_looked_at(connection: Connection) -> None:
    starts = [NEW_YEAR + timedelta(days=days, hours=9) for days in range(4)]
    add(connection, [replace(CALL, started_at=at) for at in starts])
    days = DayRange(date(2024, 1, 2), date(2024, 1, 4))
    assert proposed(connection, Criteria(extension="201", days=days)) == [4, 3, 2]
    at_nine = Criteria(days=days, times=parse_times("09:00"))
    assert proposed(connection, at_nine) == [4, 3, 2]


def test_the_newest_is_proposed_first(connection: Connection) -> None:
    starts = [NEW_YEAR + timedelta(days=days) for days in (3, 40, 1, 80, 2)]
    add(connection, [replace(CALL, started_at=at) for at in starts])
    assert proposed(connection, Criteria(number=CALL.number)) == [4, 2, 1, 5, 3]


@pytest.mark.parametrize(
    "change",
    [{"bits": 1}, {"bits": 20}, {"normalising": NORMALISING_VERSION + 1}],
    ids=str,
)
def test_a_part_that_we_did_not_write_is_found(
    connection: Connection, change: dict[str, int]
) -> None:
    add(connection, [CALL])
    connection.execute(tables.part.update().values(change))
    with pytest.raises(Tampered, match="2024-01"):
        proposed(connection, Criteria(number=CALL.number))
    with pytest.raises(Tampered, match="2024-01"):
        add(connection, [CALL], first=2)


@pytest.mark.parametrize("months", [(JANUARY,), (FEBRUARY,), (MARCH,), (JANUARY, FEBRUARY, MARCH)])
def test_a_part_that_is_missing_is_found_by_a_search_of_any_day(
    connection: Connection, months: tuple[int, ...]
) -> None:
    add(connection, [*calls(1), *calls(1, month=2), *calls(1, month=3)])
    connection.execute(tables.part.delete().where(tables.part.c.part.in_(months)))
    with pytest.raises(Tampered, match="no record of a month"):
        proposed(connection, Criteria(number=CALL.number, days=DAY))


@pytest.mark.parametrize("part", [-(1 << 40), 0, 1 << 40])
def test_a_part_that_is_no_month_was_not_written_by_us(connection: Connection, part: int) -> None:
    add(connection, [CALL])
    connection.execute(tables.part.update().values(part=part))
    with pytest.raises(Tampered, match="none of ours"):
        proposed(connection, Criteria(number=CALL.number))


def test_a_month_without_a_call_needs_no_part(connection: Connection) -> None:
    add(connection, [*calls(1), *calls(1, month=3)])
    assert proposed(connection, Criteria(number=CALL.number)) == [2, 1]


def test_of_a_number_no_more_is_kept_than_of_its_end(connection: Connection) -> None:
    others = [replace(CALL, number=f"+44113496{n:04}") for n in range(98, 198)]
    add(connection, [*others, CALL])
    by_end = proposed(connection, Criteria(tail="0123"))
    assert {26, 101} < set(by_end)
    assert proposed(connection, Criteria(number=CALL.number)) == by_end


def test_the_same_number_has_the_same_token_within_two_hours_and_then_another(
    connection: Connection,
) -> None:
    hours = [replace(CALL, started_at=NEW_YEAR + timedelta(hours=n)) for n in range(8)]
    add(connection, hours)
    found = numbers_of(connection, JANUARY)
    assert found[::2] == found[1::2]
    assert [token >> 6 for token in found[::2]] == [0, 1, 2, 3]
    assert len({token % 2**6 for token in found[::2]}) > 1


def test_an_extension_is_found_without_a_day(connection: Connection) -> None:
    others = [replace(CALL, extension=str(300 + n)) for n in range(99)]
    add(connection, [*others, CALL])
    by_extension = proposed(connection, Criteria(extension="201"))
    assert 100 in by_extension
    assert len(by_extension) < 50


def test_a_month_is_searched_under_a_hundred_keys(connection: Connection) -> None:
    # As SQLite is made where nobody allows it more parameters.
    under = connection.connection.driver_connection
    assert isinstance(under, sqlite3.Connection)
    under.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
    columns = {"part": JANUARY, "rows": 0, "bits": 19, "normalising": NORMALISING_VERSION}
    connection.execute(tables.part.insert().values(columns))
    keys = [bytes([n]) * 32 for n in range(100)]
    add(connection, [CALL], key=keys[50])
    assert proposed(connection, Criteria(number=CALL.number), keys=keys) == [1]

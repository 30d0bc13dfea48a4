"""What is understood from what any telephone system wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callrec.telephone.call import Call, Direction, Side, System
from callrec.telephone.number import is_a_name, number_ranges, party, read_end
from callrec.telephone.written import Setup, Written, WrittenTime

NINE = datetime(2024, 1, 4, 9, tzinfo=UTC)

WHEN = WrittenTime(raw="1704358800", instant=NINE, proof="the epoch")

PATIENT, DESK = "07700 900123", "201"


def to_call(*, setup: dict[str, Any] | None = None, **said: Any) -> Call:
    written = Written(**{"system": System.AVAYA, "how": "by a test", "time": WHEN, **said})
    return written.to_call(Setup(zone=ZoneInfo("Europe/London"), **(setup or {})))


@pytest.mark.parametrize(
    ("calling", "called", "direction", "number", "extension"),
    [
        (PATIENT, DESK, Direction.INBOUND, "+447700900123", DESK),
        (DESK, PATIENT, Direction.OUTBOUND, "+447700900123", DESK),
        (DESK, "202", Direction.INTERNAL, None, DESK),
        (PATIENT, "01632 960001", Direction.UNKNOWN, None, None),
        ("anonymous", DESK, Direction.INBOUND, None, DESK),
        ("", DESK, Direction.UNKNOWN, None, DESK),
        (DESK, DESK, Direction.UNKNOWN, None, DESK),
        ("Unknown", DESK, Direction.UNKNOWN, None, DESK),
        ("Siân Evans", DESK, Direction.UNKNOWN, None, DESK),
        ("asterisk", DESK, Direction.UNKNOWN, None, DESK),
        (DESK, "*97", Direction.UNKNOWN, None, DESK),
        (DESK, "VoiceMail", Direction.UNKNOWN, None, DESK),
        (DESK, "118500", Direction.OUTBOUND, "118500", DESK),
        (
            f"sip:{DESK}@pbx.example",
            f"tel:{PATIENT};ext=305",
            Direction.OUTBOUND,
            "+447700900123",
            DESK,
        ),
    ],
)
def test_which_way_a_call_went_its_ends_tell(
    calling: str, called: str, direction: Direction, number: str | None, extension: str | None
) -> None:
    call = to_call(calling=calling, called=called)
    assert (call.direction, call.number, call.extension) == (direction, number, extension)


def test_the_system_knows_its_extensions_better_than_their_length() -> None:
    call = to_call(calling="07700900123", called="2012012", called_is_inside=True)
    assert (call.direction, call.extension) == (Direction.INBOUND, "2012012")
    assert to_call(calling="07700900123", called="2012012").direction is Direction.UNKNOWN


def test_what_the_system_says_goes_before_what_its_ends_tell() -> None:
    call = to_call(calling=PATIENT, called=DESK, direction=Direction.OUTBOUND, extension="600")
    assert (call.direction, call.extension) == (Direction.OUTBOUND, "600")


OWN = {"numbers": number_ranges(["01632 960000 to 01632 960099"])}


@pytest.mark.parametrize(
    ("calling", "called", "direction", "number", "extension"),
    [
        (PATIENT, "01632 960001", Direction.INBOUND, "+447700900123", None),
        ("01632 960001", PATIENT, Direction.OUTBOUND, "+447700900123", None),
        ("01632 960001", DESK, Direction.INTERNAL, None, DESK),
        (PATIENT, "01632 960001 x201", Direction.INBOUND, "+447700900123", DESK),
        (f"{PATIENT} x201", "01632 960001", Direction.INBOUND, "+447700900123", None),
        (PATIENT, "01632 960100", Direction.UNKNOWN, None, None),
        ("anonymous", "01632 960001", Direction.INBOUND, None, None),
        ("unknown", "01632 960001", Direction.UNKNOWN, None, None),
    ],
)
def test_which_way_a_call_went_the_practices_own_numbers_tell(
    calling: str, called: str, direction: Direction, number: str | None, extension: str | None
) -> None:
    call = to_call(calling=calling, called=called, setup=OWN)
    assert (call.direction, call.number, call.extension) == (direction, number, extension)


def test_a_number_called_and_a_caller_in_the_other_order_are_told_apart_by_the_practices_own() -> (
    None
):
    said = {"calling": "01632 960001", "called": PATIENT, "ends_may_be_swapped": True}
    turned = to_call(direction=Direction.INBOUND, setup=OWN, **said)
    assert (turned.number, turned.callee) == ("+447700900123", "+441632960001")
    assert to_call(direction=Direction.OUTBOUND, setup=OWN, **said).number == "+447700900123"


def test_an_outside_number_is_nobodys_extension() -> None:
    stated = to_call(calling=PATIENT, extension="01632 960001", direction=Direction.INBOUND)
    assert (stated.extension, stated.callee) == (None, "+441632960001")
    by_system = to_call(calling="201", called=PATIENT.replace(" ", ""), called_is_inside=True)
    assert (by_system.extension, by_system.number) == (DESK, "+447700900123")
    local = to_call(calling="946012", called="", direction=Direction.INBOUND)
    assert (local.extension, local.numbers) == (None, frozenset({"946012"}))
    assert to_call(extension="Ext. 201", direction=Direction.INBOUND).extension == DESK


def test_a_name_shown_with_a_number_is_a_party_and_no_part_of_it() -> None:
    call = to_call(calling='"Siân Evans" <sip:07700900123@example.org>', called="Reception <201>")
    assert (call.caller, call.callee) == ("+447700900123", DESK)
    assert call.parties == ("Siân Evans", "Reception")
    assert to_call(calling='"anonymous" <07700900123>', called=DESK).parties == ()


def test_what_cannot_be_a_number_keeps_its_digits() -> None:
    call = to_call(calling="0207 946-012", called=DESK)
    assert (call.caller, call.number, call.numbers) == (
        "0207946012",
        None,
        frozenset({"0207946012"}),
    )
    assert to_call(calling="Siân Evans", called=DESK).caller == "Siân Evans"


@pytest.mark.parametrize(
    ("direction", "calling", "called"),
    [(Direction.INBOUND, DESK, PATIENT), (Direction.OUTBOUND, PATIENT, DESK)],
)
def test_ends_are_turned_only_where_some_program_writes_them_turned(
    direction: Direction, calling: str, called: str
) -> None:
    turned = to_call(calling=calling, called=called, direction=direction, ends_may_be_swapped=True)
    assert (turned.number, turned.extension) == ("+447700900123", DESK)
    assert "other order" in turned.why
    kept = to_call(calling=calling, called=called, direction=direction)
    assert kept.number is None
    assert "other order" not in kept.why


def test_the_digits_for_an_outside_line_are_no_part_of_the_number() -> None:
    setup = {"outside_prefixes": ("9",)}
    call = to_call(calling=DESK, called="902079460123", setup=setup)
    # Its length does not tell which end is inside, but the extension that called does.
    assert (call.direction, call.callee) == (Direction.OUTBOUND, "+442079460123")
    assert to_call(calling=DESK, called="9999", setup=setup, direction=Direction.OUTBOUND
                      ).number == "999"  # fmt: skip


def test_a_prefix_that_is_shown_with_who_calls_is_no_part_of_the_number() -> None:
    call = to_call(calling="907700900123", called=DESK, setup={"outside_prefixes": ("9",)})
    assert (call.direction, call.number) == (Direction.INBOUND, "+447700900123")


def test_a_prefix_is_no_part_of_the_number_where_nobody_says_which_way_the_call_went() -> None:
    setup = {"outside_prefixes": ("9",)}
    assert to_call(outside="907700900123", setup=setup).number == "+447700900123"
    call = to_call(calling="907700900123", called="02079460123", setup=setup)
    assert (call.direction, call.caller) == (Direction.UNKNOWN, "+447700900123")
    way = Direction.INTERNAL
    call = to_call(calling=DESK, called="907700900123", direction=way, setup=setup)
    assert call.callee == "+447700900123"
    assert to_call(calling=DESK, called="9105", direction=way, setup=setup).callee == "9105"


def test_an_end_that_is_not_said_is_the_outside_party_or_the_extension() -> None:
    inbound = to_call(direction=Direction.INBOUND, outside=PATIENT, extension=DESK)
    assert (inbound.caller, inbound.callee) == ("+447700900123", DESK)
    outbound = to_call(direction=Direction.OUTBOUND, outside=PATIENT, extension=DESK)
    assert (outbound.caller, outbound.callee) == (DESK, "+447700900123")
    neither = to_call(outside=PATIENT, extension=DESK)
    assert (neither.caller, neither.callee, neither.number) == (None, None, "+447700900123")


def test_where_only_one_end_is_said_no_direction_is_guessed() -> None:
    assert to_call(calling=DESK).direction is Direction.UNKNOWN
    assert to_call(called=DESK).direction is Direction.UNKNOWN


def test_what_was_written_is_kept_beside_what_was_understood() -> None:
    call = to_call(calling=PATIENT, called=DESK, sides=(Side.CALLER, Side.CALLED))
    assert (call.raw_time, call.local_time) == ("1704358800", "2024-01-04T09:00:00")
    assert (call.zone, call.utc_offset_minutes) == ("Europe/London", 0)
    assert call.sides == (Side.CALLER, Side.CALLED)
    assert call.why == "by a test; the epoch proves the time"


def test_a_local_time_and_an_instant_that_disagree_are_told() -> None:
    local = datetime(2024, 1, 4, 9, 45)  # noqa: DTZ001
    call = to_call(time=WrittenTime(raw="x", local=local, instant=NINE, proof="the epoch"))
    assert call.contradiction == "the epoch contradicts it by 45 minutes"
    assert call.local_time == "2024-01-04T09:45:00"


NUMBERS = Path(__file__).parent.parent / "vectors/telephone/numbers"


@pytest.mark.parametrize("case", json.loads((NUMBERS / "spellings.json").read_text("utf-8")))
def test_an_end_is_taken_out_of_what_systems_write_around_it(case: dict[str, str]) -> None:
    end = read_end(case["text"])
    name = end.name if is_a_name(end.name) else ""
    assert (party(case["text"]), name, end.extension) == (
        case["number"],
        case["name"],
        case["extension"],
    )


@pytest.mark.parametrize("case", json.loads((NUMBERS / "directions.json").read_text("utf-8")))
def test_which_way_a_call_went_is_read_of_the_ends_as_systems_write_them(
    case: dict[str, Any],
) -> None:
    own = {"numbers": number_ranges(case["numbers"])}
    call = to_call(calling=case["calling"], called=case["called"], setup=own)
    assert (call.direction, call.number, call.extension) == (
        case["direction"],
        case["number"],
        case["extension"],
    )

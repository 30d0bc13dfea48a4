from __future__ import annotations

import json
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

from callrec.telephone.call import Call
from callrec.telephone.reading import read_name
from callrec.telephone.written import Setup

VECTORS = Path(__file__).parent.parent / "vectors/telephone/asterisk"

CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in VECTORS.glob("*.json")}

LONDON = ZoneInfo("Europe/London")


def read(case: dict[str, Any]) -> Call | None:
    extensions = tuple((first, last) for first, last in case["extensions"])
    setup = Setup(zone=ZoneInfo(case["zone"]), extensions=extensions)
    return read_name(PurePath(case["name"]), setup)


def why(stem: str) -> str:
    call = read(CASES[stem])
    assert call is not None
    return call.why


def test_the_sentence_says_that_the_ends_stood_in_the_other_order() -> None:
    assert "other order" in why("in-customer-then-agent")
    assert "other order" not in why("in-agent-then-customer")


def test_the_sentence_says_in_which_zone_the_clock_stood() -> None:
    assert "UTC-07:00" in why("seven-hours-west")
    assert "UTC+00:00" in why("summer-on-a-clock-in-utc")


def test_the_sentence_says_by_how_much_the_unique_id_contradicts_the_name() -> None:
    assert "the unique id contradicts it by 3 days and is left aside" in why("contradiction")


def test_the_sentence_holds_nothing_of_the_call() -> None:
    for case in CASES.values():
        call = read(case)
        values = (call.caller, call.callee, call.unique_id) if call else ()
        assert not any(value and value in call.why for value in values if call)


def test_what_the_system_said_is_kept_as_it_was_said() -> None:
    name = CASES["out"]["name"]
    call = read_name(PurePath(name), Setup(zone=LONDON))
    assert call is not None
    assert (call.system, call.said, call.parties) == ("asterisk", {"name": name}, ())

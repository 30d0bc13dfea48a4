from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, time
from typing import Any

import pytest

from callrec.crypto.canonical import canonical, parse
from callrec.errors import Refused, Tampered, Unusable
from callrec.policy.particulars import UNKNOWN, Particulars, take_particulars
from callrec.policy.when import Times
from policy.builders import REASON

SAID: dict[str, Any] = {
    "reason": REASON,
    "day": date(2024, 1, 4),
    "times": Times(time(14, 0), time(14, 30)),
    "extension": "203",
    "number": "+447700900123",
    "parties": ["Siân O'Neill", "Reception"],
    "about": "She rang twice",
}
UNSAID = {
    "date": {"day": None},
    "time": {"times": None},
    "extension": {"extension": None},
    "number": {"number": None},
    "party": {"parties": []},
}
JSON = {
    "reason": REASON,
    "date": "2024-01-04",
    "time": ["14:00", "14:30"],
    "extension": "203",
    "number": "+447700900123",
    "parties": ["Siân O'Neill", "Reception"],
    "about": "She rang twice",
}
JSON_UNKNOWN = {
    "reason": REASON,
    "about": "",
    **dict.fromkeys(("date", "time", "extension", "number", "parties"), "unknown"),
}


def all_unknown() -> Particulars:
    return take_particulars(
        reason=REASON,
        day=UNKNOWN,
        times=UNKNOWN,
        extension="unknown",
        number="Unknown",
        parties=["unknown"],
    )


def test_the_six_stand_in_the_policy_s_order() -> None:
    names = [field.name for field in fields(Particulars)]
    assert names == ["reason", "day", "times", "extension", "number", "parties", "about"]


def test_what_is_said_is_taken() -> None:
    taken = take_particulars(**SAID)
    assert taken == Particulars(**{**SAID, "parties": ("Siân O'Neill", "Reception")})


def test_unknown_is_a_value_that_one_says() -> None:
    unknown = all_unknown()
    said = (unknown.day, unknown.times, unknown.extension, unknown.number, unknown.parties)
    assert all(value is UNKNOWN for value in said)


@pytest.mark.parametrize(("name", "unsaid"), UNSAID.items(), ids=UNSAID)
def test_what_is_neither_given_nor_unknown_is_refused_by_name(
    name: str, unsaid: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match=rf"does not say: {name} \[policy 4\(b\)\]") as refused:
        take_particulars(**{**SAID, **unsaid})
    assert refused.value.hint.endswith(f": --{name} unknown")


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Refused, match="does not say: date, time, extension, number, party"):
        take_particulars(
            reason=REASON, day=None, times=None, extension=" ", number="", parties=[" "]
        )


def test_a_request_without_a_reason_is_refused() -> None:
    with pytest.raises(Refused, match=r"no reason is given \[policy 4\(b\)\]"):
        take_particulars(**{**SAID, "reason": None})


def test_other_information_may_be_none() -> None:
    assert take_particulars(**{**SAID, "about": ""}).about == ""


def test_parties_named_and_unknown_at_once_are_unusable() -> None:
    with pytest.raises(Unusable, match="named and unknown at once"):
        take_particulars(**{**SAID, "parties": ["Siân O'Neill", "unknown"]})


def test_text_is_composed_and_its_space_is_plain() -> None:
    taken = take_particulars(
        **{**SAID, "parties": [" Sia\u0302n\n O'Neill "], "extension": " 203 "}
    )
    assert taken.parties == ("Si\u00e2n O'Neill",)
    assert taken.extension == "203"


def test_json_says_it_in_the_policy_s_order() -> None:
    assert list(take_particulars(**SAID).as_json().items()) == list(JSON.items())
    assert all_unknown().as_json() == JSON_UNKNOWN


@pytest.mark.parametrize("said", [JSON, JSON_UNKNOWN], ids=["known", "unknown"])
def test_json_comes_back_through_its_canonical_form(said: dict[str, Any]) -> None:
    assert Particulars.from_json(parse(canonical(said))).as_json() == said


def test_what_was_taken_under_older_rules_can_still_be_read() -> None:
    short = replace(take_particulars(**SAID), reason="complaint")
    assert Particulars.from_json(short.as_json()) == short


OUT_OF_FORM: dict[str, dict[str, Any]] = {
    "a member more": {**JSON, "extra": ""},
    "a member less": {name: value for name, value in JSON.items() if name != "about"},
    "no text": {**JSON, "extension": 203},
    "no date": {**JSON, "date": "4/1/2024"},
    "a date in another form": {**JSON, "date": "20240104"},
    "a null": {**JSON, "date": None},
    "no list of times": {**JSON, "time": "14:00"},
    "one time": {**JSON, "time": ["14:00"]},
    "times backwards": {**JSON, "time": ["14:30", "14:00"]},
    "a time with seconds": {**JSON, "time": ["14:00:00", "14:30"]},
    "a party that is no text": {**JSON, "parties": ["Siân O'Neill", 7]},
    "unknown in capitals": {**JSON, "number": "UNKNOWN"},
}


@pytest.mark.parametrize("value", OUT_OF_FORM.values(), ids=OUT_OF_FORM)
def test_particulars_out_of_their_form_are_tampered_with(value: dict[str, Any]) -> None:
    with pytest.raises(Tampered, match="particulars are not in their form"):
        Particulars.from_json(value)

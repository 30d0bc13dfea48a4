"""What lies under a complaint's key is what the format says, byte for byte."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from callrec.complaints.log import ComplaintBody, ComplaintVersion
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import Tampered
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import Finding
from callrec.record.versions import open_key, seal_key
from house.vectors import KEY, cases_of, check_opens_as_no_other, check_sealed_as
from vectors.complaint.make import CASES as MADE
from vectors.complaint.make import answers

CASES = cases_of("complaint")

OF_TEXT = ("what", "complainant", "contact", "request", "incident")


def body_of(case: dict[str, Any]) -> ComplaintBody:
    return ComplaintBody(
        number=case["number"],
        on=date.fromisoformat(case["on"]),
        how=Channel(case["how"]) if case["how"] else "",
        finding=Finding(case["finding"]) if case["finding"] else "",
        nonce=bytes.fromhex(case["nonce"]),
        log_nonce=bytes.fromhex(case["log_nonce"]),
        **{name: case[name] for name in OF_TEXT},
    )


def version_of(case: dict[str, Any]) -> ComplaintVersion:
    names = ("vault", "complaint", "version", "entered_by")
    return ComplaintVersion(**{name: case[name] for name in names})


def test_the_files_are_what_the_script_beside_them_makes() -> None:
    assert {name: answers(case) for name, case in MADE.items()} == CASES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_digest_leaf_and_what_is_sealed_are_the_known_ones(case: dict[str, Any]) -> None:
    body, which = body_of(case), version_of(case)
    check_sealed_as(case, body, body.digest(which), which)


@pytest.mark.parametrize("other", [{"entered_by": "b2" * 16}, {"version": 9}])
def test_the_digest_says_who_entered_it_and_which_version_it_is(other: dict[str, Any]) -> None:
    case = CASES["received"]
    assert body_of(case).digest(version_of({**case, **other})) != case["digest"]


@pytest.mark.parametrize("other", [{"complaint": "2c" * 16}, {"version": 9}, {"vault": "1f" * 16}])
def test_it_opens_as_no_other_version_complaint_or_vault(other: dict[str, Any]) -> None:
    case = CASES["received"]
    check_opens_as_no_other(body_of(case), version_of, case, other)


def test_its_key_opens_for_its_holder_alone() -> None:
    which = version_of(CASES["received"])
    sealed = seal_key(KEY, which, primitives.kem_public(bytes(32)))
    assert open_key(sealed, which, bytes(32)) == KEY
    with pytest.raises(Tampered):
        open_key(sealed, which, KEY)


def test_its_repr_tells_nothing() -> None:
    assert "Siân" not in repr(body_of(CASES["received"]))


BROKEN: dict[str, dict[str, Any]] = {
    "another member": {"culprit": "Sam"},
    "a finding that is none": {"finding": "hushed-up"},
    "a channel that is none": {"how": "pigeon"},
    "a day that is none": {"on": "2027-02-29"},
    "a day with its time": {"on": "2026-11-23T09:00"},
    "a number that is text": {"number": "3"},
    "a number that is yes": {"number": True},
    "what is wrong, in a list": {"what": ["all of it"]},
    "a request by its number": {"request": 17},
    "nobody complains": {"complainant": None},
    "a nonce that is not hex": {"log_nonce": "zz"},
}


def opens(change: dict[str, Any], without: str = "") -> None:
    case = CASES["received"]
    value = {**json.loads(bytes.fromhex(case["plain"])[32:]), **change}
    value.pop(without, None)
    sealed = primitives.seal(KEY, bytes(32) + canonical(value), version_of(case).context)
    ComplaintBody.open(sealed, KEY, version_of(case))


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_what_is_not_in_its_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Tampered, match="not in its form"):
        opens(change)


@pytest.mark.parametrize("name", [*OF_TEXT, "on", "how", "finding", "number", "log_nonce"])
def test_no_member_is_missing(name: str) -> None:
    opens({})
    with pytest.raises(Tampered, match="not in its form"):
        opens({}, without=name)

"""What lies under a request key is what the format says, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import Tampered
from callrec.policy.particulars import Particulars
from callrec.policy.purpose import Purpose
from callrec.policy.role import PersonId
from callrec.requests.model import RequestBody, RequestVersion
from house.vectors import KEY, cases_of, check_opens_as_no_other, check_sealed_as

CASES = cases_of("request")


def body_of(case: dict[str, Any]) -> RequestBody:
    return RequestBody(
        number=case["number"],
        purpose=Purpose(case["purpose"]),
        particulars=Particulars.from_json(case["particulars"]),
        recordings=tuple((uid, ciphertext) for uid, ciphertext in case["recordings"]),
        agreement_key=bytes.fromhex(case.get("agreement_key", "")),
        nonce=bytes.fromhex(case["nonce"]),
        log_nonce=bytes.fromhex(case["log_nonce"]),
    )


def version_of(case: dict[str, Any]) -> RequestVersion:
    return RequestVersion(case["vault"], case["request"], case["version"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_digest_leaf_and_what_is_sealed_are_the_known_ones(case: dict[str, Any]) -> None:
    body, which = body_of(case), version_of(case)
    check_sealed_as(case, body, body.digest(which, PersonId(case["requester"])), which)


def test_no_two_of_them_have_one_digest() -> None:
    assert len({case["digest"] for case in CASES.values()}) == len(CASES)


@pytest.mark.parametrize("other", [{"request": "53" * 16}, {"version": 9}, {"vault": "1f" * 16}])
def test_it_opens_as_no_other_version_request_or_vault(other: dict[str, Any]) -> None:
    case = CASES["all_known"]
    check_opens_as_no_other(body_of(case), version_of, case, other)


BROKEN: dict[str, dict[str, Any]] = {
    "a member missing": {"number": 17},
    "a number in letters": {"number": "seven"},
    "a number that is yes or no": {"number": True},
    "a recording by its number": {"recordings": [[1, "1e" * 32]]},
    "a hash that is none": {"recordings": [["1e" * 16, None]]},
    "a purpose that is none": {"purpose": "curiosity"},
    "a recording without its hash": {"recordings": [["1e" * 16]]},
    "a nonce that is not hex": {"log_nonce": "zz"},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_what_is_not_in_its_form_is_refused(change: dict[str, Any]) -> None:
    case = CASES["all_known"]
    value = json.loads(bytes.fromhex(case["plain"])[32:])
    broken = change if change == {"number": 17} else {**value, **change}
    sealed = primitives.seal(KEY, bytes(32) + canonical(broken), version_of(case).context)
    with pytest.raises(Tampered, match="not in its form"):
        RequestBody.open(sealed, KEY, version_of(case))

"""What lies under an incident key is what the format says, byte for byte."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import Tampered
from callrec.incidents.log import IncidentBody, IncidentVersion
from callrec.policy.breach import Closing, Findings
from callrec.policy.incident import Outcome
from callrec.record.versions import open_key, seal_key
from house.vectors import KEY, cases_of, check_opens_as_no_other, check_sealed_as
from vectors.incident.make import CASES as MADE
from vectors.incident.make import answers

CASES = cases_of("incident")


def body_of(case: dict[str, Any]) -> IncidentBody:
    said = case["closing"]
    closing = said and Closing(
        outcome=Outcome(said["outcome"]),
        on=date.fromisoformat(said["on"]),
        at=datetime.fromisoformat(said["at"]) if said["at"] else None,
        reason=said["reason"],
        delay_reason=said["delay_reason"],
    )
    return IncidentBody(
        number=case["number"],
        what=case["what"],
        noticed_at=datetime.fromisoformat(case["noticed_at"]),
        recordings=tuple(case["recordings"]),
        request=case["request"],
        findings=Findings(**case["findings"]),
        closing=closing,
        nonce=bytes.fromhex(case["nonce"]),
        log_nonce=bytes.fromhex(case["log_nonce"]),
    )


def version_of(case: dict[str, Any]) -> IncidentVersion:
    names = ("vault", "incident", "version", "reporter", "told")
    return IncidentVersion(**{name: case[name] for name in names})


def test_the_files_are_what_the_script_beside_them_makes() -> None:
    assert {name: answers(case) for name, case in MADE.items()} == CASES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_digest_leaf_and_what_is_sealed_are_the_known_ones(case: dict[str, Any]) -> None:
    body, which = body_of(case), version_of(case)
    check_sealed_as(case, body, body.digest(which), which)


@pytest.mark.parametrize("other", [{"reporter": "b2" * 16}, {"told": "a1" * 16}, {"version": 9}])
def test_the_digest_says_who_reported_it_and_whom_he_told(other: dict[str, Any]) -> None:
    case = CASES["reported"]
    assert body_of(case).digest(version_of({**case, **other})) != case["digest"]


@pytest.mark.parametrize("other", [{"incident": "2c" * 16}, {"version": 9}, {"vault": "1f" * 16}])
def test_it_opens_as_no_other_version_incident_or_vault(other: dict[str, Any]) -> None:
    case = CASES["reported"]
    check_opens_as_no_other(body_of(case), version_of, case, other)


def test_its_key_opens_for_its_holder_alone() -> None:
    which = version_of(CASES["reported"])
    sealed = seal_key(KEY, which, primitives.kem_public(bytes(32)))
    assert open_key(sealed, which, bytes(32)) == KEY
    with pytest.raises(Tampered):
        open_key(sealed, which, KEY)


def test_another_version_has_other_nonces() -> None:
    before = body_of(CASES["reported"])
    after = before.changed(findings=Findings(nature="lost"))
    assert len({before.nonce, before.log_nonce, after.nonce, after.log_nonce}) == 4
    assert (after.what, after.findings.nature) == (before.what, "lost")


def test_its_repr_tells_nothing() -> None:
    assert "Siân" not in repr(body_of(CASES["reported"]))


BROKEN = {
    "a member missing": {"number": 3},
    "an outcome that is none": {"closing": {**CASES["closed"]["closing"], "outcome": "hushed up"}},
    "a closing without its reason": {"closing": {"on": "2026-11-27", "outcome": "reported"}},
    "a finding that is none": {"findings": {"culprit": "Sam"}},
    "a degree that is none": {"findings": {"likelihood": 6}},
    "a nonce that is not hex": {"log_nonce": "zz"},
    "a time that is none": {"noticed_at": "yesterday"},
    "a number that is text": {"number": "3"},
    "a number that is yes": {"number": True},
    "what happened, in a list": {"what": ["It played."]},
    "a request by its number": {"request": 17},
    "recordings that are none": {"recordings": [{"a": 1}]},
    "a recording by its number": {"recordings": ["1042"]},
    "recordings in a text": {"recordings": "ab" * 16},
    "more recordings than a leaf names": {"recordings": ["ab" * 16] * 2001},
    "findings in a list": {"findings": ["nature"]},
    "a finding that is a number": {"findings": {"nature": 1}},
    "a count that is text": {"findings": {"people_count": "many"}},
    "a degree that is text": {"findings": {"impact": "grave"}},
    "a closing that is text": {"closing": "closed"},
    "a reason that is a number": {"closing": {**CASES["closed"]["closing"], "reason": 1}},
}


def opens(change: dict[str, Any]) -> None:
    case = CASES["reported"]
    value = json.loads(bytes.fromhex(case["plain"])[32:])
    broken = change if change == BROKEN["a member missing"] else {**value, **change}
    sealed = primitives.seal(KEY, bytes(32) + canonical(broken), version_of(case).context)
    IncidentBody.open(sealed, KEY, version_of(case))


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_what_is_not_in_its_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Tampered, match="not in its form"):
        opens(change)


TIMES = {
    "the first": {"noticed_at": "0001-01-01T00:00:00.000Z"},
    "the last": {"noticed_at": "9999-12-31T23:59:59.999Z"},
    "of a closing": {"closing": {**CASES["closed"]["closing"], "at": "9999-12-31T23:59:59.999Z"}},
}


@pytest.mark.parametrize("change", TIMES.values(), ids=TIMES)
def test_a_time_beyond_the_calendar_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Tampered, match="in no calendar"):
        opens(change)

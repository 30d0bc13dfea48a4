"""What lies under a record's key, and in the blind index, is what the format says."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from callrec.catalogue import tables
from callrec.catalogue.subjects import index_subject, proposed_subjects
from callrec.crypto import primitives
from callrec.errors import Tampered
from callrec.policy.rights.subject import SubjectCriteria
from callrec.subjects.log import SubjectBody, SubjectVersion
from vectors.subject.make import CASES as MADE
from vectors.subject.make import answers

KEY = bytes(range(32))

VECTORS = Path(__file__).parent.parent / "vectors" / "subject"

CASES = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in VECTORS.glob("*.json")}


def body_of(case: dict[str, Any]) -> SubjectBody:
    return SubjectBody(
        number=case["number"],
        names=tuple(case["names"]),
        born_on=date.fromisoformat(case["born_on"]),
        nhs_number=case["nhs_number"],
        numbers=tuple(case["numbers"]),
        proof=case["proof"],
        nonce=bytes.fromhex(case["nonce"]),
        log_nonce=bytes.fromhex(case["log_nonce"]),
    )


def version_of(case: dict[str, Any]) -> SubjectVersion:
    return SubjectVersion(**{name: case[name] for name in ("vault", "subject", "version")})


def test_the_files_are_what_the_script_beside_them_makes() -> None:
    assert {name: answers(case) for name, case in MADE.items()} == CASES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_digest_and_what_the_leaf_commits_to_are_known(case: dict[str, Any]) -> None:
    body, which = body_of(case), version_of(case)
    assert body.digest(which) == case["digest"]
    assert body.commitment(case["vault"], case["seq"], case["digest"]) == case["detail"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_sealed_is_known_and_opens_again(case: dict[str, Any]) -> None:
    which = version_of(case)
    sealed = body_of(case).seal(KEY, which)
    assert primitives.open_sealed(KEY, sealed, which.context).hex() == case["plain"]
    assert SubjectBody.open(sealed, KEY, which) == body_of(case)


@pytest.mark.parametrize("other", [{"subject": "2c" * 16}, {"version": 9}, {"vault": "1f" * 16}])
def test_it_opens_as_no_other_version_person_or_vault(other: dict[str, Any]) -> None:
    case = CASES["added"]
    sealed = body_of(case).seal(KEY, version_of(case))
    with pytest.raises(Tampered):
        SubjectBody.open(sealed, KEY, version_of({**case, **other}))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_tokens_are_the_known_ones_and_propose_the_person(case: dict[str, Any]) -> None:
    engine, key, record = (
        create_engine("sqlite://"),
        bytes.fromhex(case["index_key"]),
        body_of(case),
    )
    with engine.begin() as connection:
        tables.subject_token.create(connection)
        index_subject(
            connection,
            key,
            case["vault"],
            id_=case["subject"],
            number=case["number"],
            record=record.record,
        )
        token = tables.subject_token.c
        rows = connection.execute(select(token.part, token.kind, token.token).order_by(*token))
        assert [list(row) for row in rows] == case["tokens"]
        criteria = SubjectCriteria(name="DAVIES sian", born_on=record.born_on)
        assert proposed_subjects(connection, [key], case["vault"], criteria) == {case["subject"]}

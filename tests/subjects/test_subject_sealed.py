"""What lies under a record's key, and in the blind index, is what the format says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from callrec.catalogue import tables
from callrec.catalogue.subjects import index_subject, proposed_subjects
from callrec.policy.rights.subject import SubjectCriteria
from callrec.subjects.log import SubjectBody, SubjectVersion
from house.vectors import cases_of, check_opens_as_no_other, check_sealed_as
from vectors.subject.make import CASES as MADE
from vectors.subject.make import answers

CASES = cases_of("subject")


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
def test_digest_leaf_and_what_is_sealed_are_the_known_ones(case: dict[str, Any]) -> None:
    body, which = body_of(case), version_of(case)
    check_sealed_as(case, body, body.digest(which), which)


@pytest.mark.parametrize("other", [{"subject": "2c" * 16}, {"version": 9}, {"vault": "1f" * 16}])
def test_it_opens_as_no_other_version_person_or_vault(other: dict[str, Any]) -> None:
    case = CASES["added"]
    check_opens_as_no_other(body_of(case), version_of, case, other)


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

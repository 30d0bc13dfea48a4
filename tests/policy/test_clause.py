from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from callrec.errors import Refused
from callrec.policy.clause import NEXT_REVISION_DUE_ON, Clause, Law
from policy.clauses import WORDS

VECTOR = Path(__file__).parents[1] / "vectors/policy/practice-call-recording-policy.txt"
TEXT = " ".join(VECTOR.read_text(encoding="utf-8").split())


@pytest.mark.parametrize("clause", Clause, ids=str)
def test_a_clause_is_in_the_policy_word_for_word_and_once(clause: Clause) -> None:
    assert TEXT.count(WORDS[clause]) == 1


def test_clauses_stand_in_the_policy_s_order() -> None:
    places = [TEXT.index(WORDS[clause]) for clause in Clause]
    assert all(earlier < later for earlier, later in pairwise(places))


def test_every_lettered_clause_of_section_4_is_there_and_the_lost_h() -> None:
    lettered = set(re.findall(r"- ([a-i])\) ", TEXT))
    ours = {clause[2] for clause in Clause if clause.startswith("4(")}
    assert lettered == set("abcdefgi")
    assert ours == lettered | {"h"}


def test_a_clause_s_letter_is_the_one_printed_before_it() -> None:
    for clause in Clause:
        if clause.startswith("4(") and clause is not Clause.ENCRYPTED_AND_ARCHIVED:
            assert f"- {clause[2]}) {WORDS[clause]}" in TEXT


def test_the_text_s_slips_are_kept() -> None:
    assert "265bit" in WORDS[Clause.RIGHTS]
    assert "the practice or it clinicians" in WORDS[Clause.MEDICO_LEGAL]


def test_the_policy_s_next_revision_was_due_in_january_2025() -> None:
    assert date(2025, 1, 31) == NEXT_REVISION_DUE_ON


def test_a_refusal_shows_its_clause() -> None:
    refused = Refused("no reason is given", clause=Clause.NO_BROWSING)
    assert str(refused) == "no reason is given [policy 4(c)]"


def test_a_refusal_by_law_does_not_call_it_the_policy_s() -> None:
    refused = Refused("too late", clause=Law.RECORDS_CODE)
    assert str(refused) == "too late [NHS Records Management Code of Practice 2021]"

"""The table of grounds, cell by cell: to change one is to change its row here."""

from __future__ import annotations

import pytest

from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground, OnlyIf, ground_in_words, grounds_for

AHRA = "Access to Health Records Act 1990"
DPA = "DPA 2018"

# One row a ground: the purposes that it fits, and what it rests on there.
TABLE = {
    ("not-approved", "protect-parties"): "4(b)",
    ("not-approved", "performance"): "4(b)",
    ("not-approved", "training"): "4(b)",
    ("not-approved", "abusive-call"): "4(b)",
    ("not-approved", "complaint"): "4(b)",
    ("not-approved", "medico-legal"): "4(b)",
    ("not-approved", "disciplinary"): "4(b)",
    ("not-approved", "regulatory"): "4(b)",
    ("not-approved", "outside-body"): "4(b)",
    ("not-approved", "subject-access"): "4(b)",
    ("not-approved", "portability"): "4(b)",
    ("not-approved", "deceased"): "4(b)",
    ("not-approved", "disposal"): "NHS Records Management Code of Practice 2021",
    ("not-relevant", "protect-parties"): "1",
    ("not-relevant", "performance"): "1",
    ("not-relevant", "training"): "1",
    ("not-relevant", "abusive-call"): "1",
    ("not-relevant", "complaint"): "1",
    ("not-relevant", "medico-legal"): "1",
    ("not-relevant", "disciplinary"): "1",
    ("not-relevant", "regulatory"): "1",
    ("not-relevant", "outside-body"): "1",
    ("not-relevant", "subject-access"): "UK GDPR 15(1)",
    ("not-relevant", "portability"): "UK GDPR 20(1)",
    ("not-relevant", "deceased"): f"{AHRA} s.5(4)",
    ("damaged", "subject-access"): "4(e)",
    ("damaged", "portability"): "4(i)",
    ("damaged", "deceased"): AHRA,
    ("not-held", "subject-access"): "4(e)",
    ("not-held", "portability"): "4(i)",
    ("not-held", "deceased"): AHRA,
    ("not-held", "erasure"): "4(i)",
    ("third-party", "subject-access"): f"{DPA} Sch 2 Pt 3 para 16",
    ("third-party", "portability"): "UK GDPR 20(4)",
    ("third-party", "deceased"): f"{AHRA} s.5(1)",
    ("serious-harm", "subject-access"): f"{DPA} Sch 3 Pt 2 para 5",
    ("serious-harm", "deceased"): f"{AHRA} s.5(1)",
    ("privilege", "subject-access"): f"{DPA} Sch 2 Pt 4 para 19",
    ("privilege", "outside-body"): f"{DPA} Sch 2 Pt 4 para 19",
    ("crime", "subject-access"): f"{DPA} Sch 2 Pt 1 para 2",
    ("crime", "portability"): f"{DPA} Sch 2 Pt 1 para 2",
    ("expectations", "subject-access"): f"{DPA} Sch 3 Pt 2 para 4",
    ("expectations", "portability"): f"{DPA} Sch 3 Pt 2 para 4",
    ("expectations", "deceased"): f"{AHRA} s.5(3)",
    ("patient-objected", "deceased"): f"{AHRA} s.4(3)",
    ("expression", "erasure"): "UK GDPR 17(3)(a)",
    ("legal-obligation", "erasure"): "UK GDPR 17(3)(b)",
    ("public-health", "erasure"): "UK GDPR 17(3)(c)",
    ("health-care", "erasure"): "UK GDPR 17(3)(c) with 9(2)(h)",
    ("archiving", "erasure"): "UK GDPR 17(3)(d)",
    ("claims", "erasure"): "UK GDPR 17(3)(e)",
    ("unfounded", "subject-access"): "UK GDPR 12(5)",
    ("unfounded", "portability"): "UK GDPR 12(5)",
    ("unfounded", "erasure"): "UK GDPR 12(5)",
    ("no-right", "portability"): "UK GDPR 20(1)",
    ("no-right", "erasure"): "UK GDPR 17(1)",
    ("no-right", "deceased"): AHRA,
    ("unfounded", "rectification"): "UK GDPR 12(5)",
    ("unfounded", "restriction"): "UK GDPR 12(5)",
    ("unfounded", "objection"): "UK GDPR 12(5)",
    ("no-right", "rectification"): "UK GDPR 16",
    ("no-right", "restriction"): "UK GDPR 18",
    ("no-right", "objection"): "UK GDPR 21(1)",
    ("not-held", "rectification"): "4(i)",
    ("not-held", "restriction"): "4(i)",
    ("not-held", "objection"): "4(i)",
    ("compelling", "objection"): "UK GDPR 21(1)",
    ("claims", "objection"): "UK GDPR 21(1)",
}

# The cells that fit only where more is true.
ONLY_IF = {
    ("serious-harm", "subject-access"): OnlyIf.OPINION,
    ("serious-harm", "deceased"): OnlyIf.OPINION,
    ("expectations", "subject-access"): OnlyIf.ANOTHER_ASKS,
    ("expectations", "portability"): OnlyIf.ANOTHER_ASKS,
    ("not-relevant", "deceased"): OnlyIf.CLAIMANT,
}

# The cells whose words are not those of the ground.
WORDS = {
    ("not-approved", "subject-access"): "it is not part of this package",
    ("not-approved", "portability"): "it is not part of this package",
    ("not-approved", "deceased"): "it is not part of this package",
    ("not-relevant", "subject-access"): "it is not about the person whose calls were asked for",
    ("not-relevant", "portability"): "it is not about the person whose calls were asked for",
    (
        "not-relevant",
        "deceased",
    ): "it is not relevant to a claim that may arise from the death",
    ("expectations", "deceased"): "the patient expected it not to be given to anybody",
    (
        "no-right",
        "portability",
    ): "this right is for what somebody gave us by consent or under a contract",
    (
        "no-right",
        "erasure",
    ): "the law gives this right for certain reasons, and none applies",
    ("no-right", "deceased"): "it is not part of this patient's health record",
    ("no-right", "rectification"): "what is recorded is what was said, and is not incomplete",
    ("no-right", "restriction"): "the law gives this right in four cases, and none applies",
    (
        "compelling",
        "objection",
    ): "we have strong reasons to use it, which weigh more than those against it",
    (
        "no-right",
        "objection",
    ): "the law lets people object to some uses, but not to this one",
}

# The grounds whose words are usual ones, wherever no cell has its own.
PLAIN = {
    "privilege": "it is private between a lawyer and their client, by legal privilege",
    "unfounded": "the request is plainly unreasonable: the law calls it manifestly unfounded or"
    " excessive",
    "legal-obligation": "the law, or a task that we do for the public, requires us to keep it",
    "health-care": "it is needed for health care, by people who must keep it private",
    "claims": "it is needed to make a legal claim, or to defend one",
}

CELLS = [(g, p) for p in Purpose for g in grounds_for(p)]


def test_a_ground_fits_the_purposes_that_its_source_names_and_no_others() -> None:
    assert {(str(g), str(p)): str(GROUNDS_FOR[p][g].source) for g, p in CELLS} == TABLE


def test_some_grounds_fit_only_where_more_is_true() -> None:
    found = {(str(g), str(p)): GROUNDS_FOR[p][g].only_if for g, p in CELLS}
    assert {cell: each for cell, each in found.items() if each is not OnlyIf.ALWAYS} == ONLY_IF


def test_the_person_who_asked_reads_the_words_of_their_own_right() -> None:
    for ground, purpose in CELLS:
        cell = (str(ground), str(purpose))
        plain = PLAIN.get(str(ground), ground.meaning)
        assert ground_in_words(ground, purpose) == WORDS.get(cell, plain)
    assert {(str(g), str(p)) for g, p in CELLS if GROUNDS_FOR[p][g].words} == WORDS.keys()


def test_a_ground_of_another_purpose_is_still_told_in_words() -> None:
    assert ground_in_words(Ground.CLAIMS, Purpose.SUBJECT_ACCESS) == PLAIN["claims"]


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_has_a_ground_to_withhold_on(purpose: Purpose) -> None:
    assert GROUNDS_FOR[purpose] == grounds_for(purpose) != {}


def test_every_ground_fits_some_purpose_and_says_what_it_means() -> None:
    assert {ground for ground, _ in CELLS} == set(Ground)
    assert all(" " in ground.meaning for ground in Ground)


def test_a_recipient_is_told_of_every_ground_but_crime_and_what_a_patient_expected() -> None:
    hidden = {Ground.CRIME, Ground.EXPECTATIONS}
    assert {ground for ground in Ground if not ground.is_disclosed} == hidden

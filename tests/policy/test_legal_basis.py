from __future__ import annotations

import pytest

from callrec.policy.clause import Law
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose, legal_basis

HEARD = [purpose for purpose in Purpose if TERMS[purpose].is_heard]


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_is_called_something_that_a_recipient_reads(purpose: Purpose) -> None:
    assert TERMS[purpose].in_words
    assert len({terms.in_words for terms in TERMS.values()}) == len(Purpose)


@pytest.mark.parametrize("purpose", HEARD)
def test_every_release_rests_on_the_policy_or_on_a_law(purpose: Purpose) -> None:
    basis = legal_basis(purpose, {FurtherParticular.LEGAL_BASIS: "court-order"})
    told = ("policy, ", "UK GDPR ", "Act 1990 ", "order of a court")
    assert any(each in basis for each in told)


@pytest.mark.parametrize("code", QUESTIONS[FurtherParticular.LEGAL_BASIS].choices)
def test_an_outside_body_has_its_own(code: str) -> None:
    said: dict[str, str] = {
        FurtherParticular.LEGAL_BASIS: code,
        FurtherParticular.NECESSITY: "The coroner needs it\nfor an inquest",
    }
    assert {
        "crime": "prevent or detect crime (DPA 2018 Sch 2 Pt 1 para 2)",
        "legal-proceedings": "law, or legal proceedings (DPA 2018 Sch 2 Pt 1 para 5)",
        "court-order": "a sealed order of a court",
        "other": "as the body that asked has put it: The coroner needs it for an inquest",
    }[code] == legal_basis(Purpose.OUTSIDE_BODY, said)


@pytest.mark.parametrize(
    ("purpose", "basis"),
    [
        (Purpose.SUBJECT_ACCESS, "the data subject's right of access, UK GDPR 15"),
        (Purpose.PORTABILITY, "the data subject's right to data portability, UK GDPR 20"),
        (Purpose.DECEASED, f"{Law.ACCESS_TO_HEALTH_RECORDS} s.3"),
        (Purpose.DISCIPLINARY, "the practice's call recording policy, 4(g)"),
    ],
)
def test_a_right_is_cited_before_the_policy(purpose: Purpose, basis: str) -> None:
    assert legal_basis(purpose, {}) == basis

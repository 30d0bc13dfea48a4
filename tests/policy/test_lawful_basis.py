"""On which law each use of a recording rests, cell by cell."""

from __future__ import annotations

import re

import pytest

from callrec.policy.clause import Law
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.notice import PURPOSES_IN_WORDS
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.lawful_basis import (
    OUTSIDE_BASIS,
    USES,
    articles_of,
    confidentiality_basis,
    exemption_relied_on,
    in_articles,
    lawful_basis,
    legal_basis,
    reasons_in_words,
)

HEARD = [purpose for purpose in Purpose if TERMS[purpose].is_heard]

TABLE = """
    protect-parties  6(1)(e)  9(2)(h)
    performance      6(1)(e)  9(2)(h)
    training         6(1)(e)  9(2)(h)
    abusive-call     6(1)(e)  9(2)(b)
    complaint        6(1)(c)  9(2)(h)
    medico-legal     6(1)(e)  9(2)(f)
    disciplinary     6(1)(e)  9(2)(b)
    regulatory       6(1)(c)  9(2)(h)
    subject-access   6(1)(c)  9(2)(h)
    outside-body     6(1)(e)  9(2)(g)
    deceased         6(1)(c)  9(2)(h)
    erasure          6(1)(c)  9(2)(h)
    portability      6(1)(c)  9(2)(h)
    disposal         6(1)(e)  9(2)(h)
    rectification    6(1)(c)  9(2)(h)
    restriction      6(1)(c)  9(2)(h)
    objection        6(1)(c)  9(2)(h)
"""

ROWS = [line.split() for line in TABLE.split("\n") if line]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_purpose_rests_on_these_articles(row: list[str]) -> None:
    purpose, *articles = row
    assert lawful_basis(Purpose(purpose)) == tuple(articles)


def test_the_table_has_every_purpose_in_its_order() -> None:
    assert [Purpose(purpose) for purpose, *_ in ROWS] == list(Purpose)


@pytest.mark.parametrize(
    ("code", "articles"),
    [
        ("crime", ("6(1)(e)", "9(2)(g)")),
        ("legal-proceedings", ("6(1)(e)", "9(2)(f)")),
        ("court-order", ("6(1)(c)", "9(2)(f)")),
        ("other", ()),
    ],
)
def test_an_outside_body_s_basis_has_its_own(code: str, articles: tuple[str, ...]) -> None:
    assert OUTSIDE_BASIS[code] == articles
    assert set(OUTSIDE_BASIS) == set(QUESTIONS[FurtherParticular.LEGAL_BASIS].choices)


def test_the_practice_s_decision_goes_before_the_table() -> None:
    decided = {Purpose.TRAINING: ("6(1)(f)",), Purpose.OUTSIDE_BODY: ("6(1)(d)", "9(2)(c)")}
    assert articles_of(Purpose.TRAINING, decided) == ("6(1)(f)",)
    assert articles_of(Purpose.COMPLAINT, decided) == ("6(1)(c)", "9(2)(h)")
    assert "Articles 6(1)(d) and 9(2)(c); " in legal_basis(
        Purpose.OUTSIDE_BODY, {FurtherParticular.LEGAL_BASIS: "crime"}, decided
    )


def test_articles_are_listed_as_people_write_them() -> None:
    assert in_articles(()) == ""
    assert in_articles(("6(1)(e)",)) == "UK GDPR Article 6(1)(e)"
    assert in_articles(("6(1)(e)", "9(2)(b)", "9(2)(h)")) == (
        "UK GDPR Articles 6(1)(e), 9(2)(b) and 9(2)(h)"
    )


def test_every_reason_of_section_2_is_told_with_its_articles() -> None:
    assert list(USES) == list(PURPOSES_IN_WORDS)
    told = reasons_in_words({})
    assert [re.sub(r" \(6.*", "", each) for each in told] == [*PURPOSES_IN_WORDS.values()]
    assert told[5].endswith("where that is in question (6(1)(e), 9(2)(b))")


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_is_called_something_that_a_recipient_reads(purpose: Purpose) -> None:
    assert TERMS[purpose].in_words
    assert len({terms.in_words for terms in TERMS.values()}) == len(Purpose)


@pytest.mark.parametrize("purpose", HEARD)
def test_every_release_cites_the_law_before_the_policy(purpose: Purpose) -> None:
    basis = legal_basis(purpose, {FurtherParticular.LEGAL_BASIS: "crime"}, {})
    law, _, policy = basis.partition("; the practice's call recording policy, ")
    assert "UK GDPR Articles 6(1)(" in law
    assert bool(policy) is not bool(TERMS[purpose].right)


@pytest.mark.parametrize(
    ("purpose", "basis"),
    [
        (
            Purpose.SUBJECT_ACCESS,
            "the data subject's right of access, UK GDPR 15; UK GDPR Articles 6(1)(c) and 9(2)(h)",
        ),
        (
            Purpose.DECEASED,
            f"{Law.ACCESS_TO_HEALTH_RECORDS} s.3; UK GDPR Articles 6(1)(c) and 9(2)(h)",
        ),
        (
            Purpose.DISCIPLINARY,
            "UK GDPR Articles 6(1)(e) and 9(2)(b); the practice's call recording policy, 4(g)",
        ),
    ],
)
def test_a_right_is_cited_first_of_all(purpose: Purpose, basis: str) -> None:
    assert legal_basis(purpose, {}, {}) == basis


OTHER: dict[str, str] = {
    FurtherParticular.LEGAL_BASIS: "other",
    FurtherParticular.NECESSITY: "The coroner needs it\nfor an inquest",
}


def test_another_basis_is_printed_as_it_was_typed() -> None:
    assert legal_basis(Purpose.OUTSIDE_BODY, OTHER, {}) == (
        "as the body that asked has put it: The coroner needs it for an inquest;"
        " the practice's call recording policy, 4(f)"
    )


def test_an_order_of_a_court_is_named() -> None:
    said: dict[str, str] = {FurtherParticular.LEGAL_BASIS: "court-order"}
    assert legal_basis(Purpose.OUTSIDE_BODY, said, {}).startswith(
        "a sealed order of a court; UK GDPR Articles 6(1)(c) and 9(2)(f); "
    )


@pytest.mark.parametrize(
    ("code", "exemption"),
    [
        ("crime", "prevent or detect crime (DPA 2018 Sch 2 Pt 1 para 2)"),
        ("legal-proceedings", "law, or legal proceedings (DPA 2018 Sch 2 Pt 1 para 5)"),
        ("court-order", ""),
        ("other", ""),
    ],
)
def test_an_exemption_is_no_basis_and_stands_by_itself(code: str, exemption: str) -> None:
    said = {**OTHER, FurtherParticular.LEGAL_BASIS: code}
    assert exemption_relied_on(said) == exemption
    assert "DPA 2018" not in legal_basis(Purpose.OUTSIDE_BODY, said, {})


def test_without_an_order_a_release_rests_on_the_articles_first() -> None:
    said: dict[str, str] = {FurtherParticular.LEGAL_BASIS: "crime"}
    assert legal_basis(Purpose.OUTSIDE_BODY, said, {}).startswith("UK GDPR Article")


def test_who_is_no_outside_body_relies_on_no_exemption() -> None:
    assert exemption_relied_on({}) == ""


def test_why_confidence_may_be_broken_is_told_in_words() -> None:
    assert confidentiality_basis({}) == ""
    assert confidentiality_basis({FurtherParticular.CONFIDENTIALITY: "public-interest"}) == (
        "preventing serious crime or harm weighs more"
    )

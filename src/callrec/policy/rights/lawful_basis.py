"""On which lawful basis a recording is used for each purpose, and what a release rests on.

`lawful_basis` is the whole table: for each purpose the Articles of the UK GDPR that allow the use,
one of Article 6(1) first, then a condition of Article 9(2), as calls tell of people's health. A
purpose without its row is an error of types; each cell is a row of
tests/policy/test_lawful_basis.py.

What is marked "from memory" nobody has looked up. Have your data protection officer check it; the
settings may have other Articles for any purpose ([[lawful_basis]]). Nothing here is legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callrec.policy.clause import Clause
from callrec.policy.further import COURT_ORDER, OTHER_BASIS, QUESTIONS, FurtherParticular
from callrec.policy.notice import PURPOSES_IN_WORDS
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import listed

LEGAL_OBLIGATION: Final = "6(1)(c)"
PUBLIC_TASK: Final = "6(1)(e)"
EMPLOYMENT: Final = "9(2)(b)"
CLAIMS: Final = "9(2)(f)"
SUBSTANTIAL_PUBLIC_INTEREST: Final = "9(2)(g)"
HEALTH_CARE: Final = "9(2)(h)"

_CARE: Final = (PUBLIC_TASK, HEALTH_CARE)
"""A practice's task in the NHS, and running it (DPA 2018 Sch 1 para 2)."""


def lawful_basis(  # noqa: C901, PLR0911 - a row for each purpose
    purpose: Purpose,
) -> tuple[str, ...]:
    """The Articles that allow a use; of an outside body those of `OUTSIDE_BASIS` instead."""
    match purpose:
        case Purpose.PROTECT_PARTIES | Purpose.PERFORMANCE | Purpose.TRAINING:
            return _CARE
        case Purpose.ABUSIVE_CALL:  # from memory: an employer's duty to protect staff
            return (PUBLIC_TASK, EMPLOYMENT)
        case Purpose.COMPLAINT:  # from memory: SI 2009/309 obliges a practice to look into one
            return (LEGAL_OBLIGATION, HEALTH_CARE)
        case Purpose.MEDICO_LEGAL:  # from memory
            return (PUBLIC_TASK, CLAIMS)
        case Purpose.DISCIPLINARY:  # from memory
            return (PUBLIC_TASK, EMPLOYMENT)
        case Purpose.REGULATORY:  # from memory: the regulator's own powers oblige
            return (LEGAL_OBLIGATION, HEALTH_CARE)
        case (
            Purpose.SUBJECT_ACCESS
            | Purpose.PORTABILITY
            | Purpose.ERASURE
            | Purpose.RECTIFICATION
            | Purpose.RESTRICTION
            | Purpose.OBJECTION
            | Purpose.DECEASED
        ):  # from memory: the right that is answered obliges
            return (LEGAL_OBLIGATION, HEALTH_CARE)
        case Purpose.OUTSIDE_BODY:
            return (PUBLIC_TASK, SUBSTANTIAL_PUBLIC_INTEREST)
        case Purpose.DISPOSAL:  # from memory
            return _CARE


OUTSIDE_BASIS: Final[Mapping[str, tuple[str, ...]]] = {
    "crime": (PUBLIC_TASK, SUBSTANTIAL_PUBLIC_INTEREST),  # NHS England, sharing with the police
    "legal-proceedings": (PUBLIC_TASK, CLAIMS),  # from memory
    COURT_ORDER: (LEGAL_OBLIGATION, CLAIMS),  # from memory
    OTHER_BASIS: (),  # what was typed stands alone
}
"""By what an outside body says lets the practice disclose: the Articles that allow it."""

USES: Final[Mapping[Clause, Purpose]] = {
    Clause.BOTH_PARTIES: Purpose.PROTECT_PARTIES,
    Clause.PERFORMANCE: Purpose.PERFORMANCE,
    Clause.ABUSIVE_CALLS: Purpose.ABUSIVE_CALL,
    Clause.COMPLAINT: Purpose.COMPLAINT,
    Clause.MEDICO_LEGAL: Purpose.MEDICO_LEGAL,
    Clause.EMPLOYEE_CONDUCT: Purpose.DISCIPLINARY,
    Clause.COMPLIANCE: Purpose.REGULATORY,
}
"""For each reason of section 2 that notices name, the purpose whose basis it has."""

Decided = Mapping[Purpose, tuple[str, ...]]
"""What the practice has decided instead, by purpose."""


def articles_of(purpose: Purpose, decided: Decided) -> tuple[str, ...]:
    """The Articles that allow a use, as the practice has decided."""
    return decided.get(purpose) or lawful_basis(purpose)


def in_articles(articles: tuple[str, ...]) -> str:
    """``UK GDPR Articles 6(1)(e) and 9(2)(h)``; nothing of none."""
    if not articles:
        return ""
    return f"UK GDPR Article{'s' if len(articles) > 1 else ''} {listed(articles)}"


def reasons_in_words(decided: Decided) -> tuple[str, ...]:
    """What recordings are used for, each with the Articles that allow it, "in order to …"."""
    return tuple(
        f"{words} ({', '.join(articles_of(USES[clause], decided))})"
        for clause, words in PURPOSES_IN_WORDS.items()
    )


def legal_basis(purpose: Purpose, further: Mapping[str, str], decided: Decided) -> str:
    """On what a release rests: the law first, the policy second.

    ``further`` are the request's particulars, where an outside body's own basis is.
    """
    terms, articles = TERMS[purpose], articles_of(purpose, decided)
    if purpose is Purpose.OUTSIDE_BODY:
        code = further[FurtherParticular.LEGAL_BASIS]
        articles = decided.get(purpose) or OUTSIDE_BASIS[code]
        first, last = "", f"the practice's call recording policy, {terms.asked_under}"
        if code == OTHER_BASIS:
            necessity = " ".join(further[FurtherParticular.NECESSITY].split())
            first = f"as the body that asked has put it: {necessity}"
        if code == COURT_ORDER:
            first = "a sealed order of a court"
        return "; ".join(filter(None, (first, in_articles(articles), last)))
    if terms.right:
        return f"{terms.right}; {in_articles(articles)}"
    return f"{in_articles(articles)}; the practice's call recording policy, {terms.asked_under}"


def exemption_relied_on(further: Mapping[str, str]) -> str:
    """What lifts the duties of the UK GDPR for an outside body; empty: nothing does.

    An exemption is no basis: the Articles are that.
    """
    code = further.get(FurtherParticular.LEGAL_BASIS, OTHER_BASIS)
    if code in (COURT_ORDER, OTHER_BASIS):
        return ""
    return QUESTIONS[FurtherParticular.LEGAL_BASIS].choices[code]


def confidentiality_basis(further: Mapping[str, str]) -> str:
    """Why the duty of confidence lets something be disclosed; empty: nobody had to say.

    Source: the common law; the NHS Confidentiality Code of Practice, and NHS England's guidance on
    sharing with the police: consent, a law that requires it, or the public interest.
    """
    code = further.get(FurtherParticular.CONFIDENTIALITY)
    return QUESTIONS[FurtherParticular.CONFIDENTIALITY].choices[code] if code else ""

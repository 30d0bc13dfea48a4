"""The practice's own policy, clause by clause, each written once.

Practice Call Recording Policy, version 4.1, approved on 4 January 2024. A rule cites a member of
`Clause`, so a clause that does not exist is a type error; a test compares the words of each with
the policy's text, in its order.

Oddities of the text, kept as they are:
    4(h)  the bullet between (g) and (i) has lost its letter; "4(h)" is ours
    4(i)  prints "265bit" and "Call recording are": [sic]; AES-256 is meant and used
    4(e)  wants a subject access request in writing; the law accepts a spoken one too
    2     stores at the provider's headquarters, 4(h) on external drives: we keep both
    2     numbers no paragraph and no bullet; we count them from the section's heading
"""

from __future__ import annotations

from datetime import date

from callrec.errors import Source

NEXT_REVISION_DUE_ON = date(2025, 1, 31)
"""The policy says "January 2025"; after that `status` warns that its revision is overdue."""


class Clause(Source):
    """One clause. As text it is its identifier, ``4(b)``; its words: tests/policy/clauses.py."""

    @property
    def cited(self) -> str:
        return f"policy {self}"

    SPECIFIC_PURPOSES = "1"
    BOTH_PARTIES = "2 bullet 1"
    PERFORMANCE = "2 bullet 2"
    ABUSIVE_CALLS = "2 bullet 3"
    COMPLAINT = "2 bullet 4"
    MEDICO_LEGAL = "2 bullet 5"
    EMPLOYEE_CONDUCT = "2 bullet 6"
    COMPLIANCE = "2 paragraph 2"
    CENTRAL_SYSTEM = "2 paragraph 3"
    CALLER_IS_TOLD = "3"
    CONTROLLED_ACCESS = "4(a)"
    FORMALLY_AUTHORISED = "4(b)"
    NO_BROWSING = "4(c)"
    RETRIEVABLE = "4(d)"
    SUBJECT_ACCESS = "4(e)"
    OUTSIDE_BODY = "4(f)"
    DISCIPLINARY = "4(g)"
    ENCRYPTED_AND_ARCHIVED = "4(h)"  # the letter is lost in the text
    RIGHTS = "4(i)"
    INFRINGEMENT = "last paragraph"


class Law(Source):
    """The legal basis of a rule where the policy is silent."""

    ACCESS_TO_HEALTH_RECORDS = "Access to Health Records Act 1990"
    RECORDS_CODE = "NHS Records Management Code of Practice 2021"
    FACILITATED = "UK GDPR 12(2)"
    PREVENTING_DISCLOSURE = "DPA 2018 s.173"
    RECTIFICATION = "UK GDPR 16"
    RESTRICTION = "UK GDPR 18"
    RESTRICTED_USE = "UK GDPR 18(2)"
    RESTRICTION_LIFTED = "UK GDPR 18(3)"
    OBJECTION = "UK GDPR 21"

    # What may be withheld from whom (policy/rights/grounds.py).
    ACCESS = "UK GDPR 15(1)"
    UNFOUNDED = "UK GDPR 12(5)"
    CRIME = "DPA 2018 Sch 2 Pt 1 para 2"
    OTHER_PEOPLE = "DPA 2018 Sch 2 Pt 3 para 16"
    PRIVILEGE = "DPA 2018 Sch 2 Pt 4 para 19"
    SERIOUS_HARM = "DPA 2018 Sch 3 Pt 2 para 5"
    EXPECTATIONS = "DPA 2018 Sch 3 Pt 2 para 4"
    PORTABILITY = "UK GDPR 20(1)"
    PORTABILITY_OF_OTHERS = "UK GDPR 20(4)"
    HARM_AFTER_DEATH = "Access to Health Records Act 1990 s.5(1)"
    EXPECTED_BY_THE_DEAD = "Access to Health Records Act 1990 s.5(3)"
    NOT_OF_A_CLAIM = "Access to Health Records Act 1990 s.5(4)"
    NOTED_BY_THE_DEAD = "Access to Health Records Act 1990 s.4(3)"
    TO_ERASE = "UK GDPR 17(1)"
    TO_OBJECT = "UK GDPR 21(1)"
    ERASURE = "UK GDPR 17(3)"
    EXPRESSION = "UK GDPR 17(3)(a)"
    LEGAL_OBLIGATION = "UK GDPR 17(3)(b)"
    PUBLIC_HEALTH = "UK GDPR 17(3)(c)"
    HEALTH_CARE = "UK GDPR 17(3)(c) with 9(2)(h)"
    ARCHIVING = "UK GDPR 17(3)(d)"
    CLAIMS = "UK GDPR 17(3)(e)"

    # By when it is answered (policy/clock.py).
    ONE_MONTH = "UK GDPR 12(3)"
    TIME_PERIOD = "UK GDPR 12A"
    ACCESS_GUIDANCE = "ICO, right of access"
    DECEASED_PERIOD = "Access to Health Records Act 1990 s.3(5)"
    DECEASED_INFORMATION = "Access to Health Records Act 1990 s.3(6)"
    DECEASED_FEE = "Access to Health Records Act 1990 s.3(4)"
    BREACH_PERIOD = "UK GDPR 33(1)"
    BREACH_IN_PHASES = "UK GDPR 33(4)"
    BREACH_RECORD = "UK GDPR 33(5)"
    BREACH_TOLD = "UK GDPR 34"
    COMPLAINT = "DPA 2018 s.164A"
    COMPLAINT_PERIOD = "DPA 2018 s.164A(3)"
    COMPLAINT_OUTCOME = "DPA 2018 s.164A(4)"
    COMPLAINT_GUIDANCE = "ICO, data protection complaints"

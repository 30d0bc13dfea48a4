"""The practice's own policy, clause by clause, each written once.

Practice Call Recording Policy, version 4.1, approved on 4 January 2024. A rule cites a member of
`Clause`, so a clause that does not exist is a type error; a test compares every member's words with
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
from typing import Self

from callrec.errors import Source

NEXT_REVISION_DUE_ON = date(2025, 1, 31)
"""The policy says "January 2025"; after that `status` warns that its revision is overdue."""


class Clause(Source):
    """One clause. As text it is its identifier, ``4(b)``."""

    words: str
    """The policy's exact words, with line breaks made single spaces."""

    def __new__(cls, identifier: str, words: str) -> Self:
        member = str.__new__(cls, identifier)
        member._value_ = identifier
        member.words = words
        return member

    @property
    def cited(self) -> str:
        return f"policy {self}"

    SPECIFIC_PURPOSES = (
        "1",
        (
            "all data shall be used for specific purposes only and not used or disclosed in any"
            " way incompatible with these purposes"
        ),
    )
    BOTH_PARTIES = "2 bullet 1", "Protect the interests of both parties"
    PERFORMANCE = "2 bullet 2", "Help improve Practice performance and best practice"
    ABUSIVE_CALLS = "2 bullet 3", "Help protect Practice staff from abusive or nuisance calls"
    COMPLAINT = (
        "2 bullet 4",
        (
            "Establish the facts in the event of a complaint either by a patient or a member of"
            " staff and so assist in resolving it"
        ),
    )
    MEDICO_LEGAL = (
        "2 bullet 5",
        (
            "Establish the facts and assist in the resolution of any medico-legal claims made"
            " against the practice or it clinicians"  # sic
        ),
    )
    EMPLOYEE_CONDUCT = (
        "2 bullet 6",
        (
            "A call recording may also be used as evidence in the event that an employee's"
            " telephone conduct is deemed unacceptable. In this situation the recording will be"
            " made available to the employee's manager, to be investigated as per the Practice"
            " Disciplinary Policy"
        ),
    )
    COMPLIANCE = (
        "2 paragraph 2",
        (
            "The telephone call recording system in operation will record incoming and outgoing"
            " telephone calls and recordings may be used to investigate compliance with the"
            " Practice's policies and procedures, to provide further training, to support the"
            " investigation of complaints, to ensure the Practice complies with regulatory"
            " procedures and to provide evidence for any regulatory investigation."
        ),
    )
    CENTRAL_SYSTEM = (
        "2 paragraph 3",
        (
            "The Practice will record telephone conversations from its central telephone system."
            " All call recordings are encrypted and stored on a secure server at the system"
            " provider's headquarters."
        ),
    )
    CALLER_IS_TOLD = (
        "3",
        (
            "The Practice will inform the caller that their call is being monitored/recorded for"
            " the reasons stated above so that they have the opportunity to consent by continuing"
            " with the call or hanging up."
        ),
    )
    CONTROLLED_ACCESS = (
        "4(a)",
        (
            "The recordings shall be stored securely, with access to the recordings controlled"
            " and managed by the Data Controller or any other persons authorised to do so by the"
            " Data Controller"
        ),
    )
    FORMALLY_AUTHORISED = (
        "4(b)",
        (
            "Access to the recordings is only allowed to satisfy a clearly defined business need"
            " and reasons for requesting access must be formally authorised only by a relevant"
            " Partner or Manager. All requests for call recordings should include the following:"
            " - The valid reason for the request"
            " - Date and time of the call if known"
            " - Telephone extension used to make/receive the call"
            " - External number involved if known"
            " - Where possible, the names of all parties to the telephone call"
            " - Any other information on the nature of the call"
        ),
    )
    NO_BROWSING = "4(c)", "The browsing of recordings for no valid reason is not permitted"
    RETRIEVABLE = (
        "4(d)",
        (
            "The UK GDPR allows persons access to information that we hold about them. This"
            " includes recorded telephone calls. Therefore, the recordings will be stored in such"
            " a way to enable the Data Controller to retrieve information relating to one or more"
            " individuals as easily as possible"
        ),
    )
    SUBJECT_ACCESS = (
        "4(e)",
        (
            "Requests for copies of telephone conversations made as Subject Access Requests under"
            " the UK GDPR must be notified in writing to the Practice immediately and, subject to"
            " assessment, he/she will request the call recording and arrange for the individual"
            " concerned to have access to hear the recording"
        ),
    )
    OUTSIDE_BODY = (
        "4(f)",
        (
            "In the case of a request from an external body in connection with the detection or"
            " prevention of crime e.g. the Police, the request should be forwarded to the Data"
            " Controller who will complete the request for a call recording"
        ),
    )
    DISCIPLINARY = (
        "4(g)",
        (
            "Requests for copies of telephone conversations as part of staff disciplinary"
            " processes will only be released with the written agreement of the Data Controller,"
            " or any other person authorised by the Data Controller, who will consult with the"
            " Data Controller before approval is granted"
        ),
    )
    ENCRYPTED_AND_ARCHIVED = (
        "4(h)",  # the letter is lost in the text
        (
            "Recordings of calls will be encrypted and stored electronically in a secure"
            " environment. Call recordings will periodically be archived, in line with electronic"
            " and paper file archiving time scales, to external hard drives"
        ),
    )
    RIGHTS = (
        "4(i)",
        (
            "Call recording are 265bit encrypted and provide secure user password protected"  # sic
            " logon access control. Recordings can be quickly located using multiple search"
            " criteria to ensure UKGDPR requirements for Right to Access, Right to be Forgotten and"
            " Data Portability can be complied with"
        ),
    )
    INFRINGEMENT = (
        "last paragraph",
        (
            "Any infringement of this Policy is considered by the Practice to be a serious"
            " offence and may result in disciplinary action. In the event that any member of staff"
            " feels he/she has accidentally breached the above policy will be required to inform"
            " their line manager immediately."
        ),
    )


class Law(Source):
    """The legal basis of a rule where the policy is silent."""

    ACCESS_TO_HEALTH_RECORDS = "Access to Health Records Act 1990"
    RECORDS_CODE = "NHS Records Management Code of Practice"
    PREVENTING_DISCLOSURE = "DPA 2018 s.173"

    # What may be withheld from whom (policy/withholding.py).
    CRIME = "DPA 2018 Sch 2 Pt 1 para 2"
    OTHER_PEOPLE = "DPA 2018 Sch 2 Pt 3 para 16"
    PRIVILEGE = "DPA 2018 Sch 2 Pt 4 para 19"
    SERIOUS_HARM = "DPA 2018 Sch 3 Pt 2 para 2"
    EXPECTATIONS = "DPA 2018 Sch 3 Pt 2 para 4"
    PORTABILITY_OF_OTHERS = "UK GDPR 20(4)"
    HARM_AFTER_DEATH = "Access to Health Records Act 1990 s.5(1)"
    EXPECTED_BY_THE_DEAD = "Access to Health Records Act 1990 s.5(3)"
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

"""What requests say that will not do: the six particulars of 4(b), and each purpose's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from callrec.policy.completeness import AnswerContext, read_answer
from callrec.policy.further import FurtherParticular, KeptFile
from callrec.policy.particulars import UNKNOWN, Particulars, read_particulars
from callrec.policy.purpose import Purpose
from house.particulars import answers, several
from policy.builders import REASON, TODAY

YESTERDAY, TOMORROW = "2024-01-03", "2024-01-05"

A_HASH: Final = "9f" * 32

DISCIPLINE: Final = {
    FurtherParticular.EMPLOYEE: "sam",
    FurtherParticular.ALLEGATION: "HR-7",
    FurtherParticular.AGREEMENT: f"text/plain 7 {A_HASH}",
    FurtherParticular.CONSULTED: YESTERDAY,
}

POLICE: Final = {
    FurtherParticular.BODY: "Kent Police",
    FurtherParticular.OFFICER: "Pat Doyle",
    FurtherParticular.RANK: "Inspector",
    FurtherParticular.CONTACT: "pat.doyle@kent.example",
    FurtherParticular.REFERENCE: "46/1234/24",
    FurtherParticular.RECEIVED: YESTERDAY,
    FurtherParticular.LEGAL_BASIS: "crime",
    FurtherParticular.CONFIDENTIALITY: "public-interest",
    FurtherParticular.NECESSITY: "It holds the threat that is charged",
    FurtherParticular.PREJUDICE: "Without it the threat cannot be shown",
    FurtherParticular.SUBJECT_MAY_BE_TOLD: "no",
}

ERASED: Final = {
    FurtherParticular.SUBJECT: "Una Byrne",
    FurtherParticular.RECEIVED: YESTERDAY,
    FurtherParticular.IDENTITY: "passport seen",
    FurtherParticular.AUTHORITY: "none",
}


def asks(
    purpose: Purpose = Purpose.PROTECT_PARTIES,
    further: Mapping[FurtherParticular, str] | None = None,
    **said: Any,
) -> None:
    whole = {
        "reason": REASON,
        "day": UNKNOWN,
        "times": UNKNOWN,
        "extension": "unknown",
        "number": "unknown",
        "parties": ("unknown",),
    }
    told = answers(**{**several(**whole), **several(**said)}, further=further or {})
    read_particulars(purpose, told, today=TODAY, logins={"sam"})


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    # The reason.
    "a request has no reason": lambda: asks(reason=" "),
    "a request has a word for a reason": lambda: asks(reason="complaint"),
    # The five that are known, or said to be unknown.
    "a request is silent about a call": lambda: asks(
        day=None, times=None, extension="", number=None, parties=()
    ),
    "a request is silent about a call, and about the claim": lambda: asks(
        Purpose.MEDICO_LEGAL, times=None
    ),
    "a call is tomorrow": lambda: asks(day=TODAY + timedelta(days=1)),
    "the parties are named and unknown": lambda: asks(parties=("Una Byrne", "unknown")),
    "withheld numbers of all time": lambda: asks(numbers=("withheld",)),
    "a complaint is found by a name": lambda: asks(names=("Una Byrne",)),
    "what is about no one person names one on the register": lambda: asks(person="S-3"),
    # What the purpose asks for besides.
    "a complaint does not say which": lambda: asks(Purpose.COMPLAINT),
    "a claim carries a complaint": lambda: asks(
        Purpose.MEDICO_LEGAL, {FurtherParticular.CLAIM: "C-1", FurtherParticular.COMPLAINT: "K-1"}
    ),
    "the police set a day without an order": lambda: asks(
        Purpose.OUTSIDE_BODY, {**POLICE, FurtherParticular.ANSWER_BY: TOMORROW}
    ),
    "a claim's reference is a full stop, on a terminal": lambda: read_answer(
        Purpose.MEDICO_LEGAL,
        FurtherParticular.CLAIM,
        ".",
        answers={},
        known=AnswerContext(today=TODAY, logins=()),
    ),
    "a claim's reference is unknown": lambda: asks(
        Purpose.MEDICO_LEGAL, {FurtherParticular.CLAIM: "unknown"}
    ),
    "who asks was not checked": lambda: read_answer(
        Purpose.ERASURE,
        FurtherParticular.IDENTITY,
        "not checked",
        answers={},
        known=AnswerContext(today=TODAY, logins=()),
    ),
    "what is to be learned is a word": lambda: asks(
        Purpose.TRAINING, {FurtherParticular.LEARNING: "triage"}
    ),
    "somebody is affected whom nobody knows": lambda: asks(
        Purpose.ABUSIVE_CALL, {FurtherParticular.AFFECTED: "nobody"}
    ),
    "a neighbour complains": lambda: asks(
        Purpose.COMPLAINT,
        {FurtherParticular.COMPLAINT: "K-1", FurtherParticular.COMPLAINANT: "neighbour"},
    ),
    "an agreement is a book": lambda: asks(
        Purpose.DISCIPLINARY,
        {**DISCIPLINE, FurtherParticular.AGREEMENT: f"application/pdf 10485761 {A_HASH}"},
    ),
    "an agreement is blank": lambda: asks(
        Purpose.DISCIPLINARY,
        {**DISCIPLINE, FurtherParticular.AGREEMENT: f"text/plain 0 {A_HASH}"},
    ),
    "an agreement is a text alone": lambda: KeptFile.from_text("Agreed."),
    "an erasure is received tomorrow": lambda: asks(
        Purpose.ERASURE, {**ERASED, FurtherParticular.RECEIVED: TOMORROW}
    ),
    "an erasure is received before the call": lambda: asks(Purpose.ERASURE, ERASED, day=TODAY),
    "an erasure is received in another year": lambda: asks(
        Purpose.ERASURE, {**ERASED, FurtherParticular.RECEIVED: "2014-01-03"}
    ),
    "a court wants an answer before it asked": lambda: asks(
        Purpose.OUTSIDE_BODY,
        {
            **POLICE,
            FurtherParticular.LEGAL_BASIS: "court-order",
            FurtherParticular.ANSWER_BY: "2024-01-02",
        },
    ),
    # Reading it back.
    "particulars are read that are not in their form": lambda: Particulars.from_json({}),
}

"""What requests say that will not do: the six particulars of 4(b), and each purpose's own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from callrec.policy.completeness import Known, take_answer
from callrec.policy.further import MOST_AGREEMENT_BYTES, Further
from callrec.policy.particulars import UNKNOWN, Particulars, Said, take_particulars
from callrec.policy.purpose import Purpose
from policy.builders import REASON, TODAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

YESTERDAY, TOMORROW = "2024-01-03", "2024-01-05"
DISCIPLINE: Final = {
    Further.EMPLOYEE: "sam",
    Further.ALLEGATION: "HR-7",
    Further.AGREEMENT: "Agreed.",
    Further.CONSULTED: YESTERDAY,
}
POLICE: Final = {
    Further.BODY: "Kent Police",
    Further.OFFICER: "Pat Doyle",
    Further.RANK: "Inspector",
    Further.CONTACT: "pat.doyle@kent.example",
    Further.REFERENCE: "46/1234/24",
    Further.RECEIVED: YESTERDAY,
    Further.LEGAL_BASIS: "crime",
    Further.NECESSITY: "It holds the threat that is charged",
    Further.PREJUDICE: "Without it the threat cannot be shown",
    Further.SUBJECT_MAY_BE_TOLD: "no",
}
ERASED: Final = {Further.SUBJECT: "Una Byrne", Further.RECEIVED: YESTERDAY}


def asks(
    purpose: Purpose = Purpose.PROTECT_PARTIES,
    further: Mapping[Further, str] | None = None,
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
    told = Said(**{**whole, **said}, further=further or {})
    take_particulars(purpose, told, today=TODAY, logins={"sam"})


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
    # What the purpose asks for besides.
    "a complaint does not say which": lambda: asks(Purpose.COMPLAINT),
    "a claim carries a complaint": lambda: asks(
        Purpose.MEDICO_LEGAL, {Further.CLAIM: "C-1", Further.COMPLAINT: "K-1"}
    ),
    "the police set a day without an order": lambda: asks(
        Purpose.OUTSIDE_BODY, {**POLICE, Further.ANSWER_BY: TOMORROW}
    ),
    "a claim's reference is a full stop, on a terminal": lambda: take_answer(
        Purpose.MEDICO_LEGAL, Further.CLAIM, ".", said={}, known=Known(today=TODAY, logins=())
    ),
    "a claim's reference is unknown": lambda: asks(
        Purpose.MEDICO_LEGAL, {Further.CLAIM: "unknown"}
    ),
    "what is to be learned is a word": lambda: asks(Purpose.TRAINING, {Further.LEARNING: "triage"}),
    "somebody is affected whom nobody knows": lambda: asks(
        Purpose.ABUSIVE_CALL, {Further.AFFECTED: "nobody"}
    ),
    "a neighbour complains": lambda: asks(
        Purpose.COMPLAINT, {Further.COMPLAINT: "K-1", Further.COMPLAINANT: "neighbour"}
    ),
    "an agreement is a book": lambda: asks(
        Purpose.DISCIPLINARY,
        {**DISCIPLINE, Further.AGREEMENT: "a" * (MOST_AGREEMENT_BYTES + 1)},
    ),
    "an erasure is received tomorrow": lambda: asks(
        Purpose.ERASURE, {**ERASED, Further.RECEIVED: TOMORROW}
    ),
    "an erasure is received before the call": lambda: asks(Purpose.ERASURE, ERASED, day=TODAY),
    "an erasure is received in another year": lambda: asks(
        Purpose.ERASURE, {**ERASED, Further.RECEIVED: "2014-01-03"}
    ),
    "a court wants an answer before it asked": lambda: asks(
        Purpose.OUTSIDE_BODY,
        {**POLICE, Further.LEGAL_BASIS: "court-order", Further.ANSWER_BY: "2024-01-02"},
    ),
    # Reading it back.
    "particulars are read that are not in their form": lambda: Particulars.from_json({}),
}

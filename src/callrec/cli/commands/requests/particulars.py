"""What a request says, typed or asked one by one, from the policy's own table.

The rules are the policy's alone: here an answer is only read, and asked for again on a terminal
where the policy does not take it.
"""

from __future__ import annotations

import codecs
import inspect
from dataclasses import replace
from functools import partial
from pathlib import Path  # Typer reads it
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from callrec.cli import options
from callrec.errors import Unusable
from callrec.policy.clause import Clause
from callrec.policy.completeness import AnswerContext, is_asked, read_answer
from callrec.policy.days import TimeRange, parse_day, parse_times
from callrec.policy.further import (
    MAX_AGREEMENT_BYTES,
    QUESTIONS,
    AnswerKind,
    FurtherParticular,
    Question,
)
from callrec.policy.particulars import UNKNOWN, Answers, Unknown, check_not_in_future
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import check_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from callrec.cli.prompts import Prompts
    from callrec.practice import Practice

_Answer = TypeVar("_Answer")

_Command = TypeVar("_Command", bound="Callable[..., None]")

PURPOSE_MEANINGS = {
    Purpose.PROTECT_PARTIES: "protect the interests of both parties",
    Purpose.PERFORMANCE: "improve the practice's performance",
    Purpose.TRAINING: "train staff",
    Purpose.ABUSIVE_CALL: "protect staff from an abusive or nuisance call",
    Purpose.COMPLAINT: "establish the facts of a complaint",
    Purpose.MEDICO_LEGAL: "a medico-legal claim",
    Purpose.DISCIPLINARY: "an employee's telephone conduct",
    Purpose.REGULATORY: "a regulator's investigation",
    Purpose.SUBJECT_ACCESS: "somebody asks for his own calls",
    Purpose.OUTSIDE_BODY: "the police or another outside body",
    Purpose.DECEASED: "the record of somebody who has died",
    Purpose.ERASURE: "somebody wants his calls erased",
    Purpose.PORTABILITY: "somebody wants his calls in a form for computers",
}

_NONE = "none"

_UTF_8 = codecs.getincrementaldecoder("utf-8")

_SIX: Mapping[str, Any] = {
    "reason": options.Reason,
    "on": options.Date,
    "at": options.Time,
    "extension": options.Extension,
    "number": options.Number,
    "party": options.Parties,
    "about": options.About,
}

_FURTHER = {each: each.replace("-", "_") for each in FurtherParticular}
"""The name in Python of each further particular's option."""


def takes_particulars(command: _Command) -> _Command:
    """Give a command an option for each particular; it gets what was typed as ``**typed``.

    They are many, and the same for each command that takes them.
    """
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    every = {**_SIX, **{_FURTHER[each]: FURTHER[each] for each in FurtherParticular}}
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in every.items()
    ]
    with_them = signature.replace(parameters=[*own[:2], *added, *own[2:]])
    command.__signature__ = with_them  # type: ignore[attr-defined]  # what Typer reads
    return command


def ask_purpose(prompts: Prompts, given: Purpose | None) -> Purpose:
    """The purpose, asked for where it was not given."""
    if given is not None:
        return given
    choices = {str(purpose): meaning for purpose, meaning in PURPOSE_MEANINGS.items()}
    return Purpose(prompts.choose("Purpose", choices, option="--purpose PURPOSE"))


def read_answers(practice: Practice, typed: Mapping[str, Any]) -> Answers:
    """What was typed, and no more: the policy's refusal names all that is missing."""
    from callrec.practice import today

    day, times = typed["on"], typed["at"]
    return Answers(
        reason=typed["reason"],
        day=_day(day, today(practice), "--date") if day else None,
        times=_times(times) if times else None,
        extension=typed["extension"],
        number=typed["number"],
        parties=tuple(typed["party"] or ()),
        about=typed["about"],
        further={
            field: _read_file(text) if QUESTIONS[field].kind is AnswerKind.FILE else text
            for field, text in _typed_further(typed).items()
        },
    )


def ask_answers(
    prompts: Prompts, practice: Practice, purpose: Purpose, typed: Mapping[str, Any]
) -> Answers:
    """What is said; on a terminal, what was left out is asked for one by one, 4(b)'s six first."""
    from callrec.practice import today
    from callrec.requests.ask import all_logins

    if not prompts.possible:
        return read_answers(practice, typed)
    said = _ask_six(prompts, practice, typed)
    known = AnswerContext(
        today=today(practice),
        logins=all_logins(practice),
        call_on=None if isinstance(said.day, Unknown) else said.day,
    )
    return replace(said, further=_ask_further(prompts, purpose, known, _typed_further(typed)))


def _ask_six(prompts: Prompts, practice: Practice, typed: Mapping[str, Any]) -> Answers:
    from callrec.practice import today
    from callrec.requests.ask import parse_number

    def ask(name: str, what: str, option: str, read: Callable[[str], _Answer]) -> _Answer:
        return prompts.ask_until(what, read, option=option, given=typed[name])

    return Answers(
        reason=ask("reason", "The valid reason, in a sentence", "--reason TEXT", _reason),
        day=ask(
            "on",
            "Date of the call (4/1/2024, or unknown)",
            "--date D",
            lambda text: _past_day(text, today(practice)),
        ),
        times=ask("at", "Time of the call (14:05, 14:00-14:30, or unknown)", "--time T", _times),
        extension=ask(
            "extension", "Telephone extension used (201, or unknown)", "--extension E", str
        ),
        number=ask(
            "number",
            "External number (in any spelling, or unknown)",
            "--number N",
            lambda text: parse_number(practice, text),
        ),
        parties=tuple(typed["party"] or ())
        or prompts.ask_until(
            "Names of all parties (with ; between them, or unknown)", _names, option="--party NAME"
        ),
        about=ask("about", "Anything else about the call (or none)", "--about TEXT", _about),
    )


def _ask_further(
    prompts: Prompts, purpose: Purpose, known: AnswerContext, typed: Mapping[FurtherParticular, str]
) -> Mapping[FurtherParticular, str]:
    """All that the purpose asks for; with it what belongs to another, for the policy to refuse."""
    said: dict[FurtherParticular, str] = {}
    for field in TERMS[purpose].further:
        if is_asked(field, said):
            take = partial(read_answer, purpose, field, said=said, known=known)
            said[field] = _ask_one(prompts, QUESTIONS[field], take, typed.get(field))
    return {**typed, **said}


def _ask_one(
    prompts: Prompts, asked: Question, take: Callable[[str], str], given: str | None
) -> str:
    option, what = asked.option, asked.question
    if given is None and asked.choices:
        return prompts.choose(what, asked.choices, option=option, help=asked.help)

    def read(text: str) -> str:
        return take(_read_file(text) if asked.kind is AnswerKind.FILE else text)

    return prompts.ask_until(what, read, option=option, help=asked.help, given=given)


def _typed_further(typed: Mapping[str, Any]) -> dict[FurtherParticular, str]:
    """What was typed; of a file its name. A choice of two stands for its code."""
    given = {field: typed[name] for field, name in _FURTHER.items()}
    return {
        field: _code(field, answer) if isinstance(answer, bool) else str(answer)
        for field, answer in given.items()
        if answer is not None
    }


def _code(field: FurtherParticular, answer: bool) -> str:  # noqa: FBT001  # a flag, as Typer gives it
    first, second = QUESTIONS[field].choices
    return first if answer else second


def _read_file(name: str) -> str:
    """A text to the byte, or so much of it that the policy sees it is too long."""
    try:
        with Path(name).open("rb") as file:
            data = file.read(2 * MAX_AGREEMENT_BYTES)
        return _UTF_8().decode(data, final=len(data) <= MAX_AGREEMENT_BYTES)
    except OSError:
        raise Unusable("the agreement cannot be read", hint="name a file that is there") from None
    except UnicodeDecodeError:
        raise Unusable("the agreement is not text in UTF-8", hint="save it as plain text") from None


def _reason(text: str) -> str:
    check_reason(text, Clause.FORMALLY_AUTHORISED)
    return text


def _is_unknown(text: str) -> bool:
    return text.strip().casefold() == UNKNOWN


def _day(text: str, on: date, what: str = "that") -> date | Unknown:
    return UNKNOWN if _is_unknown(text) else parse_day(text, on, what=what)


def _past_day(text: str, on: date) -> date | Unknown:
    day = _day(text, on)
    check_not_in_future(None if isinstance(day, Unknown) else day, on)
    return day


def _times(text: str) -> TimeRange | Unknown:
    return UNKNOWN if _is_unknown(text) else parse_times(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(";"))))


def _about(text: str) -> str:
    return "" if text.strip().casefold() == _NONE else text


Learning = Annotated[
    str | None,
    typer.Option("--learning", metavar="TEXT", help="What is to be learned, in a sentence."),
]

Affected = Annotated[
    str | None,
    typer.Option("--affected", metavar="USER", help="Login of the member of staff affected."),
]

Complaint = Annotated[
    str | None, typer.Option("--complaint", metavar="REF", help="Reference of the complaint.")
]

Complainant = Annotated[
    str | None,
    typer.Option("--complainant", metavar="patient|staff", help="Who complained."),
]

Claim = Annotated[
    str | None, typer.Option("--claim", metavar="REF", help="Reference of the claim.")
]

Employee = Annotated[
    str | None,
    typer.Option("--employee", metavar="NAME", help="The employee: login or full name."),
]

Allegation = Annotated[
    str | None, typer.Option("--allegation", metavar="REF", help="Reference of the allegation.")
]

Agreement = Annotated[
    Path | None,
    typer.Option(
        "--agreement",
        metavar="FILE",
        help="Text of the Data Controller's written agreement; kept sealed.",
    ),
]

AgreedOn = Annotated[
    str | None,
    typer.Option("--consulted", metavar="DATE", help="When the Data Controller agreed to it."),
]

Regulator = Annotated[
    str | None, typer.Option("--regulator", metavar="NAME", help="Which regulator investigates.")
]

TheirReference = Annotated[
    str | None,
    typer.Option("--reference", metavar="REF", help="The number that the other side quotes."),
]

DataSubject = Annotated[
    str | None,
    typer.Option("--subject", metavar="NAME", help="Full name of the person whose calls they are."),
]

Received = Annotated[
    str | None,
    typer.Option("--received", metavar="DATE", help="The day on which the request came in."),
]

ReceivedHow = Annotated[
    str | None,
    typer.Option("--received-how", metavar="written|spoken", help="How the request came in."),
]

Identity = Annotated[
    str | None,
    typer.Option(
        "--identity", metavar="HOW", help="How the identity was checked, and by whom; or unknown."
    ),
]

Authority = Annotated[
    str | None,
    typer.Option(
        "--authority",
        metavar="TEXT",
        help="Authority of whoever asks for somebody else; or none, or unknown.",
    ),
]

HearOrCopy = Annotated[
    bool | None,
    typer.Option("--hear/--copy", help="Whether to hear it at the practice, or have a copy."),
]

Body = Annotated[
    str | None, typer.Option("--body", metavar="NAME", help="The outside body that asks.")
]

Officer = Annotated[
    str | None, typer.Option("--officer", metavar="NAME", help="The officer who asks for it.")
]

Rank = Annotated[
    str | None, typer.Option("--rank", metavar="TEXT", help="The officer's rank or office.")
]

Contact = Annotated[
    str | None, typer.Option("--contact", metavar="TEXT", help="Where the officer is reached.")
]

LegalBasis = Annotated[
    str | None,
    typer.Option(
        "--legal-basis",
        metavar="CODE",
        help="Basis to disclose it: crime, legal-proceedings, court-order or other.",
    ),
]

AnswerBy = Annotated[
    str | None,
    typer.Option("--answer-by", metavar="DATE", help="The day that a court's order sets."),
]

Urgent = Annotated[
    bool | None,
    typer.Option("--urgent/--not-urgent", help="Whether somebody's life or safety hangs on it."),
]

Necessity = Annotated[
    str | None,
    typer.Option("--necessity", metavar="TEXT", help="Why they need it, in a sentence."),
]

Prejudice = Annotated[
    str | None,
    typer.Option(
        "--prejudice", metavar="TEXT", help="What would suffer without it, in a sentence."
    ),
]

SubjectMayBeTold = Annotated[
    bool | None,
    typer.Option(
        "--subject-may-be-told/--subject-must-not-be-told",
        help="Whether the person concerned may learn of it.",
    ),
]

Applicant = Annotated[
    str | None,
    typer.Option("--applicant", metavar="NAME", help="Who asks for a dead person's record."),
]

LegalStanding = Annotated[
    str | None,
    typer.Option(
        "--standing",
        metavar="personal-representative|claimant",
        help="As what the applicant asks.",
    ),
]

Evidence = Annotated[
    str | None,
    typer.Option(
        "--evidence", metavar="TEXT", help="What shows the applicant's standing; or unknown."
    ),
]

AttachMatching = Annotated[
    bool,
    typer.Option(
        "--attach-matching", help="Attach the recordings that match, if you may search for them."
    ),
]

FURTHER: Mapping[FurtherParticular, Any] = {
    FurtherParticular.LEARNING: Learning,
    FurtherParticular.AFFECTED: Affected,
    FurtherParticular.COMPLAINT: Complaint,
    FurtherParticular.COMPLAINANT: Complainant,
    FurtherParticular.CLAIM: Claim,
    FurtherParticular.EMPLOYEE: Employee,
    FurtherParticular.ALLEGATION: Allegation,
    FurtherParticular.AGREEMENT: Agreement,
    FurtherParticular.CONSULTED: AgreedOn,
    FurtherParticular.REGULATOR: Regulator,
    FurtherParticular.REFERENCE: TheirReference,
    FurtherParticular.SUBJECT: DataSubject,
    FurtherParticular.RECEIVED: Received,
    FurtherParticular.RECEIVED_HOW: ReceivedHow,
    FurtherParticular.IDENTITY: Identity,
    FurtherParticular.AUTHORITY: Authority,
    FurtherParticular.HEAR_OR_COPY: HearOrCopy,
    FurtherParticular.BODY: Body,
    FurtherParticular.OFFICER: Officer,
    FurtherParticular.RANK: Rank,
    FurtherParticular.CONTACT: Contact,
    FurtherParticular.LEGAL_BASIS: LegalBasis,
    FurtherParticular.ANSWER_BY: AnswerBy,
    FurtherParticular.URGENT: Urgent,
    FurtherParticular.NECESSITY: Necessity,
    FurtherParticular.PREJUDICE: Prejudice,
    FurtherParticular.SUBJECT_MAY_BE_TOLD: SubjectMayBeTold,
    FurtherParticular.APPLICANT: Applicant,
    FurtherParticular.STANDING: LegalStanding,
    FurtherParticular.EVIDENCE: Evidence,
}
"""The option of each; a test holds them against the policy's table."""

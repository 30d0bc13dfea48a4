"""What a request says, typed or asked one by one, from the policy's own table.

The rules are the policy's alone: here an answer is only read, and asked for again on a terminal
where the policy does not take it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import zip_longest
from pathlib import Path  # Typer reads it
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from callrec.cli import options
from callrec.cli.commands.search import ask_why
from callrec.cli.groups import Command, write_examples
from callrec.cli.invocation import Invocation
from callrec.cli.prompts import Prompts
from callrec.errors import Unusable
from callrec.policy.clause import Clause
from callrec.policy.completeness import AnswerContext, is_asked, read_answer
from callrec.policy.days import DayRange, TimeRange, day_in_words, parse_days, parse_times
from callrec.policy.further import (
    MAX_AGREEMENT_MIB,
    QUESTIONS,
    AnswerKind,
    FurtherParticular,
    Question,
)
from callrec.policy.particulars import PARTIES, UNKNOWN, Answers, Unknown, check_not_in_future
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import Power
from callrec.policy.words import check_reason, some_of

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice

_Answer = TypeVar("_Answer")

PURPOSE_MEANINGS = {
    Purpose.PROTECT_PARTIES: "protect the interests of both parties",
    Purpose.PERFORMANCE: "improve the practice's performance",
    Purpose.TRAINING: "train staff",
    Purpose.ABUSIVE_CALL: "protect staff from an abusive or nuisance call",
    Purpose.COMPLAINT: "establish the facts of a complaint about care or service",
    Purpose.MEDICO_LEGAL: "a medico-legal claim",
    Purpose.DISCIPLINARY: "an employee's telephone conduct",
    Purpose.REGULATORY: "a regulator's investigation",
    Purpose.SUBJECT_ACCESS: "someone wants their own calls",
    Purpose.OUTSIDE_BODY: "the police or another outside body",
    Purpose.DECEASED: "the record of somebody who has died",
    Purpose.ERASURE: "someone wants their calls erased",
    Purpose.PORTABILITY: "someone wants their calls in a form for computers",
    Purpose.RECTIFICATION: "someone says that something in a call is wrong",
    Purpose.RESTRICTION: "someone wants their calls kept and not used",
    Purpose.OBJECTION: "someone objects to the use of their calls",
}

_SIX: Mapping[str, Any] = {
    "reason": options.Reason,
    "on": options.Days,
    "since": options.FirstDays,
    "until": options.LastDays,
    "at": options.Time,
    "extension": options.Extensions,
    "number": options.RequestNumbers,
    "party": options.Parties,
    "name": options.Names,
    "about": options.About,
}

AttachMatching = Annotated[
    bool,
    typer.Option(
        "--attach-matching", help="Attach the recordings that match, if you may search for them."
    ),
]


def _option(asked: Question) -> Any:
    """What Typer reads of a further particular; an option without a value is a flag of two."""
    name, _, value = asked.option.partition(" ")
    if value and not value.startswith("or "):
        kind = Path if asked.kind is AnswerKind.FILE else str
        return Annotated[kind | None, typer.Option(name, metavar=value, help=asked.option_help)]
    other = value.removeprefix("or ") or name.replace("--", "--not-")
    return Annotated[bool | None, typer.Option(f"{name}/{other}", help=asked.option_help)]


FURTHER: Mapping[FurtherParticular, Any] = {
    each: _option(asked) for each, asked in QUESTIONS.items()
}
"""The option of each further particular."""

_FURTHER = {each: each.replace("-", "_") for each in FurtherParticular}
"""The name in Python of each further particular's option."""


def takes_particulars(command: options.Command) -> options.Command:
    """Give a command an option for each particular; it gets what was typed as ``**typed``.

    They are many, and the same for each command that takes them.
    """
    further = {_FURTHER[each]: option for each, option in FURTHER.items()}
    return options.with_options(command, {**_SIX, **further}, after=2)


class PurposeCommand(Command):
    """A command whose help, where a purpose stands on the line, shows that one's options alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[__name__] = next((each for each in Purpose if each in args), None)
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        if purpose := ctx.meta[__name__]:
            formatter.write_usage(f"{ctx.command_path} {purpose}", "[OPTIONS]")
        else:
            super().format_usage(ctx, formatter)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        shown = copy(self)
        if purpose := ctx.meta[__name__]:
            _, how, _ = (self.help or "").split("\n\n")
            shown.help = f"Ask for recordings: {PURPOSE_MEANINGS[purpose]}.\n\n{how}"
        super(PurposeCommand, shown).format_help_text(ctx, formatter)

    def format_examples(self, ctx: Any, formatter: Any) -> None:
        if purpose := ctx.meta[__name__]:
            command = f"{ctx.command_path} {purpose}"
            write_examples((command, f"{command} --recording 1042"), formatter)
        else:
            super().format_examples(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        purpose: Purpose | None = ctx.meta[__name__]
        others = set(FurtherParticular) - set(TERMS[purpose].further) if purpose else set()
        hidden = {_FURTHER[each] for each in others} | ({"purpose"} if purpose else set())
        shown = copy(self)
        shown.params = [each for each in self.params if each.name not in hidden]
        if purpose and purpose in PARTIES:
            shown.params = [_of_parties(each, PARTIES[purpose]) for each in shown.params]
        super(PurposeCommand, shown).format_options(ctx, formatter)


_BETWEEN = "; "
"""What stands between several answers to one question."""


def as_answers(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, several answers to one question as they are typed to that."""
    since, until = typed["since"] or [], typed["until"] or []
    if len(since) != len(until) and (len(since), len(until)) != (1, 0):
        raise Unusable("each --from has its --to", hint="give them in pairs: --from DATE --to DATE")
    spans = [f"{first} to {last}" for first, last in zip_longest(since, until, fillvalue="today")]
    several = {"on": [*(typed["on"] or []), *spans]}
    several |= {name: typed[name] or [] for name in ("extension", "number")}
    joined = {name: _BETWEEN.join(texts) or None for name, texts in several.items()}
    others = {name: text for name, text in typed.items() if name not in ("since", "until")}
    return {**others, **joined}


def _of_parties(param: Any, who: str) -> Any:
    """The same parameter; if it names the parties, it says who they are."""
    if param.name != "party":
        return param
    shown = copy(param)
    shown.help = f"Names of {who}, or unknown; may be given again."
    return shown


def ask_purpose(prompts: Prompts, given: Purpose | None) -> Purpose:
    """The purpose, asked for where it was not given."""
    if given is not None:
        return given
    choices = {str(purpose): meaning for purpose, meaning in PURPOSE_MEANINGS.items()}
    return Purpose(prompts.choose("What are the recordings for?", choices, option="PURPOSE"))


def read_answers(practice: Practice, typed: Mapping[str, Any]) -> Answers:
    """What was typed, and no more: the policy's refusal names all that is missing."""
    from callrec.practice import today

    days, times, further = typed["on"], typed["at"], _typed_further(typed)
    agreement = further.pop(FurtherParticular.AGREEMENT, None)
    return Answers(
        reason=typed["reason"],
        days=_days(days, today(practice), "--date") if days else None,
        times=_times(times) if times else None,
        extensions=_several(typed["extension"] or ""),
        numbers=_several(typed["number"] or ""),
        parties=tuple(typed["party"] or ()),
        names=tuple(typed["name"] or ()),
        person=typed.get("person"),
        about=typed["about"],
        further=further,
        agreement=None if agreement is None else _read_file(agreement),
    )


def add_known(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    purpose: Purpose,
    *,
    recordings: Sequence[int],
    typed: dict[str, Any],
) -> dict[str, Any]:
    """What was typed, and what the named recordings say to a person who may see it.

    Not where a law wants every recording: such a request describes more than those that are named.
    """
    from callrec.practice import powers
    from callrec.search.show import common_facts

    wanted = [name for name in ("on", "at", "extension", "number") if typed[name] is None]
    if not recordings or not wanted or TERMS[purpose].is_owed_whole:
        return typed
    which = f"recording {some_of(recordings)}"
    if Power.SEARCH not in powers(practice, actor):
        if invocation.prompts.possible:
            invocation.out.note(f"you may not see {which}: say what you know of the call")
        return typed
    known = common_facts(practice, actor, recordings)
    taken = {
        "on": (known.day and f"{known.day}", known.day and day_in_words(known.day)),
        "at": (known.at and f"{known.at:%H:%M}", known.at and f"{known.at:%H:%M}"),
        "extension": (known.extension, f"extension {known.extension}"),
    }
    taken = {name: each for name, each in taken.items() if name in wanted and each[0]}
    if taken:
        words = ", ".join(str(words) for _, words in taken.values())
        invocation.out.note(f"taken from {which}: {words}")
    answers = {name: answer for name, (answer, _) in taken.items()}
    if "number" in wanted:
        invocation.out.note(
            f"the number of {which} is not shown to you, and is not needed here;"
            " if you know it, give it by --number"
        )
        answers["number"] = UNKNOWN
    return {**typed, **answers}


def add_person(
    practice: Practice, actor: Actor, typed: dict[str, Any], *, request: str | None = None
) -> dict[str, Any]:
    """What was typed, and where ``--subject S-3`` names a person, what the register says of them.

    That it was looked up is on record: for the request's reason, or under the request.
    """
    named = str(typed["subject"] or "").strip().upper()
    if not re.fullmatch(r"S-[0-9]+", named):
        return typed
    from callrec.search.subjects import record_of

    reference = f"S-{int(named[2:])}"
    known = record_of(practice, actor, reference, reason=typed["reason"], request=request)
    said = [each for each in _several(typed["number"] or "") if each.casefold() != UNKNOWN]
    return {
        **typed,
        "subject": known.names[0],
        "person": reference,
        "number": _BETWEEN.join([*said, *known.numbers]) or UNKNOWN,
        "name": [*(typed["name"] or ()), *known.names],
    }


def ask_answers(
    prompts: Prompts, practice: Practice, purpose: Purpose, typed: Mapping[str, Any]
) -> Answers:
    """The typed answers; on a terminal the missing ones are asked for, 4(b)'s six first."""
    from callrec.practice import today
    from callrec.requests.ask import all_logins

    if not prompts.possible:
        return read_answers(practice, typed)
    answers = _ask_six(prompts, practice, purpose, typed)
    known = AnswerContext(
        today=today(practice),
        logins=all_logins(practice),
        call_on=min(each.first for each in answers.days)
        if isinstance(answers.days, tuple)
        else None,
    )
    return _ask_further(prompts, purpose, known, _typed_further(typed), answers)


def ask_reason(prompts: Prompts, typed: Mapping[str, Any]) -> str | None:
    """Why it is asked for: as it was typed, or the first answer."""
    given: str | None = typed["reason"]
    return ask_why(prompts, _reason, given) if prompts.possible else given


def _ask_six(
    prompts: Prompts, practice: Practice, purpose: Purpose, typed: Mapping[str, Any]
) -> Answers:
    from callrec.practice import today
    from callrec.requests.ask import parse_number

    def ask(name: str, what: str, option: str, read: Callable[[str], _Answer]) -> _Answer:
        return prompts.ask_until(what, read, option=option, given=typed[name])

    return Answers(
        reason=ask_reason(prompts, typed),
        days=ask(
            "on",
            "Date of the call (4/1/2024, 4/1/2024 to 31/1/2024, or unknown)",
            "--date D",
            lambda text: _past_days(text, today(practice)),
        ),
        times=ask("at", "Time of the call (14:05, 14:00-14:30, or unknown)", "--time T", _times),
        extensions=ask(
            "extension", "Telephone extension used (201, or unknown)", "--extension E", _several
        ),
        numbers=ask(
            "number",
            "External number (in any spelling, or unknown)",
            "--number N",
            lambda text: tuple(parse_number(practice, each) for each in _several(text)),
        ),
        parties=tuple(typed["party"] or ())
        or prompts.ask_until(
            f"Names of {PARTIES.get(purpose, 'all parties')} (with ; between them, or unknown)",
            _several,
            option="--party NAME",
        ),
        names=tuple(typed["name"] or ()),
        person=typed.get("person"),
        about=ask("about", "Anything else about the call (or none)", "--about TEXT", _about),
    )


def _ask_further(
    prompts: Prompts,
    purpose: Purpose,
    known: AnswerContext,
    typed: Mapping[FurtherParticular, str],
    six: Answers,
) -> Answers:
    """All that the purpose asks for; with it what belongs to another, for the policy to refuse."""
    answers: dict[FurtherParticular, str] = {}
    agreement = None

    def take_file(take: Callable[[str], str], name: str) -> str:
        nonlocal agreement
        from callrec.requests.agreement import describe_file

        agreement = _read_file(name)
        return take(describe_file(agreement).as_text())

    for field in TERMS[purpose].further:
        if is_asked(field, answers):
            take = partial(read_answer, purpose, field, answers=answers, known=known)
            if QUESTIONS[field].kind is AnswerKind.FILE:
                take = partial(take_file, take)
            answers[field] = _ask_one(prompts, QUESTIONS[field], take, typed.get(field))
    return replace(six, further={**typed, **answers}, agreement=agreement)


def _ask_one(
    prompts: Prompts, asked: Question, take: Callable[[str], str], given: str | None
) -> str:
    option, what = asked.option, asked.question
    if given is None and asked.choices:
        return prompts.choose(what, asked.choices, option=option, help=asked.help)
    return prompts.ask_until(what, take, option=option, help=asked.help, given=given)


def _typed_further(typed: Mapping[str, Any]) -> dict[FurtherParticular, str]:
    """What was typed; of a file its name. A choice of two stands for its code."""
    answers = dict[FurtherParticular, str]()
    for field, name in _FURTHER.items():
        answer = typed[name]
        if isinstance(answer, bool):
            first, second = QUESTIONS[field].choices
            answers[field] = first if answer else second
        elif answer is not None:
            answers[field] = str(answer)
    return answers


def _read_file(name: str) -> bytes:
    """A file to the byte, or so much of it that the policy sees it is too large."""
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_AGREEMENT_MIB * 1024**2 + 1)
    except OSError:
        raise Unusable("the agreement cannot be read", hint="name a file that is there") from None


def _reason(text: str) -> str:
    check_reason(text, Clause.FORMALLY_AUTHORISED)
    return text


def _days(text: str, on: date, what: str = "that") -> tuple[DayRange, ...] | Unknown:
    if text.strip().casefold() == UNKNOWN:
        return UNKNOWN
    return tuple(parse_days(each, on, what=what) for each in _several(text))


def _past_days(text: str, on: date) -> tuple[DayRange, ...] | Unknown:
    days = _days(text, on)
    check_not_in_future(days, on)
    return days


def _times(text: str) -> TimeRange | Unknown:
    return UNKNOWN if text.strip().casefold() == UNKNOWN else parse_times(text)


def _several(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in text.split(_BETWEEN.strip()))))


def _about(text: str) -> str:
    return "" if text.strip().casefold() == "none" else text

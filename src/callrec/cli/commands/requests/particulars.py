"""What a request says, typed or asked one by one, from the policy's own table.

The rules are the policy's alone: here an answer is only read, and asked for again on a terminal
where the policy does not take it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path  # Typer reads it
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from callrec.cli import options
from callrec.cli.commands.search import ask_why
from callrec.cli.groups import Command, write_examples
from callrec.cli.invocation import Invocation
from callrec.cli.prompts import Prompts
from callrec.dataclass import replace
from callrec.errors import Unusable
from callrec.policy.clause import Clause
from callrec.policy.completeness import AnswerContext, is_asked, read_answer
from callrec.policy.further import (
    MAX_AGREEMENT_MIB,
    QUESTIONS,
    AnswerKind,
    FurtherParticular,
    Question,
)
from callrec.policy.particulars import PARTIES, Answers
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import check_reason
from callrec.views.requests.particulars import (
    FURTHER_NAMES,
    PURPOSE_MEANINGS,
    further_of,
    known_of_calls,
    read_about,
    read_answers,
    read_past_days,
    read_times,
    several,
    six_questions,
)

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice

_Answer = TypeVar("_Answer")

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
    options.plain(
        "--attach-matching", "Attach the recordings that match, if you may search for them."
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


def takes_particulars(command: options.Command) -> options.Command:
    """Give a command an option for each particular; it gets what was typed as ``**typed``.

    They are many, and the same for each command that takes them.
    """
    further = {FURTHER_NAMES[each]: option for each, option in FURTHER.items()}
    return options.with_options(command, {**_SIX, **further}, after=2)


class PurposeCommand(Command):
    """A command whose help, where a purpose stands on the line, shows that one's options alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[__name__] = next((each for each in PURPOSE_MEANINGS if each in args), None)
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
        hidden = {FURTHER_NAMES[each] for each in others} | ({"purpose"} if purpose else set())
        shown = copy(self)
        shown.params = [each for each in self.params if each.name not in hidden]
        if purpose and purpose in PARTIES:
            shown.params = [_of_parties(each, PARTIES[purpose]) for each in shown.params]
        super(PurposeCommand, shown).format_options(ctx, formatter)


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


def add_known(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    purpose: Purpose,
    *,
    recordings: Sequence[int],
    typed: dict[str, Any],
) -> dict[str, Any]:
    """What was typed, and what the named recordings say of it; what was taken is told."""
    known = known_of_calls(practice, actor, purpose, recordings=recordings, typed=typed)
    if known.may_see or invocation.prompts.possible:
        for line in known.notes:
            invocation.out.note(line)
    return known.typed


def answers_of(practice: Practice, typed: Mapping[str, Any]) -> Answers:
    """What was typed, the written agreement's file read."""
    named = typed[FURTHER_NAMES[FurtherParticular.AGREEMENT]]
    return read_answers(practice, typed, None if named is None else _read_file(named))


def ask_answers(
    prompts: Prompts, practice: Practice, purpose: Purpose, typed: Mapping[str, Any]
) -> Answers:
    """The typed answers; on a terminal the missing ones are asked for, 4(b)'s six first."""
    from callrec.practice import today
    from callrec.requests.ask import all_logins

    if not prompts.possible:
        return answers_of(practice, typed)
    answers = _ask_six(prompts, practice, purpose, typed)
    known = AnswerContext(
        today=today(practice),
        logins=all_logins(practice),
        call_on=min(each.first for each in answers.days)
        if isinstance(answers.days, tuple)
        else None,
    )
    return _ask_further(prompts, purpose, known, further_of(typed), answers)


def ask_reason(prompts: Prompts, typed: Mapping[str, Any]) -> str | None:
    """Why it is asked for: as it was typed, or the first answer."""
    given: str | None = typed["reason"]
    return ask_why(prompts, _reason, given) if prompts.possible else given


def _ask_six(
    prompts: Prompts, practice: Practice, purpose: Purpose, typed: Mapping[str, Any]
) -> Answers:
    from callrec.practice import today
    from callrec.requests.ask import parse_number

    questions = six_questions(purpose)

    def ask(name: str, option: str, read: Callable[[str], _Answer]) -> _Answer:
        what, example = questions[name]
        return prompts.ask_until(f"{what} ({example})", read, option=option, given=typed[name])

    parties, example = questions["party"]
    return Answers(
        reason=ask_reason(prompts, typed),
        days=ask("on", "--date D", lambda text: read_past_days(text, today(practice))),
        times=ask("at", "--time T", read_times),
        extensions=ask("extension", "--extension E", several),
        numbers=ask(
            "number",
            "--number N",
            lambda text: tuple(parse_number(practice, each) for each in several(text)),
        ),
        parties=tuple(typed["party"] or ())
        or prompts.ask_until(
            f"{parties} (with ; between them, {example})", several, option="--party NAME"
        ),
        names=tuple(typed["name"] or ()),
        person=typed.get("person"),
        about=ask("about", "--about TEXT", read_about),
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

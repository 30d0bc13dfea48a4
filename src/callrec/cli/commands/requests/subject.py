"""subject: add, change, find, show, erase, list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from callrec.cli import options
from callrec.cli.commands.requests.erase import find_attached_volumes, volume_not_erased
from callrec.cli.commands.search import ask_reason_or_request
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    practice_and_actor,
    practice_and_signer,
    practice_of,
)
from callrec.cli.layout import Table
from callrec.cli.output import labelled
from callrec.dataclass import replace
from callrec.policy.days import day_in_words, short_date
from callrec.policy.rights.subject import check_name, check_proof, read_birthday, read_nhs_number
from callrec.views.requests.particulars import several
from callrec.views.subjects import (
    SUBJECT_QUESTIONS,
    is_given,
    notes_on_others,
    read_criteria,
    read_said,
    subject_facts,
    subject_json,
)
from callrec.views.typed import read_subject
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.search.subjects import ShownSubject
    from callrec.subjects.register import KeptSubject, SubjectAnswers

subject_app = new_app()


@subject_app.command()
def add(
    ctx: Context,
    *,
    name: PersonNames = None,
    born: Born = None,
    nhs_number: NhsNumber = None,
    number: PersonNumbers = None,
    proved: Proved = None,
    request: options.Request = None,
    reason: options.Reason = None,
) -> None:
    """Enter a person whose identity was proved, so that all their calls are found.

    It is optional: a request may name numbers alone. What is entered is kept sealed. It is compared
    with who is on the register, so it is recorded as a search is: say why, or under which request.
    """
    from callrec.search.subjects import enter_person

    practice, actor = practice_and_actor(ctx.obj)
    said = _ask_missing(ctx.obj, practice, read_said(name, born, nhs_number, number, proved))
    reason, request = _ask_why(ctx.obj, practice, actor, reason, request)
    kept = enter_person(practice, actor, said, reason=reason, request=request)
    _show_kept(ctx.obj, kept, f"{kept.reference} is on the register.")
    ctx.obj.out.next_step(f"callrec request create subject-access --subject {kept.reference}")


@subject_app.command()
def change(
    ctx: Context,
    subject: SubjectReference,
    *,
    name: PersonNames = None,
    born: Born = None,
    nhs_number: NhsNumber = None,
    number: PersonNumbers = None,
    proved: Proved = None,
    request: options.Request = None,
    reason: options.Reason = None,
) -> None:
    """Change what is known of a person; what you do not give stands.

    Give all their names, or all their numbers, where one of them changes. A request that names the
    person keeps what it says until it is changed. It is recorded as a search is: say why, or under
    which request.
    """
    from callrec.search.subjects import change_person

    practice, actor = practice_and_actor(ctx.obj)
    said = read_said(name, born, nhs_number, number, proved)
    reason, request = _ask_why(ctx.obj, practice, actor, reason, request)
    kept = change_person(practice, actor, subject, said, reason=reason, request=request)
    _show_kept(ctx.obj, kept, f"{kept.reference} is changed.")


def _ask_why(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    reason: str | None,
    request: str | None,
) -> tuple[str | None, str | None]:
    return ask_reason_or_request(
        invocation.prompts, practice, actor, reason, request, is_refused=False
    )


def _ask_missing(
    invocation: Invocation, practice: Practice, said: SubjectAnswers
) -> SubjectAnswers:
    """What was not typed, asked for on a terminal."""
    from callrec.practice import today
    from callrec.subjects.register import telephone_number

    if not invocation.prompts.possible:
        return said
    readers: Mapping[str, Callable[[str], Any]] = {
        "names": lambda text: tuple(map(check_name, several(text))),
        "born": lambda text: read_birthday(text, today(practice)).isoformat(),
        "nhs_number": lambda text: read_nhs_number(text) if is_given(text) else "",
        "numbers": lambda text: tuple(
            telephone_number(practice, each) for each in several(text) if is_given(each)
        ),
        "proof": check_proof,
    }
    missing = [name for name in readers if getattr(said, name) in (None, ())]
    answers = {
        name: invocation.prompts.ask_until(question, readers[name], **asked)
        for name in missing
        for question, asked in (SUBJECT_QUESTIONS[name],)
    }
    return replace(said, **answers)


def _show_kept(invocation: Invocation, kept: KeptSubject, done: str) -> None:
    value = {"id": kept.reference, **facts(kept, "version", "shared", "alike")}
    invocation.out.show(value, done)
    for line in notes_on_others(kept.shared, kept.alike):
        invocation.out.note(line)


@subject_app.command()
def find(
    ctx: Context,
    *,
    name: PersonName = None,
    born: Born = None,
    nhs_number: NhsNumber = None,
    number: PersonNumber = None,
    request: options.Request = None,
    reason: options.Reason = None,
) -> None:
    """Look a person up, for a reason that you state or under a request.

    By NHS number, telephone number, or name with date of birth. Every look is recorded as a search
    is, with what was asked for and why.
    """
    from callrec.search.subjects import look_up_subjects

    practice = practice_of(ctx.obj)
    criteria = read_criteria(practice, name, born, nhs_number, number)
    actor = acting_person(ctx.obj, practice)
    reason, request = ask_reason_or_request(
        ctx.obj.prompts, practice, actor, reason, request, is_refused=not criteria.names_one
    )
    found = look_up_subjects(practice, actor, criteria, reason=reason, request=request)
    rows = [(each.reference, each.name, day_in_words(each.born_on)) for each in found]
    table = Table(("person", "name", "born"), rows)
    items = [{"id": each.reference, **facts(each, "name", "born_on")} for each in found]
    ctx.obj.out.show({"items": items}, table if found else "Nobody on the register is so.")


@subject_app.command()
def show(
    ctx: Context,
    subject: SubjectReference,
    *,
    request: options.Request = None,
    reason: options.Reason = None,
) -> None:
    """What is known of a person, for a reason that you state or under a request.

    NHS number and telephone numbers are masked, unless the request names this person.
    """
    from callrec.search.subjects import show_subject

    practice, actor = practice_and_actor(ctx.obj)
    reason, request = _ask_why(ctx.obj, practice, actor, reason, request)
    shown = show_subject(practice, actor, subject, reason=reason, request=request)
    known = labelled(subject_facts(shown, practice.settings.time_zone), width=12)
    ctx.obj.out.show(_shown_json(shown), (shown.reference, *known))
    for line in notes_on_others(shown.shared, shown.alike):
        ctx.obj.out.note(line)


def _shown_json(shown: ShownSubject) -> Mapping[str, Any]:
    return {
        "id": shown.reference,
        **facts(shown, "names", "born_on"),
        "nhs_number": shown.nhs_number or None,
        **facts(shown, "numbers", "masked", "shared", "alike", "proof"),
        "history": [facts(each, "what", "at", "by") for each in shown.history],
    }


@subject_app.command()
def erase(
    ctx: Context,
    subject: SubjectReference,
    *,
    volumes: options.OnVolumes = None,
    yes: options.Yes = False,
) -> None:
    """Erase a person from the register, once no open request is about them.

    The Data Controller does this. Nothing of the record is left here, nor on an archive drive once
    it was attached. The audit record keeps that S-3 was erased. What a request said of them stays
    with it.
    """
    from callrec.registers.verify import check_vault
    from callrec.retention.people import erase_subject

    practice, actor = practice_and_signer(ctx.obj)
    ctx.obj.prompts.confirm(f"erase {subject} from the register", yes=yes)
    found = find_attached_volumes(practice, volumes or [])
    erased = erase_subject(practice, actor, subject, volumes=found, check=check_vault)
    out = ctx.obj.out
    value = {
        "id": erased.reference,
        **facts(erased, "owed"),
        "undone": [{"volume": label, "why": why} for label, why in erased.undone],
    }
    out.show(value, f"{subject} is erased from the register.")
    for label in erased.owed:
        out.note(f'owed: the copy of the catalogue on "{label}" still has the record')
    if erased.undone:
        raise volume_not_erased(erased.undone[0][0])
    if erased.owed:
        out.next_step(
            f'attach "{erased.owed[0]}", then callrec request subject erase {subject} --drive DIR'
        )


@subject_app.command("list")
def list_(ctx: Context) -> None:
    """How many are on the register, and who entered each; nothing of the people themselves."""
    from callrec.subjects.register import list_subjects

    listed = list_subjects(*practice_and_actor(ctx.obj))
    rows = [
        (each.reference, each.state, str(each.version), short_date(each.added_on), each.added_by)
        for each in listed
    ]
    items = [subject_json(each) for each in listed]
    ctx.obj.out.show_items(items, Table(("person", "state", "version", "added", "by"), rows))


SubjectReference = Annotated[
    str, options.named("PERSON", "Which person on the register: S-3, or 3 for short.", read_subject)
]

PersonNames = Annotated[
    list[str] | None,
    options.valued(
        "--name", "NAME", "Their name; other spellings and former names, each by another --name."
    ),
]

PersonName = Annotated[str | None, options.valued("--name", "NAME", "Their name, with --born.")]

Born = Annotated[str | None, options.valued("--born", "DATE", "When they were born.")]

NhsNumber = Annotated[
    str | None, options.valued("--nhs-number", "NUMBER", "Their NHS number, or none.")
]

PersonNumbers = Annotated[
    list[str] | None,
    options.valued(
        "--number -n",
        "NUMBER",
        "A telephone number that they use, in any spelling; may be given again.",
    ),
]

PersonNumber = Annotated[
    str | None, options.valued("--number -n", "NUMBER", "A telephone number that they use.")
]

Proved = Annotated[
    str | None, options.valued("--proved", "TEXT", "How their identity was proved, in a sentence.")
]

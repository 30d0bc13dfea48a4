"""``callrec request letter``: write to the person who asked, and say that it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callrec.cli import options
from callrec.cli.invocation import Context, Invocation, practice_and_signer
from callrec.cli.layout import Prose, Table
from callrec.cli.prompts import ask_channel
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy.days import parse_day, short_date
from callrec.policy.handing_over import Channel
from callrec.policy.rights.letter import WITH_WORDS, LetterKind
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.letters.letter import Letters, WrittenLetter
    from callrec.practice import Actor, Practice

_PAPER: Final = ".pdf"

_FIELDS: Final = (
    *("number", "kind", "on", "by", "sent_on", "sent_by"),
    *("text", "text_sha256", "pdf_sha256"),
)


def letter(
    ctx: Context,
    request: options.Reference,
    *,
    kind: KindOfLetter = None,
    tell: Tell = None,
    number: WhichLetter = None,
    to: LetterFile = None,
    sent: SentOn = None,
    how: SentHow = None,
) -> None:
    """Write to the person who asked, from what is on record.

    Without --kind it lists the letters about a request, and those that can be written now. With
    --kind it writes one, and puts that on record: what you asked them, what is given, why something
    is not, and where they can complain. It names no reason that they must not learn.

    A letter that was written is printed again with --to, to the byte. Say that it was sent with
    --sent and --how.
    """
    _check_belongs(kind, tell, number, sent=sent, how=how)
    if to is not None:
        _check_file(to)
    practice, actor = practice_and_signer(ctx.obj)
    desk = _Desk(ctx.obj, practice, actor, request, number, to)
    if sent is not None:
        _record_sent(desk, sent, how)
    elif kind is not None:
        _write(desk, kind, tell)
    elif number is not None or to is not None:
        _print_again(desk)
    else:
        _list(desk)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is typed of every letter, and who writes it."""

    call: Invocation
    practice: Practice
    actor: Actor
    request: str
    number: int | None
    to: Path | None


def _check_file(to: Path) -> None:
    from callrec.system.files import check_new

    if to.suffix.lower() not in (_PAPER, ".txt"):
        raise Unusable("a letter is written as .pdf or .txt", hint="name the file so")
    check_new(to, replace=False)


def _check_belongs(
    kind: LetterKind | None,
    tell: str | None,
    number: int | None,
    *,
    sent: str | None,
    how: Channel | None,
) -> None:
    if kind is not None and (number is not None or sent is not None):
        raise Unusable(
            "--kind writes another letter", hint="leave it out, or leave out --letter and --sent"
        )
    if tell is not None and kind is None:
        raise Unusable("--tell stands in a letter", hint="say which: --kind KIND")
    if how is not None and sent is None:
        raise Unusable("--how says how it was sent", hint="say when, too: --sent DATE")


def _write(desk: _Desk, kind: LetterKind, tell: str | None) -> None:
    from callrec.letters.letter import write_letter
    from callrec.views.requests.letters import QUESTIONS

    out, prompts = desk.call.out, desk.call.prompts
    if tell is None and kind in WITH_WORDS and prompts.possible:
        tell = prompts.ask(QUESTIONS[kind], option="--tell TEXT")
    written = write_letter(desk.practice, desk.actor, desk.request, kind, words=tell or "")
    _show(desk, written)
    about, reached = desk.practice.settings.practice, desk.practice.settings.release.contact
    if not (about.data_protection_contact or reached):
        out.note("it does not say how to reach you: set practice.data_protection_contact")
    out.note(f"letter {written.number} is on record; read it before you send it")
    out.next_step(f"callrec request letter {desk.request} --sent DATE --how WAY")


def _print_again(desk: _Desk) -> None:
    from callrec.letters.letter import choose_written, list_letters

    letters = list_letters(desk.practice, desk.actor, desk.request)
    _show(desk, choose_written(letters, desk.number))


def _show(desk: _Desk, written: WrittenLetter) -> None:
    from callrec.crypto.primitives import sha256
    from callrec.letters.letter import paper_of
    from callrec.system.files import write_whole

    out, data = desk.call.out, (written.text or "").encode()
    if desk.to is not None:
        if desk.to.suffix.lower() == _PAPER:
            data = paper_of(desk.practice, written)
            if sha256(data).hex() != written.pdf_sha256:
                out.note("this callrec sets the paper otherwise; its words are the same")
        write_whole(desk.to, data, replace=False)
        out.note(f"the letter is in {desk.to}")
    value = {"id": written.reference, **facts(written, *_FIELDS)}
    out.show(value, (written.text or "").rstrip("\n").split("\n"))


def _record_sent(desk: _Desk, sent: str, how: Channel | None) -> None:
    from callrec.letters.letter import record_letter_sent
    from callrec.practice import today
    from callrec.views.requests.letters import changed_since, late_lines

    on = parse_day(sent, today(desk.practice), what="--sent")
    by = how or ask_channel(desk.call.prompts, "By which way", option="--how")
    done = record_letter_sent(
        desk.practice, desk.actor, desk.request, on=on, how=by, number=desk.number
    )
    value = {"id": done.reference, **facts(done, *_FIELDS)}
    line = f"{desk.request}, letter {done.number} ({done.kind}): sent on {short_date(on)}."
    desk.call.out.show(value, line)
    for note in late_lines(done):
        desk.call.out.note(note)
    for note, command in changed_since(done):
        desk.call.out.note(note)
        desk.call.out.next_step(command)
    desk.call.out.next_step(f"callrec request show {desk.request}")


def _list(desk: _Desk) -> None:
    from callrec.letters.letter import list_letters

    letters = list_letters(desk.practice, desk.actor, desk.request)
    desk.call.out.show(_list_json(letters), _list_lines(letters))
    written = {each.kind for each in letters.written}
    for kind in [each for each in letters.possible if each not in written][:1]:
        words = " --tell TEXT" if kind in WITH_WORDS else ""
        desk.call.out.next_step(f"callrec request letter {desk.request} --kind {kind}{words}")


def _list_json(letters: Letters) -> Mapping[str, Any]:
    return {
        "id": letters.reference,
        "items": [facts(each, *_FIELDS) for each in letters.written],
        "possible": list(letters.possible),
    }


def _list_lines(letters: Letters) -> Iterator[str | Table | Prose]:
    if letters.written:
        rows = [
            (each.number, each.kind, each.on, each.by, each.sent_on or "not sent yet")
            for each in letters.written
        ]
        yield Table(("letter", "kind", "written", "by", "sent"), rows)
    else:
        yield f"No letter about {letters.reference} is on record."
    for kind in letters.possible:
        yield Prose(f"{kind}: it says {kind.meaning}.")
    if not letters.possible:
        yield "None can be written now."


KindOfLetter = Annotated[
    LetterKind | None,
    options.plain("--kind", "What the letter is for; those that are true now are listed."),
]

Tell = Annotated[
    str | None,
    options.valued(
        "--tell",
        "TEXT",
        "What the letter says in your words, a sentence: what you have to know (clarify), why"
        " it takes longer (extend), why a restriction ends (lift). The person reads it as it is.",
    ),
]

WhichLetter = Annotated[
    int | None,
    options.number(
        "--letter", "N", "Which letter, by its number; the newest.", least=1, most=10_000
    ),
]

LetterFile = Annotated[
    Path | None, options.valued("--to", "FILE", "Write it to a new file: .pdf, or .txt.")
]

SentOn = Annotated[
    str | None, options.valued("--sent", "DATE", "The day on which it was sent; today counts too.")
]

SentHow = Annotated[Channel | None, typer.Option("--how", help="How it was sent.")]

"""``callrec request dossier``: everything that ever happened to a request, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callrec.cli import options
from callrec.cli.commands.register import write_report
from callrec.cli.invocation import Context, check_destination, practice_of, signing_person
from callrec.cli.layout import WIDTH, Prose, answer_in_words, as_words, escape_controls, fold
from callrec.cli.output import act_in_words, facts, local_time
from callrec.errors import Tampered
from callrec.policy.days import last_day, short_date
from callrec.policy.words import in_words

if TYPE_CHECKING:
    from callrec.registers.dossier import Dossier, DossierEntry

_INDENT: Final = " " * 7

_OF_AN_ENTRY = (
    *("at", "seq", "by", "role", "what", "outcome", "attested", "recordings"),
    *("details", "version"),
)


def dossier(
    ctx: Context,
    request: options.Reference,
    *,
    to: DossierFile = None,
    yes: options.Yes = False,
) -> None:
    """Print everything that ever happened to a request, in order.

    You see every version of the request, and each search under it. You see who decided what and
    why, who heard or handed over recordings, and what was refused. Reading this is recorded.
    """
    from callrec.registers.dossier import read_dossier

    call = ctx.obj
    practice = practice_of(call)
    zone = practice.settings.time_zone
    replace = to is not None and check_destination(call, to, yes=yes, suffixes=(".txt", ".json"))
    found = read_dossier(practice, signing_person(call, practice), request)
    value = {
        "id": found.reference,
        **facts(found, "purpose", "state", "read_at", "in_full"),
        "events": [facts(entry, *_OF_AN_ENTRY) for entry in found.entries],
    }
    if to is None:
        call.out.show(value, _lines(found, zone))
    else:
        lines = chain.from_iterable(
            fold(escape_controls(line), WIDTH) for line in _lines(found, zone)
        )
        text = "".join(f"{line}\n" for line in lines)
        write_report(to, value, text.encode, replace=replace)
        count = len(found.entries)
        written = {"path": to, "id": found.reference, "events": count}
        call.out.show(written, f'"{to}" is written, entries: {count}')
    if found.forged:
        raise Tampered(
            f"entries that name somebody who is not shown to have made them: {found.forged}"
        )


def _lines(found: Dossier, zone: tzinfo) -> Iterator[str]:
    """A dossier as people read it, 80 columns wide."""
    yield f"{found.reference}  {as_words(found.purpose)}  {found.state}"
    yield f"all that the record says of it, read on {local_time(found.read_at, zone)}"
    if not found.in_full:
        yield "what the request says is not shown in full, as it does not concern the reader"
    for entry in found.entries:
        yield ""
        yield from _entry_lines(entry, zone)


def _entry_lines(entry: DossierEntry, zone: tzinfo) -> Iterator[str]:
    number = "" if entry.seq is None else str(entry.seq)
    words = [local_time(entry.at, zone), act_in_words(entry.what)]
    if entry.by:
        words.append(f"{entry.by} ({in_words(entry.role or '')})")
    if entry.outcome != "done":
        words.append(entry.outcome.upper())
    if entry.attested is False:
        words.append("NOT ATTESTED")
    yield f"{number:>5}  {'  '.join(words)}"
    if entry.version:
        yield f"{_INDENT}version {entry.version.version}"
        yield from _detail_lines({"digest": entry.version.digest}, zone)
        yield from _detail_lines(entry.version.particulars or {}, zone)
    yield from _detail_lines({"recordings": list(entry.recordings), **entry.details}, zone)


def _detail_lines(details: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    for name, value in details.items():
        if name == "further":
            yield from _detail_lines(value, zone)
        elif value is not False and value not in (None, "", []):
            between = " to " if name == "time" else ", "
            text = in_words(value) if name == "code" else _in_words(value, between, zone)
            if name == "until" and isinstance(value, datetime):
                text = f"the end of {short_date(last_day(value, zone))}"
            line = " ".join(text.splitlines())
            yield Prose(f"{_INDENT}{in_words(name.replace('_', '-'))}: {line}")


def _in_words(value: object, between: str, zone: tzinfo) -> str:
    match value:
        case True:
            return "yes"
        case datetime():
            return local_time(value, zone)
        case list():
            return between.join(_in_words(each, between, zone) for each in value)
        case dict():
            return " ".join(
                f"{name} {in_words(v) if name == 'code' else _in_words(v, between, zone)}"
                for name, v in value.items()
            )
        case str():
            return answer_in_words(as_words(value))
        case _:
            return as_words(value)


DossierFile = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", help="Write it to this file: .txt for people, .json for programs."
    ),
]

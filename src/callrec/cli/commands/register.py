"""register: what an inspector asks to see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    check_destination,
    practice_of,
    signing_person,
)
from callrec.cli.output import as_json
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.errors import Tampered
from callrec.policy.days import parse_instant
from callrec.policy.reviews import RegisterName
from callrec.system.spreadsheet import as_text, to_csv

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from callrec.registers.registers import RegisterExtract
    from callrec.system.spreadsheet import Cell

register_app = new_app()


@register_app.command()
def register(
    ctx: Context,
    name: RegisterArgument,
    *,
    to: RegisterFile = None,
    since: options.Since = None,
    until: options.Until = None,
    yes: options.Yes = False,
) -> None:
    """Read a register: subject-access, outside-body, disclosure, holds, incidents or access.

    A terminal has room for some of its columns; a file has all of them (docs/registers.md). Reading
    one is itself on record.
    """
    from callrec.registers.registers import read_register

    practice = practice_of(ctx.obj)
    zone = practice.config.time_zone

    def moment(text: str | None, option: str) -> datetime | None:
        return None if text is None else parse_instant(text, zone, what=option)

    begin, end = moment(since, "--since"), moment(until, "--until")
    replace = to is not None and check_destination(ctx.obj, to, yes=yes, suffixes=(".csv", ".json"))
    extract = read_register(
        practice, signing_person(ctx.obj, practice), name, since=begin, until=end
    )
    _put_out(ctx.obj, extract, to, replace=replace, zone=zone)
    if extract.unopened:
        raise Tampered(
            f"incidents that do not open as they were reported: {', '.join(extract.unopened)}",
            hint="ask who reported it; what is known of it is an incident of its own:"
            " callrec incident report",
        )


def _put_out(
    invocation: Invocation,
    extract: RegisterExtract,
    to: Path | None,
    *,
    replace: bool,
    zone: tzinfo,
) -> None:
    from callrec.system.files import write_whole

    out = invocation.out
    if to is None:
        out.show(_json(extract), lambda: _table(invocation, extract))
        return
    rows = [[entry[column] for column in extract.columns] for entry in extract.entries]
    is_json = to.suffix.lower() == ".json"
    data = _document(extract) if is_json else to_csv(extract.columns, rows, zone)
    write_whole(to, data, replace=replace)
    written = {"path": to, "register": extract.register, "entries": len(rows)}
    out.show(written, lambda: out.say(f'"{to}" is written, entries: {len(rows)}'))


def _json(extract: RegisterExtract) -> dict[str, Any]:
    return {
        "register": extract.register,
        "read_at": extract.read_at,
        "items": [dict(entry) for entry in extract.entries],
    }


def _document(extract: RegisterExtract) -> bytes:
    return f"{as_json(_json(extract))}\n".encode()


def _table(invocation: Invocation, extract: RegisterExtract) -> None:
    out, zone = invocation.out, invocation.config.time_zone
    if not extract.entries:
        out.say("Nothing is entered in this register.")
        return
    shown = extract.on_screen
    rows = [[_cell(entry[column], zone) for column in shown] for entry in extract.entries]
    out.table([column.replace("_", " ") for column in shown], rows)
    if len(shown) < len(extract.columns):
        out.note(f"{len(shown)} of {len(extract.columns)} columns; --to FILE.csv writes all")
    for reference in extract.decided_alone:
        out.note(
            f"{reference} was decided alone, and nobody else has accepted that:"
            f" callrec audit review-glass {reference}"
        )


def _cell(value: Cell, zone: tzinfo) -> object:
    return value if isinstance(value, int) and not isinstance(value, bool) else as_text(value, zone)


SamplePercent = Annotated[
    int | None,
    typer.Option(
        "--sample",
        metavar="PERCENT",
        min=1,
        max=100,
        help="Draw so many of a hundred that wait; else 5, and 5 searches at the least.",
    ),
]

SampleCount = Annotated[
    int | None,
    typer.Option(
        "--count", metavar="N", min=1, max=LARGEST_INTEGER, help="Draw so many of those that wait."
    ),
]

Accept = Annotated[
    list[int] | None,
    typer.Option(
        "--accept",
        metavar="SEQ",
        min=0,
        max=LARGEST_INTEGER,
        help="Accept the search of this entry; may be given again.",
    ),
]

Query = Annotated[
    list[int] | None,
    typer.Option(
        "--query",
        metavar="SEQ",
        min=0,
        max=LARGEST_INTEGER,
        help="Query the search of this entry, with --reason; may be given again.",
    ),
]

RegisterArgument = Annotated[
    RegisterName, typer.Argument(metavar="NAME", help="Which register is read.")
]

RegisterFile = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", help="Write it whole to this file, as .csv or .json; else a table."
    ),
]

DossierFile = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", help="Write it to this file: .json for programs, else as text."
    ),
]

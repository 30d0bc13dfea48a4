"""register: what an inspector asks to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
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
from callrec.cli.output import Table, as_json, facts
from callrec.errors import Tampered
from callrec.policy.days import parse_instant
from callrec.policy.reviews import RegisterName
from callrec.system.spreadsheet import as_text, to_csv

if TYPE_CHECKING:
    from callrec.registers.registers import RegisterExtract

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
    """Read a register.

    There are subject-access, outside-body, disclosure, holds, incidents, access and set-aside. A
    terminal has room for some of its columns; a file has all of them (docs/registers.md). Reading
    one is itself on record.
    """
    from callrec.registers.registers import read_register

    practice, out = practice_of(ctx.obj), ctx.obj.out
    zone = practice.config.time_zone

    def moment(text: str | None, option: str) -> datetime | None:
        return None if text is None else parse_instant(text, zone, what=option)

    begin, end = moment(since, "--since"), moment(until, "--until")
    replace = to is not None and check_destination(ctx.obj, to, yes=yes, suffixes=(".csv", ".json"))
    actor = signing_person(ctx.obj, practice)
    extract = read_register(practice, actor, name, since=begin, until=end)
    value = {**facts(extract, "register", "read_at"), "items": [dict(e) for e in extract.entries]}
    if to is None:
        _show(ctx.obj, extract, value)
    else:
        rows = [[entry[column] for column in extract.columns] for entry in extract.entries]
        write_report(to, value, lambda: to_csv(extract.columns, rows, zone), replace=replace)
        written = {"path": to, "register": extract.register, "entries": len(rows)}
        out.show(written, f'"{to}" is written, entries: {len(rows)}')
    if extract.unopened:
        raise Tampered(
            f"incidents that do not open as they were reported: {', '.join(extract.unopened)}",
            hint="ask who reported it; what is known of it is an incident of its own:"
            " callrec incident report",
        )


def write_report(
    to: Path, value: Mapping[str, Any], otherwise: Callable[[], bytes], *, replace: bool
) -> None:
    """Write a file whole: for programs if it is to end in .json, else as people open it."""
    from callrec.system.files import write_whole

    is_json = to.suffix.lower() == ".json"
    write_whole(to, f"{as_json(value)}\n".encode() if is_json else otherwise(), replace=replace)


def _show(invocation: Invocation, extract: RegisterExtract, value: Mapping[str, Any]) -> None:
    out, zone, shown = invocation.out, invocation.config.time_zone, extract.on_screen
    rows = [
        [
            cell if type(cell) is int else as_text(cell, zone)
            for cell in (entry[column] for column in shown)
        ]
        for entry in extract.entries
    ]
    table = Table([column.replace("_", " ") for column in shown], rows)
    out.show(value, table if rows else "Nothing is entered in this register.")
    if invocation.given.json or not rows:
        return
    if len(shown) < len(extract.columns):
        out.note(f"{len(shown)} of {len(extract.columns)} columns; --to FILE.csv writes all")
    for reference in extract.decided_alone:
        out.note(
            f"{reference} was decided alone, and nobody else has accepted that:"
            f" callrec audit review-glass {reference}"
        )


RegisterArgument = Annotated[
    RegisterName, typer.Argument(metavar="NAME", help="Which register is read.")
]

RegisterFile = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", help="Write it whole to this file, as .csv or .json; else a table."
    ),
]

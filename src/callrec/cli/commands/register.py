"""register, report: what an inspector asks to see, and a month of it in figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    check_destination,
    practice_of,
    signing_person,
    typed_moment,
)
from callrec.cli.layout import Prose, Table
from callrec.cli.output import Output, as_json
from callrec.policy.reviews import RegisterName
from callrec.system.spreadsheet import to_csv
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.paper.document import Document
    from callrec.registers.figures import PracticeReport
    from callrec.registers.registers import RegisterExtract

register_app = new_app()
report_app = new_app()


@register_app.command()
def register(
    ctx: Context,
    name: RegisterArgument,
    *,
    to: options.RegisterFile = None,
    since: options.Since = None,
    until: options.Until = None,
    yes: options.Yes = False,
) -> None:
    """Read a register.

    The registers are rights-requests, outside-body, disclosure, holds, incidents, complaints,
    access and set-aside. A terminal has room for some of the columns; a file has all of them.
    Reading one is recorded.
    """
    from callrec.registers.registers import read_register

    practice = practice_of(ctx.obj)
    begin = typed_moment(practice, since, "--since")
    end = typed_moment(practice, until, "--until")
    replace = to is not None and check_destination(ctx.obj, to, yes=yes, suffixes=(".csv", ".json"))
    actor = signing_person(ctx.obj, practice)
    extract = read_register(practice, actor, name, since=begin, until=end)
    if to is None:
        _show(ctx.obj, extract)
    else:
        _write(ctx.obj, extract, to, replace=replace)
    _end(extract)


def _end(extract: RegisterExtract) -> None:
    from callrec.views.registers import what_does_not_open

    if problem := what_does_not_open(extract):
        raise problem


def write_report(
    to: Path, value: Mapping[str, Any], otherwise: Callable[[], bytes], *, replace: bool
) -> None:
    """Write a file whole: for programs if it is to end in .json, else as people open it."""
    from callrec.system.files import write_whole

    is_json = to.suffix.lower() == ".json"
    write_whole(to, f"{as_json(value)}\n".encode() if is_json else otherwise(), replace=replace)


DOCUMENT_SUFFIXES: Final = (".html", ".pdf", ".txt", ".json")


def write_document(
    to: Path, document: Document, value: Mapping[str, Any], *, replace: bool
) -> None:
    """Write a document whole: a page, paper or text as its name ends, or ``value`` for programs."""
    write_report(to, value, lambda: _document(to.suffix.lower(), document), replace=replace)


def _document(suffix: str, document: Document) -> bytes:
    match suffix:
        case ".html":
            from callrec.paper.document_html import as_html

            return as_html(document)
        case ".pdf":
            from callrec.paper.document_pdf import as_pdf

            return as_pdf(document)
        case _:
            from callrec.paper.document_text import as_text

            return as_text(document)


def _write(invocation: Invocation, extract: RegisterExtract, to: Path, *, replace: bool) -> None:
    from callrec.views.registers import register_json

    zone, value = invocation.settings.time_zone, register_json(extract)
    rows = [[entry[column] for column in extract.columns] for entry in extract.entries]
    write_report(to, value, lambda: to_csv(extract.columns, rows, zone), replace=replace)
    value = {"path": to, "register": extract.register, "entries": len(rows)}
    invocation.out.show(value, f'"{to}" is written, entries: {len(rows)}')


def _show(invocation: Invocation, extract: RegisterExtract) -> None:
    from callrec.views.registers import register_cell, register_json, register_remarks

    out, zone, shown = invocation.out, invocation.settings.time_zone, extract.on_screen
    rows = [[register_cell(each, entry[each], zone) for each in shown] for entry in extract.entries]
    table = Table([column.replace("_", " ") for column in shown], rows)
    out.show(register_json(extract), table if rows else "Nothing is entered in this register.")
    if invocation.given.json or not rows:
        return
    if len(shown) < len(extract.columns):
        out.note(f"{len(shown)} of {len(extract.columns)} columns; --to FILE.csv writes all")
    for remark in register_remarks(extract):
        out.note(remark)


RegisterArgument = Annotated[RegisterName, options.named("NAME", "Which register to read.")]


@report_app.command()
def report(
    ctx: Context,
    *,
    month: ReportMonth = None,
    to: DocumentFile = None,
    pdf: ReportPdf = None,
    yes: options.Yes = False,
) -> None:
    """Count a month for the practice meeting and the DSPT.

    You see requests by purpose, in time and late, and who listened and searched. You see how many
    of the calls are held. Then come drives, incidents, complaints and retention, with plots of
    twelve months. Nobody who called is named. The whole audit record is checked first. Making a
    report is recorded.
    """
    from callrec.registers.months import read_month
    from callrec.registers.report import make_report, usual_month

    practice = practice_of(ctx.obj)
    wanted = usual_month(practice) if month is None else read_month(month)
    suffixes = {to: DOCUMENT_SUFFIXES, pdf: (".pdf",)}
    replaces = {
        file: check_destination(ctx.obj, file, yes=yes, suffixes=of_it)
        for file, of_it in suffixes.items()
        if file is not None
    }
    found = make_report(practice, signing_person(ctx.obj, practice), wanted)
    _show_report(ctx.obj.out, found, practice.settings.time_zone, replaces)


def _show_report(
    out: Output, found: PracticeReport, zone: tzinfo, replaces: Mapping[Path, bool]
) -> None:
    """Print it; where files were named, write these, and say so."""
    from callrec.paper.document_text import as_lines
    from callrec.registers.report_document import report_document

    document, value = report_document(found, zone), facts(found)
    for file, replace in replaces.items():
        write_document(file, document, value, replace=replace)
    if replaces:
        written = {"paths": [*replaces], "month": found.month, "entries": found.entries}
        names = " and ".join(f'"{file}"' for file in replaces)
        out.show(written, f"{names} {'is' if len(replaces) == 1 else 'are'} written")
    else:
        out.show(value, map(Prose, as_lines(document)))


ReportMonth = Annotated[
    str | None,
    options.valued(
        "--month", "MONTH", "Which month, as 2026-11; otherwise the last one that is over."
    ),
]

DocumentFile = Annotated[
    Path | None,
    options.valued(
        "--to", "FILE", "Write it to this file: .html for a page, .pdf, .txt, .json for programs."
    ),
]

ReportPdf = Annotated[
    Path | None, options.valued("--pdf", "FILE", "Write it for paper to this file, too.")
]

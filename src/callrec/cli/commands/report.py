"""report: a month of the practice in figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callrec.cli import options
from callrec.cli.documents import DOCUMENT_SUFFIXES, write_document
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, check_destination, practice_of, signing_person
from callrec.cli.layout import Prose
from callrec.cli.output import facts

report_app = new_app()


@report_app.command()
def report(
    ctx: Context,
    *,
    month: ReportMonth = None,
    to: ReportFile = None,
    pdf: ReportPdf = None,
    yes: options.Yes = False,
) -> None:
    """Count a month for the practice meeting and the DSPT.

    Requests by purpose, in time and late; who listened and who searched; calls held of calls made;
    drives, incidents, complaints, retention; twelve months as plots. Nobody who called is named.
    The whole audit record is checked first, and making a report is itself on record.
    """
    from callrec.paper.document_text import as_lines
    from callrec.registers.months import read_month
    from callrec.registers.report import make_report, usual_month
    from callrec.registers.report_document import report_document

    practice = practice_of(ctx.obj)
    wanted = usual_month(practice) if month is None else read_month(month)
    files = {to: DOCUMENT_SUFFIXES, pdf: (".pdf",)}
    replace = {
        file: check_destination(ctx.obj, file, yes=yes, suffixes=suffixes)
        for file, suffixes in files.items()
        if file is not None
    }
    found = make_report(practice, signing_person(ctx.obj, practice), wanted)
    document = report_document(found, practice.settings.time_zone)
    value = facts(found)
    for file, is_there in replace.items():
        write_document(file, document, value, replace=is_there)
    if replace:
        written = {"paths": [*replace], "month": found.month, "entries": found.entries}
        names = " and ".join(f'"{file}"' for file in replace)
        ctx.obj.out.show(written, f"{names} {'is' if len(replace) == 1 else 'are'} written")
    else:
        ctx.obj.out.show(value, map(Prose, as_lines(document)))


ReportMonth = Annotated[
    str | None,
    typer.Option(
        "--month", metavar="MONTH", help="Which month, as 2026-11; else the last one that is over."
    ),
]

ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE",
        help="Write it to this file: .html is a page, .pdf for paper, .txt, .json for programs.",
    ),
]

ReportPdf = Annotated[
    Path | None,
    typer.Option("--pdf", metavar="FILE", help="Write it for paper to this file, too."),
]

"""``callrec request dossier``: everything that ever happened to a request, in order."""

from __future__ import annotations

from callrec.cli import options
from callrec.cli.commands.register import DOCUMENT_SUFFIXES, DocumentFile, write_document
from callrec.cli.invocation import Context, check_destination, practice_of, signing_person
from callrec.cli.layout import Prose
from callrec.errors import Tampered


def dossier(
    ctx: Context, request: options.Reference, *, to: DocumentFile = None, yes: options.Yes = False
) -> None:
    """Show everything that ever happened to a request, in plain words.

    You see what was asked for, by when it must be answered, and why. You see what was decided and
    withheld, who has the package, and what remains to do. Then comes all that happened, in order,
    and what was refused. Reading this is recorded.
    """
    from callrec.paper.document_text import as_lines
    from callrec.registers.dossier import read_dossier
    from callrec.registers.dossier_document import dossier_document
    from callrec.views.registers import dossier_json

    call = ctx.obj
    practice = practice_of(call)
    replace = to is not None and check_destination(call, to, yes=yes, suffixes=DOCUMENT_SUFFIXES)
    found = read_dossier(practice, signing_person(call, practice), request)
    document = dossier_document(found, practice.settings.time_zone)
    value = dossier_json(found)
    if to is None:
        call.out.show(value, map(Prose, as_lines(document)))
    else:
        write_document(to, document, value, replace=replace)
        count = len(found.entries)
        written = {"path": to, "id": found.reference, "events": count}
        call.out.show(written, f'"{to}" is written, entries: {count}')
    if found.forged:
        raise Tampered(
            f"entries that name somebody who is not shown to have made them: {found.forged}"
        )

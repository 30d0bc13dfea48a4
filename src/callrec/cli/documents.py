"""A document written to a file, as its name says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from callrec.cli.output import as_json

if TYPE_CHECKING:
    from callrec.paper.document import Document

DOCUMENT_SUFFIXES: Final = (".html", ".pdf", ".txt", ".json")


def write_document(
    to: Path, document: Document, value: Mapping[str, Any], *, replace: bool
) -> None:
    """Write a file whole: a page, paper or text as its name ends, or ``value`` for programs."""
    from callrec.system.files import write_whole

    write_whole(to, _bytes(to.suffix.lower(), document, value), replace=replace)


def _bytes(suffix: str, document: Document, value: Mapping[str, Any]) -> bytes:
    match suffix:
        case ".html":
            from callrec.paper.document_html import as_html

            return as_html(document)
        case ".pdf":
            from callrec.paper.document_pdf import as_pdf

            return as_pdf(document)
        case ".txt":
            from callrec.paper.document_text import as_text

            return as_text(document)
        case _:
            return f"{as_json(value)}\n".encode()

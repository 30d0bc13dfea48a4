"""Registers: an extract for programs, its cells as people read them; and a request's dossier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from callrec.errors import Tampered
from callrec.policy.reviews import RegisterName
from callrec.policy.words import in_words
from callrec.registers.dossier import Dossier
from callrec.registers.registers import RegisterExtract
from callrec.system.spreadsheet import Cell, as_text
from callrec.views.words import facts, local_time

ANEW: Final[Mapping[str, str]] = {
    RegisterName.INCIDENTS: "incident report",
    RegisterName.COMPLAINTS: "complaint receive",
}
"""What enters again that of which an entry does not open."""

_CODED: Final = frozenset(
    {"purpose", "how", "role", "legal_basis", "confidentiality", "outcome", "powers"}
)
"""Columns of words that programs carry."""


def register_json(
    extract: RegisterExtract, entries: Iterable[Mapping[str, Cell]] | None = None
) -> dict[str, Any]:
    """An extract for programs: all its entries, or those that are named."""
    items = [dict(entry) for entry in (extract.entries if entries is None else entries)]
    return {**facts(extract, "register", "read_at"), "items": items}


def register_cell(column: str, value: Any, zone: tzinfo) -> object:
    """A cell of a register on a screen; a file has what programs read."""
    match value:
        case str() if column in _CODED:
            return in_words(value)
        case datetime():
            return local_time(value, zone)
        case bool():
            return as_text(value, zone)
        case tuple():
            return "; ".join(map(in_words, value) if column in _CODED else value)
        case _:
            return value


def what_does_not_open(extract: RegisterExtract) -> Tampered | None:
    """The entries that do not open as they were entered; None where all do."""
    if not extract.unopened:
        return None
    return Tampered(
        f"{extract.register} that do not open as they were entered: {', '.join(extract.unopened)}",
        hint="ask who entered it, and enter what is known of it anew:"
        f" callrec {ANEW[extract.register]}",
    )


def register_remarks(extract: RegisterExtract) -> Iterator[str]:
    """What to know of an extract besides its entries, a sentence each."""
    for reference in extract.decided_alone:
        yield (
            f"{reference} was decided alone, and nobody else has accepted that:"
            f" callrec audit review-glass {reference}"
        )
    yield from extract.brought_in


_OF_AN_ENTRY: Final = (
    *("at", "seq", "by", "role", "what", "outcome", "attested", "recordings"),
    *("details", "version"),
)


def dossier_json(found: Dossier) -> dict[str, Any]:
    """What happened to a request, as docs/reference/json.md has it."""
    return {
        "id": found.reference,
        **facts(found, "purpose", "state", "read_at", "in_full"),
        "events": [facts(entry, *_OF_AN_ENTRY) for entry in found.entries],
    }

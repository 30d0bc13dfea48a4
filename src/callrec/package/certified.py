"""The certificate as an opened page shows it: sections of facts, the same as on paper.

A section is ``{"heading", "notes", "lists"}``; of its lists each is ``{"name", "rows"}``, and a row
is ``[what, lines, whether each character counts]``.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

from callrec.package.certificate import (
    ROLE_IN_WORDS,
    WHY_NOT_ENCLOSED,
    approval_in_words,
    doubt_in_words,
    edits_in_words,
    hash_in_groups,
    instant_in_words,
    length_in_words,
    size_in_words,
    sound_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from callrec.package.certificate import Certificate, Exhibit
    from callrec.package.manifest import NotEnclosed, ReleasedFile

FactRow: TypeAlias = "tuple[str, tuple[str, ...], bool]"


def fact_row(what: str, *lines: str, exact: bool = False) -> FactRow:
    """A fact: what it is of, and its lines. Exact: a hash or a key, of which each letter counts."""
    return what, lines, exact


def sections_of(certificate: Certificate) -> Iterator[dict[str, object]]:
    """The certificate, section by section."""
    yield _section("What is certified", [("", _particulars(certificate))])
    if certificate.exhibit:
        yield _section("Exhibit", [("", _exhibit(certificate.exhibit))])
    yield _section("What is enclosed", [(file.path, _enclosed(file)) for file in certificate.files])
    yield _section(
        "What is not enclosed",
        [
            (f"The original of recording {original.recording}", _left_out(original))
            for original in certificate.not_enclosed
        ],
        note="" if certificate.not_enclosed else "No original was left out.",
    )
    yield _section(
        "What was withheld",
        [("", [fact_row(f"Recording {number}", why) for number, why in certificate.withheld])],
        note=""
        if certificate.withheld
        else "Nothing else that was asked for and may be given has been left out.",
    )
    yield _section(
        "How to check",
        [("", _record(certificate))],
        note="Save everything as one file and unpack it: VERIFY.txt in it says how. Compare the"
        " fingerprint with one that reached you another way.",
    )


def _section(
    heading: str, lists: Iterable[tuple[str, list[FactRow]]], *, note: str = ""
) -> dict[str, object]:
    return {
        "heading": heading,
        "notes": [note] if note else [],
        "lists": [
            {"name": name, "rows": [[what, [*lines], exact] for what, lines, exact in rows]}
            for name, rows in lists
            if rows
        ],
    }


def _hash(what: str, digest: str) -> FactRow:
    """In lines of four groups of eight digits."""
    return fact_row(what, *textwrap.wrap(hash_in_groups(digest), 35), exact=True)


def _particulars(certificate: Certificate) -> list[FactRow]:
    return [
        fact_row("Practice", certificate.practice),
        *([fact_row("How to reach it", certificate.contact)] if certificate.contact else []),
        fact_row("Request", certificate.request),
        *([fact_row("Subject", certificate.subject)] if certificate.subject else []),
        fact_row("Purpose", certificate.purpose),
        fact_row("Legal basis", certificate.legal_basis),
        fact_row("Approved by", *map(approval_in_words, certificate.approvals)),
        fact_row("Released by", certificate.released_by),
        fact_row("Put together", instant_in_words(certificate.at)),
        _hash("Release", certificate.release),
    ]


def _exhibit(exhibit: Exhibit) -> list[FactRow]:
    return [
        fact_row("Exhibit", exhibit.label),
        fact_row("Serial number of the medium", exhibit.medium_serial),
        *([fact_row("Reference of the case", exhibit.reference)] if exhibit.reference else []),
    ]


def _enclosed(file: ReleasedFile) -> list[FactRow]:
    return [
        fact_row("What it is", f"{ROLE_IN_WORDS[file.role]} of recording {file.recording}"),
        fact_row("Call began", instant_in_words(file.started_at), *doubt_in_words(file)),
        fact_row("Lasts", length_in_words(file.duration_ms)),
        fact_row("Sound", sound_in_words(file)),
        fact_row("Size", size_in_words(file.size_bytes)),
        _hash("SHA-256", file.sha256),
        *([_hash("Made from", file.made_from)] if file.made_from else []),
        fact_row("Edits", *(edits_in_words(file.edits) or ("none",))),
    ]


def _left_out(original: NotEnclosed) -> list[FactRow]:
    return [
        fact_row("Not enclosed, because", WHY_NOT_ENCLOSED[original.why]),
        fact_row("Size", size_in_words(original.size_bytes)),
        _hash("SHA-256", original.sha256),
    ]


def _record(certificate: Certificate) -> list[FactRow]:
    return [
        _hash("The practice's fingerprint", certificate.fingerprint),
        fact_row("Signed with the key", certificate.signing_key, exact=True),
        fact_row("Entry in the audit log", f"{certificate.audit_seq:,}"),
        fact_row("Checkpoint of the log", certificate.checkpoint, exact=True),
    ]

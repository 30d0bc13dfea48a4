"""``C-1.pdf``: what a practice certifies of a destruction, for its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callrec.package.certificate import hash_in_groups, instant_in_words
from callrec.package.destroyed import (
    METHOD,
    NOT_REACHED,
    STUB,
    DestroyedRecording,
    DestructionCertificate,
    decision_rows,
    medium_in_words,
    recording_in_words,
)
from callrec.paper.sheet import (
    HASH,
    LABEL,
    LEAD,
    NAVY,
    PRACTICE,
    STRONG,
    TEXT,
    TITLE,
    WIDTH,
    Group,
    Line,
    Rule,
    Sheet,
    blanks,
    count,
    fact,
    side_by_side,
    space,
)

_INDENT: Final = 5.0


def destruction_pdf(certificate: DestructionCertificate) -> bytes:
    """The certificate as PDF/A, pages of A4: the same bytes for the same facts."""
    title = f"Certificate of destruction {certificate.reference}"
    sheet = Sheet(title=title, practice=certificate.practice, at=certificate.done_at)
    sheet.keep(
        sheet.set(certificate.practice, PRACTICE),
        (Line(5, (Rule(0, WIDTH, 0.6, NAVY),)),),
        space(2.5),
        sheet.set(title, TITLE),
        space(1),
        sheet.set(
            f"{certificate.practice} certifies that it destroyed"
            f" {count(len(certificate.recordings), 'recording')} of telephone calls, as set out"
            " below.",
            LEAD,
        ),
    )
    sheet.keep_section("The decision", _decision(sheet, certificate))
    destroyed = (_recording(sheet, each) for each in certificate.recordings)
    sheet.keep_section("What was destroyed", destroyed)
    kept = [(f"Recording {number}", why) for number, why in certificate.kept]
    media = [(each.label, medium_in_words(each)) for each in certificate.media]
    for heading, rows, style in (
        ("What was asked for and is kept", kept, TEXT),
        ("Archive volumes", media, TEXT),
        ("Released before: who has it was to be told [UK GDPR 19]", certificate.released, HASH),
    ):
        if rows:
            sheet.keep_section(heading, (fact(sheet, *row, style) for row in rows))
    sheet.keep_section("How", [sheet.set(METHOD, TEXT)])
    items = (
        side_by_side(sheet.set("·", LABEL, width=_INDENT), sheet.set(what, TEXT, x=_INDENT))
        for what in NOT_REACHED
    )
    sheet.keep_section("What is not reached", items)
    sheet.keep_section("What is kept of them", [sheet.set(STUB, TEXT)])
    names = ("Signature", "Name and role", "Date")
    signature = (*space(9), *blanks(sheet, *names, x=0, width=WIDTH))
    sheet.keep_section("Signed for the practice", [signature])
    return sheet.to_pdf(f"{title}   ·   {certificate.request}")


def _decision(sheet: Sheet, certificate: DestructionCertificate) -> Iterator[Group]:
    for row in decision_rows(certificate):
        yield fact(sheet, *row)
    yield fact(sheet, "Audit log", f"entry {certificate.audit_seq} records it")
    yield fact(sheet, "Fingerprint", hash_in_groups(certificate.fingerprint), HASH)


def _recording(sheet: Sheet, recording: DestroyedRecording) -> Group:
    began = sheet.set_right(f"began {instant_in_words(recording.started_at)}", TEXT)
    return (
        *side_by_side(sheet.set(f"Recording {recording.number}", STRONG), began),
        *sheet.set(recording_in_words(recording), TEXT, x=_INDENT),
        *sheet.set(f"uid {recording.uid}", HASH, x=_INDENT),
        *sheet.set(hash_in_groups(recording.ciphertext), HASH, x=_INDENT),
        *space(1),
    )

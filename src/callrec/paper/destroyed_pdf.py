"""``C-1.pdf``: what a practice certifies of a destruction, for its files."""

from __future__ import annotations

from callrec.package.certificate import hash_in_groups, instant_in_words
from callrec.package.destroyed import (
    METHOD,
    NOT_REACHED,
    STUB,
    DestroyedRecording,
    DestructionCertificate,
    decision_rows,
    kept_rows,
    medium_rows,
    recording_in_words,
)
from callrec.paper.sheet import (
    HASH,
    INDENT,
    LEAD,
    PRACTICE,
    STRONG,
    TEXT,
    TITLE,
    Group,
    Sheet,
    count,
    side_by_side,
    space,
    stack,
    thick_rule,
)


def destruction_pdf(certificate: DestructionCertificate) -> bytes:
    """The certificate as PDF/A, pages of A4: the same bytes for the same facts."""
    title = f"Certificate of destruction {certificate.reference}"
    sheet = Sheet(title=title, practice=certificate.practice, at=certificate.done_at)
    sheet.keep(
        sheet.set(certificate.practice, PRACTICE),
        thick_rule(5),
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
    decision = [sheet.fact(*row) for row in decision_rows(certificate)]
    decision += [
        sheet.fact("Audit log", f"entry {certificate.audit_seq} records it"),
        sheet.fact("Fingerprint", hash_in_groups(certificate.fingerprint), HASH),
    ]
    sheet.keep_section("The decision", decision)
    destroyed = (_recording(sheet, each) for each in certificate.recordings)
    sheet.keep_section("What was destroyed", destroyed)
    for heading, rows, style in (
        ("What was asked for and is kept", kept_rows(certificate), TEXT),
        ("Archive volumes", medium_rows(certificate), TEXT),
        ("Released before: who has it was to be told [UK GDPR 19]", certificate.released, HASH),
    ):
        if rows:
            sheet.keep_section(heading, (sheet.fact(*row, style) for row in rows))
    sheet.keep_section("How", [sheet.set(METHOD, TEXT)])
    points = (sheet.item("·", sheet.set(what, TEXT, x=INDENT)) for what in NOT_REACHED)
    sheet.keep_section("What is not reached", points)
    sheet.keep_section("What is kept of them", [sheet.set(STUB, TEXT)])
    sheet.keep(*sheet.signed_for_practice())
    return sheet.to_pdf(f"{title}   ·   {certificate.request}")


def _recording(sheet: Sheet, recording: DestroyedRecording) -> Group:
    began = sheet.set_right(f"began {instant_in_words(recording.started_at)}", TEXT)
    return stack(
        side_by_side(sheet.set(f"Recording {recording.recording}", STRONG), began),
        sheet.set(recording_in_words(recording), TEXT, x=INDENT),
        sheet.set(f"uid {recording.uid}", HASH, x=INDENT),
        sheet.set(hash_in_groups(recording.sha256_sealed), HASH, x=INDENT),
        space(1),
    )

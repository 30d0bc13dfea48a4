"""``C-1.pdf``: what a practice certifies of a destruction, for its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from callrec.package.certificate import approval_in_words, hash_in_groups, instant_in_words
from callrec.package.destroyed import (
    METHOD,
    NOT_REACHED,
    STUB,
    DestroyedRecording,
    DestructionCertificate,
    medium_in_words,
    recording_in_words,
)
from callrec.paper.faces import Face, Style
from callrec.paper.sheet import (
    HASH,
    LABEL,
    NAVY,
    PALE,
    STRONG,
    TEXT,
    WIDTH,
    Group,
    Line,
    Rule,
    Sheet,
    as_opening,
    blanks,
    count,
    fact,
    side_by_side,
    space,
)

_PRACTICE: Final = Style(Face.BOLD, 13, NAVY)

_TITLE: Final = Style(Face.SERIF, 23, NAVY, 1.3)

_LEAD: Final = Style(Face.SERIF, 10.5, spacing=1.5)

_HEADING: Final = Style(Face.BOLD, 10.5, NAVY)

_INDENT: Final = 5.0


def destruction_pdf(certificate: DestructionCertificate) -> bytes:
    """The certificate as PDF/A, pages of A4: the same bytes for the same facts."""
    title = f"Certificate of destruction {certificate.reference}"
    sheet = Sheet(title=title, practice=certificate.practice, at=certificate.done_at)
    sheet.keep(
        sheet.set(certificate.practice, _PRACTICE),
        (Line(5, (Rule(0, WIDTH, 0.6, NAVY),)),),
        space(2.5),
        sheet.set(title, _TITLE),
        space(1),
        sheet.set(
            f"{certificate.practice} certifies that it destroyed"
            f" {count(len(certificate.recordings), 'recording')} of telephone calls, as set out"
            " below.",
            _LEAD,
        ),
    )
    _section(sheet, "The decision", _decision(sheet, certificate))
    destroyed = (_recording(sheet, each) for each in certificate.recordings)
    _section(sheet, "What was destroyed", destroyed)
    if certificate.kept:
        kept = (fact(sheet, f"Recording {number}", why) for number, why in certificate.kept)
        _section(sheet, "What was asked for and is kept", kept)
    if certificate.media:
        media = (fact(sheet, each.label, medium_in_words(each)) for each in certificate.media)
        _section(sheet, "Archive volumes", media)
    if certificate.released:
        told = (fact(sheet, request, release, HASH) for request, release in certificate.released)
        _section(sheet, "Released before: who has it was to be told [UK GDPR 19]", told)
    _section(sheet, "How", iter([sheet.set(METHOD, TEXT)]))
    _section(sheet, "What is not reached", (_item(sheet, what) for what in NOT_REACHED))
    _section(sheet, "What is kept of them", iter([sheet.set(STUB, TEXT)]))
    names = ("Signature", "Name and role", "Date")
    signature = (*space(9), *blanks(sheet, *names, x=0, width=WIDTH))
    _section(sheet, "Signed for the practice", iter([signature]))
    return sheet.to_pdf(f"{title}   ·   {certificate.request}")


def _section(sheet: Sheet, title: str, groups: Iterable[Group]) -> None:
    """A section of any length, its heading on the page of its first group."""
    first, *rest = groups
    sheet.keep(
        space(3.6),
        as_opening(title, sheet.set(title, _HEADING)),
        (Line(1.6, (Rule(0, WIDTH, 0.2, PALE),)),),
        space(0.8),
        first,
    )
    for group in rest:
        sheet.keep(group)


def _decision(sheet: Sheet, certificate: DestructionCertificate) -> Iterator[Group]:
    yield fact(sheet, "Request", f"{certificate.request}, {certificate.purpose}")
    yield fact(sheet, "Asked by", certificate.asked_by)
    for approval in certificate.approvals:
        yield fact(sheet, "Approved by", approval_in_words(approval))
    began = instant_in_words(certificate.begun_at)
    yield fact(sheet, "Carried out by", f"{certificate.carried_out_by}, {began}")
    yield fact(sheet, "Complete", instant_in_words(certificate.done_at))
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


def _item(sheet: Sheet, what: str) -> Group:
    return side_by_side(sheet.set("·", LABEL, width=_INDENT), sheet.set(what, TEXT, x=_INDENT))

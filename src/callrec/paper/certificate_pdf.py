"""``certificate.pdf``: what a practice certifies of a release (docs/formats/release.md, 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from callrec.package.texts import WHAT_IT_PROVES
from callrec.paper.faces import Face, Style
from callrec.paper.fields import (
    HASH,
    LABEL,
    NOTE,
    STRONG,
    TEXT,
    blanks,
    count,
    fact,
    section,
    space,
)
from callrec.paper.lines import Group, Line, Picture, Rule, height_of, side_by_side
from callrec.paper.qr import qr_png
from callrec.paper.sheet import NAVY, WIDTH, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fpdf import FPDF

    from callrec.package.certificate import Certificate
    from callrec.package.manifest import NotEnclosed, ReleasedFile

_PRACTICE: Final = Style(Face.BOLD, 13, NAVY)

_TITLE: Final = Style(Face.SERIF, 23, NAVY, 1.3)

_LEAD: Final = Style(Face.SERIF, 10.5, spacing=1.5)

_FINGERPRINT: Final = Style(Face.MONO, 12, spacing=1.55)

_VERBATIM: Final = Style(Face.MONO, 6, spacing=1.5)
"""Small enough for the longest line of a checkpoint, its signature of 135 characters."""

_INDENT: Final = 5.0

_QR_SIDE: Final = 27.0


def certificate_pdf(certificate: Certificate, on: FPDF | None = None) -> bytes:
    """The certificate as PDF/A, pages of A4: the same bytes for the same facts.

    Args:
        certificate: the facts.
        on: as a `Sheet` takes it.
    """
    sheet = Sheet(
        title=f"Certificate of release, request {certificate.request}",
        practice=certificate.practice,
        at=certificate.at,
        on=on,
    )
    _head(sheet, certificate)
    sheet.keep(*section(sheet, "The release", *_release(sheet, certificate)))
    _list(sheet, "What is enclosed", _enclosed(sheet, certificate.files))
    if certificate.not_enclosed:
        originals = _not_enclosed(sheet, certificate.not_enclosed)
        _list(sheet, "Originals that are not enclosed", originals)
    _list(sheet, "What is withheld", _withheld(sheet, certificate))
    sheet.keep(*section(sheet, "The practice's fingerprint", _fingerprint(sheet, certificate)))
    # Together, so that nobody signs a page on which nothing else stands.
    sheet.keep(
        *section(sheet, "The record", *_record(sheet, certificate)),
        *section(sheet, "How to check all this", *_how_to_check(sheet, certificate)),
        *section(sheet, "Signed for the practice", _signature(sheet)),
    )
    return sheet.to_pdf(
        f"Certificate of release   ·   {certificate.request}   ·   release {certificate.release}"
    )


def _head(sheet: Sheet, certificate: Certificate) -> None:
    sheet.keep(
        sheet.set(certificate.practice, _PRACTICE),
        space(0.6),
        sheet.set(certificate.contact, LABEL),
        (Line(5, (Rule(0, WIDTH, 0.6, NAVY),)),),
    )
    recordings = len({file.recording for file in certificate.files})
    sheet.keep(
        space(2.5),
        sheet.set("Certificate of release", _TITLE),
        space(1),
        sheet.set(
            f"{certificate.practice} certifies that it released the sound of"
            f" {count(recordings, 'telephone call')}, in {count(len(certificate.files), 'file')},"
            f" as set out below. This certificate {WHAT_IT_PROVES}.",
            _LEAD,
        ),
    )


def _list(sheet: Sheet, title: str, groups: Iterable[Group]) -> None:
    """A section of any length, its heading on the page of its first group."""
    first, *rest = groups
    sheet.keep(*section(sheet, title, first))
    for group in rest:
        sheet.keep(group)


def _release(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    yield fact(sheet, "Request", certificate.request)
    yield fact(sheet, "Release", certificate.release, HASH)
    yield fact(sheet, "Purpose", certificate.purpose)
    yield fact(sheet, "Legal basis", certificate.legal_basis)
    if certificate.subject is not None:
        yield fact(sheet, "Subject", certificate.subject)
    for approval in certificate.approvals:
        yield fact(sheet, "Approved by", approval_in_words(approval))
    yield fact(
        sheet, "Released by", f"{certificate.released_by}, {instant_in_words(certificate.at)}"
    )
    if exhibit := certificate.exhibit:
        yield fact(sheet, "Exhibit", exhibit.label)
        yield fact(sheet, "Medium's serial", exhibit.medium_serial)
        yield fact(sheet, "Case reference", exhibit.reference or "none given")


def _enclosed(sheet: Sheet, files: Iterable[ReleasedFile]) -> Iterator[Group]:
    yield sheet.set(
        "An original is, byte for byte, what the telephone system wrote. A listening copy was made"
        " from it, so that any player plays it. Times are on the practice's clock, with its offset"
        " from UTC. Beneath each file stands its SHA-256.",
        NOTE,
    )
    recording = None
    for file in files:
        if file.recording != recording:
            recording = file.recording
            yield (*_recording(sheet, file), *_file(sheet, file))
        else:
            yield _file(sheet, file)


def _recording(sheet: Sheet, file: ReleasedFile) -> Group:
    began = sheet.set_right(f"began {instant_in_words(file.started_at)}", TEXT)
    doubts = (sheet.set(doubt, TEXT, x=_INDENT) for doubt in doubt_in_words(file))
    return (
        *space(2.2),
        *side_by_side(sheet.set(f"Recording {file.recording}", STRONG), began),
        *(line for doubt in doubts for line in doubt),
    )


def _file(sheet: Sheet, file: ReleasedFile) -> Group:
    row = side_by_side(
        sheet.set(file.path, HASH, x=_INDENT, width=60),
        sheet.set(ROLE_IN_WORDS[file.role], TEXT, x=58, width=26),
        sheet.set(sound_in_words(file), TEXT, x=84, width=36),
        sheet.set_right(length_in_words(file.duration_ms), TEXT, x=143),
        sheet.set_right(size_in_words(file.size_bytes), TEXT),
    )
    edits = (sheet.set(edit, TEXT, x=_INDENT) for edit in edits_in_words(file.edits))
    return (
        *row,
        *sheet.set(hash_in_groups(file.sha256), HASH, x=_INDENT),
        *(line for edit in edits for line in edit),
        *space(1),
    )


def _not_enclosed(sheet: Sheet, originals: Iterable[NotEnclosed]) -> Iterator[Group]:
    for original in originals:
        yield (
            *side_by_side(
                sheet.set(f"Recording {original.recording}", STRONG),
                sheet.set(original.codec, TEXT, x=84, width=50),
                sheet.set_right(size_in_words(original.size_bytes), TEXT),
            ),
            *sheet.set(hash_in_groups(original.sha256), HASH, x=_INDENT),
            *sheet.set(
                f"The practice keeps it. Not enclosed, because {WHY_NOT_ENCLOSED[original.why]}.",
                TEXT,
                x=_INDENT,
            ),
            *space(1),
        )


def _withheld(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    if not certificate.withheld:
        yield sheet.set("Nothing else that was asked for and may be given has been left out.", TEXT)
    for number, why in certificate.withheld:
        yield fact(sheet, f"Recording {number}", f"because {why}")


def _fingerprint(sheet: Sheet, certificate: Certificate) -> Group:
    groups = hash_in_groups(certificate.fingerprint).split(" ")
    halves = [" ".join(groups[:4]), " ".join(groups[4:])]
    width = WIDTH - _QR_SIDE - 8
    words = (
        *(line for half in halves for line in sheet.set(half, _FINGERPRINT, width=width)),
        *space(1.5),
        *sheet.set(
            "Compare every group with what the practice publishes, or telephone it on a number that"
            " you found elsewhere and let it read out its own. The square says the same.",
            NOTE,
            width=width,
        ),
    )
    spare = max(0.0, _QR_SIDE - height_of(words))
    picture = Picture(WIDTH - _QR_SIDE, _QR_SIDE, qr_png(certificate.fingerprint))
    return (*side_by_side(words[:1], [Line(0, (picture,))]), *words[1:], *space(spare))


def _record(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    yield fact(sheet, "Signed with the key", certificate.signing_key, HASH)
    yield fact(sheet, "Audit log", f"entry {certificate.audit_seq} records this release")
    note = [sheet.set(line, _VERBATIM) for line in certificate.checkpoint.splitlines()]
    yield (
        *sheet.set("The log's checkpoint at that entry, as it was signed:", LABEL),
        *space(0.8),
        *(line for lines in note for line in lines),
    )


def _how_to_check(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    steps = (
        sheet.set(
            "Compare the fingerprint with one that did not come with these files.", TEXT, x=_INDENT
        ),
        (
            *sheet.set("With Python 3.9 or later, in the folder of the release:", TEXT, x=_INDENT),
            *sheet.set(
                f"python3 callrec_verify.py --pin {certificate.fingerprint}", HASH, x=_INDENT
            ),
        ),
        sheet.set(
            "Without it: VERIFY.txt. SHA256SUMS, signed with that key, holds this file's own hash.",
            TEXT,
            x=_INDENT,
        ),
    )
    for number, step in enumerate(steps, 1):
        yield side_by_side(sheet.set(f"{number}.", LABEL, width=_INDENT), step)


def _signature(sheet: Sheet) -> Group:
    return (*space(9), *blanks(sheet, "Signature", "Name and role", "Date", x=0, width=WIDTH))

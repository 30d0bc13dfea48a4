"""Certificate and exhibit label as PDF/A."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from fpdf import FPDF

from callrec.package.certificate import (
    NOTHING_WITHHELD,
    ROLE_IN_WORDS,
    WHY_NOT_ENCLOSED,
    Certificate,
    Exhibit,
    approval_in_words,
    doubt_in_words,
    edits_in_words,
    hash_in_groups,
    instant_in_words,
    length_in_words,
    size_in_words,
    sound_in_words,
)
from callrec.package.manifest import NotEnclosed, ReleasedFile
from callrec.package.texts import WHAT_IT_PROVES
from callrec.paper.faces import Face, Style
from callrec.paper.sheet import (
    HASH,
    HEADING,
    LABEL,
    LEAD,
    NAVY,
    NOTE,
    PRACTICE,
    STRONG,
    TEXT,
    TITLE,
    WIDTH,
    Box,
    Group,
    Line,
    Rule,
    Sheet,
    as_opening,
    beside_square,
    blank_captions,
    blanks,
    count,
    fact,
    height_of,
    pen_lines,
    section,
    side_by_side,
    space,
)

_FINGERPRINT: Final = Style(Face.MONO, 12, spacing=1.55)

_VERBATIM: Final = Style(Face.MONO, 6, spacing=1.5)
"""Small enough for the longest line of a checkpoint, its signature of 135 characters."""

_INDENT: Final = 5.0

_QR_SIDE: Final = 27.0


def certificate_pdf(certificate: Certificate, on: FPDF | None = None) -> bytes:
    """The certificate as PDF/A, pages of A4: the same bytes for the same facts."""
    sheet = Sheet(
        title=f"Certificate of release, request {certificate.request}",
        practice=certificate.practice,
        at=certificate.at,
        on=on,
    )
    _head(sheet, certificate)
    sheet.keep(*section(sheet, "The release", *_release(sheet, certificate)))
    sheet.keep_section("What is enclosed", _enclosed(sheet, certificate.files))
    if certificate.not_enclosed:
        originals = _not_enclosed(sheet, certificate.not_enclosed)
        sheet.keep_section("Originals that are not enclosed", originals)
    sheet.keep_section("What is withheld", _withheld(sheet, certificate))
    sheet.keep(*section(sheet, "The practice's fingerprint", _fingerprint(sheet, certificate)))
    names = ("Signature", "Name and role", "Date")
    signature = (*space(9), *blanks(sheet, *names, x=0, width=WIDTH))
    # Together, so that nobody signs a page on which nothing else stands.
    sheet.keep(
        *section(sheet, "The record", *_record(sheet, certificate)),
        *section(sheet, "How to check all this", *_how_to_check(sheet, certificate)),
        *section(sheet, "Signed for the practice", signature),
    )
    return sheet.to_pdf(
        f"Certificate of release   ·   {certificate.request}   ·   release {certificate.release}"
    )


def _head(sheet: Sheet, certificate: Certificate) -> None:
    sheet.keep(
        sheet.set(certificate.practice, PRACTICE),
        space(0.6),
        sheet.set(certificate.contact, LABEL),
        (Line(5, (Rule(0, WIDTH, 0.6, NAVY),)),),
    )
    recordings = len({file.recording for file in certificate.files})
    sheet.keep(
        space(2.5),
        sheet.set("Certificate of release", TITLE),
        space(1),
        sheet.set(
            f"{certificate.practice} certifies that it released the sound of"
            f" {count(recordings, 'telephone call')}, in {count(len(certificate.files), 'file')},"
            f" as set out below. This certificate {WHAT_IT_PROVES}.",
            LEAD,
        ),
    )


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
        yield sheet.set(NOTHING_WITHHELD, TEXT)
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
    return beside_square(words, certificate.fingerprint, _QR_SIDE)


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


_SIZE: Final = (150.0, 100.0)

_X: Final = (WIDTH - _SIZE[0]) / 2

_INSIDE: Final = _X + 6

_INNER: Final = _SIZE[0] - 12

_VALUES: Final = 32.0

_LABEL_PRACTICE: Final = Style(Face.BOLD, 10, NAVY)

_REFERENCE: Final = Style(Face.SERIF, 24, NAVY, 1.2)

_HASH: Final = Style(Face.MONO, 6.5)

_HASHES: Final = 2
"""As many stand on the label; a reader of more looks at the certificate."""

_LINES: Final = 2
"""As many for each fact: a label stays a label, whatever somebody called himself."""

_COLUMNS: Final = ("Taken over by (name, role)", "From", "Date and time", "Signature")

_ROWS: Final = 10


def exhibit_label_pdf(certificate: Certificate) -> bytes:
    """One page of A4: a label of 150 by 100 mm, and a table of continuity below it."""
    if certificate.exhibit is None:
        raise ValueError("a label is for an exhibit")
    sheet = Sheet(
        title=f"Exhibit label, request {certificate.request}",
        practice=certificate.practice,
        at=certificate.at,
    )
    sheet.keep(
        _label(sheet, certificate, certificate.exhibit),
        space(1),
        sheet.set("Cut along the frame and fix to the medium or to its bag.", NOTE, x=_X),
    )
    sheet.keep(*_continuity(sheet))
    return sheet.to_pdf(
        f"Exhibit label   ·   {certificate.request}   ·   release {certificate.release}"
    )


def _label(sheet: Sheet, certificate: Certificate, exhibit: Exhibit) -> Group:
    inside = (
        *space(5),
        *sheet.set(certificate.practice, _LABEL_PRACTICE, x=_INSIDE, width=_INNER, most=_LINES),
        *space(2.5),
        *sheet.set("Exhibit", LABEL, x=_INSIDE),
        *sheet.set(exhibit.label, _REFERENCE, x=_INSIDE, width=_INNER, most=_LINES),
        *space(1.5),
        *(line for fact in _facts(sheet, certificate, exhibit) for line in fact),
    )
    below = (
        *blanks(sheet, "Produced by (name)", "Role", x=_INSIDE, width=_INNER),
        *space(6.5),
        *blanks(sheet, "Signature", "Date and time", x=_INSIDE, width=_INNER),
        *space(3),
    )
    spare = max(6.5, _SIZE[1] - height_of(inside) - height_of(below))
    label = (*inside, *space(spare), *below)
    frame = Line(0, (Box(_X, _SIZE[0], height_of(label), 0.5, NAVY),))
    return (frame, *label)


def _facts(sheet: Sheet, certificate: Certificate, exhibit: Exhibit) -> Iterator[Group]:
    calls = count(len({file.recording for file in certificate.files}), "telephone call")
    files = count(len(certificate.files), "file")
    yield _fact(sheet, "What it is", f"The sound of {calls}, in {files}")
    yield _fact(sheet, "Case reference", exhibit.reference or "none given")
    yield _fact(sheet, "Medium's serial", exhibit.medium_serial)
    yield _fact(sheet, "Request", certificate.request)
    yield _fact(sheet, "Release", certificate.release, HASH)
    yield _fact(sheet, "Put together", instant_in_words(certificate.at))
    hashes = [hash_in_groups(file.sha256) for file in certificate.files]
    if len(hashes) > _HASHES:
        yield _fact(sheet, "SHA-256", "of each file: in the certificate of this release")
    else:
        for each in hashes:
            yield _fact(sheet, "SHA-256", each, _HASH)


def _continuity(sheet: Sheet) -> Iterator[Group]:
    yield space(7)
    yield as_opening("Continuity", sheet.set("Continuity", HEADING))
    yield sheet.set(
        "Whoever takes the medium over signs here, from the top, each time it changes hands.", NOTE
    )
    yield space(2)
    yield blank_captions(sheet, *_COLUMNS, x=0, width=WIDTH)
    for _ in range(_ROWS):
        yield (*space(10.5), pen_lines(len(_COLUMNS), x=0, width=WIDTH))


def _fact(sheet: Sheet, label: str, value: str, style: Style = TEXT) -> Group:
    return side_by_side(
        sheet.set(label, LABEL, x=_INSIDE, width=_VALUES - 2),
        sheet.set(value, style, x=_INSIDE + _VALUES, width=_INNER - _VALUES, most=_LINES),
    )

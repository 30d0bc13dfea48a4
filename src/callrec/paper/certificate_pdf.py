"""The certificates of a release and of a destruction, and the exhibit label, as PDF/A."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Final

from fpdf import FPDF

from callrec.package.certificate import (
    ROLE_IN_WORDS,
    WHY_NOT_ENCLOSED,
    Certificate,
    Exhibit,
    approval_in_words,
    basis_rows,
    edits_in_words,
    hash_in_groups,
    hash_in_lines,
    instant_in_words,
    length_in_words,
    nothing_withheld,
    size_in_words,
    sound_in_words,
    told_of_call,
)
from callrec.package.destroyed import (
    HOW_TO_CHECK,
    WHAT_WE_KEEP,
    Certified,
    DestroyedRecording,
    DestructionCertificate,
    decision_rows,
    kept_rows,
    medium_rows,
    method,
    not_reached,
    record_rows,
    recording_in_words,
    stub,
)
from callrec.package.manifest import NotEnclosed, ReleasedFile
from callrec.package.texts import WHAT_IT_PROVES
from callrec.paper.faces import Face, Style
from callrec.paper.sheet import (
    HASH,
    HEADING,
    INDENT,
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
    Sheet,
    as_opening,
    beside_square,
    height_of,
    pen_lines,
    side_by_side,
    space,
    stack,
    thick_rule,
)
from callrec.policy.words import counted

_FINGERPRINT: Final = Style(Face.MONO, 12, spacing=1.55)

_VERBATIM: Final = Style(Face.MONO, 6, spacing=1.5)
"""Small enough for the longest line of a checkpoint, its signature of 135 characters."""


_QR_SIDE: Final = 27.0


def papers_of(certificate: Certificate, on: FPDF | None = None) -> tuple[bytes, bytes]:
    """The certificate, and its label; nothing where the release is not an exhibit."""
    label = exhibit_label_pdf(certificate) if certificate.exhibit else b""
    return certificate_pdf(certificate, on), label


def certificate_pdf(certificate: Certificate, on: FPDF | None = None) -> bytes:
    """The certificate as PDF/A, pages of A4: the same bytes for the same facts."""
    sheet = Sheet(
        title=f"Certificate of release, request {certificate.request}",
        practice=certificate.practice,
        at=certificate.at,
        on=on,
    )
    _head(sheet, certificate)
    sheet.keep(*sheet.section("The release", *_release(sheet, certificate)))
    sheet.keep_section("What is enclosed", _enclosed(sheet, certificate.files))
    if certificate.not_enclosed:
        originals = _not_enclosed(sheet, certificate.not_enclosed)
        sheet.keep_section("Originals that are not enclosed", originals)
    sheet.keep_section("What is withheld", _withheld(sheet, certificate))
    sheet.keep(*sheet.section("The practice's fingerprint", _fingerprint(sheet, certificate)))
    # Together, so that nobody signs a page on which nothing else stands.
    sheet.keep(
        *sheet.section("The record", *_record(sheet, certificate)),
        *sheet.section("How to check all this", *_how_to_check(sheet, certificate)),
        *sheet.signed_for_practice(),
    )
    return sheet.to_pdf(
        f"Certificate of release   ·   {certificate.request}   ·   release {certificate.release}"
    )


def _head(sheet: Sheet, certificate: Certificate) -> None:
    sheet.keep(
        sheet.set(certificate.practice, PRACTICE),
        space(0.6),
        sheet.set(certificate.contact, LABEL),
        thick_rule(5),
    )
    sheet.keep(
        space(2.5),
        sheet.set("Certificate of release", TITLE),
        space(1),
        sheet.set(
            f"{certificate.practice} certifies that it released the sound of"
            f" {_calls_and_files(certificate)}, as set out below. This certificate"
            f" {WHAT_IT_PROVES}.",
            LEAD,
        ),
    )


def _release(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    yield sheet.fact("Request", certificate.request)
    yield sheet.fact("Release", certificate.release, HASH)
    yield sheet.fact("Purpose", certificate.purpose)
    yield from (sheet.fact(*row) for row in basis_rows(certificate))
    if certificate.subject is not None:
        yield sheet.fact("Subject", certificate.subject)
    for approval in certificate.approvals:
        yield sheet.fact("Approved by", approval_in_words(approval))
    released = f"{certificate.released_by}, {instant_in_words(certificate.at)}"
    yield sheet.fact("Released by", released)
    if exhibit := certificate.exhibit:
        yield sheet.fact("Exhibit", exhibit.label)
        yield sheet.fact("Medium's serial", exhibit.medium_serial)
        yield sheet.fact("Case reference", exhibit.reference or "none given")


def _enclosed(sheet: Sheet, files: Iterable[ReleasedFile]) -> Iterator[Group]:
    yield sheet.set(
        "An original is, byte for byte, the file that was taken in, as is said with each call. A"
        " listening copy was made from it, so that any player plays it. Times are on the practice's"
        " clock, with its offset from UTC. Beneath each file stands its SHA-256.",
        NOTE,
    )
    for _, of_recording in groupby(files, key=lambda file: file.recording):
        first, *others = of_recording
        yield stack(_recording(sheet, first), _file(sheet, first))
        yield from (_file(sheet, file) for file in others)


def _recording(sheet: Sheet, file: ReleasedFile) -> Group:
    doubts = (sheet.set(doubt, TEXT, x=INDENT) for doubt in told_of_call(file))
    return stack(space(2.2), _when(sheet, file.recording, file.started_at), *doubts)


def _when(sheet: Sheet, recording: int, started_at: datetime) -> Group:
    began = sheet.set_right(f"began {instant_in_words(started_at)}", TEXT)
    return side_by_side(sheet.set(f"Recording {recording}", STRONG), began)


def _file(sheet: Sheet, file: ReleasedFile) -> Group:
    row = side_by_side(
        sheet.set(file.path, HASH, x=INDENT, width=60),
        sheet.set(ROLE_IN_WORDS[file.role], TEXT, x=58, width=26),
        sheet.set(sound_in_words(file), TEXT, x=84, width=36),
        sheet.set_right(length_in_words(file.duration_ms), TEXT, x=143),
        sheet.set_right(size_in_words(file.size_bytes), TEXT),
    )
    return stack(
        row,
        sheet.set(hash_in_groups(file.sha256), HASH, x=INDENT),
        *(sheet.set(edit, TEXT, x=INDENT) for edit in edits_in_words(file.edits)),
        space(1),
    )


def _not_enclosed(sheet: Sheet, originals: Iterable[NotEnclosed]) -> Iterator[Group]:
    for original in originals:
        why = f"The practice keeps it. Not enclosed, because {WHY_NOT_ENCLOSED[original.why]}."
        yield stack(
            side_by_side(
                sheet.set(f"Recording {original.recording}", STRONG),
                sheet.set(original.codec, TEXT, x=84, width=50),
                sheet.set_right(size_in_words(original.size_bytes), TEXT),
            ),
            sheet.set(hash_in_groups(original.sha256), HASH, x=INDENT),
            sheet.set(why, TEXT, x=INDENT),
            space(1),
        )


def _withheld(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    if not certificate.withheld:
        yield sheet.set(nothing_withheld(certificate), TEXT)
    for number, why in certificate.withheld:
        yield sheet.fact(f"Recording {number}", f"because {why}")


def _fingerprint(sheet: Sheet, certificate: Certificate) -> Group:
    width, lines = WIDTH - _QR_SIDE - 8, hash_in_lines(certificate.fingerprint)
    words = stack(
        *(sheet.set(line, _FINGERPRINT, width=width) for line in lines),
        space(1.5),
        sheet.set(
            "Compare every group with what the practice publishes, or telephone it on a number that"
            " you found elsewhere and let it read out its own. The square says the same.",
            NOTE,
            width=width,
        ),
    )
    return beside_square(words, certificate.fingerprint, _QR_SIDE)


def _record(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    yield sheet.fact("Signed with the key", certificate.signing_key, HASH)
    yield sheet.fact("Audit log", f"entry {certificate.audit_seq} records this release")
    yield stack(
        sheet.set("The log's checkpoint at that entry, as it was signed:", LABEL),
        space(0.8),
        *(sheet.set(line, _VERBATIM) for line in certificate.checkpoint.splitlines()),
    )


def _how_to_check(sheet: Sheet, certificate: Certificate) -> Iterator[Group]:
    command = f"python3 callrec_verify.py --pin {certificate.fingerprint}"
    steps = (
        "Compare the fingerprint with one that did not come with these files.",
        "With Python 3.9 or later, in the folder of the release:",
        "Without it: VERIFY.txt. SHA256SUMS, signed with that key, holds this file's own hash.",
    )
    first, second, third = (
        sheet.item(f"{number}.", sheet.set(step, TEXT, x=INDENT))
        for number, step in enumerate(steps, 1)
    )
    yield from (first, second, sheet.set(command, HASH, x=INDENT), third)


def destruction_pdf(certificate: DestructionCertificate, certified: Certified) -> bytes:
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
            f" {counted(len(certificate.recordings), 'recording')} of telephone calls, as set out"
            " below.",
            LEAD,
        ),
    )
    decision = [sheet.fact(*row) for row in decision_rows(certificate)]
    decision += [sheet.fact(*row) for row in record_rows(certificate, certified)]
    decision += [sheet.fact("Fingerprint", hash_in_groups(certificate.fingerprint), HASH)]
    sheet.keep_section("The decision", decision)
    destroyed = (_destroyed(sheet, each) for each in certificate.recordings)
    sheet.keep_section("What was destroyed", destroyed)
    for heading, rows, style in (
        ("What was asked for and is kept", kept_rows(certificate), TEXT),
        ("Archive drives", medium_rows(certificate), TEXT),
        ("Released before: who has it was to be told [UK GDPR 19]", certificate.released, HASH),
    ):
        if rows:
            sheet.keep_section(heading, (sheet.fact(*row, style) for row in rows))
    sheet.keep_section("How", [sheet.set(method(certificate), TEXT)])
    points = (sheet.item("·", sheet.set(what, TEXT, x=INDENT)) for what in not_reached(certificate))
    sheet.keep_section("What is not reached", points)
    sheet.keep_section(WHAT_WE_KEEP, [sheet.set(stub(certificate), TEXT)])
    sheet.keep_section("How to check this", [sheet.set(HOW_TO_CHECK, TEXT)])
    sheet.keep(*sheet.signed_for_practice())
    return sheet.to_pdf(f"{title}   ·   {certificate.request}")


def _destroyed(sheet: Sheet, recording: DestroyedRecording) -> Group:
    return stack(
        _when(sheet, recording.recording, recording.started_at),
        sheet.set(recording_in_words(recording), TEXT, x=INDENT),
        sheet.set(f"uid {recording.uid}", HASH, x=INDENT),
        sheet.set(hash_in_groups(recording.sha256_sealed), HASH, x=INDENT),
        space(1),
    )


_SIZE: Final = (150.0, 100.0)
_X: Final = (WIDTH - _SIZE[0]) / 2
_INSIDE: Final = _X + 6
_INNER: Final = _SIZE[0] - 12


_LABEL_PRACTICE: Final = Style(Face.BOLD, 10, NAVY)
_REFERENCE: Final = Style(Face.SERIF, 24, NAVY, 1.2)
_HASH: Final = Style(Face.MONO, 6.5)

_HASHES: Final = 2
"""As many stand on the label; a reader of more looks at the certificate."""

_LINES: Final = 2
"""As many for each fact: a label stays a label, however long a name on it is."""

_COLUMNS: Final = ("Taken over by (name, role)", "From", "Date and time", "Signature")


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
    inside = stack(
        space(5),
        sheet.set(certificate.practice, _LABEL_PRACTICE, x=_INSIDE, width=_INNER, most=_LINES),
        space(2.5),
        sheet.set("Exhibit", LABEL, x=_INSIDE),
        sheet.set(exhibit.label, _REFERENCE, x=_INSIDE, width=_INNER, most=_LINES),
        space(1.5),
        *_facts(sheet, certificate, exhibit),
    )
    below = stack(
        sheet.blanks("Produced by (name)", "Role", x=_INSIDE, width=_INNER),
        space(6.5),
        sheet.blanks("Signature", "Date and time", x=_INSIDE, width=_INNER),
        space(3),
    )
    spare = max(6.5, _SIZE[1] - height_of(inside) - height_of(below))
    label = stack(inside, space(spare), below)
    return (Line(0, (Box(_X, _SIZE[0], height_of(label), 0.5, NAVY),)), *label)


def _facts(sheet: Sheet, certificate: Certificate, exhibit: Exhibit) -> Iterator[Group]:
    on_label = partial(sheet.fact, x=_INSIDE, column=32, width=_INNER, most=_LINES)
    yield on_label("What it is", f"The sound of {_calls_and_files(certificate)}")
    yield on_label("Case reference", exhibit.reference or "none given")
    yield on_label("Medium's serial", exhibit.medium_serial)
    yield on_label("Request", certificate.request)
    yield on_label("Release", certificate.release, HASH)
    yield on_label("Put together", instant_in_words(certificate.at))
    hashes = [hash_in_groups(file.sha256) for file in certificate.files]
    if len(hashes) > _HASHES:
        yield on_label("SHA-256", "of each file: in the certificate of this release")
    else:
        yield from (on_label("SHA-256", each, _HASH) for each in hashes)


def _calls_and_files(certificate: Certificate) -> str:
    calls = counted(len({file.recording for file in certificate.files}), "telephone call")
    return f"{calls}, in {counted(len(certificate.files), 'file')}"


def _continuity(sheet: Sheet) -> Iterator[Group]:
    yield space(7)
    yield as_opening("Continuity", sheet.set("Continuity", HEADING))
    yield sheet.set(
        "Each time the medium changes hands, the person who takes it signs here, from the top.",
        NOTE,
    )
    yield space(2)
    yield sheet.blank_captions(*_COLUMNS)
    yield from [(*space(10.5), pen_lines(len(_COLUMNS)))] * 10

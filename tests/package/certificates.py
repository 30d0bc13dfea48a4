"""Certificates for the tests: valid by default, say only what matters."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from callrec.package.certificate import Certificate, CertifiedApproval, Exhibit
from callrec.package.manifest import NotEnclosed, ReleasedFile, WhyNotEnclosed
from callrec.package.package import ssh_fingerprint
from callrec.policy.rights.grounds import Ground
from package.builders import LONDON, PUBLIC, ROOT, a_file, a_listening_copy, an_edited_copy

ORIGIN = f"callrec/{'22' * 16}"

CHECKPOINT = f"{ORIGIN}\n1207\n{'Qw5+' * 10}Qw5=\n\n— {ORIGIN} {'Ab3/' * 22}Ab3=\n"

EXHIBIT = Exhibit(label="DW/1", medium_serial="4C530001230315", reference="CR/12345/26")

PLAIN = Certificate(
    practice="Dr Müller & Partners",
    contact="1 Green Lane, Llanfair, telephone 01632 960 000",
    request="R-17",
    release="33" * 16,
    purpose="Subject access: a person asks for recordings of his own calls",
    legal_basis="the right of access, UK GDPR Article 15",
    subject=None,
    approvals=(
        CertifiedApproval(
            role="Data Controller",
            at=datetime(2026, 8, 1, 14, 2, 11, tzinfo=LONDON),
            countersigned_by="Deputy",
        ),
    ),
    released_by="Practice Manager",
    at=datetime(2026, 8, 3, 0, 15, tzinfo=LONDON),
    files=(a_file(), a_listening_copy(a_file())),
    not_enclosed=(),
    withheld=(),
    fingerprint=ROOT,
    signing_key=ssh_fingerprint(PUBLIC),
    audit_seq=1206,
    checkpoint=CHECKPOINT,
)
"""One recording and its listening copy, approved as usual."""

EDITED = replace(
    PLAIN,
    approvals=(CertifiedApproval(role="Data Controller", at=PLAIN.at, broke_glass=True),),
    files=(*PLAIN.files, an_edited_copy()),
    not_enclosed=(
        NotEnclosed(1044, "66" * 16, "dd" * 32, 30_244, "ulaw", WhyNotEnclosed.EDITED),
        NotEnclosed(1045, "77" * 16, "ee" * 32, 9_030_244, "gsm", WhyNotEnclosed.SIZE),
    ),
    withheld=((1051, Ground.THIRD_PARTY.meaning),),
    exhibit=EXHIBIT,
)
"""All that a certificate can say, but for a subject."""


def recordings(number: int) -> tuple[ReleasedFile, ...]:
    """As many recordings, each with its listening copy; no two hashes alike."""
    files: list[ReleasedFile] = []
    for place in range(1, number + 1):
        original = replace(
            a_file(place.to_bytes(2), place=place),
            started_at=a_file().started_at + timedelta(hours=place),
        )
        files += [original, a_listening_copy(original, place.to_bytes(3))]
    return tuple(files)


def hashes(files: Sequence[ReleasedFile]) -> list[str]:
    return [file.sha256 for file in files]


def text_of(pdf: bytes, *options: str) -> str:
    """What pdftotext reads, laid out as on the page."""
    return judged(["pdftotext", "-layout", *options, "-", "-"], pdf)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def judged(command: list[str], pdf: bytes) -> str:
    """What a program says of a PDF that it reads from its standard input."""
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def pages(pdf: bytes) -> list[str]:
    return text_of(pdf).removesuffix("\f").split("\f")


def kept(pdf: bytes, folder: Path) -> Path:
    """As a file, for programs that read no standard input."""
    path = folder / f"{hashlib.sha256(pdf).hexdigest()[:8]}.pdf"
    path.write_bytes(pdf)
    return path

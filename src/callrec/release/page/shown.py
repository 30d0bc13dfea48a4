"""What an opened page shows, in words; its scripts only lay it out.

The certificate here has the facts of the one on paper. Whoever listens and is no lawyer gets each
call first, with what he can do with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from callrec.release.certificate import (
    ROLE_IN_WORDS,
    WHY_NOT_ENCLOSED,
    approval_in_words,
    day_in_words,
    edits_in_words,
    hash_in_groups,
    instant_in_words,
    length_in_words,
    place_in_words,
    size_in_words,
    sound_in_words,
)
from callrec.release.manifest import Role
from callrec.release.package import CERTIFICATE, READ_ME, RIGHTS
from callrec.release.texts import PROVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from callrec.release.certificate import Certificate
    from callrec.release.manifest import NotEnclosed, ReleasedFile
    from callrec.release.package import Member

_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg"}
"""Media types of listening copies by their suffix (RFC 2361, 3003, 7845)."""

_TEXTS: Final = {
    READ_ME: "Please read this first",
    RIGHTS: "Your rights, and how the practice uses your information",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page shows of a release beside its files."""

    certificate: Certificate
    waveforms: Mapping[str, str]
    """Path of a listening copy to its waveform, SVG from edge to edge. Drawn from that copy itself:
    the shape of what was silenced in it would tell of it."""


def shown_as_json(shown: Shown, members: Iterable[Member]) -> dict[str, object]:
    """What the page's own code reads (opened.js)."""
    certificate = shown.certificate
    paths = {member.path for member in members}
    calls = groupby(certificate.files, key=lambda file: file.path.partition("-")[0])
    return {
        "zip": f"release-{certificate.request}.zip",
        "clock": "Days and times are those of the practice's own clock.",
        "calls": [
            _call(place, tuple(files), shown.waveforms)
            for place, (_, files) in enumerate(calls, start=1)
        ],
        "texts": [
            {"path": path, "words": words} for path, words in _TEXTS.items() if path in paths
        ],
        "certificate": {
            "pdf": {"path": CERTIFICATE, "words": "Save the certificate to print or to pass on (PDF)"},
            "proves": f"This certificate {PROVES}.",
            "sections": [*_sections(certificate)],
        },
    }

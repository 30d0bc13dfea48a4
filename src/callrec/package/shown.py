"""What an opened page shows, in words; its scripts only lay it out.

The certificate here has the facts of the one on paper. Whoever listens and is no lawyer gets each
call first, with what he can do with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from callrec.package.certificate import (
    ROLE_IN_WORDS,
    day_in_words,
    doubt_in_words,
    edits_in_words,
    instant_in_words,
    place_in_words,
)
from callrec.package.certified import sections_of
from callrec.package.manifest import FileRole
from callrec.package.package import CERTIFICATE, READ_ME, RIGHTS
from callrec.package.texts import WHAT_IT_PROVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from callrec.package.certificate import Certificate
    from callrec.package.manifest import ReleasedFile
    from callrec.package.package import Member

_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg"}
"""Media types of listening copies by their suffix (RFC 2361, 3003, 7845)."""

_VIEW_BOX: Final = re.compile(r"viewBox='0 0 (?P<width>[0-9]+) (?P<height>[0-9]+)'")

_AXIS: Final = re.compile(r"<path d='M(?P<left>[0-9]+) (?P<top>[0-9]+)H")

_TEXTS: Final = {
    READ_ME: "Please read this first",
    RIGHTS: "Your rights, and how the practice uses your information",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """What a page shows of a release beside its files."""

    certificate: Certificate
    waveforms: Mapping[str, str]
    """Path of a listening copy to its waveform, SVG. Drawn from that copy, over its own time: the
    player goes along it, and the shape of what was silenced would tell of it."""


def page_content_json(shown: PageContent, members: Iterable[Member]) -> dict[str, object]:
    """What the page's own code reads (opened.js)."""
    certificate = shown.certificate
    paths = {member.path for member in members}
    calls = groupby(certificate.files, key=lambda file: file.path.partition("-")[0])
    return {
        "zip": f"release-{certificate.request}.zip",
        "calls": [
            _call(place, tuple(files), shown.waveforms)
            for place, (_, files) in enumerate(calls, start=1)
        ],
        "texts": [
            {"path": path, "words": words} for path, words in _TEXTS.items() if path in paths
        ],
        "certificate": {
            "pdf": {
                "path": CERTIFICATE,
                "words": "Save the certificate to print or to pass on (PDF)",
            },
            "proves": f"This certificate {WHAT_IT_PROVES}.",
            "sections": [*sections_of(certificate)],
        },
    }


def _call(
    place: int, files: Sequence[ReleasedFile], waveforms: Mapping[str, str]
) -> dict[str, object]:
    """A call, and the files that there are of it: an original, a listening copy, or both."""
    heard = next((file for file in files if file.role is FileRole.LISTENING), None)
    first = heard or files[0]
    name = f"Call {place}"
    return {
        "name": name,
        "heading": f"{name}: {day_in_words(first.started_at)}, {first.started_at:%H:%M}",
        "player": _player(heard, waveforms) if heard else None,
        "notes": [*_notes(heard)],
        "edits": [*_edits(heard)] if heard else [],
        "about": " ".join(
            (
                f"The call began on {instant_in_words(first.started_at)} by the practice's clock.",
                *doubt_in_words(first),
                f"{'This copy' if heard else 'The recording'} lasts {_length(first.duration_ms)}.",
                f"At the practice it is recording {first.recording}.",
            )
        ),
        "files": [
            {"path": file.path, "words": _saving(file)}
            for file in sorted(files, key=lambda file: file.role)  # the listening copy first
        ],
    }


def _player(heard: ReleasedFile, waveforms: Mapping[str, str]) -> dict[str, object]:
    return {
        "path": heard.path,
        "type": _TYPES[heard.path.rpartition(".")[2]],
        "ms": heard.duration_ms,
        "svg": waveforms.get(heard.path, ""),
        "axis": _axis(waveforms.get(heard.path, "")),
    }


def _axis(svg: str) -> dict[str, int]:
    """Where a waveform's axis begins and how far down it is, in 1/10,000 of width and height.

    `callrec.sound.waveform.as_svg` draws it as a line from there to the right edge. The playhead
    goes along it.
    """
    size, line = _VIEW_BOX.search(svg), _AXIS.search(svg)
    if not size or not line:
        return {"left": 0, "top": 10_000}
    return {
        "left": round(10_000 * int(line["left"]) / int(size["width"])),
        "top": round(10_000 * int(line["top"]) / int(size["height"])),
    }


def _notes(heard: ReleasedFile | None) -> Iterator[str]:
    if heard is None:
        yield (
            "A browser cannot play this recording. Save it and play it with another program, such"
            " as VLC, which is free, or ask the practice to play it to you."
        )
    elif heard.edits:
        yield "This is not all of the recording. What is not in it, and why:"


def _edits(heard: ReleasedFile) -> Iterator[str]:
    yield from edits_in_words(heard.edits)
    if heard.edits.clip:
        begins = place_in_words(heard.edits.clip.from_ms)
        yield f"These times count from the beginning of the original. This copy begins at {begins}."


def _saving(file: ReleasedFile) -> str:
    suffix = file.path.rpartition(".")[2].upper()
    return f"Save the {ROLE_IN_WORDS[file.role]} ({suffix}, {_about(file.size_bytes)})"


def _length(ms: int) -> str:
    """To the second: ``1 hour 2 minutes 1 second``."""
    seconds = max(1, round(ms / 1000))
    counts = {
        "hour": seconds // 3600,
        "minute": seconds // 60 % 60,
        "second": seconds % 60,
    }
    said = [f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in counts.items() if n]
    return " ".join(said)


def _about(size_bytes: int) -> str:
    """How large, as people are used to see it: ``2.4 MB``, ``0.1 MB`` at the least."""
    return f"{max(size_bytes, 100_000) / 1_000_000:.1f} MB"

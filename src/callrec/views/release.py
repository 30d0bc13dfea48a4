"""What was heard of a recording and what was released: what a package holds, and what opens it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final

from callrec.package.manifest import Manifest, WhyNotEnclosed
from callrec.policy.days import last_day, short_date
from callrec.policy.edits import format_edits, format_time
from callrec.policy.handing_over import PackageForm
from callrec.release.listen import PlayedRecording
from callrec.stamps.asking import Stamped

OPENS_WITH: Final[Mapping[PackageForm, Sequence[str]]] = {
    PackageForm.ZIP: (
        "7-Zip, Keka or The Unarchiver opens it with the passphrase.",
        "Windows alone does not.",
    ),
    PackageForm.HTML: ("Any browser opens it with the passphrase, without a network.",),
}

_NOT_ENCLOSED: Final = {
    WhyNotEnclosed.EDITED: "Edited, so their originals stay here",
    WhyNotEnclosed.SIZE: "Too large, so their originals stay here",
}


def enclosed_lines(manifest: Manifest) -> Iterator[str]:
    """Which recordings a package holds, and which of them it does not hold as they were."""
    yield f"Recordings enclosed: {_numbers(sorted({file.recording for file in manifest.files}))}"
    for why, text in _NOT_ENCLOSED.items():
        left_out = [each.recording for each in manifest.not_enclosed if each.why is why]
        if left_out:
            yield f"{text}: {_numbers(left_out)}"
    if manifest.withheld:
        yield f"Withheld: {_numbers(each.recording for each in manifest.withheld)}"


def stamp_lines(stamped: Stamped) -> Iterator[str]:
    """By when it was signed, in an authority's word, or why nobody says so."""
    if stamped.stamp:
        at, authority = stamped.stamp.at, stamped.stamp.time.authority
        yield f"Signed no later than {short_date(at)}, {at:%H:%M} UTC, says {authority}"
    elif stamped.why_not:
        yield f"It has no time stamp: {stamped.why_not}"


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def heard_lines(heard: PlayedRecording, zone: tzinfo) -> Iterator[str]:
    """How much of it was played and what is to be known of it, a sentence each.

    Its ``player`` is empty where everybody knows it.
    """
    yield f"Recording {heard.recording} was played{_part(heard)}, which is entry {heard.audit_seq}."
    if heard.player:
        yield f"The record names what played it: {heard.player}."
    for what, text in format_edits(heard.edits):
        yield f"Edited as approved: {what} {text}."
    if heard.corrected_by:
        yield f"A note says what is wrong in it: {', '.join(heard.corrected_by)}."
    if heard.lapses_at is None:
        yield "It may not be played again: what was granted ended meanwhile."
    else:
        yield f"It may be played again until {short_date(last_day(heard.lapses_at, zone))}."


def _part(heard: PlayedRecording) -> str:
    """Which part of it, if not all."""
    second, seconds = heard.played_to_second, heard.of_seconds
    if heard.parts is not None:
        ends = [tuple(format_time(each * 1000) for each in part) for part in heard.parts]
        parts = ", ".join("-".join(each) for each in ends) or "less than a second"
        return f" in parts, {parts} of {format_time(seconds * 1000)}"
    return f" to second {second} of {seconds}" if second + _COARSE < seconds else ""


_COARSE: Final = 2
"""Seconds that players keep, or are ahead by, at the end."""

"""What is said of the sound of recordings that were taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.telephone.sound.sound import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WORDS: Final = {
    Finding.SILENT: ("is silent", "are silent"),
    Finding.TRUNCATED: ("is cut short", "are cut short"),
    Finding.UNCLOSED: ("was never closed", "were never closed"),
}

_NAMED: Final = 10
"""Recordings of which the number is said; ``--json`` has all."""


def findings_lines(findings: Mapping[Finding, Sequence[int]]) -> Iterator[str]:
    """A line for each, such as ``2 recordings are silent: 17, 23``."""
    for finding, (one, several) in _WORDS.items():
        numbers = findings.get(finding, ())
        if numbers:
            which = (
                f"1 recording {one}"
                if len(numbers) == 1
                else f"{len(numbers)} recordings {several}"
            )
            rest = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
            yield f"{which}: {', '.join(map(str, numbers[:_NAMED]))}{rest}."

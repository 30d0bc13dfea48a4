"""Letters to the people who asked: what is asked about them, and what is to be known of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from callrec.letters.letter import WrittenLetter
from callrec.policy.days import short_date
from callrec.policy.rights.letter import LetterKind

QUESTIONS: Final[Mapping[LetterKind, str]] = {
    LetterKind.CLARIFY: "What do they have to tell you (they read this)",
    LetterKind.EXTEND: "Why does it take longer (they read this)",
    LetterKind.LIFT: "Why does it end (they read this)",
}
"""What the practice says in its own words, where a letter has any."""


def changed_since(sent: WrittenLetter) -> Iterator[tuple[str, str]]:
    """Why they are to be written to again, and what does it, if what a letter tells has ended."""
    if sent.ended_on is None:
        return
    on, command = short_date(sent.ended_on), f"callrec request letter {sent.reference}"
    if sent.kind is LetterKind.ANSWER:
        tells = "the approval that it tells of no longer stands as it tells of it"
        yield f"{tells}, since {on}: write to them again", f"{command} --kind answer"
    else:
        again = "see whether they are to be written to again"
        yield f"what it says has changed, on {on}: {again}", command


def late_lines(sent: WrittenLetter) -> Iterator[str]:
    """What to do where a letter says too late that it takes longer."""
    if sent.late_since is not None:
        yield (
            f"they had to be told by {short_date(sent.late_since)} that it takes longer"
            " [UK GDPR 12(3)]: answer now, and say that you are sorry for the delay"
        )

"""When a reason is one: "a clearly defined business need" [policy 4(b)], "valid" [policy 4(c)].

No rule can tell a true reason from an untrue one. This one stops the full stop, the single word and
the key held down; the audit log keeps the rest for whoever reviews it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.words import words

if TYPE_CHECKING:
    from callrec.errors import Source

MIN_REASON_CHARACTERS = 20  # "patient complaint" is a subject, not a reason
MIN_REASON_WORDS = 3  # different ones


def check_reason(reason: str | None, clause: Source) -> None:
    """A reason is a sentence, not a word.

    Raises:
        Refused: none is given, or it has fewer than `MIN_REASON_CHARACTERS` characters or `MIN_REASON_WORDS`
            different words.
    """
    told = " ".join((reason or "").split())
    if not told:
        raise Refused(
            "no reason is given", clause=clause, hint='say why, in a sentence: --reason "…"'
        )
    if not is_sentence(told):
        raise Refused(
            "the reason is not a sentence",
            clause=clause,
            hint=f"say why in at least {MIN_REASON_CHARACTERS} characters"
            f" and {MIN_REASON_WORDS} different words",
        )


def is_sentence(text: str) -> bool:
    """Whether a text has as many characters and different words as say something."""
    told = " ".join(text.split())
    return len(told) >= MIN_REASON_CHARACTERS and len(_telling_words(told)) >= MIN_REASON_WORDS


def _telling_words(told: str) -> set[str]:
    """Its words, without numbers and letters held down."""
    return {word for word in words(told) if len(set(word)) > 1 and not word.isdecimal()}

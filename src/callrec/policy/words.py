"""The words of a name, masks, and what counts as a reason.

A searcher sees masks of numbers and names that were not granted to them [policy 4(c)]. A mask has
one length whatever it hides, since a length narrows a name down.

A reason is "a clearly defined business need" [policy 4(b)], "valid" [policy 4(c)]. No rule can tell
true reasons from false ones. This one stops the full stop, the single word and the key held down;
the audit log keeps the reasons for those who review it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Self

from callrec.errors import Refused, Source


class Worded(StrEnum):
    """A word that programs carry, and what it means where people read it."""

    meaning: str

    def __new__(cls, word: str, meaning: str = "") -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        return member


_SAID: Final[Mapping[str, str]] = {
    "data-controller": "Data Controller",
    "medico-legal": "medico-legal",
    # How sure the start of a call is.
    "utc-proven": "proven",
    "local-unambiguous": "by the local clock",
    "local-ambiguous": "the hour came twice",
    "nonexistent": "the hour never was",
    "file-time": "by the file's time",
    # Whether the caller was told of the recording.
    "inbound-announcement": "by the announcement",
    "outbound-spoken": "by the person who rang them",
}
"""What is said for a word that programs carry, where its hyphens as spaces would not do."""


def in_words(word: str) -> str:
    """A word that programs carry, as people read it: ``subject access``. JSON has the word."""
    return _SAID.get(word, word.replace("-", " "))


NORMALISING_VERSION = 1
"""Stored in each part of the search index; a new rule for words takes a new number."""

MIN_REASON_CHARACTERS = 20  # "patient complaint" is a subject, not a reason
MIN_REASON_WORDS = 3  # different ones
_APOSTROPHES = dict.fromkeys(map(ord, "'`\u2018\u2019\u02bc"))
_MIN_LETTERS = 2  # an initial names nobody
_ASCII_WORD = re.compile(f"[a-z0-9]{{{_MIN_LETTERS},}}")
_NUMBER_MASK = "•" * 7
_MIN_DIGITS = 8  # of anything shorter, four digits would show most


def words(text: str) -> frozenset[str]:
    """The words of a name, so that ``O'NEILL, Siân`` and ``sian oneill`` are the same.

    NFKD, marks and apostrophes out, casefolded, split at what is not a letter or digit, two or more
    long.

    Laws: the words of words are themselves; neither case nor marks matter.

    Source: docs/formats, the search index.
    """
    if text.isascii():  # most names are, and there is nothing to decompose: a third of the time
        bare = text.translate(_APOSTROPHES).lower()
        return frozenset(_ASCII_WORD.findall(bare))
    # A lone acute accent stands for an apostrophe on many keyboards; NFKD would make it a space.
    decomposed = unicodedata.normalize("NFKD", text.replace("\u00b4", "'"))
    bare = "".join(char for char in decomposed if unicodedata.category(char)[0] != "M")
    folded = bare.translate(_APOSTROPHES).casefold()
    parted = "".join(
        char if char.isalpha() or unicodedata.category(char) == "Nd" else " " for char in folded
    )
    return frozenset(word for word in parted.split() if len(word) >= _MIN_LETTERS)


def some_of(numbers: Sequence[int], most: int = 20) -> str:
    """Numbers of recordings in a sentence: ``1, 2, 3``, and how many more there are than fit."""
    more = len(numbers) - most
    return ", ".join(map(str, numbers[:most])) + (f" and {more} more" if more > 0 else "")


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def counted(number: int, what: str) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def mask_number(number: str) -> str:
    """Seven bullets and the last four digits, ``•••••••0123``; bullets alone for a short number."""
    digits = [char for char in number if char.isdecimal()]
    if len(digits) < _MIN_DIGITS:
        return _NUMBER_MASK
    return _NUMBER_MASK + "".join(digits[-4:])


def mask_name(name: str) -> str:
    """The first letter of each word and four bullets, ``S•••• O••••``; no digits."""
    parts = unicodedata.normalize("NFC", name).split()
    return " ".join(next(filter(str.isalpha, part), "") + "••••" for part in parts)


def check_reason(reason: str | None, clause: Source) -> None:
    """A reason is a sentence, not a word."""
    said = reason or ""
    if not said.strip():
        raise Refused(
            "no reason is given",
            clause=clause,
            hint="say why, in a sentence",
            option='--reason "…"',
        )
    if not is_sentence(said):
        raise Refused(
            "the reason is not a sentence",
            clause=clause,
            hint=f"say why in at least {MIN_REASON_CHARACTERS} characters"
            f" and {MIN_REASON_WORDS} different words",
        )


def check_sentence(text: str, option: str, clause: Source) -> str:
    """What an option tells is a sentence; as it was typed."""
    if not is_sentence(text):
        raise Refused(
            f"{option} is not a sentence",
            clause=clause,
            hint=f"use at least {MIN_REASON_CHARACTERS} characters and {MIN_REASON_WORDS}"
            f' different words: {option} "…"',
        )
    return text


def is_sentence(text: str) -> bool:
    """Whether a text is long enough; numbers and keys held down are not words."""
    tidy = " ".join(text.split())
    real_words = [word for word in words(tidy) if len(set(word)) > 1 and not word.isdecimal()]
    return len(tidy) >= MIN_REASON_CHARACTERS and len(real_words) >= MIN_REASON_WORDS

"""Words, masks, and when a reason is one."""

from __future__ import annotations

import unicodedata

from callrec.errors import Refused, Source

NORMALISING_VERSION = 1
"""Stands in each part of the search index; another rule for words is another number."""

_APOSTROPHES = dict.fromkeys(map(ord, "'`\u2018\u2019\u02bc"))

_LEAST_LETTERS = 2  # an initial names nobody


def words(text: str) -> frozenset[str]:
    """The words of a name, so that ``O'NEILL, Siân`` and ``sian oneill`` are the same.

    NFKD, marks and apostrophes out, casefolded, split at what is no letter or digit, two or more
    long.

    Laws: the words of words are themselves; neither case nor marks matter.

    Source: docs/formats, the search index.
    """
    # A lone acute accent stands for an apostrophe on many keyboards; NFKD would make it a space.
    decomposed = unicodedata.normalize("NFKD", text.replace("\u00b4", "'"))
    bare = "".join(char for char in decomposed if unicodedata.category(char)[0] != "M")
    folded = bare.translate(_APOSTROPHES).casefold()
    parted = "".join(char if _is_of_a_word(char) else " " for char in folded)
    return frozenset(word for word in parted.split() if len(word) >= _LEAST_LETTERS)


def _is_of_a_word(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "L" or category == "Nd"


# What a searcher sees of a number or a name that was not granted to him [policy 4(c)].
#
# A mask is of one length whatever it hides: a length narrows a name down.

_BULLET = "•"

_NUMBER_MASK = _BULLET * 7

_NAME_MASK = _BULLET * 4

_SHOWN_DIGITS = 4

_LEAST_DIGITS = 8  # of anything shorter, four digits would show most


def mask_number(number: str) -> str:
    """``•••••••0123``: seven bullets and the last four digits.

    Of a short number the bullets alone.
    """
    digits = [char for char in number if char.isdecimal()]
    if len(digits) < _LEAST_DIGITS:
        return _NUMBER_MASK
    return _NUMBER_MASK + "".join(digits[-_SHOWN_DIGITS:])


def mask_name(name: str) -> str:
    """``S•••• O••••``: of each word the first letter and four bullets; digits are not shown."""
    return " ".join(_mask_word(word) for word in unicodedata.normalize("NFC", name).split())


def _mask_word(word: str) -> str:
    return next((char for char in word if char.isalpha()), "") + _NAME_MASK


# When a reason is one: "a clearly defined business need" [policy 4(b)], "valid" [policy 4(c)].
#
# No rule can tell a true reason from an untrue one. This one stops the full stop, the single word
# and the key held down; the audit log keeps the rest for whoever reviews it.

MIN_REASON_CHARACTERS = 20  # "patient complaint" is a subject, not a reason

MIN_REASON_WORDS = 3  # different ones


def check_reason(reason: str | None, clause: Source) -> None:
    """A reason is a sentence, not a word.

    Raises:
        Refused: none is given, or it has fewer than `MIN_REASON_CHARACTERS` characters or
        `MIN_REASON_WORDS`
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

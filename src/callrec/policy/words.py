"""How names are compared: the words of a text, the same at ingest, in a search and in the index."""

from __future__ import annotations

import unicodedata

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

"""What a searcher sees of a number or a name that was not granted to him [policy 4(c)].

A mask is of one length whatever it hides: a length narrows a name down.
"""

from __future__ import annotations

import unicodedata

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

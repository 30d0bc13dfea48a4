"""What a volume may be called (docs/formats/archive.md, 1)."""

from __future__ import annotations

import re

from callrec.errors import Unusable

_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")

_SEPARATORS = re.compile(r"[ ._-]")

_NAME = re.compile(r"[A-Z][a-z]+[ ._-]*[A-Z][a-z]+")

_NUMBER = re.compile(r"[0-9]{5}")

_LONG_NUMBER = re.compile(r"[0-9]{9}")  # however it is written: 020 7946 0958


def check_label(label: str) -> None:
    """Refuse a label that is not plain, or that could tell of a person: anybody can read it.

    Plain: up to 40 letters A-Z and a-z, digits, spaces, dots, hyphens and underscores, of which the
    first is a letter or digit. Looks like a name: two capitalised words in a row. Looks like a
    number: five digits in a row, or nine once spaces, dots, hyphens and underscores are out.

    Raises:
        Unusable: says which of these it is, not the label.
    """
    if wrong := _problem_with(label):
        raise Unusable(
            f"a volume's label {wrong}",
            hint="choose another in lower case, such as archive-2026-a",
        )


def is_label(text: str) -> bool:
    """Whether ``check_label`` lets it pass."""
    return not _problem_with(text)


def _problem_with(label: str) -> str:
    if not _FORM.fullmatch(label):
        return "is 1 to 40 plain letters, digits, spaces, dots, hyphens or underscores"
    if _NAME.search(label):
        return "may not look like the name of a person"
    if _NUMBER.search(label) or _LONG_NUMBER.search(_SEPARATORS.sub("", label)):
        return "may not look like a telephone number"
    return ""

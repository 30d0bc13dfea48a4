"""How a word is typed where cmd.exe or PowerShell reads it, and then a program of Windows.

Nothing says which of the two reads what a hint tells people to type, so it is written as both
understand it, if that can be.
"""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./\\:+-]+")
"""What no shell of Windows takes for something else."""

_POWERSHELL_ACTS: Final = re.compile(r"[$`\u201c-\u201e]")
"""What it reads within double quotes, among which it counts those of print."""

_BEFORE_QUOTE: Final = re.compile(r'(\\*)("|$)')


def quoted_for_windows(word: str) -> str:
    """A word as it is typed in a command, with quotes if it needs any.

    In double quotes, which both know; within these a program reads two backslashes before a quote
    as one (CommandLineToArgvW). Where PowerShell would put something else in the place of what
    stands there, in its single quotes, and then it is right in PowerShell alone.
    """
    if _PLAIN.fullmatch(word):
        return word
    if '"' not in word and _POWERSHELL_ACTS.search(word):
        return "'" + re.sub("(['\u2018-\u201b])", r"\1\1", word) + "'"
    inner = _BEFORE_QUOTE.sub(lambda each: each[1] * 2 + (r"\"" if each[2] else ""), word)
    return f'"{inner}"'

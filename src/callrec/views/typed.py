"""What people type of references, recordings and words, at a terminal or in a form: read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from enum import StrEnum
from typing import Final, TypeVar

from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy.days import parse_time

_Word = TypeVar("_Word", bound=StrEnum)


def read_reference(noun: str, example: str, text: str) -> int:
    """The number of ``R-17``, say, from that or from ``17``."""
    letter, number = example.split("-")
    digits = re.fullmatch(f"(?:[{letter}{letter.lower()}]-?)?0*([1-9][0-9]{{0,8}})", text.strip())
    if digits is None:
        what = f"an {noun}" if noun == "incident" else f"a {noun}"
        hint = f"callrec {noun} list shows the {noun}s"
        raise Unusable(f"{what} is given as {example} or {number}", hint=hint)
    return int(digits[1])


def _reader_of(noun: str, example: str) -> Callable[[str], str]:
    """What reads a reference as it is printed: ``R-17``, from that or from ``17``."""

    def read(text: str) -> str:
        return f"{example[0]}-{read_reference(noun, example, text)}"

    return read


read_request: Final = _reader_of("request", "R-17")
read_incident: Final = _reader_of("incident", "I-3")
read_complaint: Final = _reader_of("complaint", "C-2")
read_subject: Final = _reader_of("subject", "S-3")
read_note: Final = _reader_of("note", "N-2")


def read_hold(text: str) -> int:
    """A hold's number, from ``H-3`` or from ``3``."""
    return read_reference("hold", "H-3", text)


def read_recording(text: str) -> int:
    """A recording's number as it is printed: ``1042``."""
    digits = re.fullmatch(r"0*([1-9][0-9]{0,14})", text.strip())
    if digits is None:
        raise Unusable(
            "a recording is given by its number, such as 1042",
            hint="callrec search shows the numbers",
        )
    return int(digits[1])


@dataclass(frozen=True, slots=True)
class NamedCall:
    """A recording as it was typed: by its number, or by when the call began."""

    number: int | None
    day: str = ""
    """As it was typed."""
    at: time | None = None
    """By the practice's clock."""

    @property
    def when(self) -> str:
        """When it began, as it was typed."""
        return f"{self.day} {self.at:%H:%M}"


def read_call(text: str) -> NamedCall:
    """A recording's number, or when its call began: ``4/7/2024 14:05``, ``yesterday 16:03``."""
    found = re.fullmatch(r"(.*?\w)(?:,? +(?:at +)?|T)([0-9]{1,2}[:.][0-9]{2})", text.strip())
    if found:
        return NamedCall(None, found[1], parse_time(found[2]))
    try:
        return NamedCall(read_recording(text))
    except Unusable as error:
        hint = f'{error.hint}; or say when the call began: "yesterday 16:03"'
        raise Unusable(error.message, hint=hint) from None


def read_word(words: type[_Word], noun: str, text: str, *, for_what: str = "") -> _Word:
    """The word of an enumeration that was typed."""
    try:
        return words(text.strip().lower())
    except ValueError:
        listed = f"the {noun}s: {', '.join(words)}"
        raise Unusable(f"there is no such {noun}{for_what}", hint=listed) from None


_SIZE: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]))? ?(k|m|g)(i?)b?", re.IGNORECASE)

_POWERS: Final = {"k": 1, "m": 2, "g": 3}


def read_size(text: str) -> int:
    """Bytes, from ``25MB`` or ``1.5 GB``: thousands; ``25MiB`` counts in 1,024s."""
    size = 0
    if found := _SIZE.fullmatch(text.strip()):
        unit: int = (1024 if found[4] else 1000) ** _POWERS[found[3].lower()]
        size = int(found[1]) * unit + int(found[2] or 0) * unit // 10
    if not size:
        raise Unusable("a size is given as 25MB", hint="a number and kB, MB or GB")
    return size


def read_fingerprint(text: str) -> bytes:
    """The vault root, 32 bytes, from its 64 hex digits in any grouping."""
    digits = re.sub(r"[\s-]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise Unusable(
            "a fingerprint has 64 digits, 0 to 9 and a to f",
            hint="spaces and hyphens do not matter, but need quotes around it all",
        )
    return bytes.fromhex(digits)

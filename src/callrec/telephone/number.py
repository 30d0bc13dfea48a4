"""Telephone numbers: any spelling in, E.164 out; what is an extension, what is withheld."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

import phonenumbers

Extensions: TypeAlias = tuple[tuple[int, int], ...]
"""The practice's extensions, first and last of each range; empty: they are recognised by length."""

_WITHHELD = frozenset(
    {
        *("", "-", "s", "n/a", "none", "null", "unknown", "unavailable", "not available"),
        *("anonymous", "withheld", "private", "restricted", "blocked", "hidden", "invalid"),
        *("private number", "number withheld", "withheld number", "no number", "no caller id"),
        *("caller id withheld", "0000000000", "asterisk", "freeswitch"),
        # On a keypad: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE (Twilio).
        *("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"),
    }
)
"""What systems write for a caller who is not shown; ``s`` is Asterisk's "whatever was dialled",
``asterisk`` and ``freeswitch`` are those systems' own names, shown for an unknown caller."""

_SPELLED = re.compile(r"\+?[0-9 ()./-]{3,40}")
_EXTENSION = re.compile("[0-9]{2,6}")
_PUNCTUATION = re.compile("[ ()./-]")

_REGION = "GB"
"""Whose a number without a country code is: the United Kingdom's, whose plan the Crown
Dependencies share."""

_SHORT_CODE = re.compile("101|105|111|116[0-9]{3}|119|159|18000")
"""Public short codes beside the emergency numbers, which phonenumbers knows."""

_PERHAPS_EXTENSIONS = frozenset({"101", "105", "119", "159"})
"""Of these, the ones at which a practice may well have a desk."""

_USUAL = re.compile(r"(?:0|\+44|0044)([1-9][0-9]{9})")
"""The spellings in which nothing is left to be decided: those with all their digits. phonenumbers
gives the same (a law holds that) in fifty times the time."""

_CALLER_SHOWN_OR_NOT = re.compile(r"(?:141|1470)(0[0-9]+)")
"""What is dialled before a number to withhold one's own, or to show it: 141, 1470 (BT's calling
features; Ofcom has both reserved as access codes). The number behind is dialled whole."""

_LONGEST_SHORT_CODE = 6
"""Digits (116xxx)."""

_SHORTEST = 9
"""Digits of a national number that is believed although phonenumbers' metadata do not list it,
as they do not list Ofcom's numbers for drama or a range opened last month. Shorter ones are
local numbers without their area, which would become another person's."""

_remembered = lru_cache(maxsize=2**9)
"""A practice's callers call again, and phonenumbers takes its time."""


@_remembered
def e164(text: str) -> str | None:
    """The public number in E.164, or a public short code (999, 111, 116123) as written.

    Args:
        text: in any spelling: ``020 7946 0123``, ``+44 (0)20 ...``, ``0044...``.

    Returns:
        None for an extension, for a withheld number, and for anything else.

    Law: what comes out goes in again unchanged.
    """
    plain = _plain(text)
    return _e164(_PUNCTUATION.sub("", plain)) if _SPELLED.fullmatch(plain) else None


def party(text: str) -> str | None:
    """One end of a call: E.164 where it is public, as written otherwise, None if withheld."""
    return None if is_withheld(text) else e164(text) or text


def dialled(text: str, prefixes: Iterable[str]) -> str:
    """A number as it is dialled, or shown, without the digits for an outside line before it.

    Law: what is a public number as it stands loses nothing.
    """
    if e164(text) is not None:
        return text
    for prefix in prefixes:
        rest = text.removeprefix(prefix)
        if rest != text and e164(rest) is not None:
            return rest
    return text


def is_withheld(text: str) -> bool:
    """Whether a system writes this where it does not know, or does not show, who it was."""
    return text.strip().strip("<>").partition("@")[0].strip().casefold() in _WITHHELD


def is_a_name(text: str) -> bool:
    """Whether it may be a person's: a number in a name's place is none, nor is "anonymous"."""
    return any(map(str.isalpha, text)) and not is_withheld(text)


@_remembered
def is_extension(text: str, extensions: Extensions) -> bool:
    """Whether this is one of the practice's own desks.

    By the ranges where there are any; without them, two to six digits, the first of them no 0, and
    no public short code but those, such as 101, that a practice may well have for a desk.
    """
    if not _EXTENSION.fullmatch(text):
        return False
    if extensions:
        return any(first <= int(text) <= last for first, last in extensions)
    if text in _PERHAPS_EXTENSIONS:
        return True
    return text[0] != "0" and not _is_short_code(text)


def extension_ranges(written: Iterable[str]) -> Extensions:
    """The ranges in the settings' spelling: ``201`` or ``200-299``."""
    bounds = [text.partition("-") for text in written]
    return tuple((int(first), int(last or first)) for first, _, last in bounds)


def _e164(digits: str) -> str | None:
    if whole := _USUAL.fullmatch(digits):
        return "+44" + whole[1]
    if _is_short_code(digits):
        return digits
    try:
        number = phonenumbers.parse(digits, _REGION)
    except phonenumbers.NumberParseException:
        number = None
    # The dearer last.
    if number is None or not (_is_likely(number) or phonenumbers.is_valid_number(number)):
        # Only now: 141 is Glasgow's code as well, and may be written without its nought.
        behind = _CALLER_SHOWN_OR_NOT.fullmatch(digits)
        return e164(behind[1]) if behind else None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Behind a trunk's nought or a carrier's code there may be another: what is left is read again,
    # each time shorter, until it stays as it is.
    return written if written == digits else e164(written)


def _plain(text: str) -> str:
    """Spelled with ASCII alone: compatibility forms, every kind of dash, of space and of digit."""
    if text.isascii():
        return text.strip()
    plain = ""
    for sign in unicodedata.normalize("NFKC", text):
        match unicodedata.category(sign):
            case "Pd":
                plain += "-"
            case "Zs":
                plain += " "
            case "Nd":
                plain += str(unicodedata.digit(sign))
            case "Cf":  # the marks around a pasted number
                pass
            case _:
                plain += sign
    return plain.strip()


def _is_short_code(digits: str) -> bool:
    return len(digits) <= _LONGEST_SHORT_CODE and (
        _SHORT_CODE.fullmatch(digits) is not None
        or phonenumbers.is_emergency_number(digits, _REGION)
    )


def _is_likely(number: phonenumbers.PhoneNumber) -> bool:
    return (
        phonenumbers.is_possible_number(number)
        and len(phonenumbers.national_significant_number(number)) >= _SHORTEST
    )

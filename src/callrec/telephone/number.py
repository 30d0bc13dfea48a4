"""Telephone numbers: any spelling in, E.164 out; what is an extension, what is withheld.

All that takes a number from outside reads it here: `parse_number` what a person typed, `read_end`
what a telephone system wrote, `party` what is kept of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from callrec.errors import Unusable
from callrec.policy.particulars import DIGITS

Extensions: TypeAlias = tuple[tuple[int, int], ...]
"""The practice's extensions, first and last of each range; empty: they are recognised by length."""

Numbers: TypeAlias = tuple[tuple[str, str], ...]
"""The practice's own numbers in E.164, first and last of each range."""

_HIDDEN = frozenset(
    {
        *("anonymous", "withheld", "private", "restricted", "blocked", "hidden"),
        *("private number", "number withheld", "withheld number", "caller id withheld"),
        # On a keypad: ANONYMOUS, RESTRICTED, BLOCKED (Twilio).
        *("+266696687", "+7378742833", "+2562533"),
    }
)
"""What systems write for a caller from outside who withholds their number."""

_WITHHELD = _HIDDEN | {
    *("", "-", "s", "n/a", "none", "null", "unknown", "unavailable", "not available"),
    *("invalid", "no number", "no caller id", "0000000000", "asterisk", "freeswitch"),
    # On a keypad: UNKNOWN, UNAVAILABLE (Twilio).
    *("+8656696", "+86282452253"),
}
"""What systems write for a caller who is not shown, or not known; ``s`` is Asterisk's "whatever was
dialled", ``asterisk`` and ``freeswitch`` are those systems' own names."""

_BARE = re.compile(r"\+?[0-9]*")
_SPELLED = re.compile(r"\+?[0-9 ()./_-]{3,40}")

_SPREADSHEETS = re.compile(r"'(?P<plain>.*)|=\"(?P<quoted>[^\"]*)\"")
"""How a spreadsheet program is made to keep a nought."""

_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<number>[^<>]*)>(?: *;.*)?")
"""A name before an address, and an address's parameters (RFC 3261, 25.1)."""

_IN_PARENTHESES = re.compile(r"(?P<before>[^()]+)\((?P<within>[^()]+)\)")
_ADDRESS = re.compile(
    r"(?:(?:sips?|tel|callto):)?(?P<user>[^@;?]*)(?P<parameters>;[^@?]*)?(?:@.*)?", re.IGNORECASE
)
"""RFC 3261, 19.1 (sip) and RFC 3966 (tel)."""

_CONTEXT = re.compile(r";phone-context=(\+[0-9.() -]+)", re.IGNORECASE)
_BEHIND = re.compile(
    r"(?P<number>.*?[0-9)]) *(?:;ext=|[/,;#pw-]+|x|extn?|extension|int|anexo|доб)[.:]* *"
    r"(?P<extension>[0-9]{1,7})?#?",
    re.IGNORECASE,
)
"""An extension behind a number, or what is dialled once somebody answers."""

_LONE_EXTENSION = re.compile(r"(?:x|extn?|extension)[.:]? *(?P<number>[0-9]{2,6})", re.IGNORECASE)
_SHOWN_OR_NOT = re.compile(r"(?:\*67|\*82|[*#]31#)[ -]*|(?:141|1470|1800[12])[ -]*(?=\+)")
"""What is dialled before a number to show one's own, or not, in North America and on mobile
telephones; the British ones (`_DIALLED_BEFORE`) before a plus sign."""

_AMONG_WORDS = re.compile(
    r"(?:[a-z0-9.]{1,12}:)?(?P<name>[^0-9+*#@]*)(?<!\w)"
    r"(?P<number>\+?[0-9][0-9 ()./_-]*[0-9])(?!\w)[^0-9*#@]*(?:@.*)?",
    re.IGNORECASE,
)
"""The only digits of an end, but for a prefix such as ``4:`` (Microsoft's communication services),
``teams:``, ``h323:`` or ``E.164:``, and the domain of an address."""

_EXTENSION = re.compile("[0-9]{2,6}")
_PUNCTUATION = re.compile("[ ()./_-]")

_REGION = "GB"
"""Whose a number without a country code is: the United Kingdom's, whose plan the Crown
Dependencies share."""

_SHORT_CODE = re.compile("101|105|11[129]|116[0-9]{3}|118[0-9]{3}|159|18000|999")
"""Public short codes. Of those for emergencies phonenumbers knows the same, as a test holds."""

_PERHAPS_EXTENSIONS = frozenset({"101", "105", "119", "159"})
"""Of these, the ones at which a practice may well have a desk."""

_USUAL = re.compile(r"(?:0|(?:\+0?|00)440{0,2})([1-9][0-9]{9})")
"""The spellings in which nothing is left to be decided: those with all their digits. phonenumbers
gives the same (a law holds that) in fifty times the time, and knows no nought too many."""

_DIALLED_BEFORE = re.compile(
    r"(?:141|1470|1800[12])(?P<whole>0[0-9]+|44[1-9][0-9]{9})|011(?P<abroad>44[1-9][0-9]{9})"
)
"""What is dialled before a number to withhold one's own, or to show it: 141, 1470 (BT's calling
features; Ofcom has both reserved as access codes); or for a text relay: 18001, 18002 (Relay UK).
The number behind is dialled whole. From North America 011 is what 00 is here."""

_SHORTEST, _UNITED_KINGDOM = 9, 44
"""Digits of a national number that is believed although phonenumbers' metadata do not list it,
as they do not list Ofcom's numbers for drama or a range opened last month; in the UK it has one
more. Shorter ones are local numbers without their area, which would become another person's."""

_NATIONAL = re.compile(r"(?:\+44|0044|44(?=[0-9]{9})|(?!00))0?([1-9][0-9]*)")

_remembered = lru_cache(maxsize=2**9)
"""A practice's callers call again, and phonenumbers takes its time."""


class End(NamedTuple):
    """One end of a call, taken out of what stood around it."""

    number: str
    """As written: a number, an extension, or whatever else stands there."""
    name: str = ""
    """Shown with it; empty: none is."""
    extension: str = ""
    """Behind the number; empty: there is none."""


@_remembered
def read_end(text: str) -> End:
    """The number in a display name, an address (``sip:``, ``tel:``), or before its extension.

    Law: what it gives as a number is read again as that number.
    """
    if _BARE.fullmatch(text):
        return End(text)
    plain = _plain(text)
    shown = _SHOWN_OR_NOT.match(plain)
    if shown and e164(plain[shown.end() :]):
        return read_end(plain[shown.end() :])
    takes = (_quoted, _named, _in_parentheses, _addressed, _extended, _among_words)
    asked = (take(plain) for take in takes)
    return next(filter(None, asked), End(text))


def _quoted(plain: str) -> End | None:
    quoted = _SPREADSHEETS.fullmatch(plain)
    return quoted and read_end(quoted["plain"] or quoted["quoted"] or "")


def _named(plain: str) -> End | None:
    named = _NAMED.fullmatch(plain)
    if named is None:
        return None
    name, end = named["name"].strip(' "\u201c\u201d'), read_end(named["number"])
    # The number may stand in the name's place, and what is behind it is the trunk's; or it is a
    # name alone that says that the caller is not shown.
    is_instead = _is_of_digits(name) or is_withheld(name or "shown")
    return End(name) if is_instead and not _is_of_digits(end.number) else end._replace(name=name)


def _in_parentheses(plain: str) -> End | None:
    parts = _IN_PARENTHESES.fullmatch(plain)
    before, within = map(str.strip, parts.groups()) if parts else ("", "")
    for name, number in ((before, within), (within, before)):
        if _is_of_digits(number) and any(map(str.isalpha, name)):
            return End(number, name)
    return None


def _addressed(plain: str) -> End | None:
    """The user of an address, if it is a number, or nobody; any other address stays whole."""
    address = _ADDRESS.fullmatch(plain)
    if address is None:
        return None
    user, parameters = unquote(address["user"]).strip(), address["parameters"] or ""
    user = user.partition(":")[0] if "@" in plain else user  # behind it would be a password
    context = _CONTEXT.search(parameters)
    if context and not e164(user):
        user = e164(context[1] + user) or user
    end = _extended(user + parameters) or End(user)
    is_known = _is_of_digits(end.number) or is_withheld(end.number)
    return end if user != plain and is_known else None


def _extended(plain: str) -> End | None:
    behind, lone = _BEHIND.fullmatch(plain), _LONE_EXTENSION.fullmatch(plain)
    if behind and e164(behind["number"]) and not _is_public(plain):
        return End(behind["number"], extension=behind["extension"] or "")
    return lone and End(lone["number"])


def _among_words(plain: str) -> End | None:
    found = _AMONG_WORDS.fullmatch(plain)
    if found is None or found["number"] == plain or not _is_public(found["number"]):
        return None
    name = found["name"].strip(" '\"([{<,;:-")
    return End(found["number"], name if is_a_name(name) else "")


@_remembered
def e164(text: str) -> str | None:
    """The public number in E.164, or a public short code (999, 111, 116123) as written.

    Args:
        text: in any spelling: ``020 7946 0123``, ``+44 (0)20 ...``, ``0044...``, or within an
            address, as `read_end` takes it.

    Returns:
        None for an extension, for a withheld number, and for anything else.

    Law: what comes out goes in again unchanged.
    """
    plain = _plain(read_end(text).number)
    return _e164(_PUNCTUATION.sub("", plain)) if _SPELLED.fullmatch(plain) else None


@_remembered
def party(text: str) -> str | None:
    """One end of a call as it is kept, and found by; None if withheld.

    E.164 where it is public. A number that cannot be that keeps its digits, an extension likewise;
    whatever else stands there stays as it is written.
    """
    written = read_end(text).number
    if is_withheld(text) or (written != text and is_withheld(written)):
        return None
    return e164(written) or digits_of(written) or written


def digits_of(text: str) -> str:
    """The digits of what is spelled as a number, a plus sign among them; empty: it is not."""
    plain = _plain(text)
    return _PUNCTUATION.sub("", plain) if _is_of_digits(plain) else ""


def parse_number(typed: str, *, hint: str, option: str = "", prefixes: Iterable[str] = ()) -> str:
    """A number as a person types it, as E.164 or a short code.

    ``prefixes`` are digits for an outside line, which may stand before it as in call records.

    Raises:
        Unusable: it is not one; the error says what it lacks.
    """
    if number := e164(dialled(read_end(typed).number, prefixes)):
        return number
    digits, what = digits_of(read_end(typed).number), "that is not a telephone number"
    if any(unicodedata.category(sign) == "Cc" for sign in typed):
        what = "that number holds a sign that cannot be shown"
    raise Unusable(
        f"{what}: {_what_is_wrong(digits)}" if digits else what, hint=hint, option=option
    )


def parse_sought(typed: str, *, hint: str, option: str = "", prefixes: Iterable[str] = ()) -> str:
    """Likewise, to look for; after `DIGITS`, what a telephone system wrote and cannot be one.

    Law: what comes out goes in again unchanged.
    """
    word, _, digits = typed.strip().partition(" ")
    if word.casefold() != DIGITS or e164(digits) or not digits_of(digits):
        plain = digits if word.casefold() == DIGITS else typed
        return parse_number(plain, hint=hint, option=option, prefixes=prefixes)
    return f"{DIGITS} {digits_of(digits)}"


def number_ranges(written: Iterable[str]) -> Numbers:
    """The ranges in the settings' spelling: ``01632 960000``, or two with " to " between.

    Raises:
        ValueError: one is not a number, or they are of different lengths.
    """
    ranges = []
    for text in written:
        first, _, last = text.partition(" to ")
        ends = e164(first), e164(last or first)
        if not (ends[0] and ends[1] and len(ends[0]) == len(ends[1]) and ends[0] <= ends[1]):
            raise ValueError(f'"{text}" is not a telephone number, nor two with " to " between')
        ranges.append((ends[0], ends[1]))
    return tuple(ranges)


def is_own_number(text: str, numbers: Numbers) -> bool:
    """Whether it is one of the practice's own."""
    number = e164(text) if numbers else None
    return number is not None and any(
        first <= number <= last and len(first) == len(number) for first, last in numbers
    )


def _what_is_wrong(digits: str) -> str:
    if is_extension(digits, ()):
        return "it is as short as an extension"
    if national := _NATIONAL.fullmatch(digits):
        more = len(national[1]) - len("2079460123")
        count = {1: "one digit", 2: "two digits"}.get(abs(more), f"{abs(more)} digits")
        return f"{count} short" if more < 0 else f"{count} too many" if more else "nobody has it"
    return "its country, or its length, is not one that there is"


def dialled(text: str, prefixes: Iterable[str]) -> str:
    """A number as it is dialled, or shown, without the digits for an outside line before it.

    Law: what is a public number as it stands loses nothing.
    """
    if e164(text) is not None:
        return text
    for prefix in prefixes:
        rest = text.removeprefix(prefix).lstrip(" ,-")
        if text.startswith(prefix) and e164(rest) is not None:
            return rest
    return text


def is_withheld(text: str) -> bool:
    """Whether a system writes this where it does not know, or does not show, who it was."""
    return _word(text) in _WITHHELD


def may_be_outside(text: str) -> bool:
    """Whether this end of a call shows that it is outside: a number, or one that is withheld.

    A word, such as a person's name or "unknown", or a code such as ``*97``, shows nothing.
    """
    return _word(text) in _HIDDEN or (digits_of(text) != "" and not is_withheld(text))


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
    return text[0] != "0" and not _SHORT_CODE.fullmatch(text)


def extension_ranges(written: Iterable[str]) -> Extensions:
    """The ranges in the settings' spelling: ``201`` or ``200-299``."""
    bounds = [text.partition("-") for text in written]
    return tuple((int(first), int(last or first)) for first, _, last in bounds)


def _is_public(plain: str) -> bool:
    digits = _PUNCTUATION.sub("", plain)
    return _SPELLED.fullmatch(plain) is not None and _e164(digits) is not None


def _word(text: str) -> str:
    return text.strip().strip("<>").partition("@")[0].strip().casefold()


def _is_of_digits(text: str) -> bool:
    return _SPELLED.fullmatch(text) is not None or _EXTENSION.fullmatch(text) is not None


def _e164(digits: str) -> str | None:
    if whole := _USUAL.fullmatch(digits):
        return "+44" + whole[1]
    if _SHORT_CODE.fullmatch(digits):
        return digits
    import phonenumbers  # noqa: PLC0415  # 58 modules, and a usual spelling needs none

    with suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(digits, _REGION)
        shortest = _SHORTEST + (number.country_code == _UNITED_KINGDOM)
        is_long = len(phonenumbers.national_significant_number(number)) >= shortest
        # The dearer last.
        is_likely = is_long and phonenumbers.is_possible_number(number)
        if is_likely or phonenumbers.is_valid_number(number):
            written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            # Behind a trunk's nought or a carrier's code there may be another: what is left is read
            # again, each time shorter, until it stays as it is.
            return written if written == digits else e164(written)
    # Only now: 141 is Glasgow's code as well, and may be written without its nought.
    behind = _DIALLED_BEFORE.fullmatch(digits)
    return e164(behind["whole"] or behind["abroad"]) if behind else None


def _plain(text: str) -> str:
    """Spelled with ASCII alone: compatibility forms, every kind of dash, of space and of digit."""
    text = text.replace("\t", " ")
    if text.isascii():
        return text.strip(" \r\n")
    plain = ""
    for sign in unicodedata.normalize("NFKC", text):
        match unicodedata.category(sign):
            case "Pd":
                plain += "-"
            case "Sm" if sign == "\N{MINUS SIGN}":
                plain += "-"
            case "Zs":
                plain += " "
            case "Nd":
                plain += str(unicodedata.digit(sign))
            case "Cf":  # the marks around a pasted number
                pass
            case _:
                plain += sign
    return plain.strip(" \r\n")

"""What a new password must be: hard to guess for somebody who knows the practice.

The person who copied a vault or a drive guesses as fast as Argon2id lets them, and begins with what
everybody knows: the practice, its people, its town, the year. So a password is judged as a whole
and once more without any of that, and each time it must take 10^12 guesses. The rule is one for
everybody, as any power may be lent to anybody later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final
from unicodedata import combining, normalize

from callrec.catalogue.engine import reading
from callrec.config import Config
from callrec.errors import Unusable
from callrec.login.people import names_known_to
from callrec.practice import Actor, Practice

MIN_LENGTH: Final = 15

LENGTH_RULE: Final = f"{MIN_LENGTH} characters at least"
"""As people read it when they choose one."""

MIN_GUESSES: Final = 10**12
"""As zxcvbn counts them; its highest score, 4, begins at 10^10."""

_WORTH_SCORING: Final = 72
"""zxcvbn takes time that grows fast with length; what is longer is scored by its beginning."""

_SHORTEST_WORD: Final = 3

FIELD_WORDS: Final = """
    admin appointment call calls callrec care centre center clinic clinical confidential controller
    data doctor doctors general health healthcare hospital letmein login manager medical medic
    medicine nhs nurse partner password passwort patient patients pharmacy phone practice practices
    reception receptionist record recorder recording recordings secret secure staff surgery
    surgeries telephone voice welcome january february march april june july august september
    october november december monday tuesday wednesday thursday friday saturday sunday spring summer
    autumn winter correcthorsebatterystaple
"""
"""What passwords of any practice are made from."""

_LEET: Final = {"a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!|", "l": "1|", "o": "0"} | {
    "s": "5$",
    "t": "7+",
    "z": "2",
}

_SHORTEST_MISSPELT: Final = 6

_YEAR: Final = r"(?:19|20)\d\d"

_SUFFIX: Final = re.compile(r"\d{0,4}[^\w\s]{0,3}$")

_HINT: Final = (
    "use several random words that have nothing to do with the practice, its people or the year;"
    " on a terminal callrec makes such a password for you"
)


def check_password(password: str, known: Iterable[str]) -> None:
    """Check a new password; ``known`` is text from which a guesser would take words.

    Raises:
        Unusable: it is too short or too easily guessed. The error repeats no word of either.
    """
    if len(password) < MIN_LENGTH:
        raise Unusable(f"the password is too short: {LENGTH_RULE}", hint=_HINT)
    from zxcvbn import zxcvbn  # noqa: PLC0415  # its lists of words are long: for a new one only

    words = known_words(known)
    plain = _plain(password)
    for judged in (password, without_known(plain, words)):
        if not judged or zxcvbn(judged[:_WORTH_SCORING], words)["guesses"] < MIN_GUESSES:
            raise Unusable("the password is too easily guessed", hint=_HINT)


def facts_known(practice: Practice, actor: Actor | None, now: datetime) -> Iterator[str]:
    """What a guesser knows of a practice, as far as it can be read here.

    Full names take the catalogue key of ``actor``; without it there are logins.
    """
    yield from facts_configured(practice.config, practice.name, now)
    told = practice.settings
    yield from (told.practice.name, told.practice.data_protection_contact, told.release.contact)
    with reading(practice.engine) as connection:
        yield from names_known_to(practice, actor, connection)


def facts_configured(config: Config, practice_name: str, now: datetime) -> Iterator[str]:
    """What is known before there is anybody: the practice's name, addresses and year."""
    yield from (practice_name, f"{now:%Y}")
    yield from (config.mail.sender, *config.mail.people.values())


def known_words(texts: Iterable[str]) -> list[str]:
    """The words of these texts, in small letters, longest first.

    Each text split at spaces, at case and at digits; two neighbours and all of it run together; and
    its initials.
    """
    words = set(FIELD_WORDS.split())
    for text in texts:
        parts = [part for token in re.findall(r"[^\W_]+", text) for part in _parts(token)]
        plain = [_plain(part) for part in parts]
        words |= {*plain, "".join(plain), "".join(part[0] for part in plain)}
        words |= {one + other for one, other in pairwise(plain)}
        words |= {_plain("".join(re.findall(r"[^\W_]+", token))) for token in text.split()}
    return sorted(
        (word for word in words if len(word) >= _SHORTEST_WORD), key=lambda w: (-len(w), w)
    )


def without_known(plain: str, words: Iterable[str]) -> str:
    """What is left of a password without known words, years and the usual ending.

    A word counts forwards and backwards, with signs in place of letters (``d0r4``), with something
    between its letters (``d.o.r.a``) and, if it is long, with one letter wrong, missing or too
    many. What parts it from its neighbours goes with it.
    """
    forms = [form for word in words for form in _forms(word)]
    left = re.sub(rf"[\W_]*(?:{'|'.join([*forms, _YEAR])})[\W_]*", "", plain)
    return _SUFFIX.sub("", left)


def _forms(word: str) -> Iterator[str]:
    for letters in (word, word[::-1]):
        yield r"[\W_]?".join(map(_any_of, letters))
    if len(word) >= _SHORTEST_MISSPELT:
        each = [_any_of(letter) for letter in word]
        yield from ("".join([*each[:i], ".{0,2}", *each[i + 1 :]]) for i in range(len(each)))


def _any_of(letter: str) -> str:
    alternatives = _LEET.get(letter)
    return f"[{re.escape(letter + alternatives)}]" if alternatives else re.escape(letter)


def _parts(token: str) -> Iterator[str]:
    """``HamaMedical24`` as its words and numbers."""
    yield from re.findall(r"\d+|[A-Z]+(?![a-z])|[^\W\d_][^\W\dA-Z_]*", token)


def _plain(text: str) -> str:
    """In small letters without accents, as a guesser would fold it."""
    return "".join(each for each in normalize("NFKD", text) if not combining(each)).casefold()

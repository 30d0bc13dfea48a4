"""Looking for words in raw bytes, in every form in which a program may have written them."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

HASH_OR_ID = re.compile(rb"[0-9a-f]{32,}")
"""A few digits of a phone number may turn up in these by chance: they are looked past."""


def forms(word: str) -> dict[str, bytes]:
    """One spelling of a word in each encoding that anything on a disk is likely to be in."""
    found: dict[str, bytes] = {}
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
        data = word.encode(encoding, errors="replace")
        if data not in found.values():
            found |= {f"{encoding}{form}": each for form, each in forms_of_bytes(data).items()}
    spelt = {
        "escaped for an address": quote(word, safe="").encode(),
        "escaped for a form": quote_plus(word).encode(),
        "escaped for JSON": json.dumps(word)[1:-1].encode(),
        "escaped by Python": word.encode("unicode_escape"),
        "digit by digit": " ".join(word).encode() if word.isdigit() else word.encode(),
    }
    return found | {form: data for form, data in spelt.items() if data not in found.values()}


def forms_of_bytes(data: bytes) -> dict[str, bytes]:
    """Bytes as they are, and in the encodings that programs have for bytes."""
    return {
        "": data,
        " in hex": data.hex().encode(),
        " in upper-case hex": data.hex().upper().encode(),
        **{f" in base64, {each} bytes in": _within_base64(data, each) for each in range(3)},
    }


def spellings(word: str) -> set[str]:
    """A word as it is, in small letters, with its accents apart, and without."""
    apart = unicodedata.normalize("NFD", word)
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    found = {word, apart, plain, unicodedata.normalize("NFC", word)}
    return found | {each.casefold() for each in found}


def files_of(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's path, and its bytes with the path before them: that tells as much."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder.parent).as_posix()
            data = path.read_bytes() if path.is_file() else b""
            yield name, name.encode() + b"\n" + data


def where_found(words: Iterable[str], *folders: Path) -> list[tuple[str, str, str]]:
    """Each file that tells one of the words, with the word and the form in which it does."""
    sought = [
        (word, form, needle)
        for word in words
        for spelt in spellings(word)
        for form, needle in forms(spelt).items()
    ]
    found = set()
    for name, data in files_of(*folders):
        without_hashes = HASH_OR_ID.sub(b"-", data)
        for word, form, needle in sought:
            by_chance = needle.isdigit() and "hex" not in form
            if needle in (without_hashes if by_chance else data):
                found.add((name, word, form))
    return sorted(found)


def _within_base64(data: bytes, before: int) -> bytes:
    """What base64 makes of some bytes wherever they stand in others: the ends are the others'."""
    coded = base64.b64encode(bytes(before) + data)
    first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
    return coded[first:last]

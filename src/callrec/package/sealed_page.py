"""A package that is a page, opened and read again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from callrec.crypto.canonical import canonical, parse
from callrec.crypto.primitives import NONCE_BYTES, SALT_BYTES, open_sealed, pbkdf2, sha256
from callrec.dataclass import dataclass
from callrec.errors import Locked, Tampered, Unusable
from callrec.package.callrec_verify import fits, unbase64
from callrec.package.whole import normalise_passphrase

NOT_A_PACKAGE: Final = "this is not a package of callrec"
HOW_TO_NAME_IT: Final = (
    "a package is a .zip or an .html as it came, or the folder that it was opened to"
)
COPY_AGAIN: Final = "copy it anew from where it came; if that does not help, ask the practice"
SIX_WORDS: Final = "six words, with a space between"

MAX_PAGE_BYTES: Final = 128 << 20
"""Bytes of a page, at most: 64 MiB in base64, and room to spare."""

MIN_ROUNDS: Final = 600_000

MAX_ROUNDS: Final = 10_000_000
"""Of PBKDF2; beyond, a page could keep a person who checks it waiting for minutes."""

_INDEX, _LISTED = frozenset({"files", "page", "signature"}), frozenset({"path", "bytes"})
"""Members of what stands before the files, and of each that it lists. Were there room for others,
one page could be sealed so that other words open something else in it: AES-GCM permits that."""


_ELEMENT = re.compile(rb'<script type="[a-z0-9/;-]+" id="([a-z]+)">([^<]*)</script>')
"""Just as a page of ours has it: to read any other in whatever way a browser might is no way to
tell what was made here. Neither part of it meets the other's end, so that a page of any form takes
no longer than its length."""

_NAMED = re.compile(rb"""\b[iI][dD]\s*=\s*["']?(rounds|salt|nonce|sealed)\b""")
"""The id of one of the four, however it is written: a browser takes the first of a name that is no
comment, which must not be another than is read here."""


@dataclass(frozen=True, slots=True, repr=False)
class OpenedPage:
    """A page that was opened. Its repr shows nothing."""

    files: Mapping[str, bytes]
    """What is sealed in it, by path."""
    shown: Any
    """What its own code lays out, as JSON; None: it has nothing of that."""
    signature: str
    """Of what is shown and of what is around, by the releaser; empty: there is none."""
    around: bytes
    """SHA-256 of the page without the values in the four elements, 32 bytes."""


def open_page(path: Path, passphrase: Callable[[], str]) -> OpenedPage:
    """The page at ``path``."""
    with path.open("rb") as file:
        page = file.read(MAX_PAGE_BYTES + 1)
    elements = _elements(page) if len(page) <= MAX_PAGE_BYTES else {}
    salt, nonce, sealed, rounds = _values_of(elements)
    key = pbkdf2(normalise_passphrase(passphrase()), salt, rounds)
    try:
        content = open_sealed(key, nonce + sealed, b"")
    except Tampered as error:
        raise Locked("wrong passphrase, or the page was changed", hint=SIX_WORDS) from error
    index, files = _unpacked(content)
    signature = index.get("signature")
    around, at = hashlib.sha256(), 0
    for found in sorted(elements.values(), key=lambda each: each.start()):
        around.update(memoryview(page)[at : found.start(2)])
        at = found.end(2)
    around.update(memoryview(page)[at:])
    return OpenedPage(
        files=files,
        shown=index.get("page"),
        signature=signature if isinstance(signature, str) else "",
        around=around.digest(),
    )


def _elements(page: bytes) -> Mapping[str, re.Match[bytes]]:
    """The page's elements that hold no code, by their ids."""
    names = _NAMED.findall(page)
    if len({*names}) != len(names):
        raise Tampered("the page holds two sealed parts", hint=COPY_AGAIN)
    found = _ELEMENT.finditer(page)
    return {each[1].decode(): each for each in found if each[1] in names}


def _values_of(elements: Mapping[str, re.Match[bytes]]) -> tuple[bytes, bytes, bytes, int]:
    """Salt, nonce, what is sealed, and the rounds of a page."""
    texts = {name: found[2].decode("ascii", "replace") for name, found in elements.items()}
    salt, nonce, sealed = (unbase64(texts.get(name, "")) for name in ("salt", "nonce", "sealed"))
    rounds = texts.get("rounds", "")
    if not (salt and nonce and sealed and re.fullmatch("[1-9][0-9]{0,8}", rounds)):
        raise Unusable(NOT_A_PACKAGE, hint=HOW_TO_NAME_IT)
    # A browser takes a nonce of any length, which makes something else of what is sealed.
    is_of_form = (len(salt), len(nonce)) == (SALT_BYTES, NONCE_BYTES)
    if not is_of_form or not MIN_ROUNDS <= int(rounds) <= MAX_ROUNDS:
        raise Tampered("the parameters of the page's lock are out of bounds", hint=HOW_TO_NAME_IT)
    return salt, nonce, sealed, int(rounds)


def _unpacked(content: bytes) -> tuple[Mapping[str, Any], Mapping[str, bytes]]:
    """``u32be(length of index) || index || the bytes of every file``: index, and files by path."""
    end = 4 + int.from_bytes(content[:4], "big")
    with suppress(Tampered):
        index = parse(content[4:end])
        if _is_index(index):
            found = {}
            for each in index["files"]:
                found[each["path"]] = content[end : end + each["bytes"]]
                end += each["bytes"]
            if end == len(content) and len(found) == len(index["files"]):
                return index, found
    raise Tampered("what is sealed in the page is no package", hint=COPY_AGAIN)


def _is_index(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() <= _INDEX
        and isinstance(value.get("files"), list)
        and all(
            isinstance(each, dict)
            and each.keys() == _LISTED
            and fits(each["path"], "text")
            and fits(each["bytes"], "n")
            for each in value["files"]
        )
    )


def page_statement(*, release: str, shown: object, around: bytes) -> bytes:
    """What the releaser of a page signs of it, as they sign its manifest (release.md, 7).

    That is what it shows once it is open, and every byte of its text and code: all but the values
    in the four elements that hold what is sealed.
    """
    return canonical(
        {
            "schema": "callrec.page/1",
            "release": release,
            "shown": sha256(canonical(shown)).hex(),
            "around": around.hex(),
        }
    )

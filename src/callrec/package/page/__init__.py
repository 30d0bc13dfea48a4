"""A package as one page that any browser opens (docs/formats/release.md, 7).

The page is page.html with page.css and the four scripts beside this module, in the order of
``_SCRIPTS``. Everything of the release is sealed under the passphrase; what the page shows before
it is open is escaped here, what it shows afterwards is set as text by its own code.
"""

from __future__ import annotations

import hashlib
import html
import re
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, BinaryIO, Final

from callrec.crypto.canonical import canonical
from callrec.crypto.primitives import NONCE_BYTES, SALT_BYTES, pbkdf2, random_bytes, seal, sha256
from callrec.errors import Unusable
from callrec.package.certificate import day_in_words
from callrec.package.display import page_statement
from callrec.package.passphrase import PASSPHRASE_WORDS
from callrec.package.shown import PageContent, page_content_json
from callrec.package.sshsig import NAMESPACE, sign_ssh
from callrec.package.texts import UNKNOWN_CONTACT
from callrec.package.whole import sha256_of, unfinished_package, write_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from callrec.package.certificate import Certificate
    from callrec.package.package import Member

__all__ = ["MAX_CONTENT_BYTES", "ROUNDS", "PageContent", "check_size", "write_page"]

MAX_CONTENT_BYTES: Final = 64 << 20
"""Of what is in the package, 64 MiB: a browser takes six times as much memory to open it."""

ROUNDS: Final = 600_000
"""Of PBKDF2-HMAC-SHA-256: under half a second on a computer of 2026, some on an old telephone."""

_SCRIPTS: Final = ("sealed.js", "zip.js", "opened.js", "page.js")

_POLICY: Final = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src blob:; "
    "media-src blob:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing but the page's own script and style, and what it has opened itself. No text can become
markup: the last two forbid the browser to make any of it."""

_AS_DRAWN = re.compile(rf"[a-z]+( [a-z]+){{{PASSPHRASE_WORDS - 1}}}")

_ENCODED_AT_A_TIME = 3 << 18  # a multiple of three, so that no piece of base64 is padded


def write_page(
    members: Iterable[Member], target: Path, passphrase: str, shown: PageContent, *, seed: bytes
) -> str:
    """Write a package as the page ``target``, under ``passphrase``, and sign what it shows.

    It has its name once all of it is durable; if it cannot be finished, nothing of it stays. All of
    it is sealed in memory first: nothing open touches the drive.

    Args:
        members: the package's files.
        target: where the page is to be.
        passphrase: six words as they were drawn; the page takes any other spelling to that form.
        shown: what the page shows of them once it is open.
        seed: the releaser's ``act`` seed, 32 bytes.

    Returns:
        SHA-256 of the page, in hex.

    Raises:
        Tampered: a recording turned out not to be what the manifest says.
        Unusable: the package is too large, or there is something at ``target``.
        Failed: the drive is full, missing or cannot be written.
        ValueError: a passphrase that is no six words: a programming error.
    """
    if not _AS_DRAWN.fullmatch(passphrase):
        raise ValueError("a page opens with six words in small letters, one space between")
    salt = random_bytes(SALT_BYTES)
    with ThreadPoolExecutor(1) as beside:  # what is to be sealed is still made meanwhile
        key = beside.submit(pbkdf2, passphrase.encode(), salt, ROUNDS)
        files = tuple(members)
        check_size(sum(file.size_bytes for file in files))
        with unfinished_package(target) as file:
            content = b"".join(_content(files, shown, seed))
            _write(file, content, salt, key.result(), shown.certificate)
            return sha256_of(file)


def check_size(content_bytes: int) -> None:
    """Whether so much can be made as a page.

    Raises:
        Unusable: it is too large.
    """
    if content_bytes > MAX_CONTENT_BYTES:
        raise Unusable(
            f"a release of more than {MAX_CONTENT_BYTES >> 20} MiB cannot be made as a page",
            hint="make it smaller with --fit 45MB, or give --form zip",
        )


def _write(
    file: BinaryIO, content: bytes, salt: bytes, key: bytes, certificate: Certificate
) -> None:
    # The format has no associated data: the passphrase is of this one page alone.
    sealed = memoryview(seal(key, content, b""))
    nonce = b64encode(sealed[:NONCE_BYTES]).decode()
    before, after = _around(certificate, str(ROUNDS), b64encode(salt).decode(), nonce)
    write_all(file, before)
    for start in range(NONCE_BYTES, len(sealed), _ENCODED_AT_A_TIME):
        write_all(file, b64encode(sealed[start : start + _ENCODED_AT_A_TIME]))
    write_all(file, after)


def _content(files: Sequence[Member], shown: PageContent, seed: bytes) -> Iterator[bytes]:
    """The index, behind its length in four bytes, and the bytes of every file."""
    page = page_content_json(shown, files)
    certificate = shown.certificate
    around = sha256(*_around(certificate))
    statement = page_statement(release=certificate.release, shown=page, around=around)
    index = canonical(
        {
            "files": [{"path": file.path, "bytes": file.size_bytes} for file in files],
            "page": page,
            "signature": sign_ssh(statement, seed, NAMESPACE),
        }
    )
    yield len(index).to_bytes(4, "big")
    yield index
    for file in files:
        yield from file.chunks()


def _around(
    certificate: Certificate, rounds: str = "", salt: str = "", nonce: str = ""
) -> tuple[bytes, bytes]:
    """The page before and after the base64 of what is sealed; without values, as it is signed."""
    style = _text("page.css")
    script = "".join(map(_text, _SCRIPTS))
    told = {
        "practice": certificate.practice,
        "request": certificate.request,
        "day": day_in_words(certificate.at),
        "contact": certificate.contact or UNKNOWN_CONTACT,
    }
    facts = {
        **{name: html.escape(text) for name, text in told.items()},
        "policy": _POLICY.format(script=_source_hash(script), style=_source_hash(style)),
        "style": style,
        "script": script,
        "rounds": rounds,
        "salt": salt,
        "nonce": nonce,
    }
    before, after = _text("page.html").split("$sealed")
    return Template(before).substitute(facts).encode(), Template(after).substitute(facts).encode()


def _source_hash(text: str) -> str:
    """As a content security policy names what it allows (CSP Level 3, 2.3.1)."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")

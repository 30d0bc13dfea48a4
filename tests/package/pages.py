"""Releases as pages: three calls, of which one is edited and one cannot be played."""

from __future__ import annotations

import hashlib
import io
import json
import math
import wave
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from callrec.package.certificate import Certificate, CertifiedApproval
from callrec.package.manifest import NotEnclosed, WhyNotEnclosed
from callrec.package.package import Member, assemble
from callrec.package.page import PageContent
from callrec.policy.edits import UNEDITED, Edits
from callrec.policy.rights.grounds import Ground
from callrec.sound.measured import Measured
from callrec.sound.waveform import as_svg
from package.builders import (
    ROOT,
    SEED,
    SOUND,
    a_file,
    a_listening_copy,
    a_manifest,
    an_edited_copy,
    the_enclosures,
)

WORDS = "anvil bamboo cactus dagger easel fabric"

UNPLAYABLE = b"#!AMR of another kind" * 20


def a_wave(seconds: float) -> bytes:
    """A tone as a WAV that any browser plays: PCM 16, 8,000 Hz, one channel."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        levels = (round(9000 * math.sin(sample / 3)) for sample in range(round(8000 * seconds)))
        file.writeframes(b"".join(level.to_bytes(2, "little", signed=True) for level in levels))
    return held.getvalue()


HEARD = a_wave(4)

EDITED = a_wave(2)


def a_waveform(*, channels: int, edits: Edits = UNEDITED) -> str:
    """Louder and louder for half a second."""
    return as_svg(
        Measured(800, channels, 400, (tuple(range(400)),) * channels), title="", edits=edits
    )


def a_release() -> tuple[tuple[Member, ...], PageContent]:
    """The members of a package, and what its page shows of them."""
    original = a_file()
    heard = replace(a_listening_copy(original, HEARD), codec="pcm16", duration_ms=4000)
    edited = replace(
        an_edited_copy(),
        sha256=hashlib.sha256(EDITED).hexdigest(),
        size_bytes=len(EDITED),
        duration_ms=2000,
        started_at=original.started_at + timedelta(days=3),
    )
    unplayable = replace(
        a_file(UNPLAYABLE, place=3), path="recordings/03-original.amr", sample_rate=None
    )
    manifest = replace(
        a_manifest(original, heard, edited, unplayable),
        not_enclosed=(
            NotEnclosed(1044, "66" * 16, "dd" * 32, 8200, "mu-law", WhyNotEnclosed.EDITED),
        ),
    )
    contents = {
        original.path: SOUND,
        heard.path: HEARD,
        edited.path: EDITED,
        unplayable.path: UNPLAYABLE,
    }
    enclosures = replace(the_enclosures(manifest), rights="You may complain to the ICO.\n")
    certificate = Certificate(
        practice=manifest.practice,
        contact="telephone 01632 960 000",
        request=manifest.request_number,
        release=manifest.release,
        purpose="subject access",
        legal_basis="UK GDPR Article 15",
        subject=None,
        approvals=(
            CertifiedApproval(role="Data Controller", at=manifest.at, countersigned_by="Partner"),
        ),
        released_by="Practice Manager",
        at=manifest.at,
        files=manifest.files,
        not_enclosed=manifest.not_enclosed,
        withheld=((1043, Ground.THIRD_PARTY.meaning),),
        fingerprint=ROOT,
        signing_key="SHA256:" + "q" * 43,
        audit_seq=1234,
        checkpoint="callrec/vault\n1235\nAAAA\n\n— callrec/vault BBBB\n",
    )
    waveforms = {
        heard.path: a_waveform(channels=1),
        edited.path: a_waveform(channels=2, edits=edited.edits.in_copy()),
    }
    members = assemble(manifest, contents, enclosures, seed=SEED)
    return members, PageContent(certificate=certificate, waveforms=waveforms)


def bytes_of(members: tuple[Member, ...]) -> dict[str, bytes]:
    return {member.path: b"".join(member.chunks()) for member in members}


class Elements(HTMLParser):
    """What stands in a page: the scripts that hold data by their ids, and the text to be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.types: dict[str, str | None] = {}
        self.texts: dict[str, str] = {}
        self.policy = ""
        self.seen = ""
        self.tags: list[str] = []
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        self._in = tag
        if tag == "script":
            self._in = given.get("id") or "code"
            self.types[self._in] = given.get("type")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - HTMLParser's own signature
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in in self.types or self._in == "style":
            self.texts[self._in] = self.texts.get(self._in, "") + data
        else:
            self.seen += data


def elements_of(page: Path) -> Elements:
    found = Elements()
    found.feed(page.read_text("utf-8"))
    found.close()
    return found


def read_page(page: Path, words: str = WORDS) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The index and the files of a page, read by its format and not by our code."""
    texts = elements_of(page).texts
    salt, nonce, sealed = (b64decode(texts[name]) for name in ("salt", "nonce", "sealed"))
    key = PBKDF2HMAC(hashes.SHA256(), 32, salt, int(texts["rounds"])).derive(words.encode())
    content = AESGCM(key).decrypt(nonce, sealed, None)
    end = 4 + int.from_bytes(content[:4], "big")
    index: dict[str, Any] = json.loads(content[4:end])
    files = {}
    for file in index["files"]:
        files[file["path"]] = content[end : end + file["bytes"]]
        end += file["bytes"]
    assert end == len(content)
    return index, files


def resealed(
    page: Path,
    change: Callable[[dict[str, Any]], object] = lambda index: index,
    *,
    salt: bytes = b"",
    nonce: bytes = b"",
) -> None:
    """The page with another index, by somebody who has its words and no key of the practice.

    Salt and nonce are the page's own, unless others are given.
    """
    index, files = read_page(page)
    change(index)
    head = json.dumps(index, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    texts = elements_of(page).texts
    salt, nonce = salt or b64decode(texts["salt"]), nonce or b64decode(texts["nonce"])
    key = PBKDF2HMAC(hashes.SHA256(), 32, salt, int(texts["rounds"])).derive(WORDS.encode())
    content = len(head).to_bytes(4, "big") + head + b"".join(files.values())
    sealed = AESGCM(key).encrypt(nonce, content, None)
    text = page.read_text("utf-8")
    for name, value in (("salt", salt), ("nonce", nonce), ("sealed", sealed)):
        text = text.replace(texts[name], b64encode(value).decode())
    page.write_text(text, "utf-8")

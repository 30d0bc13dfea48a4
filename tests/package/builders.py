"""Releases for the tests: valid by default, say only what matters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from callrec.crypto.primitives import signing_public
from callrec.package.manifest import (
    FileRole,
    Manifest,
    ReleasedCall,
    ReleasedFile,
    Withheld,
    recording_path,
)
from callrec.package.package import Content, Enclosures, Member, assemble
from callrec.package.texts import read_me_first, verify_text
from callrec.policy.edits import Edits, Filler, Side, Silence, Span
from callrec.policy.rights.grounds import Ground

SEED = bytes(range(32))

PUBLIC = signing_public(SEED)

ROOT = hashlib.sha256(b"leaf 0").hexdigest()

LONDON = ZoneInfo("Europe/London")

SOUND = b"RIFF" + bytes(range(256)) * 40

LISTENING = b"RIFF" + bytes(reversed(range(256))) * 80


def a_file(content: bytes = SOUND, *, place: int = 1) -> ReleasedFile:
    return ReleasedFile(
        path=recording_path(place, FileRole.ORIGINAL, "wav"),
        role=FileRole.ORIGINAL,
        recording=1041 + place,
        uid="11" * 16,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        codec="mu-law",
        sample_rate=8000,
        duration_ms=1280,
        started_at=datetime(2026, 7, 14, 9, 5, 7, 250_000, tzinfo=LONDON),
        made_from=None,
        taken_in_at=datetime(2026, 8, 2, 23, 15, tzinfo=UTC),
        taken_in_by="intake",
        matched=False,
    )


def a_listening_copy(of: ReleasedFile, content: bytes = LISTENING) -> ReleasedFile:
    return replace(
        of,
        path=of.path.replace("original", "listening"),
        role=FileRole.LISTENING,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        codec="PCM 16",
        made_from=of.sha256,
    )


def an_edited_copy() -> ReleasedFile:
    """Of a second recording, whose original stays out: its hash is ``dd…``."""
    return replace(
        a_listening_copy(a_file()),
        path=recording_path(2, FileRole.LISTENING, "wav"),
        recording=1044,
        uid="66" * 16,
        sha256="cc" * 32,
        size_bytes=17644,
        codec="pcm16",
        sample_rate=11025,
        duration_ms=800,
        made_from="dd" * 32,
        edits=Edits(
            Span(100, 900),
            (Silence(Span(301, 450), Ground.THIRD_PARTY, Side.LEFT, Filler.TONE),),
        ),
        edited_at=11025,
    )


def a_call() -> ReleasedCall:
    """Its original and its listening copy are enclosed."""
    original = a_file()
    return ReleasedCall(
        files=(original, a_listening_copy(original)),
        duration_ms=1280,
        direction="inbound",
        number="+447700900123",
        extension="203",
        parties=("Siân O'Neill", "Reception"),
    )


def an_edited_call() -> ReleasedCall:
    """Of which nothing is known but when it was, and only an edited copy is enclosed."""
    return ReleasedCall(
        files=(an_edited_copy(),),
        duration_ms=1280,
        direction="unknown",
        number=None,
        extension=None,
        parties=(),
    )


def a_manifest(*files: ReleasedFile, withheld: Iterable[Withheld] = ()) -> Manifest:
    original = a_file()
    return Manifest(
        vault="22" * 16,
        practice="Dr Müller & Partners",
        release="33" * 16,
        request_number="R-17",
        request="44" * 16,
        purpose="subject-access",
        released_by="55" * 16,
        at=datetime(2026, 8, 3, 0, 15, tzinfo=LONDON),
        files=files or (original, a_listening_copy(original)),
        not_enclosed=(),
        withheld=tuple(withheld),
    )


def the_enclosures(manifest: Manifest) -> Enclosures:
    return Enclosures(
        proof=b"c2sp.org/tlog-proof@v1\n",
        signers=b'{"signers":[]}',
        certificate=b"%PDF-1.7\n",
        read_me=read_me_first(manifest, contact="telephone 01632 960 000"),
        verify=verify_text(manifest, public=PUBLIC, root=ROOT),
    )


def a_package(manifest: Manifest | None = None) -> tuple[Member, ...]:
    """The default release: one recording and its listening copy."""
    manifest = manifest or a_manifest()
    contents: dict[str, Content] = {
        "recordings/01-original.wav": SOUND,
        "recordings/01-listening.wav": lambda: (LISTENING[:1000], LISTENING[1000:]),
    }
    return assemble(manifest, contents, the_enclosures(manifest), seed=SEED)

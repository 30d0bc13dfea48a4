"""Releases for the tests: valid by default, say only what matters."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callrec.crypto.primitives import signing_public
from callrec.release.manifest import Manifest, ReleasedFile, Role, Withheld, recording_path
from callrec.release.package import assemble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callrec.release.package import Member

SEED = bytes(range(32))
PUBLIC = signing_public(SEED)
ROOT = hashlib.sha256(b"leaf 0").hexdigest()
LONDON = ZoneInfo("Europe/London")
SOUND = b"RIFF" + bytes(range(256)) * 40
LISTENING = b"RIFF" + bytes(reversed(range(256))) * 80


def a_file(content: bytes = SOUND, *, place: int = 1) -> ReleasedFile:
    return ReleasedFile(
        path=recording_path(place, Role.ORIGINAL, "wav"),
        role=Role.ORIGINAL,
        recording=1041 + place,
        uid="11" * 16,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        codec="mu-law",
        sample_rate=8000,
        started_at=datetime(2026, 7, 14, 9, 5, 7, 250_000, tzinfo=LONDON),
        made_from=None,
    )


def a_listening_copy(of: ReleasedFile, content: bytes = LISTENING) -> ReleasedFile:
    return replace(
        of,
        path=of.path.replace("original", "listening"),
        role=Role.LISTENING,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        codec="PCM 16",
        made_from=of.sha256,
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
        withheld=tuple(withheld),
    )


def a_package(manifest: Manifest | None = None) -> tuple[Member, ...]:
    """The default release: one recording and its listening copy."""
    return assemble(
        manifest or a_manifest(),
        {
            "recordings/01-original.wav": SOUND,
            "recordings/01-listening.wav": lambda: (LISTENING[:1000], LISTENING[1000:]),
        },
        seed=SEED,
        proof=b"c2sp.org/tlog-proof@v1\n",
        signers=b'{"signers":[]}',
        root=ROOT,
        contact="telephone 01632 960 000",
    )

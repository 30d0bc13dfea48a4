"""The recorder's own word: what the telephone system, or its supplier, signed or hashed of a sound.

Whether a signature counts is the practice's to say, by the keys that it has named. A key that it
has not named is never trusted, and a checksum is nobody's signature.

Format: docs/formats/recorder.md.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from callrec.dataclass import dataclass

NAMESPACE: Final = "callrec-recording"
"""What ``ingest --attest`` signs as, so that it counts as nothing else that the key might sign."""


class WordKind(StrEnum):
    """What a word is."""

    MD5 = "md5"
    SHA256 = "sha256"
    OPENSSH = "openssh"
    OPENPGP = "openpgp"

    @property
    def is_signature(self) -> bool:
        return self in {WordKind.OPENSSH, WordKind.OPENPGP}


class WordOrigin(StrEnum):
    """Where a word stood."""

    BESIDE = "beside"
    """In a file beside the recording."""
    DESCRIPTION = "description"
    """In what a cloud system says of the recording."""
    LIST = "list"
    """In a supplier's list of what it exports."""
    CALL_RECORD = "call-record"


class Standing(StrEnum):
    """What a word is worth, as it was found when the recording came in."""

    RIGHT = "right"
    """It is of this sound; a signature by a key that the practice has named."""
    UNNAMED = "unnamed"
    """It is of this sound, by a key that the practice has not named."""
    OUT_OF_TIME = "out-of-time"
    """It is of this sound, by a key that was retired by then, or did not count yet."""
    UNCHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Word:
    """One word on one sound; never one that was found to be wrong."""

    kind: WordKind
    origin: WordOrigin
    value: str
    """A checksum in small hexadecimal, or the signature, as it lay there or in ASCII armour."""
    key: str | None = None
    """Fingerprint of the key; None of a checksum, and where it cannot be told."""
    name: str | None = None
    """What the practice calls the key; None: it has not named it."""
    standing: Standing = Standing.RIGHT
    by: str | None = "callrec"
    """Which program checked it; None: none did."""
    why: str | None = None
    """Why it was not checked."""
    stamp: bytes = b""
    """A time stamp of the signature's own file, DER; empty: there is none."""
    stamped_at: str | None = None
    """What the stamp says, RFC 3339; None: none, or it was not checked."""
    authority: str | None = None
    """Whose stamp it is."""

    @property
    def vouches(self) -> bool:
        """Whether it is a signature by a key that the practice has named."""
        return self.kind.is_signature and self.standing is Standing.RIGHT

    def as_members(self) -> dict[str, Any]:
        """As metadata and releases hold it."""
        members = {name: getattr(self, name) for name in self.__slots__}
        return {**members, "stamp": base64.b64encode(self.stamp).decode() or None}


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key that the practice has named."""

    name: str
    kind: WordKind
    fingerprint: str
    namespaces: frozenset[str] = frozenset()
    """What it may sign as; empty: anything. OpenSSH alone has these."""
    since: datetime | None = None
    until: datetime | None = None
    """Aware: it counts from the first on, and before the second."""

    def standing(self, at: datetime) -> Standing:
        """What a signature by it is worth that was there at that time.

        Law: a key that was retired is worth nothing from then on, whatever a signature says itself.
        """
        is_too_early = self.since is not None and at < self.since
        is_too_late = self.until is not None and at >= self.until
        return Standing.OUT_OF_TIME if is_too_early or is_too_late else Standing.RIGHT


@dataclass(frozen=True, slots=True)
class Recorder:
    """Whose word counts."""

    keys: tuple[NamedKey, ...] = ()
    certificates: bytes = b""
    """The OpenPGP certificates of these keys, one behind the other, as they are in binary."""
    time_certificates: bytes = b""
    """PEM: by whose certificates a time stamp of a signature counts."""
    is_required: bool = False
    """Whether a file without such a word is left where it is."""
    now: datetime | None = None
    """Aware. None: whose word counts is not asked."""

    def key(self, kind: WordKind, fingerprint: str, namespace: str = "") -> NamedKey | None:
        """The key that may sign so; None: the practice has named none."""
        return next(
            (
                each
                for each in self.keys
                if (each.kind, each.fingerprint) == (kind, fingerprint)
                and (not each.namespaces or namespace in each.namespaces)
            ),
            None,
        )

    def standing(self, kind: WordKind, fingerprint: str | None, at: datetime) -> Standing:
        """What a right signature is worth that was there at that time, by a key that is named."""
        of_key = (k for k in self.keys if (k.kind, k.fingerprint) == (kind, fingerprint))
        return next(of_key).standing(at)


NO_RECORDER: Final = Recorder()


def word_members(words: Iterable[Word]) -> list[dict[str, Any]]:
    """Words as metadata have them, each once."""
    members = {(word.kind, word.value): word.as_members() for word in words}
    return [*members.values()]


_TEXTS: Final = frozenset({"kind", "origin", "value", "standing"})
"""Members that are never null."""

_MEMBERS: Final = frozenset(Word.__slots__)


def is_word(member: object) -> bool:
    """Whether this is in the form of `Word.as_members`: anybody could seal something else."""
    if not isinstance(member, dict) or member.keys() != _MEMBERS:
        return False
    is_text = all(
        isinstance(value, str) or (value is None and name not in _TEXTS)
        for name, value in member.items()
    )
    return (
        is_text
        and member["kind"] in set(WordKind)
        and member["origin"] in set(WordOrigin)
        and member["standing"] in set(Standing)
    )

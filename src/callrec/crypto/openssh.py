"""Whose OpenSSH signatures count, as OpenSSH's own file of allowed signers writes it.

    <name> [namespaces="…",valid-after="…",valid-before="…"] <type of key> <base64 of key>

Source: ssh-keygen(1), ALLOWED SIGNERS. Of the rest of that format nothing is taken: a pattern for a
name, several names, and certificate authorities name nobody.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Final

from callrec.crypto.primitives import sha256
from callrec.dataclass import dataclass

_TYPES: Final = frozenset(
    {
        *("ssh-ed25519", "ssh-rsa", "sk-ssh-ed25519@openssh.com"),
        *(f"ecdsa-sha2-nistp{bits}" for bits in (256, 384, 521)),
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)

_LINE: Final = re.compile(
    r"(?P<name>[A-Za-z0-9@._/+-]{1,100})[ \t]+(?:(?P<options>[a-z][^ \t]*)[ \t]+)??"
    r"(?P<type>[a-z0-9@.-]+)[ \t]+(?P<key>[A-Za-z0-9+/]+=*)(?:[ \t].*)?"
)

_LEAST_PARTS: Final = 2

_OPTION: Final = re.compile(r'(namespaces|valid-after|valid-before)="([!#-~]+)"')

_TIME: Final = re.compile(r"[0-9]{8}(?:[0-9]{4}(?:[0-9]{2})?)?Z?")


@dataclass(frozen=True, slots=True)
class AllowedSigner:
    """A key whose signatures count, for what, and from when to when."""

    name: str
    """What the practice calls it."""
    key: bytes
    """The blob of its public key (RFC 4253, 6.6)."""
    namespaces: frozenset[str] = frozenset()
    """What it may sign as; empty: anything."""
    since: datetime | None = None
    until: datetime | None = None
    """Aware: from the first on, and before the second."""

    @property
    def fingerprint(self) -> str:
        """``SHA256:…``, as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(sha256(self.key)).decode().rstrip("=")


def read_allowed_signers(text: str) -> tuple[AllowedSigner, ...]:
    """The keys that a file of allowed signers names; empty lines and comments are passed over.

    Raises:
        ValueError: a line is not in its form, and which; or two have one key.
    """
    lines = [(place, line.strip()) for place, line in enumerate(text.splitlines(), start=1)]
    signers = tuple(_read(place, line) for place, line in lines if line and line[0] != "#")
    if len({each.key for each in signers}) < len(signers):
        raise ValueError("two lines have one key")
    return signers


def _read(place: int, line: str) -> AllowedSigner:
    found = _LINE.fullmatch(line)
    if found is None or found["type"] not in _TYPES:
        raise ValueError(
            f"line {place} is not NAME [OPTIONS] TYPE KEY, as ssh-keygen(1) has it, with one name"
        )
    try:
        key = base64.b64decode(found["key"], validate=True)
    except ValueError:
        key = b""
    parts = _strings(key)
    if len(parts) < _LEAST_PARTS or parts[0] != found["type"].encode():
        raise ValueError(f"the key in line {place} was not copied whole")
    options = _options(place, found["options"] or "")
    return AllowedSigner(
        found["name"],
        key,
        frozenset(filter(None, options.get("namespaces", "").split(","))),
        _time(place, options.get("valid-after", "")),
        _time(place, options.get("valid-before", "")),
    )


def _strings(blob: bytes) -> list[bytes]:
    """The strings that a key is made of (RFC 4251, 5); none where the last is not whole."""
    found = []
    while blob:
        end = 4 + int.from_bytes(blob[:4], "big")
        if end > len(blob):
            return []
        found.append(blob[4:end])
        blob = blob[end:]
    return found


def _options(place: int, text: str) -> dict[str, str]:
    found = _OPTION.findall(text)
    if ",".join(f'{name}="{value}"' for name, value in found) != text or len(dict(found)) < len(
        found
    ):
        known = 'namespaces="…", valid-after="…" and valid-before="…"'
        raise ValueError(f"line {place} has other options than {known}, each once")
    return dict(found)


def _time(place: int, text: str) -> datetime | None:
    """A time as OpenSSH writes it, which here is always UTC; None of nothing."""
    if not text:
        return None
    digits = text.removesuffix("Z")
    try:
        if _TIME.fullmatch(text):
            return datetime.strptime(f"{digits:0<14}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise ValueError(f"line {place} has a time that is not YYYYMMDD or YYYYMMDDHHMM")

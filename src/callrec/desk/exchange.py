"""What passes between the process that serves pages and one that holds somebody's keys.

A message is a head in JSON with bytes behind it, each with its length before it. Nothing in it is
code or names code: anyone who took over the serving process can ask for pages, as a browser can.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

from callrec.dataclass import asdict, dataclass, field
from callrec.system.children import Channel

SENT: Final = "SENT"
"""What the serving process asks for by itself: no browser has such a method."""

_LENGTHS: Final = struct.Struct(">II")

LONGEST: Final = 256 * 1024**2
"""Bytes of one message's body: the largest download that is made whole."""


_SECRETS: Final = ("passkey", "password", "printed_key")
"""Parts of the names of fields that nobody keeps."""


def is_secret(field: str) -> bool:
    """Whether a field of this name is kept nowhere: a password, or what a second factor says."""
    return field == "again" or any(part in field for part in _SECRETS)


@dataclass(frozen=True, slots=True, repr=False)
class Upload:
    """A file that came with a form. Its repr shows nothing."""

    name: str
    """What the browser called it: for its ending alone."""
    data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What a browser asks for. Its repr shows nothing."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What a form says: each name with all that was given for it."""
    files: Mapping[str, Upload] = field(default_factory=dict)

    def first(self, name: str, default: str = "") -> str:
        """The one value of a field, without the space around it."""
        values = self.fields.get(name) or (default,)
        return values[0].strip()

    def every(self, name: str) -> tuple[str, ...]:
        """The values of a field that are not empty."""
        return tuple(filter(None, (each.strip() for each in self.fields.get(name, ()))))

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.first(name))


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """What a browser gets. Its repr shows nothing."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    """Its media type."""
    to: str = ""
    """Where it is sent on to; then there is no body."""
    save_as: str = ""
    """The name under which it is saved, if it is a file; nothing personal in it."""
    counts: bool = False
    """The process that answered is told, by `Asked` with ``SENT``, once all of the file came."""
    ends: bool = False
    """The session is over: its cookie goes, and so does what the browser kept."""


def send(channel: Channel, head: Mapping[str, Any], body: bytes = b"") -> None:
    """Send one message."""
    encoded = json.dumps(head).encode()
    channel.sendall(_LENGTHS.pack(len(encoded), len(body)) + encoded)
    channel.sendall(body)


def receive(channel: Channel) -> tuple[dict[str, Any], bytes]:
    """The next message.

    Raises:
        EOFError: the other side has gone.
        TimeoutError: nothing came in the channel's time.
    """
    head_size, body_size = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    if body_size > LONGEST:
        raise EOFError
    head = json.loads(_exactly(channel, head_size))
    return head, _exactly(channel, body_size)


def _exactly(channel: Channel, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def asked_as_message(asked: Asked) -> tuple[dict[str, Any], bytes]:
    """What is asked, as one message."""
    files = [(name, each.name, len(each.data)) for name, each in asked.files.items()]
    head = {
        "method": asked.method,
        "path": asked.path,
        "query": dict(asked.query),
        "fields": {name: list(values) for name, values in asked.fields.items()},
        "files": files,
    }
    return head, b"".join(each.data for each in asked.files.values())


def asked_from_message(head: Mapping[str, Any], body: bytes) -> Asked:
    """The same from a message."""
    files, place = {}, 0
    for name, called, size in head["files"]:
        files[name] = Upload(called, body[place : place + size])
        place += size
    return Asked(head["method"], head["path"], head["query"], head["fields"], files)


def answered_as_message(answered: Answered) -> tuple[dict[str, Any], bytes]:
    """What is answered, as one message."""
    head = asdict(answered)
    return head, head.pop("body")


def answered_from_message(head: Mapping[str, Any], body: bytes) -> Answered:
    """The same from a message."""
    return Answered(body=body, **head)

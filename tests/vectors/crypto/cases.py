"""Reads the cases beside it: a head of ``name: value`` lines, an empty line, the body verbatim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    head: Mapping[str, str]
    body: bytes

    def __str__(self) -> str:
        return self.name

    @property
    def is_good(self) -> bool:
        return self.head["expect"] == "good"

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a context."""
        found: dict[str, Any] = json.loads(self.head["fields"])
        return found

    def bytes_of(self, member: str) -> bytes:
        """What a member of the head says in hex."""
        return bytes.fromhex(self.head[member])


def cases(folder: str, *, expect: str = "") -> list[Case]:
    """All cases of a folder, or those that are to end as ``expect`` says."""
    found = [
        read_case(path.relative_to(HERE).as_posix()) for path in sorted(HERE.glob(f"{folder}/*"))
    ]
    return [case for case in found if expect in ("", case.head["expect"])]


def read_case(name: str) -> Case:
    head, _, body = (HERE / name).read_bytes().partition(b"\n\n")
    members = dict(line.split(": ", 1) for line in head.decode().split("\n"))
    return Case(Path(name).stem, members, body)


def case_text(body: bytes = b"", **head: object) -> bytes:
    """The bytes of a case; a mapping is written as JSON."""
    lines = (
        f"{name.replace('_', '-')}: {json.dumps(value) if isinstance(value, dict) else value}"
        for name, value in head.items()
    )
    return "\n".join(lines).encode() + b"\n\n" + body

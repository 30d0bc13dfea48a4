"""Reads the cases beside it: a head of ``name: value`` lines, an empty line, the body verbatim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


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

    def bytes_of(self, member: str) -> bytes:
        """What a member of the head says in hex."""
        return bytes.fromhex(self.head[member])


def cases(kind: str) -> list[Case]:
    return [
        read_case(path.relative_to(HERE).as_posix()) for path in sorted((HERE / kind).iterdir())
    ]


def read_case(name: str) -> Case:
    head, _, body = (HERE / name).read_bytes().partition(b"\n\n")
    members = dict(line.split(": ", 1) for line in head.decode().split("\n"))
    return Case(Path(name).stem, members, body)

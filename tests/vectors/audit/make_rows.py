"""Writes rows.json by the words of docs/formats/audit-log.md, 9, and Python's own hashes alone."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

HARMLESS = {"person": {"failures"}}

KEYS = {"share": ("key", "version", "person"), "part": ("part",)}
"""Of tables whose rows are not called by ``id``."""

WITH_RECORDING = {"recording": "id", "metadata": "recording", "duplicate": "recording"} | {
    "token": "recording"
}

Row = tuple[str, dict[str, Any]]

PERSON: dict[str, Any] = {
    "id": "ab" * 16,
    "login": "zoë,\n'max'\0",
    "locked": b"",
    "claimed": None,
    "name_version": 1,
    "name_sealed": bytes(range(256)),
    "failures": 3,
}

RECORDING: dict[str, Any] = {
    "id": 19,
    "uid": "0f" * 16,
    "batch": "b1",
    "data_key": b"\x00\xffkey",
    "ciphertext": "c5" * 32,
    "started_at": -1,
    "duration_ms": 0,
    "direction": "in",
    "size_bytes": 2**63 - 1,
    "format": "wav",
    "state": "live",
}


def metadata(revision: int) -> Row:
    """A revision's row."""
    columns = {"recording": 19, "revision": revision, "batch": "b1", "sealed": bytes([revision])}
    return "metadata", columns


STEPS: list[dict[str, list[Row]]] = [
    {
        "put": [
            ("person", PERSON),
            ("share", {"key": "index", "version": 2, "person": "ab" * 16, "sealed": b"s"}),
            ("part", {"part": 24300, "rows": 7, "bits": 5, "normalising": 1}),
            ("recording", RECORDING),
            metadata(1),
            metadata(0),
            ("duplicate", {"mac": b"m" * 16, "recording": 19}),
            ("token", {"part": 24300, "kind": 1, "token": -5, "recording": 19}),
        ],
        "take": [],
    },
    {
        "put": [
            ("person", PERSON | {"failures": 0}),  # nobody signs for that
            ("part", {"part": 24300, "rows": 8, "bits": 5, "normalising": 1}),
            metadata(2),
        ],
        "take": [
            ("share", {"key": "index", "version": 2, "person": "ab" * 16, "sealed": b"s"}),
            metadata(0),
        ],
    },
]


BYTES = {"locked", "claimed", "name_sealed", "data_key", "sealed", "mac"}


def line(table: str, row: dict[str, Any]) -> str:
    """One row: canonical JSON, and what is bytes."""
    signed = {name: row[name] for name in row if name not in HARMLESS.get(table, ())}
    plain = [table, *(value for name, value in signed.items() if name not in BYTES)]
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    for name, value in signed.items():
        if name in BYTES:
            text += "NULL" if value is None else f"X'{value.hex().upper()}'"
    return text


def place(table: str, row: dict[str, Any]) -> tuple[str, str]:
    """The name and key of a row's digest."""
    if table in WITH_RECORDING:
        return "recording", str(row[WITH_RECORDING[table]])
    return table, "/".join(str(row[name]) for name in KEYS.get(table, ("id",)))


def digests(lines: set[tuple[tuple[str, str], str]]) -> dict[tuple[str, str], str]:
    """Of all that there is."""
    together: dict[tuple[str, str], list[str]] = {}
    for where, each in lines:
        together.setdefault(where, []).append(each)
    return {
        where: hashlib.sha256("\n".join(sorted(some)).encode()).hexdigest()
        for where, some in together.items()
    }


def identity(table: str, row: dict[str, Any]) -> tuple[Any, ...]:
    """Which row it is: its primary key."""
    names = {"metadata": ("recording", "revision"), "duplicate": ("mac",)} | KEYS
    if table == "token":
        return (table, *row.values())
    return (table, *(row[name] for name in names.get(table, ("id",))))


def as_json(rows: list[Row]) -> list[Any]:
    """Bytes as hex."""
    return [
        [table, {k: {"hex": v.hex()} if isinstance(v, bytes) else v for k, v in row.items()}]
        for table, row in rows
    ]


def main() -> None:
    """Write the file beside this one."""
    there: dict[tuple[Any, ...], Row] = {}
    steps = []
    for step in STEPS:
        before = digests({(place(*row), line(*row)) for row in there.values()})
        for row in step["take"]:
            del there[identity(*row)]
        there |= {identity(*row): row for row in step["put"]}
        after = digests({(place(*row), line(*row)) for row in there.values()})
        changed = sorted(w for w in {*before, *after} if before.get(w) != after.get(w))
        written = [
            {
                "name": name,
                "key": key,
                "was": before.get((name, key)),
                "now": after.get((name, key)),
            }
            for name, key in changed
        ]
        text = "".join(
            f"{each['name']} {each['was'] or '-'} {each['now'] or '-'} {each['key']}\n"
            for each in written
        )
        steps.append(
            {
                "take": as_json(step["take"]),
                "put": as_json(step["put"]),
                "written": written,
                "line": f"written {b64encode(hashlib.sha256(text.encode()).digest()).decode()}",
            }
        )
    path = Path(__file__).with_name("rows.json")
    path.write_text(json.dumps({"steps": steps}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

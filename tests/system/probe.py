"""A confined child that tries to get out, by means that every system has."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callrec.sound.child import MessageKind, send, serve_job

MEMORY_BYTES = 1 << 29


def connect(port: int) -> None:
    with socket.socket() as way:
        way.settimeout(10)
        way.connect(("127.0.0.1", port))


def attempts(folder: Path, port: int) -> dict[str, Callable[[], object]]:
    return {
        "open a file": (folder / "secret").read_bytes,
        "write a file": lambda: (folder / "left").write_bytes(b"x"),
        "change a file": lambda: (folder / "secret").write_bytes(b"x"),
        "list a folder": lambda: list(folder.iterdir()),
        "connect": lambda: connect(port),
        "start a process": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "take memory": lambda: bytearray(MEMORY_BYTES),
    }


def outcomes(folder: str, port: int) -> dict[str, str]:
    found = {}
    for name, attempt in attempts(Path(folder), port).items():
        try:
            attempt()
        except (OSError, MemoryError):
            found[name] = "refused"
        else:
            found[name] = "done"
    return found


def work(job: dict[str, Any]) -> None:
    text = " ".join(f"{name}: {how}," for name, how in outcomes(job["folder"], job["port"]).items())
    send(MessageKind.PIECE, text.encode())


if __name__ == "__main__":
    serve_job(work)

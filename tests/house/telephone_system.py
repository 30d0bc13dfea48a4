"""A telephone system at work: a program that writes calls into a folder as such systems do.

Some it writes under their name, piece by piece, with a pause between; some beside it, and gives
them their name when they are done; one it opens again and appends to. At its end it crashes, in the
middle of a call, as if by a failure of power.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Event

from house.spool import a_name, a_wave

PIECES = 4
SIZE_BYTES = 20_058
CRASHED_BYTES = 12_058


def contents(calls: int) -> dict[str, bytes]:
    """What every file holds in the end, by its name; the last one was cut short."""
    whole = {a_name(call): a_wave(call, SIZE_BYTES) for call in range(calls)}
    return {**whole, a_name(calls): a_wave(calls, SIZE_BYTES)[:CRASHED_BYTES]}


def main(spool: Path, calls: int) -> None:
    """Write so many calls, and one that is cut short."""
    for call in range(calls):
        folder = spool / f"{call % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        final, wave = folder / a_name(call), a_wave(call, SIZE_BYTES)
        if call % 2:
            part = folder / f".{final.name}.part"
            _write(part, wave)
            part.rename(final)
        else:
            _write(final, wave[: SIZE_BYTES // 2])
            _write(final, wave[SIZE_BYTES // 2 :])
    with (spool / a_name(calls)).open("wb", buffering=0) as crashed:
        crashed.write(a_wave(calls, SIZE_BYTES)[:CRASHED_BYTES])
        os._exit(1)


def _write(path: Path, data: bytes) -> None:
    size = -(-len(data) // PIECES)
    with path.open("ab", buffering=0) as writing:
        for start in range(0, len(data), size):
            writing.write(data[start : start + size])
            Event().wait(0.1)  # speech takes its time


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

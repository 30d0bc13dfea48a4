"""Break recordings in every way that disks, crashes and strangers do, and look at what is left.

    python fuzz/sound.py --cases 4000000 --seed 1

Begins with the valid files of tests/vectors and changes some at a time: cuts them off, sets bytes,
lets sizes lie, moves and repeats pieces, puts two together. Each must be a sound or none: what is
raised otherwise, and a case that takes longer than a second, ends the run with the seed that makes
the case again by itself (--again).
"""

from __future__ import annotations

import argparse
import io
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from callrec.telephone.sound import Finding, NotAudio, Sound, inspect
from telephone.small_sounds import SOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 1.0
"""Seconds for one case, whatever else the computer does."""

SUFFIXES = ("wav", "WAV", "mp3", "ulaw", "alaw", "raw", "sln16", "gsm", "g729", "g722", "ogg", "")
LIES = (0, 1, 2, 4, 44, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
NAMES = tuple(SOUNDS)
LONGEST = 20_000
"""Bytes of one case."""


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def set_bytes(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        data[_place(data, chance)] = chance.randrange(256)


def flip_bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def lie(data: bytearray, chance: random.Random) -> None:
    width = chance.choice((1, 2, 4, 8))
    place = _place(data, chance)
    size = chance.choice((*LIES, len(data), len(data) - 8, chance.randrange(2**32)))
    told = (size % 2 ** (8 * width)).to_bytes(width, chance.choice(("little", "big")))
    data[place : place + width] = told


def leave_out(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    del data[place : place + chance.randint(1, 64)]


def repeat(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    piece = bytes(data[place : place + chance.randint(1, 600)])
    data[place:place] = piece * chance.randint(1, 20)


def fill(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    length = chance.randint(1, 2000)
    data[place : place + length] = bytes([chance.choice((0, 0xFF, 0x55))]) * length


def splice(data: bytearray, chance: random.Random) -> None:
    other = SOUNDS[chance.choice(NAMES)]
    start = chance.randrange(len(other))
    place = _place(data, chance)
    data[place:place] = other[start : start + chance.randint(4, 3000)]


def _place(data: bytearray, chance: random.Random) -> int:
    """As often in what is likely to be a header as anywhere."""
    return min(len(data) - 1, chance.randrange(chance.choice((64, len(data)))))


CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    cut, set_bytes, flip_bits, lie, lie, leave_out, repeat, fill, splice,
)  # fmt: skip


def case(seed: str) -> tuple[bytes, str]:
    """One broken file and its suffix, ever the same for one seed."""
    chance = random.Random(seed)
    name = chance.choice(NAMES)
    data = bytearray(SOUNDS[name])
    for _ in range(chance.randint(1, 5)):
        if data:
            chance.choice(CHANGES)(data, chance)
    own = name.rpartition(".")[2]
    return bytes(data[:LONGEST]), f".{chance.choice((own, chance.choice(SUFFIXES)))}"


def outcome(data: bytes, suffix: str) -> str:
    """What is made of it; anything but a sound, or the reason why it is none, is raised."""
    try:
        sound = inspect(io.BytesIO(data), len(data), suffix)
    except NotAudio as refusal:
        return f"refused: {refusal.message.partition(':')[0]}"
    assert isinstance(sound, Sound)
    assert sound.findings <= set(Finding)
    return f"taken as {sound.format}" + "".join(f", {each}" for each in sorted(sound.findings))


def too_long(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"a case took longer than {PATIENCE} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", default="1", help="another makes other cases")
    parser.add_argument("--again", metavar="SEED/CASE", help="only the case that ended a run")
    asked = parser.parse_args()
    if asked.again:
        data, suffix = case(asked.again)
        print(data.hex(), suffix, outcome(data, suffix))
        return
    tally: Counter[str] = Counter()
    slowest = 0.0
    signal.signal(signal.SIGALRM, too_long)
    for number in range(asked.cases):
        name = f"{asked.seed}/{number}"
        data, suffix = case(name)
        began = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            tally[outcome(data, suffix)] += 1
        except BaseException:
            print(f"--again {name}", file=sys.stderr)
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        slowest = max(slowest, time.perf_counter() - began)
    print(f"{asked.cases:,} files, nothing raised; the slowest took {slowest * 1000:.0f} ms")
    for what, count in tally.most_common():
        print(f"{count:>10,}  {what}")


if __name__ == "__main__":
    main()

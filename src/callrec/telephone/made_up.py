"""Made-up calls, laid out as an Asterisk telephone system writes them: for ``callrec demo``.

Nobody speaks in them: two hums take turns, as two voices would. The numbers are Ofcom's, kept for
television and radio, so that they are never a real person's.
"""

from __future__ import annotations

import array
import math
import os
import random
import sys
import wave
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from callrec.dataclass import dataclass

RATE: Final = 8000
"""Samples a second: what telephones carry."""

NUMBERS: Final = ("02079460018", "07700900461", "01632960183", "07700900123", "02079460952")
EXTENSIONS: Final = ("201", "202", "205")


@dataclass(frozen=True, slots=True)
class MadeUpCall:
    """A call that never was."""

    kind: str
    """``in`` or ``out``, as FreePBX begins a recording's name."""
    number: str
    extension: str
    started_at: datetime
    """Aware."""
    seconds: int

    def name(self, place: int, zone: ZoneInfo) -> str:
        """The path below the spool, in local time as the telephone system names it."""
        local = self.started_at.astimezone(zone)
        ends = (self.extension, self.number) if self.kind == "in" else (self.number, self.extension)
        unique = f"{int(self.started_at.timestamp())}.{place}"
        stamp = f"{local:%Y%m%d-%H%M%S}"
        return f"{local:%Y/%m/%d}/{self.kind}-{ends[0]}-{ends[1]}-{stamp}-{unique}.wav"


def made_up_calls(last_day: datetime, count: int) -> Sequence[MadeUpCall]:
    """Calls of the days up to ``last_day``, the same each time."""
    chance = random.Random(count)  # noqa: S311 - made-up calls need no secrecy
    return tuple(
        MadeUpCall(
            kind=chance.choice(("in", "in", "out")),
            number=NUMBERS[place % len(NUMBERS)],
            extension=chance.choice(EXTENSIONS),
            started_at=last_day - timedelta(days=place // 4, minutes=37 * place % 360),
            seconds=chance.randint(4, 12),
        )
        for place in range(count)
    )


def write_calls(spool: Path, calls: Sequence[MadeUpCall], zone: ZoneInfo) -> None:
    """Write the calls below ``spool``, each with the time at which it ended."""
    for place, call in enumerate(calls):
        path = spool / call.name(place, zone)
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(_sound(call, place))
        ended = call.started_at.timestamp() + call.seconds
        os.utime(path, (ended, ended))


def _sound(call: MadeUpCall, place: int) -> bytes:
    pitches = (110 + 9 * (place % 7), 180 + 11 * (place % 5))
    samples = array.array("h")
    for moment in range(call.seconds * RATE):
        second = moment / RATE
        pitch = pitches[int(second / 1.5) % 2]
        loud = 6000 * abs(math.sin(3.1 * second))
        samples.append(int(loud * math.sin(2 * math.pi * pitch * second)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()

"""A busy day of three systems, reconciled to numbers that were counted by hand.

400 calls of one Monday, twenty times the same twenty: five come in to a desk, five go out, three
are taken from the queue, two are passed on, two stay inside, two end in voicemail, and in one the
caller gives up in the queue. So 100, 100, 60, 40 and 40 are answered, which is 340; 40 are
voicemail's and 20 nobody's. Of every fiftieth call, eight in all, the recording is lost: 332 are
held.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from callrec.system.name_pattern import NamePattern
from callrec.telephone.call import Leg
from callrec.telephone.joining_facts import RecordingFacts
from callrec.telephone.reading import read_name
from callrec.telephone.reconciling import Coverage, HeldRecording, reconcile
from callrec.telephone.records.reading import read_records
from callrec.telephone.written import Setup, Template

LONDON = ZoneInfo("Europe/London")
EIGHT = datetime(2026, 10, 26, 8, 0, 0)  # noqa: DTZ001  # as clocks on the wall
KINDS = "iiiiioooooqqqttuuvvm"
TALK = 20


class Made(NamedTuple):
    """One call, before any system has written it down."""

    place: int
    kind: str
    began: datetime
    """On the wall; in winter that is UTC."""
    number: str
    desk: str
    other: str

    @property
    def end(self) -> datetime:
        return self.began + timedelta(seconds=5 + TALK)

    @property
    def epoch(self) -> int:
        return int(self.began.replace(tzinfo=LONDON).timestamp())


def a_day() -> Iterator[Made]:
    for count in range(400):
        pair = count % 20
        yield Made(
            count,
            KINDS[count % len(KINDS)],
            EIGHT + timedelta(seconds=95 * count),
            f"07700900{count:03}",
            str(220 + pair),
            str(250 + pair),
        )


class Recorded(NamedTuple):
    """What a system leaves of one call."""

    lines: list[str]
    name: str
    """Of its recording; empty: it makes none."""


def by_three_cx(made: Made) -> Recorded:
    kind, number, desk, other = made[1:2] + made[3:]
    ends = {
        "i": (number, f"Ext.{desk}", "10000", desk, desk, "", "", ""),
        "o": (f"Ext.{desk}", number, desk, "10001", number, "", "", ""),
        "q": (number, "Ext.800", "10000", "800", "800", "ReplacedDst", f"Ext.{desk}", desk),
        "t": (number, f"Ext.{desk}", "10000", desk, desk, "ReplacedDst", f"Ext.{other}", other),
        "u": (f"Ext.{desk}", f"Ext.{other}", desk, other, other, "", "", ""),
        "v": (number, "Ext.999", "10000", desk, desk, "", "", ""),
        "m": (number, "Ext.800", "10000", "800", "800", "", "", ""),
    }[kind]
    times = (made.began, made.began + timedelta(seconds=5), made.end)
    cells = (
        f"Call {made.place}",
        f"{made.epoch * 1000:016X}_{made.place}",
        f"00:00:{TALK}",
        *(f"{at:%Y/%m/%d %H:%M:%S}" for at in times),
        "TerminatedBySrc",
        *ends,
        *("", "", "", ""),
        "Chain: ;",
    )
    ours = f"{desk}-{number if kind == 'o' else other}"
    both = ours if kind in "ou" else f"{number}-{other if kind == 't' else desk}"
    name = f"{desk}/[]_{both}_{made.began:%Y%m%d%H%M%S}({made.place}).wav"
    return Recorded([",".join(cells)], "" if kind in "vm" else name)


def by_avaya(made: Made) -> Recorded:
    kind, number, desk, other = made[1:2] + made[3:]

    def segment(  # noqa: PLR0917 - as they stand in a line
        ring: int, caller: str, way: str, called: str, internal: int, more: int, *parties: str
    ) -> str:
        first, second = parties
        return (
            f"{made.began:%Y/%m/%d %H:%M:%S},00:00:{TALK},{ring},{caller},{way},{called},{called},,"
            f"{internal},{1000000 + made.place},{more},{first},,{second},,0,0"
        )

    line = "T9001"
    lines = {
        "i": [segment(5, number, "I", desk, 0, 0, f"E{desk}", line)],
        "o": [segment(5, desk, "O", number, 0, 0, f"E{desk}", line)],
        "q": [segment(5, number, "I", "400", 0, 0, f"E{desk}", line)],
        "t": [
            segment(5, number, "I", desk, 0, 1, f"E{desk}", line),
            segment(0, number, "I", desk, 0, 0, f"E{other}", line),
        ],
        "u": [segment(5, desk, "O", other, 1, 0, f"E{desk}", f"E{other}")],
        "v": [segment(5, number, "I", desk, 0, 0, "V9501", line)],
        "m": [segment(0, number, "I", "400", 0, 0, line, "V9507")],
    }[kind]
    far = other if kind == "u" else number
    name = f"{made.began:%Y%m%d%H%M%S}_{'out' if kind in 'ou' else 'in'}_{desk}_{far}.wav"
    return Recorded(lines, "" if kind in "vm" else name)


HEADER = (
    "calldate,src,dst,dcontext,channel,dstchannel,lastapp,duration,billsec,disposition,uniqueid,"
    "recordingfile,linkedid"
)


def by_asterisk(made: Made) -> Recorded:
    kind, number, desk, other = made[1:2] + made[3:]
    unique_id = f"{made.epoch}.{made.place}"
    kept = "" if kind in "vm" else "x"
    types = {"o": ("out", number, desk), "u": ("internal", other, desk)}
    word, called, calling = types.get(kind, ("external", desk, number))
    name = f"{word}-{called}-{calling}-{made.began:%Y%m%d-%H%M%S}-{unique_id}.wav"

    def row(  # noqa: PLR0917 - likewise
        src: str, dst: str, context: str, channel: str, far: str, app: str, *, talks: bool = True
    ) -> str:
        told = ("25", str(TALK), "ANSWERED") if talks else ("5", "0", "NO ANSWER")
        cells = (f"{made.began:%Y-%m-%d %H:%M:%S}", src, dst, context, channel, far, app, *told)
        return ",".join((*cells, unique_id, name if kept else "", unique_id))

    trunk, here, there = "PJSIP/trunk-1", f"PJSIP/{desk}-2", f"PJSIP/{other}-3"
    lines = {
        "i": [row(number, desk, "from-did-direct", trunk, here, "Dial")],
        "o": [row(desk, number, "from-internal", here, trunk, "Dial")],
        "q": [
            row(number, "800", "ext-queues", trunk, here, "Queue"),
            row(number, other, "from-internal", f"Local/{other}@q;2", there, "Dial", talks=False),
        ],
        "t": [
            row(number, desk, "from-did-direct", trunk, here, "Dial"),
            row(number, other, "from-internal-xfer", trunk, there, "Dial"),
        ],
        "u": [row(desk, other, "from-internal", here, there, "Dial")],
        "v": [
            row(number, desk, "from-did-direct", trunk, here, "Dial", talks=False),
            row(number, f"vmu{desk}", "ext-local", trunk, "", "VoiceMail"),
        ],
        "m": [row(number, "800", "ext-queues", trunk, "", "Queue")],
    }[kind]
    return Recorded(lines, name if kept else "")


TEMPLATE = Template(
    name="ours",
    pattern=NamePattern(
        r"(?P<date>\d{14})_(?P<direction>in|out)_(?P<extension>\d+)_(?P<number>\d+)\.wav",
        ("%Y%m%d%H%M%S",),
    ),
)


@pytest.mark.parametrize(
    ("write", "header"),
    [(by_three_cx, []), (by_avaya, []), (by_asterisk, [HEADER])],
    ids=["3cx", "avaya", "asterisk"],
)
def test_a_busy_day_is_reconciled_to_what_was_counted_by_hand(
    write: Callable[[Made], Recorded], header: list[str]
) -> None:
    setup = Setup(zone=LONDON, extensions=((200, 299),), templates=(TEMPLATE,))
    lines, recordings = list(header), list[HeldRecording]()
    for made in a_day():
        recorded = write(made)
        lines += recorded.lines
        if recorded.name and made.place % 50:
            call = read_name(PurePath(recorded.name), setup)
            assert call is not None
            recordings.append(
                HeldRecording(
                    id=made.place,
                    facts=RecordingFacts.of(call, [PurePath(recorded.name).name], 45_000),
                    direction=call.direction,
                    number=call.number,
                    unheard=(),
                )
            )
    legs = list(read_records(io.BytesIO("\r\n".join(lines).encode()), setup))
    assert all(isinstance(leg, Leg) for leg in legs)
    done = reconcile(
        recordings, [leg for leg in legs if isinstance(leg, Leg)], timedelta(minutes=2)
    )
    assert Counter(each.standing for each in done.calls) == {
        Coverage.HELD: 332,
        Coverage.MISSING: 8,
        Coverage.UNANSWERED: 60,
    }
    assert (len(recordings), len(done.without_call)) == (332, 0)
    lost = [each.call.legs[0].call.number for each in done.calls if each.standing == "missing"]
    assert sorted(map(str, lost)) == [f"+447700900{count:03}" for count in range(0, 400, 50)]

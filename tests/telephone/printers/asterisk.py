"""Names as Asterisk and FreePBX print them, of every type."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from telephone.printers.made import EXTENSIONS, OUTSIDE, Printed, public

LONDON = ZoneInfo("Europe/London")
SHOWN = OUTSIDE | st.just("anonymous")
CALLERS = SHOWN | st.just("unknown")
INSTANTS = st.integers(10**8, 2 * 10**9).map(lambda epoch: datetime.fromtimestamp(epoch, UTC))
"""From 1973, when a unique id's epoch has nine digits."""
NEAR_A_CHANGE = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(
        [datetime(y, m, d, 1, tzinfo=UTC) for y, m, d in ((2024, 10, 27), (2025, 3, 30))]
    ),
    st.integers(-9000, 9000),
)
SYSTEM_NAMES = st.just("") | st.text(string.ascii_letters + string.digits + "_.-", min_size=1).map(
    lambda name: f"{name.strip('-')}-" if name.strip("-") and "--" not in name else ""
)
ENDINGS = st.sampled_from(["wav", "WAV", "wav16", "mp3", "ulaw", "g722"])
SIDES = {"": (), "-all": (), "-in": ("caller",), "-out": ("called",)}


def _calls(
    kind: str, called: st.SearchStrategy[str], calling: st.SearchStrategy[str], way: str
) -> st.SearchStrategy[tuple[str, str, str, str]]:
    return st.tuples(st.just(kind), called, calling, st.just(way))


CALLS = st.one_of(
    _calls("in", OUTSIDE | st.just("s"), CALLERS, "inbound"),
    _calls("out", OUTSIDE, EXTENSIONS, "outbound"),
    _calls("OUT", OUTSIDE, EXTENSIONS, "outbound"),
    _calls("external", EXTENSIONS, CALLERS, "inbound"),
    _calls("generic", OUTSIDE, CALLERS, "inbound"),
    _calls("internal", EXTENSIONS, EXTENSIONS, "internal"),
    *(_calls(kind, EXTENSIONS, SHOWN, "inbound") for kind in ("q", "rg", "exten", "parked")),
    _calls("q", EXTENSIONS, st.just("unknown"), "unknown"),
    _calls("ondemand", OUTSIDE, EXTENSIONS, "outbound"),
    _calls("force", OUTSIDE, EXTENSIONS, "outbound"),
)


def _printed(
    call: tuple[str, str, str, str], at: datetime, unique_id: str, part: str, suffix: str
) -> Printed:
    kind, called, calling, way = call
    unique_id = unique_id.format(int(at.timestamp()))
    local = at.astimezone(LONDON)
    ours = calling if way in {"outbound", "internal"} else called
    return Printed(
        f"{local:%Y/%m/%d}/{kind}-{called}-{calling}-{local:%Y%m%d-%H%M%S}-{unique_id}{part}.{suffix}",
        {
            "direction": way,
            "caller": public(calling),
            "callee": None if called == "s" else public(called),
            "number": {"inbound": public(calling), "outbound": public(called)}.get(way),
            "extension": ours if len(ours) == len("201") else None,
            "started_at": at,
            "unique_id": unique_id,
            "sides": SIDES[part],
        },
    )


UNIQUE_IDS = st.builds(
    lambda system, sequence: f"{system}{{}}.{sequence}", SYSTEM_NAMES, st.integers(0, 10**6)
)
PRINTED = st.builds(
    _printed, CALLS, NEAR_A_CHANGE | INSTANTS, UNIQUE_IDS, st.sampled_from(sorted(SIDES)), ENDINGS
).filter(lambda printed: len(printed.path) < len("2024/10/27/") + 255)

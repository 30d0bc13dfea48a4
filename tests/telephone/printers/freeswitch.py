"""Names as FreeSWITCH's call centre and FusionPBX's downloads print them, and its archive."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from telephone.printers.made import EXTENSIONS, OUTSIDE, TIMES, UUIDS, Printed, public


def _download(at: datetime, calling: str, uuid: str) -> Printed:
    # FusionPBX drops the plus sign, as all but letters, digits, dots and dashes.
    path = f"{at:%Y%m%d.%H%M%S}.{calling.removeprefix('+')}.{uuid}.mp3"
    facts = {"direction": "unknown", "caller": public(calling), "callee": None}
    return Printed(path, {**facts, "unique_id": uuid, "local_time": at.isoformat()})


def _queue(at: datetime, called: str, calling: str, uuid: str) -> Printed:
    facts = {"direction": "inbound", "caller": public(calling), "callee": called}
    return Printed(
        f"{at:%Y-%m-%d-%H-%M-%S}.{called}.{calling}.{uuid}.wav",
        {
            **facts,
            "number": public(calling),
            "extension": called,
            "unique_id": uuid,
            "local_time": at.isoformat(),
        },
    )


PRINTED = st.builds(_download, TIMES, OUTSIDE | EXTENSIONS, UUIDS) | st.builds(
    _queue, TIMES, EXTENSIONS, OUTSIDE, UUIDS
)

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

ARCHIVED = st.builds(
    lambda at, uuid: Printed(
        f"practice.example/archive/{at:%Y}/{MONTHS[at.month - 1]}/{at:%d}/{uuid}.mp3",
        {"system": "freeswitch", "unique_id": uuid, "day": at.date()},
    ),
    TIMES,
    UUIDS,
)

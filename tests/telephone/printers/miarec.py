"""Names as MiaRec's documentation prints them."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from telephone.printers.made import TIMES, Printed


def _printed(at: datetime, stamp: str, again: str) -> Printed:
    facts = {"direction": "unknown", "number": None, "local_time": at.isoformat()}
    return Printed(f"Recordings/{at:%Y%m%d}/{at.strftime(stamp)}{again}.mp3", facts)


PRINTED = st.builds(
    _printed,
    TIMES,
    st.sampled_from(["%Y-%m-%d-%H%M%S", "%Y%m%d%H%M%S"]),
    st.just("") | st.integers(2, 99).map(lambda place: f"_{place}"),
)

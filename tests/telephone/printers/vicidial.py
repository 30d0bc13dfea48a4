"""Names as VICIdial prints them by default."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from telephone.printers.made import OUTSIDE, TIMES, Printed, public


def _printed(at: datetime, customer: str, part: str, suffix: str) -> Printed:
    facts = {"direction": "unknown", "number": public(customer), "local_time": at.isoformat()}
    return Printed(f"{at:%Y%m%d-%H%M%S}_{customer}{part}.{suffix}", facts)


PRINTED = st.builds(
    _printed,
    TIMES,
    OUTSIDE,
    st.sampled_from(["-all", "-in", "-out", ""]),
    st.sampled_from(["wav", "mp3", "gsm", "ogg"]),
)

"""Names under which RingCentral gives recordings out."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from telephone.printers.made import EXTENSIONS, OUTSIDE, TIMES, WITHHELD, Printed, public

WAYS = {"Incoming": "inbound", "Outgoing": "outbound"}


def _printed(at: datetime, extension: str, number: str, way: str, uid: int) -> Printed:
    ours = f"_{extension}" if extension else ""
    spelt = f"({number[:3]}){number[3:7]}-{number[7:]}" if number.startswith("020") else number
    ends = (public(number), extension or None)
    caller, callee = ends if way == "Incoming" else reversed(ends)
    return Printed(
        f"{at:%Y%m%d-%H%M%S}{ours}_{spelt}_{way}_Auto_{uid}.mp3",
        {
            "direction": WAYS[way],
            "caller": caller,
            "callee": callee,
            "number": public(number),
            "extension": extension or None,
            "unique_id": str(uid),
            "local_time": at.isoformat(),
        },
    )


PRINTED = st.builds(
    _printed,
    TIMES,
    EXTENSIONS | st.just(""),
    OUTSIDE | WITHHELD,
    st.sampled_from(["Incoming", "Outgoing"]),
    st.integers(0, 10**13),
)

"""Names as 3CX prints them."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from telephone.printers.made import EXTENSIONS, NAMES, OUTSIDE, TIMES, Printed, public


def _printed(
    ends: tuple[str, str, str], name: str, at: datetime, counter: int, suffix: str
) -> Printed:
    direction, calling, called = ends
    ours = calling if direction in {"outbound", "internal"} else called
    path = f"{ours}/[{name}]_{calling}-{called}_{at:%Y%m%d%H%M%S}({counter}).{suffix}"
    outside = {"inbound": calling, "outbound": called}.get(direction, "")
    return Printed(
        path,
        {
            "direction": direction,
            "caller": public(calling),
            "callee": public(called),
            "number": public(outside),
            "extension": ours,
            "parties": (name,) if any(map(str.isalpha, name)) else (),
            "local_time": at.isoformat(),
        },
    )


PRINTED = st.builds(
    _printed,
    st.one_of(
        st.tuples(st.just("inbound"), OUTSIDE | st.just("Anonymous"), EXTENSIONS),
        st.tuples(st.just("unknown"), st.just("unknown"), EXTENSIONS),
        st.tuples(st.just("outbound"), EXTENSIONS, OUTSIDE),
        st.tuples(st.just("internal"), st.just("201"), st.just("202")),
    ),
    NAMES | st.just("") | OUTSIDE,
    TIMES,
    st.integers(0, 99_999),
    st.sampled_from(["wav", "mp3"]),
)

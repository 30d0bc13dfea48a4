"""Names as Telesis systems print them."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from telephone.printers.made import EXTENSIONS, OUTSIDE, TIMES, Printed, public


def _printed(at: datetime, extension: str, way: str, ends: tuple[str, str], ref: int) -> Printed:
    number = next((end for end in ends if len(end) > len(extension)), "")
    return Printed(
        f"{extension:_<8}_{at:%y%m%d_%H%M%S}_A{way}_{extension}DESK_{ends[0]}_{ends[1]}"
        f"_{ref:08X}_C0A80541.mp3",
        {
            "direction": "unknown",
            "number": public(number),
            "extension": extension,
            "unique_id": f"{ref:08X}",
            "local_time": at.isoformat(),
        },
    )


PRINTED = st.builds(
    _printed,
    TIMES,
    EXTENSIONS,
    st.sampled_from("IO"),
    st.tuples(OUTSIDE, st.sampled_from(["", "201"]))
    | st.tuples(st.sampled_from(["", "201"]), OUTSIDE)
    | st.just(("", "")),
    st.integers(0, 2**32 - 1),
)

"""Names as 8x8 Work prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from telephone.printers.made import EXTENSIONS, OUTSIDE, Printed, public


def _printed(start: int, call: int, extension: str, number: str, *, whole: bool) -> Printed:
    before = f"ipbx:practice:callrecording:users:{extension}:" if whole else ""
    return Printed(
        f"{before}{start}-{call}-{extension}-{number}_E.mp3",
        {
            "direction": "unknown",
            "number": public(number),
            "extension": extension,
            "unique_id": str(call),
            "started_at": datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=start),
            "time_confidence": "utc-proven",
        },
    )


MILLISECONDS = st.integers(10**12, 2 * 10**12 - 1)
PRINTED = st.builds(
    _printed,
    MILLISECONDS,
    MILLISECONDS,
    EXTENSIONS,
    OUTSIDE | st.just("Anonymous"),
    whole=st.booleans(),
)

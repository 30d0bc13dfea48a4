"""Names as Oreka prints them, in the folders of their hours."""

from __future__ import annotations

import string
from datetime import datetime

from hypothesis import strategies as st

from telephone.printers.made import TIMES, Printed


def _printed(at: datetime, port: str, suffix: str) -> Printed:
    facts = {"direction": "unknown", "number": None, "local_time": at.isoformat()}
    return Printed(f"audio/{at:%Y/%m/%d/%H/%Y%m%d_%H%M%S}_{port}.{suffix}", facts)


PRINTED = st.builds(
    _printed,
    TIMES,
    st.text(string.hexdigits + ".,:-", min_size=1, max_size=30),
    st.sampled_from(["wav", "opus"]),
)

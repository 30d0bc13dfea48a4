"""Names of Twilio's recordings."""

from __future__ import annotations

from hypothesis import strategies as st

from telephone.printers.made import Printed

PRINTED = st.builds(
    lambda number, suffix: Printed(
        f"RE{number:032x}.{suffix}", {"system": "twilio", "unique_id": f"RE{number:032x}"}
    ),
    st.integers(0, 16**32 - 1),
    st.sampled_from(["wav", "mp3"]),
)

"""What is not certain of when a call began, for whoever is told the time as a fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from callrec.package.certificate import instant_in_words
from callrec.telephone.call import TimeConfidence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_DOUBTS: Final[Mapping[str, str]] = {
    TimeConfidence.LOCAL_AMBIGUOUS: "this hour came twice; the other would be {other}",
    TimeConfidence.NONEXISTENT: "the clocks skipped the time that was written",
    TimeConfidence.FILE_TIME: "nothing is known but the file's own time, or its folder's day",
}


def time_doubt(metadata: Mapping[str, Any], began: datetime) -> str:
    """Why a time may be another, and what contradicts the call, in words; empty: nothing.

    Args:
        metadata: the recording's.
        began: the start that they say, on the practice's clock.
    """
    other = instant_in_words(began.replace(fold=1 - began.fold))
    doubt = _DOUBTS.get(metadata["time_confidence"], "").format(other=other)
    return "; ".join(filter(None, [doubt, metadata["contradiction"]]))

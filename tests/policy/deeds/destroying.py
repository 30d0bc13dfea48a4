"""What is tried to be destroyed, and may not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.policy.retention import (
    check_destroys,
    check_granted,
    check_nobody_waits,
)
from policy.builders import a_request

DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    "a complaint is carried out": lambda: check_destroys(a_request(Purpose.COMPLAINT)),
    "an erasure is carried out that nobody approved": lambda: check_granted(
        a_request(Purpose.ERASURE, state=RequestState.SUBMITTED), [1], []
    ),
    "more is destroyed than was approved": lambda: check_granted(
        a_request(Purpose.DISPOSAL, state=RequestState.APPROVED), [1, 2], [1]
    ),
    "a recording is destroyed that others wait for": lambda: check_nobody_waits(["R-12", "R-9"]),
}

"""A request's id, which says what the request is for (docs/formats/grant.md, 3).

It stands in each of the request's leaves, so that the purpose in its row is held against the log
without opening anything.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from callrec.policy.purpose import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

RANDOM_BYTES: Final = 12
_BEGIN: Final = b"req".hex()
_NUMBERS: Final[Mapping[Purpose, int]] = MappingProxyType(
    {
        Purpose.PROTECT_PARTIES: 1,
        Purpose.PERFORMANCE: 2,
        Purpose.TRAINING: 3,
        Purpose.ABUSIVE_CALL: 4,
        Purpose.COMPLAINT: 5,
        Purpose.MEDICO_LEGAL: 6,
        Purpose.DISCIPLINARY: 7,
        Purpose.REGULATORY: 8,
        Purpose.SUBJECT_ACCESS: 9,
        Purpose.OUTSIDE_BODY: 10,
        Purpose.DECEASED: 11,
        Purpose.ERASURE: 12,
        Purpose.PORTABILITY: 13,
        Purpose.DISPOSAL: 14,
    }
)
"""A number is never given to another purpose."""


def request_id(purpose: Purpose, drawn: bytes) -> str:
    """The id of a new request, 32 hex digits.

    Args:
        purpose: what it is for; a request never comes to be for another.
        drawn: `RANDOM_BYTES` from the operating system's generator.
    """
    return f"{_BEGIN}{_NUMBERS[purpose]:02x}{drawn.hex()}"


def is_for(id_: str, purpose: Purpose) -> bool:
    """Whether a request of this id is for this purpose."""
    return id_.startswith(f"{_BEGIN}{_NUMBERS[purpose]:02x}")

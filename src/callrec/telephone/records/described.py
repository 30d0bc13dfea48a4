"""A JSON file beside one recording that a cloud system wrote, not the practice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from callrec.telephone.call import System
from callrec.telephone.records import eight_by_eight, ringcentral, twilio
from callrec.telephone.records.items import parse_json
from callrec.telephone.records.leg import Leg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.telephone.call import Call
    from callrec.telephone.records.items import Item
    from callrec.telephone.written import Setup

MAX_DESCRIPTION_BYTES: Final = 1024 * 1024
"""Bytes."""


class Describing(Protocol):
    """A module for one system whose call records are JSON."""

    def is_ours(self, item: Item) -> bool:
        """Whether an item is this system's."""
        ...

    def legs(self, item: Item, setup: Setup) -> Iterator[Leg | str]:
        """The legs that an item of this system's tells of, at least one; or why there is none."""
        ...


ITEMS: Final[dict[System, Describing]] = {
    System.TWILIO: twilio,
    System.RINGCENTRAL: ringcentral,
    System.EIGHT_BY_EIGHT: eight_by_eight,
}
"""Who gives call records in JSON."""


def read_description(data: bytes, setup: Setup) -> Call | None:
    """The call of the one recording that a description is of.

    Args:
        data: the whole file: a Recording of Twilio's, a record of RingCentral's call log, an object
            of 8x8's.
        setup: how this practice's telephone systems are read; ``system`` is the only one tried.

    Returns:
        None where it is none of these. Law: never raises.
    """
    item = parse_json(data) if len(data) <= MAX_DESCRIPTION_BYTES else None
    if not isinstance(item, dict):
        return None
    for system, module in ITEMS.items():
        if setup.asks_records_of(system) and module.is_ours(item):
            leg = next(module.legs(item, setup))
            return leg.call if isinstance(leg, Leg) else None
    return None

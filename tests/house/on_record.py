"""A Data Controller puts on record what was found, so that the practice goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.registers.resuming import resume_record, show_foreign
from house.requests import signed_in

if TYPE_CHECKING:
    from house.practices import House


def put_on_record(house: House) -> None:
    """All that is not as it was signed."""
    practice, dora = house.open(), signed_in(house, "dora")
    shown = show_foreign(practice, dora)
    resume_record(practice, dora, shown, reason="The computer in the back room was open to anyone")
    house.open()

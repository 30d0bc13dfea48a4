"""Which side of a call each channel carries, once the channels have been counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callrec.telephone.call import Side


def sides_heard(said: tuple[Side, ...], channels: int) -> tuple[Side, ...]:
    """The sides that a system says there are, where there is one for each channel; else none.

    A system says so by how it is usually set up. A recording that was mixed into one channel holds
    both sides, whatever is said of a left and a right one; two channels of which nothing is said
    may be the two sides either way round, or the same twice.
    """
    return said if len(said) == channels else ()

"""Holds: one for programs, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final

from callrec.policy.hold import HoldState
from callrec.requests.holding import ListedHold
from callrec.retention.holds import ShownHold
from callrec.views.words import facts, local_time

EXPLAINED: Final[Mapping[HoldState, str]] = {
    HoldState.UNMATCHED: "unmatched: such a hold covers every recording of its request's time,"
    " until someone who may search works on requests",
    HoldState.EVERYTHING: "everything: its request describes no call, so until a recording is"
    " attached to it, such a hold covers every recording",
}
"""States that do not say by themselves what is held."""


def hold_json(hold: ListedHold) -> dict[str, Any]:
    """A hold in a list, for programs."""
    return {
        "id": f"H-{hold.number}",
        **facts(hold, "request", "state", "placed_at", "placed_by", "recordings"),
    }


def shown_hold_json(shown: ShownHold) -> dict[str, Any]:
    """One hold with what it names, for programs."""
    return {**hold_json(shown.hold), **facts(shown, "reason", "recordings")}


def hold_facts(shown: ShownHold, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """One hold in words: a label and what stands under it."""
    hold = shown.hold
    yield "hold", f"H-{hold.number}  {hold.state}"
    yield "placed", f"{local_time(hold.placed_at, zone)} by {hold.placed_by}"
    yield "reason", shown.reason or f"request {hold.request}"
    yield "recordings", ", ".join(map(str, shown.recordings)) or "none named"

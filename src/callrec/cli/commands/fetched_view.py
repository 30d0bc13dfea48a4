"""What ``restore`` and ``doctor --repair`` tell of what volumes gave back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callrec.errors import DoneInPart

if TYPE_CHECKING:
    from callrec.cli.output import Output
    from callrec.restore.restore import Repaired, Restored


def fetched_json(done: Restored | Repaired) -> dict[str, Any]:
    """As JSON has it."""
    return {
        "recordings": done.fetched.recordings,
        "bytes": done.fetched.size_bytes,
        "damaged": done.fetched.damaged,
        "missing": dict(done.missing),
        "undone": [{"volume": label, "why": why} for label, why in done.undone],
    }


def say_not_fetched(out: Output, done: Restored | Repaired) -> None:
    """One line for each thing that is not as it should be."""
    for path in done.fetched.damaged:
        out.say(f"damaged on the volume: {path}")
    for label, count in done.missing.items():
        where = f'on volume "{label}"' if label else "on no volume that is known"
        out.say(f"still missing: {count}, {where}")
    for label, why in done.undone:
        out.say(f'volume "{label}" stays as it is: {why}')


def check_all_fetched(done: Restored | Repaired) -> None:
    """Tell by the exit status where something was not done.

    Raises:
        DoneInPart: recordings are missing, or a volume is not as it was written.
    """
    if done.missing or done.fetched.damaged:
        raise DoneInPart(
            "some recordings are still missing", hint="attach another volume and restore from it"
        )
    if done.undone:
        raise DoneInPart(
            f'volume "{done.undone[0][0]}" stays as it is, and something is to be done there',
            hint="callrec archive verify DIR names all that is wrong with a volume",
        )

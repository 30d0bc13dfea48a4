"""What is due to be destroyed: for programs, for spreadsheets and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from callrec.policy.retention import DueGroup
from callrec.retention.erase import DisposalProposal
from callrec.retention.review import RetentionReview
from callrec.retention.undo import UndoProposal
from callrec.system.spreadsheet import Cell
from callrec.views.words import counted, facts

REVIEW_COLUMNS: Final = ("month", "category", "rule", "source", "due", "free", "stopped_by")
"""Of a file for spreadsheets."""


def review_json(found: RetentionReview, due: Iterable[DueGroup] | None = None) -> dict[str, Any]:
    """A review for programs: all that is due, or what is named of it."""
    return {
        "on": found.on,
        "categories": [
            {
                "category": held.category.name,
                **facts(held.category, "keeps", "source"),
                **facts(held, "recordings", "due", "free", "next_due_on"),
            }
            for held in found.stock
        ],
        "items": [due_json(each) for each in (found.due if due is None else due)],
        "due": found.recordings_due,
        **facts(found, "free", "stubs"),
    }


def due_json(due: DueGroup) -> Mapping[str, Any]:
    """What is due of one month and category, for programs."""
    return {
        "month": f"{due.month:%Y-%m}",
        "category": due.category.name,
        **facts(due.category, "rule"),
        "due": due.recordings,
        "free": due.free,
        "stopped_by": [
            {"by": stopped.by, "reference": stopped.reference or None, "recordings": count}
            for stopped, count in due.stopped_by.items()
        ],
    }


def review_cells(due: DueGroup) -> Sequence[Cell]:
    """A row of a file for spreadsheets, by `REVIEW_COLUMNS`."""
    category, month = due.category, f"{due.month:%Y-%m}"
    return (
        *(month, category.name, category.rule, category.source),
        *(due.recordings, due.free, tuple(stops(due))),
    )


def stops(due: DueGroup) -> Iterator[str]:
    """What stops it, each with how many recordings: ``H-3: 2``."""
    return (f"{by}: {count}" for by, count in due.stopped_by.items())


def proposed_lines(made: DisposalProposal) -> Iterator[str]:
    """What is proposed, or would be, in words."""
    if not made.recordings:
        yield "Nothing is due that nothing stops."
        return
    count = len(made.recordings)
    if made.reference:
        yield f"{made.reference} is made. Recordings proposed for disposal: {count}."
        yield f"The Data Controller decides it: callrec approve {made.reference}"
    else:
        yield f"Recordings that would be proposed for disposal: {count}."
    if made.left:
        yield f"Left for another request: {made.left}."


def undo_lines(made: UndoProposal) -> Iterator[str]:
    """What is proposed to be taken back, or would be, in words."""
    count = counted(len(made.recordings), "recording")
    if made.reference:
        yield f"{made.reference} is made: to take back {count} of batch {made.batch[:8]}."
        yield f"The Data Controller decides it: callrec approve {made.reference}"
    else:
        yield f"{count} of batch {made.batch[:8]} would be proposed to be taken back."
    if made.left:
        yield f"Left for another request: {made.left}."

"""What a reconciliation came to, in words and for programs: for ``reconcile`` and ``status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callrec.cli.output import counted

if TYPE_CHECKING:
    from callrec.intake.reconciled import Counts
    from callrec.policy.days import DayRange


def days_in_words(days: DayRange) -> str:
    """Days in words: ``2026-10-26``, ``2026-10-25 to 2026-10-26``."""
    return str(days.first) if days.count == 1 else f"{days.first} to {days.last}"


def reconciled_summary(counts: Counts) -> str:
    """``312 answered calls, 309 held (99.0 %), 3 without a recording``."""
    percent = counts.percent_held
    if percent is None:
        return "no answered call is known"
    held = f"{counted(counts.answered, 'answered call')}, {counts.held} held ({percent:.1f} %)"
    part = f", {counts.in_part} in part" if counts.in_part else ""
    return f"{held}{part}, {counts.missing} without a recording"


def counts_json(days: DayRange, counts: Counts) -> dict[str, Any]:
    """For programs (docs/cli.md)."""
    return {
        "from": days.first,
        "to": days.last,
        "files": counts.files,
        "not_understood": counts.not_understood,
        "calls": counts.calls,
        "answered": counts.answered,
        "held": counts.held,
        "percent_held": counts.percent_held,
        "in_part": counts.in_part,
        "missing": counts.missing,
        "recordings": counts.recordings,
        "without_call": counts.without_call,
        "unheard": counts.unheard,
        "duplicates": counts.duplicates,
        "gaps": counts.gaps,
        "joined_by": dict(counts.joined_by),
    }

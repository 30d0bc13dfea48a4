"""What a reconciliation lists: never a whole number, a name, or what was said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from callrec.policy.words import mask_number
from callrec.telephone.reconciling import Coverage, is_spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from callrec.policy.days import QuietPeriod
    from callrec.telephone.call import Direction
    from callrec.telephone.reconciling import AccountedCall, HeldRecording, Reconciled
    from callrec.telephone.records.lines import Leg


class FindingKind(StrEnum):
    """What is found (docs/reconciling.md)."""

    NO_RECORDING = "no-recording"
    PART_MISSING = "part-missing"
    NO_CALL = "no-call"
    UNHEARD = "unheard"
    DUPLICATE = "duplicate"
    GAP = "gap"


SAME_SOUND: Final = "same-sound"
"""Why a recording is a duplicate: it came in under several names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be, or worth a look."""

    what: FindingKind
    at: datetime
    """UTC: when the call, the part or the gap began."""
    until: datetime | None = None
    """Of a gap: when it ended."""
    direction: Direction | None = None
    extension: str | None = None
    number: str | None = None
    """Masked; None: withheld, not read, or there is none."""
    recordings: tuple[int, ...] = ()
    why: str = ""


def findings_of(
    reconciled: Reconciled, silences: Iterable[QuietPeriod], is_within: Callable[[datetime], bool]
) -> Iterator[Finding]:
    """Everything in one window that is to be told of.

    Args:
        reconciled: the window and what lies around it.
        silences: of the window.
        is_within: whether an instant lies in the window.
    """
    for accounted in reconciled.calls:
        if is_within(accounted.call.legs[0].call.started_at):
            yield from _of_call(accounted)
    yield from (each for each in _of_recordings(reconciled) if is_within(each.at))
    yield from _silent(reconciled, silences)


def _of_recordings(reconciled: Reconciled) -> Iterator[Finding]:
    joined = [held for accounted in reconciled.calls for held, _ in accounted.recordings]
    for held in (*joined, *reconciled.without_call):
        if held.unheard:
            yield _about(FindingKind.UNHEARD, held, why=", ".join(held.unheard))
        if len(held.facts.names) > 1:
            yield _about(FindingKind.DUPLICATE, held, why=SAME_SOUND)
    for held in reconciled.without_call:
        yield _about(FindingKind.NO_CALL, held)
    for several in reconciled.several:
        ids = tuple(held.id for held in several.recordings)
        yield _about(
            FindingKind.DUPLICATE, several.recordings[0], recordings=ids, why=str(several.why)
        )


def _silent(reconciled: Reconciled, silences: Iterable[QuietPeriod]) -> Iterator[Finding]:
    """Gaps, with how many answered calls began in each, where calls are known."""
    spoken = [
        next(leg for leg in accounted.call.legs if is_spoken(leg)).call.started_at
        for accounted in reconciled.calls
        if accounted.standing is not Coverage.UNANSWERED
    ]
    for gap in silences:
        calls = sum(gap.begins_at <= at < gap.ends_at for at in spoken)
        why = _counted(calls) if reconciled.calls else ""
        yield Finding(what=FindingKind.GAP, at=gap.begins_at, until=gap.ends_at, why=why)


def _counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"


def _of_call(accounted: AccountedCall) -> Iterator[Finding]:
    match accounted.standing:
        case Coverage.MISSING:
            yield _missing(FindingKind.NO_RECORDING, accounted.without[0])
        case Coverage.IN_PART:
            ids = tuple(held.id for held, _ in accounted.recordings)
            for leg in accounted.without:
                yield _missing(FindingKind.PART_MISSING, leg, recordings=ids)
        case Coverage.HELD | Coverage.UNANSWERED:
            pass


def _missing(what: FindingKind, leg: Leg, *, recordings: tuple[int, ...] = ()) -> Finding:
    call = leg.call
    return Finding(
        what=what,
        at=call.started_at,
        direction=call.direction,
        extension=call.extension,
        number=_masked(call.number),
        recordings=recordings,
    )


def _about(
    what: FindingKind, held: HeldRecording, *, recordings: tuple[int, ...] = (), why: str = ""
) -> Finding:
    return Finding(
        what=what,
        at=held.facts.started_at,
        direction=held.direction,
        extension=held.facts.extension,
        number=_masked(held.number),
        recordings=recordings or (held.id,),
        why=why,
    )


def _masked(number: str | None) -> str | None:
    return None if number is None else mask_number(number)

"""What a reconciliation found, and what of it is on record.

It is a statement, signed by the person who reconciled, and its leaf carries it; so ``status`` shows
the last one and opens nothing (docs/formats/keys.md, 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.audit.remembered import Problem
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import asdict, dataclass, replace
from callrec.errors import Tampered
from callrec.policy.authority import check_may
from callrec.policy.days import DayRange, QuietPeriod
from callrec.policy.role import Power, VaultKey, keys_held
from callrec.policy.words import mask_number
from callrec.practice import Actor, Practice, signing, today
from callrec.record.entitled import Powers, powers_then, without_lapsed_powers
from callrec.record.statements import attested_statement, carried, sign_statement_as
from callrec.telephone.call import Direction
from callrec.telephone.reconciling import (
    AccountedCall,
    Coverage,
    HeldRecording,
    Reconciled,
    is_spoken,
)

RECONCILE: Final = "reconcile"

ANSWERED: Final = "reconcile.answered"

RECONCILED_STATEMENT: Final = "reconciled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a reconciliation came to; nothing in it is of anybody."""

    files: int
    """Of call records; 0: only what recordings were joined to when they came in."""
    not_understood: int
    """Rows of these files."""
    calls: int
    answered: int
    """Of the calls; these are ``held``, ``in_part`` and ``missing`` together."""
    held: int
    in_part: int
    missing: int
    recordings: int
    without_call: int
    """Of the recordings."""
    unheard: int
    """Of the recordings: silent or cut short."""
    duplicates: int
    """Findings, each of one recording or several."""
    gaps: int
    joined_by: Mapping[str, int]
    """How many recordings were joined to a call by what."""

    @property
    def percent_held(self) -> float | None:
        """Of the answered calls, rounded down: 100 only if all are held; None: there were none."""
        return None if not self.answered else self.held * 1000 // self.answered / 10


@dataclass(frozen=True, slots=True)
class LastReconciled:
    """A reconciliation; the newest, but for the report of a month."""

    at: datetime
    days: DayRange
    counts: Counts

    @property
    def warning(self) -> str | None:
        """What to tell those who look at the state of the practice."""
        missing = self.counts.missing + self.counts.in_part
        if not missing:
            return None
        calls = "1 answered call is" if missing == 1 else f"{missing} answered calls are"
        return f"{calls} not held, or only in part: callrec practice reconcile lists them"


def log_reconciliation(
    practice: Practice, actor: Actor, days: DayRange, counts: Counts, *, asked: int
) -> None:
    """Write the statement and its leaf, durably; ``asked`` is the leaf that it answers."""
    ends = {"from": days.first.isoformat(), "to": days.last.isoformat()}
    fields = {**asdict(counts), **ends, "asked": asked}
    statement = sign_statement_as(practice, actor, RECONCILED_STATEMENT, fields)
    with signing(practice, actor) as act:
        person = without_lapsed_powers(practice, act.connection, actor.person)
        check_may(person, Power.INGEST, on=today(practice))
        act.leaf(ANSWERED, actor=actor.person.id, statement=statement)


def last_reconciled(practice: Practice, connection: Connection) -> LastReconciled | None:
    """The newest reconciliation that was finished; None: there was none."""
    return next(read_reconciliations(practice, connection), None)


def read_reconciliations(
    practice: Practice, connection: Connection, *, since: datetime | None = None
) -> Iterator[LastReconciled]:
    """Each that was finished, ever or since a time; newest first.

    One by a person who was not allowed to, or could open no recording, counts for nothing.
    """
    powers = powers_then(practice, connection)
    for leaf in _stated(connection):
        if since is not None and parse_instant(leaf.at) < since:
            return
        if _could_reconcile(powers, leaf):
            yield _read_reconciliation(practice, connection, leaf)


def _read_reconciliation(practice: Practice, connection: Connection, leaf: Leaf) -> LastReconciled:
    statement = attested_statement(practice, connection, leaf.statement, may=Power.INGEST)
    if statement.kind != RECONCILED_STATEMENT:
        raise Tampered("what a reconciliation came to is of another kind")
    try:
        counts = Counts(**{name: statement.fields[name] for name in Counts.__slots__})
        days = DayRange(*(date.fromisoformat(statement.fields[end]) for end in ("from", "to")))
    except (KeyError, TypeError, ValueError) as error:
        raise Tampered("what a reconciliation came to is not in its form") from error
    return LastReconciled(statement.at, days, counts)


def made_up_warnings(practice: Practice, connection: Connection) -> Iterator[str]:
    """Tells of a reconciliation that was stated by a person who could not know what it says."""
    newest = next(_stated(connection), None)
    if newest and not _could_reconcile(powers_then(practice, connection), newest):
        yield (
            "what the last reconciliation came to was said by somebody who opens no recording,"
            f" and counts for nothing: entry {newest.seq} of the audit log"
        )


def check_reconciliations(powers: Powers) -> Iterator[Problem]:
    """Each was made by a person who was allowed to, and could open recordings."""
    for leaf in _stated(powers.connection):
        if not _could_reconcile(powers, leaf):
            what = "what a reconciliation came to was said by somebody who could not know it"
            yield Problem(leaf.seq, what)


def _stated(connection: Connection) -> Iterator[Leaf]:
    """The leaves with a statement of what a reconciliation came to, newest first."""
    rows = [*carried(connection, RECONCILED_STATEMENT)]
    return (Leaf.decode(row.leaf, row.seq) for row in reversed(rows))


def _could_reconcile(powers: Powers, leaf: Leaf) -> bool:
    """An intake service may ingest too, but has no key to what it would be speaking of."""
    held = powers.of(leaf)
    return Power.INGEST in held and VaultKey.CATALOGUE in keys_held(held)


class FindingKind(StrEnum):
    """What is found (docs/reference/reconciling.md)."""

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
    """Everything in one window that is to be reported."""
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
        found = _about(FindingKind.DUPLICATE, several.recordings[0], why=str(several.why))
        yield replace(found, recordings=tuple(held.id for held in several.recordings))


def _silent(reconciled: Reconciled, silences: Iterable[QuietPeriod]) -> Iterator[Finding]:
    """Gaps, with how many answered calls began in each, where calls are known."""
    spoken = [
        next(leg for leg in accounted.call.legs if is_spoken(leg)).call.started_at
        for accounted in reconciled.calls
        if accounted.standing is not Coverage.UNANSWERED
    ]
    for gap in silences:
        calls = sum(gap.begins_at <= at < gap.ends_at for at in spoken)
        counted = "1 call" if calls == 1 else f"{calls} calls"
        why = counted if reconciled.calls else ""
        yield Finding(what=FindingKind.GAP, at=gap.begins_at, until=gap.ends_at, why=why)


def _of_call(accounted: AccountedCall) -> Iterator[Finding]:
    """One for a call that is not held at all; of one that is held in part, one for each part."""
    if accounted.standing not in (Coverage.MISSING, Coverage.IN_PART):
        return
    is_part = accounted.standing is Coverage.IN_PART
    for leg in accounted.without if is_part else accounted.without[:1]:
        yield Finding(
            what=FindingKind.PART_MISSING if is_part else FindingKind.NO_RECORDING,
            at=leg.call.started_at,
            direction=leg.call.direction,
            extension=leg.call.extension,
            number=_masked(leg.call.number),
            recordings=tuple(held.id for held, _ in accounted.recordings),
        )


def _about(what: FindingKind, held: HeldRecording, why: str = "") -> Finding:
    return Finding(
        what=what,
        at=held.facts.started_at,
        direction=held.direction,
        extension=held.facts.extension,
        number=_masked(held.number),
        recordings=(held.id,),
        why=why,
    )


def _masked(number: str | None) -> str | None:
    return None if number is None else mask_number(number)

"""Is every call held?

What is asked is on record before anything sealed is opened, what it came to before it is shown.
Recordings are opened a month at a time, so that ten years of them fit into memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from operator import attrgetter
from pathlib import Path
from posixpath import basename
from typing import Final

from sqlalchemy import Connection, func, select

from callrec.bank_holidays import working_days
from callrec.calls.custody import OpenedRecording, Opening
from callrec.calls.find import check_all_findable, missing_from_search
from callrec.calls.records import sealed_legs
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import from_millis, to_millis
from callrec.dataclass import dataclass, field
from callrec.errors import NotFound, Tampered
from callrec.intake.reading import telephone_setup
from callrec.intake.reconciled import (
    ANSWERED,
    RECONCILE,
    Counts,
    Finding,
    FindingKind,
    findings_of,
    log_reconciliation,
)
from callrec.intake.records import UnreadRow, read_legs
from callrec.policy.authority import check_may
from callrec.policy.days import DayRange, OpeningHours, quiet_periods
from callrec.policy.role import Power, VaultKey
from callrec.practice import Actor, Practice, attempt, record, today, vault_key
from callrec.telephone.call import Call, Leg
from callrec.telephone.joining_facts import JoinedBy, RecordingFacts
from callrec.telephone.reconciling import (
    Coverage,
    HeldRecording,
    Reconciled,
    reconcile,
    without_repeats,
)

_MARGIN: Final = timedelta(days=1)
"""How far beyond a window is looked for the other half of what lies in it: no call is longer."""

_AT_ONCE: Final = 500
"""Recordings that are read with one query."""

MOST_LISTED: Final = 20_000
"""Findings of each kind, the earliest: of ten years without call records each recording is one."""

_ORDER: Final = attrgetter("at", "what")
"""Of findings."""

_UNHEARD: Final = ("silent", "truncated", "damaged", "undecoded")
"""Findings of a sound of which nothing, or not all, can be heard."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What holding records against recordings came to."""

    at: datetime
    days: DayRange
    counts: Counts
    findings: tuple[Finding, ...]
    """In the order of their times; of each kind no more than `MOST_LISTED`."""
    found: Counter[FindingKind]
    """How many there are of each kind, listed or not."""
    unread: tuple[UnreadRow, ...]
    not_understood: tuple[Path, ...]
    """The files of call records that have rows, none of which was understood."""


def reconcile_calls(
    practice: Practice,
    actor: Actor,
    *,
    first: date | None,
    last: date | None,
    files: Sequence[Path],
    advance: Callable[[int], None],
) -> Reconciliation:
    """Hold what the telephone system says of its calls against the recordings in the vault.

    The telephone system says it in files of call records; without any, what recordings were joined
    to when they came in counts. ``advance`` takes how many more recordings were opened.

    Raises:
        Refused: the actor may not ingest.
        Locked: the actor does not have the catalogue key, as an intake service has not.
        NotFound: there is no such file, or neither a call nor a recording.
        Unusable: a file is of no kind that is known, or the days end before they begin.
        Failed: a file cannot be read.
        Tampered: a recording is not as it was sealed, or a search would miss it.
    """
    with attempt(practice, actor, RECONCILE):
        check_may(actor.person, Power.INGEST, on=today(practice))
        newest = practice.register.newest(VaultKey.CATALOGUE).version
        vault_key(actor, VaultKey.CATALOGUE, newest)
        read = read_legs(files, telephone_setup(practice.settings))
        legs = read.legs
        legs.sort(key=_began)
        days = _days(practice, legs, first, last)
    details = {"files": len(files), "from": days.first.isoformat(), "to": days.last.isoformat()}
    asked = record(practice, actor, RECONCILE, details=details)
    with (
        attempt(practice, actor, ANSWERED, details={"reconcile": asked}),
        reading(practice.engine) as connection,
    ):
        opening = Opening(practice, actor, connection)
        opening.look_up_all()
        run = _Run(practice, actor, connection, opening, legs, advance)
        for window in _months(days):
            run.over(window)
        check_all_findable(run.missed)
    findings, found = run.listed()
    counts = run.counts(found, files=len(files), not_understood=len(read.unread))
    log_reconciliation(practice, actor, days, counts, asked=asked)
    return Reconciliation(
        practice.now(), days, counts, findings, found, read.unread, read.not_understood
    )


def _began(leg: Leg) -> datetime:
    return leg.call.started_at


def _days(
    practice: Practice, legs: Sequence[Leg], first: date | None, last: date | None
) -> DayRange:
    """The days that were named; an end that was not is that of the calls, or the recordings."""
    if first is not None and last is not None:
        return DayRange(first, last)
    known = [_began(legs[0]), _began(legs[-1])] if legs else []
    if not legs:
        column = tables.recording.c.started_at
        with reading(practice.engine) as connection:
            row = connection.execute(select(func.min(column), func.max(column))).one()
        known = [from_millis(end) for end in row if end is not None]
    if not known:
        raise NotFound(
            "there is neither a recording nor a call record",
            hint="callrec ingest takes recordings in; --cdr FILE names call records",
        )
    zone = practice.settings.time_zone
    begin, end = (at.astimezone(zone).date() for at in known)
    return DayRange(first or min(begin, last or begin), last or max(end, first or end))


def _months(days: DayRange) -> Iterator[DayRange]:
    """The days by months of the calendar."""
    begin = days.first
    while begin <= days.last:
        following = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield DayRange(begin, min(following - timedelta(days=1), days.last))
        begin = following


@dataclass(slots=True)
class _Run:
    """One reconciliation, window by window."""

    practice: Practice
    actor: Actor
    connection: Connection
    opening: Opening
    legs: Sequence[Leg]
    """Of the files, in the order in which they began."""
    advance: Callable[[int], None]
    standings: Counter[Coverage] = field(default_factory=Counter)
    joined_by: Counter[JoinedBy] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    found: Counter[FindingKind] = field(default_factory=Counter)
    missed: set[int] = field(default_factory=set)
    """Recordings that no search would find."""

    def over(self, window: DayRange) -> None:
        """What begins in a window; what lies around it helps to tell."""
        rules = self.practice.settings
        begins_at, ends_at = window.bounds(rules.time_zone)
        around = begins_at - _MARGIN, ends_at + _MARGIN
        recordings, sealed = self._read(*map(to_millis, around))
        first, beyond = (bisect_left(self.legs, at, key=_began) for at in around)
        # The sealed ones first: they were understood as the recordings that they are joined to.
        legs = without_repeats(chain(sealed, self.legs[first:beyond]))
        tolerance = timedelta(seconds=rules.telephone.record_tolerance_seconds)
        reconciled = reconcile(recordings, legs, tolerance)
        hours = OpeningHours(
            opens=rules.reconcile.opens,
            closes=rules.reconcile.closes,
            longest=timedelta(minutes=rules.reconcile.gap_minutes),
            working=working_days(rules.clocks),
            zone=rules.time_zone,
        )
        spans = [recording.span for recording in recordings]
        silences = quiet_periods(spans, window, hours, now=self.practice.now())

        def is_within(at: datetime) -> bool:
            return begins_at <= at < ends_at

        self._count(reconciled, is_within)
        for finding in sorted(findings_of(reconciled, silences, is_within), key=_ORDER):
            self.found[finding.what] += 1
            if self.found[finding.what] <= MOST_LISTED:
                self.findings.append(finding)

    def _read(self, begin: int, end: int) -> tuple[list[HeldRecording], list[Leg]]:
        """What began from ``begin`` to before ``end``, ms since 1970, and its sealed legs."""
        table, recordings, sealed = tables.recording, list[HeldRecording](), list[Leg]()
        then = (table.c.started_at >= begin) & (table.c.started_at < end)
        some = select(table).where(then, table.c.data_key.is_not(None))  # of others, a stub is left
        rows = self.connection.execute(some.order_by(table.c.started_at)).all()
        for start in range(0, len(rows), _AT_ONCE):
            opened = list(self.opening.each_checked(rows[start : start + _AT_ONCE]))
            missed = missing_from_search(self.practice, self.actor, self.connection, opened)
            self.missed.update(missed)
            for each in opened:
                recordings.append(_held(each))
                sealed += sealed_legs(each.fields)
            self.advance(len(opened))
        return recordings, sealed

    @property
    def recordings(self) -> int:
        return self.joined_by.total() + self.found[FindingKind.NO_CALL]

    def _count(self, reconciled: Reconciled, is_within: Callable[[datetime], bool]) -> None:
        """Count what began within a window."""
        self.standings.update(
            each.standing for each in reconciled.calls if is_within(_began(each.call.legs[0]))
        )
        self.joined_by.update(
            how.joined_by
            for each in reconciled.calls
            for held, how in each.recordings
            if is_within(held.facts.started_at)
        )

    def listed(self) -> tuple[tuple[Finding, ...], Counter[FindingKind]]:
        """What is listed, by its times, and how many there are; but for what means nothing."""
        # Silence where nothing was ever recorded; no call where no call at all is known.
        no_calls = not self.standings.total()
        idle = {FindingKind.GAP: not self.recordings, FindingKind.NO_CALL: no_calls}
        found = Counter({what: self.found[what] for what in FindingKind if not idle.get(what)})
        listed = (finding for finding in self.findings if finding.what in found)
        return tuple(sorted(listed, key=_ORDER)), found

    def counts(
        self, found: Mapping[FindingKind, int], *, files: int, not_understood: int
    ) -> Counts:
        of = self.standings
        return Counts(
            files=files,
            not_understood=not_understood,
            calls=of.total(),
            answered=of.total() - of[Coverage.UNANSWERED],
            held=of[Coverage.HELD],
            in_part=of[Coverage.IN_PART],
            missing=of[Coverage.MISSING],
            recordings=self.recordings,
            without_call=self.found[FindingKind.NO_CALL],
            unheard=found[FindingKind.UNHEARD],
            duplicates=found[FindingKind.DUPLICATE],
            gaps=found[FindingKind.GAP],
            joined_by={str(how): self.joined_by[how] for how in JoinedBy},
        )


def _held(opened: OpenedRecording) -> HeldRecording:
    fields = opened.fields
    try:
        call = Call.from_members(fields)
    except ValueError as error:
        raise Tampered(f"the metadata of recording {opened.id} is not in its form") from error
    paths = (source["name"] for source in fields["provenance"])
    # A name that is not text joins nothing.
    names = dict.fromkeys(basename(path) for path in paths if isinstance(path, str))
    return HeldRecording(
        id=opened.id,
        facts=RecordingFacts.of(call, names, fields["duration_ms"]),
        direction=call.direction,
        number=call.number,
        unheard=tuple(word for word in _UNHEARD if word in fields["findings"]),
    )

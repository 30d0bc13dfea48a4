"""Sort a portion of sources, and tell apart the calls of those that sound the same.

Silence of one length, or an announcement alone, is the sound of many calls: it is one recording for
each. A source is of a call that the vault has if what both tell of it agrees, and if by whatever
the source tells that recording is found; else it becomes a recording of its own, so that no number
and no time is told nowhere (docs/formats/recording.md, 3). An intake service, which opens nothing,
goes by the clear columns and by codes of what was told. Of an erased recording the columns alone
are left: what may be of its call does not come back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.calls.custody import Opening
from callrec.catalogue.tables import from_millis, to_millis
from callrec.dataclass import dataclass, replace
from callrec.errors import Locked
from callrec.intake.joining import call_held, joining_facts, uids_with_grants
from callrec.intake.known import (
    DuplicateMacs,
    Portion,
    known_macs,
    known_names,
    known_sounds,
    without_record,
)
from callrec.intake.reading import call_described, or_quarantined
from callrec.intake.records import AvailableCallRecords
from callrec.intake.sealing import Seen, Taken
from callrec.intake.sources import Quarantined, Refusal
from callrec.telephone.call import Call, Direction, count_missing, is_another_call, is_found_with
from callrec.telephone.filled import filled_from_name, filled_from_record
from callrec.telephone.reading import sidecar_for
from callrec.telephone.sound.sound import Finding
from callrec.telephone.written import Setup

_TIME_ALONE: Final = frozenset({"timed"})
"""Members of `Call.told`: what tells no more is told apart by its time alone."""

_CLOCKS_ARE_WRONG_BY: Final = timedelta(days=1)
"""Less than this: an hour in summer, the hours of another zone."""

MAYBE_ERASED: Final = (
    "the same sound as recording {}, which was erased: it may be of that call, so it was left"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A source that sounds as others do."""

    seen: Seen
    call: Call
    """As the source tells it."""
    full: Call
    """With what its call record tells, if there is one at hand."""
    named: int
    """The recording that is known by the source's name and sound; 0: none."""


def sort_portion(
    connection: Connection,
    opening: Opening,
    duplicates: DuplicateMacs,
    seen: Sequence[Seen],
    *,
    setup: Setup,
    records: AvailableCallRecords | None,
) -> Portion:
    """Tell apart what is new, what the vault has under other names, and what it knows wholly.

    What was only hashed and is new after all is in ``unsealed``: the portion is to be sorted again
    once that is sealed.
    """
    known = known_sounds(connection, duplicates, seen)
    portion = Portion()
    named, alone = _place_by_name(connection, duplicates, seen, known, portion)
    calls = list(_asked(named, setup, portion))
    if records is not None:
        calls = _with_records(calls, known, records)
    held_calls = _HeldCalls(connection, opening, duplicates, known, calls)
    groups = defaultdict[str, list[_Group]](list)
    for each in sorted(calls, key=lambda asked: count_missing(asked.full)):
        if (found := held_calls.find(each)) is not None:
            _hold(portion, each, found)
        elif isinstance(each.seen, Taken):
            _join_group(groups[each.seen.sha256], each, each.seen)
        else:
            portion.unsealed.append(each.seen.source)
    _number(portion, seen, alone, groups)
    for sha256, of_sound in groups.items():
        portion.same_sound += [group.same[0].uid for group in of_sound[sha256 not in known :]]
    _note_names_and_marks(connection, duplicates, portion)
    return portion


def _hold(portion: Portion, asked: _Asked, found: _Found | Quarantined) -> None:
    if isinstance(found, Quarantined):
        portion.leave(asked.seen, found)
        return
    portion.held.append((asked.seen, found.row))
    portion.told[asked.seen.source] = asked.call
    if found.adds:
        portion.adding[found.row.id] = found.row, asked.call


def _number(
    portion: Portion,
    seen: Sequence[Seen],
    alone: Iterable[list[Taken]],
    groups: Mapping[str, Sequence[_Group]],
) -> None:
    """What is new becomes recordings in the order of their starts, which stand in the clear.

    In the order of files' names, which may begin with a number, who called would show without a
    key. Calls of one start have that of their sources, which is not that of names either.
    """
    new = [*alone, *(group.same for of_sound in groups.values() for group in of_sound)]
    places = {id(each.source): place for place, each in enumerate(seen)}

    def began(same: list[Taken]) -> tuple[datetime, int]:
        return same[0].call.started_at, min([places[id(each.source)] for each in same])

    portion.new |= {same[0].uid: same for same in sorted(new, key=began)}
    portion.told |= {each.source: each.call for each in seen if isinstance(each, Taken)}


def _place_by_name(
    connection: Connection,
    duplicates: DuplicateMacs,
    seen: Sequence[Seen],
    known: Mapping[str, Sequence[Row[Any]]],
    portion: Portion,
) -> tuple[list[tuple[Seen, int]], list[list[Taken]]]:
    """Sort out whose sound nothing else has, and what is known by its name.

    Returns what has to be asked what it tells, each with the recording that has its name and sound,
    or 0; and what is new and alone. What lies beside a source, a list or a sidecar, may say another
    thing under the same name.
    """
    times = Counter(each.sha256 for each in seen)
    names = known_names(connection, duplicates, [each for each in seen if each.sha256 in known])
    to_ask: list[tuple[Seen, int]] = []
    alone: list[list[Taken]] = []
    for each in seen:
        number = names.get(each.source, 0) if (rows := known.get(each.sha256, ())) else 0
        row = number and next((row for row in rows if row.id == number), None)
        if row and not each.source.member and not sidecar_for(each.source.path):
            portion.held.append((each, row))
        elif rows or times[each.sha256] > 1:
            to_ask.append((each, number))
        elif isinstance(each, Taken):
            alone.append([each])
        else:
            portion.unsealed.append(each.source)
    return to_ask, alone


def _asked(sources: Iterable[tuple[Seen, int]], setup: Setup, portion: Portion) -> Iterator[_Asked]:
    """What each tells; what cannot be understood is left."""
    for each, named in sources:
        call = (
            each.call
            if isinstance(each, Taken)
            else or_quarantined(each.source, partial(call_described, each.source, setup))
        )
        if isinstance(call, Quarantined):
            portion.leave(each, call)
        else:
            yield _Asked(each, call, call, named)


def _with_records(
    asked: Sequence[_Asked], known: Mapping[str, Sequence[Row[Any]]], records: AvailableCallRecords
) -> list[_Asked]:
    """The same with what their call records tell: names may tell nothing that these do."""
    facts = []
    for each in asked:
        seen = each.seen
        rows = known.get(seen.sha256, ())
        lasts = (
            [seen.sound.duration_ms] if isinstance(seen, Taken) else [r.duration_ms for r in rows]
        )
        facts.append(joining_facts(each.call, [seen.source.path], next(iter(lasts), 0)))
    return [
        replace(each, full=filled_from_record(each.call, joined)) if joined else each
        for each, joined in zip(asked, records.join(facts), strict=True)
    ]


@dataclass(slots=True)
class _Group:
    """Sources with one sound, of one call."""

    call: Call
    """With what all of them, and their call records, tell."""
    same: list[Taken]


def _join_group(groups: list[_Group], asked: _Asked, taken: Taken) -> None:
    """Add a source to those that are of its call; without any it begins a group."""
    for group in groups:
        filled = filled_from_name(group.call, asked.full)
        if not is_another_call(asked.full, group.call) and is_found_with(asked.full, filled):
            first = group.same[0]
            call = filled_from_name(first.call, asked.call)
            if call != first.call:
                group.same[0] = replace(first, call=call, metadata=None)
            group.same.append(taken)
            group.call = filled
            return
    groups.append(_Group(asked.full, [taken]))


def _note_names_and_marks(
    connection: Connection, duplicates: DuplicateMacs, portion: Portion
) -> None:
    """Note the names and marks by which sources that are held are not known yet."""
    names = known_names(connection, duplicates, (each for each, _ in portion.held))
    for each, row in portion.held:
        # Of an erased recording nothing is left that a name could be added to.
        if row.data_key is not None and names.get(each.source) != row.id:
            portion.named.setdefault(row.id, []).append(each)
    marks = {m: row.id for s, row in portion.held for m in duplicates.marks_to_write(s)}
    there = known_macs(connection, marks)
    portion.marks = {m: number for m, number in marks.items() if number not in there.get(m, ())}


@dataclass(frozen=True, slots=True)
class _Found:
    """The recording whose call a source is of."""

    row: Row[Any]
    rank: int
    """How surely, 0 the most."""
    adds: bool = False
    """Whether the source tells what is not known of it."""


class _HeldCalls:
    """The calls of recordings that the vault has, as far as the actor can tell."""

    def __init__(
        self,
        connection: Connection,
        opening: Opening,
        duplicates: DuplicateMacs,
        known: Mapping[str, Sequence[Row[Any]]],
        asked: Sequence[_Asked],
    ) -> None:
        self._connection = connection
        self._opening = opening
        self._duplicates = duplicates
        self._rows = {each.seen.sha256: known.get(each.seen.sha256, ()) for each in asked}
        self._calls: dict[int, Call | None] = {}
        self._locked = set[str]()
        """Batches that the actor cannot open."""
        macs = {
            m
            for each in asked
            if self._rows[each.seen.sha256]
            for told in (each.call.told, each.full.told, {})
            for m in duplicates.call(each.seen.sha256, told)
        }
        self._known = known_macs(connection, macs)
        self._told_nothing = frozenset(n for sha in self._rows for n in self._having(sha, {}))

    def find(self, asked: _Asked) -> _Found | Quarantined | None:
        """The recording of a source's call, or why the source stays; None: there is none."""
        call, sha256, told = asked.full, asked.seen.sha256, asked.full.told
        rows = self._rows[sha256]
        live = [row for row in rows if row.data_key]
        same = self._having(sha256, told)
        if asked.named in self._having(sha256, asked.call.told):
            same |= {asked.named}
        # Of many that sound the same, few were told the same: they are looked for first.
        exact = [row for row in live if row.id in same]
        fits = [_Found(row, 0) for row in exact if _may_be(call, row, is_dated=call.is_timed)]
        fits = fits or [found for row in live if (found := self._fit(row, call, told))]
        if fits:
            return min(fits, key=lambda found: (found.rank, _apart(found.row, call)))
        erased = (row for row in rows if not row.data_key and _may_be_erased(asked, row))
        row = next(erased, None)
        if row is None:
            return None
        columns = (call.direction, to_millis(call.started_at))
        if not told or (row.direction, row.started_at) == columns:
            return _Found(row, 0)
        why = MAYBE_ERASED.format(row.id)
        return Quarantined(asked.seen.source.path, why, Refusal.DESCRIPTION)

    def _having(self, sha256: str, told: Mapping[str, Any]) -> frozenset[int]:
        """Numbers of the recordings of which this was told."""
        macs = self._duplicates.call(sha256, told)
        return frozenset(number for m in macs for number in self._known.get(m, ()))

    def _fit(self, row: Row[Any], call: Call, told: Mapping[str, Any]) -> _Found | None:
        """Whether a call, of which that is told, is that of a recording."""
        held = self._held(row)
        if held is None:
            return self._fit_unopened(row, call, told)
        if is_another_call(call, held):
            return None
        if is_found_with(call, held) and (held.is_timed or not call.is_timed):
            return _Found(row, 1)
        is_filled = _tells_way(row)  # else that is tried at each run, until it can be
        if is_filled and not (
            is_found_with(call, filled_from_name(held, call)) and self._may_be_filled(row)
        ):
            return None
        return _Found(row, 2, adds=is_filled)

    def _fit_unopened(self, row: Row[Any], call: Call, told: Mapping[str, Any]) -> _Found | None:
        """By the columns, and by whether either of the two tells nothing else."""
        if not _tells_way(row) and row.id in self._told_nothing:
            return _Found(row, 2)
        if told and (not _tells_way(row) or told.keys() - _TIME_ALONE):
            return None
        return _Found(row, 1) if _may_be(call, row, is_dated=_tells_way(row)) else None

    def _held(self, row: Row[Any]) -> Call | None:
        if not (self._calls or self._locked):
            every = (each for rows in self._rows.values() for each in rows)
            self._opening.look_up(each for each in every if each.data_key is not None)
        if row.id not in self._calls and row.batch not in self._locked:
            try:
                self._calls[row.id] = call_held(self._opening, row)
            except Locked:
                self._locked.add(row.batch)
        return self._calls.get(row.id)

    def _may_be_filled(self, row: Row[Any]) -> bool:
        return bool(
            without_record(self._connection, self._duplicates, [row])
            and not uids_with_grants(self._connection, [row.uid])
        )


def _tells_way(row: Row[Any]) -> bool:
    return bool(row.direction != Direction.UNKNOWN)


def _apart(row: Row[Any], call: Call) -> int:
    return abs(int(row.started_at) - to_millis(call.started_at))


def _may_be_erased(asked: _Asked, row: Row[Any]) -> bool:
    """Whether a source may be of an erased recording's call, of which the clear columns are left.

    Sound that is not silent is most likely that call's, with a time from a clock or zone that was
    wrong; of silence there is nothing that could come back.
    """
    call, seen = asked.full, asked.seen
    is_silent = isinstance(seen, Taken) and Finding.SILENT in seen.sound.findings
    if is_silent or not (call.is_timed and _tells_way(row)):
        return _may_be(call, row, is_dated=_tells_way(row))
    return timedelta(milliseconds=_apart(row, call)) < _CLOCKS_ARE_WRONG_BY


def _may_be(call: Call, row: Row[Any], *, is_dated: bool) -> bool:
    """Whether a call is that of a recording as far as the clear columns tell.

    ``is_dated``: the start there is not merely its file's own time.
    """
    held = replace(call, direction=Direction(row.direction)) if _tells_way(row) else call
    if is_dated:
        held = replace(held, started_at=from_millis(row.started_at))
    return not is_another_call(call, held)

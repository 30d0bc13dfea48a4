"""What a telephone system wrote, and the call that it means in this practice.

A system's own module only takes its names, or its call records, apart; what the parts mean is
decided here for all of them: which end is the practice's, which way the call went, whose number it
is, and when it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePath
from typing import Final, Self
from zoneinfo import ZoneInfo

from callrec.errors import Unusable
from callrec.system.name_pattern import NamePattern
from callrec.telephone.call import Call, Direction, Side, System, TimeConfidence
from callrec.telephone.clock import YEARS, Moment, by_instant, by_instant_alone, by_local_time
from callrec.telephone.number import Extensions, dialled, e164, is_extension, is_withheld, party


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTime:
    """When, as it was written: a local time, an instant, or both. One of them is there."""

    raw: str
    """Character by character."""
    local: datetime | None = None
    """Naive."""
    instant: datetime | None = None
    """Aware; in the order of the local time, where there is one: it tells which hour was meant."""
    proof: str = "the unique id"
    """What the instant was taken from, in words."""

    @classmethod
    def of(cls, raw: str, at: datetime) -> Self:
        """Of a local time without an offset, or an instant with one."""
        if at.tzinfo is None:
            return cls(raw=raw, local=at)
        return cls(raw=raw, instant=at, proof="the offset that is written with it")

    def moment(self, setup: Setup) -> Moment:
        """When that was."""
        if self.local is not None and self.instant is not None:
            return by_instant(self.local, setup.zone, self.instant, proof=self.proof)
        if self.local is not None:
            return by_local_time(self.local, setup.zone)
        assert self.instant is not None  # noqa: S101 - one of them is there
        return by_instant_alone(self.instant, setup.zone, f"{self.proof} proves the time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one name, or one record, says. Every text in it can be written as UTF-8."""

    system: System
    how: str
    """What was read, in words: ``an incoming call by its name as Asterisk writes it``."""
    time: WrittenTime
    direction: Direction | None = None
    """None: its ends tell."""
    calling: str = ""
    """Who called, as written; empty: not said."""
    called: str = ""
    calling_is_inside: bool = False
    """The system says that this end is the practice's; its number is an extension's then."""
    called_is_inside: bool = False
    ends_may_be_swapped: bool = False
    """Its direction is known, but some programs write its ends in the other order."""
    extension: str | None = None
    """Of the practice's end, where the system says it apart from the ends."""
    outside: str = ""
    """The outside party's number as written, where the system says it apart from the ends."""
    parties: tuple[str, ...] = ()
    """Names of people."""
    unique_id: str | None = None
    sides: tuple[Side, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_call(self, setup: Setup) -> Call:
        """The call that this tells of."""
        ends = _in_order(self, _ends(_with_both_ends(self), setup))
        direction = self.direction or _direction(ends)
        ends = _without_prefix(ends, direction, setup)
        moment = self.time.moment(setup)
        apart = e164(dialled(self.outside, setup.outside_prefixes, setup.region), setup.region)
        turned = " with its ends in the other order" if ends.turned else ""
        return Call(
            system=self.system,
            direction=direction,
            caller=party(ends.calling, setup.region),
            callee=party(ends.called, setup.region),
            number=_outside(ends, direction, setup.region) or apart,
            extension=self.extension or _extension(ends, direction),
            parties=self.parties,
            local_time=moment.local.isoformat(),
            raw_time=self.time.raw,
            unique_id=self.unique_id,
            sides=self.sides,
            why=f"{self.how}{turned}; {moment.why}",
            said=self.said,
            **moment.members,
        )


def _with_both_ends(written: Written) -> Written:
    """An end that is not said is the outside party or the extension, where the direction tells."""
    outside, extension = written.outside, written.extension or ""
    if written.calling and written.called:
        return written
    match written.direction:
        case Direction.INBOUND:
            calling, called = outside, extension
        case Direction.OUTBOUND:
            calling, called = extension, outside
        case _:
            return written
    return replace(written, calling=written.calling or calling, called=written.called or called)


@dataclass(frozen=True, slots=True)
class _Ends:
    """Who was called and who called, as written, and which of them are extensions."""

    called: str
    calling: str
    called_is_inside: bool
    calling_is_inside: bool
    turned: bool = False

    def swapped(self) -> _Ends:
        return _Ends(
            self.calling, self.called, self.calling_is_inside, self.called_is_inside, turned=True
        )


def _ends(written: Written, setup: Setup) -> _Ends:
    def is_inside(end: str, *, by_system: bool) -> bool:
        return (by_system and end.isascii() and end.isdigit()) or is_extension(
            end, setup.extensions, setup.region
        )

    return _Ends(
        written.called,
        written.calling,
        is_inside(written.called, by_system=written.called_is_inside),
        is_inside(written.calling, by_system=written.calling_is_inside),
    )


def _in_order(written: Written, ends: _Ends) -> _Ends:
    """Called, then calling: programs that rename recordings put the extension first or last."""
    if not written.ends_may_be_swapped:
        return ends
    calling_alone = ends.calling_is_inside and not ends.called_is_inside
    called_alone = ends.called_is_inside and not ends.calling_is_inside
    turned = (written.direction is Direction.INBOUND and calling_alone) or (
        written.direction is Direction.OUTBOUND and called_alone
    )
    return ends.swapped() if turned else ends


def _without_prefix(ends: _Ends, direction: Direction, setup: Setup) -> _Ends:
    """Without what is dialled for an outside line; some systems show it with who calls, too.

    Where the way is not known, or is said to stay within, an extension may look so: 9999.
    """
    if not setup.outside_prefixes:
        return ends
    called = dialled(ends.called, setup.outside_prefixes, setup.region)
    calling = dialled(ends.calling, setup.outside_prefixes, setup.region)
    match direction:
        case Direction.OUTBOUND:
            return replace(ends, called=called)
        case Direction.INBOUND:
            return replace(ends, calling=calling)
        case Direction.INTERNAL | Direction.UNKNOWN:
            return replace(
                ends,
                called=ends.called if ends.called_is_inside else called,
                calling=ends.calling if ends.calling_is_inside else calling,
            )


def _direction(ends: _Ends) -> Direction:
    """Where the system does not say: from the end inside to the one outside, or the other way.

    A person who picks up their own parked call stands at both ends, and nobody called a conference.
    """
    if not ends.calling or not ends.called or ends.called == ends.calling:
        return Direction.UNKNOWN
    match ends.called_is_inside, ends.calling_is_inside:
        case True, True:
            return Direction.INTERNAL
        case True, False:
            return Direction.INBOUND
        case False, True:
            return Direction.OUTBOUND
        case _:
            return Direction.UNKNOWN


def _outside(ends: _Ends, direction: Direction, region: str) -> str | None:
    match direction:
        case Direction.INBOUND:
            return e164(ends.calling, region)
        case Direction.OUTBOUND:
            return e164(ends.called, region)
        case Direction.INTERNAL | Direction.UNKNOWN:
            return None


def _extension(ends: _Ends, direction: Direction) -> str | None:
    called = ends.called if ends.called_is_inside else ""
    calling = ends.calling if ends.calling_is_inside else ""
    ours_called = direction in {Direction.INBOUND, Direction.UNKNOWN}
    return (called or calling if ours_called else calling or called) or None


_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Whose recording it is, and what that system knows the call, or the recording, by."""

    system: System
    how: str
    """What was read, in words."""
    unique_id: str | None = None
    day: date | None = None
    """On which it began, where its folder says so."""
    said: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_call(self, modified: int, zone: ZoneInfo) -> Call:
        """The call, of which no time is known but when its file was last written.

        That is when the call ended, or, if the file was copied, any time after it: a day that is
        known goes before it.
        """
        at = _in_zone(modified, zone)
        why, contradiction = "the time is the file's own", None
        if self.day is not None and at.date() not in {self.day, self.day + _A_DAY}:
            at = datetime.combine(self.day, datetime.min.time(), zone)
            contradiction = "the file's own time is of another day than its folder"
            why = f"{contradiction}, whose beginning is taken"
        local = at.replace(tzinfo=None)
        confidence = TimeConfidence.FILE_TIME
        moment = Moment(at.astimezone(UTC), local, confidence, why, str(zone), contradiction)
        return Call(
            system=self.system,
            local_time=local.isoformat(),
            unique_id=self.unique_id,
            why=f"{self.how}; {why}",
            said=self.said,
            **moment.members,
        )


NOT_IDENTIFIED: Final = Identified(
    system=System.NONE, how="no sidecar, and a name that no known system writes"
)


def _in_zone(modified: int, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromtimestamp(modified, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        at = None
    if at is None or at.year not in YEARS:
        raise Unusable("the file's own time is in no year of calls")
    return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What it takes to understand what a telephone system wrote."""

    zone: ZoneInfo
    """Where its clock should stand."""
    region: str
    """Whose national numbers these are: ISO 3166, in capitals."""
    extensions: Extensions = ()
    """The practice's; empty: told by their length."""
    outside_prefixes: tuple[str, ...] = ()
    """Digits that are dialled for an outside line, before the number itself: ``9``."""
    templates: tuple[Template, ...] = ()
    """The practice's own, asked before the systems that are known."""
    system: str | None = None
    """The system that ``--system`` names, ``template`` for one of the practice's own; None: each is
    tried."""

    def asks_records_of(self, system: System) -> bool:
        """Whether call records may be this system's; a template is of names alone."""
        return self.system in {None, System.TEMPLATE, system}


_FIRST_YEAR, _LAST_YEAR = 1900, 2099


def local_from_digits(day: str, time: str) -> datetime | None:
    """Of ``YYYYMMDD`` and ``HHMMSS``; None: there is no such day, or no such time."""
    try:
        at = datetime.fromisoformat(f"{day}T{time}")
    except ValueError:
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def time_from_digits(raw: str, day: str, time: str) -> WrittenTime | None:
    """The same, with what was written."""
    at = local_from_digits(day, time)
    return None if at is None else WrittenTime(raw=raw, local=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """How the names of one system are read."""

    name: str
    """By which ``--system`` knows it."""
    pattern: NamePattern
    zone: ZoneInfo | None = None
    """Where its clock stands; None: where the practice is."""
    ways: Mapping[str, Direction] = field(default_factory=dict, hash=False)
    """Which way each word means, in small letters."""
    examples: tuple[str, ...] = ()
    """Names that are its."""

    def read(self, path: PurePath, setup: Setup) -> Call | None:
        """The call that a name tells of, or None where the pattern is not all of it.

        A pattern with slashes is held against as many folders before the name.

        Law: never raises.
        """
        written = self._written(path)
        if written is None:
            return None
        return written.to_call(replace(setup, zone=self.zone) if self.zone else setup)

    def _written(self, path: PurePath) -> Written | None:
        folders = self.pattern.pattern.count("/")
        found = self.pattern.find("/".join(path.parts[-1 - folders :]))
        if found is None:
            return None
        said = found.groups
        party = said.get("party", "").strip()
        return Written(
            system=System.TEMPLATE,
            how="a call by its name, as a template of the configuration has it",
            time=WrittenTime(
                raw=found.raw_time,
                local=found.local,
                instant=found.instant,
                proof="the epoch" if said.get("epoch") else "the offset that is written with it",
            ),
            direction=self.ways.get(said.get("direction", "").lower()),
            calling=said.get("caller", ""),
            called=said.get("callee", ""),
            extension=said.get("extension") or None,
            outside=said.get("number", ""),
            parties=() if is_withheld(party) else (party,),
            unique_id=said.get("unique_id") or None,
            said={"name": path.name, "template": self.name},
        )

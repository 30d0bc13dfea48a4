"""What a telephone system wrote, and the call that it means in this practice.

A system's reader only takes its names, or its call records, apart; what the parts mean is decided
here for all of them: which end is the practice's, which way the call went, whose number it
is, and when it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import PurePath
from typing import Final, NamedTuple, Self, TypeAlias
from zoneinfo import ZoneInfo

from callrec.dataclass import dataclass, field, replace
from callrec.errors import Unusable
from callrec.system.name_pattern import NameMatch, NamePattern
from callrec.telephone.call import TIME_MEMBERS, Call, Direction, Side, System, TimeConfidence
from callrec.telephone.clock import YEARS, Moment, by_instant, by_instant_alone, by_local_time
from callrec.telephone.number import (
    Extensions,
    Numbers,
    dialled,
    e164,
    is_a_name,
    is_extension,
    is_own_number,
    is_withheld,
    may_be_outside,
    party,
    read_end,
)
from callrec.telephone.recorder import NO_RECORDER, Recorder


class WrittenTime(NamedTuple):
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


class Written(NamedTuple):
    """What one name, or one record, tells. Every text in it can be written as UTF-8."""

    system: System
    how: str
    """What was read, in words: ``an incoming call by its name as Asterisk writes it``."""
    time: WrittenTime
    direction: Direction | None = None
    """None: its ends tell."""
    calling: str = ""
    """Who called, as written; empty: not stated."""
    called: str = ""
    calling_is_inside: bool = False
    """The system says that this end is the practice's; its number is an extension's then."""
    called_is_inside: bool = False
    ends_may_be_swapped: bool = False
    """Its direction is known, but some programs write its ends in the other order."""
    extension: str | None = None
    """Of the practice's end, where the system gives it apart from the ends."""
    outside: str = ""
    """The outside party's number as written, where the system gives it apart from the ends."""
    parties: tuple[str, ...] = ()
    """Names of people."""
    unique_id: str | None = None
    sides: tuple[Side, ...] = ()
    said: Mapping[str, str] = {}

    def to_call(self, setup: Setup) -> Call:
        """The call that this tells of."""
        calling, called = _ends(self, setup)
        is_turned = self.ends_may_be_swapped and _is_turned(self.direction, calling, called)
        if is_turned:
            calling, called = called, calling
        direction = self.direction or _direction(calling, called)
        leaves_practice = direction is Direction.INBOUND or direction is Direction.OUTBOUND
        ours_calls = direction is Direction.OUTBOUND or direction is Direction.INTERNAL
        ours, theirs = (calling, called) if ours_calls else (called, calling)
        # Some systems show what is dialled for an outside line with who calls, too. Where the way
        # is not known, or the call stays within, an extension may look so: 9999.
        if leaves_practice or not theirs.is_ours:
            theirs = theirs.without_prefix(setup)
        if not (leaves_practice or ours.is_ours):
            ours = ours.without_prefix(setup)
        calling, called = (ours, theirs) if ours_calls else (theirs, ours)
        number = e164(theirs.number) if leaves_practice else None
        apart = dialled(read_end(self.outside).number, setup.outside_prefixes)
        # Of an outside party's end, which a short number of theirs may look like, only if it is one
        # of those that the practice named.
        desks = (ours.desk, "" if leaves_practice and not setup.extensions else theirs.desk)
        stated = read_end(self.extension or "").number
        # A system calls its queues and parking slots so too; who describes a call does not.
        if self.system not in _DESCRIBED and not _may_be_desk(stated, setup):
            stated = ""
        moment = self.time.moment(setup)
        names = [end.name for end in (calling, called) if end.name and is_a_name(end.name)]
        turned = " with its ends in the other order" if is_turned else ""
        return Call(
            system=self.system,
            direction=direction,
            caller=party(calling.number),
            callee=party(called.number),
            number=number or e164(apart),
            extension=next(filter(None, ("" if _is_public(stated) else stated, *desks)), None),
            parties=tuple(dict.fromkeys((*self.parties, *names))),
            local_time=moment.local.isoformat(),
            raw_time=self.time.raw,
            unique_id=self.unique_id,
            sides=self.sides,
            why=f"{self.how}{turned}; {moment.why}",
            said=self.said,
            **moment.members,
        )


class _End(NamedTuple):
    """One end of a call."""

    number: str
    """As written."""
    name: str
    """Shown with it."""
    desk: str
    """The practice's extension at it; empty: none is known."""
    is_ours: bool
    """It is an extension's, or one of the practice's own numbers."""

    def without_prefix(self, setup: Setup) -> _End:
        number = dialled(self.number, setup.outside_prefixes)
        return self if number == self.number else self._replace(number=number)


def _ends(written: Written, setup: Setup) -> tuple[_End, _End]:
    """Who called, and who was called.

    An end that is not named is the outside party or the extension, where the direction tells.
    """
    calling, called = written.calling, written.called
    if written.direction is Direction.INBOUND:
        calling, called = calling or written.outside, called or written.extension or ""
    elif written.direction is Direction.OUTBOUND:
        calling, called = calling or written.extension or "", called or written.outside

    def end(text: str, *, by_system: bool) -> _End:
        number, name, behind = read_end(text)
        is_inside = by_system and number.isascii() and number.isdigit() and not _is_public(number)
        is_inside = is_inside or is_extension(number, setup.extensions)
        is_own = is_own_number(number, setup.numbers)
        # A queue is within the practice and nobody's desk. An extension behind somebody else's
        # number is theirs.
        is_desk = is_inside and _may_be_desk(number, setup)
        desk = number if is_desk else behind if is_own else ""
        return _End(number, name, desk, is_inside or is_own)

    return (
        end(calling, by_system=written.calling_is_inside),
        end(called, by_system=written.called_is_inside),
    )


_DESCRIBED: Final = frozenset({System.SIDECAR, System.TEMPLATE, System.EXPORT})
"""Where somebody says which end is the practice's extension, an older one too."""


def _may_be_desk(number: str, setup: Setup) -> bool:
    """Whether it is one of the extensions that the practice named, if it named any."""
    return not setup.extensions or is_extension(number, setup.extensions)


def _is_public(number: str) -> bool:
    """Whether it is in E.164, so that it is nobody's extension; 105 may be a desk."""
    return (e164(number) or "").startswith("+")


def _is_turned(direction: Direction | None, calling: _End, called: _End) -> bool:
    """Programs that rename recordings put the extension, or the number called, first or last."""
    if calling.is_ours == called.is_ours:
        return False
    return direction is (Direction.INBOUND if calling.is_ours else Direction.OUTBOUND)


def _direction(calling: _End, called: _End) -> Direction:
    """Where the system does not say: from our end to the one outside, or the other way.

    A person who picks up their own parked call stands at both ends, nobody called a conference, and
    a word at an end ("unknown", "Reception") shows no way.
    """
    shown = all(end.is_ours or may_be_outside(end.number) for end in (calling, called))
    if not shown or called.number == calling.number:
        return Direction.UNKNOWN
    if calling.is_ours:
        return Direction.INTERNAL if called.is_ours else Direction.OUTBOUND
    return Direction.INBOUND if called.is_ours else Direction.UNKNOWN


_A_DAY: Final = timedelta(days=1)
_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BY_TEMPLATE: Final = "a call by its name, as a template of the settings has it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Whose recording it is, and what that system knows the call, or the recording, by."""

    system: System
    how: str
    """What was read, in words."""
    unique_id: str | None = None
    day: date | None = None
    """On which it began, where its folder gives it."""
    said: Mapping[str, str] = field(default_factory=dict, hash=False)
    told: Call | None = None
    """What else of the call is known, at whatever time; None: nothing."""

    def to_call(self, modified: int, zone: ZoneInfo) -> Call:
        """The call, of which no time is known but when its file was last written.

        That is when the call ended, or, if the file was copied, any time after it: a day that is
        known goes before it.
        """
        try:
            at = datetime.fromtimestamp(modified, UTC).astimezone(zone)
        except (ValueError, OverflowError, OSError):
            at = None
        if at is None or at.year not in YEARS:
            raise Unusable("the file's own time is in no year of calls")
        why, contradiction = "the time is the file's own", None
        if self.day is not None and at.date() not in {self.day, self.day + _A_DAY}:
            at = datetime.combine(self.day, datetime.min.time(), zone)
            contradiction = "the file's own time is of another day than its folder"
            why = f"{contradiction}, whose beginning is taken"
        local = at.replace(tzinfo=None)
        moment = Moment(
            at.astimezone(UTC), local, TimeConfidence.FILE_TIME, why, str(zone), contradiction
        )
        call = Call(
            system=self.system,
            local_time=local.isoformat(),
            unique_id=self.unique_id,
            why=f"{self.how}; {why}",
            said=self.said,
            **moment.members,
        )
        if self.told is None:
            return call
        timed = {name: getattr(call, name) for name in (*TIME_MEMBERS, "why")}
        return replace(self.told, **timed)


NOT_IDENTIFIED: Final = Identified(
    system=System.NONE, how="no sidecar, and a name that no known system writes"
)


class DateOrder(StrEnum):
    """How day, month and year follow each other in a date of numbers."""

    DAY_MONTH_YEAR = "day/month/year"
    MONTH_DAY_YEAR = "month/day/year"
    YEAR_MONTH_DAY = "year/month/day"


Orders: TypeAlias = frozenset[DateOrder]

ANY_ORDER: Final[Orders] = frozenset(DateOrder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What it takes to understand what a telephone system wrote."""

    zone: ZoneInfo
    """Where its clock should stand."""
    extensions: Extensions = ()
    """The practice's; empty: recognised by their length."""
    numbers: Numbers = ()
    """The practice's own, as people outside dial them; empty: they are not known."""
    outside_prefixes: tuple[str, ...] = ()
    """Digits that are dialled for an outside line, before the number itself: ``9``."""
    templates: tuple[Template, ...] = ()
    """The practice's own, asked before the systems that are known."""
    date_orders: Orders = ANY_ORDER
    """In which its file's dates of numbers may stand, by all that it shows."""
    system: str | None = None
    """The system that ``--system`` names, ``template`` for one of the practice's own; None: each is
    tried."""
    recorder: Recorder = NO_RECORDER
    """Whose word on a recording counts."""

    def may_be_from(self, system: System) -> bool:
        """Whether call records may be this system's; a template is of names alone."""
        return self.system in {None, System.TEMPLATE, system}


WAYS_UNKNOWN: Final = {"unknown": Direction.UNKNOWN}
"""A direction that a system says it does not know: its ends are not asked then."""


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
        found = self._find(path)
        if found is None or not found.has_time:
            return None
        time = WrittenTime(
            raw=found.raw_time,
            local=found.local,
            instant=found.instant,
            proof="the epoch"
            if found.groups.get("epoch")
            else "the offset that is written with it",
        )
        return self._call(found, path, time, setup)

    def identify(self, path: PurePath, setup: Setup) -> Identified | None:
        """What a name tells that has no time, or a day alone; None likewise.

        Law: never raises.
        """
        found = self._find(path)
        if found is None or found.has_time:
            return None
        call = self._call(found, path, WrittenTime(raw="", instant=_ANY_TIME), setup)
        return Identified(
            system=System.TEMPLATE,
            how=f"{_BY_TEMPLATE}, which holds no time",
            unique_id=call.unique_id,
            day=found.day,
            said=call.said,
            told=call,
        )

    def _find(self, path: PurePath) -> NameMatch | None:
        folders = self.pattern.pattern.count("/")
        return self.pattern.find("/".join(path.parts[-1 - folders :]))

    def _call(self, found: NameMatch, path: PurePath, time: WrittenTime, setup: Setup) -> Call:
        groups = found.groups
        parties = (groups.get(name, "").strip() for name in ("party", "party_2"))
        said = {"name": path.name, "template": self.name, "queue": groups.get("queue", "")}
        written = Written(
            system=System.TEMPLATE,
            how=_BY_TEMPLATE,
            time=time,
            direction={**WAYS_UNKNOWN, **self.ways}.get(groups.get("direction", "").lower()),
            calling=groups.get("caller", ""),
            called=groups.get("callee", ""),
            extension=groups.get("extension") or None,
            outside=groups.get("number", ""),
            parties=tuple(party for party in parties if not is_withheld(party)),
            unique_id=groups.get("unique_id") or None,
            said={name: text for name, text in said.items() if text},
        )
        return written.to_call(replace(setup, zone=self.zone) if self.zone else setup)

"""Read one file of the telephone system's: what it is, what call it holds, whether it stood still.

Whatever is wrong with a file is raised as ``Unusable`` or ``OSError`` and concerns that file alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final, NamedTuple, TypeVar

from callrec.dataclass import replace
from callrec.errors import Failed, Misconfigured, Unusable
from callrec.intake.sources import (
    Mark,
    Quarantined,
    Refusal,
    SoundFile,
    Source,
    read_error_text,
    why_not_a_file,
)
from callrec.settings import Settings
from callrec.settings import Template as StatedTemplate
from callrec.sound.child import DecodeFailure, Undecodable
from callrec.sound.coding import count
from callrec.system.files import open_to_read, will_read
from callrec.system.name_pattern import NamePattern
from callrec.system.processes import has_writer
from callrec.telephone.call import Call, Direction, System, TimeConfidence, sides_heard
from callrec.telephone.clock import is_misdated
from callrec.telephone.number import extension_ranges, number_ranges
from callrec.telephone.reading import read_call, sidecar_for
from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Finding, NotAudio, Sound, SoundFault
from callrec.telephone.written import Setup, Template

_T = TypeVar("_T")

_FIRST_YEAR: Final = 1900

_A_WHILE_MS: Final = 200
"""Of sound that is missed; codecs say up to a packet more than they play."""

_MORE_MS: Final = 500
"""Of sound that nothing tells of; headers leave out what an encoder puts before and after it."""

_EXACT: Final = {"flac"}
"""Kinds of file that tell each sample that they have."""

_NAMED_BY_CODEC: Final = {"m4a", "webm", "mka", "wma"}
"""Kinds of file that hold any codec, and name it so that one must look for it."""

_DECODERS: Final = {"amr_nb": "amr", "amr_wb": "amr-wb"}
"""FFmpeg's names of codecs that have another here."""

_CUT: Final = {Finding.TRUNCATED, Finding.DAMAGED}

_NO_SYSTEMS: Final = {System.TEMPLATE, System.SIDECAR, System.EXPORT, System.NONE}

SYSTEMS: Final = tuple(system for system in System if system not in _NO_SYSTEMS)
"""That may be named by ``--system``."""


class NotTaken(Unusable):
    """A file that is not taken in, and why in one word."""

    refusal: ClassVar[Refusal]


class Unreadable(NotTaken):
    """A file that could not be read at all."""

    refusal = Refusal.UNREADABLE


class Unsettled(NotTaken):
    """A file that somebody writes to: what is wrong with it now may not be so in a moment."""

    refusal = Refusal.UNSETTLED


class Undescribed(NotTaken):
    """A file whose description cannot be understood."""

    refusal = Refusal.DESCRIPTION


class WrongChecksum(NotTaken):
    """A file that is not the one that its telephone system made."""

    refusal = Refusal.CHECKSUM


class Unvouched(NotTaken):
    """A file that its telephone system should have signed."""

    refusal = Refusal.UNVOUCHED


def telephone_setup(settings: Settings, *, system: str | None = None) -> Setup:
    """How this practice's telephone systems are read.

    ``system``: whose recordings these are, or the name of a template; None: each one is tried.

    Raises:
        Misconfigured: a template is called as a system that is known, or a number is none.
        Unusable: there is no such system.
    """
    telephone = settings.telephone
    templates = tuple(map(_template, telephone.template))
    if system is not None:
        names = [*SYSTEMS, *(template.name for template in templates)]
        templates = tuple(each for each in templates if each.name == system)
        if system not in names:
            raise Unusable(
                "--system is none that is known",
                hint=f"there are {', '.join(names)}; [[telephone.template]] describes another",
            )
    try:
        numbers = number_ranges(telephone.numbers)
    except ValueError as problem:
        raise Misconfigured(f'"telephone.numbers" cannot be used: {problem}') from None
    return Setup(
        zone=settings.time_zone,
        numbers=numbers,
        extensions=extension_ranges(telephone.extensions),
        outside_prefixes=telephone.outside_prefixes,
        templates=templates,
        system=System.TEMPLATE if templates and system else system,
    )


def _template(given: StatedTemplate) -> Template:
    if given.name in set(System):
        raise Misconfigured(f'"telephone.template.name" cannot be used: {given.name} is known')
    directions = (Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL)
    words = {direction: getattr(given, direction) for direction in directions}
    return Template(
        name=given.name,
        pattern=NamePattern(given.pattern, given.times),
        zone=given.zone,
        ways={word.lower(): way for way, several in words.items() for word in several},
        examples=given.examples,
    )


class Opened(NamedTuple):
    """A source, open for reading."""

    source: Source
    file: SoundFile
    mark: Mark
    """As it was when it was opened."""

    def understand(self, setup: Setup) -> tuple[Call, Sound, Mark | None]:
        """What call and what sound it is, and its sidecar if any; the file is at its beginning."""
        sound = measured_sound(self.file, self.mark.size_bytes, self.source.path.suffix)
        self.file.seek(0)
        call, sidecar = _described(self.source, setup)
        sides = sides_heard(call.sides, sound.channels)
        return call if sides == call.sides else replace(call, sides=sides), sound, sidecar

    def check_unchanged(self, read_bytes: int) -> None:
        """Check that what was read is the whole of it, and that it is still there as it was."""
        now = self.source.look()
        if now != self.mark or read_bytes != self.mark.size_bytes:
            raise Unsettled("it changed while it was read")


def measured_sound(file: SoundFile, size: int, suffix: str) -> Sound:
    """A file's sound, as long as it plays: decoded, where its length could not be counted.

    Law: whatever is missing or spoilt, it lasts what a player gets out of it, to 0.1 s.

    Raises:
        NotAudio: it is no sound, or nothing comes out of it.
    """
    sound = inspect(file, size, suffix)
    if sound.is_counted:
        return sound
    try:
        heard = count(file, suffix)
    except Undecodable as problem:
        if problem.why is DecodeFailure.EMPTY:
            raise NotAudio(SoundFault.UNPLAYABLE) from None
        return sound.with_findings({Finding.UNDECODED})
    codec = _DECODERS.get(heard.codec, heard.codec)
    told_ms = sound.duration_ms if sound.format in _NAMED_BY_CODEC | _EXACT | {"ogg"} else 0
    less_ms, more_ms = (1, 1) if sound.format in _EXACT else (_A_WHILE_MS, _MORE_MS)
    claimed_ms = max(sound.duration_ms, heard.claimed_ms)
    is_damaged = heard.spoilt or heard.duration_ms + less_ms < claimed_ms
    is_more = 0 < told_ms < heard.duration_ms - more_ms
    found = {Finding.DAMAGED: is_damaged and not sound.findings & _CUT, Finding.UNCLOSED: is_more}
    return replace(
        sound,
        codec=codec if sound.format in _NAMED_BY_CODEC else sound.codec,
        sample_rate=heard.sample_rate,
        channels=heard.channels,
        duration_ms=heard.duration_ms,
    ).with_findings(finding for finding, is_so in found.items() if is_so)


def doubts_of(call: Call, now: datetime) -> frozenset[Finding]:
    """What is to be known of a call that comes in now: its date, or its number, cannot be so.

    A file's own time may be later than a call: who copied it may keep another clock.
    """
    by = call.started_at if call.time_confidence is TimeConfidence.FILE_TIME else now
    misdated = {Finding.MISDATED} if is_misdated(call.started_at, by) else set[Finding]()
    return frozenset(misdated | {Finding.UNREAD} if call.is_number_unread else misdated)


def call_described(source: Source, setup: Setup) -> Call:
    """The call whose recording this is, as a list, its sidecar or its name says."""
    return _described(source, setup)[0]


def _described(source: Source, setup: Setup) -> tuple[Call, Mark | None]:
    try:
        if source.member:
            return source.member.call(setup), None
        sidecar = sidecar_for(source.path)
        mark = Mark.of(sidecar.lstat()) if sidecar else None  # before: what comes later is not read
        return read_call(source.path, setup, sidecar), mark
    except Failed as problem:
        raise Unreadable(problem.message) from problem
    except Unusable as problem:
        raise Undescribed(problem.message) from problem


def sidecar_mark(path: Path) -> Mark | None:
    """Of the sidecar that lies beside a recording; None: there is none."""
    sidecar = sidecar_for(path)
    return Mark.of(sidecar.lstat()) if sidecar else None


@contextmanager
def open_source(source: Source) -> Iterator[Opened]:
    """Open a source, and have the system read ahead in it."""
    if source.member is not None:
        with source.member.open() as member:
            yield Opened(source, member, source.mark)
        return
    with open_to_read(source.path) as file:
        status = os.fstat(file.fileno())
        mark = Mark.of(status)
        # What was a file when it was found may be a link or a pipe by now.
        if why_not_a_file(status) or not mark.is_same_file(source.mark):
            raise Unreadable("another file was put in its place")
        if has_writer(file.fileno()):
            raise Unsettled("its telephone system is still writing to it; the next run takes it in")
        will_read(file.fileno())
        yield Opened(source, file, mark)


def modified_at(mark: Mark) -> datetime:
    """When the file was last written, aware, in UTC."""
    try:
        seconds, rest = divmod(mark.modified_ns, 10**9)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
        if at.year >= _FIRST_YEAR:
            return at
    except (ValueError, OverflowError, OSError):
        pass
    raise Undescribed("the file's own time is in no calendar")


def or_quarantined(source: Source, take: Callable[[], _T]) -> _T | Quarantined:
    """What ``take`` gives, or why this one file is not taken."""
    try:
        return take()
    except Unusable as problem:
        refusal = problem.refusal if isinstance(problem, NotTaken) else Refusal.NO_SOUND
        return Quarantined(source.path, problem.message, refusal)
    except OSError as error:
        return Quarantined(source.path, read_error_text(error), Refusal.UNREADABLE)

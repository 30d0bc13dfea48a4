"""Hear what was granted; nothing leaves.

    listen.looked    the waveform was shown, and nothing played
    listen           it is played
    listen.ended     it is played no more; of a run that was killed there is none
    listen.failed    likewise, and nothing can have been heard: this hearing is none

A grant to hear is not for a single hearing: it holds until it lapses, is revoked or is released,
and stays as it is by these entries (docs/formats/grant.md, 7), which say who else was there. What
is left out of a copy is not heard here, either. What is played goes to the player as it is opened,
and no file of it is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Failed, Refused, Unusable
from callrec.login.people import line_managers
from callrec.policy.clause import Clause
from callrec.policy.edits import Edits, edits_to_apply
from callrec.policy.hearing import (
    check_attended,
    check_may_be_given,
    check_may_listen,
    had_outside_listeners,
    is_attended,
)
from callrec.policy.request import RequestAct
from callrec.policy.role import VaultKey
from callrec.policy.words import some_of
from callrec.practice import Actor, Practice, signing, today, writing
from callrec.record.versions import open_details
from callrec.release.copies import check_original, copy_pieces, measured, original_pieces
from callrec.requests.grants import UsableGrant, usable_grants
from callrec.requests.history import log_request_event, read_history
from callrec.requests.lapse import attempt_on
from callrec.requests.model import History
from callrec.requests.open import read_unchanged
from callrec.requests.restrictions import check_unrestricted
from callrec.sound.child import Undecodable
from callrec.sound.coding import WAV
from callrec.sound.listening import samples_after
from callrec.sound.measured import Measured

Play: TypeAlias = Callable[["Sound"], bool]
"""Plays a sound while its bytes come, and says whether it took all of them."""


class Player(NamedTuple):
    """A program that plays."""

    command: Sequence[str]
    """The program and its arguments: a program may do something else than to play, so it is named
    in the record."""
    play: Play


@dataclass(frozen=True, slots=True)
class WaveformView:
    """How loud a recording is where, and what is left out of it."""

    request: str
    recording: int
    audit_seq: int
    """The leaf that says that it is shown, or played."""
    measured: Measured
    edits: Edits
    sides: tuple[str, ...]
    """Whom each channel carries, the left one first; empty: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """Where a recording is heard."""

    player: Callable[[str], Player]
    """Finds what plays such a kind of file: wav, mp3, …"""
    attended: Sequence[str] = ()
    """Who is there besides the actor, as far as that is known beforehand."""
    ask: Callable[[], Sequence[str]] = tuple
    """Asks who is there; with nobody to ask, it is nobody."""
    show: Callable[[WaveformView], None] = lambda _: None
    """Shows the waveform before it is played."""


@dataclass(frozen=True, slots=True)
class PlayedRecording:
    """A recording that was played."""

    request: str
    recording: int
    audit_seq: int
    """Of the leaf that records it."""
    played_to_second: int
    """At most."""
    of_seconds: int
    """How many there are."""
    parts: tuple[tuple[int, int], ...] | None
    """From which second to which, where something was skipped."""
    player: str
    """The program that played it."""
    edits: Edits
    """What was left out of it."""
    lapses_at: datetime | None
    """UTC: until then it may be played again; None: the grant ended while it was heard."""
    corrected_by: tuple[str, ...]
    """The requests whose notes say what is wrong in it [UK GDPR 16]."""


class HearingEnd(StrEnum):
    """How a hearing ended."""

    ENDED = "ended"
    """The player took all of it, and ended well."""
    STOPPED = "stopped"
    """The listener had heard enough, or skipped something."""
    FAILED = "failed"
    """The player did not end well, or took next to nothing."""


@dataclass(slots=True)
class _Stretch:
    """What is played without a break."""

    at: float
    """Where it begins, in seconds of the copy."""
    began: datetime
    taken_s: float = 0.0
    """How much of it the player has taken."""
    ended: datetime | None = None

    def end(self, now: datetime) -> float:
        """Up to where it can have been heard: what was taken, and what time has gone by."""
        return self.at + min(self.taken_s, ((self.ended or now) - self.began).total_seconds())


class Sound:
    """The copy of a recording as it is played, and which parts of it can have been heard."""

    def __init__(
        self,
        now: Callable[[], datetime],
        pieces_from: Callable[[float], Iterator[bytes]],
        *,
        size: int,
        seconds: float,
        begins_ms: int = 0,
        can_seek: bool = True,
    ) -> None:
        self._now = now
        self._pieces_from = pieces_from
        self._size = size
        self._stretches: list[_Stretch] = []
        self.seconds = seconds
        """How long all of it lasts."""
        self.begins_ms = begins_ms
        """Where in the original it begins."""
        self.can_seek = can_seek
        """It can be played from another place than its beginning."""
        self.was_halted = False
        """The listener ended some of it early."""

    def __iter__(self) -> Iterator[bytes]:
        return self.begin(0)

    @property
    def ends_ms(self) -> int:
        """Where in the original it ends."""
        return self.begins_ms + int(self.seconds * 1000)

    def begin(self, at: float) -> Generator[bytes]:
        """What plays it from a second on, a piece at a time."""
        self._end_stretch()
        stretch = _Stretch(at, self._now())
        self._stretches.append(stretch)
        for piece in self._pieces_from(at):
            for place in range(0, len(piece), _PIECE_BYTES):
                part = piece[place : place + _PIECE_BYTES]
                yield part
                taken_s = stretch.taken_s + self.seconds * len(part) / self._size
                stretch.taken_s = min(taken_s, self.seconds - at)

    def fetch(self, at: float) -> Iterator[bytes]:
        """Its bytes from a second on, for what fetches ahead and itself says what it `played`."""
        return self._pieces_from(at)

    def played(self, first: float, end: float) -> None:
        """So much of it was played, in seconds, by a player that had it before."""
        now, taken_s = self._now(), end - first
        began = now - timedelta(seconds=taken_s)
        self._stretches.append(_Stretch(first, began, taken_s, now))

    def halt(self) -> None:
        """The listener ends what is being played."""
        self.was_halted = True
        self._end_stretch()

    def _end_stretch(self) -> None:
        for last in self._stretches[-1:]:
            last.ended = last.ended or self._now()

    @property
    def position(self) -> float:
        """The second at which it is, at most."""
        return self._stretches[-1].end(self._now()) if self._stretches else 0.0

    @property
    def reached(self) -> float:
        """The second up to which it can have been heard."""
        return max((each.end(self._now()) for each in self._stretches), default=0.0)

    @property
    def second(self) -> int:
        """The same, with the second that was begun: as the last of `parts` ends."""
        return ceil(self.reached)

    @property
    def parts(self) -> tuple[tuple[int, int], ...] | None:
        """From which second to which, where something was skipped; None where nothing was."""
        found: list[tuple[int, int]] = []
        for each in sorted(self._stretches, key=lambda stretch: stretch.at):
            first, end = int(each.at), ceil(each.end(self._now()))
            if found and first <= found[-1][1]:
                first, end = found[-1][0], max(found.pop()[1], end)
            found.append((first, end))
        if len(found) > 1 or (found and found[0][0]):
            return tuple(part for part in found if part[0] < part[1])
        return None


_PIECE_BYTES: Final = 4096
"""What a player takes at once: so much is the most that may be missing of what was heard."""


def listen_to(
    practice: Practice, actor: Actor, reference: str, recording: int | None, room: Playback
) -> PlayedRecording:
    """Play one recording that was granted to the actor, as it was approved.

    Args:
        practice: the open vault.
        actor: who listens, with their password given.
        reference: ``R-17``.
        recording: its number; None where only one was granted.
        room: where it is heard.

    Raises:
        NotFound: there is no such request.
        Refused: nothing is granted to the actor, or not this, or no longer; nobody says who else is
            there; or something is to be left out and cannot be.
        Unusable: several are granted, and none was named.
        Locked: it takes the actor's password.
        Tampered: the log, the request, an approval, a grant or the recording is not as it was.
        Misconfigured: there is no player.
        Failed: the log cannot be written, so nothing is played; or the player failed.
        StoppedByCtrlC: it was stopped so.
    """
    with attempt_on(practice, actor, RequestAct.LISTENED, reference):
        grant = _granted(practice, actor, reference, recording)
        edits = edits_to_apply(grant.request.facts, approved=grant.edits)
        attended = _attended(actor, grant, room)
        check_original(practice, grant)
        measures = _measured(practice, grant, edits)
        player = room.player(WAV.suffix if measures else grant.recording.format)
        hearing = record_hearing(practice, actor, grant, attended, player.command)
    if measures:
        room.show(_view(grant, hearing, measures, edits))
    sound = _sound(practice, grant, measures, edits)
    how, pressed = HearingEnd.FAILED, None
    try:
        took_all = player.play(sound)
        how = HearingEnd.ENDED if took_all and sound.parts is None else HearingEnd.STOPPED
        if not took_all and sound.reached < 1 and not sound.was_halted:
            how = HearingEnd.FAILED
            raise Failed(
                "the player ended before anything could be heard",
                hint="see that it plays other sound, and that there is a sound device; then listen"
                " again",
            )
    except KeyboardInterrupt as ctrl_c:
        how, pressed = HearingEnd.STOPPED, ctrl_c
    finally:
        second, parts = sound.second, sound.parts
        record_end(practice, actor, hearing, how, sound)
    heard = PlayedRecording(
        reference,
        grant.recording.id,
        hearing.seq,
        second,
        ceil(sound.seconds),
        parts,
        player.command[0],
        edits,
        _lapses_at(practice, actor, grant),
        grant.corrected_by,
    )
    if pressed:
        raise StoppedByCtrlC(heard) from pressed
    return heard


class StoppedByCtrlC(KeyboardInterrupt):
    """Ctrl-C ended a hearing, and its end is on record."""

    def __init__(self, heard: PlayedRecording) -> None:
        super().__init__()
        self.heard = heard


def _sound(
    practice: Practice, grant: UsableGrant, measures: Measured | None, edits: Edits
) -> Sound:
    """What is played: the copy, or the original where its sound cannot be had."""
    if measures is None:
        row = grant.recording
        return Sound(
            practice.now,
            lambda _: original_pieces(practice, grant),
            size=row.size_bytes,
            seconds=row.duration_ms / 1000,
            can_seek=False,
        )
    rate, channels = measures.sample_rate, measures.channels
    left = samples_after(measures.samples, edits, rate)
    return Sound(
        practice.now,
        lambda at: copy_pieces(practice, grant, measures, edits=edits, start=int(at * rate)),
        size=max(left * channels * 2, 1),  # and a header
        seconds=left / rate,
        begins_ms=edits.clip.from_ms if edits.clip else 0,
    )


def granted_recordings(practice: Practice, actor: Actor, reference: str) -> Mapping[int, datetime]:
    """The numbers of what was granted to the actor under a request; when each call began, in order.

    Raises:
        As `listen_to`, where nothing is granted.
    """
    with (
        attempt_on(practice, actor, RequestAct.LISTENED, reference),
        reading(practice.engine) as connection,
    ):
        grants = usable_grants(practice, actor, connection, reference)
    calls = [(parse_instant(each.metadata["started_at"]), each.recording.id) for each in grants]
    return {number: began for began, number in sorted(calls)}


def show_waveform(
    practice: Practice, actor: Actor, reference: str, recording: int | None
) -> WaveformView:
    """Say how loud a recording that was granted to the actor is where; nothing is played.

    Raises:
        Undecodable: its sound cannot be had.
        Otherwise as `listen_to`.
    """
    with attempt_on(practice, actor, RequestAct.LOOKED, reference):
        grant = _granted(practice, actor, reference, recording)
        check_original(practice, grant)
        sound = measured(practice, grant)
        leaf = record_waveform_shown(practice, actor, grant)
    edits = edits_to_apply(grant.request.facts, approved=grant.edits)
    return _view(grant, leaf, sound, edits)


def _view(grant: UsableGrant, leaf: Leaf, sound: Measured, edits: Edits) -> WaveformView:
    sides, reference = tuple(grant.metadata["sides"]), grant.request.reference
    return WaveformView(reference, grant.recording.id, leaf.seq, sound, edits, sides)


def _granted(
    practice: Practice, actor: Actor, reference: str, recording: int | None
) -> UsableGrant:
    with reading(practice.engine) as connection:
        grants = usable_grants(practice, actor, connection, reference)
    reference = grants[0].request.reference
    if recording is None and len(grants) > 1:
        numbers = sorted(grant.recording.id for grant in grants)
        raise Unusable(
            f"several recordings are granted, say which: {some_of(numbers)}",
            hint=f"callrec listen {reference} {numbers[0]} --look",
        )
    grant = next((each for each in grants if recording in (None, each.recording.id)), None)
    if grant is None:
        raise Refused(
            "that recording is not granted to you under this request",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"callrec request show {reference} says what is",
        )
    day, now = today(practice), practice.now()
    check_may_listen(
        actor.person,
        grant.request.facts,
        grant.facts,
        on=day,
        now=now,
        managers=line_managers(practice),
    )
    return grant


def _lapses_at(practice: Practice, actor: Actor, grant: UsableGrant) -> datetime | None:
    """Until when it may be heard, as things stand by now."""
    try:
        return _granted(practice, actor, grant.request.reference, grant.recording.id).lapses_at
    except CallrecError:
        return None


def _attended(actor: Actor, grant: UsableGrant, room: Playback) -> Sequence[str]:
    request, further = grant.request.facts, grant.request.particulars.further
    attended = room.attended
    if is_attended(request.purpose, further):
        attended = attended or room.ask()
    check_attended(request, further, attended)
    if had_outside_listeners(attended):  # though a copy was asked for, or it is for no outsider
        check_may_be_given(actor.person, request, grant.facts)
    return attended


def _measured(practice: Practice, grant: UsableGrant, edits: Edits) -> Measured | None:
    """None where the sound cannot be had: then the original is played as it is."""
    try:
        return measured(practice, grant)
    except Undecodable as error:
        if not edits:
            return None
        raise Refused(
            f"recording {grant.recording.id} cannot be edited as was approved: {error.message}",
            clause=Clause.CONTROLLED_ACCESS,
            hint="ask the person who decides to approve it without edits, or to withhold it",
        ) from error


def record_waveform_shown(practice: Practice, actor: Actor, grant: UsableGrant) -> Leaf:
    """Write, durably, that a waveform is shown to the actor."""
    with signing(practice, actor) as act:
        history = read_unchanged(practice, act.connection, grant.request)
        looked_at = {grant.uid: grant.recording.id}
        check_unrestricted(practice, act.connection, grant.request.purpose, looked_at)
        after = log_request_event(act, actor, history, RequestAct.LOOKED, subject=[grant.uid])
    return after.leaves[-1]


def record_hearing(
    practice: Practice,
    actor: Actor,
    grant: UsableGrant,
    attended: Sequence[str],
    player: Sequence[str],
) -> Leaf:
    """Write, durably, that a recording is played to the actor, by what, and who else is there."""
    subject = [primitives.random_id(), grant.uid]  # the hearing's own id is in both of its leaves
    details = {"attended": list(attended), "edits": grant.edits.as_json(), "player": list(player)}
    with signing(practice, actor) as act:
        history = read_unchanged(practice, act.connection, grant.request)
        played = {grant.uid: grant.recording.id}
        check_unrestricted(practice, act.connection, grant.request.purpose, played)
        after = log_request_event(
            act, actor, history, RequestAct.LISTENED, subject=subject, details=details
        )
    return after.leaves[-1]


def record_end(
    practice: Practice, actor: Actor, hearing: Leaf, how: HearingEnd, sound: Sound
) -> None:
    """Write, durably, that a hearing is over, whatever has happened to the request meanwhile.

    One that failed before its first second was over is none.
    """
    request, *subject = hearing.subject
    second, parts = sound.second, sound.parts
    is_none = how is HearingEnd.FAILED and sound.reached < 1
    what = RequestAct.HEARING_FAILED if is_none else RequestAct.HEARING_ENDED
    details = {"how": how, "of_seconds": ceil(sound.seconds), "played_to_second": second}
    if parts is not None:
        details["parts"] = [list(part) for part in parts]
    with writing(practice, actor.signer) as act:
        history = read_history(practice, act.connection, request)
        log_request_event(act, actor, history, what, subject=subject, details=details)


_ENDS: Final = frozenset({RequestAct.HEARING_ENDED, RequestAct.HEARING_FAILED})


def hearing_end_leaf(hearing: Leaf, history: History) -> Leaf | None:
    """The leaf by which a hearing ended; None where its end was not recorded."""
    ends = (leaf for leaf in history.after(hearing) if leaf.act in _ENDS)
    return next((end for end in ends if end.subject[1:] == hearing.subject[1:]), None)


def attended_at(
    practice: Practice, actor: Actor, connection: Connection, hearing: Leaf
) -> Sequence[str]:
    """Who was there besides the person who played it; nobody for readers who cannot open that."""
    if not actor.has_key(VaultKey.AUDIT):
        return ()
    return tuple(open_details(practice, actor, connection, hearing).get("attended", ()))

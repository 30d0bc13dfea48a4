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

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Final, NamedTuple, TypeAlias

from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.errors import Failed, Refused, Unusable
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
from callrec.policy.words import some_of
from callrec.practice import Actor, Practice, signing, today, writing
from callrec.release.copies import check_original, copy_pieces, measured, original_pieces
from callrec.requests.grants import UsableGrant, usable_grants
from callrec.requests.history import log_request_event, read_history
from callrec.requests.lapse import attempt_on
from callrec.requests.model import History
from callrec.requests.open import read_unchanged
from callrec.sound.child import Undecodable
from callrec.sound.coding import WAV
from callrec.sound.listening import samples_after
from callrec.sound.measured import Measured

Play: TypeAlias = Callable[[Iterable[bytes]], bool]
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
    player: str
    """The program that played it."""
    edits: Edits
    """What was left out of it."""
    lapses_at: datetime
    """UTC: until then it may be played again."""


class HearingEnd(StrEnum):
    """How a hearing ended."""

    ENDED = "ended"
    """The player took all of it, and ended well."""
    STOPPED = "stopped"
    """The listener had heard enough."""
    FAILED = "failed"
    """The player did not end well, or took next to nothing."""


class _Counted:
    """The pieces of a sound, and how much of it the player has taken."""

    def __init__(self, pieces: Iterable[bytes], *, size: int, seconds: float) -> None:
        self._pieces = pieces
        self._size = size
        self._taken = 0
        self.seconds = seconds
        """How long all of it lasts."""

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            yield piece
            self._taken += len(piece)

    @property
    def seconds_taken(self) -> float:
        return self.seconds * min(1, self._taken / self._size)


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
    """
    with attempt_on(practice, actor, RequestAct.LISTENED, reference):
        grant = _granted(practice, actor, reference, recording)
        edits = edits_to_apply(grant.request.facts, approved=grant.edits)
        attended = _attended(actor, grant, room)
        check_original(practice, grant)
        sound = _measured(practice, grant, edits)
        player = room.player(WAV.suffix if sound else grant.recording.format)
        hearing = record_hearing(practice, actor, grant, attended, player.command)
    if sound:
        room.show(WaveformView(reference, grant.recording.id, hearing.seq, sound, edits))
    pieces = _pieces(practice, grant, sound, edits)
    began, how = practice.now(), HearingEnd.FAILED
    try:
        how = HearingEnd.ENDED if player.play(pieces) else HearingEnd.STOPPED
        if how is HearingEnd.STOPPED and not _second(practice, began, pieces):
            how = HearingEnd.FAILED
            raise Failed(
                "the player ended before anything could be heard",
                hint="see that it plays other sound, and that there is a sound device; then listen"
                " again",
            )
    except KeyboardInterrupt:
        how = HearingEnd.STOPPED
        raise
    finally:
        second = _second(practice, began, pieces)
        record_end(practice, actor, hearing, how, second=second, of=ceil(pieces.seconds))
    return PlayedRecording(
        reference,
        grant.recording.id,
        hearing.seq,
        second,
        ceil(pieces.seconds),
        player.command[0],
        edits,
        grant.lapses_at,
    )


def _pieces(
    practice: Practice, grant: UsableGrant, sound: Measured | None, edits: Edits
) -> _Counted:
    """What is played: the copy, or the original where its sound cannot be had."""
    if sound is None:
        row = grant.recording
        original = original_pieces(practice, grant)
        return _Counted(original, size=row.size_bytes, seconds=row.duration_ms / 1000)
    left = samples_after(sound.samples, edits, sound.sample_rate)
    copy = copy_pieces(practice, grant, sound, edits=edits)
    size = left * sound.channels * 2  # and a header
    return _Counted(copy, size=max(size, 1), seconds=left / sound.sample_rate)


def _second(practice: Practice, began: datetime, pieces: _Counted) -> int:
    """Up to which second it can have been heard: no more than was taken, nor than time went by."""
    return int(min((practice.now() - began).total_seconds(), pieces.seconds_taken))


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
    return WaveformView(reference, grant.recording.id, leaf.seq, sound, edits)


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
            hint=f"callrec listen {reference} {numbers[0]}",
        )
    grant = next((each for each in grants if recording in (None, each.recording.id)), None)
    if grant is None:
        raise Refused(
            "that recording is not granted to you under this request",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"callrec request show {reference} says what is",
        )
    day, now = today(practice), practice.now()
    check_may_listen(actor.person, grant.request.facts, grant.facts, on=day, now=now)
    return grant


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
    details = {
        "attended": list(attended),
        "edits": grant.edits.as_json(),
        "player": list(player),
    }
    with signing(practice, actor) as act:
        history = read_unchanged(practice, act.connection, grant.request)
        after = log_request_event(
            act, actor, history, RequestAct.LISTENED, subject=subject, details=details
        )
    return after.leaves[-1]


def record_end(
    practice: Practice, actor: Actor, hearing: Leaf, how: HearingEnd, *, second: int, of: int
) -> None:
    """Write, durably, that a hearing is over, whatever has happened to the request meanwhile.

    One that failed before its first second was over is none.
    """
    request, *subject = hearing.subject
    is_none = how is HearingEnd.FAILED and not second
    what = RequestAct.HEARING_FAILED if is_none else RequestAct.HEARING_ENDED
    details = {"how": how, "of_seconds": of, "played_to_second": second}
    with writing(practice, actor.signer) as act:
        history = read_history(practice, act.connection, request)
        log_request_event(act, actor, history, what, subject=subject, details=details)


_ENDS: Final = frozenset({RequestAct.HEARING_ENDED, RequestAct.HEARING_FAILED})


def hearing_end_leaf(hearing: Leaf, history: History) -> Leaf | None:
    """The leaf by which a hearing ended; None where its end was not recorded."""
    ends = (leaf for leaf in history.after(hearing) if leaf.act in _ENDS)
    return next((end for end in ends if end.subject[1:] == hearing.subject[1:]), None)

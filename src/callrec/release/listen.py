"""Hear what was granted; nothing leaves.

    listen.looked    the waveform was shown, and nothing played
    listen           it is played
    listen.ended     it is played no more; of a run that was killed there is none

A grant to hear is not for a single hearing: it holds until it lapses, is revoked or is released,
and stays as it is by these entries (docs/formats/grant.md, 7), which say who else was there. What
is left out of a copy is not heard here, either. What is played goes to the player as it is opened,
and no file of it is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.errors import Refused, Unusable
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
from callrec.practice import Actor, Practice, signing, today, writing
from callrec.release.copies import check_original, copy_pieces, measured, original_pieces
from callrec.requests.grants import UsableGrant, usable_grants
from callrec.requests.history import log_request_event, read_history
from callrec.requests.lapse import attempt_on
from callrec.requests.model import History
from callrec.requests.open import read_unchanged
from callrec.sound.child import Undecodable
from callrec.sound.coding import WAV
from callrec.sound.measured import Measured

Play: TypeAlias = Callable[[Iterable[bytes]], bool]
"""Plays a sound while its bytes come, and says whether it took all of them."""


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

    player: Callable[[str], Play]
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
        play = room.player(WAV.suffix if sound else grant.recording.format)
        hearing = record_hearing(practice, actor, grant, attended)
    if sound:
        room.show(WaveformView(reference, grant.recording.id, hearing.seq, sound, edits))
        pieces = copy_pieces(practice, grant, sound, edits=edits)
    else:
        pieces = original_pieces(practice, grant)
    how = HearingEnd.FAILED
    try:
        how = HearingEnd.ENDED if play(pieces) else HearingEnd.STOPPED
    except KeyboardInterrupt:
        how = HearingEnd.STOPPED
        raise
    finally:
        record_end(practice, actor, hearing, how)
    return PlayedRecording(reference, grant.recording.id, hearing.seq, edits, grant.lapses_at)


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
        numbers = ", ".join(str(grant.recording.id) for grant in grants)
        raise Unusable(
            "several recordings are granted: say which",
            hint=f"callrec listen {reference} RECORDING, one of {numbers}",
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
            hint="ask whoever decides to approve it without edits, or to withhold it",
        ) from error


def record_waveform_shown(practice: Practice, actor: Actor, grant: UsableGrant) -> Leaf:
    """Write, durably, that a waveform is shown to the actor."""
    with signing(practice, actor) as act:
        history = read_unchanged(practice, act.connection, grant.request)
        after = log_request_event(act, actor, history, RequestAct.LOOKED, subject=[grant.uid])
    return after.leaves[-1]


def record_hearing(
    practice: Practice, actor: Actor, grant: UsableGrant, attended: Sequence[str]
) -> Leaf:
    """Write, durably, that a recording is played to the actor, and who else is there."""
    subject = [primitives.random_id(), grant.uid]  # the hearing's own id is in both of its leaves
    details = {"attended": list(attended), "edits": grant.edits.as_json()}
    with signing(practice, actor) as act:
        history = read_unchanged(practice, act.connection, grant.request)
        after = log_request_event(
            act, actor, history, RequestAct.LISTENED, subject=subject, details=details
        )
    return after.leaves[-1]


def record_end(practice: Practice, actor: Actor, hearing: Leaf, how: HearingEnd) -> None:
    """Write, durably, that a hearing is over, whatever has happened to the request meanwhile."""
    request, *subject = hearing.subject
    with writing(practice, actor.signer) as act:
        history = read_history(practice, act.connection, request)
        log_request_event(
            act, actor, history, RequestAct.HEARING_ENDED, subject=subject, details={"how": how}
        )


def hearing_end_leaf(hearing: Leaf, history: History) -> Leaf | None:
    """The leaf by which a hearing ended; None where its end was not recorded."""
    ends = (leaf for leaf in history.after(hearing) if leaf.act == RequestAct.HEARING_ENDED)
    return next((end for end in ends if end.subject[1:] == hearing.subject[1:]), None)

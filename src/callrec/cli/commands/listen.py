"""listen: play it, or show how loud it is where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of, signing_person
from callrec.cli.playing import ANY_FORMAT_PLAYERS, WAVE_PLAYERS, Desk, find_player, is_own
from callrec.dataclass import replace
from callrec.errors import NotFound, Unusable
from callrec.policy.days import parse_day
from callrec.policy.edits import SILENCING_GROUNDS, Span, format_time
from callrec.views.calls import is_minute
from callrec.views.typed import NamedCall
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.release.listen import Playback, PlayedRecording, Player, WaveformView

listen_app = new_app()


@listen_app.command()
def listen(
    ctx: Context,
    request: options.Reference,
    recording: options.GrantedRecording = None,
    *,
    attended: Attended = None,
    look: Look = False,
    on_volume: options.OnVolume = None,
) -> None:
    """Play what was granted to you, one recording after another, leaving no file.

    You do not hear what is left out of its copies. You can play it again until the grant lapses.
    Each time is recorded: who was there, when it began and when it ended.

    A terminal first shows the waveform with its times. Use keys to pause, to go to another place or
    recording, and to mark what to leave out. The record says which parts were played.
    """
    practice = practice_of(ctx.obj, on_volume)
    if look and attended:
        raise Unusable("nobody attends a look", hint="give --look or --attended")
    actor = signing_person(ctx.obj, practice)
    if look:
        _look(ctx.obj, practice, actor, request, recording)
    else:
        _play(ctx.obj, practice, actor, request, recording, attended=attended or ())


def _look(
    call: Invocation, practice: Practice, actor: Actor, request: str, recording: NamedCall | None
) -> None:
    from callrec.release.listen import show_waveform

    one = _numbers(practice, actor, request, recording) if recording else ()
    seen = show_waveform(practice, actor, request, one[0] if len(one) == 1 else None)
    told = f"It was shown and not played, which is entry {seen.audit_seq}."
    value = {
        **facts(seen, "request", "recording", "audit_seq"),
        "duration_s": seen.measured.duration_ms / 1000,
        **facts(seen.measured, "sample_rate", "channels", "peaks"),
        **facts(seen, "edits"),
    }
    call.out.show(value, (*_waveform(call, seen), told))


def _play(
    call: Invocation,
    practice: Practice,
    actor: Actor,
    request: str,
    recording: NamedCall | None,
    *,
    attended: Sequence[str],
) -> None:
    """Play each, and tell what was heard of it as it ends."""
    from callrec.release.listen import StoppedByCtrlC, listen_to

    desk = _desk(call)
    room, marked, played = _room(call, attended, desk), [], []
    for number in _numbers(practice, actor, request, recording):
        try:
            heard = listen_to(practice, actor, request, number, room)
        except StoppedByCtrlC as stopped:
            call.out.say(_heard(call, stopped.heard))
            raise
        played.append(facts(heard))
        call.out.say(_heard(call, heard))
        if desk:
            marked += [(number, span) for span in desk.marks]
            if desk.has_enough:
                break
    call.out.show(played[0] if len(played) == 1 else {"items": played}, ())
    if marked:
        _show_marked(call, request, marked)


def _numbers(
    practice: Practice, actor: Actor, request: str, named: NamedCall | None
) -> Sequence[int]:
    """Which recordings are meant; by when they began among those that were granted alone."""
    from callrec.practice import today
    from callrec.release.listen import granted_recordings

    if named and named.number:
        return (named.number,)
    granted = granted_recordings(practice, actor, request)
    if named is None:
        return tuple(granted)
    day, zone = parse_day(named.day, today(practice)), practice.settings.time_zone
    found = [
        number
        for number, began in granted.items()
        if began.astimezone(zone).date() == day and is_minute(began, named.at, zone)
    ]
    if not found:
        raise NotFound(
            "no call that began then is granted to you under this request",
            hint=f"callrec request show {request} lists what is",
        )
    return found


def _desk(call: Invocation) -> Desk | None:
    """Where keys steer what is played; None where there is no terminal, or it is in use."""
    terminal = call.prompts.keyboard
    return None if terminal is None else Desk(terminal, call.prompts.write)


def _show_marked(call: Invocation, request: str, marked: Sequence[tuple[int, Span]]) -> None:
    """What was marked, as it is typed to leave it out."""
    typed = []
    for number, span in marked:
        text = f"{number}@{format_time(span.from_ms)}-{format_time(span.to_ms)}"
        why = call.prompts.choose(
            f"Why is {text} to be left out",
            {ground: ground.meaning for ground in SILENCING_GROUNDS},
            option="--silence",
        )
        typed.append(f"--silence {text}={why}")
    call.out.note(f"To leave that out, add this to callrec release {request}, or to its approval:")
    call.out.note(f"  {' '.join(typed)}")


def _room(call: Invocation, attended: Sequence[str], desk: Desk | None) -> Playback:
    from callrec.release.listen import Playback

    def player(kind: str) -> Player:
        return find_player(call.config.listen.player, kind, call.environ, desk)

    @cache  # everybody who is there hears all of them
    def ask() -> Sequence[str]:
        who = call.prompts.ask_until(
            "Who is there besides you",
            read_attended,
            option="--attended WHO",
            help="Say who hears it with you, or nobody. It is kept sealed in the record.",
        )
        return (who,)

    def show(seen: WaveformView) -> None:
        for line in _waveform(call, seen):
            call.out.note(line)

    if not call.prompts.possible:
        return Playback(player=player, attended=attended)
    return Playback(player=player, attended=attended, ask=ask, show=show)


def _waveform(call: Invocation, seen: WaveformView) -> Iterator[str]:
    from callrec.sound.waveform import in_text

    yield f"Recording {seen.recording}, as it was taken in:"
    yield from in_text(seen.measured, columns=call.out.columns, edits=seen.edits).splitlines()


def _heard(call: Invocation, heard: PlayedRecording) -> Iterator[str]:
    from callrec.views.release import heard_lines

    if Path(heard.player).stem in {*WAVE_PLAYERS, *ANY_FORMAT_PLAYERS} or is_own(heard.player):
        heard = replace(heard, player="")
    return heard_lines(heard, call.settings.time_zone)


def read_attended(text: str) -> str:
    """Who attends a hearing, in a line."""
    line = " ".join(text.split())
    if not line:
        raise Unusable("it is not said who attends", hint='say who, or --attended "nobody"')
    return line


Attended = Annotated[
    list[str] | None,
    options.valued(
        "--attended",
        "WHO",
        "Who is there besides you, or nobody; kept sealed; may be given again.",
        read_attended,
    ),
]

Look = Annotated[
    bool, options.plain("--look", "Show the waveform with its times, and play nothing.")
]

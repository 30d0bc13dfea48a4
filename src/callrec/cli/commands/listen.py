"""listen: play it, or show how loud it is where."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callrec.cli import options
from callrec.cli.commands.drives.volumes import OnVolume
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of, signing_person
from callrec.cli.output import facts
from callrec.errors import Failed, Misconfigured, Unusable
from callrec.policy.days import last_day
from callrec.policy.edits import format_edits

if TYPE_CHECKING:
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
    on_volume: OnVolume = None,
) -> None:
    """Play a recording that was granted to you, leaving no file.

    What is left out of its copies is not heard. It may be played again until the grant lapses; each
    time is on record, with who was there, when it began and when it ended. A terminal shows the
    waveform with its times first.
    """
    from callrec.release.listen import listen_to, show_waveform

    call = ctx.obj
    practice = practice_of(call, on_volume)
    if look and attended:
        raise Unusable("nobody attends a look", hint="give --look or --attended")
    actor = signing_person(call, practice)
    if look:
        seen = show_waveform(practice, actor, request, recording)
        call.out.show(_seen_json(seen), _seen_lines(call, seen))
    else:
        heard = listen_to(practice, actor, request, recording, _room(call, attended or ()))
        call.out.show(facts(heard), _heard_lines(call, heard))


def _seen_json(seen: WaveformView) -> dict[str, Any]:
    return {
        **facts(seen, "request", "recording", "audit_seq"),
        "duration_s": seen.measured.duration_ms / 1000,
        **facts(seen.measured, "sample_rate", "channels", "peaks"),
        **facts(seen, "edits"),
    }


def _room(call: Invocation, attended: Sequence[str]) -> Playback:
    from callrec.release.listen import Playback

    def player(kind: str) -> Player:
        return find_player(call.config.listen.player, kind, call.environ)

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


def _seen_lines(call: Invocation, seen: WaveformView) -> Iterator[str]:
    yield from _waveform(call, seen)
    yield f"It was shown and not played, which is entry {seen.audit_seq}."


def _heard_lines(call: Invocation, heard: PlayedRecording) -> Iterator[str]:
    second, seconds = heard.played_to_second, heard.of_seconds
    part = f" to second {second} of {seconds}" if second + _COARSE < seconds else ""
    yield f"Recording {heard.recording} was played{part}, which is entry {heard.audit_seq}."
    if Path(heard.player).name not in {*WAVE_PLAYERS, *ANY_FORMAT_PLAYERS}:
        yield f"The record names what played it: {heard.player}."
    for what, text in format_edits(heard.edits):
        yield f"Edited as approved: {what} {text}."
    yield f"It may be played again until {last_day(heard.lapses_at, call.settings.time_zone)}."


_COARSE: Final = 2
"""Seconds that players keep, or are ahead by, at the end."""

# Only programs that play what comes on standard input: others would leave a file behind.
WAVE_PLAYERS: Final[Mapping[str, Sequence[str]]] = {"paplay": (), "aplay": ("-q", "-")}
"""Players of WAVE files: PulseAudio's and ALSA's."""

ANY_FORMAT_PLAYERS: Final[Mapping[str, Sequence[str]]] = {
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"),
    "mpv": ("--no-config", "--no-video", "--really-quiet", "-"),
    "cvlc": ("--quiet", "--play-and-exit", "-"),
}
"""Players that find out by themselves what they are given."""


def find_player(configured: Sequence[str], kind: str, environ: Mapping[str, str]) -> Player:
    """What plays such a kind of file: the player that is configured, or the first one found."""
    from callrec.release.listen import Player

    known = {**WAVE_PLAYERS, **ANY_FORMAT_PLAYERS} if kind == "wav" else ANY_FORMAT_PLAYERS
    wanted = {configured[0]: configured[1:]} if configured else known
    for name, arguments in wanted.items():
        program = shutil.which(name, path=environ.get("PATH"))
        if program:
            command = (program, *arguments)
            return Player(command, partial(play, command))
    if configured:
        raise Misconfigured(
            "the player in the configuration is not on this machine",
            hint="see player under [listen]: a command that plays what it reads",
        )
    raise Misconfigured(
        f"no player for {kind} was found on this machine",
        hint="install ffmpeg or mpv, or set player under [listen] in the configuration",
    )


def play(command: Sequence[str], pieces: Iterable[bytes]) -> bool:
    """Let a player play a sound, and wait until it ends; returns whether it took all of it.

    Ending it early is not an error.
    """
    from callrec.store.sealing import write_all

    took_all = False
    try:
        # In a group of its own: Ctrl-C is said to us, and a player that dies of it has not failed.
        player = subprocess.Popen(  # noqa: S603 - the practice's own command
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0, process_group=0
        )
    except OSError as error:
        raise Misconfigured(
            "the player cannot be run", hint="see player under [listen] in the configuration"
        ) from error
    assert player.stdin is not None  # noqa: S101 - it was asked for
    with player:
        try:
            with suppress(BrokenPipeError):  # it was closed: the listener has heard enough
                for piece in pieces:
                    write_all(player.stdin, memoryview(piece))
                took_all = True
            with suppress(BrokenPipeError):
                player.stdin.close()
            player.wait()
        except BaseException:
            player.kill()
            raise
    if player.returncode:
        raise Failed(
            f"the player ended with status {player.returncode}",
            hint="see that it plays other sound, or set player under [listen]",
        )
    return took_all


def read_attended(text: str) -> str:
    """Who attends a hearing, in a line."""
    line = " ".join(text.split())
    if not line:
        raise Unusable("it is not said who attends", hint='say who, or --attended "nobody"')
    return line


Attended = Annotated[
    list[str] | None,
    typer.Option(
        "--attended",
        metavar="WHO",
        parser=read_attended,
        help="Who is there besides you, or nobody; kept sealed; may be given again.",
    ),
]

Look = Annotated[
    bool, typer.Option("--look", help="Show the waveform with its times, and play nothing.")
]

"""Find a program that plays what comes on its standard input, and let it play.

Only such programs are of use: a player that wants a file would leave one behind.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Final

from callrec.errors import Failed, Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from callrec.release.listen import Play

WAVE_PLAYERS: Final[Mapping[str, Sequence[str]]] = {
    "paplay": (),
    "aplay": ("-q", "-"),
}
"""Players of WAVE files: PulseAudio's and ALSA's."""

ANY_FORMAT_PLAYERS: Final[Mapping[str, Sequence[str]]] = {
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"),
    "mpv": ("--no-config", "--no-video", "--really-quiet", "-"),
    "cvlc": ("--quiet", "--play-and-exit", "-"),
}
"""Players that find out by themselves what they are given."""


def find_player(configured: Sequence[str], kind: str, environ: Mapping[str, str]) -> Play:
    """What plays such a kind of file: the player that is configured, or the first one found.

    Args:
        configured: ``listen.player``; empty: look for one.
        kind: wav, mp3, ...
        environ: its PATH says where programs are.

    Raises:
        Misconfigured: the one that is configured is not there, or none was found.
    """
    known = {**WAVE_PLAYERS, **ANY_FORMAT_PLAYERS} if kind == "wav" else ANY_FORMAT_PLAYERS
    wanted = {configured[0]: configured[1:]} if configured else known
    for name, arguments in wanted.items():
        program = shutil.which(name, path=environ.get("PATH"))
        if program:
            return partial(play, (program, *arguments))
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

    Ending it early is no error.

    Raises:
        Misconfigured: it cannot be run.
        Failed: it ended with another status than 0.
    """
    try:
        player = subprocess.Popen(  # noqa: S603 - the practice's own command
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0
        )
    except OSError as error:
        raise Misconfigured(
            "the player cannot be run", hint="see player under [listen] in the configuration"
        ) from error
    with player:
        try:
            took_all = _feed(player, pieces)
        except BaseException:
            player.kill()
            raise
    if player.returncode:
        raise Failed(
            f"the player ended with status {player.returncode}",
            hint="see that it plays other sound, or set player under [listen]",
        )
    return took_all


def _feed(player: subprocess.Popen[bytes], pieces: Iterable[bytes]) -> bool:
    from callrec.store.sealing import write_all

    assert player.stdin is not None  # noqa: S101 - it was asked for
    try:
        for piece in pieces:
            write_all(player.stdin, memoryview(piece))
    except BrokenPipeError:  # it was closed: whoever listens has heard enough
        return False
    return True

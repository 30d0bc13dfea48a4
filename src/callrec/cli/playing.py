"""What plays a recording here: a player that reads it, and on a terminal the keys that steer it.

A player gets a sound on its standard input, and no file of it is ever written. To pause, or to go
to another place, ends the player, and another one begins there: so what one keeps in its buffers is
not heard any more, whichever it is, and nobody has to know how much that is.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from enum import Enum
from functools import partial
from math import ceil, floor
from typing import IO, TYPE_CHECKING, Final

from callrec.dataclass import dataclass, field
from callrec.errors import Failed, Misconfigured
from callrec.policy.edits import Span, format_time
from callrec.system.console import read_key, reading_keys
from callrec.system.playing import OWN_PLAYER, feed, feed_some, kill_player, start_player, wait_for
from callrec.system.processes import uninterrupted
from callrec.system.shell import find_program

if TYPE_CHECKING:
    from callrec.release.listen import Player, Sound

# Only programs that play what comes on standard input: others would leave a file behind.
WAVE_PLAYERS: Final[Mapping[str, Sequence[str]]] = {"paplay": (), "aplay": ("-q", "-")}
"""Players of WAVE files: PulseAudio's and ALSA's."""

ANY_FORMAT_PLAYERS: Final[Mapping[str, Sequence[str]]] = {
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"),
    "mpv": ("--no-config", "--no-video", "--really-quiet", "-"),
    "cvlc": ("--quiet", "--play-and-exit", "-"),
}
"""Players that find out by themselves what they are given."""


def find_player(
    configured: Sequence[str], kind: str, environ: Mapping[str, str], desk: Desk | None = None
) -> Player:
    """What plays such a kind of file: the player that is configured, or the first one found."""
    from callrec.release.listen import Player

    known = {**WAVE_PLAYERS, **ANY_FORMAT_PLAYERS} if kind == "wav" else ANY_FORMAT_PLAYERS
    wanted = {configured[0]: configured[1:]} if configured else known
    for name, arguments in wanted.items():
        if program := find_program(name, environ):
            command = (program, *arguments)
            return Player(command, partial(desk.steer if desk else play, command))
    if configured:
        raise Misconfigured(
            "the player in the configuration is not on this machine",
            hint="see player under [listen]: a command that plays what it reads",
        )
    if kind == "wav" and OWN_PLAYER:
        return Player(OWN_PLAYER, partial(desk.steer if desk else play, OWN_PLAYER))
    raise Misconfigured(
        f"no player for {kind} was found on this machine",
        hint="install ffmpeg or mpv, or set player under [listen] in the configuration",
    )


def is_own(program: str) -> bool:
    """Whether a program is callrec itself, which plays where the system lets it."""
    return program in OWN_PLAYER[:1]


def play(command: Sequence[str], pieces: Iterable[bytes]) -> bool:
    """Let a player play a sound, and wait until it ends; returns whether it took all of it.

    Ending it early is not an error.
    """
    took_all = False
    with _player(command) as player:
        assert player.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError):  # it was closed: the listener has heard enough
            for piece in pieces:
                feed(player.stdin, memoryview(piece))
            took_all = True
        with suppress(BrokenPipeError):
            player.stdin.close()
        player.wait()
    _check_ended_well(player)
    return took_all


@contextmanager
def _player(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A player at work; it is killed, with what it has started, if we do not wait for its end."""
    player = None
    try:
        try:
            # Ctrl-C is said to us, and a player that dies of it has not failed. One that came
            # before we hold the player would leave it playing on.
            with uninterrupted():
                player = start_player(command)
        except OSError as error:
            raise Misconfigured(
                "the player cannot be run", hint="see player under [listen] in the configuration"
            ) from error
        yield player
    finally:
        if player is not None:
            with player:
                if player.poll() is None:
                    kill_player(player)


def _check_ended_well(player: subprocess.Popen[bytes]) -> None:
    if player.returncode:
        raise Failed(
            f"the player ended with status {player.returncode}",
            hint="see that it plays other sound, or set player under [listen]",
        )


class Key(Enum):
    """What a key is for."""

    PAUSE = "pause"
    MARK = "mark"
    NEXT = "next"
    STOP = "stop"
    BACK = "back"
    ON = "on"
    FAR_BACK = "far back"
    FAR_ON = "far on"


HELP: Final = (
    "space pauses and goes on; left and right go 5 seconds, down and up 30",
    "m marks where something to leave out begins, and again where it ends",
    "n goes to the next recording; q stops",
)

_KEYS: Final = {
    " ": Key.PAUSE,
    "m": Key.MARK,
    "n": Key.NEXT,
    "q": Key.STOP,
    "": Key.STOP,  # the terminal is gone
    "left": Key.BACK,
    "right": Key.ON,
    "down": Key.FAR_BACK,
    "up": Key.FAR_ON,
}

_STEPS_S: Final = {Key.BACK: -5, Key.ON: 5, Key.FAR_BACK: -30, Key.FAR_ON: 30}

_LEAD_S: Final = 1.0
"""A key comes after what was heard: a mark begins so much earlier, and what was paused goes on."""

_REDRAWN_S: Final = 0.2

_LONGEST_PAUSE_S: Final = 600.0
"""A pause ends the hearing then, as a login ends at which nobody types."""


@dataclass(slots=True)
class Desk:
    """Where somebody listens at a terminal, to one recording after another."""

    terminal: int
    """What their keys are read from."""
    write: Callable[[str], None]
    """Writes to the terminal."""
    marks: list[Span] = field(default_factory=list)
    """What they marked in the recording that was played last, in times of the original."""
    has_enough: bool = False
    """They stopped, and want to hear no other recording either."""
    _begun_ms: int | None = None
    """Where a mark begins that has no end yet."""
    _shown: str = ""

    def steer(self, command: Sequence[str], sound: Sound) -> bool:
        """Let a player play a sound as the keys say; returns whether it took the last of it."""
        key: Key | None
        at, is_paused, took_all = 0.0, False, False
        with self._reading_keys():
            while True:
                if is_paused:
                    key = self._wait(sound, at)
                else:
                    key, took_all = self._play(command, sound, at)
                    at = sound.position
                if key is Key.MARK:
                    self._mark(sound, at)
                elif key is Key.PAUSE:
                    is_paused = not is_paused
                    at = max(0.0, at - _LEAD_S) if is_paused else at
                elif key in _STEPS_S:
                    at = max(0.0, min(at + _STEPS_S[key], sound.seconds - _LEAD_S))
                else:
                    break
            if self._begun_ms is not None:
                self._mark(sound, at)
        self.has_enough = key is Key.STOP
        return key is None and took_all

    def _play(self, command: Sequence[str], sound: Sound, at: float) -> tuple[Key | None, bool]:
        """Play from there on; returns which key ended that, and whether the player took all."""
        with closing(sound.begin(at)) as pieces, _player(command) as player:
            feed = _Feed(player, pieces)
            while player.poll() is None:
                self._show(sound, sound.position, "playing")
                typed, takes = wait_for(self.terminal, feed.waits, _REDRAWN_S)
                key = self._key(sound) if typed else None
                if key is Key.MARK:
                    self._mark(sound, sound.position)
                elif key is not None:
                    sound.halt()
                    return key, False
                if takes:
                    feed.give()
        _check_ended_well(player)
        return None, feed.gave_all

    def _wait(self, sound: Sound, at: float) -> Key:
        """What is pressed next in a pause."""
        until = time.monotonic() + _LONGEST_PAUSE_S
        while (left_s := until - time.monotonic()) > 0:
            self._show(sound, at, "paused ")
            if wait_for(self.terminal, None, left_s)[0] and (key := self._key(sound)):
                return key
        return Key.STOP

    def _mark(self, sound: Sound, at: float) -> None:
        """Begin a span, or end the one that was begun, in tenths of a second."""
        end_ms = min(sound.begins_ms + ceil(at * 10) * 100, sound.ends_ms)
        if self._begun_ms is None:
            self._begun_ms = sound.begins_ms + max(0, floor((at - _LEAD_S) * 10) * 100)
            return
        first, last = sorted((self._begun_ms, end_ms))
        self._begun_ms = None
        if first < last:
            self.marks.append(Span(first, last))
            self._line(f"marked: {format_time(first)}-{format_time(last)}\n")

    def _key(self, sound: Sound) -> Key | None:
        """Which key was pressed, if it is one that does something with such a sound."""
        key = _KEYS.get(read_key(self.terminal))
        return key if sound.can_seek or key in (Key.NEXT, Key.STOP) else None

    @contextmanager
    def _reading_keys(self) -> Iterator[None]:
        self.marks, self._begun_ms = [], None
        # What was pressed too late is dropped, or the shell would get it.
        with reading_keys(self.terminal):
            try:
                for line in HELP:
                    self._line(f"{line}\n")
                yield
            finally:
                self._line("")

    def _show(self, sound: Sound, at: float, how: str) -> None:
        """Where it is, in times of the original."""
        here = format_time(sound.begins_ms + int(at) * 1000)
        begun = "" if self._begun_ms is None else f"  marked from {format_time(self._begun_ms)}"
        line = f"{here} of {format_time(sound.ends_ms // 1000 * 1000)}  {how}{begun}"
        if line != self._shown:
            self._line(line)

    def _line(self, text: str) -> None:
        """Write over the line that shows where it is."""
        self._shown = text
        self.write(f"\r\x1b[K{text}")


class _Feed:
    """What a player gets, as much at once as it takes."""

    def __init__(self, player: subprocess.Popen[bytes], pieces: Iterator[bytes]) -> None:
        assert player.stdin is not None  # noqa: S101 - it was asked for
        self._into, self._pieces, self._left = player.stdin, pieces, memoryview(b"")
        self.gave_all = False

    @property
    def waits(self) -> IO[bytes] | None:
        """What can be waited for until it takes more; None: it has all."""
        return None if self._into.closed else self._into

    def give(self) -> None:
        """Give some of it."""
        self._left = self._left or memoryview(next(self._pieces, b""))
        try:
            if self._left:
                self._left = self._left[feed_some(self._into, self._left) :]
            else:
                self.gave_all = True
                self._into.close()
        except BrokenPipeError:  # it was closed: the listener has heard enough
            self._into.close()

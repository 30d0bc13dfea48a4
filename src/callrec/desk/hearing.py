"""One recording that is heard in a browser.

`release.listen.listen_to` runs in a thread, as it does for a command, and its player is the page:
it takes the sound a piece at a time, a little ahead, and says which seconds it has played. What is
recorded as heard was sent before, and no more of it than time has gone by. What a page that falls
silent was playing is recorded up to where it can have come; then the hearing is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from queue import Empty, Queue
from threading import Event
from typing import Final, TypeAlias

from callrec.dataclass import dataclass
from callrec.desk.beside import Beside
from callrec.errors import CallrecError, NotFound, Unusable
from callrec.practice import Actor, Practice
from callrec.release.listen import Playback, PlayedRecording, Player, Sound, WaveformView, listen_to
from callrec.sound.coding import WAV

PLAYER: Final = ("callrec desk",)
"""What played it, as the record names it."""

PIECE_S: Final = 10
"""Seconds in a piece."""

AHEAD_S: Final = 30
"""How far ahead of where it plays a page may fetch, in seconds of the sound."""

FASTEST: Final = 2.0
"""How fast it is played at most."""

SILENT_S: Final = 20
"""A page that plays and says nothing for so long is gone: it says where it is every five."""

PAUSED_S: Final = 600
"""A pause ends the hearing then, as it does at a terminal."""

_LATE_S: Final = 1.0
"""By how much clocks and the network may differ."""

_NEAR_END_S: Final = 1.0

_WAVE_HEADER_BYTES: Final = 44


@dataclass(frozen=True, slots=True)
class Word:
    """What a page says of its player, in seconds of the copy."""

    at: float
    speed: float = 1.0
    is_playing: bool = False
    played: Sequence[tuple[float, float]] = ()
    """What it played since its last word: from where to where."""


class _Account:
    """What a page was sent, and what it can have played. For the thread of the hearing alone."""

    def __init__(self, sound: Sound, frame_bytes: int, now: Callable[[], datetime]) -> None:
        self._sound, self._frame_bytes, self._now = sound, frame_bytes, now
        self._sent: set[int] = set()
        self._pieces: Iterator[bytes] = iter(())
        self._left = bytearray()
        self._next = -1
        self._word, self._told_at = Word(0.0), now()
        self._told_played = False
        self.is_over = False

    @property
    def is_playing(self) -> bool:
        return self._word.is_playing

    def tell(self, word: Word) -> None:
        """The page says where it is, and what it played."""
        self._told_played |= bool(word.played)
        self._play(word.played, self._gone_s() * FASTEST + _LATE_S)
        self._word, self._told_at = word, self._now()

    def send(self, number: int, word: Word) -> bytes:
        """A piece: 16-bit samples, little-endian, the channels of each moment beside each other.

        Raises:
            Unusable: there is no such piece, or the page is not where it is needed.
        """
        self.tell(word)
        begins = number * PIECE_S
        if not word.is_playing or not begins < min(word.at + AHEAD_S, self._sound.seconds):
            raise Unusable("that part is not being played", hint="go to where you want to listen")
        if number != self._next:
            self._pieces, self._left = self._sound.fetch(begins), bytearray()
            self._take(_WAVE_HEADER_BYTES)
        self._next = -1  # unless all of it is there
        data = self._take(PIECE_S * self._frame_bytes)
        self._next = number + 1
        self._sent.add(number)
        self._sound.halt()  # from here on something can have been heard
        return data

    def end(self, word: Word | None = None) -> None:
        """It is over; what was playing until now, without another word, can have been heard."""
        if self.is_over:
            return
        if word is not None:
            self.tell(word)
        elif not self._told_played:  # what became of what it was sent, nobody has said
            self._play([(0.0, self._sound.seconds)], self._sound.seconds)
        elif (last := self._word).is_playing:
            goes_on = self._gone_s() * min(last.speed, FASTEST)
            self._play([(last.at, last.at + goes_on)], goes_on)
        self._pieces = iter(())
        self.is_over = True

    def _gone_s(self) -> float:
        return (self._now() - self._told_at).total_seconds()

    def _play(self, spans: Sequence[tuple[float, float]], most_s: float) -> None:
        """Of these spans what was sent, and so many seconds at most."""
        for first, end in spans:
            for number in sorted(self._sent):
                begins = max(first, number * PIECE_S)
                ends = min(end, (number + 1) * PIECE_S, self._sound.seconds, begins + most_s)
                if begins < ends:
                    self._sound.played(begins, ends)
                    most_s -= ends - begins

    def _take(self, size: int) -> bytes:
        while len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        taken = bytes(self._left[:size])
        del self._left[:size]
        return taken


_Command: TypeAlias = Callable[[_Account], bytes | None]


class Hearing:
    """A hearing that has begun, or was refused."""

    def __init__(
        self,
        open_vault: Callable[[], Practice],
        actor: Actor,
        reference: str,
        recording: int,
        *,
        attended: Sequence[str],
        silent_s: float = SILENT_S,
    ) -> None:
        """Begin it: it is on record before anything can be fetched.

        Raises:
            As `release.listen.listen_to`.
        """
        self.reference, self.recording = reference, recording
        self._attended, self._silent_s = attended, silent_s
        self._view: WaveformView | None = None
        self._sound: Sound | None = None
        self._now: Callable[[], datetime] = datetime.now
        self._commands: Queue[tuple[_Command, Future[bytes | None]]] = Queue()
        self._begun = Event()
        self._work = Beside(open_vault, lambda practice: self._listen(practice, actor))
        self._begun.wait()
        if self._sound is None:
            self._work.wait()
            raise self._work.problem or no_hearing()

    @property
    def view(self) -> WaveformView:
        """How loud it is where."""
        assert self._view is not None  # noqa: S101  # it has begun
        return self._view

    @property
    def seconds(self) -> float:
        """How long the copy lasts that is heard."""
        return self._sound.seconds if self._sound else 0.0

    @property
    def begins_s(self) -> float:
        """Where in the original it begins."""
        return self._sound.begins_ms / 1000 if self._sound else 0.0

    @property
    def is_over(self) -> bool:
        return self._work.is_over

    def tell(self, word: Word) -> None:
        """The page says where it is. Raises as `send`."""
        self._ask(lambda account: account.tell(word))

    def send(self, number: int, word: Word) -> bytes:
        """A piece of the sound, from second ``number * PIECE_S`` on.

        Raises:
            Unusable: that part is not being played, or the hearing is over.
            Tampered, Failed: the recording cannot be read; the hearing is over.
        """
        return self._ask(lambda account: account.send(number, word)) or b""

    def end(self, word: Word | None = None) -> PlayedRecording | None:
        """End it, and wait until that is on record; returns what was heard, if anything was."""
        with suppress(CallrecError):
            self._ask(lambda account: account.end(word))
        self._work.wait()
        heard = self._work.result
        return heard if isinstance(heard, PlayedRecording) else None

    def _ask(self, command: _Command) -> bytes | None:
        answer: Future[bytes | None] = Future()
        self._commands.put((command, answer))
        while not (answer.done() or self._work.is_over):
            with suppress(TimeoutError):
                return answer.result(timeout=0.2)
        if not answer.done():
            raise no_hearing()
        return answer.result()

    def _listen(self, practice: Practice, actor: Actor) -> PlayedRecording:
        self._now = practice.now
        room = Playback(player=self._player, attended=self._attended, show=self._show)
        try:
            return listen_to(practice, actor, self.reference, self.recording, room)
        finally:
            self._begun.set()

    def _player(self, kind: str) -> Player:
        if kind != WAV.suffix:
            raise Unusable(
                f"the sound of this recording cannot be had, and a browser does not play {kind}",
                hint="the person who administers callrec can play it at the server",
            )
        return Player(PLAYER, self._play)

    def _show(self, view: WaveformView) -> None:
        self._view = view

    def _play(self, sound: Sound) -> bool:
        measured = self.view.measured
        frame_bytes = measured.sample_rate * measured.channels * 2
        account = _Account(sound, frame_bytes, self._now)
        self._sound = sound
        self._begun.set()
        while not account.is_over and self._goes_on(account):
            pass
        account.end()
        return sound.reached >= sound.seconds - _NEAR_END_S

    def _goes_on(self, account: _Account) -> bool:
        """Do what the page asks for next; false if it asks for nothing any more."""
        try:
            command, answer = self._commands.get(
                timeout=self._silent_s if account.is_playing else PAUSED_S
            )
        except Empty:
            return False
        try:
            answer.set_result(command(account))
        except Unusable as problem:
            answer.set_exception(problem)
        except BaseException as problem:
            answer.set_exception(problem)
            raise
        return True


def no_hearing() -> NotFound:
    """The error of what belongs to a hearing that is over."""
    return NotFound("this hearing is over", hint="listen again: it is another hearing")

"""A wire between callrec and a real PostgreSQL, which breaks where a test says.

It reads the frames of the protocol (version 3: a byte that says what it is, four that say how long)
and counts what callrec asks: a query, with or without parameters, or a piece of a COPY. Nothing is
put in a frame's place; what was said is passed on, or is not, or in part.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import TypeAlias

SOCKET = ".s.PGSQL.5432"

QUERY, PARSE, BIND, COPY, COPIED = b"Q", b"P", b"B", b"d", b"c"

ROW, COMPLETE, READY = b"D", b"C", b"Z"

PIECE = "COPY data"
"""What a piece of a COPY is called among the questions."""


class Way(Enum):
    """What becomes of one question and its answer."""

    UNASKED = auto()
    """It never comes there: both ends are closed before it."""
    HALF_ASKED = auto()
    """The first half of it comes there."""
    UNANSWERED = auto()
    """It is done there, and both ends are closed before the answer."""
    HALF_ANSWERED = auto()
    """So they are in the middle of the first row of it, or of what says that it is complete."""
    SILENT = auto()
    """It never comes there, and neither end learns of the other's until the test closes them."""
    LATE = auto()
    """Its end is closed at once, and it comes there when the test lets it go."""


Question: TypeAlias = "tuple[int, str]"
"""Its number, from 1, and the first words of what was asked, if they are known."""

Break: TypeAlias = "Callable[[Question], Way | None]"


def at(number: int, way: Way) -> Break:
    """At the question with this number."""
    return lambda question: way if question[0] == number else None


def first(words: str, way: Way) -> Break:
    """At the first question that begins like this; what comes after it goes through."""
    left = [way]

    def chosen(question: Question) -> Way | None:
        return left.pop() if left and question[1].startswith(words) else None

    return chosen


@dataclass(slots=True, eq=False)
class Wire:
    """Any number of connections to one server; it breaks once it was told where."""

    folder: Path
    """Of its own end."""
    server: Path
    breaks: Break = lambda _: None
    asked: list[str] = field(default_factory=list)
    """The questions since `begin`, by their first words."""
    broke: int = 0
    """How many times."""
    refuses: int = 0
    """How many of the next connections are closed at once."""
    is_broken: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    """Set by the test, what is late comes there."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: list[socket.socket] = field(default_factory=list)

    def url(self, of: str) -> str:
        """The URL of a database by this wire."""
        return of.replace(f"host={self.server}", f"host={self.folder}")

    def begin(self, breaks: Break) -> None:
        """Count from here, and break there."""
        with self._lock:
            self.asked.clear()
            self.broke, self.breaks = 0, breaks

    def close(self) -> None:
        """Close every connection that there is, at both ends."""
        with self._lock:
            for each in self._open:
                _close(each)
            self._open.clear()

    def meets(self, words: str) -> Way | None:
        """What becomes of the next question, which begins like this."""
        with self._lock:
            self.asked.append(words)
            way = self.breaks((len(self.asked), words))
            if way is not None:
                self.broke += 1
                self.is_broken.set()
            return way

    def join(self, client: socket.socket) -> None:
        """Let two ends speak with each other."""
        with self._lock:
            if self.refuses:
                self.refuses -= 1
                client.close()
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.server / SOCKET))
            self._open += [client, server]
        line = _Line(self, client, server)
        for pump in (line.ask, line.answer):
            threading.Thread(target=pump, daemon=True).start()


@dataclass(slots=True, eq=False)
class _Line:
    """One connection."""

    wire: Wire
    client: socket.socket
    server: socket.socket
    is_asking: bool = False
    """Whether the frames of a question are still coming, or its answer is."""
    way: Way | None = None
    """What becomes of the answer that is coming."""
    names: dict[bytes, str] = field(default_factory=dict)
    """What was asked under the name of a prepared statement."""

    def ask(self) -> None:
        with _ended(self):
            size = _exactly(self.client, 4)
            self.server.sendall(size + _exactly(self.client, int.from_bytes(size, "big") - 4))
            while True:
                kind, frame = _frame(self.client)
                if (words := self._words(kind, frame)) is not None:
                    self.way = self.wire.meets(words)
                match self.way:
                    case Way.UNASKED:
                        return
                    case Way.HALF_ASKED:
                        self.server.sendall(frame[: len(frame) // 2])
                        return
                    case Way.SILENT:
                        _exactly(self.client, 1 << 30)  # until somebody closes it
                    case Way.LATE:
                        _close(self.client)
                        self.wire.let_go.wait()
                        self.server.sendall(frame)
                        return
                    case _:
                        pass
                self.server.sendall(frame)

    def answer(self) -> None:
        with _ended(self):
            while True:
                kind, frame = _frame(self.server)
                if self.way is Way.HALF_ANSWERED and kind in (ROW, COMPLETE):
                    self.client.sendall(frame[: len(frame) // 2])
                    return
                if kind == READY:
                    self.is_asking = False
                    if self.way is Way.UNANSWERED:
                        return
                if self.way not in (Way.UNANSWERED, Way.LATE):
                    self.client.sendall(frame)

    def _words(self, kind: bytes, frame: bytes) -> str | None:
        """Of a frame with which a question begins."""
        if kind in (COPY, COPIED):
            return PIECE
        if self.is_asking or kind not in (QUERY, PARSE, BIND):
            return None
        self.is_asking = True
        if kind == QUERY:
            return frame[5:].rstrip(b"\0").decode()
        first, second = frame[5:].split(b"\0")[:2]
        if kind == PARSE:
            self.names[first] = second.decode()
        return self.names.get(second if kind == BIND else first, "")


@contextmanager
def _ended(line: _Line) -> Iterator[None]:
    """What ends at one end ends at the other."""
    try:
        with suppress(OSError, EOFError):
            yield
    finally:
        if line.way not in (Way.SILENT, Way.LATE):
            for each in (line.client, line.server):
                _close(each)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _frame(end: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(end, 5)
    return head[:1], head + _exactly(end, int.from_bytes(head[1:], "big") - 4)


def _exactly(end: socket.socket, size: int) -> bytes:
    read = bytearray()
    while len(read) < size:
        piece = end.recv(min(size - len(read), 1 << 20))
        if not piece:
            raise EOFError
        read += piece
    return bytes(read)


@contextmanager
def wire(server: Path) -> Iterator[Wire]:
    """A wire to the server in a folder."""
    with tempfile.TemporaryDirectory(prefix="callrec-wire-") as folder:
        yield from _serving(Wire(Path(folder), server))


def _serving(made: Wire) -> Iterator[Wire]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(made.folder / SOCKET))
        listening.listen()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    made.join(listening.accept()[0])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            made.close()
            thread.join()

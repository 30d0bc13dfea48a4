"""Processes beside the one that catalogues, which seal all but large files.

Most of the work on a small file is the interpreter's, which runs one thread of a process at a time:
threads would only wait for each other. The processes are forked, so that they share the memory with
what they need. They touch sources and their share of the store's batches, never the catalogue. Data
keys pass through them as through a thread, and so do the two keys of a batch, under which they seal
what is to be catalogued. They end with the process that they came from, however that ends.
"""

from __future__ import annotations

import io
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copyreg import dispatch_table
from functools import partial
from multiprocessing.connection import Connection, wait
from operator import attrgetter
from pathlib import PosixPath
from threading import Lock
from typing import Any, Final, cast

from callrec.calls.custody import SealedMetadata
from callrec.errors import Failed
from callrec.intake.batch import BatchKeys, seal_metadata_of
from callrec.intake.sealing import BatchSealer, Outcome, Taken, chunks
from callrec.intake.sources import Mark, Source
from callrec.store.directory import DirectoryBatch
from callrec.store.sealing import Buffers, Sealed
from callrec.system.workers import start_workers
from callrec.telephone.call import Call
from callrec.telephone.sound.sound import Sound
from callrec.telephone.written import Setup

_ASKED_AHEAD: Final = 2
"""Chunks that each has at a time, so that it need not wait until it is heard."""


class SealingWorkers:
    """The other processes, as the one that catalogues sees them; one thread asks at a time."""

    def __init__(self, lines: list[Connection]) -> None:
        self._lines = lines
        self._turn = Lock()
        self._helping = Lock()
        self._batch: DirectoryBatch | None = None
        """Into which is sealed just now."""
        self._unasked: deque[tuple[int, Sequence[Source]]] = deque()
        """Chunks of what is sealed into it, with their numbers, that nobody was asked for yet."""
        self._outcomes: dict[int, list[Outcome]] = {}
        """By the numbers of their chunks."""

    def take(
        self,
        batch: DirectoryBatch,
        keys: BatchKeys,
        advance: Callable[[int], None],
        sources: Sequence[Source],
    ) -> list[Outcome]:
        """Seal each into the batch, as ``BatchSealer.take`` does, with its catalogue rows."""
        with self._turn:
            try:
                return self._take(list(chunks(sources)), batch, keys, advance)
            except BaseException:
                self._unasked.clear()
                for line in self._lines:
                    line.close()  # the next to ask would hear what is still on its way
                raise

    def help(self, sealing: BatchSealer) -> bool:
        """Seal a chunk here that no process was asked for yet; returns whether there was one."""
        with self._helping:
            if self._batch is not sealing.batch:
                return False
            try:
                number, chunk = self._unasked.pop()
            except IndexError:
                return False
            self._outcomes[number] = sealing.take(chunk)
        return True

    def _take(
        self,
        all_chunks: Sequence[Sequence[Source]],
        batch: DirectoryBatch,
        keys: BatchKeys,
        advance: Callable[[int], None],
    ) -> list[Outcome]:
        outcomes: dict[int, list[Outcome]] = {}
        with self._helping:
            self._batch, self._outcomes = batch, outcomes
            self._unasked.extend(enumerate(all_chunks))

        def ask(line: Connection) -> int:
            try:
                number, chunk = self._unasked.popleft()
            except IndexError:
                return 0
            _write(line, _Pickler, (number, keys, batch.share(len(chunk)), chunk))
            return 1

        try:
            asked = sum(ask(line) for line in self._lines * _ASKED_AHEAD)
            while asked:
                for line in cast("list[Connection]", wait(self._lines)):
                    number, some, parts = _Answered(line, all_chunks).load()
                    if isinstance(some, Exception):
                        raise some
                    asked += ask(line) - 1
                    batch.join(parts)
                    outcomes[number] = some
                    advance(sum(source.mark.size_bytes for source in all_chunks[number]))
        except (EOFError, ConnectionError) as problem:
            raise Failed(
                "a process that seals was ended by somebody else",
                hint="run the command again: it goes on from there",
            ) from problem
        with self._helping:  # nobody begins another, but one may be under way
            return [each for number in sorted(outcomes) for each in outcomes[number]]


@contextmanager
def start_sealing_workers(
    vault: str, setup: Setup, processes: int, *, with_md5: bool
) -> Iterator[SealingWorkers | None]:
    """Start the processes, and end them; None: this system has no such processes."""
    with start_workers(processes, partial(_serve, vault, setup, with_md5)) as lines:
        yield None if lines is None else SealingWorkers(lines)


def _serve(vault: str, setup: Setup, with_md5: bool, line: Connection) -> None:  # noqa: FBT001
    buffers = Buffers()
    try:
        while True:
            number, keys, share, chunk = pickle.loads(line.recv_bytes())  # noqa: S301 - our own process's words
            share.buffers = buffers
            sealing = BatchSealer(vault, setup, share, lambda _: None, with_md5)
            outcomes: list[Outcome] | Exception
            try:
                outcomes = sealing.take(chunk)
                for each in outcomes:
                    if isinstance(each, Taken):
                        seal_metadata_of(vault, keys, each)
            except Exception as problem:  # noqa: BLE001 - raised where it was asked
                outcomes = problem
            _write(line, partial(_Answer, number, chunk), (number, outcomes, share.parts))
    except (EOFError, ConnectionError):
        return  # nothing more is asked


def _write(line: Connection, write: Callable[[io.BytesIO], pickle.Pickler], what: object) -> None:
    buffer = io.BytesIO()
    write(buffer).dump(what)
    line.send_bytes(buffer.getbuffer())


def _by_values(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    values = attrgetter(*kind.__slots__)
    return lambda each: (kind, values(each))


def _call(*values: Any) -> Call:
    return Call(**dict(zip(Call.__slots__, values, strict=True)))


_of_call = attrgetter(*Call.__slots__)

_KNOWN_KINDS: Final[dict[type, Any]] = {
    **dispatch_table,
    **{
        kind: _by_values(kind)
        for kind in (BatchKeys, Mark, Sealed, SealedMetadata, Sound, Source, Taken)
    },
    PosixPath: lambda path: (PosixPath, (str(path),)),
    Call: lambda call: (_call, _of_call(call)),
}


class _Pickler(pickle.Pickler):
    """By itself it asks each object what its fields are, which takes longer than all else."""

    dispatch_table = _KNOWN_KINDS  # where pickle looks for it

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)


def _asked(number: int, place: int) -> Source:
    """A source by its place in what was asked: ``_Answered`` finds it, who asked."""
    raise LookupError(f"chunk {number}, source {place}")


class _Answer(_Pickler):
    """Names sources by their places in what was asked: there they are held, and once is enough."""

    def __init__(self, number: int, chunk: Sequence[Source], buffer: io.BytesIO) -> None:
        places = {id(source): (number, place) for place, source in enumerate(chunk)}
        self.dispatch_table = {**_KNOWN_KINDS, Source: lambda source: (_asked, places[id(source)])}
        super().__init__(buffer)


class _Answered(pickle.Unpickler):
    """What ``_Answer`` wrote: our own process's words, on a line that nobody else has."""

    def __init__(self, line: Connection, asked: Sequence[Sequence[Source]]) -> None:
        super().__init__(io.BytesIO(line.recv_bytes()))
        self._all_asked = asked

    def find_class(self, module: str, name: str, /) -> Any:
        return self._source if name == _asked.__name__ else super().find_class(module, name)

    def _source(self, number: int, place: int) -> Source:
        return self._all_asked[number][place]

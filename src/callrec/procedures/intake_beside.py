"""A process beside the one that catalogues, which seals small files: many at a time.

Of a small file nearly all the work is the interpreter's, which runs one thread of a process at a
time: threads would only wait for each other. The process is forked, so that it has at once whatever
it needs and shares the memory in which that lies. It touches sources and its share of the store's
batches, never the catalogue; data keys pass through it as they pass through a thread. It ends with
the process that it came from, however that ends.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import signal
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from callrec.errors import Failed
from callrec.procedures.intake_sealing import Sealing, chunks
from callrec.store.sealing import Buffers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from io import BufferedRWPair

    from callrec.procedures.intake_sealing import Outcome
    from callrec.procedures.intake_sources import Source
    from callrec.store.batch import DirectoryBatch, Share
    from callrec.telephone.setup import Setup

_CAN: Final = sys.platform == "linux"
_WORDS_WAITING: Final = 1 << 20
"""Bytes that may be said and not heard yet: the outcomes of a thousand files."""
_PR_SET_PDEATHSIG: Final = 1
"""prctl(2): the signal that a process gets when the one that forked it ends."""


class Beside:
    """The other process, as the one that catalogues sees it; one thread at a time asks it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line.makefile("rwb")

    def take(
        self, batch: DirectoryBatch, advance: Callable[[int], None], sources: Sequence[Source]
    ) -> list[Outcome]:
        """Seal each into the batch, as ``Sealing.take`` does.

        Raises:
            Failed: the store cannot take it, or the process was ended by somebody else.
        """
        outcomes: list[Outcome] = []
        try:
            _say(self._line, (batch.share(len(sources)), sources))
            for chunk in chunks(sources):
                some, parts = _hear(self._line)
                if isinstance(some, Exception):
                    raise some
                batch.join(parts)
                outcomes += some
                advance(sum(source.mark.size_bytes for source in chunk))
        except (EOFError, ConnectionError) as problem:
            raise Failed(
                "a process that seals was ended by somebody else",
                hint="run the command again: it goes on from there",
            ) from problem
        return outcomes


@contextmanager
def beside(vault: str, setup: Setup, *, summing: bool) -> Iterator[Beside | None]:
    """Start the process, and end it; None: this system has no such processes.

    Args:
        vault: its id.
        setup: how this practice's telephone systems are read.
        summing: call records tell MD5s of recordings.
    """
    if not _CAN:
        yield None
        return
    here, there = socket.socketpair()
    for end in (here, there):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _WORDS_WAITING)
    gc.freeze()  # what is there now is shared, and is nobody's to clear away in the other process
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            here.close()
            _end_with(parent)
            _serve(there, vault, setup, summing=summing)
        finally:
            os._exit(0)  # nothing of the parent's is to be closed or said a second time
    there.close()
    asked = Beside(here)
    try:
        yield asked
    finally:
        here.shutdown(socket.SHUT_RDWR)
        here.close()
        os.waitpid(child, 0)
        gc.unfreeze()


def _end_with(parent: int) -> None:
    for order in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The parent hears them too, and it ends when what is under way is done.
        signal.signal(order, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended meanwhile
        os._exit(0)


def _serve(there: socket.socket, vault: str, setup: Setup, *, summing: bool) -> None:
    line, buffers = there.makefile("rwb"), Buffers()
    try:
        while True:
            share, sources = _hear(line)
            share.buffers = buffers
            sealing = Sealing(vault, setup, share, lambda _: None, summing)
            for chunk in chunks(sources):
                _say(line, _outcomes(sealing, share, chunk))
    except (EOFError, ConnectionError):
        return  # nothing more is asked


def _outcomes(sealing: Sealing, share: Share, chunk: Sequence[Source]) -> tuple[Any, Any]:
    share.parts.clear()
    try:
        return sealing.take(chunk), share.parts
    except Exception as problem:  # noqa: BLE001 - raised where it was asked
        return problem, {}


def _say(line: BufferedRWPair, what: object) -> None:
    pickle.dump(what, line, pickle.HIGHEST_PROTOCOL)
    line.flush()


def _hear(line: BufferedRWPair) -> Any:
    return pickle.load(line)  # noqa: S301 - our own process's words, on a line that nobody else has

"""Children that are forked: all is loaded already, and they share the memory of it."""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from callrec.dataclass import dataclass

assert sys.platform != "win32"

Channel = socket.socket


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was started, seen from its parent."""

    channel: Channel
    process: int

    def end(self) -> None:
        """Tell it to end."""
        os.kill(self.process, signal.SIGTERM)


class Children:
    """Those of this process, which has one thread."""

    def __init__(self) -> None:
        gc.freeze()  # or a search for what is garbage would copy all that the processes share
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system clears away what ended
        self._channels: list[Channel] = []

    def start(self, work: Callable[[Channel], None], *, outlasts: bool = False) -> Child:
        """A child that does this work with its end of a channel, and nothing of ours.

        ``outlasts``: what tells all of us to end, as Ctrl-C does, does not end it.
        """
        theirs, ours = socket.socketpair()
        process = os.fork()
        if process == 0:
            for each in (*self._channels, ours):
                each.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if outlasts:
                for ending in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(ending, signal.SIG_IGN)
            _run(work, theirs)
        theirs.close()
        self._channels.append(ours)
        return Child(ours, process)

    def pass_on(self, child: Child, to: Child) -> None:
        """Give a child our end of another's channel, which it gets by `take_channel`."""
        socket.send_fds(to.channel, [b"c"], [child.channel.fileno()])
        self._channels.remove(child.channel)
        child.channel.close()

    def wait(self) -> None:
        """Until all of them have ended."""
        with suppress(ChildProcessError):
            os.wait()


def take_channel(channel: Channel) -> Channel:
    """The end of another's channel that the parent passes on."""
    _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
    if not descriptors:
        raise EOFError
    return socket.socket(fileno=descriptors[0])


def _run(work: Callable[[Channel], None], channel: Channel) -> NoReturn:
    """A child's work, and its end: nothing of its parent's goes on in it."""
    try:
        work(channel)
    except BaseException:  # noqa: BLE001  # who does the work has told what there is to tell
        os._exit(70)
    os._exit(0)


def when_told_to_end(end: Callable[[], None]) -> None:
    """What is done when Ctrl-C is pressed, or the system says that we are to end."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: end())


def write_no_file() -> None:
    """From now on this process writes no file, whatever becomes of it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

"""Get ready for a release before it can begin, and see that it can.

To open a vault keeps one processor busy, and so does Argon2id. Meanwhile the processes that decode
and that make the papers load what they need, and so does this one once Argon2id leaves it the time.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from callrec.errors import Unusable
from callrec.paper.apart import papers_made_beside
from callrec.sound.child import expect_decoders, starting_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def check_is_folder(to: Path) -> None:
    """Whether there is a folder to release to, before anything is asked.

    Raises:
        Unusable: there is none.
    """
    try:
        found = to.is_dir()
    except OSError:  # on the way there is something that we may not look into
        found = False
    if not found:
        raise Unusable("there is no such folder to release to", hint="make it, or name another")


@contextmanager
def preparing_release() -> Iterator[None]:
    """Start what the release in the block needs beside itself; nothing of it is left afterwards."""
    with starting_ahead(), papers_made_beside():
        yield


@contextmanager
def loading() -> Iterator[None]:
    """Load what a release is made with beside the stretching of a password in the block."""
    import_module("callrec.login.unlock")  # what has to be there first waits for nothing
    loader = Thread(target=import_module, args=("callrec.release.release",))
    expect_decoders(1)
    loader.start()
    try:
        yield
    finally:
        loader.join()

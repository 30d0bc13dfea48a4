"""Get ready for a release before it can begin, and see that it can.

This loads little: what makes a release is loaded while the vault is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callrec.errors import Unusable
from callrec.paper.apart import papers_made_beside
from callrec.sound.child import expect_decoders, starting_ahead


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
    """Start what the release in the block needs beside itself; nothing of it is left afterwards.

    Opening a vault keeps one processor busy, and so does Argon2id. Meanwhile the processes that
    decode and that make the papers load what they need.
    """
    with starting_ahead(), papers_made_beside():
        expect_decoders(1)
        yield

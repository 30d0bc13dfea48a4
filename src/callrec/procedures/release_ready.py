"""Get ready for a release while a password is asked for and stretched.

Argon2id leaves a processor free: meanwhile what a release is made with is loaded, which takes half
a second, and the first child that decodes is started.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from callrec.sound import expect_decoders, starting_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def getting_ready() -> Iterator[None]:
    """Load and start beside what is done in the block; nothing of it is left afterwards."""
    loader = Thread(target=_load)
    with starting_ahead():
        expect_decoders(1)
        loader.start()
        try:
            yield
        finally:
            loader.join()


def _load() -> None:
    for module in ("procedures.release", "release.paper.certificate_pdf"):
        import_module(f"callrec.{module}")

"""A release's papers, made by a process of their own where one was started for them.

To load what sets them takes a quarter of a second. While a vault is opened one processor has
nothing else to do: the process, which is this module as a program, loads everything then. It is
sent a certificate, says the papers and ends; it sees no recording, and what it is sent is its own
parent's.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from fpdf import FPDF

from callrec.package.certificate import Certificate
from callrec.system.processes import (
    harden_process,
    kill_process,
    python_command,
    start_process,
)

MAKER_COMMAND: Final = python_command("callrec.paper.apart")

_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Papers:
    """What lies in a package on paper, each a PDF."""

    certificate: bytes
    exhibit_label: bytes
    """Empty: the release is no exhibit."""

    def to_bytes(self) -> bytes:
        """As the process says them: the certificate behind its length in four bytes, the label."""
        length = len(self.certificate).to_bytes(_LENGTH_BYTES, "big")
        return length + self.certificate + self.exhibit_label

    @classmethod
    def from_bytes(cls, said: bytes) -> Papers:
        """Read back what ``to_bytes`` wrote."""
        length, papers = int.from_bytes(said[:_LENGTH_BYTES], "big"), said[_LENGTH_BYTES:]
        return cls(papers[:length], papers[length:])


_waiting: ContextVar[subprocess.Popen[bytes] | None] = ContextVar("_waiting", default=None)


@contextmanager
def papers_made_beside() -> Iterator[None]:
    """In the block, a process gets ready for the papers of one release; it does not outlive it.

    Where the system lets none be started, the papers are made here.
    """
    process = None
    with suppress(OSError):
        process = start_process(MAKER_COMMAND)
    before = _waiting.set(process)
    try:
        yield
    finally:
        _waiting.reset(before)
        if process is not None:
            kill_process(process)


def make_papers(certificate: Certificate) -> Papers:
    """The papers of a release: by the process that waits for it, else here."""
    process = _waiting.get()
    if process is None:
        return papers_of(certificate)
    _waiting.set(None)  # it makes the papers of one
    said, _ = process.communicate(pickle.dumps(certificate))
    # One that came to grief, for want of memory perhaps, leaves it to who asked.
    return papers_of(certificate) if process.returncode else Papers.from_bytes(said)


def papers_of(certificate: Certificate, on: FPDF | None = None) -> Papers:
    """The papers of a release, made here."""
    from callrec.paper.certificate_pdf import (  # noqa: PLC0415  # 240 ms
        certificate_pdf,
        exhibit_label_pdf,
    )

    label = exhibit_label_pdf(certificate) if certificate.exhibit else b""
    return Papers(certificate_pdf(certificate, on), label)


if __name__ == "__main__":
    import callrec.paper.certificate_pdf  # noqa: F401  # loaded before the release is known
    from callrec.paper.sheet import blank

    harden_process()
    paper = blank()
    certificate = pickle.load(sys.stdin.buffer)  # noqa: S301
    sys.stdout.buffer.write(papers_of(certificate, paper).to_bytes())
    sys.stdout.flush()
    os._exit(0)  # Python would look through all that is loaded for cycles before it goes

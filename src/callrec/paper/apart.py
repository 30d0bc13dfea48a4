"""A release's papers, made by a process of their own where one was started for them.

To load what sets them takes a quarter of a second. While a vault is opened one processor has
nothing else to do: the process, which is this module as a program, loads everything then, and this
module itself nothing of it. It is sent a certificate, says the papers and ends: the certificate
behind its length in four bytes, and the label, or nothing. It sees no recording, and what it is
sent is its own parent's.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Final

from callrec.package.certificate import Certificate
from callrec.system.modules import python_command
from callrec.system.processes import harden_process, kill_process, start_process

MAKER_COMMAND: Final = python_command("callrec.paper.apart")
_LENGTH_BYTES: Final = 4


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


def make_papers(certificate: Certificate) -> tuple[bytes, bytes]:
    """The certificate of a release, and its label if it is an exhibit, each a PDF.

    They are made by the process that waits for it, else here.
    """
    process = _waiting.get()
    if process is not None:
        _waiting.set(None)  # it makes the papers of one
        output, _ = process.communicate(pickle.dumps(certificate))
        # One that came to grief, for want of memory perhaps, leaves it to this one.
        if not process.returncode:
            length, papers = int.from_bytes(output[:_LENGTH_BYTES], "big"), output[_LENGTH_BYTES:]
            return papers[:length], papers[length:]
    from callrec.paper.certificate_pdf import papers_of  # noqa: PLC0415  # 240 ms

    return papers_of(certificate)


if __name__ == "__main__":
    from callrec.paper.certificate_pdf import papers_of  # loaded before the release is known
    from callrec.paper.sheet import blank

    harden_process()
    paper = blank()
    certificate, label = papers_of(pickle.load(sys.stdin.buffer), paper)  # noqa: S301
    sys.stdout.buffer.write(len(certificate).to_bytes(_LENGTH_BYTES, "big") + certificate + label)
    sys.stdout.flush()
    os._exit(0)  # Python would look through all that is loaded for cycles before it goes

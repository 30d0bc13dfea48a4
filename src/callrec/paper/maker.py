"""The process that makes the papers of one release: a certificate in, the papers out.

All that it needs is loaded before it is told of a release. What it is sent is its own parent's, and
it sees no recording.
"""

from __future__ import annotations

import os
import pickle
import sys

import callrec.paper.certificate_pdf  # noqa: F401  # as said above
from callrec.paper.apart import papers_of
from callrec.paper.sheet import blank
from callrec.system.processes import harden_process

if __name__ == "__main__":
    harden_process()
    on = blank()
    certificate = pickle.load(sys.stdin.buffer)  # noqa: S301
    sys.stdout.buffer.write(papers_of(certificate, on).to_bytes())
    sys.stdout.flush()
    os._exit(0)  # Python would look through all that is loaded for cycles before it goes

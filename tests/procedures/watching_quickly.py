"""``callrec ingest --watch`` as it is, but for its pauses, which are a hundredth; for test_watching*.

A program of its own: what is stopped and killed is a process.
"""

from __future__ import annotations

import sys

from callrec.__main__ import main
from callrec.procedures import intake_looking, watching

QUICKLY = 0.01

if __name__ == "__main__":
    for module in (intake_looking, watching):
        for name in ("BETWEEN_PASSES", "BETWEEN_PASSES_UNTOLD", "BETWEEN_ROUNDS", "FIRST_PAUSE"):
            if hasattr(module, name):
                setattr(module, name, getattr(module, name) * QUICKLY)
    sys.exit(main())

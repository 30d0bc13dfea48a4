"""Put names that nobody would give a recording to every telephone system's reader.

    python fuzz/names.py --names 10000000

Coverage guides it (atheris, which whoever fuzzes installs beside callrec: it is in no constraint
of ours). It begins with the names of tests/vectors/telephone and changes them. A name must tell of
a call or of none: whatever is raised ends the run with a traceback and the name that did it, in a
file ``crash-...`` beside which it was started.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import UTC
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["callrec.telephone"]):
    from callrec.telephone.reading import read_name
    from callrec.telephone.setup import Setup

VECTORS = Path(__file__).parent.parent / "tests/vectors/telephone"
SETUP = Setup(zone=ZoneInfo("Europe/London"), region="GB", outside_prefixes=("9",))
RANGES = Setup(zone=ZoneInfo("Europe/London"), region="GB", extensions=((200, 299),))


class Tally:
    """What came of the names so far."""

    def __init__(self) -> None:
        self.names = 0
        self.systems: dict[str, int] = {}

    def read(self, data: bytes) -> None:
        """Read one name, as a file system gives it."""
        self.names += 1
        name = data.decode("utf-8", "surrogateescape")
        call = read_name(PurePath(name), RANGES if self.names % 2 else SETUP)
        if call is None:
            return
        self.systems[call.system] = self.systems.get(call.system, 0) + 1
        assert call.started_at.tzinfo is UTC
        repr(call).encode("utf-8")

    def show(self) -> None:
        told = ", ".join(f"{system} {count:,}" for system, count in sorted(self.systems.items()))
        print(f"{self.names:,} names, nothing raised; read as calls: {told or 'none'}")


def known_names() -> list[str]:
    """Every name in the vectors."""
    cases = (json.loads(path.read_text("utf-8")) for path in sorted(VECTORS.rglob("*.json")))
    return [case["name"] for case in cases if isinstance(case, dict) and "name" in case]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--names", type=int, default=1_000_000)
    asked = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as corpus:
        for number, name in enumerate(known_names()):
            Path(corpus, str(number)).write_bytes(name.encode("utf-8", "surrogateescape"))
        options = ["-max_len=300", f"-atheris_runs={asked.names}", "-verbosity=0", corpus]
        atheris.Setup([sys.argv[0], *options], tally.read)
        try:
            atheris.Fuzz()
        finally:
            tally.show()


if __name__ == "__main__":
    main()

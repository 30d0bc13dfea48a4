"""Witnesses outside a practice, which answer over real HTTP on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callrec.crypto.verifier_key import NOTE_KEY, read_verifier_key
from callrec.registers.cosigning import log_keys
from callrec.witness.keeping import Witness, make_witness
from callrec.witness.serving import WitnessServer
from house.practices import NOON, House


@dataclass(slots=True)
class Outside:
    """A witness that answers at ``url``; its clock stands still until it is set."""

    witness: Witness
    url: str
    at: float = NOON.timestamp()
    told: list[str] = field(default_factory=list)
    """What it says to who runs it."""

    def setting(self, name: str) -> dict[str, str]:
        """As a practice's settings name it."""
        return {"name": name, "key": str(self.witness.key), "url": self.url}

    def knows(self, house: House, *logins: str) -> None:
        """Let it know the practice's record by these people's keys."""
        for each in log_keys(house.open()):
            if each.login in logins:
                key = read_verifier_key(each.key, NOTE_KEY)
                self.witness.add_log(key.name, key)


@contextmanager
def serving(witness: Witness) -> Iterator[Outside]:
    """Have it answer, on a port of its own."""
    outside = Outside(witness, "")
    place = ("127.0.0.1", 0)
    server = WitnessServer(witness, place, now=lambda: outside.at, tell=outside.told.append)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    outside.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield outside
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def a_witness(folder: Path, name: str = "lmc.example/witness") -> Iterator[Outside]:
    """A new witness that answers."""
    with serving(make_witness(folder, name)) as outside:
        yield outside

"""Standing intake as a process, started, stopped and killed by a test."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from house.practices import House
from house.processes import environment, program

PATIENCE = 30.0
"""Seconds after which what should come does not."""


def eventually(is_so: Callable[[], object], what: str) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it did not come.
    """
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, what
        Event().wait(0.02)


@dataclass(slots=True)
class Standing:
    """``callrec ingest SPOOL --watch`` in a practice, one process after the other."""

    house: House
    spool: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> Path:
        """What it said to stdout, in all its lives."""
        return self.house.folder / "said"

    @property
    def complained(self) -> Path:
        return self.house.folder / "complained"

    def start(self, *options: str, **environ: str) -> None:
        """A new process."""
        config = self.house.folder / "config.toml"
        vault = json.dumps(str(self.house.config.vault))
        config.write_text(f"vault = {vault}\n[ingest]\nsettle_seconds = 1\n", encoding="utf-8")
        given = {
            "CALLREC_CONFIG": str(config),
            "CALLREC_CREDENTIAL": str(self.house.credential),
            "PYTHONUNBUFFERED": "",
            **self.house.environ,
            **environ,
        }
        told = ["ingest", str(self.spool), "--watch", *options]
        with self.said.open("ab") as said, self.complained.open("ab") as complained:
            self.process = subprocess.Popen(
                program("house.watching_quickly", *told),
                env=environment(**given),
                stdout=said,
                stderr=complained,
            )

    def tell(self, signal_: int) -> None:
        assert self.process is not None
        self.process.send_signal(signal_)

    def ended(self) -> int:
        """Wait for its end; returns its status, negative if a signal killed it."""
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def is_watching(self) -> bool:
        return self.complained.read_text(encoding="utf-8").endswith("watching\n")

    def rounds(self) -> list[dict[str, Any]]:
        """What it said of its rounds with ``--json``, a document a line."""
        return [told for told in self._told() if "summary" not in told]

    def summaries(self) -> list[dict[str, Any]]:
        """What it said of summaries."""
        return [told["summary"] for told in self._told() if "summary" in told]

    def _told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said.read_text(encoding="utf-8").splitlines()]

    def vault_files(self) -> list[str]:
        """Those of the vault's files that it has open; none where the system does not say."""
        assert self.process is not None
        listed = Path(f"/proc/{self.process.pid}/fd")
        opened = [str(each.readlink()) for each in listed.glob("*") if each.is_symlink()]
        return [name for name in opened if name.startswith(str(self.house.config.vault))]

    def kill(self) -> None:
        """Whatever is left of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)

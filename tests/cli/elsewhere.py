"""Plays a transcript with the catalogue in PostgreSQL, by the role that works there daily.

What comes back is the same, but for what `OTHERWISE` lists, each with why. What a shell does to the
catalogue's file is done to one with the database's rows, which then go back there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from callrec.catalogue.copying import copy_to_file
from callrec.catalogue.engine import FILE_NAME, TO_RESTORE, open_any_schema, reading
from cli.promises import Promise
from cli.transcript import Stage, Step
from house.postgres import another_like, daily, database_at, drop, give_rights, owned, put_there

LEFT_OUT: Final[Mapping[str, tuple[str, str]]] = {
    "erase": (
        "$ callrec request letter R-1 --kind erased",
        "what is said of backups is another (tests/retention/test_beyond_reach.py)",
    ),
    "many_practices": ("$ callrec status --all", "it writes configurations of several vaults"),
    "migrate": ("@second-schema", "that is made up, and made in a file alone"),
}
"""A transcript -> from which step on it is not played here, and why."""

OWNERS: Final = {"request erase", "subject erase", "retention dispose", "audit resume"}
"""What is done here as the tables' owner: it rewrites them, or takes rows of the log away."""

_DOCTOR: Final = """\
warning  PostgreSQL [..] may lose or damage what it was given
         -> ask the person who runs it to set fsync, full_page_writes and data checksums on
warning  more may be done in the catalogue's database than has to be: the role here has rights [..]
         -> have it made as docs/network.md has it: one role owns the tables, another works
warning  nobody has set for how long what was erased is kept elsewhere: database.kept_days
         -> ask the person who runs it for days, and set them
"""

OTHERWISE: Final[Sequence[tuple[str, str, str]]] = (
    (
        "this server writes nothing to a disk at once, tests have one role, and no days are set",
        "well     SQLite [..], every transaction synced",
        _DOCTOR,
    ),
    (
        "where a catalogue is elsewhere, it is that which stands in the way of another vault",
        'callrec: error: "[..]vault" is in use already',
        (
            'callrec: error: the configuration names "catalogue" or "recordings" elsewhere, and a'
            " vault is founded in its folder"
        ),
    ),
    (
        "likewise",
        "callrec: hint: choose another folder with --vault",
        "callrec: hint: leave them out of it until the vault is moved there",
    ),
)
"""Why; a line that is said of a file of SQLite; the lines that are said here."""


_NAMED: Final = 'vault  = "'
"""How the line begins that says whose the catalogue is, where a transcript's own file does not."""


class StageElsewhere(Stage):
    """As `Stage`; a practice that is settled has its catalogue in a database of its own."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        practice: Callable[[], Path],
        template: Callable[[], str],
    ) -> None:
        """``template``: gives the name of the database of the practice, which is only copied."""
        super().__init__(folder, monkeypatch, practice)
        self._template = template
        self._usual = folder / ".home" / "config" / "callrec" / "config.toml"
        self._made: list[str] = []
        self._others: dict[str, str] = {}
        self._url = ""

    def close(self) -> None:
        """Take away the databases that were made."""
        for url in self._made:
            drop(url)

    def _settle(self) -> None:
        super()._settle()
        for file in Path("vault").glob(f"{FILE_NAME}*"):
            file.unlink()
        made = database_at(self._template())
        self._made.append(made)
        self._work_in(daily(made))

    def _work_in(self, url: str) -> None:
        """From here on the catalogue is there; nothing: in the vault's folder."""
        self._url = url
        self._configure(url)

    def _configure(self, url: str) -> None:
        """Say so in the configuration that counts now, if it is there."""
        file = Path(os.environ.get("CALLREC_CONFIG", self._usual))
        if file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            others = [line for line in lines if not line.startswith(("catalogue", _NAMED))]
            first = [f'catalogue = "{url}"'] if url else []
            if url and not any(line.startswith("vault") for line in others):
                first.append(f'{_NAMED}{Path(os.environ["CALLREC_VAULT"]).resolve()}"')
            file.write_text("\n".join([*first, *others, ""]), encoding="utf-8")

    def _change(self, name: str, value: str | None = None) -> None:
        """As many vaults there are, as many configurations."""
        if name == "CALLREC_VAULT":
            self._others[os.environ.get(name, "")] = self._url
            self._work_in(self._others.get(value or "", ""))
        super()._change(name, value)

    def _callrec(self, arguments: list[str]) -> tuple[str, int]:
        """A vault is founded in its folder, and then moved; one that is named has its own."""
        names, founds = "--vault" in arguments, arguments[:1] == ["init"]
        owns = " ".join(arguments[:2]) in OWNERS
        self._configure("" if names else owned(self._url) if owns else self._url)
        said, status = super()._callrec(arguments)
        if founds and not names and status == 0:
            self._url = self._put(Path(os.environ["CALLREC_VAULT"], FILE_NAME))
        self._configure(self._url)
        return said, status

    def _put(self, file: Path) -> str:
        """Have a file's rows in a database instead; returns its URL."""
        made = database_at()
        self._made.append(made)
        put_there(file, made)
        give_rights(made)
        file.unlink()
        return daily(made)

    def _shell(self, line: str) -> tuple[str, int]:
        if not self._url:
            return super()._shell(line)
        vault = Path(os.environ["CALLREC_VAULT"])
        file = vault / FILE_NAME
        touches = FILE_NAME in line or self._names_it(line)
        if touches:
            engine = open_any_schema(vault, self._url)
            with reading(engine) as connection:
                copy_to_file(connection, file)
            engine.dispose()
        said = super()._shell(line)
        if touches and file.exists() and file.read_bytes().startswith(b"SQLite format 3"):
            self._work_in(self._put(file))
        elif touches or not vault.exists():
            self._work_in("")  # it is lost, and what is restored lies in the vault's folder
        return said

    def _names_it(self, line: str) -> bool:
        """Whether a program that is run names the file."""
        there = [Path(each) for each in re.findall(r"\w+\.py", line)]
        return any(FILE_NAME in each.read_text(encoding="utf-8") for each in there if each.exists())

    def _promised(self, promise: Promise) -> tuple[str, int]:
        if not self._url:
            return super()._promised(promise)
        here, copy = self._url, daily(another_like(self._url))
        lost = "restore" in promise.words and TO_RESTORE in promise.line
        self._work_in("" if lost else copy)
        try:
            return super()._promised(promise)
        finally:
            self._work_in(here)
            drop(copy)

    def _matches(self, step: Step, actual: list[str]) -> bool:
        return super()._matches(self._as_here(step) if self._url else step, actual)

    def _as_here(self, step: Step) -> Step:
        otherwise = {there: here.splitlines() for _, there, here in OTHERWISE}
        below = [each for line in step.below for each in otherwise.get(line, [line])]
        return replace(step, below=tuple(below))

"""The desk: pages asked for within the process, and a real one that is served.

`Visit` asks a login's own side, as the serving process does: no HTTP and no browser. What only
those can show is tried with `a_desk`, at the practice's own time.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl

from callrec.audit.leaf import Outcome
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.config import Config, Desk
from callrec.desk.application import Admission
from callrec.desk.exchange import SENT, Answered, Asked, Upload
from callrec.desk.keeping import Vault, answer
from callrec.desk.seat import Seat
from callrec.desk.serving import serve
from callrec.login.people import logins
from callrec.login.sessions import begin_session
from callrec.system.terminal import Place
from house.practices import House, password_of

ADDRESS = "192.0.2.7"

_SILENT = frozenset({"script", "style"})

_ROWS = frozenset({"p", "tr", "li", "h1", "h2", "h3", "dt", "div", "legend", "label", "caption"})


class _Reading(HTMLParser):
    """A page as it reads: its words line by line, its links, and what stands in its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.fields: dict[str, list[str]] = {}
        self._within: list[str] = []
        self._written: list[str] = []
        """Of the textarea that is read."""
        self._chosen: list[str] = []
        """Of the list that is read."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _ROWS:
            self.words.append("\n")
        if tag == "a":
            self.links.append(given.get("href", ""))
        if "name" in given and tag != "meta":
            filled = self.fields.setdefault(given["name"], [])
            is_choice = given.get("type") in ("radio", "checkbox")
            if tag == "input" and (not is_choice or "checked" in given):
                filled.append(given.get("value", ""))
            if tag == "textarea":
                self._written = filled
            if tag == "select":
                self._chosen = filled
        if tag == "option" and "selected" in given:
            self._chosen.append(given.get("value", ""))
        self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._within[-1:] == ["textarea"]:
            self._written.append(data.removeprefix("\n"))
        elif not _SILENT.intersection(self._within):
            self.words.append(data)


@dataclass(frozen=True)
class Shown:
    """What a browser got."""

    answered: Answered
    address: str
    """Where it is, without what was asked behind it."""
    words: str = ""
    """What it says, a line for each block, within <main>."""
    links: Sequence[str] = ()
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Each field of its forms, with what stands in it."""

    @property
    def status(self) -> int:
        return self.answered.status

    @property
    def html(self) -> str:
        return self.answered.body.decode()


@dataclass(slots=True)
class Visit:
    """One person at the desk."""

    house: House
    login: str
    seat: Seat

    def open(self, path: str) -> Shown:
        """The page at an address, with what is asked behind it; what it sends on to is opened."""
        address, _, query = path.partition("?")
        return self._shown(Asked("GET", address, dict(parse_qsl(query))))

    def fill_in(
        self,
        path: str,
        *,
        password: bool | str = True,
        files: Mapping[str, Upload] | None = None,
        **fields: str | Sequence[str],
    ) -> Shown:
        """Fill in the form at an address and send it, with their password, another or none."""
        typed: dict[str, str | Sequence[str]] = {"token": self.seat.token, **fields}
        if password:
            typed["password"] = password if isinstance(password, str) else password_of(self.login)
        filled = {name: [each] if isinstance(each, str) else each for name, each in typed.items()}
        return self._shown(Asked("POST", path, {}, filled, files or {}))

    def _shown(self, asked: Asked) -> Shown:
        answered = answer(self.seat, asked)
        if answered.counts:  # as the serving process says, once a browser has all of it
            answer(self.seat, Asked(SENT, asked.path))
        if answered.to and not answered.ends:
            return self.open(answered.to)
        if not answered.kind.startswith("text/html"):
            return Shown(answered, asked.path)
        reading = _Reading()
        body = answered.body.decode()
        reading.feed(body[body.index("<main") :] if "<main" in body else body)
        lines = (" ".join(line.split()) for line in "".join(reading.words).splitlines())
        words = "\n".join(filter(None, lines))
        return Shown(answered, asked.path, words, reading.links, reading.fields)


@dataclass(frozen=True)
class Written:
    """What one leaf says, as far as the same act by another way says it, too."""

    act: str
    by: str
    outcome: Outcome
    subjects: int
    is_told_more: bool
    """It has details."""


def written(house: House, do: Callable[[], object]) -> list[Written]:
    """The leaves that something wrote, oldest first: at the desk the same as at a terminal."""
    before = _size(house)
    do()
    after, practice = _size(house), house.practice
    called = {str(person): login for person, login in logins(practice).items()}
    with reading(practice.engine) as connection:
        leaves = [read_leaf(connection, seq)[0] for seq in range(before, after)]
    return [
        Written(each.act, called[each.actor], each.outcome, len(each.subject), bool(each.detail))
        for each in leaves
    ]


def _size(house: House) -> int:
    with reading(house.open().engine) as connection:
        return stored_head(connection).size


def visit(house: House, login: str) -> Visit:
    """Somebody who logged in at the desk of this practice."""
    actor = house.actor(login)
    place = Place(f"desk at {ADDRESS}", secrets.token_hex(32))
    session, until = begin_session(house.practice, actor, place)
    seat = Seat(house.open, house.practice, session, until, ADDRESS, house.environ)
    return Visit(house, login, seat)


@contextmanager
def a_desk(house: House, place: Desk | None = None) -> Iterator[str]:
    """A desk that is served; yields where. For this machine it is the one-time address."""
    with a_desk_at(house, place) as (address, _):
        yield address


@contextmanager
def a_desk_at(
    house: House, place: Desk | None = None, *, works_in: Path | None = None
) -> Iterator[tuple[str, int]]:
    """The same, with the number of its first process.

    ``works_in``: a folder in which it works, has its temporary files, and logs to ``stderr``.
    """
    house.close()
    environ = {**house.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    if works_in is not None:
        environ["TMPDIR"] = str(works_in)
    config = house.config.model_copy(update={"desk": place or Desk()})
    served = [sys.executable, "-c", "from house.desks import run; run()"]
    arguments = [config.model_dump_json(), house.at.isoformat()]
    with (
        (works_in / "stderr").open("wb") if works_in else nullcontext() as said,
        subprocess.Popen(
            [*served, *arguments],
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=works_in,
            env=environ,
            start_new_session=True,
        ) as desk,
    ):
        assert desk.stdout is not None
        try:
            yield desk.stdout.readline().decode().strip(), desk.pid
        finally:
            desk.terminate()
            desk.communicate()


@dataclass(frozen=True)
class Clock:
    """A practice's time, which goes on from where it stood."""

    at: datetime
    began: datetime

    def __call__(self) -> datetime:
        return self.at + (datetime.now(UTC) - self.began)


def run() -> None:
    """The desk of a made-up practice, by its clock."""
    config, at = Config.model_validate_json(sys.argv[1]), datetime.fromisoformat(sys.argv[2])

    def tell(origin: str, admission: Admission | None) -> None:
        sys.stdout.write(f"{origin}/open/{admission.one_time}\n" if admission else f"{origin}\n")
        sys.stdout.flush()

    vault = Vault(config, dict(os.environ), Clock(at, datetime.now(UTC)))
    serve(vault, config.desk, tell)

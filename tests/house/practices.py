"""A practice at work, for tests: real vault, real keys, real people.

It is made once in a test run, through the procedures, and copied for each test. Passwords are
locked with the least memory that is allowed, or the suite would take minutes longer.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from copy import copy as shallow_copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from callrec.config import Config, Passwords
from callrec.crypto.identity import Identity
from callrec.login.keyring import read_credential
from callrec.login.people import find_person
from callrec.login.sessions import KEYS_KEPT_BY_SESSION
from callrec.login.unlock import (
    AwaitingConfirmation,
    Unlocked,
    actor_by_password,
    actor_of,
    log_in,
    unlock_person,
)
from callrec.office.settings import apply_settings
from callrec.package.whole import key_words
from callrec.people.founding import set_up_practice
from callrec.people.joining import add_intake, add_person, confirm_person
from callrec.policy.role import Role
from callrec.practice import Actor, Practice, open_practice
from callrec.system.toml import toml_lines
from house.memory import runtime_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

PEOPLE = {
    "dora": ("Dora Whitlock", Role.DATA_CONTROLLER),
    "pat": ("Pat Ellison", Role.PARTNER),
    "max": ("Max Harding", Role.MANAGER),
    "mia": ("Mia Sheldon", Role.MANAGER),
    "sam": ("Sam Turnbull", Role.STAFF),
    "ava": ("Ava Lindqvist", Role.AUDITOR),
}
"""Logins, full names (none occurs in the corpus) and roles."""

FULL_PRACTICE_NAME = "Hama Medical Centre"

CONTACT = "telephone 01632 960000"
"""How its recipients reach it."""

WRITTEN = "secrets.json"
"""What is written down of a practice, in its folder."""


@dataclass(slots=True)
class House:
    """One practice in a folder of its own; the clock stands still until it is set.

    Its vault is opened once it is asked for.
    """

    folder: Path
    seeds: Mapping[str, bytes]
    kit: str
    at: datetime = NOON
    config: Config = field(init=False)
    _practice: Practice | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.config = Config(
            vault=self.folder / "vault", passwords=Passwords(approver_memory_mib=64)
        )

    @property
    def practice(self) -> Practice:
        """As it was opened last."""
        return self._practice or self.open()

    @practice.setter
    def practice(self, practice: Practice) -> None:
        self._practice = practice

    @property
    def environ(self) -> dict[str, str]:
        return {
            "XDG_STATE_HOME": str(self.folder / "state"),
            "CALLREC_SESSION": "tests",
            **runtime_of(self.folder),
        }

    @property
    def credential(self) -> Path:
        """Of the intake service ``door``."""
        return self.folder / "door.credential"

    def now(self) -> datetime:
        return self.at

    def open(self) -> Practice:
        """Open the vault (again), as each command does."""
        self._practice = open_practice(self.config, self.now, self.environ)
        return self._practice

    def close(self) -> None:
        """Let go of the vault's file, if it was opened."""
        if self._practice is not None:
            self._practice.engine.dispose()
        self._practice = None

    def decide(self, **changed: Mapping[str, object] | Sequence[object] | str) -> None:
        """What dora decides that the practice's settings are; what is not named stays."""
        file = self.folder / "decided.toml"
        lines = "\n".join(toml_lines(changed))
        file.write_text(f"{lines}\n", encoding="utf-8")
        apply_settings(self.practice, self.actor("dora"), file, lambda _: None)
        file.unlink()
        self.open()

    def actor(self, login: str) -> Actor:
        """Somebody who gave their password for this command."""
        self.open()
        row, _ = find_person(self.practice, login)
        identity = Identity.from_seed(self.seeds[login], self.practice.vault)
        return actor_of(self.practice, Unlocked(row.id, login, identity, claimed=False))

    def session(self, login: str) -> Actor:
        """Somebody with no password at hand; as `without_password`."""
        return without_password(self.actor(login))


def without_password(actor: Actor) -> Actor:
    """The same person with what a login opens: nothing that signs statements, no recordings key.

    The log is the same as if they had given it, which a login of their own would add to: what a
    session's key signs is tried in tests/attacks/test_sessions.py.
    """
    kept = {which: key for which, key in actor.shares.items() if which[0] in KEYS_KEPT_BY_SESSION}
    return replace(actor, identity=None, shares=kept)


def password_of(person: str) -> str:
    """The password that somebody in these practices has: long, and good enough for anybody."""
    return f"{person} walks 7 slow miles by the canal"


def build(folder: Path, *, approver_memory_mib: int = 64) -> House:
    """Found a practice with everybody in PEOPLE and the intake service ``door``."""
    environ = {"XDG_STATE_HOME": str(folder / "state"), "CALLREC_SESSION": "tests"}
    passwords = Passwords(approver_memory_mib=approver_memory_mib)
    config = Config(vault=folder / "vault", passwords=passwords)
    kit = set_up_practice(
        config,
        practice_name=FULL_PRACTICE_NAME,
        login="dora",
        full_name=PEOPLE["dora"][0],
        password=password_of("dora"),
        now=lambda: NOON,
        environ=environ,
        contact=CONTACT,
    )
    seeds = {}
    practice = open_practice(config, lambda: NOON, environ)
    dora = actor_by_password(practice, login="dora", password=password_of("dora"))
    pat = None  # who signs for all who join after them
    for login in PEOPLE:
        if login != "dora":
            _join(practice, dora, config, login, environ, second=pat)
            practice = open_practice(config, lambda: NOON, environ)
        unlocked = unlock_person(practice, login=login, password=password_of(login))
        seeds[login] = unlocked.identity.seed
        if login == "pat":
            pat = actor_of(practice, unlocked)
    settle_passwords(folder / "config", approver_memory_mib)
    credential = folder / "door.credential"
    add_intake(
        practice,
        dora,
        login="door",
        full_name="Telephone intake",
        credential=credential,
        second=pat,
    )
    seeds["door"] = read_credential(credential).seed
    return House(folder, seeds, kit.pages[0])


def kept(folder: Path) -> House:
    """The practice of an earlier run, which is made if there was none."""
    if not is_written_down(folder):
        write_down(build(folder))
    return written_down(folder)


def write_down(house: House) -> None:
    """Leave beside a vault what another process needs to know of it."""
    seeds = {login: seed.hex() for login, seed in house.seeds.items()}
    known = {"seeds": seeds, "kit": house.kit, "at": house.at.isoformat()}
    (house.folder / WRITTEN).write_text(json.dumps(known), encoding="utf-8")


def is_written_down(folder: Path) -> bool:
    return (folder / WRITTEN).exists()


def written_down(folder: Path) -> House:
    """The practice in a folder, which another process may have made."""
    known = json.loads((folder / WRITTEN).read_text(encoding="utf-8"))
    seeds = {login: bytes.fromhex(seed) for login, seed in known["seeds"].items()}
    return House(folder, seeds, known["kit"], datetime.fromisoformat(known["at"]))


def settle_passwords(folder: Path, approver_memory_mib: int = 64) -> None:
    """The configuration of the command line, or it would lock each password anew, and stronger."""
    settings = folder / "callrec" / "config.toml"
    settings.parent.mkdir(parents=True)
    text = f"[passwords]\napprover_memory_mib = {approver_memory_mib}\n"
    settings.write_text(text, encoding="utf-8")


def moved(house: House, folder: Path) -> House:
    """The same practice in another folder, not opened: its vault may be lost, or older."""
    there = shallow_copy(house)
    there.folder = folder
    there.config = house.config.model_copy(update={"vault": folder / "vault"})
    return there


def copy(house: House, folder: Path) -> House:
    """The same practice in another folder, at the same time."""
    not_written_down = shutil.ignore_patterns(WRITTEN)
    shutil.copytree(house.folder, folder, dirs_exist_ok=True, ignore=not_written_down)
    return House(folder, house.seeds, house.kit, house.at)


def _join(
    practice: Practice,
    dora: Actor,
    config: Config,
    login: str,
    environ: Mapping[str, str],
    *,
    second: Actor | None,
) -> None:
    full_name, role = PEOPLE[login]
    provisional = "seven purple otters dance slowly"
    add_person(practice, dora, login=login, full_name=full_name, role=role, password=provisional)
    practice = open_practice(config, lambda: NOON, environ)
    waiting = log_in(
        practice,
        login=login,
        password=provisional,
        new_password=lambda: password_of(login),
        environ=environ,
    )
    assert isinstance(waiting, AwaitingConfirmation)
    practice = open_practice(config, lambda: NOON, environ)
    words = key_words(waiting.fingerprint)
    confirm_person(practice, dora, login=login, words=words, second=second)

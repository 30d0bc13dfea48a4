"""Two people at two terminals of one account: each acts under their own login alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pexpect
import pytest

from callrec.catalogue.engine import reading
from callrec.record.acts import leaves_of_act
from cli.test_request_on_a_terminal import PROGRAM
from house.practices import House, password_of
from house.requests import REASON, a_request, rows, with_recordings

PROMPT = "then> "


class Terminal:
    """A shell at a terminal of its own, in which callrec is typed."""

    def __init__(self, house: House, **environ: str) -> None:
        program = house.folder / "callrec.sh"
        program.write_text(f'exec \'{sys.executable}\' -c "$PROGRAM" "$@"\n', encoding="utf-8")
        variables = {
            **{name: each for name, each in house.environ.items() if name != "CALLREC_SESSION"},
            "HOME": str(house.folder),
            "XDG_CONFIG_HOME": str(house.folder / "config"),
            "CALLREC_VAULT": str(house.practice.folder),
            "PATH": "/usr/bin:/bin",
            "PS1": PROMPT,
            "PROGRAM": PROGRAM,
            "callrec": f"/bin/sh {program}",
            **environ,
        }
        self._shell = pexpect.spawn(
            "/bin/sh", [], env=variables, encoding="utf-8", timeout=120, dimensions=(50, 120)
        )
        self._shell.setecho(state=False)
        self._shell.expect_exact(PROMPT)

    def types(self, line: str, password: str = "") -> str:
        """What comes back; somebody who is asked for a password gives theirs."""
        self._shell.sendline(f"$callrec {line}")
        if password:
            self._shell.expect("Password of [a-z]+: ")
            self._shell.sendline(password)
        self._shell.expect_exact(PROMPT)
        return str(self._shell.before).replace("\r\n", "\n")

    def logs_in(self, login: str) -> str:
        return self.types(f"login {login}", password_of(login))

    def close(self) -> None:
        self._shell.close(force=True)


@pytest.fixture
def office(house: House) -> House:
    return with_recordings(house)


@pytest.fixture
def two(office: House) -> Iterator[tuple[Terminal, Terminal]]:
    front, back = Terminal(office), Terminal(office)
    yield front, back
    front.close()
    back.close()


def searchers(house: House) -> list[str]:
    """Who searched, by the log."""
    logins = {row.id: row.login for row in rows(house, "SELECT id, login FROM person")}
    with reading(house.open().engine) as connection:
        return [logins[leaf.actor] for leaf in leaves_of_act(connection, "search")]


SEARCH = "search --date 4/7/2024 --extension 201 --reason 'The patient complains of the call'"


def test_who_logs_in_at_one_terminal_does_not_act_at_the_other(
    office: House, two: tuple[Terminal, Terminal]
) -> None:
    front, back = two
    assert (
        "max (manager) until 13:30, or until 10 minutes pass without a command; terminal pts/"
        in front.logs_in("max")
    )
    assert "nobody is logged in here" in back.types("whoami")
    assert (
        "mia (manager) until 13:30, or until 10 minutes pass without a command; terminal pts/"
        in back.logs_in("mia")
    )
    assert "\nby max\n" in front.types(SEARCH)
    assert "\nby mia\n" in back.types(SEARCH)
    assert "\nby max\n" in front.types(SEARCH)
    assert searchers(office) == ["max", "mia", "max"]
    assert "mia, manager" in back.types("whoami")
    assert "Logged out." in back.types("logout")
    assert "nobody is logged in here" in back.types("whoami")
    assert "max, manager" in front.types("whoami")


def test_what_has_no_terminal_has_no_login_of_a_terminal(
    office: House, two: tuple[Terminal, Terminal]
) -> None:
    """A timer, say; a name in its environment gives it one, also beside a terminal."""
    front, back = two
    front.logs_in("max")
    away = front.types("whoami </dev/null; setsid -w $callrec user whoami </dev/null")
    assert ("max, manager" in away, "nobody is logged in here" in away) == (True, True)
    named = Terminal(office, CALLREC_SESSION="nightly")
    assert (
        "until 13:30, or until 10 minutes pass without a command; session nightly only."
        in named.logs_in("mia")
    )
    assert (
        "mia, manager"
        in named.types("whoami; setsid -w $callrec user whoami </dev/null").partition("key:")[2]
    )
    named.close()
    assert "nobody is logged in here" in back.types("whoami")


def test_a_terminal_that_is_opened_anew_has_no_login_from_before(office: House) -> None:
    """Though it may have the number of one that was closed."""
    for _ in range(2):
        front = Terminal(office)
        assert "nobody is logged in here" in front.types("whoami")
        front.logs_in("max")
        front.close()


def test_a_login_that_is_older_than_the_keys_asks_for_the_password_where_it_takes_one(
    office: House, two: tuple[Terminal, Terminal]
) -> None:
    front, back = two
    front.logs_in("max")
    back.logs_in("dora")
    back.types("keys rotate --key catalogue", password_of("dora"))
    office.open()
    reference = a_request(office, "max")
    listed = front.types("user list")
    assert "names are not shown: the keys are newer than this login" in listed
    assert "next: callrec login max" in listed
    assert REASON in front.types(f"request show {reference}", password_of("max"))
    front.logs_in("max")
    assert "names are not shown" not in front.types("user list")


OPENED = """
import sys
from datetime import UTC, datetime
from callrec.cli.invocation import Invocation, practice_of
invocation = Invocation(now=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))
practice_of(invocation)
print("opened: ", end="", flush=True)
sys.stdin.readline()
"""


def test_a_password_that_is_typed_while_the_vault_is_opened_is_not_shown(house: House) -> None:
    variables = {**house.environ, "HOME": str(house.folder), "CALLREC_USER": "max"}
    variables |= {"CALLREC_VAULT": str(house.practice.folder)}
    seen = pexpect.spawn(
        sys.executable, ["-c", OPENED], env=variables, encoding="utf-8", timeout=60
    )
    seen.expect("opened: $")
    seen.sendline("correct horse")
    seen.expect(pexpect.EOF)
    assert "horse" not in seen.before

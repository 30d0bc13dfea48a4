"""What each of four may do with every command that there is, not with some of each kind.

Whatever is added to the command line is missing here until somebody said who may do it.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attacks.office import NUMBERS
from attacks.test_nothing_personal_in_the_vault import SURNAMES, TELLING
from attacks.test_secrets import told
from attacks.test_who_can_do_what import COMMANDS, give_eve_a_password
from callrec.audit.leaf import Outcome
from callrec.cli import app
from house import practices
from house.commands import EVERY_COMMAND, Answer, done, type_in
from house.complaints import a_complaint
from house.incidents import MILD, ON_RECORD, an_incident, found
from house.practices import House
from house.requests import ANOTHER_REASON, a_request, approve, last_leaf, rows
from house.subjects import a_person

NEED_NO_VAULT = (
    "demo",
    "init",
    "config ",
    "request due",
    "audit verify-release",
    "audit witness ",
    "practice notice ",
    "practice network plan",
)

FURTHER = """
login mia
user logout
user whoami
request list
request attach R-3 2
request gather R-3
request detach R-4 2
request amend R-3 --about "Another call altogether"
request event R-1 acknowledged --on today --reason "The solicitor says that it came"
request letter R-1
request withdraw R-3 --yes
request close R-1 --yes
inbox
hold place 2 --reason "A solicitor announces a claim about this call"
hold lift H-5 --reason "The solicitor has withdrawn the claim" --countersign pat --yes
hold list
hold show H-5
retention review
retention dispose
retention undo 12345678 --reason "The wrong folder was taken in"
retention set 2 claim --reason "A solicitor announces a claim about this call"
archive list
archive keep drive-a --with "Pat Ellison" --at home
archive lost drive-a --noticed now
archive found {house}/drive-b
archive verify {house}/drive-a
drive backup --to {house}/copies --yes
drive restore --from {house}/drive-a
request erase R-4 --yes
audit review-glass R-5 --accept --yes
audit verify
audit resume --reason "The back room was open to anyone" --yes
audit export --to {house}/exported
audit print
audit prove 3
audit cosign
audit stamp
user reset mia --password-file {house}/people/eve.given --yes
user import {house}/people.csv
user confirm mia --words "one two three four five six"
user list
user show max
user factor list
user factor add
user factor remove paper
user factor forget
user delegate sam --power search --until 2026-12-01
user disable max --yes
user password
user sessions max
practice keys list
practice keys audit
practice keys rotate --reseal
practice keys kit new --to {house}/kit.txt
practice keys kit check
practice recovery drill
practice recovery use --user eve --name "Eve Underwood"
practice fingerprint
practice report
practice mail list
practice mail send
practice mail remind
incident report --noticed now --what "I left the recording of a patient playing"
incident list
incident show I-1
incident update I-1 --nature "A recording was overheard"
incident close I-1 --outcome not-reported --on today --reason "The patient does not mind" --yes
complaint receive --from "Sian Roberts" --how letter --contact Bangor --what "You told my employer"
complaint list
complaint show C-1
complaint acknowledge C-1 --how letter
complaint progress C-1 --what "We asked the receptionist who took the call"
complaint outcome C-1 --finding upheld --how letter --what "We should not have told them" --yes
request subject add --name "Ada Wren" --born 1/2/1990 --proved "Passport, seen at the desk by max" \
  --reason "She asks at the desk for all her calls"
request subject change S-1 --number "0117 496 0123" --reason "She has another number now"
request subject find --number "0117 496 0123" --reason "Somebody rang from this number"
request subject show S-1 --reason "She asks at the desk for all her calls"
request subject erase S-1 --yes
request recording identify 1 --subject S-1 --how "She gives her name and her address"
request recording note 1 --text "The other voice is her husband"
request subject list
practice settings show
practice settings check {house}/rules.toml
practice settings apply {house}/rules.toml --yes
practice migrate
status
practice doctor
practice desk --check
"""


def there_are(command: Any, *before: str) -> Iterator[str]:
    """Each command below one, as it is typed: ``keys kit new``."""
    below = getattr(command, "commands", {})
    if not below or command.invoke_without_command:
        yield " ".join(before)
    for name, each in below.items():
        yield from there_are(each, *before, name)


def all_commands() -> set[str]:
    every = (there_are(app.Commands.command_of(name), name) for name in EVERY_COMMAND)
    return {command for some in every for command in some}


ALL = all_commands()

EVERY = COMMANDS | {
    max((name for name in ALL if f"{line} ".startswith(f"{name} ")), key=len): shlex.split(line)
    for line in FURTHER.split("\n")[1:-1]
}

ANYBODY = {
    *(
        "user logout",
        "user factor forget",
        "status",
        "practice doctor",
        "practice desk",
        "practice migrate",
        "practice fingerprint",
        "practice keys list",
        "practice keys audit",
    ),
    *("archive list", "archive verify", "audit verify", "audit prove", "audit print"),
    "audit stamp",
    *(
        "practice mail list",
        "practice mail send",
        "practice mail remind",
        "practice settings show",
        "practice settings check",
    ),
}
"""These need no key: whoever has the files reads as much without callrec."""

INTAKE = ANYBODY | {
    *("ingest", "audit cosign", "user whoami", "user list", "user show", "user sessions", "inbox"),
    *("request list", "hold list", "incident list", "complaint list", "user factor list"),
}
"""Of requests, holds, incidents and complaints it is shown its own: none."""

STAFF = INTAKE - {"ingest"} | {
    *("user factor add", "user factor remove"),
    *("login", "listen", "release", "incident report", "complaint receive"),
    *(f"request {what}" for what in ("create", "show", "attach", "detach", "amend", "event")),
    *(f"request {what}" for what in ("dossier", "letter", "withdraw", "close")),
    *(f"request recording {what}" for what in ("identify", "note")),
}
"""Of requests, those that are theirs; of recordings, those that they heard or asked for."""

SESSION = INTAKE - {"ingest", "audit cosign"} | {
    *("search", "show", "deny", "revoke", "incident report", "incident show", "incident update"),
    *(f"request {what}" for what in ("create", "show", "attach", "detach", "amend", "event")),
    *("request gather", "request close", "hold place", "hold show", "incident close"),
    *(f"request subject {what}" for what in ("add", "change", "find", "show", "list")),
    *(f"complaint {what}" for what in ("receive", "show", "acknowledge", "progress", "outcome")),
    *("retention review", "retention set", "retention dispose", "retention undo"),
    *("archive keep", "archive found"),
}
"""Of a Data Controller, whatever carries no signed statement: it is on record in her name."""

OF_A_CALL = {*NUMBERS, *SURNAMES, *TELLING}

OF_THE_LOG = {"leaf", "node", "checkpoint", "detail", "statement", "failed_login"}


@pytest.fixture(scope="module")
def busy_template(worked_template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """In which each command has something to do.

    R-5 was decided by dora alone, H-5 was placed by hand, I-1 is ready to be closed, C-1 is mia's,
    S-1 is on the register, and drive-b is lost.
    """
    house = practices.copy(worked_template, tmp_path_factory.mktemp("busy"))
    a_request(house, "dora", recordings=(1,))
    approve(house, "R-5", "dora", glass_reason=ANOTHER_REASON)
    done(house, "max", *EVERY["hold place"])
    incident = an_incident(house, "mia", tell="dora")
    for findings in (MILD, ON_RECORD):
        found(house, incident, findings)
    a_complaint(house, "mia")
    a_person(house, "mia")
    for name in ("drive-b", "copies"):
        (house.folder / name).mkdir(mode=0o700)
    done(house, "max", "archive", "--to", str(house.folder / "drive-b"))
    done(house, "max", "archive", "lost", "drive-b", "--noticed", "now")
    give_eve_a_password(house)
    (house.folder / "people.csv").write_text("login,name,role\nlee,Lee Chan,staff\n")
    (house.folder / "rules.toml").write_text("[search]\nwidest_window_days = 31\n")
    return house


@pytest.fixture
def busy(busy_template: House, tmp_path: Path) -> House:
    return practices.copy(busy_template, tmp_path / "house")


@pytest.fixture(scope="module")
def unchanged(busy_template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """One for all who change nothing, as each of their tests asserts."""
    return practices.copy(busy_template, tmp_path_factory.mktemp("unchanged") / "house")


@pytest.fixture(scope="module")
def stolen(unchanged: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("stolen") / "vault"
    shutil.copytree(unchanged.folder / "vault", at)
    return at


def typed(house: House, login: str, command: str, **environ: Path) -> Answer:
    words = [word.format(house=house.folder) for word in EVERY[command]]
    return type_in(house, login, *words, **environ)


def stored(house: House) -> dict[str, list[Any]]:
    """All that the catalogue holds, but for the log."""
    house.open()
    names = rows(house, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        name: [*map(tuple, rows(house, f'SELECT * FROM "{name}"'))]
        for (name,) in names
        if name not in OF_THE_LOG
    }


def test_no_command_is_left_out() -> None:
    assert {name for name in ALL if not name.startswith(NEED_NO_VAULT)} == EVERY.keys()


@pytest.mark.parametrize("command", EVERY)
def test_without_a_password_a_stolen_vault_tells_what_needs_no_key_and_nothing_else(
    command: str, unchanged: House, stolen: Path
) -> None:
    before = stored(unchanged)
    answer = typed(unchanged, "nobody", command, CALLREC_VAULT=stolen)
    assert (answer.status == 6) == (command not in ANYBODY), answer
    assert not answer.out or command in ANYBODY
    assert told(f"{answer.out}{answer.err}".encode(), OF_A_CALL) == set()
    assert stored(unchanged) == before


@pytest.mark.parametrize("command", [name for name in EVERY if name != "ingest"])
def test_the_intake_credential_reads_lists_and_changes_nothing(
    command: str, unchanged: House
) -> None:
    before = stored(unchanged)
    answer = typed(unchanged, "door", command)
    assert (answer.status in {3, 6}) == (command not in INTAKE), answer
    assert not answer.out or command in INTAKE
    assert told(f"{answer.out}{answer.err}".encode(), OF_A_CALL) == set()
    assert stored(unchanged) == before


@pytest.mark.parametrize("command", [name for name in EVERY if name not in STAFF])
def test_staff_are_refused_all_that_is_not_theirs(command: str, unchanged: House) -> None:
    before, size = stored(unchanged), last_leaf(unchanged).seq
    answer = typed(unchanged, "sam", command)
    assert answer.status in {3, 6}
    assert answer.out == ""
    assert stored(unchanged) == before
    newest = last_leaf(unchanged)
    is_on_record = newest.seq > size and newest.outcome is Outcome.REFUSED
    assert is_on_record == (answer.status == 3)


@pytest.mark.parametrize("command", EVERY)
def test_an_open_session_does_what_signs_no_statement_and_nothing_else(
    command: str, busy: House
) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        assert type_in(busy, "dora", "login", XDG_RUNTIME_DIR=memory).status == 0
        before = stored(busy)
        answer = typed(busy, "nobody", command, XDG_RUNTIME_DIR=Path(memory))
    assert (answer.status in {3, 6}) == (command not in SESSION), answer
    if stored(busy) == before:
        return
    assert command in SESSION
    assert last_leaf(busy).actor == busy.actor("dora").person.id

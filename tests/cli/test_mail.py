"""Commands leave their mail to a process of its own, which a real mail server then hears from."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from callrec.mail.post import ANSWER_SECONDS
from callrec.policy.purpose import Purpose
from callrec.system.files import write_private
from house.commands import type_in
from house.complaints import a_complaint
from house.incidents import an_incident
from house.mailbox import PASSWORD, SENDER, USER, Mailbox, a_certificate, mail_server, parsed
from house.practices import PEOPLE, House
from house.requests import a_request, by_sql, pass_days

REASON = "The patient Featherstonehaugh complains that nobody rang back"

PARTICULARS = {
    "--reason": REASON,
    "--date": "4/7/2024",
    "--time": "14:05",
    "--extension": "205",
    "--number": "07700 900461",
    "--party": "Nurse Quackenbush",
    "--about": "Swollen tonsillectomy scar",
}

CANARIES = (
    *("Featherstonehaugh", "Quackenbush", "tonsillectomy", "900461", "rang back"),
    *(word for full_name, _ in PEOPLE.values() for word in full_name.split()),
    PASSWORD,
    USER,
)

ADDRESS = "somebody@practice.test"


@pytest.fixture
def asked(house: House) -> House:
    """A practice where sam has made R-1, and nobody was told of it."""
    a_request(house, recordings=())
    return house


def configure(house: House, server: Mailbox, *lines: str, login: str = "sam") -> Path:
    """A configuration that leads there, secured by nothing unless ``lines`` say so.

    Only one person has an address.
    """
    secured = lines or ("starttls = false",)
    passwords = ["[passwords]", "approver_memory_mib = 64"]
    at = ["[mail]", 'host = "127.0.0.1"', f"port = {server.port}", f'sender = "{SENDER}"']
    file = house.folder / "callrec.toml"
    file.write_text(
        "\n".join([*passwords, *at, *secured, "[mail.people]", f'{login} = "{ADDRESS}"', ""])
    )
    return file


def deny(house: House, config: Path) -> None:
    """Max denies it, which sam is told of."""
    words = ("deny", "R-1", "--reason", "It was looked into and is not needed", "--yes")
    answer = type_in(house, "max", *words, CALLREC_CONFIG=config)
    assert (answer.status, answer.err) == (0, "by max\n")


def listed(house: House, config: Path) -> list[dict[str, Any]]:
    """What the outbox holds, as anybody may list it."""
    answer = type_in(house, "nobody", "mail", "list", "--json", CALLREC_CONFIG=config)
    items: list[dict[str, Any]] = json.loads(answer.out)["items"]
    return items


def wait_for_sender(house: House) -> None:
    """Until a sender that is at work is done: it holds this lock as long."""
    folder = os.open(house.folder / "vault", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    os.close(folder)


def processes_of(house: House) -> list[Path]:
    """Other processes that work on this vault, in /proc."""
    mark = f"CALLREC_VAULT={house.folder / 'vault'}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environ = (process / "environ").read_bytes().split(b"\0")
        except OSError:  # gone meanwhile, or somebody else's
            continue
        if mark in environ and process.name != str(os.getpid()):
            found.append(process)
    return found


def test_what_a_command_did_is_told_when_it_is_over(asked: House) -> None:
    with mail_server() as server:
        config = configure(asked, server)
        deny(asked, config)
        event = server.event()
        wait_for_sender(asked)
    assert event["to"] == [ADDRESS]
    assert parsed(event)["Subject"] == "R-1 was denied"
    (item,) = listed(asked, config)
    assert item["to"] == "sam"
    assert item["taken_at"] is not None


def test_nothing_of_the_request_and_no_name_is_in_a_message(house: House) -> None:
    with mail_server() as server:
        words = [word for pair in PARTICULARS.items() for word in pair]
        config = configure(house, server, login="mia")
        answer = type_in(
            house, "sam", "request", "create", "protect-parties", *words, CALLREC_CONFIG=config
        )
        assert answer.status == 0, answer
        text = server.event()["text"]
    assert "R-1 awaits your decision" in text
    assert [word for word in CANARIES if word.casefold() in text.casefold()] == []


def test_it_goes_under_tls_with_the_password_of_a_file(asked: House, tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    write_private(asked.folder / "mail.password", f"{PASSWORD}\n".encode())
    with mail_server(certificate=certificate, user=USER) as server:
        secured = (f'ca_file = "{certificate}"', f'user = "{USER}"')
        beside = 'password_file = "mail.password"'
        deny(asked, configure(asked, server, *secured, beside))
        event = server.event()
    assert (event["encrypted"], event["user"]) == (True, USER)


def test_what_sends_has_no_password_at_hand_and_nothing_on_its_line(asked: House) -> None:
    with mail_server(asks=True) as server:
        config = configure(asked, server)
        deny(asked, config)
        server.event()
        (sender,) = processes_of(asked)
        line = (sender / "cmdline").read_text().rstrip("\0").split("\0")
        environ = dict(
            each.split("=", 1) for each in (sender / "environ").read_text().split("\0") if each
        )
        streams = {(sender / "fd" / number).readlink() for number in "012"}
        session, place = os.getsid(int(sender.name)), (sender / "cwd").readlink()
        server.go_on()
        wait_for_sender(asked)
    assert line == [sys.executable, "-I", "-m", "callrec"]
    ours = {name: value for name, value in environ.items() if name.startswith("CALLREC_")}
    vault = str(asked.folder / "vault")
    assert ours == {"CALLREC_CONFIG": str(config), "CALLREC_VAULT": vault}
    assert streams == {Path("/dev/null")}
    assert session != os.getsid(0)
    assert place == Path("/")


def test_a_server_that_never_answers_keeps_no_command_waiting(asked: House) -> None:
    with mail_server(instead="") as server:
        config = configure(asked, server)
        began = time.monotonic()
        deny(asked, config)
        assert server.event()["event"] == "connected"
        assert time.monotonic() - began < ANSWER_SECONDS
    assert [item["taken_at"] for item in listed(asked, config)] == [None]


def test_a_server_that_is_down_fails_no_command_and_gets_it_later(asked: House) -> None:
    with mail_server() as server:
        config = configure(asked, server)
    deny(asked, config)
    with mail_server(port=server.port) as again:
        asked.at = asked.at.replace(hour=18)
        answer = type_in(asked, "nobody", "mail", "send", CALLREC_CONFIG=config)
        assert answer.status == 0, answer
        assert again.event()["to"] == [ADDRESS]


def test_what_the_server_does_not_take_is_told_by_its_code_alone(asked: House) -> None:
    with mail_server(answers={"RCPT": [f"550 {ADDRESS} is unknown"] * 9}) as server:
        config = configure(asked, server)
        deny(asked, config)
        answer = type_in(asked, "nobody", "mail", "send", CALLREC_CONFIG=config)
    assert answer.status == 8
    assert answer.err == (
        "callrec: error: the mail server did not take 1 of the messages: it said 550\n"
        "callrec: hint: callrec practice mail list shows which; see their addresses under"
        " [mail.people]\n"
    )


@pytest.mark.parametrize(
    "change", ["UPDATE request SET state = 'denied' WHERE number = 1", "DELETE FROM clock_event"]
)
def test_a_row_that_somebody_changed_is_told_once_all_reminders_went(
    house: House, change: str
) -> None:
    a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=())
    an_incident(house, noticed_at=house.at.replace(hour=9))
    pass_days(house, 1)
    by_sql(house, change)
    with mail_server() as server:
        config = configure(house, server, login="dora")
        answer = type_in(house, "nobody", "mail", "remind", CALLREC_CONFIG=config)
        assert "I-1 waits to be assessed" in server.message().get_content()
    assert (answer.status, answer.out) == (5, "reminders: 1, taken: 1, waiting: 0\n")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE complaint SET received_on = '2026-11-30'",
        "UPDATE incident SET aware_at = aware_at + 1",
        "UPDATE person SET login = 'maximilian' WHERE login = 'max'",
    ],
)
def test_whatever_reminders_go_by_is_as_it_was_signed_for(house: House, change: str) -> None:
    an_incident(house)
    a_complaint(house)
    by_sql(house, change)
    with mail_server() as server:
        config = configure(house, server, login="dora")
        assert type_in(house, "nobody", "mail", "remind", CALLREC_CONFIG=config).status == 5


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_password_that_cannot_be_had_is_told_without_it(asked: House, mode: int) -> None:
    with mail_server() as server:
        file = asked.folder / "mail.password"
        if mode == 0o640:
            write_private(file, f"{PASSWORD}\n".encode())
            file.chmod(mode)
        lines = (f'user = "{USER}"', 'password_file = "mail.password"')
        config = configure(asked, server, *lines)
        answer = type_in(asked, "nobody", "mail", "send", CALLREC_CONFIG=config)
    assert answer.status == 7
    assert "mail.password" in answer.err
    assert [secret for secret in (PASSWORD, USER) if secret in answer.err] == []


def test_without_a_mail_server_no_command_leaves_anything_to_send(asked: House) -> None:
    config = asked.folder / "callrec.toml"
    config.write_text('[mail.people]\nsam = "somebody@practice.test"\n')
    deny(asked, config)
    assert listed(asked, config) == []
    assert processes_of(asked) == []

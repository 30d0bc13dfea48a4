"""Messages handed to a real mail server, and what is said when it does not take them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callrec.config import Mail
from callrec.errors import CallrecError, Failed, Misconfigured
from callrec.mail import post
from callrec.mail.post import MailMessage, MessageRefused, smtp_connection
from house.mailbox import PASSWORD, SENDER, USER, a_certificate, mail_server, parsed

ADDRESS = "dora.whitlock@practice.test"


def a_letter(**otherwise: Any) -> MailMessage:
    known = {
        "to": ADDRESS,
        "subject": "R-17 awaits your decision",
        "text": "R-17 awaits your decision, due 3 December 2026.\n\nSiân's Surgery\n",
        "written_at": datetime(2026, 11, 24, 12, tzinfo=UTC),
        "name": "1.2.abc",
    }
    return MailMessage(**{**known, **otherwise})


def send(mail: Mail, *letters: MailMessage, password: str = "") -> None:
    with smtp_connection(mail, password) as hand_over:
        for letter in letters or (a_letter(),):
            hand_over(letter)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_certificate(tmp_path_factory.mktemp("certificate"))


def test_a_message_has_its_headers_and_its_text() -> None:
    with mail_server() as server:
        send(server.mail())
        event = server.event()
    message = parsed(event)
    assert (event["sender"], event["to"]) == (SENDER, [ADDRESS])
    assert dict(message.items()) == {
        "Date": "Tue, 24 Nov 2026 12:00:00 +0000",
        "From": SENDER,
        "To": ADDRESS,
        "Subject": "R-17 awaits your decision",
        "Message-ID": "<1.2.abc@practice.test>",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
    }
    assert message.get_content() == a_letter().text
    assert event["text"].isascii()


def test_the_server_is_not_told_what_this_machine_is_called() -> None:
    with mail_server() as server:
        send(server.mail())
        assert server.event()["greeting"] == "practice.test"


def test_several_messages_go_by_one_connection() -> None:
    with mail_server() as server:
        send(server.mail(), a_letter(name="1"), a_letter(name="2"))
        names = [server.message()["Message-ID"] for _ in range(2)]
    assert names == ["<1@practice.test>", "<2@practice.test>"]


def test_a_login_goes_under_tls_to_a_certificate_that_is_trusted(certificate: Path) -> None:
    with mail_server(certificate=certificate, user=USER) as server:
        secured = {"starttls": True, "ca_file": certificate}
        login = {"user": USER, "password_file": certificate}
        send(server.mail(**secured, **login), password=PASSWORD)
        event = server.event()
    assert event["encrypted"]
    assert event["user"] == USER


@contextmanager
def told(kind: type[CallrecError], match: str) -> Iterator[None]:
    """An error of that kind, without an address, a login or a password in it."""
    with pytest.raises(kind, match=match) as error:
        yield
    said = f"{error.value.message} {error.value.hint} {error.value!r}"
    assert [secret for secret in (ADDRESS, USER, PASSWORD) if secret in said] == []
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_a_certificate_that_is_not_trusted_here_is_not_spoken_to(certificate: Path) -> None:
    with mail_server(certificate=certificate, user=USER) as server:
        mail = server.mail(starttls=True, user=USER, password_file=certificate)
        with told(Failed, "certificate is not one that is trusted"):
            send(mail, password=PASSWORD)
        assert server.is_quiet


def test_a_certificate_of_another_server_is_not_spoken_to(certificate: Path) -> None:
    with mail_server(certificate=certificate) as server:
        mail = server.mail(starttls=True, ca_file=certificate, host="localhost")
        with told(Failed, "certificate is not one that is trusted"):
            send(mail)


def test_a_server_without_tls_gets_no_message_and_no_password(certificate: Path) -> None:
    with mail_server() as server:
        mail = server.mail(starttls=True, user=USER, password_file=certificate)
        with told(Failed, "offers no TLS"):
            send(mail, password=PASSWORD)
        assert server.is_quiet


def test_no_password_goes_without_tls_whatever_the_configuration_says(certificate: Path) -> None:
    with mail_server(user=USER) as server:
        mail = server.mail(starttls=True, user=USER, password_file=certificate)
        with told(Misconfigured, r"not sent without mail\.starttls"):
            send(mail.model_copy(update={"starttls": False}), password=PASSWORD)


def test_a_wrong_password_is_told(certificate: Path) -> None:
    with mail_server(certificate=certificate, user=USER) as server:
        secured = {"starttls": True, "ca_file": certificate}
        mail = server.mail(**secured, user=USER, password_file=certificate)
        with told(Failed, "refused the login"):
            send(mail, password="another one")
        with told(Misconfigured, "not ASCII"):
            send(mail, password="Schlüssel")


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no certificate\n")
    with mail_server() as server:
        for file in (tmp_path / "missing.pem", tmp_path / "no.pem"):
            with told(Misconfigured, r"mail\.ca_file cannot be read"):
                send(server.mail(starttls=True, ca_file=file))


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize("code", [450, 550])
def test_a_message_that_is_not_taken_has_a_code_and_the_next_one_goes(step: str, code: int) -> None:
    with (
        mail_server(answers={step: [f"{code} <{ADDRESS}> is not known here"]}) as server,
        smtp_connection(server.mail(), "") as hand_over,
    ):
        with told(MessageRefused, f"it answered {code}$"):
            hand_over(a_letter(name="1"))
        hand_over(a_letter(name="2"))
        found = [server.message() for _ in range(2 if step == "DATA" else 1)]
    assert found[-1]["Message-ID"] == "<2@practice.test>"


def test_a_server_that_closes_is_not_a_message_that_is_refused() -> None:
    with mail_server(answers={"RCPT": ["421 bye"]}) as server, told(Failed, "closed"):
        send(server.mail())


def test_a_server_that_is_down_is_told() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        with mail_server() as server:
            mail = server.mail(port=taken.getsockname()[1])
        with told(Failed, "cannot be reached: connection refused"):
            send(mail)


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "ANSWER_SECONDS", 1)
    began = time.monotonic()
    with mail_server(instead="") as server:
        with told(Failed, "did not answer in time"):
            send(server.mail())
        assert [server.event()["event"] for _ in range(2)] == ["connected", "left"]
    assert time.monotonic() - began < 20


def test_what_is_no_mail_server_is_told() -> None:
    with (
        mail_server(instead="HTTP/1.1 400 Bad Request\r\n") as server,
        told(Failed, "does not speak as a mail server does"),
    ):
        send(server.mail())


def test_a_server_that_wants_nobody_is_told() -> None:
    with mail_server(instead="554 go away\r\n") as server, told(Failed, "server answered 554"):
        send(server.mail())


def test_a_letter_shows_nothing_of_itself() -> None:
    assert ADDRESS not in repr(a_letter())

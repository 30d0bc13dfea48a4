"""A mail server to send to, and what it was given."""

from __future__ import annotations

import email
import ipaddress
import json
import os
import select
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callrec.config import Mail
from house.practices import House
from house.processes import environment, program

USER, PASSWORD = "callrec-post", "correct horse battery staple"

SENDER = "callrec@practice.test"

PATIENCE = 60
"""Seconds after which something that should have happened has not."""


@dataclass
class Mailbox:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int = 0
    _left_over: bytes = field(default=b"", repr=False)

    def event(self) -> dict[str, Any]:
        """The next thing that happened; waits for it."""
        while b"\n" not in self._left_over:
            assert self.process.stdout is not None
            there, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            assert there, "the mail server saw nothing"
            read = os.read(self.process.stdout.fileno(), 1 << 16)
            assert read, "the mail server is gone"
            self._left_over += read
        line, _, self._left_over = self._left_over.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def message(self) -> EmailMessage:
        """The next message; waits for it."""
        return parsed(self.event())

    def go_on(self) -> None:
        """Let it answer what it asked about."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    @property
    def is_quiet(self) -> bool:
        """Nothing happened that was not asked for."""
        assert self.process.stdout is not None
        there, _, _ = select.select([self.process.stdout], [], [], 0)
        return not there and not self._left_over

    def mail(self, **otherwise: Any) -> Mail:
        """The configuration that leads here, where dora, max and sam have addresses."""
        people = {login: f"{login}@practice.test" for login in ("dora", "max", "sam")}
        plain = {"host": "127.0.0.1", "port": self.port, "starttls": False, "sender": SENDER}
        return Mail.model_validate({"people": people, **plain, **otherwise})


@contextmanager
def mail_server(
    *,
    port: int = 0,
    certificate: Path | None = None,
    user: str = "",
    asks: bool = False,
    instead: str | None = None,
    answers: Mapping[str, list[str]] | None = None,
) -> Iterator[Mailbox]:
    """A mail server while the block runs.

    Args:
        port: where it listens; 0: anywhere.
        certificate: PEM with key and certificate: it then insists on STARTTLS.
        user: who has to log in, with PASSWORD.
        asks: it answers DATA when it is told to.
        instead: it says that and never another word.
        answers: to RCPT and DATA, one after the other; then 250.
    """
    how = {
        "port": port,
        "certificate": str(certificate) if certificate else "",
        "user": user,
        "password": PASSWORD,
        "asks": asks,
        "instead": instead,
        "answers": dict(answers or {}),
    }
    with subprocess.Popen(
        program("house.smtp_server", json.dumps(how)),
        env=environment(PYTHONWARNINGS="ignore"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    ) as process:
        try:
            mailbox = Mailbox(process)
            mailbox.port = mailbox.event()["port"]
            yield mailbox
        finally:
            process.kill()


def parsed(event: dict[str, Any]) -> EmailMessage:
    """The message that the server was given."""
    assert event["event"] == "message", event
    return email.message_from_string(event["text"].replace("\r\n", "\n"), policy=default)


def use_mail(house: House, mail: Mail) -> None:
    """Let a practice send its mail so from here on."""
    house.config = house.config.model_copy(update={"mail": mail})
    house.open()


def a_certificate(folder: Path) -> Path:
    """A certificate that the practice made itself, for 127.0.0.1, and its key: one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file

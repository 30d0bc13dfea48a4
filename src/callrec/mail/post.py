"""Hand messages to the practice's SMTP server; the only module that knows the protocol.

No error repeats the server's reply, which may hold an address or a login.
Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 3834 (automatic messages).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from callrec.config import Mail
from callrec.dataclass import dataclass
from callrec.errors import Failed, Misconfigured

ANSWER_SECONDS: Final = 20
"""Seconds to wait for an answer of the server."""

NO_REPLY: Final = 421
"""The server is closing the connection (RFC 5321, 4.2.2)."""

_WORDS: Final = (
    (
        ssl.SSLCertVerificationError,
        "the mail server's certificate is not one that is trusted here",
        "see mail.host, and mail.ca_file for a certificate of the practice's own",
    ),
    (
        smtplib.SMTPAuthenticationError,
        "the mail server refused the login",
        "see mail.user and mail.password_file",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "the mail server offers no TLS, or no login",
        "see mail.port and mail.starttls",
    ),
    (
        smtplib.SMTPServerDisconnected,
        "the mail server closed the connection or did not answer in time",
        "callrec practice mail send tries again",
    ),
    (TimeoutError, "the mail server cannot be reached in time", "see mail.host and mail.port"),
)
"""What went wrong, what to say of it, and where to look."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MailMessage:
    """A message as it is sent. Its repr shows nothing."""

    to: str
    """Mail address."""
    subject: str
    text: str
    written_at: datetime
    name: str
    """Makes its Message-ID, the same for each copy that is sent of it."""


class MessageRefused(Failed):
    """The server did not take one message, with an SMTP code; another message it may take."""

    def __init__(self, code: int) -> None:
        super().__init__(
            f"the mail server did not take a message: it answered {code}",
            hint="see its address under [mail.people], or ask the person who runs the mail server",
        )
        self.code = code


@contextmanager
def smtp_connection(mail: Mail, password: str) -> Iterator[Callable[[MailMessage], None]]:
    """Connect to the server; what is given hands over one letter and returns once it is taken.

    Handing over raises MessageRefused where the server does not take a letter, else Failed.
    """
    trusted = None
    if mail.starttls:
        try:
            trusted = ssl.create_default_context(cafile=mail.ca_file)
        except OSError as error:
            raise Misconfigured(
                "the certificates in mail.ca_file cannot be read", hint="they are to be PEM"
            ) from error
    with _explained():
        server = smtplib.SMTP(
            mail.host,
            mail.port,
            local_hostname=_domain(mail),  # or it would be asked of the DNS, for long perhaps
            timeout=ANSWER_SECONDS,
        )
    try:
        with _explained():
            _enter(server, mail, password, trusted)
        yield lambda letter: _hand_over(server, mail, letter)
        with suppress(OSError, smtplib.SMTPException):  # everything is taken already
            server.quit()
    finally:
        server.close()


def _domain(mail: Mail) -> str:
    return mail.sender.rpartition("@")[2]


def _enter(server: smtplib.SMTP, mail: Mail, password: str, trusted: ssl.SSLContext | None) -> None:
    if trusted is not None:
        server.starttls(context=trusted)
    if not mail.user:
        return
    if trusted is None:  # the configuration cannot be so; a password is worth a second look
        raise Misconfigured("a password is not sent without mail.starttls")
    if not password.isascii():
        raise Misconfigured("the mail server's password is not ASCII, which its protocol wants")
    server.login(mail.user, password)


def _hand_over(server: smtplib.SMTP, mail: Mail, letter: MailMessage) -> None:
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(letter.written_at)
    message["From"] = mail.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Message-ID"] = f"<{letter.name}@{_domain(mail)}>"
    message["Auto-Submitted"] = "auto-generated"
    # Not 8bit: a server need not offer to pass that on.
    message.set_content(letter.text, cte="quoted-printable")
    with _explained():
        try:
            server.send_message(message, from_addr=mail.sender, to_addrs=[letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _),) = error.recipients.values()
            raise _not_taken(code) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _not_taken(error.smtp_code) from None


def _not_taken(code: int) -> Failed:
    if code == NO_REPLY:
        return _in_our_words(smtplib.SMTPServerDisconnected())
    return MessageRefused(code)


@contextmanager
def _explained() -> Iterator[None]:
    """Errors of the protocol in our own words; theirs quote addresses and the server's reply."""
    try:
        yield
    except OSError as error:  # as all of smtplib's are
        raise _in_our_words(error) from None


def _in_our_words(error: OSError) -> Failed:
    for kind, message, hint in _WORDS:
        if isinstance(error, kind):
            return Failed(message, hint=hint)
    reason = error.strerror or type(error).__name__
    message = f"the mail server cannot be reached: {reason.lower()}"
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        message = f"the mail server answered {error.smtp_code}"
    elif isinstance(error, smtplib.SMTPException):  # a code of -1: the answer has none
        message = "what is there does not speak as a mail server does"
    return Failed(message, hint="see mail.host and mail.port")

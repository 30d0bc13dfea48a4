"""Send what waits, and decide when to try again.

A message is marked as tried before it is offered, and as taken once the server has taken it. A
process killed in between leaves it to be sent again, recognisably the same.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from callrec.catalogue.engine import alone, reading, transaction
from callrec.catalogue.tables import to_millis
from callrec.errors import Misconfigured, Tampered
from callrec.login.people import logins
from callrec.mail.outbox import (
    Message,
    addresses_of,
    is_in_our_form,
    last_taken_at,
    mark_taken,
    mark_tried,
    read_messages,
)
from callrec.mail.post import MailMessage, MessageRefused, smtp_connection
from callrec.policy.days import short_date
from callrec.practice import Practice
from callrec.system.files import lock, open_folder_lock

_COMMANDS: Final = {"R": "request", "I": "incident", "C": "complaint"}
"""What shows a thing, by the letter that its reference begins with."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """What one run did."""

    taken: int
    refused: tuple[int, ...]
    """The SMTP code for each message that the server did not take."""
    waiting: int
    """Messages that are left, those to people without an address among them."""


def send_waiting(practice: Practice, password: str) -> SentMail:
    """Send what waits, however lately it was tried; what is queued meanwhile too.

    One run after another: a second waits until the first is done.

    Args:
        practice: the open vault.
        password: of ``mail.user``; empty where that is empty.

    Raises:
        Misconfigured: no mail server is configured, or its certificates cannot be read.
        Failed: the server cannot be used, or the vault cannot be written.
        Tampered: a line is none of ours; the others are sent.
    """
    mail = practice.config.mail
    if not mail.host:
        raise Misconfigured(
            "no mail server is configured", hint="set host under [mail]: see config.example.toml"
        )
    tried: set[int] = set()
    refused: list[int] = []
    with _alone(practice):
        while messages := _claim(practice, tried):
            tried.update(message.id for message, _ in messages)
            with smtp_connection(mail, password) as hand_over:
                for message, address in messages:
                    try:
                        hand_over(_letter(practice, message, address))
                    except MessageRefused as refusal:
                        refused.append(refusal.code)
                        continue
                    with transaction(practice.engine) as connection:
                        mark_taken(connection, message.id, practice.now())
    with reading(practice.engine) as connection:
        waiting = read_messages(connection, waiting=True)
    if not all(map(is_in_our_form, waiting)):
        raise Tampered("the outbox holds a message that callrec did not write; it is not sent")
    return SentMail(len(tried) - len(refused), tuple(refused), len(waiting))


def _claim(practice: Practice, tried: Collection[int]) -> list[tuple[Message, str]]:
    """What waits and was not tried in this run, with each one's address.

    It is marked as tried first: from a copy that cannot be written nothing is ever sent, and a
    process that is killed leaves the server in peace for a while.
    """
    with reading(practice.engine) as connection:
        known = addresses_of(practice, connection)
        found = [
            (message, known[message.to])
            for message in read_messages(connection, waiting=True)
            if message.id not in tried and message.to in known and is_in_our_form(message)
        ]
    if found:
        with transaction(practice.engine) as connection:
            mark_tried(connection, [message.id for message, _ in found], practice.now())
    return found


def _letter(practice: Practice, message: Message, address: str) -> MailMessage:
    return MailMessage(
        to=address,
        subject=message.line.partition(",")[0].partition(";")[0],
        text=f"{message.line}.\n\nTo see it, {_where(practice, message)}\n\n{practice.name}\n",
        written_at=message.made_at,
        name=f"{message.id}.{to_millis(message.made_at)}.{practice.vault[:12]}",
    )


def _where(practice: Practice, message: Message) -> str:
    """The page of the desk, where there is one for the network; else what to type."""
    noun = _COMMANDS.get(message.about[0])
    if origin := practice.config.desk.origin:
        page = f"{noun}s/{message.about}" if noun else ""
        return f"open {origin}/{page}"
    return f"type: callrec {noun} show {message.about}" if noun else "type: callrec inbox"


@contextmanager
def _alone(practice: Practice) -> Iterator[None]:
    """Let nobody else send mail of this vault meanwhile; the lock ends with the process."""
    held = open_folder_lock(practice.folder)
    try:
        lock(held)
        with alone(practice.engine, "mail", waits=True):
            yield
    finally:
        os.close(held)


FIRST_PAUSE: Final = timedelta(minutes=5)
"""How long commands that are about something else leave a server alone that took nothing."""

LONGEST_PAUSE: Final = timedelta(days=1)
"""How long at most one message is left alone."""

LATE_AFTER: Final = timedelta(hours=1)
"""What waits longer is shown in `callrec status`."""

NO_TIME: Final = timedelta(0)


def is_time_to_send(practice: Practice) -> bool:
    """Whether something waits that is to be tried now, by a command that is about something else.

    A message that was tried in vain waits as long again as it has waited: five minutes at the
    least, a day at most. After a try of which nothing was taken all wait for five minutes.
    """
    if not practice.config.mail.host:
        return False
    with reading(practice.engine) as connection:
        waiting = sendable_messages(practice, connection)
        taken_at = last_taken_at(connection)
    now = practice.now()
    tried = [message.tried_at for message in waiting if message.tried_at is not None]
    in_vain = bool(tried) and (taken_at is None or taken_at < max(tried))
    if in_vain and NO_TIME <= now - max(tried) < FIRST_PAUSE:
        return False
    return any(_is_due(message, now) for message in waiting)


def mail_warnings(practice: Practice) -> Iterator[str]:
    """What is wrong with the mail, a line each."""
    called, mail = logins(practice), practice.config.mail
    with reading(practice.engine) as connection:
        waiting = sendable_messages(practice, connection)
    late = [each for each in waiting if each.made_at <= practice.now() - LATE_AFTER]
    if late:
        since = late[0].made_at.astimezone(practice.settings.time_zone)
        yield f"mail waits since {short_date(since)}, {since:%H:%M}; run callrec practice mail list"
    unknown = len(set(mail.people) - set(called.values()))
    if unknown:
        yield f"[mail.people] gives an address to {unknown} whose login nobody has"


def sendable_messages(practice: Practice, connection: Connection) -> list[Message]:
    """What waits for people who are in force and have an address."""
    known = addresses_of(practice, connection)
    messages = read_messages(connection, waiting=True)
    return [message for message in messages if message.to in known]


def _is_due(message: Message, now: datetime) -> bool:
    if message.tried_at is None:
        return True
    waited = message.tried_at - message.made_at
    # A clock that was set back must not keep it for ever.
    return not NO_TIME <= now - message.tried_at < min(max(waited, FIRST_PAUSE), LONGEST_PAUSE)

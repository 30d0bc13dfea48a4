"""Send what waits.

A message is marked as tried before it is offered, and as taken once the server has taken it. A
process killed in between leaves it to be sent again, recognisably the same.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from callrec.catalogue.engine import alone, reading, transaction
from callrec.catalogue.tables import to_millis
from callrec.dataclass import dataclass
from callrec.errors import Misconfigured, Tampered
from callrec.mail.outbox import (
    Message,
    addresses_of,
    is_in_our_form,
    mark_taken,
    mark_tried,
    read_messages,
)
from callrec.mail.post import MailMessage, MessageRefused, smtp_connection
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

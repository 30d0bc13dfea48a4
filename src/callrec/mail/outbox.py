"""The outbox: messages by mail, queued with what they tell of and kept when they are taken.

A message is one line. It says that something waits or was decided, never what a call was about or
who was on it: mail is read on telephones and by other people's servers (docs/reference/mail.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading, update_row
from callrec.catalogue.tables import from_millis, to_millis
from callrec.dataclass import dataclass
from callrec.login.people import logins
from callrec.policy.days import short_date
from callrec.policy.role import Standing
from callrec.practice import Practice

_ABOUT: Final = re.compile(r"(?:[RIC]-[1-9][0-9]{0,8}|calls|drives)")

_LINE: Final = re.compile(rf"({_ABOUT.pattern}):? [A-Za-z0-9 ,;:'-]{{1,160}}")
"""What a line may be made of: no address, no link, nothing that a mail header gives a meaning."""

FIRST_PAUSE: Final = timedelta(minutes=5)
"""How long commands that are about something else leave a server alone that took nothing."""

LONGEST_PAUSE: Final = timedelta(days=1)
"""How long at most one message is left alone."""

LATE_AFTER: Final = timedelta(hours=1)
"""What waits longer is shown in `callrec status`."""

NO_TIME: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Message:
    """One line to one person."""

    id: int
    to: str
    """The person's id."""
    line: str
    made_at: datetime
    tried_at: datetime | None
    """When it was last offered to the mail server."""
    taken_at: datetime | None
    """When the mail server took it over."""

    @property
    def about(self) -> str:
        """``R-17``, ``I-3``, ``C-2``, calls or drives: how the line begins; empty if not so."""
        found = _ABOUT.match(self.line)
        return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message as people read of it."""

    message: Message
    login: str
    has_address: bool
    """Whether an address is known to which it can be sent."""


def queue_mail(
    practice: Practice, connection: Connection, *, to: Iterable[str], about: str, line: str
) -> int:
    """Queue a line for each of these people, in the transaction of what it tells of.

    Returns how many were queued: none for people without an address in the configuration or not in
    force, and none about a number that nobody could type, which somebody wrote into the catalogue.
    """
    if not _ABOUT.fullmatch(about):
        return 0
    found = _LINE.fullmatch(line)
    assert found is not None  # noqa: S101 - a line is never typed
    assert found[1] == about  # noqa: S101
    addresses = addresses_of(practice, connection)
    known = [person for person in dict.fromkeys(to) if person in addresses]
    message = tables.outbox.insert().values(line=line, made_at=to_millis(practice.now()))
    newest = connection.execute(select(func.max(tables.outbox.c.id))).scalar() or 0
    for number, person in enumerate(known, newest + 1):
        connection.execute(message.values(id=number, person=person))
    return len(known)


def addresses_of(practice: Practice, connection: Connection) -> Mapping[str, str]:
    """Person id -> mail address, of everybody who is notified by mail."""
    if not practice.config.mail.host:
        return {}
    at = practice.config.mail.people
    person, register = tables.person.c, practice.register
    rows = connection.execute(select(person.id, person.login).where(person.login.in_(sorted(at))))
    return {
        row.id: at[row.login]
        for row in rows
        if (voucher := register.voucher(row.id)) is not None
        and voucher.person.standing is Standing.CONFIRMED
    }


def read_messages(
    connection: Connection, *, about: str | None = None, waiting: bool = False
) -> tuple[Message, ...]:
    """Every message, or those about one thing, or not taken yet; oldest first."""
    outbox = tables.outbox
    query = select(outbox).order_by(outbox.c.id)
    if waiting:
        query = query.where(outbox.c.taken_at.is_(None))
    every = (
        Message(
            id=row.id,
            to=row.person,
            line=row.line,
            made_at=from_millis(row.made_at),
            tried_at=None if row.tried_at is None else from_millis(row.tried_at),
            taken_at=None if row.taken_at is None else from_millis(row.taken_at),
        )
        for row in connection.execute(query)
    )
    return tuple(each for each in every if about in (None, each.about))


def list_messages(practice: Practice, *, about: str | None = None) -> tuple[ListedMessage, ...]:
    """As `read_messages`, each with the login it is for."""
    called = logins(practice)
    with reading(practice.engine) as connection:
        known = addresses_of(practice, connection)
        messages = read_messages(connection, about=about)
    return tuple(ListedMessage(each, called[each.to], each.to in known) for each in messages)


def last_taken_at(connection: Connection) -> datetime | None:
    """When the mail server last took a message; None if it never did."""
    newest = connection.execute(select(func.max(tables.outbox.c.taken_at))).scalar()
    return None if newest is None else from_millis(newest)


def mark_tried(connection: Connection, messages: Collection[int], at: datetime) -> None:
    """Write down when these were offered to the mail server."""
    outbox = tables.outbox
    chosen = outbox.c.id.in_(sorted(messages))
    connection.execute(outbox.update().where(chosen).values(tried_at=to_millis(at)))


def mark_taken(connection: Connection, message: int, at: datetime) -> None:
    """Write down when the mail server took one over."""
    update_row(connection, tables.outbox, message, taken_at=to_millis(at))


def is_in_our_form(message: Message) -> bool:
    """Whether it looks like what callrec writes.

    Anyone who can write to the database may have put it there; all they can make callrec send is a
    false line to a colleague, without link or address.
    """
    return _LINE.fullmatch(message.line) is not None


def notify(
    practice: Practice, connection: Connection, reference: str, what: str, *, to: str, by: str = ""
) -> None:
    """Something happened to a request; ``what`` completes the sentence that begins with it."""
    if to != by:
        line = f"{reference} {what}"
        queue_mail(practice, connection, to=[to], about=reference, line=line)


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

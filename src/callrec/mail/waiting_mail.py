"""When mail that waits is to be tried again, and when somebody is to be told that it waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from callrec.catalogue.engine import reading
from callrec.login.people import logins
from callrec.mail.outbox import addresses_of, last_taken_at, read_waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from callrec.mail.outbox import Message
    from callrec.practice import Practice

FIRST_PAUSE: Final = timedelta(minutes=5)
"""How long a server that took nothing is left alone by commands that are about something else."""

LONGEST_PAUSE: Final = timedelta(days=1)
"""How long at most one message is left alone."""

LATE_AFTER: Final = timedelta(hours=1)
"""What waits longer is told of in `callrec status`."""

NO_TIME: Final = timedelta(0)


def is_time_to_send(practice: Practice) -> bool:
    """Whether something waits that is to be tried now, by a command that is about something else.

    A message that was tried in vain waits as long again as it has waited: five minutes at the
    least, a day at most. After a try of which nothing was taken all wait for five minutes.
    """
    if not practice.config.mail.host:
        return False
    with reading(practice.engine) as connection:
        known = addresses_of(practice, connection)
        waiting = [message for message in read_waiting(connection) if message.to in known]
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
        # What is for somebody who has left, or has no address, waits for nothing.
        known = addresses_of(practice, connection)
        waiting = [message for message in read_waiting(connection) if message.to in known]
    late = [each for each in waiting if each.made_at <= practice.now() - LATE_AFTER]
    if late:
        since = late[0].made_at.astimezone(practice.config.time_zone)
        yield f"mail waits since {since:%Y-%m-%d %H:%M}; run callrec mail list"
    unknown = len(set(mail.people) - set(called.values()))
    if unknown:
        yield f"[mail.people] gives an address to {unknown} whose login nobody has"


def _is_due(message: Message, now: datetime) -> bool:
    if message.tried_at is None:
        return True
    waited = message.tried_at - message.made_at
    # A clock that was set back must not keep it for ever.
    return not NO_TIME <= now - message.tried_at < min(max(waited, FIRST_PAUSE), LONGEST_PAUSE)

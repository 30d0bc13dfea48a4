"""A process that holds one login's keys: it answers the pages that one browser asks for.

It is started when somebody logs in and ends with the login. It reads messages from the serving
process and nothing else; what it answers has no key in it. Nobody can trace it or have it dump
core. While it waits it holds the session's secret, and for some minutes after a password the
person's identity; both go with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from callrec.audit.session import DESK, DESK_IDLE_LIMIT
from callrec.config import Config
from callrec.dataclass import dataclass
from callrec.desk.beside import Beside
from callrec.desk.drafts import keep_late, restore_drafts
from callrec.desk.exchange import (
    Answered,
    Asked,
    answered_as_message,
    asked_from_message,
    receive,
    send,
)
from callrec.desk.factors import Presented, presents
from callrec.desk.pages.account import ask_password
from callrec.desk.rendering import cannot_open, error_page, to
from callrec.desk.routes import find_page
from callrec.desk.seat import PasswordNeeded, Seat, source_at
from callrec.desk.telling import say_bug
from callrec.desk.twice import done_before, remember
from callrec.errors import CallrecError, Failed, Locked
from callrec.login.factors import factors_of
from callrec.login.unlock import AwaitingConfirmation, begin, unlock_person
from callrec.office.stamping import stamp_record
from callrec.office.stamps import is_time_to_stamp
from callrec.package.whole import key_words
from callrec.practice import Practice, open_practice
from callrec.system.children import Channel
from callrec.system.processes import harden_process
from callrec.system.terminal import place_named
from callrec.views.factors import MUST_ADD

LATE: Final = timedelta(hours=1)
"""How long the process of a login that ended by itself waits for a form that was not sent yet."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Where the desk's vault is."""

    config: Config
    environ: Mapping[str, str]
    now: Callable[[], datetime] = partial(datetime.now, UTC)

    def open(self) -> Practice:
        """The practice as it stands now."""
        return open_practice(self.config, self.now, self.environ)


class ChooseNewPassword(Locked):
    """The first login of new people: they choose a password of their own."""


def keep_login(channel: Channel, vault: Vault) -> None:
    """Log one person in and answer their pages, until the login ends or the browser's side goes."""
    harden_process()
    channel.settimeout(DESK_IDLE_LIMIT.total_seconds())
    with suppress(EOFError, TimeoutError, OSError):
        seat = open_login(channel, vault)
        if seat is not None:
            is_idle = False
            try:
                answer_pages(channel, seat)
            except TimeoutError:
                is_idle = True
            finally:
                with suppress(CallrecError):
                    seat.leave()
            if is_idle:
                _answer_late(channel, seat)


def _answer_late(channel: Channel, seat: Seat) -> None:
    """What is sent by somebody who comes back after their login ended by itself."""
    channel.settimeout(LATE.total_seconds())
    answered = answer_late(seat, asked_from_message(*receive(channel)))
    send(channel, *answered_as_message(answered))


def answer_late(seat: Seat, asked: Asked) -> Answered:
    """Keep a form for the next login, as that takes no key of the person; nothing else is done."""
    keep_late(seat, asked)
    return Answered(HTTPStatus.SEE_OTHER, to="/login?ended", ends=True)


def open_login(channel: Channel, vault: Vault) -> Seat | None:
    """Who logs in, as the first message says; None if they were not let in.

    What it says to that also tells whether anybody has a second factor. An empty message asks that.
    """
    typed, _ = receive(channel)
    said: dict[str, Any] = {}
    seat: Seat | AwaitingConfirmation | None = None
    try:
        practice = vault.open()
        said["factors"] = any(factors_of(practice).values())
        if typed:
            seat = _open_seat(vault, practice, **typed)
    except ChooseNewPassword:
        said["choose"] = True
    except CallrecError as problem:
        said |= {"error": problem.message, "hint": problem.hint}
    except Exception as bug:  # noqa: BLE001  # its text may hold what was typed
        said |= {"error": say_bug(bug), "hint": ""}
    if isinstance(seat, AwaitingConfirmation):
        said |= {"words": key_words(seat.fingerprint), "made_now": seat.made_now}
        seat = None
    elif seat is not None:
        said["login"] = seat.login
    send(channel, said)
    return seat


def _open_seat(
    vault: Vault,
    practice: Practice,
    *,
    login: str,
    password: str,
    new_password: str,
    address: str,
    **shown: str,
) -> Seat | AwaitingConfirmation:
    presented = Presented(practice.config.desk.origin, **shown)
    presented.check_form()
    unlocked = unlock_person(
        practice,
        login=login,
        password=password,
        source=source_at(address),
        factor=presents(presented, practice.vault, practice.state_folder, tells=False),
    )

    def choose() -> str:
        if not new_password:
            raise ChooseNewPassword("choose a password of your own")
        return new_password

    place = place_named(f"{DESK}{address}", secrets.token_hex(32))  # each login is another
    begun = begin(practice, unlocked, password=password, new_password=choose, place=place)
    if isinstance(begun, AwaitingConfirmation):
        return begun
    session, logged_in = begun
    seat = Seat(vault.open, practice, session, logged_in.ends_at, address, vault.environ)
    restore_drafts(seat, unlocked)
    if logged_in.must_add_factor:
        seat.done.append(f"{MUST_ADD}: callrec user factor add")
    return seat


def answer_pages(channel: Channel, seat: Seat) -> None:
    """Answer what is asked, until the login ends.

    Raises:
        EOFError: the browser's side has gone.
        TimeoutError: nothing was asked in the channel's time.
    """
    while True:
        head, body = receive(channel)
        answered = answer(seat, asked_from_message(head, body))
        send(channel, *answered_as_message(answered))
        if answered.ends:
            return
        stamp_beside(seat)


def stamp_beside(seat: Seat) -> None:
    """Have the record stamped that a page wrote to, if it is time, while the next pages are made.

    As after a command (cli/app.py): nobody waits for the authority, and nothing is reported of it.
    """
    if not seat.practice.written_by or (seat.stamping and not seat.stamping.is_over):
        return
    with suppress(CallrecError):
        if is_time_to_stamp(seat.practice):
            seat.stamping = Beside(seat.open_vault, partial(stamp_record, actor=None, to=None))


def answer(seat: Seat, asked: Asked) -> Answered:
    """The page that was asked for; what goes wrong is a page, too."""
    seat.at = asked.path
    try:
        seat.begin_page(asked)
    except Locked:
        return answer_late(seat, asked)
    except CallrecError as problem:
        return cannot_open(problem)
    try:
        return _page(seat, asked)
    except PasswordNeeded:
        return ask_password(seat, asked)
    except CallrecError as problem:
        return error_page(seat, problem)
    except Exception as bug:  # noqa: BLE001  # its text may hold what was typed
        return error_page(seat, Failed(say_bug(bug), hint="please report the line above"))
    finally:
        seat.presented = Presented()


def _page(seat: Seat, asked: Asked) -> Answered:
    """Find the page and make it; a form that was refused is shown again, with why.

    Browsers write down what a page was asked by that stays in their history. So it is the next
    question that gets the form, and nothing that was filled in is written.
    """
    page, parts = find_page(asked.method, asked.path)
    if asked.method != "POST":
        seat.problem, filled_in = seat.take_refused(asked)
        return page(seat, filled_in, **parts)
    try:
        seat.check_token(asked.first("token"))
    except CallrecError as problem:
        seat.refused = Asked("GET", asked.path), problem
        return to(asked.path)
    if (told := done_before(seat, asked)) is not None:
        return told
    try:
        answered = page(seat, asked, **parts)
    except CallrecError as problem:
        seat.refused = asked, problem
        return to(asked.path)
    remember(seat, asked, answered)
    return answered

"""One's own login: who it is, what they may do, its password; and logging out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import password_of, second_of
from callrec.desk.rendering import as_json, page, to
from callrec.desk.seat import Seat
from callrec.errors import Unusable
from callrec.login.choosing import LENGTH_RULE, check_password, facts_known
from callrec.login.sessions import list_sessions
from callrec.login.unlock import change_password
from callrec.people.seen import begin_again
from callrec.people.vouching import who_may_second
from callrec.policy.role import Power
from callrec.practice import powers
from callrec.views.fingerprints import key_facts
from callrec.views.people import (
    NEW_KEY,
    OWN_CHANGED,
    password_seen_lines,
    taken_back_lines,
    whoami_json,
)
from callrec.views.words import can_line


def ask_logout(seat: Seat, _asked: Asked) -> Answered:
    """Ask whether to log out: nothing is done by an address alone."""
    return page(seat, "logout.html", title="Log out")


def log_out(_seat: Seat, _asked: Asked) -> Answered:
    """Log out; the seat's process writes it to the log as it ends."""
    return Answered(303, to="/login?ended", ends=True)


def stay(seat: Seat, _asked: Asked) -> Answered:
    """Stay logged in: that something was asked is enough; says until when, for static/ending.js."""
    left = {"seconds": seat.seconds_left, "most": seat.most_seconds_left}
    return Answered(body=json.dumps(left).encode(), kind="application/json")


def show_account(seat: Seat, asked: Asked) -> Answered:
    """Who is logged in, what they can do today, and the words of their key."""
    practice, actor = seat.practice, seat.actor
    may = sorted(powers(practice, actor))
    fingerprint = practice.register.public_keys(actor.person.id).fingerprint
    if asked.query.get("as") == "json":
        return as_json(whoami_json(actor, may, fingerprint, practice.name), "whoami.json")
    return page(
        seat,
        "account.html",
        title="Your account",
        person=actor.person,
        can=can_line(may),
        key=tuple(key_facts(fingerprint)),
        sessions=list_sessions(practice, actor, login=actor.login),
    )


def ask_new_password(seat: Seat, asked: Asked) -> Answered:
    """The password that is to be theirs; who found the browser open does not know the old one."""
    seat.lock()
    governs = Power.GOVERN in powers(seat.practice, seat.actor)
    may = who_may_second(seat.practice, seat.actor, login=seat.login) if governs else ()
    return page(
        seat,
        "password.html",
        title="Change your password",
        asked=asked,
        rule=LENGTH_RULE,
        governs=governs,
        may=may,
    )


def set_password(seat: Seat, asked: Asked) -> Answered:
    """Change one's own password, or, where somebody saw it, the key as well; all logins end."""
    seat.lock()
    practice, actor = seat.practice, seat.signer(password_of(asked))
    new = password_of(asked, "new_password")
    if new != password_of(asked, "again"):
        raise Unusable("the two new passwords differ", hint="type both again")
    check_password(new, facts_known(practice, actor, practice.now()))
    if not asked.ticked("seen"):
        change_password(practice, actor, password=new)
        return _ended(seat, (OWN_CHANGED,))
    second = second_of(seat, asked)
    taken_back = begin_again(practice, actor, new_password=lambda: new, second=second)
    lines = (NEW_KEY, *taken_back_lines(taken_back), *password_seen_lines(practice))
    return _ended(seat, (*lines, "Then run callrec practice keys rotate --reseal."))


def _ended(seat: Seat, lines: tuple[str, ...]) -> Answered:
    """What was done, on the last page of this login."""
    return replace(page(seat, "password_done.html", title="Log in again", lines=lines), ends=True)


def ask_password(seat: Seat, asked: Asked) -> Answered:
    """Ask for the password, as the page that was asked for shows what a login does not open."""
    return page(seat, "unlock.html", title="Your password is needed", asked=asked)


def unlock(seat: Seat, asked: Asked) -> Answered:
    """Take it, and go on to that page."""
    seat.reader(password_of(asked))
    path = asked.first("to")
    return to(path if re.fullmatch(r"(?:/[A-Za-z0-9._-]+)+", path) else "/")

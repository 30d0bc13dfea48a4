"""One's own login: who it is, what they may do, password, second factors; and logging out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial

from callrec.crypto.factor import MOST_FACTORS, PRINTED, Slot
from callrec.crypto.webauthn import ALGORITHMS, as_base64url
from callrec.dataclass import replace
from callrec.desk.exchange import Answered, Asked
from callrec.desk.factors import PASSKEY, made_passkey
from callrec.desk.filled import (
    check_confirmed,
    no_page,
    password_of,
    reading_field,
    second_of,
    text_of,
)
from callrec.desk.rendering import as_json, go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import NotFound, Unusable
from callrec.login.asking import Here
from callrec.login.choosing import LENGTH_RULE, check_password, facts_known
from callrec.login.factors import NewFactor, add_factor, check_new_name, make_factor, remove_factor
from callrec.login.sessions import list_sessions
from callrec.login.unlock import change_password
from callrec.people.seen import begin_again
from callrec.people.vouching import who_may_second
from callrec.policy.role import Power
from callrec.practice import powers
from callrec.views.factors import FACTOR_KINDS, older_copies_lines
from callrec.views.fingerprints import key_facts
from callrec.views.people import (
    NEW_KEY,
    OWN_CHANGED,
    password_seen_lines,
    taken_back_lines,
    whoami_json,
)
from callrec.views.words import can_line


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


def show_factors(seat: Seat, _asked: Asked) -> Answered:
    """The second factors of whom the login is, and where each works."""
    works = [(slot.name, *_in_words(seat, slot)) for slot in seat.factors]
    return page(
        seat,
        "factors.html",
        title="Your second factor",
        works=works,
        may_add=len(works) < MOST_FACTORS,
    )


def ask_new_factor(seat: Seat, asked: Asked, way: str) -> Answered:
    """Ask for a further one, a passkey or a key on paper, and for the password in any case."""
    if way not in {PASSKEY, PRINTED}:
        raise no_page()
    seat.lock()
    return page(
        seat,
        f"factor_{way}.html",
        title="Add a passkey" if way == PASSKEY else "Add a printed secret key",
        asked=asked,
        person=as_base64url(bytes.fromhex(seat.actor.person.id)),
        algorithms=" ".join(str(each) for each in ALGORITHMS),
    )


def add_new_factor(seat: Seat, asked: Asked, way: str) -> Answered:
    """Add it; what is printed is shown on a page of its own."""
    if way not in {PASSKEY, PRINTED}:
        raise no_page()
    seat.lock()
    name, password = text_of(asked, "name"), password_of(asked)
    with reading_field("name"):
        check_new_name(seat.factors, name)
    actor = seat.signer(password, is_adding_one=True)
    if way == PASSKEY:
        sent, challenge = asked.first("new_passkey"), seat.presented.challenge
        new, is_synced = made_passkey(name, sent, seat.origin, challenge)
    else:
        here = Here(seat.practice.vault, seat.practice.state_folder)
        new, is_synced = make_factor(way, name, person=actor.person.id, here=here), False
    add_factor(seat.practice, actor, password=password, new=new)
    seat.lock()
    older = older_copies_lines(seat.practice, actor)
    if way == PRINTED:
        seat.done += older
        return to(f"/account/factors/made/{seat.keep(new)}")
    return go_on(seat, "/account/factors", *_added(seat, name, is_synced=is_synced), *older)


def _added(seat: Seat, name: str, *, is_synced: bool) -> Iterator[str]:
    yield f"The passkey {name} is added: you log in and decide here with your password and it"
    yield f"It works at this desk only, under the name {seat.site}"
    if is_synced:
        yield "Your device copies it to your others: anyone who gets into that account has it, too"


def show_printed(seat: Seat, _asked: Asked, key: str) -> Answered:
    """What is to be printed, or written down, until the login ends."""
    made = find_kept(seat, key, NewFactor, "take it away and add another")
    return page(seat, "factor_made.html", title="Your printed secret key", made=made)


def ask_removal(seat: Seat, asked: Asked, name: str) -> Answered:
    """Ask whether a second factor is to go, and for the password in any case."""
    seat.lock()
    slot = _factor_named(seat, name)
    left = tuple(each for each in seat.factors if each != slot)
    return page(
        seat,
        "factor_remove.html",
        title=f"Take {name} away",
        asked=asked,
        name=name,
        kind=_in_words(seat, slot)[0],
        left=[each.name for each in left],
    )


def remove(seat: Seat, asked: Asked, name: str) -> Answered:
    """Take it away; the one that stays is presented, as its slot is sealed anew."""
    seat.lock()
    _factor_named(seat, name)
    check_confirmed(asked)
    password, practice = password_of(asked), seat.practice
    actor, here = seat.signer(password), Here(practice.vault, practice.state_folder)
    shown = partial(seat.presented.answer, here.vault, here.folder)
    remove_factor(practice, actor, password=password, name=name, here=here, answering=shown)
    seat.lock()
    return go_on(seat, "/account/factors", f"{name} is taken away")


def _factor_named(seat: Seat, name: str) -> Slot:
    for slot in seat.factors:
        if slot.name == name:
            return slot
    raise NotFound("you have no second factor of that name", hint="callrec user factor list")


def _in_words(seat: Seat, slot: Slot) -> tuple[str, str]:
    """What a factor is, and where it works."""
    where = "on the command line only"
    if slot.kind == PRINTED:
        where = "here and on the command line"
    elif slot.kind == PASSKEY:
        there = slot.public["rp_id"]
        where = "at this desk only" if there == seat.site else f"at {there} only"
    return FACTOR_KINDS[slot.kind], where


def ask_password(seat: Seat, asked: Asked) -> Answered:
    """Ask for the password, as the page that was asked for shows what a login does not open."""
    return page(seat, "unlock.html", title="Your password is needed", asked=asked)


def unlock(seat: Seat, asked: Asked) -> Answered:
    """Take it, and go on to that page."""
    seat.reader(password_of(asked))
    path = asked.first("to")
    return to(path if re.fullmatch(r"(?:/[A-Za-z0-9._-]+)+", path) else "/")

"""People: who works here, what they may do, and who is logged in.

An address names nobody: a person is the id that the practice gave them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import check_confirmed, password_of, second_of
from callrec.desk.listing import Column, Listing, items, show_listing
from callrec.desk.pages.done import tell
from callrec.desk.rendering import as_json, go_on, page
from callrec.desk.seat import Seat
from callrec.errors import NotFound, Unusable
from callrec.login.people import list_people, logins, show_person
from callrec.login.sessions import end_sessions, list_sessions
from callrec.people.joining import add_person, confirm_person, reset_person
from callrec.people.powers import (
    change_role,
    disable_person,
    end_delegation,
    lend_power,
    role_takes_second,
)
from callrec.people.vouching import who_may_second
from callrec.policy.days import parse_day
from callrec.policy.role import SERVICES, Power, Role, Standing, powers_of
from callrec.practice import is_older_than_keys, today
from callrec.views.fingerprints import key_facts
from callrec.views.people import (
    added_line,
    confirmed_lines,
    delegation_line,
    disabled_lines,
    ended_line,
    lent_lines,
    password_seen_lines,
    person_json,
    reset_line,
    role_lines,
    taken_back_lines,
    until_in_words,
)
from callrec.views.typed import read_word
from callrec.views.words import as_words, can_line, facts

_NEXT = ("/people", "People")


def _governs(seat: Seat) -> bool:
    return Power.GOVERN in powers_of(seat.actor.person, today(seat.practice))


def show_people(seat: Seat, asked: Asked) -> Answered:
    """Everybody, with role and standing. That names were opened is recorded."""
    practice = seat.practice
    everybody = list_people(practice, seat.actor)
    ids = {login: person for person, login in logins(practice).items()}
    columns = (
        Column(
            "user",
            "Login",
            value=lambda each: each.login,
            link=lambda each: f"/people/{ids[each.login]}",
        ),
        Column("name", "Name", value=lambda each: each.full_name),
        Column("role", "Role", has_codes=True),
        Column("standing", "Standing", has_codes=True),
    )
    listing = Listing(
        caption="People",
        columns=columns,
        rows=everybody,
        document=items(person_json),
        save_as="people",
    )
    on = today(practice)
    return show_listing(
        seat,
        asked,
        listing,
        "people.html",
        title="People",
        lent=[line for each in everybody for line in lent_lines(each, on)],
        is_old=is_older_than_keys(practice, seat.actor),
        governs=_governs(seat),
    )


def _login(seat: Seat, person: str) -> str:
    found = logins(seat.practice)
    if person not in found:
        raise NotFound("nobody has that address", hint="run callrec user list")
    return found[person]


def show_one(seat: Seat, asked: Asked, person: str) -> Answered:
    """One person: role, powers, what is lent to them, key. That is recorded."""
    found = show_person(seat.practice, seat.actor, login=_login(seat, person))
    if asked.query.get("as") == "json":
        return as_json(person_json(found), "person.json")
    on = today(seat.practice)
    return page(
        seat,
        "person.html",
        title="A person",
        found=found,
        person=person,
        can=can_line(found.powers),
        lent=[(each, until_in_words(each.until, on)) for each in found.delegations],
        key=tuple(key_facts(found.claimed_fingerprint or found.fingerprint)),
        waits=bool(found.claimed_fingerprint) and found.standing is not Standing.DISABLED,
        governs=_governs(seat),
        is_disabled=found.standing is Standing.DISABLED,
    )


def ask_add(seat: Seat, asked: Asked) -> Answered:
    """Who begins to work here."""
    roles = [(str(each), as_words(each).capitalize()) for each in Role if each not in SERVICES]
    return page(seat, "person_add.html", title="Add a person", asked=asked, roles=roles)


def add(seat: Seat, asked: Asked) -> Answered:
    """Add a person; the provisional password is shown once."""
    role = read_word(Role, "role", asked.first("role"))
    if role in SERVICES:
        raise Unusable(
            "an intake service is added at the server, where its credential is written",
            hint="ask the person who administers callrec",
        )
    actor = seat.signer(password_of(asked))
    added = add_person(
        seat.practice,
        actor,
        login=asked.first("user"),
        full_name=asked.first("name"),
        role=role,
        password="",
    )
    lines = [added_line(added), f"{added.login} logs in with it once, and chooses their own."]
    secret, what = added.password, "Provisional password"
    return tell(seat, "A person is added", lines, _NEXT, secret=secret, of_it=what)


def _form(
    seat: Seat, asked: Asked, template: str, person: str, title: str, **values: Any
) -> Answered:
    user = _login(seat, person)
    may = who_may_second(seat.practice, seat.actor, login=user)
    return page(
        seat, template, title=title, asked=asked, person=person, user=user, may=may, **values
    )


ask_confirm: Final = partial(_form, template="person_confirm.html", title="Confirm a new key")
"""The six words that a person reads out; nobody is shown them here."""


def confirm(seat: Seat, asked: Asked, person: str) -> Answered:
    """Give a person with a new key their powers, once they have read out its words."""
    user, actor = _login(seat, person), seat.signer(password_of(asked))
    second = second_of(seat, asked)
    done = confirm_person(
        seat.practice, actor, login=user, words=asked.first("words"), second=second
    )
    lines = confirmed_lines(done, actor.login, second.login if second else None)
    return go_on(seat, "/", *lines)


def ask_role(seat: Seat, asked: Asked, person: str) -> Answered:
    """Which role a person is to have, and which of its powers."""
    roles = [(str(each), as_words(each).capitalize()) for each in Role if each not in SERVICES]
    powers = [(str(each), each.meaning) for each in Power]
    title = "Change a person's role"
    return _form(seat, asked, "person_role.html", person, title, roles=roles, powers=powers)


def set_role(seat: Seat, asked: Asked, person: str) -> Answered:
    """Give a person another role, or fewer powers of one."""
    user, practice = _login(seat, person), seat.practice
    role = read_word(Role, "role", asked.first("role"))
    only = frozenset(read_word(Power, "power", each) for each in asked.every("only"))
    actor = seat.signer(password_of(asked))
    second = None
    if asked.first("second") or role_takes_second(
        practice, actor, login=user, role=role, only=only
    ):
        second = second_of(seat, asked)
    done = change_role(practice, actor, login=user, role=role, only=only, second=second)
    return go_on(seat, "/", *role_lines(user, role, sorted(only), done))


def ask_lend(seat: Seat, asked: Asked, person: str) -> Answered:
    """Which power is lent, until when."""
    powers = [(str(each), each.meaning.capitalize()) for each in Power]
    return _form(seat, asked, "person_lend.html", person, "Lend a power", powers=powers)


def lend(seat: Seat, asked: Asked, person: str) -> Answered:
    """Lend a person a power until a day."""
    user, practice = _login(seat, person), seat.practice
    power = read_word(Power, "power", asked.first("power"))
    until = parse_day(asked.first("until"), today(practice), what="the last day", ahead=True)
    actor, second = seat.signer(password_of(asked)), second_of(seat, asked)
    lend_power(practice, actor, login=user, power=power, until=until, second=second)
    return go_on(seat, "/", delegation_line(user, power, until))


def ask_take_back(seat: Seat, asked: Asked, person: str) -> Answered:
    """Which lent power ends now."""
    lent = [
        (str(each.power), each.power.meaning.capitalize())
        for each in seat.practice.register.person(person).delegations
    ]
    return _form(seat, asked, "person_take_back.html", person, "Take back a power", lent=lent)


def take_back(seat: Seat, asked: Asked, person: str) -> Answered:
    """Take back at once what was lent."""
    user = _login(seat, person)
    power = read_word(Power, "power", asked.first("power"))
    actor = seat.signer(password_of(asked))
    end_delegation(seat.practice, actor, login=user, power=power)
    return go_on(seat, "/", delegation_line(user, power, None))


ask_disable: Final = partial(_form, template="person_disable.html", title="Shut a person out")
"""Whether a person is to be shut out."""


def disable(seat: Seat, asked: Asked, person: str) -> Answered:
    """Shut a person out; the keys that they held are replaced."""
    user = _login(seat, person)
    actor = seat.signer(password_of(asked))
    check_confirmed(asked)
    taken_back = disable_person(seat.practice, actor, login=user)
    return go_on(seat, "/", *disabled_lines(user, taken_back))


ask_reset: Final = partial(_form, template="person_reset.html", title="Help with a lost password")
"""Whether a person begins again with a new key, and whether somebody saw the old password."""


def reset(seat: Seat, asked: Asked, person: str) -> Answered:
    """Give a person who lost their password a provisional one, which is shown once."""
    user, practice = _login(seat, person), seat.practice
    actor = seat.signer(password_of(asked))
    second, seen = second_of(seat, asked), asked.ticked("seen")
    check_confirmed(asked)
    done = reset_person(practice, actor, login=user, password="", was_seen=seen, second=second)
    lines = [reset_line(user), *taken_back_lines(done.taken_back)]
    if seen:
        lines += [*password_seen_lines(practice), "Then run callrec practice keys rotate --reseal."]
    what = "Provisional password"
    return tell(seat, "A new password", lines, _NEXT, secret=done.password, of_it=what)


def show_sessions(seat: Seat, asked: Asked) -> Answered:
    """Who is logged in, since when and where: everybody's for those who govern, else one's own."""
    found = list_sessions(seat.practice, seat.actor)
    listing = Listing(
        caption="Open logins",
        columns=(
            Column("user", "Login"),
            Column("since", "Since"),
            Column("until", "Until"),
            Column("terminal", "Where"),
        ),
        rows=found,
        document=items(facts),
        save_as="logins",
        nothing="Nobody is logged in.",
    )
    ids: Mapping[str, str] = {login: person for person, login in logins(seat.practice).items()}
    who = [(ids[user], user) for user in dict.fromkeys(each.user for each in found)]
    return show_listing(seat, asked, listing, "sessions.html", title="Open logins", who=who)


ask_end_sessions: Final = partial(_form, template="person_log_out.html", title="End open logins")
"""Whether a person is to be logged out everywhere."""


def log_out_everywhere(seat: Seat, asked: Asked, person: str) -> Answered:
    """End the logins of a person; of one's own, this one too."""
    user, actor = _login(seat, person), seat.signer(password_of(asked))
    ended = end_sessions(seat.practice, actor, login=user)
    if user == seat.login:
        return Answered(303, to="/login?ended", ends=True)
    return go_on(seat, "/sessions", ended_line(ended, user))

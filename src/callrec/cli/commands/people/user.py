"""user: who works here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from csv import DictReader
from datetime import date
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callrec.cli import options
from callrec.cli.commands.requests.sitting import Sitting
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    practice_and_actor,
    practice_and_signer,
    practice_of,
    second_person,
    signing_person,
    typed_day,
)
from callrec.cli.layout import Table
from callrec.cli.output import Output
from callrec.cli.prompts import NEW_PASSWORD_FILE, read_password
from callrec.errors import NotFound, Unusable
from callrec.policy.role import SERVICES, Power, Role
from callrec.views.typed import read_word
from callrec.views.words import as_words, can_line, facts, local_time

if TYPE_CHECKING:
    from callrec.login.people import Colleague
    from callrec.people.joining import AddedPerson
    from callrec.practice import Actor, Practice

user_app = new_app()


@user_app.command()
def add(
    ctx: Context,
    *,
    user: options.NewLogin,
    name: options.FullName,
    role: options.RoleName,
    password_file: options.NewPasswordFile = None,
    credential_file: options.CredentialFile = None,
    countersign: options.Countersign = None,
) -> None:
    """Add a person, or an intake service that takes in recordings unattended, or this computer.

    A person gets a provisional password, for the first login only. It is shown, or read from
    --password-file. If that file does not exist yet, a new password is written to it. A second
    person, if there is one who may, signs for a service now. For a person they sign at: callrec
    user confirm

    With --role machine, this computer becomes one of the practice's machines. Where two people open
    recordings, it opens them beside one approver.
    """
    from callrec.people.joining import add_person

    practice = practice_of(ctx.obj)
    _check_credential_file(role, credential_file)
    actor = signing_person(ctx.obj, practice)
    if role in SERVICES:
        _add_service(ctx.obj, practice, actor, credential_file, countersign, login=user, name=name)
    else:
        given = _provisional(password_file)
        added = add_person(practice, actor, login=user, full_name=name, role=role, password=given)
        ctx.obj.out.show(*_added(added, _hand_over(added.password, password_file)))
        ctx.obj.out.next_step(f"{added.login} runs callrec login {added.login}")


def _add_service(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    credential: Path | None,
    countersign: str | None,
    *,
    login: str,
    name: str,
) -> None:
    """Add an intake service, whose credential is written to a file; or this computer."""
    from callrec.login.machine import machine_file
    from callrec.people.joining import add_intake, add_machine

    second = _second_person(invocation, practice, actor, login, countersign)
    if credential is None:
        add = partial(add_machine, practice, actor, second=second)
        written = (
            "Where the rules say that two people open recordings, this computer opens them beside"
            f' one. What it does that with is in "{machine_file(practice)}": leave that out of'
            " every backup."
        )
    else:
        add = partial(add_intake, practice, actor, credential=credential, second=second)
        written = f'Its credential is in "{credential}", which only you can read.'
    invocation.out.show(*_added(add(login=login, full_name=name), None, written))


@user_app.command("import")
def import_(ctx: Context, file: PeopleFile) -> None:
    """Add several people from a file, with one password.

    The first line of the file is "login,name,role". Each line after that is a person. Each gets a
    provisional password, which is shown once.
    """
    from callrec.people.joining import add_person

    people = _read_people(file)
    sitting = Sitting(ctx.obj, [login for login, _, _ in people], done="added")
    actor = signing_person(ctx.obj, practice_of(ctx.obj))
    for login, name, typed in people:
        with sitting.on(login):
            role = read_word(Role, "role", typed)
            _check_credential_file(role, None)
            practice = _with_who_is_who(ctx.obj)
            added = add_person(practice, actor, login=login, full_name=name, role=role, password="")
            sitting.show(login, *_added(added, added.password, of=f" of {login}"))
    sitting.end()
    first = sitting.references[0]
    ctx.obj.out.next_step(f"{first} runs callrec login {first}; the others likewise")


def _with_who_is_who(invocation: Invocation) -> Practice:
    """The vault again, in one command: it has other people in it, each time that one is vouched."""
    before = invocation.practice
    practice = practice_of(invocation)
    practice.written_by.update(before.written_by if before else ())
    return practice


def _read_people(file: Path) -> list[tuple[str, str, str]]:
    """Login, name and role of who is to be added: a line each, below the names of the columns."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            found = [{k: v.strip() for k, v in each.items()} for each in DictReader(lines)]
    except FileNotFoundError:
        raise NotFound("there is no such file", hint="check how it is spelt") from None
    except (OSError, UnicodeDecodeError, AttributeError):
        found = []
    if not found or any(set(each) != {"login", "name", "role"} for each in found):
        raise Unusable(
            "this is not a list of people: login,name,role",
            hint='a line for each person below that, such as: jsmith,"Jane Smith",manager',
        )
    return [(each["login"], each["name"], each["role"]) for each in found]


def _check_credential_file(role: Role, file: Path | None) -> None:
    if (role is Role.INTAKE) != (file is not None):
        raise Unusable(
            "an intake service has a credential file, and only an intake service has one",
            hint="callrec user add NAME --name TEXT --role intake --credential-file FILE",
        )


def _added(
    added: AddedPerson, password: str | None, *more: str, of: str = ""
) -> tuple[dict[str, Any], tuple[str, ...]]:
    from callrec.views.people import added_line

    value = {"user": added.login, **facts(added, "role"), "password": password}
    lines = (added_line(added), *more, *_provisional_lines(password, of))
    return value, lines


def _provisional_lines(password: str | None, of: str = "") -> Iterator[str]:
    if password:
        yield f"Provisional password{of}, shown this once:"
        yield f"  {password}"  # on a line of its own, which no terminal breaks


def _provisional(file: Path | None) -> str:
    """The provisional password of a file; empty where none is there, and one is to be made."""
    from callrec.system.files import check_new

    if file is None:
        return ""
    if os.path.exists(file):  # noqa: PTH110  # Path.exists raises where no file can be
        return read_password(file)
    check_new(file, replace=False)
    return ""


def _hand_over(password: str, file: Path | None) -> str | None:
    """The provisional password, to be shown; None if it is in a file, which is made if need be."""
    from callrec.system.files import write_private

    if file is None:
        return password
    if not file.exists():
        write_private(file, f"{password}\n".encode(), new=True)
    return None


@user_app.command()
def reset(
    ctx: Context,
    *,
    user: options.KnownLogin,
    password_file: options.NewPasswordFile = None,
    seen: Seen = False,
    countersign: options.Countersign = None,
    yes: options.Yes = False,
) -> None:
    """Help someone who forgot their password: a provisional one, and a new key at the next login.

    Role and powers stay. Confirm the new key as for a new person. Nobody can open what was granted
    to the old key any more: it is listed, to be approved again. If someone else may know the
    password, the vault needs new keys as well: --seen

    A second person signs for it too, if there is one who may: --countersign
    """
    from callrec.people.joining import reset_person
    from callrec.views.people import reset_line, taken_back_lines

    practice, actor = practice_and_signer(ctx.obj)
    given = _provisional(password_file)
    second = _second_person(ctx.obj, practice, actor, user, countersign)
    ctx.obj.prompts.confirm(f"Reset {user}", yes=yes)
    done = reset_person(practice, actor, login=user, password=given, was_seen=seen, second=second)
    password = _hand_over(done.password, password_file)
    value = {"user": user, "password": password, **facts(done, "taken_back")}
    taken_back = taken_back_lines(done.taken_back)
    ctx.obj.out.show(value, (reset_line(user), *_provisional_lines(password), *taken_back))
    _show_what_follows(ctx.obj.out, practice, user, seen=seen)


def _show_what_follows(out: Output, practice: Practice, user: str, *, seen: bool) -> None:
    """What people do after a reset; where somebody saw the password, with the vault's keys, too."""
    if seen:
        _tell_what_is_left(out, practice)
    then = "; you run callrec practice keys rotate --reseal" if seen else ""
    out.next_step(f"{user} runs callrec login {user}{then}")


@user_app.command()
def confirm(
    ctx: Context,
    *,
    users: options.KnownLogins,
    words: KeyWords = None,
    countersign: options.Countersign = None,
) -> None:
    """Give people with a new key the powers of their roles, once they have read you its words.

    By telephone or face to face, ask each person for the six words that their login showed. Type
    what you hear. callrec does not show you the words: it checks them against the key. For several
    people give --words for each, in the same order.

    A second person signs for it too, if there is one who may: --countersign
    """
    from callrec.people.joining import confirm_person

    sitting = Sitting(ctx.obj, users, done="confirmed")
    if words and len(words) != len(sitting.references):
        raise Unusable("give --words once for each person", hint="in the order of their logins")
    actor = signing_person(ctx.obj, practice_of(ctx.obj))
    second: Actor | None = None  # once named, they sign for all but themselves
    for user, said in zip(sitting.references, words or repeat(""), strict=False):
        with sitting.on(user):
            practice = _with_who_is_who(ctx.obj)
            if second is None and user != countersign:
                second = _second_person(ctx.obj, practice, actor, user, countersign)
            beside = None if user == countersign else second
            question = f"The six words that {user} reads to you"
            heard = said or ctx.obj.prompts.ask(question, option="--words TEXT")
            done = confirm_person(practice, actor, login=user, words=heard, second=beside)
            _show_confirmed(sitting, done, actor, beside)
            _note_without_factor(ctx.obj, user)
    sitting.end()


def _note_without_factor(call: Invocation, user: str) -> None:
    """Say so if somebody who was given powers cannot use them without a second factor."""
    from callrec.login.factors import people_without
    from callrec.views.factors import lacking_line

    if user in people_without(_with_who_is_who(call)):
        call.out.note(lacking_line(user))


def _show_confirmed(sitting: Sitting, done: Colleague, actor: Actor, beside: Actor | None) -> None:
    from callrec.views.people import confirmed_lines, person_json

    second = beside.login if beside else None
    value = {**person_json(done), "countersigned_by": second}
    sitting.show(done.login, value, tuple(confirmed_lines(done, actor.login, second)))


def _second_person(
    invocation: Invocation, practice: Practice, actor: Actor, user: str, named: str | None
) -> Actor | None:
    """Who signs besides for what is said of a person."""
    from callrec.people.vouching import who_may_second

    may = who_may_second(practice, actor, login=user)
    return second_person(invocation, practice, may, named)


@user_app.command("list")
def list_(ctx: Context) -> None:
    """List everyone, with role and standing."""
    from callrec.login.people import list_people
    from callrec.practice import is_older_than_keys, today
    from callrec.views.people import person_json

    practice, actor = practice_and_actor(ctx.obj)
    everybody = list_people(practice, actor)
    words = _list_words(everybody, today(practice))
    ctx.obj.out.show_items([person_json(person) for person in everybody], words)
    if is_older_than_keys(practice, actor):
        ctx.obj.out.note("names are not shown: the keys are newer than this login")
        ctx.obj.out.next_step(f"callrec login {actor.login}")


def _list_words(everybody: Sequence[Colleague], on: date) -> Iterator[str | Table]:
    from callrec.views.people import lent_lines

    rows = [(c.login, c.full_name, c.role, c.standing) for c in everybody]
    yield Table(("login", "name", "role", "standing"), rows)
    for person in everybody:
        yield from lent_lines(person, on)


@user_app.command()
def show(ctx: Context, *, user: options.KnownLogin) -> None:
    """Show one person: role, powers, delegations, key."""
    from callrec.login.people import show_person
    from callrec.practice import today
    from callrec.views.people import person_json

    practice = practice_of(ctx.obj)
    found = show_person(practice, acting_person(ctx.obj, practice), login=user)
    ctx.obj.out.show(person_json(found), _shown_lines(found, today(practice)))


def _shown_lines(found: Colleague, on: date) -> Iterator[str]:
    from callrec.views.fingerprints import fingerprint_lines
    from callrec.views.people import until_in_words

    yield f"{found.login}  {found.full_name}  ({as_words(found.role)}, {found.standing})"
    yield can_line(found.powers)
    for lent in found.delegations:
        yield f"lent: {lent.power.meaning}, until {until_in_words(lent.until, on)}"
    yield from fingerprint_lines("key", found.claimed_fingerprint or found.fingerprint)


@user_app.command()
def role(
    ctx: Context,
    *,
    user: options.KnownLogin,
    role: options.NewRole,
    only: OnlyPowers = None,
    countersign: options.Countersign = None,
) -> None:
    """Give a person another role, or fewer powers of one. Vault keys that they lose are replaced.

    What was lent to the person stays lent; --only ends it. For a person who looks after the
    computers: manager, with --only make-request.

    If it brings new powers, a second person signs for it too, if there is one who may:
    --countersign
    """
    from callrec.people.powers import change_role, role_takes_second
    from callrec.views.people import role_lines

    practice = practice_of(ctx.obj)
    actor, held = signing_person(ctx.obj, practice), frozenset(only or ())
    second = None
    if countersign or role_takes_second(practice, actor, login=user, role=role, only=held):
        second = _second_person(ctx.obj, practice, actor, user, countersign)
    done = change_role(practice, actor, login=user, role=role, only=held, second=second)
    value = {"user": user, "role": role, "only": sorted(held) or None}
    value |= facts(done, "delegations", "taken_back")
    ctx.obj.out.show(value, role_lines(user, role, sorted(held), done))
    _note_without_factor(ctx.obj, user)


@user_app.command()
def delegate(
    ctx: Context,
    *,
    user: options.KnownLogin,
    power: PowerName,
    until: LentUntil = None,
    end: End = False,
    countersign: options.Countersign = None,
) -> None:
    """Lend a person a power until a day, or take it back.

    You can lend any power, except one that was lent to you. A loan ends with its last day. The keys
    that it opened are renewed by the next command about people.

    A second person signs for a loan too, if there is one who may: --countersign
    """
    from callrec.people.powers import end_delegation, lend_power
    from callrec.views.people import delegation_line

    practice = practice_of(ctx.obj)
    if end is (until is not None):
        either = "say until when the power is lent, or end it"
        raise Unusable(either, hint="give --until DATE or --end")
    last = typed_day(practice, until, "--until", ahead=True)
    actor = signing_person(ctx.obj, practice)
    if last is None:
        end_delegation(practice, actor, login=user, power=power)
    else:
        second = _second_person(ctx.obj, practice, actor, user, countersign)
        lend_power(practice, actor, login=user, power=power, until=last, second=second)
    value = {"user": user, "power": power, "until": last}
    ctx.obj.out.show(value, delegation_line(user, power, last))
    ctx.obj.out.next_step(f"callrec user show {user}")
    _note_without_factor(ctx.obj, user)


@user_app.command()
def disable(ctx: Context, *, user: options.KnownLogin, yes: options.Yes = False) -> None:
    """Shut a person out. The vault keys that they held are replaced for everyone else.

    What was sealed to that person alone is destroyed. A request that was granted to them must be
    decided again. What was sealed before stays under the old keys until you move it: callrec
    practice keys rotate --reseal
    """
    from callrec.people.powers import disable_person
    from callrec.views.people import disabled_lines

    practice, actor = practice_and_signer(ctx.obj)
    ctx.obj.prompts.confirm(f"Disable {user}", yes=yes)
    taken_back = disable_person(practice, actor, login=user)
    value = {"user": user, "standing": "disabled", "taken_back": list(taken_back)}
    ctx.obj.out.show(value, disabled_lines(user, taken_back))


def _tell_what_is_left(out: Output, practice: Practice) -> None:
    """After a password was seen: say which keys are retired, and which drives it still opens."""
    from callrec.views.people import password_seen_lines

    for line in password_seen_lines(practice):
        out.note(line)


@user_app.command()
def password(ctx: Context, *, seen: Seen = False, countersign: options.Countersign = None) -> None:
    """Change your own password. This logs you out at every terminal.

    If someone else may know the old one, a new password is not enough. A Data Controller adds
    --seen to get a new key as well. For anyone else, the Data Controller runs callrec user reset

    A second person signs for a new key too, if there is one who may: --countersign
    """
    from callrec.login.unlock import change_password
    from callrec.people.seen import begin_again
    from callrec.views.people import NEW_KEY, OWN_CHANGED, taken_back_lines

    practice, actor = practice_and_signer(ctx.obj)
    choose = _new_password(ctx.obj, practice, actor)
    if seen:
        second = _second_person(ctx.obj, practice, actor, actor.login, countersign)
        taken_back = begin_again(practice, actor, new_password=choose, second=second)
        value = {"user": actor.login, "taken_back": list(taken_back)}
        ctx.obj.out.show(value, (NEW_KEY, *taken_back_lines(taken_back)))
        _tell_what_is_left(ctx.obj.out, practice)
        ctx.obj.out.next_step("callrec practice keys rotate --reseal")
        return
    change_password(practice, actor, password=choose())
    ctx.obj.out.show({"user": actor.login}, OWN_CHANGED)


def _new_password(call: Invocation, practice: Practice, actor: Actor) -> Callable[[], str]:
    """What asks for a new password, until one will do."""
    from callrec.login.choosing import LENGTH_RULE, check_password, facts_known

    return partial(
        call.prompts.ask_new_password,
        f"New password ({LENGTH_RULE})",
        lambda typed: check_password(typed, facts_known(practice, actor, practice.now())),
        file_variable=NEW_PASSWORD_FILE,
    )


@user_app.command()
def sessions(ctx: Context, *, user: options.AnyLogin = None, end: EndSessions = False) -> None:
    """List who is logged in, since when and where; --end logs a person out everywhere.

    You see and end your own logins; if you manage people, everyone's. After a login ends, a copy of
    its session opens and signs nothing.
    """
    from callrec.login.sessions import list_sessions

    if end:
        _end_sessions(ctx.obj, user)
        return
    practice, actor = practice_and_actor(ctx.obj)
    found = list_sessions(practice, actor, login=user)
    zone = practice.settings.time_zone
    rows = [
        (each.user, *(local_time(at, zone) for at in (each.since, each.until)), each.terminal)
        for each in found
    ]
    table = Table(("login", "since", "until", "where"), rows)
    words = table if rows else f"{user} is not logged in." if user else "Nobody is logged in."
    ctx.obj.out.show_items([facts(each) for each in found], words)


def _end_sessions(invocation: Invocation, user: str | None) -> None:
    """End the logins of a person, or one's own."""
    from callrec.login.sessions import end_sessions
    from callrec.views.people import ended_line

    practice, actor = practice_and_signer(invocation)
    whose = user or actor.login
    ended = end_sessions(practice, actor, login=whose)
    invocation.out.show({"user": whose, "ended": ended}, ended_line(ended, whose))


def read_power(text: str) -> Power:
    """The power that a word stands for."""
    return read_word(Power, "power", text)


PowerName = Annotated[
    Power,
    options.valued(
        "--power",
        "POWER",
        "Which power: decide-reserved, or another that the person's role does not have.",
        read_power,
    ),
]

LentUntil = Annotated[str | None, options.valued("--until", "DATE", "The last day of the loan.")]

KeyWords = Annotated[
    list[str] | None,
    options.valued("--words", "TEXT", "The six words of the key, as they were read."),
]

PeopleFile = Annotated[Path, options.named("FILE", "The .csv file that names the people to add.")]

Seen = Annotated[bool, typer.Option("--seen", help="Someone else may know the old password.")]

EndSessions = Annotated[bool, typer.Option("--end", help="End them, wherever they are open.")]

End = Annotated[bool, typer.Option("--end", help="Take it back at once, and renew its keys.")]

OnlyPowers = Annotated[
    list[Power] | None,
    options.valued(
        "--only",
        "POWER",
        "Give this power of the role and no other; may be given again.",
        read_power,
    ),
]

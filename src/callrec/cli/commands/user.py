"""user: who works here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callrec.cli import options
from callrec.cli.commands.kit import grouped_fingerprint
from callrec.cli.commands.login import NEW_PASSWORD_FILE
from callrec.cli.facts import facts
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, acting_person, practice_of, signing_person
from callrec.cli.prompts import read_password
from callrec.errors import Unusable
from callrec.policy.days import parse_day
from callrec.policy.role import Power, Role

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.cli.output import Output
    from callrec.login.people import Colleague
    from callrec.people.joining import AddedPerson
    from callrec.practice import Practice

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
) -> None:
    """Add a person, or an intake service that ingests unattended.

    A person gets a provisional password, good for the first login alone. It is made and shown, or
    taken from --password-file; a file that does not exist yet is written with a new one.
    """
    from callrec.people.joining import add_intake, add_person

    practice = practice_of(ctx.obj)
    if (role is Role.INTAKE) != (credential_file is not None):
        raise Unusable(
            "an intake service has a credential file, and only an intake service has one",
            hint="callrec user add NAME --name TEXT --role intake --credential-file FILE",
        )
    actor = signing_person(ctx.obj, practice)
    if credential_file is not None:
        added = add_intake(practice, actor, login=user, full_name=name, credential=credential_file)
    else:
        given = _provisional(password_file)
        added = add_person(practice, actor, login=user, full_name=name, role=role, password=given)
    _show_added(ctx.obj, added, password_file, credential_file)


def _show_added(
    invocation: Invocation, added: AddedPerson, password_file: Path | None, credential: Path | None
) -> None:
    out = invocation.out
    shown = None if credential else _hand_over(added.password, password_file)
    value = {"user": added.login, "role": added.role, "password": shown}

    def text() -> None:
        out.say(f"{added.login} is added as {added.role}.")
        if credential:
            out.say(f'Its credential is in "{credential}", which only you can read.')
        elif shown:
            _say_provisional(out, shown)

    out.show(value, text)
    if not credential:
        out.next_step(f"{added.login} runs callrec login {added.login}")


def _say_provisional(out: Output, password: str) -> None:
    out.say("Provisional password, shown this once:")
    out.say(f"  {password}")  # on a line of its own, which no terminal breaks


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
    from callrec.login.keyring import write_private

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
    yes: options.Yes = False,
) -> None:
    """Help somebody who forgot the password: a provisional one, and a new key at the next login.

    Role and powers stay; confirm the new key as for somebody who joins. What was granted to the old
    key nobody can open any more: it is listed, to be approved again. A password that somebody else
    may know needs new keys of the vault as well: callrec keys rotate
    """
    from callrec.people.joining import reset_person

    practice = practice_of(ctx.obj)
    actor = signing_person(ctx.obj, practice)
    given = _provisional(password_file)
    ctx.obj.prompts.confirm(f"Reset {user}", yes=yes)
    done = reset_person(practice, actor, login=user, password=given)
    out, shown = ctx.obj.out, _hand_over(done.password, password_file)

    def text() -> None:
        out.say(f"{user} makes a new key at the next login, and may nothing till you confirm it.")
        if shown:
            _say_provisional(out, shown)
        _say_taken_back(out, done.taken_back)

    out.show({"user": user, "password": shown, "taken_back": list(done.taken_back)}, text)
    out.next_step(f"{user} runs callrec login {user}")


def _say_taken_back(out: Output, requests: tuple[str, ...]) -> None:
    for reference in requests:
        out.say(f"{reference}: what was granted is destroyed; approve it again if need be.")


@user_app.command()
def confirm(ctx: Context, *, user: options.KnownLogin, yes: options.Yes = False) -> None:
    """Give a person with a new key the powers of the role, once you have compared its fingerprint.

    Ask the person to read the fingerprint that login showed: it must be the same, to the last
    digit, as the one shown here.
    """
    from callrec.login.people import show_person
    from callrec.people.joining import confirm_person

    practice = practice_of(ctx.obj)
    actor = signing_person(ctx.obj, practice)
    shown = show_person(practice, actor, login=user)
    if shown.claimed_fingerprint:
        ctx.obj.out.note(f"The key of {user}:")
        ctx.obj.out.note(f"  {grouped_fingerprint(shown.claimed_fingerprint)}")
        ctx.obj.prompts.confirm("Is this the fingerprint that was read to you?", yes=yes)
    done = confirm_person(practice, actor, login=user, fingerprint=shown.claimed_fingerprint)
    out = ctx.obj.out
    out.show(_json(done), lambda: out.say(f"{user} is confirmed as {done.role}."))


@user_app.command("list")
def list_(ctx: Context) -> None:
    """Everybody, with role and standing."""
    from callrec.login.people import list_people

    practice = practice_of(ctx.obj)
    everybody = list_people(practice, acting_person(ctx.obj, practice))
    out = ctx.obj.out
    rows = [(c.login, c.full_name, c.role, c.standing) for c in everybody]

    def text() -> None:
        out.table(("login", "name", "role", "standing"), rows)
        for person in everybody:
            for power, until in person.delegations:
                out.say(f"{person.login} may {power} until {until}{_over(practice, until)}")

    out.show_items([_json(c) for c in everybody], text)


@user_app.command()
def show(ctx: Context, *, user: options.KnownLogin) -> None:
    """One person: role, powers, delegations, key."""
    from callrec.login.people import show_person

    practice = practice_of(ctx.obj)
    found = show_person(practice, acting_person(ctx.obj, practice), login=user)
    out = ctx.obj.out

    def text() -> None:
        out.say(f"{found.login}  {found.full_name}  ({found.role}, {found.standing})")
        out.say(f"may: {', '.join(found.powers) or 'nothing'}")
        for power, until in found.delegations:
            out.say(f"lent: {power}, until {until}{_over(practice, until)}")
        out.say(f"key: {grouped_fingerprint(found.claimed_fingerprint or found.fingerprint)}")

    out.show(_json(found), text)


@user_app.command()
def role(
    ctx: Context, *, user: options.KnownLogin, role: options.NewRole, only: OnlyPowers = None
) -> None:
    """Give a person another role, or less of one. What it no longer opens goes on under new keys.

    What was lent to the person stays lent; --only ends it. Whoever looks after the computers is a
    manager who holds --only make-request.
    """
    from callrec.people.powers import change_role

    practice = practice_of(ctx.obj)
    held = frozenset(only or ())
    done = change_role(
        practice, signing_person(ctx.obj, practice), login=user, role=role, only=held
    )
    out, said = ctx.obj.out, f"{user} is {role} now"
    value = {
        "user": user,
        "role": role,
        "only": sorted(held) or None,
        "delegations": [{"power": lent.power, "until": lent.until} for lent in done.lent],
        "taken_back": list(done.taken_back),
    }

    def text() -> None:
        out.say(f"{said}, and may: {', '.join(sorted(held))}." if held else f"{said}.")
        for lent in done.lent:
            ends = f"callrec user delegate {user} --power {lent.power} --end"
            out.say(f"{lent.power} stays lent until {lent.until}: {ends}")
        _say_taken_back(out, done.taken_back)

    out.show(value, text)


@user_app.command()
def delegate(
    ctx: Context,
    *,
    user: options.KnownLogin,
    power: PowerName,
    until: LentUntil = None,
    end: End = False,
) -> None:
    """Lend a person a power until a day, or take it back.

    Any power can be lent; nobody lends on what was lent to him. A power ends with its last day. The
    keys that it opened are renewed by the next command about people.
    """
    from callrec.people.powers import end_delegation, lend_power
    from callrec.practice import today

    practice = practice_of(ctx.obj)
    if end is (until is not None):
        raise Unusable("a power is lent until a day, or ended", hint="give --until DATE or --end")
    last = parse_day(until, today(practice)) if until else None
    actor, out = signing_person(ctx.obj, practice), ctx.obj.out
    if last is None:
        end_delegation(practice, actor, login=user, power=power)
        said = f"{user} may not {power} any more; what it opened goes on under new keys."
    else:
        lend_power(practice, actor, login=user, power=power, until=last)
        said = f"{user} may {power} until {last}."
    out.show({"user": user, "power": power, "until": last}, lambda: out.say(said))
    out.next_step(f"callrec user show {user}")


@user_app.command()
def disable(ctx: Context, *, user: options.KnownLogin, yes: options.Yes = False) -> None:
    """Shut a person out. The vault's keys that he held are replaced for everybody else.

    What was sealed to that person alone is destroyed; a request under which it was granted has to
    be decided again. What was sealed before lies under the keys of old until it is moved:
    callrec keys rotate --reseal
    """
    from callrec.people.powers import disable_person

    practice = practice_of(ctx.obj)
    actor = signing_person(ctx.obj, practice)
    ctx.obj.prompts.confirm(f"Disable {user}", yes=yes)
    taken_back = disable_person(practice, actor, login=user)
    out = ctx.obj.out

    def text() -> None:
        out.say(f"{user} is disabled.")
        _say_taken_back(out, taken_back)

    out.show({"user": user, "standing": "disabled", "taken_back": list(taken_back)}, text)


@user_app.command()
def password(ctx: Context) -> None:
    """Change your own password; nothing else changes."""
    from callrec.login.locks import LENGTH_RULE
    from callrec.login.unlock import change_password

    practice = practice_of(ctx.obj)
    actor = signing_person(ctx.obj, practice)
    chosen = ctx.obj.prompts.ask_new_password(
        f"New password ({LENGTH_RULE})", file_variable=NEW_PASSWORD_FILE
    )
    change_password(practice, actor, password=chosen)
    out = ctx.obj.out
    out.show({"user": actor.login}, lambda: out.say("Your password is changed."))


def _over(practice: Practice, until: str) -> str:
    """What is added to what was lent until a day that is over."""
    from callrec.practice import today

    return "" if until >= today(practice).isoformat() else ", which is over"


def _json(person: Colleague) -> dict[str, Any]:
    return {
        "user": person.login,
        "name": person.full_name,
        **facts(person, "role", "standing", "powers"),
        "delegations": [{"power": p, "until": until} for p, until in person.delegations],
        "fingerprint": person.fingerprint,
        "claimed_fingerprint": person.claimed_fingerprint or None,
    }


_POWERS = {str(power): power for power in Power}


def read_power(text: str) -> Power:
    """The power that a word stands for."""
    power = _POWERS.get(text.strip().lower())
    if power is None:
        raise Unusable("there is no such power", hint=f"the powers: {', '.join(Power)}")
    return power


PowerName = Annotated[
    Power,
    typer.Option(
        "--power",
        metavar="POWER",
        parser=read_power,
        help="What the person may do besides what the role brings: decide-reserved.",
    ),
]

LentUntil = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="The last day on which the person may do it."),
]

End = Annotated[bool, typer.Option("--end", help="Take it back at once, and renew its keys.")]

OnlyPowers = Annotated[
    list[Power] | None,
    typer.Option(
        "--only",
        metavar="POWER",
        parser=read_power,
        help="Hold this power of the role and no other; may be given again.",
    ),
]

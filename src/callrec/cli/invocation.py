"""One command as it was typed, and who acts in it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from callrec.dataclass import dataclass, replace
from callrec.errors import CallrecError, Locked, NotFound, Unusable
from callrec.system.shell import quoted

if TYPE_CHECKING:
    from callrec.cli.output import Output
    from callrec.cli.prompts import Prompts
    from callrec.config import Config
    from callrec.login.asking import Here
    from callrec.login.factors import Presents
    from callrec.login.keyring import Session
    from callrec.practice import Actor, Practice
    from callrec.record.versions import Versioned
    from callrec.settings import Settings


@dataclass(slots=True)
class GlobalOptions:
    """What was typed of the options that every command takes."""

    json: bool = False
    fields: str | None = None
    config: Path | None = None
    vault: Path | None = None
    commands: Collection[str] = ()
    """Every command that there is: what follows "callrec" where a command is named."""

    def again(self, line: str) -> str:
        """A hint or next step with the vault that was typed, in each command that it names."""
        if self.vault is None:
            return line
        typed = f"callrec --vault {quoted(self.vault)} "
        named = rf"callrec (?=(?:{'|'.join(self.commands)})\b)"
        return re.sub(named, lambda _: typed, line)


class Invocation:
    """What stands behind ``ctx.obj``: configuration, clock, output, prompts, environment.

    Each is made when first asked for, so that ``--help`` reads no file and loads nothing.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self.environ: Mapping[str, str] = os.environ
        self.given = GlobalOptions()
        self.practice: Practice | None = None
        """The vault that the command works on, once it is open."""
        self.actor: Actor | None = None
        """Who acts, once that is known."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        return self._now().astimezone(UTC)

    def today(self) -> date:
        """The day of the practice."""
        return self.now().astimezone(self.settings.time_zone).date()

    @cached_property
    def config(self) -> Config:
        """The configuration that applies to this command."""
        from callrec.config import load_config  # pydantic: 67 ms

        return load_config(self.given.config, self.environ, self.given.vault)

    @property
    def settings(self) -> Settings:
        """The practice's rules: of the vault, or what a vault begins with where there is none."""
        if self.practice is not None:
            return self.practice.settings
        return self._settings

    @cached_property
    def _settings(self) -> Settings:
        from callrec.catalogue.engine import has_catalogue  # as what opens it
        from callrec.practice import open_practice
        from callrec.settings import Settings

        if not has_catalogue(self.config.vault, self.config.catalogue):
            return Settings()
        return open_practice(self.config, self.now, self.environ).settings

    @cached_property
    def out(self) -> Output:
        """Where results and messages go."""
        from callrec.cli.output import Output  # --help needs none

        out = Output(
            results=sys.stdout, messages=sys.stderr, json=self.given.json, environ=self.environ
        )
        out.again, out.acts = self.given.again, self._acts
        return out

    def _acts(self) -> str:
        actor, practice = self.actor, self.practice
        wrote = actor and practice and actor.person.id in practice.written_by
        return actor.login if actor and wrote else ""

    @cached_property
    def prompts(self) -> Prompts:
        """Where questions are asked."""
        from callrec.cli.prompts import Prompts  # --help needs none

        return Prompts(answers=sys.stdin, messages=sys.stderr, environ=self.environ)


FILE_PARAMETERS = frozenset({"paths", "after"})
"""Parameters that are given as text and name files: such a name may be any bytes."""


class Context(typer.Context):
    """Typer's context, with our invocation in it."""

    obj: Invocation

    def invoke(self, callback: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a command, unless it was given what is not text."""
        from callrec.cli.options import is_text  # loaded with the command

        for name, value in kwargs.items():
            for each in value if isinstance(value, list | tuple) else (value,):
                if isinstance(each, str) and name not in FILE_PARAMETERS and not is_text(each):
                    raise Unusable(
                        "what was typed is not text in UTF-8",
                        hint="set the terminal, and LANG, to UTF-8",
                    )
        if self.obj.given.fields is not None and self.invoked_subcommand is None:
            from callrec.cli.fields import read_fields  # few ask for it

            self.obj.given.json = True
            command = self.command_path.removeprefix("callrec ")
            self.obj.out.fields = read_fields(command, self.obj.given.fields)
        return super().invoke(callback, *args, **kwargs)


def remember_option(ctx: Context, param: typer.CallbackParam, value: Any) -> None:
    """Keep the value of an option that every command takes, wherever it stood in the line."""
    if value:
        setattr(ctx.obj.given, param.name, value)


def check_destination(
    invocation: Invocation, to: Path, *, yes: bool, suffixes: tuple[str, ...] = ()
) -> bool:
    """Check where a file is to go; returns whether it replaces one, which was confirmed."""
    from callrec.system.files import check_new

    if suffixes and to.suffix.lower() not in suffixes:
        raise Unusable(f"a file for this ends in {' or '.join(suffixes)}", hint="name it so")
    replace = os.path.isfile(to)  # noqa: PTH113  # Path.is_file raises where no file can be
    if replace:
        invocation.prompts.confirm("replace the file of that name", yes=yes)
    check_new(to, replace=replace)
    return replace


def typed_day(
    practice: Practice, text: str | None, option: str, *, ahead: bool = False
) -> date | None:
    """A day that was typed, if one was; read as `parse_day` does."""
    from callrec.policy.days import parse_day
    from callrec.practice import today

    return None if text is None else parse_day(text, today(practice), what=option, ahead=ahead)


def typed_moment(practice: Practice, text: str | None, option: str) -> datetime | None:
    """A day or moment that was typed, if one was."""
    from callrec.policy.days import parse_instant
    from callrec.practice import today

    zone = practice.settings.time_zone
    return None if text is None else parse_instant(text, zone, today(practice), what=option)


def practice_of(invocation: Invocation, drives: Sequence[Path] | None = None) -> Practice:
    """The vault that this command works on; the mail that waits there is seen to afterwards."""
    invocation.prompts.hide_typed()  # from here on the password may be on its way
    from callrec.practice import open_practice

    opened = open_practice(invocation.config, invocation.now, invocation.environ)
    invocation.practice = replace(opened, drives=tuple(drives or ()))
    return invocation.practice


def acting_person(invocation: Invocation, practice: Practice) -> Actor:
    """Who acts, with what the login keeps: enough to search and to ask."""
    from callrec.login.sessions import actor_by_session

    if "CALLREC_CREDENTIAL" in invocation.environ or "CALLREC_USER" in invocation.environ:
        return signing_person(invocation, practice)
    invocation.actor = actor_by_session(practice, _open_session(invocation, practice))
    invocation.prompts.show_typed()
    return invocation.actor


def acting_person_if_any(invocation: Invocation, practice: Practice) -> Actor | None:
    """Who acts; None where nobody is logged in."""
    try:
        return acting_person(invocation, practice)
    except Locked:
        return None


def signing_person(invocation: Invocation, practice: Practice) -> Actor:
    """Who acts, with the password for this one command: it opens and signs all that they may."""
    from callrec.login.keyring import read_credential
    from callrec.login.unlock import actor_by_credential

    if invocation.actor is not None and invocation.actor.identity is not None:
        return invocation.actor  # the password was given a moment ago, to see what waits
    named = invocation.environ.get("CALLREC_CREDENTIAL")
    if named is not None:
        invocation.actor = actor_by_credential(practice, read_credential(Path(named)))
        return invocation.actor
    login = signing_login(invocation, practice)
    return invocation.prompts.try_passwords(
        f"Password of {login}",
        lambda password: _actor_by_password(invocation, practice, login, password),
    )


def practice_and_actor(invocation: Invocation) -> tuple[Practice, Actor]:
    """The vault, as `practice_of`, and who acts in it, as `acting_person`."""
    practice = practice_of(invocation)
    return practice, acting_person(invocation, practice)


def practice_and_signer(invocation: Invocation) -> tuple[Practice, Actor]:
    """The vault, as `practice_of`, and who signs in it, as `signing_person`."""
    practice = practice_of(invocation)
    return practice, signing_person(invocation, practice)


def reading_person(invocation: Invocation, practice: Practice, kind: Versioned[Any]) -> Actor:
    """Who reads such a thing: the open login where that is enough, else with the password."""
    actor = acting_person(invocation, practice)
    if actor.identity is not None or kind.opens_for(actor):
        return actor
    return signing_person(invocation, practice)


def signer_and_password(
    invocation: Invocation, practice: Practice, *, is_adding_one: bool = False
) -> tuple[Actor, str]:
    """Who signs, and the password that they gave: for what tries or locks with it once more.

    ``is_adding_one``: they add a second factor, and so may still have none.
    """
    login = signing_login(invocation, practice)
    return invocation.prompts.try_passwords(
        f"Password of {login}",
        lambda typed: (
            _actor_by_password(invocation, practice, login, typed, is_adding_one=is_adding_one),
            typed,
        ),
    )


def _actor_by_password(
    invocation: Invocation,
    practice: Practice,
    login: str,
    password: str,
    *,
    is_adding_one: bool = False,
) -> Actor:
    from callrec.login.unlock import actor_by_password

    invocation.actor = actor_by_password(
        practice,
        login=login,
        password=password,
        factor=presenting_here(invocation, practice),
        is_adding_one=is_adding_one,
    )
    if invocation.prompts.asks_passwords:
        invocation.out.named = login
    return invocation.actor


def presenting_here(invocation: Invocation, practice: Practice, *, keeps: bool = False) -> Presents:
    """What presents a second factor: what is kept here, or somebody at this terminal."""
    from callrec.login.factors import presenting

    return presenting(here(invocation, practice.vault, keeps=keeps))


def here(invocation: Invocation, vault: str, *, keeps: bool = False) -> Here:
    """This terminal, where second factors of a vault's people are presented."""
    from callrec.login.asking import Here
    from callrec.practice import state_folder

    prompts, folder = invocation.prompts, state_folder(vault, invocation.environ)
    prompts.card_module = invocation.config.factor.card_module
    return Here(vault, folder, prompts if prompts.possible else None, keeps=keeps)


def approver_if_any(invocation: Invocation, practice: Practice) -> Actor | None:
    """Somebody who opens recordings, with their password; None: nobody like that is at hand."""
    from callrec.login.people import find_person
    from callrec.policy.role import VaultKey, holds_recordings
    from callrec.practice import opens_all, today

    if "CALLREC_CREDENTIAL" in invocation.environ:
        return None
    try:
        login = signing_login(invocation, practice)
        row, _ = find_person(practice, login)
        person = practice.register.person(row.id)
        if not holds_recordings(person, today(practice)):
            return None
        password = invocation.prompts.ask_password(f"Password of {login}")
    except (Locked, NotFound):
        return None
    actor = _actor_by_password(invocation, practice, login, password)
    return actor if opens_all(practice, actor, VaultKey.RECORDINGS) else None


def acting_service(invocation: Invocation) -> Callable[[Practice], Actor]:
    """Who acts while a command stays: a service, looked up whenever the vault is opened."""
    from callrec.login.keyring import read_credential
    from callrec.login.unlock import actor_by_credential

    named = invocation.environ.get("CALLREC_CREDENTIAL")
    if named is None:
        raise Unusable(
            "what stays acts as a service, not as a person",
            hint="set CALLREC_CREDENTIAL; "
            "callrec user add NAME --role intake --credential-file FILE writes one",
        )
    credential = read_credential(Path(named))
    return lambda practice: actor_by_credential(practice, credential)


def signing_login(invocation: Invocation, practice: Practice) -> str:
    """The login whose password is to be given: the one that is named, or the open login's."""
    return invocation.environ.get("CALLREC_USER") or _open_session(invocation, practice).login


def _open_session(invocation: Invocation, practice: Practice) -> Session:
    from callrec.login.people import awaiting_confirmation

    session = session_here(invocation, practice.vault)
    if session is None:
        if waiting := awaiting_confirmation(practice):
            raise Locked(
                f"nobody is logged in here: {waiting}",
                hint="then run callrec login NAME at this terminal once more",
            )
        raise Locked(
            "nobody is logged in here",
            hint="run callrec login NAME at this terminal,"
            " or set CALLREC_USER and CALLREC_PASSWORD_FILE",
        )
    return session


def session_here(invocation: Invocation, vault: str) -> Session | None:
    """What this terminal keeps of a login to the vault; None where it keeps nothing."""
    from callrec.login.keyring import open_session
    from callrec.system.terminal import place_of

    place, environ = place_of(invocation.environ), invocation.environ
    return None if place is None else open_session(vault, place.digest, invocation.now(), environ)


@contextmanager
def drafting(invocation: Invocation, practice: Practice, what: str) -> Iterator[None]:
    """Keep what was answered where the block is cut short or refused, and offer it the next time.

    For as long as the login at this terminal lasts; without one nothing is kept.
    """
    from callrec.login.drafts import forget_draft, read_draft, save_draft

    prompts, environ = invocation.prompts, invocation.environ
    actor = invocation.actor
    session = session_here(invocation, practice.vault) if prompts.possible else None
    if session is None or actor is None or session.login != actor.login:
        yield
        return
    prompts.earlier = read_draft(session, what, environ)
    if prompts.earlier:
        invocation.out.note("your earlier answers are kept: Enter takes each")
    try:
        yield
    except (CallrecError, KeyboardInterrupt):
        answers = {**prompts.earlier, **prompts.answered}
        if answers and save_draft(session, what, answers, environ):
            again = "your answers are kept until you log out: the same command offers them again"
            invocation.out.note(again)
        raise
    forget_draft(session, environ)


def countersigning_person(invocation: Invocation, practice: Practice, login: str) -> Actor:
    """The second person, who gives a password at the same terminal."""
    from callrec.cli.prompts import COUNTERSIGN_FILE
    from callrec.login.unlock import actor_by_password

    factor = presenting_here(invocation, practice)
    return invocation.prompts.try_passwords(
        f"Password of {login}, who countersigns",
        lambda password: actor_by_password(practice, login=login, password=password, factor=factor),
        file_variable=COUNTERSIGN_FILE,
    )


def second_opener(
    invocation: Invocation, practice: Practice, actor: Actor, named: str | None
) -> Actor | None:
    """Who opens recordings beside the actor, where that takes two; None: it takes one."""
    from callrec.login.together import who_may_open_beside

    if not practice.settings.is_opened_by_two:
        return None
    return second_person(invocation, practice, who_may_open_beside(practice, actor), named)


def second_person(
    invocation: Invocation, practice: Practice, may: Sequence[str], named: str | None
) -> Actor | None:
    """A second person: who was named, or, if there is one who may, who is asked for."""
    if named is None and may and invocation.prompts.possible:
        question = f"Who countersigns? One of: {', '.join(may)}"
        named = invocation.prompts.ask_until(
            question, lambda answer: _one_of(answer, may), option="--countersign USER"
        )
    return None if named is None else countersigning_person(invocation, practice, named)


def _one_of(answer: str, logins: Sequence[str]) -> str:
    if answer not in logins:
        raise Unusable("that is none of them", hint=f"type one of: {', '.join(logins)}")
    return answer

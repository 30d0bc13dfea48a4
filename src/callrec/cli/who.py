"""Who acts: the open login, a password, or a credential (docs/cli.md, "Who acts")."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.errors import Locked, Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from callrec.cli.invocation import Invocation
    from callrec.practice import Actor, Practice

COUNTERSIGN_FILE = "CALLREC_COUNTERSIGN_PASSWORD_FILE"


def practice_of(invocation: Invocation, drives: Sequence[Path] | None = None) -> Practice:
    """The vault that this command works on; the mail that waits there is seen to afterwards.

    Args:
        invocation: the command.
        drives: folders in which volumes are looked for first.
    """
    from callrec.practice import open_practice

    opened = open_practice(invocation.config, invocation.now, invocation.environ)
    invocation.practice = replace(opened, drives=tuple(drives or ()))
    return invocation.practice


def acting_person(invocation: Invocation, practice: Practice) -> Actor:
    """Who acts, with what the login keeps: enough to search and to ask.

    Raises:
        Locked: nobody is logged in.
    """
    from callrec.login.keyring import open_session
    from callrec.login.unlock import actor_by_session

    environ = invocation.environ
    if "CALLREC_CREDENTIAL" in environ or "CALLREC_USER" in environ:
        return signing_person(invocation, practice)
    session = open_session(practice.vault, practice.now(), environ)
    if session is None:
        raise _nobody()
    return actor_by_session(practice, session)


def signing_person(invocation: Invocation, practice: Practice) -> Actor:
    """Who acts, with the password given for this one command: it opens and signs everything his.

    Raises:
        Locked: nobody is logged in, or the password is wrong.
    """
    from callrec.login.keyring import read_credential
    from callrec.login.unlock import actor_by_credential, actor_by_password

    environ = invocation.environ
    if "CALLREC_CREDENTIAL" in environ:
        return actor_by_credential(practice, read_credential(Path(environ["CALLREC_CREDENTIAL"])))
    login = signing_login(invocation, practice)
    password = invocation.prompts.ask_password(f"Password of {login}")
    return actor_by_password(practice, login=login, password=password)


def acting_service(invocation: Invocation) -> Callable[[Practice], Actor]:
    """Who acts for as long as a command stays: a service, looked up whenever the vault is opened.

    Raises:
        Unusable: no credential is given. A person's password is not kept.
        Misconfigured: the credential cannot be read.
    """
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
    """The login whose password is to be given: the one that is named, or the open login's.

    Raises:
        Locked: nobody is logged in.
    """
    from callrec.login.keyring import open_session

    named = invocation.environ.get("CALLREC_USER", "")
    if named:
        return named
    session = open_session(practice.vault, practice.now(), invocation.environ)
    if session is None:
        raise _nobody()
    return session.login


def countersigning_person(invocation: Invocation, practice: Practice, login: str) -> Actor:
    """The second person, who gives a password at the same terminal.

    Raises:
        Locked: the password is wrong.
    """
    from callrec.login.unlock import actor_by_password

    password = invocation.prompts.ask_password(
        f"Password of {login}, who countersigns", file_variable=COUNTERSIGN_FILE
    )
    return actor_by_password(practice, login=login, password=password)


def _nobody() -> Locked:
    return Locked(
        "nobody is logged in",
        hint="run callrec login NAME, or set CALLREC_USER and CALLREC_PASSWORD_FILE",
    )

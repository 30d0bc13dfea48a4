"""login, logout, whoami."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from callrec.cli import options
from callrec.cli.commands.people.factor import new_factors
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    practice_and_actor,
    practice_of,
    presenting_here,
    session_here,
)
from callrec.cli.output import Output
from callrec.cli.prompts import NEW_PASSWORD_FILE
from callrec.views.words import as_words, can_line, facts

if TYPE_CHECKING:
    from callrec.login.unlock import AwaitingConfirmation, LoggedIn

login_app = new_app()


@login_app.command()
def login(ctx: Context, *, user: options.LoginName) -> None:
    """Log in at this terminal, for an hour, or until ten minutes pass without a command.

    Log in at each terminal separately. A script without a terminal names its session with
    CALLREC_SESSION, or gives a password with each command.

    The first time, you choose your own password, and your own key is made. Read its six words to
    the Data Controller, who types them at: callrec user confirm NAME
    """
    from callrec.login.unlock import LoggedIn, log_in

    practice = practice_of(ctx.obj)
    factor = presenting_here(ctx.obj, practice, keeps=True)
    log = partial(
        log_in,
        practice,
        login=user,
        environ=ctx.obj.environ,
        factor=factor,
        new_factors=new_factors(ctx.obj, practice),
    )
    result = ctx.obj.prompts.try_passwords(
        f"Password of {user}",
        lambda typed: log(password=typed, new_password=lambda: _new_password(ctx.obj, typed)),
    )
    if isinstance(result, LoggedIn):
        _show_session(ctx.obj, result)
    else:
        _show_new_key(ctx.obj.out, result)


def _show_session(invocation: Invocation, opened: LoggedIn) -> None:
    from callrec.audit.session import IDLE_LIMIT

    ends = f"{opened.ends_at.astimezone(invocation.settings.time_zone):%H:%M}"
    value = {"user": opened.login, **facts(opened, "role", "ends_at", "terminal")}
    idle = f"or until {IDLE_LIMIT.seconds // 60} minutes pass without a command"
    line = f"{opened.login} ({as_words(opened.role)}) until {ends}, {idle}; {opened.terminal} only."
    invocation.out.show(value, line)
    if opened.must_add_factor:
        from callrec.views.factors import MUST_ADD

        invocation.out.note(MUST_ADD)
    invocation.out.next_step(
        "callrec user factor add" if opened.must_add_factor else "callrec inbox"
    )


def _show_new_key(out: Output, result: AwaitingConfirmation) -> None:
    from callrec.package.whole import key_words

    words = key_words(result.fingerprint)
    lines = (
        "Your key is made." if result.made_now else "Your key is not confirmed yet.",
        "Read these six words of it to the Data Controller, who confirms it:",
        f"  {words}",
    )
    value = {"user": result.login, "words": words, "confirmed": False}
    out.show(value, lines)
    out.next_step(f"the Data Controller runs callrec user confirm {result.login}")


def _new_password(invocation: Invocation, given: str) -> str:
    """The password of a person's own key; without a terminal the one that was given may stay."""
    if not invocation.prompts.possible and NEW_PASSWORD_FILE not in invocation.environ:
        invocation.out.note(
            "your password is still the one that you were given: callrec user password changes it"
        )
        return given
    from callrec.login.choosing import LENGTH_RULE, check_password, facts_known

    practice = practice_of(invocation)
    invocation.out.note("Your own key is made now: choose a password that nobody else knows.")
    return invocation.prompts.ask_new_password(
        f"Your own password ({LENGTH_RULE})",
        lambda typed: check_password(typed, facts_known(practice, None, invocation.now())),
        file_variable=NEW_PASSWORD_FILE,
    )


logout_app = new_app()


@logout_app.command()
def logout(ctx: Context) -> None:
    """Log out at this terminal: its session opens and signs nothing any more."""
    from callrec.login.sessions import log_out
    from callrec.system.terminal import place_of

    practice, environ = practice_of(ctx.obj), ctx.obj.environ
    place = place_of(environ)
    session = session_here(ctx.obj, practice.vault)
    ended = place is not None and log_out(practice, session, place, environ)
    ctx.obj.out.show({"ended": ended}, "Logged out." if ended else "Nobody was logged in here.")


whoami_app = new_app()


@whoami_app.command()
def whoami(ctx: Context) -> None:
    """Show who is logged in, and what they can do today."""
    from callrec.practice import powers
    from callrec.views.fingerprints import fingerprint_lines
    from callrec.views.people import whoami_json

    practice, actor = practice_and_actor(ctx.obj)
    fingerprint = practice.register.public_keys(actor.person.id).fingerprint
    may = sorted(powers(practice, actor))
    lines = (
        f"{actor.login}, {as_words(actor.person.role)} of {practice.name}",
        can_line(may),
        *fingerprint_lines("key", fingerprint),
    )
    ctx.obj.out.show(whoami_json(actor, may, fingerprint, practice.name), lines)

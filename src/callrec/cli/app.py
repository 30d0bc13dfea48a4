"""The command line: one line for each command, and the one place where errors become statuses."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer
from typer.main import get_command

import callrec
from callrec.cli.groups import LazyGroup
from callrec.cli.invocation import Context, Invocation
from callrec.cli.options import everywhere  # Typer reads it
from callrec.errors import CallrecError, Failed, Tampered, Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "To begin": {
        "demo": "Show the whole of it on a small made-up practice.",
        "init": "Found a vault, and its first Data Controller.",
        "login": "Open a session for searching.",
        "logout": "Close it.",
        "whoami": "Say who is logged in, and what that person may do.",
    },
    "Calls": {
        "ingest": "Bring recordings in, encrypted on the way.",
        "reconcile": "Tell whether every call of the telephone system is held.",
        "search": "Find calls by number, day, extension or party, for a reason.",
        "show": "Say what is known about one recording.",
    },
    "Requests": {
        "request": "Ask for recordings; list, show and change requests.",
        "due": "Say by when a request is answered, and why; needs no vault.",
        "inbox": "List what waits for you, soonest due first.",
        "approve": "Grant what a request asks for.",
        "deny": "Refuse a request.",
        "revoke": "Take a grant back.",
        "listen": "Play what was granted to you.",
        "release": "Hand over what was granted, as a sealed package.",
    },
    "Safekeeping": {
        "hold": "Keep recordings from being destroyed; list what is held.",
        "retention": "Review what is due to be destroyed, and have it destroyed.",
        "archive": "Copy recordings to an external drive; check what is there.",
        "backup": "Copy the catalogue, sealed, to another disk.",
        "restore": "Rebuild the vault from archive volumes.",
        "erase": "Destroy what an approved request for erasure grants.",
        "audit": "Read the record of all that was done, and check it.",
        "verify-release": "Check a release that somebody was given; needs no vault.",
        "register": "Read a register: disclosures, subject access, powers.",
    },
    "The practice": {
        "user": "Add people, confirm them, change what they may do.",
        "keys": "List the vault's keys and who holds them.",
        "recovery": "Try the recovery kit, or use it where nobody can log in.",
        "fingerprint": "Print what the practice publishes, for checking releases.",
        "notice": "Write the texts that tell people that calls are recorded.",
        "mail": "List and send what people are told by mail.",
        "incident": "Report that the policy was breached, and see it through.",
        "migrate": "Bring a vault of an older callrec to the newest schema.",
        "status": "Say what is waiting, due or wrong.",
        "doctor": "Check this machine and this vault.",
    },
}
COMMANDS: Mapping[str, str] = {
    name: help_line for section in SECTIONS.values() for name, help_line in section.items()
}

COMPLETION_VARIABLE = "_CALLREC_COMPLETE"
"""The variable by which a shell asks how a line may go on (completion.py)."""

BUG_STATUS = 70
INTERRUPTED_STATUS = 130

EXPECTED_OS_ERRORS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG), "the disk"),
    errno.EMFILE: "this process",
    errno.ENFILE: "this machine",
}
"""Errors of the system that no code of ours can be to blame for, and whose they are."""

MODULES: Mapping[str, str] = {
    "kit": "keys",
    "approve": "requests.decide",
    "deny": "requests.deny",
    "due": "requests.due",
    "request": "requests.request",
    "revoke": "requests.revoke",
}
"""Where in cli/commands a command stands, if not in the file of its name."""


class Commands(LazyGroup):
    sections = SECTIONS
    modules = MODULES


app = typer.Typer(
    cls=Commands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback(invoke_without_command=True)
def main(
    ctx: Context,
    *,
    json: everywhere.Json = False,
    config: everywhere.ConfigFile = None,
    vault: everywhere.VaultDir = None,
    version: everywhere.Version = False,
) -> None:
    """Keep a practice's call recordings encrypted; release them only as its policy allows."""
    del json, config, vault, version  # each is read by its own callback, here or at the command
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(2)


def run(argv: Sequence[str] | None = None, *, now: Callable[[], datetime] | None = None) -> int:
    """Run one command.

    Args:
        argv: what was typed after ``callrec``; this process's own arguments if None.
        now: the clock, giving aware times; this machine's if None.

    Returns:
        The exit status (docs/cli.md). Whatever goes wrong is told on stderr in two lines.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    invocation = Invocation(now=now or _this_machines_clock)
    try:
        status = _perform(arguments, invocation)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001  # nothing stands above this
        _let_go(sys.stdout)
        status = report_error(_behind(problem, invocation))
    try:
        _see_to_mail(invocation)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001  # nor above this
        status = report_error(problem)
    return status


def _perform(arguments: list[str], invocation: Invocation) -> int:
    command = get_command(app)
    if COMPLETION_VARIABLE in invocation.environ and isinstance(command, LazyGroup):
        return _complete(command, invocation.environ)
    status = 0
    try:
        with command.make_context("callrec", arguments, obj=invocation) as context:
            command.invoke(context)
    except typer.Exit as exit_:
        status = exit_.exit_code
    if invocation.practice is not None:
        from callrec.practice import report_unsaved_head  # as what opened it did

        report_unsaved_head(invocation.practice)
    # Here and not at the end of the process, where a closed pipe or a full disk could not be told.
    sys.stdout.flush()
    return status


def _complete(commands: LazyGroup, environ: Mapping[str, str]) -> int:
    from callrec.cli.completion import complete  # no command needs it

    for line in complete(commands, environ):
        typer.echo(line)
    return 0


def _see_to_mail(invocation: Invocation) -> None:
    """A command that worked on a vault has the mail sent that waits there, whatever came of it.

    A service's does not: what takes in calls need not reach a network.
    """
    if "CALLREC_CREDENTIAL" in invocation.environ:
        return
    if invocation.practice is not None and invocation.practice.config.mail.host:
        from callrec.cli.afterwards import start_sending_mail  # few commands need it

        start_sending_mail(invocation.practice, invocation.given, invocation.environ)


def _behind(problem: BaseException, invocation: Invocation) -> BaseException:
    """That the vault was tampered with, where that is so and a bug came of it.

    The whole record is read for it, if need be: nothing else tells what a bug rests on.
    """
    if _told(problem)[0] != BUG_STATUS:
        return problem
    from callrec.registers.verify import check_untouched  # few commands need it

    try:
        check_untouched(invocation.config, invocation.environ)
    except Exception as found:  # noqa: BLE001  # whatever else goes wrong, the bug came first
        return found if isinstance(found, Tampered) else problem
    return problem


def report_error(problem: BaseException | None) -> int:
    """Tell on stderr what went wrong, with nothing in it that a call held; returns the status."""
    status, message, hint = _told(problem)
    if not message:
        return status
    from callrec.cli.output import escape_controls  # --help and --version need none

    # Nobody may be left to read it.
    with suppress(OSError):
        sys.stderr.write(f"callrec: error: {escape_controls(message)}\n")
        if hint:
            sys.stderr.write(f"callrec: hint: {escape_controls(hint)}\n")
        sys.stderr.flush()
    return status


def _told(problem: BaseException | None) -> tuple[int, str, str]:
    """The exit status; what went wrong, if anybody is left to read it; what to do, if known."""
    match problem:
        case BrokenPipeError():
            return Failed.exit_status, "", ""
        case CallrecError():
            return problem.exit_status, problem.message, problem.hint
        case typer.TyperException():
            from callrec.cli.usage import explain_usage_error  # as harmless above

            return Unusable.exit_status, *explain_usage_error(problem)
        case KeyboardInterrupt():
            return INTERRUPTED_STATUS, "interrupted", ""
        case OSError() if problem.errno in EXPECTED_OS_ERRORS:
            said = os.strerror(problem.errno).lower()
            return Failed.exit_status, f"{EXPECTED_OS_ERRORS[problem.errno]}: {said}", ""
        case _:
            return BUG_STATUS, f"a bug: {_where(problem)}", "please report the line above"


def _where(bug: BaseException | None) -> str:
    """The kind of a bug and our own line; never its message, which may hold what a call held."""
    here = Path(callrec.__file__).parent
    place = "unknown"
    step = bug.__traceback__ if bug else None
    while step is not None:
        path = Path(step.tb_frame.f_code.co_filename)
        if path.is_relative_to(here):
            place = f"{path.relative_to(here.parent)}:{step.tb_lineno}"
        step = step.tb_next
    return f"{type(bug).__name__} at {place}"


def _let_go(stream: TextIO) -> None:
    """What cannot be written goes nowhere, or Python itself complains of it at its end."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _this_machines_clock() -> datetime:
    return datetime.now(UTC)

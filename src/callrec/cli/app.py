"""One line for each command; the one place where errors become statuses."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command

import callrec
from callrec.cli.groups import (
    ConfigFile,
    Fields,
    Json,
    LazyGroup,
    VaultDir,
    Version,
    expected,
    print_help,
)
from callrec.cli.invocation import Context, GlobalOptions, Invocation
from callrec.errors import CallrecError, Failed, Tampered, Unusable
from callrec.system.console import let_go, nobody_reads
from callrec.system.modules import python_command
from callrec.system.processes import start_detached

if TYPE_CHECKING:
    from callrec.practice import Practice

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "To begin": {
        "demo": "Show callrec at work in a small made-up practice.",
        "init": "Set up callrec for your practice.",
        "login": "Log in at this terminal, to search and to ask.",
    },
    "Calls": {
        "ingest": "Bring recordings in, encrypted on the way.",
        "search": "Find calls by number, day, extension or party, for a reason.",
        "show": "Say what is known about one recording.",
    },
    "Requests": {
        "request": "Ask for recordings; list, show and change requests.",
        "inbox": "List what waits for you, soonest due first.",
        "approve": "Grant what a request asks for.",
        "deny": "Refuse a request.",
        "revoke": "Take a grant back.",
        "listen": "Play what was granted to you.",
        "release": "Hand over what was granted, as a sealed package.",
    },
    "Safekeeping": {
        "hold": "Keep recordings from being destroyed; list what is held.",
        "retention": "Review what is due and have it destroyed; undo an intake.",
        "archive": "Copy recordings to an external drive; check what is there.",
        "drive": "Back up to a drive; rebuild the vault from drives.",
        "audit": "Read the record of all that was done, and check it.",
    },
    "The practice": {
        "user": "Add people, confirm them, change what they may do.",
        "practice": "Rules, keys, recovery kit, registers, notices, mail, checks.",
        "incident": "Report that the policy was breached, and see it through.",
        "complaint": "Record complaints about personal data, to their outcome.",
        "status": "Show what is waiting, due or wrong.",
        "config": "Show, check or edit this machine's configuration.",
    },
}

GROUPED: Mapping[str, Mapping[str, str]] = {
    "request": {
        "due": "Show by when a request must be answered, and why; needs no vault.",
        "erase": "Destroy what an approved request for erasure covers.",
        "subject": "Keep and look up people whose identity was proved.",
        "recording": "Note who is heard in a recording, and what to know of it.",
    },
    "drive": {
        "backup": "Copy the catalogue, sealed, to another disk.",
        "restore": "Rebuild the vault from archive drives.",
    },
    "audit": {
        "verify-release": "Check a release that someone was given; needs no vault.",
        "witness": "See and cosign the records of other practices; needs no vault.",
    },
    "user": {
        "logout": "Log out.",
        "whoami": "Show who is logged in, and what they can do.",
        "factor": "Add a second factor to your password, or take one away.",
    },
    "practice": {
        "settings": "Show the practice's rules; the Data Controller changes them.",
        "keys": "List the vault's keys and who holds them.",
        "recovery": "Try the recovery kit, or use it when nobody can log in.",
        "register": "Read a register: disclosures, subject access, powers.",
        "report": "Count a month for the practice meeting and the DSPT.",
        "notice": "Write the texts that tell people that calls are recorded.",
        "mail": "List and send what people are told by mail.",
        "fingerprint": "Print what the practice publishes, for checking releases.",
        "reconcile": "Check that every call of the telephone system is held.",
        "desk": "Open callrec in a browser, here or for the practice's network.",
        "migrate": "Bring a vault of an older callrec to the newest schema.",
        "doctor": "Check this machine and this vault.",
        "network": "Plan databases and buckets for many practices.",
    },
}
"""What stands below another command. Until the next version it is found at the top, too."""

KEPT: Collection[str] = (
    *("verify-release", "restore", "recovery", "logout"),
    *("subject", "report", "desk", "network", "witness"),
)
"""Of these, what stays at the top: people who were given a release and pages of a kit name it, who
types ``login`` types ``logout``, and a register of people, a report, the desk and a plan for many
practices are asked for by name; who runs a witness for others may have no practice here."""

ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("police", "court"), "request create outside-body"),
    **dict.fromkeys(("sar", "subject-access"), "request create subject-access"),
    "erasure": "request create erasure",
    **dict.fromkeys(("rectification", "correct"), "request create rectification"),
    **dict.fromkeys(("restriction", "restrict"), "request create restriction"),
    **dict.fromkeys(("objection", "object"), "request create objection"),
    "requests": "request list",
    "play": "listen",
    "find": "search",
    "import": "ingest",
    "todo": "inbox",
    "log": "audit list",
    "users": "user list",
    "people": "user list",
    "password": "user password",
}
"""Where people look, and what they mean."""

COMMON_TASKS: Mapping[str, str] = {
    "Find a call": "search --date today --extension 201",
    "Look into a complaint about a call": "request create complaint",
    "Enter a complaint about personal data": "complaint receive",
    "A patient wants their calls": "request create subject-access",
    "The police ask": "request create outside-body",
    "See what waits for you": "inbox",
    "Use callrec in a browser": "desk",
    "Approve a request": "approve R-17",
    "Hand a recording over": "release R-17 --to FOLDER",
    "Copy to an external drive": "archive --to /mnt/external",
    "Learn about a command": "help approve",
}
"""What most people come for, and what they type after ``callrec``."""

COMPLETION_VARIABLE = "_CALLREC_COMPLETE"
"""The variable by which a shell asks how a line may go on (completion.py)."""

BUG_STATUS = 70

EXPECTED_OS_ERRORS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG), "the disk"),
    errno.EMFILE: "this process",
    errno.ENFILE: "this machine",
}
"""Errors of the system that no code of ours can be to blame for, and whose they are."""

MODULES: Mapping[str, str] = {
    "demo": ".demo",
    **{noun: f"calls.{noun}" for noun in ("ingest", "reconcile")},
    "archive": "drives.archive",
    "backup": "drives.archive",
    "restore": "drives.restore",
    "kit": "keys",
    "drive": "",
    "practice": "",
    "init": "setup",
    "recovery": "kit",
    **dict.fromkeys(("login", "logout", "whoami"), "people.login"),
    **{noun: f"people.{noun}" for noun in ("factor", "user")},
    "approve": "requests.decide",
    "deny": "requests.decide",
    "revoke": "requests.decide",
    "due": "requests.due",
    "erase": "requests.erase",
    **{noun: f"requests.{noun}" for noun in ("recording", "subject")},
    "config": "configuration",
    **{noun: f"concerns.{noun}" for noun in ("complaint", "incident")},
    "request": "requests.request",
    "migrate": "drives.restore",
    "report": "register",
    "show": "search",
    "doctor": "status",
    "inbox": "status",
    **dict.fromkeys(("verify-release", "fingerprint"), "outside.verify_release"),
    "witness": "outside.witness",
}
"""Where a command stands, seen from cli/commands, if not in the file of its name there.

Empty: it has no module of its own, and only what stands below it (`GROUPED`).
"""


class Commands(LazyGroup):
    sections = SECTIONS
    grouped = GROUPED
    kept = KEPT
    aliases = ALIASES
    tasks = COMMON_TASKS
    modules = MODULES


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback(invoke_without_command=True)
def main(
    ctx: Context,
    *,
    json: Json = False,
    fields: Fields = None,
    config: ConfigFile = None,
    vault: VaultDir = None,
    version: Version = False,
) -> None:
    """Keep a practice's call recordings encrypted; release them only as its policy allows."""
    # Each is read by its own callback, here or at the command.
    del json, fields, config, vault, version
    if ctx.invoked_subcommand is None:
        print_help(ctx, sys.stderr)
        raise typer.Exit(2)


def run(argv: Sequence[str] | None = None, *, now: Callable[[], datetime] | None = None) -> int:
    """Run one command; returns the exit status (docs/reference/exit-statuses.md).

    Whatever goes wrong is reported on stderr in two lines, or with ``--json`` as a document in one.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    invocation = Invocation(now=now or partial(datetime.now, UTC))
    invocation.given.commands = [name for section in SECTIONS.values() for name in section]
    try:
        try:
            if sys.stdin.isatty() and {"--help", "-h", "--version"}.isdisjoint(arguments):
                invocation.prompts.hide_typed()  # most commands ask for a password, and load first
            status = _perform(arguments, invocation)
        finally:
            if "prompts" in vars(invocation):
                invocation.prompts.show_typed()
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001  # nothing stands above this
        let_go(sys.stdout)
        if "prompts" in vars(invocation):
            invocation.prompts.forget_typed()
        if invocation.actor is not None:  # what was refused is on record, too
            with suppress(OSError):
                invocation.out.name_actor()
        if not {"--json", "-j"}.isdisjoint(arguments):  # perhaps it was not read so far
            invocation.given.json = True
        status = report_error(_cause_of(problem, invocation), invocation.given)
    try:
        start_what_waits(invocation)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001  # nor above this
        status = report_error(problem, invocation.given)
    return status


def _perform(arguments: list[str], invocation: Invocation) -> int:
    command = get_command(app)
    if COMPLETION_VARIABLE in invocation.environ and isinstance(command, LazyGroup):
        from callrec.cli.completion import complete  # no command needs it

        for line in complete(command, invocation.environ):
            typer.echo(line)
        return 0
    status = 0
    try:
        with command.make_context("callrec", arguments, obj=invocation) as context:
            command.invoke(context)
    except typer.Exit as exit_:
        status = exit_.exit_code
    if invocation.actor is not None:
        invocation.out.name_actor()
    if invocation.practice is not None:
        from callrec.practice import report_unsaved_head  # as what opened it did

        report_unsaved_head(invocation.practice)
    # Not at the end of the process, where a closed pipe or a full disk could not be reported.
    sys.stdout.flush()
    return status


def _cause_of(problem: BaseException, invocation: Invocation) -> BaseException:
    """The tampering that a bug came of, if the whole record shows any; else the problem itself."""
    if _explained(problem)[0] != BUG_STATUS:
        return problem
    from callrec.registers.verify import check_untouched  # few commands need it

    try:
        check_untouched(invocation.config, invocation.environ)
    except Exception as found:  # noqa: BLE001  # whatever else goes wrong, the bug came first
        return found if isinstance(found, Tampered) else problem
    return problem


def report_error(problem: BaseException | None, given: GlobalOptions) -> int:
    """Report on stderr what went wrong, without anything that a call held; returns the status."""
    status, message, hint = _explained(problem)
    if not message:
        return status
    from callrec.cli.layout import folded  # --help and --version need none
    from callrec.cli.output import as_json

    told = {"error": message, "hint": given.again(hint) or None}
    lines = [
        folded(f"callrec: {each}: {words}", sys.stderr, os.environ)
        for each, words in told.items()
        if words
    ]
    if given.json:
        lines = [as_json({**told, "status": status}, indent=None)]
    # Perhaps nobody is left to read it.
    with suppress(OSError):
        sys.stderr.writelines(f"{line}\n" for line in lines)
        sys.stderr.flush()
    return status


def _explained(problem: BaseException | None) -> tuple[int, str, str]:
    """The exit status; what went wrong, if anybody is left to read it; what to do, if known."""
    match problem:
        case OSError() if nobody_reads(problem):
            return Failed.exit_status, "", ""
        case CallrecError():
            return problem.exit_status, problem.message, problem.hint
        case typer.TyperException():
            return Unusable.exit_status, *_explain_usage_error(problem)
        case KeyboardInterrupt():
            return 130, "interrupted", ""
        case OSError() if problem.errno in EXPECTED_OS_ERRORS:
            why = os.strerror(problem.errno).lower()
            return Failed.exit_status, f"{EXPECTED_OS_ERRORS[problem.errno]}: {why}", ""
        case _:
            return BUG_STATUS, f"a bug: {_where(problem)}", "please report the line above"


def _where(bug: BaseException | None) -> str:
    """The kind of a bug and our own line; never its message, which may hold what a call held."""
    here = Path(callrec.__file__).parent
    place = "unknown"
    for frame, line in walk_tb(bug.__traceback__ if bug else None):
        # Where callrec is one program, a file has a name from our folder on.
        path = here.parent / frame.f_code.co_filename
        if path.is_relative_to(here):
            place = f"{path.relative_to(here.parent)}:{line}"
    return f"{type(bug).__name__} at {place}"


def start_what_waits(invocation: Invocation) -> None:
    """Have mail sent and the record stamped that a command worked on, if it is time.

    By processes of their own, so that no command waits for a server or fails for one; nor is
    anything reported that goes wrong here. A service starts none: what takes in calls need not
    reach a network.
    """
    practice, environ = invocation.practice, invocation.environ
    if practice is None or "CALLREC_CREDENTIAL" in environ:
        return
    with suppress(CallrecError, OSError):
        if practice.config.mail.host:
            from callrec.mail.outbox import is_time_to_send

            if is_time_to_send(practice):
                _start_beside(invocation, practice, "practice", "mail", "send")
        if practice.settings.timestamp.url and practice.written_by:
            from callrec.office.stamps import is_time_to_stamp

            if is_time_to_stamp(practice):
                _start_beside(invocation, practice, "audit", "stamp")


def _start_beside(invocation: Invocation, practice: Practice, *command: str) -> None:
    """Start a command of our own on the same vault and configuration, with nobody's password."""
    environ = invocation.environ
    given = {name: each for name, each in environ.items() if not name.startswith("CALLREC_")}
    given["CALLREC_VAULT"] = str(practice.folder)
    config = invocation.given.config or environ.get("CALLREC_CONFIG")
    if config:
        given["CALLREC_CONFIG"] = str(Path(config).expanduser().absolute())
    start_detached((*python_command("callrec"), *command), given)


def _explain_usage_error(problem: Any) -> tuple[str, str]:
    """What Typer finds wrong with a line, in our words, and what to do.

    What was typed is not repeated, as Typer would: a telephone number with a space in it ends up
    where no argument is expected.
    """
    context = getattr(problem, "ctx", None)
    path = context.command_path if context else "callrec"
    hint = f"{path} --help shows how"
    match type(problem).__name__:  # by name, since Typer keeps these classes to itself
        case "NoSuchOption":
            return f"there is no option {problem.option_name}", f"{_meant(problem)}{hint}"
        case "MissingParameter":
            return f"{_name(problem.param)} is missing", hint
        case "BadParameter":
            return f"{_name(problem.param)} cannot be used{expected(problem)}", hint
        case _ if "extra argument" in problem.message:
            return ("there is an unexpected word; put quotes around what holds spaces", hint)
        case _:
            first, rest = problem.message[:1], problem.message[1:]
            return f"{first.lower()}{rest}".rstrip(".").replace("'", ""), hint


def _meant(problem: Any) -> str:
    """What an unknown option stands for: an argument, ``attach R-1 --recording 52``, or another."""
    parameters = problem.ctx.command.params
    arguments = [_name(each) for each in parameters if each.param_type_name != "option"]
    option = problem.option_name.removeprefix("--").upper()
    if option in {name.strip("[]") for name in arguments}:
        return f"give {option} alone: {problem.ctx.command_path} {' '.join(arguments)}; "
    near = get_close_matches(problem.option_name, problem.possibilities or (), n=1, cutoff=0.75)
    return f"did you mean {near[0]}? " if near else ""


def _name(parameter: Any) -> str:
    names = [name for name in parameter.opts if name.startswith("--")]
    return str(names[0] if names else parameter.display_name_raw.removesuffix("..."))

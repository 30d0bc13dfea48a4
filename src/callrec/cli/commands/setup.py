"""init: set up callrec for a practice; a conversation, where a terminal's line left something out.

Nothing is written before the last question is answered, or the answer to any is Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from callrec.cli import options
from callrec.cli.commands.calls.ingest_view import show_previews
from callrec.cli.commands.kit import (
    RecoveryShares,
    ask_new_password,
    kit_file,
    kit_json,
    kit_lines,
    kit_page,
)
from callrec.cli.commands.status import show_findings
from callrec.cli.groups import ASKED, new_app
from callrec.cli.invocation import Context, Invocation
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.views.words import counted

if TYPE_CHECKING:
    from callrec.crypto.kit import PrintedKit

_LATER: Final = "later"

_HERE: Final = "here"

_EXAMPLES: Final = 3
"""How many files of a folder are shown as they would be read."""

init_app = new_app()


@init_app.command()
def init(
    ctx: Context,
    *,
    practice: options.PracticeName,
    user: options.UserName,
    name: options.ControllerName,
    contact: Contact = "",
    recovery_file: options.RecoveryFile = None,
    recovery_shares: RecoveryShares = None,
) -> None:
    """Set up callrec for your practice and its Data Controller, and print the recovery kit once.

    On a terminal you are asked for what you leave out. You are also asked where to put the vault,
    where recordings come from, and which drive to copy to. The configuration is written, and this
    machine is checked. Ctrl-C at any question leaves nothing behind.

    Keep the kit on paper in two sealed envelopes. If nobody has a password any more, only the kit
    opens the recordings. The file kit.pdf is a page to print; with any other name it is text.
    """
    plan = _Plan(contact, kit=recovery_file)
    if ctx.meta.get(ASKED):
        plan = _ask_plan(ctx.obj, plan)
    split = recovery_shares is not None
    kit = _set_up(ctx.obj, plan, practice=practice, user=user, name=name, split=split)
    _show_founded(ctx.obj, user, kit, plan)
    _show_ready(ctx.obj, user, plan)


def _set_up(
    invocation: Invocation, plan: _Plan, *, practice: str, user: str, name: str, split: bool
) -> PrintedKit:
    """Set up, once the kit's pages are kept and, in a conversation, were looked at."""
    from callrec.login.choosing import facts_configured
    from callrec.people.founding import set_up_practice

    known = facts_configured(invocation.config, practice, invocation.now())
    password = ask_new_password(invocation.prompts, user, [*known, user, name])
    with kit_file(plan.kit) as write:

        def keep(kit: PrintedKit) -> None:
            write(kit)
            if plan.was_asked:
                _check_page(invocation, kit, plan.kit)

        return set_up_practice(
            invocation.config,
            practice_name=practice,
            login=user,
            full_name=name,
            password=password,
            now=invocation.now,
            environ=invocation.environ,
            contact=plan.contact,
            split=split,
            keep=keep,
        )


def _show_ready(invocation: Invocation, user: str, plan: _Plan) -> None:
    if not plan.was_asked:
        invocation.out.next_step(f"callrec login {user}")
        return
    _write_config(invocation, plan)
    invocation.out.say("This machine and the vault:")
    show_findings(invocation)
    for step in _next_steps(user, plan):
        invocation.out.next_step(step)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was typed, and what the conversation found out besides."""

    contact: str
    """How recipients reach the practice; empty: said later."""
    kit: Path | None
    """The new file for its pages; None: they are shown on the terminal."""
    recordings: Path | None = None
    drive: Path | None = None
    config: Path | None = None
    """The configuration to write; None: there is one, which stays as it is."""
    was_asked: bool = False


def _ask_plan(invocation: Invocation, typed: _Plan) -> _Plan:
    from callrec.config import config_file
    from callrec.system.drives import external_drives

    prompts = invocation.prompts
    contact = typed.contact or prompts.ask_until(
        "How does a patient reach the practice?",
        lambda text: "" if text.casefold() == _LATER else text,
        option="--contact TEXT",
        help="One line in each release, such as telephone 01632 960000. None goes out without it.",
        default=_LATER,
    )
    file = config_file(invocation.given.config, invocation.environ)
    if not file.is_file():
        vault = prompts.ask_until(
            "Where should the vault be?",
            _read_vault,
            option="--vault DIR",
            help="A new folder, which holds everything, encrypted.",
            default=str(invocation.config.vault),
        )
        invocation.config = invocation.config.model_copy(update={"vault": vault})
    recordings = prompts.ask_until(
        "Where do the recordings come from?",
        lambda text: _read_folder(text, invocation),
        option="PATH to callrec ingest",
        help="The folder into which the telephone system writes. Nothing is taken in yet.",
        default=_LATER,
    )
    attached = external_drives()
    found = f" Attached now: {', '.join(map(str, attached))}." if attached else ""
    drive = prompts.ask_until(
        "Which drive do copies go to?",
        _read_drive,
        option="--to DIR to callrec archive",
        help=f"A folder on an external drive. Nothing is copied yet.{found}",
        default=str(attached[0]) if attached else _LATER,
    )
    kit = typed.kit or prompts.ask_until(
        "Where should the recovery kit be saved?",
        _read_kit_file,
        option="--recovery-file FILE",
        help="A new file: kit.pdf is a page to print, kit.txt is text. Or here, on this screen.",
        default=_HERE,
    )
    config = None if file.is_file() else file
    return _Plan(contact, kit, recordings, drive, config, was_asked=True)


def _read_vault(text: str) -> Path:
    vault = Path(text).expanduser().absolute()
    with suppress(NotADirectoryError):
        if not vault.exists() or (vault.is_dir() and not any(vault.iterdir())):
            return vault
    raise Unusable(f'"{vault}" is in use already', hint="name a new folder")


def _read_folder(text: str, invocation: Invocation) -> Path | None:
    """A folder of recordings, once it was said how they would be read."""
    from callrec.intake.preview import find_by_name, preview_found
    from callrec.intake.reading import telephone_setup

    if text.casefold() == _LATER:
        return None
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise Unusable("there is no such folder", hint=f"name another, or say {_LATER}")
    setup = telephone_setup(invocation.settings, system=None)
    found = [*preview_found(find_by_name([folder]), setup, now=invocation.now())]
    taken = sum(each.accepted for each in found)
    if found:
        show_previews(invocation.out, found[:_EXAMPLES])
    invocation.out.note(
        f"{counted(len(found), 'recording')} there: {taken} can be taken in, {len(found) - taken}"
        " would be left where they are"
    )
    return folder


def _read_drive(text: str) -> Path | None:
    if text.casefold() == _LATER:
        return None
    drive = Path(text).expanduser().absolute()
    if not drive.is_dir():
        raise Unusable("there is no such folder", hint=f"attach the drive, or say {_LATER}")
    return drive


def _read_kit_file(text: str) -> Path | None:
    from callrec.system.files import check_new

    if text.casefold() == _HERE:
        return None
    file = Path(text).expanduser().absolute()
    check_new(file, replace=False)
    return file


def _check_page(invocation: Invocation, kit: PrintedKit, file: Path | None) -> None:
    """See to it that the kit is on paper, before there is a vault that it opens."""
    if file is None:
        invocation.out.say(["The recovery kit. Print it, or copy it to paper now:", ""])
        invocation.out.say(kit_page(kit).splitlines())
    else:
        invocation.out.note(f'the recovery kit is in "{file}": print it now')
    for number, page in enumerate(kit.pages, start=1):
        which = f" of page {number}" if kit.pages[1:] else ""
        invocation.prompts.ask_until(
            f"What are the last three words{which}, as they are on paper?",
            partial(_check_words, page.split()[-3:]),
            option="--recovery-file FILE",
        )


def _check_words(words: list[str], typed: str) -> None:
    if typed.casefold().split() != [word.casefold() for word in words]:
        raise Unusable("these are not the last three words", hint="look at the paper again")


def _write_config(invocation: Invocation, plan: _Plan) -> None:
    from callrec.system.files import write_private
    from callrec.system.toml import toml_lines

    if plan.config is None:
        return
    told = {"vault": str(invocation.config.vault)}
    plan.config.parent.mkdir(parents=True, exist_ok=True)
    lines = ["# Written by callrec init; config.example.toml shows every key.", *toml_lines(told)]
    write_private(plan.config, "".join(f"{line}\n" for line in lines).encode(), new=True)
    invocation.out.note(f'the configuration is in "{plan.config}"; callrec config show prints it')


def _show_founded(invocation: Invocation, user: str, kit: PrintedKit, plan: _Plan) -> None:
    out, folder, file = invocation.out, invocation.config.vault, plan.kit
    value = {
        "vault": kit.vault,
        "folder": folder,
        "user": user,
        "fingerprint": kit.fingerprint,
        "recovery_kit": kit_json(kit, file),
    }
    where = f'The vault of {kit.practice} is in "{folder}".'
    page = () if plan.was_asked and file is None else kit_lines(kit, file)
    out.show(value, (where, *page))


def _next_steps(user: str, plan: _Plan) -> Iterator[str]:
    from callrec.system.shell import quoted

    yield f"callrec login {user}"
    yield "callrec user add"
    yield "callrec desk, for those who rather use a browser"
    if plan.recordings:
        yield f"callrec ingest {quoted(plan.recordings)}"
    if plan.drive:
        yield f"callrec archive --to {quoted(plan.drive)}"


Contact = Annotated[
    str,
    options.valued(
        "--contact",
        "TEXT",
        "How patients reach the practice, one line in each release; may be set later.",
    ),
]

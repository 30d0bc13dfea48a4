"""recovery, and the recovery kit wherever one is made or asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.cli.prompts import NEW_PASSWORD_FILE, PASSWORD_FILE, Prompts
from callrec.system.files import remove_file
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.crypto.kit import PrintedKit
    from callrec.keys.kit_use import NewController as Controller
    from callrec.practice import Practice

_PAGE: Final = """\
RECOVERY KIT {serial} of {practice}{which}

{advice}

Words of the kit:

{words}

Vault:        {vault}
Fingerprint:  {first}
              {second}
In six words: {first_words}
              {last_words}
"""

_ADVICE_ON_ONE_PAGE: Final = """\
Anyone who holds this page can open every recording of the vault.
Keep it on paper alone, in two sealed envelopes, in two places."""

_ADVICE_ON_THREE_PAGES: Final = """\
Any two of the three pages can open every recording of the vault.
Keep each on paper alone, in a sealed envelope, with another person."""


def kit_page(kit: PrintedKit) -> str:
    """The kit as text, 72 columns at most; its pages one after the other."""
    from callrec.package.whole import key_words  # most commands print no kit
    from callrec.views.fingerprints import grouped_fingerprint

    count, half = len(kit.pages), len(kit.fingerprint) // 2
    said = key_words(kit.fingerprint).split()
    pages = []
    for number, page in enumerate(kit.pages, start=1):
        words, in_a_line = page.split(), 7 if count == 1 else 5
        lines = [words[i : i + in_a_line] for i in range(0, len(words), in_a_line)]
        pages.append(
            _PAGE.format(
                serial=kit.serial,
                practice=kit.practice,
                which="" if count == 1 else f", page {number} of {count}",
                advice=_ADVICE_ON_ONE_PAGE if count == 1 else _ADVICE_ON_THREE_PAGES,
                words="\n".join("    " + "  ".join(line) for line in lines),
                vault=kit.vault,
                first=grouped_fingerprint(kit.fingerprint[:half]),
                second=grouped_fingerprint(kit.fingerprint[half:]),
                first_words=" ".join(said[:3]),
                last_words=" ".join(said[3:]),
            )
        )
    return "\n".join(pages)


@contextmanager
def kit_file(path: Path | None) -> Iterator[Callable[[PrintedKit], None]]:
    """What writes a kit to its file; if the kit does not come to count, the file goes again.

    A name that ends in ``.pdf`` makes a page to print, any other a text.
    """
    from callrec.system.files import write_private

    written: list[Path] = []

    def keep(kit: PrintedKit) -> None:
        if path is None:
            return
        if path.suffix.lower() == ".pdf":
            from callrec.paper.kit_pdf import kit_pdf  # fpdf2: 200 ms

            content = kit_pdf(kit)
        else:
            content = kit_page(kit).encode()
        write_private(path, content, new=True)
        written.append(path)

    try:
        yield keep
    except BaseException:
        for each in written:
            remove_file(each, missing_ok=True)
        raise


def kit_lines(kit: PrintedKit, file: Path | None) -> Iterator[str]:
    """A new kit, or that it is in its file."""
    if file is not None:
        yield "The recovery kit is in its file: print it, and delete the file."
        return
    yield "The recovery kit follows. It is shown this once: print it."
    yield ""
    yield from kit_page(kit).splitlines()


def kit_json(kit: PrintedKit, file: Path | None) -> list[str] | None:
    """The words of each page, if they are not in a file."""
    return None if file else list(kit.pages)


def ask_kit(prompts: Prompts) -> str:
    """The kit's words: from the file that CALLREC_KIT_FILE names, else typed, unseen."""
    from callrec.crypto.kit import read_kit

    return prompts.ask_secret(
        "Words of the recovery kit, one page or two in one line",
        read_kit,
        file_variable="CALLREC_KIT_FILE",
    )


def ask_new_password(
    prompts: Prompts, user: str, known: Sequence[str], file_variable: str = PASSWORD_FILE
) -> str:
    """A password for somebody new; ``known``: from what a guesser would take words."""
    from callrec.login.choosing import LENGTH_RULE, check_password

    question = f"A password for {user} ({LENGTH_RULE})"
    return prompts.ask_new_password(
        question, lambda typed: check_password(typed, known), file_variable=file_variable
    )


recovery_app = new_app()


@recovery_app.command()
def drill(ctx: Context) -> None:
    """Prove that the recovery kit opens the vault; show nothing of what it opens.

    Do this once a year, and put the kit into a new envelope. You are asked for the words; otherwise
    they are in the file that CALLREC_KIT_FILE names. It needs no login.
    """
    from callrec.keys.kit_use import drill_kit

    typed = ask_kit(ctx.obj.prompts)
    done = drill_kit(practice_of(ctx.obj), typed)
    if done.recording:
        file = "recording" if done.file else "recording's key, whose file is away"
        tried = f", and with them the newest {file}. Nothing was shown"
    else:
        tried = "; there is no recording yet to try it on"
    ctx.obj.out.show(facts(done), f"The kit opens the vault: {done.keys} keys{tried}.")


@recovery_app.command()
def use(
    ctx: Context,
    *,
    user: NewController,
    name: options.ControllerName,
    recovery_file: options.RecoveryFile = None,
    recovery_shares: RecoveryShares = None,
) -> None:
    """Make a new Data Controller with the recovery kit, when nobody's password opens the vault.

    This uses up the kit, and a new one is printed. People who could open the vault before still
    can. Check them next: callrec user list and callrec user disable.
    """
    from callrec.keys.kit_use import check_new_login, use_kit

    practice = practice_of(ctx.obj)
    check_new_login(practice, user)
    typed = ask_kit(ctx.obj.prompts)
    controller = _ask_controller(ctx.obj, practice, user, name)
    with kit_file(recovery_file) as keep:
        kit = use_kit(practice, typed, controller, split=recovery_shares is not None, keep=keep)
    out, value = ctx.obj.out, {"user": user, "recovery_kit": kit_json(kit, recovery_file)}
    new = f"{user} is Data Controller. The kit is used up, and another takes its place."
    out.show(value, (new, *kit_lines(kit, recovery_file)))
    out.note("keep the pages of the kit before as long as callrec status names a drive for them")
    out.next_step(f"callrec login {user}")


def _ask_controller(call: Invocation, practice: Practice, user: str, name: str) -> Controller:
    """The new Data Controller, with the password that they choose."""
    from callrec.keys.kit_use import NewController as Controller
    from callrec.login.choosing import facts_known

    known = [*facts_known(practice, None, call.now()), user, name]
    password = ask_new_password(call.prompts, user, known, NEW_PASSWORD_FILE)
    return Controller(user, name, password)


class Sharing(StrEnum):
    """How the kit is printed, other than on one page."""

    TWO_OF_THREE = "2-of-3"


RecoveryShares = Annotated[
    Sharing | None,
    options.plain(
        "--recovery-shares", "Print the kit on three pages; any two of them open the vault."
    ),
]

NewController = Annotated[
    str, options.valued("--user", "NAME", "Login of the new Data Controller, for example jsmith.")
]

"""The recovery kit at the command line: its page, the file it goes to, and its words typed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from callrec.cli.output import Output
    from callrec.cli.prompts import Prompts
    from callrec.paper.kit_pdf import PrintedKit

KIT_FILE: Final = "CALLREC_KIT_FILE"

KIT_PAGE: Final = """\
RECOVERY KIT {serial} of {practice}{which}

{whoever}
{keep}

Words of the kit:

{words}

Vault:        {vault}
Fingerprint:  {first}
              {second}
"""

ONE_PAGE_ADVICE: Final = (
    "Whoever holds this page can open every recording of the vault.",
    "Keep it on paper alone, in two sealed envelopes, in two places.",
)

THREE_PAGES_ADVICE: Final = (
    "Any two of the three pages can open every recording of the vault.",
    "Keep each on paper alone, in a sealed envelope, with another person.",
)

GROUPS_PER_LINE: Final = 7

WORDS_PER_LINE: Final = 5


def kit_page(kit: PrintedKit) -> str:
    """The kit as text, 72 columns at most; its pages one after the other."""
    return "\n".join(_page(kit, number) for number in range(1, len(kit.pages) + 1))


def _page(kit: PrintedKit, number: int) -> str:
    words = kit.pages[number - 1].split()
    is_split = len(kit.pages) > 1
    in_a_line = WORDS_PER_LINE if is_split else GROUPS_PER_LINE
    lines = [words[i : i + in_a_line] for i in range(0, len(words), in_a_line)]
    grouped = grouped_fingerprint(kit.fingerprint)
    whoever, keep = THREE_PAGES_ADVICE if is_split else ONE_PAGE_ADVICE
    return KIT_PAGE.format(
        serial=kit.serial,
        practice=kit.practice,
        which=f", page {number} of {len(kit.pages)}" if is_split else "",
        whoever=whoever,
        keep=keep,
        words="\n".join("    " + "  ".join(line) for line in lines),
        vault=kit.vault,
        first=grouped[: len(grouped) // 2].rstrip(),
        second=grouped[len(grouped) // 2 :].lstrip(),
    )


@contextmanager
def kit_file(path: Path | None) -> Iterator[Callable[[PrintedKit], None]]:
    """What writes a kit to its file; if the kit does not come to count, the file goes again.

    A name that ends in ``.pdf`` makes a page to print, any other a text.

    Raises:
        Misconfigured: it exists, or cannot be written.
    """
    from callrec.login.keyring import write_private

    written: list[Path] = []

    def keep(kit: PrintedKit) -> None:
        if path is not None:
            write_private(path, _as_file(kit, path), new=True)
            written.append(path)

    try:
        yield keep
    except BaseException:
        for each in written:
            each.unlink(missing_ok=True)
        raise


def _as_file(kit: PrintedKit, path: Path) -> bytes:
    if path.suffix.lower() != ".pdf":
        return kit_page(kit).encode()
    from callrec.paper.kit_pdf import kit_pdf  # fpdf2: 200 ms

    return kit_pdf(kit)


def say_kit(out: Output, kit: PrintedKit, file: Path | None) -> None:
    """Show a new kit, or say that it is in its file."""
    if file is not None:
        out.say("The recovery kit is in its file: print it, and delete the file.")
        return
    out.say("The recovery kit follows. It is shown this once: print it.")
    out.say()
    for line in kit_page(kit).splitlines():
        out.say(line)


def kit_json(kit: PrintedKit, file: Path | None) -> list[str] | None:
    """The words of each page, if they are not in a file."""
    return None if file else list(kit.pages)


def ask_kit(prompts: Prompts) -> str:
    """The kit's words: from the file that CALLREC_KIT_FILE names, else typed, unseen.

    Raises:
        Locked: there is neither file nor terminal.
        Misconfigured: the file cannot be read, or others can read it.
        Unusable: the file's words are mistyped; on a terminal they are asked for again.
    """
    from callrec.crypto.kit import read_kit

    return prompts.ask_secret(
        "Words of the recovery kit, one page or two in one line", read_kit, file_variable=KIT_FILE
    )


def grouped_fingerprint(fingerprint: str) -> str:
    """64 hex digits in 8 groups of 8: what is compared aloud."""
    return " ".join(fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8))

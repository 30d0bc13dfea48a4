"""The page of a recovery kit: what is printed and put into an envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callrec.procedures.found import Founded

PAGE = """\
RECOVERY KIT of {practice}

Whoever holds this page can open every recording of the vault.
Keep it on paper alone, in two sealed envelopes, in two places.

Words of the kit:

{words}

Vault:        {vault}
Fingerprint:  {first}
              {second}
"""
IN_A_LINE = 7


def kit_page(founded: Founded) -> str:
    """The page as text, 72 columns at most."""
    words = founded.kit.split()
    lines = [words[i : i + IN_A_LINE] for i in range(0, len(words), IN_A_LINE)]
    grouped = grouped_fingerprint(founded.fingerprint)
    return PAGE.format(
        practice=founded.practice,
        words="\n".join("    " + "  ".join(line) for line in lines),
        vault=founded.vault,
        first=grouped[: len(grouped) // 2].rstrip(),
        second=grouped[len(grouped) // 2 :].lstrip(),
    )


def grouped_fingerprint(fingerprint: str) -> str:
    """64 hex digits in 8 groups of 8: what is compared aloud."""
    return " ".join(fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8))

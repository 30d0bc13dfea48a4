"""What is asked and said where a copy would lie on the vault's own disk, and is lost with it.

The folder where a drive is mounted is there without the drive too (`archive.attached`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.errors import Unusable

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.cli.invocation import Invocation
    from callrec.cli.output import Output
    from callrec.practice import Practice


def confirm_on_vaults_disk(
    invocation: Invocation, practice: Practice, to: Path, *, yes: bool
) -> None:
    """Ask before a new volume is made on the vault's own disk: its drive is not attached, perhaps.

    Raises:
        Unusable: neither ``--yes`` nor a terminal.
        Failed: the answer was no.
    """
    from callrec.archive.plan import is_on_this_disk

    if yes or not is_on_this_disk(practice, to):
        return
    if not invocation.prompts.possible:
        raise Unusable(
            "that folder lies on the vault's own disk: a copy there is lost with it",
            hint="is the drive attached? if not, attach it; if it is meant so, give --yes",
        )
    question = "That folder lies on the vault's own disk. Copy to it all the same?"
    invocation.prompts.confirm(question, yes=False)


def warn_on_vaults_disk(out: Output, label: str) -> None:
    """Say of a volume that was written to that it is no copy elsewhere."""
    out.note(f'"{label}" lies on the vault\'s own disk: it is no copy elsewhere')

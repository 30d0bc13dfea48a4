"""Where a command writes a file for somebody else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from callrec.errors import Unusable

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.cli.invocation import Invocation


def check_destination(
    invocation: Invocation, to: Path, *, yes: bool, suffixes: tuple[str, ...] = ()
) -> bool:
    """Check where a file is to go, and ask before one that is there is replaced.

    Args:
        invocation: the command.
        to: the file.
        yes: ``--yes`` was given.
        suffixes: which it may have; any if there are none.

    Returns:
        Whether a file of that name is there, and is to be replaced.

    Raises:
        Unusable: its name or its folder will not do, or there is nobody to ask.
        Failed: the answer was no.
    """
    from callrec.system.whole_file import check_new

    if suffixes and to.suffix.lower() not in suffixes:
        raise Unusable(f"a file for this ends in {' or '.join(suffixes)}", hint="name it so")
    replace = os.path.isfile(to)  # noqa: PTH113  # Path.is_file raises where no file can be
    if replace:
        invocation.prompts.confirm("replace the file of that name", yes=yes)
    check_new(to, replace=replace)
    return replace

"""A bar for what takes long, drawn on a terminal only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress_bar(
    stream: TextIO, label: str, *, total: int | None, in_bytes: bool, colour: bool
) -> Iterator[Callable[[int], None]]:
    """Draw until the block ends, then take the bar away.

    Args:
        stream: a terminal.
        label: what is being done, harmless.
        total: how much there is to do, in bytes or in things; None: nobody knows yet.
        in_bytes: shows sizes and speed instead of a count.
        colour: may be used.

    Yields:
        A function to call with how much more is done.
    """
    amounts = (DownloadColumn(), TransferSpeedColumn()) if in_bytes else (MofNCompleteColumn(),)
    drawn = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *amounts,
        TimeRemainingColumn(),
        console=Console(file=stream, no_color=not colour),
        transient=True,
    )
    with drawn:
        task = drawn.add_task(label, total=total)
        yield lambda more: drawn.advance(task, more)

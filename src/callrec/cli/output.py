"""Results to stdout, all else to stderr; any result as text, table or JSON."""

from __future__ import annotations

import json as json_format
import re
import shutil
import unicodedata
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.table import Table
    from rich.text import Text

WIDTH = 80
"""Columns of a table where there is no terminal to ask."""

_PERHAPS_HARMFUL = re.compile(r"[^\x20-\x7e]")

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what moves, hides or reverses text, and of what is no character."""


def escape_controls(text: str) -> str:
    r"""Text from outside, fit for a terminal: what would act is written out, as ``\x1b`` is.

    Laws: the result is one line of printable characters; what is printable stays as it is.
    """
    return _PERHAPS_HARMFUL.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in _HARMFUL:
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


class Output:
    """Where one command's results and messages go."""

    def __init__(
        self, *, results: TextIO, messages: TextIO, json: bool, environ: Mapping[str, str]
    ) -> None:
        self._results = results
        self._messages = messages
        self._json = json
        self._colour = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

    @property
    def is_on_a_terminal(self) -> bool:
        """Somebody looks at the result, rather than a program or a file."""
        return self._results.isatty()

    def show(self, value: Mapping[str, Any], text: Callable[[], None]) -> None:
        """The result, as the one document of ``--json`` or in words."""
        if self._json:
            self._write(as_json(value))
        else:
            text()

    def show_items(self, values: Sequence[Mapping[str, Any]], text: Callable[[], None]) -> None:
        """A list as the result."""
        self.show({"items": values}, text)

    def show_line(self, value: Mapping[str, Any], text: Callable[[], None]) -> None:
        """One of several results of a command that stays, at once: with ``--json`` on one line."""
        if self._json:
            self._write(as_json(value, indent=None))
        else:
            text()
        self._results.flush()

    def say(self, line: str = "") -> None:
        """One line of the result, in words: a program gets none."""
        if not self._json:
            self._write(escape_controls(line))

    def note(self, line: str) -> None:
        """One line beside the result: what is being done, a warning."""
        self._messages.write(f"{escape_controls(line)}\n")
        self._messages.flush()

    def next_step(self, command: str) -> None:
        """What to type next."""
        self.note(f"next: {command}")

    @property
    def columns(self) -> int:
        """How wide a line may be."""
        return shutil.get_terminal_size().columns if self._results.isatty() else WIDTH

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Rows under headings, as wide as the terminal; whole numbers stand to the right."""
        from rich.table import Table  # costs 30 ms, and few commands print one

        grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for position, header in enumerate(headers):
            numbers = bool(rows) and all(isinstance(row[position], int) for row in rows)
            grid.add_column(header, justify="right" if numbers else "left", overflow="fold")
        for row in rows:
            grid.add_row(*(_cell(value) for value in row))
        self._write(self._drawn(grid))

    @contextmanager
    def progress(
        self, label: str, *, total: int | None, in_bytes: bool = False
    ) -> Iterator[Callable[[int], None]]:
        """A bar on the terminal while something long is done; nothing without a terminal.

        Yields:
            A function to call with how much more is done.
        """
        if not self._messages.isatty():
            yield lambda _: None
            return

        drawn = progress_bar(
            self._messages,
            escape_controls(label),
            total=total,
            in_bytes=in_bytes,
            colour=self._colour,
        )
        with drawn as advance:
            yield advance

    def _drawn(self, grid: Table) -> str:
        from rich.console import Console  # as in table

        terminal = self._results.isatty()
        drawn = StringIO()
        console = Console(
            file=drawn,
            width=self.columns,
            force_terminal=terminal and self._colour,
            color_system="standard" if terminal and self._colour else None,
            legacy_windows=False,
        )
        console.print(grid)
        return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines())

    def _write(self, text: str) -> None:
        self._results.write(f"{text}\n")


def as_json(value: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """One JSON document; whatever could act on a terminal is escaped. Without indent: one line."""
    document = json_format.dumps(value, ensure_ascii=False, indent=indent, default=_plain)
    return _PERHAPS_HARMFUL.sub(_escaped, document)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\n" or unicodedata.category(character) not in _HARMFUL:
        return character
    return json_format.dumps(character)[1:-1]


def _plain(value: object) -> object:
    match value:
        case datetime():
            return rfc3339(value)
        case date() | Path():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


def counted(count: int, one: str, several: str = "") -> str:
    """``1 call``, ``2 calls``, ``2 entries``."""
    return f"1 {one}" if count == 1 else f"{count} {several or f'{one}s'}"


def rfc3339(moment: datetime) -> str:
    """An aware moment as RFC 3339 in UTC; milliseconds only where there are any."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def local_time(at: datetime | None, zone: tzinfo) -> str:
    """A moment as people of the practice read it: ``2026-11-24 09:30``."""
    return "unknown" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _cell(value: object) -> Text:
    from rich.text import Text  # as in table

    # A Text is not read for markup.
    return Text(escape_controls("" if value is None else str(value)))


@contextmanager
def progress_bar(
    stream: TextIO, label: str, *, total: int | None, in_bytes: bool, colour: bool
) -> Iterator[Callable[[int], None]]:
    """Draw until the block ends, then take the bar away.

    Yields:
        A function to call with how much more is done.
    """
    from rich import progress  # as in table
    from rich.console import Console

    amounts = (
        (progress.DownloadColumn(), progress.TransferSpeedColumn())
        if in_bytes
        else (progress.MofNCompleteColumn(),)
    )
    drawn = progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        *amounts,
        progress.TimeRemainingColumn(),
        console=Console(file=stream, no_color=not colour),
        transient=True,
    )
    with drawn:
        task = drawn.add_task(label, total=total)
        yield lambda more: drawn.advance(task, more)


_HALVES = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Two modules, one above the other; the dark ones stay as dark as the terminal is."""


def qr_code(text: str) -> Iterator[str]:
    """The text as lines of half blocks."""
    import segno  # only where somebody looks at it

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(border=2)]
    for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=bytes(len(rows[0]))):
        yield "".join(_HALVES[top, bottom] for top, bottom in zip(upper, lower, strict=True))

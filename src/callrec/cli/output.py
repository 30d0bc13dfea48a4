"""Results to stdout, all else to stderr; any result as text, table or JSON."""

from __future__ import annotations

import json as json_format
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from textwrap import indent
from typing import Any, TextIO, cast

from callrec.cli.layout import (
    HARMFUL,
    PERHAPS_HARMFUL,
    Table,
    escape_controls,
    folded,
    style_of,
    terminal_size,
)
from callrec.cli.pager import page
from callrec.system.console import terminal_kind
from callrec.views.words import as_words, json_text

Words = str | Table | Iterable[str | Table]
"""A result as people read it: a line, a table, or several of them, made only if they are shown."""


class Output:
    """Where one command's results and messages go."""

    def __init__(
        self, *, results: TextIO, messages: TextIO, json: bool, environ: Mapping[str, str]
    ) -> None:
        self._results = results
        self._messages = messages
        self._json = json
        self._environ = environ
        self._colour = not environ.get("NO_COLOR") and terminal_kind(environ) != "dumb"
        self.again: Callable[[str], str] = str
        """A line with each command that it names as it is typed here."""
        self.acts: Callable[[], str] = str
        """The login of the person who has written by now; empty while nobody has."""
        self.fields: Collection[str] = ()
        """The members of a document that are wanted; none: all of them."""
        self.named = ""
        """Who stands on the terminal already, as the one who acts."""
        self._items = 0
        """How many of a document's were written, while it goes on."""

    @property
    def is_on_a_terminal(self) -> bool:
        """Somebody looks at the result, rather than a program or a file."""
        return self._results.isatty()

    def show(self, value: Mapping[str, Any], words: Words) -> None:
        """The result, as the one document of ``--json`` or in words."""
        if self._json:
            self.named = self.acts()
            whole = {**value, "by": self.named} if self.named else value
            self._write([as_json(self._wanted(whole))])
        else:
            self._show_whole(self._results, words)

    def show_before_asking(self, words: Words) -> None:
        """What a person is to have read before the question that comes next."""
        self._show_whole(self._messages, words)

    def name_actor(self) -> None:
        """Say once in whose name a command wrote, unless it asked for their password by name."""
        if self.acts() not in ("", self.named):
            self.named = self.acts()
            self.note(f"by {self.named}")

    def show_items(self, values: Sequence[Mapping[str, Any]], words: Words, **rest: object) -> None:
        """A list as the result, or its end where some were shown by `show_item`."""
        if self._items:
            for value in values:
                self.show_item(value)
            self.end_items(rest)
        else:
            self.show({"items": values, **rest}, words)

    def show_item(self, value: Mapping[str, Any]) -> None:
        """The next item of a document, at once: if we are killed, what was done is told."""
        if not self._json:
            return
        for each in self._wanted({"items": [value]}).get("items", ()):
            lines = indent(as_json(each), "    ")
            # What is said beside it may come before the next one: so each ends its own line.
            self._write(["   ," + lines[4:]] if self._items else ["{", '  "items": [', lines])
            self._items += 1

    def end_items(self, rest: Mapping[str, Any]) -> None:
        """What stands in the document behind its items."""
        if not self._json or not self._items:
            self.show_items([], (), **rest)
            return
        self.named = self.acts()
        wanted = self._wanted({**rest, "by": self.named} if self.named else rest)
        members = as_json(wanted).removeprefix("{").removesuffix("}").rstrip()
        self._write([f"  ]{',' if members else ''}{members}", "}"])

    def show_line(self, value: Mapping[str, Any], words: Words) -> None:
        """One of several results of a command that stays, at once: with ``--json`` on one line."""
        if self._json:
            self._write([as_json(self._wanted(value), indent=None)])
        self.say(words)

    def _wanted(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.fields:
            return value
        from callrec.cli.fields import only  # few ask for it

        return cast("Mapping[str, Any]", only(value, self.fields))

    def say(self, words: Words = "") -> None:
        """Some of the result in words: a program gets none."""
        if self._json:
            return
        for part in _parts(words):
            self._write(self._drawn(part, self._results))

    def note(self, line: str) -> None:
        """One line beside the result: what is being done, a warning."""
        self._messages.writelines(f"{each}\n" for each in self._drawn(line, self._messages))
        self._messages.flush()

    def next_step(self, command: str) -> None:
        """What to type next."""
        self.name_actor()
        self.note(f"next: {self.again(command)}")

    @property
    def columns(self) -> int:
        """How wide a line may be."""
        return terminal_size(self._results, self._environ).columns

    @contextmanager
    def progress(
        self, label: str, *, total: int | None, in_bytes: bool = False
    ) -> Iterator[Callable[[int], None]]:
        """A bar on the terminal, if there is one, while something long is done.

        What is yielded is called with how much more is done.
        """
        if not self._messages.isatty():
            yield lambda _: None
            return
        from rich import progress  # costs 30 ms, and few commands take long
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
            console=Console(file=self._messages, no_color=not self._colour),
            transient=True,
        )
        with drawn:
            task = drawn.add_task(escape_controls(label), total=total)
            yield lambda more: drawn.advance(task, more)

    def _show_whole(self, stream: TextIO, words: Words) -> None:
        """At once: by the pager where the terminal has no room for all of it."""
        lines: list[str] = []
        try:
            for part in _parts(words):
                lines += self._drawn(part, stream)
        finally:  # what came before an error stands
            text = "".join(f"{line}\n" for line in lines)
            if not (self._is_too_long(lines, stream) and page(text, stream, self._environ)):
                stream.write(text)
                stream.flush()

    def _is_too_long(self, lines: Sequence[str], stream: TextIO) -> bool:
        somebody_reads = self._results.isatty() and self._messages.isatty()
        return somebody_reads and len(lines) >= terminal_size(stream, self._environ).lines

    def _drawn(self, part: str | Table, stream: TextIO) -> list[str]:
        """The lines of what is said; on a terminal they are no wider than that."""
        paint = self._paint if stream.isatty() else lambda text, _: text
        columns = terminal_size(stream, self._environ).columns
        if isinstance(part, Table):
            return list(part.drawn(columns, paint))
        lines = folded(part, stream, self._environ).split("\n")
        return [paint(line, style_of(part)) for line in lines]

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if text and style and self._colour else text

    def _write(self, lines: Iterable[str]) -> None:
        self._results.writelines(f"{line}\n" for line in lines)
        self._results.flush()  # it is told, whatever ends us next


def _parts(words: Words) -> Iterable[str | Table]:
    return (words,) if isinstance(words, str | Table) else words


def labelled(pairs: Iterable[tuple[str, object]], *, width: int) -> Iterator[str]:
    """A result for people: a label and what stands under it, a line each."""
    for label, value in pairs:
        yield f"{label:<{width}}{as_words(value)}"


def as_json(value: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """One JSON document; whatever could act on a terminal is escaped. Without indent: one line."""
    return PERHAPS_HARMFUL.sub(_escaped, json_text(value, indent=indent))


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\n" or unicodedata.category(character) not in HARMFUL:
        return character
    return json_format.dumps(character)[1:-1]


_HALVES = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Two modules, one above the other; the dark ones stay as dark as the terminal is."""


def qr_code(text: str) -> Iterator[str]:
    """The text as lines of half blocks."""
    import segno  # only where somebody looks at it

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(border=2)]
    for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=bytes(len(rows[0]))):
        yield "".join(_HALVES[top, bottom] for top, bottom in zip(upper, lower, strict=True))

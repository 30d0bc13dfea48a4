"""A list to choose from: with the arrow keys, or by typing some of what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TextIO

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import OneStyleAndTextTuple
from prompt_toolkit.input import create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.defaults import load_key_bindings
from prompt_toolkit.key_binding.key_bindings import merge_key_bindings
from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output.vt100 import Vt100_Output

_HELP: Final = "  Up and down arrows choose, typing narrows, Enter takes it, Ctrl-C ends"
_HELP_SEVERAL: Final = (
    "  Arrows choose, Space marks several, typing narrows, Enter takes, Ctrl-C ends"
)
_NONE: Final = "  nothing here has that: press Backspace"


class Menu:
    """What is on offer, what was typed to narrow it, and which of it is marked."""

    def __init__(
        self, choices: Mapping[str, str], begin_at: str = "", *, several: bool = False
    ) -> None:
        self._choices = choices
        """What is answered -> what it is, in words."""
        self._several = several
        self._ticked: set[str] = set()
        self.typed = Buffer(multiline=False, on_text_changed=self._begin_anew)
        self._at = [*choices].index(begin_at) if begin_at in choices else 0

    def _begin_anew(self, _: Buffer) -> None:
        self._at = 0

    @property
    def shown(self) -> Sequence[str]:
        """The answers that have every word that was typed; first the one called so: R-17, or 17."""
        typed = self.typed.text.casefold().strip()
        found = [each for each in self._choices if self._has(each, typed.split())]
        return sorted(found, key=lambda it: typed not in (it.casefold(), it.rpartition("-")[2]))

    def _has(self, answer: str, words: Sequence[str]) -> bool:
        text = f"{answer} {self._choices[answer]}".casefold()
        return all(word in text for word in words)

    @property
    def marked(self) -> str | None:
        """What Enter takes; None where nothing has what was typed."""
        return self.shown[self._at] if self.shown else None

    def move(self, by: int) -> None:
        """Mark another, and none before the first or after the last."""
        self._at = max(0, min(self._at + by, len(self.shown) - 1))

    def tick(self) -> None:
        """Take the marked one with others, or leave it after all; then all are shown again."""
        if self.marked is None:
            return
        self._ticked ^= {self.marked}
        following, self.typed.text = self.marked, ""
        self._at = self.shown.index(following)
        self.move(1)

    @property
    def taken(self) -> Sequence[str]:
        """What Enter takes: those that were ticked, in the order of the list, or the marked one."""
        ticked = [each for each in self._choices if each in self._ticked]
        return ticked or [each for each in [self.marked] if each is not None]

    def lines(self) -> Iterator[OneStyleAndTextTuple]:
        """The list as it is drawn."""
        width, marked = max(map(len, self._choices)), self.marked
        for answer in self.shown:
            if answer == marked:
                yield "[SetCursorPosition]", ""
            style, pointer = ("bold", ">") if answer == marked else ("", " ")
            box = f"[{'x' if answer in self._ticked else ' '}] " if self._ticked else ""
            yield style, f"{pointer} {box}{answer:<{width}}  {self._choices[answer]}\n"

    @property
    def help(self) -> str:
        """What the keys do."""
        if not self.shown:
            return _NONE
        return _HELP_SEVERAL if self._several else _HELP


def choose_from(
    question: str,
    choices: Mapping[str, str],
    *,
    begin_at: str = "",
    several: bool = False,
    answers: TextIO,
    messages: TextIO,
    term: str,
) -> Sequence[str]:
    """One of the choices, or ``several``; none of them may hold a control character.

    The one to ``begin_at`` is marked first.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        EOFError: Ctrl-D was, or the terminal is gone.
    """
    menu = Menu(choices, begin_at, several=several)
    output = Vt100_Output.from_pty(messages, term=term)
    output.enable_cpr = False  # the terminal's answer could come too late, and reach the shell
    rows = output.get_size().rows
    asked = Window(
        BufferControl(menu.typed, input_processors=[BeforeInput(question)]),
        height=1,
        dont_extend_height=True,
    )
    listed = Window(FormattedTextControl(lambda: [*menu.lines()]), dont_extend_height=True)
    explained = Window(FormattedTextControl(lambda: menu.help), height=1, dont_extend_height=True)
    application = Application[Sequence[str]](
        layout=Layout(HSplit([asked, listed, explained]), focused_element=asked),
        key_bindings=merge_key_bindings(
            [load_key_bindings(), _keys(menu, page=max(1, rows - 3), several=several)]
        ),
        input=create_input(answers),
        output=output,
        erase_when_done=True,
    )
    return application.run()


def _keys(menu: Menu, *, page: int, several: bool) -> KeyBindings:
    keys = KeyBindings()
    for key, by in {"up": -1, "down": 1, "pageup": -page, "pagedown": page}.items():
        keys.add(key, eager=True)(lambda _, by=by: menu.move(by))

    if several:
        keys.add("space", eager=True)(lambda _: menu.tick())

    @keys.add("enter", eager=True)
    def _(event: KeyPressEvent) -> None:
        if menu.taken:
            event.app.exit(result=menu.taken)

    def ends(key: str, problem: type[BaseException]) -> None:
        def end(event: KeyPressEvent) -> Any:
            event.app.exit(exception=problem)

        keys.add(key, eager=True)(end)

    ends("c-c", KeyboardInterrupt)
    ends("c-d", EOFError)
    return keys

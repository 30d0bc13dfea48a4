"""Questions, asked on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeVar

from callrec.cli.layout import escape_controls, folded
from callrec.cli.options import is_text
from callrec.errors import (
    CallrecError,
    Failed,
    Locked,
    Misconfigured,
    NotFound,
    Refused,
    Unusable,
    WrongPassword,
)
from callrec.policy.handing_over import Channel
from callrec.system.console import (
    TO_TYPE_UTF_8,
    ask_hidden,
    forget_typed,
    has_keyboard,
    hide_typed,
    show_typed,
    terminal_kind,
)
from callrec.views.words import WAYS

Answer = TypeVar("Answer")

PASSWORD_FILE = "CALLREC_PASSWORD_FILE"  # noqa: S105  # the variable's name

COUNTERSIGN_FILE = "CALLREC_COUNTERSIGN_PASSWORD_FILE"

NEW_PASSWORD_FILE = "CALLREC_NEW_PASSWORD_FILE"  # noqa: S105  # the same


class Prompts:
    """Where one command's questions are asked."""

    def __init__(self, *, answers: TextIO, messages: TextIO, environ: Mapping[str, str]) -> None:
        self._answers = answers
        self._messages = messages
        self._environ = environ
        self.earlier: Mapping[str, str] = {}
        """By option, what was answered the last time; Enter takes it."""
        self.answered: dict[str, str] = {}
        """By option, what was answered now."""
        self.card_module: Path | None = None
        """What speaks to smart cards, if the configuration names it."""
        self._shows: Any = None
        """How the terminal was before it showed nothing of what is typed; None: it does."""

    @property
    def possible(self) -> bool:
        """There is a terminal: the question is seen and can be answered."""
        return self._answers.isatty() and self._messages.isatty()

    @property
    def asks_passwords(self) -> bool:
        """Passwords are typed here, and no file is named that has one."""
        return not self._environ.get(PASSWORD_FILE)

    @property
    def keyboard(self) -> int | None:
        """The terminal that keys are read from, if what is typed there is meant for us."""
        if self.possible and has_keyboard(self._answers.fileno()):
            return self._answers.fileno()
        return None

    def hide_typed(self) -> None:
        """Show nothing of what is typed until a question is asked: it may be the password.

        Who knows that a password comes types it while the vault is still being opened. The prompt
        drops that (getpass), but the terminal would have shown it.
        """
        if self._shows is None and self.asks_passwords and (terminal := self.keyboard) is not None:
            self._shows = hide_typed(terminal)

    def show_typed(self) -> None:
        """Show again what is typed."""
        if self._shows is not None and (terminal := self.keyboard) is not None:
            show_typed(terminal, self._shows)
            self._shows = None

    def forget_typed(self) -> None:
        """Drop what was typed ahead, or it would reach the shell where a command ends early."""
        if (terminal := self.keyboard) is not None:
            forget_typed(terminal)

    def ask(self, what: str, *, option: str) -> str:
        """A line of text that says something."""
        return self.ask_until(what, str, option=option)

    def ask_until(
        self,
        what: str,
        read: Callable[[str], Answer],
        *,
        option: str,
        help: str = "",  # noqa: A002  # as Typer calls it
        given: str | None = None,
        default: str = "",
    ) -> Answer:
        """Ask until the answer can be read, and say each time why it could not.

        ``default`` is what Enter alone answers.
        """
        self._need_terminal(option)
        if given is None:
            self._explain(help)
        default = self.earlier.get(option, default)
        asked = f"{what} [{default}]" if default else what
        while True:
            answer = self._answer(asked).strip() or default if given is None else given
            typed, given = given is None, None
            try:
                taken = read(_entered(answer))
            except (NotFound, Refused, Unusable) as error:
                self._say(f"{_explained(error)}\n")
            else:
                if typed:
                    self.answered[option] = answer.strip()
                return taken

    def choose(
        self,
        what: str,
        choices: Mapping[str, str],
        *,
        option: str,
        help: str = "",  # noqa: A002  # as Typer calls it
        several: bool = False,
    ) -> str:
        """One of several: from a list or, on a terminal that draws none, by its number or name.

        Or ``several`` of them, with a space between: names that have none.
        """
        self._need_terminal(option)
        self._explain(help)
        if terminal_kind(self._environ) not in ("", "dumb", "unknown"):
            return self._pick(what, choices, option, several=several)
        for position, (name, meaning) in enumerate(choices.items(), start=1):
            self._say(f"  {position:2}  {name}  {meaning}\n")

        def read(answer: str) -> str:
            words = answer.replace(",", " ").split() if several else [answer]
            return " ".join(dict.fromkeys(_chosen(word, list(choices)) for word in words))

        return self.ask_until(what, read, option=option)

    def _pick(self, what: str, choices: Mapping[str, str], option: str, *, several: bool) -> str:
        self.show_typed()
        from callrec.cli.menu import choose_from  # prompt_toolkit: 200 ms

        names = {escape_controls(name): name for name in choices}
        question = _asked(escape_controls(what))
        try:
            shown = choose_from(
                question,
                {each: escape_controls(choices[name]) for each, name in names.items()},
                begin_at=escape_controls(self.earlier.get(option, "")),
                several=several,
                answers=self._answers,
                messages=self._messages,
                term=terminal_kind(self._environ),
            )
        except EOFError:
            raise Unusable("nothing was entered") from None
        self._say(f"{question}{' '.join(shown)}\n")
        self.answered[option] = " ".join(names[each] for each in shown)
        return self.answered[option]

    def confirm(self, what: str, *, yes: bool) -> None:
        """Go on with what cannot be undone only if that was confirmed."""
        if yes:
            return
        if not self.possible:
            raise Unusable(
                "this cannot be undone, and there is no terminal to ask on",
                hint="give --yes to answer beforehand",
            )
        question = (
            what
            if what.endswith("?")
            else f"{what[:1].upper()}{what[1:]}: this cannot be undone. Go on?"
        )
        if not self.agree(question):
            raise Failed("not confirmed, so nothing was done")

    def agree(self, question: str) -> bool:
        """Whether the person at the terminal says yes; who only presses Enter says no."""
        return self._line(f"{question} [y/N] ").lower() in ("y", "yes")

    def wait(self, what: str) -> None:
        """Go on once Enter was pressed."""
        self._say(f"{what}: ")
        if not self._answers.readline():
            raise Unusable("nothing was entered")

    def ask_password(self, what: str, *, file_variable: str = PASSWORD_FILE) -> str:
        """A password, never shown: from the file that the environment names, else asked for."""
        given = self._given(file_variable, self._answers.readline)
        if given is not None:
            return _first_line(given)
        if not self.possible:
            raise Locked(
                "a password is needed, and there is no terminal to ask on",
                hint=f"set {file_variable} to a file that only you can read",
            )
        return self._hidden(what, file_variable)

    def try_passwords(
        self, what: str, use: Callable[[str], Answer], *, file_variable: str = PASSWORD_FILE
    ) -> Answer:
        """What a password opens; one that is mistyped on a terminal is asked for three times."""
        for _ in range(2):
            try:
                return use(self.ask_password(what, file_variable=file_variable))
            except WrongPassword as error:
                if self._environ.get(file_variable) or not self.possible:
                    raise
                self.write(f"{error.message}; try again\n")
        return use(self.ask_password(what, file_variable=file_variable))

    def ask_new_password(
        self,
        what: str,
        check: Callable[[str], object] = lambda _: None,
        *,
        file_variable: str = PASSWORD_FILE,
    ) -> str:
        """A password that is being chosen; on a terminal one is offered, and it is typed again.

        So who takes the one that is offered has noted it before it is gone from the screen. One
        that ``check`` raises Unusable of is asked for again before that, and both if they differ.
        """
        if self._environ.get(file_variable) or not self.possible:
            return self.ask_password(what, file_variable=file_variable)
        from callrec.package.whole import fresh_passphrase

        offered = fresh_passphrase()
        self._explain("Here is a strong password, made for you just now. Write it down now.")
        for line in ("\n", f"    {offered}\n", "\n"):
            self._say(line)
        question = f"{what}. Press Enter to use the one above, or type your own"
        while True:
            chosen = self._hidden(question, file_variable) or offered
            try:
                check(chosen)
            except Unusable as error:
                self._say(f"{_explained(error)}\n")
                continue
            if self._hidden("Type it again", file_variable) == chosen:
                return chosen
            self._say("the two passwords differ; choose again\n")

    def ask_secret(self, what: str, read: Callable[[str], object], *, file_variable: str) -> str:
        """A text that is not shown: from a file, else asked until it is typed right."""
        given = self._given(file_variable, self._answers.read)
        if given is not None:
            read(given)
            return given
        while True:
            typed = self.ask_password(what, file_variable=file_variable)
            try:
                read(typed)
            except Unusable as error:
                self._say(f"{_explained(error)}\n")
            else:
                return typed

    def ask_back(self, what: str, check: Callable[[str], object]) -> None:
        """Have something typed, unseen, until ``check`` raises no Unusable of it."""
        while True:
            try:
                check(self.hidden(what))
            except Unusable as error:
                self.tell(_explained(error))
            else:
                return

    def hidden(self, what: str) -> str:
        """A line that is typed on the terminal and not shown, and that no file may hold."""
        return self._hidden(what, "")

    def tell(self, what: str) -> None:
        """Show one line at the terminal."""
        self._say(f"{what}\n")

    def _hidden(self, what: str, file_variable: str) -> str:
        """A line that is typed on the terminal and not shown."""
        question = folded(_asked(what), self._messages, self._environ)
        try:
            return self._typed("", partial(ask_hidden, question, self._answers, self._messages))
        except EOFError:
            self.write("\n")
            hint = f"type it, or set {file_variable} to a file with it" if file_variable else ""
            raise Unusable("nothing was entered", hint=hint) from None
        finally:
            self.show_typed()

    def _given(self, file_variable: str, read: Callable[[], str]) -> str | None:
        """What the file holds that the environment names, ``-`` for the input; None: names none."""
        named = self._environ.get(file_variable)
        if not named:
            return None
        return _text(read, Misconfigured) if named == "-" else _text_of(Path(named))

    def _need_terminal(self, option: str) -> None:
        if not self.possible:
            raise Unusable(f"{option.partition(' ')[0]} is missing", hint=f"give {option}")

    def _explain(self, help: str) -> None:  # noqa: A002  # as above
        if help:
            self._say(f"{help}\n")

    def _answer(self, what: str) -> str:
        self.show_typed()
        line = self._typed(_asked(what), self._answers.readline)
        if not line:
            raise Unusable("nothing was entered")
        return line

    def _line(self, question: str) -> str:
        self.show_typed()
        line = self._typed(question, self._answers.readline)
        if not line.endswith("\n"):
            self.write("\n")
        return line.strip()

    def _typed(self, question: str, read: Callable[[], str]) -> str:
        """What is typed after a question; what is said of Ctrl-C there stands below it."""
        try:
            self._say(question)
            return _text(read, Unusable)
        except KeyboardInterrupt:
            self.write("\n")
            raise

    def write(self, text: str) -> None:
        """Write to the terminal as it stands, without a new line."""
        self._messages.write(text)
        self._messages.flush()

    def _say(self, text: str) -> None:
        """One line, ended or not; nothing in it acts on the terminal."""
        line = folded(text.removesuffix("\n"), self._messages, self._environ)
        self.write(line + ("\n" if text.endswith("\n") else ""))


def _explained(error: CallrecError) -> str:
    """What is wrong with an answer, to somebody who was asked a question."""
    return "; ".join(filter(None, (error.message, error.advice)))


def _asked(what: str) -> str:
    """As it stands before the cursor: a question has its own mark."""
    return f"{what} " if what.endswith("?") else f"{what}: "


def _text(read: Callable[[], str], otherwise: type[CallrecError]) -> str:
    """What is read, where it is text: a terminal, or what writes to us, may have another encoding.

    Python reads bytes that are none as errors or, in the locale C, as halves of a character.
    """
    try:
        text = read()
    except UnicodeDecodeError:
        text = None
    if text is None or not is_text(text):
        raise otherwise("what was entered is not text in UTF-8", hint=TO_TYPE_UTF_8)
    return text


def _entered(answer: str) -> str:
    if not answer.strip():
        raise Unusable("nothing was entered")
    return answer.strip()


def _chosen(answer: str, names: Sequence[str]) -> str:
    if answer in names:
        return answer
    if answer.isdecimal() and 1 <= int(answer) <= len(names):
        return names[int(answer) - 1]
    raise Unusable("that is not one of them", hint="type its number or its name")


def read_password(file: Path) -> str:
    """A password: the first line of a file that only its owner can read."""
    return _first_line(_text_of(file))


def _text_of(file: Path) -> str:
    from callrec.system.rights import read_private

    try:
        return read_private(file).decode("utf-8-sig")  # Notepad may begin with a mark
    except UnicodeDecodeError:
        raise Misconfigured("the password file is not text in UTF-8") from None


def _first_line(text: str) -> str:
    password = text.partition("\n")[0].removesuffix("\r")
    if not password:
        raise Misconfigured(
            "the password file holds no password", hint="put it in the file's first line"
        )
    return password


def ask_channel(
    prompts: Prompts, what: str, *, option: str, other_than: Channel | None = None
) -> Channel:
    """One of the ways, or of the others."""
    ways = {way: meaning for way, meaning in WAYS.items() if way != other_than}
    return Channel(prompts.choose(what, ways, option=f"{option} {'|'.join(ways)}"))

"""Questions are asked on a terminal only, and a script is told what to give instead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pexpect
import pytest

from callrec.cli.prompts import Prompts, read_password
from callrec.crypto.kit import kit_words, read_kit
from callrec.errors import CallrecError, Locked, Misconfigured, Unusable

PROGRAM = """
import sys
from callrec.cli.prompts import Prompts
from callrec.errors import CallrecError, Unusable
prompts = Prompts(answers=sys.stdin, messages=sys.stderr, environ={{}})

def check_length(password):
    if len(password) < 8:
        raise Unusable("shorter than eight letters", hint="choose another")

try:
    print("GOT", repr({question}))
except CallrecError as error:
    print("NOT", type(error).__name__, error.message)
"""


def script(environ: dict[str, str] | None = None, *, given: str = "") -> Prompts:
    """No terminal; what is given comes on standard input."""
    return Prompts(answers=StringIO(given), messages=StringIO(), environ=environ or {})


def on_a_terminal(question: str, *typed: str) -> str:
    """What a terminal shows when somebody types these lines, one after each prompt."""
    terminal = pexpect.spawn(
        sys.executable, ["-c", PROGRAM.format(question=question)], encoding="utf-8", timeout=30
    )
    shown = ""
    for line in typed:
        terminal.expect(r"([:?] |\] )$")
        shown += terminal.before + terminal.after
        terminal.sendline(line)
    terminal.expect(pexpect.EOF)
    return f"{shown}{terminal.before}".replace("\r\n", "\n")


ASKED_BY_A_SCRIPT: dict[str, tuple[Callable[[Prompts], object], type[CallrecError], str]] = {
    "a text": (
        lambda prompts: prompts.ask("Reason", option="--reason TEXT"),
        Unusable,
        "give --reason TEXT",
    ),
    "a choice": (
        lambda prompts: prompts.choose("Purpose", {"x": "y"}, option="--kind K"),
        Unusable,
        "give --kind K",
    ),
    "a confirmation": (
        lambda prompts: prompts.confirm("destroy it", yes=False),
        Unusable,
        "give --yes to answer beforehand",
    ),
    "a password": (
        lambda prompts: prompts.ask_password("Password"),
        Locked,
        "set CALLREC_PASSWORD_FILE to a file that only you can read",
    ),
    "a secret text": (
        lambda prompts: prompts.ask_secret("Words", str.split, file_variable="WORDS"),
        Locked,
        "set WORDS to a file that only you can read",
    ),
    "a new password": (
        lambda prompts: prompts.ask_new_password("Password", file_variable="OTHER"),
        Locked,
        "set OTHER to a file that only you can read",
    ),
}


@pytest.mark.parametrize(("ask", "kind", "hint"), ASKED_BY_A_SCRIPT.values(), ids=ASKED_BY_A_SCRIPT)
def test_a_script_is_told_what_to_give(
    ask: Callable[[Prompts], object], kind: type[CallrecError], hint: str
) -> None:
    with pytest.raises(kind) as refusal:
        ask(script(given="unasked\n"))
    assert refusal.value.hint == hint


def test_yes_answers_beforehand() -> None:
    script().confirm("destroy it", yes=True)


def test_a_password_comes_from_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text("correct horse\r\nanother line\n")
    prompts = script({"CALLREC_PASSWORD_FILE": str(file)})
    assert prompts.ask_password("Password") == "correct horse"
    assert prompts.ask_new_password("Password") == "correct horse"


def test_a_password_comes_from_standard_input() -> None:
    prompts = script({"CALLREC_PASSWORD_FILE": "-"}, given="correct horse\n")
    assert prompts.ask_password("Password") == "correct horse"


def test_two_passwords_come_from_standard_input_line_by_line() -> None:
    environ = {"CALLREC_PASSWORD_FILE": "-", "CALLREC_COUNTERSIGN_PASSWORD_FILE": "-"}
    prompts = script(environ, given="mine\nhers\n")
    assert prompts.ask_password("Mine") == "mine"
    hers = prompts.ask_password("Hers", file_variable="CALLREC_COUNTERSIGN_PASSWORD_FILE")
    assert hers == "hers"


NO_TEXT = {
    "as a strict stream reads it": "strict",
    "as the locale C has it": "surrogateescape",
}


@pytest.mark.parametrize("errors", NO_TEXT.values(), ids=NO_TEXT)
def test_what_comes_on_standard_input_is_text_in_utf_8(errors: str) -> None:
    def given() -> Prompts:
        answers = TextIOWrapper(BytesIO(b"R\xe4del\n"), encoding="utf-8", errors=errors)
        environ = {"CALLREC_PASSWORD_FILE": "-", "WORDS": "-"}
        return Prompts(answers=answers, messages=StringIO(), environ=environ)

    with pytest.raises(Misconfigured, match="not text in UTF-8"):
        given().ask_password("Password")
    with pytest.raises(Misconfigured, match="not text in UTF-8"):
        given().ask_secret("Words", str.split, file_variable="WORDS")


IN_ANOTHER_ENCODING = {
    "a line": "prompts.ask('Reason', option='--reason')",
    "a line that is read": "prompts.ask_until('Day', str.strip, option='--date D')",
    "a confirmation": "prompts.confirm('destroy it', yes=False)",
    "a password": "prompts.ask_password('Password')",
}


@pytest.mark.parametrize("question", IN_ANOTHER_ENCODING.values(), ids=IN_ANOTHER_ENCODING)
def test_a_terminal_in_another_encoding_is_told(question: str) -> None:
    terminal = pexpect.spawn(sys.executable, ["-c", PROGRAM.format(question=question)], timeout=30)
    terminal.expect(rb"([:?] |\] )$")
    terminal.sendline(b"R\xe4del")
    terminal.expect(pexpect.EOF)
    assert b"NOT Unusable what was entered is not text in UTF-8" in terminal.before


SECRET_QUESTIONS = {
    "a password": "prompts.ask_password('Password')",
    "a new one": "prompts.ask_new_password('Password')",
    "the kit": "prompts.ask_secret('Kit', str.split, file_variable='KIT')",
}


@pytest.mark.parametrize("question", SECRET_QUESTIONS.values(), ids=SECRET_QUESTIONS)
def test_who_closes_the_terminal_at_a_secret_has_entered_nothing(question: str) -> None:
    terminal = pexpect.spawn(sys.executable, ["-c", PROGRAM.format(question=question)], timeout=30)
    terminal.expect(rb"[:?] $")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    assert b"NOT Unusable nothing was entered" in terminal.before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_password_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    file.chmod(mode)
    with pytest.raises(Misconfigured):
        read_password(file)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\n"], ids=["empty", "a line", "no text"])
def test_a_file_without_a_password_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_bytes(content)
    with pytest.raises(Misconfigured):
        read_password(file)


def test_a_terminal_is_asked_and_its_answer_trimmed() -> None:
    shown = on_a_terminal("prompts.ask('Reason', option='--reason')", "  a complaint  ")
    assert shown.startswith("Reason: ")
    assert "GOT 'a complaint'" in shown


def test_an_empty_answer_is_none_and_the_question_is_asked_again() -> None:
    shown = on_a_terminal("prompts.ask('Reason', option='--reason')", "", "  ", "a complaint")
    assert shown.count("Reason: ") == 3
    assert shown.count("nothing was entered") == 2
    assert "GOT 'a complaint'" in shown


def test_a_password_is_offered_first_and_typed_again_by_who_takes_it() -> None:
    program = PROGRAM.format(question="prompts.ask_new_password('New password')")
    terminal = pexpect.spawn(sys.executable, ["-c", program], encoding="utf-8", timeout=30)
    terminal.expect(r"\r\n    ([a-z]+( [a-z]+){5})\r\n")
    offered = terminal.match.group(1)
    terminal.expect(r"Press Enter to use the one above, or type your own: $")
    terminal.sendline("")
    terminal.expect(r"Type it again: $")
    terminal.sendline(offered)
    terminal.expect(pexpect.EOF)
    assert f"GOT '{offered}'" in terminal.before


TYPED_PASSWORDS = {
    "the same twice": (("my own one", "my own one"), "GOT 'my own one'"),
    "two that differ, and again": (("my one", "my two", "my own", "my own"), "GOT 'my own'"),
    "the offered one, which was not noted": (("", "", "my own", "my own"), "GOT 'my own'"),
}


@pytest.mark.parametrize(("typed", "got"), TYPED_PASSWORDS.values(), ids=TYPED_PASSWORDS)
def test_who_chooses_a_password_types_it_twice(typed: tuple[str, str], got: str) -> None:
    shown = on_a_terminal("prompts.ask_new_password('New password')", *typed)
    assert got in shown
    assert shown.count("the two passwords differ; choose again") == len(typed) // 2 - 1


def test_a_password_that_will_not_do_is_asked_for_again_before_it_is_typed_twice() -> None:
    question = "prompts.ask_new_password('New password', check_length)"
    shown = on_a_terminal(question, "short", "long enough", "long enough")
    assert "\nshorter than eight letters; choose another\n" in shown
    assert (shown.count("Type it again"), "GOT 'long enough'" in shown) == (1, True)


def test_one_of_several_is_chosen_by_number_or_name_and_asked_again_otherwise() -> None:
    question = "prompts.choose('Form', {'zip': 'a sealed file', 'html': 'a page'}, option='--form')"
    shown = on_a_terminal(question, "3", "pdf", "2")
    assert " 1  zip  a sealed file\n   2  html  a page\nForm: " in shown
    assert "GOT 'html'" in shown
    assert "GOT 'zip'" in on_a_terminal(question, "zip")


UNTIL = "prompts.ask_until('Day', parse, option='--date D', help='Which day.')"

READING = """
from datetime import date
from callrec.errors import Unusable
def parse(text):
    if text != "today":
        raise Unusable("that is no date", hint="type today", option="--date D")
    return text.upper()
"""


def until(*typed: str, question: str = UNTIL) -> str:
    return on_a_terminal(f"(exec({READING!r}), {question})[1]", *typed)


def test_a_question_is_asked_until_its_answer_can_be_read() -> None:
    assert until("tomorrow", "", " today ") == (
        "Which day.\n"
        "Day: tomorrow\nthat is no date; type today\n"
        "Day: \nnothing was entered\n"
        "Day:  today \nGOT 'TODAY'\n"
    )


def test_what_was_typed_beforehand_is_asked_for_only_if_it_is_none() -> None:
    given = UNTIL.replace("help=", "given='today', help=")
    assert until(question=given) == "GOT 'TODAY'\n"
    none = given.replace("'today'", "'4 July'")
    shown = until("today", question=none)
    assert shown == "that is no date; type today\nDay: today\nGOT 'TODAY'\n"


def test_a_terminal_that_is_closed_is_asked_no_more() -> None:
    assert "NOT Unusable nothing was entered" in until("\x04")
    choice = "prompts.choose('Form', {'zip': 'a file'}, option='--form F')"
    assert "NOT Unusable nothing was entered" in on_a_terminal(choice, "\x04")


def test_a_choice_has_its_line_of_help_and_says_what_to_type() -> None:
    choice = "prompts.choose('Form', {'zip': 'a file'}, option='--form F', help='How it goes.')"
    shown = on_a_terminal(choice, "html", "1")
    assert shown.startswith("How it goes.\n   1  zip  a file\nForm: html\n")
    assert "that is not one of them; type its number or its name\nForm: 1" in shown


def test_no_is_no_and_nothing_is_no() -> None:
    question = "prompts.confirm('destroy it', yes=False)"
    assert "NOT Failed not confirmed, so nothing was done" in on_a_terminal(question, "")
    shown = on_a_terminal(question, "y")
    assert shown.startswith("Destroy it: this cannot be undone. Go on? [y/N] ")
    assert "GOT None" in shown


def test_a_password_is_not_shown() -> None:
    shown = on_a_terminal("len(prompts.ask_password('Password of jane'))", "correct horse")
    assert shown.startswith("Password of jane: ")
    assert "GOT 13" in shown
    assert "horse" not in shown


def test_what_is_typed_before_a_password_is_asked_for_is_not_shown() -> None:
    waiting = "(prompts.hide_typed(), prompts.write('opening: '), len(sys.stdin.readline()))"
    shown = on_a_terminal(waiting, "correct horse")
    assert "GOT (None, None, 14)" in shown
    assert "horse" not in shown


@pytest.mark.parametrize("before", ["prompts.show_typed()", "prompts.ask_password('Password')"])
def test_what_is_typed_afterwards_is_shown_again(before: str) -> None:
    typed = ["correct horse"] if "password" in before else []
    question = f"(prompts.hide_typed(), {before}, prompts.ask('Why', option='--reason TEXT'))"
    shown = on_a_terminal(question, *typed, "because")
    assert shown.count("because") == 2
    shown = on_a_terminal(f"(prompts.hide_typed(), {before}, input('as it was: '))", *typed, "so")
    assert "as it was: so" in shown


def test_a_new_password_is_typed_twice() -> None:
    question = "len(prompts.ask_new_password('New password'))"
    assert "GOT 3" in on_a_terminal(question, "one", "one")
    shown = on_a_terminal(question, "one", "two", "three", "three")
    assert "the two passwords differ; choose again" in shown
    assert "GOT 5" in shown


# --- secrets that may be mistyped -----------------------------------------------------------------

WORDS = 'prompts.ask_secret("Words", read_kit, file_variable="KIT")'

FROM_KIT = "\nfrom callrec.crypto.kit import read_kit\nprompts ="


def test_a_mistyped_group_is_named_and_asked_for_again_and_no_word_is_shown() -> None:
    right = kit_words(bytes(range(32)))
    wrong = f"{right[:12]}{'A' if right[12] != 'A' else 'B'}{right[13:]}"
    program = PROGRAM.replace("\nprompts =", FROM_KIT, 1).replace(
        "repr({question})", "len({question})"
    )
    terminal = pexpect.spawn(
        sys.executable, ["-c", program.format(question=WORDS)], encoding="utf-8", timeout=30
    )
    shown = ""
    for line in (wrong, right.lower()):
        terminal.expect(r"[:?] $")
        shown += terminal.before
        terminal.sendline(line)
    terminal.expect(pexpect.EOF)
    shown += terminal.before
    assert "group 3 of the kit has a mistake; compare it with the page" in shown
    assert f"GOT {len(right)}" in shown
    assert not set(right.lower().split()) & set(shown.lower().split())


def test_a_file_of_secret_text_may_have_several_lines_and_is_not_asked_for_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "words"
    file.write_text("one\ntwo\n", encoding="utf-8")
    file.chmod(0o600)
    prompts = script({"WORDS": str(file)})
    assert prompts.ask_secret("Words", str.split, file_variable="WORDS") == "one\ntwo\n"
    with pytest.raises(Unusable):
        prompts.ask_secret("Words", read_kit, file_variable="WORDS")
    file.chmod(0o644)
    with pytest.raises(Misconfigured):
        prompts.ask_secret("Words", str.split, file_variable="WORDS")


def test_it_may_come_on_standard_input() -> None:
    prompts = script({"WORDS": "-"}, given="one\ntwo\n")
    assert prompts.ask_secret("Words", str.split, file_variable="WORDS") == "one\ntwo\n"


def test_a_password_that_notepad_wrote_is_the_one_that_was_typed(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes("\ufeffZo\u00eb walks\r\n".encode())
    file.chmod(0o600)
    assert read_password(file) == "Zo\u00eb walks"

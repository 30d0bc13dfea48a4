"""What an answer promises: the commands that it names, and for whom.

They stand in lines with ``hint:``, ``next:`` or ``warning:``, and behind the doctor's arrow.

    next: callrec inbox                                       whoever was answered runs it
    next: sam runs callrec listen R-1, or callrec release R-1 sam runs either of them
    hint: ask a partner or the Data Controller to run ...     each of those named does

Words in capitals stand for what whoever runs it knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from callrec.cli.app import SECTIONS, Commands

ROLES: Final = {
    "a partner": "pat",
    "a manager": "max",
    "the Data Controller": "dora",
    "a Data Controller": "dora",
    "the person who decides": "dora",
    "another partner": "pat",
    "another partner, manager": "max",
    "manager or Data Controller": "dora",
    "another Data Controller": "dora",
}
"""Who of the transcripts' practice has a role, where that is named."""

CHECKS: Final = (
    "archive verify",
    "audit verify",
    "doctor",
    "keys audit",
    "reconcile",
    "status",
    "verify-release",
)
"""Commands whose status says what they found, not whether they ran."""

EXAMPLES: Final = {
    "A-B=GROUND": "0:00-0:01=third-party",
    "CHANNEL": "letter",
    "CODE": "not-relevant",
    "NAME": "sam",
    "NUMBER": "07700900123",
    "PATH": "spool",
    "POWER": "search",
    "RECORDING": "1",
    "TEXT": "This is what the patient asked us for",
    "WAY": "letter",
    "WHO": "Jean Alder",
}
"""What stands for each word in capitals."""

_LINE: Final = re.compile(r"^(?:callrec: hint: |next: |warning: | +-> )(.*)$", re.MULTILINE)
_PERSON: Final = re.compile(r"\b(?!(?:who|each) )([a-z]+) runs $")
_CARRIES_ON: Final = re.compile(
    "again|and|brings|by|draws|for|lists|makes|names|puts|says|shows|takes|tells|them|to|which|with"
    "|writes"
)
"""Words that carry the sentence on behind a command."""
_NEEDS_MORE: Final = (
    "is missing",
    "are missing",
    "it is not said who attends",
    "you have not said who else is listening",
    "a search asks for",
    "a password is needed",
    "a second person has to sign for that too",
    # Whoever was named reads what else it takes, and does that.
    "each recording of a request for erasure is decided by itself",
    "proof of identity has not come",
    "the person is told before that",
    "leaves out recordings that match it",
    "the request names no recording yet",
    "no other recording matches the request",
    "nobody has listened under",
    "there are several recordings: say which",
    "you cannot approve or deny a request that you made or changed",
    "this was granted to somebody else",
    "nobody is logged in here",
    # A person has what a transcript has not: a drive, a file, a kit, a server, a password.
    "that folder is not a callrec drive",
    "there is no file",
    "is no file and no folder",
    "recovery kit is of no use any more",
    "mail server cannot be reached",
    "of the witnesses saw the record",
    "something lies in that folder already",
    "no such login, or a wrong password",
    # They have the numbers that they were told; here they are R-1 and 1.
    "there is no request R-1",
    "there is no recording 1\n",
    "the request says that already",
    "a person is looked up by NHS number",
    "a look at the register needs a reason",
    # They say the rest of what its purpose asks for; a terminal asks.
    "the request does not say",
)
"""Errors after which somebody at the keyboard goes on; the first ones a terminal asks for."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A command that an answer names, and who is to run it."""

    line: str
    who: str
    """A login."""
    words: tuple[str, ...]
    """What is typed after ``callrec``."""


def promises(answer: str, who: str) -> Iterator[Promise]:
    """Those of one answer, to somebody."""
    for line in _LINE.findall(answer):
        before, *rest = line.split("callrec ")
        people: Sequence[str] = [who]
        for sentence in rest:
            people = _runners(before, who) or people
            if words := _command(sentence):
                yield from (Promise(line, person, words) for person in people)
            before = sentence


def _runners(before: str, who: str) -> Sequence[str]:
    """Who is named to run the command that follows; none: nobody is."""
    if runs := _PERSON.search(before):
        return [runs[1]]
    named = dict.fromkeys(login for role, login in ROLES.items() if role in before)
    return [login for login in named if login != who or "another " not in before]


def _command(sentence: str) -> tuple[str, ...]:
    """The words at the beginning of a sentence that are a command of callrec; none: it is none."""
    rest = [(word.rstrip(",;:.").strip("[]"), word[-1] in ",;:") for word in sentence.split()]
    names: Any = {name: name for section in SECTIONS.values() for name in section}
    command: Any = None
    said: list[str] = []
    ended = False
    while not ended and rest and rest[0][0] in names:
        word, ended = rest.pop(0)
        said.append(word)
        command = Commands.command_of(word) if command is None else names[word]
        names = getattr(command, "commands", {})
    if getattr(command, "default", ""):
        command = names[command.default]
    params = getattr(command, "params", ())
    return tuple(_with_its_options(said, [] if ended else rest, params)) if said else ()


def _with_its_options(
    said: Sequence[str], rest: list[tuple[str, bool]], params: Sequence[Any]
) -> list[str]:
    """A command with what follows it; nothing if an option is only spoken of."""
    options = {name: param for param in params for name in param.opts if name.startswith("--")}
    places = [param.nargs for param in params if param.param_type_name == "argument"]
    whole, ended = [*said], False
    while rest and not ended:
        word, ended = rest.pop(0)
        if word in options and not options[word].is_flag:
            if ended or not rest:
                return []
            whole.append(word)
            word, ended = rest.pop(0)
        elif word not in (*options, "--help"):
            if not places or _CARRIES_ON.fullmatch(word):
                break
            places = places if places[0] < 0 else places[1:]
        whole.append(word)
    return [*whole, "--yes"] if "--yes" in options and "--help" not in whole else whole


def is_kept(promise: Promise, status: int, answer: str) -> bool:
    """The command did what it is for, or somebody at the keyboard goes on with it."""
    if status == 0 or any(error in answer for error in _NEEDS_MORE):
        return True
    return " ".join(promise.words).startswith(CHECKS) and status not in (2, 3, 4, 70)


def in_full(promise: Promise, answered: str, known: Mapping[str, str]) -> list[str]:
    """What is typed, with an example of each word in capitals.

    Args:
        promise: the command.
        answered: the login of whoever it was said to.
        known: examples that depend on where it is run.
    """
    examples = {
        **EXAMPLES,
        "USER": answered if "delegate" in promise.words and answered != promise.who else "mia",
        **known,
    }
    return [examples.get(word, word) for word in promise.words]

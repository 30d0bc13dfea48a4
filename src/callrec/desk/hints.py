"""What to do next, for somebody at the desk: a command of callrec as the page that does it.

An error says what to type (`callrec request gather R-17`). Here that is a link to the page for it;
what has no page is said as it is typed, for the administrator of the vault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

from callrec.desk.seat import PasswordNeeded
from callrec.errors import CallrecError, WrongPassword
from callrec.policy.further import QUESTIONS
from callrec.policy.reviews import RegisterName
from callrec.views.particulars import FURTHER_NAMES

PAGES: Final = (
    (r"login(?: \w+)?", "/login", "log in again"),
    (r"listen (R-\d+)", r"/requests/\1/listen", r"listen under \1"),
    (r"listen (R-\d+) (\d+)(?: --look)?", r"/requests/\1/listen/\2", r"listen to \2"),
    (r"release (R-\d+)", r"/requests/\1/release", r"hand over \1"),
    (r"request letter (R-\d+)(?: --kind [a-z-]+)?", r"/requests/\1/letters", r"letters about \1"),
    (r"request dossier (R-\d+)", r"/requests/\1/dossier", r"dossier of \1"),
    (r"request erase (R-\d+)", r"/requests/\1/erase", r"carry out \1"),
    (r"inbox", "/", "your inbox"),
    (r"request create", "/requests/new", "make a request"),
    (r"request create ([a-z-]+)", r"/requests/new/\1", "make a request"),
    (r"request (amend|attach|detach) (R-\d+)", r"/requests/\2/\1", r"\1 \2"),
    (r"status", "/status", "how things stand"),
    (r"(?:user )?whoami", "/account", "your account"),
    (r"user password", "/account/password", "change your password"),
    (r"user list", "/people", "the people"),
    (r"user add(?: NAME)?", "/people/add", "add a person"),
    (r"user sessions", "/sessions", "the open logins"),
    (r"user (?:confirm|role|delegate|reset|disable|show).*", "/people", "the people"),
    (rf"(?:practice )?register ({'|'.join(RegisterName)})", r"/registers/\1", r"the register: \1"),
    (r"(?:practice )?register", "/registers", "the registers"),
    (r"(?:practice )?report", "/report", "the report of a month"),
    (r"audit list", "/record", "the record"),
    (r"audit verify", "/record/check", "check the record"),
    (r"audit review-searches", "/searches", "searches to review"),
    (r"hold list", "/holds", "the holds"),
    (r"hold show (H-\d+)", r"/holds/\1", r"hold \1"),
    (r"hold lift (H-\d+)", r"/holds/\1/lift", r"lift hold \1"),
    (r"retention review", "/retention", "what is due"),
    (r"retention dispose", "/retention/propose", "propose a disposal"),
    (r"retention dispose (R-\d+)", r"/retention/dispose/\1", r"carry out \1"),
    (r"retention undo BATCH", "/retention/undo", "take back an intake"),
    (r"archive list", "/drives", "the archive drives"),
    (r"(?:practice )?settings show", "/settings", "the practice's rules"),
    (r"(?:practice )?settings apply", "/settings/apply", "change the practice's rules"),
    (r"(?:practice )?notice list", "/notices", "the notices"),
    (r"request list", "/requests", "the requests"),
    (r"request show (R-\d+)", r"/requests/\1", r"\1"),
    (r"approve (R-\d+)", r"/requests/\1/approve", r"approve \1"),
    (r"deny (R-\d+)", r"/requests/\1/deny", r"refuse \1"),
    (r"revoke (R-\d+)", r"/requests/\1/revoke", r"take back the approval of \1"),
    (r"request event (R-\d+)(?: EVENT)?", r"/requests/\1/event", r"record what happened with \1"),
    (r"request event (R-\d+) ([a-z-]+)", r"/requests/\1/event/\2", r"record what happened with \1"),
    (r"request (close|withdraw) (R-\d+)", r"/requests/\2/\1", r"\1 \2"),
    (r"request gather (R-\d+)", r"/requests/\1/gather", r"gather what matches \1"),
    (r"audit review-glass (R-\d+)", r"/requests/\1/review-glass", r"review \1"),
    (r"search", "/search", "search for calls"),
    (r"show (\d+)", r"/recordings/\1", r"recording \1"),
    (r"request recording (note|identify) (\d+)", r"/recordings/\2/\1", r"\1 on recording \2"),
    (r"request subject add", "/subjects/new", "enter a person"),
    (r"request subject find", "/subjects/find", "look a person up"),
    (r"request subject list", "/subjects", "the register of people"),
    (r"request subject show (S-\d+)", r"/subjects/\1", r"look at \1"),
    (r"request subject (change|erase) (S-\d+)", r"/subjects/\2/\1", r"\1 \2"),
    (r"incident report", "/incidents/new", "report an incident"),
    (r"incident (?:list|show)", "/incidents", "the incidents"),
    (r"incident show (I-\d+)", r"/incidents/\1", r"incident \1"),
    (r"incident (update|close) (I-\d+)", r"/incidents/\2/\1", r"\1 \2"),
    (r"complaint receive", "/complaints/new", "enter a complaint"),
    (r"complaint (?:list|show)", "/complaints", "the complaints"),
    (r"complaint show (C-\d+)", r"/complaints/\1", r"complaint \1"),
    (r"complaint (acknowledge|progress|outcome) (C-\d+)", r"/complaints/\2/\1", r"\1 \2"),
)
"""A command, the page that does it, and how that reads."""

COMMANDS: Final = frozenset(
    (
        *("approve", "archive", "audit", "backup", "complaint", "config", "demo", "deny", "desk"),
        *("doctor", "drive", "due", "erase", "fingerprint", "hold", "inbox", "incident", "ingest"),
        *("init", "keys", "listen", "login", "logout", "mail", "migrate", "notice", "practice"),
        *("reconcile", "recording", "recovery", "register", "release", "report", "request"),
        *("restore", "retention", "revoke", "search", "settings", "show", "status", "subject"),
        *("user", "verify-release", "whoami"),
    )
)
"""What may follow "callrec" where a command is meant, and not a sentence about callrec."""

_WORD: Final = r"(?: (?:--?[a-z-]+|[a-z][a-z-]*|[A-Z]-\d+|[A-Z]+|\d+))"

_COMMAND: Final = re.compile(rf"callrec ((?:{'|'.join(sorted(COMMANDS))})\b{_WORD}*)")

_VALUE: Final = r"(?: (?:unknown\b|[A-Z]+\b(?!-)|[\w-]+(?:\|[\w-]+)+))?"

_OPTION: Final = re.compile(rf"(?<![\w-])--([a-z][a-z-]*)({_VALUE})")

_NEXT_TO_ANOTHER: Final = re.compile(rf"(--[a-z][a-z-]*{_VALUE}) (?=--)")


_ANSWERED_BY: Final = {
    option: name
    for field, name in FURTHER_NAMES.items()
    for option, _ in _OPTION.findall(QUESTIONS[field].option)
}
"""The field of a question that a line answers by one option or another."""


def fields_of(problem: CallrecError) -> tuple[str, ...]:
    """The fields of a form that a problem is about, by name, as far as it says so.

    ``received_how`` for ``--received-how written|spoken``.
    """
    if isinstance(problem, PasswordNeeded | WrongPassword) and not problem.option:
        return ("password",)
    options = [name for name, _ in _OPTION.findall(problem.option or problem.advice)]
    fields = (_ANSWERED_BY.get(name, name.replace("-", "_")) for name in options)
    return tuple(dict.fromkeys(fields))


def _as_question(found: re.Match[str]) -> str:
    """What an option asks for: at the desk that is a question of the form."""
    name, value = found[1].replace("-", " "), found[2].strip()
    if value.isupper():
        return name
    return f"{name}: {value.replace('|', ' or ')}" if value else name


def page_for(command: str) -> str:
    """The address of the page that does what a command does; empty where there is none."""
    found = _COMMAND.match(command)
    return _page_of(found[1].split(" "))[0] if found else ""


def with_links(hint: str) -> Markup:
    """A hint, with the commands that have a page as links."""
    parts = Markup()
    for part in _parts(hint):
        parts += part
    return parts


def _parts(hint: str) -> Iterator[Markup]:
    end = 0
    for found in _COMMAND.finditer(hint):
        link = _link(found)
        before = hint[end : found.start()]
        yield _words(before.removesuffix("run ") if link.startswith("<a ") else before)
        yield link
        end = found.end()
    yield _words(hint[end:])


def _words(text: str) -> Markup:
    return escape(_OPTION.sub(_as_question, _NEXT_TO_ANOTHER.sub(r"\1, ", text)))


def _link(found: re.Match[str]) -> Markup:
    """The page of the command; words after it that are no part of it stay as they are."""
    typed = found[1].split(" ")
    address, text, count = _page_of(typed)
    if not address:
        return Markup("<code>{}</code>").format(found[0])
    link = Markup('<a href="{}">{}</a>').format(address, text)
    if typed[count:] and typed[count].startswith("--"):
        return link + Markup(" ({})").format(_words(" ".join(typed[count:])))
    return link + "".join(f" {word}" for word in typed[count:])


def _page_of(typed: list[str]) -> tuple[str, str, int]:
    """The address, how its link reads, and how many of the words it stands for."""
    for count in range(len(typed), 0, -1):
        for pattern, page, reads in PAGES:
            if match := re.fullmatch(pattern, " ".join(typed[:count])):
                return match.expand(page), match.expand(reads), count
    return "", "", 0

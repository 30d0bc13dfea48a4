"""What to do next, for somebody at the desk: a command of callrec as the page that does it.

An error says what to type (`callrec request gather R-17`). Here the same is said in words, as a
link to the page for it; what has no page, with what is typed at the server. Options are
questions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Final

from markupsafe import Markup, escape

from callrec.dataclass import dataclass
from callrec.desk.seat import PasswordNeeded
from callrec.errors import CallrecError, WrongPassword
from callrec.policy.further import QUESTIONS
from callrec.policy.reviews import RegisterName
from callrec.policy.role import Power
from callrec.views.requests.particulars import FURTHER_NAMES

PAGES: Final = (
    (r"login(?: \w+)?", "/login", "log in"),
    (r"listen (R-\d+)", r"/requests/\1/listen", r"listen under \1"),
    (r"listen (R-\d+) (\d+)(?: --look)?", r"/requests/\1/listen/\2", r"listen to recording \2"),
    (r"listen REQUEST RECORDING --look", "/requests", "look at its waveform"),
    (r"release (R-\d+)", r"/requests/\1/release", r"hand over \1"),
    (r"release", "/requests", "hand over what was granted"),
    (r"request letter (R-\d+)", r"/requests/\1/letters", r"write a letter about \1"),
    (r"request dossier (R-\d+)", r"/requests/\1/dossier", r"read the dossier of \1"),
    (r"request erase (R-\d+)", r"/requests/\1/erase", r"carry out \1"),
    (r"inbox", "/", "look at your inbox"),
    (r"request create", "/requests/new", "make a request"),
    (r"request create ([a-z-]+)", r"/requests/new/\1", "make a request"),
    (r"request amend (R-\d+)", r"/requests/\1/amend", r"change what \1 says"),
    (r"request attach (R-\d+)", r"/requests/\1/attach", r"add recordings to \1"),
    (r"request detach (R-\d+)", r"/requests/\1/detach", r"take recordings out of \1"),
    (r"request detach", "/requests", "take recordings out of a request"),
    (r"status", "/status", "look at how things stand"),
    (r"(?:user )?whoami", "/account", "look at your account"),
    (r"user password", "/account/password", "change your password"),
    (r"user factor add", "/account/factors", "add a second factor"),
    (r"user factor list", "/account/factors", "look at your second factors"),
    (r"user factor remove(?: NAME)?", "/account/factors", "take a second factor away"),
    (r"user list", "/people", "look at the list of people"),
    (r"user add(?: NAME)?", "/people/add", "add a person"),
    (r"user sessions", "/sessions", "look at the open logins"),
    (r"user confirm(?: \w+)?", "/people", "confirm a person"),
    (r"user role(?: \w+)?", "/people", "change what a person may do"),
    (r"user delegate \w+ --power [a-z-]+ --end", "/people", "take the power back"),
    (r"user delegate(?: \w+)?", "/people", "lend a power"),
    (r"user reset(?: \w+)?", "/people", "help with a lost password"),
    (r"user disable(?: \w+)?", "/people", "shut a person out"),
    (r"user show(?: \w+)?", "/people", "look at a person"),
    (
        rf"(?:practice )?register ({'|'.join(RegisterName)})",
        r"/registers/\1",
        r"read the \1 register",
    ),
    (r"(?:practice )?register", "/registers", "look at the registers"),
    (r"(?:practice )?report", "/report", "make the report of a month"),
    (r"audit list", "/record", "look at the record"),
    (r"audit verify", "/record/check", "check the record"),
    (r"(?:audit )?verify-release", "/check-package", "check a package"),
    (r"audit review-searches", "/searches", "review searches"),
    (r"hold list", "/holds", "look at the holds"),
    (r"hold show (H-\d+)", r"/holds/\1", r"look at hold \1"),
    (r"hold lift (H-\d+)", r"/holds/\1/lift", r"lift hold \1"),
    (r"retention review", "/retention", "look at what is due"),
    (r"retention dispose", "/retention/propose", "propose a disposal"),
    (r"retention dispose (R-\d+)", r"/retention/dispose/\1", r"carry out \1"),
    (r"retention undo BATCH", "/retention/undo", "take back an intake"),
    (r"archive list", "/drives", "look at the archive drives"),
    (r"archive keep LABEL", "/drives/keep", "say who has a drive"),
    (r"(?:practice )?settings show", "/settings", "look at the practice's rules"),
    (r"(?:practice )?settings apply(?: FILE)?", "/settings/apply", "change the practice's rules"),
    (r"(?:practice )?notice list", "/notices", "look at the notices"),
    (r"request list", "/requests", "look at the requests"),
    (r"request list --mine", "/requests?mine=yes", "look at your requests"),
    (r"request show (R-\d+)", r"/requests/\1", r"look at \1"),
    (r"request show", "/requests", "look at the request"),
    (r"approve (R-\d+)", r"/requests/\1/approve", r"approve \1"),
    (r"deny (R-\d+)", r"/requests/\1/deny", r"refuse \1"),
    (r"revoke (R-\d+)", r"/requests/\1/revoke", r"take back the approval of \1"),
    (r"revoke", "/requests", "take back an approval"),
    (r"request event (R-\d+)(?: EVENT)?", r"/requests/\1/event", r"record what happened with \1"),
    (r"request event (R-\d+) ([a-z-]+)", r"/requests/\1/event/\2", r"record what happened with \1"),
    (r"request event(?: REQUEST [a-z-]+)?", "/requests", "record what happened"),
    (r"request (close|withdraw) (R-\d+)", r"/requests/\2/\1", r"\1 \2"),
    (r"request gather (R-\d+)", r"/requests/\1/gather", r"gather what matches \1"),
    (r"audit review-glass (R-\d+)", r"/requests/\1/review-glass", r"review \1"),
    (r"search", "/search", "search for calls"),
    (r"show (\d+)", r"/recordings/\1", r"look at recording \1"),
    (r"show(?: RECORDING)?", "/recordings", "look at a recording"),
    (r"request recording note (\d+)", r"/recordings/\1/note", r"write a note on recording \1"),
    (r"request recording note RECORDING", "/recordings", "write a note on the recording"),
    (r"request recording identify (\d+)", r"/recordings/\1/identify", r"say who is in \1"),
    (r"request subject add", "/subjects/new", "enter a person"),
    (r"request subject find", "/subjects/find", "look a person up"),
    (r"(?:request )?subject list", "/subjects", "look at the register of people"),
    (r"request subject show (S-\d+)", r"/subjects/\1", r"look at \1"),
    (r"request subject change (S-\d+)", r"/subjects/\1/change", r"change what is known of \1"),
    (r"request subject erase (S-\d+)", r"/subjects/\1/erase", r"erase \1 from the register"),
    (r"incident report", "/incidents/new", "report an incident"),
    (r"incident list", "/incidents", "look at the incidents"),
    (r"incident show (I-\d+)", r"/incidents/\1", r"look at \1"),
    (r"incident (?:show|update)", "/incidents", "add to the incident"),
    (r"incident update (I-\d+)", r"/incidents/\1/update", r"add to \1"),
    (r"incident close (I-\d+)", r"/incidents/\1/close", r"close \1"),
    (r"complaint receive", "/complaints/new", "enter a complaint"),
    (r"complaint list", "/complaints", "look at the complaints"),
    (r"complaint show", "/complaints", "look at the complaint"),
    (r"complaint show (C-\d+)", r"/complaints/\1", r"look at \1"),
    (r"complaint acknowledge (C-\d+)", r"/complaints/\1/acknowledge", r"acknowledge \1"),
    (r"complaint progress (C-\d+)", r"/complaints/\1/progress", r"add to \1"),
    (r"complaint outcome (C-\d+)", r"/complaints/\1/outcome", r"record the outcome of \1"),
)
"""A command, the page that does it, and what that does, as one says it to somebody."""

NEEDS: Final[Mapping[str, Power]] = {
    r"/requests/R-\d+/gather": Power.SEARCH,
    r"/requests/R-\d+/review-glass": Power.READ_AUDIT,
}
"""Pages that sentences lead to which people read who may not have them, and the power it takes."""

AT_THE_SERVER: Final = (
    (r"archive", "copy recordings to a drive"),
    (r"archive verify", "read a drive back"),
    (r"archive found", "count a drive again"),
    (r"audit stamp", "have the record stamped with the time"),
    (r"audit cosign", "have the newest entry cosigned by the witnesses"),
    (r"audit cosign --keys", "print the keys that a witness needs"),
    (r"audit resume", "go on with the record from there"),
    (r"desk", "start the desk"),
    (r"drive backup", "back up to a drive"),
    (r"drive restore", "restore from a drive"),
    (r"ingest", "take recordings in"),
    (r"init", "set up callrec"),
    (r"practice doctor", "check machine and vault"),
    (r"practice fingerprint", "print what the practice publishes of itself"),
    (r"practice keys audit", "compare who holds which key"),
    (r"practice keys rotate", "renew the keys"),
    (r"practice mail list", "look at the mail that waits"),
    (r"practice mail send", "send the mail that waits"),
    (r"practice migrate", "bring the vault to its newest form"),
    (r"practice reconcile", "compare with the telephone system's calls"),
    (r"practice recovery drill", "try the recovery kit"),
    (r"practice recovery use", "use the recovery kit"),
    (r"request due", "work out by when to answer"),
    (r"retention set", "give recordings another category"),
    (r"user add \w+ --role intake", "add an intake service"),
    (r"user factor", "look at your second factors"),
    (r"user factor add", "add a second factor"),
    (r"user factor forget", "take the printed keys off that machine"),
    (r"user factor list", "look at your second factors"),
    (r"user factor remove(?: [a-z0-9-]+)?", "take a second factor away"),
)
"""A command that has no page, and what it does."""

COMMANDS: Final = frozenset(
    (
        *("approve", "archive", "audit", "backup", "complaint", "config", "demo", "deny", "desk"),
        *(
            "doctor",
            "drive",
            "due",
            "erase",
            "factor",
            "fingerprint",
            "hold",
            "inbox",
            "incident",
            "ingest",
        ),
        *("init", "keys", "listen", "login", "logout", "mail", "migrate", "network", "notice"),
        *("practice", "reconcile", "recording", "recovery", "register", "release", "report"),
        *("request", "restore", "retention", "revoke", "search", "settings", "show", "status"),
        *("subject", "user", "verify-release", "whoami", "witness"),
    )
)
"""What may follow "callrec" where a command is meant, and not a sentence about callrec."""

_WORD: Final = r"(?: (?:--?[a-z-]+|[a-z][a-z-]*|[A-Z]-\d+|\d+|[A-Z]+(?:[-=][A-Z]+)*(?:\.\.\.|\b)))"

_COMMAND: Final = re.compile(rf"callrec ((?:{'|'.join(sorted(COMMANDS))})\b{_WORD}*)")

_SAYS: Final = frozenset(
    (
        *("adds", "asks", "attaches", "brings", "clears", "copies", "does", "draws", "fetches"),
        *("finds", "lists", "looks", "makes", "names", "puts", "says", "shows", "takes", "tells"),
        *("tries", "writes"),
    )
)
"""What follows a command that is itself what the sentence is about: "... shows the numbers"."""

_FLAGS: Final = frozenset(
    ("check", "end", "full", "help", "look", "mine", "repair", "reseal", "seen")
)
"""Options that take no value."""

_VALUE: Final = (
    r"""(?: (?:unknown\b|[A-Z]+(?:[-=][A-Z]+)+|[A-Z]+\b(?!-)|"[^"]+"|'[^']+'|\.{3}\d+"""
    r"""|\d[\w/.=:-]*|[\w-]+(?:\|[\w-]+)+))?"""
)

_OPTION: Final = re.compile(rf"(?<![\w-])--([a-z][a-z-]*)({_VALUE})")

_NEXT_TO_ANOTHER: Final = re.compile(rf"(--[a-z][a-z-]*{_VALUE}) (?=--)")

_AT_ITS_END: Final = re.compile(rf"(?<!add): (?:--[a-z][a-z-]*({_VALUE}))(?=$|[;,.])")
"""What says again, as an option, what the words before it ask for."""

ASKED_BY: Final[Mapping[str, str]] = {
    "born": "a day of birth",
    "break-glass": "that you decide alone",
    "code": "the ground",
    "contact": "how to reach them",
    "countersign": "a second person who signs",
    "date": "a day",
    "delay-reason": "why it is late",
    "extension": "an extension",
    "fit": "size",
    "from": "the first day",
    "from NAME": "who it comes from",
    "how CHANNEL": "how they were told",
    "impact": "how grave it is",
    "likelihood": "how likely harm is",
    "month": "the month",
    "name": "a name",
    "nhs-number": "an NHS number",
    "not-told": "why they were not told",
    "note": "a note",
    "number": "a telephone number",
    "on": "the day",
    "opinion-of": "who gave the opinion",
    "opinion-on": "when they gave it",
    "outcome": "the outcome",
    "party": "who took part",
    "people-told": "how many people were told",
    "people-told-how": "how they were told",
    "people-told-on": "when they were told",
    "reason": "a reason",
    "request": "a request",
    "since": "the first day",
    "tell TEXT": "what to tell them",
    "time": "a time",
    "to": "the last day",
    "until": "the last day",
    "what": "“what happened”",
}
"""What a form asks for by an option, where the option's name does not say it to people."""

SAID_HERE: Final[Mapping[str, str]] = {
    "run the same command again": "do the same again",
    "run the command again": "do the same again",
    "run it again": "do the same again",
    "type it, or set CALLREC_USER and CALLREC_PASSWORD_FILE": "type it",
    "set CALLREC_USER and CALLREC_PASSWORD_FILE for it": "log in again",
    "; on a terminal callrec makes such a password for you": "",
    "countersign: --countersign USER": "countersign",
    "then give it to --pin": "then type it in",
    ", but need quotes around it all": "",
    ": --countersign USER": " to sign beside you",
    "a narrower --from and --to": "fewer days",
    "each --from has its --to": "each first day has its last day",
    "--reason belongs to --break-glass": "a reason is for what you decide alone",
    "type A-B=GROUND, such as ": "type it as in ",
    "type A-B, such as ": "type it as in ",
    "give ID=TEXT, such as 1042=TEXT, or 1042-1060=TEXT for each of these": (
        "give number and reason with = between them, such as 1042=silent, or 1042-1060=silent"
    ),
    "name each: --recording ID grants it, --withhold ID=CODE withholds it": (
        "say of each whether you grant it, or on which ground you withhold it"
    ),
    "give its number to --recording or to --withhold": "say whether you grant or withhold it",
    "give --note TEXT for a note": "a note is a question of its own",
    "callrec practice settings show > FILE writes what is in force, to be changed": (
        "save what is in force and change that: callrec practice settings show"
    ),
}
"""What is said to people at a terminal, and what is said here instead of it."""


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


def page_for(command: str) -> str:
    """The address of the page that does what a command does; empty where there is none."""
    found = _COMMAND.match(command)
    return _does(found[1].split(" "), PAGES)[0] if found else ""


def with_links(hint: str, may: Collection[Power] = frozenset(Power)) -> Markup:
    """A hint, with the commands that have a page as links, for somebody with these powers.

    Others are said in words, with what is typed at the server behind them.
    """
    for typed, said in SAID_HERE.items():
        hint = hint.replace(typed, said)
    if _OPTION.fullmatch(hint):
        hint = f"say {hint}"
    parts = Markup()
    for part in _parts(hint, may):
        parts += part
    return parts


def _parts(hint: str, may: Collection[Power]) -> Iterator[Markup]:
    end, form = 0, _Form.DO
    for found in _COMMAND.finditer(hint):
        before = hint[end : found.start()]
        if before not in (", or ", " or "):
            before, form = _form(before)
        yield _words(before)
        yield _named(found[1].split(" ")).read_as(form, may)
        end = found.end()
    yield _words(hint[end:])


class _Form(Enum):
    """How a command stands in its sentence."""

    DO = auto()
    DOES = auto()
    PAGE = auto()
    """As a place: it shows something, or something is done there."""


_BEFORE: Final = (
    (" runs ", " ", _Form.DOES),
    ("run ", "", _Form.DO),
    ("Run ", "", _Form.DO),
    (" with ", " at ", _Form.PAGE),
    (" by ", " at ", _Form.PAGE),
    ("see ", "see ", _Form.PAGE),
    (", which ", ", which ", _Form.PAGE),
)
"""How a sentence ends before a command; how it ends here; how the command stands in it."""


def _form(before: str) -> tuple[str, _Form]:
    for ends, instead, form in _BEFORE:
        if before.endswith(ends):
            return before.removesuffix(ends) + instead, form
    return before, _Form.DO


@dataclass(frozen=True, slots=True)
class _Command:
    """A command in a sentence."""

    address: str
    """Of its page; empty: it is typed at the server."""
    does: str
    typed: str
    """What is typed, without what stands for a value."""
    said: str
    """The values that it is given."""
    after: str
    """What follows it."""

    def read_as(self, form: _Form, may: Collection[Power]) -> Markup:
        """How it reads to somebody with these powers."""
        after = _words(f" {self.after}") if self.after else Markup()
        needed = (power for page, power in NEEDS.items() if re.fullmatch(page, self.address))
        leads = all(power in may for power in needed)
        if form is _Form.PAGE or self.after.partition(" ")[0] in _SAYS:
            return self._place(leads=leads) + after
        does = self.does if form is _Form.DO else _of_another(self.does)
        if self.address:
            said = f" ({self.said})" if self.said else ""
            return self._link(does, leads=leads) + escape(said) + after
        return Markup("{} (at the server: <code>{}</code>)").format(does, self.typed) + after

    def _place(self, *, leads: bool) -> Markup:
        if not self.address:
            return Markup("<code>{}</code>, at the server,").format(self.typed)
        name = self.does.removeprefix("look at ")
        if name == self.does:
            return "the page " + self._link(f"“{name[:1].upper()}{name[1:]}”", leads=leads)
        return "the page of " + self._link(name, leads=leads)

    def _link(self, text: str, *, leads: bool) -> Markup:
        if not leads:
            return escape(text)
        return Markup('<a href="{}">{}</a>').format(self.address, text)


def _of_another(does: str) -> str:
    """``lend a power`` of another: ``lends a power``."""
    verb, _, rest = does.partition(" ")
    if verb.endswith("y"):
        return f"{verb[:-1]}ies {rest}"
    return f"{verb}{'es' if verb.endswith(('s', 'sh', 'ch', 'o')) else 's'} {rest}".rstrip()


def _named(words: list[str]) -> _Command:
    """The command at the beginning of these words, and what follows it."""
    ends = next((n for n, word in enumerate(words) if word in _SAYS), len(words))
    (address, does, count), server = _does(words[:ends], PAGES), _does(words[:ends], AT_THE_SERVER)
    if server[2] > count:
        address, does, count = server
    typed, said, rest = words[:count], list[str](), words[count:]
    while rest and (rest[0].startswith("--") or _stands_for_a_value(rest[0])):
        option = rest.pop(0)
        if (name := option.removeprefix("--")) in _FLAGS:
            typed.append(option)
            said += ["say that somebody saw it"] if name == "seen" else []
        elif rest and option.startswith("--") and not _stands_for_a_value(value := rest.pop(0)):
            typed += (option, value)
            said += [_value_of(name, value)] if name in _SAID else []
    typed = [word for word in typed if not _stands_for_a_value(word)]
    return _Command(address, does, " ".join(["callrec", *typed]), ", ".join(said), " ".join(rest))


_SAID: Final = frozenset(("code", "kind", "power", "subject"))
"""Options whose value is said, as it goes into the form."""


def _value_of(name: str, value: str) -> str:
    if name == "power" and value in {*Power}:
        return f"to {Power(value).meaning}"
    return f"{name}: {value.replace('-', ' ')}"


def _stands_for_a_value(word: str) -> bool:
    """``FILE``, ``ID=CODE``, ``1042=TEXT``."""
    return bool(re.search(r"(?:^|=)[A-Z]+(?![\w-])|^[A-Z]+-[A-Z]", word))


def _does(typed: list[str], table: Iterable[Sequence[str]]) -> tuple[str, str, int]:
    """The address, if the table has one; what it does; and how many of the words it stands for."""
    for count in range(len(typed), 0, -1):
        for pattern, *address, does in table:
            if match := re.fullmatch(pattern, " ".join(typed[:count])):
                return "".join(map(match.expand, address)), match.expand(does), count
    return "", "", 0


def _words(text: str) -> Markup:
    text = _AT_ITS_END.sub(_example, text)
    text = _NEXT_TO_ANOTHER.sub(r"\1, ", text)
    return escape(_OPTION.sub(_as_question, text))


def _example(found: re.Match[str]) -> str:
    value = found[1].strip().strip("\"'")
    is_one = value[:1].isdigit() and not _stands_for_a_value(value)
    return f", such as {value}" if is_one else ""


def _as_question(found: re.Match[str]) -> str:
    """What an option asks for: at the desk that is a question of the form."""
    name, value = found[1], found[2].strip().strip("\"'")
    known = ASKED_BY.get(f"{name} {value}") or ASKED_BY.get(name)
    question = known or f"“{name.replace('-', ' ')}”"
    if not value or value == "…" or _stands_for_a_value(value):
        return question
    return f"{question}: {value.replace('|', ' or ')}"

"""What people read is said in usual words: none of the turns that the trial found comes back.

`READ` names what is read: another source of texts is another function there. A text that is held is
given with its place, as a reader of a failure needs it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from cli.transcript import steps

ROOT: Final = Path(__file__).parents[1]

NEVER: Final = {
    # People are "you", "they", a name or a role.
    r"\b(he|his|him|himself)\b": "they, their, them",
    r"\b(whoever|oneself)\b": "anyone who, the person who",
    r"\bone's own\b": "your own",
    r"\bsomebody else, to run\b": "ask another …, or ask a … to run",
    # What somebody cannot do is said to them.
    r"\bnobody (decides|reviews) an? ": "you cannot …",
    r"\bnobody browses:": "every search needs a reason",
    r"\bmay nothing\b": "cannot do anything",
    r"\bit names \w+, who does not decide it\b": "this request is about …",
    # The usual order, and verbs.
    r"\b(that|it|this|what|which) is no (?!(longer|more)\b)": "is not a",
    r"\bthat are no\b": "that are not",
    r"\bwants? it no more\b": "withdrew",
    r"\b\d destroyed yet\b": "still holds",
    r"\bis closed and cannot be closed\b": "is already closed",
    r"\bit is accepted or queried\b": "add --accept or --query",
    r"\bgo another way than\b": "send it separately",
    r"\bthat may be used until\b": "you can listen until",
    r"\bmore on the line than is expected\b": "unexpected word",
    r"\bdoes not carry:": "you do not need",
    r"\bwhat would suffer if\b": "what harm would … cause",
    r"\btrawling\b": "general requests",
    r"\bfound a vault\b": "set up callrec",
    r"\ba practice begins\b": "set up the practice",
    r"\bvalid reason, in a sentence\b": "why do you need …?",
    r"\b1 times\b": "1 search, 2 searches",
    r"\bmay: [a-z]+-?[a-z]*,": "can: approve requests, …",
    r"\bput \[\[\w+\]\] with\b": "here is a draft",
    # Help, papers and mail, as they were.
    r"\b(is|are|was) on record as one\b": "is recorded",
    r"\bthe person who changes a request does not\b": "you cannot decide …",
    r"\b(who|what) gathers can\b": "you can still …",
    r"(^|[.] )(who (changes|manages)|what is mistyped)\b": "if you …",
    r"\bin a second call\b": "with a second command",
    r"\bdate what happened\b": "record when something happened",
    r"\b(let go|of) what a hold covers\b": "end a hold",
    r"\bby the way that was said\b": "in the way that you chose",
    r"\btell nothing (of|about) any(body|one)\b": "say nothing about any person",
    r"\bhangs? on it\b": "depends on it",
    r"\bthe day when nobody is left\b": "when nobody is left",
    r"\bgoe?s? on under new keys\b": "new keys take their place",
    r"\bat most so many\b": "at most this many",
    r"\bdraw so many\b": "pick this many",
    r"\bwith what is set nowhere\b": "defaults included",
    r"\bwhen was last archived\b": "the last archiving",
}
"""What must not be read, and what is said instead."""

SEEN: Final = """\
nobody decides a request that he made or changed
ask the Data Controller, somebody else, to run callrec approve R-1
of the practice it names sam, who does not decide it
somebody asks for his own calls
why he need not be (the Commissioner)
if he heard it himself, or wants it no more, say so
a Data Controller with a password of his own
nobody reviews a search of his own
Let it go another way than the package.
holds 2 destroyed yet
The valid reason, in a sentence
That may be used until 2026-12-17.
it is accepted or queried
the request is closed and cannot be closed
that is no instant
cannot be opened and may nothing till you confirm it
there is more on the line than is expected
a request for deceased does not carry: subject
What would suffer if it were not disclosed
trawling is not answered
Found a vault, and its first Data Controller
searched without a request: dora, 1 times
may: decide-general, govern, hear
it is no kind of sound that is known here
put [[notices]] with kind = "website" into the configuration
Each makes a key of his own, which the Data Controller confirms.
Nobody browses: a search needs a reason, and each is on record.
A practice begins: a vault, and its Data Controller.
is a search: you are asked why, and it is on record as one
The person who changes a request does not decide it.
Who gathers can still decide the request.
You see and end your own. Who manages people, everybody's.
What is mistyped is named.
--accept and --query say in a second call what is thought of them
Date what happened to a request: by when it is answered
Let go what a hold covers: the Data Controller
A package is handed over by the way that was said at its release
They tell nothing about anybody.
Whether somebody's life or safety hangs on it.
It is for the day when nobody is left who can.
What it no longer opens goes on under new keys.
At most so many, the newest first.
Draw so many of those that wait.
Print the configuration that applies here, with what is set nowhere.
what lapses soon, when was last archived, and what is wrong
""".splitlines()
"""What users of the trial read."""


def documents() -> Iterator[tuple[str, str]]:
    """README.md and docs/, every command's help among them; but decisions, which may quote."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if page.parent.name != "adr":
            yield str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")


@cache
def program() -> tuple[tuple[str, str], ...]:
    """Every text in the program that is none of its own documentation: what it says and asks."""
    return tuple(_said())


def _said() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "src").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        skipped = {id(part) for part in ast.walk(tree) for part in _not_said(part)}
        for node in ast.walk(tree):
            if id(node) not in skipped and isinstance(node, ast.Constant | ast.JoinedStr):
                yield f"{file.relative_to(ROOT)}:{node.lineno}", _text_of(node)


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, and the pieces of a text that is looked at as a whole."""
    if isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.Expr):
        yield node.value


def _text_of(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text_of, (v for v in node.values if isinstance(v, ast.Constant))))
    return node.value if isinstance(node.value, str) else ""


MACHINE: Final = {
    r"\b20\d\d-\d\d-\d\d\b": "Tue 3 Nov 2026",
    r"\b(utc-proven|local-(un)?ambiguous|file-time)\b": "proven, by the local clock, …",
    r"\b(request|listen|release|hold|incident|search|grant)\.[a-z]+": "request made, …",
    r"\b(subject-access|data-controller|outside-body|abusive-call|protect-parties)\b": "as words",
    r"\b(decide-(general|reserved)|make-request|read-audit|not-approved|handed-over)\b": "as words",
    r"\bheads? (is|are|was|remembered|in|of the (log|record))\b": "a note of the newest entry",
}
"""What programs read, which no reply in words has: it has what stands beside it."""

TYPED: Final = re.compile(
    r"callrec [a-z]|--[a-z]|^next: |hint: |the roles: |: one of |\.toml|\.tlog"
    r"|entry \S+( of the audit record)?, "
)
"""Where that is right all the same: in what is to be typed."""

FOR_PROGRAMS: Final = re.compile(
    r"--json|--fields|--csv|settings (show|check|apply)|^sh |audit( list| --|$)"
)
"""Commands whose replies hold what programs read, or is typed: action names, settings."""


def replies() -> Iterator[tuple[str, str]]:
    """Every line that a command answers with in words, as the transcripts have it."""
    for file in sorted((ROOT / "tests" / "cli" / "transcripts").glob("*.txt")):
        for step in steps(file.read_text(encoding="utf-8")):
            typed = step.line.removeprefix("$ ")
            if step.line.startswith("@") or FOR_PROGRAMS.search(typed):
                continue
            for below, line in enumerate(step.below, start=1):
                if not TYPED.search(line):
                    yield f"{file.name}:{step.number + below}", line


@pytest.mark.parametrize("machine", MACHINE)
def test_a_reply_in_words_has_nothing_that_programs_read(machine: str) -> None:
    said = [*replies()]
    assert len(said) > 1000
    found = [f"{place}: {line}" for place, line in said if re.search(machine, line)]
    assert found == [], f"say {MACHINE[machine]!r}"


MOST_WORDS: Final = 20
"""In a sentence, if people are to understand it at once."""

OTHERWISE: Final = re.compile(
    r"/(certificate_pdf|destroyed|grounds|callrec_verify|completion|choosing)\.py:|SELECT |TRIGGER "
)
"""What is not held to that: words of a law, programs of other languages, a list of passwords."""


def helps() -> Iterator[tuple[str, str]]:
    """What --help says of each command and option: the build checks that the page has it."""
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for line in re.sub(r"```.*?```", "", page, flags=re.DOTALL).splitlines():
        if not line.startswith(("#", "<!--", "| ---")):
            yield f"commands.md: {line[:40]}", line.removesuffix(" |").rpartition("` | ")[2]


def papers() -> Iterator[tuple[str, str]]:
    """What is printed: the recovery kit, the head of the record, the label of an exhibit."""
    return (each for each in program() if "/paper/" in each[0])


def pages() -> Iterator[tuple[str, str]]:
    """What a package's page shows, before it is opened and after."""
    folder = ROOT / "src" / "callrec" / "package" / "page"
    markup = (folder / "page.html").read_text(encoding="utf-8")
    for text in re.split(r"<[^>]+>", re.sub(r"<style.*?</style>|</?strong>", "", markup)):
        yield "page.html", text
    for file in sorted(folder.glob("*.js")):
        joined = re.sub(r'"\s*\+ "', "", file.read_text(encoding="utf-8"))
        yield from ((file.name, text) for text in re.findall(r'"([^"\n]*)"', joined))


def sentences(text: str, ends: str) -> list[str]:
    return re.split(rf"(?<=[{ends}])\s+", " ".join(text.split()))


SENTENCES: Final[Mapping[str, tuple[Callable[[], Iterable[tuple[str, str]]], str]]] = {
    "help": (helps, ".:?!"),
    "papers": (papers, ".:?!"),
    "pages": (pages, ".:?!"),
    "program": (program, ".:;?!"),
}
"""Sources, and what ends a sentence there. A colon begins a list or a command; an error, a hint
and a line of mail have no stops but semicolons."""


@pytest.mark.parametrize("source", SENTENCES)
def test_a_sentence_is_short(source: str) -> None:
    texts, ends = SENTENCES[source]
    read = [each for each in texts() if not OTHERWISE.search(" ".join(each))]
    assert len(read) > 20
    long = [
        f"{place}: {each}"
        for place, text in read
        for each in sentences(text, ends)
        if len(each.split()) > MOST_WORDS
    ]
    assert long == []


def test_help_says_otherwise_and_not_else() -> None:
    assert [line for _, line in helps() if "; else " in line] == []


READ: Final[Mapping[str, Callable[[], Iterable[tuple[str, str]]]]] = {
    "documents": documents,
    "program": program,
    "pages": pages,
}


DRIVE: Final = re.compile(r"(?<![\w./-])(--)?volumes?(?![\w.:-])", re.IGNORECASE)
"""The practice's drive under its name of the formats: docs/reference/glossary.md, "drive"."""

ON_RECORD: Final = re.compile(r"`[^`]*`|\]\([^)]*\)|\"volumes?\"|--volume \S+:/|\bof the table \S+")
"""Where that name stays: members of JSON and tables; and what containers call by that word."""


def drives() -> Iterator[tuple[str, str]]:
    """Whatever tells of the practice's drives: all but the formats and what engineers read."""
    for place, text in documents():
        if not re.match(r"docs/(architecture|formats/|evidence/|installing)", place):
            yield place, text
    for place, text in program():
        if " " in text.strip():
            yield place, text
    yield from pages()
    for file in sorted((ROOT / "tests" / "cli" / "transcripts").glob("*.txt")):
        yield file.name, file.read_text(encoding="utf-8")


def test_an_archive_drive_is_called_a_drive() -> None:
    texts = [*drives()]
    assert {"docs/reference/drives.md", "docs/reference/commands.md", "archive.txt"} <= {
        *dict(texts)
    }
    said = [(place, ON_RECORD.sub("", text)) for place, text in texts]
    assert [
        f"{place}: {text[max(0, hit.start() - 40) : hit.end() + 20]!r}"
        for place, text in said
        for hit in DRIVE.finditer(text)
    ] == []


def found(text: str) -> list[str]:
    """Each turn in a text that must not be there, with what is said instead."""
    flat = " ".join(text.split())
    return [
        f"{flat[max(0, hit.start() - 30) : hit.end() + 30]!r}: say {better!r}"
        for turn, better in NEVER.items()
        for hit in re.finditer(turn, flat, re.IGNORECASE)
    ]


@pytest.mark.parametrize("source", READ)
def test_what_people_read_is_in_usual_words(source: str) -> None:
    texts = list(READ[source]())
    assert texts
    assert [f"{place}: {each}" for place, text in texts for each in found(text)] == []


@pytest.mark.parametrize("line", SEEN)
def test_what_the_trial_read_would_be_found(line: str) -> None:
    assert found(line) != []


@pytest.mark.parametrize("turn", NEVER)
def test_each_turn_is_one_that_can_be_met(turn: str) -> None:
    seen = [*SEEN, "how far oneself is", "your and one's own", "nobody browses: x", "that are no x"]
    assert any(re.search(turn, each, re.IGNORECASE) for each in seen)

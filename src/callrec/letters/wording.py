"""What a letter says: its facts, and from them its text. Pure: no clock, no record.

The words stand in words.txt beside this module, piece by piece; here is which of them a letter has,
and in which order.

The text is all of a letter. Its paper is set from it (paper/letter_pdf.py), so that both say the
same. A block of it is parted from the next by an empty line: the letterhead comes first; a line in
capitals is a heading; a block that is indented keeps its lines; one that begins with a dash is a
list; any other is a paragraph.

No letter has a telephone number, a recording's number, or a word of those who decided. It names the
person to whom it goes, the person for whom they ask, and outside bodies that got something.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial
from importlib import resources
from string import Template
from typing import Final, TypeAlias

from callrec.dataclass import dataclass, field
from callrec.errors import Source
from callrec.package.texts import COLUMNS, bullets
from callrec.policy.clause import Clause
from callrec.policy.clock_events import Awaited
from callrec.policy.days import day_in_words, time_in_words
from callrec.policy.further import CLAIMANT, COURT_ORDER, OTHER_BASIS, QUESTIONS, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground, ground_in_words
from callrec.policy.rights.letter import LetterKind
from callrec.policy.words import counted

LISTED: Final = 20
"""As many calls are named each by itself; more are told by how long they are kept."""

INDENT: Final = "    "

BULLET: Final = "- "


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What the practice says of itself in every letter."""

    practice: str
    contact: str
    """How it is reached, a line; empty where that is not configured."""
    complain_to: str
    """How the person who answers for data protection is reached, a line; empty likewise."""
    regulator: tuple[str, ...]
    """Its name, address and how to reach it, a line each."""


@dataclass(frozen=True, slots=True)
class ToldCall:
    """A call that its recipient may be told of."""

    at: datetime
    """On the practice's clock."""
    kept_for: str = ""
    """``3 years``, from its day; empty: the day of the call sets no end."""
    kept_until: date | None = None
    """The last day of that."""
    is_over: bool = False
    """That day is over, and it is still held."""
    is_erased: bool = False
    """It was erased since it was given."""


@dataclass(frozen=True, slots=True)
class AboutRecordings:
    """What a data subject is told besides their own calls [UK GDPR 15(1)(a)-(c), (g), (h), 15(2)].

    In words, as `package.texts.RightsFacts` has it.
    """

    reasons: tuple[str, ...]
    storage: str
    other_countries: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterContent:
    """What one letter tells. Its repr shows nothing.

    What must not be told is in none of it, counts included.
    """

    kind: LetterKind
    purpose: Purpose
    reference: str
    """``R-17``."""
    head: Letterhead
    on: date
    """Of the letter."""
    received_on: date
    """Of what was asked; where no day of receipt is on record, the day on which it was made."""
    to: tuple[str, ...]
    """Who it is for, a line each."""
    greeting: str
    """Who is greeted; empty: their name is not known."""
    of_whom: str = ""
    """The name of the person for whom somebody else asks; empty: they ask for themselves."""
    further: Mapping[str, str] = field(default_factory=dict)
    """The further particulars that are codes or references."""
    due_on: date | None = None
    target_on: date | None = None
    missing: tuple[Awaited, ...] = ()
    """What has not come, without which nothing is answered."""
    clock_waits: bool = False
    """The time for the answer begins as that comes: the law says so."""
    asked_on: date | None = None
    """When clarification was asked for."""
    words: str = ""
    """What the practice says in its own words."""
    given: tuple[ToldCall, ...] = ()
    """In a package that was released."""
    heard: tuple[ToldCall, ...] = ()
    """By who asked."""
    granted: tuple[ToldCall, ...] = ()
    """Not given yet."""
    noted: int = 0
    """Recordings beside which a note stands now, or which are only stored now."""
    since: date | None = None
    """Since when they are."""
    gone: int = 0
    """Of these, how many were destroyed since."""
    cut: Mapping[Ground, int] = field(default_factory=dict)
    """In how many calls something is left out, by ground."""
    is_clipped: bool = False
    """Of some calls only a part is given."""
    withheld: Mapping[Ground, int] = field(default_factory=dict)
    undecided: int = 0
    is_closed: bool = False
    """What is not decided stays so."""
    elsewhere: int = 0
    """Calls that another answer is about."""
    is_whole: bool = False
    """All that the law gives a right to is in this answer."""
    searched_on: date | None = None
    sought: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    """Who else was given these calls, or heard them, and when."""
    staff_heard: bool = False
    about: AboutRecordings | None = None
    """Where no package goes out, in which YOUR-RIGHTS.txt would say it."""
    refused_on: Ground | None = None
    erased: tuple[ToldCall, ...] = ()
    certificate: str = ""
    erased_on: date | None = None
    beyond_reach: str = ""
    """How long backups have what opens, in words: the ICO asks that this is told. Empty: none."""
    on_lost_drives: bool = False
    """Drives that are lost have some of it yet, and what opens it."""


def letter_text(content: LetterContent) -> str:
    """The letter as plain text, wrapped at 76 columns, LF line ends."""
    theirs = content.further.get(FurtherParticular.REFERENCE)
    blocks = [
        "\n".join(filter(None, (content.head.practice, content.head.contact))),
        day_in_words(content.on),
        _kept(*content.to),
        f"Our reference: {content.reference}",
        f"Your reference: {theirs}" if theirs else "",
        f"Dear {content.greeting or 'Sir or Madam'},",
        *_said(content),
        f"Yours sincerely,\n\nFor {content.head.practice}",
    ]
    whole = "\n\n".join(filter(None, blocks)).split("\n\n")
    return "\n\n".join(map(_wrapped, filter(None, whole))) + "\n"


@cache
def _pieces() -> Mapping[str, Template]:
    """The pieces of words.txt, by name."""
    text = resources.files(__package__).joinpath("words.txt").read_text("utf-8")
    _, *parts = re.split(r"^\[([a-z -]+)\]\n", text, flags=re.MULTILINE)
    names, words = parts[::2], parts[1::2]
    return {name: Template(each.strip("\n")) for name, each in zip(names, words, strict=True)}


def _said(content: LetterContent) -> Iterator[str]:
    def say(piece: str, **facts: str) -> str:
        return _pieces()[piece].substitute(common, **facts)

    head = content.head
    common: dict[str, str] = {
        "complain_to": head.complain_to or _AT_THE_DESK,
        "contact": head.contact or _AT_THE_DESK,
        "reference": content.reference,
        "regulator": _kept(*head.regulator),
        "words": _kept(*textwrap.wrap(content.words, COLUMNS - len(INDENT))),
        **{name: _day(getattr(content, name)) for name in _DAYS},
        "count": counted(content.noted, "recording"),
        "them": "it" if max(content.noted, len(content.erased)) == 1 else "them",
    }
    which = common["them"] if content.gone == content.noted else f"{content.gone} of them"
    common["gone"] = f" Since then we have destroyed {which}." if content.gone else ""
    by_purpose = f"asked {content.purpose}"
    asked = by_purpose if by_purpose in _pieces() else "asked"
    common["asked"] = say(asked, **_particulars(content))
    yield from _BODIES[content.kind](content, say)
    yield from _complaint(content, say)


_Say: TypeAlias = Callable[..., str]

_AT_THE_DESK: Final = "at our reception"

_DAYS: Final = (
    "received_on",
    "due_on",
    "target_on",
    "asked_on",
    "searched_on",
    "erased_on",
    "since",
)


def _day(day: date | None) -> str:
    return day_in_words(day) if day else ""


def _particulars(content: LetterContent) -> Mapping[str, str]:
    """What a request says of itself, as it is told to the person who made it."""
    further = content.further
    hears = further.get(FurtherParticular.HEAR_OR_COPY) == "hear"
    is_claimant = further.get(FurtherParticular.STANDING) == CLAIMANT
    theirs = f"the telephone calls of {content.of_whom}"
    return {
        "wish": "to hear" if hears else "for a copy of",
        "whose": theirs if content.of_whom else "your telephone calls",
        "standing": "as you may have a claim after the death"
        if is_claimant
        else "as you look after their estate",
        "basis": _basis(further),
        "purpose": TERMS[content.purpose].in_words,
    }


def _basis(further: Mapping[str, str]) -> str:
    """What an outside body relied on, where a code says it: an exemption, or an order."""
    code = further.get(FurtherParticular.LEGAL_BASIS, OTHER_BASIS)
    if code == COURT_ORDER:
        return ", by a sealed order of a court"
    meaning = QUESTIONS[FurtherParticular.LEGAL_BASIS].choices[code]
    return "" if code == OTHER_BASIS else f", and relied on this exemption: {meaning}"


# --- who reads it ------------------------------------------------------------------------------


class Audience(StrEnum):
    """To whom a letter speaks, and so where they may turn."""

    PERSON = "person"
    """Who has a right of the UK GDPR, or acts for them."""
    APPLICANT = "applicant"
    """For the record of somebody who died."""
    BODY = "body"
    """The police, a court, a regulator."""
    COLLEAGUE = "colleague"
    """Who works at the practice."""


def audience_of(purpose: Purpose) -> Audience:
    """Who asks for a purpose."""
    if purpose in (Purpose.OUTSIDE_BODY, Purpose.REGULATORY):
        return Audience.BODY
    if purpose is Purpose.DECEASED:
        return Audience.APPLICANT
    is_right = FurtherParticular.SUBJECT in TERMS[purpose].further
    return Audience.PERSON if is_right else Audience.COLLEAGUE


# --- the kinds ---------------------------------------------------------------------------------


def _acknowledge(content: LetterContent, say: _Say) -> Iterator[str]:
    yield say("acknowledge")
    audience = audience_of(content.purpose)
    if content.missing:
        proofs = {**_MISSING, Awaited.AUTHORITY: _AUTHORITY[audience]}
        yield say("missing", missing=_bullets(proofs[each] for each in content.missing))
    if content.clock_waits:
        yield say("clock waits")
    elif content.due_on is not None:
        is_ordered = audience is Audience.BODY
        yield say("due by order") if is_ordered else say("due", law=_clock_law(content.purpose))
    else:
        yield say("no day" if content.target_on is None else "aim")
    # No law lets a fee be taken for the record of somebody who died.
    is_right = audience in (Audience.PERSON, Audience.APPLICANT)
    if is_right and Awaited.FEE not in content.missing:
        yield say("free")


_MISSING: Final = {
    Awaited.IDENTITY: "something that shows who you are, such as a passport or a driving licence",
    Awaited.FEE: "the fee that we told you of",
}

_AUTHORITY: Final = {
    **dict.fromkeys(
        Audience,
        "proof that you may ask for them, such as their consent, a power of attorney or your"
        " child's birth certificate",
    ),
    Audience.APPLICANT: "proof that you may ask, such as a grant of probate or a solicitor's letter"
    " about your claim",
}


def _clock_law(purpose: Purpose) -> str:
    is_deceased = purpose is Purpose.DECEASED
    return "Access to Health Records Act 1990, section 3" if is_deceased else "UK GDPR, Article 12"


def _answer(content: LetterContent, say: _Say) -> Iterator[str]:
    yield say("answer")
    if content.purpose is Purpose.RECTIFICATION:
        yield say("noted")
    else:
        yield say("give")
        yield from _given(content, say)
        yield " ".join(_cut(content, say))
    yield from _not_given(content, say)
    if content.searched_on is not None and content.sought:
        yield say("searched", sought=_bullets(content.sought, between=";"))
    if content.purpose is Purpose.SUBJECT_ACCESS:
        yield _recipients(content, say, "recipients") or say("no recipients")
        yield say("more recipients")
        yield say("staff") if content.staff_heard else ""
    if content.purpose is Purpose.RECTIFICATION:
        yield _recipients(content, say, "recipients are told")
    elif audience_of(content.purpose) is Audience.PERSON:
        yield say("how long")
    yield from _about(content, say)


def _given(content: LetterContent, say: _Say) -> Iterator[str]:
    is_patient = audience_of(content.purpose) is Audience.PERSON
    for piece, calls in (
        ("given", content.given),
        ("heard", content.heard),
        (_to_be_given(content), content.granted),
    ):
        if calls:
            listed = _listed(calls, with_end=is_patient)
            yield say(piece, count=counted(len(calls), "call"), calls=listed)
    if is_patient and (content.heard or (content.granted and _hears(content))):
        yield say("copy too")


def _about(content: LetterContent, say: _Say) -> Iterator[str]:
    if about := content.about:
        facts = {"storage": about.storage, "other_countries": about.other_countries}
        yield say("about recordings", reasons=_bullets(about.reasons, between=";"), **facts)


def _to_be_given(content: LetterContent) -> str:
    if audience_of(content.purpose) is Audience.COLLEAGUE:
        return "to use"
    return "to hear" if _hears(content) else "to give"


def _hears(content: LetterContent) -> bool:
    return content.further.get(FurtherParticular.HEAR_OR_COPY) == "hear"


def _cut(content: LetterContent, say: _Say) -> Iterator[str]:
    if content.is_clipped:
        yield say("clipped")
    for ground, count in content.cut.items():
        why = ground_in_words(ground, content.purpose)
        yield say("silent", count=counted(count, "call"), why=why)


def _not_given(content: LetterContent, say: _Say) -> Iterator[str]:
    is_given = TERMS[content.purpose].is_heard
    if content.withheld:
        reasons = [_because(content, ground, n) for ground, n in content.withheld.items()]
        yield say("not given" if is_given else "not done", reasons=_bullets(reasons))
    if content.undecided:
        is_one = content.undecided == 1
        count = counted(content.undecided, "call")
        kind = "unanswered" if content.is_closed else "undecided"
        yield say(f"{kind} one") if is_one else say(kind, count=count)
    if content.elsewhere:
        yield say("elsewhere", count=counted(content.elsewhere, "more call"))
    if content.is_whole and not content.undecided:
        is_all = not (content.withheld or content.elsewhere)
        yield say("everything" if is_all else "everything else")


def _because(content: LetterContent, ground: Ground, count: int) -> str:
    what = "call" if TERMS[content.purpose].is_heard else "recording"
    each = ", each" if count > 1 else ","
    return f"{counted(count, what)}{each} because {_why(content.purpose, ground)}"


def _why(purpose: Purpose, ground: Ground) -> str:
    """A ground in the words for the person, with its source."""
    basis = GROUNDS_FOR[purpose].get(ground)
    words = ground_in_words(ground, purpose)
    return f"{words} ({_in_full(basis.source)})" if basis else words


def _in_full(source: Source) -> str:
    """A source as people who are no lawyers read it: ``UK GDPR, Article 15(1)``."""
    if isinstance(source, Clause):
        return f"our call recording policy, {source}"
    words = str(source)
    for short, full in _ABBREVIATIONS.items():
        words = words.replace(short, full)
    return words


_ABBREVIATIONS: Final = {
    "UK GDPR ": "UK GDPR, Article ",
    "DPA 2018": "Data Protection Act 2018",
    " Sch ": ", Schedule ",
    " Pt ": ", Part ",
    " para ": ", paragraph ",
    " s.": ", section ",
    " with ": " with Article ",
}


def _recipients(content: LetterContent, say: _Say, piece: str) -> str:
    return say(piece, recipients=_bullets(content.recipients)) if content.recipients else ""


def _refuse(content: LetterContent, say: _Say) -> Iterator[str]:
    yield say("refuse")
    ground = content.refused_on
    if ground is None:
        raise ValueError("a refusal has a ground")
    # What must not be told reads like what is not held, to the letter.
    if ground is Ground.NOT_HELD or not ground.is_disclosed:
        yield say("nothing to give" if TERMS[content.purpose].is_heard else "nothing to do")
        yield say("look again")
        yield from _not_given(content, say)
        return
    is_listed = len(content.withheld) > 1 and ground in content.withheld
    why = "" if is_listed else _why(content.purpose, ground)
    yield say("refused on several") if is_listed else say("refused", why=why)
    if is_listed or content.withheld.keys() - {ground}:
        yield from _not_given(content, say)
    if audience_of(content.purpose) in (Audience.PERSON, Audience.APPLICANT):
        yield say("explain")


def _erased(content: LetterContent, say: _Say) -> Iterator[str]:
    where = [say("gone astray")] if content.on_lost_drives else []
    if content.beyond_reach:
        where.append(say("gone later", until=content.beyond_reach))
    yield say(
        "erased",
        gone=" ".join([say("gone here"), *where]) if where else say("gone"),
        count=counted(len(content.erased), "recording"),
        calls=_listed(content.erased, with_end=False),
        certificate=content.certificate,
    )
    yield from _not_given(content, say)
    yield _recipients(content, say, "recipients are told")


def _restricted(content: LetterContent, say: _Say) -> Iterator[str]:
    yield say("restricted")
    yield from _not_given(content, say)
    yield _recipients(content, say, "recipients are told")


def _alone(content: LetterContent, say: _Say) -> Iterator[str]:
    """A letter that has one thing to say, which is called as its kind."""
    yield say(content.kind)


_BODIES: Final[Mapping[LetterKind, Callable[[LetterContent, _Say], Iterator[str]]]] = {
    LetterKind.ACKNOWLEDGE: _acknowledge,
    LetterKind.CLARIFY: _alone,
    LetterKind.EXTEND: _alone,
    LetterKind.ANSWER: _answer,
    LetterKind.REFUSE: _refuse,
    LetterKind.ERASED: _erased,
    LetterKind.RESTRICTED: _restricted,
    LetterKind.LIFT: _alone,
}


def _complaint(content: LetterContent, say: _Say) -> Iterator[str]:
    """To whom they may turn [UK GDPR 12(4), DPA 2018 s.164A]."""
    audience = audience_of(content.purpose)
    is_owed = audience in (Audience.PERSON, Audience.APPLICANT)
    if is_owed or content.kind is not LetterKind.ACKNOWLEDGE:
        yield say(f"complain {audience}")
    if content.purpose is Purpose.COMPLAINT:
        yield say("complaint about care")


# --- how it is set -----------------------------------------------------------------------------


def _kept(*lines: str) -> str:
    return "\n".join(f"{INDENT}{line}" for line in lines if line)


_bullets: Final = partial(bullets, between=".", indent="")


def _listed(calls: Sequence[ToldCall], *, with_end: bool) -> str:
    """Each call with its day and time; many by how long they are kept."""
    shown = sorted(calls, key=lambda call: call.at)
    if len(shown) <= LISTED:
        return _bullets(_call(call, with_end=with_end) for call in shown)
    groups: dict[str, list[ToldCall]] = {}
    for call in shown:
        groups.setdefault(call.kept_for if with_end else "", []).append(call)
    return _bullets(_group(kept, group, with_end=with_end) for kept, group in groups.items())


def _call(call: ToldCall, *, with_end: bool) -> str:
    when = time_in_words(call.at)
    if not with_end:
        return when
    if call.is_erased:
        return f"{when}. We have erased it since"
    if call.kept_until is None:
        return f"{when}. {_NO_END}"
    if call.is_over:
        return f"{when}. It was to be kept until {day_in_words(call.kept_until)}; we still hold it"
    return f"{when}. We keep it until {day_in_words(call.kept_until)}"


def _group(kept_for: str, calls: Sequence[ToldCall], *, with_end: bool) -> str:
    first, last = day_in_words(calls[0].at), day_in_words(calls[-1].at)
    when = f"{counted(len(calls), 'call')}, the first of {first}, the last of {last}"
    if not with_end:
        return when
    ends = f"We keep each for {kept_for} from its day" if kept_for else _NO_END_OF_EACH
    return f"{when}. {ends}"


_NO_END: Final = "We keep it as long as the record to which it belongs"

_NO_END_OF_EACH: Final = "We keep each as long as the record to which it belongs"


def _wrapped(block: str) -> str:
    if "\n" in block or block.startswith((INDENT, BULLET)):
        return block
    return textwrap.fill(block, COLUMNS, break_long_words=False, break_on_hyphens=False)

"""The texts of a package: for listeners, for the people whose calls they are, for verifiers.

The words stand in read-me-first.txt, your-rights.txt and verify.txt beside this module; here they
get their facts and their lines. UTF-8 without a byte order mark and LF line ends on every system:
every editor reads them, Windows Notepad since 2018, and one release is the same bytes wherever it
is made.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from importlib import resources
from string import Template
from typing import Final

from callrec.dataclass import dataclass
from callrec.package.callrec_verify import Time, read_proof, witnesses_of
from callrec.package.certificate import doubt_in_words, hash_in_lines
from callrec.package.destroyed import Certified, DestructionCertificate
from callrec.package.manifest import Manifest, ReleasedFile, WhyNotEnclosed
from callrec.package.package import (
    COSIGNED,
    DESTRUCTION,
    DESTRUCTION_NAMESPACE,
    NAMESPACE,
    STAMP,
    STAMP_ROOTS,
    SUMS,
    ssh_fingerprint,
)
from callrec.policy.days import DayRange, day_in_words, time_in_words
from callrec.policy.words import counted

COLUMNS: Final = 76
"""Width of the prose. A command stands on one line however long: a broken one cannot be copied."""

WHAT_IT_PROVES: Final = "proves that these are the files released on this record; not who speaks"
"""What a release claims, in the same words wherever it stands."""

_INDENT = "    "


@dataclass(frozen=True, slots=True)
class OtherCalls:
    """How many more calls fit what was asked for, and are neither given now nor refused.

    The manifest lists as withheld what went out ``before``, what is ``granted`` and what is
    ``undecided``: from this package it is.
    """

    elsewhere: int = 0
    """Another part of the same request is about them."""
    granted: int = 0
    """They are granted to somebody else, who gives them in another package."""
    before: int = 0
    """They went out in an earlier package."""
    undecided: int = 0
    """Nobody has decided them yet, though a law gives a right to an answer."""

    @property
    def in_other_answers(self) -> int:
        return self.elsewhere + self.granted


NO_OTHER_CALLS: Final = OtherCalls()


def read_me_first(manifest: Manifest, *, contact: str, others: OtherCalls = NO_OTHER_CALLS) -> str:
    """READ-ME-FIRST.txt: what this is, how to open and hear it, who to ask; for a patient."""
    calls = {file.path.partition("-")[0]: file for file in manifest.files}
    return _text(
        "read-me-first.txt",
        practice=manifest.practice,
        request=manifest.request_number,
        made_on=day_in_words(manifest.at),
        calls="\n".join(line for name, file in calls.items() for line in _call(name, file)),
        same=_same(manifest),
        edited=_edited(manifest),
        left_out=_left_out(manifest, others),
        contact=contact,
        proves=WHAT_IT_PROVES,
    )


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched for an answer, as its recipient is told."""

    at: datetime
    """In the practice's time zone."""
    sought: tuple[str, ...]
    """What was looked for, in words: no whole number, and no name."""
    days: tuple[DayRange, ...]
    """Empty: all of which there are recordings."""
    given: int
    withheld: Mapping[str, int]
    """How many, by the grounds that may be told, in words."""
    others: OtherCalls = NO_OTHER_CALLS


def search_text(
    searched: Searched, *, practice: str, request: str, at: datetime, contact: str
) -> str:
    """SEARCH.txt: what was searched, and how many were found, given, withheld [UK GDPR 15(1A)].

    What must not be told is in none of its counts: found is what is given, withheld on a ground
    that may be told, or one of the others.
    """
    others, withheld = searched.others, sum(searched.withheld.values())
    more = {
        "given to you before": others.before,
        "not decided yet": others.undecided,
        "in another answer to you": others.in_other_answers,
    }
    found = searched.given + withheld + sum(more.values())
    counts = {"found": found, "given to you": searched.given, "not given": withheld}
    counts |= {what: count for what, count in more.items() if count}
    told = [(*counted(count, "call").split(), what) for what, count in counts.items()]
    digits = len(told[0][0])
    why = [f"{count}: {ground}" for ground, count in searched.withheld.items()]
    return _text(
        "search.txt",
        practice=practice,
        request=request,
        searched_on=day_in_words(searched.at),
        made_on=day_in_words(at),
        sought=bullets(searched.sought),
        days=bullets(map(days_in_words, searched.days) if searched.days else _ALL_DAYS),
        counts="\n".join(f"{_INDENT}{count:>{digits}} {call} {what}" for count, call, what in told),
        not_given=f"{_WHY_NOT[withheld == 1]}\n\n{bullets(why)}" if why else "",
        rest=_WRITTEN_TO if others.undecided else ("" if why else _NONE_WITHHELD),
        contact=contact,
    )


_ALL_DAYS: Final = ("all days of which we hold recordings",)

_WHY_NOT: Final = ("Why some are not given:", "Why it is not given:")
"""Of several, of one."""

_WRITTEN_TO: Final = "We will write to you again about what is not decided yet."

_NONE_WITHHELD: Final = "We have given you every call that you are entitled to."


def days_in_words(days: DayRange) -> str:
    """``1 January 2024 to 31 March 2024``."""
    first, last = map(day_in_words, (days.first, days.last))
    return first if days.count == 1 else f"{first} to {last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsFacts:
    """What YOUR-RIGHTS.txt tells of one release. All but the numbers of days is in words."""

    contact: str
    """Empty: they ask at reception."""
    officers: str
    """Who answers for data protection, in sentences; may be empty."""
    reasons: tuple[str, ...]
    """What recordings are used for, each with the Articles that allow it."""
    basis: str
    """The Articles that allow this answer: ``UK GDPR Articles …``."""
    storage: str
    """Where recordings lie, in a sentence."""
    recipients: tuple[str, ...]
    """Who had these recordings before, as far as that may be told."""
    is_seen_whole: bool
    """Who put it together sees all of the record; others leave out what they cannot see."""
    kept_until: Mapping[str, date | None]
    """By ``recordings/01`` the last day for which it is kept; None: the call's day gives none."""
    other_countries: str
    """What the practice has said of them, in sentences; empty: it has said nothing."""
    regulator: tuple[str, ...]
    """Its name, address and how to reach it, a line each."""


def rights_text(manifest: Manifest, facts: RightsFacts, own: str = "") -> str:
    """YOUR-RIGHTS.txt: what a data subject is told beside their copy [UK GDPR 15(1), (2)]."""
    if own:
        return own.strip("\n") + "\n"
    on, kept = manifest.at.date(), []
    for call, day in facts.kept_until.items():
        held = ", and we still hold it" if day and day < on else ""
        until = f"until {day_in_words(day)}{held}" if day else "no last day is set"
        kept.append(f"{_INDENT}{call}   {until}")
    return _text(
        "your-rights.txt",
        practice=manifest.practice,
        request=manifest.request_number,
        made_on=day_in_words(manifest.at),
        contact=facts.contact or "please ask at reception",
        officers=facts.officers,
        searched=_SEARCHED if manifest.is_complete else _NOT_SEARCHED,
        purposes=bullets(facts.reasons),
        basis=facts.basis,
        storage=facts.storage,
        recipients=bullets(_recipients(facts)),
        gaps="" if facts.is_seen_whole else _GAPS,
        kept_until="\n".join(kept),
        other_countries=facts.other_countries or ASK_ABOUT_COUNTRIES,
        regulator="\n".join(f"{_INDENT}{line}" for line in facts.regulator if line),
    )


_SEARCHED: Final = (
    "SEARCH.txt says what we searched, and how many calls we found, give you and do not give you."
)

_NOT_SEARCHED: Final = (
    "We did not search for all your calls. This answer is about the calls that were named to us."
    " If you want us to search for all of them, please tell us."
)

_NO_RECIPIENT: Final = "nobody of whom we can tell you"
"""The same words whether there was nobody, or somebody whom no law lets us name."""

_NONE_SEEN: Final = "nobody whom the person who put this together could see"

_GAPS: Final = (
    "This list may have gaps. The person who put this together may not see who listened here, or"
    " what others were given. Our letter that answers your request tells you of everybody of whom"
    " we can. If you have no letter from us, please ask for it."
)


def _recipients(facts: RightsFacts) -> tuple[str, ...]:
    return facts.recipients or (_NO_RECIPIENT if facts.is_seen_whole else _NONE_SEEN,)


ASK_ABOUT_COUNTRIES: Final = "Please ask us whether a recording of yours went to another country."


def verify_text(manifest: Manifest, *, public: bytes, root: str, outside: str = "") -> str:
    """VERIFY.txt: how to check a package with what every computer has, nothing of ours.

    ``outside``: how to check what others say of it (`outside_text`).
    """
    return _text(
        "verify.txt",
        practice=manifest.practice,
        request=manifest.request_number,
        release=manifest.release,
        check_sums=_ssh_keygen(manifest, "SHA256SUMS"),
        check_manifest=_ssh_keygen(manifest, "manifest.json"),
        namespace=NAMESPACE,
        key=ssh_fingerprint(public),
        fingerprint="\n".join(_INDENT + line for line in hash_in_lines(root)),
        proves=WHAT_IT_PROVES,
        outside=outside,
    )


def outside_text(
    name: str, proof: bytes, cosigned: bytes, time: Time | None, *, has_signed_sound: bool = False
) -> str:
    """The part of VERIFY.txt about what lies in a package from others than the practice.

    Args:
        name: of the file with the proof, of which the checkpoint may be stamped in time.
        proof: what it holds.
        cosigned: a head that witnesses cosigned, in its form; empty: there is none.
        time: what the time stamp says, if there is one.
        has_signed_sound: whether a telephone system signed the sound of a recording.
    """
    parts = []
    if time is not None:
        at = datetime.fromisoformat(time.at)
        parts.append(
            _text(
                "verify-time.txt",
                authority=time.authority,
                at=f"{at.day} {at:%B %Y}, {at:%H:%M:%S} UTC",
                head=f"sed '1,/^$/d' {name} > ../checkpoint",
                roots=STAMP_ROOTS,
                stamp=STAMP,
            )
        )
    if cosigned:
        _, witnesses = witnesses_of(cosigned, read_proof(proof), ())
        named = "\n".join(_INDENT + each for each in witnesses)
        parts.append(_text("verify-witness.txt", cosigned=COSIGNED, names=named))
    if has_signed_sound:
        parts.append(_text("verify-recorder.txt"))
    return "\n".join(parts)


def certificate_verify_text(
    certificate: DestructionCertificate, certified: Certified, *, outside: str = ""
) -> str:
    """VERIFY.txt of a certificate of destruction; ``outside`` as for `verify_text`."""
    check = f"ssh-keygen -Y verify -f allowed_signers -I {certified.by} -n {DESTRUCTION_NAMESPACE}"
    return _text(
        "verify-certificate.txt",
        practice=certificate.practice,
        certificate=certificate.reference,
        check_sums=f"{check} -s {SUMS}.sig < {SUMS}",
        check_certificate=f"{check} -s {DESTRUCTION}.sig < {DESTRUCTION}",
        namespace=DESTRUCTION_NAMESPACE,
        key=certified.signing_key,
        fingerprint="\n".join(_INDENT + line for line in hash_in_lines(certificate.fingerprint)),
        outside=outside,
    )


def _call(name: str, file: ReleasedFile) -> Iterator[str]:
    yield f"{_INDENT}{name}   {time_in_words(file.started_at)}"
    for doubt in doubt_in_words(file):
        yield textwrap.indent(textwrap.fill(doubt, COLUMNS - 2 * len(_INDENT)), 2 * _INDENT)


def _ssh_keygen(manifest: Manifest, signed: str) -> str:
    return (
        f"ssh-keygen -Y verify -f allowed_signers -I {manifest.released_by} -n {NAMESPACE}"
        f" -s {signed}.sig < {signed}"
    )


def _edited(manifest: Manifest) -> str:
    if not any(file.edits for file in manifest.files):
        return "Nothing in them has been cut or silenced."
    return (
        "Something in them has been cut or silenced. certificate.pdf says what, and why for each"
        " silence. Their originals stay at the practice."
    )


def _same(manifest: Manifest) -> str:
    if any(each.why is WhyNotEnclosed.SAME for each in manifest.not_enclosed):
        return ' Where both are the same, byte for byte, the call is here once, as "listening".'
    return ""


def _left_out(manifest: Manifest, others: OtherCalls) -> str:
    left_out, elsewhere = [], others.in_other_answers
    withheld = len(manifest.withheld) - others.before - others.granted - others.undecided
    if withheld:
        calls = "One call that was" if withheld == 1 else f"{withheld} calls that were"
        left_out.append(
            f"{calls} asked for could not be given. certificate.pdf says which and on what ground;"
            " the practice can explain it."
        )
    if elsewhere:
        calls = "one more call" if elsewhere == 1 else f"{elsewhere} more calls"
        left_out.append(f"Another answer is about {calls} that you asked for.")
    if others.before:
        was = "One call was" if others.before == 1 else f"{others.before} calls were"
        left_out.append(f"{was} given to you before.")
    if others.undecided:
        are = "One call is" if others.undecided == 1 else f"{others.undecided} calls are"
        left_out.append(f"{are} not decided yet. {_WRITTEN_TO}")
    elif manifest.is_complete:
        more = "everything else" if left_out else "everything"
        left_out.append(
            f"We have given you {more} that you are entitled to. SEARCH.txt says what we searched."
        )
    return " ".join(left_out) or "certificate.pdf lists the calls that were given."


def bullets(lines: Iterable[str], *, between: str = ";", indent: str = _INDENT) -> str:
    """A list, each of its lines behind a dash; the last ends in a full stop."""
    *others, last = lines
    first, further = f"{indent}- ", f"{indent}  "
    return "\n".join(
        textwrap.fill(line, COLUMNS, initial_indent=first, subsequent_indent=further)
        for line in (*(f"{other}{between}" for other in others), f"{last}.")
    )


def _text(name: str, **facts: str) -> str:
    """The text with its facts; paragraphs wrapped, indented ones left as they are."""
    template = resources.files(__package__).joinpath(name).read_text("utf-8")
    paragraphs = Template(template).substitute(facts).strip("\n").split("\n\n")
    return "\n\n".join(map(_wrapped, filter(None, paragraphs))) + "\n"


def _wrapped(paragraph: str) -> str:
    if paragraph.startswith(_INDENT):
        return paragraph
    one_line = " ".join(paragraph.split())  # what is empty leaves two spaces
    return textwrap.fill(one_line, COLUMNS, break_long_words=False, break_on_hyphens=False)

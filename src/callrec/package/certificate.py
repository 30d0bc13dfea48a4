"""What the certificate of a release says, wherever it is shown: on paper or on a page.

It names nobody: those who approved and released appear by their roles, and a patient only where
that was asked for. Facts first; below them their words, the same for every form.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from callrec.dataclass import dataclass
from callrec.package.manifest import FileRole, NotEnclosed, ReleasedFile, WhyNotEnclosed
from callrec.policy.days import day_in_words
from callrec.policy.edits import Edits, Filler, Side, Span
from callrec.policy.role import Role
from callrec.policy.words import counted

ROLE_IN_WORDS: Final = {FileRole.ORIGINAL: "original", FileRole.LISTENING: "listening copy"}

WHY_NOT_ENCLOSED: Final = {
    WhyNotEnclosed.EDITED: "the copy leaves out something that the original would tell",
    WhyNotEnclosed.SIZE: "the release would not fit where it has to go",
    WhyNotEnclosed.SAME: "the listening copy is the same, byte for byte",
}
"""Completes "not enclosed, because …"."""

_SIDE_IN_WORDS: Final = {
    Side.BOTH: "",
    Side.LEFT: " in the left channel",
    Side.RIGHT: " in the right channel",
}

_FILLER_IN_WORDS: Final = {Filler.SILENCE: "Silenced", Filler.TONE: "Covered by a tone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedApproval:
    """Who authorised the release, by role."""

    role: str
    """``Data Controller``."""
    at: datetime
    """On the practice's clock."""
    countersigned_by: str = ""
    """The second person's role; empty where there was none."""
    broke_glass: bool = False
    """Whether the Data Controller decided alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """What marks the medium as evidence."""

    label: str
    """The exhibit's reference, ``DW/1``."""
    medium_serial: str
    """Of the drive or disc on which the release goes out."""
    reference: str
    """The body's own reference of its case; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a practice certifies of a release."""

    practice: str
    contact: str
    """How to reach it, one line."""
    request: str
    """``R-17``."""
    release: str
    """Its id, 32 hex digits."""
    purpose: str
    """In words."""
    legal_basis: str
    """In words: the law first, the policy second."""
    exemption: str = ""
    """What an outside body's request relies on besides; empty: nothing."""
    confidentiality: str = ""
    """Why the duty of confidence let it be disclosed; empty where nobody had to say."""
    subject: str | None
    """The patient's name, where it was asked for."""
    approvals: tuple[CertifiedApproval, ...]
    released_by: str
    """The role of the person who releases."""
    at: datetime
    """When it was put together, on the practice's clock."""
    files: tuple[ReleasedFile, ...]
    not_enclosed: tuple[NotEnclosed, ...]
    withheld: tuple[tuple[int, str], ...]
    """Number of a recording that was asked for and not given, and why, in words."""
    fingerprint: str
    """The practice's: the vault root, 64 hex digits."""
    signing_key: str
    """Of the releaser, as ``ssh-keygen -l`` shows it: ``SHA256:…``."""
    audit_seq: int
    """The entry of the audit log that records this release."""
    checkpoint: str
    """The log's checkpoint at that entry, a signed note of a few lines (C2SP tlog-checkpoint)."""
    exhibit: Exhibit | None = None
    is_complete: bool = False
    """All that matched was gathered, so that nothing can have been left out unseen."""
    elsewhere: int = 0
    """How many recordings that were asked for another part of the same request is about."""


def basis_rows(certificate: Certificate) -> Iterator[tuple[str, str]]:
    """On what the release rests: each fact behind its name."""
    yield "Legal basis", certificate.legal_basis
    if certificate.exemption:
        yield "Exemption relied on", certificate.exemption
    if certificate.confidentiality:
        yield "Confidentiality", certificate.confidentiality


def nothing_withheld(certificate: Certificate) -> str:
    """What stands where no recording is listed as withheld.

    What must not be told is not listed either, so it does not say that nothing was withheld.
    """
    if certificate.is_complete and certificate.elsewhere:
        rest = counted(certificate.elsewhere, "recording")
        them = "it" if certificate.elsewhere == 1 else "them"
        return (
            "Everything was given that the person who asked is entitled to, but for"
            f" {rest}: another answer is about {them}."
        )
    if certificate.is_complete:
        return "Everything was given that the person who asked is entitled to."
    return "No recording that was asked for is listed here."


def hash_in_groups(digest: str) -> str:
    """Hex digits in groups of eight, which people can compare one by one."""
    return " ".join(textwrap.wrap(digest, 8))


def hash_in_lines(digest: str) -> list[str]:
    """A digest in groups as `hash_in_groups`, four of them on a line."""
    return textwrap.wrap(hash_in_groups(digest), 35)


def instant_in_words(at: datetime) -> str:
    """``14 July 2026, 09:05:07 (UTC+01:00)``: the offset tells the two autumn hours apart.

    Which of them it was may be in doubt all the same: see `doubt_in_words`.
    """
    return f"{day_in_words(at)}, {at:%H:%M:%S} (UTC{at.isoformat()[-6:]})"


ROLES_IN_WORDS: Final = {
    **dict.fromkeys(Role, "a person"),
    Role.INTAKE: "the practice's intake service",
    Role.DATA_CONTROLLER: "the Data Controller, by hand",
    Role.PARTNER: "a partner, by hand",
    Role.MANAGER: "a manager, by hand",
}
"""Who took a recording in; what a person brought in is marked as that."""


def came_in_in_words(
    at: datetime, role: Role, *, source: str, named_at: datetime, is_matched: bool
) -> str:
    """How a recording came in; ``source`` is where the time of the call is from.

    Nobody knows more: whether the telephone system wrote the file is for its records to say.
    """
    matched = "matched" if is_matched else "not matched"
    return (
        f"Taken in on {instant_in_words(at)} by {ROLES_IN_WORDS[role]}, {source}"
        f" {instant_in_words(named_at)}; {matched} by the telephone system's own call records."
    )


def vouched_in_words(word: Mapping[str, Any], zone: tzinfo) -> str:
    """What its telephone system's word on a sound is worth; ``word`` is as metadata have it."""
    kind, standing = word["kind"], word["standing"]
    if kind == "md5":
        return (
            "Its MD5 is the one that its telephone system had on record, so no accident changed it;"
            " against a forger that proves nothing."
        )
    if kind == "sha256":
        return "Its SHA-256 is the one that its telephone system had on record."
    key = f" ({word['key']})" if word["key"] else ""
    if standing == "not-checked":
        called = {"openssh": "OpenSSH", "openpgp": "OpenPGP"}[kind]
        return f"An {called} signature came with it and was not checked: {word['why']}."
    if standing == "unnamed":
        named = f"a key that the practice has not named for this{key}"
        return f"Signed by {named}: nobody vouches for it."
    named = f"the telephone system's key {word['name']}{key}"
    if standing == "out-of-time":
        return f"Signed by {named}, which did not count then: nobody vouches for it."
    since = "it was taken in"
    if word["stamped_at"]:
        at = datetime.fromisoformat(word["stamped_at"]).astimezone(zone)
        since = f"{instant_in_words(at)} at the latest, says {word['authority']}"
    return f"Vouched for by {named} since {since}."


def doubt_in_words(file: ReleasedFile) -> tuple[str, ...]:
    """A sentence that follows the start of the call; none where nothing is in doubt."""
    return (f"Not certain: {file.time_doubt}.",) if file.time_doubt else ()


def told_of_call(file: ReleasedFile) -> tuple[str, ...]:
    """The sentences that follow the start of the call: how it came in, and what is in doubt."""
    return (*([file.came_in] if file.came_in else []), *doubt_in_words(file))


def place_in_words(ms: int) -> str:
    """Where in a recording: ``1:02.345``, minutes and seconds to the millisecond."""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 60}:{seconds % 60:02d}.{rest:03d}"


def length_in_words(ms: int) -> str:
    """How long a recording lasts: ``2 min 03.500 s``."""
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes} min {rest / 1000:06.3f} s" if minutes else f"{rest / 1000:.3f} s"


def size_in_words(size_bytes: int) -> str:
    """``10,244 bytes``."""
    return f"{size_bytes:,} bytes"


def sound_in_words(file: ReleasedFile) -> str:
    """``ulaw, 8,000 Hz``: the codec's word is the manifest's."""
    return file.codec if file.sample_rate is None else f"{file.codec}, {file.sample_rate:,} Hz"


def edits_in_words(edits: Edits) -> tuple[str, ...]:
    """A sentence for the clip, then one for each silence; none where nothing was edited."""
    sentences = []
    if edits.clip is not None:
        sentences.append(f"Clipped: it holds the original {_span(edits.clip)} only.")
    for silence in edits.silences:
        done = _FILLER_IN_WORDS[silence.filler] + _SIDE_IN_WORDS[silence.side]
        span = _span(silence.span)
        sentences.append(f"{done} {span} of the original, because {silence.ground.meaning}.")
    return tuple(sentences)


def _span(span: Span) -> str:
    return f"from {place_in_words(span.from_ms)} to {place_in_words(span.to_ms)}"


def approval_in_words(approval: CertifiedApproval) -> str:
    """Who authorised it and when, by role."""
    words = f"{approval.role}, {instant_in_words(approval.at)}"
    if approval.countersigned_by:
        words += f", countersigned by {approval.countersigned_by}"
    if approval.broke_glass:
        words += "; decided alone, by breaking the glass"
    return words

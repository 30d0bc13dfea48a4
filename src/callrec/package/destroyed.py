"""What the certificate of a destruction says, as text and for programs (domain: R32).

It names nobody: those who asked, decided and carried it out appear by their roles. What it says of
a recording is what its stub keeps: number, uid, when the call was, SHA-256 of the sealed file.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from callrec.crypto.canonical import canonical, format_instant
from callrec.dataclass import asdict, dataclass
from callrec.package.certificate import (
    CertifiedApproval,
    approval_in_words,
    hash_in_groups,
    instant_in_words,
)
from callrec.policy.clause import Clause, Law
from callrec.policy.days import day_in_words
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.retention import is_undone

_METHOD: Final = (
    "{key}; with it went its sealed description, its entries in the search index, what was granted"
    " of it and what the record had sealed about it. The file was deleted, the catalogue written"
    " anew, and each bag on each drive {which}written anew without it. Nothing was overwritten on"
    " the medium itself."
)

_NO_KEY_IS_LEFT: Final = (
    "The key of each recording was destroyed, so that no copy of its sealed file can be opened"
)

_KEYS_ARE_LEFT: Final = "In the vault the key of each recording was destroyed"
"""Where volumes are lost that hold some of them yet, or a database's backups have the keys."""

ON_LOST_VOLUMES: Final = (
    "what is on the drives that are lost: sealed files and, in a sealed copy of the catalogue,"
    " their keys; anyone who finds one and has the password of somebody who may approve, or the"
    " recovery kit, can open them"
)

_BEYOND_REACH: Final = (
    "sealed copies beyond our reach {until}: {where}; anyone who gets at them and has the password"
    " of somebody who may approve, or the recovery kit, can open them"
)

_WITHOUT_KEYS: Final = (
    "sealed files beyond our reach {until}: {where}; their keys were destroyed at once, wherever we"
    " have any, so that nobody can open them"
)
"""Where no database keeps the keys."""

_KEPT_BY: Final = {
    "database": "keys and descriptions, in the catalogue's database: its log, standbys and backups",
    "objects": "sealed files, in the store of the recordings",
}

NOT_REACHED: Final = (
    "copies of the vault or of a drive, made without callrec: they hold the keys until they go",
    "what the sectors of a disk or drive still hold of deleted files",
    "what was released, and what others have copied of it",
    "the recordings as the telephone system or its supplier keeps them",
)

ASKED_BY: Final = {Purpose.ERASURE: "the data subject, or a person acting for them"}
"""By role: whose recordings they were. Nobody asks for a disposal."""

DESTROYED_UNDER: Final = {
    Purpose.ERASURE: "the data subject's right to erasure, UK GDPR Article 17",
    Purpose.DISPOSAL: (
        "storage limitation, UK GDPR Article 5(1)(e); the practice's call recording policy,"
        f" {Clause.ENCRYPTED_AND_ARCHIVED}; {Law.RECORDS_CODE}"
    ),
}
"""The law first, the policy second."""

WHAT_WE_KEEP: Final = "What we still keep"

_STUB: Final = (
    "A stub of each recording is kept: number, uid, when the call was, as far as that was known,"
    " and how long, the SHA-256 of its sealed file, rule and certificate"
)

_NOT_AGAIN: Final = "; and a keyed hash of its sound, so that the same file is not taken in again"
"""Not of what came in by mistake: it may come in once more."""

_WIDTH: Final = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyedRecording:
    """One recording, as its stub says."""

    recording: int
    """Its number, as people say it."""
    uid: str
    started_at: datetime
    """On the practice's clock."""
    category: str
    rule: str
    due_on: str | None
    """When its retention ended, ``2026-11-26``; None for an erasure."""
    sha256_sealed: str
    """Of its sealed file, before it was destroyed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """An archive volume on which it lay."""

    volume: str
    """Its label."""
    serial: str | None
    """The drive's own, where that is known."""
    recordings: int
    """How many of them."""
    written_anew_at: datetime | None
    """When it was rewritten without them; None: it is lost, and still holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecording:
    """One that was asked for and stays."""

    recording: int
    uid: str
    code: str
    """Of its exemption."""
    why: str
    """In words."""


@dataclass(frozen=True, slots=True)
class SealedCopies:
    """What keeps what was deleted, for a while, where the practice cannot take it away."""

    kept_by: frozenset[str]
    """``database``, ``objects``."""
    until: datetime | None
    """On the practice's clock; None: nobody has set for how long."""

    @property
    def have_keys(self) -> bool:
        """Whether they can be opened by a key that is among them."""
        return "database" in self.kept_by

    @property
    def until_when(self) -> str:
        """Their end in words."""
        if self.until is None:
            return "until these are gone, and no day for that is set"
        return f"until {day_in_words(self.until.date())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionCertificate:
    """What a practice certifies of a destruction."""

    vault: str
    practice: str
    id: str
    reference: str
    """``C-1``."""
    request_id: str
    request: str
    """``R-17``."""
    purpose: Purpose
    entered_by: str
    """The role of the person who made the request."""
    approvals: tuple[CertifiedApproval, ...]
    carried_out_by: str
    """By role."""
    begun_at: datetime
    done_at: datetime
    """Both on the practice's clock."""
    recordings: tuple[DestroyedRecording, ...]
    kept: tuple[KeptRecording, ...]
    media: tuple[Medium, ...]
    released: tuple[tuple[str, str], ...]
    """Request and release in which one of them went out: their holder was to be notified."""
    beyond_reach: SealedCopies | None
    """None: nothing is kept so."""
    fingerprint: str
    """The practice's: the vault root, 64 hex digits."""
    audit_seq: int
    """The entry of the audit log that records it."""
    entries: tuple[int, ...]
    """That one, those of the approvals, and the one by which it was complete."""


@dataclass(frozen=True, slots=True)
class Certified:
    """By whom, and where in the log, a certificate was given out."""

    seq: int
    at: datetime
    """On the practice's clock."""
    by: str
    """Id."""
    signing_key: str
    """As ``ssh-keygen`` prints it."""


def certificate_json(certificate: DestructionCertificate) -> dict[str, Any]:
    """The certificate for programs (docs/formats/destruction.md, 5)."""
    beyond = certificate.beyond_reach
    until = {"beyond_reach_until": beyond.until and format_instant(beyond.until)} if beyond else {}
    return {
        **until,
        "schema": "callrec.destruction/1",
        "vault": certificate.vault,
        "practice": certificate.practice,
        "id": certificate.id,
        "certificate": certificate.reference,
        "request": {"number": certificate.request, "id": certificate.request_id},
        "purpose": str(certificate.purpose),
        "entered_by": certificate.entered_by,
        "begun_at": format_instant(certificate.begun_at),
        "done_at": format_instant(certificate.done_at),
        "method": method(certificate),
        "recordings": [
            {
                **asdict(each),
                "due_on": each.due_on or "",
                "started_at": format_instant(each.started_at),
                "local_time": each.started_at.isoformat(timespec="milliseconds"),
            }
            for each in certificate.recordings
        ],
        "kept": [asdict(each) for each in certificate.kept],
        "media": [
            {
                **asdict(each),
                "written_anew_at": each.written_anew_at and format_instant(each.written_anew_at),
            }
            for each in certificate.media
        ],
        "released": [{"request": r, "release": id_} for r, id_ in certificate.released],
        "not_reached": list(not_reached(certificate)),
        "stub": stub(certificate),
    }


def certificate_bytes(certificate: DestructionCertificate, *, by: str, at: datetime) -> bytes:
    """``destruction.json``: the bytes that are signed, and whose SHA-256 the log holds."""
    told = {"certified_by": by, "at": format_instant(at)}
    return canonical({**certificate_json(certificate), **told})


def certificate_text(certificate: DestructionCertificate, certified: Certified) -> str:
    """The certificate as plain text, wrapped at 76 columns."""
    return "".join(f"{line}\n" for line in _lines(certificate, certified))


def record_rows(
    certificate: DestructionCertificate, certified: Certified
) -> Iterator[tuple[str, str]]:
    """Where it stands in the audit log, and which key signed it."""
    yield "Audit log", f"entry {certificate.audit_seq} records it, entry {certified.seq} this"
    yield "Certified", instant_in_words(certified.at)
    yield "Signing key", certified.signing_key


HOW_TO_CHECK: Final = (
    "destruction.json, beside this, says the same for programs. It is signed, and so is the list of"
    " all files here: VERIFY.txt says how to check both with ssh-keygen, and that what they say"
    " stands in the practice's audit log."
)


def decision_rows(certificate: DestructionCertificate) -> Iterator[tuple[str, str]]:
    """Who asked, decided and carried it out, and when: each fact behind its name."""
    yield "Request", f"{certificate.request}, {TERMS[certificate.purpose].in_words}"
    if asked := ASKED_BY.get(certificate.purpose):
        yield "Asked by", asked
    yield "Legal basis", DESTROYED_UNDER[certificate.purpose]
    yield "Entered by", certificate.entered_by
    for approval in certificate.approvals:
        yield "Approved by", approval_in_words(approval)
    began = instant_in_words(certificate.begun_at)
    yield "Carried out by", f"{certificate.carried_out_by}, {began}"
    done = instant_in_words(certificate.done_at)
    yield "Complete", f"{done}, but for drives that are lost" if lost(certificate) else done
    if beyond := certificate.beyond_reach:
        yield "Beyond reach", f"sealed copies, {beyond.until_when}"


def lost(certificate: DestructionCertificate) -> tuple[Medium, ...]:
    """The volumes that hold some of them yet."""
    return tuple(each for each in certificate.media if each.written_anew_at is None)


def method(certificate: DestructionCertificate) -> str:
    """How it was done, and where not."""
    is_lost, beyond = bool(lost(certificate)), certificate.beyond_reach
    are_left = is_lost or (beyond is not None and beyond.have_keys)
    key = _KEYS_ARE_LEFT if are_left else _NO_KEY_IS_LEFT
    return _METHOD.format(key=key, which="that the practice still has " if is_lost else "")


def stub(certificate: DestructionCertificate) -> str:
    """What is kept of each recording."""
    undone = any(is_undone(each.rule) for each in certificate.recordings)
    return f"{_STUB}{'' if undone else _NOT_AGAIN}."


def not_reached(certificate: DestructionCertificate) -> tuple[str, ...]:
    """What was not destroyed."""
    said = [ON_LOST_VOLUMES] if lost(certificate) else []
    if beyond := certificate.beyond_reach:
        words = _BEYOND_REACH if said or beyond.have_keys else _WITHOUT_KEYS
        where = "; ".join(_KEPT_BY[each] for each in sorted(beyond.kept_by))
        said.append(words.format(until=beyond.until_when, where=where))
    return (*said, *NOT_REACHED)


def kept_rows(certificate: DestructionCertificate) -> list[tuple[str, str]]:
    """What was asked for and stays, and why."""
    return [(f"Recording {each.recording}", each.why) for each in certificate.kept]


def medium_rows(certificate: DestructionCertificate) -> list[tuple[str, str]]:
    """Each volume, and what was done about it."""
    rows = []
    for medium in certificate.media:
        serial = f", serial {medium.serial}" if medium.serial else ""
        done = f"lost{serial}; it holds {medium.recordings} of them yet"
        if medium.written_anew_at is not None:
            done = f"written anew on {instant_in_words(medium.written_anew_at)}{serial}"
        rows.append((medium.volume, done))
    return rows


def recording_in_words(recording: DestroyedRecording) -> str:
    """Under which rule it was destroyed."""
    due = f", due {recording.due_on}" if recording.due_on else ""
    if recording.rule.startswith(f"{recording.category},"):  # of the schedule, which names it
        return f"{recording.rule}{due}"
    return f"{recording.category}; {recording.rule}{due}"


def _lines(certificate: DestructionCertificate, certified: Certified) -> Iterator[str]:
    yield f"Certificate of destruction {certificate.reference}"
    yield certificate.practice
    yield ""
    for row in decision_rows(certificate):
        yield from _fact(*row)
    for row in record_rows(certificate, certified):
        yield from _fact(*row)
    yield from _fact("Fingerprint", hash_in_groups(certificate.fingerprint))
    yield from ("", f"Destroyed: {len(certificate.recordings)}")
    for each in certificate.recordings:
        yield f"  Recording {each.recording}, {instant_in_words(each.started_at)}"
        yield f"    {recording_in_words(each)}"
        yield f"    uid {each.uid}"
        yield f"    {each.sha256_sealed}"
    yield from _section("Kept", map(": ".join, kept_rows(certificate)))
    yield from _section("Drives", map(": ".join, medium_rows(certificate)))
    released = map(", release ".join, certificate.released)
    yield from _section("Released before; who has it was to be told [UK GDPR 19]", released)
    yield from _section("Method", [method(certificate)])
    yield from _section("Not reached", not_reached(certificate))
    yield from _section(WHAT_WE_KEEP, [stub(certificate)])
    yield from _section("How to check this", [HOW_TO_CHECK])


def _section(title: str, texts: Iterable[str]) -> Iterator[str]:
    """Nothing where there is nothing to say."""
    for number, text in enumerate(texts):
        if not number:
            yield from ("", title)
        yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _fact(label: str, value: str) -> Iterator[str]:
    yield from textwrap.wrap(
        value, _WIDTH, initial_indent=f"{label + ':':<17}", subsequent_indent=" " * 17
    )

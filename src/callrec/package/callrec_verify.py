"""Check a release of call recordings, or a certificate that some were destroyed.

It takes Python 3.9 or later and nothing else; to check the time, the program openssl besides, and
for some signatures of telephone systems ssh-keygen or gpgv.

    python3 callrec_verify.py FOLDER --pin FINGERPRINT

FOLDER is the opened release, or the certificate's folder; left out, the folder that you are in.
FINGERPRINT is the practice's, 64 digits in any grouping. With --time-certificates FILE a time stamp
counts only by those certificates, which are to be the authority's own. The last line says what came
of it:

    VERIFIED       everything is right, and the fingerprint is the one that you gave       exit 0
    FIRST-USE      everything agrees; whether it is the practice's, nobody has said yet    exit 9
    NOT VERIFIED   something is not as it was signed; it is named                          exit 5

Witnesses outside the practice may have seen its log. Who knows the key of one gives it:

    python3 callrec_verify.py FOLDER --pin FINGERPRINT --witness KEY

With --witness, each witness whose key is given must have seen the log; --need 1 asks for one.

The telephone system may have signed each recording. Who has its key from elsewhere gives it:

    python3 callrec_verify.py FOLDER --pin FINGERPRINT --recorder FILE

With --recorder, each recording must be signed by a key in FILE, OpenSSH's or OpenPGP's.

A copy of this program lies in every release, and there it proves nothing: a person who changed the
recordings could change it as well, and the fingerprint that stands beside it. So take this program
and the fingerprint from somewhere else, the practice's website or an earlier letter.

What is checked is what docs/formats/release.md, 9, says, in its order, and of a certificate
docs/formats/destruction.md, 6; the sections of the first are named at the functions. From outside:
Ed25519 (RFC 8032), inclusion in a Merkle tree (RFC 9162, 2.1.3.2), C2SP's signed-note,
tlog-checkpoint, tlog-proof and tlog-cosignature, and OpenSSH's PROTOCOL.sshsig; the time (RFC 3161)
is docs/formats/time-stamps.md, the recorder's word docs/formats/recorder.md. It opens no network
and writes nothing but what other programs read, into a folder for what is temporary. It is short so
that an expert can read all of it.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from hashlib import md5, sha256, sha512
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, NoReturn, Optional

PROVES = "proves that these are the files released on this record; not who speaks"

PROVES_DESTROYED = "proves that this practice's record says so; not that no copy is left anywhere"

Files = Mapping[str, Optional[Callable[[], IO[bytes]]]]
"""What there is to check: path inside the release -> how to open it; None where it is no plain file
(a link, a device, a pipe), which is never opened."""

LARGEST = 1 << 24
"""Bytes of a file that is read as a whole, at most: 16 MiB. One that has more is not read on."""

MOST_FILES = 100_000

MOST_ENTRIES = 1000
"""Of signers.json: each costs a signature."""

MOST_SIGNATURES = 16
"""Of one note: as many as C2SP asks of a reader."""

FORM = "callrec.release/1"

LISTS = ("SHA256SUMS", "SHA256SUMS.sig")
"""The list of all files but itself, and its signature."""

COSIGNED = "cosigned.tlog-checkpoint"
"""What witnesses saw of the log (witness.md, 4); there is none where none did."""

STAMP = "time.tsr"
"""The time stamp of the checkpoint in the proof."""

STAMP_ROOTS = "time-certificates.pem"
"""The certificates that the practice takes time stamps by."""

IN_BOTH = ("signers.json", "allowed_signers", "VERIFY.txt", "certificate.pdf", "callrec_verify.py")


@dataclass(frozen=True)
class Kind:
    """What is to be checked: a release, or a certificate of destruction."""

    name: str
    document: str
    """The file that says what it is about."""
    proof: str
    namespace: str
    """What its signatures count as."""
    id: str
    """The document's member with its id."""
    about: str
    """What its entry in the log is about."""
    act: str
    """Of that entry."""
    power: str
    """What its signer needs."""
    may: str
    """That power in words."""
    signer: str
    """The document's member with the id of the person who signed."""
    who: str
    """What that person is called."""
    others: tuple[str, ...]
    """What lies in it beside the document, the proof and what is in both kinds (1)."""
    sometimes: tuple[str, ...] = (COSIGNED, STAMP, STAMP_ROOTS)
    has_recordings: bool = False

    @property
    def signature(self) -> str:
        """The file with the document's signature."""
        return f"{self.document}.sig"

    @property
    def beside(self) -> tuple[str, ...]:
        """What always lies in it, but for recordings and the list."""
        return (self.document, self.signature, self.proof, *IN_BOTH, *self.others)


RELEASE = Kind(
    name="release",
    document="manifest.json",
    proof="release.tlog-proof",
    namespace="callrec-release",
    id="release",
    about="request, release or recording",
    act="release.prepared",
    power="hear",
    may="to release",
    signer="released_by",
    who="the releaser",
    others=("READ-ME-FIRST.txt",),
    sometimes=(
        *("YOUR-RIGHTS.txt", "exhibit-label.pdf", "SEARCH.txt", "calls.json", "calls.csv"),
        *(COSIGNED, STAMP, STAMP_ROOTS),
    ),
    has_recordings=True,
)

CERTIFICATE = Kind(
    name="certificate",
    document="destruction.json",
    proof="destruction.tlog-proof",
    namespace="callrec-destruction",
    id="id",
    about="certificate",
    act="destruction.certified",
    power="decide-reserved",
    may="to have recordings destroyed",
    signer="certified_by",
    who="the person who certified it",
    others=("certificate.txt",),
)

LOOKED_INTO = (
    *(RELEASE.document, RELEASE.signature, RELEASE.proof),
    *(CERTIFICATE.document, CERTIFICATE.signature, CERTIFICATE.proof),
    *("signers.json", "allowed_signers", COSIGNED, *LISTS, STAMP, STAMP_ROOTS),
)
"""What is read as a whole; of all else only the hash is kept, however many files there are."""

STATES = {
    "damaged": "is damaged: its bytes are not those that were signed",
    "missing": "is missing",
    "extra": "is one file too many: it is not part of the release",
}

MADE_BY = {".DS_Store": "macOS", "Thumbs.db": "Windows", "desktop.ini": "Windows"}
"""What systems put into folders that people look at."""


class Wrong(Exception):
    """Something is not as it was signed. Every function here that reads or checks may raise it."""

    def __init__(self, what: str, path: str = "") -> None:
        super().__init__(what)
        self.path = path


class TooMany(ValueError):
    """A folder with more files than anything has that is checked here."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong."""

    path: str
    """The file that it is about, or ``--pin``."""
    what: str
    """The rest of a sentence that begins with the path."""


@dataclass(frozen=True)
class Result:
    """What came of a check."""

    trust: str
    """``pinned``: the fingerprint that was given is the release's; ``first-use``: none was given;
    ``none``: it is another."""
    fingerprint: str
    """SHA-256 of the log's first entry, 64 hex digits; empty where none can be read."""
    manifest: Mapping[str, Any]
    """What manifest.json, or destruction.json, says; empty where it is not in its form."""
    entry: Mapping[str, Any]
    """The audit log's entry about this release; empty where it is not proved."""
    traces: Mapping[str, Trace]
    """Uid of each recording -> how it came in and to be released; empty where anything is wrong."""
    states: Mapping[str, str]
    """Path of each file that there is or should be -> ok, damaged, missing or extra."""
    problems: tuple[Problem, ...]
    newer: bool
    """The release is of a later form than this program knows."""
    destroyed: Destroyed | None
    """What a certificate proves; None of a release, or where anything is wrong."""
    kind: Kind
    witnesses: tuple[Seen, ...] = ()
    """Who of those whose keys were given saw the log, and when by their clocks."""
    not_asked: tuple[str, ...] = ()
    """Names of others that are said to have seen it; nobody gave their keys."""
    time: Time | None = None
    """By when it was signed; None: no stamp says so, or anything is wrong with that."""
    time_unchecked: str = ""
    """Why a stamp that is there was not checked; empty: it was, or there is none."""

    @property
    def verdict(self) -> str:
        """VERIFIED, FIRST-USE or NOT VERIFIED."""
        if self.problems or self.newer:
            return "NOT VERIFIED"
        return "VERIFIED" if self.trust == "pinned" else "FIRST-USE"

    @property
    def exit_status(self) -> int:
        """0: verified; 5: something is wrong; 9: could not be checked to the end."""
        return 5 if self.problems else 0 if self.verdict == "VERIFIED" else 9


# Ed25519 (RFC 8032): the equation without the cofactor, [S]B = R + [k]A, compared as bytes. S must
# be below L, and A the encoding of a point of large order. A point is (X, Y, Z, T) with x = X/Z,
# y = Y/Z, x * y = T/Z. Nothing here is secret, so nothing takes equal time.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)

Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    """The sum of two points (RFC 8032, 5.1.4)."""
    k = (a[1] - a[0]) * (b[1] - b[0]) % P
    m = (a[1] + a[0]) * (b[1] + b[0]) % P
    t = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = m - k, z - t, z + t, m + k
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """A point added to itself ``scalar`` times."""
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def encode_point(point: Point) -> bytes:
    """32 bytes (RFC 8032, 5.1.2)."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode_point(data: bytes) -> Point | None:
    """The point that 32 bytes are the one encoding of (RFC 8032, 5.1.3); None if there is none."""
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    u, v = y * y - 1, D * y * y + 1
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * ROOT_OF_MINUS_1 % P
    if x & 1 != data[31] >> 7:
        x = P - x
    point = x % P, y % P, 1, x * y % P
    # Whatever is not canonical, and whatever is no point at all, encodes otherwise.
    on_curve = (v * x * x - u) % P == 0
    return point if on_curve and encode_point(point) == data else None


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the Ed25519 signature of a message by a public key (RFC 8032, 5.1.7)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    point, scalar = decode_point(key), int.from_bytes(signature[32:], "little")
    if point is None or scalar >= L or encode_point(times(8, point)) == encode_point(NEUTRAL):
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % L
    minus = (P - point[0], point[1], point[2], P - point[3])
    return encode_point(add(times(scalar, BASE), times(k, minus))) == signature[:32]


# The Merkle tree of the audit log.


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 9162, 2.1.1."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162, 2.1.1."""
    return sha256(b"\x01" + left + right).digest()


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a tree has the leaf with this hash at ``index`` (RFC 9162, 2.1.3.2, its letters)."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def is_continued(old: int, size: int, path: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether a tree of ``size`` leaves begins with one of ``old`` (RFC 9162, 2.1.4.2)."""
    if old == size:
        return not path and old_root == root
    nodes = [*([] if old & (old - 1) else [old_root]), *path]
    if not 0 < old < size or not nodes:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = nodes[0]
    for c in nodes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and (fr, sr) == (old_root, root)


def climb(entry: bytes, path: Sequence[Mapping[str, str]]) -> str:
    """The root of the tree in which an entry has these siblings (keys.md, 3)."""
    node = leaf_hash(entry)
    for step in path:
        sibling = bytes.fromhex(step["hash"])
        left, right = (sibling, node) if step["side"] == "left" else (node, sibling)
        node = node_hash(left, right)
    return node.hex()


# Who decides what (docs/reference/decisions.md): the practice's rules, from its policy.

PURPOSES = {
    "protect-parties": "decide-general",
    "performance": "decide-general",
    "training": "decide-general",
    "abusive-call": "decide-general",
    "complaint": "decide-general",
    "medico-legal": "decide-general",
    "disciplinary": "decide-reserved",
    "regulatory": "decide-general",
    "subject-access": "decide-reserved",
    "outside-body": "decide-reserved",
    "deceased": "decide-reserved",
    "erasure": "decide-reserved",
    "portability": "decide-reserved",
    "disposal": "decide-reserved",
    "rectification": "decide-reserved",
    "restriction": "decide-reserved",
    "objection": "decide-reserved",
}
"""The power that decides each, in the order of their numbers from 1 (grant.md, 3)."""

CARRIED_OUT = ("erasure", "disposal")
"""Purposes for which recordings are destroyed."""

NOT_RELEASED = ("", *CARRIED_OUT, "rectification", "restriction", "objection")
"""Those for which nothing is released; "" is none."""

SECOND_PERSON = ("disciplinary", "subject-access", "outside-body")
"""Those for which the person who alone approved does not release."""

CONSULTED = ("disciplinary",)
"""Those for which a delegate consults the Data Controller first."""

TO_MANAGERS = ("disciplinary",)
"""Those for which only a manager of employees releases."""

EDITS_DECIDED = ("subject-access", "outside-body", "deceased", "portability")
"""Those for which the approval says what is left out of a copy."""

MANAGERS = ("manager", "partner", "data-controller")
"""The roles that manage employees."""


# Canonical JSON (keys.md, 2), and the forms of what is written in it.


def canonical(value: object) -> bytes:
    """The one way to write a value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def parse(data: bytes) -> Any:
    """What canonical JSON says; anything else, by a single byte, is wrong."""
    try:
        value = _DECODER.decode(data.decode())
        if canonical(value) == data:
            return value
    except (ValueError, RecursionError):
        pass
    raise Wrong("is not in its canonical form")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) >= 2**53:
        raise ValueError
    return int(digits)


def _no_number(digits: str) -> NoReturn:
    raise ValueError(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if not all(name.isascii() for name, _ in pairs):
        raise ValueError
    return dict(pairs)


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_no_number, parse_constant=_no_number, object_pairs_hook=_object
)

WORDS = {
    "text": r"(?s:.*)",
    "id": r"[0-9a-f]{32}",
    "hash": r"[0-9a-f]{64}",
    "hash-or-nothing": r"([0-9a-f]{64})?",
    "id-or-nothing": r"([0-9a-f]{32})?",
    "date-or-nothing": r"([0-9]{4}-[0-9]{2}-[0-9]{2})?",
    "key": r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=",  # base64 of 32 bytes
    "kem-key": r"[A-Za-z0-9+/]{1621}[AQgw]==",  # of 1,216
    "signature": r"[A-Za-z0-9+/]{85}[AQgw]==",  # of 64
    "code": r"[a-z-]+",
    "ground": r"(?!(?:crime|expectations)\Z)[a-z-]+",
    "path": r"recordings/[0-9]{2,}-(original|listening)\.[a-z0-9]{1,8}",
    "act": r"[a-z]+([.-][a-z]+)*",
}
"""Kinds of text: a pattern that all of it has to match."""

_EDIT = "from_ms:n to_ms:n from_sample:n to_sample:n"

_LEAF = (
    "act:act actor:=-|[0-9a-f]{32} at:time detail:hash-or-nothing log:=callrec/[0-9a-f]{32}"
    " outcome:=done|refused|failed seq:n statement:hash-or-nothing subject:id* v:n"
)

OBJECTS = {
    # the manifest (release.md, 3)
    "manifest": "schema:text vault:id practice:text release:id request:request purpose:code"
    " released_by:id at:time files:file* not_enclosed:left-out* withheld:withheld*"
    " call_data:data*",
    "request": "number:=R-[1-9][0-9]* id:id",
    "withheld": "recording:n code:ground",
    "file": "path:path role:=original|listening recording:n uid:id sha256:hash bytes:n codec:text"
    " sample_rate:n? duration_ms:n started_at:time local_time:text made_from:hash?"
    " edits:clip,silence* edited_at:n?"
    " taken_in_at:time taken_in_by:code matched:bool",
    "clip": f"what:=clip {_EDIT}",
    "silence": f"what:=silence {_EDIT} side:=both|left|right filler:=silence|tone"
    " ground:=third-party|serious-harm|privilege|not-relevant",
    "left-out": "recording:n uid:id sha256:hash bytes:n codec:text why:=edited|size|same",
    "data": "path:=SEARCH\\.txt|calls\\.json|calls\\.csv sha256:hash bytes:n",
    # signers.json, and the extra of release.tlog-proof (release.md, 11)
    "signers": "entries:entry* recordings:recording* schema:=callrec.signers/1",
    "entry": "leaf:text proof:key* seq:n statement:statement? head:head?",
    "head": "note:text proof:key*",
    "recording": "approval:n intake:came-in* uid:id",
    "came-in": "entry:n item:item path:step* shown:shown",
    "item": "revision:n shown:hash uid:id ...",
    "step": "hash:hash side:=left|right",
    "shown": "matched:bool nonce:hash revision:n ...",
    "first-shown": "matched:bool nonce:hash revision:n sha256:hash started_at:time system:text"
    " time_confidence:code words?:word*",
    "word": "kind:=md5|sha256|openssh|openpgp origin:code value:text key:text? name:text?"
    " standing:=right|unnamed|out-of-time|not-checked by:text? why:text? stamp:text?"
    " stamped_at:time? authority:text?",
    "statement": "body:text signature:signature",
    "extra": "leaf:text nonce:hash details:details",
    "details": "manifest:hash ...",
    # a leaf (audit-log.md, 1), founders (keys.md, 4); a voucher, what a second person signs for it,
    # and a new kit (keys.md, 5 and 7)
    "leaf": _LEAF,
    "first-leaf": f"{_LEAF} founders:object",
    "object": "...",
    "founders": "controller:founder kit:founder practice:text vault:id",
    "founder": "id:id act:key kem:kem-key log:key",
    "voucher": "kind:=voucher vault:id by:id at:time person:id serial:n previous:hash-or-nothing"
    " role:code powers:code* delegations:lent* standing:code keys:keys name:hash"
    " second:id-or-nothing ...",
    "second": "kind:=second vault:id by:id at:time voucher:hash",
    "kit": "kind:=kit vault:id by:id at:time serial:n previous:hash-or-nothing keys:keys",
    # an approval (grant.md, 4) and what came in (recording.md, 1), as they are signed (keys.md, 3)
    "approval": "kind:=approval vault:id by:id at:time break_glass:bool consulted:date-or-nothing"
    " countersigned:id-or-nothing digest:hash for:id items:granted* lapses:time request:id"
    " requester:id version:n withheld:hash",
    "granted": "uid:id edits:decided-clip,decided-silence* ...",
    "decided-clip": "what:=clip from_ms:n to_ms:n",
    "decided-silence": "what:=silence from_ms:n to_ms:n side:text filler:text ground:code",
    "batch": "kind:=batch vault:id by:id at:time batch:id items:hash",
    # a certificate, and what was destroyed (destruction.md, 1 and 5)
    "destruction": "kind:=destruction vault:id by:id at:time approvals:hash* certificate:id"
    " details:n* items:gone* kept:left* kept_days?:keeps number:n request:id",
    "keeps": "database?:n? objects?:n?",
    "gone": "category:text ciphertext:hash due:date-or-nothing rule:text started_at:time uid:id",
    "left": "code:code uid:id",
    "certified": "schema:=callrec\\.destruction/1 vault:id practice:text id:id certificate:text"
    " request:request purpose:code certified_by:id at:time begun_at:time done_at:time"
    " recordings:destroyed* kept:kept* media:medium* released:out* beyond_reach_until?:time?"
    " entered_by:text method:text"
    " not_reached:text* stub:text",
    "destroyed": "recording:n uid:id sha256_sealed:hash category:text rule:text"
    " due_on:date-or-nothing started_at:time local_time:text",
    "kept": "recording:n uid:id code:code why:text",
    "medium": "volume:text serial:text? recordings:n written_anew_at:time?",
    "out": "request:text release:id",
    "lent": "power:code until:date ...",
    "keys": "act:key kem:kem-key log:key ...",
}
"""Kinds of objects: their members, and the kind of each. ``n``: a whole number; ``bool``: true
or false; ``time``: an instant in UTC; ``date``: a day; ``=``: text that matches this pattern;
``?``: or null, and after a member's name: it may be missing; ``*``: a list of them; ``,``: either
of them; ``...``: there may be others."""


def fits(value: object, kind: str) -> bool:
    """Whether a value is of a kind."""
    if kind[0] == "=" or kind in WORDS:
        pattern = WORDS.get(kind, kind[1:])
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None
    if kind[-1] == "?":
        return value is None or fits(value, kind[:-1])
    if kind[-1] == "*":
        return isinstance(value, list) and all(fits(each, kind[:-1]) for each in value)
    if kind in ("n", "bool"):
        return type(value) is bool if kind == "bool" else type(value) is int and value >= 0
    if kind in ("time", "date"):
        at = f"{value}T00:00:00.000Z" if kind == "date" and isinstance(value, str) else value
        return isinstance(at, str) and at != "" and in_utc(at[:-1] + "+00:00") == at
    return any(_has(value, OBJECTS[each].split()) for each in kind.split(","))


def _has(value: object, described: Sequence[str]) -> bool:
    if not isinstance(value, dict):
        return False
    pairs = [each.split(":", 1) for each in described if each != "..."]
    kinds = {
        name.rstrip("?"): kind for name, kind in pairs if name[-1] != "?" or name[:-1] in value
    }
    return all(name in value and fits(value[name], kind) for name, kind in kinds.items()) and (
        len(value) == len(kinds) or "..." in described
    )


def in_utc(text: str) -> str:
    """A local time with its offset as an instant in UTC; empty where it is not in its form."""
    try:
        at = datetime.fromisoformat(text)
        is_in_form = at.tzinfo is not None and at.isoformat(timespec="milliseconds") == text
        utc = at.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        return ""
    return utc[:-6] + "Z" if is_in_form else ""


def read_as(kind: str, data: bytes, about: str = "") -> Any:
    """What canonical JSON of a kind says."""
    value = parse(data)
    if not fits(value, kind):
        raise Wrong(f"is not in its form{about}")
    return value


def unbase64(text: str) -> bytes:
    """What padded base64 encodes; nothing where it is none, or not the one way to write it."""
    try:
        data = base64.b64decode(text)
    except ValueError:
        return b""
    return data if base64.b64encode(data).decode() == text else b""


# manifest.json (release.md, 3).


def read_manifest(data: bytes) -> dict[str, Any]:
    """The manifest; of one whose form is later than this program knows, its schema alone."""
    value = parse(data)
    schema = value.get("schema") if isinstance(value, dict) else None
    if isinstance(schema, str) and re.fullmatch(r"callrec\.release/([2-9]|[1-9][0-9]+)", schema):
        return {"schema": schema}
    if schema != FORM:
        raise Wrong("is not in its form")
    manifest: dict[str, Any] = read_as("manifest", data)
    files = manifest["files"]
    paths = [each["path"] for each in (*files, *manifest["call_data"])]
    if len(set(paths)) != len(paths):
        raise Wrong("names one file twice")
    enclosed = {_original(each) for each in files if each["role"] == "original"}
    originals = enclosed | {_original(each) for each in manifest["not_enclosed"]}
    for each in files:
        if not _is_consistent(each, originals - enclosed if each["edits"] else originals):
            raise Wrong(f"contradicts itself about {each['path']}")
    same = [_original(each) for each in manifest["not_enclosed"] if each["why"] == "same"]
    if not {*same} <= {_original(each) for each in files if each["role"] == "listening"}:
        raise Wrong("says that a copy is its original, and it is not")
    return manifest


def _original(each: Mapping[str, Any]) -> tuple[str, str]:
    return each["uid"], each["sha256"]


def _is_consistent(each: Mapping[str, Any], originals: set[tuple[str, str]]) -> bool:
    """Whether what the manifest says of one file agrees.

    ``originals`` are those that a copy may be made from; an edited one, those not enclosed.
    """
    is_copy = each["made_from"] is not None
    return (
        f"-{each['role']}." in each["path"]
        and in_utc(each["local_time"]) == each["started_at"]
        and is_copy == (each["role"] == "listening")
        and is_copy == ((each["uid"], each["made_from"]) in originals)
        and bool(each["edits"]) == (each["edited_at"] is not None)
        and (is_copy or not each["edits"])
        and all(_is_span(edit, each["edited_at"]) for edit in each["edits"])
    )


def _is_span(edit: Mapping[str, Any], rate: int) -> bool:
    """Whether samples and milliseconds agree: a silence reaches outwards, a clip inwards."""
    first, after = edit["from_ms"] * rate, edit["to_ms"] * rate
    if edit["what"] == "clip":
        samples = -(-first // 1000), after // 1000
    else:
        samples = first // 1000, -(-after // 1000)
    return first < after and samples == (edit["from_sample"], edit["to_sample"])


# The signatures (release.md, 4) and the list of files (release.md, 5).


def signer_of(data: bytes, kind: Kind = RELEASE) -> tuple[str, bytes]:
    """Id and Ed25519 key of the one signer whom allowed_signers names."""
    named = f'([0-9a-f]{{32}}) namespaces="{kind.namespace}" ssh-ed25519 (\\S+)\n'
    line = re.fullmatch(named, _ascii(data))
    blob = unbase64(line[2]) if line else b""
    if line is None or len(blob) != 51 or blob[:19] != _string(b"ssh-ed25519") + b"\0\0\0\x20":
        raise Wrong("is not in its form")
    return line[1], blob[19:]


def check_signature(message: bytes, armored: bytes, key: bytes, kind: Kind = RELEASE) -> None:
    """Check an OpenSSH signature, of which all but the last 64 bytes is known beforehand."""
    purpose = _string(kind.namespace.encode()) + _string(b"") + _string(b"sha256")
    signed = b"SSHSIG" + purpose + _string(sha256(message).digest())
    signature = unbase64("".join(_ascii(armored).split("\n")[1:-2]))[-64:]
    blob = b"SSHSIG\0\0\0\1" + _string(_string(b"ssh-ed25519") + _string(key)) + purpose
    blob += _string(_string(b"ssh-ed25519") + _string(signature))
    lines = re.findall(".{1,70}", base64.b64encode(blob).decode())
    lines = ["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]
    if _ascii(armored) != "\n".join(lines) or not is_signed(key, signed, signature):
        raise Wrong("is not a signature by the key in allowed_signers")


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data  # RFC 4251, 5


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "replace")


def read_sums(data: bytes, kind: Kind = RELEASE) -> dict[str, str]:
    """Path -> SHA-256 in hex, as SHA256SUMS lists them."""
    *lines, end = _ascii(data).split("\n")
    found = {line[66:]: line[:64] for line in lines}
    shaped = all(re.fullmatch(r"[0-9a-f]{64}  \S+", line) for line in lines)
    if end or not shaped or len(found) != len(lines):
        raise Wrong("is not in its form")
    known = {*kind.beside, *kind.sometimes}
    recordings = {path for path in found if kind.has_recordings and fits(path, "path")}
    odd = [path for path in found if path not in known | recordings]
    lacking = [path for path in kind.beside if path not in found]
    if odd or lacking:
        raise Wrong(f"{'names' if odd else 'does not name'} {(odd + lacking)[0]}")
    return found


# The log: a proof with its checkpoint, and an entry (audit-log.md, 1, 4 and 5).

DECIMAL = "0|[1-9][0-9]{0,18}"


@dataclass(frozen=True)
class Head:
    """A checkpoint: a signed note, and what it claims."""

    note: bytes
    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Proof:
    """What release.tlog-proof claims; nothing of it is known to be true before it was checked."""

    index: int
    path: tuple[bytes, ...]
    extra: bytes
    head: Head


def read_proof(data: bytes) -> Proof:
    """A proof in the form of C2SP tlog-proof, with a checkpoint in the form of tlog-checkpoint."""
    top, gap, note = data.partition(b"\n\n")
    lines = _ascii(top).split("\n")
    extra = lines.pop(1)[6:] if len(lines) > 1 and lines[1].startswith("extra ") else None
    index = re.fullmatch(f"index ({DECIMAL})", lines[1]) if len(lines) > 1 else None
    path = tuple(map(unbase64, lines[2:]))
    in_form = (
        lines[0] == "c2sp.org/tlog-proof@v1"
        and gap
        and extra != ""
        and all(len(each) == 32 for each in path)
    )
    if not in_form or index is None or (extra and not unbase64(extra)):
        raise Wrong("is not in its form")
    return Proof(int(index[1]), path, unbase64(extra or ""), read_head(note))


def read_head(note: bytes) -> Head:
    """A checkpoint in the form of C2SP tlog-checkpoint; its signatures are not checked."""
    claims = _signed_text(note).split("\n")
    in_form = (
        len(claims) > 3
        and re.fullmatch(DECIMAL, claims[1])
        and fits(claims[2], "key")
        and all(claims[3:-1])
    )
    if not in_form:
        raise Wrong("is not in its form")
    return Head(note, claims[0], int(claims[1]), unbase64(claims[2]))


# Witnesses (witness.md; C2SP tlog-cosignature, its Ed25519).


@dataclass(frozen=True)
class Witness:
    """A witness whose key was given."""

    name: str
    id: bytes
    key: bytes
    called: str = ""
    """What who gives it calls the witness; empty: by its name."""

    def __str__(self) -> str:
        return self.called or self.name


@dataclass(frozen=True)
class Seen:
    """What a witness saw of the log."""

    witness: str
    size: int
    """Entries of the log as it was then."""
    at: str
    """By its clock, UTC."""


def read_witness(text: str) -> Witness:
    """A witness's key, as C2SP's signed-note writes verifier keys."""
    name, _, rest = text.partition("+")
    digits, _, encoded = rest.partition("+")
    material = unbase64(encoded)
    if material[:1] == b"\x06":
        raise ValueError("this program checks Ed25519: ask the witness for that key (type 4)")
    key_id = sha256(name.encode() + b"\n" + material).digest()[:4]
    if material[:1] != b"\x04" or len(material) != 33 or digits != key_id.hex():
        raise ValueError("a witness's key is NAME+8 digits+44 letters, as the witness gives it")
    return Witness(name, key_id, material[1:])


def read_witnesses(texts: Sequence[str], need: int | None) -> list[Witness]:
    """The keys that were given, which are as many as are needed at the least."""
    given = [read_witness(each) for each in texts]
    if len({each.key for each in given}) < len(given):
        raise ValueError("one witness's key is given twice: who has one key is one witness")
    if need is not None and not 1 <= need <= len(given):
        raise ValueError("--need is how many of the given witnesses must have seen the log")
    return given


def witnesses_of(
    data: bytes, proof: Proof, given: Sequence[Witness]
) -> tuple[tuple[Seen, ...], tuple[str, ...]]:
    """Who of those given cosigned a head that the log of the proof goes on from, and who else."""
    top, gap, note = data.partition(b"\n\n")
    first, *lines = _ascii(top).split("\n")
    path, head = tuple(map(unbase64, lines)), read_head(note)
    if first != "callrec.cosigned/1" or not gap or any(len(each) != 32 for each in path):
        raise Wrong("is not in its form")
    if head.origin != proof.head.origin:
        raise Wrong("is about another log")
    places = head.size, proof.head.size, path, head.root, proof.head.root
    if not is_continued(*places):
        raise Wrong("shows a head of the log that is not the beginning of this one")
    text, seen, others = _signed_text(note), list[Seen](), list[str]()
    for name, blob in _signatures(note, text):
        witness = next((each for each in given if (each.name, each.id) == (name, blob[:4])), None)
        if witness is None:
            others += [name] if name != head.origin else []
            continue
        at = int.from_bytes(blob[4:12], "big")
        signed = f"cosignature/v1\ntime {at}\n{text}".encode()
        if at >= 1 << 37 or not is_signed(witness.key, signed, blob[12:]):
            raise Wrong(f"has a cosignature that is not one by the key of {name}")
        when = datetime.fromtimestamp(at, timezone.utc).isoformat()[:-6] + "Z"
        seen.append(Seen(str(witness), head.size, when))
    return tuple(dict.fromkeys(seen)), tuple(dict.fromkeys(others))


def _signatures(note: bytes, text: str) -> list[tuple[str, bytes]]:
    """Name and bytes of each signature line of a note; none where one is not in its form."""
    *lines, end = note[len(text.encode()) + 1 :].decode("utf-8", "replace").split("\n")
    found = [re.fullmatch(r"— ([^\s+]+) (\S+)", line) for line in lines]
    blobs = [(each[1], unbase64(each[2])) for each in found if each]
    in_form = text and not end and all(found) and all(len(blob) > 4 for _, blob in blobs)
    return blobs if in_form and len(lines) <= MOST_SIGNATURES else []


def _signed_text(note: bytes) -> str:
    text = note.decode("utf-8", "replace")
    is_text = text.encode() == note and not any(each < " " and each != "\n" for each in text)
    return text.rpartition("\n\n")[0] + "\n" if is_text else ""


def check_note(note: bytes, name: str, key: bytes) -> None:
    """Check that the releaser's key signed a checkpoint."""
    if not is_note(note, name, key):
        raise Wrong("has a checkpoint that the releaser's key did not sign")


def is_note(note: bytes, name: str, key: bytes) -> bool:
    """Whether one key signed a note, whatever other keys did (C2SP signed-note)."""
    text = _signed_text(note)
    blobs = _signatures(note, text)
    key_id = sha256(name.encode() + b"\n\x01" + key).digest()[:4]
    ours = {blob[4:] for said, blob in blobs if (said, blob[:4]) == (name, key_id)}
    return bool(ours) and all(is_signed(key, text.encode(), each) for each in ours)


def read_leaf(data: bytes, seq: int, origin: str) -> dict[str, Any]:
    """The entry of the log ``origin`` that stands at ``seq``."""
    said = parse(data)
    if isinstance(said, dict) and "session" in said:
        raise Wrong(f"has an entry {seq} that an open login signed, and it takes a password")
    leaf: dict[str, Any] = read_as("leaf" if seq else "first-leaf", data, f": entry {seq}")
    if len(data) > 65535 or (leaf["v"], leaf["seq"], leaf["log"]) != (1, seq, origin):
        raise Wrong(f"has an entry {seq} that belongs to another place or log")
    return leaf


# Who signed what, from the log's first entry on (keys.md, 3 and 5; release.md, 11).


class Register:
    """Who has which keys and powers, as the vouchers say that were taken so far."""

    def __init__(self, founders: Mapping[str, Any]) -> None:
        self.founders = founders
        self.vouchers: dict[str, list[dict[str, Any]]] = {}
        self.digests = {"": ""}
        self.kits: list[dict[str, Any]] = []
        """The recovery kits after the first."""
        self.is_kit_used = False
        self.seconded: set[tuple[str, str]] = set()
        """Who signed as a second person, and the digest of the voucher that it was for."""
        self.remarks: dict[str, str] = {}
        """Of somebody: what has to be told of those who say who they are and what they may do.

        Whether somebody else was there who might have signed, what is shown here does not tell.
        """

    def take(self, leaf: Mapping[str, Any], said: dict[str, Any], digest: str) -> None:
        """Take the voucher, what a second person signs for one, or the new recovery kit."""
        at, by, is_kit = place_of(leaf, said), said["by"], said["kind"] == "kit"
        if said["kind"] == "second":
            if not self._may_be_second(by):
                raise Wrong(f"{at} was made by somebody who could not sign as a second person then")
            self.seconded.add((by, said["voucher"]))
            return
        if not (self._governs(by) if is_kit else self._may_vouch(said)):
            raise Wrong(f"{at} was made by somebody who was no Data Controller then")
        person = self.founders["kit"]["id"] if is_kit else said["person"]
        known = self.kits if is_kit else self.vouchers.get(person, [])
        follows = len(known) + (2 if is_kit else 1), self.digests.get(person, "")
        if (said["serial"], said["previous"]) != follows:
            raise Wrong(f"{at} does not follow the one before it")
        if is_kit:
            self.kits = [*known, said]
        else:
            if said["second"]:
                self._check_second(at, said, digest)
            self._remark(said)
            self.vouchers[person] = [*known, said]
        self.digests[person] = digest
        self.is_kit_used = not is_kit and (self.is_kit_used or by == self.founders["kit"]["id"])

    def read(self, leaf: Mapping[str, Any], body: bytes, signature: bytes) -> dict[str, Any]:
        """The statement that a leaf carries, signed by the person who wrote it (keys.md, 3)."""
        said = parse(body)
        kind = said.get("kind") if isinstance(said, dict) else None
        if kind not in ("approval", "batch", "kit", "destruction", "second"):
            kind = "voucher"
        said = read_as(kind, body, f": the {kind} of entry {leaf['seq']}")
        by, vault = said["by"], said["vault"]
        carried = leaf["actor"], leaf["statement"], self.founders["vault"]
        if (by, sha256(body).hexdigest(), vault) != carried:
            raise Wrong(f"{place_of(leaf, said)} this entry does not carry")
        context = f"callrec/1 {kind}\n".encode() + canonical({"vault": vault})
        if not is_signed(self._key("act", by), context + body, signature):
            raise Wrong(f"{place_of(leaf, said)} its maker did not sign")
        return dict(said)

    def check_head(self, leaf: Mapping[str, Any], shown: Any, head: Head, place: str) -> None:
        """Check that the log of ``head`` goes on from the one that a leaf's writer signed."""
        signed = read_head(unbase64(shown["note"])) if shown else None
        if (
            signed is None
            or signed.origin != head.origin
            or signed.size <= leaf["seq"]
            or not is_note(signed.note, signed.origin, self._key("log", leaf["actor"]))
        ):
            raise Wrong(f"{place} stands under no head of the log that its maker signed")
        path = [unbase64(each) for each in shown["proof"]]
        if not is_continued(signed.size, head.size, path, signed.root, head.root):
            raise Wrong(f"{place} was signed in another log: this one does not go on from there")

    def role(self, person: str) -> str:
        """What somebody is to the practice; nothing, if nobody vouched for them."""
        newest = self._newest(person)
        return str(newest["role"]) if newest else ""

    def might(self, person: str, powers: Collection[str], at: str) -> bool:
        """Whether somebody had one of these powers, by the vouchers up to here.

        A day more is let pass of a lent one: its last is one of the practice's, and ``at`` is UTC.
        """
        newest, day = self._newest(person), date.fromisoformat(at[:10]).toordinal()
        if newest is None or newest["standing"] != "confirmed":
            return False
        lent = {
            each["power"]
            for each in newest["delegations"]
            if date.fromisoformat(each["until"]).toordinal() + 1 >= day
        }
        return not {*newest["powers"], *lent}.isdisjoint(powers)

    def keys(self, signer: str, kind: Kind = RELEASE) -> dict[str, bytes]:
        """The public keys of the person who released or certified, if they had the power."""
        voucher = self._newest(signer)
        if voucher is None:
            raise Wrong(f"vouches for nobody with the id of {kind.who}")
        powers = {*voucher["powers"], *(lent["power"] for lent in voucher["delegations"])}
        if voucher["standing"] != "confirmed" or kind.power not in powers:
            raise Wrong(f"does not give {kind.who} the power {kind.may}")
        return {name: unbase64(voucher["keys"][name]) for name in ("act", "log")}

    def check_in_time(self, signer: str, at: str, kind: Kind = RELEASE) -> None:
        """Check that the power of a person who has `keys` had not ended by ``at``."""
        if not self.might(signer, [kind.power], at):
            whose = f"gives {kind.who} the power {kind.may}"
            raise Wrong(f"{whose} until a day that was over")

    def _newest(self, person: str) -> dict[str, Any] | None:
        return self.vouchers[person][-1] if person in self.vouchers else None

    def _key(self, name: str, person: str) -> bytes:
        voucher = self._newest(person)
        if voucher is not None:
            return unbase64(voucher["keys"][name])
        if person == self.founders["kit"]["id"] and self.kits:
            return unbase64(self.kits[-1]["keys"][name])
        first = (self.founders["controller"], self.founders["kit"])
        return b"".join(unbase64(each[name]) for each in first if each["id"] == person)

    def _may_vouch(self, voucher: Mapping[str, Any]) -> bool:
        """Whether the maker governed then; a kit makes one voucher, for a new Data Controller."""
        if voucher["by"] != self.founders["kit"]["id"]:
            return self._governs(voucher["by"])
        is_new = voucher["person"] not in self.vouchers and voucher["person"] != voucher["by"]
        return is_new and not self.is_kit_used and bool(voucher["role"] == "data-controller")

    def _remark(self, voucher: Mapping[str, Any]) -> None:
        """Tell of somebody who has a key, or may do more, on the word of one person."""
        person, by, second = voucher["person"], voucher["by"], voucher["second"]
        before, first = self._newest(person), self.founders["controller"]
        has_other_keys = before is None or before["keys"] != voucher["keys"]
        if before is None and person == by == first["id"]:  # whom the log's first entry names
            return
        if not has_other_keys and not _lets_do_more(before or {}, voucher):
            return
        remark = ""
        if not second:
            remark = "no second person vouched for them"
        elif self.remarks.get(by) or self.remarks.get(second):
            remark = "one person alone brought in one who vouched for them"
        if remark or has_other_keys:
            self.remarks[person] = remark

    def _check_second(self, at: str, voucher: Mapping[str, Any], digest: str) -> None:
        second = voucher["second"]
        require_each(
            at,
            {
                "names a second person who was part of it already": (
                    second not in (voucher["by"], voucher["person"])
                ),
                "names a second person who did not sign for it": (
                    (second, digest) in self.seconded
                ),
                "names a second person who could not sign as one then": self._may_be_second(second),
            },
        )

    def _may_be_second(self, person: str) -> bool:
        newest = self._newest(person)
        return (
            newest is not None
            and newest["standing"] == "confirmed"
            and "decide-general" in newest["powers"]
        )

    def _governs(self, maker: str) -> bool:
        newest = self._newest(maker)
        if newest is None:
            return bool(maker == self.founders["controller"]["id"]) and not self.vouchers
        return newest["standing"] == "confirmed" and "govern" in newest["powers"]


def _lets_do_more(before: Mapping[str, Any], voucher: Mapping[str, Any]) -> bool:
    """Whether somebody may do more by a voucher than by the one before it."""
    has_more = not {*voucher["powers"]} <= {*before["powers"]}
    has_loan = any(each not in before["delegations"] for each in voucher["delegations"])
    is_confirmed = voucher["standing"] == "confirmed" != before["standing"]
    # As the roles go: the powers are in the voucher, but some rules ask for the role.
    has_role = voucher["role"] not in (before["role"], "staff", "auditor")
    return has_more or has_loan or is_confirmed or has_role


def place_of(leaf: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """The beginning of a sentence about a statement."""
    kind = said["kind"]
    return f"has {'an' if kind == 'approval' else 'a'} {kind} at entry {leaf['seq']} that"


def purpose_of(request: str) -> str:
    """What a request is for, as its id says; nothing, if it says nothing (grant.md, 3)."""
    number = int(request[6:8], 16) if request.startswith(b"req".hex()) else 0
    return [*PURPOSES][number - 1] if 1 <= number <= len(PURPOSES) else ""


@dataclass(frozen=True)
class Approval:
    """An approval by somebody who might give it, by the rules of who decides what."""

    at: str
    place: str
    """The beginning of a sentence about it."""
    said: Mapping[str, Any]
    role: str
    second: str = ""
    """What the two who signed were to the practice; empty: there was no second person."""
    remark: str = ""
    second_remark: str = ""
    """What has to be told of who vouched for them (`Register.remarks`)."""
    digest: str = ""
    """Of the decider's statement."""


@dataclass(frozen=True)
class Batch:
    """What somebody took in who might."""

    at: str
    items: str
    """The root of what it lists."""
    role: str


@dataclass(frozen=True)
class Trace:
    """How one recording came in, and how it came to be released."""

    recording: int
    taken_in_at: str
    taken_in_by: str
    """The role of the person who took it in; ``intake``: a service."""
    system: str
    time_confidence: str
    started_at: str
    """When the call began, as was stated when the recording came in, by whom, and how surely."""
    matched: bool
    """The telephone system's own call records tell of the call."""
    approval: int
    """The entry that carries it."""
    approved_at: str
    approved_by: str
    countersigned_by: str
    approver_remark: str
    countersigner_remark: str
    """What has to be told of those who vouched for them; empty: nothing."""
    broke_glass: bool
    words: tuple[Word, ...] = ()
    """What its telephone system said of its sound, and what of that holds."""


@dataclass(frozen=True)
class Destroyed:
    """Who decided that recordings are destroyed, and who did it."""

    recordings: int
    """How many."""
    carried_out: int
    """The entry that says so."""
    carried_out_at: str
    carried_out_by: str
    """By role, as below."""
    approvals: tuple[Approval, ...]
    complete_at: str
    """When nothing of it was owed any more, in the vault and on drives that were in use."""


class Record:
    """What signers.json shows, entry by entry: who could what, who approved, what came in."""

    def __init__(
        self, register: Register, head: Head, recordings: Sequence[Mapping[str, Any]]
    ) -> None:
        self.register = register
        self.head = head
        self.recordings = {each["uid"]: each for each in recordings}
        self.approvals: dict[int, Approval] = {}
        self.batches: dict[int, Batch] = {}
        self.destructions: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
        """Entry and statement of each destruction."""
        self.roles: dict[int, str] = {}
        """By its entry, the role of the person who destroyed."""
        self.over: dict[str, Mapping[str, Any]] = {}
        """Id of a certificate -> the entry by which nothing of it was owed any more."""

    def take(self, leaf: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        """Take the statement that the next entry carries."""
        body, signature = (unbase64(entry["statement"][each]) for each in ("body", "signature"))
        said = self.register.read(leaf, body, signature)
        if said["kind"] in ("voucher", "second", "kit"):
            self.register.take(leaf, said, sha256(body).hexdigest())
            return
        place = place_of(leaf, said)
        self.register.check_head(leaf, entry["head"], self.head, place)
        if said["kind"] == "batch":
            self._take_batch(leaf, said, place)
        elif said["kind"] == "destruction":
            self._take_destruction(leaf, said, place)
        else:
            self._take_approval(leaf, said, place)

    def _take_batch(self, leaf: Mapping[str, Any], said: Mapping[str, Any], place: str) -> None:
        if not _is_done(leaf, "ingest", said["batch"]):
            raise Wrong(f"{place} its entry is not about")
        if not self.register.might(said["by"], ["ingest"], leaf["at"]):
            raise Wrong(f"{place} was made by somebody who could not take recordings in then")
        role = self.register.role(said["by"])
        self.batches[leaf["seq"]] = Batch(leaf["at"], said["items"], role)

    def _take_approval(self, leaf: Mapping[str, Any], said: Mapping[str, Any], place: str) -> None:
        """By the rules of who decides what, as far as ids show it (grant.md, 5)."""
        named = (said["request"], said["for"], *(each["uid"] for each in said["items"]))
        if not _is_done(leaf, "request.approved", *named):
            raise Wrong(f"{place} its entry is not about")
        if said["by"] == said["countersigned"]:
            self._take_second(leaf, said, place)
            return
        by, role = said["by"], self.register.role(said["by"])
        purpose, alone = purpose_of(said["request"]), said["break_glass"]
        is_consulted = "" < said["consulted"] <= leaf["at"] or role == "data-controller"
        require_each(
            place,
            {
                f"was signed by somebody who could not decide {_for(purpose)} then": (
                    self.register.might(by, [PURPOSES.get(purpose, "")], leaf["at"])
                ),
                "was decided alone by somebody who is not the Data Controller": (
                    not alone or role == "data-controller"
                ),
                "was signed by the person who made the request": alone or by != said["requester"],
                "was signed without the Data Controller having been consulted": (
                    alone or purpose not in CONSULTED or is_consulted
                ),
            },
        )
        self.approvals[leaf["seq"]] = Approval(
            leaf["at"],
            place,
            said,
            role,
            remark=self.register.remarks.get(by, ""),
            digest=leaf["statement"],
        )

    def _take_second(self, leaf: Mapping[str, Any], said: Mapping[str, Any], place: str) -> None:
        """The second person's signature, in the entry just after the first."""
        first = self.approvals.get(leaf["seq"] - 1)
        if first is None or _of_both(first.said) != _of_both(said):
            raise Wrong(f"{place} is a second signature without a first")
        by, purpose = said["by"], purpose_of(said["request"])
        deciding = [PURPOSES.get(purpose, ""), "decide-general"]
        require_each(
            place,
            {
                f"was countersigned by somebody who could not decide {_for(purpose)} then": (
                    self.register.might(by, deciding, leaf["at"])
                ),
                "was countersigned by somebody who was part of it already": (
                    by not in (first.said["by"], said["requester"], said["for"])
                ),
            },
        )
        self.approvals[leaf["seq"] - 1] = replace(
            first, second=self.register.role(by), second_remark=self.register.remarks.get(by, "")
        )

    def _take_destruction(
        self, leaf: Mapping[str, Any], said: Mapping[str, Any], place: str
    ) -> None:
        uids = (each["uid"] for each in said["items"])
        if not _is_done(leaf, "request.carried-out", said["request"], *uids):
            raise Wrong(f"{place} its entry is not about")
        if not self.register.might(said["by"], [CERTIFICATE.power], leaf["at"]):
            raise Wrong(f"{place} was made by somebody who could not decide that then")
        self.roles[leaf["seq"]] = self.register.role(said["by"])
        self.destructions.append((leaf, said))

    def take_done(self, leaf: Mapping[str, Any]) -> None:
        """Take the entry by which a destruction is complete, which carries no statement."""
        if leaf["outcome"] != "done" or len(leaf["subject"]) != 1:
            raise Wrong(f"has an entry {leaf['seq']} that is about no destruction")
        self.over[leaf["subject"][0]] = leaf

    def destroyed(self, said: Mapping[str, Any]) -> Destroyed:
        """Who decided and carried out what a certificate says, which it has to say as they did."""
        found = [each for each in self.destructions if each[1]["certificate"] == said["id"]]
        if len(found) != 1:
            raise Wrong("does not show that anybody destroyed what the certificate says")
        leaf, stated = found[0]
        listed = {*stated["approvals"]}
        approvals = [each for each in self.approvals.values() if each.digest in listed]
        if not approvals or len(approvals) != len(listed):
            raise Wrong("does not show every approval under which the recordings were destroyed")
        for approval in approvals:
            self._check_allows(approval, leaf, stated)
        allowed = {item["uid"] for each in approvals for item in each.said["items"]}
        if not {each["uid"] for each in stated["items"]} <= allowed:
            raise Wrong("shows that a recording was destroyed that nobody approved for it")
        over = self.over.get(said["id"])
        if over is None or over["seq"] <= leaf["seq"]:
            raise Wrong("does not show that the destruction was complete")
        for member, holds in _as_stated(said, leaf, stated, over).items():
            if not holds:
                raise Wrong(f"says another {member} than was stated", CERTIFICATE.document)
        return Destroyed(
            recordings=len(stated["items"]),
            carried_out=leaf["seq"],
            carried_out_at=leaf["at"],
            carried_out_by=self.roles[leaf["seq"]],
            approvals=tuple(approvals),
            complete_at=over["at"],
        )

    @staticmethod
    def _check_allows(
        approval: Approval, leaf: Mapping[str, Any], stated: Mapping[str, Any]
    ) -> None:
        said = approval.said
        require_each(
            approval.place,
            {
                "is of another request than the destruction": said["request"] == stated["request"],
                "had lapsed when the recordings were destroyed": leaf["at"] < said["lapses"],
                "was given after the recordings were destroyed": approval.at <= leaf["at"],
                "lacks its second signature": bool(approval.second) == bool(said["countersigned"]),
            },
        )

    def trace(
        self,
        files: Sequence[Mapping[str, Any]],
        manifest: Mapping[str, Any],
        leaf: Mapping[str, Any],
    ) -> Trace:
        """How one recording came to be in a release; ``files`` are those that are of it.

        ``leaf`` is the entry of the log about the release.
        """
        uid, number = files[0]["uid"], files[0]["recording"]
        shown = self.recordings.get(uid, {"approval": -1, "intake": []})
        approval = self.approvals.get(shown["approval"])
        if approval is None:
            raise Wrong(f"does not show that anybody approved the release of recording {number}")
        said, by = approval.said, leaf["actor"]
        granted = [each["edits"] for each in said["items"] if each["uid"] == uid]
        purpose, signers = purpose_of(said["request"]), {said["by"], said["countersigned"]}
        by_two = said["break_glass"] or not signers <= {by, ""}
        require_each(
            approval.place,
            {
                f"does not grant recording {number}": len(granted) == 1,
                "is of another request than this release": (
                    said["request"] == manifest["request"]["id"]
                ),
                f"grants recording {number} to somebody else than who released it": (
                    said["for"] == by
                ),
                "lacks its second signature": bool(approval.second) == bool(said["countersigned"]),
                f"had lapsed when recording {number} was released": leaf["at"] < said["lapses"],
                "was made alone by the person who released it": (
                    purpose not in SECOND_PERSON or by_two
                ),
            },
        )
        for each in files:
            if not _is_as_approved(each, granted[0], purpose):
                what = f"says that {each['path']} is edited otherwise than was approved"
                raise Wrong(what, "manifest.json")
        trace = self._from_intake(files, shown, approval)
        for each in files:
            if (each["taken_in_at"], each["taken_in_by"]) != (trace.taken_in_at, trace.taken_in_by):
                what = f"says otherwise when recording {number} was taken in, or by whom"
                raise Wrong(what, "manifest.json")
            if each["matched"] is not trace.matched:
                what = f"says otherwise whether call records tell of recording {number}"
                raise Wrong(what, "manifest.json")
        return trace

    def _from_intake(
        self, files: Sequence[Mapping[str, Any]], chain: Mapping[str, Any], by: Approval
    ) -> Trace:
        """The same with how the recording came in (recording.md, 1)."""
        uid, number = files[0]["uid"], files[0]["recording"]
        intake, approval = chain["intake"], chain["approval"]
        for each in intake:
            batch, item, shown = self.batches.get(each["entry"]), each["item"], each["shown"]
            if batch is None or climb(canonical(item), each["path"]) != batch.items:
                raise Wrong(f"does not show that recording {number} came in as it says")
            said = item["uid"], item["revision"], item["shown"]
            if said != (uid, shown["revision"], sha256(canonical(shown)).hexdigest()):
                raise Wrong(f"says of recording {number} what was not stated when it came in")
        first = intake[0] if intake else {"shown": {}}
        if not fits(first["shown"], "first-shown") or first["shown"]["revision"] != 1:
            raise Wrong(f"does not show that recording {number} ever came in")
        for each in files:
            if (each["made_from"] or each["sha256"]) != first["shown"]["sha256"]:
                what = f"has a sound of recording {number} that is not the one that came in"
                raise Wrong(what, "manifest.json")
            if all(each["started_at"] != came["shown"].get("started_at") for came in intake):
                what = f"says another start of recording {number} than was stated when it came in"
                raise Wrong(what, "manifest.json")
        batch, shown = self.batches[first["entry"]], first["shown"]
        return Trace(
            recording=number,
            taken_in_at=batch.at,
            taken_in_by=batch.role,
            system=shown["system"],
            time_confidence=shown["time_confidence"],
            started_at=shown["started_at"],
            matched=any(each["shown"]["matched"] for each in intake),
            approval=approval,
            approved_at=by.at,
            approved_by=by.role,
            countersigned_by=by.second,
            approver_remark=by.remark,
            countersigner_remark=by.second_remark,
            broke_glass=by.said["break_glass"],
        )


def _as_stated(
    said: Mapping[str, Any],
    leaf: Mapping[str, Any],
    stated: Mapping[str, Any],
    over: Mapping[str, Any],
) -> dict[str, bool]:
    """Whether a certificate says what was stated: by the member that may say otherwise."""
    named = {"due": "due_on", "ciphertext": "sha256_sealed"}
    items = [{named.get(name, name): each[name] for name in each} for each in stated["items"]]
    told = [
        {name: each[name] for name in each if name not in ("recording", "local_time")}
        for each in said["recordings"]
    ]
    kept = [{name: each[name] for name in ("code", "uid")} for each in said["kept"]]
    purpose = purpose_of(stated["request"])
    return {
        "certificate": said["certificate"] == f"C-{stated['number']}",
        "request": said["request"]["id"] == stated["request"],
        "purpose": said["purpose"] == purpose and purpose in CARRIED_OUT,
        "recording": _sorted(told) == _sorted(items),
        "start of a recording": all(
            in_utc(each["local_time"]) == each["started_at"] for each in said["recordings"]
        ),
        "recording that is kept": _sorted(kept) == _sorted(stated["kept"]),
        "time at which it began": said["begun_at"] == leaf["at"],
        "time at which it was complete": said["done_at"] >= over["at"],
        "time until which it is kept beyond reach": _is_kept_as_stated(said, leaf, stated),
    }


def _is_kept_as_stated(
    said: Mapping[str, Any], leaf: Mapping[str, Any], stated: Mapping[str, Any]
) -> bool:
    """Whether a certificate says until when, as the person who destroyed had said how long."""
    if "kept_days" not in stated or "beyond_reach_until" not in said:
        return "kept_days" not in stated and "beyond_reach_until" not in said
    days, until = stated["kept_days"].values(), said["beyond_reach_until"]
    if until is None or None in days:
        return until is None and None in days
    began, end = (datetime.fromisoformat(at[:-1]) for at in (leaf["at"], until))
    return end - began >= timedelta(max(days, default=0))


def _sorted(items: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return sorted(canonical(dict(each)) for each in items)


def require_each(place: str, rules: Mapping[str, bool]) -> None:
    """What does not hold is wrong with a statement; each rule is named by what breaks it."""
    for broken, holds in rules.items():
        if not holds:
            raise Wrong(f"{place} {broken}")


def _for(purpose: str) -> str:
    return f"a request for {purpose}" if purpose else "such a request"


def _is_done(leaf: Mapping[str, Any], act: str, *subject: str) -> bool:
    return (leaf["act"], leaf["outcome"]) == (act, "done") and {*subject} <= {*leaf["subject"]}


def _of_both(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the statements of one approval's signers have in common."""
    return {name: value for name, value in said.items() if name not in ("at", "by")}


def _is_as_approved(
    each: Mapping[str, Any], approved: Sequence[Mapping[str, Any]], purpose: str
) -> bool:
    """Whether a file leaves out what was approved, or what the releaser may leave out."""
    samples = ("from_sample", "to_sample")
    edits = [{name: edit[name] for name in edit if name not in samples} for edit in each["edits"]]
    return edits == approved or not (approved or purpose in EDITS_DECIDED)


def replay(signers: Mapping[str, Any], head: Head) -> Record:
    """The record from leaf 0 on; each entry is shown to stand in the tree of ``head``."""
    record, before = None, -1
    if max(len(signers["entries"]), len(signers["recordings"])) > MOST_ENTRIES:
        raise Wrong(f"has more than {MOST_ENTRIES} entries")
    for entry in signers["entries"]:
        seq, data, said = entry["seq"], unbase64(entry["leaf"]), entry["statement"]
        path = [unbase64(each) for each in entry["proof"]]
        if seq <= before or not is_included(leaf_hash(data), seq, head.size, path, head.root):
            raise Wrong(f"has an entry {seq} that does not stand there in the log of the proof")
        leaf, before = read_leaf(data, seq, head.origin), seq
        if record is None and said is None and fits(leaf.get("founders"), "founders"):
            record = Record(Register(leaf["founders"]), head, signers["recordings"])
        elif record is not None and said is None and leaf["act"] == "destruction.done":
            record.take_done(leaf)
        elif record is None or said is None:
            raise Wrong("does not lead from the log's first entry by statements alone")
        else:
            record.take(leaf, entry)
    if record is None or head.origin != f"callrec/{record.register.founders['vault']}":
        raise Wrong("does not begin with the first entry of the log of the proof")
    return record


def check_entry(proof: Proof, data: bytes, signer: str, kind: Kind = RELEASE) -> dict[str, Any]:
    """The entry that the proof is about: that ``signer`` released, or certified, just this."""
    extra = read_as("extra", proof.extra, ": its extra")
    body = unbase64(extra["leaf"])
    head = proof.head
    leaf = read_leaf(body, proof.index, head.origin)
    place = (proof.index, head.size, proof.path, head.root)
    if head.size != proof.index + 1 or not is_included(leaf_hash(body), *place):
        raise Wrong("does not prove that its entry stands in the log")
    done = (leaf["act"], leaf["outcome"], leaf["actor"])
    if done != (kind.act, "done", signer):
        raise Wrong(f"is about something else than a {kind.name} by the person who signed")
    context = canonical({"seq": proof.index, "vault": head.origin.partition("/")[2]})
    nonce, details = bytes.fromhex(extra["nonce"]), canonical(extra["details"])
    detail = sha256(b"callrec/1 detail\n" + context + nonce + details).hexdigest()
    if detail != leaf["detail"]:
        raise Wrong("has details that its entry does not bear out")
    if extra["details"]["manifest"] != sha256(data).hexdigest():
        raise Wrong(f"is about another {kind.document}")
    return leaf


# All of it (release.md, 9).


@dataclass
class Examination:
    """One release while it is checked: what was read of it, and what was found to be wrong."""

    problems: list[Problem] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    """Path of each file there is -> SHA-256; nothing where it is no plain file or unreadable."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """The bytes of those that are looked into, up to LARGEST."""

    @contextmanager
    def noting(self, path: str) -> Iterator[None]:
        """Whatever is wrong inside is a problem of this file, unless it names another."""
        try:
            yield
        except Wrong as wrong:
            self.problems.append(Problem(wrong.path or path, str(wrong)))

    def read(self, path: str, opened: Callable[[], IO[bytes]] | None) -> None:
        """Read a file once, to its end."""
        self.digests[path] = ""
        if opened is None:
            raise Wrong("is a link or a device and no plain file; it was not opened")
        digest, kept = sha256(), bytearray()
        try:
            with opened() as file:
                for chunk in iter(partial(file.read, 1 << 20), b""):
                    digest.update(chunk)
                    if path in LOOKED_INTO:
                        kept += chunk
                        if len(kept) > LARGEST:
                            raise Wrong("is larger than it is in any release; it was not read on")
        except OSError as error:
            raise Wrong(f"cannot be read: {error.strerror or error}") from error
        self.digests[path], self.contents[path] = digest.hexdigest(), bytes(kept)

    def take(self, path: str) -> bytes:
        """What is in a file."""
        if path not in self.contents:
            raise Wrong("cannot be read" if path in self.digests else "is missing", path)
        return self.contents[path]


def check(
    files: Files,
    pin: str = "",
    time_certificates: bytes = b"",
    witnesses: Sequence[Witness] = (),
    need: int | None = None,
    *,
    recorder: RecorderKeys | None = None,
) -> Result:
    """Check a release.

    Args:
        files: all that is in it.
        pin: the practice's fingerprint, 64 hex digits in small letters; empty: nobody gave one.
        time_certificates: PEM, of the authorities whose time stamps count; empty: as enclosed.
        witnesses: those whose keys were given.
        need: how many of them must have seen the log; None: each.
        recorder: keys of telephone systems, of which one must have signed each recording; None:
            nobody gave one.
    """
    work = Examination()
    for path, opened in files.items():
        with work.noting(path):
            work.read(path, opened)
    is_certificate = CERTIFICATE.document in files and RELEASE.document not in files
    kind = CERTIFICATE if is_certificate else RELEASE
    said: dict[str, Any] = {}
    with work.noting(kind.document):
        data = work.take(kind.document)
        said = read_as("certified", data) if is_certificate else read_manifest(data)
    states = _compare(work, _listed(work, said, kind))
    newer = not is_certificate and said.get("schema", FORM) != FORM
    if newer:
        said = {}
    fingerprint = _fingerprint(work, pin, kind)
    signer = _signer(work, kind)
    entry, record = _entry(work, signer, said, kind)
    traces, destroyed = dict[str, Trace](), None
    if record and is_certificate:
        with work.noting("signers.json"):
            destroyed = record.destroyed(said)
    elif record:
        traces = _traces(work, record, said, entry)
        keys, roots = recorder or RecorderKeys(), time_certificates
        traces = _with_words(work, traces, record, files, (said, keys, roots))
    seen, others = _witnesses(work, kind, witnesses, need)
    time, unchecked = _time(work, kind, time_certificates)
    return Result(
        trust="first-use" if not pin else "pinned" if pin == fingerprint else "none",
        fingerprint=fingerprint,
        manifest=said,
        entry=entry,
        traces={} if work.problems else traces,
        states=states,
        problems=tuple(dict.fromkeys(work.problems)),
        newer=newer,
        destroyed=None if work.problems else destroyed,
        kind=kind,
        witnesses=() if work.problems else seen,
        not_asked=others,
        time=None if work.problems else time,
        time_unchecked=unchecked,
    )


def _listed(work: Examination, said: Mapping[str, Any], kind: Kind) -> dict[str, str]:
    """Path of each file that there should be -> its SHA-256, or nothing where no list says it."""
    recordings = [*said.get("files", ()), *said.get("call_data", ())]
    named = {each["path"]: each["sha256"] for each in recordings}
    sums: dict[str, str] = {}
    with work.noting("SHA256SUMS"):
        sums = read_sums(work.take("SHA256SUMS"), kind)
        again = {
            path: each for path, each in sums.items() if re.match("recordings/|calls|SEARCH", path)
        }
        if said.get("schema") == FORM and again != named:
            raise Wrong("does not list the recordings that manifest.json lists")
    return {**dict.fromkeys((*kind.beside, *LISTS), ""), **named, **sums}


def _compare(work: Examination, listed: Mapping[str, str]) -> dict[str, str]:
    """The state of each file that there is or should be."""
    states = {}
    for path in sorted({*listed, *work.digests}):
        found = work.digests.get(path)
        states[path] = _state(found, listed.get(path))
        if states[path] != "ok" and found != "":  # of what could not be read it was said before
            system = MADE_BY.get(path.rpartition("/")[2])
            advice = f"; {system} made it: delete it and check again" if system else ""
            work.problems.append(Problem(path, STATES[states[path]] + advice))
    return states


def _state(found: str | None, listed: str | None) -> str:
    if found is None:
        return "missing"
    if listed is None:
        return "extra"
    return "ok" if found and listed in ("", found) else "damaged"


def _fingerprint(work: Examination, pin: str, kind: Kind) -> str:
    """SHA-256 of the log's first entry, as signers.json has it, held against the pin."""
    fingerprint = ""
    with work.noting("signers.json"):
        for entry in read_as("signers", work.take("signers.json"))["entries"][:1]:
            fingerprint = sha256(unbase64(entry["leaf"])).hexdigest()
        if pin and pin != fingerprint:
            what = f"that you gave is not this {kind.name}'s: it is not from that practice"
            work.problems.insert(0, Problem("the fingerprint", what))
    return fingerprint


def _signer(work: Examination, kind: Kind) -> tuple[str, bytes]:
    """Id and key of the one who signed the manifest, or certificate, and the list of files."""
    signer = "", b""
    with work.noting("allowed_signers"):
        signer = signer_of(work.take("allowed_signers"), kind)
    for name in (kind.document, LISTS[0]):
        with work.noting(f"{name}.sig"):
            check_signature(work.take(name), work.take(f"{name}.sig"), signer[1], kind)
    return signer


def _entry(
    work: Examination, signer: tuple[str, bytes], said: Mapping[str, Any], kind: Kind
) -> tuple[dict[str, Any], Record | None]:
    """The log's entry about this, empty where it, or the signer's key, is not shown.

    And what signers.json shows of it; None where anything of that is wrong.
    """
    entry: dict[str, Any] = {}
    with work.noting(kind.proof):
        proof = read_proof(work.take(kind.proof))
        if said and proof.head.origin != f"callrec/{said['vault']}":
            raise Wrong(f"is from another log than the one that {kind.document} names")
        log_key = b""
        with work.noting("signers.json"):
            record = replay(read_as("signers", work.take("signers.json")), proof.head)
            log_key = _log_key(record.register, signer, said, kind)
        if log_key:
            check_note(proof.head.note, proof.head.origin, log_key)
            entry = check_entry(proof, work.take(kind.document), signer[0], kind)
            with work.noting("signers.json"):
                record.register.check_in_time(signer[0], entry["at"], kind)
        if entry and said:
            uids = {each["uid"] for each in said.get("files", ())}
            if not {said[kind.id], said["request"]["id"], *uids} <= {*entry["subject"]}:
                raise Wrong(f"is about another {kind.about} than {kind.document}")
            return entry, record
    return entry, None


def _witnesses(
    work: Examination, kind: Kind, given: Sequence[Witness], need: int | None
) -> tuple[tuple[Seen, ...], tuple[str, ...]]:
    """Who of the given witnesses saw the log, of whom so many must have; and who else, it says."""
    seen, others = tuple[Seen, ...](), tuple[str, ...]()
    if COSIGNED in work.digests:
        with work.noting(COSIGNED):
            proof = read_proof(work.take(kind.proof))
            seen, others = witnesses_of(work.take(COSIGNED), proof, given)
    names = {each.witness for each in seen}
    missing = [str(each) for each in given if str(each) not in names]
    saw = {each.key for each in given if str(each) in names}
    if len(saw) < (len({each.key for each in given}) if need is None else need):
        what = (
            f"is not there: nothing here shows that {in_a_row(missing)} saw the log, by the key"
            " that you gave"
        )
        work.problems.append(Problem("the cosignature", what))
    return seen, others


def _traces(
    work: Examination, record: Record, manifest: Mapping[str, Any], entry: Mapping[str, Any]
) -> dict[str, Trace]:
    """By uid, how each recording came in, was approved, and was released."""
    traces, role = {}, record.register.role(entry["actor"])
    with work.noting("manifest.json"):
        purpose = purpose_of(manifest["request"]["id"])
        if purpose != manifest["purpose"] or purpose in NOT_RELEASED:
            raise Wrong("names a purpose that its request is not for, or nothing is released for")
        if purpose in TO_MANAGERS and role not in MANAGERS:
            raise Wrong("is of a release that only a manager of employees may make")
        if not manifest["files"]:
            raise Wrong("names no recording")
        for uid in dict.fromkeys(each["uid"] for each in manifest["files"]):
            files = [each for each in manifest["files"] if each["uid"] == uid]
            with work.noting("signers.json"):
                traces[uid] = record.trace(files, manifest, entry)
    return traces


def _with_words(
    work: Examination,
    traces: Mapping[str, Trace],
    record: Record,
    files: Files,
    by: tuple[Mapping[str, Any], RecorderKeys, bytes],
) -> dict[str, Trace]:
    """The same with what the telephone system said of each sound."""
    (manifest, given, roots), found = by, dict[str, Trace]()
    roots = roots or work.contents.get(STAMP_ROOTS, b"")
    for uid, trace in traces.items():
        shown = record.recordings[uid]["intake"][0]["shown"]
        same = (each["path"] for each in manifest["files"] if each["sha256"] == shown["sha256"])
        sound = next(filter(None, (files.get(path) for path in same)), None)
        words = []
        for said in shown.get("words", ()):
            with work.noting(f"recording {trace.recording}"):
                words.append(check_word(said, shown["sha256"], sound, given, roots))
        found[uid] = replace(trace, words=tuple(words))
        if given and not any(each.by_given for each in words):
            what = f"of recording {trace.recording} is not by a key that you gave, or not checked"
            work.problems.append(Problem("the telephone system's signature", what))
    return found


def _log_key(
    register: Register, signer: tuple[str, bytes], said: Mapping[str, Any], kind: Kind
) -> bytes:
    """The signer's key for checkpoints, if they are the one whom the register knows."""
    keys = register.keys(signer[0], kind)
    if said and said["practice"] != register.founders["practice"]:
        raise Wrong(f"is of another practice than {kind.document} names")
    if said and said[kind.signer] != signer[0]:
        raise Wrong(f"names somebody else than {kind.document}", "allowed_signers")
    if keys["act"] != signer[1]:
        raise Wrong("has another key than signers.json vouches for", "allowed_signers")
    return keys["log"]


# The time (time-stamps.md), which somebody says who is not the practice. Stamps are CMS: openssl
# alone reads and checks them.

NO_OPENSSL = "no program openssl, 1.1.1 or later, works on this computer"

STAMPED = re.compile(
    r"\nHash Algorithm: (?P<hash>\S+)\nMessage data:\n(?P<data>(?: {4}[0-9a-f]{4} - .*\n)+)"
    r"Serial number: .*\nTime stamp: (?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2})"
    r" (?P<time>\d\d:\d\d:\d\d)(?:\.\d+)? (?P<year>\d{4}) GMT\n"
)
"""What openssl prints of a token; all before it are numbers, and what a token is named comes after.
"""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class NoOpenssl(Exception):
    """Nothing can be said of a stamp here: there is no program that checks it."""


@dataclass(frozen=True)
class Token:
    """What a stamp claims; nobody's signature was looked at."""

    hash: str
    """Which hash it is of: ``sha256``, or it counts for nothing."""
    imprint: bytes
    at: datetime
    policy: str
    """An object identifier, in decimal numbers and dots."""

    def is_of(self, note: bytes) -> bool:
        """Whether it is of this checkpoint."""
        return self.hash == "sha256" and self.imprint == stamped_hash(note)


@dataclass(frozen=True)
class Time:
    """By when a checkpoint was signed, as a time-stamping authority says."""

    at: str
    """UTC, RFC 3339."""
    authority: str
    """What the certificate is called by which its stamp counts."""
    policy: str
    certificates: str
    """``given``: by the person who checks; ``enclosed``: they came with the package."""


def ask(
    program: str, arguments: Sequence[str], sound: IO[bytes] | None = None, **files: bytes
) -> tuple[int, bytes] | None:
    """Status and answer of a program about files, which ``arguments`` name; None: there is none.

    ``sound`` is given to it as its input.
    """
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        system = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        try:
            with subprocess.Popen(  # noqa: S603 - of words of ours, and files
                [shutil.which(program) or program, *arguments],
                cwd=folder,
                env={**system, "HOME": folder, "OPENSSL_CONF": os.devnull, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL if sound is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as process:
                _give(process, sound)
                try:
                    answer = process.communicate(timeout=60)[0]
                except subprocess.TimeoutExpired:
                    process.kill()
                    return None
        except OSError:
            return None
        return process.returncode, answer


def _give(process: subprocess.Popen[bytes], sound: IO[bytes] | None) -> None:
    """Give a sound to a program, which may have ended before all of it was read."""
    if sound is None or process.stdin is None:
        return
    with suppress(BrokenPipeError):
        shutil.copyfileobj(sound, process.stdin, 1 << 20)
    with suppress(BrokenPipeError):
        process.stdin.close()
    process.stdin = None


def openssl(arguments: Sequence[str], **files: bytes) -> bytes:
    """What openssl answers of files, which ``arguments`` name; nothing where it says no."""
    done = ask("openssl", arguments, None, **files)
    if done is None:
        raise NoOpenssl(NO_OPENSSL)
    return done[1] if done[0] == 0 else b""


def require_openssl() -> None:
    """Raise NoOpenssl where there is none that checks stamps; LibreSSL has another command."""
    version = re.match(rb"OpenSSL (?:1\.1\.1|[3-9]\.|[1-9]\d)", openssl(["version"]))
    if not version:
        raise NoOpenssl(NO_OPENSSL)


def read_stamp(stamp: bytes) -> Token:
    """What a stamp claims."""
    require_openssl()
    token = openssl(["ts", "-reply", "-in", "stamp", "-token_out"], stamp=stamp)
    text = openssl(["ts", "-reply", "-in", "token", "-token_in", "-text"], token=token)
    policy = re.search(rb"\nPolicy OID: ([0-9.]+)\n", text)
    found = STAMPED.search(text.decode("ascii", "replace"))
    is_whole = _ends_there(stamp)
    if not (token and is_whole) or policy is None or found is None or found["month"] not in MONTHS:
        raise Wrong("is not a time stamp")
    dump = [line[11:59].replace("-", " ") for line in found["data"].split("\n")]
    at = f"{found['year']}-{MONTHS.index(found['month']) + 1:02}-{int(found['day']):02}"
    try:
        imprint = bytes.fromhex(" ".join(dump))
        when = datetime.fromisoformat(f"{at}T{found['time']}+00:00")
    except ValueError:
        raise Wrong("is not a time stamp") from None
    return Token(found["hash"], imprint, when, policy[1].decode())


def _ends_there(der: bytes) -> bool:
    """Whether nothing lies behind what its length says (X.690, 8.1.3)."""
    more = der[1] & 0x7F if len(der) > 1 and der[1] & 0x80 else 0
    return len(der) == 2 + more + int.from_bytes(der[2 : 2 + more] or der[1:2], "big")


def stamped_hash(note: bytes) -> bytes:
    """What is stamped of a checkpoint: SHA-256 of it without the signatures of others."""
    text, _, signatures = note.partition(b"\n\n")
    ours = "\u2014 ".encode() + text.partition(b"\n")[0] + b" "
    kept = [line for line in signatures.split(b"\n") if line.startswith(ours)]
    return sha256(b"\n".join((text, b"", *kept, b""))).digest()


def pinned_certificates(pem: bytes) -> list[bytes]:
    """The certificates of a PEM file; no practice has more than the first MOST_SIGNATURES."""
    begin, end = rb"-----BEGIN CERTIFICATE-----", rb"-----END CERTIFICATE-----"
    return re.findall(begin + rb"[\sA-Za-z0-9+/=]+" + end, pem)[:MOST_SIGNATURES]


def check_stamp(stamp: bytes, note: bytes, pem: bytes, certificates: str) -> Time:
    """By when a checkpoint was signed, by the first of the certificates that a stamp leads to."""
    return check_stamp_of(stamp, stamped_hash(note), pem, certificates)


def check_stamp_of(stamp: bytes, digest: bytes, pem: bytes, certificates: str) -> Time:
    """By when there was what has this SHA-256, likewise."""
    token = read_stamp(stamp)
    if (token.hash, token.imprint) != ("sha256", digest):
        raise Wrong("is a time stamp of something else")
    at, authority = f"{token.at:%Y-%m-%dT%H:%M:%SZ}", authority_of(stamp, token, pem)
    return Time(at, authority, token.policy, certificates)


def authority_of(stamp: bytes, token: Token, pem: bytes) -> str:
    """What the first of the certificates is called that a stamp leads to."""
    seconds = str(int(token.at.timestamp()))
    flags = ("-CAfile", "root", "-partial_chain", "-attime", seconds)
    for root in pinned_certificates(pem):
        arguments = ("ts", "-verify", "-digest", token.imprint.hex(), "-in", "stamp", *flags)
        if openssl(arguments, stamp=stamp, root=root):
            return _name_of(root)
    raise Wrong("is a time stamp by nobody whose certificate is at hand")


def _name_of(certificate: bytes) -> str:
    """What people call a certificate: its CN, or all of its name where it has none (RFC 4514)."""
    shown = ("-subject", "-nameopt", "RFC2253,utf8,-esc_msb")
    said = openssl(["x509", "-in", "root", "-noout", *shown], root=certificate)
    name = said.decode("utf-8", "replace").strip().partition("subject=")[2]
    common = re.search(r"(?:^|,)CN=((?:\\.|[^\\,+])+)", name)
    return re.sub(r"\\(.)", r"\1", common[1]) if common else name


def _time(work: Examination, kind: Kind, given: bytes) -> tuple[Time | None, str]:
    """By when the entry's checkpoint was signed, and why that was not checked."""
    if not {STAMP, STAMP_ROOTS} & work.digests.keys():
        if given:
            work.problems.append(Problem(STAMP, "is not there: nothing here says by when"))
        return None, ""
    time, unchecked = None, ""
    with work.noting(STAMP):
        stamp, roots = work.take(STAMP), work.take(STAMP_ROOTS)
        note = read_proof(work.take(kind.proof)).head.note
        try:
            time = check_stamp(stamp, note, given or roots, "given" if given else "enclosed")
        except NoOpenssl as missing:
            unchecked = str(missing)
    return time, unchecked


CLOCKS_APART = timedelta(hours=1)
"""By so much the clocks of two who are honest may differ; `audit verify` takes as much."""


def times_apart(result: Result) -> Iterator[str]:
    """Which times of others cannot be true if the log's own is.

    What is stamped was written before; and what witnesses saw was seen before this was written.
    """
    if result.entry:
        written = _at(result.entry["at"])
        if result.time and _at(result.time.at) < written - CLOCKS_APART:
            yield f"{result.time.authority} says that it was there before the log says that"
            yield "  it was written: one of the two clocks was wrong, or one of the two lies."
        for each in result.witnesses:
            if _at(each.at) > written + CLOCKS_APART:
                yield f"{each.witness} says that it saw the beginning of that log after the rest"
                yield "  was written: one of the two clocks was wrong, or one of the two lies."


def _at(time: str) -> datetime:
    return datetime.fromisoformat(time.replace("Z", "+00:00"))


# The recorder's word (recorder.md): what the telephone system, or its supplier, said of a sound.

Sound = Callable[[], IO[bytes]]
"""Opens the bytes of a recording as they came in."""

NOT_ENCLOSED = "it takes the original, which is not enclosed"


class Unchecked(Exception):
    """Nothing can be said of a word here, and why."""


@dataclass(frozen=True)
class Word:
    """What a telephone system said of a sound, and what of it was found to hold."""

    kind: str
    """``md5``, ``sha256``, ``openssh`` or ``openpgp``."""
    key: str | None
    """Fingerprint of the key that signed; None of a checksum."""
    name: str | None
    """What the practice calls that key; None: it has not named it."""
    standing: str
    """What the practice found when the recording came in."""
    checked: bool
    """Whether it was found to hold here."""
    why: str
    """Why it was not checked here; empty: it was."""
    since: str | None
    """By when it was there, as a time stamp of it says that was checked here; UTC."""
    authority: str | None
    """Whose stamp that is."""
    by_given: bool = False
    """Whether it is signed by a key that was given."""


@dataclass(frozen=True)
class RecorderKeys:
    """The keys of telephone systems that were given."""

    openssh: frozenset[bytes] = frozenset()
    openpgp: bytes = b""
    """Certificates in binary."""

    def __bool__(self) -> bool:
        return bool(self.openssh or self.openpgp)


@dataclass(frozen=True)
class SshSignature:
    """An OpenSSH signature (PROTOCOL.sshsig), taken apart; nothing of it is checked."""

    key: bytes
    """The blob of the public key that it names."""
    namespace: str
    hash: str
    signature: bytes

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(sha256(self.key).digest()).decode().rstrip("=")


def read_ssh_signature(text: str) -> SshSignature:
    """An OpenSSH signature in its armour."""
    begin, end = (f"-----{word} SSH SIGNATURE-----" for word in ("BEGIN", "END"))
    body = re.fullmatch(rf"{begin}\r?\n([A-Za-z0-9+/=\s]+)\n{end}\s*", text)
    blob = unbase64("".join(body[1].split())) if body else b""
    if blob[:10] != b"SSHSIG\0\0\0\1":
        raise Wrong("is not an OpenSSH signature, whole")
    key, namespace, reserved, hashed, signature = _strings(blob[10:], 5)
    if reserved or hashed not in (b"sha256", b"sha512") or not re.fullmatch(rb"[!-~]+", namespace):
        raise Wrong("is not an OpenSSH signature, whole")
    return SshSignature(key, namespace.decode(), hashed.decode(), signature)


def _strings(blob: bytes, count: int) -> list[bytes]:
    """So many strings, and nothing else (RFC 4251, 5)."""
    found = []
    for _ in range(count):
        size = int.from_bytes(blob[:4], "big")
        if not 4 <= 4 + size <= len(blob):
            raise Wrong("is not an OpenSSH signature, whole")
        found.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    if blob:
        raise Wrong("is not an OpenSSH signature, whole")
    return found


def check_ssh(text: str, digest: str, sound: Sound | None) -> str:
    """Check that an OpenSSH signature is of the sound with this SHA-256; says which program did.

    Of Ed25519 over SHA-256 that takes no byte of the sound, so that it can be checked where only a
    copy is enclosed.
    """
    said = read_ssh_signature(text)
    kind, by = said.key[4:15], "callrec"
    if kind == b"ssh-ed25519":
        hashed = bytes.fromhex(digest) if said.hash == "sha256" else _hash(sound, sha512())
        purpose = _string(said.namespace.encode()) + _string(b"") + _string(said.hash.encode())
        key, made = _strings(said.key, 2)[1], _strings(said.signature, 2)
        message = b"SSHSIG" + purpose + _string(hashed)
        is_right = made[0] == kind and is_signed(key, message, made[1])
    else:
        by = "ssh-keygen"
        arguments = ["-Y", "check-novalidate", "-n", said.namespace, "-s", "signature"]
        is_right = _asked("ssh-keygen", arguments, sound, signature=text.encode())[0] == 0
    if not is_right:
        raise Wrong("is a signature of something else")
    return by


PGP_VALID = re.compile(rb"\[GNUPG:\] VALIDSIG [0-9A-F]+ (?:\S+ ){7}00 ([0-9A-F]{40,64})\n")
"""Of class 00, over the bytes: one over text says nothing of how lines end (RFC 9580, 5.2.1)."""


def check_openpgp(signature: bytes, certificates: bytes, sound: Sound | None) -> str:
    """Check that an OpenPGP signature is of a sound; returns the fingerprint of the certificate.

    It is one of ``certificates``, in binary.
    """
    arguments = ["--homedir", ".", "--status-fd", "1", "--keyring", "./keys", "signature", "-"]
    said = _asked("gpgv", arguments, sound, signature=signature, keys=certificates)[1]
    words = re.findall(rb"(?m)^\[GNUPG:\] (\S+)", said)
    if words.count(b"NEWSIG") != 1:
        raise Wrong("is not an OpenPGP signature, whole and alone")
    if b"BADSIG" in words:
        raise Wrong("is a signature of something else")
    found = PGP_VALID.search(said)
    if b"VALIDSIG" in words and found is None:
        raise Wrong("is an OpenPGP signature of text, and not of these bytes")
    if b"NO_PUBKEY" in words or (found is None and b"ERRSIG" in words):
        raise Unchecked("its certificate is not at hand")
    if found is None or b"GOODSIG" not in words:
        raise Unchecked("its key has expired, was revoked, or cannot be used")
    return found[1].decode()


def _asked(
    program: str, arguments: Sequence[str], sound: Sound | None, **files: bytes
) -> tuple[int, bytes]:
    if sound is None:
        raise Unchecked(NOT_ENCLOSED)
    with sound() as opened:
        done = ask(program, arguments, opened, **files)
    if done is None:
        raise Unchecked(f"the program {program} is not on this computer")
    return done


def _hash(sound: Sound | None, digest: Any) -> bytes:
    if sound is None:
        raise Unchecked(NOT_ENCLOSED)
    with sound() as opened:
        for chunk in iter(partial(opened.read, 1 << 20), b""):
            digest.update(chunk)
    made: bytes = digest.digest()
    return made


def unarmoured(data: bytes) -> bytes:
    """OpenPGP certificates or signatures in binary, also where they came in ASCII armour."""
    blocks = re.findall(rb"-----BEGIN PGP [A-Z ]+-----\r?\n(.*?)-----END PGP ", data, re.DOTALL)
    if not blocks:
        return data
    found = b""
    for block in blocks:
        body = re.sub(rb"\A(?:[^\r\n]+: [^\r\n]*\r?\n)*\s*", b"", block)
        lines = [line for line in body.split() if not re.fullmatch(rb"=[A-Za-z0-9+/]{4}", line)]
        found += unbase64(b"".join(lines).decode("ascii", "replace"))
    return found


def check_word(
    said: Mapping[str, Any],
    digest: str,
    sound: Sound | None,
    given: RecorderKeys,
    time_certificates: bytes,
) -> Word:
    """What of a word holds here.

    Args:
        said: a word as the practice stated it when the recording came in.
        digest: SHA-256 of the original, in hex.
        sound: the original; None: it is not enclosed.
        given: keys of telephone systems that the person who checks has from elsewhere.
        time_certificates: by whose a time stamp counts; empty: nobody's.
    """
    why, by_given = "", False
    try:
        by_given = _check_value(said, digest, sound, given)
    except Unchecked as unchecked:
        why = str(unchecked)
    except Wrong as wrong:
        raise Wrong(f"has {A_WORD[said['kind']]} by its telephone system that {wrong}") from None
    time = _word_time(said, time_certificates) if not why else None
    return Word(
        kind=said["kind"],
        key=said["key"],
        name=said["name"],
        standing=said["standing"],
        checked=not why,
        why=why,
        since=time.at if time else None,
        authority=time.authority if time else None,
        by_given=by_given and said["standing"] == "right",
    )


A_WORD = {
    "md5": "an MD5",
    "sha256": "a SHA-256",
    "openssh": "a signature",
    "openpgp": "a signature",
}


def _check_value(
    said: Mapping[str, Any], digest: str, sound: Sound | None, given: RecorderKeys
) -> bool:
    """Check what a word says of a sound; returns whether it is by a key that was given."""
    kind, value = said["kind"], said["value"]
    if kind == "openssh":
        signed = read_ssh_signature(value)
        if signed.fingerprint != said["key"]:
            raise Wrong("is by another key than it says")
        check_ssh(value, digest, sound)
        return signed.key in given.openssh
    if kind == "openpgp":
        check_openpgp(unarmoured(value.encode()), given.openpgp, sound)
        return True
    if value != (digest if kind == "sha256" else _hash(sound, md5(usedforsecurity=False)).hex()):
        raise Wrong("is of something else")
    return False


def _word_time(said: Mapping[str, Any], pem: bytes) -> Time | None:
    """By when a signature was there; None where that is not said, or cannot be checked here."""
    if said["stamp"] is None or not pem:
        return None
    stamp, digest = unbase64(said["stamp"]), sha256(said["value"].encode()).digest()
    try:
        token = read_stamp(stamp)
        if (token.hash, token.imprint) != ("sha256", digest):
            raise Wrong("has a time stamp of something else")
        with suppress(Wrong):
            return check_stamp_of(stamp, digest, pem, "")
    except NoOpenssl:
        pass
    return None


def read_recorder_keys(paths: Sequence[str | os.PathLike[str]]) -> RecorderKeys:
    """The keys in files of public keys of OpenSSH, or of OpenPGP certificates; ValueError: none."""
    openssh, openpgp = set[bytes](), b""
    for path in paths:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST)
        found = re.findall(rb"(?:^|[\s])(?:ssh|ecdsa|sk)-\S+[ \t]+([A-Za-z0-9+/]+=*)", data)
        blobs = {unbase64(each.decode()) for each in found} - {b""}
        binary = b"" if blobs else unarmoured(data)
        if not blobs and not binary[:1] >= b"\x80":
            raise ValueError("a file of --recorder holds no public key of OpenSSH or OpenPGP")
        openssh, openpgp = openssh | blobs, openpgp + binary
    return RecorderKeys(frozenset(openssh), openpgp)


# The program.


def files_in(folder: str) -> dict[str, Callable[[], IO[bytes]] | None]:
    """All that is in a folder and the folders in it; no link is followed.

    Raises:
        TooMany: it is not looked through to its end.
        OSError: it cannot be read.
    """
    found: dict[str, Callable[[], IO[bytes]] | None] = {}
    waiting, folders = [folder], 0
    while waiting:
        folders += 1
        if len(found) + folders + len(waiting) > MOST_FILES:
            raise TooMany(f"there are more than {MOST_FILES:,} files; this is not a release")
        with os.scandir(waiting.pop()) as entries:
            for each in entries:
                # A junction of Windows calls itself a folder.
                tag = getattr(each.stat(follow_symlinks=False), "st_reparse_tag", 0)
                if each.is_dir(follow_symlinks=False) and tag != JUNCTION:
                    waiting.append(each.path)
                    continue
                path = os.path.relpath(each.path, folder).replace(os.sep, "/")
                is_plain = each.is_file(follow_symlinks=False)
                found[path] = partial(io.FileIO, each.path) if is_plain else None
    return found


JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT


def read_pin(words: Sequence[str]) -> str:
    """The 64 digits of a fingerprint, however they were grouped; empty: there are none."""
    pin = re.sub(r"[\s-]", "", "".join(words)).lower()
    if words and not fits(pin, "hash"):
        raise ValueError("a fingerprint has 64 digits, 0 to 9 and a to f")
    return pin


def read_time_certificates(path: str | os.PathLike[str] | None) -> bytes:
    """The bytes of a PEM file with certificates; ValueError where none can be used."""
    if path is None:
        return b""
    try:
        with Path(path).open("rb") as file:
            pem = file.read(LARGEST)
    except OSError as error:
        why = f"the file of --time-certificates cannot be read: {error.strerror}"
        raise ValueError(why) from error
    if not pinned_certificates(pem):
        raise ValueError("there is no certificate in the file of --time-certificates: it is PEM")
    try:
        require_openssl()
    except NoOpenssl as missing:
        raise ValueError(f"--time-certificates are of no use: {missing}") from missing
    return pem


def in_a_row(names: Sequence[str]) -> str:
    """One, one and another, or one, another and a third."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def grouped(fingerprint: str) -> list[str]:
    """Eight groups of eight digits, as people compare them; none of nothing."""
    return [fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8)]


def as_json(result: Result) -> dict[str, Any]:
    """What a program gets."""
    said = {each["path"]: each for each in result.manifest.get("files", ())}
    about = ("role", "recording", "started_at", "bytes", "sha256")
    return {
        "verdict": result.verdict,
        "trust": result.trust,
        "fingerprint": result.fingerprint or None,
        "release": result.manifest.get("release"),
        "request": result.manifest.get("request", {}).get("number"),
        "practice": result.manifest.get("practice"),
        "certificate": result.manifest.get("certificate"),
        "destroyed": result.destroyed and result.destroyed.recordings,
        "released_at": result.entry.get("at"),
        "audit_seq": result.entry.get("seq"),
        "time": result.time and asdict(result.time),
        "time_unchecked": result.time_unchecked or None,
        "times_apart": " ".join(map(str.strip, times_apart(result))) or None,
        "recordings": [asdict(trace) for trace in result.traces.values()],
        "witnesses": [asdict(each) for each in result.witnesses],
        "witnesses_not_checked": [*result.not_asked],
        "problems": [{"path": each.path, "what": each.what} for each in result.problems],
        "files": [
            {"path": path, "state": state, **{name: said[path][name] for name in about}}
            if path in said
            else {"path": path, "state": state}
            for path, state in result.states.items()
        ],
    }


def in_words(result: Result) -> Iterator[str]:
    """What a person reads; the last line is the verdict."""
    if result.manifest:
        yield from _headline(result.manifest)
    for each in result.problems:
        yield f"WRONG: {each.path} {each.what}."
    if result.newer:
        yield "Its form is later than this program knows; a newer callrec_verify.py can check it."
    elif not result.problems:
        yield f"{len(result.states)} files are there: none is changed, missing or too many."
        yield from _found(result)
    yield f"TRUST: {result.trust}"
    if result.fingerprint:
        yield f"Fingerprint in this {result.kind.name}: {' '.join(grouped(result.fingerprint))}"
    if not result.problems:
        yield from _what_it_means(result)
    first = next((f"{each.path} {each.what}" for each in result.problems), "not of a known form")
    yield f"NOT VERIFIED: {first}" if result.verdict == "NOT VERIFIED" else result.verdict


def _headline(said: Mapping[str, Any]) -> Iterator[str]:
    """Whose it is, and for which request."""
    number = said["request"]["number"]
    if "certificate" in said:
        yield f"A certificate of destruction by {said['practice']},"
        yield f"{said['certificate']}, for request {number}."
    else:
        yield f"A release by {said['practice']}, for request {number}."


def _found(result: Result) -> Iterator[str]:
    """What a release, or a certificate, in which nothing is wrong shows."""
    kind = result.kind
    yield f"They are signed by the key that the practice's log gives to {kind.who}."
    yield f"The {kind.name} is entry {result.entry['seq']} of that log, of {result.entry['at']}."
    yield from witnesses_in_words(result)
    yield from time_in_words(result)
    yield from times_apart(result)
    if result.destroyed:
        yield from destroyed_in_words(result.destroyed)
    files = result.manifest.get("files", ())
    for uid, trace in result.traces.items():
        yield from trace_in_words(trace, [each for each in files if each["uid"] == uid])


def time_in_words(result: Result) -> Iterator[str]:
    """By when it was signed, and whose word that is."""
    if result.time_unchecked:
        yield f"Time not checked: {result.time_unchecked}."
    if result.time:
        whose = "you gave" if result.time.certificates == "given" else "came with these files"
        yield f"It was signed no later than {_instant(result.time.at)}, says"
        yield f"  {result.time.authority}, a time-stamping authority whose certificate {whose}."


ROLES = {
    "data-controller": "the Data Controller",
    "partner": "a partner",
    "manager": "a manager",
    "staff": "a member of staff",
    "auditor": "an auditor",
    "intake": "the intake service",
}


def trace_in_words(trace: Trace, files: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How one recording came in and came to be released; ``files`` are those that are of it."""
    number, role = trace.recording, ROLES.get(trace.taken_in_by, trace.taken_in_by)
    hand = "" if trace.taken_in_by == "intake" else ", by hand,"
    yield f"Recording {number} was taken in by {role}{hand} on {_instant(trace.taken_in_at)},"
    yield f"  {named_as_of(trace.system, trace.time_confidence)} {_instant(trace.started_at)};"
    matched = "matched" if trace.matched else "not matched"
    yield f"  {matched} by the telephone system's own call records."
    for word in trace.words:
        yield from word_in_words(word)
    by = _approvers(trace.approved_by, trace.countersigned_by, alone=trace.broke_glass)
    yield f"  Its release was approved by {by}, on {_instant(trace.approved_at)}."
    yield from _remarks(
        (trace.approved_by, trace.approver_remark),
        (trace.countersigned_by, trace.countersigner_remark),
    )
    for each in files:
        if each["sha256"] == (each["made_from"] or each["sha256"]):
            yield f"  {each['path']} has the bytes that were taken in."
        else:
            kept = ", but for what was left out," if each["edits"] else ""
            yield f"  {each['path']} was made from the original by the releaser;"
            yield f"  that it sounds the same{kept} rests on their signature alone."


SIGNED_BY = {
    "right": "by a key that the practice knows as {name}",
    "unnamed": "by a key that the practice has not named for this",
    "out-of-time": "by a key that the practice knows as {name} and that did not count then",
    "not-checked": "which the practice could not check",
}


def word_in_words(word: Word) -> Iterator[str]:
    """What the telephone system said of a sound, and whose word that is."""
    called = {"md5": "MD5", "sha256": "SHA-256"}.get(word.kind, "signature")
    if word.why:
        yield f"  It came in with its telephone system's {called}: not checked here, as"
        yield f"  {word.why}."
    elif word.kind == "md5":
        yield "  It came in with its telephone system's MD5, which is right: no accident changed"
        yield "  it. Against a forger an MD5 proves nothing."
    elif word.kind == "sha256":
        yield "  It came in with its telephone system's SHA-256, which is right."
    if word.kind in ("md5", "sha256"):
        return
    signed = "It is said to be signed" if word.why else "Its sound was signed"
    yield f"  {signed} {SIGNED_BY[word.standing].format(name=word.name)}"
    if word.key:
        yield f"  {word.key}"
    if word.since:
        yield f"  no later than {_instant(word.since)}, says {word.authority}."


def witnesses_in_words(result: Result) -> Iterator[str]:
    """Who outside the practice saw its log, up to which entry, and when."""
    for each in result.witnesses:
        entries = "entry" if each.size == 1 else f"{each.size} entries"
        was = "was" if each.size == 1 else "were"
        yield f"The first {entries} of that log {was} seen by {each.witness}"
        yield f"  on {_instant(each.at)}, and the log goes on from them."
    if result.not_asked:
        names = in_a_row(result.not_asked)
        yield f"It says that {names} saw that log: not checked. To check it,"
        yield "  get the witness's key from the witness itself, and give it with --witness."


def destroyed_in_words(found: Destroyed) -> Iterator[str]:
    """Who decided and carried out a destruction, and what of the certificate rests on a word."""
    what = f"{found.recordings} recording{'' if found.recordings == 1 else 's'}"
    for each in found.approvals:
        approvers = _approvers(each.role, each.second, alone=each.said["break_glass"])
        yield f"The destruction of {what} was approved by {approvers},"
        yield f"  on {_instant(each.at)}."
        yield from _remarks((each.role, each.remark), (each.second, each.second_remark))
    by = ROLES.get(found.carried_out_by, found.carried_out_by)
    yield f"It was carried out by {by}, on {_instant(found.carried_out_at)}:"
    yield f"  entry {found.carried_out} of that log. Nothing of it was owed any more"
    yield f"  on {_instant(found.complete_at)}."
    yield "What was done on which drive rests alone on the signature"
    yield f"  of {CERTIFICATE.who}."


def _approvers(role: str, second: str, *, alone: bool) -> str:
    also = f", countersigned by {ROLES.get(second, second)}" if second else ""
    return f"{ROLES.get(role, role)}{also}{', who decided alone' if alone else ''}"


def _remarks(*people: tuple[str, str]) -> Iterator[str]:
    """What has to be told of people, each with their role."""
    for role, remark in people:
        if remark:
            yield f"  Of {ROLES.get(role, role)}: {remark}."


def named_as_of(system: str, confidence: str) -> str:
    """Where the time of a call is from, up to that time."""
    if confidence == "file-time":
        return "from a file whose own time was"
    return "from a file described as of" if system == "sidecar" else "from a file named as of"


def _instant(at: str) -> str:
    day = datetime.fromisoformat(at[:10])
    return f"{day.day} {day:%B %Y}, {at[11:19]} UTC"


def _what_it_means(result: Result) -> Iterator[str]:
    if result.trust == "first-use":
        yield "Nobody has said yet whose fingerprint this is. Compare it with one that did not come"
        yield "with these files: on the practice's website, or read out by the practice on a number"
        yield "that you found elsewhere. Then run this again with --pin and that fingerprint."
        yield "If it is the practice's, then the check"
    else:
        yield "The fingerprint is the one that you gave. The check"
    yield f"{PROVES_DESTROYED if result.destroyed else PROVES}."
    yield "It cannot show whether the practice took the signer's key away later: ask the practice."


def harmless(line: str) -> str:
    """A line without characters that act on a terminal."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    parser = argparse.ArgumentParser(
        description="Check a release of call recordings, or a certificate of destruction.",
        epilog="Exit status: 0 VERIFIED, 9 FIRST-USE, 5 NOT VERIFIED, 2 it was called wrongly.",
    )
    parser.add_argument("folder", nargs="?", default=".", help="the opened release, or certificate")
    parser.add_argument("--pin", nargs="+", default=[], help="the practice's fingerprint")
    parser.add_argument("--time-certificates", metavar="FILE", help="whose time stamps count, PEM")
    parser.add_argument("--witness", action="append", default=[], help="key of a witness")
    parser.add_argument("--need", type=int, help="how many of these must have seen the log")
    parser.add_argument(
        "--recorder", action="append", default=[], metavar="FILE", help="the telephone system's key"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    try:
        roots = read_time_certificates(given.time_certificates)
        witnesses = read_witnesses(given.witness, given.need), given.need
        keys = read_recorder_keys(given.recorder)
        pin = read_pin(given.pin)
        result = check(files_in(given.folder), pin, roots, *witnesses, recorder=keys)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"the folder cannot be read: {error.strerror}; open the package first")
    text = json.dumps(as_json(result), indent=2) if given.json else ""
    print(text or "\n".join(map(harmless, in_words(result))))
    return result.exit_status


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console of Windows may lack letters
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())

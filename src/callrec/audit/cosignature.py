"""Cosignatures: a witness outside the practice states that it saw a head of the log, and when.

A witness signs, with a key of type 0x04 (`crypto.verifier_key`),

    cosignature/v1
    time <seconds since 1970>
    <the checkpoint's text, every line>

and its line in the note is key id[4] || time[8], big-endian || signature[64]. It is asked by

    old <size of the head that it cosigned last>
    <base64 of a hash>          the proof of consistency from there on, 63 lines at the most
    ...

    <the checkpoint, byte for byte>

Sources: c2sp.org/tlog-cosignature, "Ed25519 signed message"; c2sp.org/tlog-witness,
"add-checkpoint". Of ML-DSA-44 (type 0x06) nothing is checked: such lines are signatures by an
unknown key, which both ask a reader to ignore (docs/formats/witness.md, 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from callrec.audit.checkpoint import (
    DECIMAL,
    MAX_NOTE_BYTES,
    NoteSignature,
    decode_hash,
    encode_base64,
    parse_note,
)
from callrec.crypto.primitives import sign, verify
from callrec.crypto.verifier_key import VerifierKey
from callrec.dataclass import dataclass
from callrec.errors import Tampered

MAX_PROOF_LINES: Final = 63

_TIME_BYTES: Final = 8

_END_OF_TIME: Final = 1 << 37
"""Seconds since 1970, in the year 6325: a calendar has to hold what is read."""


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One that was checked: whose key saw the head, and when by its own clock."""

    key: VerifierKey
    at: datetime
    """UTC, whole seconds."""


@dataclass(frozen=True, slots=True)
class WitnessRequest:
    """What a witness is asked, as read; nothing of it was checked."""

    old: int
    """Leaves of the head that the witness is said to know; 0: none."""
    proof: tuple[bytes, ...]
    """As ``tree.consistency_proof`` gives it, 32 bytes each."""
    checkpoint: bytes
    """The signed note."""


def cosignature_line(text: str, key: VerifierKey, seed: bytes, at: int) -> str:
    """The line by which a witness cosigns a checkpoint's text; ``at``: seconds since 1970."""
    signature = at.to_bytes(_TIME_BYTES, "big") + sign(seed, _message(text, at))
    return NoteSignature(key.name, key.id, signature).text


def check_cosignatures(note: bytes, keys: Iterable[VerifierKey]) -> tuple[Cosignature, ...]:
    """Who of these cosigned a checkpoint, the newest of each; lines by other keys are ignored.

    Raises:
        Tampered: it is no signed note, or a line under the name and id of one of these keys is not
            its cosignature of this checkpoint.
    """
    read, found = parse_note(note), dict[VerifierKey, Cosignature]()
    for key in keys:
        for line in read.signatures:
            if (line.name, line.key_id) == (key.name, key.id):
                at = int.from_bytes(line.signature[:_TIME_BYTES], "big")
                if at >= _END_OF_TIME:
                    raise Tampered("a cosignature's time is beyond the calendar")
                verify(key.public, _message(read.text, at), line.signature[_TIME_BYTES:])
                made = Cosignature(key, datetime.fromtimestamp(at, UTC))
                found[key] = max(made, found.get(key, made), key=lambda each: each.at)
    return tuple(found.values())


def with_lines(note: bytes, answer: bytes, keys: Iterable[VerifierKey]) -> bytes:
    """A checkpoint with what a witness answered, as far as it is by these keys; the newest of each.

    Raises:
        Tampered: the answer is no signature lines, or one of theirs does not verify.
    """
    known = {(key.name, key.id): key for key in keys}
    both = note + answer
    check_cosignatures(both, known.values())
    there = parse_note(note).signatures
    new = [each for each in parse_note(both).signatures if each not in there]
    new.sort(key=lambda each: each.signature[:_TIME_BYTES])
    of_each = {(each.name, each.key_id): each.text for each in new}
    return note + "".join(text for key, text in of_each.items() if key in known).encode()


def write_request(request: WitnessRequest) -> bytes:
    """The body of an ``add-checkpoint``. Law: ``read_request(write_request(each)) == each``."""
    lines = [f"old {request.old}", *map(encode_base64, request.proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + request.checkpoint


def read_request(data: bytes) -> WitnessRequest:
    """Read the body of an ``add-checkpoint``.

    Raises:
        Tampered: it is not in its form.
    """
    top, gap, checkpoint = data.partition(b"\n\n")
    if not gap or len(data) > MAX_NOTE_BYTES:
        raise Tampered("a request to a witness is not in its form")
    first, *proof = top.decode("utf-8", "replace").split("\n")
    old = first.removeprefix("old ")
    if old == first or not DECIMAL.fullmatch(old) or len(proof) > MAX_PROOF_LINES:
        raise Tampered("a request to a witness is not in its form")
    return WitnessRequest(int(old), tuple(map(decode_hash, proof)), checkpoint)


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()

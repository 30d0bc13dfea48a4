"""A proof that a leaf is in the log, in one text file: c2sp.org/tlog-proof@v1.

c2sp.org/tlog-proof@v1
extra <base64>                 left out where there is none
index <number of the leaf>
<base64 of a hash>             the proof of inclusion, from the leaf's sibling up
...

<the checkpoint, byte for byte>
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from callrec.audit.checkpoint import (
    DECIMAL,
    Checkpoint,
    check_checkpoint,
    decode_base64,
    decode_hash,
)
from callrec.audit.tree import check_inclusion
from callrec.errors import Tampered

PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
"""First line of every proof."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it lies in its file; nothing of it is known to be true until it was checked."""

    seq: int
    """Number of the leaf, from 0."""
    hashes: tuple[bytes, ...]
    """As ``tree.inclusion_proof`` gives them, 32 bytes each."""
    checkpoint: bytes
    """The signed note."""
    extra: bytes = b""
    """Whatever is needed beside. No signature covers it: trust only what the leaf bears out."""


def write_proof(proof: Proof) -> bytes:
    """The file of a proof. Law: ``read_proof(write_proof(proof)) == proof``."""
    extra = [f"extra {_encode(proof.extra)}"] if proof.extra else []
    lines = [PROOF_HEADER, *extra, f"index {proof.seq}", *map(_encode, proof.hashes)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + proof.checkpoint


def read_proof(data: bytes) -> Proof:
    """Read the file of a proof without checking it. Law: only what ``write_proof`` wrote is read.

    Raises:
        Tampered: it is not one, to the letter of tlog-proof, "Format".
    """
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Tampered("a proof is not in its form") from error
    extra = b""
    if len(lines) > 1 and lines[1].startswith("extra "):
        extra = decode_base64(lines.pop(1).removeprefix("extra "))
        if not extra:
            raise Tampered("a proof has an extra line without anything in it")
    match lines:
        case [header, index, *hashes] if (
            gap and header == PROOF_HEADER and index.startswith("index ")
        ):
            return Proof(_number(index), tuple(map(decode_hash, hashes)), checkpoint, extra)
        case _:
            raise Tampered("a proof is not in its form")


def check_proof(proof: Proof, leaf: bytes, public: bytes, origin: str) -> Checkpoint:
    """Check that the log ``origin``, at a head signed by ``public``, has the leaf where it is said.

    Args:
        proof: as read.
        leaf: leaf hash (32 bytes) of the leaf that is to be proved.
        public: Ed25519 public key (32 bytes) of whoever signed the checkpoint.
        origin: name of the log, as ``checkpoint.origin`` gives it.

    Returns: the checkpoint, checked.

    Raises:
        Tampered: it has not.

    Source: tlog-proof, "Verifying a tlog proof", steps 2 and 4; there are no witnesses (step 3).
    """
    head = check_checkpoint(proof.checkpoint, public, origin)
    check_inclusion(leaf, proof.seq, head.size, proof.hashes, head.root)
    return head


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _number(line: str) -> int:
    number = line.removeprefix("index ")
    if not DECIMAL.fullmatch(number):
        raise Tampered("a proof has no number of a leaf")
    return int(number)

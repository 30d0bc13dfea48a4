"""The signed head of the log, and proofs as files.

A checkpoint:

    callrec/<vault id>
    <number of leaves>
    <base64 of the root>
    written <base64 of SHA-256>    where rows of the catalogue were written

    — callrec/<vault id> <base64 of key id[4] || signature[64]>

A proof that a leaf is in the log:

    c2sp.org/tlog-proof@v1
    extra <base64>                 left out where there is none
    index <number of the leaf>
    <base64 of a hash>             the proof of inclusion, from the leaf's sibling up
    ...

    <the checkpoint, byte for byte>

Sources: c2sp.org/tlog-checkpoint, c2sp.org/signed-note, c2sp.org/tlog-proof@v1. The only signature
type here is 0x01, Ed25519; signatures by other keys are ignored, as the second source demands.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from callrec.audit.tree import check_inclusion
from callrec.crypto.primitives import sha256, sign, signing_public, verify
from callrec.dataclass import dataclass, field
from callrec.errors import Tampered

KEY_ID_BYTES: Final = 4
HASH_BYTES: Final = 32

MAX_NOTE_BYTES: Final = 1_000_000
"""The longest note that is read: far more than the 16 signatures that it must have room for."""

_WRITTEN: Final = "written "
"""Before what a checkpoint says of rows: the one extension line that is ours."""

PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
"""First line of every proof."""

DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
"""A number as checkpoints and proofs write it: ASCII digits, no leading zero."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head: the log ``origin`` has ``size`` leaves, and their root is ``root``."""

    origin: str
    size: int
    root: bytes
    """32 bytes."""
    written: bytes = field(default=b"", compare=False)
    """SHA-256 of what was written into the catalogue before it; empty: nothing was."""

    @property
    def text(self) -> str:
        """The note's text, three lines or four (tlog-checkpoint, "Note text")."""
        extension = f"{_WRITTEN}{encode_base64(self.written)}\n" if self.written else ""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n{extension}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line of a note, not checked yet."""

    name: str
    key_id: bytes
    """4 bytes."""
    signature: bytes

    @property
    def text(self) -> str:
        """Its line, as the note has it."""
        return f"— {self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, as read: ignore the text until a signature is checked."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read from its file, not checked yet."""

    seq: int
    """Number of the leaf, from 0."""
    hashes: tuple[bytes, ...]
    """As ``tree.inclusion_proof`` gives them, 32 bytes each."""
    checkpoint: bytes
    """The signed note."""
    extra: bytes = b""
    """Additional data. No signature covers it: trust only what the leaf confirms."""


def origin(vault: str) -> str:
    """The name of a vault's log: the origin line, and every signer's key name."""
    return f"callrec/{vault}"


def key_id(name: str, public: bytes) -> bytes:
    """SHA-256(name || 0x0A || 0x01 || public key)[:4] (signed-note, "Ed25519 signatures")."""
    return sha256(name.encode(), b"\n\x01", public)[:KEY_ID_BYTES]


def sign_checkpoint(checkpoint: Checkpoint, seed: bytes) -> bytes:
    """The note of a checkpoint, signed with the ``log`` seed (32 bytes) of one identity."""
    name, text = checkpoint.origin, checkpoint.text
    id_, signature = key_id(name, signing_public(seed)), sign(seed, text.encode())
    return f"{text}\n{NoteSignature(name, id_, signature).text}".encode()


def parse_note(data: bytes) -> Note:
    """Read a signed note without checking its signatures.

    Raises:
        Tampered: it is not one, to the letter of signed-note, "Format".
    """
    text, gap, lines = _printable(data).rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise Tampered("a signed note has no signature")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    return Note(text + "\n", signatures)


def note_from_typed(data: bytes) -> bytes:
    """A checkpoint's note from what someone typed from paper; a correct note stays the same.

    Lines may break elsewhere, the blank one may be missing, and any dash counts. The note's
    signature is not checked here.
    """
    text = data.decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    parts = re.split(" [-\u2013\u2014]+ ", " ".join(["", *lines[3:], ""]))
    extension, *signed = (_unbroken(part.split()) for part in parts)
    made = [f"— {each}" for each in signed if each]
    return "\n".join([*lines[:3], *filter(None, [extension]), "", *made, ""]).encode()


def _unbroken(words: list[str]) -> str:
    """A word and what belongs to it, wherever its line was broken."""
    return f"{words[0]} {''.join(words[1:])}" if words else ""


def written_in(note: bytes) -> bytes:
    """What an unchecked note says of rows, if its fourth line does; else empty."""
    fourth = (*note.split(b"\n", 4), b"", b"", b"", b"")[3].decode(errors="replace")
    return decode_hash(fourth.removeprefix(_WRITTEN)) if fourth.startswith(_WRITTEN) else b""


def check_note(data: bytes, name: str, public: bytes) -> str:
    """The text of a signed note, after checking its signature by the key ``name``, ``public``.

    Raises:
        Tampered: not a note, not signed by that key, or a signature under its name is false.
    """
    note = parse_note(data)
    known = (name, key_id(name, public))
    ours = [s.signature for s in note.signatures if (s.name, s.key_id) == known]
    if not ours:
        raise Tampered("a signed note is not signed by the key expected")
    for signature in ours:
        verify(public, note.text.encode(), signature)
    return note.text


def check_checkpoint(data: bytes, public: bytes, origin: str) -> Checkpoint:
    """The checkpoint in a note, signed by ``public`` (Ed25519, 32 bytes) for the log ``origin``.

    Raises:
        Tampered: it is not.
    """
    return _checkpoint(check_note(data, origin, public), origin)


def is_signed_by(data: bytes, public: bytes, origin: str) -> bool:
    """Whether a note is a checkpoint that `check_checkpoint` takes."""
    try:
        check_checkpoint(data, public, origin)
    except Tampered:
        return False
    return True


def read_checkpoint(data: bytes, origin: str) -> Checkpoint:
    """The unchecked content of a note: use it only to choose the key to check it with.

    Raises:
        Tampered: it is not a note, or not one about this log.
    """
    return _checkpoint(parse_note(data).text, origin)


def encode_base64(data: bytes) -> str:
    """Base64 of RFC 4648, section 4."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes:
    """Bytes from what ``encode_base64`` wrote.

    Raises:
        Tampered: it is anything else, so that no two texts mean the same bytes.
    """
    try:
        data = base64.b64decode(text)
    except ValueError as error:
        raise Tampered("a line is not base64") from error
    # b64decode skips what it does not know, and ignores unused bits.
    if encode_base64(data) != text:
        raise Tampered("a line is not base64")
    return data


def decode_hash(text: str) -> bytes:
    """A SHA-256 hash, 32 bytes, from base64.

    Raises:
        Tampered: it is not base64, or not of 32 bytes.
    """
    data = decode_base64(text)
    if len(data) != HASH_BYTES:
        raise Tampered("a hash has the wrong length")
    return data


def _printable(data: bytes) -> str:
    """UTF-8 without control characters but newline (signed-note, "Format")."""
    if len(data) > MAX_NOTE_BYTES:
        raise Tampered("a signed note is too long")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Tampered("a signed note is not text") from error
    if any(character < " " and character != "\n" for character in text):
        raise Tampered("a signed note has control characters")
    return text


def _signature(line: str) -> NoteSignature:
    match line.split(" "):
        case ["—", name, encoded] if name and not any(c.isspace() or c == "+" for c in name):
            data = decode_base64(encoded)
        case _:
            raise Tampered("a signed note has a line that is not a signature")
    if len(data) <= KEY_ID_BYTES:
        raise Tampered("a signed note has a signature without bytes")
    return NoteSignature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def _checkpoint(text: str, expected: str) -> Checkpoint:
    # Lines after the third are extension lines: opaque, never empty; one of them may be ours.
    match text.removesuffix("\n").split("\n"):
        case [origin, size, root, *extensions] if DECIMAL.fullmatch(size) and all(extensions):
            ours = [line for line in extensions if line.startswith(_WRITTEN)]
            written = decode_hash(ours[0].removeprefix(_WRITTEN)) if ours else b""
            checkpoint = Checkpoint(origin, int(size), decode_hash(root), written)
        case _:
            raise Tampered("a checkpoint is not in its form")
    if checkpoint.origin != expected:
        raise Tampered("a checkpoint is of another log")
    return checkpoint


def write_proof(proof: Proof) -> bytes:
    """The file of a proof. Law: ``read_proof(write_proof(proof)) == proof``."""
    extra = [f"extra {encode_base64(proof.extra)}"] if proof.extra else []
    lines = [PROOF_HEADER, *extra, f"index {proof.seq}", *map(encode_base64, proof.hashes)]
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
            number = index.removeprefix("index ")
        case _:
            raise Tampered("a proof is not in its form")
    if not DECIMAL.fullmatch(number):
        raise Tampered("a proof has no number of a leaf")
    return Proof(int(number), tuple(map(decode_hash, hashes)), checkpoint, extra)


def check_proof(proof: Proof, leaf: bytes, public: bytes, origin: str) -> Checkpoint:
    """Check that the log ``origin``, at a head signed by ``public``, has the leaf in that place.

    Args:
        proof: as read.
        leaf: leaf hash (32 bytes) of the leaf to prove.
        public: Ed25519 public key (32 bytes) of the checkpoint's signer.
        origin: name of the log, as ``checkpoint.origin`` gives it.

    Returns: the checkpoint, checked.

    Raises:
        Tampered: it has not.

    Source: tlog-proof, "Verifying a tlog proof", steps 2 and 4; there are no witnesses (step 3).
    """
    head = check_checkpoint(proof.checkpoint, public, origin)
    check_inclusion(leaf, proof.seq, head.size, proof.hashes, head.root)
    return head

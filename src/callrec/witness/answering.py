"""What a witness answers: c2sp.org/tlog-witness, "add-checkpoint", in the order of that page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, NoteSignature, parse_note, read_checkpoint
from callrec.audit.cosignature import WitnessRequest, cosignature_line, read_request
from callrec.crypto.primitives import verify
from callrec.crypto.verifier_key import VerifierKey
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.witness.keeping import Witness

_NO_FORM: Final = "not in the form of c2sp.org/tlog-witness"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status of HTTP, and what goes with it."""

    status: HTTPStatus
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


def add_checkpoint(witness: Witness, body: bytes, at: int) -> Answer:
    """Cosign a head that continues the one cosigned last, which is kept before this returns.

    The caller sees to it that no two run at once.

    Args:
        witness: whose answer it is.
        body: what was sent.
        at: now, seconds since 1970.

    Raises:
        Misconfigured: what is cosigned cannot be kept, or the list of logs is not in its form.
    """
    try:
        request = read_request(body)
        origin = request.checkpoint.partition(b"\n")[0].decode()
    except (Tampered, UnicodeDecodeError):
        return _refused(HTTPStatus.BAD_REQUEST, _NO_FORM)
    if not origin:
        return _refused(HTTPStatus.BAD_REQUEST, _NO_FORM)
    if not (keys := witness.keys_of(origin)):
        return _refused(HTTPStatus.NOT_FOUND, "unknown log")
    if not (signed := _lines_of(request.checkpoint, keys)):
        return _refused(HTTPStatus.FORBIDDEN, "no valid signature by a key of that log")
    try:
        head = read_checkpoint(request.checkpoint, origin)
    except Tampered:
        return _refused(HTTPStatus.BAD_REQUEST, _NO_FORM)
    note = f"{parse_note(request.checkpoint).text}\n{''.join(line.text for line in signed)}"
    return _continued(witness, replace(request, checkpoint=note.encode()), head, at)


def _lines_of(note: bytes, keys: tuple[VerifierKey, ...]) -> tuple[NoteSignature, ...]:
    """The signatures by these keys; none where there is none, one is false, or it is no note."""
    try:
        read, found = parse_note(note), list[NoteSignature]()
    except Tampered:
        return ()
    for key in keys:
        for line in read.signatures:
            if (line.name, line.key_id) == (key.name, key.id):
                try:
                    verify(key.public, read.text.encode(), line.signature)
                except Tampered:
                    return ()
                found.append(line)
    return tuple(found)


def _continued(witness: Witness, request: WitnessRequest, head: Checkpoint, at: int) -> Answer:
    if request.old > head.size:
        return _refused(HTTPStatus.BAD_REQUEST, "the old size is beyond the checkpoint")
    last = witness.head(head.origin)
    size, root = (last[0].size, last[0].root) if last else (0, tree.EMPTY_ROOT)
    if request.old != size:
        return Answer(HTTPStatus.CONFLICT, f"{size}\n", "text/x.tlog.size")
    if not _continues(request, head, size, root):
        witness.keep_refused(head.origin, request.checkpoint)
        what = "it does not continue what was cosigned before: bad consistency proof"
        return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, what)
    text = parse_note(request.checkpoint).text
    line = cosignature_line(text, witness.key, witness.seed, at)
    witness.keep_head(head.origin, request.checkpoint + line.encode())
    return Answer(HTTPStatus.OK, line)


def _continues(request: WitnessRequest, head: Checkpoint, size: int, root: bytes) -> bool:
    """Whether a head goes on from one of ``size`` leaves, and an empty one has the root of none."""
    try:
        tree.check_consistency(size, head.size, request.proof, root, head.root)
    except Tampered:
        return False
    return head.size > 0 or head.root == tree.EMPTY_ROOT


def _refused(status: HTTPStatus, why: str) -> Answer:
    return Answer(status, f"{why}\n")

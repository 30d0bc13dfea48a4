"""What proves that something stands in the audit log, and what stands in it."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from callrec.archive.heads import _written
from callrec.audit import tree
from callrec.audit.checkpoint import (
    check_checkpoint,
    check_note,
    check_proof,
    note_from_typed,
    origin,
    parse_note,
    read_proof,
    write_proof,
)
from callrec.audit.erased import StatementReplay
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.stretch import decode_columns
from callrec.crypto.canonical import canonical
from callrec.crypto.context import STATEMENT_KINDS
from callrec.crypto.statement import Statement, sign_statement
from callrec.errors import Tampered
from callrec.package import callrec_verify
from fuzzing.target import Target
from package.offices import AT, Office, an_office, id_of
from vectors.audit.cases import cases

if TYPE_CHECKING:
    from collections.abc import Iterator

HASH: Final = 32


@cache
def _office() -> Office:
    """A log of eight entries."""
    office = an_office()
    office.enter("search", "dora")
    office.enter("search", "sam", subject=("ab" * 16,), detail="cd" * 32)
    return office


NAME: Final = origin(_office().vault)

DORA: Final = _office().keys["dora"].public

SIZE: Final = len(_office().leaves)


def _head(size: int) -> bytes:
    return _office().head(size, "dora")


@cache
def _heads() -> frozenset[bytes]:
    """The texts of every head that was signed."""
    return frozenset(_head(size).partition(b"\n\n")[0] + b"\n" for size in range(1, SIZE + 1))


def _note(data: bytes) -> None:
    try:
        text: str | None = check_note(data, NAME, DORA.log)
    except Tampered:
        text = None
    assert text is None or text.encode() in _heads()
    for note in (data, note_from_typed(data)):
        with suppress(Tampered):
            assert check_checkpoint(note, DORA.log, NAME).size <= SIZE
    with suppress(Tampered):
        parse_note(data).text.encode()
    try:
        callrec_verify.check_note(data, NAME, DORA.log)
        taken = True
    except callrec_verify.Wrong:
        taken = False
    assert taken == (text is not None), "callrec and callrec_verify.py differ"


def _notes() -> Iterator[bytes]:
    yield from (_head(1), _head(SIZE))
    text, _, signatures = _head(SIZE).partition(b"\n\n")
    yield text + b"\n\n" + "— somebody AAAAAAAAAA==\n".encode() + signatures
    for kind in ("notes", "checkpoints"):
        yield from (case.body for case in cases(kind))


def _proof(data: bytes) -> None:
    try:
        proof = read_proof(data)
    except Tampered:
        proof = None
    if proof is not None:
        assert write_proof(proof) == data
        for seq, leaf in enumerate(map(tree.leaf_hash, _office().leaves)):
            with suppress(Tampered):
                head = check_proof(proof, leaf, DORA.log, NAME)
                assert (proof.seq, head.size <= SIZE) == (seq, True)
    try:
        again = callrec_verify.read_proof(data)
    except callrec_verify.Wrong:
        return
    assert proof is not None, "callrec_verify.py reads what callrec does not"
    assert (again.index, again.path, again.extra) == (proof.seq, proof.hashes, proof.extra)


def _proofs() -> Iterator[bytes]:
    for seq, size in ((0, 1), (3, 8), (7, 8)):
        hashes = _office().path(seq, size)
        body = b"".join(base64.b64encode(each) + b"\n" for each in hashes)
        yield b"c2sp.org/tlog-proof@v1\nindex %d\n%s\n%s" % (seq, body, _head(size))
    yield from (case.body for case in cases("proofs"))


def _root(size: int) -> bytes:
    return tree.root(size, _office()._node)  # noqa: SLF001 - its own tree


def _tree_proof(data: bytes) -> None:
    """Two sizes, a root that is claimed for the smaller, and hashes: is it a beginning of the log?

    And a leaf of the larger that is claimed by the same hashes.
    """
    old, new = (data[0] % (SIZE + 2), data[1] % SIZE + 1) if len(data) > 1 else (0, 1)
    claimed, rest = data[2 : 2 + HASH], data[2 + HASH :]
    hashes = [rest[at : at + HASH] for at in range(0, len(rest), HASH)]
    with suppress(Tampered):
        tree.check_consistency(old, new, hashes, claimed, _root(new))
        assert claimed == (_root(old) if old else tree.EMPTY_ROOT)
    with suppress(Tampered):
        tree.check_inclusion(claimed, old, new, hashes, _root(new))
        assert claimed == tree.leaf_hash(_office().leaves[old])
    included = callrec_verify.is_included(claimed, old, new, hashes, _root(new))
    assert not included or claimed == tree.leaf_hash(_office().leaves[old])


def _tree_proofs() -> Iterator[bytes]:
    for old, new in ((1, 8), (3, 7), (4, 8), (8, 8)):
        proof = tree.consistency_proof(old, new, _office()._node)  # noqa: SLF001 - likewise
        yield bytes([old, new - 1]) + _root(old) + b"".join(proof)
        leaf = tree.leaf_hash(_office().leaves[old - 1])
        yield bytes([old - 1, new - 1]) + leaf + b"".join(_office().path(old - 1, new))


def _leaf(data: bytes) -> None:
    """As the first of a log, and as its fifth."""
    for seq in (0, 4):
        try:
            leaf = Leaf.decode(data, seq)
        except Tampered:
            leaf = None
        assert leaf is None or leaf.encode() == data
        ours = leaf if leaf is not None and leaf.log == NAME else None
        try:
            said = decode_columns([data], seq, NAME)
        except Tampered:
            assert ours is None, "the quick reader does not take what the slow one takes"
        else:
            assert ours is not None, "the quick reader takes what the slow one does not"
            assert said.actors == [ours.actor]
        try:
            callrec_verify.read_leaf(data, seq, NAME)
        except callrec_verify.Wrong:
            assert ours is None, "callrec_verify.py does not take what callrec takes"
        else:
            assert ours is not None, "callrec_verify.py takes what callrec does not"


def _leaves() -> Iterator[bytes]:
    yield _office().leaves[0]
    yield from (data.replace(b'"seq":7', b'"seq":4') for data in _office().leaves[1:])
    yield from (case.body for case in cases("leaves"))


def _signed(data: bytes) -> None:
    """A list of what a Data Controller signs with a program of her own: act, kind, and members."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return
    stated = StatementReplay(_office().vault, trusted_up_to=0)
    stated.take(Leaf.decode(_office().leaves[0], 0), _row(None))
    _take(stated, 1, _office().statements[1])
    for seq, each in enumerate(told if isinstance(told, list) else (), 2):
        if not isinstance(each, dict) or str(each.get("kind")) not in STATEMENT_KINDS:
            continue
        try:
            statement = sign_statement(
                each["kind"],
                vault=_office().vault,
                by=id_of("dora"),
                at=AT,
                seed=_office().keys["dora"].act,
                fields={name: value for name, value in each.items() if name != "act"},
            )
        except ValueError:  # it cannot be written
            continue
        with suppress(Tampered):
            _take(stated, seq, statement, act=str(each.get("act")))
    assert stated.register is not None
    for voucher in stated.register.people():
        repr(stated.register.person(voucher.person.id))


def _take(
    stated: StatementReplay, seq: int, statement: Statement, act: str = "person.confirmed"
) -> None:
    try:
        leaf = Leaf(
            act=act,
            actor=statement.by,
            at="2026-08-02T23:15:00.000Z",
            detail="",
            log=NAME,
            outcome=Outcome.DONE,
            seq=seq,
            statement=statement.digest,
            subject=("33" * 16,),
        )
    except ValueError:  # the words of the act
        return
    stated.take(leaf, _row(statement))
    if statement.kind == "volume":
        _written(statement, leaf)


def _row(statement: Statement | None) -> Any:
    """As a row of the catalogue has it."""
    if statement is None:
        return SimpleNamespace(statement=None, kind=None, signed=None, signature=None)
    return SimpleNamespace(
        statement=statement.digest,
        kind=statement.kind,
        signed=statement.body,
        signature=statement.signature,
    )


def _statements() -> Iterator[bytes]:
    heads = {"at", "by", "vault"}
    made = [
        {name: value for name, value in each.fields.items() if name not in heads}
        for each in _office().statements.values()
    ]
    made[2]["keys"] = made[1]["keys"]  # a public key is long
    yield canonical(made[1:])
    yield canonical([{"kind": "approval", "request": "44" * 16, "items": [{"uid": "55" * 16}]}])
    yield canonical(
        [
            {"kind": "approval", "request": "44" * 16, "items": [{"uid": "55" * 16}]},
            {
                "act": "request.carried-out",
                "kind": "destruction",
                "certificate": "66" * 16,
                "number": 1,
                "request": "44" * 16,
                "items": [{"uid": "55" * 16}],
                "kept": [{"uid": "77" * 16, "code": "claim"}],
                "details": [0],
            },
        ]
    )
    yield canonical(
        [
            {"kind": "seal", "shares": [{"key": "index", "sha256": "x", "to": "y", "version": 1}]},
            {"kind": "key", "keys": [{"key": "index", "public": "AAAA", "version": 1}]},
            {"kind": "kit", "serial": 2, "previous": "", "keys": made[1]["keys"]},
        ]
    )
    volume = {"bag": "x", "catalogue": "y", "keys": "z", "manifest": "", "volume": "33" * 16}
    yield canonical([{"kind": "volume", "act": "archive", "erased": ["88" * 16], **volume}])


TARGETS: Final = (
    Target(
        name="checkpoints",
        reads="a head of the log as a signed note, with whatever signatures, or typed from paper",
        holds="a text verifies only if it was signed; callrec_verify.py takes the same",
        one=_note,
        seeds=_notes,
        words=("— ".encode(), b"\n\n", NAME.encode(), b"\xe2\x80\xa8"),
    ),
    Target(
        name="proofs",
        reads="a proof that a leaf is in the log, with its head",
        holds="it proves a leaf only at its place; callrec_verify.py reads the same",
        one=_proof,
        seeds=_proofs,
        words=(b"c2sp.org/tlog-proof@v1\n", b"extra ", b"index ", b"\n\n", "— ".encode()),
    ),
    Target(
        name="tree-proofs",
        reads="hashes that are said to prove a leaf, or that one log begins as another",
        holds="they prove what is so and nothing else",
        one=_tree_proof,
        seeds=_tree_proofs,
        longest=2 + HASH * 8,
    ),
    Target(
        name="leaves",
        reads="an entry of the log",
        holds="the slow reader, the quick one and callrec_verify.py take the same",
        one=_leaf,
        seeds=_leaves,
        longest=8200,
        words=(b'"subject":[', b'"seq":4', b'"v":1', b'"founders":{', b"2024-02-29", b"\\u0061"),
    ),
    Target(
        name="signed-statements",
        reads="statements that somebody entitled signed with a program of their own",
        holds="each is taken, or is no more than tampering",
        one=_signed,
        seeds=_statements,
        longest=9000,
        words=(b'"kind":"kit"', b'"kind":"claim"', b"[]", b"{}", b"null", b'"serial":', b"true"),
    ),
)

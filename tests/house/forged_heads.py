"""What somebody signs with a key that they kept: a run that never was, in a log that never was."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

from callrec.archive.heads import VolumeStatement
from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, Proof, origin, sign_checkpoint, write_proof
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import Head, stored_head
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical, format_instant
from callrec.crypto.statement import sign_statement
from callrec.restore.rebuild import open_volumes
from house.practices import House

RUN = "20261124T180000Z-1"


def size_of_log(house: House) -> int:
    with reading(house.practice.engine) as connection:
        return stored_head(connection).size


def forged_head(
    house: House, at: Path, *, login: str, seq: int, size: int, erased: Sequence[str] = ()
) -> Callable[[], None]:
    """A proof as of now, of leaf ``seq`` in a log of ``size``; returns what lays it on a drive."""
    (volume,) = open_volumes([at])
    actor = house.actor(login)
    assert actor.identity
    said = sign_statement(
        "volume",
        vault=house.practice.vault,
        by=actor.person.id,
        at=house.at,
        seed=actor.identity.act,
        fields=VolumeStatement(
            volume=volume.volume,
            name=RUN,
            manifest="",
            catalogue="ca" * 32,
            keys="4e" * 32,
            head=Head(seq, bytes(32)),
            erased=tuple(erased),
        ).fields,
    )
    leaf = Leaf(
        act="archive",
        actor=actor.person.id,
        at=format_instant(house.at),
        detail="",
        log=origin(house.practice.vault),
        outcome=Outcome.DONE,
        seq=seq,
        statement=said.digest,
        subject=(volume.volume,),
    ).encode()

    def read(level: int, index: int) -> bytes:
        """Every node but those above the leaf is zero."""
        if index != seq >> level:
            return bytes(32)
        if level == 0:
            return tree.leaf_hash(leaf)
        return tree.node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    head = Checkpoint(origin(house.practice.vault), size, tree.root(size, read))
    signed = {"leaf": leaf, "signature": said.signature, "statement": said.body}
    extra = canonical({name: base64.b64encode(data).decode() for name, data in signed.items()})
    note = sign_checkpoint(head, actor.identity.log)
    proof = write_proof(Proof(seq, tree.inclusion_proof(seq, size, read), note, extra))
    return lambda: volume.write_head(RUN, proof)

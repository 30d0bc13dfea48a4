"""What a proof on a volume must say, and who must have said it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callrec.archive.heads import VolumeStatement, check_head, check_volume_statement
from callrec.audit.checkpoint import read_proof, write_proof
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import Head, node_reader, stored_head
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical, format_instant, parse
from callrec.crypto.statement import Statement, sign_statement
from callrec.errors import Tampered
from house import practices
from house.drives import archive, drive, last, one_more_call, set_back, verify
from house.practices import House
from house.requests import by_sql
from house.stages import ARCHIVED, looked_at

VOLUME = "70" * 16

twice = looked_at(ARCHIVED)


@pytest.fixture
def house(archived: House) -> House:
    return archived


def a_statement(house: House, *, kind: str = "volume", by: str = "max", key: str = "") -> Statement:
    signer = house.actor(key or by).identity
    assert signer
    return sign_statement(
        kind,
        vault=house.practice.vault,
        by=house.actor(by).person.id,
        at=house.at,
        seed=signer.act,
        fields=VolumeStatement(
            volume=VOLUME,
            name="20261124T120000Z-1",
            manifest="3a" * 32,
            catalogue="ca" * 32,
            keys="4e" * 32,
            head=Head(18, bytes(32)),
        ).fields,
    )


def a_leaf(house: House, said: Statement, **changed: Any) -> Leaf:
    """The leaf that max writes for it."""
    leaf = Leaf(
        act="archive",
        actor=house.actor("max").person.id,
        at=format_instant(house.at),
        detail="",
        log=f"callrec/{house.practice.vault}",
        outcome=Outcome.DONE,
        seq=1000,
        statement=said.digest,
        subject=(VOLUME,),
    )
    return replace(leaf, **changed)


def test_what_a_manager_says_of_a_volume_counts(twice: House) -> None:
    said = check_volume_statement(
        twice.practice, a_leaf(twice, a_statement(twice)), a_statement(twice)
    )
    assert (said.volume, said.name, said.seq) == (VOLUME, "20261124T120000Z-1", 1000)
    assert (said.manifest, said.catalogue, said.keys) == ("3a" * 32, "ca" * 32, "4e" * 32)


LEAVES: dict[str, tuple[dict[str, Any], str]] = {
    "of another act": ({"act": "ingest"}, "not the one that its leaf carries"),
    "of what failed": ({"outcome": Outcome.FAILED}, "not the one that its leaf carries"),
    "of another statement": ({"statement": "0" * 64}, "not the one that its leaf carries"),
    "of another person": ({"actor": "a" * 32}, "made by another than its leaf says"),
    "about another volume": ({"subject": ("0" * 32,)}, "not in its form"),
    "about two volumes": ({"subject": (VOLUME, VOLUME)}, "not in its form"),
    "from before he was vouched for": ({"seq": 1}, "nobody vouched"),
}


@pytest.mark.parametrize(("changed", "words"), LEAVES.values(), ids=LEAVES)
def test_a_statement_counts_for_nothing_under_a_leaf(
    twice: House, changed: dict[str, Any], words: str
) -> None:
    statement = a_statement(twice)
    with pytest.raises(Tampered, match=words):
        check_volume_statement(twice.practice, a_leaf(twice, statement, **changed), statement)


STATEMENTS: dict[str, tuple[dict[str, str], str]] = {
    "of another kind": ({"kind": "approval"}, "of another kind"),
    "by another than the leaf's actor": ({"by": "dora"}, "made by another"),
    "signed by another": ({"key": "dora"}, "signature does not verify"),
}


@pytest.mark.parametrize(("made", "words"), STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_counts_for_nothing(twice: House, made: dict[str, str], words: str) -> None:
    statement = a_statement(twice, **made)
    with pytest.raises(Tampered, match=words):
        check_volume_statement(twice.practice, a_leaf(twice, statement), statement)


def test_a_statement_counts_for_nothing_by_somebody_who_may_not_archive(twice: House) -> None:
    statement, sam = a_statement(twice, by="sam"), twice.actor("sam").person.id
    with pytest.raises(Tampered, match="may not archive"):
        check_volume_statement(twice.practice, a_leaf(twice, statement, actor=sam), statement)


WHOLE = VolumeStatement(
    volume=VOLUME,
    name="20261124T120000Z-1",
    head=Head(18, bytes(32)),
    manifest="3a" * 32,
    catalogue="ca" * 32,
    keys="4e" * 32,
).fields

FORMLESS: dict[str, dict[str, Any]] = {
    "of which most are missing": {"volume": VOLUME},
    "with a name that leads elsewhere": {**WHOLE, "bag": "../../x-1"},
    "with a name of no day": {**WHOLE, "bag": "20261324T120000Z-1"},
    "with a name of the last day that there can be": {**WHOLE, "bag": "99991231T235959Z-1"},
    "with a number for what was erased": {**WHOLE, "erased": 5},
}


@pytest.mark.parametrize("fields", FORMLESS.values(), ids=FORMLESS)
def test_a_statement_counts_for_nothing_with_fields(fields: dict[str, Any], twice: House) -> None:
    identity = twice.actor("max").identity
    assert identity
    statement = sign_statement(
        "volume",
        vault=twice.practice.vault,
        by=twice.actor("max").person.id,
        at=twice.at,
        seed=identity.act,
        fields=fields,
    )
    with pytest.raises(Tampered, match="not in its form"):
        check_volume_statement(twice.practice, a_leaf(twice, statement), statement)


# What lies on the drive.


def without_extra(data: bytes) -> bytes:
    return write_proof(replace(read_proof(data), extra=b""))


def with_extra(data: bytes, **changed: str) -> bytes:
    proof = read_proof(data)
    return write_proof(replace(proof, extra=canonical({**parse(proof.extra), **changed})))


def another_statement(data: bytes) -> bytes:
    body = parse(read_proof(data).extra)["leaf"]
    return with_extra(data, statement=body)


def another_leaf(data: bytes) -> bytes:
    statement = parse(read_proof(data).extra)["statement"]
    return with_extra(data, leaf=statement)


PROOFS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "that is none": (lambda _: b"", "a proof is not in its form"),
    "without its statement": (without_extra, "not in its canonical form"),
    "with a part of it": (lambda data: with_extra(data, leaf=""), "not in its form"),
    "with another text in the statement's place": (another_statement, "lacks its head"),
    "with another text in the leaf's place": (another_leaf, "is not in its form"),
    "with another signature": (
        lambda data: with_extra(data, signature="AAAA"),
        "signature does not verify",
    ),
    "with what is no base64": (lambda data: with_extra(data, signature="A"), "not base64"),
    "of another place in the log": (
        lambda data: write_proof(replace(read_proof(data), seq=read_proof(data).seq - 1)),
        "is not in its form",
    ),
    "that leads elsewhere": (
        lambda data: write_proof(
            replace(read_proof(data), hashes=(bytes(32), *read_proof(data).hashes[1:]))
        ),
        "does not lead to the root",
    ),
}


@pytest.mark.parametrize(("change", "words"), PROOFS.values(), ids=PROOFS)
def test_a_proof_is_refused(twice: House, change: Callable[[bytes], bytes], words: str) -> None:
    data = change(last(drive(twice) / "heads").read_bytes())
    with reading(twice.practice.engine) as connection, pytest.raises(Tampered, match=words):
        check_head(twice.practice, data, stored_head(connection), node_reader(connection))


def test_a_proof_of_a_log_that_went_another_way_is_refused(house: House, tmp_path: Path) -> None:
    other = practices.copy(house, tmp_path / "other")
    archive(house, drive(house), by="dora")
    for _ in range(3):
        one_more_call(other)
    set_back(drive(other), drive(house))
    report = verify(other, drive(other))
    said = "is not the beginning of the vault's"
    strange = [fault for fault in report.faults if said in fault.what]
    assert [fault.path for fault in strange] == [f"heads/{last(drive(house) / 'heads').name}"]


def test_a_signature_changed_in_the_vault_is_found(house: House) -> None:
    by_sql(house, "UPDATE statement SET signature = zeroblob(64) WHERE kind = 'volume'")
    with pytest.raises(Tampered, match="signature does not verify"):
        verify(house, drive(house))

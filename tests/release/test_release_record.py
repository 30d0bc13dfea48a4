"""What a package shows of the practice's record, read again by other means than wrote it.

And what becomes of a release to which something else happens on the way.
"""

from __future__ import annotations

import base64
import json
from contextlib import nullcontext
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from callrec.audit import tree
from callrec.audit.checkpoint import Proof, check_proof, origin, read_proof
from callrec.audit.leaf import Leaf, Outcome, detail_commitment
from callrec.audit.log import read_leaf
from callrec.audit.register import Founders, Register, replay
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.primitives import sha256
from callrec.crypto.statement import read_statement
from callrec.errors import Failed, Refused, Tampered
from callrec.package.callrec_verify import check_signature
from callrec.package.manifest import Manifest
from callrec.package.package import NAMESPACE, allowed_signers_line
from callrec.policy.edits import read_silence
from callrec.policy.role import Role
from callrec.release.copies import Enclosed
from callrec.release.packing import write_manifest
from callrec.release.record import record_delivered, record_failed, record_prepared
from callrec.requests.decide import revoke_grants
from callrec.requests.grants import UsableGrant
from callrec.requests.open import read_request
from house.packages import Package, a_package, release
from house.people import change_role
from house.practices import House
from house.requests import ANOTHER_REASON, approve, grants_of, last_leaf, rows, signed_in, state_of
from house.stages import GRANTED, Stages


@pytest.fixture
def office(granted: House) -> House:
    """R-1 is sam's, for recordings 1 and 2, and max has approved it."""
    return granted


def proof_in(package: Package) -> tuple[Proof, dict[str, Any]]:
    proof = read_proof(package.read("release.tlog-proof"))
    extra: dict[str, Any] = parse(proof.extra)
    return proof, extra


def replayed(package: Package) -> tuple[bytes, Register]:
    """Leaf 0 and the register, from signers.json and the proof's checkpoint alone."""
    proof, _ = proof_in(package)
    _, size, root = proof.checkpoint.decode().split("\n")[:3]
    entries = json.loads(package.read("signers.json"))["entries"]
    for entry in entries:
        hashes = [base64.b64decode(each) for each in entry["proof"]]
        leaf_hash = tree.leaf_hash(base64.b64decode(entry["leaf"]))
        tree.check_inclusion(leaf_hash, entry["seq"], int(size), hashes, base64.b64decode(root))
    first = base64.b64decode(entries[0]["leaf"])
    founded = Leaf.decode(first, 0)
    assert founded.founders is not None
    founders = Founders.from_json(founded.founders)
    said = [
        (
            Leaf.decode(base64.b64decode(entry["leaf"]), entry["seq"]),
            read_statement(
                base64.b64decode(entry["statement"]["body"]),
                base64.b64decode(entry["statement"]["signature"]),
                founders.vault,
            ),
        )
        for entry in entries[1:]
    ]
    return first, replay(founders, said)


def test_the_proof_shows_the_leaf_at_a_head_that_the_releaser_signed(package: Package) -> None:
    proof, extra = proof_in(package)
    practice = package.house.practice
    public = practice.register.public_keys(package.manifest["released_by"]).log
    leaf, name = base64.b64decode(extra["leaf"]), origin(practice.vault)
    assert check_proof(proof, tree.leaf_hash(leaf), public, name).size == proof.seq + 1
    with pytest.raises(Tampered):
        check_proof(proof, tree.leaf_hash(leaf + b" "), public, name)
    with reading(practice.engine) as connection:
        assert read_leaf(connection, proof.seq)[1] == leaf


def test_the_leaf_commits_to_the_manifest_in_the_package(package: Package) -> None:
    proof, extra = proof_in(package)
    leaf = Leaf.decode(base64.b64decode(extra["leaf"]), proof.seq)
    assert leaf.act == "release.prepared"
    assert extra["details"] == {"manifest": sha256(package.read("manifest.json")).hex()}
    nonce, details = bytes.fromhex(extra["nonce"]), canonical(extra["details"])
    vault = package.house.practice.vault
    assert leaf.detail == detail_commitment(vault, proof.seq, nonce, details)


def test_from_the_vault_root_alone_a_reader_comes_to_the_releaser_s_keys(
    package: Package,
) -> None:
    first, register = replayed(package)
    assert sha256(first) == package.house.practice.root
    person = package.manifest["released_by"]
    keys = register.public_keys(person)
    line = allowed_signers_line(person, keys.act, NAMESPACE)
    assert package.read("allowed_signers").decode() == f"{line}\n"
    check_signature(package.read("manifest.json"), package.read("manifest.json.sig"), keys.act)
    proof, extra = proof_in(package)
    leaf = tree.leaf_hash(base64.b64decode(extra["leaf"]))
    check_proof(proof, leaf, keys.log, origin(register.founders.vault))


def test_the_signers_are_those_it_takes_and_nobody_else(package: Package) -> None:
    """Dora brought in Max, who approved, and Sam, who released; Pat signed for both."""
    _, register = replayed(package)
    assert register.vouchers.keys() == {
        signed_in(package.house, n).person.id for n in ("dora", "max", "sam", "pat")
    }


def test_a_later_voucher_of_the_releaser_is_among_them(office: House) -> None:
    change_role(office.practice, office.actor("dora"), login="sam", role=Role.MANAGER)
    office.open()
    _, register = replayed(a_package(office))
    sam = register.person(signed_in(office, "sam").person.id)
    assert sam.role is Role.MANAGER


def test_what_became_of_whoever_vouched_is_not_told(office: House) -> None:
    dora = office.actor("dora")
    change_role(office.practice, dora, login="pat", role=Role.DATA_CONTROLLER)
    change_role(office.open(), office.actor("pat"), login="dora", role=Role.MANAGER)
    office.open()
    _, register = replayed(a_package(office))
    assert register.person(dora.person.id).role is Role.DATA_CONTROLLER


def manifest_for(house: House, grants: tuple[UsableGrant, ...]) -> Manifest:
    enclosed = Enclosed((), (), {})
    sam = signed_in(house, "sam")
    return write_manifest(
        house.practice, sam, grants, enclosed, release=token_hex(16), call_data={}
    )


def prepared(house: House) -> Manifest:
    """A release that has come as far as its first leaf."""
    grants = grants_of(house, "R-1")
    manifest = manifest_for(house, grants)
    record_prepared(house.practice, signed_in(house, "sam"), manifest, grants)
    return manifest


def failed(house: House, manifest: Manifest, why: str) -> None:
    sam = signed_in(house, "sam")
    record_failed(house.practice, sam, manifest.request, manifest.release, why)


def delivered(house: House, manifest: Manifest) -> None:
    sam = signed_in(house, "sam")
    with reading(house.practice.engine) as connection:
        request = read_request(house.practice, sam, connection, "R-1")
    record_delivered(house.practice, sam, request, manifest, {})


def states_of_grants(house: House) -> set[str]:
    return {row.state for row in rows(house, "SELECT state FROM grant_")}


def test_a_package_in_preparation_takes_the_grants_out_of_use(office: House) -> None:
    prepared(office)
    assert states_of_grants(office) == {"prepared"}
    with pytest.raises(Refused, match="being prepared"):
        grants_of(office, "R-1")


def test_one_that_failed_puts_them_back(office: House) -> None:
    manifest = prepared(office)
    failed(office, manifest, "the drive is full")
    assert states_of_grants(office) == {"granted"}
    assert len(grants_of(office, "R-1")) == 2


def test_what_was_revoked_before_the_first_leaf_is_not_prepared(office: House) -> None:
    grants = grants_of(office, "R-1")
    manifest = manifest_for(office, grants)
    revoke_grants(office.practice, signed_in(office, "max"), "R-1", reason=ANOTHER_REASON)
    before = last_leaf(office)
    sam = signed_in(office, "sam")
    with pytest.raises(Failed, match="something else happened"):
        record_prepared(office.practice, sam, manifest, grants)
    assert last_leaf(office) == before


def test_what_was_revoked_while_it_was_prepared_is_not_delivered(office: House) -> None:
    manifest = prepared(office)
    revoke_grants(office.practice, signed_in(office, "max"), "R-1", reason=ANOTHER_REASON)
    with pytest.raises(Refused):
        delivered(office, manifest)
    failed(office, manifest, "it was revoked")
    assert last_leaf(office).outcome is Outcome.DONE
    assert state_of(office, "R-1") == "submitted"
    approve(office, "R-1")
    assert release(office).path.exists()


def test_what_was_approved_anew_while_it_was_prepared_is_not_delivered(office: House) -> None:
    manifest = prepared(office)
    approve(office, "R-1", edits=(read_silence("1@0.1-0.2=not-relevant"),))
    with pytest.raises(Refused, match="approved anew while the release was made"):
        delivered(office, manifest)
    failed(office, manifest, "it was approved anew")
    assert [bool(grant.edits) for grant in grants_of(office, "R-1")] == [True, False]


@pytest.mark.parametrize("when", ["before the next was begun", "after"])
def test_one_of_an_older_approval_that_fails_lets_nobody_release_twice(
    office: House, when: str
) -> None:
    older = prepared(office)
    approve(office, "R-1")
    if when == "after":
        prepared(office)
        failed(office, older, "it was approved anew")
    else:
        failed(office, older, "it was approved anew")
        prepared(office)
    assert states_of_grants(office) == {"prepared"}
    with pytest.raises(Refused, match="is being prepared"):
        grants_of(office, "R-1")


def test_what_is_approved_for_somebody_else_meanwhile_stops_no_delivery(office: House) -> None:
    manifest = prepared(office)
    approve(office, "R-1", to="pat")
    delivered(office, manifest)
    assert last_leaf(office).act == "release.delivered"


def test_what_was_taken_for_cut_off_is_not_delivered_any_more(office: House) -> None:
    manifest = prepared(office)
    failed(office, manifest, "the run was cut off")
    with pytest.raises(Refused, match="taken for one that was cut off"):
        delivered(office, manifest)
    assert len(grants_of(office, "R-1")) == 2


def test_what_was_delivered_never_fails_afterwards(office: House) -> None:
    manifest = prepared(office)
    delivered(office, manifest)
    last = last_leaf(office)
    failed(office, manifest, "the state directory is full")
    assert last_leaf(office) == last
    approve(office, "R-1")
    assert len(grants_of(office, "R-1")) == 2


@settings(
    max_examples=settings().max_examples // 5,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    deeds=st.lists(
        st.tuples(
            st.sampled_from(["approve", "begin", "begin", "deliver", "fail"]), st.integers(0)
        ),
        min_size=4,
        max_size=10,
    )
)
@example(deeds=[(deed, 0) for deed in ("begin", "approve", "fail", "begin", "begin")])
@example(deeds=[("begin", 0), ("approve", 0), ("begin", 0), ("fail", 0), ("begin", 0)])
def test_each_approval_is_released_once_whatever_is_begun_and_how_it_ends(
    stages: Stages, tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, int]]
) -> None:
    office = stages.copy(GRANTED, tmp_path_factory.mktemp("releases"))
    newest, used = 1, set[int]()
    under_way: list[tuple[Manifest, int]] = []
    for deed, which in deeds:
        if deed == "approve":
            approve(office, "R-1")
            newest += 1
        elif deed == "begin":
            is_free = newest not in used | {approval for _, approval in under_way}
            with nullcontext() if is_free else pytest.raises(Refused):
                under_way.append((prepared(office), newest))
        elif under_way:
            manifest, approval = under_way.pop(which % len(under_way))
            if deed == "deliver" and approval == newest:
                delivered(office, manifest)
                used.add(approval)
                continue
            if deed == "deliver":
                with pytest.raises(Refused, match="approved anew"):
                    delivered(office, manifest)
            failed(office, manifest, "the drive is full")

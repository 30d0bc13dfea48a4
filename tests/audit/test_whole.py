"""The quick reading of a log counts as the slow one does, trusts what it may, and no more.

With details that were erased, which no other log of these tests has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Engine

from audit.registers import AT
from callrec.audit import stretch, tree
from callrec.audit.leaf import MAX_LEAF_BYTES, NOBODY, Leaf, Outcome
from callrec.audit.log import Log, Signer, log_transaction, read_leaf
from callrec.audit.remembered import Problem, VerificationResult, VerifiedState
from callrec.audit.stretch import StretchExpectations, check_stretch, decode_columns
from callrec.audit.verify import verify_leaf_by_leaf
from callrec.audit.whole import log_keys, verify_fast, verify_new_fast
from callrec.catalogue.engine import reading, sqlite_connection
from callrec.crypto.identity import Identity
from callrec.crypto.statement import Statement, sign_statement
from callrec.errors import Tampered
from callrec.people.vouching import voucher_fields
from callrec.policy.role import PersonId, Role, Standing
from house.practices import House
from house.stages import Stage, copied
from registers.test_audit_verify import edit, flip
from registers.test_audit_whole import short_stretches

UID = "aa" * 16


def say(house: House, kind: str, act: str = "request.approved", **fields: Any) -> Statement:
    """A statement of dora's under a leaf of its own."""
    dora = house.actor("dora")
    assert dora.identity is not None
    statement = sign_statement(
        kind,
        vault=house.practice.vault,
        by=dora.person.id,
        at=AT,
        seed=dora.identity.act,
        fields=fields,
    )
    with log_transaction(*of_log(house), dora.signer) as writer:
        writer.leaf(act, actor=dora.person.id, statement=statement)
    return statement


def failed_login(house: House) -> int:
    with log_transaction(*of_log(house), None) as act:
        return act.leaf("login", actor=NOBODY, details={"login": "sam"}, outcome=Outcome.FAILED)


def listed(house: House, login: str) -> int:
    actor = house.actor(login)
    with log_transaction(*of_log(house), actor.signer) as act:
        return act.leaf("people.listed", actor=actor.person.id)


def erase(house: House, *seqs: int, request: str = "r1") -> None:
    """Somebody's recording is destroyed under an approval, and these details with it."""
    decided: dict[str, Any] = {"requester": "", "countersigned": "", "break_glass": False}
    approval = say(house, "approval", request=request, items=[{"uid": UID}], **decided)
    say(
        house,
        "destruction",
        "request.carried-out",
        approvals=[approval.digest],
        certificate="C-1",
        number=1,
        request=request,
        items=[{"uid": UID}],
        kept=[],
        details=[*seqs],
    )
    edit(house, f"DELETE FROM detail WHERE seq IN ({', '.join(map(str, seqs))})")


def erase_one(house: House) -> None:
    """57 leaves; then 57 and 58 by nobody, of which the details of 58 are erased.

    61 says so; and there are 63, one less than a whole tree has.
    """
    for _ in range(27):
        listed(house, "max")
    failed_login(house)
    gone = failed_login(house)
    listed(house, "max")
    erase(house, gone)
    failed_login(house)


house = copied(Stage("erased", erase_one))


@pytest.fixture(params=[2, 13], ids=["stretches of four", "one stretch"], autouse=True)
def _level(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        short_stretches(patch, int(request.param))
        yield


def sound(house: House, seen: VerifiedState | None = None) -> VerificationResult | None:
    with reading(house.practice.engine) as connection:
        return verify_fast(connection, house.practice.vault, seen)


def is_sound(house: House) -> VerificationResult:
    found = sound(house)
    assert found is not None
    return found


def each(house: House) -> VerificationResult:
    with reading(house.practice.engine) as connection:
        return verify_leaf_by_leaf(connection, house.practice.vault)


def newly(house: House, seen: VerifiedState) -> VerificationResult | None:
    with reading(house.practice.engine) as connection:
        return verify_new_fast(connection, house.practice.vault, seen)


def seen_of(house: House) -> VerifiedState:
    seen = is_sound(house).seen
    assert seen is not None
    return seen


def deciding(house: House) -> str:
    """What is remembered of the statements that decide something, computed by other means."""
    with reading(house.practice.engine) as connection:
        rows = connection.exec_driver_sql(
            "SELECT seq, statement FROM leaf JOIN statement ON digest = statement"
            " WHERE kind IN ('voucher', 'second', 'key', 'seal', 'claim', 'kit', 'settings',"
            " 'approval', 'destruction')"
            " ORDER BY seq"
        ).all()
    return sha256("".join(f"{seq} {digest}\n" for seq, digest in rows).encode()).hexdigest()


# What is counted.


def test_both_readings_count_the_same_where_details_were_erased(house: House) -> None:
    found, named = is_sound(house), each(house)
    assert named.problems == ()
    assert replace(found, seen=None) == named
    assert (found.head.size, found.checkpoints, found.unattested) == (63, 52, 3)
    assert found.read_from == 0
    assert found.register == house.practice.register


def test_what_is_remembered_is_the_head_and_what_stands_beside_the_tree(house: House) -> None:
    seen = seen_of(house)
    assert (seen.head, seen.signed) == (is_sound(house).head, 63)
    assert seen.stated == deciding(house)
    say(house, "batch", items=[])
    later = seen_of(house)
    assert (later.stated, later.signed) == (seen.stated, 64)
    assert later.signatures != seen.signatures


def test_what_is_new_is_counted_from_each_head_that_was_seen(house: House) -> None:
    first = seen_of(house)
    listed(house, "mia")
    gone = failed_login(house)  # 64, with which a stretch of four begins
    second = seen_of(house)
    erase(house, gone, request="r2")
    last = seen_of(house)
    assert (first.head.size, second.head.size, last.head.size) == (63, 65, 67)
    for seen, checkpoints in ((first, 3), (second, 2), (last, 0)):
        found = newly(house, seen)
        assert found is not None
        assert (found.head, found.read_from) == (last.head, seen.head.size)
        assert found.checkpoints == checkpoints
        assert (found.problems, found.register) == ((), house.open().register)
        assert found.seen == VerifiedState(last.head, deciding(house), seen.signed, seen.signatures)
    assert each(house).problems == ()
    is_sound(house)


def test_of_nobodys_acts_those_are_counted_that_were_read(house: House) -> None:
    seen = seen_of(house)
    failed_login(house)
    found = newly(house, seen)
    assert found is not None
    first = seen.head.size // stretch.STRETCH * stretch.STRETCH
    with reading(house.practice.engine) as connection:
        actors = [read_leaf(connection, seq)[0].actor for seq in range(first, 64)]
    assert found.unattested == actors.count(NOBODY)


BY_NOBODY = {
    "a search": ("search", Outcome.DONE, False),
    "a login": ("login", Outcome.DONE, False),
    "the end of a request": ("request.withdrawn", Outcome.DONE, False),
    "a search that was refused": ("search", Outcome.REFUSED, False),
    "an approval that failed": ("request.approved", Outcome.FAILED, False),
    "a login that was refused": ("login", Outcome.REFUSED, False),
    "a login that failed": ("login", Outcome.FAILED, True),
    "a migration": ("vault.migrated", Outcome.DONE, True),
    "a kit that was refused": ("recovery.used", Outcome.REFUSED, True),
    "its drill": ("recovery.drilled", Outcome.REFUSED, True),
}


@pytest.mark.parametrize(("act", "outcome", "is_known"), BY_NOBODY.values(), ids=BY_NOBODY)
def test_what_only_somebody_does_is_not_done_by_nobody(
    house: House, act: str, outcome: Outcome, *, is_known: bool
) -> None:
    seen = seen_of(house)
    with log_transaction(*of_log(house), None) as written:
        seq = written.leaf(act, actor=NOBODY, outcome=outcome)
    listed(house, "mia")
    assert (sound(house) is not None) == is_known
    assert (newly(house, seen) is not None) == is_known
    said = f"leaf {seq} tells of what only somebody does, and not of whom"
    assert each(house).problems == (() if is_known else (Problem(seq, said),))


# What was erased.


def test_details_that_were_erased_and_are_there_are_named(house: House) -> None:
    put_back = "INSERT INTO detail SELECT 58, key_version, sealed FROM detail WHERE seq = 57"
    edit(house, put_back)
    assert sound(house) is None
    assert [(problem.seq, problem.what) for problem in each(house).problems] == [
        (58, "the details of leaf 58 were erased, and are there")
    ]


def test_details_that_are_missing_beside_those_that_were_erased_are_named(house: House) -> None:
    edit(house, "DELETE FROM detail WHERE seq = 57")
    assert sound(house) is None
    assert [(problem.seq, problem.what) for problem in each(house).problems] == [
        (57, "the details of leaf 57 are missing")
    ]


def test_details_of_others_than_those_erased_do_not_make_up_for_them(house: House) -> None:
    edit(house, "INSERT INTO detail SELECT 59, key_version, sealed FROM detail WHERE seq = 57")
    assert sound(house) is None
    assert each(house).problems


@pytest.mark.parametrize(
    "stray",
    [
        "INSERT INTO detail SELECT 64, key_version, sealed FROM detail WHERE seq = 57",
        "INSERT INTO checkpoint SELECT 65, note FROM checkpoint WHERE size = 5",
    ],
    ids=["details", "a checkpoint"],
)
def test_what_belongs_to_no_leaf_is_found_among_what_is_new(house: House, stray: str) -> None:
    seen = seen_of(house)
    listed(house, "mia")
    edit(house, stray)
    assert newly(house, seen) is None
    assert sound(house) is None


def test_details_erased_since_and_still_there_are_found_among_what_is_new(house: House) -> None:
    gone = failed_login(house)
    for _ in range(9):
        listed(house, "mia")
    seen = seen_of(house)
    erase(house, gone, request="r2")
    again = "INSERT INTO detail SELECT {}, key_version, sealed FROM detail WHERE seq = 57"
    edit(house, again.format(gone))
    assert newly(house, seen) is None
    assert sound(house) is None


# What is trusted.


def _nothing_verifies(*_: object) -> None:
    raise Tampered("a signature was checked")


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever checks a checkpoint's signature finds that it is not good."""
    monkeypatch.setattr(stretch, "verify", _nothing_verifies)


def test_signatures_that_were_good_and_are_the_same_are_not_checked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = seen_of(house)
    monkeypatch.setattr(stretch, "verify", _nothing_verifies)
    found = sound(house, seen)
    assert found is not None
    assert found.seen == seen
    assert sound(house) is None
    again = newly(house, seen)
    assert again is not None
    assert again.checkpoints == 0


OTHERS: dict[str, Any] = {
    "another root": lambda seen: replace(seen, head=replace(seen.head, root=bytes(32))),
    "other signatures": lambda seen: replace(seen, signatures="aa" * 32),
    "a longer log": lambda seen: replace(seen, head=replace(seen.head, size=64)),
    "fewer leaves that were signed": lambda seen: replace(seen, signed=52),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_all_signatures_are_checked_where_something_else_was_seen(
    house: House, monkeypatch: pytest.MonkeyPatch, other: Any
) -> None:
    seen = seen_of(house)
    assert sound(house, other(seen)) == is_sound(house)
    monkeypatch.setattr(stretch, "verify", _nothing_verifies)
    assert sound(house, other(seen)) is None


def test_what_two_readings_found_good_is_not_checked_by_the_third(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = seen_of(house)
    listed(house, "mia")
    second = sound(house, first)
    assert second is not None
    assert second == is_sound(house)  # one reading would remember the same
    monkeypatch.setattr(stretch, "verify", _nothing_verifies)
    assert sound(house, second.seen) == second


def test_signatures_of_what_is_new_are_checked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = seen_of(house)
    listed(house, "mia")
    assert sound(house, seen) == is_sound(house)
    monkeypatch.setattr(stretch, "verify", _nothing_verifies)
    assert sound(house, seen) is None
    assert newly(house, seen) is None


def test_a_signature_changed_since_it_was_good_is_found(house: House) -> None:
    seen = seen_of(house)
    of_leaf_4 = "digest = (SELECT statement FROM leaf WHERE seq = 4)"
    flip(house, "statement", "signature", of_leaf_4, 20)
    assert sound(house, seen) is None


# Whose checkpoints count.


def eve(house: House) -> tuple[Identity, str]:
    return Identity.from_seed(b"e" * 32, house.practice.vault), "ee" * 16


def of_log(house: House) -> tuple[Engine, Log]:
    """What a program of one's own writes with."""
    return house.practice.engine, house.practice.log


def signed_by_eve(house: House) -> None:
    identity, person = eve(house)
    with log_transaction(*of_log(house), Signer(person, identity.log)) as act:
        act.leaf("people.listed", actor=person)


def test_a_checkpoint_of_somebody_unknown_is_not_called_sound(house: House) -> None:
    seen = seen_of(house)
    signed_by_eve(house)
    assert sound(house) is None
    assert newly(house, seen) is None
    assert [problem.what for problem in each(house).problems] == [
        "the checkpoint over 64 leaves: no such person"
    ]


def test_nor_if_he_was_vouched_for_later_with_that_key(house: House) -> None:
    seen = seen_of(house)
    signed_by_eve(house)
    identity, person = eve(house)
    some = house.practice.register.person(house.actor("sam").person.id)
    fields = voucher_fields(
        replace(some, id=PersonId(person), role=Role.STAFF, standing=Standing.PROVISIONAL),
        identity.public,
        names_digest="aa" * 32,
        previous=None,
    )
    say(house, "voucher", "person.added", **fields)
    assert house.open().register.person(person).role is Role.STAFF
    assert sound(house) is None
    assert newly(house, seen) is None
    assert [problem.what for problem in each(house).problems] == [
        "the checkpoint over 64 leaves: no such person"
    ]


def test_a_checkpoint_is_not_signed_with_a_key_that_it_first_brings(house: House) -> None:
    seen = seen_of(house)
    dora, (other, _) = house.actor("dora"), eve(house)
    assert dora.identity is not None
    newest = house.practice.register.voucher(dora.person.id)
    assert newest is not None
    fields = voucher_fields(newest.person, other.public, names_digest=newest.name, previous=newest)
    statement = sign_statement(
        "voucher",
        vault=house.practice.vault,
        by=dora.person.id,
        at=AT,
        seed=dora.identity.act,
        fields=fields,
    )
    with log_transaction(*of_log(house), Signer(dora.person.id, other.log)) as act:
        act.leaf("person.role", actor=dora.person.id, statement=statement)
    assert sound(house) is None
    assert newly(house, seen) is None
    assert [problem.what for problem in each(house).problems] == [
        "the checkpoint over 64 leaves: a signed note is not signed by the key expected"
    ]


def test_the_keys_of_checkpoints_count_from_their_vouchers_on(house: House) -> None:
    register = house.practice.register
    keys = log_keys(register)
    founders = register.founders
    assert keys[founders.kit] == [(-1, founders.kit_keys.log)]
    assert keys[founders.controller][0] == (-1, founders.controller_keys.log)
    for person, known in register.vouchers.items():
        vouched = [(voucher.seq, voucher.keys.log) for voucher in known]
        assert keys[person][-len(vouched) :] == vouched
        assert len(keys[person]) == len(vouched) + (person == founders.controller)


# Bytes that no writer writes.


def test_bytes_beyond_ascii_are_found_and_stop_nothing(house: House) -> None:
    edit(house, "UPDATE leaf SET body = CAST(x'ff' || substr(body, 2) AS BLOB) WHERE seq = 60")
    assert sound(house) is None


def test_a_signature_with_bytes_beyond_ascii_is_found_and_stops_nothing(house: House) -> None:
    last = "size = (SELECT max(size) FROM checkpoint)"
    edit(
        house,
        f"UPDATE checkpoint SET note = CAST(substr(note, 1, 180) || x'ff0a' AS BLOB) WHERE {last}",
    )
    assert sound(house) is None


@pytest.mark.parametrize("other", ["note = CAST(note AS TEXT)", "size = size - 0.5"])
def test_a_checkpoint_of_another_type_is_found_and_stops_nothing(house: House, other: str) -> None:
    edit(house, f"UPDATE checkpoint SET {other} WHERE size = 20")
    assert sound(house) is None


def test_no_node_over_whole_stretches_is_another_be_it_the_last(house: House) -> None:
    seen = seen_of(house)
    listed(house, "mia")  # 64 leaves, which stretches of four end with
    assert newly(house, seen) is not None
    for level, count in ((2, 16), (3, 8), (4, 4), (5, 2), (6, 1)):
        for position in range(count):
            where = f"level = {level} AND position = {position}"
            flip(house, "node", "hash", where, 5)
            assert sound(house) is None, where
            flip(house, "node", "hash", where, 5)
    is_sound(house)
    flip(house, "node", "hash", "level = 6", 5)
    assert newly(house, seen) is None
    edit(house, "UPDATE node SET hash = 'text' WHERE level = 6")
    assert (sound(house), newly(house, seen)) == (None, None)


# One stretch.


def bodies_of(house: House, end: int) -> list[bytes]:
    with reading(house.practice.engine) as connection:
        return [read_leaf(connection, seq)[1] for seq in range(end)]


def test_a_stretch_says_what_its_neighbours_have_to_agree_with(house: House) -> None:
    bodies = bodies_of(house, 63)
    leaves = [Leaf.decode(body, seq) for seq, body in enumerate(bodies)]
    with reading(house.practice.engine) as connection:
        keys = log_keys(house.practice.register)
        expected = StretchExpectations(house.practice.vault, 63, keys, 0, {})
        for first in range(0, 63, stretch.STRETCH):
            end = min(first + stretch.STRETCH, 63)
            found = check_stretch(sqlite_connection(connection), first, expected)
            own, before = tree.Frontier(), tree.Frontier()
            for body in bodies[first:end]:
                own.append(tree.leaf_hash(body))
            for body in bodies[:first]:
                before.append(tree.leaf_hash(body))
            assert (found.first, found.before) == (first, before.root().hex())
            assert tree.root_of_peaks([bytes.fromhex(peak) for peak in found.peaks]) == own.root()
            within = leaves[first:end]
            assert found.unattested == sum(leaf.actor == NOBODY for leaf in within)
            assert found.stated == sum(leaf.statement != "" for leaf in within)
            assert found.without_details == tuple(leaf.seq for leaf in within if leaf.seq == 58)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_first_leaves_are_read_however_many_are_looked_at_together(
    house: House, count: int
) -> None:
    bodies = bodies_of(house, count)
    said = decode_columns(bodies, 0, f"callrec/{house.practice.vault}")
    leaves = [Leaf.decode(body, seq) for seq, body in enumerate(bodies)]
    assert said.actors == [leaf.actor for leaf in leaves]
    assert said.details == [leaf.detail for leaf in leaves]
    assert said.statements == [leaf.statement for leaf in leaves]


def test_a_first_leaf_of_another_log_is_not_read(house: House) -> None:
    with pytest.raises(Tampered):
        decode_columns(bodies_of(house, 1), 0, "callrec/" + "0" * 32)


def a_leaf(**other: Any) -> Leaf:
    leaf = Leaf(
        act="people.listed",
        actor="ab" * 16,
        at="2026-11-24T12:00:00.000Z",
        detail="",
        log="callrec/" + "cd" * 16,
        outcome=Outcome.DONE,
        seq=30,
        statement="",
        subject=(),
    )
    return replace(leaf, **other)


def test_a_leaf_as_long_as_one_may_be_is_read_and_no_longer_one() -> None:
    act = "a" * (MAX_LEAF_BYTES - len(a_leaf(act="a").encode()) + 1)
    body = a_leaf(act=act).encode()
    assert len(body) == MAX_LEAF_BYTES
    assert decode_columns([body], 30, a_leaf().log).actors == ["ab" * 16]
    with pytest.raises(Tampered):
        decode_columns([body.replace(b"aaa", b"aaaa", 1)], 30, a_leaf().log)


@pytest.mark.parametrize("sign", ["X", "g", "A", " "])
def test_what_is_no_hash_is_not_read(sign: str) -> None:
    body = a_leaf(detail="5e" * 32).encode()
    assert decode_columns([body], 30, a_leaf().log).details == ["5e" * 32]
    with pytest.raises(Tampered):
        decode_columns([body.replace(b"5e" * 32, sign.encode() * 64)], 30, a_leaf().log)

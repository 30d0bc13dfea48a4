"""The register of people and keys, statement by statement: what counts, and what is ignored."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audit.registers import FOUNDERS, GOVERNS, VAULT, Log, a_leaf, id_of, key_of, stated, voucher
from callrec.audit.leaf import Leaf
from callrec.audit.register import Kit, Register, Voucher, founders_of, public_half, replay
from callrec.audit.whole import log_keys
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.statement import Statement
from callrec.errors import NotFound, Tampered
from callrec.policy.role import Delegation, Person, PersonId, Power, Role, Standing, VaultKey

SECRET = bytes(range(32))


@pytest.fixture
def log() -> Log:
    """Dora governs, by the voucher of leaf 1."""
    log = Log()
    log.vouch("dora", **GOVERNS)
    return log


# The founders.


def test_leaf_0_says_who_founded_the_vault() -> None:
    assert FOUNDERS.as_json() == {
        "controller": {"id": id_of("dora"), **key_of("dora").public.as_json()},
        "kit": {"id": id_of("kit"), **key_of("kit").public.as_json()},
        "practice": "The Surgery",
        "vault": VAULT,
    }
    assert founders_of(a_leaf()) == FOUNDERS


NO_FOUNDERS: dict[str, tuple[Leaf, str]] = {
    "none": (
        a_leaf(seq=1, founders=None),
        "the audit log does not begin with its founders",
    ),
    "no kit": (
        a_leaf(founders={**FOUNDERS.as_json(), "kit": {}}),
        "the founders of the audit log are not in their form",
    ),
    "a list for a kit": (
        a_leaf(founders={**FOUNDERS.as_json(), "kit": []}),
        "the founders of the audit log are not in their form",
    ),
    "another vault's": (
        a_leaf(log=f"callrec/{VAULT[::-1]}"),
        "the audit log begins with the founders of another vault",
    ),
}


@pytest.mark.parametrize(("leaf", "told"), NO_FOUNDERS.values(), ids=NO_FOUNDERS)
def test_founders_are_refused_where_there_are(leaf: Leaf, told: str) -> None:
    with pytest.raises(Tampered) as refused:
        founders_of(leaf)
    assert refused.value.message == told


# Who is who.


def test_a_voucher_says_who_somebody_is_from_its_leaf_on(log: Log) -> None:
    lent = [{"power": "search", "until": "2026-12-01"}]
    first = log.vouch("sam", delegations=lent, standing="provisional")
    statement = stated(
        "voucher", "dora", **voucher("sam", delegations=lent, standing="provisional")
    )
    expected = Voucher(
        person=Person(
            PersonId(id_of("sam")),
            Role.STAFF,
            frozenset({Power.HEAR}),
            (Delegation(Power.SEARCH, date(2026, 12, 1)),),
            Standing.PROVISIONAL,
        ),
        keys=key_of("sam").public,
        serial=1,
        name="aa" * 32,
        seq=first,
        digest=statement.digest,
        by=id_of("dora"),
        second="",
    )
    assert log.register.voucher(id_of("sam")) == expected
    second = log.vouch("sam", role="manager")
    assert log.register.voucher(id_of("sam"), before=second) == expected
    assert log.register.voucher(id_of("sam"), before=first) is None
    newest = log.register.voucher(id_of("sam"), before=second + 1)
    assert newest is not None
    assert (newest.serial, newest.person.role) == (2, Role.MANAGER)
    assert log.register.person(id_of("sam"), before=second) == expected.person
    assert log.register.person(id_of("sam")).role is Role.MANAGER


def test_everybody_is_listed_once_in_the_order_of_joining(log: Log) -> None:
    for person in ("sam", "pat", "sam"):
        log.vouch(person)
    people = [(each.person.id, each.serial) for each in log.register.people()]
    assert people == [(id_of("dora"), 1), (id_of("sam"), 2), (id_of("pat"), 1)]


def test_nobody_is_known_without_a_voucher(log: Log) -> None:
    for look in (log.register.person, log.register.public_keys):
        with pytest.raises(NotFound) as refused:
            look(id_of("eve"))
        assert (refused.value.message, refused.value.hint) == (
            "no such person",
            "run callrec user list",
        )


def test_keys_are_those_of_the_newest_voucher_and_before_it_the_founders(log: Log) -> None:
    later = log.vouch("dora", **GOVERNS, keys=key_of("dora anew").public.as_json())
    register = log.register
    assert register.public_keys(id_of("dora"), before=1) == key_of("dora").public
    assert register.public_keys(id_of("dora"), before=later) == key_of("dora").public
    assert register.public_keys(id_of("dora")) == key_of("dora anew").public
    assert register.public_keys(id_of("kit")) == key_of("kit").public


def test_a_kit_counts_from_its_leaf_on(log: Log) -> None:
    second, third = log.name_kit("kit 2"), log.name_kit("kit 3")
    keys = {
        before: log.register.public_keys(id_of("kit"), before=before)
        for before in (second, third, third + 1, None)
    }
    assert keys == {
        second: key_of("kit").public,
        third: key_of("kit 2").public,
        third + 1: key_of("kit 3").public,
        None: key_of("kit 3").public,
    }
    assert log.register.earlier_kits() == (key_of("kit").public, key_of("kit 2").public)
    said = stated("kit", "dora", keys=key_of("kit 2").public.as_json(), previous="", serial=2)
    assert log.register.kits[0] == Kit(key_of("kit 2").public, second, said.digest, id_of("dora"))
    assert [kit.seq for kit in log.register.kits] == [second, third]


def test_before_anybody_is_vouched_for_the_founder_governs_and_then_no_more() -> None:
    log = Log()
    log.vouch("pat", **GOVERNS)
    ignored = log.vouch("sam")
    assert log.register.ignored == [ignored]
    assert log.register.voucher(id_of("sam")) is None


def test_nobody_else_governs_before_anybody_is_vouched_for() -> None:
    log = Log()
    assert log.register.ignored == [log.vouch("pat", by="pat", **GOVERNS)] == [1]


NO_GOVERNOR: dict[str, dict[str, Any]] = {
    "without the power": {"role": "data-controller", "powers": ["hear"]},
    "provisional": {**GOVERNS, "standing": "provisional"},
    "claimed": {**GOVERNS, "standing": "claimed"},
    "disabled": {**GOVERNS, "standing": "disabled"},
    "by delegation": {"delegations": [{"power": "govern", "until": "2030-01-01"}]},
}


@pytest.mark.parametrize("who", NO_GOVERNOR.values(), ids=NO_GOVERNOR)
def test_who_does_not_govern_states_nothing_about_people_and_keys(
    log: Log, who: dict[str, Any]
) -> None:
    log.vouch("eve", **who)
    before = replace(log.register, vouchers={**log.register.vouchers}, ignored=[])
    stated_by_eve = [
        log.vouch("sam", by="eve"),
        log.say("key", "eve", keys=[a_key(VaultKey.AUDIT, 1)]),
        log.say("seal", "eve", shares=[a_share(b"share")]),
        log.name_kit("kit 2", by="eve"),
    ]
    assert log.register.ignored == stated_by_eve
    assert replace(log.register, ignored=[]) == before


def test_of_what_does_not_concern_people_and_keys_nothing_is_taken(log: Log) -> None:
    log.say("batch", "eve", uid="aa")
    assert log.register.ignored == []


# Claims.


def test_who_was_added_claims_a_key_until_he_is_given_one(log: Log) -> None:
    sam = id_of("sam")
    log.vouch("sam", standing="provisional")
    claimed = key_of("sam's own").public
    log.say("claim", "sam", keys=claimed.as_json(), lock="10" * 32)
    assert log.register.claims == {sam: claimed}
    log.vouch("sam", standing="provisional")  # the same key still: it waits on
    assert log.register.claims == {sam: claimed}
    log.vouch("sam", keys=claimed.as_json())
    assert log.register.claims == {}


def test_who_is_shut_out_waits_no_more(log: Log) -> None:
    log.vouch("sam", standing="provisional")
    log.say("claim", "sam", keys=key_of("sam's own").public.as_json(), lock="10" * 32)
    log.vouch("sam", standing="disabled")  # with the key that he was added with
    assert log.register.claims == {}


@pytest.mark.parametrize("standing", ["claimed", "confirmed", "disabled"])
def test_nobody_else_claims_one(log: Log, standing: str) -> None:
    log.vouch("sam", standing=standing)
    ignored = [
        log.say("claim", who, keys=key_of("eve").public.as_json(), lock="10" * 32)
        for who in ("sam", "eve")
    ]
    assert (log.register.claims, log.register.ignored) == ({}, ignored)


# The second person.


@pytest.fixture
def two(log: Log) -> Log:
    """Pat may sign beside Dora from leaf 2 on, for which there was nobody who might."""
    log.vouch("pat", role="manager", powers=["decide-general", "hear"])
    return log


def by_two(**other: Any) -> dict[str, Any]:
    """The fields of a voucher about Sam that names Pat as the second person."""
    return voucher("sam", second=id_of("pat"), **other)


def test_who_joins_does_so_on_two_people_s_word(two: Log) -> None:
    seq = two.vouch("sam", second="pat")
    newest = two.register.voucher(id_of("sam"))
    assert newest is not None
    assert (newest.seq, newest.by, newest.second) == (seq, id_of("dora"), id_of("pat"))
    assert two.register.ignored == []


def signs(log: Log, who: str, **fields: Any) -> int:
    return log.say("second", who, voucher=stated("voucher", "dora", **fields).digest)


NOT_SECONDED: dict[str, Callable[[Log], object]] = {
    "nobody": lambda log: log.say("voucher", "dora", **voucher("sam")),
    "one who did not sign": lambda log: log.say("voucher", "dora", **by_two()),
    "one who signed for other powers": lambda log: (
        signs(log, "pat", **by_two(powers=["hear", "search"])),
        log.say("voucher", "dora", **by_two()),
    ),
    "one in whose place another signed": lambda log: (
        signs(log, "dora", **by_two()),
        log.say("voucher", "dora", **by_two()),
    ),
    "one who signed only afterwards": lambda log: (
        log.say("voucher", "dora", **by_two()),
        signs(log, "pat", **by_two()),
    ),
    "oneself": lambda log: log.vouch("sam", second="dora"),
}


@pytest.mark.parametrize("names", NOT_SECONDED)
def test_nobody_joins_by_a_voucher_that_names(two: Log, names: str) -> None:
    NOT_SECONDED[names](two)
    assert id_of("sam") not in two.register.vouchers
    assert two.register.ignored


# The kit.


def test_the_kit_makes_a_new_data_controller_once(log: Log) -> None:
    log.vouch("pat", by="kit", **GOVERNS)
    ignored = log.vouch("max", by="kit", **GOVERNS)
    assert log.register.ignored == [ignored]
    assert log.register.person(id_of("pat")).role is Role.DATA_CONTROLLER


def test_be_it_by_the_very_first_leaf() -> None:
    log = Log()
    log.vouch("pat", by="kit", **GOVERNS)
    assert log.register.ignored == [log.vouch("max", by="kit", **GOVERNS)]


def test_the_next_kit_does_so_once_again(log: Log) -> None:
    log.vouch("pat", by="kit", **GOVERNS)
    log.name_kit("kit 2")
    log.vouch("max", by="kit", **GOVERNS)
    ignored = log.vouch("mia", by="kit", **GOVERNS)
    assert log.register.ignored == [ignored]
    assert log.register.person(id_of("max")).role is Role.DATA_CONTROLLER


def test_what_others_vouched_for_does_not_use_it_up(log: Log) -> None:
    log.vouch("sam")
    log.vouch("pat", by="kit", **GOVERNS)
    assert log.register.ignored == []


@pytest.mark.parametrize(
    ("person", "role"), [("sam", "data-controller"), ("kit", "data-controller"), ("max", "staff")]
)
def test_the_kit_makes_nobody_else(log: Log, person: str, role: str) -> None:
    log.vouch("sam")
    ignored = log.vouch(person, by="kit", **{**GOVERNS, "role": role})
    assert log.register.ignored == [ignored]


# What follows what.

UNFOLLOWING: dict[str, Callable[[Log], object]] = {
    "the voucher of leaf 3 does not follow the one before it": lambda log: log.vouch(
        "sam", serial=3
    ),
    "the voucher of leaf 3 does not follow the one before it ": lambda log: log.vouch(
        "sam", previous=""
    ),
    "the voucher of leaf 3 does not follow the one before it  ": lambda log: log.vouch(
        "pat", previous="XXXX"
    ),
    "the kit of leaf 3 does not follow the one before it": lambda log: log.name_kit("k", serial=1),
    "the kit of leaf 3 does not follow the one before it ": lambda log: log.name_kit(
        "k", previous="aa"
    ),
    "version 7 of the audit key is stated twice": lambda log: [
        log.say("key", "dora", keys=[a_key(VaultKey.AUDIT, 7)]) for _ in range(2)
    ],
}


@pytest.mark.parametrize(("told", "say"), UNFOLLOWING.items(), ids=UNFOLLOWING.keys())
def test_what_does_not_follow_is_tampered(
    log: Log, told: str, say: Callable[[Log], object]
) -> None:
    log.vouch("sam")
    with pytest.raises(Tampered) as refused:
        say(log)
    assert refused.value.message == told.rstrip()


def test_a_later_kit_follows_the_one_before_it(log: Log) -> None:
    log.name_kit("kit 2")
    with pytest.raises(Tampered):
        log.name_kit("kit 3", previous="")


def test_a_checkpoint_is_checked_with_the_key_that_its_maker_had_at_that_leaf(log: Log) -> None:
    first = log.vouch("sam")
    second = log.vouch("sam", keys=key_of("sam anew").public.as_json())
    kit = log.name_kit("kit 2")
    assert log_keys(log.register) == {
        id_of("dora"): [(-1, key_of("dora").public.log), (1, key_of("dora").public.log)],
        id_of("sam"): [
            (first, key_of("sam").public.log),
            (second, key_of("sam anew").public.log),
        ],
        id_of("kit"): [(-1, key_of("kit").public.log), (kit, key_of("kit 2").public.log)],
    }


# Vault keys.


def a_key(key: VaultKey, version: int) -> dict[str, Any]:
    public = public_half(VAULT, key, version, SECRET)
    return {"key": key, "version": version, "public": base64.b64encode(public).decode()}


def a_share(sealed: bytes, **other: Any) -> dict[str, Any]:
    share = {
        "sha256": hashlib.sha256(sealed).hexdigest(),
        "key": "audit",
        "version": 7,
        "to": id_of("sam"),
    }
    return {**share, **other}


def test_what_is_stated_of_a_key_is_its_public_half_and_of_the_index_key_a_check() -> None:
    info = context("key-check", VAULT, key="index", version=2)
    assert public_half(VAULT, VaultKey.INDEX, 2, SECRET) == primitives.mac(SECRET, info)
    assert public_half(VAULT, VaultKey.AUDIT, 2, SECRET) == primitives.kem_public(SECRET)


def test_a_vault_key_that_opened_is_held_against_its_statement(log: Log) -> None:
    keys = [a_key(VaultKey.AUDIT, 7), a_key(VaultKey.INDEX, 2)]
    log.say("key", "dora", keys=keys)
    log.register.check_opened(VaultKey.AUDIT, 7, SECRET)
    log.register.check_opened(VaultKey.INDEX, 2, SECRET)
    for key, version, secret in (
        (VaultKey.AUDIT, 7, bytes(32)),
        (VaultKey.AUDIT, 2, SECRET),
        (VaultKey.INDEX, 7, SECRET),
    ):
        with pytest.raises(Tampered) as refused:
            log.register.check_opened(key, version, secret)
        told = f"the {key} key that opened is not the one that was stated"
        assert refused.value.message == told


def test_the_newest_version_is_the_highest_of_its_key(log: Log) -> None:
    with pytest.raises(Tampered) as refused:
        log.register.newest(VaultKey.AUDIT)
    assert refused.value.message == "no statement of the audit log names the audit key"
    versions = [(VaultKey.AUDIT, 9), (VaultKey.AUDIT, 8), (VaultKey.INDEX, 10)]
    seq = log.say("key", "dora", keys=[a_key(*version) for version in versions])
    assert log.register.versions(VaultKey.AUDIT) == (8, 9)
    newest = log.register.newest(VaultKey.AUDIT)
    assert (newest.key, newest.version, newest.seq) == (VaultKey.AUDIT, 9, seq)
    assert newest.public == primitives.kem_public(SECRET)


def test_a_share_is_one_that_was_stated_for_this_key_version_and_holder(log: Log) -> None:
    log.vouch("sam")
    log.vouch("pat")
    log.say("seal", "dora", shares=[a_share(b"share"), a_share(b"other", version=8)])
    check = log.register.check_share
    check(b"share", VaultKey.AUDIT, 7, id_of("sam"))
    check(b"other", VaultKey.AUDIT, 8, id_of("sam"))
    others: list[tuple[bytes, VaultKey, int, str]] = [
        (b"forged", VaultKey.AUDIT, 7, id_of("sam")),
        (b"share", VaultKey.INDEX, 7, id_of("sam")),
        (b"share", VaultKey.AUDIT, 8, id_of("sam")),
        (b"share", VaultKey.AUDIT, 7, id_of("pat")),
    ]
    for sealed, key, version, to in others:
        with pytest.raises(Tampered) as refused:
            check(sealed, key, version, to)
        assert refused.value.message == f"a share of the {key} key was sealed by nobody entitled"


def test_a_share_to_a_key_that_its_holder_lost_is_told(log: Log) -> None:
    log.vouch("sam")
    seq = log.say("seal", "dora", shares=[a_share(b"share")])
    log.vouch("sam", keys=key_of("sam anew").public.as_json())
    with pytest.raises(Tampered) as refused:
        log.register.check_share(b"share", VaultKey.AUDIT, 7, id_of("sam"))
    told = "a share of the audit key is sealed to a key that its holder lost"
    assert refused.value.message == told
    assert not log.register.has_key_of(id_of("sam"), seq)
    assert log.register.has_key_of(id_of("sam"), seq + 2)


def test_who_was_nobody_yet_had_no_key(log: Log) -> None:
    seq = log.vouch("sam")
    assert not log.register.has_key_of(id_of("sam"), seq)
    assert not log.register.has_key_of(id_of("eve"), seq)


# Under which leaf.


def under(said: Statement, **leaf: Any) -> Register:
    """The register of a log with one statement at leaf 1."""
    fields = {"seq": 1, "founders": None, "statement": said.digest, **leaf}
    return replay(FOUNDERS, [(a_leaf(**fields), said)])


def test_a_statement_counts_under_its_own_leaf() -> None:
    register = under(stated("voucher", "dora", **voucher("dora", **GOVERNS)))
    assert register.founders == FOUNDERS
    assert register.person(id_of("dora")).role is Role.DATA_CONTROLLER
    assert [each.seq for each in register.people()] == [1]


ELSEWHERE: dict[str, tuple[Callable[[], object], str]] = {
    "another's leaf": (
        lambda: under(stated("batch", "dora"), actor=id_of("kit")),
        "the statement of leaf 1 is not its actor's",
    ),
    "the leaf of another": (
        lambda: under(stated("batch", "dora"), statement="aa" * 32),
        "the statement of leaf 1 is not its actor's",
    ),
    "a stranger's": (
        lambda: under(stated("batch", "eve"), actor=id_of("eve")),
        "nobody vouched for the actor of leaf 1",
    ),
    "in no form": (
        lambda: under(stated("voucher", "dora", person=id_of("ann"))),
        "the statement of leaf 1 is not in its form",
    ),
    "signed by another": (
        lambda: under(stated("batch", "dora", signed_by="eve")),
        "a signature does not verify",
    ),
}


@pytest.mark.parametrize(("make", "told"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_statement_is_tampered_under(make: Callable[[], object], told: str) -> None:
    with pytest.raises(Tampered) as refused:
        make()
    assert refused.value.message == told


def test_the_newest_lock_that_was_stated_is_the_one_that_counts() -> None:
    """A voucher gives one, or leaves it as it was; a later one only its owner states."""
    log = Log()
    log.vouch("dora", **GOVERNS)
    log.vouch("sam", lock="01" * 32)
    log.vouch("sam", role="partner")
    assert log.register.locks == {id_of("sam"): "01" * 32}
    log.say("lock", "sam", lock="02" * 32)
    log.say("lock", "dora", lock="03" * 32)
    assert log.register.locks == {id_of("sam"): "02" * 32, id_of("dora"): "03" * 32}

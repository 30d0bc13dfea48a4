"""What reading leaf by leaf names of a changed log: the leaf, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callrec.audit.leaf import NOBODY, Outcome
from callrec.audit.remembered import Problem
from callrec.audit.verify import require_sound_log, verify_leaf_by_leaf, verify_new_entries
from callrec.audit.whole import verify_fast
from callrec.catalogue.engine import reading
from callrec.errors import Refused, Tampered
from callrec.people.powers import disable_person
from callrec.practice import writing
from house.practices import House
from house.stages import Stage, copied
from registers.test_audit_verify import cut_tail, edit, flip

Named = list[tuple[int | None, str]]

SEVERAL = "it covers the acts of more than one person, or of none"

UNSIGNED = "from here on, the log is not the one that was signed"

OF_LEAF_22 = "digest = (SELECT statement FROM leaf WHERE seq = 22)"

WITHOUT_AVA: Named = [
    (23, "the checkpoint over 23 leaves: no such person"),
    (23, "the statement of leaf 23: nobody vouched for the actor of leaf 23"),
    (24, "the checkpoint over 24 leaves: no such person"),
    (25, "the statement of leaf 25: the voucher of leaf 25 does not follow the one before it"),
    (27, f"the checkpoint over 27 leaves: {SEVERAL}"),
]

EDITS: dict[str, tuple[str | tuple[str, ...], Named]] = {
    "two leaves change places": (
        (
            "UPDATE leaf SET seq = -1 WHERE seq = 25",
            "UPDATE leaf SET seq = 25 WHERE seq = 26",
            "UPDATE leaf SET seq = 26 WHERE seq = -1",
        ),
        [
            (25, "leaf 25 of the audit log is not the one that was written"),
            (25, "leaf 25 is not in its form"),
            (26, "leaf 26 of the audit log is not the one that was written"),
            (26, "leaf 26 is not in its form"),
            (27, f"the checkpoint over 27 leaves: {UNSIGNED}"),
            (None, "leaf 25 is not in its form"),
        ],
    ),
    "a leaf is taken out": (
        "DELETE FROM leaf WHERE seq = 21",
        [
            (21, "leaf 21 of the audit log is missing"),
            *(
                (size, f"a checkpoint covers {size} leaves, but there are 21")
                for size in (22, 23, 24, 25, 27, 28, 30, 31)
            ),
            (None, "a checkpoint in the catalogue belongs to no leaf"),
            (None, "a detail in the catalogue belongs to no leaf"),
            (None, "1 statements are carried by no leaf"),
            (None, "level 0 of the tree has 31 nodes"),
            (None, "level 1 of the tree has 15 nodes"),
            (None, "level 2 of the tree has 7 nodes"),
            (None, "level 3 of the tree has 3 nodes"),
            (None, "people and keys are not found as the audit log has them"),
        ],
    ),
    "the newest leaf is taken out": (
        "DELETE FROM leaf WHERE seq = 30",
        [
            (31, "a checkpoint covers 31 leaves, but there are 30"),
            (None, "a checkpoint in the catalogue belongs to no leaf"),
            (None, "a detail in the catalogue belongs to no leaf"),
            (None, "level 0 of the tree has 31 nodes"),
        ],
    ),
    "the newest leaves by other numbers": (
        "UPDATE leaf SET seq = seq + 1 WHERE seq = 30",
        [
            (30, "leaf 30 of the audit log is missing"),
            (31, "a checkpoint covers 31 leaves, but there are 30"),
            (None, "a checkpoint in the catalogue belongs to no leaf"),
            (None, "a detail in the catalogue belongs to no leaf"),
            (None, "level 0 of the tree has 31 nodes"),
            (None, "a node of the audit log's tree is missing"),
        ],
    ),
    "the newest checkpoint is taken out": (
        "DELETE FROM checkpoint WHERE size = 31",
        [(30, "no checkpoint covers leaf 30")],
    ),
    "a checkpoint is taken out": (
        "DELETE FROM checkpoint WHERE size = 5",
        [
            (6, f"the checkpoint over 6 leaves: {SEVERAL}"),
        ],
    ),
    "a checkpoint over what there is not": (
        "INSERT INTO checkpoint SELECT 32, note FROM checkpoint WHERE size = 31",
        [
            (32, "a checkpoint covers 32 leaves, but there are 31"),
            (None, "a checkpoint in the catalogue belongs to no leaf"),
        ],
    ),
    "a checkpoint over nothing": (
        "INSERT INTO checkpoint SELECT 0, note FROM checkpoint WHERE size = 31",
        [(None, "a checkpoint in the catalogue belongs to no leaf")],
    ),
    "a statement is taken out": (
        f"DELETE FROM statement WHERE {OF_LEAF_22}",
        [
            (22, "the statement of leaf 22 is missing"),
            *WITHOUT_AVA,
            (None, "nobody vouched for the actor of leaf 23"),
        ],
    ),
    "a statement is hidden": (
        "UPDATE leaf SET statement = NULL WHERE seq = 22",
        [
            (22, "the column beside leaf 22 names another statement"),
            *WITHOUT_AVA,
            (None, "1 statements are carried by no leaf"),
            (None, "nobody vouched for the actor of leaf 23"),
        ],
    ),
    "a statement is called another": (
        f"UPDATE statement SET kind = 'batch' WHERE {OF_LEAF_22}",
        [
            (22, "the statement of leaf 22: the column beside a statement names another kind"),
            *WITHOUT_AVA,
            (None, "nobody vouched for the actor of leaf 23"),
        ],
    ),
    "a statement that nothing carries": (
        "INSERT INTO statement SELECT 'aa', kind, body, signature FROM statement LIMIT 1",
        [(None, "1 statements are carried by no leaf")],
    ),
    "details are taken out": (
        "DELETE FROM detail",
        [(30, "the details of leaf 30 are missing")],
    ),
    "details of a leaf that has none": (
        "INSERT INTO detail SELECT 3, key_version, sealed FROM detail",
        [(3, "the details of leaf 3 are not its own")],
    ),
    "details of no leaf": (
        "INSERT INTO detail SELECT 31, key_version, sealed FROM detail",
        [(None, "a detail in the catalogue belongs to no leaf")],
    ),
    "a node is taken out": (
        "DELETE FROM node WHERE level = 1 AND position = 0",
        [
            (None, "node 1 of level 1 of the tree is damaged"),
            (None, "a node of the audit log's tree is missing"),
        ],
    ),
    "the newest node of a level is taken out": (
        "DELETE FROM node WHERE level = 1 AND position = 14",
        [
            (None, "level 1 of the tree has 14 nodes"),
            (None, "a node of the audit log's tree is missing"),
        ],
    ),
    "a node too many": (
        "INSERT INTO node VALUES (0, 31, zeroblob(32))",
        [(None, "level 0 of the tree has 32 nodes")],
    ),
    "a level too many": (
        "INSERT INTO node VALUES (5, 0, zeroblob(32))",
        [(None, "node 0 of level 5 of the tree is damaged")],
    ),
    "a level is taken out": (
        "DELETE FROM node WHERE level = 4",
        [
            (None, "the tree has 4 levels of nodes"),
            (None, "a node of the audit log's tree is missing"),
        ],
    ),
}

FLIPS: dict[str, tuple[tuple[str, str, str, int], Named]] = {
    "leaf 0": (
        ("leaf", "body", "seq = 0", 20),
        [
            (0, "leaf 0 of the audit log is not the one that was written"),
            (4, f"the checkpoint over 4 leaves: {UNSIGNED}"),
            (None, "a proof of inclusion does not lead to the root"),
        ],
    ),
    "a leaf": (
        ("leaf", "body", "seq = 7", 20),
        [
            (7, "leaf 7 of the audit log is not the one that was written"),
            (7, "leaf 7 is not in its form"),
            (8, f"the checkpoint over 8 leaves: {UNSIGNED}"),
            (None, "leaf 7 is not in its form"),
        ],
    ),
    "a statement's signature": (
        ("statement", "signature", OF_LEAF_22, 20),
        [
            (22, "the statement of leaf 22: a signature does not verify"),
            *WITHOUT_AVA,
            (None, "a signature does not verify"),
        ],
    ),
    "a checkpoint": (
        ("checkpoint", "note", "size = 5", 20),
        [(5, "the checkpoint over 5 leaves: a checkpoint is of another log")],
    ),
    "a node": (
        ("node", "hash", "level = 2 AND position = 1", 20),
        [
            (None, "node 1 of level 2 of the tree is damaged"),
            (None, "a proof of inclusion does not lead to the root"),
        ],
    ),
    "a lowest node": (
        ("node", "hash", "level = 0 AND position = 3", 20),
        [
            (3, "leaf 3 of the audit log is not the one that was written"),
            (None, "node 1 of level 1 of the tree is damaged"),
            (None, "a proof of inclusion does not lead to the root"),
        ],
    ),
}


def refuse(house: House) -> None:
    """A log whose newest leaf, of 31, has details."""
    with pytest.raises(Refused):
        disable_person(house.practice, house.actor("max"), login="pat")


house = copied(Stage("written", refuse))


def problems(house: House) -> Named:
    with reading(house.practice.engine) as connection:
        return [
            (each.seq, each.what)
            for each in verify_leaf_by_leaf(connection, house.practice.vault).problems
        ]


@pytest.mark.parametrize(("statements", "named"), EDITS.values(), ids=EDITS)
def test_of_an_edit_this_is_named(
    house: House, statements: str | tuple[str, ...], named: Named
) -> None:
    edit(house, *((statements,) if isinstance(statements, str) else statements))
    assert problems(house) == named
    with reading(house.practice.engine) as connection:
        assert verify_fast(connection, house.practice.vault, None) is None


@pytest.mark.parametrize(("place", "named"), FLIPS.values(), ids=FLIPS)
def test_of_one_changed_byte_this_is_named(
    house: House, place: tuple[str, str, str, int], named: Named
) -> None:
    flip(house, *place)
    assert problems(house) == named


def test_of_a_sound_log_nothing_is_named_and_both_readings_count_the_same(house: House) -> None:
    with writing(house.practice, None) as act:
        act.leaf("login", actor=NOBODY, outcome=Outcome.FAILED)
    mia = house.actor("mia")
    with writing(house.practice, mia.signer) as act:
        act.leaf("login", actor=NOBODY, outcome=Outcome.FAILED)
        act.leaf("login", actor=mia.person.id)
    with writing(house.practice, None) as act:
        act.leaf("login", actor=NOBODY, outcome=Outcome.FAILED)
    with reading(house.practice.engine) as connection:
        each = verify_leaf_by_leaf(connection, house.practice.vault)
        sound = verify_fast(connection, house.practice.vault, None)
    assert sound is not None
    counted = (35, 24, 3, (), house.practice.register)
    for read in (each, sound):
        assert (
            read.head.size,
            read.checkpoints,
            read.unattested,
            read.problems,
            read.register,
        ) == counted
    assert (each.head, each.seen) == (sound.head, None)


def test_two_people_under_one_checkpoint_are_named(house: House) -> None:
    mia, sam = house.actor("mia"), house.actor("sam")
    with writing(house.practice, mia.signer) as act:
        for each in (mia, sam):
            act.leaf("login", actor=each.person.id)
    assert problems(house) == [(33, f"the checkpoint over 33 leaves: {SEVERAL}")]


def test_a_checkpoint_over_nobodys_acts_alone_is_named(house: House) -> None:
    with writing(house.practice, house.actor("mia").signer) as act:
        act.leaf("login", actor=NOBODY, outcome=Outcome.FAILED)
    assert problems(house) == [(32, f"the checkpoint over 32 leaves: {SEVERAL}")]


# Before something irrevocable is done.


def told_before(house: House, deed: Callable[[], object]) -> str:
    deed()
    with reading(house.practice.engine) as connection, pytest.raises(Tampered) as refused:
        require_sound_log(connection, house.practice.vault)
    return refused.value.message


def test_the_first_that_is_wrong_is_told(house: House) -> None:
    told = told_before(house, lambda: edit(house, "DELETE FROM leaf WHERE seq = 30"))
    assert told == "a checkpoint covers 31 leaves, but there are 30"


# What is new.


def newly_named(house: House, deed: Callable[[], object]) -> tuple[Problem, ...]:
    with reading(house.practice.engine) as connection:
        sound = verify_fast(connection, house.practice.vault, None)
    assert sound is not None
    assert sound.seen is not None
    deed()
    with reading(house.practice.engine) as connection:
        return verify_new_entries(connection, house.practice.vault, sound.seen).problems


def test_of_what_is_wrong_among_what_is_new_that_is_named(house: House) -> None:
    def edited() -> None:
        mia = house.actor("mia")
        with writing(house.practice, mia.signer) as act:
            act.leaf("login", actor=mia.person.id)
        edit(house, "DELETE FROM checkpoint WHERE size = 32")

    assert newly_named(house, edited) == (Problem(31, "no checkpoint covers leaf 31"),)


def test_a_log_that_is_shorter_than_what_was_verified_is_named(house: House) -> None:
    named = newly_named(house, lambda: cut_tail(house, 30))
    told = "the log has 30 leaves, where 31 were verified"
    assert named == (Problem(None, told),)


def test_a_log_that_does_not_go_on_from_what_was_verified_is_named(house: House) -> None:
    where = ("node", "hash", "level = 4 AND position = 0", 20)
    named = newly_named(house, lambda: flip(house, *where))
    told = "the log does not go on from the 31 leaves that were verified"
    assert named[0] == Problem(None, told)
    assert len(named) > 1  # and the whole log was read, to name the node

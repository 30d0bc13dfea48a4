"""What a restore lost: said by whoever governs, under the one act that is for it, and attested."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.audit.leaf import Outcome
from callrec.audit.log import Head
from callrec.audit.register import Register
from callrec.audit.resumed import RESUMED_ACT, Resumed, lost_at_least, read_resumed, resumed_fields
from callrec.catalogue.engine import reading
from callrec.crypto.statement import sign_statement
from callrec.errors import Tampered
from callrec.policy.role import Role
from callrec.practice import writing
from house.people import change_role
from house.practices import House

LOST = (Head(30, b"a" * 32), Head(31, b"b" * 32))


def say(
    house: House,
    login: str,
    *lost: Head,
    act: str = RESUMED_ACT,
    outcome: Outcome = Outcome.DONE,
    **other: Any,
) -> int:
    actor = house.actor(login)
    assert actor.identity is not None
    statement = sign_statement(
        "resumed",
        vault=house.practice.vault,
        by=actor.person.id,
        at=house.now(),
        seed=actor.identity.act,
        fields={**resumed_fields(lost), **other},
    )
    with writing(house.practice, actor.signer) as writer:
        return writer.leaf(act, actor=actor.person.id, statement=statement, outcome=outcome)


def resumed(house: House) -> tuple[Resumed, ...]:
    register: Register = house.open().register
    with reading(house.practice.engine) as connection:
        return read_resumed(connection, register)


def test_lost_heads_are_stated_once_each_and_the_shortest_first() -> None:
    assert resumed_fields([LOST[1], LOST[0], LOST[1]]) == {
        **{
            member: []
            for member in ("catalogue", "details", "entries", "rows", "things", "unsigned")
        },
        "lost": [{"root": "61" * 32, "size": 30}, {"root": "62" * 32, "size": 31}],
    }


def test_as_many_entries_are_lost_as_the_longest_head_had_more() -> None:
    assert Resumed(27, LOST).leaves_lost == 4
    assert Resumed(27, ()).leaves_lost == 0


def test_every_restore_that_was_stated_is_read_the_oldest_first(house: House) -> None:
    assert resumed(house) == ()
    first = say(house, "dora", *LOST)
    second = say(house, "dora", LOST[0])
    who, at = house.actor("dora").person.id, "2026-11-24T12:00:00.000Z"
    assert resumed(house) == (Resumed(first, LOST, who, at), Resumed(second, LOST[:1], who, at))


NEVER: dict[str, dict[str, Any]] = {
    "by a manager": {"login": "max"},
    "under another act": {"act": "login"},
    "that failed": {"outcome": Outcome.FAILED},
}


@pytest.mark.parametrize("how", NEVER.values(), ids=NEVER)
def test_a_restore_is_not_stated(house: House, how: dict[str, Any]) -> None:
    seq = say(house, **{"login": "dora", **how})
    with pytest.raises(Tampered) as refused:
        resumed(house)
    assert refused.value.message == f"leaf {seq} of the audit log resumes it, and may not"


def test_who_governs_since_has_not_said_it_then(house: House) -> None:
    seq = say(house, "max", *LOST)
    change_role(house.practice, house.actor("dora"), login="max", role=Role.DATA_CONTROLLER)
    with pytest.raises(Tampered) as refused:
        resumed(house)
    assert refused.value.message == f"leaf {seq} of the audit log resumes it, and may not"


NO_FORM: dict[str, Any] = {
    "a number": 7,
    "heads without a size": [{"root": "aa"}],
    "heads without a root": [{"size": 1}],
    "a root that is none": [{"root": "none", "size": 1}],
    "a size that is none": [{"root": "aa", "size": "one"}],
    "words": ["one"],
}


@pytest.mark.parametrize("lost", NO_FORM.values(), ids=NO_FORM)
def test_what_was_lost_is_not_in_its_form_with(house: House, lost: object) -> None:
    say(house, "dora", lost=lost)
    with pytest.raises(Tampered) as refused:
        resumed(house)
    assert refused.value.message == "a statement of how the log went on is not in its form"


@pytest.mark.parametrize(
    ("size", "lost"),
    [(28, 3), (30, 1), (31, 1), (40, 1)],
    ids=["fewer", "a few", "as many", "more"],
)
def test_of_a_head_that_the_log_has_grown_beyond_one_entry_is_lost_at_the_least(
    size: int, lost: int
) -> None:
    assert lost_at_least(size, LOST) == lost
    assert lost_at_least(size, ()) == 0

"""The audit log listed: what is asked for, and nothing else is read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse_instant
from callrec.procedures.audit import Wanted, list_audit
from callrec.procedures.people import list_people
from house.practices import NOON
from procedures.test_audit_verify import flip
from procedures.test_audit_whole import work_on

if TYPE_CHECKING:
    from house.practices import House

HALF_A_SECOND = timedelta(microseconds=500)
WANTED = {
    "everything": Wanted(),
    "by max": Wanted(actor="max"),
    "by nobody": Wanted(actor="-"),
    "by somebody who is not here": Wanted(actor="eve"),
    "acts on people": Wanted(action="people"),
    "one act": Wanted(action="people.listed"),
    "half a word": Wanted(action="peop"),
    "about max": Wanted(subject="max"),
    "about nothing known": Wanted(subject='","'),
    "from then on": Wanted(since=NOON + timedelta(minutes=1)),
    "from just after": Wanted(since=NOON + timedelta(minutes=1) + HALF_A_SECOND),
    "until then": Wanted(until=NOON + timedelta(minutes=1)),
    "until just after": Wanted(until=NOON + timedelta(minutes=1) + HALF_A_SECOND),
    "much at once": Wanted(actor="max", action="people", subject="max", since=NOON),
}


def is_wanted(leaf: Leaf, wanted: Wanted, logins: dict[str, str]) -> bool:
    at = parse_instant(leaf.at)
    subjects = {*leaf.subject, *(logins.get(id_, id_) for id_ in leaf.subject)}
    return (
        wanted.actor in (None, logins.get(leaf.actor, leaf.actor))
        and (wanted.action is None or f"{leaf.act}.".startswith(f"{wanted.action}."))
        and (wanted.subject is None or wanted.subject in subjects)
        and (wanted.since is None or wanted.since <= at)
        and (wanted.until is None or at < wanted.until)
    )


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
def test_what_is_asked_for_is_listed_and_counted(house: House, wanted: Wanted) -> None:
    house.at += timedelta(minutes=1)
    work_on(house)
    house.at += timedelta(minutes=1)
    dora = house.actor("dora")
    entries, count = list_audit(house.practice, dora, wanted, limit=7)
    with reading(house.practice.engine) as connection:
        logins = {row.id: row.login for row in connection.execute(select(tables.person))}
        rows = connection.execute(select(tables.leaf.c.seq, tables.leaf.c.body)).all()
    leaves = [Leaf.decode(body, seq) for seq, body in rows]
    there = [leaf.seq for leaf in leaves if is_wanted(leaf, wanted, logins)]
    assert ([entry.seq for entry in entries], count) == (there[-7:], len(there))


def test_what_is_not_shown_is_not_read(house: House) -> None:
    dora = house.actor("dora")
    list_people(house.practice, dora)
    list_people(house.practice, dora)
    flip(house, "leaf", "body", "seq = (SELECT max(seq) - 1 FROM leaf)", 4)
    entries, _ = list_audit(house.practice, dora, Wanted(), limit=2)
    assert len(entries) == 2

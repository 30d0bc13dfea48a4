"""The audit log listed: what is asked for, and nothing else is read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse_instant
from callrec.login.people import list_people
from callrec.registers.audit import LogFilter, list_audit
from house.practices import NOON, House
from registers.test_audit_verify import flip
from registers.test_audit_whole import work_on

HALF_A_SECOND = timedelta(microseconds=500)

WANTED = {
    "everything": LogFilter(),
    "by max": LogFilter(actor="max"),
    "by nobody": LogFilter(actor="-"),
    "by somebody who is not here": LogFilter(actor="eve"),
    "acts on people": LogFilter(action="people"),
    "one act": LogFilter(action="people.listed"),
    "half a word": LogFilter(action="peop"),
    "about max": LogFilter(subject="max"),
    "about nothing known": LogFilter(subject='","'),
    "from then on": LogFilter(since=NOON + timedelta(minutes=1)),
    "from just after": LogFilter(since=NOON + timedelta(minutes=1) + HALF_A_SECOND),
    "until then": LogFilter(until=NOON + timedelta(minutes=1)),
    "until just after": LogFilter(until=NOON + timedelta(minutes=1) + HALF_A_SECOND),
    "much at once": LogFilter(actor="max", action="people", subject="max", since=NOON),
}


def is_wanted(leaf: Leaf, wanted: LogFilter, logins: dict[str, str]) -> bool:
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
def test_what_is_asked_for_is_listed_and_counted(house: House, wanted: LogFilter) -> None:
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
    entries, _ = list_audit(house.practice, dora, LogFilter(), limit=2)
    assert len(entries) == 2

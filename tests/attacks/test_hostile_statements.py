"""Statements that somebody signed with a program of his own: a signature says nothing of the form.

Each is carried by a sound leaf of its maker's, under his own checkpoint. What reads it says that
it is not in its form, and ends with 5; nobody is shown a bug.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from callrec.catalogue.engine import reading
from callrec.crypto.statement import sign_statement
from callrec.errors import Tampered
from callrec.practice import writing
from callrec.retention.review import recordings_with_stops
from house.commands import type_in
from house.practices import House
from house.requests import by_sql, rows
from house.spool import a_wave

TAMPERED = 5


def signed(
    house: House, login: str, kind: str, fields: Mapping[str, Any], *about: str, act: str
) -> str:
    """Have somebody sign it and write its leaf; returns the statement's SHA-256."""
    actor = house.actor(login)
    assert actor.identity is not None
    said = sign_statement(
        kind,
        vault=house.practice.vault,
        by=actor.person.id,
        at=house.now(),
        seed=actor.identity.act,
        fields=fields,
    )
    with writing(house.practice, actor.signer) as transaction:
        transaction.leaf(act, actor=actor.person.id, subject=about, statement=said)
    house.practice.engine.dispose()
    return said.digest


def ends_with_5(house: House, *commands: tuple[str, ...]) -> None:
    for login, *words in commands:
        answer = type_in(house, login, *words)
        assert answer.status == TAMPERED, (words, answer)


WHOLE: dict[str, Any] = {
    "break_glass": False,
    "consulted": "",
    "countersigned": "",
    "digest": "00" * 32,
    "items": [],
    "lapses": "2026-12-01T00:00:00.000Z",
    "version": 1,
    "withheld": [],
}

APPROVALS: dict[str, dict[str, Any]] = {
    "no items": {"items": None},
    "items that are none": {"items": ["one"]},
    "items without a grant": {"items": [{"uid": "ab" * 16, "ciphertext": "cd" * 32}]},
    "what is withheld without a code": {"withheld": [{"uid": "ab" * 16}]},
    "what is withheld on a ground that there is not": {
        "withheld": [{"uid": "ab" * 16, "code": "because"}]
    },
    "nobody for whom it is": {"for": None},
    "people for whom it is": {"for": ["pat", "sam"]},
    "no end": {"lapses": 2},
    "an end that is no time": {"lapses": "tomorrow"},
    "a consultation on no day": {"consulted": "on Monday"},
    "a second person without a name": {"countersigned": 7},
    "a version that is none": {"version": "first"},
}


@pytest.mark.parametrize("wrong", APPROVALS.values(), ids=APPROVALS)
def test_an_approval_in_no_approvals_form_convicts_whoever_signed_it(
    wrong: Mapping[str, Any], worked: House
) -> None:
    [request] = rows(worked, "SELECT id, requester FROM request WHERE number = 3")
    fields = {**WHOLE, "request": request.id, "requester": request.requester}
    fields = {**fields, "for": request.requester, **wrong}
    signed(worked, "max", "approval", fields, request.id, act="request.approved")
    by_sql(worked, "UPDATE request SET state = 'approved' WHERE number = 3")
    worked.practice.engine.dispose()
    ends_with_5(
        worked,
        ("max", "request", "show", "R-3"),
        ("max", "approve", "R-3", "--yes"),
        ("sam", "listen", "R-3"),
        ("dora", "request", "dossier", "R-3"),
    )


LISTS: dict[str, Any] = {
    "none": None,
    "one that is none": {"uid": "ab" * 16},
    "one of words": ["ab" * 16],
    "one without uids": [{"ciphertext": "cd" * 32, "metadata": "ef" * 32, "revision": 1}],
    "one of uids that are numbers": [
        {"uid": 7, "ciphertext": "cd" * 32, "metadata": "ef" * 32, "revision": 1, "was": 3}
    ],
}


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
def test_a_batch_in_no_batch_s_form_convicts_who_took_it_in(items: object, worked: House) -> None:
    [row] = rows(worked, "SELECT batch FROM recording WHERE id = 1")
    batch = {"batch": row.batch, "items": items}
    digest = signed(worked, "door", "batch", batch, row.batch, act="ingest")
    by_sql(
        worked, "UPDATE batch SET statement = :digest WHERE id = :id", digest=digest, id=row.batch
    )
    worked.practice.engine.dispose()
    (worked.folder / "spool" / "another.wav").write_bytes(a_wave(300))
    ends_with_5(
        worked,
        ("pat", "show", "1"),
        ("max", "approve", "R-3", "--yes"),
        ("dora", "audit", "verify"),
        ("door", "ingest", str(worked.folder / "spool")),
    )


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
def test_a_list_of_what_was_sealed_anew_in_no_form_removes_nothing(
    items: object, worked: House
) -> None:
    stray = worked.folder / "vault" / "recordings" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"whatever it is")
    anew = {"batch": "ab" * 16, "items": items}
    signed(worked, "dora", "reencrypted", anew, "ab" * 16, act="keys.reencrypted")
    ends_with_5(worked, ("dora", "keys", "rotate", "--reencrypt"))
    assert stray.exists()


@pytest.mark.parametrize("wrong", [{"items": ["one"]}, {"withheld": [7]}], ids=str)
def test_an_approval_in_no_form_keeps_nothing_from_being_kept(
    wrong: Mapping[str, Any], worked: House
) -> None:
    [request] = rows(worked, "SELECT id, requester FROM request WHERE number = 3")
    by_sql(worked, "UPDATE request SET purpose = 'disposal' WHERE number = 3")
    fields = {**WHOLE, "request": request.id, "for": request.requester, **wrong}
    signed(worked, "dora", "approval", fields, request.id, act="request.approved")
    practice = worked.open()
    with reading(practice.engine) as connection, pytest.raises(Tampered, match="does not list"):
        recordings_with_stops(practice, connection)


OF_PEOPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "a voucher for nobody": ("voucher", {}),
    "a voucher for several": ("voucher", {"person": ["pat", "sam"]}),
    "shares that are none": ("seal", {"shares": [7]}),
    "keys of no kind": ("key", {"keys": [{"key": "front door", "version": 1, "public": ""}]}),
    "a kit of nothing": ("kit", {}),
}


@pytest.mark.parametrize(("kind", "fields"), OF_PEOPLE.values(), ids=OF_PEOPLE)
def test_a_statement_about_people_in_no_form_convicts_whoever_governs(
    kind: str, fields: Mapping[str, Any], worked: House
) -> None:
    signed(worked, "dora", kind, fields, "ab" * 16, act="person.vouched")
    ends_with_5(worked, ("pat", "show", "1"), ("dora", "audit", "verify"), ("nobody", "status"))

"""Leaves that somebody wrote with his own key and a program of his own, in no form of ours.

A leaf cannot be removed again. Whoever has the least of keys does not stop a practice by one: no
command says that this is a bug, and ``audit verify`` says who signed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from attacks.test_hostile_statements import WHOLE
from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.statement import sign_statement
from callrec.policy.purpose import Purpose
from callrec.practice import writing
from callrec.record.acts import MIN_SUBJECTS
from house.commands import Answer, type_in
from house.practices import House
from house.requests import a_request, rows

TAMPERED = 5

COMMANDS = (
    ("max", "inbox"),
    ("dora", "status"),
    ("max", "request", "list"),
    ("max", "request", "show", "R-3"),
    ("max", "approve", "R-3", "--yes"),
    ("dora", "audit", "verify", "--full"),
    ("dora", "audit", "list", "--limit", "1000"),
    ("dora", "audit", "review-searches"),
    *(("dora", "register", of) for of in ("access", "rights-requests", "disclosure", "holds")),
    ("dora", "register", "outside-body"),
    *(("dora", "request", "dossier", reference) for reference in ("R-1", "R-3")),
    ("dora", "incident", "list"),
    ("dora", "hold", "list"),
    ("dora", "archive", "list"),
    ("dora", "retention", "review"),
    ("dora", "doctor"),
    ("dora", "keys", "audit"),
)


def own_program(
    house: House,
    login: str,
    act: str,
    subject: Sequence[str] = (),
    *,
    details: Any = None,
    date: Any = None,
    approval: Mapping[str, Any] | None = None,
) -> int:
    """Write a leaf as somebody's own program does; returns its sequence.

    Args:
        house: the practice.
        login: whose key signs it.
        act: what it says that he did.
        subject: to what.
        details: what lies sealed beside it, of any type.
        date: what lies in the clear beside it, for a request's clock.
        approval: what the statement says that it carries.
    """
    actor = house.actor(login)
    assert actor.identity is not None
    said = None
    if approval is not None:
        said = sign_statement(
            "approval",
            vault=house.practice.vault,
            by=actor.person.id,
            at=house.now(),
            seed=actor.identity.act,
            fields=approval,
        )
    nonce = primitives.random_bytes(32)
    with pytest.MonkeyPatch.context() as patch, writing(house.practice, actor.signer) as it:
        patch.setattr("callrec.audit.log.dict", lambda value: value, raising=False)
        told = details if date is None else date
        by = actor.person.id
        seq = it.leaf(act, actor=by, subject=subject, details=told, nonce=nonce, statement=said)
        if date is not None:
            body = canonical(date)
            values = {"seq": seq, "request": subject[0], "nonce": nonce, "body": body}
            it.connection.execute(tables.clock_event.insert().values(values))
    house.practice.engine.dispose()
    return seq


def answers(house: House, *commands: tuple[str, ...]) -> dict[str, Answer]:
    """What they say; none may end as a bug does, or as misuse of the test's own."""
    found = {" ".join(words): type_in(house, login, *words) for login, *words in commands}
    amiss = {words: each.err for words, each in found.items() if each.status not in (0, 3, 5)}
    assert not amiss
    return found


def request_of(house: House, number: int) -> str:
    [row] = rows(house, "SELECT id FROM request WHERE number = :number", number=number)
    return str(row.id)


def further_acts(house: House) -> list[str]:
    """The acts of a day on which all was done that there is to do, but those of the table."""
    with reading(house.practice.engine) as connection:
        leaves = connection.execute(tables.leaf.select().order_by(tables.leaf.c.seq))
        done = {Leaf.decode(bytes(row.body), row.seq).act for row in leaves}
    return sorted(done - set(MIN_SUBJECTS) - {"vault.founded"})


def test_leaves_that_name_nothing_or_too_little_stop_nothing_and_convict_their_signer(
    worked: House,
) -> None:
    request = request_of(worked, 3)
    for act in further_acts(worked):
        own_program(worked, "sam", act)
    short = [own_program(worked, "sam", act) for act in MIN_SUBJECTS]
    twos = [act for act, least in MIN_SUBJECTS.items() if least > 1]
    short += [own_program(worked, "sam", act, [request]) for act in twos]
    after = answers(worked, *COMMANDS)
    verify = after.pop("audit verify --full")
    assert verify.status == TAMPERED
    assert not [words for words, each in after.items() if each.status == TAMPERED]
    for seq in short:
        assert f"leaf {seq}, " in verify.out
    assert verify.out.count("; sam signed it") == len(short)


def test_a_broken_glass_about_nothing_is_nobody_s_to_look_at(worked: House) -> None:
    sam = worked.actor("sam").person.id
    fields = {**WHOLE, "break_glass": True, "for": sam, "requester": sam}
    fields |= {"request": request_of(worked, 3)}
    seq = own_program(worked, "sam", "request.approved", approval=fields)
    said = answers(worked, ("max", "inbox"), ("dora", "status"), ("dora", "audit", "verify"))
    assert said["inbox"].status == said["status"].status == 0
    assert f"leaf {seq}, request.approved, " in said["audit verify"].out


RECEIVED: dict[str, Any] = {
    "answer_by": "",
    "awaits": [],
    "event": "received",
    "on": "2026-11-01",
    "purpose": "subject-access",
    "urgent": False,
    "words": "",
}

DATES: dict[str, tuple[str, Any]] = {
    "nothing": ("received", {}),
    "a list": ("received", ["received"]),
    "no purpose": ("received", {"awaits": [], "event": "received", "on": "2026-11-01"}),
    "an event that is none": ("received", {**RECEIVED, "event": "rung"}),
    "an event of another act": ("asked", RECEIVED),
    "another purpose": ("received", {**RECEIVED, "purpose": "outside-body"}),
    "what only an outside body is": ("received", {**RECEIVED, "urgent": True}),
    "days that are none": ("received", {**RECEIVED, "on": ["2026-11-01"]}),
    "awaiting what there is not": ("received", {**RECEIVED, "awaits": ["rain"]}),
    "awaiting a number": ("received", {**RECEIVED, "awaits": 7}),
    "words that are none": ("received", {**RECEIVED, "words": 7}),
    "a day of a week": ("asked", {"awaited": "identity", "event": "asked", "on": "Monday"}),
    "asking for nothing": (
        "asked",
        {"awaited": "", "event": "asked", "on": "2026-11-01", "words": ""},
    ),
}


@pytest.mark.parametrize(("act", "date"), DATES.values(), ids=DATES)
def test_a_date_in_no_form_leaves_the_lists_to_all_others_and_convicts_its_signer(
    act: str, date: Any, worked: House
) -> None:
    other = a_request(worked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    reference = a_request(worked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    id_ = request_of(worked, int(reference[2:]))
    seq = own_program(worked, "sam", f"request.{act}", [id_], date=date)
    said = answers(
        worked,
        ("max", "inbox"),
        ("dora", "status"),
        ("max", "request", "list"),
        ("dora", "request", "show", other),
        ("dora", "request", "show", reference),
        ("dora", "request", "dossier", reference),
        ("dora", "register", "rights-requests"),
        ("dora", "audit", "verify"),
    )
    for words in ("inbox", "status", "request list", f"request show {other}"):
        assert said[words].status == 0, said[words]
    assert f"the days of {reference} cannot be counted" in said["status"].out
    assert said[f"request show {reference}"].status == TAMPERED
    assert f"the date of leaf {seq} is in no form; sam signed it" in said["audit verify"].out


def test_a_date_that_lies_nowhere_leaves_the_lists_to_all_others(worked: House) -> None:
    reference = a_request(worked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    own_program(worked, "sam", "request.received", [request_of(worked, int(reference[2:]))])
    said = answers(worked, ("max", "inbox"), ("dora", "status"), ("max", "request", "list"))
    assert {each.status for each in said.values()} == {0}
    assert f"the days of {reference} cannot be counted" in said["status"].out


def nested(times: int) -> Any:
    return {"why": nested(times - 1)} if times else 7


DETAILS: dict[str, Any] = {
    "a list": [1],
    "words": "accepted",
    "a number": 7,
    "nothing": {},
    "members of other types": {
        "attended": 7,
        "criteria": ["number"],
        "edits": {"what": "clip"},
        "further": 7,
        "on": 7,
        "search": [1],
        "seqs": 7,
        "verdict": ["accepted"],
    },
    "edits that are none": {"edits": [7]},
    "further particulars": {"further": 7},
    "lists of other types": {"attended": [7], "seqs": ["1"]},
    "a number that is true": {"search": True, "verdict": "accepted"},
    "one within the other": nested(100),
}


def test_details_in_no_form_stop_nothing(worked: House) -> None:
    """Beside leaves of every act; those about requests are of a hearing that there was."""
    [heard] = rows(
        worked,
        "SELECT request.id, uid FROM request, recording WHERE request.number = 1"
        " AND recording.id = 3",
    )
    leaves = [*((act, ()) for act in further_acts(worked)), ("search", (heard.id,))]
    leaves.append(("listen", (heard.id, heard.uid)))
    seqs = {
        kind: [own_program(worked, "sam", act, about, details=details) for act, about in leaves]
        for kind, details in DETAILS.items()
    }
    said = answers(worked, *COMMANDS)
    verify = said.pop("audit verify --full")
    assert "what was not granted was heard" in verify.out, verify
    assert not [words for words, each in said.items() if each.status == TAMPERED]
    told = said["audit list --limit 1000"].err
    for kind, some in seqs.items():
        for seq in some:
            assert (f"entry {seq}, by sam: " in told) is (kind != "nothing"), kind


def test_details_that_are_no_json_are_told_and_stop_nothing(worked: House) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callrec.audit.log.canonical", lambda _: b"{ }")
        seq = own_program(
            worked, "sam", "listen.looked", [request_of(worked, 1), "ab" * 16], details={}
        )
    said = answers(worked, ("dora", "audit", "list"), ("dora", "request", "dossier", "R-1"))
    assert {each.status for each in said.values()} == {0}
    assert f"entry {seq}, by sam: " in said["audit list"].err
    assert "Details: in no form" in said["request dossier R-1"].out

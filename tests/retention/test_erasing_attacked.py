"""Whoever destroys what nobody approved to be destroyed is convicted by it.

The Data Controller alone, with a program of her own that asks nobody and leaves nothing out.
"""

from __future__ import annotations

import pytest

from callrec.audit.erased import KIND
from callrec.calls.custody import Opening
from callrec.catalogue import destruction, tables
from callrec.catalogue.requests import destroy_grants
from callrec.catalogue.tables import from_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import format_instant
from callrec.crypto.statement import sign_statement
from callrec.errors import Refused
from callrec.policy.purpose import Purpose
from callrec.practice import writing
from callrec.registers.verify import Verdict
from callrec.requests.amend import attach_recordings
from callrec.requests.decide import revoke_grants
from callrec.requests.history import read_outlines
from callrec.retention.erased import leaves_with_details_of
from house.erasures import approved_erasure, erase, look_for
from house.forged_approvals import forge_approval
from house.holds import ANN, ask, by_hand, lift, verified
from house.practices import House
from house.requests import REASON, a_request, approve, pass_days, request_id, rows, signed_in
from house.stages import CALLERS, Stage, copied

NOT_ASKED_FOR = "what was destroyed or kept is not what the request asks for"


def search_for_ann(house: House) -> None:
    look_for(house, ANN)


house = copied(Stage("searched", search_for_ann, after=CALLERS))


def approvals(house: House) -> list[str]:
    """Digests of all approvals, oldest first."""
    query = (
        "SELECT digest FROM statement JOIN leaf ON leaf.statement = digest"
        " WHERE kind = 'approval' ORDER BY seq"
    )
    return [row.digest for row in rows(house, query)]


def destroy(house: House, reference: str, *under: str, keeping: bool = True) -> None:
    """Destroy recording 1 in every respect as `erase` does, but for the questions that it asks.

    ``keeping``: it says of what else the request asks for that it was kept.
    """
    dora, request = signed_in(house, "dora"), request_id(house, reference)
    assert dora.identity is not None
    with writing(house.practice, dora.signer) as act:
        there = act.connection
        (row,) = there.exec_driver_sql("SELECT * FROM recording WHERE id = 1").all()
        opened = Opening(house.practice, dora, there).metadata(row)
        details = leaves_with_details_of(house.practice, dora, there, [row.uid], [opened])
        asked = read_outlines(there)[request].uids if keeping else ()
        kept = [{"code": "not-approved", "uid": uid} for uid in asked if uid != row.uid]
        certificate = primitives.random_id()
        item = {"category": "routine", "ciphertext": row.ciphertext, "due": "", "rule": "x"}
        item["started_at"] = format_instant(from_millis(row.started_at))
        said = sign_statement(
            KIND,
            vault=house.practice.vault,
            by=dora.person.id,
            at=house.at,
            seed=dora.identity.act,
            fields={
                "approvals": sorted(under),
                "certificate": certificate,
                "details": details,
                "items": [{**item, "uid": row.uid}],
                "kept": kept,
                "number": 1,
                "request": request,
            },
        )
        named = [request, row.uid]
        seq = act.leaf("request.carried-out", actor=dora.person.id, subject=named, statement=said)
        destruction.strip_recordings(there, [row], set())
        destruction.drop_details(there, details)
        destroy_grants(there, request, "")
        made = {"id": certificate, "number": 1, "request": request, "seq": seq, "begun_at": 0}
        there.execute(tables.certificate.insert().values(made))
        stub = {"recording": 1, "certificate": certificate, "category": "routine", "rule": "x"}
        there.execute(tables.destroyed.insert(), [{**stub, "due_on": None, "destroyed_at": 0}])
        there.exec_driver_sql("UPDATE request SET state = 'closed' WHERE id = ?", (request,))
    house.practice.store.remove(row.ciphertext)
    house.open()


def found(house: House) -> list[str]:
    return [problem.what for problem in verified(house).problems]


def test_what_was_approved_to_be_destroyed_she_may_destroy_with_any_program(house: House) -> None:
    destroy(house, approved_erasure(house, 1), *approvals(house))
    assert verified(house).verdict is Verdict.INTACT


@pytest.mark.parametrize("named", [False, True], ids=["that it does not name", "that it names"])
def test_an_approval_to_listen_is_no_warrant_to_destroy(house: House, *, named: bool) -> None:
    reference = a_request(house, "sam", recordings=(1,))
    approve(house, reference, "max")
    destroy(house, reference, *(approvals(house) if named else ()))
    assert any("it destroys what nobody approved" in what for what in found(house))


def test_nor_is_one_of_her_own(house: House) -> None:
    reference = a_request(house, "sam", recordings=(1,))
    approve(house, reference, "dora")
    destroy(house, reference, *approvals(house))
    assert found(house) == ["recordings were destroyed under a request that asks for no such"]


def test_nor_is_one_that_was_revoked(house: House) -> None:
    reference = approved_erasure(house, 1, 2)
    revoke_grants(house.practice, signed_in(house, "dora"), reference, reason=REASON)
    approve(house, reference, "dora", to="dora", recordings=(1, 2))
    first, _ = approvals(house)
    destroy(house, reference, first)
    assert found(house) == ["recordings were destroyed under an approval that had ended"]


def test_nor_is_one_that_was_over(house: House) -> None:
    reference = approved_erasure(house, 1)
    pass_days(house, 300)
    destroy(house, reference, *approvals(house))
    assert found(house) == ["recordings were destroyed under an approval that had ended"]


def test_nor_is_her_own_of_what_she_attached_to_somebody_else_s(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=(2,))
    attach_recordings(house.practice, signed_in(house, "dora"), reference, [1])
    monkeypatch.setattr("callrec.policy.authority.check_not_own", lambda *_: None)
    approve(house, reference, "dora", to="dora", recordings=(1, 2))
    monkeypatch.undo()
    destroy(house, reference, *approvals(house))
    assert found(house) == ["a request's history has request.approved by somebody who may not"]


@pytest.mark.parametrize("asked", [1, 2], ids=["no other", "another"])
def test_nor_is_one_of_what_nobody_asked_to_have_destroyed(house: House, asked: int) -> None:
    reference = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=(asked,))
    more, dora = rows(house, "SELECT * FROM recording WHERE id < 3"), signed_in(house, "dora")
    forge_approval(house, reference, "dora", recordings=more, to=dora.person.id)
    house.open()
    destroy(house, reference, *approvals(house))
    *of_destruction, of_approval = found(house)
    assert "does not decide what was asked for" in of_approval
    is_asked_for = asked == 1
    assert of_destruction == ([] if is_asked_for else [NOT_ASKED_FOR])


def test_what_was_asked_for_is_destroyed_or_said_to_be_kept(house: House) -> None:
    reference = approved_erasure(house, 1, 2)
    destroy(house, reference, *approvals(house), keeping=False)
    assert found(house) == [NOT_ASKED_FOR]


def test_an_approval_that_ends_while_it_is_carried_out_destroys_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = approved_erasure(house, 1)

    def look_long(*_: object, **__: object) -> list[int]:
        pass_days(house, 300)
        return []

    monkeypatch.setattr("callrec.retention.destroy.leaves_with_details_of", look_long)
    with pytest.raises(Refused, match="lapsed"):
        erase(house, reference)
    assert rows(house, "SELECT * FROM destroyed") == []


def test_what_is_held_is_not_destroyed_under_an_approval_from_before(house: House) -> None:
    reference = approved_erasure(house, 1)
    by_hand(house, 1)
    destroy(house, reference, *approvals(house))
    assert found(house) == ["a recording was destroyed that was held"]


def test_what_was_held_once_is_destroyed_by_nobody_s_leave_but_the_approval_s(house: House) -> None:
    lift(house, by_hand(house, 1))
    erase(house, approved_erasure(house, 1))
    by_hand(house, 2)
    assert verified(house).verdict is Verdict.INTACT

"""What somebody changes of a complaint who can write the database is found (complaints.md, 3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from callrec.catalogue.engine import reading
from callrec.complaints.log import COMPLAINT_VAULT_KEYS, ComplaintBody
from callrec.complaints.show import complaint_warnings, list_complaints, show_complaint
from callrec.errors import NotFound, Tampered
from callrec.office.inbox import read_inbox
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import ComplaintAct, Finding
from callrec.practice import writing
from callrec.record.versions import fresh_nonces, seal_key
from callrec.registers.verify import Verdict
from house.commands import done, type_in
from house.complaints import (
    COMPLAINANT,
    CONTACT,
    a_complaint,
    acknowledged,
    answered,
    opened,
    own_version,
    progressed,
)
from house.holds import problems, verdict
from house.practices import House
from house.requests import by_sql, signed_in
from house.stages import Stage, copied


def entered(house: House) -> None:
    """C-1, with progress of dora's; and C-2, which ava entered."""
    progressed(house, a_complaint(house))
    a_complaint(house, "ava")


complained = copied(Stage("complained", entered))


def show(house: House, login: str = "dora") -> None:
    show_complaint(house.practice, signed_in(house, login), "C-1")


def test_where_nothing_was_changed_nothing_is_found(complained: House) -> None:
    show(complained)
    assert problems(complained) == []


MAX = "(SELECT id FROM person WHERE login = 'max')"

OF_1 = "WHERE complaint = (SELECT id FROM complaint WHERE number = 1)"

OF_2 = "WHERE complaint = (SELECT id FROM complaint WHERE number = 2)"

ADDED = (
    "INSERT INTO complaint SELECT :id, 9, version, entered_by, received_on, state"
    " FROM complaint WHERE number = 1"
)

DAY = date(2026, 11, 24)

COLUMNS = {
    "entered_by": f"UPDATE complaint SET entered_by = {MAX} WHERE number = 1",
    "state": "UPDATE complaint SET state = 'closed' WHERE number = 1",
    "version": "UPDATE complaint SET version = 1 WHERE number = 1",
}

SEALED = {
    "the day": "UPDATE complaint SET received_on = '2026-11-23' WHERE number = 1",
    "the number": "UPDATE complaint SET number = number - 1",
    "bytes": f"UPDATE complaint_version SET sealed = CAST(substr(sealed, 1, 40) || zeroblob(8)"
    f" || substr(sealed, 49) AS BLOB) {OF_1} AND version = 1",
    "a version missing": f"DELETE FROM complaint_version {OF_1} AND version = 1",
    "a version of another": f"UPDATE complaint_version SET sealed = (SELECT sealed FROM"
    f" complaint_version {OF_2}) {OF_1} AND version = 1",
    "a key of another": f"UPDATE complaint_key SET sealed = (SELECT sealed FROM complaint_key"
    f" {OF_2} AND holder = 'catalogue') {OF_1} AND version = 1",
    "a key of no version": f"UPDATE complaint_key SET version = {'9' * 22} {OF_1} AND version = 1",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_is_what_the_log_says(complained: House, column: str) -> None:
    by_sql(complained, COLUMNS[column])
    with pytest.raises(Tampered, match=f"the {column} of complaint C-1 is not what the log says"):
        show(complained)
    assert problems(complained) == [f"the {column} of complaint C-1 is not what the log says"]


@pytest.mark.parametrize("day", ["2027-02-29", "tomorrow", "", "20261124", "2026-11-23"])
def test_another_day_is_named_and_takes_no_list_away(complained: House, day: str) -> None:
    by_sql(complained, "UPDATE complaint SET received_on = :day WHERE number = 1", day=day)
    dora = signed_in(complained, "dora")
    other, listed = list_complaints(complained.practice, dora)
    assert (other.reference, listed.reference) == ("C-2", "C-1")
    assert (listed.received_on, listed.due_on, listed.urgency) == (None, None, None)
    assert [item.due_on is None for item in read_inbox(complained.practice, dora)] == [False, True]
    assert warned(complained) == ["complaint C-1 is not as it was entered: callrec audit verify"]
    assert "unknown" in done(complained, "dora", "complaint", "list")
    assert verdict(complained) is Verdict.TAMPERED


@pytest.mark.parametrize("change", [COLUMNS["state"], SEALED["the day"]], ids=["state", "day"])
def test_audit_verify_convicts_whoever_changed_one(complained: House, change: str) -> None:
    by_sql(complained, change)
    assert verdict(complained) is Verdict.TAMPERED


@pytest.mark.parametrize("change", SEALED.values(), ids=SEALED)
def test_what_is_sealed_is_what_was_entered(complained: House, change: str) -> None:
    by_sql(complained, change)
    with pytest.raises(Tampered, match="complaint C-"):
        show(complained)


def test_another_account_sealed_in_its_place_is_found(complained: House) -> None:
    """Sealing to public keys takes no private one."""
    complaint = opened(complained)
    which, key = complaint.history.version_id(complained.practice.vault, 1), bytes(32)
    said = {
        "number": 1,
        "on": complaint.receipt.on,
        "how": Channel.PHONE,
        "what": "Nothing at all has happened that day",
        "complainant": COMPLAINANT,
        "contact": CONTACT,
    }
    told = ComplaintBody(**{**said, **fresh_nonces()})
    by_sql(
        complained,
        f"UPDATE complaint_version SET sealed = :sealed {OF_1} AND version = 1",
        sealed=told.seal(key, which),
    )
    for vault_key in COMPLAINT_VAULT_KEYS:
        public = complained.practice.register.newest(vault_key).public
        by_sql(
            complained,
            f"UPDATE complaint_key SET sealed = :sealed {OF_1} AND version = 1"
            " AND holder = :holder",
            sealed=seal_key(key, which, public),
            holder=str(vault_key),
        )
    with pytest.raises(Tampered, match="its version 1 is not the one that was made"):
        show(complained)


def test_a_complaint_that_is_in_no_leaf_is_found(complained: House) -> None:
    by_sql(complained, ADDED, id="9" * 32)
    assert problems(complained) == ["complaint C-9 is in no leaf"]


def delete_2(house: House) -> None:
    for table in ("complaint_key", "complaint_version"):
        by_sql(house, f"DELETE FROM {table} {OF_2}")
    by_sql(house, "DELETE FROM complaint WHERE number = 2")


def test_a_complaint_that_is_in_no_row_is_found(complained: House) -> None:
    delete_2(complained)
    assert problems(complained) == ["1 complaints of the log are in no row"]


def seen(house: House) -> list[tuple[str, str, date | None]]:
    listed = list_complaints(house.practice, signed_in(house, "dora"))
    return [(each.reference, str(each.state), each.received_on) for each in listed]


def warned(house: House) -> list[str]:
    return list(complaint_warnings(house.practice))


def waiting(house: House) -> list[tuple[str, str]]:
    items = read_inbox(house.practice, signed_in(house, "dora"))
    return [(item.reference, str(item.waits_to)) for item in items]


def test_a_deleted_complaint_leaves_no_list_and_the_register_ends_with_5(complained: House) -> None:
    delete_2(complained)
    assert seen(complained) == [("C-2", "received", None), ("C-1", "received", DAY)]
    assert warned(complained) == ["complaint C-2 is not as it was entered: callrec audit verify"]
    assert waiting(complained) == [("C-1", "acknowledge"), ("C-2", "acknowledge")]
    with pytest.raises(Tampered, match="complaint C-2 is on record, and its row is gone"):
        show_complaint(complained.practice, signed_in(complained, "dora"), "C-2")
    with pytest.raises(Tampered, match="complaint C-2 is on record, and its row is gone"):
        acknowledged(complained, "C-2", "ava")
    with pytest.raises(NotFound):
        show_complaint(complained.practice, signed_in(complained, "dora"), "C-3")
    told = type_in(complained, "dora", "complaint", "list")
    assert "warning: complaint C-2 is not as it was entered: callrec audit verify" in told.err
    told = type_in(complained, "dora", "practice", "register", "complaints")
    assert told.status == 5
    assert "complaints that do not open as they were entered: C-2 by ava" in told.err


def test_a_complaint_that_a_row_calls_closed_waits_as_before(complained: House) -> None:
    by_sql(complained, COLUMNS["state"])
    assert seen(complained) == [("C-2", "received", DAY), ("C-1", "received", None)]
    assert warned(complained) == ["complaint C-1 is not as it was entered: callrec audit verify"]
    assert waiting(complained) == [("C-2", "acknowledge"), ("C-1", "acknowledge")]


def test_a_row_that_is_in_no_leaf_stands_in_the_lists_as_one_that_is_not_right(
    complained: House,
) -> None:
    by_sql(complained, ADDED, id="9" * 32)
    assert seen(complained)[0] == ("C-9", "received", None)
    assert warned(complained) == ["complaint C-9 is not as it was entered: callrec audit verify"]


def test_what_cannot_have_happened_takes_no_complaint_out_of_the_lists(complained: House) -> None:
    answered(complained)
    actor, id_ = signed_in(complained, "sam"), opened(complained).id
    with writing(complained.practice, actor.signer) as act:
        act.leaf("complaint.progressed", actor=actor.person.id, subject=[id_])
    assert seen(complained)[1] == ("C-1", "received", None)
    assert warned(complained) == ["complaint C-1 is not as it was entered: callrec audit verify"]


def test_a_complaint_about_nothing_is_tampering(complained: House) -> None:
    actor = signed_in(complained, "sam")
    with writing(complained.practice, actor.signer) as act:
        act.leaf("complaint.received", actor=actor.person.id, subject=[])
    assert any("does not name what that was done to; sam" in each for each in problems(complained))


ANSWER = {"finding": Finding.NOT_UPHELD, "what": "Nothing was wrong with what we did"}

WHO_MIGHT_NOT: dict[str, tuple[str, ComplaintAct, dict[str, Any]]] = {
    "staff answer what they entered": ("sam", ComplaintAct.ANSWERED, ANSWER),
    "a partner answers one": ("pat", ComplaintAct.ANSWERED, ANSWER),
    "a manager acknowledges one": ("max", ComplaintAct.ACKNOWLEDGED, {}),
    "a reader of the record adds to one": ("ava", ComplaintAct.PROGRESSED, {}),
}


@pytest.mark.parametrize(("login", "what", "said"), WHO_MIGHT_NOT.values(), ids=WHO_MIGHT_NOT)
def test_what_somebody_did_who_might_not_is_tampering(
    complained: House, login: str, what: ComplaintAct, said: dict[str, Any]
) -> None:
    own_version(complained, login, what, **said)
    wrong = f"the history of a complaint has {what} by somebody who may not"
    assert problems(complained) == [wrong]
    with pytest.raises(Tampered, match=wrong):
        show(complained)


def test_a_complaint_by_the_intake_service_is_tampering(complained: House) -> None:
    own_version(
        complained,
        "door",
        ComplaintAct.RECEIVED,
        None,
        complainant=COMPLAINANT,
        contact=CONTACT,
    )
    assert problems(complained) == ["a complaint was entered by somebody who may not"]


def test_what_comes_after_the_outcome_is_tampering(complained: House) -> None:
    answered(complained)
    with pytest.raises(Tampered, match="cannot have happened in this order"):
        own_version(complained, "dora", ComplaintAct.PROGRESSED)


def test_a_second_acknowledgement_is_tampering(complained: House) -> None:
    acknowledged(complained)
    with pytest.raises(Tampered, match="cannot have happened in this order"):
        own_version(complained, "dora", ComplaintAct.ACKNOWLEDGED)


FORMS: dict[str, tuple[ComplaintAct, dict[str, Any], str]] = {
    "an outcome in a step": (ComplaintAct.PROGRESSED, ANSWER, "outcome"),
    "an answer without an outcome": (ComplaintAct.ANSWERED, {}, "outcome"),
    "another complainant later": (
        ComplaintAct.PROGRESSED,
        {"complainant": "Nobody", "contact": "Nowhere"},
        "receipt",
    ),
    "another request later": (ComplaintAct.ACKNOWLEDGED, {"request": "R-9"}, "receipt"),
    "an outcome that nobody was told": (ComplaintAct.ANSWERED, {**ANSWER, "how": ""}, "how"),
}


@pytest.mark.parametrize(("act", "said", "named"), FORMS.values(), ids=FORMS)
def test_a_version_says_what_belongs_to_its_act(
    complained: House, act: ComplaintAct, said: dict[str, Any], named: str
) -> None:
    own_version(complained, "dora", act, **said)
    with pytest.raises(Tampered, match=f"C-1 does not open: .*{named}"):
        show(complained)


@pytest.mark.parametrize("said", [{}, {"complainant": COMPLAINANT}, {"contact": CONTACT}], ids=str)
def test_a_receipt_without_a_complainant_is_tampering(
    complained: House, said: dict[str, str]
) -> None:
    reference = own_version(complained, "sam", ComplaintAct.RECEIVED, None, **said)
    with pytest.raises(Tampered, match=f"{reference} does not open"):
        opened(complained, reference)


def test_nothing_is_added_to_what_was_changed(complained: House) -> None:
    by_sql(complained, SEALED["the day"])
    with pytest.raises(Tampered):
        acknowledged(complained)
    rows = "SELECT max(version) FROM complaint_version"
    with reading(complained.practice.engine) as connection:
        assert connection.exec_driver_sql(rows).scalar() == 2

"""What a request says: its purpose's own, how it is changed, and whom it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from callrec.audit.log import read_detail, read_leaf
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import CallrecError, NotFound, Refused, Tampered, Unusable
from callrec.policy.further import FurtherParticular
from callrec.policy.handing_over import ReleaseInstructions
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import Purpose
from callrec.policy.role import VaultKey
from callrec.release.release import release_recordings
from callrec.requests.agreement import read_agreement
from callrec.requests.amend import Amended, amend_particulars, attach_recordings
from callrec.requests.ask import create_request
from callrec.requests.history import REQUESTS
from callrec.requests.model import RequestBody, RequestVersion
from callrec.requests.show import show_request
from house.holds import verified
from house.listening import hear
from house.particulars import answers
from house.practices import House
from house.requests import (
    AGREEMENT,
    FURTHER,
    a_request,
    approve,
    by_sql,
    further_of,
    grants_of,
    last_leaf,
    logged_in,
    opened,
    refused,
    rows,
    said,
    signed_in,
)

BY_HAND = [purpose for purpose in Purpose if purpose is not Purpose.DISPOSAL]


def ask(house: House, purpose: Purpose, login: str = "sam", **further: str) -> str:
    """The reference of a request for recording 1; changes by the further particulars' names."""
    asks = said(purpose, further=further_of(purpose, **further))
    actor = logged_in(house, login)
    made = create_request(house.practice, actor, purpose=purpose, answers=asks, recordings=[1])
    return made.reference


def amend(house: House, reference: str, login: str = "sam", **changes: Any) -> Amended:
    actor = signed_in(house, login)
    return amend_particulars(house.practice, actor, reference, answers(**changes))


def making_details(house: House, reference: str) -> Mapping[str, Any]:
    """Of the leaf that made the version that stands, as the audit key opens them."""
    seq, dora = opened(house, reference, "dora").history.making.seq, signed_in(house, "dora")
    with reading(house.practice.engine) as connection:
        leaf, _ = read_leaf(connection, seq)
        secret = dora.shares[VaultKey.AUDIT, 1]
        details = read_detail(connection, leaf, lambda _: secret, house.practice.vault)
    assert details is not None
    return details


# --- what each purpose asks for -----------------------------------------------------------------


@pytest.mark.parametrize("purpose", BY_HAND)
def test_what_a_purpose_asks_for_is_kept_with_the_request(stocked: House, purpose: Purpose) -> None:
    further = opened(stocked, ask(stocked, purpose), "dora").particulars.further
    assert further == {str(name): text for name, text in further_of(purpose).items()}


@pytest.mark.parametrize("purpose", [p for p in BY_HAND if p is not Purpose.PROTECT_PARTIES])
def test_without_it_nothing_is_made_and_the_log_knows(stocked: House, purpose: Purpose) -> None:
    with pytest.raises(Refused, match="the request does not say: "):
        create_request(
            stocked.practice,
            logged_in(stocked, "sam"),
            purpose=purpose,
            answers=said(purpose, further={}),
        )
    assert refused(stocked)
    assert rows(stocked, "SELECT * FROM request") == []


IMPOSSIBLE: dict[str, tuple[Purpose, dict[str, str], type[CallrecError]]] = {
    "received on a day to come": (Purpose.ERASURE, {"received": "2026-11-25"}, Refused),
    "received before the call": (Purpose.ERASURE, {"received": "2024-07-03"}, Refused),
    "another purpose's": (Purpose.ERASURE, {"claim": "MDU 1"}, Refused),
    "a person that there is not": (Purpose.ABUSIVE_CALL, {"affected": "zoe"}, NotFound),
    "no such basis": (Purpose.OUTSIDE_BODY, {"legal_basis": "section-29"}, Unusable),
}


@pytest.mark.parametrize(("purpose", "further", "error"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_not_made_either(
    stocked: House, purpose: Purpose, further: dict[str, str], error: type[CallrecError]
) -> None:
    with pytest.raises(error):
        ask(stocked, purpose, **further)
    assert last_leaf(stocked).act == "request.created"
    assert rows(stocked, "SELECT * FROM request") == []


def test_the_day_it_is_at_the_practice_counts(stocked: House) -> None:
    stocked.at = stocked.at.replace(hour=23, minute=30)
    with pytest.raises(Refused, match="this day is in the future"):
        ask(stocked, Purpose.ERASURE, received="2026-11-25")
    ask(stocked, Purpose.ERASURE, received="2026-11-24")


# --- the written agreement ----------------------------------------------------------------------


def test_the_log_has_the_hash_of_a_written_agreement(stocked: House) -> None:
    reference = ask(stocked, Purpose.DISCIPLINARY)
    assert making_details(stocked, reference)["agreement"] == sha256(AGREEMENT).hexdigest()
    amend(stocked, reference, agreement=b"\x89PNG another")
    hashed = sha256(b"\x89PNG another").hexdigest()
    assert making_details(stocked, reference)["agreement"] == hashed


def test_a_request_without_an_agreement_has_no_hash_of_one(stocked: House) -> None:
    assert set(making_details(stocked, ask(stocked, Purpose.COMPLAINT))) == {"digest", "number"}


def test_no_further_particular_lies_open_in_the_catalogue(stocked: House) -> None:
    for purpose in BY_HAND:
        ask(stocked, purpose)
    stocked.practice.engine.dispose()
    data = b"".join(p.read_bytes() for p in stocked.practice.folder.iterdir() if p.is_file())
    for field in (
        FurtherParticular.SUBJECT,
        FurtherParticular.EMPLOYEE,
        FurtherParticular.OFFICER,
        FurtherParticular.NECESSITY,
    ):
        assert FURTHER[field].encode() not in data
    assert b"I agree that the call" not in data


def agreement_of(house: House, reference: str, login: str) -> bytes:
    return read_agreement(house.practice, signed_in(house, login), opened(house, reference, login))


@pytest.mark.parametrize("login", ["sam", "dora"])
def test_the_agreement_is_got_out_to_the_byte(login: str, stocked: House) -> None:
    reference = ask(stocked, Purpose.DISCIPLINARY)
    assert agreement_of(stocked, reference, login) == AGREEMENT
    assert last_leaf(stocked).act == "request.agreement"


def test_the_file_goes_on_with_a_request_that_is_changed(stocked: House) -> None:
    reference = ask(stocked, Purpose.DISCIPLINARY)
    amend(stocked, reference, about="It was about a prescription after all")
    assert agreement_of(stocked, reference, "sam") == AGREEMENT
    amend(stocked, reference, agreement=b"Agreed anew.\n")
    amend(stocked, reference, about="It was about an appointment")
    assert agreement_of(stocked, reference, "dora") == b"Agreed anew.\n"
    ((kept,),) = rows(stocked, "SELECT count(*) FROM request_file")
    assert kept == 2


def test_who_was_granted_the_call_reads_the_agreement(stocked: House) -> None:
    reference = ask(stocked, Purpose.DISCIPLINARY)
    approve(stocked, reference, "dora", to="mia")
    assert agreement_of(stocked, reference, "mia") == AGREEMENT


def test_people_who_see_a_request_masked_do_not_read_its_agreement(stocked: House) -> None:
    reference = ask(stocked, Purpose.DISCIPLINARY)
    with pytest.raises(Refused, match="an agreement is for who made"):
        agreement_of(stocked, reference, "pat")
    assert refused(stocked)
    assert last_leaf(stocked).act == "request.agreement"


def test_there_is_no_agreement_where_none_was_asked_for(stocked: House) -> None:
    with pytest.raises(NotFound, match="no written agreement"):
        agreement_of(stocked, ask(stocked, Purpose.COMPLAINT), "sam")


EXCHANGED = {
    "taken away": "DELETE FROM request_file"
    " WHERE request = (SELECT id FROM request WHERE number = 2)",
    "another's": "UPDATE request_file SET sealed = (SELECT f.sealed FROM request_file AS f"
    " JOIN request ON request.id = f.request WHERE number = 1)",
    "damaged": "UPDATE request_file SET sealed = randomblob(length(sealed))",
    "put beside": "INSERT INTO request_file SELECT request, 2, sealed FROM request_file",
}


@pytest.mark.parametrize("change", EXCHANGED.values(), ids=EXCHANGED)
def test_an_agreement_that_was_changed_is_found(change: str, stocked: House) -> None:
    ask(stocked, Purpose.DISCIPLINARY)
    reference = ask(stocked, Purpose.DISCIPLINARY)
    amend(stocked, reference, about="It was about a prescription after all")
    with stocked.practice.engine.begin() as connection:
        connection.exec_driver_sql(change)
    with pytest.raises(Tampered, match=f"the agreement of {reference}"):
        agreement_of(stocked, reference, "sam")
    found = verified(stocked, root=None)
    assert any('"request_file"' in each.what for each in found.problems)


def test_another_agreement_is_found_though_who_put_it_there_has_its_key(stocked: House) -> None:
    reference = ask(stocked, Purpose.DISCIPLINARY)
    request = opened(stocked, reference)
    bound_to = context("request-file", request.version_id.vault, request=request.id, version=1)
    sealed = primitives.seal(request.body.agreement_key, AGREEMENT + b" I do not.", bound_to)
    by_sql(stocked, "UPDATE request_file SET sealed = :sealed", sealed=sealed)
    with pytest.raises(Tampered, match="is not the file that came with it"):
        agreement_of(stocked, reference, "dora")


# --- changing what it says ----------------------------------------------------------------------


def test_only_what_is_said_anew_changes_and_it_is_another_version(stocked: House) -> None:
    reference = ask(stocked, Purpose.COMPLAINT)
    before = opened(stocked, reference)
    further = {FurtherParticular.COMPLAINT: "C-2024-18"}
    amended = amend(stocked, reference, number="0117 496 0123", further=further)
    after = opened(stocked, reference)
    assert (amended.version, amended.recordings, after.version_id.version) == (2, 1, 2)
    was, now = before.particulars.as_json(), after.particulars.as_json()
    changed = {name for name in was if was[name] != now[name]}
    assert changed == {"number", "further"}
    assert now["number"] == "+441174960123"
    assert now["further"] == {"complaint": "C-2024-18", "complainant": "patient"}
    assert after.body.recordings == before.body.recordings


def test_the_version_before_stays_as_it_was(stocked: House) -> None:
    reference = a_request(stocked)
    before = opened(stocked, reference)
    amend(stocked, reference, extension="unknown")
    with reading(stocked.practice.engine) as connection:
        first = RequestVersion(stocked.practice.vault, before.id, 1)
        sealed = REQUESTS.sealed(connection, first)
    assert RequestBody.open(sealed, before.key, first) == before.body


def test_every_approval_is_void_once_it_says_something_else(granted: House) -> None:
    amended = amend(granted, "R-1", day=UNKNOWN)
    assert amended.grants_ended == 2
    with pytest.raises(Refused):
        grants_of(granted, "R-1")


def test_whoever_may_search_changes_it_too_and_does_not_decide_it_then(stocked: House) -> None:
    reference = a_request(stocked)
    amend(stocked, reference, "mia", extension="202")
    with pytest.raises(Refused, match="made or changed"):
        approve(stocked, reference, "mia")


def test_nobody_else_changes_what_it_says(stocked: House) -> None:
    reference = a_request(stocked, "mia")
    with pytest.raises(Refused):
        amend(stocked, reference, "sam", extension="202")
    assert refused(stocked)


NOT_SAID: dict[str, tuple[dict[str, Any], type[CallrecError]]] = {
    "what it says already": ({"extension": "201"}, Unusable),
    "no sentence": ({"reason": "complaint"}, Refused),
    "a day to come": ({"day": date(2026, 11, 25)}, Refused),
    "no number": ({"number": "Mrs Jones"}, Unusable),
    "another purpose's": ({"further": {FurtherParticular.CLAIM: "MDU 1"}}, Refused),
    "a day before the call": ({"further": {FurtherParticular.RECEIVED: "2024-07-03"}}, Refused),
}


@pytest.mark.parametrize(("changes", "error"), NOT_SAID.values(), ids=NOT_SAID)
def test_a_change_keeps_the_rules_of_a_new_request(
    stocked: House, changes: dict[str, Any], error: type[CallrecError]
) -> None:
    reference = ask(stocked, Purpose.PORTABILITY)
    with pytest.raises(error):
        amend(stocked, reference, **changes)
    assert opened(stocked, reference, "dora").version_id.version == 1
    assert last_leaf(stocked).act == "request.amended"


# --- whom it is about ---------------------------------------------------------------------------


ABOUT_PAT: dict[str, tuple[Purpose, dict[str, str]]] = {
    "affected, by login": (Purpose.ABUSIVE_CALL, {"affected": "pat"}),
    "the employee, by name": (Purpose.DISCIPLINARY, {"employee": "Ms Pat ELLISON"}),
    "the employee, by login": (Purpose.DISCIPLINARY, {"employee": "Pat"}),
    "the data subject": (Purpose.SUBJECT_ACCESS, {"subject": "Ellison, Pat"}),
    "the applicant": (Purpose.DECEASED, {"applicant": "Dr Pat Ellison"}),
}


@pytest.mark.parametrize(("purpose", "further"), ABOUT_PAT.values(), ids=ABOUT_PAT)
def test_whoever_is_named_is_whom_it_is_about(
    stocked: House, purpose: Purpose, further: dict[str, str]
) -> None:
    reference = ask(stocked, purpose, **further)
    subjects = opened(stocked, reference, "dora").facts.subjects
    assert subjects == {signed_in(stocked, "pat").person.id}


@pytest.mark.parametrize("purpose", BY_HAND)
def test_a_request_that_names_nobody_of_the_practice_is_about_none_of_them(
    stocked: House, purpose: Purpose
) -> None:
    subjects = opened(stocked, ask(stocked, purpose), "dora").facts.subjects
    mia = {signed_in(stocked, "mia").person.id} if purpose is Purpose.ABUSIVE_CALL else set()
    assert subjects == mia


def test_nobody_decides_a_request_about_himself(stocked: House) -> None:
    reference = ask(stocked, Purpose.ABUSIVE_CALL, affected="max")
    with pytest.raises(Refused, match="about yourself"):
        approve(stocked, reference, "max")
    assert refused(stocked)
    approve(stocked, reference, "mia")


def test_nor_by_whatever_name_the_data_controller_is_called(stocked: House) -> None:
    reference = ask(stocked, Purpose.SUBJECT_ACCESS, subject="Mrs Dora Whitlock")
    with pytest.raises(Refused, match="about yourself"):
        approve(stocked, reference, "dora")


def test_whoever_it_is_about_may_have_made_it(stocked: House) -> None:
    reference = ask(stocked, Purpose.ABUSIVE_CALL, "mia", affected="mia")
    approve(stocked, reference, "max")


def test_whoever_it_is_about_changes_nothing_and_sees_masks(stocked: House) -> None:
    reference = ask(stocked, Purpose.ABUSIVE_CALL, affected="mia")
    with pytest.raises(Refused, match="about yourself"):
        attach_recordings(stocked.practice, signed_in(stocked, "mia"), reference, [2])
    shown = show_request(stocked.practice, logged_in(stocked, "mia"), reference)
    assert not shown.in_full
    assert shown.particulars["further"] == {"affected": None}


def test_who_changed_it_before_it_was_about_him_is_no_tamperer(stocked: House) -> None:
    reference = ask(stocked, Purpose.ABUSIVE_CALL, affected="pat")
    attach_recordings(stocked.practice, signed_in(stocked, "mia"), reference, [2])
    amend(stocked, reference, further={FurtherParticular.AFFECTED: "mia"})
    assert opened(stocked, reference).facts.subjects == {signed_in(stocked, "mia").person.id}


# --- what is carried out ------------------------------------------------------------------------


def test_an_erasure_that_is_approved_is_neither_heard_nor_released(stocked: House) -> None:
    reference = ask(stocked, Purpose.ERASURE, "mia")
    approve(stocked, reference, "dora", recordings=(1,))
    mia, outbox = signed_in(stocked, "mia"), stocked.folder / "outbox"
    outbox.mkdir()
    with pytest.raises(Refused, match="carried out, not heard"):
        hear(stocked, reference, login="mia")
    with pytest.raises(Refused, match="carried out, not heard"):
        release_recordings(
            stocked.practice, mia, reference, to=outbox, directions=ReleaseInstructions()
        )
    assert list(outbox.iterdir()) == []
    assert refused(stocked)

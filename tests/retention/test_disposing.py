"""What is proposed, approved and destroyed is the same [policy 4(h)]."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from callrec.errors import Refused, Unusable
from callrec.office.status import recordings_held
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.retention import DisposalItem
from callrec.policy.role import Power, Role
from callrec.registers.verify import Verdict
from callrec.requests.amend import amend_particulars, attach_recordings, detach_recordings
from callrec.requests.decide import revoke_grants
from callrec.requests.event import withdraw_request
from callrec.requests.show import show_request
from callrec.retention.erase import preview_destruction, preview_disposal
from cli.test_request_on_a_terminal import on_a_terminal
from house.drives import archive, drive, faults, verify
from house.erasures import bags_of, erase, found_in, secrets_of, tokens_of
from house.holds import ask, by_hand, verified
from house.people import change_role
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    approve,
    last_leaf,
    logged_in,
    opened,
    pass_days,
    refused,
    rows,
    said,
    signed_in,
    state_of,
)
from house.retention import (
    DUE_SINCE,
    approved_disposal,
    categorise,
    dispose,
    keep_for,
    propose,
    review,
)
from house.stages import ALL_DUE, CALLERS, copied

house = copied(ALL_DUE)

callers = copied(CALLERS)


def stubs(house: House) -> list[tuple[object, ...]]:
    query = "SELECT recording, category, rule, due_on FROM destroyed ORDER BY recording"
    return [tuple(row) for row in rows(house, query)]


# --- proposing ----------------------------------------------------------------------------------


def test_a_request_for_disposal_carries_category_rule_and_day_of_each(house: House) -> None:
    reference = propose(house).reference
    retained = opened(house, reference).body.retained
    assert sorted(each.due_on.isoformat() for each in retained.values()) == [
        *([DUE_SINCE] * 2),
        *(["2027-01-06"] * 2),
    ]
    assert {(each.category, each.rule) for each in retained.values()} == {
        ("routine", "routine, 3 years")
    }


def test_its_digest_covers_them(house: House) -> None:
    request = opened(house, propose(house).reference)
    uid = request.body.recordings[0][0]
    retained = {
        **request.body.retained,
        uid: DisposalItem("claim", "claim, 6 years", date(2030, 1, 5)),
    }
    changed = replace(request.body, retained=retained)
    assert changed.digest(request.version_id, request.requester) != request.digest


def test_a_request_for_anything_else_has_the_digest_that_it_had(house: House) -> None:
    request = opened(house, ask(house, purpose=Purpose.PROTECT_PARTIES, recordings=[1]))
    assert request.body.retained == {}
    without = replace(request.body, retained={})
    assert without.digest(request.version_id, request.requester) == request.digest


def test_what_is_due_longest_comes_first_and_the_rest_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrec.retention.erase.MAX_REQUEST_RECORDINGS", 3)
    first = propose(house)
    assert (first.recordings, first.left) == ((1, 3, 2), 1)
    second = propose(house)
    assert (second.recordings, second.left) == ((4,), 0)


def test_to_ask_what_would_be_proposed_proposes_nothing(house: House) -> None:
    foreseen = preview_disposal(house.practice, logged_in(house, "max"))
    assert (foreseen.reference, foreseen.recordings) == ("", (1, 3, 2, 4))
    assert rows(house, "SELECT * FROM request") == []


def test_nothing_due_makes_no_request(callers: House) -> None:
    made = propose(callers)
    assert (made.reference, made.recordings) == ("", ())
    assert rows(callers, "SELECT * FROM request") == []


@pytest.mark.parametrize("login", ["pat", "sam", "ava"])
def test_who_does_not_archive_proposes_nothing(house: House, login: str) -> None:
    with pytest.raises(Refused, match="review recordings"):
        propose(house, login)
    assert (last_leaf(house).act, refused(house)) == ("request.created", True)


def test_who_makes_no_requests_proposes_nothing(house: House) -> None:
    dora, only = signed_in(house, "dora"), frozenset({Power.ARCHIVE})
    change_role(house.practice, dora, login="mia", role=Role.MANAGER, only=only)
    house.open()
    with pytest.raises(Refused, match="may not make a request"):
        propose(house, "mia")


def test_nobody_changes_what_was_proposed(house: House) -> None:
    by_hand(house, 4)
    reference, max_ = propose(house).reference, logged_in(house, "max")
    with pytest.raises(Refused, match="not changed by hand"):
        attach_recordings(house.practice, max_, reference, [4])
    with pytest.raises(Refused, match="not changed by hand"):
        detach_recordings(house.practice, max_, reference, [1])
    with pytest.raises(Refused, match="not changed by hand"):
        amend_particulars(house.practice, max_, reference, said(reason=ANOTHER_REASON))


def test_who_proposed_it_withdraws_it(house: House) -> None:
    reference = propose(house).reference
    withdraw_request(house.practice, logged_in(house, "max"), reference)
    assert review(house).free == 4


def test_the_data_controller_sees_rule_and_day_of_each(house: House) -> None:
    reference = propose(house).reference
    shown = show_request(house.practice, signed_in(house, "dora"), reference)
    assert shown.recordings[0].retained == DisposalItem(
        "routine", "routine, 3 years", date(2027, 1, 5)
    )


def test_the_data_controller_does_not_approve_what_she_proposed(house: House) -> None:
    reference = propose(house, "dora").reference
    with pytest.raises(Refused, match="you cannot approve or deny a request that you made"):
        approve(house, reference, "dora")


def test_nobody_else_approves_it(house: House) -> None:
    reference = propose(house).reference
    with pytest.raises(Refused, match="may not decide a request for disposal"):
        approve(house, reference, "pat")


# --- destroying ---------------------------------------------------------------------------------


def test_what_was_approved_is_destroyed_and_a_stub_says_by_which_rule(house: House) -> None:
    reference = approved_disposal(house)
    secrets, held = secrets_of(house, 1, 2, 3, 4), recordings_held(house.practice)
    done = dispose(house, reference)
    assert (done.certificate, done.destroyed, done.is_done) == ("C-1", (1, 2, 3, 4), True)
    assert recordings_held(house.practice) == held - 4
    assert stubs(house) == [
        (1, "routine", "routine, 3 years", "2027-01-05"),
        (2, "routine", "routine, 3 years", "2027-01-06"),
        (3, "routine", "routine, 3 years", "2027-01-05"),
        (4, "routine", "routine, 3 years", "2027-01-06"),
    ]
    assert tokens_of(house, 1, 2, 3, 4) == 0
    assert found_in(secrets, house.config.vault) == []
    assert (state_of(house, reference), verified(house).verdict) == ("closed", Verdict.INTACT)


def test_it_is_destroyed_on_attached_volumes_and_owed_on_others(house: House) -> None:
    here, away = drive(house, "drive-a"), drive(house, "drive-b")
    for at in (here, away):
        archive(house, at)
    reference = approved_disposal(house, 1, 3, note=ANOTHER_REASON)
    secrets = secrets_of(house, 1, 3)
    done = dispose(house, reference, here)
    assert (dict(done.owed), done.is_done) == ({"drive-b": 2}, False)
    assert found_in(secrets, here) == []
    bags_of(here, away)
    assert dispose(house, reference, away).is_done
    assert found_in(secrets, house.config.vault, here, away) == []
    bags_of(here, away)
    assert [faults(verify(house, at)) for at in (here, away)] == [[], []]


def test_why_some_are_kept_on_is_asked_for_before_the_decision_is(house: House) -> None:
    reference = propose(house).reference
    shown = on_a_terminal(
        house,
        "dora",
        f"approve {reference} --recording 1 --recording 3",
        ANOTHER_REASON,
        reference,
        NOW=house.at.isoformat(),
    )
    why, typed = "Why is the rest kept on, although it is due: ", f"Type {reference} to approve it"
    assert 0 < shown.find(why) < shown.find(typed)
    assert f"{reference} is approved: 1, 3 to be destroyed." in shown


def test_what_is_kept_on_is_there_still(house: House) -> None:
    reference = approved_disposal(house, 1, 3, note=ANOTHER_REASON)
    assert dispose(house, reference).destroyed == (1, 3)
    found = review(house)
    assert (found.recordings_due, found.free, found.stubs) == (2, 0, 2)


def test_a_claim_is_destroyed_as_one(house: House) -> None:
    categorise(house, "claim", 1)
    house.at = house.at.replace(year=2030)
    reference = approved_disposal(house)
    dispose(house, reference)
    assert stubs(house)[0] == (1, "claim", "claim, 6 years", "2030-01-05")
    assert verified(house).verdict is Verdict.INTACT


def test_nothing_is_destroyed_by_itself(house: House) -> None:
    propose(house)
    house.at = house.at.replace(year=2040)
    review(house)
    assert stubs(house) == []
    assert len(rows(house, "SELECT * FROM recording WHERE data_key IS NOT NULL")) == 4


def test_what_nobody_approved_is_not_destroyed(house: House) -> None:
    reference = propose(house).reference
    with pytest.raises(Refused, match="no approval of it stands"):
        dispose(house, reference)
    assert stubs(house) == []


def test_what_was_taken_back_is_not_destroyed(house: House) -> None:
    reference = approved_disposal(house)
    revoke_grants(house.practice, signed_in(house, "dora"), reference, reason=ANOTHER_REASON)
    with pytest.raises(Refused, match="no approval of it stands"):
        dispose(house, reference)


def test_an_approval_that_lapsed_destroys_nothing(house: House) -> None:
    reference = approved_disposal(house)
    pass_days(house, 15)
    with pytest.raises(Refused):
        dispose(house, reference)
    assert stubs(house) == []


@pytest.mark.parametrize("login", ["max", "pat"])
def test_who_does_not_decide_it_does_not_carry_it_out(house: House, login: str) -> None:
    reference = approved_disposal(house)
    with pytest.raises(Refused, match="may not decide a request for disposal"):
        dispose(house, reference, login=login)
    assert (last_leaf(house).act, refused(house)) == (RequestAct.CARRIED_OUT, True)


def test_a_hold_that_came_after_the_approval_stops_it(house: House) -> None:
    reference = approved_disposal(house)
    by_hand(house, 2)
    with pytest.raises(Refused, match="held by H-1"):
        dispose(house, reference)
    with pytest.raises(Refused, match="held by H-1"):
        preview_destruction(house.practice, signed_in(house, "dora"), reference)
    assert stubs(house) == []


def test_that_an_outside_body_asks_for_it_is_said_by_no_refusal(house: House) -> None:
    reference = approved_disposal(house)
    ask(house, purpose=Purpose.OUTSIDE_BODY, recordings=[2])
    with pytest.raises(Refused, match="a recording is held and is not destroyed") as refused:
        dispose(house, reference)
    assert "H-" not in refused.value.message + refused.value.hint


def test_a_request_that_came_after_the_approval_stops_it(house: House) -> None:
    reference = approved_disposal(house)
    ask(house, purpose=Purpose.PROTECT_PARTIES, recordings=[2])
    with pytest.raises(Refused, match="asked for by R-2"):
        dispose(house, reference)
    assert stubs(house) == []


def test_a_longer_time_that_came_after_the_approval_stops_it(house: House) -> None:
    reference = approved_disposal(house)
    categorise(house, "health-record", 2)
    with pytest.raises(Refused, match="to be kept longer now"):
        dispose(house, reference)
    categorise(house, "routine", 2)
    keep_for(house, routine="5 years")
    with pytest.raises(Refused, match="to be kept longer now"):
        dispose(house, reference)
    assert stubs(house) == []


def test_an_erasure_is_not_carried_out_as_a_disposal(house: House) -> None:
    reference = ask(house, purpose=Purpose.ERASURE, recordings=[1])
    approve(house, reference, "dora", to="dora", recordings=[1])
    with pytest.raises(Unusable, match="R-1 is for erasure"):
        preview_destruction(house.practice, signed_in(house, "dora"), reference)


def test_a_disposal_is_not_carried_out_as_an_erasure(house: House) -> None:
    reference = approved_disposal(house)
    with pytest.raises(Unusable, match="R-1 is for disposal"):
        erase(house, reference)
    assert stubs(house) == []

"""Requests decided at the desk: the same acts as at a terminal, of what was shown and no other."""

from __future__ import annotations

import re
from typing import Any

import pytest

from callrec.audit.leaf import Outcome
from callrec.login.people import people_who_log_in
from callrec.people.founding import KIT_LOGIN
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Power
from callrec.requests.amend import attach_recordings
from callrec.requests.ask import all_logins
from callrec.requests.decide import revoke_grants
from callrec.requests.glass import glass_under
from house.commands import done, type_in
from house.desks import Shown, Visit, visit, written
from house.practices import House, password_of
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    grants_of,
    opened,
    signed_in,
    state_of,
)

GRANT_BOTH: dict[str, Any] = {"recording-1": "grant", "recording-2": "grant"}


def foresee(who: Visit, reference: str = "R-1", **filled: Any) -> Shown:
    """See the request, fill in the form, and see what that would do."""
    who.open(f"/requests/{reference}/approve")
    return who.fill_in(f"/requests/{reference}/approve", **{**GRANT_BOTH, **filled})


def confirm(who: Visit, seen: Shown, reference: str = "R-1", **filled: Any) -> Shown:
    """Confirm what was shown."""
    return who.fill_in(address_of(seen), **{"typed": reference, **filled})


def address_of(seen: Shown) -> str:
    """Where the form of a page goes."""
    return seen.html.partition('<form method="post" action="')[2].partition('"')[0]


def told(house: House, login: str, *words: str) -> str:
    """The error of a command, as a sentence begins."""
    error = type_in(house, login, *words).err.partition("error: ")[2]
    return error[:1].upper() + error[1:].partition("\n")[0]


def test_where_it_takes_two_one_approver_decides_at_the_desk_of_a_machine(two: House) -> None:
    a_request(two)
    max_ = visit(two, "max")
    confirm(max_, foresee(max_))
    assert len(grants_of(two, "R-1")) == 2


def test_an_approval_writes_the_same_leaves_as_at_a_terminal(stocked: House) -> None:
    a_request(stocked), a_request(stocked)

    def typed() -> None:
        done(stocked, "max", "request", "show", "R-1")
        done(stocked, "max", "approve", "R-1", "--yes")

    at_a_terminal = written(stocked, typed)
    max_ = visit(stocked, "max")
    at_the_desk = written(stocked, lambda: confirm(max_, foresee(max_, "R-2"), "R-2"))
    assert at_the_desk == at_a_terminal
    assert [each.act for each in at_the_desk] == ["request.shown", "request.approved"]
    assert len(grants_of(stocked, "R-2")) == 2


def test_it_is_said_what_an_approval_did_and_what_comes_next(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    shown = confirm(max_, foresee(max_))
    assert "R-1 is approved: 1, 2 for sam." in shown.words
    assert "sam can listen until Tue 8 Dec 2026." in shown.words


def test_what_it_would_do_is_shown_before_it_is_confirmed(stocked: House) -> None:
    a_request(stocked)
    seen = foresee(visit(stocked, "max"), **{"recording-2": "not-relevant"})
    assert "To be granted: 1." in seen.words
    assert "Withheld: 2, not relevant: the purpose does not need it" in seen.words
    assert state_of(stocked, "R-1") == "submitted"


def test_without_its_reference_nothing_is_done(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    shown = confirm(max_, foresee(max_), typed="R-2")
    assert "Not confirmed, so nothing was done." in shown.words
    assert state_of(stocked, "R-1") == "submitted"


def test_what_was_not_shown_is_not_decided(stocked: House) -> None:
    a_request(stocked)
    shown = visit(stocked, "max").fill_in("/requests/R-1/approve", **GRANT_BOTH)
    assert "What you saw of it is not kept any more." in shown.words
    assert shown.fields["recording-1"] == ["grant"]
    assert visit(stocked, "max").open("/requests/R-1/approve/abcdefghijkl").status == 404


def test_what_was_changed_after_it_was_shown_is_not_approved(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    seen = foresee(max_)
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), "R-1", [3])
    shown = confirm(max_, seen)
    changed = "The request, or what was decided of it, was changed after you saw it"
    assert changed in shown.words
    assert state_of(stocked, "R-1") == "submitted"


def test_a_confirmation_that_is_opened_or_sent_again_tells_what_was_done(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    seen = foresee(max_)
    told = confirm(max_, seen)
    assert told.words.startswith("R-1 is approved")
    assert written(stocked, lambda: asked_again(max_, seen, told)) == []


def asked_again(who: Visit, seen: Shown, told: Shown) -> None:
    """The confirmation of something done: opened again, and another form of it filled in."""
    assert who.open(address_of(seen)).words == told.words
    assert confirm(who, seen).words == told.words


def test_a_double_click_approves_once_and_both_end_where_that_is_told(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    seen, told = foresee(max_), list[str]()

    def click_twice() -> None:
        for _ in range(2):
            told.append(confirm(max_, seen, once=seen.fields["once"]).words)

    leaves = written(stocked, click_twice)
    assert [each.act for each in leaves] == ["request.approved"]
    assert told[0].startswith("R-1 is approved")
    assert told[1] == told[0]


def test_what_somebody_decided_meanwhile_is_not_decided_over(stocked: House) -> None:
    a_request(stocked)
    max_, pat, mia = (visit(stocked, login) for login in ("max", "pat", "mia"))
    seen = foresee(pat)
    mia.open("/requests/R-1/approve")
    confirm(max_, foresee(max_))
    told = "Max has approved R-1 since you saw it"
    opened_again = pat.open(address_of(seen))
    assert (opened_again.status, told in opened_again.words) == (403, True)
    assert "/requests/R-1" in opened_again.links
    assert told in confirm(pat, seen).words
    assert told in mia.fill_in("/requests/R-1/approve", **GRANT_BOTH).words
    assert len(opened(stocked, "R-1").approvals) == 1


def test_who_has_seen_that_it_is_approved_may_approve_it_once_more_as_at_a_terminal(
    stocked: House,
) -> None:
    for reference in (a_request(stocked), a_request(stocked)):
        approve(stocked, reference)
    typed = written(stocked, lambda: done(stocked, "pat", "approve", "R-1", "--yes"))
    pat = visit(stocked, "pat")
    seen = foresee(pat, "R-2")
    assert "by max" in pat.open("/requests/R-2/approve").words
    assert written(stocked, lambda: confirm(pat, seen, "R-2")) == typed
    assert [len(opened(stocked, each).approvals) for each in ("R-1", "R-2")] == [2, 2]


def test_nobody_approves_at_the_desk_what_they_asked_for(stocked: House) -> None:
    a_request(stocked, "max")
    shown = visit(stocked, "max").open("/requests/R-1/approve")
    assert shown.status == 403
    assert told(stocked, "max", "approve", "R-1", "--yes").partition(" [")[0] in shown.words


def test_a_refusal_is_on_record_as_at_a_terminal(stocked: House) -> None:
    a_request(stocked), a_request(stocked)
    words = ("approve", "R-1", "--recording", "3", "--yes")
    typed = written(stocked, lambda: type_in(stocked, "max", *words))
    max_ = visit(stocked, "max")
    max_.open("/requests/R-2/approve")
    filled: dict[str, Any] = {**GRANT_BOTH, "for": "sam", "silence": "3@0-0.1=third-party"}
    refused, *_ = written(stocked, lambda: max_.fill_in("/requests/R-2/approve", **filled))
    assert [refused] == typed
    assert refused.outcome is not Outcome.DONE


def test_who_may_hear_it_is_somebody_who_can(stocked: House) -> None:
    a_request(stocked)
    html = visit(stocked, "max").open("/requests/R-1/approve").html
    offered = re.findall('value="([^"]*)"', html.partition('name="for"')[2].partition("</sel")[0])
    can = {*people_who_log_in(stocked.practice, Power.HEAR)}
    assert {*offered} == {"", *can} - {"sam"}
    assert can < {*all_logins(stocked.practice)}


@pytest.mark.parametrize("name", ["zed", "<b>", KIT_LOGIN])
def test_a_name_that_cannot_hear_it_is_refused_before_it_is_to_be_confirmed(
    stocked: House, name: str
) -> None:
    a_request(stocked)
    shown = foresee(visit(stocked, "max"), **{"for": name})
    assert shown.status == 404
    said = told(stocked, "max", "approve", "R-1", "--for", name, "--yes")
    assert said[1:] in shown.words
    assert "confirmed" not in shown.fields


def test_a_part_is_silenced_and_that_is_shown_first(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    seen = foresee(max_, silence="1@0-0.1=third-party")
    assert "Edited: 1, silence 0:00-0:00.1=third-party." in seen.words
    confirm(max_, seen)
    again = max_.open("/requests/R-1/approve").words
    assert "recording 1: silence 0:00-0:00.1=third-party" in again


def test_what_was_marked_while_listening_stands_in_the_form(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    span = "1@0-0.1=third-party"
    max_.fill_in("/requests/R-1/listen/1/marks", silence=span, clip="", step="approve")
    assert max_.open("/requests/R-1/approve").fields["silence"] == [span]


def test_what_was_withheld_before_is_withheld_unless_it_is_granted(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", withheld={2: Ground.NOT_RELEVANT})
    form = visit(stocked, "max").open("/requests/R-1/approve")
    assert form.fields["recording-1"] == ["grant"]
    assert form.fields["recording-2"] == ["not-relevant"]


def test_a_day_that_nobody_can_read_is_asked_again_with_what_was_filled_in(stocked: House) -> None:
    a_request(stocked)
    shown = foresee(visit(stocked, "max"), until="soon", note="for the clinical meeting")
    assert shown.status == 422
    assert shown.fields["note"] == ["for the clinical meeting"]
    assert shown.fields["until"] == ["soon"]


def test_a_second_person_signs_at_the_same_page(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    second = {"countersign": "pat", "countersign_password": password_of("pat")}
    confirm(max_, foresee(max_), **second)
    (approval,) = opened(stocked, "R-1").approvals
    assert approval.countersignature is not None


def test_with_a_wrong_password_of_the_second_nothing_is_approved(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    shown = confirm(max_, foresee(max_), countersign="pat", countersign_password="mistyped")
    assert "That was not done" in shown.words
    assert "mistyped" not in shown.html
    assert state_of(stocked, "R-1") == "submitted"


def test_the_glass_is_broken_for_a_reason_and_alone(stocked: House) -> None:
    a_request(stocked, "dora")
    dora = visit(stocked, "dora")
    refused = foresee(dora)
    assert told(stocked, "dora", "approve", "R-1", "--yes").partition(" [")[0] in refused.words
    seen = foresee(dora, break_glass="yes", reason=ANOTHER_REASON)
    assert "You break the glass, and decide it alone." in seen.words
    shown = confirm(dora, seen, countersign="pat", countersign_password=password_of("pat"))
    assert "You break the glass alone, so nobody countersigns." in shown.words
    confirm(dora, seen)
    assert [each.standing for each in glass_under(stocked.open(), "R-1")] == ["unreviewed"]


def test_a_refusal_of_a_request_writes_the_same_leaves(stocked: House) -> None:
    a_request(stocked), a_request(stocked)
    words = ("deny", "R-1", "--reason", ANOTHER_REASON, "--code", "not-relevant", "--yes")
    typed = written(stocked, lambda: done(stocked, "max", *words))
    max_ = visit(stocked, "max")
    filled: dict[str, Any] = {"reason": ANOTHER_REASON, "code": "not-relevant"}
    denied = written(stocked, lambda: max_.fill_in("/requests/R-2/deny", typed="R-2", **filled))
    assert denied == typed
    assert state_of(stocked, "R-2") == "denied"


def test_a_ground_that_does_not_fit_is_refused_in_the_same_words(stocked: House) -> None:
    a_request(stocked)
    max_ = visit(stocked, "max")
    filled: dict[str, Any] = {"reason": ANOTHER_REASON, "code": "crime"}
    shown = max_.fill_in("/requests/R-1/deny", typed="R-1", **filled)
    words = ("deny", "R-1", "--reason", ANOTHER_REASON, "--code", "crime", "--yes")
    assert told(stocked, "max", *words).partition(" [")[0] in shown.words
    assert shown.fields["reason"] == [ANOTHER_REASON]


def test_only_grounds_that_fit_are_offered(stocked: House) -> None:
    a_request(stocked)
    form = visit(stocked, "max").open("/requests/R-1/deny").html
    assert 'value="not-relevant"' in form
    assert 'value="crime"' not in form


def test_an_approval_is_taken_back_with_the_same_leaves(stocked: House) -> None:
    for reference in (a_request(stocked), a_request(stocked)):
        approve(stocked, reference)
    words = ("revoke", "R-1", "--reason", ANOTHER_REASON, "--yes")
    typed = written(stocked, lambda: done(stocked, "max", *words))
    max_ = visit(stocked, "max")
    filled: dict[str, Any] = {"typed": "R-2", "reason": ANOTHER_REASON}
    assert written(stocked, lambda: max_.fill_in("/requests/R-2/revoke", **filled)) == typed
    assert state_of(stocked, "R-2") == "submitted"


@pytest.fixture
def alone(stocked: House) -> House:
    """Dora has approved R-1 and R-2, her own, alone."""
    for reference in (a_request(stocked, "dora"), a_request(stocked, "dora")):
        approve(stocked, reference, "dora", glass_reason=ANOTHER_REASON)
    return stocked


def test_what_was_decided_alone_is_accepted_with_the_same_leaves(alone: House) -> None:
    words = ("audit", "review-glass", "R-1", "--accept", "--yes")
    typed = written(alone, lambda: done(alone, "ava", *words))
    ava = visit(alone, "ava")
    ava.open("/requests/R-2/review-glass")
    filled: dict[str, Any] = {"typed": "R-2", "verdict": "accepted"}
    reviewed = written(alone, lambda: ava.fill_in("/requests/R-2/review-glass", **filled))
    assert reviewed == typed
    assert [each.standing for each in glass_under(alone.open(), "R-2")] == ["accepted"]


def test_the_inbox_of_a_reviewer_leads_to_it(alone: House) -> None:
    assert "/requests/R-1/review-glass" in visit(alone, "ava").open("/").links


def test_a_glass_that_was_broken_once_more_is_not_accepted_with_it(alone: House) -> None:
    ava = visit(alone, "ava")
    ava.open("/requests/R-1/review-glass")
    revoke_grants(alone.practice, signed_in(alone, "dora"), "R-1", reason=ANOTHER_REASON)
    approve(alone, "R-1", "dora", glass_reason=ANOTHER_REASON)
    shown = ava.fill_in("/requests/R-1/review-glass", typed="R-1", verdict="accepted")
    assert "The glass was broken once more after you looked" in shown.words


def test_what_is_queried_needs_a_reason(alone: House) -> None:
    ava = visit(alone, "ava")
    refused = ava.fill_in("/requests/R-1/review-glass", verdict="queried")
    assert "That was not done" in refused.words
    ava.fill_in("/requests/R-1/review-glass", verdict="queried", reason=ANOTHER_REASON)
    assert [each.standing for each in glass_under(alone.open(), "R-1")] == ["queried"]

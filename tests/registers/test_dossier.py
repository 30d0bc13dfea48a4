"""Everything that ever happened to a request, in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from callrec.audit.leaf import Outcome
from callrec.errors import Locked, NotFound, Refused, Tampered
from callrec.policy.clock_events import ClockEvent, ClockEventKind
from callrec.policy.edits import read_clip, read_silence
from callrec.policy.handing_over import Channel, Delivery
from callrec.policy.purpose import Purpose
from callrec.policy.search import Criteria
from callrec.practice import writing
from callrec.registers.dossier import Dossier, DossierEntry, read_dossier
from callrec.release.listen import record_hearing
from callrec.requests.amend import attach_recordings, detach_recordings
from callrec.requests.ask import create_request
from callrec.requests.decide import deny_request
from callrec.requests.event import close_request, date_request, withdraw_request
from callrec.requests.holding import match_open_holds
from callrec.requests.show import show_request
from callrec.search.search import search_recordings
from house.commands import done
from house.listening import hear
from house.packages import release
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    REASON,
    a_request,
    approve,
    by_sql,
    further_of,
    grants_of,
    last_leaf,
    logged_in,
    opened,
    pass_days,
    request_id,
    said,
    signed_in,
)

SILENCED = read_silence("1@0.1-0.2=not-relevant/tone")

CLIPPED = read_clip("1@0.05-0.25")

BY_NUMBER = Criteria(number="+447700900123")


def dossier(house: House, login: str = "dora", reference: str = "R-1") -> Dossier:
    return read_dossier(house.practice, signed_in(house, login), reference)


def acts(found: Dossier) -> list[str]:
    return [entry.what for entry in found.entries]


def entry(found: Dossier, what: str) -> DossierEntry:
    (one,) = [each for each in found.entries if each.what == what]
    return one


def search_under(house: House, reference: str, login: str = "max") -> None:
    actor = logged_in(house, login)
    search_recordings(
        house.practice, actor, criteria=[BY_NUMBER], reason=None, request=reference, limit=None
    )


def a_story(house: House) -> str:
    """A request from its making to its closing; its reference."""
    reference = a_request(house)
    search_under(house, reference)
    attach_recordings(house.practice, signed_in(house, "sam"), reference, [3])
    approve(house, reference, note="Only what the complaint is about")
    hear(house, reference)
    close_request(house.practice, signed_in(house, "max"), reference)
    return reference


def test_it_tells_everything_in_order_from_the_making_to_the_closing(stocked: House) -> None:
    found = dossier(stocked, reference=a_story(stocked))
    assert acts(found) == [
        "request.created",
        "search",
        "search.answered",
        "request.amended",
        "request.approved",
        "listen",
        "listen.ended",
        "request.closed",
        "request.dossier",
    ]
    seqs = [each.seq for each in found.entries if each.seq is not None]
    assert seqs == sorted(seqs)
    assert (found.reference, found.purpose, found.state) == ("R-1", "protect-parties", "closed")
    assert all(each.attested for each in found.entries)


def test_each_entry_says_who_with_his_role_at_that_time(stocked: House) -> None:
    found = dossier(stocked, reference=a_story(stocked))
    assert [(each.by, each.role) for each in found.entries] == [
        ("sam", "staff"),
        ("max", "manager"),
        ("max", "manager"),
        ("sam", "staff"),
        ("max", "manager"),
        ("sam", "staff"),
        ("sam", "staff"),
        ("max", "manager"),
        ("dora", "data-controller"),
    ]


def test_an_amendment_keeps_the_version_before_it(stocked: House) -> None:
    reference = a_request(stocked)
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [3])
    detach_recordings(stocked.practice, signed_in(stocked, "max"), reference, [1])
    found = dossier(stocked)
    made = [each for each in found.entries if each.version]
    assert [(each.version.version, each.recordings) for each in made if each.version] == [
        (1, (1, 2)),
        (2, (1, 2, 3)),
        (3, (2, 3)),
    ]
    for each in made:
        assert each.version
        assert each.version.particulars
        assert each.version.particulars["reason"] == REASON
    assert len({each.version.digest for each in made if each.version}) == 3


SECOND = "(SELECT sealed FROM request_version WHERE version = 2)"

CHANGES = {
    "dropped": "DELETE FROM request_version WHERE version = 1",
    "replaced": f"UPDATE request_version SET sealed = {SECOND} WHERE version = 1",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_an_old_version_that_was_changed_is_tampering(stocked: House, statement: str) -> None:
    reference = a_request(stocked)
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [3])
    by_sql(stocked, statement)
    with pytest.raises(Tampered):
        dossier(stocked)


def test_an_old_version_that_somebody_sealed_anew_is_tampering(stocked: House) -> None:
    """Whoever may search has the request's key, and may write to the database perhaps."""
    reference = a_request(stocked)
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), reference, [3])
    request = opened(stocked, reference)
    first = replace(request.version_id, version=1)
    reason = "The patient thanks us that somebody rang back"
    told = replace(request.body, particulars=replace(request.particulars, reason=reason))
    sealed = told.seal(request.keys[1], first)
    by_sql(stocked, "UPDATE request_version SET sealed = :sealed WHERE version = 1", sealed=sealed)
    with pytest.raises(Tampered, match="is not the one made"):
        dossier(stocked)


def test_what_was_tried_and_refused_stands_in_it(stocked: House) -> None:
    reference = a_request(stocked)
    with pytest.raises(Refused):
        approve(stocked, reference, "sam")
    refused = entry(dossier(stocked), "request.approved")
    assert (refused.by, refused.outcome) == ("sam", "refused")
    assert "may not decide" in refused.details["why"]


def test_so_does_a_search_that_was_refused_under_it(stocked: House) -> None:
    a_request(stocked)
    with pytest.raises(Refused):
        search_under(stocked, "R-1", "sam")
    other = a_request(stocked)
    with pytest.raises(Refused):
        search_under(stocked, other, "sam")
    refused = entry(dossier(stocked), "search")
    assert (refused.by, refused.outcome, refused.details["request"]) == ("sam", "refused", "R-1")


def test_a_search_is_told_with_what_was_looked_for_to_who_reads_the_log(stocked: House) -> None:
    search_under(stocked, a_request(stocked))
    found = dossier(stocked, "ava")
    assert entry(found, "search").details["criteria"] == {"number": "+447700900123"}
    assert entry(found, "search.answered").details["found"] >= 0
    assert entry(dossier(stocked, "max"), "search").details == {}


def test_whoever_made_it_reads_why_it_was_denied(stocked: House) -> None:
    reference = a_request(stocked)
    deny_request(stocked.practice, signed_in(stocked, "max"), reference, reason=ANOTHER_REASON)
    found = dossier(stocked, "sam")
    assert entry(found, "request.denied").details["reason"] == ANOTHER_REASON
    assert found.in_full


def test_an_approval_says_for_whom_until_when_and_what_was_withheld(stocked: House) -> None:
    reference = a_request(stocked, "mia")
    second = signed_in(stocked, "pat")
    approve(stocked, reference, second=second, recordings=(2,), note="Only the second call")
    first, countersignature = [
        each for each in dossier(stocked, "mia").entries if each.what == "request.approved"
    ]
    assert first.recordings == countersignature.recordings == (2,)
    assert first.details == {
        "note": "Only the second call",
        "for": "mia",
        "until": datetime(2026, 12, 9, tzinfo=UTC),
        "edits": [],
        "withheld": [{"recording": 1, "code": "not-approved"}],
        "countersigned_by": "pat",
        "break_glass": False,
    }
    assert (first.by, countersignature.by) == ("max", "pat")


def test_an_approval_says_what_is_left_out_as_it_was_typed(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", edits=(SILENCED, CLIPPED))
    told = entry(dossier(stocked, "sam"), "request.approved").details
    assert told["edits"] == [
        {"recording": 1, "clip": "0:00.05-0:00.25"},
        {"recording": 1, "silence": "0:00.1-0:00.2=not-relevant/tone"},
    ]


def test_a_hearing_says_who_was_there_and_what_was_left_out_to_who_reads_the_log(
    stocked: House,
) -> None:
    a_request(stocked)
    approve(stocked, "R-1", edits=(SILENCED,))
    hear(stocked, attended=("the patient",))
    for_dora, for_sam = dossier(stocked), dossier(stocked, "sam")
    assert entry(for_dora, "listen").details == {
        "attended": ["the patient"],
        "edits": [{"silence": "0:00.1-0:00.2=not-relevant/tone"}],
        "player": ["ear", "-q"],
    }
    assert entry(for_dora, "listen.ended").details == {
        "how": "ended",
        "of_seconds": 1,
        "played_to_second": 0,
    }
    assert entry(for_sam, "listen").details == entry(for_sam, "listen.ended").details == {}
    read = done(stocked, "dora", "request", "dossier", "R-1")
    assert "Played to second: 0" in read, "which is not the same as having heard all of it"


def test_of_a_hearing_whose_run_was_killed_the_end_is_not_recorded(granted: House) -> None:
    (grant, _) = grants_of(granted, "R-1")
    record_hearing(granted.practice, signed_in(granted, "sam"), grant, [], ("ear",))
    assert entry(dossier(granted, "sam"), "listen").details == {"ended": "not recorded"}


def test_a_release_says_how_it_is_to_go_out_to_who_reads_the_log_and_to_who_asked(
    granted: House,
) -> None:
    release(granted, delivery=Delivery(Channel.PERSON, Channel.PHONE))
    for_dora, for_sam = dossier(granted), dossier(granted, "sam")
    for found in (for_dora, for_sam):
        told = entry(found, "release.delivered").details
        assert (told["deliver_by"], told["passphrase_by"]) == ("person", "phone")
    assert len(entry(for_dora, "release.prepared").details["manifest"]) == 64
    assert set(entry(for_sam, "release.prepared").details) == {"release"}
    assert entry(for_sam, "release.delivered").recordings == (1, 2)


def test_what_has_lapsed_is_in_it_though_nobody_wrote_since(stocked: House) -> None:
    a_request(stocked)
    pass_days(stocked, 20)
    found = dossier(stocked)
    assert found.state == "lapsed"
    assert "request.lapsed" in acts(found)


def test_dated_events_are_told_with_their_own_day(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    received = entry(dossier(stocked), "request.received")
    assert received.details["on"] == "2024-07-05"
    assert "words" not in received.details


def test_why_it_was_dated_so_is_told_to_whom_it_concerns(stocked: House) -> None:
    further = further_of(Purpose.SUBJECT_ACCESS, received="2026-11-20")
    create_request(
        stocked.practice,
        logged_in(stocked, "sam"),
        purpose=Purpose.SUBJECT_ACCESS,
        answers=said(Purpose.SUBJECT_ACCESS, further=further),
        recordings=[1],
    )
    extended = ClockEvent(event=ClockEventKind.EXTENDED, on=date(2026, 11, 24))
    dora = signed_in(stocked, "dora")
    date_request(stocked.practice, dora, "R-1", extended, reason=ANOTHER_REASON)
    for login in ("sam", "dora"):
        told = entry(dossier(stocked, login), "request.extended").details
        assert (told["on"], told["reason"]) == ("2026-11-24", ANOTHER_REASON)
    masked = entry(dossier(stocked, "pat"), "request.extended").details
    assert (masked["on"], masked.get("reason")) == ("2026-11-24", None)


def test_its_hold_is_told_of_with_what_it_names(stocked: House) -> None:
    reference = a_request(stocked, purpose=Purpose.SUBJECT_ACCESS, recordings=(2,))
    match_open_holds(stocked.practice, signed_in(stocked, "max"))
    withdraw_request(stocked.practice, signed_in(stocked, "sam"), reference)
    found = dossier(stocked)
    holds = [(each.what, each.by) for each in found.entries if each.what.startswith("hold.")]
    assert holds[0] == ("hold.placed", "sam")
    assert holds[-1] == ("hold.lifted", "sam")
    assert entry(found, "hold.covers").recordings == (2,)
    assert entry(found, "hold.matched").recordings == (1,)


def test_what_was_told_by_mail_stands_where_it_was_queued(stocked: House) -> None:
    reference = a_request(stocked)
    max_ = signed_in(stocked, "max").person.id
    at = int(stocked.at.timestamp() * 1000)
    by_sql(
        stocked,
        "INSERT INTO outbox (person, line, made_at, tried_at, taken_at)"
        " VALUES (:person, 'R-1 awaits your decision', :at, :at, :at),"
        " (:person, 'R-11 awaits your decision', :at, NULL, NULL),"
        " (:person, 'R-1 awaits your decision', :later, NULL, NULL)",
        person=max_,
        at=at,
        later=at + 60_000,
    )
    pass_days(stocked, 1)
    show_request(stocked.practice, logged_in(stocked, "max"), reference)
    found = dossier(stocked)
    assert acts(found)[:4] == ["request.created", "mail", "mail", "request.shown"]
    taken, waiting = (each for each in found.entries if each.what == "mail")
    assert (taken.seq, taken.by, taken.attested, taken.outcome) == (None, None, None, "done")
    assert taken.details["to"] == "max"
    assert taken.details["line"] == "R-1 awaits your decision"
    assert waiting.outcome == "failed"


def test_reading_it_is_on_record_before_it_is_opened(stocked: House) -> None:
    reference = a_request(stocked)
    dossier(stocked)
    leaf = last_leaf(stocked)
    assert (leaf.act, leaf.outcome) == ("request.dossier", Outcome.DONE)
    assert leaf.subject == (request_id(stocked, reference),)


@pytest.mark.parametrize("login", ["mia", "sam"])
def test_who_is_not_concerned_is_refused_and_that_is_on_record(stocked: House, login: str) -> None:
    a_request(stocked, "max", purpose=Purpose.SUBJECT_ACCESS)
    with pytest.raises(Refused, match="a dossier is read by"):
        dossier(stocked, login)
    leaf = last_leaf(stocked)
    assert (leaf.act, leaf.outcome) == ("request.dossier", Outcome.REFUSED)
    assert [each.outcome for each in dossier(stocked).entries][-2:] == ["refused", "done"]


def test_an_auditor_reads_what_happened_and_not_what_the_request_says(stocked: House) -> None:
    a_request(stocked)
    found = dossier(stocked, "ava")
    made = entry(found, "request.created")
    assert not found.in_full
    assert made.version
    assert (made.version.version, made.version.particulars, made.version.digest) == (1, None, None)


def test_a_partner_sees_what_he_does_not_decide_masked(stocked: House) -> None:
    a_request(stocked, purpose=Purpose.SUBJECT_ACCESS)
    found = dossier(stocked, "pat")
    version = entry(found, "request.created").version
    assert version
    assert version.particulars
    assert version.particulars["number"] == "•••••••0123"
    assert version.particulars["reason"] is None
    assert "Siân" not in str(version.particulars)


def test_nobody_reads_the_dossier_of_a_request_about_himself(stocked: House) -> None:
    about_pat = further_of(Purpose.DISCIPLINARY, employee="pat")
    create_request(
        stocked.practice,
        logged_in(stocked, "max"),
        purpose=Purpose.DISCIPLINARY,
        answers=said(Purpose.DISCIPLINARY, further=about_pat),
        recordings=[1],
    )
    with pytest.raises(Refused, match="about yourself"):
        dossier(stocked, "pat")


def test_whoever_made_it_gives_his_password(stocked: House) -> None:
    a_request(stocked)
    with pytest.raises(Locked):
        read_dossier(stocked.practice, logged_in(stocked, "sam"), "R-1")


def test_there_is_none_of_a_request_that_there_is_not(stocked: House) -> None:
    with pytest.raises(NotFound):
        dossier(stocked, reference="R-7")


def test_an_entry_in_anothers_name_is_named_before_anything_is_shown(stocked: House) -> None:
    reference = a_request(stocked)
    sam, max_ = signed_in(stocked, "sam"), signed_in(stocked, "max")
    with writing(stocked.practice, max_.signer) as act:
        act.leaf("request.shown", actor=sam.person.id, subject=[request_id(stocked, reference)])
    with pytest.raises(Tampered, match="not of those who acted"):
        dossier(stocked)


def test_an_event_in_anothers_name_is_tampering(stocked: House) -> None:
    reference = a_request(stocked)
    sam, max_ = signed_in(stocked, "sam"), signed_in(stocked, "max")
    with writing(stocked.practice, max_.signer) as act:
        subject = [request_id(stocked, reference)]
        act.leaf("request.withdrawn", actor=sam.person.id, subject=subject)
    with pytest.raises(Tampered):
        dossier(stocked)

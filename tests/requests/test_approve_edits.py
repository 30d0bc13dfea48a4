"""What is left out of a copy is part of the approval, and no copy without it is to be had."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.errors import CallrecError, NotFound, Refused, Tampered, Unusable
from callrec.package.manifest import FileRole
from callrec.policy.edits import UNEDITED, Edits, Span, read_clip, read_silence
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.withholding import Opinion
from callrec.requests.amend import attach_recordings
from callrec.requests.decide import ApprovalPreview, Decision, preview_approval, revoke_grants
from callrec.requests.show import show_request
from house.packages import release
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    by_sql,
    grants_of,
    last_leaf,
    opened,
    pass_days,
    refused,
    rows,
    signed_in,
    silence_of,
    state_of,
    third_parties_checked,
)

MIDDLE = read_silence("1@0.1-0.2=third-party/left/tone")

END = read_silence("1@0.2-0.25=privilege")

SILENCED = Edits(None, (silence_of(MIDDLE),))

A_WRITTEN_SILENCE = {
    "what": "silence",
    "from_ms": 100,
    "to_ms": 200,
    "ground": "third-party",
    "side": "left",
    "filler": "tone",
}


@pytest.fixture
def access(stocked: House) -> House:
    """R-1 is a subject access request of mia's for recordings 1 and 2; each lasts 250 ms."""
    a_request(stocked, "mia", purpose=Purpose.SUBJECT_ACCESS)
    return stocked


def granted(house: House, login: str = "sam") -> dict[int, Edits]:
    """What is left out of each copy that somebody may have now."""
    return {grant.recording.id: grant.edits for grant in grants_of(house, "R-1", login)}


def decide(house: House, *edits: Any, **decision: Any) -> dict[int, Edits]:
    """Approve R-1 for sam as dora; returns what he has then."""
    done = approve(house, "R-1", "dora", edits=edits, **{"to": "sam", **decision})
    found = granted(house, done.to)
    assert {number: found[number] for number in done.edits} == done.edits
    return found


def saved_grants(house: House) -> list[dict[str, Any]]:
    with reading(house.practice.engine) as connection:
        return [dict(row) for row in connection.execute(select(tables.grant)).mappings()]


# --- what is approved ---------------------------------------------------------------------------


def test_edits_are_signed_with_the_approval_and_come_with_the_grant(access: House) -> None:
    assert decide(access, MIDDLE) == {1: SILENCED, 2: UNEDITED}
    (approval,) = opened(access, "R-1", "dora").approvals
    number = {row.uid: row.id for row in opened(access, "R-1", "dora").recordings}
    items = {number[item["uid"]]: item["edits"] for item in approval.statement.fields["items"]}
    assert items == {1: [A_WRITTEN_SILENCE], 2: []}


def test_a_span_is_silenced_for_serious_harm_only_with_an_opinion(access: House) -> None:
    harm = read_silence("1@0.1-0.2=serious-harm")
    with pytest.raises(Refused, match="a health professional must say"):
        decide(access, harm)
    opinion = Opinion("Dr Alice Jones", access.practice.now().date())
    assert silence_of(harm) in decide(access, harm, opinion=opinion)[1].silences
    shown = show_request(access.practice, signed_in(access, "dora"), "R-1")
    assert shown.approvals[0].opinion == opinion.said


def test_both_who_sign_sign_the_edits(access: House) -> None:
    second = signed_in(access, "pat")
    approve(access, "R-1", "dora", edits=(MIDDLE,), to="sam", second=second)
    (approval,) = opened(access, "R-1", "dora").approvals
    assert approval.countersignature is not None
    assert approval.countersignature.fields["items"] == approval.statement.fields["items"]


def test_silences_are_put_in_order_and_the_clip_is_kept_beside_them(access: House) -> None:
    clip = read_clip("1@0.05-0.25")
    edits = decide(access, END, MIDDLE, clip)[1]
    assert edits == Edits(Span(50, 250), (silence_of(MIDDLE), silence_of(END)))


def test_within_the_practice_edits_may_be_approved_too(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", edits=(MIDDLE,))
    assert granted(stocked) == {1: SILENCED, 2: UNEDITED}


def test_an_approval_without_edits_says_so(access: House) -> None:
    assert decide(access) == {1: UNEDITED, 2: UNEDITED}


NOT_APPROVED: dict[str, tuple[tuple[str, ...], dict[str, Any], type[CallrecError], str]] = {
    "after the end": (("1@0.1-0.251=privilege",), {}, Unusable, "ends at 0:00.25, before the end"),
    "of one of two": (("0.1-0.2=privilege",), {}, Unusable, "there are several recordings"),
    "of none of them": (
        ("3@0.1-0.2=privilege",),
        {},
        Unusable,
        "that recording is not part of this request",
    ),
    "of what is not granted": (
        ("1@0.1-0.2=privilege",),
        {"recordings": (2,)},
        Unusable,
        "that recording is not part of this request",
    ),
    "of what is withheld": (
        ("1@0.1-0.2=privilege",),
        {"withheld": {1: Ground.THIRD_PARTY}},
        Unusable,
        "that recording is not part of this request",
    ),
}


@pytest.mark.parametrize(
    ("typed", "decision", "kind", "why"), NOT_APPROVED.values(), ids=NOT_APPROVED
)
def test_what_cannot_be_edited_is_not_approved(
    access: House,
    typed: tuple[str, ...],
    decision: dict[str, Any],
    kind: type[CallrecError],
    why: str,
) -> None:
    with pytest.raises(kind, match=why):
        decide(access, *map(read_silence, typed), **decision)
    assert rows(access, "SELECT * FROM grant_") == []
    assert state_of(access, "R-1") == "submitted"


def test_of_the_one_that_is_granted_the_number_goes_without_saying(access: House) -> None:
    assert decide(access, read_silence("0.1-0.2=privilege"), recordings=(2,))[2]


def test_a_length_that_was_changed_by_hand_makes_no_room_for_an_edit(access: House) -> None:
    by_sql(access, "UPDATE recording SET duration_ms = 90000 WHERE id = 1")
    with pytest.raises(Tampered, match="recording 1"):
        decide(access, read_silence("1@60-61=privilege"))
    assert rows(access, "SELECT * FROM grant_") == []


def test_what_is_carried_out_is_not_edited(stocked: House) -> None:
    a_request(stocked, "mia", purpose=Purpose.ERASURE, recordings=[1])
    with pytest.raises(Refused, match="is carried out, not heard"):
        approve(stocked, "R-1", "dora", recordings=(1,), edits=(MIDDLE,))
    assert refused(stocked)


# --- what is approved again ---------------------------------------------------------------------


def test_the_edited_grant_takes_the_place_of_the_unedited_one(access: House) -> None:
    decide(access)
    (before, _) = grants_of(access, "R-1", "sam")
    assert decide(access, MIDDLE) == {1: SILENCED, 2: UNEDITED}
    (after, _) = grants_of(access, "R-1", "sam")
    assert before.edits == UNEDITED
    assert after.approval.digest != before.approval.digest
    assert len(rows(access, "SELECT * FROM grant_")) == 2


def test_an_unedited_grant_that_is_put_back_opens_nothing(access: House) -> None:
    decide(access)
    unedited = saved_grants(access)
    decide(access, MIDDLE)
    by_sql(access, "DELETE FROM grant_")
    with transaction(access.practice.engine) as connection:
        connection.execute(tables.grant.insert(), unedited)
    with pytest.raises(Tampered, match="under an approval that a later one has replaced"):
        grants_of(access, "R-1", "sam")


def test_what_another_was_granted_stays_as_it_was_approved_for_him(access: House) -> None:
    decide(access, to="max")
    decide(access, MIDDLE)
    assert granted(access, "max") == {1: UNEDITED, 2: UNEDITED}


def test_an_approval_of_the_other_recording_leaves_the_edited_one(access: House) -> None:
    decide(access, MIDDLE)
    assert decide(access, recordings=(2,)) == {1: SILENCED, 2: UNEDITED}


def test_what_was_silenced_is_silenced_again_in_the_next_approval(access: House) -> None:
    decide(access, MIDDLE)
    decide(access, recordings=(2,))
    assert decide(access, to="pat") == {1: SILENCED, 2: UNEDITED}


def test_to_name_it_by_its_number_does_not_loosen_it(access: House) -> None:
    decide(access, MIDDLE)
    assert decide(access, recordings=(1, 2)) == {1: SILENCED, 2: UNEDITED}


def test_other_edits_take_the_place_of_those_before(access: House) -> None:
    decide(access, MIDDLE)
    assert decide(access, END)[1] == Edits(None, (silence_of(END),))


def test_after_a_revocation_all_is_decided_anew(access: House) -> None:
    decide(access, MIDDLE)
    revoke_grants(access.practice, signed_in(access, "dora"), "R-1", reason=ANOTHER_REASON)
    assert decide(access)[1] == UNEDITED


def test_what_was_left_out_stays_out_of_another_version(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", edits=(MIDDLE,))
    attach_recordings(stocked.practice, signed_in(stocked, "sam"), "R-1", [3])
    approve(stocked, "R-1")
    assert granted(stocked) == {1: SILENCED, 2: UNEDITED, 3: UNEDITED}


def test_after_a_lapse_all_is_decided_anew(access: House) -> None:
    decide(access, MIDDLE)
    pass_days(access, 30)
    assert decide(access)[1] == UNEDITED


# --- what is handed over ------------------------------------------------------------------------


def test_what_goes_out_is_what_was_approved_last(stocked: House) -> None:
    a_request(stocked, recordings=[1])
    approve(stocked, "R-1")
    approve(stocked, "R-1", edits=(MIDDLE,))
    manifest = release(stocked).manifest
    (copy,) = manifest.files
    assert (copy.role, copy.edits) == (FileRole.LISTENING, SILENCED)
    assert [each.recording for each in manifest.not_enclosed] == [1]


def test_what_was_granted_whole_is_not_given_out_once_it_is_silenced_for_another(
    access: House,
) -> None:
    decide(access, to="max")
    decide(access, MIDDLE)
    third_parties_checked(access, "dora")
    with pytest.raises(Refused, match="left out of recording 1 was decided anew since") as refusal:
        release(access, login="max")
    assert "callrec approve R-1 --for LOGIN --recording 1" in refusal.value.hint
    decide(access, to="max", recordings=(1, 2))
    files = release(access, login="max").manifest.files
    assert {file.recording: file.edits for file in files if file.recording == 1} == {1: SILENCED}


def test_what_is_taken_back_leaves_what_was_decided_of_a_package_that_went_out(
    access: House,
) -> None:
    decide(access, MIDDLE, recordings=(1,), withheld={2: Ground.CRIME})
    third_parties_checked(access, "dora")
    release(access)
    decide(access, recordings=(1,))
    revoke_grants(access.practice, signed_in(access, "dora"), "R-1", reason=ANOTHER_REASON)
    again = approve(access, "R-1", "dora", to="sam", recordings=(1,))
    assert (again.edits, again.withheld) == ({1: SILENCED}, {2: Ground.CRIME})


def test_to_revoke_what_went_out_where_nothing_else_stands_has_all_decided_anew(
    access: House,
) -> None:
    decide(access, MIDDLE, recordings=(1,), withheld={2: Ground.CRIME})
    third_parties_checked(access, "dora")
    release(access)
    revoke_grants(access.practice, signed_in(access, "dora"), "R-1", reason=ANOTHER_REASON)
    assert approve(access, "R-1", "dora", to="sam").edits == {1: UNEDITED, 2: UNEDITED}


def test_who_releases_does_not_change_what_was_approved(stocked: House) -> None:
    a_request(stocked, recordings=[1])
    approve(stocked, "R-1", edits=(MIDDLE,))
    with pytest.raises(Refused, match="was approved and is changed by an approval only"):
        release(stocked, edits=(END,))
    assert granted(stocked) == {1: SILENCED}


# --- what is shown first ------------------------------------------------------------------------


def foresee(house: House, **decision: Any) -> ApprovalPreview:
    actor = signed_in(house, "dora")
    return preview_approval(house.practice, actor, "R-1", Decision(to="sam", **decision))


def test_what_would_be_granted_is_foreseen_and_nothing_done(access: House) -> None:
    before = last_leaf(access)
    seen = foresee(access, edits=(MIDDLE,), withheld={2: Ground.PRIVILEGE})
    assert seen.granted == {1: SILENCED}
    assert seen.withheld == {2: Ground.PRIVILEGE}
    assert seen.digest == opened(access, "R-1", "dora").digest
    assert last_leaf(access) == before


def test_what_was_foreseen_is_granted(access: House) -> None:
    seen = foresee(access, edits=(MIDDLE,))
    assert decide(access, MIDDLE, seen=seen) == seen.granted


def test_who_foresees_what_cannot_be_is_told_and_it_is_on_record(access: House) -> None:
    with pytest.raises(NotFound):
        foresee(access, recordings=(3,))
    assert last_leaf(access).act == "request.approved"


def test_what_was_decided_meanwhile_is_not_what_was_seen(access: House) -> None:
    seen = foresee(access)
    decide(access, MIDDLE)
    with pytest.raises(Refused, match="was changed after you saw it"):
        decide(access, seen=seen)
    assert granted(access)[1] == SILENCED

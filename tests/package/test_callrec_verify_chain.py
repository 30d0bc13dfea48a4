"""Releases that nobody approved, or of a sound that never came in: refused, each in its own words.

In every one the files are whole, the releaser's signatures good, and the log's proof right: what is
wrong is who allowed it, or what it is. The program is run as whoever got a release runs it, with
Python alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callrec.package import callrec_verify as checker
from callrec.package.manifest import Manifest, NotEnclosed, WhyNotEnclosed
from callrec.policy.edits import UNEDITED, Edits, Span
from callrec.policy.purpose import TERMS, Purpose, request_id
from callrec.policy.role import LINE_MANAGERS, Power
from package.builders import a_file, a_listening_copy, an_edited_copy
from package.checking import run
from package.offices import (
    ROLES,
    Office,
    an_office,
    check,
    id_of,
    what_is_wrong,
    write_files,
)

FILES = (a_file(), a_listening_copy(a_file()))

OTHER = replace(a_file(), uid="77" * 16)

HAS = "signers.json has an approval at entry {} that"

VOUCHED = "signers.json has a voucher at entry {} that"


@pytest.fixture
def office() -> Office:
    return an_office()


def nobody_approves(office: Office) -> str:
    office.take_in(FILES)
    return "signers.json does not show that anybody approved the release of recording 1042"


def another_recording_is_approved(office: Office) -> str:
    office.take_in(FILES)
    seq = office.approve([OTHER])
    del office.recordings[OTHER.uid]
    office.recordings[FILES[0].uid]["approval"] = seq
    return f"{HAS.format(seq)} does not grant recording 1042"


def it_is_granted_to_somebody_else(office: Office) -> str:
    office.take_in(FILES)
    seq = office.approve(FILES, to="mallory")
    who = "to somebody else than who released it"
    return f"{HAS.format(seq)} grants recording 1042 {who}"


def another_request_is_approved(office: Office) -> str:
    office.take_in(FILES)
    seq = office.approve(FILES, request=request_id(Purpose.SUBJECT_ACCESS, b"\x99" * 12))
    return f"{HAS.format(seq)} is of another request than this release"


def it_had_lapsed(office: Office) -> str:
    office.take_in(FILES)
    seq = office.approve(FILES, lapses="2026-08-02T23:15:00.000Z")
    return f"{HAS.format(seq)} had lapsed when recording 1042 was released"


def a_member_of_staff_approves(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("mallory")
    seq = office.approve(FILES, by="mallory")
    who = "somebody who could not decide a request for subject-access then"
    return f"{HAS.format(seq)} was signed by {who}"


def a_partner_approves_what_is_reserved(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("mallory", "partner")
    seq = office.approve(FILES, by="mallory")
    who = "somebody who could not decide a request for subject-access then"
    return f"{HAS.format(seq)} was signed by {who}"


def whoever_approves_was_demoted_before(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("mallory", "data-controller")
    office.vouch("mallory", "staff")
    seq = office.approve(FILES, by="mallory")
    who = "somebody who could not decide a request for subject-access then"
    return f"{HAS.format(seq)} was signed by {who}"


def whoever_approves_was_disabled_before(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("mallory", "data-controller")
    office.vouch("mallory", "data-controller", standing="disabled")
    seq = office.approve(FILES, by="mallory")
    who = "somebody who could not decide a request for subject-access then"
    return f"{HAS.format(seq)} was signed by {who}"


def what_was_lent_had_ended(office: Office) -> str:
    office.take_in(FILES)
    lent = [{"power": "decide-reserved", "until": "2026-07-31"}]
    office.vouch("mallory", delegations=lent)
    seq = office.approve(FILES, by="mallory")
    who = "somebody who could not decide a request for subject-access then"
    return f"{HAS.format(seq)} was signed by {who}"


def whoever_made_the_request_approves_it(office: Office) -> str:
    office.take_in(FILES)
    seq = office.approve(FILES, requester=id_of("dora"))
    return f"{HAS.format(seq)} was signed by the person who made the request"


def somebody_else_breaks_the_glass(office: Office) -> str:
    office.take_in(FILES)
    lent = [{"power": "decide-reserved", "until": "2026-09-01"}]
    office.vouch("mallory", "manager", delegations=lent)
    seq = office.approve(FILES, by="mallory", break_glass=True)
    who = "somebody who is not the Data Controller"
    return f"{HAS.format(seq)} was decided alone by {who}"


def the_second_person_did_not_sign(office: Office) -> str:
    office.take_in(FILES)
    seq = office.approve(FILES, countersigned=id_of("nobody"))
    return f"{HAS.format(seq)} lacks its second signature"


def the_second_person_might_not(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("mallory")
    seq = office.approve(FILES, countersigned=id_of("mallory"))
    who = "somebody who could not decide a request for subject-access then"
    return f"{HAS.format(seq + 1)} was countersigned by {who}"


def the_second_person_made_the_request(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("mallory", "partner")
    second = id_of("mallory")
    seq = office.approve(FILES, countersigned=second, requester=second)
    return f"{HAS.format(seq + 1)} was countersigned by somebody who was part of it already"


def the_approval_is_signed_with_the_key_of_another(office: Office) -> str:
    """A session of the approver's writes the entry; what is signed takes the password."""
    office.take_in(FILES)
    seq = office.approve(FILES, signed_by="sam")
    return f"{HAS.format(seq)} its maker did not sign"


def the_head_after_it_is_signed_by_another(office: Office) -> str:
    office.take_in(FILES)
    seq = office.approve(FILES)
    office.heads[seq] = seq + 1, office.head(seq + 1, "sam")
    return f"{HAS.format(seq)} stands under no head of the log that its maker signed"


def the_log_is_forked(office: Office) -> str:
    """What was signed in the practice's own log is put into one that never had what came before."""
    office.take_in(FILES)
    office.enter("person.disabled", "dora", detail="ab" * 32)
    seq = office.approve(FILES)
    forked = json.loads(office.leaves[seq - 1])
    office.leaves[seq - 1] = checker.canonical({**forked, "act": "search", "detail": ""})
    what = "was signed in another log: this one does not go on from there"
    return f"{HAS.format(seq)} {what}"


def it_never_came_in(office: Office) -> str:
    office.approve(FILES)
    return "signers.json does not show that recording 1042 ever came in"


def another_sound_came_in(office: Office) -> str:
    office.take_in(FILES, sha256="ab" * 32)
    office.approve(FILES)
    return "manifest.json has a sound of recording 1042 that is not the one that came in"


def the_call_began_at_another_time(office: Office) -> str:
    office.take_in(FILES, started_at="2024-03-01T09:00:00.000Z")
    office.approve(FILES)
    return "manifest.json says another start of recording 1042 than was stated when it came in"


def whoever_took_it_in_might_not(office: Office) -> str:
    seq = office.take_in(FILES, by="sam")
    office.approve(FILES)
    who = "somebody who could not take recordings in then"
    return f"signers.json has a batch at entry {seq} that was made by {who}"


def whoever_releases_says_that_the_service_took_it_in(office: Office) -> str:
    seq = office.take_in(FILES, signed_by="sam")
    office.approve(FILES)
    return f"signers.json has a batch at entry {seq} that its maker did not sign"


def another_item_stands_for_it(office: Office) -> str:
    office.take_in(FILES)
    office.approve(FILES)
    (came_in,) = office.recordings[FILES[0].uid]["intake"]
    came_in["shown"]["sha256"] = "ab" * 32
    return "signers.json says of recording 1042 what was not stated when it came in"


def its_item_stands_in_no_batch(office: Office) -> str:
    office.take_in(FILES)
    office.approve(FILES)
    (came_in,) = office.recordings[FILES[0].uid]["intake"]
    came_in["path"][0]["hash"] = "ab" * 32
    return "signers.json does not show that recording 1042 came in as it says"


def whoever_approves_names_a_second_person_who_did_not_sign(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("pat", "partner")
    seq = office.vouch("mallory", "data-controller", second=id_of("pat"))
    office.approve(FILES, by="mallory")
    return f"{VOUCHED.format(seq)} names a second person who did not sign for it"


def the_second_person_signed_for_other_powers(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("pat", "partner")
    office.vouch("max", second=id_of("pat"), seconded_by="pat")
    seq = office.vouch("max", "data-controller", second=id_of("pat"))
    office.approve(FILES, by="max")
    return f"{VOUCHED.format(seq)} names a second person who did not sign for it"


def the_second_person_is_the_one_who_vouches(office: Office) -> str:
    office.take_in(FILES)
    seq = office.vouch("max", "data-controller", second=id_of("dora"), seconded_by="dora")
    office.approve(FILES, by="max")
    return f"{VOUCHED.format(seq)} names a second person who was part of it already"


def a_member_of_staff_signs_for_whoever_approves(office: Office) -> str:
    office.take_in(FILES)
    office.vouch("ava")
    seq = office.vouch("max", "data-controller", second=id_of("ava"), seconded_by="ava")
    office.approve(FILES, by="max")
    who = "somebody who could not sign as a second person then"
    return f"signers.json has a second at entry {seq - 1} that was made by {who}"


LENT = [{"power": "decide-reserved", "until": "2026-09-01"}]

FORGERIES: list[Callable[[Office], str]] = [
    nobody_approves,
    another_recording_is_approved,
    it_is_granted_to_somebody_else,
    another_request_is_approved,
    it_had_lapsed,
    a_member_of_staff_approves,
    a_partner_approves_what_is_reserved,
    whoever_approves_was_demoted_before,
    whoever_approves_was_disabled_before,
    what_was_lent_had_ended,
    whoever_made_the_request_approves_it,
    somebody_else_breaks_the_glass,
    the_second_person_did_not_sign,
    the_second_person_might_not,
    the_second_person_made_the_request,
    the_approval_is_signed_with_the_key_of_another,
    the_head_after_it_is_signed_by_another,
    the_log_is_forked,
    it_never_came_in,
    another_sound_came_in,
    the_call_began_at_another_time,
    whoever_took_it_in_might_not,
    whoever_releases_says_that_the_service_took_it_in,
    another_item_stands_for_it,
    its_item_stands_in_no_batch,
    whoever_approves_names_a_second_person_who_did_not_sign,
    the_second_person_signed_for_other_powers,
    the_second_person_is_the_one_who_vouches,
    a_member_of_staff_signs_for_whoever_approves,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_release_is_refused_in_words_of_its_own(
    office: Office, tmp_path: Path, forge: Callable[[Office], str]
) -> None:
    wrong = forge(office)
    files = office.release()
    ran = run(write_files(tmp_path, files), "--pin", office.root)
    assert (ran.status, ran.last) == (5, f"NOT VERIFIED: {wrong}")
    assert what_is_wrong(files, office.root) == [wrong]


@pytest.mark.parametrize(
    "forge", [it_never_came_in, another_sound_came_in, the_call_began_at_another_time]
)
def test_a_sound_that_did_not_come_in_as_that_call_is_refused(
    office: Office, forge: Callable[[Office], str]
) -> None:
    wrong = forge(office)
    assert check(office.release(), office.root).exit_status == 5
    assert "came in" in wrong


def edited_manifest(office: Office, edits: Edits) -> Manifest:
    """A release of a copy that is edited, as `edits` say, or not at all."""
    original, copy = FILES
    copy = replace(copy, edits=edits, edited_at=11025 if edits else None)
    why = WhyNotEnclosed.EDITED if edits else WhyNotEnclosed.SIZE
    left_out = NotEnclosed(1042, copy.uid, original.sha256, original.size_bytes, "ulaw", why)
    return office.manifest(files=(copy,), not_enclosed=(left_out,))


LOOSENED = {"nothing is left out": UNEDITED, "the clip is longer": Edits(Span(100, 950), ())}


@pytest.mark.parametrize("edits", LOOSENED.values(), ids=LOOSENED)
def test_a_copy_that_leaves_out_less_than_was_approved_is_refused(
    office: Office, edits: Edits
) -> None:
    office.take_in(FILES)
    office.approve([replace(FILES[1], edits=an_edited_copy().edits, edited_at=11025)])
    files = office.release(edited_manifest(office, edits))
    wrong = f"manifest.json says that {FILES[1].path} is edited otherwise than was approved"
    assert what_is_wrong(files, office.root) == [wrong]


def test_an_original_is_refused_where_its_copy_is_to_be_edited(office: Office) -> None:
    office.take_in(FILES)
    office.approve([replace(FILES[1], edits=an_edited_copy().edits, edited_at=11025)])
    wrong = f"manifest.json says that {FILES[0].path} is edited otherwise than was approved"
    assert what_is_wrong(office.release(), office.root) == [wrong]


def a_release_for(office: Office, purpose: Purpose, **approval: Any) -> dict[str, bytes]:
    request = request_id(purpose, b"\x44" * 12)
    office.take_in(FILES)
    office.approve(FILES, request=request, **approval)
    manifest = office.manifest(request=request, purpose=str(purpose))
    subject = [request, manifest.release, FILES[0].uid]
    return office.release(manifest, subject=subject)


def test_who_alone_approved_it_does_not_release_it(office: Office) -> None:
    office.take_in(FILES)
    seq = office.approve(FILES, to="dora")
    files = office.release(office.manifest(released_by=id_of("dora")), by="dora")
    assert what_is_wrong(files, office.root) == [
        f"{HAS.format(seq)} was made alone by the person who released it"
    ]


@pytest.mark.parametrize("purpose", Purpose)
def test_who_may_decide_a_purpose_is_as_the_policy_has_it(office: Office, purpose: Purpose) -> None:
    office.vouch("max", "manager")
    office.vouch("sam", "manager")
    said = {"by": "max", "consulted": "2026-08-01"}
    general = TERMS[purpose].decided_with is Power.DECIDE_GENERAL
    assert (not what_is_wrong(a_release_for(office, purpose, **said), office.root)) is general


def test_a_delegate_decides_a_disciplinary_request_once_he_has_consulted(office: Office) -> None:
    lent = [{"power": "decide-reserved", "until": "2026-08-02"}]
    office.vouch("max", "manager", delegations=lent)
    office.vouch("sam", "manager")
    files = a_release_for(office, Purpose.DISCIPLINARY, by="max", consulted="2026-08-01")
    assert what_is_wrong(files, office.root) == []
    again = an_office()
    again.vouch("max", "manager", delegations=lent)
    again.vouch("sam", "manager")
    (wrong,) = what_is_wrong(a_release_for(again, Purpose.DISCIPLINARY, by="max"), again.root)
    assert wrong.endswith("was signed without the Data Controller having been consulted")


def test_only_a_manager_of_employees_releases_for_a_disciplinary_process(office: Office) -> None:
    assert what_is_wrong(a_release_for(office, Purpose.DISCIPLINARY), office.root) == [
        "manifest.json is of a release that only a manager of employees may make"
    ]


@pytest.mark.parametrize("purpose", [Purpose.ERASURE, Purpose.DISPOSAL])
def test_nothing_is_released_that_was_to_be_carried_out(office: Office, purpose: Purpose) -> None:
    (wrong,) = what_is_wrong(a_release_for(office, purpose), office.root)
    assert "nothing is released for" in wrong


def test_a_purpose_that_its_request_is_not_for_is_told(office: Office) -> None:
    manifest = office.manifest(purpose=str(Purpose.PORTABILITY))
    (wrong,) = what_is_wrong(office.release(manifest), office.root)
    assert wrong.startswith("manifest.json names a purpose that its request is not for")


def test_with_a_second_signature_who_approved_it_may_release_it(office: Office) -> None:
    office.vouch("pat", "partner")
    office.take_in(FILES)
    office.approve(FILES, to="dora", countersigned=id_of("pat"))
    files = office.release(office.manifest(released_by=id_of("dora")), by="dora")
    result = check(files, office.root)
    assert result.verdict == "VERIFIED"
    (trace,) = result.traces.values()
    assert (trace.approved_by, trace.countersigned_by) == ("data-controller", "partner")


def test_the_data_controller_alone_is_named_as_that(office: Office) -> None:
    office.take_in(FILES)
    office.approve(FILES, to="dora", break_glass=True, requester=id_of("dora"))
    files = office.release(office.manifest(released_by=id_of("dora")), by="dora")
    words = " ".join(checker.in_words(check(files, office.root)))
    assert "approved by the Data Controller, who decided alone" in words


def told(office: Office) -> str:
    """What is said of its release."""
    return " ".join(checker.in_words(check(office.release(), office.root)))


def test_of_the_first_data_controller_nothing_more_is_said(office: Office) -> None:
    office.take_in(FILES)
    office.approve(FILES)
    words = told(office)
    assert "vouched" not in words


def test_where_one_person_brought_in_whoever_approved_that_is_told(office: Office) -> None:
    office.take_in(FILES)
    office.vouch("max", "manager", delegations=LENT)
    office.approve(FILES, by="max")
    words = told(office)
    assert "  Of a manager: no second person vouched for them." in words


def test_where_one_person_alone_lent_the_power_that_is_told(office: Office) -> None:
    office.vouch("pat", "partner")
    office.take_in(FILES)
    office.vouch("max", "manager", second=id_of("pat"), seconded_by="pat")
    office.vouch("max", "manager", delegations=LENT)
    office.approve(FILES, by="max")
    words = told(office)
    assert "  Of a manager: no second person vouched for them." in words


ONE_ALONE = "one person alone brought in one who vouched for them"


def brings_in_a_second(office: Office) -> None:
    """Dora alone brings Pat in, and with Pat Max, who approves."""
    office.vouch("pat", "partner")
    office.vouch("max", "manager", delegations=LENT, second=id_of("pat"), seconded_by="pat")


def brings_in_another_controller(office: Office) -> None:
    office.vouch("pat", "data-controller")
    office.vouch("zoe", "partner", second=id_of("dora"), by="pat", seconded_by="dora")
    office.vouch(
        "max", "manager", by="pat", delegations=LENT, second=id_of("zoe"), seconded_by="zoe"
    )


def renews_a_key_with_a_second(office: Office) -> None:
    office.vouch("pat", "partner")
    office.vouch("max", "manager", delegations=LENT)
    office.renew("max")
    office.vouch("max", "manager", delegations=LENT, second=id_of("pat"), seconded_by="pat")


@pytest.mark.parametrize(
    "brings_in", [brings_in_a_second, brings_in_another_controller, renews_a_key_with_a_second]
)
def test_that_who_vouched_was_brought_in_by_one_alone_is_told(
    office: Office, brings_in: Callable[[Office], None]
) -> None:
    office.take_in(FILES)
    brings_in(office)
    office.approve(FILES, by="max")
    words = told(office)
    assert f"  Of a manager: {ONE_ALONE}." in words


def test_who_alone_made_a_manager_of_themselves_a_controller_is_told(office: Office) -> None:
    office.take_in(FILES)
    brings_in_a_second(office)
    powers = [*ROLES["manager"]]
    office.vouch("max", "data-controller", powers=powers, delegations=LENT)
    office.approve(FILES, by="max")
    words = told(office)
    assert "  Of the Data Controller: no second person vouched for them." in words


def test_the_first_controllers_key_under_another_name_is_told(office: Office) -> None:
    office.take_in(FILES)
    office.keys["max"] = office.keys["dora"]
    office.vouch("max", "manager", delegations=LENT)
    office.approve(FILES, by="max")
    words = told(office)
    assert "  Of a manager: no second person vouched for them." in words


def test_where_one_person_brought_in_the_second_who_approved_that_is_told(office: Office) -> None:
    office.vouch("pat", "partner")
    office.take_in(FILES)
    office.approve(FILES, to="dora", countersigned=id_of("pat"))
    files = office.release(office.manifest(released_by=id_of("dora")), by="dora")
    words = " ".join(checker.in_words(check(files, office.root)))
    assert "  Of a partner: no second person vouched for them." in words


def test_what_a_person_brought_in_is_told_as_that(office: Office) -> None:
    office.vouch("max", "manager")
    manifest = office.manifest()
    by_hand = tuple(replace(file, taken_in_by="manager") for file in manifest.files)
    office.take_in(by_hand, by="max", time_confidence="file-time")
    office.approve(by_hand)
    package = office.release(replace(manifest, files=by_hand))
    words = " ".join(checker.in_words(check(package, office.root)))
    assert "taken in by a manager, by hand" in words
    assert "from a file whose own time was" in words
    assert "not matched by the telephone system's own call records" in words


def test_what_was_found_in_call_records_later_is_told(office: Office) -> None:
    office.take_in(FILES)
    manifest = office.manifest()
    matched = tuple(replace(file, matched=True) for file in manifest.files)
    office.take_in(matched, revision=2, matched=True)
    office.approve(matched)
    package = office.release(replace(manifest, files=matched))
    words = " ".join(checker.in_words(check(package, office.root)))
    assert "  matched by the telephone system's own call records" in words


def test_a_package_tells_nothing_of_other_calls(office: Office) -> None:
    files = office.release()
    given_away = checker.canonical(json.loads(files["signers.json"]))
    decoded = b"".join(
        checker.unbase64(entry["statement"]["body"])
        for entry in json.loads(files["signers.json"])["entries"]
        if entry["statement"]
    )
    for other in ("ee" * 16, "ef" * 16):
        assert other.encode() not in given_away + decoded
    assert b"crime" not in decoded


def test_the_rules_of_who_decides_are_those_of_the_policy() -> None:
    assert {each: TERMS[each].decided_with for each in Purpose} == checker.PURPOSES
    assert [*checker.PURPOSES] == [*Purpose]
    tables = {
        checker.CARRIED_OUT: [each for each in Purpose if TERMS[each].is_destroyed],
        checker.NOT_RELEASED: ["", *(each for each in Purpose if not TERMS[each].is_heard)],
        checker.SECOND_PERSON: [each for each in Purpose if TERMS[each].needs_second_person],
        checker.CONSULTED: [each for each in Purpose if TERMS[each].needs_consultation],
        checker.TO_MANAGERS: [each for each in Purpose if TERMS[each].goes_to_manager],
        checker.EDITS_DECIDED: [each for each in Purpose if TERMS[each].edits_are_decided],
    }
    assert all([*ours] == theirs for ours, theirs in tables.items())
    assert set(checker.MANAGERS) == LINE_MANAGERS
    for each in Purpose:
        assert checker.purpose_of(request_id(each, bytes(12))) == each

"""Asking for recordings at the desk: what it says, and its leaves, are those of the command."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from callrec.desk.exchange import Upload
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.views.requests.particulars import FURTHER_NAMES, PURPOSE_MEANINGS
from house import practices
from house.commands import done, refusal, type_in
from house.desks import Visit, visit, written
from house.practices import House
from house.requests import AGREEMENT, FURTHER, REASON, a_request, approved, opened
from house.subjects import NUMBER, a_person

SIX: dict[str, Any] = {
    "reason": REASON,
    "date": "4/7/2024",
    "time": "14:00-14:30",
    "extension": "201",
    "number": "07700 900123",
    "party": "Siân O'Neill",
    "about": "About a prescription",
}

UNKNOWN: dict[str, Any] = dict.fromkeys(("date", "time", "extension", "number", "party"), "unknown")

LETTER = Upload("letter.pdf", AGREEMENT)


def further(purpose: Purpose) -> dict[str, Any]:
    asked = [each for each in TERMS[purpose].further if each in FURTHER]
    return {
        FURTHER_NAMES[each]: FURTHER[each]
        for each in asked
        if each is not FurtherParticular.AGREEMENT
    }


def files(purpose: Purpose) -> dict[str, Upload]:
    has_file = FurtherParticular.AGREEMENT in TERMS[purpose].further
    return {"agreement": LETTER} if has_file else {}


def line(house: House, purpose: Purpose) -> list[str]:
    """What a terminal takes for the same."""
    words = [f"--{name}={text}" for name, text in SIX.items()]
    for each in TERMS[purpose].further:
        asked = QUESTIONS[each]
        name, _, value = asked.option.partition(" ")
        if each is FurtherParticular.AGREEMENT:
            file = house.folder / "letter.pdf"
            file.write_bytes(AGREEMENT)
            words.append(f"{name}={file}")
        elif each in FURTHER and value and not value.startswith("or "):
            words.append(f"{name}={FURTHER[each]}")
        elif each in FURTHER:
            other = value.removeprefix("or ") or name.replace("--", "--not-")
            words.append(name if FURTHER[each] == next(iter(asked.choices)) else other)
    return words


def said(house: House, reference: str) -> Any:
    return opened(house, reference, "dora").particulars


@pytest.mark.parametrize("purpose", PURPOSE_MEANINGS)
def test_each_purpose_says_and_records_the_same_as_at_a_terminal(
    stocked: House, purpose: Purpose
) -> None:
    max_ = visit(stocked, "max")
    command = ("request", "create", purpose, *line(stocked, purpose), "--recording=1")
    typed = written(stocked, partial(done, stocked, "max", *command))
    fields: dict[str, Any] = {**SIX, **further(purpose), "recording": "1", "act": "make"}
    fill_in = partial(max_.fill_in, f"/requests/new/{purpose}", files=files(purpose), **fields)
    assert written(stocked, fill_in) == typed
    assert said(stocked, "R-2") == said(stocked, "R-1")


@pytest.mark.parametrize("purpose", PURPOSE_MEANINGS)
def test_a_purpose_asks_its_own_questions_and_no_other(house: House, purpose: Purpose) -> None:
    form = visit(house, "sam").open(f"/requests/new/{purpose}")
    asked = {name for name in form.fields if name in FURTHER_NAMES.values()}
    assert asked == {FURTHER_NAMES[each] for each in TERMS[purpose].further}
    for each in TERMS[purpose].further:
        assert " ".join(QUESTIONS[each].help.split()) in form.words


def test_every_purpose_that_is_made_by_hand_is_offered_with_its_meaning(house: House) -> None:
    shown = visit(house, "sam").open("/requests/new")
    by_hand = {each for each in Purpose if TERMS[each].is_made_by_hand}
    assert {f"/requests/new/{each}" for each in by_hand} <= set(shown.links)
    for each in by_hand:
        assert PURPOSE_MEANINGS[each][1:] in shown.words


def test_nothing_that_was_typed_is_lost_by_a_refusal_or_another_page(house: House) -> None:
    sam = visit(house, "sam")
    refused: dict[str, Any] = {**SIX, "reason": "because", **further(Purpose.COMPLAINT)}
    shown = sam.fill_in("/requests/new/complaint", **refused)
    words = [f"--{name}={text}" for name, text in refused.items()]
    assert refusal(type_in(house, "sam", "request", "create", "complaint", *words)) in shown.words
    sam.open("/")
    again = sam.open("/requests/new/complaint")
    for form in (shown, again):
        assert {name: form.fields[name] for name in refused} == {
            name: [text] for name, text in refused.items()
        }
    sam.fill_in("/requests/new/complaint", **{**refused, "reason": REASON})
    assert sam.open("/requests/new/complaint").fields["date"] == []


def test_a_draft_is_kept_in_no_file(house: House) -> None:
    sam = visit(house, "sam")
    kept: dict[str, Any] = {**SIX, "act": "keep", "about": "a very unusual sentence 9471"}
    shown = sam.fill_in("/requests/new/complaint", **kept)
    assert "(draft)" in shown.words
    held = [file for file in house.folder.rglob("*") if file.is_file()]
    assert not [file for file in held if b"unusual sentence" in file.read_bytes()]
    assert visit(house, "sam").open("/requests/new/complaint").fields["about"] == []


def test_a_draft_holds_no_password(house: House) -> None:
    sam = visit(house, "sam")
    sam.fill_in("/requests/new/complaint", **SIX, act="keep")
    assert not {"password", "token"} & set(sam.seat.drafts["/requests/new/complaint"].fields)


def test_all_that_is_missing_is_named_as_questions_and_not_as_options(house: House) -> None:
    shown = visit(house, "sam").fill_in("/requests/new/complaint", reason=REASON)
    assert "a day: unknown, a time: unknown" in shown.words
    assert "--" not in shown.words


def test_the_agreement_is_kept_with_the_draft_and_sealed_with_the_request(stocked: House) -> None:
    max_, purpose = visit(stocked, "max"), Purpose.DISCIPLINARY
    path = f"/requests/new/{purpose}"
    refused: dict[str, Any] = {**SIX, **further(purpose), "reason": "because"}
    shown = max_.fill_in(path, files={"agreement": LETTER}, **refused)
    assert f"PDF, {len(AGREEMENT)} bytes" in shown.words
    max_.fill_in(path, **{**refused, "reason": REASON})
    assert said(stocked, "R-1").further["agreement"].startswith("application/pdf ")


def test_an_agreement_that_is_empty_or_too_large_is_refused(stocked: House) -> None:
    purpose = Purpose.DISCIPLINARY
    fields: dict[str, Any] = {**SIX, **further(purpose)}
    for data, why in ((b"", "an empty file"), (b"x" * (10 * 1024**2 + 1), "larger than 10 MiB")):
        upload = {"agreement": Upload("letter", data)}
        shown = visit(stocked, "max").fill_in(f"/requests/new/{purpose}", files=upload, **fields)
        assert why in shown.words


def test_what_a_recording_says_fills_what_was_left_empty_on_record(stocked: House) -> None:
    max_ = visit(stocked, "max")
    asked: dict[str, Any] = {"reason": REASON, "recording": "1", "act": "fill"}
    fill_in = partial(max_.fill_in, "/requests/new/complaint", **asked)
    assert [each.act for each in written(stocked, fill_in)] == ["recording.shown"]
    form = max_.open("/requests/new/complaint")
    assert (form.fields["date"], form.fields["extension"]) == (["4/7/2024"], ["201"])
    assert form.fields["number"] == ["unknown"]
    assert form.fields["reason"] == [REASON]


def test_who_may_not_search_fills_nothing_in(stocked: House) -> None:
    sam = visit(stocked, "sam")
    shown = sam.fill_in("/requests/new/complaint", recording="1", act="fill")
    assert "You may not see recording 1: say what you know of the call." in shown.words
    assert shown.fields["date"] == []


def test_a_call_named_by_its_time_is_searched_for_under_the_reason(stocked: House) -> None:
    max_ = visit(stocked, "max")
    fields: dict[str, Any] = {**SIX, **further(Purpose.COMPLAINT)}
    command = [f"--{name}={text}" for name, text in fields.items()]
    when = "4/7/2024 14:05"
    typed = written(
        stocked,
        partial(
            done, stocked, "max", "request", "create", "complaint", *command, f"--recording={when}"
        ),
    )
    fill_in = partial(max_.fill_in, "/requests/new/complaint", recording=when, **fields)
    assert written(stocked, fill_in) == typed
    assert opened(stocked, "R-2").recordings == opened(stocked, "R-1").recordings


def test_a_person_of_the_register_gives_names_and_numbers(stocked: House) -> None:
    a_person(stocked)
    max_, purpose = visit(stocked, "max"), Purpose.SUBJECT_ACCESS
    fields: dict[str, Any] = {**SIX, **UNKNOWN, **further(purpose), "subject": "s-1"}
    known = {*UNKNOWN, "subject"}
    options = [
        each
        for each in line(stocked, purpose)
        if each.partition("=")[0].removeprefix("--") not in known
    ]
    unknown = [f"--{name}=unknown" for name in UNKNOWN]
    command = ("request", "create", purpose, *options, *unknown, "--subject=S-1")
    typed = written(stocked, partial(done, stocked, "max", *command))
    fill_in = partial(max_.fill_in, f"/requests/new/{purpose}", **fields)
    assert written(stocked, fill_in) == typed
    assert said(stocked, "R-2") == said(stocked, "R-1")
    assert said(stocked, "R-2").person == "S-1"
    assert NUMBER not in max_.open("/requests/new").html


@pytest.mark.parametrize("purpose", [Purpose.COMPLAINT, Purpose.SUBJECT_ACCESS])
def test_matching_calls_are_attached_as_at_a_terminal(
    stocked: House, tmp_path: Path, purpose: Purpose
) -> None:
    terminal = practices.copy(stocked, tmp_path / "terminal")
    command = ("request", "create", purpose, *line(terminal, purpose), "--attach-matching")
    typed = written(terminal, partial(done, terminal, "max", *command))
    max_ = visit(stocked, "max")
    fields: dict[str, Any] = {**SIX, **further(purpose), "attach_matching": "yes"}
    fill_in = partial(max_.fill_in, f"/requests/new/{purpose}", **fields)
    assert written(stocked, fill_in) == typed
    found = [opened(house, "R-1", "dora").recordings for house in (stocked, terminal)]
    assert found[0] == found[1] != ()


def made(max_: Visit, **more: Any) -> Any:
    fields: dict[str, Any] = {**SIX, **further(Purpose.COMPLAINT), **more}
    return max_.fill_in("/requests/new/complaint", **fields)


def test_what_matches_is_shown_masked_and_those_that_are_ticked_are_attached(
    stocked: House,
) -> None:
    max_ = visit(stocked, "max")
    shown = made(max_)
    assert "R-1 is made." in shown.words
    assert "brought in by hand, not matched" in shown.words, "what the stars of its list mean"
    assert "900123" not in shown.words
    assert shown.fields["recording"] == []
    max_.fill_in("/requests/R-1/attach", recording=["1"])
    assert len(opened(stocked, "R-1").recordings) == 1


def test_who_may_not_search_reads_how_many_began_then_and_sees_none(stocked: House) -> None:
    shown = made(visit(stocked, "sam"))
    assert "Recordings that began then:" in shown.words
    assert "recording" not in shown.fields


def test_a_change_says_and_records_the_same_as_at_a_terminal(stocked: House) -> None:
    for _ in range(2):
        a_request(stocked, "max", purpose=Purpose.COMPLAINT)
    changes: dict[str, Any] = {"about": "It was about a referral", "time": "14:10"}
    max_ = visit(stocked, "max")
    words = [f"--{name}={text}" for name, text in changes.items()]
    typed = written(stocked, partial(done, stocked, "max", "request", "amend", "R-1", *words))
    assert written(stocked, partial(max_.fill_in, "/requests/R-2/amend", **changes)) == typed
    assert said(stocked, "R-2") == said(stocked, "R-1")
    assert said(stocked, "R-2").about == "It was about a referral"


def test_an_empty_change_is_refused(stocked: House) -> None:
    a_request(stocked, "sam")
    shown = visit(stocked, "sam").fill_in("/requests/R-1/amend")
    assert refusal(type_in(stocked, "sam", "request", "amend", "R-1")) in shown.words


def test_who_could_decide_it_confirms_what_a_change_costs(stocked: House) -> None:
    a_request(stocked, "sam")
    max_ = visit(stocked, "max")
    change: dict[str, Any] = {"about": "It was about a referral"}
    shown = max_.fill_in("/requests/R-1/amend", **change)
    assert "You can decide R-1; once you have changed it, you cannot." in shown.words
    assert shown.fields["about"] == [change["about"]]
    assert opened(stocked, "R-1").version_id.version == 1
    max_.fill_in("/requests/R-1/amend", confirmed="yes", **change)
    assert opened(stocked, "R-1").version_id.version == 2


def test_an_approval_is_void_after_recordings_were_attached_or_taken_out(
    stocked: House,
) -> None:
    for act, recording in (("attach", "3"), ("detach", "1")):
        reference = approved(stocked, "sam")
        command = ("request", act, reference, recording)
        typed = written(stocked, partial(done, stocked, "sam", *command))
        again, sam = approved(stocked, "sam"), visit(stocked, "sam")
        path, shown = f"/requests/{again}/{act}", list[Any]()
        do = partial(_show, shown, sam, path, recording)
        assert written(stocked, do) == typed
        assert "What was approved is void" in shown[0].words


def _show(shown: list[Any], login: Visit, path: str, recording: str) -> None:
    shown.append(login.fill_in(path, recording=recording))

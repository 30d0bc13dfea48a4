"""What is left out of a copy: nothing more comes out than was meant, whatever is rounded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from callrec.errors import Refused, Unusable
from callrec.policy.clause import Clause
from callrec.policy.edits import (
    SILENCING_GROUNDS,
    UNEDITED,
    Edits,
    Filler,
    Side,
    Silence,
    Span,
    check_edits,
    edits_to_apply,
    format_time,
    read_edits,
)
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import Ground
from policy.builders import a_request

WEEK_MS = 7 * 24 * 3_600_000

MINUTE = Span(0, 60_000)

DECIDED = [purpose for purpose, terms in TERMS.items() if terms.edits_are_decided]

LEFT_TO_THE_RELEASER = [purpose for purpose in Purpose if purpose not in DECIDED]


@st.composite
def spans(draw: DrawFn, most_ms: int = WEEK_MS) -> Span:
    begin = draw(st.integers(0, most_ms - 1))
    return Span(begin, draw(st.integers(begin + 1, most_ms)))


def silences() -> SearchStrategy[Silence]:
    grounds = st.sampled_from(SILENCING_GROUNDS)
    return st.builds(Silence, spans(), grounds, st.sampled_from(Side), st.sampled_from(Filler))


def every_edits() -> SearchStrategy[Edits]:
    in_order = st.lists(silences(), max_size=4).map(
        lambda found: tuple(sorted(found, key=lambda each: each.span))
    )
    return st.builds(Edits, st.none() | spans(), in_order)


def a_silence(begin: int, end: int, ground: Ground = Ground.PRIVILEGE) -> Silence:
    return Silence(Span(begin, end), ground)


rates = st.integers(1, 384_000)


@given(spans(), rates)
def test_a_silence_reaches_outwards_to_whole_samples(span: Span, rate: int) -> None:
    first, end = span.samples_rounded_out(rate)
    assert Fraction(first, rate) <= Fraction(span.from_ms, 1000) < Fraction(first + 1, rate)
    assert Fraction(end - 1, rate) < Fraction(span.to_ms, 1000) <= Fraction(end, rate)


@given(spans(), rates)
def test_a_clip_reaches_inwards_to_whole_samples(span: Span, rate: int) -> None:
    first, end = span.samples_rounded_in(rate)
    assert Fraction(first - 1, rate) < Fraction(span.from_ms, 1000) <= Fraction(first, rate)
    assert Fraction(end, rate) <= Fraction(span.to_ms, 1000) < Fraction(end + 1, rate)


def test_samples_are_rounded_to_opposite_sides() -> None:
    span = Span(1, 2)
    assert span.samples_rounded_out(8_000) == span.samples_rounded_in(8_000) == (8, 16)
    assert span.samples_rounded_out(11_025) == (11, 23)
    assert span.samples_rounded_in(11_025) == (12, 22)


@given(spans())
def test_a_span_lasts(span: Span) -> None:
    assert span.duration_ms == span.to_ms - span.from_ms > 0


@pytest.mark.parametrize(("begin", "end"), [(1_000, 1_000), (1_000, 999), (-1, 1_000)])
def test_a_span_that_does_not_last_or_begins_too_early_is_none(begin: int, end: int) -> None:
    with pytest.raises(Unusable, match="a span begins before it ends"):
        Span(begin, end)


@given(every_edits())
def test_what_is_written_is_read_back(edits: Edits) -> None:
    assert read_edits(edits.as_json()) == edits


def test_edits_are_written_with_the_clip_first() -> None:
    loud = Silence(Span(5, 7), Ground.THIRD_PARTY, Side.LEFT, Filler.TONE)
    assert Edits(MINUTE, (loud,)).as_json() == [
        {"what": "clip", "from_ms": 0, "to_ms": 60_000},
        {
            "what": "silence",
            "from_ms": 5,
            "to_ms": 7,
            "ground": "third-party",
            "side": "left",
            "filler": "tone",
        },
    ]


CLIP: dict[str, Any] = {"what": "clip", "from_ms": 0, "to_ms": 10}

SILENCE: dict[str, Any] = {
    "what": "silence",
    "from_ms": 0,
    "to_ms": 10,
    "ground": "privilege",
    "side": "both",
    "filler": "silence",
}

UNREADABLE = {
    "two clips": [CLIP, CLIP],
    "another thing": [{**CLIP, "what": "faster"}],
    "what is not said": [{"from_ms": 0, "to_ms": 10}],
    "half a millisecond": [{**CLIP, "to_ms": 10.5}],
    "whole, but no whole number": [{**CLIP, "to_ms": 10.0}],
    "true": [{**CLIP, "to_ms": True}],
    "a text": [{**CLIP, "to_ms": "10"}],
    "no end": [{"what": "clip", "from_ms": 0}],
    "backwards": [{**CLIP, "from_ms": 11}],
    "another ground": [{**SILENCE, "ground": "fun"}],
    "a ground for something else": [{**SILENCE, "ground": "crime"}],
    "no ground": [{name: SILENCE[name] for name in SILENCE if name != "ground"}],
    "another side": [{**SILENCE, "side": "middle"}],
    "another filler": [{**SILENCE, "filler": "music"}],
}


@pytest.mark.parametrize("written", UNREADABLE.values(), ids=UNREADABLE)
def test_what_was_never_written_is_not_read(written: list[dict[str, Any]]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, Unusable)):
        read_edits(written)


def test_what_is_wrong_with_it_is_told_to_whoever_wrote_the_program() -> None:
    with pytest.raises(ValueError, match=r"^edits are one clip at the most, and silences$"):
        read_edits([CLIP, CLIP])
    with pytest.raises(TypeError, match=r"^milliseconds are whole$"):
        read_edits([{**CLIP, "to_ms": 10.0}])


def test_nothing_is_edited_of_what_has_no_length() -> None:
    with pytest.raises(Unusable, match="the recording ends at 0:00"):
        check_edits(Edits(Span(0, 1)), 0)


def test_members_of_another_document_are_not_looked_at() -> None:
    assert read_edits([{**CLIP, "from_sample": 0}]) == Edits(Span(0, 10))


def test_only_what_says_nothing_is_unedited() -> None:
    assert not UNEDITED
    assert Edits(MINUTE)
    assert Edits(None, (a_silence(0, 1),))


def test_a_recording_is_edited_from_its_beginning_to_its_end() -> None:
    check_edits(UNEDITED, 0)
    check_edits(Edits(Span(0, 10_000), (a_silence(0, 1), a_silence(9_999, 10_000))), 10_000)


@pytest.mark.parametrize("edits", [Edits(Span(0, 10_001)), Edits(None, (a_silence(9, 10_001),))])
def test_nothing_is_edited_after_the_end(edits: Edits) -> None:
    with pytest.raises(Unusable, match="the recording ends at 0:10, before the end of a span"):
        check_edits(edits, 10_000)


@pytest.mark.parametrize("span", [(500, 1_000), (2_000, 2_500)])
def test_what_is_clipped_away_is_not_silenced_as_well(span: tuple[int, int]) -> None:
    with pytest.raises(Unusable, match="a span to be silenced is not in the clip"):
        check_edits(Edits(Span(1_000, 2_000), (a_silence(*span),)), 10_000)


@pytest.mark.parametrize("span", [(500, 1_001), (1_999, 2_500), (0, 10_000)])
def test_a_silence_may_reach_out_of_the_clip(span: tuple[int, int]) -> None:
    check_edits(Edits(Span(1_000, 2_000), (a_silence(*span),)), 10_000)


def test_silences_stand_in_their_order_and_may_overlap() -> None:
    first, second = a_silence(0, 5_000), a_silence(2_000, 3_000)
    check_edits(Edits(None, (first, second, second)), 10_000)
    with pytest.raises(Unusable, match="out of order"):
        check_edits(Edits(None, (second, first)), 10_000)


def test_what_was_approved_is_applied() -> None:
    approved = Edits(MINUTE, (a_silence(5, 7),))
    for purpose in Purpose:
        assert edits_to_apply(a_request(purpose), approved=approved) == approved
        assert edits_to_apply(a_request(purpose), approved=UNEDITED) == UNEDITED


@pytest.mark.parametrize("purpose", LEFT_TO_THE_RELEASER)
def test_within_the_practice_the_releaser_edits_what_nobody_has(purpose: Purpose) -> None:
    said = Edits(MINUTE)
    assert edits_to_apply(a_request(purpose), approved=UNEDITED, typed=said) == said


@pytest.mark.parametrize("purpose", Purpose)
@given(approved=every_edits(), said=every_edits())
def test_nobody_loosens_what_was_approved(purpose: Purpose, approved: Edits, said: Edits) -> None:
    try:
        applied = edits_to_apply(a_request(purpose), approved=approved, typed=said)
    except Refused:
        assert said
        assert approved or purpose in DECIDED
    else:
        assert applied == (approved or said)


@pytest.mark.parametrize(
    ("purpose", "clause"),
    [
        (Purpose.SUBJECT_ACCESS, Clause.SUBJECT_ACCESS),
        (Purpose.OUTSIDE_BODY, Clause.OUTSIDE_BODY),
        (Purpose.COMPLAINT, Clause.FORMALLY_AUTHORISED),
    ],
)
def test_who_decides_is_named_by_the_clause(purpose: Purpose, clause: Clause) -> None:
    with pytest.raises(Refused) as refused:
        edits_to_apply(a_request(purpose), approved=Edits(MINUTE), typed=Edits(MINUTE))
    assert refused.value.clause is clause


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0:00"),
        (1, "0:00.001"),
        (59_999, "0:59.999"),
        (90_250, "1:30.25"),
        (3_599_000, "59:59"),
        (3_600_000, "1:00:00"),
        (3_723_500, "1:02:03.5"),
        (86_400_000, "24:00:00"),
    ],
)
def test_a_time_is_said_as_it_is_typed(ms: int, said: str) -> None:
    assert format_time(ms) == said


def test_in_a_clipped_copy_silences_count_from_where_it_begins_and_end_where_it_does() -> None:
    spans = (Span(500, 1_500), Span(2_000, 2_500), Span(2_900, 4_000))
    edits = Edits(Span(1_000, 3_000), tuple(Silence(each, Ground.PRIVILEGE) for each in spans))
    left = edits.in_copy()
    assert left.clip is None
    assert [each.span for each in left.silences] == [
        Span(0, 500),
        Span(1_000, 1_500),
        Span(1_900, 2_000),
    ]


def test_in_an_unclipped_copy_they_are_where_they_were() -> None:
    edits = Edits(silences=(Silence(Span(1, 2), Ground.PRIVILEGE),))
    assert edits.in_copy() == edits

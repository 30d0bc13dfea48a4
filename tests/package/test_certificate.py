from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from callrec.package.certificate import (
    ROLE_IN_WORDS,
    WHY_NOT_ENCLOSED,
    CertifiedApproval,
    approval_in_words,
    edits_in_words,
    hash_in_groups,
    instant_in_words,
    length_in_words,
    place_in_words,
    size_in_words,
    sound_in_words,
)
from callrec.package.manifest import FileRole, WhyNotEnclosed
from callrec.policy.edits import SILENCING_GROUNDS, Edits, Filler, Side, Silence, Span
from callrec.policy.rights.grounds import Ground
from package.builders import LONDON, a_file


def test_a_hash_stands_in_eight_groups_of_eight() -> None:
    assert hash_in_groups("0123456789abcdef" * 4) == " ".join(["01234567", "89abcdef"] * 4)


def test_the_two_hours_of_the_autumn_change_read_differently() -> None:
    once = datetime(2026, 10, 25, 1, 30, 5, tzinfo=LONDON)
    assert instant_in_words(once) == "25 October 2026, 01:30:05 (UTC+01:00)"
    assert instant_in_words(once.replace(fold=1)) == "25 October 2026, 01:30:05 (UTC+00:00)"


@pytest.mark.parametrize(
    ("ms", "place", "length"),
    [
        (0, "0:00.000", "0.000 s"),
        (59_999, "0:59.999", "59.999 s"),
        (62_345, "1:02.345", "1 min 02.345 s"),
        (3_600_001, "60:00.001", "60 min 00.001 s"),
    ],
)
def test_times_are_said_to_the_millisecond(ms: int, place: str, length: str) -> None:
    assert place_in_words(ms) == place
    assert length_in_words(ms) == length


def test_sizes_and_rates_are_said_with_their_units() -> None:
    assert size_in_words(1_048_576) == "1,048,576 bytes"
    assert sound_in_words(a_file()) == "mu-law, 8,000 Hz"
    assert sound_in_words(replace(a_file(), sample_rate=None)) == "mu-law"


def test_every_edit_is_a_sentence_with_its_span_and_its_ground() -> None:
    edits = Edits(
        Span(100, 90_000),
        (
            Silence(Span(301, 450), Ground.THIRD_PARTY, Side.LEFT, Filler.TONE),
            Silence(Span(61_000, 62_500), Ground.PRIVILEGE),
        ),
    )
    assert edits_in_words(edits) == (
        "Clipped: it holds the original from 0:00.100 to 1:30.000 only.",
        (
            "Covered by a tone in the left channel from 0:00.301 to 0:00.450 of the original,"
            " because it would tell of another person who has not agreed, and it is not reasonable"
            " to disclose it without their agreement."
        ),
        "Silenced from 1:01.000 to 1:02.500 of the original, because it is legally privileged.",
    )
    assert edits_in_words(Edits()) == ()


@pytest.mark.parametrize("ground", SILENCING_GROUNDS)
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("filler", Filler)
def test_no_two_silences_read_alike(ground: Ground, side: Side, filler: Filler) -> None:
    (said,) = edits_in_words(Edits(silences=(Silence(Span(0, 1), ground, side, filler),)))
    assert ground.meaning in said
    assert (side.value in said) == (side is not Side.BOTH)
    assert ("tone" in said) == (filler is Filler.TONE)


def test_an_approval_names_roles_and_says_that_one_person_decided_alone() -> None:
    alone = CertifiedApproval(
        role="Data Controller", at=datetime(2026, 8, 1, 14, 2, 11, tzinfo=LONDON), broke_glass=True
    )
    when = "Data Controller, 1 August 2026, 14:02:11 (UTC+01:00)"
    assert approval_in_words(alone) == f"{when}; decided alone, by breaking the glass"
    two = replace(alone, countersigned_by="Deputy", broke_glass=False)
    assert approval_in_words(two) == f"{when}, countersigned by Deputy"


def test_every_code_has_its_words() -> None:
    assert set(ROLE_IN_WORDS) == set(FileRole)
    assert set(WHY_NOT_ENCLOSED) == set(WhyNotEnclosed)

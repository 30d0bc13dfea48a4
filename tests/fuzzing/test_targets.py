"""What `make fuzz` does for hours, in seconds: every seed and every input that is kept, and each
target's own mutations of them, ever the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing.kept import CORPUS, FOUND, known
from fuzzing.target import Script
from fuzzing.targets import TARGETS

if TYPE_CHECKING:
    from fuzzing.target import Target

SLOW = {"releases", "forged-releases", "sealed-segments", "zips", "signatures"}
"""Milliseconds for an input."""


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_is_known_is_read_as_it_should_be(target: Target) -> None:
    for data in known(target):
        target.one(data)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_nobody_would_write_is_read_as_it_should_be(target: Target) -> None:
    begun = st.sampled_from(known(target))
    pieces = st.sampled_from([*target.words, b"\0", b"\xff", b"\n", b'"', b"[" * 100, b"9" * 20])

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=15 if target.name in SLOW else 100,
        suppress_health_check=[*HealthCheck],
    )
    @given(begun, st.lists(st.binary(min_size=8, max_size=16), max_size=3), pieces)
    def read(data: bytes, scripts: list[bytes], piece: bytes) -> None:
        for script in scripts:
            data = Script(script + piece).spoil(data)
        target.one(data[: target.longest])

    read()


def test_every_file_of_inputs_is_a_targets() -> None:
    assert {file.stem for folder in (CORPUS, FOUND) for file in folder.iterdir()} <= {*TARGETS}

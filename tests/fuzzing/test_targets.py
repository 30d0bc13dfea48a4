"""What `make fuzz` does for hours, in seconds: every seed and every input that is kept, and each
target's own mutations of them, ever the same.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing.__main__ import least
from fuzzing.kept import CORPUS, FOUND, Figures, known
from fuzzing.target import Script, Target
from fuzzing.targets import KINDS, TARGETS

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


def test_every_target_is_of_one_kind() -> None:
    assert sorted(name for kind in KINDS.values() for name in kind) == sorted(TARGETS)


def test_time_is_given_to_the_kind_that_had_least_and_in_it_to_its_target_that_had_least() -> None:
    figures = {name: Figures(seconds=60) for name in TARGETS}
    of_config, of_templates = Figures(seconds=50), Figures(seconds=40)
    figures |= {"config": of_config, "templates": of_templates, "numbers": Figures(seconds=100)}
    assert least(figures, TARGETS) == "names"
    assert least({**figures, "names": Figures(seconds=95)}, TARGETS) == "templates"
    assert least(figures, ["config", "numbers"]) == "config"

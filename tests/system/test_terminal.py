"""Where a process was started, whatever system tells it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from callrec.errors import Unusable
from callrec.system.terminal import VARIABLE, place_named, place_of, source_here, this_boot

ASK = (
    "from callrec.system.terminal import *; "
    f"print(this_boot()); print(place_of({{{VARIABLE!r}: 'nightly'}}).digest); print(source_here())"
)


def of_a_child() -> list[str]:
    """The boot, the place that a script named and the source, as a child of ours tells them."""
    done = subprocess.run([sys.executable, "-c", ASK], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_a_place_that_a_script_names_is_the_same_for_every_process_of_this_start() -> None:
    named = place_of({VARIABLE: "nightly"})
    assert named is not None
    boot, digest, source = of_a_child()
    assert boot == this_boot() != ""
    assert digest == named.digest == place_named("session nightly").digest
    assert source == source_here()


def test_places_with_other_names_are_others() -> None:
    named = [place_of({VARIABLE: name}) for name in ("nightly", "weekly")]
    told = {each.digest for each in named if each}
    assert len(told | {place_named("session nightly", "1").digest}) == 3


@pytest.mark.parametrize("name", ["", "a b", "ü", "a" * 41, "a\nb"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Unusable, match="is not a name"):
        place_of({VARIABLE: name})

"""docs/reference/reconciling.md is what callrec says of the busy day, and what it finds is so."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from callrec.intake import reconcile
from callrec.policy.words import mask_number
from callrec.telephone.number import e164
from callrec.views.words import rfc3339
from cli.transcript import Stage
from fixtures.busy_day import Truth, write_day
from fixtures.exchange import Leg

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reconciling.md"

EXAMPLES = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def truth(stage: Stage) -> Truth:
    """The busy day, written where the transcript is played."""
    return write_day(stage.folder / "day")


def test_the_page_is_what_callrec_says_and_what_it_finds_is_so(stage: Stage, truth: Truth) -> None:
    stage.play("@practice\n@as max\n")
    for example in EXAMPLES:
        stage.play(example)
    found = _reconciled(stage)
    assert sorted(map(_told, found["items"])) == sorted(_so(truth))
    assert {name: found[name] for name in COUNTED} == {
        "calls": truth.calls,
        "answered": truth.answered,
        "held": truth.answered - len(truth.missing) - len(truth.parts_missing),
        "in_part": len(truth.parts_missing),
        "missing": len(truth.missing),
        "recordings": truth.recordings,
        "without_call": len(truth.without_call),
        "unheard": len(truth.unheard),
        "duplicates": len(truth.same_sound) + len(truth.overlapping),
        "gaps": len(truth.gaps),
        "not_understood": 1,
    }


def test_a_list_that_was_cut_says_so(
    stage: Stage, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.play("@practice\n@as max\n")
    for example in EXAMPLES:
        stage.play(example)
    monkeypatch.setattr(reconcile, "MOST_LISTED", 2)
    left = len(truth.missing) - 2
    found = _reconciled(stage)
    listed = len(found["items"])
    assert (found["not_listed"], found["missing"]) == (left, len(truth.missing))
    with chdir(stage.folder):
        shown = stage.answer("callrec practice reconcile --cdr day/cdr.csv")
        written = stage.answer("callrec practice reconcile --cdr day/cdr.csv --csv cut.csv")
    hidden = f"{listed} of {listed + left} findings; not shown: no recording {left};"
    assert f"{hidden} --csv FILE writes {listed}\n" in shown
    assert f"not written: no recording {left}; --from and --to name fewer days\n" in written


COUNTED = (
    *("calls", "answered", "held", "in_part", "missing", "recordings", "without_call"),
    *("unheard", "duplicates", "gaps", "not_understood"),
)


def _reconciled(stage: Stage) -> dict[str, Any]:
    with chdir(stage.folder):
        said = stage.answer("callrec practice reconcile --cdr day/cdr.csv --json")
    found: dict[str, Any]
    found, _ = json.JSONDecoder().raw_decode(said)  # an error that follows is a document too
    return found


def _told(item: dict[str, Any]) -> tuple[str, ...]:
    """What was found, by what a test can know beforehand."""
    keys = ("what", "at", "until", "extension", "number")
    return tuple(str(item[key] or "") for key in keys)


def _so(truth: Truth) -> list[tuple[str, ...]]:
    """The same, as it is."""
    legs = {
        "no-recording": truth.missing,
        "part-missing": truth.parts_missing,
        "no-call": truth.without_call,
        "unheard": truth.unheard,
        "duplicate": truth.overlapping,
    }
    known = [_of(what, leg) for what, some in legs.items() for leg in some]
    # Of two names of one sound, the one that says most is gone by.
    copies = [_of("duplicate", leg) for leg in truth.same_sound]
    gaps = [("gap", rfc3339(begin), rfc3339(end), "", "") for begin, end in truth.gaps]
    return [*known, *copies, *gaps]


def _of(what: str, leg: Leg) -> tuple[str, ...]:
    ours, outside = (leg.src, leg.dst) if leg.kind in {"out", "internal"} else (leg.dst, leg.src)
    if leg.kind in {"q", "rg"}:  # whoever took it
        ours = leg.dstchannel[len("PJSIP/") :][:3]
    number = e164(outside)
    return what, rfc3339(leg.began), "", ours, mask_number(number) if number else ""

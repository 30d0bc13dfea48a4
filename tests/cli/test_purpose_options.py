"""Every further particular has its option, and the option is the one that refusals tell of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from callrec.cli.commands.requests.particulars import FURTHER
from callrec.cli.options import PurposeName
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.views.requests.particulars import PURPOSE_MEANINGS


def test_each_further_particular_has_an_option() -> None:
    assert list(FURTHER) == list(FurtherParticular)


@pytest.mark.parametrize("field", FurtherParticular)
def test_what_a_refusal_says_to_type_is_the_option(field: FurtherParticular) -> None:
    _, option = get_args(FURTHER[field])
    names = {name for each in (option.default, *option.param_decls) for name in each.split("/")}
    told = {word for word in QUESTIONS[field].option.split() if word.startswith("--")}
    assert told <= names
    if QUESTIONS[field].option.count("--") > 1:  # a flag for each of two answers
        assert told == names


def test_each_purpose_that_is_asked_for_by_hand_has_its_meaning() -> None:
    assert set(PURPOSE_MEANINGS) == {
        purpose for purpose in Purpose if TERMS[purpose].is_made_by_hand
    }


def test_the_option_names_each_purpose_that_is_asked_for_by_hand() -> None:
    _, option = get_args(PurposeName)
    named = set(re.findall(r"[a-z-]+", option.help.partition(":")[2])) - {"or"}
    assert named == {purpose for purpose in Purpose if TERMS[purpose].is_made_by_hand}


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "purposes.md"


@pytest.mark.parametrize("purpose", [each for each in Purpose if TERMS[each].is_made_by_hand])
def test_the_page_of_purposes_says_what_each_asks_for(purpose: Purpose) -> None:
    terms = TERMS[purpose]
    options = [f"`{QUESTIONS[each].option}`".replace("|", "\\|") for each in terms.further]
    row = f"| `{purpose}` | {' '.join(options) or 'nothing more'} | {terms.asked_under} |"
    assert row in PAGE.read_text(encoding="utf-8").splitlines()

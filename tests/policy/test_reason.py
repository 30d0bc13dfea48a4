from __future__ import annotations

import pytest

from callrec.errors import Refused
from callrec.policy.clause import Clause
from callrec.policy.words import check_reason
from policy.builders import REASON

NO_REASON = {
    "nothing said": None,
    "empty": "",
    "blank": " \t\n ",
}

NO_SENTENCE = {
    "a full stop": ".",
    "a word": "complaint",
    "two words": "complaint, patient complaint",
    "nineteen characters": "she rang us at noon",
    "dots": "." * 40,
    "a key held down": "aaaa bbbb cccc dddd eeee",
    "a word over and over": "complaint complaint complaint",
    "two words in turn": "yes no yes no yes no yes no",
    "numbers": "0123 4567 8910 1112 1314",
    "words parted by much space": "she" + " " * 20 + "rang us",
}


@pytest.mark.parametrize("reason", NO_REASON.values(), ids=NO_REASON)
def test_no_reason_is_refused(reason: str | None) -> None:
    with pytest.raises(Refused, match=r"no reason is given \[policy 4\(b\)\]") as refused:
        check_reason(reason, Clause.FORMALLY_AUTHORISED)
    assert "--reason" in refused.value.hint


@pytest.mark.parametrize("reason", NO_SENTENCE.values(), ids=NO_SENTENCE)
def test_a_reason_that_is_no_sentence_is_refused(reason: str) -> None:
    with pytest.raises(Refused, match=r"not a sentence \[policy 4\(c\)\]") as refused:
        check_reason(reason, Clause.NO_BROWSING)
    assert refused.value.hint == "say why in at least 20 characters and 3 different words"


@pytest.mark.parametrize(
    "reason",
    [
        REASON,
        "she rang us at noon.",
        "Mae'r claf wedi cwyno am yr alwad",
        "Ref. 2024/17: ffoniodd y claf",
    ],
)
def test_a_sentence_is_a_reason(reason: str) -> None:
    check_reason(reason, Clause.FORMALLY_AUTHORISED)

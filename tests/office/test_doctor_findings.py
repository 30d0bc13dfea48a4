"""However much is wrong, all of it is said, and no more of it is held than is shown at once."""

from __future__ import annotations

import json

import pytest

from callrec.cli.commands import status
from house.commands import type_in
from house.practices import House
from house.requests import rows


@pytest.mark.parametrize("most", [1, 2, 3])
def test_many_findings_are_shown_as_few_are(
    stocked: House, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for row in rows(stocked, "SELECT ciphertext FROM recording"):
        stocked.practice.store.remove(row.ciphertext)
    together = [type_in(stocked, "nobody", *form, "doctor") for form in ((), ("--json",))]
    monkeypatch.setattr(status, "_MOST_HELD", most)
    words, document = (type_in(stocked, "nobody", *form, "doctor") for form in ((), ("--json",)))
    assert (words.status, words.out, words.err) == (
        together[0].status,
        together[0].out,
        together[0].err,
    )
    assert json.loads(document.out) == json.loads(together[1].out)
    assert "recording 1: its sealed file is missing" in words.out

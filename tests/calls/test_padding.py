"""The length of what is sealed tells nothing of the length of a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from callrec.calls import custody
from callrec.calls.custody import seal_metadata
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from calls.test_laying_over import KNOWN
from house.practices import House
from house.spool import a_call, recordings_of, take_in


def length_with(name: str) -> int:
    fields = {**KNOWN, "parties": [name]}
    return len(seal_metadata(fields, key=bytes(32), vault="", uid="", revision=1).sealed)


def test_calls_of_people_with_short_and_long_names_are_sealed_to_one_length() -> None:
    assert length_with("Ann") == length_with("A" * 40)


def test_what_is_sealed_goes_by_steps() -> None:
    assert length_with("A" * 1000) - length_with("A") == 4 * 256


@pytest.mark.parametrize("step", [1, 256])
def test_padded_or_sealed_before_there_was_padding_it_opens(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(custody, "PADDED_TO", step)
    call = a_call(tmp_path)
    take_in(house, call)
    with reading(house.practice.engine) as connection:
        (sealed,) = connection.scalars(select(tables.metadata.c.sealed))
    assert (len(sealed) - 60) % step == 0
    (recording,) = recordings_of(house)
    assert recording.fields["provenance"][0]["name"] == str(call)

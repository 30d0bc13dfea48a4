"""The made-up vaults: who calls is spread as real callers are, and every file can be opened."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from benchmarks.fill import People, fill, people_of


def test_last_four_digits_are_spread_over_all_there_are() -> None:
    tails = Counter(number[-4:] for number in People(100_000).numbers)
    assert len(tails) > 7500
    assert tails.most_common(1)[0][1] < 10


def test_some_names_are_borne_by_many_and_most_by_few() -> None:
    owners = People(100_000).owners
    common = Counter(name.split()[1] for name in owners.values()).most_common()
    assert 0.005 < common[0][1] / len(owners) < 0.02
    assert 0.4 < sum(count for _, count in common[:500]) / len(owners) < 0.6


def test_ten_times_the_calls_are_made_by_ten_times_the_people() -> None:
    few, many = people_of(100_000, 1), people_of(1_000_000, 1)
    assert [len(each) for each in (many.numbers, many.regulars, many.desks)] == [
        10 * len(each) for each in (few.numbers, few.regulars, few.desks)
    ]


def test_every_recording_of_a_filled_vault_can_lie_sealed_in_it(tmp_path: Path) -> None:
    fill(tmp_path, 40, 0.02, sealed=True)
    files = [path for path in (tmp_path / "vault" / "recordings").rglob("*") if path.is_file()]
    assert len(files) == 40
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in files)

from __future__ import annotations

import pytest

from callrec.errors import Unusable
from callrec.views.typed import read_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("25MB", 25_000_000),
        ("25 mb", 25_000_000),
        ("25M", 25_000_000),
        ("1.5GB", 1_500_000_000),
        ("25MiB", 25 << 20),
        ("700kB", 700_000),
        ("0.5GB", 500_000_000),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "25", "MB", "-1MB", "0MB", "1,5GB", "25MBit", "1e6", "25 TB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        read_size(text)

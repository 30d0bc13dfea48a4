"""``security.txt`` says where a weakness is reported, as long as that is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from supply.contact import FILE, faults, publish

ROOT = Path(__file__).parents[2]
NOW = datetime(2027, 1, 1, tzinfo=UTC)
GOOD = "# RFC 9116\nContact: mailto:safe@callrec.example\nExpires: 2027-12-01T00:00:00Z\n"

FAULTY = {
    "that ends soon": (GOOD.replace("2027-12", "2027-03"), "is near or past"),
    "that ended": (GOOD.replace("2027-12", "2026-12"), "is near or past"),
    "that ends in years": (GOOD.replace("2027-12", "2028-12"), "more than a year away"),
    "that never ends": (GOOD.replace("Expires", "# Expires"), "one Expires"),
    "that ends twice": (GOOD + "Expires: 2027-11-01T00:00:00Z\n", "one Expires"),
    "that ends in words": (GOOD.replace("2027-12-01T00:00:00Z", "next year"), "is not written"),
    "without a zone": (GOOD.replace("00Z", "00"), "is not written"),
    "without a contact": (GOOD.replace("Contact", "# Contact"), "no Contact"),
    "with a bare address": (GOOD.replace("mailto:", ""), "is not mailto:"),
    "with an address nowhere": (GOOD.replace("callrec.example", "x.invalid"), "reaches nobody"),
}


def test_one_that_holds_has_no_fault() -> None:
    assert faults(GOOD, NOW) == []
    assert faults(GOOD.replace("Contact", "contact"), NOW) == []


@pytest.mark.parametrize(("text", "why"), FAULTY.values(), ids=FAULTY.keys())
def test_one_that_does_not_says_why(text: str, why: str) -> None:
    (fault,) = faults(text, NOW)
    assert why in fault


def test_it_is_near_its_end_for_two_months() -> None:
    end = datetime(2027, 12, 1, tzinfo=UTC)
    assert faults(GOOD, end - timedelta(days=60)) == []
    assert faults(GOOD, end - timedelta(days=60, seconds=-1)) != []


def test_the_site_has_it_until_its_last_second(tmp_path: Path) -> None:
    docs, site = tmp_path / "docs", tmp_path / "site"
    (docs / FILE).parent.mkdir(parents=True)
    (docs / FILE).write_text(GOOD)
    site.mkdir()
    end = datetime(2027, 12, 1, tzinfo=UTC)
    assert publish(docs, site, end + timedelta(seconds=1)) != []
    assert list(site.iterdir()) == []
    assert publish(docs, site, end) == []
    assert (site / ".well-known" / "security.txt").read_text() == GOOD


def test_ours_lacks_nothing_but_an_address_that_somebody_reads() -> None:
    """Until there is one: a release is refused before."""
    text = (ROOT / "docs" / FILE).read_text(encoding="utf-8")
    written = datetime(2026, 11, 30, tzinfo=UTC)
    assert ["reaches nobody" in each for each in faults(text, written)] == [True]

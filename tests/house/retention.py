"""Calls whose time is over, and what becomes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from callrec.registers.verify import check_vault
from callrec.retention.categories import set_category
from callrec.retention.destroy import Destruction
from callrec.retention.erase import (
    DisposalProposal,
    carry_out,
    preview_destruction,
    propose_disposal,
)
from callrec.retention.review import RetentionReview, review_retention
from house.practices import NOON, House
from house.requests import REASON, approve, logged_in, signed_in

DUE_SINCE = "2027-01-05"
"""Calls 1 and 3 of `holds.with_two_callers`, of 4 January 2024; 2 and 4 a day later."""

AFTERWARDS = NOON + timedelta(days=60)
"""When all four are due."""


def later(house: House, at: datetime = AFTERWARDS) -> House:
    """The same practice, when the calls are due."""
    house.at = at
    return house


def review(house: House, login: str = "max") -> RetentionReview:
    return review_retention(house.practice, logged_in(house, login))


def why(house: House, login: str = "max") -> dict[str, int]:
    """What stops recordings that are due, and how many."""
    return {
        str(stopped): count
        for due in review(house, login).due
        for stopped, count in due.stopped_by.items()
    }


def propose(house: House, login: str = "max") -> DisposalProposal:
    return propose_disposal(house.practice, logged_in(house, login))


def categorise(house: House, category: str, *recordings: int, login: str = "max") -> None:
    actor = logged_in(house, login)
    set_category(house.practice, actor, recordings, category=category, reason=REASON)


def approved_disposal(house: House, *recordings: int, note: str = "") -> str:
    """What max proposes and dora approves, or only these of it."""
    reference = propose(house).reference
    approve(house, reference, "dora", recordings=recordings, note=note)
    return reference


def dispose(house: House, reference: str, *volumes: Path, login: str = "dora") -> Destruction:
    """Destroy as one command does."""
    house.open()
    actor = signed_in(house, login)
    given = (house.practice, actor, reference, preview_destruction)
    done = carry_out(*given, volumes=volumes, advance=lambda _: None, check=check_vault)
    house.open()
    return done


def keep_for(house: House, **keeps: str) -> None:
    """Let the practice's schedule be another: `routine="6 years"`."""
    told = {"routine": "3 years", "claim": "6 years", **keeps}
    category = [
        {"name": name, "keeps": length, "source": "a test"} for name, length in told.items()
    ]
    house.decide(retention={"category": category})

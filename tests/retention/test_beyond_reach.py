"""What keeps erased bytes for a while beyond reach, and until when the certificate says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from callrec.archive.owed import DESTRUCTION_CLEARED, done_leaf, kept_days
from callrec.catalogue.engine import reading
from callrec.config import Database, Objects
from callrec.crypto.canonical import parse_instant
from callrec.office.status import read_status
from callrec.package.destroyed import DestructionCertificate, SealedCopies, method, not_reached
from callrec.retention.certificate import certify_destruction
from callrec.retention.certified import off_the_record
from house.erasures import approved_erasure, erase
from house.holds import verified, with_two_callers
from house.practices import House
from retention.test_certified import checked, issued, wrong_with

DAYS = 35


def set_days(house: House, days: int | None) -> None:
    """What the technician writes into the configuration."""
    house.config = house.config.model_copy(update={"database": Database(kept_days=days)})
    house.open()


def certified(house: House) -> DestructionCertificate:
    found = certify_destruction(house.practice, "R-1", released_to=())
    assert found is not None
    return found


@pytest.fixture
def kept(house: House) -> House:
    """Recording 1 was erased where backups of a database are kept for 35 days."""
    with_two_callers(house)
    set_days(house, DAYS)
    assert erase(house, approved_erasure(house, 1)).is_done
    return house


def cleared_at(house: House) -> datetime:
    certificate = certified(house).id
    with reading(house.practice.engine) as connection:
        return parse_instant(
            done_leaf(house.practice, connection, certificate, DESTRUCTION_CLEARED).at
        )


def test_the_certificate_says_until_when_and_promises_no_more(kept: House, tmp_path: Path) -> None:
    folder = issued(kept, certified(kept), tmp_path / "papers")
    until, text = cleared_at(kept) + timedelta(DAYS), (folder / "certificate.txt").read_text()
    said = json.loads((folder / "destruction.json").read_text())
    assert parse_instant(said["beyond_reach_until"]) == until
    day = f"{until.day} {until:%B %Y}"
    words = " ".join(text.split())
    assert f"sealed copies beyond our reach until {day}: keys and descriptions" in words
    assert "no copy of its sealed file can be opened" not in words
    assert checked(folder, kept.practice.root.hex()).verdict == "VERIFIED"
    assert verified(kept).problems == ()


def test_what_is_set_afterwards_changes_no_certificate(kept: House, tmp_path: Path) -> None:
    folder = issued(kept, certified(kept), tmp_path / "papers")
    set_days(kept, 7)
    assert off_the_record(kept.practice, checked(folder, kept.practice.root.hex())) == ()


def test_a_file_and_a_folder_say_nothing_of_it(house: House, tmp_path: Path) -> None:
    with_two_callers(house)
    erase(house, approved_erasure(house, 1))
    folder = issued(house, certified(house), tmp_path / "papers")
    assert "beyond" not in (folder / "certificate.txt").read_text()
    assert "beyond" not in (folder / "destruction.json").read_text()
    assert read_status(house.practice, None).beyond_reach is None


def earlier(copies: SealedCopies) -> SealedCopies:
    assert copies.until is not None
    return replace(copies, until=copies.until - timedelta(1))


FALSE: dict[str, Callable[[SealedCopies], SealedCopies | None]] = {
    "an earlier day": earlier,
    "no day": lambda copies: replace(copies, until=None),
    "nothing of it": lambda _: None,
}


@pytest.mark.parametrize("change", FALSE.values(), ids=FALSE)
def test_a_certificate_that_says_another_day_than_follows_is_refused(
    kept: House, tmp_path: Path, change: Callable[[SealedCopies], SealedCopies | None]
) -> None:
    certificate = certified(kept)
    assert certificate.beyond_reach is not None
    false = replace(certificate, beyond_reach=change(certificate.beyond_reach))
    assert (
        "destruction.json says another time until which it is kept beyond reach than was stated"
        in wrong_with(issued(kept, false, tmp_path / "papers"))
    )


def test_a_day_that_follows_from_nothing_is_refused(house: House, tmp_path: Path) -> None:
    with_two_callers(house)
    erase(house, approved_erasure(house, 1))
    false = replace(certified(house), beyond_reach=SealedCopies(frozenset({"database"}), None))
    assert "beyond reach" in wrong_with(issued(house, false, tmp_path / "papers"))[0]


def test_where_the_keys_went_everywhere_files_that_stay_open_to_nobody(
    house: House, tmp_path: Path
) -> None:
    """A bucket keeps sealed files; no database keeps the keys."""
    with_two_callers(house)
    house.config = house.config.model_copy(update={"objects": Objects(kept_days=31)})
    house.open()
    erase(house, approved_erasure(house, 1))
    certificate = certified(house)
    assert certificate.beyond_reach is not None
    assert certificate.beyond_reach.until == cleared_at(house) + timedelta(31)
    first, *_ = not_reached(certificate)
    assert first.startswith("sealed files beyond our reach until ")
    assert first.endswith("so that nobody can open them")
    assert "no copy of its sealed file can be opened" in method(certificate)
    folder = issued(house, certificate, tmp_path / "papers")
    assert checked(folder, house.practice.root.hex()).verdict == "VERIFIED"


def test_of_both_the_greater_number_of_days_counts_and_none_where_one_is_not_known(
    house: House,
) -> None:
    practice = house.practice
    at = partial(replace, practice)
    both = {"database": Database(kept_days=35), "objects": Objects(kept_days=31)}
    assert kept_days(at(config=practice.config.model_copy(update=both))) == {
        "database": 35,
        "objects": 31,
    }
    there = {"recordings": "s3://hama", "objects": Objects(kept_days=0)}
    assert kept_days(at(config=practice.config.model_copy(update=there))) == {}
    there["objects"] = Objects()
    assert kept_days(at(config=practice.config.model_copy(update=there))) == {"objects": None}
    assert kept_days(practice) == {}


def test_status_counts_what_is_still_kept_until_it_is_gone(kept: House) -> None:
    for days in (7, None, DAYS):  # of now: the certificate says what was signed, and so does this
        set_days(kept, days)
        found = read_status(kept.practice, None).beyond_reach
        assert found == (1, cleared_at(kept) + timedelta(DAYS))
    kept.at += timedelta(DAYS)
    kept.open()
    assert read_status(kept.practice, None).beyond_reach is None

"""SEARCH.txt: what was searched, and how much was found, given, withheld [UK GDPR 15(1A)].

What must not be told is in none of its words and in none of its counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO

import pytest

from callrec.package import callrec_verify
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.requests.gather import gather_recordings
from house.holds import ANN, ask
from house.packages import Package, a_package
from house.practices import House
from house.requests import approve, logged_in, signed_in, third_parties_checked
from house.spool import a_call, take_in

CALLER = "+447700900123"


@pytest.fixture
def callers(house: House) -> House:
    """Six calls of one number, on 4 July 2024."""
    take_in(house, *(a_call(house.folder / "spool", call) for call in range(6)))
    return house


def answered(
    house: House,
    *,
    purpose: Purpose = Purpose.SUBJECT_ACCESS,
    left_out: dict[int, Ground] | None = None,
    withheld: dict[int, Ground] | None = None,
    gathered: bool = True,
    granted: tuple[int, ...] = (),
) -> Package:
    ask(
        house,
        purpose=purpose,
        numbers=(CALLER, ANN),
        names=("Siân Oneil", "S O'Neill"),
        recordings=() if gathered else (1, 2, 3, 4, 5, 6),
    )
    if gathered:
        actor = logged_in(house, "max")
        gather_recordings(house.practice, actor, "R-1", leave_out=left_out or {})
    third_parties_checked(house, "sam")
    decided = {"recordings": granted, "withheld": withheld or {}}
    approve(house, "R-1", "dora", second=signed_in(house, "pat"), **decided)
    return a_package(house)


def told(package: Package, path: str = "SEARCH.txt") -> str:
    return " ".join(package.read(path).decode().split())


def checked(files: Mapping[str, bytes]) -> callrec_verify.Result:
    return callrec_verify.check({path: partial(BytesIO, files[path]) for path in files}, "")


def test_it_tells_what_was_searched_found_given_and_withheld(callers: House) -> None:
    package = answered(
        callers,
        left_out={1: Ground.NOT_RELEVANT},
        withheld={2: Ground.THIRD_PARTY, 3: Ground.THIRD_PARTY},
    )
    text = told(package)
    for words in (
        "a number that ends in 0123; - a number that ends in 0123; - 2 names of yours.",
        "all days of which we hold recordings",
        "6 calls found 3 calls given to you 3 calls not given",
        "1: it is not about the person whose calls were asked for",
        "2: it would tell of another person",
    ):
        assert words in text
    withheld = {(each["recording"], each["code"]) for each in package.manifest["withheld"]}
    assert withheld == {(1, "not-relevant"), (2, "third-party"), (3, "third-party")}


def test_the_manifest_has_its_hash_and_the_checker_checks_it(callers: House) -> None:
    package = answered(callers)
    assert [data["path"] for data in package.manifest["call_data"]] == ["SEARCH.txt"]
    files = package.files
    assert checked(files).problems == ()
    found = checked({**files, "SEARCH.txt": b"We have given you everything."})
    damaged = callrec_verify.STATES["damaged"]
    assert [(each.path, each.what) for each in found.problems] == [("SEARCH.txt", damaged)]


def test_no_name_and_no_whole_number_stands_in_it(callers: House) -> None:
    text = told(answered(callers))
    for hidden in (CALLER, CALLER[3:], ANN, "O'Neill", "Oneil"):
        assert hidden not in text


@pytest.mark.parametrize("where", ["left out", "withheld"])
def test_what_must_not_be_told_is_in_none_of_its_counts(callers: House, where: str) -> None:
    crime = {4: Ground.CRIME}
    package = answered(
        callers,
        left_out=crime if where == "left out" else None,
        withheld=crime if where == "withheld" else None,
    )
    text = told(package)
    assert "5 calls found 5 calls given to you 0 calls not given" in text
    assert "We have given you every call that you are entitled to." in text
    assert package.manifest["withheld"] == []
    assert "crime" not in text


def test_what_nobody_decided_yet_is_not_said_to_be_refused_or_not_there(callers: House) -> None:
    package = answered(callers, granted=(1, 2))
    assert "6 calls found 2 calls given to you 0 calls not given 4 calls not decided yet" in told(
        package
    )
    read_me = told(package, "READ-ME-FIRST.txt")
    assert "4 calls are not decided yet. We will write to you again" in read_me
    for path in ("SEARCH.txt", "READ-ME-FIRST.txt"):
        assert "entitled" not in told(package, path)
        assert "approved it" not in told(package, path)


def test_that_nothing_else_was_left_out_is_said_after_a_gathering_alone(callers: House) -> None:
    read_me = told(answered(callers), "READ-ME-FIRST.txt")
    assert "We have given you everything that you are entitled to. SEARCH.txt says" in read_me


def test_without_a_gathering_it_is_not_said(callers: House) -> None:
    package = answered(callers, gathered=False)
    assert "SEARCH.txt" not in package.files
    assert "entitled to" not in told(package, "READ-ME-FIRST.txt")

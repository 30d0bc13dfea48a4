"""What goes out carries its time stamp, and goes out without one where none can be had."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.package.callrec_verify import STAMP, STAMP_ROOTS, read_proof, stamped_hash
from callrec.package.callrec_verify import read_stamp as claimed_by
from callrec.registers.verify import Verdict
from house.holds import verified
from house.packages import a_package, acts_of, outbox, release
from house.practices import House
from house.requests import rows
from house.time_authority import TimeAuthority, stamped_by, time_authority


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


@pytest.fixture
def office(granted: House, authority: TimeAuthority) -> House:
    """R-1 is sam's, max has approved it, and the practice is stamped."""
    stamped_by(granted, authority)
    return granted


def test_a_release_carries_the_stamp_of_its_checkpoint_and_the_record_has_it(
    office: House, authority: TimeAuthority, tmp_path: Path
) -> None:
    package = a_package(office)
    note = read_proof(package.read("release.tlog-proof")).head.note
    stamp = package.read(STAMP)
    assert claimed_by(stamp).imprint == stamped_hash(note)
    assert package.read(STAMP_ROOTS) == authority.root
    ((size, token),) = rows(office, "SELECT size, token FROM stamp")
    assert (size, token) == (package.released.audit_seq + 1, stamp)
    assert verified(office).verdict is Verdict.INTACT
    words = package.read("VERIFY.txt").decode()
    assert "BY WHEN IT WAS SIGNED" in words
    _judged_without_callrec(package.folder, tmp_path)


def _judged_without_callrec(folder: Path, tmp_path: Path) -> None:
    """On a machine that has Python and openssl, and nothing of ours."""
    alone = shutil.copytree(folder, tmp_path / "alone")
    command = [sys.executable, "-I", "callrec_verify.py", "--json"]
    done = subprocess.run(command, cwd=alone, capture_output=True, check=False)
    said = json.loads(done.stdout)
    assert (said["verdict"], said["problems"]) == ("FIRST-USE", [])
    assert said["time"]["authority"] == "Test Time Root"
    assert said["time"]["at"] <= f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_a_release_goes_out_without_a_stamp_where_the_authority_is_gone(
    office: House, authority: TimeAuthority
) -> None:
    authority.status = 503
    done = release(office)
    assert done.stamped.stamp is None
    assert done.stamped.why_not == "the time-stamping authority answered 503"
    assert acts_of(office)[-1] == "release.delivered"
    assert len([*outbox(office).iterdir()]) == 1


def test_where_no_authority_is_set_up_a_release_is_what_it_was(granted: House) -> None:
    package = a_package(granted)
    assert {STAMP, STAMP_ROOTS}.isdisjoint(package.files)
    assert "BY WHEN" not in package.read("VERIFY.txt").decode()
    assert package.released.stamped.why_not == ""

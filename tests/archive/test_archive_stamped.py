"""A drive carries the stamp of its newest head, and shows by it what was set back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from callrec.package.callrec_verify import read_proof, read_stamp, stamped_hash
from callrec.registers.verify import Verdict
from house.drives import archive, drive, verify
from house.holds import verified
from house.practices import House
from house.time_authority import TimeAuthority, stamp_of, stamped_by, time_authority


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


def test_a_drive_carries_the_stamp_of_its_head(stocked: House, authority: TimeAuthority) -> None:
    stamped_by(stocked, authority)
    at = drive(stocked, "drive-a")
    archive(stocked, at)
    (stamp,) = at.rglob("heads/*.tsr")
    note = read_proof(stamp.with_suffix(".tlog-proof").read_bytes()).head.note
    assert read_stamp(stamp.read_bytes()).imprint == stamped_hash(note)
    assert not verify(stocked, at).faults
    assert verified(stocked, stamp).verdict is Verdict.INTACT
    stamp.write_bytes(stamp_of(authority.folder, b"another head"))
    (fault,) = verify(stocked, at).faults
    assert fault.what == "it is a time stamp of something else"
    assert verified(stocked, stamp).verdict is Verdict.TAMPERED


def test_a_drive_is_written_where_the_authority_is_gone(
    stocked: House, authority: TimeAuthority
) -> None:
    stamped_by(stocked, authority)
    authority.status = 503
    at = drive(stocked, "drive-a")
    archive(stocked, at)
    assert not [*at.rglob("*.tsr")]
    assert not verify(stocked, at).faults

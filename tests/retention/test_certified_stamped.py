"""A certificate of destruction carries its time stamp, and the people who get it can read that."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from pathlib import Path

from callrec.package.callrec_verify import check, in_words
from callrec.retention.certificate import certify_destruction
from callrec.retention.certified import issue_certificate
from house.erasures import approved_erasure, erase
from house.holds import with_two_callers
from house.practices import House
from house.requests import signed_in
from house.time_authority import stamped_by, time_authority


def test_a_certificate_says_by_when_it_was_signed(house: House, tmp_path: Path) -> None:
    with_two_callers(house)
    reference = approved_erasure(house, 1, kept=(2,))
    assert erase(house, reference).is_done
    with time_authority(tmp_path / "authority") as authority:
        stamped_by(house, authority)
        certificate = certify_destruction(house.practice, reference, released_to=())
        assert certificate is not None
        folder = issue_certificate(house.practice, signed_in(house, "dora"), certificate, tmp_path)
    files = {path.name: partial(BytesIO, path.read_bytes()) for path in folder.iterdir()}
    result = check(files, house.practice.root.hex())
    assert result.verdict == "VERIFIED"
    assert result.time is not None
    assert "says Test Time Root" in " ".join(map(str.strip, in_words(result)))
    assert "BY WHEN IT WAS SIGNED" in (folder / "VERIFY.txt").read_text()

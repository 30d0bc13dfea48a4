"""The page that goes out is the page that is checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from callrec.release.callrec_verify import check
from callrec.release.package import held
from callrec.release.page import write_page
from callrec.release.wrappings import open_package
from release.offices import an_office
from release.pages import WORDS, a_release

if TYPE_CHECKING:
    from pathlib import Path


def test_a_release_in_a_page_is_verified(tmp_path: Path) -> None:
    office = an_office()
    members = [held(path, data) for path, data in office.release().items()]
    _, shown = a_release()
    page = tmp_path / "release.html"
    write_page(members, page, WORDS, replace(shown, waveforms={}))
    with open_package(page, lambda: WORDS) as files:
        assert check(files, office.root).verdict == "VERIFIED"

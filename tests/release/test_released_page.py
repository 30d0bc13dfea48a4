"""A release as a page, from the command to the recipient's browser and to whoever checks it."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from callrec.policy.handing_over import PackageForm
from house.packages import release
from house.practices import House
from package.browsers import a_browser, a_visit, plays, unlock


def test_what_is_released_plays_and_what_is_saved_of_it_is_verified(
    granted: House, tmp_path: Path
) -> None:
    released = release(granted, form=PackageForm.HTML)
    with a_browser(tmp_path) as browser, a_visit(browser, released.path) as page:
        unlock(page, released.passphrase)
        expect(page.get_by_role("heading", level=2).first).to_have_text("2 calls")
        page.locator("audio").first.evaluate("audio => audio.play()")
        assert plays(page, "Call 1") > 0
        text = re.sub(r"\s", "", page.get_by_role("region", name="Certificate").inner_text())
        for file in released.manifest.files:
            assert file.sha256 in text
        with page.expect_download() as saving:
            page.get_by_role("button", name="Save everything as one file").click()
        with zipfile.ZipFile(saving.value.path()) as archive:
            archive.extractall(tmp_path / "saved")
    root = granted.practice.root.hex()
    words = [sys.executable, "-I", "callrec_verify.py", "--pin", root]
    done = subprocess.run(
        words, cwd=tmp_path / "saved", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VERIFIED" in done.stdout

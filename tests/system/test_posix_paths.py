"""A folder that is mounted twice is known by either name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from callrec.system.paths import lies_in


@pytest.mark.root
def test_a_vault_that_is_mounted_elsewhere_too_is_still_the_vault(tmp_path: Path) -> None:
    (vault := tmp_path / "vault").mkdir()
    (again := tmp_path / "again").mkdir()
    subprocess.run(["mount", "--bind", str(vault), str(again)], check=True)
    try:
        assert lies_in(again / "objects", vault)
    finally:
        subprocess.run(["umount", str(again)], check=True)

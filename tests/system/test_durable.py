"""What is synced is there, and what is not there cannot be synced."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.system.files import sync


def test_files_and_folders_are_synced_each_and_what_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    sync(tmp_path / "file", tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "file", tmp_path / "missing")

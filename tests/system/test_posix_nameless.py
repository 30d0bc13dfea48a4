"""A file that is written has no name until then, and follows no link."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.system import files
from callrec.system.files import atomic_write


def test_until_it_is_whole_it_has_no_name(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "file") as file:
        file.write(b"what comes")
        assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("nameless", [True, False])
def test_a_link_that_leads_nowhere_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, nameless: bool
) -> None:
    if not nameless:
        monkeypatch.setattr(files, "open_unnamed", lambda _: None)
    (tmp_path / "file").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError), atomic_write(tmp_path / "file") as file:
        file.write(b"what comes")
    assert not (tmp_path / "nowhere").exists()

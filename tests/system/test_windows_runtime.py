"""What is kept of a login on Windows, where no file system is in memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

assert sys.platform == "win32"

from callrec.system.windows import runtime
from callrec.system.windows.runtime import runtime_folder, seal, unseal
from house.security_descriptors import set_list


def test_it_opens_for_the_same_vault_and_place_alone() -> None:
    sealed = seal(b"secret", b"one")
    assert b"secret" not in sealed
    assert unseal(sealed, b"two") is None
    assert unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), b"one") is None
    assert unseal(b"", b"one") is None


def test_it_does_not_open_after_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal(b"secret", b"one")
    monkeypatch.setattr(runtime, "this_boot", lambda: "the next")
    assert unseal(sealed, b"one") is None


def test_it_lies_where_nothing_roams() -> None:
    folder = runtime_folder({"LOCALAPPDATA": os.environ["LOCALAPPDATA"]})
    assert folder == Path(os.environ["LOCALAPPDATA"], "callrec", "logins") == runtime_folder({})


def test_nothing_is_made_where_others_can_change_it(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    set_list(shared, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;WD)")
    assert runtime_folder({"LOCALAPPDATA": str(shared)}) is None
    assert [*shared.iterdir()] == []

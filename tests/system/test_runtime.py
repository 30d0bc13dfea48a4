"""Where what a login needs is kept between commands, whatever system keeps it."""

from __future__ import annotations

import os

from callrec.system.files import write_private
from callrec.system.rights import check_only_we_can_change, is_private, read_private
from callrec.system.runtime import runtime_folder, seal, unseal


def test_there_is_a_folder_of_ours_alone() -> None:
    folder = runtime_folder(os.environ)
    assert folder is not None
    assert is_private(folder)
    check_only_we_can_change(folder)
    assert runtime_folder({}) is not None


def test_what_is_kept_there_is_had_again_by_who_kept_it() -> None:
    folder = runtime_folder(os.environ)
    assert folder is not None
    file = folder / f"test-{os.getpid()}"
    try:
        write_private(file, seal(b"secret", b"vault and place"))
        assert unseal(read_private(file), b"vault and place") == b"secret"
    finally:
        file.unlink()

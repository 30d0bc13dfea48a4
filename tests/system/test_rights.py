"""Who may read and change a file, whatever system keeps that."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from callrec.errors import Misconfigured
from callrec.system.files import create_private, write_private
from callrec.system.rights import (
    account_of,
    check_only_we_can_change,
    is_private,
    let_read_like,
    make_private_folder,
    may_write,
    private_hint,
    read_private,
)
from house.security_descriptors import let_everybody_read


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody else can exchange: Windows knows no sticky bit, as /tmp has it."""
    inside = Path.home() if sys.platform == "win32" else tmp_path
    with tempfile.TemporaryDirectory(dir=inside) as made:
        yield Path(made)


def test_a_private_folder_is_made_with_what_is_missing_on_the_way(place: Path) -> None:
    made = place / "practice" / "vault"
    make_private_folder(made, parents=True)
    assert is_private(made)
    check_only_we_can_change(made)


def test_a_folder_that_is_there_is_made_again_only_where_that_was_said(place: Path) -> None:
    make_private_folder(place / "vault")
    make_private_folder(place / "vault", exist_ok=True)
    with pytest.raises(FileExistsError):
        make_private_folder(place / "vault")
    (place / "file").touch()
    with pytest.raises(FileExistsError):
        make_private_folder(place / "file", exist_ok=True)
    with pytest.raises(FileNotFoundError):
        make_private_folder(place / "missing" / "vault")


def test_a_secret_that_was_written_is_read(place: Path) -> None:
    write_private(place / "secret", b"\r\n\x1a")
    assert is_private(place / "secret")
    assert read_private(place / "secret") == b"\r\n\x1a"
    check_only_we_can_change(place / "secret")
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_private(place / "missing")


def test_what_others_may_read_is_no_secret_and_its_hint_closes_it(place: Path) -> None:
    loose = place / "loose"
    loose.write_bytes(b"secret")
    let_everybody_read(loose)
    with pytest.raises(Misconfigured, match="others can read") as refused:
        read_private(loose)
    assert refused.value.hint.startswith("run icacls" if sys.platform == "win32" else "run chmod")
    assert f'"{loose}"' in refused.value.hint
    assert not is_private(loose)
    assert str(place) in private_hint(place)


def test_what_is_not_there_is_told_by_the_system(place: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_only_we_can_change(place / "missing" / "vault")


def test_a_file_is_read_by_those_who_may_read_another(place: Path) -> None:
    shared, secret = place / "shared", place / "secret"
    shared.write_bytes(b"sound")
    let_everybody_read(shared)
    write_private(secret, b"")
    with open(create_private(place / "beside"), "wb") as file:  # noqa: PTH123 - of a descriptor
        let_read_like(file.fileno(), shared)
        assert not is_private(place / "beside")
        let_read_like(file.fileno(), secret)
        assert is_private(place / "beside")


def test_what_we_made_is_ours_and_may_be_written(place: Path) -> None:
    assert account_of(place)[1]
    assert account_of(place)[0]
    assert may_write(place)
    assert not may_write(place / "missing")

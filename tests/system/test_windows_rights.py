"""What a second user of the PC is refused, by rights that Windows itself told."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

assert sys.platform == "win32"

from callrec.errors import Misconfigured
from callrec.system.rights import check_only_we_can_change, is_private, make_private_folder
from callrec.system.windows.rights import this_account
from house.security_descriptors import set_list

OURS = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{})"


@pytest.fixture
def vault() -> Iterator[Path]:
    """A private folder in two others, in the profile."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as made:
        vault = Path(made, "practice", "vault")
        make_private_folder(vault, parents=True)
        yield vault


def test_all_that_is_missing_on_the_way_is_made_private(vault: Path) -> None:
    assert is_private(vault.parent)
    check_only_we_can_change(vault)


@pytest.mark.parametrize("up", [0, 1])
def test_where_others_may_change_the_vault_or_the_way_to_it_none_is_used(
    vault: Path, up: int
) -> None:
    loose = [vault, vault.parent][up]
    set_list(loose, OURS.format(this_account()) + "(A;OICI;0x1301ff;;;WD)")
    with pytest.raises(Misconfigured, match="others can change what is in") as refused:
        check_only_we_can_change(vault)
    assert refused.value.hint.startswith(f'run icacls "{loose}" /inheritance:r /grant:r "*S-1-')


def test_what_may_only_be_read_is_used_and_is_no_secret(vault: Path) -> None:
    set_list(vault, OURS.format(this_account()) + "(A;OICI;FR;;;WD)")
    check_only_we_can_change(vault)
    assert not is_private(vault)

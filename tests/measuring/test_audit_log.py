"""The made-up logs, of either shape, are such as callrec writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.audit_log import BATCHES, LIVED, fill, found_vault
from callrec.registers.verify import verify_audit


@pytest.mark.parametrize("shape", [BATCHES, LIVED])
def test_callrec_finds_nothing_wrong_with_a_made_up_log(shape: str, tmp_path: Path) -> None:
    vault = found_vault(tmp_path)
    fill(vault, 300, shape=shape)
    found = verify_audit(
        vault.config, environ=vault.environ, trusted_root=lambda _: None, against=(), full=True
    )
    assert not found.problems
    assert found.head.size >= 300

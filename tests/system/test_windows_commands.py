"""A command refuses a path that Windows takes for another before it looks at anything."""

from __future__ import annotations

import pytest

from callrec.cli.app import run


@pytest.mark.parametrize(
    "line",
    [
        ["archive", "--to", "C:\\calls\\nul"],
        ["archive", "verify", "D:\\a:b"],
        ["release", "R-1", "--to", "out. \\x"],
    ],
)
def test_a_path_that_would_be_another_is_refused(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(line) == 2
    assert "Windows has no file with" in capsys.readouterr().err

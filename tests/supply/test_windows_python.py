"""What the Python for Windows that runs tests is made of (``make test-windows``)."""

from __future__ import annotations

from windows.make_python import CONSTRAINTS, FOR_TESTS, pins

HASH = f"--hash=sha256:{'ab' * 32}"


def test_what_windows_alone_needs_is_taken_and_what_linux_alone_needs_is_not() -> None:
    lines = f"""\
a==1 ; sys_platform == 'win32' \\
    {HASH}
b==2 ; sys_platform == 'linux' \\
    {HASH}
c==3 ; python_full_version < '3.12' \\
    {HASH}
d==4 \\
    {HASH}
"""
    assert pins(lines) == {"a": f"a==1 \\\n    {HASH}\n", "d": f"d==4 \\\n    {HASH}\n"}


def test_what_tests_need_is_pinned() -> None:
    assert pins(CONSTRAINTS.read_text(encoding="utf-8")).keys() >= FOR_TESTS

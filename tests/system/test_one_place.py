"""What systems do differently is asked in ``system/`` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "callrec"

OTHERWISE = {
    "os": {
        *("open", "link", "rename", "replace", "unlink", "remove", "sync", "fsync"),
        *("fork", "kill", "killpg", "setsid", "waitpid", "getppid", "set_blocking", "mkfifo"),
        *("getuid", "geteuid", "getsid", "ttyname", "uname", "statvfs", "sched_getaffinity"),
        *("chown", "fchmod", "fchown", "posix_fadvise", "copy_file_range", "sendfile"),
        *("name", "umask", "getxattr"),
    },
    "shutil": {"rmtree", "chown"},
    "signal": {"pthread_kill", "pthread_sigmask", "sigwait", "SIGKILL", "SIGHUP", "SIGCHLD"},
    "sys": {"platform"},
}

OF_PATHS = {"unlink", "rename", "rmtree", "hardlink_to", "owner"}
"""Of a path."""

ALONE = {"package/callrec_verify.py"}
"""It goes out by itself, and is run by whatever Python there is."""


def test_no_other_folder_calls_what_a_system_does_otherwise() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {what}"
        for path in sorted(SOURCE.rglob("*.py"))
        if (inside := path.relative_to(SOURCE)).parts[0] != "system"
        and inside.as_posix() not in ALONE
        for line, what in _asked(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def _asked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in OTHERWISE.get(
                module, ()
            ):
                yield node.lineno, f"{module}.{name}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in OF_PATHS:
                yield node.lineno, f".{name}()"
            case _:
                pass

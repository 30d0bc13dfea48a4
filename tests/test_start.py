"""callrec as a process of its own: it starts light, and every command explains itself.

That ``--help`` and ``--version`` load nothing heavy within a process: tests/cli/test_frame.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from callrec.cli import app
from house.commands import EVERY_COMMAND
from house.practices import House, password_of
from house.requests import REASON

WORK = {
    *("callrec.practice", "callrec.config", "callrec.record", "callrec.calls", "callrec.login"),
    *("callrec.holds", "callrec.mail", "callrec.intake", "callrec.requests", "callrec.incidents"),
    *("callrec.people", "callrec.archive", "callrec.release", "callrec.restore", "callrec.keys"),
    *("callrec.retention", "callrec.search", "callrec.registers", "callrec.office"),
}
"""What does the commands' work."""
HEAVY = ("sqlalchemy", "pydantic", "cryptography", "rich", "phonenumbers", "alembic", "zxcvbn")

A_RELEASE_ALONE = ("av", "fpdf", "PIL", "fontTools", "segno", "numpy")
"""Before it writes its certificate or decodes a sound, a release takes none of them either."""


def _lines() -> Iterator[tuple[str, ...]]:
    """Every command and subcommand there is, as it is typed."""
    for name in EVERY_COMMAND:
        yield from _below(app.Commands.command_of(name), (name,))


def _below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    for name, each in getattr(command, "commands", {}).items():
        yield from _below(each, (*path, name))


LINES = list(_lines())


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_each_command_says_how_it_is_used(
    line: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run([*line, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Usage: callrec " + " ".join(line))
    assert said.err == ""


def test_there_are_groups_among_them() -> None:
    assert {("user", "add"), ("request", "create"), ("audit", "verify"), ("archive", "list")} <= {
        *LINES
    }


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_process_loads_nothing_heavy(option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "callrec", option],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("line", [("se",), ("search", "--"), ("release", "--form", "")])
def test_a_shell_is_answered_without_anything_heavy(line: tuple[str, ...]) -> None:
    asked = {
        "_CALLREC_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(["callrec", *line]),
        "COMP_CWORD": str(len(line)),
    }
    program = (
        "import sys; from callrec.cli.app import run; assert run([]) == 0; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    *proposed, modules = done.stdout.splitlines()
    assert proposed
    loaded = set(modules.split())
    assert loaded.isdisjoint(WORK)
    assert {name.split(".")[0] for name in loaded}.isdisjoint({*HEAVY, *A_RELEASE_ALONE})


NOT_FOR_A_SEARCH = {
    *("alembic", "holidays", "keyring", "phonenumbers", "re2", "zxcvbn"),
    *("callrec.volume", "callrec.package", "callrec.sound", "callrec.bank_holidays"),
    *("callrec.telephone.number", "callrec.telephone.joining", "callrec.telephone.records.reading"),
    *("callrec.requests.open", "callrec.archive.attached"),
}
"""It may take one of them for what was asked or found: a number, a request, a hold's request."""


def test_a_search_loads_no_other_procedure_s_modules() -> None:
    modules = (
        *(
            "callrec.cli.commands.search",
            "callrec.config",
            "callrec.login.keyring",
            "callrec.practice",
        ),
        *("callrec.search.search", "callrec.login.unlock"),
    )
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert set(modules) <= loaded
    assert loaded.isdisjoint(NOT_FOR_A_SEARCH)


NOT_FOR_EVERY_DAY = {
    *("alembic", "holidays", "keyring", "re2", "rich.table", "zxcvbn"),
    *("fido2", "http.client", "obstore", "psycopg", "urllib.request"),
    *("cryptography.x509", "phonenumbers", "smtplib", "callrec.mail.post"),
    *(
        "callrec.audit.verify",
        "callrec.intake.reading",
        "callrec.office.doctor",
        "callrec.package.zip",
    ),
    *("callrec.registers.projections", "callrec.sound.child", "callrec.telephone.records.reading"),
    *("callrec.cli.commands.drives", "callrec.package.callrec_verify", "callrec.stamps.authority"),
}
"""What no everyday command needs before its answer, nor an approval before its password."""
OF_OTHERS = {
    *("callrec.archive.survey", "callrec.intake.sources"),
    "callrec.people.joining",
}
"""What only status looks at, and where drives are kept the inbox."""
EVERYDAY: Mapping[tuple[str, ...], Collection[str]] = {
    ("whoami",): {*OF_OTHERS, "callrec.requests", "callrec.calls", "callrec.archive"},
    ("search", "--number", "020 7946 0958", "--date", "4/7/2024", "--reason", REASON): {
        *(*OF_OTHERS, "callrec.archive"),
    },
    ("show", "1"): OF_OTHERS,
    ("request", "list"): {*OF_OTHERS, "callrec.archive"},
    ("inbox",): OF_OTHERS - {"callrec.archive.survey"},
    ("status",): (),
    ("approve", "R-1", "--yes"): {*OF_OTHERS, "callrec.archive"},
}
LOADED = """
import sys
from datetime import datetime
from callrec.cli.app import run
status = run(sys.argv[2:], now=lambda: datetime.fromisoformat(sys.argv[1]))
print(status, *sys.modules)
"""


def _loaded(house: House, *line: str, **environ: str) -> tuple[str, set[str]]:
    """The exit status of a command that is a process of its own, and the modules it loaded."""
    config = house.folder / "callrec.toml"
    config.write_text('vault = "vault"\n[passwords]\napprover_memory_mib = 64\n')
    config.chmod(0o600)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, house.at.isoformat(), *line],
        env={**os.environ, **house.environ, "CALLREC_CONFIG": str(config), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    status, *modules = done.stdout.splitlines()[-1].split()
    return status, {*modules}


def test_an_everyday_command_loads_nothing_that_it_does_not_need(granted: House) -> None:
    password = granted.folder / "max.password"
    password.touch(mode=0o600)
    password.write_text(password_of("max"))
    typed = {"CALLREC_USER": "max", "CALLREC_PASSWORD_FILE": str(password)}
    granted.close()
    assert _loaded(granted, "login", "max", **typed)[0] == "0"
    needless = {}
    for line, others in EVERYDAY.items():
        asked = {"CALLREC_USER": "pat", "CALLREC_PASSWORD_FILE": "/nowhere"}
        is_asked = line[0] == "approve"
        status, loaded = _loaded(granted, *line, **(asked if is_asked else {}))
        assert status == ("7" if is_asked else "0"), line
        assert "callrec.practice" in loaded
        needless[line] = loaded & {*NOT_FOR_EVERY_DAY, *others}
    assert not any(needless.values()), needless


@pytest.mark.parametrize("line", [("search", "--date", "today"), ("show", "1")], ids=" ".join)
def test_where_there_is_no_vault_nothing_is_loaded_that_looks_into_one(
    line: tuple[str, ...], tmp_path: Path
) -> None:
    program = "import sys; from callrec.cli.app import run; run(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, "--vault", tmp_path / "none", *line],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "callrec: error: there is no vault" in done.stderr
    assert loaded.isdisjoint({"callrec.search", "callrec.requests", "callrec.calls"})


@pytest.mark.parametrize("line", [("search", "--nubmer", "1"), ("request", "show")], ids=" ".join)
def test_a_line_that_cannot_be_read_loads_nothing_heavy(line: tuple[str, ...]) -> None:
    program = "import sys; from callrec.cli.app import run; run(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, *line], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "callrec: error:" in done.stderr
    assert loaded.isdisjoint(WORK)
    assert {name.split(".")[0] for name in loaded}.isdisjoint({*HEAVY, *A_RELEASE_ALONE})


def test_where_nobody_is_asked_for_the_time_nothing_is_loaded_that_asks() -> None:
    modules = ("release.release", "office.status", "registers.verify", "stamps.kept")
    program = f"import sys, callrec.{', callrec.'.join(modules)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert {"urllib.request", "http.client"}.isdisjoint(done.stdout.split())


def test_a_release_as_a_page_loads_nothing_that_makes_zips() -> None:
    program = "import sys, callrec.release.release; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert {"pyzipper", "Cryptodome", "cffi"}.isdisjoint(done.stdout.split())


def test_a_command_that_does_not_run_loads_nothing_that_would_do_its_work() -> None:
    names = {*EVERY_COMMAND, *app.Commands.moved()} - {"drive", "practice"}
    modules = sorted({app.Commands.module_of(name) for name in names})
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "callrec.cli.commands.release" in loaded
    assert loaded.isdisjoint(WORK)
    assert {name.split(".")[0] for name in loaded}.isdisjoint({*HEAVY, *A_RELEASE_ALONE})

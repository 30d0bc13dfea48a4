"""No password, key, number, name or reason where nobody asked for it: planted, and looked for.

What lies in a day's files is looked for in test_nothing_personal_in_the_vault.py, and what a whole
run of the tests has left in tests/canaries.py; here is what a process shows while it runs, and what
it says when all goes wrong.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from attacks.test_nothing_personal_in_the_vault import PERSONAL
from attacks.test_who_can_do_what import COMMANDS, give_eve_a_password, words
from attacks.traces import Traces
from callrec.catalogue import sqlite
from callrec.catalogue.engine import FILE_NAME
from callrec.cli import app
from callrec.crypto import primitives
from callrec.paper.apart import MAKER_COMMAND
from callrec.sound.child import DECODER_COMMAND
from house.canaries import PASSWORDS, left_about
from house.commands import type_in
from house.practices import House, password_of
from house.raw_bytes import forms, spellings

NUMBER, NAME = "07700 900842", "Quillfeather"

WHY = "The marmoset in the waiting room frightened somebody"

OURS = {"please"}
"""Words of a reason that callrec uses as well."""

TYPED = {NUMBER, "7700900842", NAME, "marmoset", "frightened"}


def told(data: bytes, secrets: Iterable[str]) -> set[str]:
    """Which of these are told, in any form."""
    return {
        word
        for word in secrets
        for spelt in spellings(word)
        for needle in forms(spelt).values()
        if needle in data
    }


# --- what others on the machine see ------------------------------------------------------------


def environ_of(house: House, login: str, password: Path) -> dict[str, str]:
    return {
        **os.environ,
        **house.environ,
        "CALLREC_VAULT": str(house.folder / "vault"),
        "XDG_CONFIG_HOME": str(house.folder / "config"),
        "XDG_RUNTIME_DIR": str(house.folder),
        "CALLREC_USER": login,
        "CALLREC_PASSWORD_FILE": str(password),
    }


def opened_by(process: subprocess.Popen[str], fifo: Path) -> int:
    """Where its password is awaited: the pipe's other end, once the process has opened it."""
    while process.poll() is None:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            continue  # nobody reads it yet
    raise AssertionError(process.communicate())


def test_what_was_typed_is_not_in_the_list_of_processes(house: House) -> None:
    fifo = house.folder / "password"
    os.mkfifo(fifo, 0o600)
    typed = ("search", "--number", NUMBER, "--party", NAME, "--reason", WHY)
    process = subprocess.Popen(
        [sys.executable, "-m", "callrec", *typed],
        env=environ_of(house, "max", fifo),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pipe = opened_by(process, fifo)
    shown = b""
    for what in ("cmdline", "environ", "comm"):
        with open(f"/proc/{process.pid}/{what}", "rb") as file:  # noqa: PTH123 - no file
            shown += file.read()
    os.write(pipe, f"{password_of('max')}\n".encode())
    os.close(pipe)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "by max\n"), err
    assert b"callrec" in shown
    assert b"CALLREC_USER=max" in shown
    assert told(shown, {*TYPED, *PASSWORDS}) == set()
    assert told(out.encode(), TYPED) == set()


def test_completion_repeats_nothing_that_was_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for last in ("", "--", "--reas", WHY, NUMBER):
        line = ("callrec", "search", "--number", NUMBER, "--party", NAME, last)
        monkeypatch.setenv(app.COMPLETION_VARIABLE, "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(line))
        monkeypatch.setenv("COMP_CWORD", str(len(line) - 1))
        assert app.run([]) == 0
        said = capsys.readouterr()
        assert told(f"{said.out}{said.err}".encode(), TYPED) == set()


# --- what it writes, starts and calls in a day --------------------------------------------------

WHERE_IT_BELONGS = ("vault", "state", "drive-a", "outbox", "spool", "people")
"""Of a practice's folder; the last two are where the tests lay down what is typed and taken in."""


def test_a_day_leaves_no_file_but_where_it_belongs(worked_template: House, traces: Traces) -> None:
    places = [worked_template.folder / name for name in WHERE_IT_BELONGS]
    own = {path for path in traces.written if "__pycache__" not in path.parts}
    own.discard(Path(os.devnull))
    own.discard(Path(worked_template.environ["XDG_RUNTIME_DIR"]))
    assert [path for path in own if not any(map(path.is_relative_to, places))] == []
    assert all(any(path.is_relative_to(place) for path in own) for place in places)


def test_a_day_calls_nobody_and_starts_what_decodes_and_what_sets_papers_alone(
    traces: Traces,
) -> None:
    assert traces.called == []
    assert set(traces.started) == {DECODER_COMMAND, MAKER_COMMAND}


# --- what it says when all goes wrong ----------------------------------------------------------

UNCAUGHT = {
    "while mail is seen to": """
        def bug(_): raise KeyError(WHY)
        app.start_what_waits = bug""",
    "while an error is told of": """
        from callrec.cli import output
        def bug(*_): raise KeyError(WHY)
        def twice(*_):
            output.escape_controls = told
            raise KeyboardInterrupt(WHY)
        told, output.escape_controls, app._perform = output.escape_controls, twice, bug""",
    "in a thread": """
        def bug(*_): raise KeyError(WHY)
        def work(*_):
            thread = threading.Thread(target=bug)
            thread.start()
            thread.join()
            return 70
        app._perform = work""",
    "where nobody can catch it": """
        class Held:
            def __del__(self): raise KeyError(WHY)
        def work(*_):
            Held()
            return 70
        app._perform = work""",
}


@pytest.mark.parametrize("where", UNCAUGHT)
def test_what_nobody_catches_is_told_without_its_words(where: str) -> None:
    bug = "\n".join(line[8:] for line in UNCAUGHT[where].splitlines())
    program = f"""
import sys, threading
from callrec.__main__ import main
from callrec.cli import app
WHY = {WHY!r}
{bug}
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"], capture_output=True, check=False
    )
    assert told(done.stdout + done.stderr, TYPED) == set()
    assert b"Traceback" not in done.stderr
    assert b"callrec: error: " in done.stderr
    assert done.returncode != 0


# --- every command, whatever goes wrong --------------------------------------------------------


def wrong_password(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch
    for file in (house.folder / "people").glob("*.password"):
        file.write_text(f"{PASSWORDS[1]}\n")


def damaged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every hundredth byte of the catalogue's pages but the first is another."""
    del monkeypatch
    file = house.folder / "vault" / FILE_NAME
    data = bytearray(file.read_bytes())
    for place in range(8192, len(data), 100):
        data[place] ^= 0xFF
    file.write_bytes(data)


def full_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue has as many pages as it may."""
    del house
    prepare = sqlite._prepare  # noqa: SLF001 - what each connection begins with

    def full(connection: object, record: object) -> None:
        prepare(connection, record)  # type: ignore[arg-type]
        connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

    monkeypatch.setattr(sqlite, "_prepare", full)


def a_bug(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is opened and is no key, is in the words of an error that nobody expects."""
    del house
    for name in ("open_sealed", "hpke_open"):
        monkeypatch.setattr(primitives, name, loud(getattr(primitives, name)))


def loud(opens: Callable[..., bytes]) -> Callable[..., bytes]:
    def opens_loudly(*given: bytes) -> bytes:
        opened = opens(*given)
        if b'":' in opened:
            raise KeyError(opened.decode(errors="replace"))
        return opened

    return opens_loudly


WRONG = {
    "a wrong password": (wrong_password, 6),
    "a damaged catalogue": (damaged, 5),
    "a full disk": (full_disk, 1),
    "a bug": (a_bug, app.BUG_STATUS),
}
"""And the exit status that most commands then have."""

BY = {"request create": "sam", "release": "sam", "listen": "sam", "ingest": "door"}
"""Who types it; all else max types, who may do most of it, or dora."""

BY_DORA = ("user", "audit", "practice register", "request dossier")


def keys_of(house: House) -> set[str]:
    """Every secret key of the practice, as it might be printed."""
    secrets = [*house.seeds.values(), *house.actor("dora").shares.values()]
    return {
        form
        for secret in secrets
        for form in (secret.hex(), base64.b64encode(secret).decode(), repr(secret))
    }


@pytest.mark.parametrize("how", WRONG)
def test_nothing_that_goes_wrong_is_told_in_the_words_of_a_call(
    how: str, worked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_eve_a_password(worked)
    type_in(worked, "max", "whoami")
    keys = keys_of(worked)
    go_wrong, usual = WRONG[how]
    go_wrong(worked, monkeypatch)
    statuses = []
    for command in COMMANDS:
        login = BY.get(command, "dora" if command.startswith(BY_DORA) else "max")
        answer = type_in(worked, login, *words(worked, command))
        said = f"{answer.out}{answer.err}" if answer.status else answer.err
        assert told(said.encode(), PERSONAL - OURS) == set(), command
        assert not [key for key in keys if key in said], command
        assert "Traceback" not in said
        statuses.append(answer.status)
    assert statuses.count(usual) > len(COMMANDS) // 3, statuses
    assert left_about(worked.folder) == []


@pytest.mark.parametrize(
    "left",
    [
        password_of("max").encode(),
        b"callrec: agnes underhill\n",
        "Lindqvist".encode("utf-16-le"),
        base64.b64encode(b"by Sam Turnbull"),
        b"Si%C3%A2n%20O%27Neill",
        b"Sia\xcc\x82n O'Neill",
    ],
)
def test_what_was_left_about_is_found(left: bytes, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "head.json").touch()
    (state / "log").write_bytes(b"\x00" + left + b"\n\xff")
    found = left_about(tmp_path)
    (state / "log").unlink()
    assert found == [str(state / "log")]
    assert left_about(tmp_path) == []

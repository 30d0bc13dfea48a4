"""The frame that every command stands in: statuses, messages, options, what is loaded when."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from callrec.cli import app
from callrec.cli.invocation import GlobalOptions, Invocation
from house.commands import EVERY_COMMAND

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEAVY = ("sqlalchemy", "pydantic", "cryptography", "rich", "phonenumbers", "alembic")


@pytest.fixture
def _sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three commands of our own in the place of callrec's."""
    sections = {"Sample": {"ring": "Ring.", "bells": "Look after bells.", "disk": "Disk."}}
    monkeypatch.setattr(app.Commands, "sections", sections)
    monkeypatch.setattr(app.Commands, "grouped", {})
    monkeypatch.setattr(app.Commands, "modules", {})
    monkeypatch.setattr(app.Commands, "package", "cli.sample")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("CALLREC_CONFIG", "CALLREC_VAULT"):
        monkeypatch.delenv(name, raising=False)


def run(*argv: str) -> int:
    return app.run(argv, now=lambda: NOON)


def test_every_listed_command_has_its_module() -> None:
    missing = [
        name
        for name in (*EVERY_COMMAND, *app.Commands.moved())
        if app.MODULES.get(name) != ""
        and importlib.util.find_spec(app.Commands.module_of(name)) is None
    ]
    assert missing == []


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert [name for name in EVERY_COMMAND if run(name, "--help") != 0] == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(argument: str) -> None:
    program = (
        "import sys; from callrec.cli.app import run; status = run(sys.argv[1:]);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, argument], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_help_lists_each_command_once_under_its_section(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("--help")
    lines = capsys.readouterr().out.splitlines()
    for title, commands in app.SECTIONS.items():
        below = lines[lines.index(f"{title}:") + 1 :][: len(commands)]
        assert [line.split()[0] for line in below] == list(commands)
    assert max(map(len, lines)) <= 80


STATUSES = {
    "done": (["ring", "17", "--reason", "x", "--yes"], 0),
    "a refusal": (["ring", "17", "--reason", "browsing"], 3),
    "nothing found": (["ring", "17", "--reason", "hostile"], 4),
    "a bug": (["ring", "17", "--reason", "bug"], 70),
    "interrupted": (["ring", "17", "--reason", "interrupt"], 130),
    "an argument missing": (["ring"], 2),
    "an argument too many": (["ring", "17", "18"], 2),
    "an option missing and nobody to ask": (["ring", "17"], 2),
    "no such request": (["ring", "R17x"], 2),
    "no such choice": (["ring", "17", "--direction", "up"], 2),
    "not confirmed and nobody to ask": (["ring", "17", "--reason", "x"], 2),
    "a configuration that is not there": (
        ["--config=/none", "ring", "17", "--reason=x", "--yes"],
        7,
    ),
}


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize(("argv", "status"), STATUSES.values(), ids=STATUSES)
def test_a_command_ends_with_its_status(argv: list[str], status: int) -> None:
    assert run(*argv) == status


@pytest.mark.usefixtures("_sample")
def test_an_error_is_two_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ring", "17", "--reason", "browsing") == 3
    assert capsys.readouterr() == (
        "",
        "callrec: error: nobody browses [policy 4(c)]\ncallrec: hint: callrec request create\n",
    )


@pytest.mark.usefixtures("_sample")
def test_with_json_an_error_is_one_document_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ring", "17", "--json", "--reason", "browsing") == 3
    said = capsys.readouterr()
    assert (said.out, json.loads(said.err)) == (
        "",
        {
            "error": "nobody browses [policy 4(c)]",
            "hint": "callrec request create",
            "status": 3,
        },
    )


@pytest.mark.usefixtures("_sample")
def test_a_bug_names_its_kind_and_our_line_but_not_what_it_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("ring", "17", "--reason", "bug")
    err = capsys.readouterr().err
    assert err.startswith("callrec: error: a bug: KeyError at callrec/cli/invocation.py:")
    assert "07700900123" not in err
    assert len(err.splitlines()) == 2


def test_a_bug_of_callrec_as_one_program_names_its_line_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """There a module's file has a name from our folder on, and lies nowhere."""
    code = compile("\nraise KeyError", str(Path("callrec", "crypto", "kit.py")), "exec")
    with pytest.raises(KeyError) as problem:
        exec(code)  # noqa: S102 - ours
    app.report_error(problem.value, GlobalOptions())
    assert "KeyError at callrec/crypto/kit.py:2" in capsys.readouterr().err


@pytest.mark.usefixtures("_sample")
def test_an_error_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run("ring", "17", "--reason", "hostile")
    assert capsys.readouterr().err == r"callrec: error: no such file \x1b[2J\n\u202e" + "\n"


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize(
    "argv",
    [
        ["ring", "17", "07700900123"],
        ["ring", "07700900123x"],
        ["ring", "17", "--limit", "07700900123x"],
        ["ring", "17", "--direction", "07700900123"],
        ["bells", "07700900123"],
        ["07700900123"],
    ],
)
def test_a_usage_error_does_not_repeat_what_was_typed(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "07700900123" not in captured.err
    assert len(captured.err.splitlines()) == 2


LATIN_1 = os.fsdecode("R\u00e4del".encode("latin-1"))
"""What a terminal in another encoding sends, as Python has it."""


@pytest.mark.usefixtures("_sample")
def test_text_in_another_encoding_is_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ring", "17", "--reason", f"Herr {LATIN_1} complains", "--yes") == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("callrec: error: what was typed is not text in UTF-8\n")
    assert "del" not in captured.out + captured.err


def test_the_name_of_a_recording_may_be_any_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ingest", "--try", f"{LATIN_1}.wav") == 0
    assert "R\\udce4del.wav" in capsys.readouterr().out


@pytest.mark.usefixtures("_sample")
def test_the_name_of_a_file_may_be_any_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("disk", "verify", f"/{LATIN_1}") == 0
    assert capsys.readouterr().out == "checked /R\\udce4del\n"


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize("place", range(3))
def test_json_config_and_vault_stand_anywhere(
    place: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.toml").write_text('[listen]\nplayer = ["cat"]\n')
    argv = ["ring", "17", "--reason=x", "--yes"]
    argv[place:place] = ["--json", "--vault", "/v", "--config", str(tmp_path / "other.toml")]
    assert run(*argv) == 0
    assert json.loads(capsys.readouterr().out)["vault"] == "/v"


@pytest.mark.usefixtures("_sample")
def test_the_clock_is_the_one_given(capsys: pytest.CaptureFixture[str]) -> None:
    run("ring", "17", "--json", "--reason", "x", "--yes")
    assert json.loads(capsys.readouterr().out)["at"] == "2026-11-24T12:00:00Z"


def test_now_is_in_utc() -> None:
    in_paris = NOON.astimezone(timezone(timedelta(hours=1)))
    assert Invocation(now=lambda: in_paris).now().utcoffset() == timedelta(0)


GROUPS = {
    "the default goes without saying": (["bells"], "bells of tone any\n"),
    "its options too": (["bells", "--tone", "low"], "bells of tone low\n"),
    "after options for all": (["bells", "--vault", "x", "--tone", "low"], "bells of tone low\n"),
    "a subcommand named": (["bells", "polish"], "polished\n"),
    "named after options for all": (["bells", "--vault", "x", "polish"], "polished\n"),
    "options for all after that": (["bells", "polish", "--vault", "x"], "polished\n"),
    "a group that works itself": (["disk", "--to", "e"], "copied to e\n"),
    "beside its subcommand": (["disk", "verify", "e"], "checked e\n"),
}


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize(("argv", "out"), GROUPS.values(), ids=GROUPS)
def test_a_group_runs(argv: list[str], out: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*argv) == 0
    assert capsys.readouterr().out == out


@pytest.mark.usefixtures("_sample")
def test_a_group_without_a_word_of_its_own_has_its_line_as_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("bells", "--help") == 0
    assert "Look after bells." in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "near"), [("aprove", "approve"), ("serch", "search")])
def test_the_nearest_command_is_named(
    typed: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 2
    assert f"did you mean callrec {near}?" in capsys.readouterr().err


RING = """
import sys
from callrec.cli import app
app.Commands.sections, app.Commands.package = {"Sample": {"ring": "Ring."}}, "cli.sample"
app.Commands.grouped = {}
sys.exit(app.run(["ring", "17", "--reason", "x", "--yes", *sys.argv[1:]]))
"""
WAYS = {"the help": ["--help"], "a result": ["--json"]}


def _ring_into(stdout: int, arguments: list[str]) -> tuple[int, list[str]]:
    """A command in a process of its own, whose output may not be taken: status and complaints."""
    done = subprocess.run(
        [sys.executable, "-c", RING, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        env=os.environ | {"PYTHONUNBUFFERED": ""},
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if not line.startswith("next: ")]
    return done.returncode, told


@pytest.mark.parametrize("arguments", WAYS.values(), ids=WAYS)
def test_a_closed_pipe_is_quiet(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert _ring_into(writing, arguments) == (1, [])
    finally:
        os.close(writing)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_whoever_starts_it_closed_is_no_bug(closed: str, tmp_path: Path) -> None:
    """As a line of cron may have it, or a service: a password is asked for in vain then."""
    line = f'"$0" -m callrec init --practice P --user dora --name D --vault "$1" {closed}'
    shell = ["sh", "-c", line, sys.executable, str(tmp_path / "vault")]
    done = subprocess.run(shell, capture_output=True, text=True, check=False)
    told = "" if "2>" in closed else "callrec: error: a password is needed"
    assert (done.returncode, done.stderr[: len(told) or None]) == (6, told)


@pytest.mark.parametrize("arguments", WAYS.values(), ids=WAYS)
def test_a_full_disk_under_the_reply_is_told(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        complaints = _ring_into(full.fileno(), arguments)
    message = "the disk: no space left on device"
    told = {"error": message, "hint": None, "status": 1}
    lines = [json.dumps(told) if "--json" in arguments else f"callrec: error: {message}"]
    assert complaints == (1, lines)


@pytest.mark.parametrize(
    "streams", ["2>/dev/full", ">/dev/full 2>/dev/full", "2>&1 >/dev/full | :"]
)
@pytest.mark.parametrize(
    ("typed", "status"), [("nonsense", 2), ("--vault /nowhere status", 7), ("inbox --nonsense", 2)]
)
def test_the_status_is_kept_where_no_message_can_be_written(
    typed: str, status: int, streams: str
) -> None:
    line = f"set -o pipefail; '{sys.executable}' -m callrec {typed} {streams}"
    environ = os.environ | {"PYTHONUNBUFFERED": ""}
    assert subprocess.run(["bash", "-c", line], env=environ, check=False).returncode == status


@pytest.mark.parametrize("streams", [">/dev/full", ">/dev/full 2>/dev/full"])
def test_a_reply_that_cannot_be_written_has_its_status_whatever_becomes_of_the_message(
    streams: str,
) -> None:
    line = f"'{sys.executable}' -m callrec --version {streams}"
    environ = os.environ | {"PYTHONUNBUFFERED": ""}
    assert subprocess.run(["bash", "-c", line], env=environ, check=False).returncode == 1


def test_a_hint_names_the_vault_that_was_typed_in_each_command_and_in_no_other_sentence() -> None:
    given = GlobalOptions(vault=Path("my vault"), commands=["archive", "inbox"])
    assert given.again("callrec inbox, then callrec archive --to DIR") == (
        "callrec --vault 'my vault' inbox, then callrec --vault 'my vault' archive --to DIR"
    )
    said = "on a terminal callrec makes such a password for you"
    assert given.again(said) == said
    assert GlobalOptions().again("callrec inbox") == "callrec inbox"

"""What a child that decodes can reach: nothing."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from callrec.sound.child import MessageKind, Undecodable, converse
from callrec.system.confinement import can_confine
from callrec.system.limits import Limits
from callrec.system.modules import python_command
from house.processes import children
from sound.probe import ATTEMPTS

PROBE = (sys.executable, "-I", str(Path(__file__).with_name("probe.py")))

LIMITS = Limits(cpu_seconds=20, memory_bytes=1 << 29)


def probed(what: str, *, limits: Limits = LIMITS, patience: float = 60, **job: str) -> bytes:
    said = converse(PROBE, {"what": what, **job}, lambda *_: b"", limits=limits, patience=patience)
    return b"".join(piece for _, piece in said)


def test_the_computer_that_runs_these_tests_has_the_walls() -> None:
    assert can_confine()


def test_a_confined_child_can_do_none_of_what_a_free_one_can() -> None:
    free = subprocess.run([*PROBE, "free"], capture_output=True, text=True, check=True)
    could = dict(zip(ATTEMPTS, free.stdout.split(), strict=True))
    assert "EPERM" not in could.values()
    assert list(could.values()).count("done") > len(could) // 2
    confined = dict(zip(ATTEMPTS, probed("try").decode().split(), strict=True))
    assert confined == dict.fromkeys(ATTEMPTS, "EPERM")


@pytest.mark.root
@pytest.mark.parametrize("module", ["callrec.sound.decoder", "callrec.sound.encoder"])
def test_a_child_is_confined_before_it_asks_for_its_first_byte(module: str) -> None:
    seen: dict[str, str] = {}

    def look(_place: int, _length: int) -> bytes:
        (child,) = children()
        home = Path(f"/proc/{child}")
        for line in (home / "status").read_text().splitlines():
            name, _, value = line.partition(":\t")
            seen[name] = value
        seen["files"] = " ".join(sorted(each.name for each in (home / "fd").iterdir()))
        seen["errors"] = str((home / "fd/2").readlink())
        seen["environ"] = (home / "environ").read_text()
        seen["cwd"] = str((home / "cwd").readlink())
        seen["limits"] = (home / "limits").read_text()
        raise InterruptedError

    job = {
        "callrec.sound.decoder": {"size": 1000, "suffix": ".wav"},
        "callrec.sound.encoder": {
            "codec": "mp3", "bit_rate": 32000, "channels": 1, "sample_rate": 8000,
            "written_rate": 16000, "samples": 9,
        },
    }[module]  # fmt: skip
    talk = converse(python_command(module), job, look, limits=LIMITS)
    with closing(talk), pytest.raises(InterruptedError):
        list(talk)
    assert (seen["Seccomp"], seen["NoNewPrivs"], seen["Threads"]) == ("2", "1", "1")
    assert (seen["files"], seen["errors"]) == ("0 1 2", "/dev/null")
    assert (seen["environ"], seen["cwd"]) == ("", "/")
    most = {line[:26].strip(): line[26:47].strip() for line in seen["limits"].splitlines()}
    assert most["Max cpu time"] == "20"
    assert most["Max address space"] == str(1 << 29)
    for nothing in ("open files", "processes", "file size", "core file size"):
        assert most[f"Max {nothing}"] == "0"
    assert children() == []


def test_no_core_of_a_child_is_dumped() -> None:
    """Its memory belongs to its user where it may be dumped, else to root."""
    program = """
import ctypes, os
from callrec.system.confinement import confine
from callrec.system.limits import Limits
if os.getuid() == 0:
    os.setuid(54321)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
os.write(1, b"?")
os.read(0, 1)
confine(Limits(cpu_seconds=20, memory_bytes=1 << 29))
os.write(1, b"!")
os.read(0, 1)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        owners = []
        for _ in range(2):
            child.stdout.read(1)
            owners.append(Path(f"/proc/{child.pid}/mem").stat().st_uid)
            child.stdin.write(b".")
            child.stdin.flush()
    assert owners[0] != 0
    assert owners[1] == 0


def test_a_child_is_told_nothing_on_its_command_line() -> None:
    line = python_command("callrec.sound.decoder")
    assert line == (sys.executable, "-I", "-m", "callrec.sound.decoder")


ENDED = {
    "spins": ("spin", Limits(1, 1 << 29), 60.0),
    "hoards memory": ("hoard", LIMITS, 60.0),
    "says nothing for too long": ("spin", LIMITS, 0.5),
    "fails": ("fail", LIMITS, 60.0),
}


@pytest.mark.parametrize(("what", "limits", "patience"), ENDED.values(), ids=ENDED.keys())
def test_a_child_that_goes_astray_is_ended_and_nobody_sees_more_than_that(
    what: str, limits: Limits, patience: float, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Undecodable, match="more time or memory than a recording needs"):
        probed(what, limits=limits, patience=patience)
    assert capfd.readouterr() == ("", "")
    assert children() == []


BABBLE = {
    "what has no kind": b"Z\0\0\0\0",
    "more than a piece": b"P\x7f\0\0\0",
    "a question that is none": b"?\0\0\0\1x",
    "a reason that is none": b"X\0\0\0\5hello",
    "half of something": b"P\0\0\0\5he",
}


@pytest.mark.parametrize("said", BABBLE.values(), ids=BABBLE.keys())
def test_a_child_that_says_what_it_should_not_is_ended(said: bytes) -> None:
    with pytest.raises(Undecodable, match="more time or memory"):
        probed("babble", bytes=said.hex())
    assert children() == []


def test_a_slow_reader_costs_a_child_nothing() -> None:
    talk = converse(PROBE, {"what": "try"}, lambda *_: b"", limits=LIMITS, patience=20)
    with closing(talk):
        assert next(talk)[0] is MessageKind.PIECE
        assert len(children()) == 1
    assert children() == []


def test_an_answer_may_be_empty() -> None:
    assert probed("wait") == b""

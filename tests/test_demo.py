"""``callrec demo`` as a new user types it: the whole story comes to its end, with what matters."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from callrec.cli import demo
from callrec.cli.app import GROUPED, run
from callrec.cli.demo import Stage
from callrec.system.file_names import name_problem
from callrec.system.paths import MOST_BELOW
from callrec.volume.drive import PARTIAL_SUFFIX
from cli.printed import check
from house.stages import locked


@dataclass(frozen=True)
class Demo:
    """A demonstration that was watched to its end."""

    status: int
    said: str
    folder: Path
    """What --keep kept, or where temporary folders are made."""


def _watch(*words: str, folder: Path) -> Demo:
    folder.mkdir()
    inherited = {name: value for name, value in os.environ.items() if "CALLREC" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "callrec", "demo", *words],
        env={**inherited, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Demo(done.returncode, done.stdout, folder)


@pytest.fixture(scope="session")
def kept(shared: Path) -> Demo:
    """The whole story, played once for all processes of a run; it is only looked at."""
    base = shared / "demo"
    base.mkdir(exist_ok=True)
    folder, seen = base / "kept", base / "seen.json"
    with locked(base / "lock"):
        if not seen.exists():
            played = _watch("--keep", str(folder), folder=folder)
            seen.write_text(json.dumps([played.status, played.said]), encoding="utf-8")
    status, said = json.loads(seen.read_text(encoding="utf-8"))
    return Demo(status, said, folder)


MATTERS = {
    "calls come in": "24 recordings taken in",
    "nothing comes in twice": "24 files had been taken in before.",
    "nobody browses": "a search needs a reason or a request [policy 4(c)]",
    "nobody approves his own request": "[exit 3]",
    "somebody else does": "R-1 is approved: ",
    "the law's day, and why": "Due by the end of ",
    "what a patient asks for is held": "\nH-2   R-2      placed ",
    "7-Zip is shown opening the package": "$ 7z",
    "ssh-keygen accepts the manifest": 'Good "callrec-release" signature for ',
    "the archive was read back": "is as it was written: 24 recordings in 1 bag read back",
    "a drive owes an erasure": 'owed: drive "drive-a" still holds 1 of them',
    "and does it": "is as it was written: 23 recordings in 1 bag read back",
    "the record is whole": "\nINTACT\n",
    "one changed byte is found": "\nTAMPERED\n",
    "and ends with 5": "[exit 5]",
    "what to do next": "next: callrec status",
}


def test_what_can_be_no_folder_is_not_kept_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter").touch()
    for keep in (tmp_path / "letter", tmp_path / "letter" / "below", tmp_path / ("n" * 300)):
        assert run(["demo", "--keep", str(keep)]) == 2
        assert "is no folder that can be used" in capsys.readouterr().err


def test_the_whole_story_comes_to_its_end(kept: Demo) -> None:
    assert (kept.status, kept.said[-300:] if kept.status else "") == (0, "")


@pytest.mark.parametrize("said", MATTERS.values(), ids=MATTERS)
def test_it_says(said: str, kept: Demo) -> None:
    assert said in kept.said


def test_it_teaches_the_names_of_today(kept: Demo) -> None:
    typed = {*re.findall(r"^[a-z]+ \$ callrec ([a-z-]+)", kept.said, re.MULTILINE)}
    old = {name for below in GROUPED.values() for name in below}
    assert {"init", "request", "practice"} <= typed
    assert typed & old == set()


def test_the_tampering_is_told_after_the_soundness(kept: Demo) -> None:
    assert kept.said.index("\nINTACT\n") < kept.said.index("\nTAMPERED\n")


def test_7_zip_took_out_the_very_sound_that_the_telephone_system_wrote(kept: Demo) -> None:
    (enclosed,) = (kept.folder / "opened" / "recordings").glob("*-listening.wav")
    spool = [path.read_bytes() for path in (kept.folder / "spool").rglob("*.wav")]
    # All but its last byte, which the demo changed afterwards to show that it is found.
    assert enclosed.read_bytes()[:-1] in [each[:-1] for each in spool]


def test_whatever_callrec_writes_can_lie_on_a_drive_of_windows(kept: Demo) -> None:
    names = [path.relative_to(kept.folder) for path in kept.folder.rglob("*")]
    assert {each.parts[0] for each in names} >= {"vault", "drive", "outbox", "opened", "state"}
    assert [str(each) for each in names if name_problem(each.name)] == []
    without_capitals = Counter(str(each).casefold() for each in names)
    assert [name for name, times in without_capitals.items() if times > 1] == []
    longest = max(len(str(Path(*each.parts[1:]))) for each in names)
    assert longest + len(PARTIAL_SUFFIX) <= MOST_BELOW


def test_what_is_kept_can_be_looked_at_as_it_says(kept: Demo) -> None:
    environ = {
        **os.environ,
        "CALLREC_CONFIG": str(kept.folder / "callrec.toml"),
        "XDG_STATE_HOME": str(kept.folder / "state"),
        "CALLREC_USER": "dora",
        "CALLREC_PASSWORD_FILE": str(kept.folder / "people" / "dora.password"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "callrec", "request", "show", "R-1"],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_for_a_program_it_is_one_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "play_story", lambda stage: stage.program("callrec", "--version"))
    assert run(["demo", "--json", "--keep", str(tmp_path / "kept")]) == 0
    printed = capsys.readouterr().out
    check("demo", printed)
    said = json.loads(printed)
    assert said["folder"] == str(tmp_path / "kept")
    (played,) = said["played"]
    assert (played["typed"], played["exit"]) == ("$ callrec --version", 0)
    assert played["said"].startswith("callrec ")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    thesis = tmp_path / "full" / "thesis.txt"
    thesis.write_text("years of work", encoding="utf-8")
    shown = _watch("--keep", str(tmp_path / "full"), folder=tmp_path / "elsewhere")
    assert (shown.status, sorted((tmp_path / "full").iterdir())) == (2, [thesis])


def test_without_keep_the_temporary_folder_is_gone(
    kept: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave_all(stage: Stage) -> None:
        """The whole story once more would take as long as a hundred tests."""
        shutil.copytree(kept.folder, stage.folder / "all", symlinks=True)
        assert [*tmp_path.iterdir()] == [stage.folder]

    monkeypatch.setattr(demo, "play_story", leave_all)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run(["demo"]) == 0
    assert [*tmp_path.iterdir()] == []
    assert "That was in a temporary folder, which is gone." in capsys.readouterr().out

"""The setup for Windows, where no Wine is needed: its tasks, its manifest, its list of files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml  # type: ignore[import-untyped]
from typer.main import get_command

from callrec.cli.app import Commands, app
from supply.windows import NotMade, list_files, winget

ROOT = Path(__file__).parents[2]
HERE = ROOT / "packaging" / "windows"
TASKS = sorted((HERE / "tasks").iterdir())
MANUAL = ROOT / "docs" / "manual" / "windows.md"

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
OF_ALL = ("Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit")
IN_THIS_ORDER = {
    "CalendarTrigger": (*OF_ALL, "RandomDelay", "ScheduleByDay", "ScheduleByWeek"),
    "BootTrigger": (*OF_ALL, "Delay"),
    "LogonTrigger": (*OF_ALL, "UserId", "Delay"),
}
"""What may stand in each, in a sequence of the schema. Source: MS-TSCH, 2.5.3."""
ONCE_EACH = {
    "Task": {"RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"},
    "RegistrationInfo": {"URI", "Source", "Date", "Author", "Version", "Description"},
    "Triggers": {*IN_THIS_ORDER},
    "Repetition": {"Interval", "Duration", "StopAtDurationEnd"},
    "ScheduleByDay": {"DaysInterval"},
    "ScheduleByWeek": {"WeeksInterval", "DaysOfWeek"},
    "DaysOfWeek": {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
    "Principals": {"Principal"},
    "Principal": {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"},
    "Settings": {"AllowStartOnDemand", "RestartOnFailure", "MultipleInstancesPolicy"}
    | {"DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "AllowHardTerminate"}
    | {"StartWhenAvailable", "RunOnlyIfNetworkAvailable", "WakeToRun", "Enabled", "Hidden"}
    | {"ExecutionTimeLimit", "Priority", "RunOnlyIfIdle"},
    "Actions": {"Exec"},
    "Exec": {"Command", "Arguments", "WorkingDirectory"},
}
"""What may stand in each, in any order, once. Source: MS-TSCH, 2.5; of version 1.2."""
VALUES = {
    "LogonType": "S4U|Password|InteractiveToken",
    "RunLevel": "LeastPrivilege",
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "StartWhenAvailable": "true|false",
    "StartBoundary": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "(Interval|Duration|Delay|ExecutionTimeLimit)": r"PT\d+[SMH]|P\d+D",
    "(Days|Weeks)Interval": "1",
    "Command": r"%ProgramFiles%\\callrec\\program\\callrec\.exe|%SystemRoot%\\System32\\cmd\.exe",
}


def elements(task: Path) -> Iterator[tuple[str, ET.Element]]:
    for each in ET.fromstring(task.read_bytes()).iter():  # noqa: S314 - ours
        assert each.tag.startswith(NAMESPACE)
        yield each.tag.removeprefix(NAMESPACE), each


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.stem)
def test_a_task_is_as_the_schema_of_the_task_scheduler_has_it(task: Path) -> None:
    for name, element in elements(task):
        below = [each.tag.removeprefix(NAMESPACE) for each in element]
        if name in IN_THIS_ORDER:
            order = IN_THIS_ORDER[name]
            assert below == sorted({*below}, key=order.index), name
        else:
            assert {*below} <= ONCE_EACH.get(name, set()), name
            assert len(below) == len({*below}), name
        for what, form in VALUES.items():
            if re.fullmatch(what, name) and name not in ONCE_EACH:
                assert re.fullmatch(form, element.text or ""), (name, element.text)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.stem)
def test_a_task_runs_a_command_that_there_is(task: Path) -> None:
    told = {name: element.text or "" for name, element in elements(task)}
    words = told["Arguments"]
    if told["Command"].endswith("cmd.exe"):
        outer = re.fullmatch(r'/d /s /c "((?:set "CALLREC_\w+=[^"]+" && )+)(.+)"', words)
        assert outer is not None
        named, _, words = outer[2].partition('.exe" ')
        assert named == r'"%ProgramFiles%\callrec\program\callrec'
    first, *rest = words.split()
    typed = [*(Commands.moved()[first].split() if first in Commands.kept else [first]), *rest]
    command = get_command(app)
    context: Any = command.make_context("callrec", [], resilient_parsing=True)
    group: Any = command
    while typed and hasattr(group, "get_command") and not typed[0].startswith("-"):
        group = group.get_command(context, typed.pop(0))
    group.make_context("callrec", typed)  # or it is an error of use


@pytest.mark.parametrize("name", ["intake", "desk-network"])
def test_a_program_that_stays_has_no_limit_and_begins_again(name: str) -> None:
    """What the schema calls restart on failure counts only what could not be started."""
    told = [(name, element.text) for name, element in elements(HERE / "tasks" / f"{name}.xml")]
    assert ("ExecutionTimeLimit", "PT0S") in told
    assert ("Interval", "PT5M") in told
    assert ("Duration", "P1D") in told
    assert "BootTrigger" in dict(told)


def test_a_task_is_read_whatever_a_file_s_encoding_is_taken_for() -> None:
    """schtasks reads the file as text of its own: a declared encoding may contradict it."""
    for task in TASKS:
        assert task.read_bytes().startswith(b'<?xml version="1.0"?>\n')
        assert task.read_bytes().isascii()


def test_the_manual_names_each_task() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert [task.name for task in TASKS if f"`{task.name}`" not in text] == []


def test_the_manual_has_each_status_of_the_setup() -> None:
    script = (HERE / "setup.nsi").read_text(encoding="utf-8")
    statuses = re.findall(r"^!define (?:RUNS|FOREIGN|UNWRITTEN) (\d+)$", script, re.MULTILINE)
    rows = re.findall(r"^\| (\d+) \|", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == ["0", *statuses]


REQUIRED = {
    "version": {"DefaultLocale"},
    "installer": {"Installers"},
    "defaultLocale": {"PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"},
}
OF_EACH = {"PackageIdentifier", "PackageVersion", "ManifestType", "ManifestVersion"}
"""What each of the three must say. Source: winget's schema 1.12.0."""


@pytest.fixture
def manifest(tmp_path: Path) -> dict[str, dict[str, object]]:
    setup = tmp_path / "callrec-setup.exe"
    setup.write_bytes(b"a setup")
    winget(setup, tmp_path / "winget", "0.1.0", "https://callrec.example/0.1.0/")
    read = [yaml.safe_load(each.read_text("utf-8")) for each in (tmp_path / "winget").iterdir()]
    return {each["ManifestType"]: each for each in read}


def test_winget_is_told_what_it_must_know(manifest: dict[str, dict[str, object]]) -> None:
    assert {*manifest} == {*REQUIRED}
    for kind, told in manifest.items():
        assert {*told} >= OF_EACH | REQUIRED[kind]
        assert (told["PackageIdentifier"], told["PackageVersion"]) == ("callrec.callrec", "0.1.0")
        assert told["ManifestVersion"] == "1.12.0"


def test_winget_fetches_the_setup_that_was_made(manifest: dict[str, dict[str, object]]) -> None:
    assert manifest["installer"]["Installers"] == [
        {
            "Architecture": "x64",
            "InstallerUrl": "https://callrec.example/0.1.0/callrec-setup.exe",
            "InstallerSha256": hashlib.sha256(b"a setup").hexdigest().upper(),
        }
    ]
    statuses = re.findall(r"^\| (1\d) \|", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    codes = manifest["installer"]["ExpectedReturnCodes"]
    assert isinstance(codes, list)
    assert {str(each["InstallerReturnCode"]) for each in codes} <= {*statuses}


def laid(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_what_may_be_taken_away_is_each_file_then_each_folder_the_deepest_first(
    tmp_path: Path,
) -> None:
    laid(tmp_path, "callrec.exe", "_internal/b/c.pyd", "_internal/a.dll", "tasks/intake.xml")
    list_files(tmp_path)
    assert (tmp_path / "files.txt").read_bytes().decode("ascii").split("\r\n") == [
        "_internal\\a.dll",
        "_internal\\b\\c.pyd",
        "callrec.exe",
        "tasks\\intake.xml",
        "_internal\\b\\",
        "_internal\\",
        "tasks\\",
        "",
    ]


@pytest.mark.parametrize("name", ["Übersicht.txt", "$INSTDIR.txt"])
def test_a_name_that_the_setup_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    laid(tmp_path, name)
    with pytest.raises(NotMade, match="cannot list"):
        list_files(tmp_path)

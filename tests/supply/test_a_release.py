"""A release can be built again by those who doubt it, and says what is in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path
from tempfile import gettempdir

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import callrec
from supply.distributions import CALLREC, needed, pinned
from supply.manual import installed_files
from supply.release import ONE, build, complete, contents, make

ROOT = Path(__file__).parents[2]
VERSION = callrec.__version__
TEXTS = {
    "LICENSE": "Copyright (c) 2026 the callrec authors",
    "OFL-1.1.txt": "SIL OPEN FONT LICENSE Version 1.1",
    "eff_large_wordlist.txt.license": "creativecommons.org/licenses/by/3.0/us/",
}
"""What each file of a licence has in it, and no other file has."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("release") / "dist"
    setup = into.parent / "callrec-setup.exe"
    setup.write_bytes(b"for Windows")
    assert make(ROOT, into, debian=None, key=None, windows=setup.parent) == ["Not signed."]
    return into


def test_what_is_added_to_it_is_the_same_each_time(release: Path, tmp_path: Path) -> None:
    for each in release.glob("callrec-*[elz]"):
        shutil.copy(each, tmp_path)
    complete(ROOT, tmp_path)
    assert contents(tmp_path) == contents(release)


def test_it_has_these_files_and_their_sums_hold(release: Path) -> None:
    assert sorted(each.name for each in release.iterdir()) == [
        "SHA256SUMS",
        f"callrec-{VERSION}-py3-none-any.whl",
        f"callrec-{VERSION}.cdx.json",
        f"callrec-{VERSION}.tar.gz",
        "callrec-setup.exe",
        "requirements.txt",
    ]
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=release,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.count(": OK")) == (0, 5)


def test_the_sdist_builds_the_wheel(release: Path, tmp_path: Path) -> None:
    (sdist,) = release.glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        tar.extractall(tmp_path, filter="data")
        epoch = int(tar.getmembers()[0].mtime)
    build(tmp_path / sdist.name[:-7], tmp_path / "built", epoch=epoch, where=ONE)
    (wheel,) = release.glob("*.whl")
    assert (tmp_path / "built" / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_wheel_carries_callrec_alone(release: Path) -> None:
    (wheel,) = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    data = f"callrec-{VERSION}.data"
    assert {name.split("/")[0] for name in names} == {
        "callrec",
        f"callrec-{VERSION}.dist-info",
        data,
    }
    beside = {name.removeprefix(f"{data}/data/") for name in names if name.startswith(data)}
    assert beside == {"bin/callrec", *installed_files(ROOT)}


def test_the_command_in_the_wheel_can_be_run(release: Path) -> None:
    """pip gives a file the mode that it has in the wheel."""
    (wheel,) = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        runs = [each.filename for each in archive.infolist() if each.external_attr >> 16 & 0o111]
    assert runs == [f"callrec-{VERSION}.data/data/bin/callrec"]


def test_the_wheel_names_each_licence_and_carries_its_text(release: Path) -> None:
    (wheel,) = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        told = message_from_bytes(archive.read(f"callrec-{VERSION}.dist-info/METADATA"))
        texts = {
            name: archive.read(f"callrec-{VERSION}.dist-info/licenses/{name}").decode()
            for name in told.get_all("License-File", [])
        }
    assert told["License-Expression"] == "MIT AND OFL-1.1 AND CC-BY-3.0-US"
    assert {Path(name).name for name in texts} == TEXTS.keys()
    assert [name for name, text in texts.items() if TEXTS[Path(name).name] not in text] == []


def test_the_bill_is_as_cyclonedx_has_it(release: Path) -> None:
    text = (release / f"callrec-{VERSION}.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    broken = text.replace('"type": "library"', '"type": "book"', 1)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_the_bill_has_what_callrec_runs_with_at_its_pinned_version(release: Path) -> None:
    told = json.loads((release / f"callrec-{VERSION}.cdx.json").read_text(encoding="utf-8"))
    pins = (release / "requirements.txt").read_text(encoding="utf-8")
    listed = {each["name"]: each["version"] for each in told["components"]}
    assert {*listed, "callrec"} == {*needed()}
    assert [n for n, v in listed.items() if f"\n{n}=={v} " not in f"\n{pins}"] == []
    assert all(each["licenses"] for each in told["components"])
    assert {each["ref"] for each in told["dependencies"]} == {
        told["metadata"]["component"]["bom-ref"],
        *(each["bom-ref"] for each in told["components"]),
    }


def test_the_requirements_are_pinned_and_have_what_runs_and_no_more(release: Path) -> None:
    text = (release / "requirements.txt").read_text(encoding="utf-8")
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line not in pins.splitlines()] == []
    assert {*pinned(text)} == {*needed()} - {CALLREC}
    names = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)
    assert "colorama" in names  # which Windows alone needs


def test_what_is_written_beside_names_no_address_and_no_folder(release: Path) -> None:
    """Where the parts were had from is each reader's own affair."""
    written = "".join(
        each.read_text(encoding="utf-8")
        for each in release.iterdir()
        if each.suffix not in {".whl", ".gz"}
    )
    assert set(re.findall(r"https?://[^/\s\"]+", written)) == {"http://cyclonedx.org"}
    assert [p for p in (str(ROOT), gettempdir(), str(Path.home())) if f"{p}/" in written] == []

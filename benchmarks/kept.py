"""Results as JSON: what is kept of each release, and what the page is made from."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from sysconfig import get_config_var
from typing import TYPE_CHECKING, Any, Final

from benchmarks import journaled
from benchmarks.machine import has_journal
from benchmarks.measured import Contest, Figure, Result, Run, Trace
from benchmarks.peers import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM: Final = 2


def about(*, full: bool, folder: Path) -> dict[str, Any]:
    """The machine, the disk's file system, and the versions of all that is compared."""
    asks = {"restic": "version"}
    versions = {each: _said_version(each, asks.get(each, "--version")) for each in PROGRAMS}
    versions["python"] = platform.python_version()
    versions |= {each: version(each) for each in ("callrec", "bagit", "cryptography", "sqlalchemy")}
    return {
        "sizes": "the full sizes" if full else "the small sizes of `make bench`",
        **machine(folder),
        "journaled": journaled.hindrance() or "an image on that disk, mounted by loop",
        "python_built": f"{platform.python_compiler()}, `{get_config_var('CONFIG_ARGS')}`",
        "versions": versions,
    }


def machine(folder: Path) -> dict[str, Any]:
    """The machine on this day, and the file system of the disk with ``folder``."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": _first(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)"),
        "processors": os.cpu_count(),
        "memory_bytes": 1024 * int(_first(Path("/proc/meminfo"), r"MemTotal:\s*(\d+)")),
        "system": _first(Path("/etc/os-release"), r'PRETTY_NAME="(.+)"'),
        "kernel": platform.release(),
        "file_system": _said(
            "findmnt", "--noheadings", "--output", "FSTYPE", "--target", str(folder)
        ),
        "journal": has_journal(folder),
    }


def _first(file: Path, pattern: str) -> str:
    found = re.search(pattern, file.read_text(encoding="utf-8"))
    return found[1].strip() if found else "0"


def _said(*words: str) -> str:
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _said_version(*words: str) -> str:
    found = re.search(r"\d+(?:\.\d+)+", _said(*words))
    return found[0] if found else "?"


def write(file: Path, results: Mapping[str, Result]) -> None:
    value = {"form": FORM, "results": {n: asdict(r) for n, r in results.items()}}
    text = json.dumps(value, indent=1, ensure_ascii=False)
    # A run and a sample stand on one line each: the file is read by people too.
    text = re.sub(r"\[[^][{}]*\]|\{[^][{}]*\}", lambda found: " ".join(found[0].split()), text)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n", encoding="utf-8")


def read(file: Path) -> dict[str, Result]:
    """Each case's result, by its name."""
    value = json.loads(file.read_text(encoding="utf-8"))
    return {n: _result(each) for n, each in value["results"].items()}


def _result(value: Mapping[str, Any]) -> Result:
    return Result(
        contests=tuple(_contest(each) for each in value["contests"]),
        figures=tuple(
            Figure(each["name"], each["unit"], tuple(each["values"])) for each in value["figures"]
        ),
        traces=tuple(
            Trace(each["name"], tuple(each["seconds"]), tuple(each["resident_bytes"]))
            for each in value["traces"]
        ),
        about=value["about"],
    )


def _contest(value: Mapping[str, Any]) -> Contest:
    runs = {name: tuple(Run(**run) for run in runs) for name, runs in value["runs"].items()}
    return Contest(value["name"], value["size"], value["unit"], value["caches"], runs)

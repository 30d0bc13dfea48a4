"""How a release was built, as SLSA provenance 1.0 in an in-toto statement (docs/security.md)."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import parse_wheel_filename

from supply.distributions import CALLREC

if TYPE_CHECKING:
    from collections.abc import Iterable

BUILD_TYPE: Final = "https://callrec.invalid/builds/make-release/v1"
BUILDER: Final = "https://callrec.invalid/builders/own-machine"
"""Somebody's own machine, on which ``make release`` ran: build level 1, and nothing above it."""


def statement(release: Iterable[Path], commit: str, pins: Iterable[Path]) -> bytes:
    """The same each time for the same release: it names no time, machine or person.

    Args:
        release: what was built.
        commit: 40 hexadecimal digits.
        pins: what else went into it: files of pins, and the wheels that the package carries.
    """
    source = {"name": CALLREC, "digest": {"gitCommit": commit}}
    carried = [
        described(each) | ({"uri": _at_pypi(each)} if each.suffix == ".whl" else {})
        for each in pins
    ]
    said = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [described(each) for each in release],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"source": source},
                "internalParameters": {
                    "python": f"CPython {platform.python_version()}",
                    "platform": f"{sys.platform} {platform.machine()}",
                },
                "resolvedDependencies": [source, *carried],
            },
            "runDetails": {"builder": {"id": BUILDER}},
        },
    }
    return json.dumps(said, indent=2).encode()


def described(file: Path) -> dict[str, Any]:
    """An in-toto ResourceDescriptor."""
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"name": file.name, "digest": {"sha256": sha256}}


def _at_pypi(wheel: Path) -> str:
    name, version, _, _ = parse_wheel_filename(wheel.name)
    return f"pkg:pypi/{name}@{version}"

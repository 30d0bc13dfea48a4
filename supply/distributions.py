"""What is installed beside callrec, against what ``constraints.txt`` pins."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import Distribution

    from packaging.utils import NormalizedName

CALLREC: Final = canonicalize_name("callrec")
PINNED: Final = re.compile(
    r"^(?P<what>[^\s#-][^\\\n]*?)(?P<hashes>(?: \\\n +--hash=\S+)*)$", re.MULTILINE
)
HASH: Final = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")


def installed() -> dict[NormalizedName, Distribution]:
    """Every distribution that this Python can import, callrec too."""
    return {canonicalize_name(each.name): each for each in distributions()}


def pinned(constraints: str) -> dict[NormalizedName, str]:
    """The versions of a file of constraints that are for this machine.

    Raises:
        ValueError: A line pins no single version, or gives no hash that it must have.
    """
    versions = {}
    for line in PINNED.finditer(constraints):
        wanted = Requirement(line["what"])
        exact = [each.version for each in wanted.specifier if each.operator == "=="]
        if len(exact) != 1 or "*" in exact[0]:
            raise ValueError(f"{wanted.name}: no exact version")
        if not HASH.search(line["hashes"]):
            raise ValueError(f"{wanted.name}: no SHA-256")
        if wanted.marker is None or wanted.marker.evaluate():
            versions[canonicalize_name(wanted.name)] = exact[0]
    return versions


def differences(
    have: Mapping[NormalizedName, str], want: Mapping[NormalizedName, str]
) -> list[str]:
    """A sentence for each distribution that is there and not pinned, or the other way."""
    return [
        f"{name}: {have.get(name, 'nothing')} is installed, {want.get(name, 'nothing')} is pinned"
        for name in sorted({*have, *want})
        if have.get(name) != want.get(name)
    ]


def needed() -> dict[NormalizedName, list[NormalizedName]]:
    """What callrec runs with on this machine, itself first, and what each needs of the others."""
    there = installed()
    found: dict[NormalizedName, list[NormalizedName]] = {}
    waiting = [(CALLREC, {"desk", "keys", "network"})]
    while waiting:
        name, extras = waiting.pop()
        if name in found:
            continue
        wanted = [
            each
            for each in map(Requirement, there[name].requires or [])
            if each.marker is None
            or any(each.marker.evaluate({"extra": extra}) for extra in extras or {""})
        ]
        found[name] = sorted({canonicalize_name(each.name) for each in wanted})
        waiting += [(canonicalize_name(each.name), each.extras) for each in wanted]
    return found

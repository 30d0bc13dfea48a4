"""What is known of each call, for whoever takes it along [policy 4(i), data portability]."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from callrec.package.manifest import CALL_DATA_PATHS, CallData, ReleasedCall, call_data
from callrec.policy.purpose import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from callrec.release.copies import Enclosed
    from callrec.requests.grants import UsableGrant


def call_data_of(grants: Sequence[UsableGrant], enclosed: Enclosed) -> Mapping[str, bytes]:
    """``calls.json`` and ``calls.csv`` of a release for portability, by path; else none."""
    if grants[0].request.purpose is not Purpose.PORTABILITY:
        return {}
    return dict(zip(CALL_DATA_PATHS, call_data(tuple(_calls(grants, enclosed))), strict=True))


def listed_call_data(data: Mapping[str, bytes]) -> tuple[CallData, ...]:
    """As the manifest lists them."""
    return tuple(
        CallData(path, hashlib.sha256(content).hexdigest(), len(content))
        for path, content in data.items()
    )


def _calls(grants: Sequence[UsableGrant], enclosed: Enclosed) -> Iterator[ReleasedCall]:
    for grant in grants:
        said = grant.metadata
        yield ReleasedCall(
            files=tuple(file for file in enclosed.files if file.uid == grant.uid),
            duration_ms=said["duration_ms"],
            direction=said["direction"],
            number=said["number"],
            extension=said["extension"],
            parties=tuple(said["parties"]),
        )

"""Vectors of what is sealed, and what each says of the version that it is of."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callrec.crypto import primitives
from callrec.errors import Tampered
from callrec.record.versions import SealedBody, VersionId

Case = dict[str, Any]

KEY = bytes(range(32))


def cases_of(kind: str) -> dict[str, Case]:
    """By their names."""
    files = (Path(__file__).parent.parent / "vectors" / kind).glob("*.json")
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def check_sealed_as(case: Case, body: SealedBody, digest: str, which: VersionId) -> None:
    """The digest, what the leaf commits to and what lies under the key are those of the vector.

    What is sealed opens again.
    """
    assert digest == case["digest"]
    assert body.commitment(case["vault"], case["seq"], digest) == case["detail"]
    sealed = body.seal(KEY, which)
    assert primitives.open_sealed(KEY, sealed, which.context).hex() == case["plain"]
    assert type(body).open(sealed, KEY, which) == body


def check_opens_as_no_other(
    body: SealedBody, version_of: Callable[[Case], VersionId], case: Case, other: Case
) -> None:
    """What is sealed opens as that version of that thing in that vault, and not as the other."""
    sealed = body.seal(KEY, version_of(case))
    with pytest.raises(Tampered):
        type(body).open(sealed, KEY, version_of({**case, **other}))

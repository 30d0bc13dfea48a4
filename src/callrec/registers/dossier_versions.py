"""Every version of a request, as it was sealed when it was made or changed.

A change makes a new version and leaves the one before as it is; each counts only if the leaf that
made it commits to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from callrec.errors import Tampered
from callrec.requests.history import REQUESTS
from callrec.requests.model import MAKING_ACTS, RequestBody
from callrec.requests.show import masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.requests.model import History, OpenRequest


@dataclass(frozen=True, slots=True, repr=False)
class DossierVersion:
    """What a request said from some entry on. Its repr shows nothing."""

    version: int
    digest: str | None
    """What an approval approves; None where the reader has nothing that opens this version."""
    particulars: Mapping[str, Any] | None
    """As `Particulars.as_json`, masked for whoever it does not concern; None as above."""


def read_versions(
    connection: Connection, history: History, request: OpenRequest | None, *, in_full: bool
) -> Mapping[int, DossierVersion]:
    """Every version by the sequence of the leaf that made it.

    Args:
        connection: sees one state of the catalogue throughout.
        history: of the request.
        request: opened, where the reader may open it.
        in_full: whether he sees what it says unmasked.

    Raises:
        Tampered: one is missing, or is not the one that was made.
    """
    makings = [leaf for leaf in history.leaves if leaf.act in MAKING_ACTS]
    return {
        leaf.seq: _version(connection, request, leaf, number, in_full=in_full)
        for number, leaf in enumerate(makings, start=1)
    }


def _version(
    connection: Connection, request: OpenRequest | None, leaf: Leaf, number: int, *, in_full: bool
) -> DossierVersion:
    key = request.keys.get(number) if request else None
    if request is None or key is None:
        return DossierVersion(number, None, None)
    which = replace(request.which, version=number)
    body = RequestBody.open(REQUESTS.sealed(connection, which), key, which)
    digest = body.digest(which, request.requester)
    if body.commitment(which.vault, leaf.seq, digest) != leaf.detail:
        raise Tampered(f"version {number} of request {request.reference} is not the one made")
    said = body.particulars
    return DossierVersion(number, digest, said.as_json() if in_full else masked(said))

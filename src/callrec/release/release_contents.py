"""What a release says that it holds, and what it does not (docs/formats/release.md, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.crypto.statement import entries_in
from callrec.errors import Tampered
from callrec.package.manifest import Manifest, Withheld
from callrec.policy.withholding import GROUND_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from callrec.package.manifest import CallData
    from callrec.package.package import Content
    from callrec.practice import Actor, Practice
    from callrec.release.copies import Enclosed, ReleaseCopy
    from callrec.requests.grants import UsableGrant
    from callrec.requests.model import OpenRequest


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """A release that was put together, and is not on record yet. Its repr shows nothing."""

    grants: tuple[UsableGrant, ...]
    copies: tuple[ReleaseCopy, ...]
    manifest: Manifest
    contents: Mapping[str, Content]
    """How the bytes of each file that the manifest lists are made."""

    @property
    def request(self) -> OpenRequest:
        return self.grants[0].request


def write_manifest(
    practice: Practice,
    actor: Actor,
    grants: Sequence[UsableGrant],
    enclosed: Enclosed,
    *,
    release: str,
    call_data: Sequence[CallData],
) -> Manifest:
    """The manifest of a release of these grants.

    Args:
        practice: the open vault.
        actor: who releases.
        grants: what is released.
        enclosed: which files of it are put in.
        release: its id.
        call_data: what is put in of what is known of the calls.
    """
    request = grants[0].request
    return Manifest(
        vault=practice.vault,
        practice=practice.name,
        release=release,
        request_number=request.reference,
        request=request.id,
        purpose=request.purpose,
        released_by=actor.person.id,
        at=practice.now().astimezone(practice.config.time_zone),
        files=enclosed.files,
        not_enclosed=enclosed.not_enclosed,
        withheld=tuple(_withheld(grants)),
        call_data=tuple(call_data),
    )


def _withheld(grants: Sequence[UsableGrant]) -> Iterator[Withheld]:
    """What the request asked for and nobody granted, with the approvals' codes.

    Not what its recipient must not learn of: the log has it.

    Raises:
        Tampered: the approvals say nothing of one.
    """
    code = {
        uid: code
        for grant in grants
        for uid, code in entries_in(grant.approval.fields, "withheld", "uid", "code")
    }
    granted = {grant.uid for grant in grants}
    for row in grants[0].request.recordings:
        if row.uid in granted:
            continue
        if row.uid not in code:
            raise Tampered(f"what was approved says nothing of recording {row.id}")
        if GROUND_CODES[code[row.uid]].is_told:
            yield Withheld(row.id, code[row.uid])

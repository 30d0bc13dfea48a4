"""What a release holds, and what it does not (docs/formats/release.md, 1 to 3)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from callrec.crypto.canonical import parse_instant
from callrec.policy.withholding import GROUND_CODES
from callrec.procedures.release_sound import (
    check_original,
    listening_pieces,
    measure,
    original_pieces,
)
from callrec.release.manifest import Manifest, ReleasedFile, Role, Withheld, recording_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from callrec.practice import Actor, Practice
    from callrec.procedures.granted import UsableGrant
    from callrec.release.package import Content

_PIECES = {Role.ORIGINAL: original_pieces, Role.LISTENING: listening_pieces}


def write_manifest(
    practice: Practice, actor: Actor, release: str, grants: Sequence[UsableGrant]
) -> Manifest:
    """The manifest of a release of these grants, each recording read and checked for it.

    Raises:
        Tampered: a recording's file is not as it was sealed.
    """
    request = grants[0].request
    files = [
        file
        for place, grant in enumerate(grants, start=1)
        for file in _files(practice, place, grant)
    ]
    return Manifest(
        vault=practice.vault,
        practice=practice.name,
        release=release,
        request_number=request.reference,
        request=request.id,
        purpose=request.purpose,
        released_by=actor.person.id,
        at=practice.now().astimezone(practice.config.time_zone),
        files=tuple(files),
        withheld=tuple(_withheld(grants)),
    )


def contents_of(
    practice: Practice, manifest: Manifest, grants: Sequence[UsableGrant]
) -> Mapping[str, Content]:
    """For each path of the manifest, how its bytes are made."""
    of = {grant.uid: grant for grant in grants}
    return {
        file.path: partial(_PIECES[file.role], practice, of[file.uid]) for file in manifest.files
    }


def _files(practice: Practice, place: int, grant: UsableGrant) -> Iterator[ReleasedFile]:
    check_original(practice, grant)
    said = grant.metadata
    original = ReleasedFile(
        path=recording_path(place, Role.ORIGINAL, said["format"]),
        role=Role.ORIGINAL,
        recording=grant.recording.id,
        uid=grant.uid,
        sha256=said["sha256"],
        size_bytes=said["size_bytes"],
        codec=said["codec"],
        sample_rate=said["sample_rate"],
        started_at=parse_instant(said["started_at"]).astimezone(practice.config.time_zone),
        made_from=None,
    )
    yield original
    copy = measure(listening_pieces(practice, grant))
    if copy.size_bytes:
        yield replace(
            original,
            path=recording_path(place, Role.LISTENING, "wav"),
            role=Role.LISTENING,
            sha256=copy.sha256,
            size_bytes=copy.size_bytes,
            codec="pcm16",
            made_from=original.sha256,
        )


def _withheld(grants: Sequence[UsableGrant]) -> Iterator[Withheld]:
    """What the request asked for and nobody granted, with the approvals' codes.

    Not what its recipient must not learn of: the log has it.
    """
    code = {
        item["uid"]: item["code"] for grant in grants for item in grant.approval.fields["withheld"]
    }
    granted = {grant.uid for grant in grants}
    for row in grants[0].request.recordings:
        if row.uid not in granted and GROUND_CODES[code[row.uid]].is_told:
            yield Withheld(row.id, code[row.uid])

"""One layout for every wrapping: which files a package has, and in which order.

The manifest must exist before the audit log can hold its hash, and the log's proof before the
package can hold it. So a release is made in this order: ``Manifest.to_bytes``, the leaf, its
proof, ``assemble``, and ``zip.write_zip`` or ``page.write_page``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import BinaryIO, Final, TypeAlias

from callrec.crypto.primitives import signing_public
from callrec.errors import Tampered
from callrec.package.manifest import CallData, Manifest, ReleasedFile
from callrec.package.sshsig import NAMESPACE, allowed_signers_line, sign_ssh

READ_ME: Final = "READ-ME-FIRST.txt"
CERTIFICATE: Final = "certificate.pdf"
RIGHTS: Final = "YOUR-RIGHTS.txt"
EXHIBIT_LABEL: Final = "exhibit-label.pdf"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
SUMS: Final = "SHA256SUMS"
SUMS_SIGNATURE: Final = "SHA256SUMS.sig"
RELEASE_PROOF: Final = "release.tlog-proof"
SIGNERS: Final = "signers.json"
ALLOWED_SIGNERS: Final = "allowed_signers"
VERIFY: Final = "VERIFY.txt"
VERIFIER: Final = "callrec_verify.py"

CHUNK_BYTES: Final = 1 << 20
"""Read from a file at a time: 1 MiB."""

Content: TypeAlias = "bytes | BinaryIO | Callable[[], Iterable[bytes]]"
"""Where a file's bytes come from: held, read, or made piece by piece, so that a long recording
needs neither memory nor a place on a disk."""

_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a package, with the size and SHA-256 it must turn out to have."""

    path: str
    """Inside the package, folders parted by ``/``; no way out of it."""
    content: Content
    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path):
            raise ValueError("a file of a package lies inside it and has a plain name")

    def chunks(self) -> Iterator[bytes]:
        """The bytes, piece by piece; content that is an open file is read once only."""
        digest = hashlib.sha256()
        size = 0
        for chunk in pieces(self.content):
            digest.update(chunk)
            size += len(chunk)
            yield chunk
        if (size, digest.hexdigest()) != (self.size_bytes, self.sha256):
            raise Tampered("a recording is not as its manifest says")


def member_of_bytes(path: str, data: bytes) -> Member:
    """A file whose bytes are at hand."""
    return Member(path, data, len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosures:
    """What lies in a package beside the recordings and their manifest."""

    proof: bytes
    """Of the release's leaf in the audit log, placed byte for byte."""
    signers: bytes
    """Ids and keys from leaf 0 to the releaser's voucher, placed byte for byte."""
    certificate: bytes
    """PDF."""
    read_me: str
    verify: str
    rights: str = ""
    """The information of UK GDPR 15; empty: none is owed."""
    exhibit_label: bytes = b""
    """PDF; empty: none was asked for."""


def assemble(
    manifest: Manifest, contents: Mapping[str, Content], enclosures: Enclosures, *, seed: bytes
) -> tuple[Member, ...]:
    """Sign the manifest and lay out the whole package, in the order people should read it."""
    listed: tuple[CallData | ReleasedFile, ...] = (*manifest.call_data, *manifest.files)
    if contents.keys() != {file.path for file in listed}:
        raise ValueError("the contents are not those of the manifest")
    data = manifest.to_bytes()
    signer = allowed_signers_line(manifest.released_by, signing_public(seed), NAMESPACE)
    before = _members(
        {
            READ_ME: enclosures.read_me.encode(),
            CERTIFICATE: enclosures.certificate,
            RIGHTS: enclosures.rights.encode(),
            EXHIBIT_LABEL: enclosures.exhibit_label,
            MANIFEST: data,
            SIGNATURE: sign_ssh(data, seed, NAMESPACE).encode(),
        }
    )
    after = _members(
        {
            RELEASE_PROOF: enclosures.proof,
            SIGNERS: enclosures.signers,
            ALLOWED_SIGNERS: f"{signer}\n".encode(),
            VERIFY: enclosures.verify.encode(),
            VERIFIER: resources.files(__package__).joinpath(VERIFIER).read_bytes(),
        }
    )
    after += tuple(Member(f.path, contents[f.path], f.size_bytes, f.sha256) for f in listed)
    sums = "".join(f"{each.sha256}  {each.path}\n" for each in (*before, *after)).encode()
    signed = {SUMS: sums, SUMS_SIGNATURE: sign_ssh(sums, seed, NAMESPACE).encode()}
    return (*before, *_members(signed), *after)


def _members(contents: Mapping[str, bytes]) -> tuple[Member, ...]:
    """The files that have something in them."""
    return tuple(member_of_bytes(path, data) for path, data in contents.items() if data)


def pieces(content: Content) -> Iterable[bytes]:
    """The bytes of a file, piece by piece; of an open file once only."""
    if isinstance(content, bytes):
        return (content,)
    if callable(content):
        return content()
    return iter(partial(content.read, CHUNK_BYTES), b"")

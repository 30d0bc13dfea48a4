"""One layout for every wrapping: which files a package has, and in which order.

The manifest must exist before the audit log can hold its hash, and the log's proof before the
package can hold it. So a release is made in this order: ``Manifest.to_bytes``, the leaf, its
proof, ``assemble``, and ``folder.build_folder`` or ``zipped.write_zip``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias

from callrec.crypto.primitives import signing_public
from callrec.errors import Tampered
from callrec.release.sshsig import NAMESPACE, allowed_signers_line, sign_ssh
from callrec.release.texts import read_me_first, verify_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from callrec.release.manifest import Manifest

READ_ME: Final = "READ-ME-FIRST.txt"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
PROOF: Final = "release.tlog-proof"
SIGNERS: Final = "signers.json"
ALLOWED_SIGNERS: Final = "allowed_signers"
VERIFY: Final = "VERIFY.txt"

BESIDE_RECORDINGS: Final = (
    READ_ME,
    MANIFEST,
    SIGNATURE,
    PROOF,
    SIGNERS,
    ALLOWED_SIGNERS,
    VERIFY,
)
"""Every file of a package that the manifest does not list, in the order of the package."""

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
        """The bytes, piece by piece; content that is an open file is read once only.

        Raises:
            Tampered: at the end, if they were not those of ``size_bytes`` and ``sha256``. Whoever
            writes them must not have let go of anything before.
        """
        digest = hashlib.sha256()
        size = 0
        for chunk in _pieces(self.content):
            digest.update(chunk)
            size += len(chunk)
            yield chunk
        if (size, digest.hexdigest()) != (self.size_bytes, self.sha256):
            raise Tampered("a recording is not as its manifest says")


def held(path: str, data: bytes) -> Member:
    """A file whose bytes are at hand."""
    return Member(path, data, len(data), hashlib.sha256(data).hexdigest())


def assemble(
    manifest: Manifest,
    contents: Mapping[str, Content],
    *,
    seed: bytes,
    proof: bytes,
    signers: bytes,
    root: str,
    contact: str,
) -> tuple[Member, ...]:
    """Sign the manifest and lay out the whole package, in the order people should read it.

    Args:
        manifest: what is released.
        contents: for each path of the manifest, its bytes.
        seed: the releaser's ``act`` seed, 32 bytes.
        proof: of the release's leaf in the audit log, placed byte for byte.
        signers: ids and keys from leaf 0 to the releaser's voucher, placed byte for byte.
        root: the vault root in hex, which the practice publishes as its fingerprint.
        contact: how to reach the practice, one line.

    Raises:
        ValueError: contents that are not those of the manifest: a programming error.
    """
    if contents.keys() != {file.path for file in manifest.files}:
        raise ValueError("the contents are not those of the manifest")
    data = manifest.to_bytes()
    public = signing_public(seed)
    signer = allowed_signers_line(manifest.released_by, public, NAMESPACE)
    beside = (
        held(READ_ME, read_me_first(manifest, contact=contact).encode()),
        held(MANIFEST, data),
        held(SIGNATURE, sign_ssh(data, seed, NAMESPACE).encode()),
        held(PROOF, proof),
        held(SIGNERS, signers),
        held(ALLOWED_SIGNERS, f"{signer}\n".encode()),
        held(VERIFY, verify_text(manifest, public=public, root=root).encode()),
    )
    recordings = (
        Member(file.path, contents[file.path], file.size_bytes, file.sha256)
        for file in manifest.files
    )
    return (*beside, *recordings)


def _pieces(content: Content) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return (content,)
    if callable(content):
        return content()
    return iter(partial(content.read, CHUNK_BYTES), b"")

"""One layout for every wrapping: which files a package has, in which order, and its signatures.

The manifest must exist before the audit log can hold its hash, and the log's proof before the
package can hold it. So a release is made in this order: ``Manifest.to_bytes``, the leaf, its
proof, ``assemble``, and ``zip.write_zip`` or ``page.write_page``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import resources
from typing import BinaryIO, Final, TypeAlias

from callrec.crypto.primitives import sha256, sign, signing_public
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.package.manifest import CallData, Manifest, ReleasedFile

NAMESPACE: Final = "callrec-release"
"""Keeps a release's signature from counting as anything else that the key might sign."""

_MAGIC = b"SSHSIG"

_KEY_TYPE = "ssh-ed25519"

_BEGIN = "-----BEGIN SSH SIGNATURE-----"

_END = "-----END SSH SIGNATURE-----"

_COLUMNS = 70  # as ssh-keygen writes it, so that the same key and message give the same file

_WORD = re.compile(r"[A-Za-z0-9@._/+-]+")

READ_ME: Final = "READ-ME-FIRST.txt"

CERTIFICATE: Final = "certificate.pdf"

RIGHTS: Final = "YOUR-RIGHTS.txt"

EXHIBIT_LABEL: Final = "exhibit-label.pdf"

MANIFEST: Final = "manifest.json"

SIGNATURE: Final = "manifest.json.sig"

SUMS: Final = "SHA256SUMS"

SUMS_SIGNATURE: Final = "SHA256SUMS.sig"

DESTRUCTION_NAMESPACE: Final = "callrec-destruction"
"""As `NAMESPACE`, of a certificate of destruction."""

CERTIFICATE_TEXT: Final = "certificate.txt"

DESTRUCTION: Final = "destruction.json"

DESTRUCTION_PROOF: Final = "destruction.tlog-proof"

RELEASE_PROOF: Final = "release.tlog-proof"

COSIGNED: Final = "cosigned.tlog-checkpoint"
STAMP: Final = "time.tsr"

STAMP_ROOTS: Final = "time-certificates.pem"

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
    verify: str
    read_me: str = ""
    """For who listens; empty: there is nothing to hear."""
    rights: str = ""
    """The information of UK GDPR 15; empty: none is owed."""
    exhibit_label: bytes = b""
    """PDF; empty: none was asked for."""
    cosigned: bytes = b""
    """What witnesses outside saw of the log; empty: none of them did."""
    stamp: bytes = b""
    """The time stamp of the checkpoint in the proof; empty: there is none."""
    stamp_roots: bytes = b""
    """PEM: the certificates that the practice takes time stamps by; there if the stamp is."""


def assemble(
    manifest: Manifest, contents: Mapping[str, Content], enclosures: Enclosures, *, seed: bytes
) -> tuple[Member, ...]:
    """Sign the manifest and lay out the whole package, in the order people should read it."""
    listed: tuple[CallData | ReleasedFile, ...] = (*manifest.call_data, *manifest.files)
    if contents.keys() != {file.path for file in listed}:
        raise ValueError("the contents are not those of the manifest")
    data = manifest.to_bytes()
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
            COSIGNED: enclosures.cosigned,
            **_stamped(enclosures),
            **_by_which_right(enclosures, manifest.released_by, seed, NAMESPACE),
        }
    )
    after += tuple(Member(f.path, contents[f.path], f.size_bytes, f.sha256) for f in listed)
    return (*before, *_sums(before, after, seed, NAMESPACE), *after)


def assemble_certificate(
    data: bytes, text: str, enclosures: Enclosures, *, signer: str, seed: bytes
) -> tuple[Member, ...]:
    """Sign a certificate of destruction, and lay out its folder, as `assemble` does a release.

    Args:
        data: what it says, as programs read it.
        text: the same as people read it.
        enclosures: what lies beside; ``certificate`` is the same as PDF.
        signer: id of the person whose ``act`` seed this is.
        seed: 32 bytes.
    """
    before = _members(
        {
            CERTIFICATE: enclosures.certificate,
            CERTIFICATE_TEXT: text.encode(),
            DESTRUCTION: data,
            f"{DESTRUCTION}.sig": sign_ssh(data, seed, DESTRUCTION_NAMESPACE).encode(),
        }
    )
    after = _members(
        {
            DESTRUCTION_PROOF: enclosures.proof,
            COSIGNED: enclosures.cosigned,
            **_stamped(enclosures),
            **_by_which_right(enclosures, signer, seed, DESTRUCTION_NAMESPACE),
        }
    )
    return (*before, *_sums(before, after, seed, DESTRUCTION_NAMESPACE), *after)


def _stamped(enclosures: Enclosures) -> dict[str, bytes]:
    """By when it was signed, in an authority's word, and whose."""
    return {STAMP: enclosures.stamp, STAMP_ROOTS: enclosures.stamp_roots}


def _by_which_right(
    enclosures: Enclosures, signer: str, seed: bytes, namespace: str
) -> dict[str, bytes]:
    """What shows how the key came to be allowed to sign, and how to check that."""
    line = allowed_signers_line(signer, signing_public(seed), namespace)
    return {
        SIGNERS: enclosures.signers,
        ALLOWED_SIGNERS: f"{line}\n".encode(),
        VERIFY: enclosures.verify.encode(),
        VERIFIER: resources.files(__package__).joinpath(VERIFIER).read_bytes(),
    }


def _sums(
    before: Iterable[Member], after: Iterable[Member], seed: bytes, namespace: str
) -> tuple[Member, ...]:
    """The list of all files, and its signature."""
    sums = "".join(f"{each.sha256}  {each.path}\n" for each in (*before, *after)).encode()
    return _members({SUMS: sums, SUMS_SIGNATURE: sign_ssh(sums, seed, namespace).encode()})


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


def sign_ssh(message: bytes, seed: bytes, namespace: str) -> str:
    """The armored signature of ``message``, as ``ssh-keygen -Y sign -O hashalg=sha256`` makes it.

    Stock ``ssh-keygen -Y verify`` checks it: no recipient needs a program of ours.

        signed    = "SSHSIG" || string(namespace) || string("") || string("sha256")
                    || string(SHA-256 of the message)
        signature = "SSHSIG" || u32(1) || string(public key) || string(namespace) || string("")
                    || string("sha256") || string(string("ssh-ed25519") || string(signature[64]))

    Source: OpenSSH, PROTOCOL.sshsig; string is RFC 4251, 5; keys and signatures are RFC 8709, 4 and
    6 (docs/formats/release.md, 4).

    Law: ``callrec_verify.check_signature`` accepts it for this message and key, and for no other.
    """
    purpose = _string(namespace.encode()) + _string(b"") + _string(b"sha256")
    signature = sign(seed, _MAGIC + purpose + _string(sha256(message)))
    key = _string(_key_blob(signing_public(seed)))
    sealed = _string(_string(_KEY_TYPE.encode()) + _string(signature))
    blob = _MAGIC + (1).to_bytes(4, "big") + key + purpose + sealed  # of version 1
    lines = textwrap.wrap(base64.b64encode(blob).decode(), _COLUMNS)
    return "\n".join((_BEGIN, *lines, _END)) + "\n"


def ssh_fingerprint(public: bytes) -> str:
    """``SHA256:…`` as ``ssh-keygen`` prints it of an Ed25519 public key (32 bytes)."""
    return "SHA256:" + base64.b64encode(sha256(_key_blob(public))).decode().rstrip("=")


def allowed_signers_line(principal: str, public: bytes, namespace: str) -> str:
    """The line that lets ``principal`` sign with this key for this namespace, without its end.

    Source: ssh-keygen(1), ALLOWED SIGNERS.
    """
    key = base64.b64encode(_key_blob(public)).decode()
    return f'{_one_word(principal)} namespaces="{_one_word(namespace)}" {_KEY_TYPE} {key}'


def _key_blob(public: bytes) -> bytes:
    return _string(_KEY_TYPE.encode()) + _string(public)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _one_word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("a word of an OpenSSH file has no spaces, commas or patterns")
    return text

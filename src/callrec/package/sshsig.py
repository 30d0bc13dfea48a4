"""OpenSSH signatures of files by an Ed25519 key (docs/formats/release.md, 4).

    signed    = "SSHSIG" || string(namespace) || string("") || string("sha256") || string(SHA-256)
    signature = "SSHSIG" || u32(1) || string(public key) || string(namespace) || string("")
                || string("sha256") || string(string("ssh-ed25519") || string(signature[64]))

Stock ``ssh-keygen -Y verify`` checks it: no recipient has to install or to trust a program of ours.

Source: OpenSSH, PROTOCOL.sshsig; string is RFC 4251, 5; keys and signatures are RFC 8709, 4 and 6.
"""

from __future__ import annotations

import base64
import re
import textwrap
from typing import Final

from callrec.crypto.primitives import sha256, sign, signing_public

NAMESPACE: Final = "callrec-release"
"""Keeps a release's signature from counting as anything else that the key might sign."""

_MAGIC = b"SSHSIG"
_KEY_TYPE = "ssh-ed25519"
_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_COLUMNS = 70  # as ssh-keygen writes it, so that the same key and message give the same file
_WORD = re.compile(r"[A-Za-z0-9@._/+-]+")


def sign_ssh(message: bytes, seed: bytes, namespace: str) -> str:
    """The armored signature of ``message``, as ``ssh-keygen -Y sign -O hashalg=sha256`` makes it.

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

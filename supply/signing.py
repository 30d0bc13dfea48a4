"""A release is signed with one Ed25519 key of OpenSSH: its sums, and what says how it was built.

Only ssh-agent signs, so a passphrase is typed into ``ssh-add`` and the key is read by nothing here.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

NAMESPACE: Final = "callrec-program"
"""Not ``callrec-release``, in which a practice signs the recordings that it hands over."""
SIGNER: Final = "callrec"
OF: Final = ("-I", SIGNER, "-n", NAMESPACE)
ALGORITHM: Final = b"ssh-ed25519"
IN_TOTO: Final = "application/vnd.in-toto+json"
SIGN_REQUEST, SIGN_RESPONSE = 13, 14
TOKENS: Final = (
    "SIGSTORE_IDENTITY_TOKEN",
    "SIGSTORE_ID_TOKEN",  # GitLab
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",  # GitHub
)
"""Where a build server leaves what proves to Sigstore which workflow runs."""


class NotSigned(Exception):
    """Why not, and what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """An Ed25519 key that an agent holds: its public file, and the agent's socket."""

    public: Path
    agent: str

    @property
    def blob(self) -> bytes:
        """As SSH writes it (RFC 8709, 4): 51 bytes."""
        return base64.b64decode(self.public.read_text(encoding="utf-8").split()[1])

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` shows it."""
        done = _run("ssh-keygen", "-l", "-f", str(self.public))
        return done.split()[1]


def public_file(path: Path) -> Path:
    """Of a private key's file, or of its ``.pub``.

    Raises:
        NotSigned: It is not there, or of another kind.
    """
    public = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    if not (path.is_file() and public.is_file()):
        raise NotSigned(f"{path} and its .pub are not both there")
    if not public.read_bytes().startswith(ALGORITHM + b" "):
        raise NotSigned(f"{public} is not an Ed25519 key; make one with ssh-keygen -t ed25519")
    return public


@contextmanager
def key_of(path: Path) -> Iterator[Key]:
    """The key of a private file, in an agent of its own; of a ``.pub``, in the one that runs.

    Raises:
        NotSigned: It is not there, is of another kind, or the agent does not take it.
    """
    public = public_file(path)
    if path == public:
        yield Key(public, os.environ.get("SSH_AUTH_SOCK", ""))
        return
    with TemporaryDirectory() as folder:
        agent = f"{folder}/agent"
        started = re.search(r"SSH_AGENT_PID=(\d+)", _run("ssh-agent", "-s", "-a", agent))
        if not started:
            raise NotSigned("ssh-agent does not start")
        try:
            _run("ssh-add", "-q", str(path), SSH_AUTH_SOCK=agent)
            yield Key(public, agent)
        finally:
            os.kill(int(started[1]), signal.SIGTERM)


def sign_file(key: Key, file: Path) -> None:
    """Write ``FILE.sig``, which ``ssh-keygen -Y verify`` checks."""
    command = ("ssh-keygen", "-Y", "sign", "-U", "-q", "-n", NAMESPACE)
    _run(*command, "-f", str(key.public), str(file), SSH_AUTH_SOCK=key.agent)


def check_file(file: Path, signers: Path) -> None:
    """As everybody checks it (docs/security.md).

    Raises:
        NotSigned: No key of ``signers`` signed the file.
    """
    with file.open("rb") as content:
        done = subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", signers, *("-s", f"{file}.sig"), *OF],
            stdin=content,
            capture_output=True,
            check=False,
        )
    if done.returncode:
        raise NotSigned(f"{signers.name} does not have this key for {SIGNER}; commit it first")


def envelope(key: Key, payload: bytes) -> str:
    """A DSSE envelope in one line, signed as in-toto and Sigstore do with any Ed25519 key.

    Source: DSSE 1.0, protocol.md. What is signed begins with ``DSSEv1``, and a file's signature
    with ``SSHSIG``: neither is taken for the other.
    """
    signed = b"DSSEv1 %d %s %d %s" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)
    signature = {"keyid": key.fingerprint, "sig": _base64(sign_bytes(key, signed))}
    members = {
        "payload": _base64(payload),
        "payloadType": IN_TOTO,
        "signatures": [signature],
    }
    return json.dumps(members, separators=(",", ":")) + "\n"


def sign_bytes(key: Key, data: bytes) -> bytes:
    """The 64 bytes of an Ed25519 signature by the agent.

    Source: draft-ietf-sshm-ssh-agent, 3.6; RFC 8709, 6.

    Raises:
        NotSigned: The agent does not answer, or does not have the key.
    """
    asked = bytes([SIGN_REQUEST]) + _string(key.blob) + _string(data) + bytes(4)
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.connect(key.agent)
            agent.sendall(_string(asked))
            with agent.makefile("rb") as answers:
                (size,) = struct.unpack(">I", answers.read(4))
                answer = answers.read(size)
    except (OSError, struct.error) as error:
        raise NotSigned("no ssh-agent answers; start one, or name the private key") from error
    head = _string(_string(ALGORITHM) + _string(bytes(64)))[:-64]
    if answer[:1] != bytes([SIGN_RESPONSE]) or answer[1:-64] != head:
        raise NotSigned(f"ssh-agent does not sign with {key.public}; add it with ssh-add")
    return answer[-64:]


def sigstore(program: Path, file: Path) -> str:
    """Have Sigstore's client write ``FILE.sigstore.json`` where a build server gives an identity.

    It is published for ever, in a public log. Returns what was done, or why it was not.

    Raises:
        NotSigned: There is an identity, and it was not made.
    """
    if not any(os.environ.get(each) for each in TOKENS):
        return "Sigstore bundle not made: this machine has no identity (OIDC token) to sign with."
    _run(str(program), "sign", "--bundle", f"{file}.sigstore.json", str(file))
    return f"Sigstore bundle made: {file.name}.sigstore.json."


def _run(*command: str, **env: str) -> str:
    """What a program prints. It may ask on the terminal."""
    try:
        return subprocess.run(
            command, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotSigned(f"{Path(command[0]).name} did not do its part") from error


def _string(data: bytes) -> bytes:
    """Source: RFC 4251, 5."""
    return struct.pack(">I", len(data)) + data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

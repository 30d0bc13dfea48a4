"""A telephone system that signs its recordings: by OpenSSH's and OpenPGP's own programs."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from callrec.telephone.recorder import NAMESPACE
from house.practices import House
from house.time_authority import TimeAuthority, stamp_of

VECTORS = Path(__file__).parents[1] / "vectors" / "recorder"
"""Signed by gpg, which is slow to begin: tests/vectors/recorder/README.md."""

SYSTEM = "hill-surgery-pbx"


def make_key(folder: Path, name: str = "recorder", kind: str = "ed25519") -> Path:
    """A key of OpenSSH's, without a passphrase."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / name
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(key)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return key


def public(key: Path) -> str:
    """Its type and base64, as the file beside it has it."""
    return " ".join(Path(f"{key}.pub").read_text("ascii").split()[:2])


def signer(key: Path, options: str = "", name: str = SYSTEM) -> str:
    """The line by which its signatures count."""
    return f"{name} {options} {public(key)}\n" if options else f"{name} {public(key)}\n"


def signature(key: Path, data: bytes, *, namespace: str = NAMESPACE, hashed: str = "sha256") -> str:
    """As ``ssh-keygen`` makes it."""
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace]
    command += ["-O", f"hashalg={hashed}"]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout.decode()


def signed(recording: Path, key: Path, **how: str) -> Path:
    """A recording with its signature beside it."""
    beside = Path(f"{recording}.sig")
    beside.write_text(signature(key, recording.read_bytes(), **how), "ascii")
    return recording


def stamped(recording: Path, authority: TimeAuthority) -> Path:
    """The same with a time stamp of the signature."""
    message = Path(f"{recording}.sig").read_bytes()
    Path(f"{recording}.sig.tsr").write_bytes(stamp_of(authority.folder, message))
    return recording


def named(house: House, *lines: str, **more: Any) -> None:
    """From now on these keys count for the practice."""
    house.decide(recorder={"allowed_signers": "".join(lines), **more})


def openpgp(**more: Any) -> dict[str, Any]:
    """The certificate of the vectors, as the settings have one."""
    certificate = (VECTORS / "certificate.asc").read_text("ascii")
    fingerprint = (VECTORS / "fingerprint").read_text("ascii").strip()
    return {"name": SYSTEM, "fingerprint": fingerprint, "certificate": certificate, **more}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

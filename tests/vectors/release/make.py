"""Makes the known answers in this folder; run from the project's folder (see README.md).

The key file is written by ``cryptography``, the signature by ``ssh-keygen`` and what is known of
the calls by Python's ``json`` from what stands here: nothing of callrec.release takes part.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).parent

ORIGINAL = "f403670f3cc9047618383266bcad316510c501ead779e3b6c7dd8f2f2c05372a"
LISTENING = "8f908de2c9163d6b1f51e63887919cee77ef88db5ba09a519a88f2615546d95d"
BEGAN = {"started_at": "2026-07-14T08:05:07.250Z", "local_time": "2026-07-14T09:05:07.250+01:00"}
KNOWN = {
    "recording": 1042,
    **BEGAN,
    "duration_s": 1.28,
    "direction": "inbound",
    "number": "+447700900123",
    "extension": "203",
    "parties": ["Siân O'Neill", "Reception"],
    "files": [
        {
            "path": "recordings/01-original.wav",
            "role": "original",
            "codec": "mu-law",
            "duration_s": 1.28,
            "bytes": 10244,
            "sha256": ORIGINAL,
        },
        {
            "path": "recordings/01-listening.wav",
            "role": "listening",
            "codec": "PCM 16",
            "duration_s": 1.28,
            "bytes": 20484,
            "sha256": LISTENING,
        },
    ],
}
HARDLY_KNOWN = {
    "recording": 1044,
    **BEGAN,
    "duration_s": 1.28,
    "direction": "unknown",
    "number": None,
    "extension": None,
    "parties": [],
    "files": [
        {
            "path": "recordings/02-listening.wav",
            "role": "listening",
            "codec": "pcm16",
            "duration_s": 0.8,
            "bytes": 17644,
            "sha256": "cc" * 32,
        }
    ],
}
TABLE = f"""\
recording,started_at,local_time,duration_s,direction,number,extension,parties,\
original,original_codec,original_sha256,listening,listening_codec,listening_sha256
1042,2026-07-14T08:05:07.250Z,2026-07-14T09:05:07.250+01:00,1.28,inbound,'+447700900123,203,\
Siân O'Neill; Reception,recordings/01-original.wav,mu-law,{ORIGINAL},\
recordings/01-listening.wav,PCM 16,{LISTENING}
1044,2026-07-14T08:05:07.250Z,2026-07-14T09:05:07.250+01:00,1.28,unknown,,,,\
,,,recordings/02-listening.wav,pcm16,{"cc" * 32}
"""


def main() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((HERE / "seed.hex").read_text()))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    (HERE / "key.pub").write_bytes(public + b" callrec-release\n")
    known = {"schema": "callrec.calls/1", "calls": [KNOWN, HARDLY_KNOWN]}
    told = json.dumps(known, indent=2, ensure_ascii=False)
    (HERE / "calls.json").write_bytes(f"{told}\n".encode())
    (HERE / "calls.csv").write_text(TABLE, encoding="utf-8-sig", newline="\r\n")
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder, "key")
        secret.write_bytes(private)
        secret.chmod(0o600)
        say = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(secret), "-n", "callrec-release"]
        signed = subprocess.run(
            [*say, "-O", "hashalg=sha256"],
            input=(HERE / "manifest.json").read_bytes(),
            capture_output=True,
            check=True,
        )
    (HERE / "manifest.json.sig").write_bytes(signed.stdout)


if __name__ == "__main__":
    main()

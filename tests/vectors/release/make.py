"""Makes the known answers in this folder; run from the project's folder (see README.md).

The key file is written by ``cryptography`` and the signature by ``ssh-keygen``: nothing of
callrec.release.sshsig takes part.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).parent


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
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder, "key")
        secret.write_bytes(private)
        secret.chmod(0o600)
        say = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(secret), "-n", "callrec-release"]
        for manifest in (HERE / "manifest.json", HERE / "manifest-1.json"):
            signed = subprocess.run(
                [*say, "-O", "hashalg=sha256"],
                input=manifest.read_bytes(),
                capture_output=True,
                check=True,
            )
            manifest.with_suffix(".json.sig").write_bytes(signed.stdout)


if __name__ == "__main__":
    main()

"""Make the OpenPGP vectors of the recorder's word: ``python tests/vectors/recorder/make.py``.

GnuPG alone makes them; nothing of callrec does but the sound, which is `house.spool.a_wave`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from house.spool import a_wave  # noqa: E402


def main() -> None:
    """Two certificates, and signatures of one sound by the first."""
    (HERE / "sound.wav").write_bytes(a_wave())
    with TemporaryDirectory() as home:
        environ = {**os.environ, "GNUPGHOME": home}

        def gpg(*words: str) -> bytes:
            command = ["gpg", "--batch", "--quiet", "--yes", "--passphrase", "", *words]
            return subprocess.run(command, env=environ, check=True, capture_output=True).stdout

        for name in ("recorder", "somebody"):
            gpg("--quick-gen-key", f"{name} <{name}@pbx.example>", "ed25519", "sign", "0")
        sound, by = str(HERE / "sound.wav"), ["--local-user", "recorder@pbx.example"]
        gpg(*by, "--detach-sign", "-o", str(HERE / "binary.sig"), sound)
        gpg(*by, "--armor", "--detach-sign", "-o", str(HERE / "armoured.asc"), sound)
        text = ["--armor", "--textmode", "--detach-sign"]
        gpg(*by, *text, "-o", str(HERE / "text.asc"), sound)
        both = ["--local-user", "somebody@pbx.example", *by]
        gpg(*both, "--armor", "--detach-sign", "-o", str(HERE / "two.asc"), sound)
        gpg(*by, "--armor", "--clear-sign", "-o", str(HERE / "clear.asc"), str(HERE / "README.md"))
        certificate = gpg("--armor", "--export", "recorder@pbx.example")
        (HERE / "certificate.asc").write_bytes(certificate)
        (HERE / "other.asc").write_bytes(gpg("--armor", "--export", "somebody@pbx.example"))
        (HERE / "certificate.pgp").write_bytes(gpg("--export", "recorder@pbx.example"))
        listed = gpg("--with-colons", "--fingerprint", "recorder@pbx.example").decode()
        fingerprint = next(line for line in listed.splitlines() if line.startswith("fpr"))
        (HERE / "fingerprint").write_text(f"{fingerprint.split(':')[9]}\n", "ascii")
        subprocess.run(["gpgconf", "--kill", "all"], env=environ, check=True)


if __name__ == "__main__":
    main()

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from callrec.crypto.primitives import signing_public
from callrec.package.callrec_verify import Wrong, check_signature
from callrec.package.package import NAMESPACE, allowed_signers_line, sign_ssh, ssh_fingerprint
from package.builders import PUBLIC, SEED

VECTORS = Path(__file__).parents[1] / "vectors" / "release"

MESSAGE = b'{"schema":"callrec.release/1"}'


def judge(
    folder: Path, message: bytes, armored: str, namespace: str = NAMESPACE
) -> tuple[int, str]:
    """What OpenSSH's own ssh-keygen says: its exit status and first line."""
    line = allowed_signers_line("releaser", PUBLIC, NAMESPACE)
    (folder / "allowed_signers").write_text(f"{line}\n", "utf-8")
    (folder / "m.sig").write_text(armored, "utf-8")
    say = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "releaser"]
    done = subprocess.run(
        [*say, "-s", "m.sig", "-n", namespace],
        input=message,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def test_ssh_keygen_accepts_our_signature_and_names_the_key(tmp_path: Path) -> None:
    status, said = judge(tmp_path, MESSAGE, sign_ssh(MESSAGE, SEED, NAMESPACE))
    assert status == 0
    assert said.startswith(f'Good "{NAMESPACE}" signature for releaser')
    assert said.rstrip().endswith(ssh_fingerprint(PUBLIC))


def test_ssh_keygen_refuses_it_with_one_byte_changed(tmp_path: Path) -> None:
    changed = MESSAGE.replace(b"1", b"2")
    status, said = judge(tmp_path, changed, sign_ssh(MESSAGE, SEED, NAMESPACE))
    assert (status, said) == (255, "Could not verify signature.\n")


def test_ssh_keygen_refuses_a_signature_made_for_another_purpose(tmp_path: Path) -> None:
    status, said = judge(tmp_path, MESSAGE, sign_ssh(MESSAGE, SEED, "git"))
    assert (status, said) == (255, "Could not verify signature.\n")


def test_the_allowed_signers_line_allows_releases_only(tmp_path: Path) -> None:
    status, said = judge(tmp_path, MESSAGE, sign_ssh(MESSAGE, SEED, "git"), namespace="git")
    assert (status, said) == (255, "Could not verify signature.\n")


def test_signature_and_key_are_those_that_openssh_makes() -> None:
    seed = bytes.fromhex((VECTORS / "seed.hex").read_text("ascii"))
    message = (VECTORS / "manifest.json").read_bytes()
    *_, kind, key = allowed_signers_line("releaser", signing_public(seed), NAMESPACE).split()
    assert sign_ssh(message, seed, NAMESPACE) == (VECTORS / "manifest.json.sig").read_text("ascii")
    assert f"{kind} {key} {NAMESPACE}\n" == (VECTORS / "key.pub").read_text("ascii")


def test_our_checker_accepts_what_ssh_keygen_signed() -> None:
    message = (VECTORS / "manifest.json").read_bytes()
    check_signature(message, (VECTORS / "manifest.json.sig").read_bytes(), PUBLIC)


GOOD = sign_ssh(MESSAGE, SEED, NAMESPACE)

OTHER_PUBLIC = signing_public(bytes(32))

REFUSED = {
    "another message": (MESSAGE + b" ", GOOD, PUBLIC),
    "another key": (MESSAGE, GOOD, OTHER_PUBLIC),
    "another purpose": (MESSAGE, sign_ssh(MESSAGE, SEED, "git"), PUBLIC),
    "another key's signature": (MESSAGE, sign_ssh(MESSAGE, bytes(32), NAMESPACE), PUBLIC),
    "other line ends": (MESSAGE, GOOD.replace("\n", "\r\n"), PUBLIC),
    "no armour": (MESSAGE, "".join(GOOD.splitlines()[1:-1]), PUBLIC),
    "cut short": (MESSAGE, GOOD.replace(GOOD.splitlines()[2] + "\n", ""), PUBLIC),
    "not base64": (MESSAGE, GOOD.replace("U1NI", "U1N!"), PUBLIC),
    "not ASCII": (MESSAGE, GOOD.replace("U1NI", "U1Né"), PUBLIC),
    "nothing": (MESSAGE, "", PUBLIC),
}


@pytest.mark.parametrize(("message", "armored", "public"), REFUSED.values(), ids=REFUSED)
def test_our_checker_refuses(message: bytes, armored: str, public: bytes) -> None:
    with pytest.raises(Wrong):
        check_signature(message, armored.encode(), public)


@pytest.mark.parametrize("principal", ["two words", "a,b", "*", "line\nbreak", ""])
def test_nothing_but_one_plain_word_becomes_a_principal(principal: str) -> None:
    with pytest.raises(ValueError, match="no spaces"):
        allowed_signers_line(principal, PUBLIC, NAMESPACE)

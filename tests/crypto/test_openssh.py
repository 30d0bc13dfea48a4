"""Whose OpenSSH signatures count: the lines of allowed signers, as ssh-keygen(1) has them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.crypto.openssh import read_allowed_signers
from house.recorders import make_key, public, signer


def test_a_line_names_a_key_what_for_and_when(tmp_path: Path) -> None:
    key = make_key(tmp_path)
    options = (
        'namespaces="file,callrec-recording",valid-after="20260101Z",valid-before="202707011230"'
    )
    (found,) = read_allowed_signers(f"# ours\n\n{signer(key, options)}")
    assert found.name == "hill-surgery-pbx"
    assert found.namespaces == {"file", "callrec-recording"}
    assert found.since == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.until == datetime(2027, 7, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_fingerprint_is_the_one_that_ssh_keygen_prints(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path, kind=kind)
    (found,) = read_allowed_signers(signer(key) + "\n")
    command = ["ssh-keygen", "-l", "-f", f"{key}.pub"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split()[1] == found.fingerprint


@pytest.mark.parametrize(
    "line",
    [
        "{key}",
        "a,b {key}",
        "* {key}",
        "a@*.example {key}",
        "!a {key}",
        "a cert-authority {key}",
        'a cert-authority,namespaces="x" {key}',
        'a namespaces="x",namespaces="y" {key}',
        'a valid-before="2027" {key}',
        'a valid-before="20271301" {key}',
        'a valid-before="tomorrow" {key}',
        "a ssh-ed25519",
        "a ssh-ed25519 AAAA",
        "a ssh-dss {blob}",
        "a ssh-rsa {blob}",
        "a ssh-ed25519 {cut}",
        "a {key}\nb {key}",
    ],
)
def test_what_might_name_another_than_it_seems_is_refused(tmp_path: Path, line: str) -> None:
    key = public(make_key(tmp_path))
    blob = key.split()[1]
    with pytest.raises(ValueError, match=r"^(line|the key|two lines)"):
        read_allowed_signers(line.format(key=key, blob=blob, cut=blob[:-8]))

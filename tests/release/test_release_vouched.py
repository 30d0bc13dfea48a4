"""A release says who vouches for each sound since when, and others find the same again."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callrec.telephone.recorder import NAMESPACE
from house.packages import Package
from house.practices import House
from house.recorders import SYSTEM, VECTORS, make_key, named, openpgp, signed, signer, stamped
from house.requests import approved
from house.spool import a_call, take_in
from house.time_authority import TimeAuthority, stamped_by, time_authority
from release.test_release_certified import in_one_line
from release.test_release_edited import SILENCED, opened, speech, with_comment


@pytest.fixture(scope="module", name="key")
def _key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


def a_speech(house: House) -> Path:
    path = a_call(house.folder / "spool")
    path.write_bytes(with_comment(speech()))
    return path


def found(package: Package, *arguments: str | Path) -> dict[str, Any]:
    """What the verifier in the package says, on a machine without callrec."""
    command = [sys.executable, "-I", "callrec_verify.py", "--json", *map(str, arguments)]
    done = subprocess.run(command, cwd=package.folder, capture_output=True, check=False)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def the_word(package: Package, *arguments: str | Path) -> dict[str, Any]:
    said = found(package, *arguments)
    assert (said["verdict"], said["problems"]) == ("FIRST-USE", [])
    ((word,),) = (each["words"] for each in said["recordings"])
    return dict(word)


def test_the_certificate_says_whose_key_vouches_since_when(
    house: House, key: Path, authority: TimeAuthority, tmp_path: Path
) -> None:
    named(house, signer(key, f'namespaces="{NAMESPACE}"'))
    stamped_by(house, authority)
    take_in(house, stamped(signed(a_speech(house), key), authority))
    approved(house, recordings=[1])
    package = opened(house)
    word = the_word(package)
    told = in_one_line(package)
    assert f"Vouched for by the telephone system's key {SYSTEM} ({word['key']}) since" in told
    assert "at the latest, says Test Time Root." in told
    assert (word["checked"], word["authority"]) == (True, "Test Time Root")
    assert b"WHO SIGNED THE SOUND" in package.read("VERIFY.txt")
    assert the_word(package, "--recorder", f"{key}.pub")["by_given"]
    _ssh_keygen_and_openssl_say_the_same(package, key, authority, tmp_path)
    other = make_key(tmp_path, "another")
    said = found(package, "--recorder", f"{other}.pub")
    assert said["verdict"] == "NOT VERIFIED"
    assert said["problems"] == [
        {
            "path": "the telephone system's signature",
            "what": "of recording 1 is not by a key that you gave, or not checked",
        }
    ]


def _ssh_keygen_and_openssl_say_the_same(
    package: Package, key: Path, authority: TimeAuthority, folder: Path
) -> None:
    """By what is in the package, without a program of ours."""
    signers = json.loads(package.read("signers.json"))
    (word,) = signers["recordings"][0]["intake"][0]["shown"]["words"]
    (folder / "call.sig").write_text(word["value"], "ascii")
    (folder / "allowed").write_text(signer(key), "ascii")
    verify = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", SYSTEM, "-n", NAMESPACE]
    original = package.read("recordings/01-original.wav")
    for sound, status in ((original, 0), (original[:-1], 255)):
        done = subprocess.run(
            [*verify, "-s", "call.sig"], cwd=folder, input=sound, capture_output=True, check=False
        )
        assert done.returncode == status
    (folder / "call.tsr").write_bytes(base64.b64decode(word["stamp"]))
    (folder / "root.pem").write_bytes(authority.root)
    stamped = ["openssl", "ts", "-verify", "-data", "call.sig", "-in", "call.tsr"]
    subprocess.run([*stamped, "-CAfile", "root.pem"], cwd=folder, check=True, capture_output=True)


def test_an_edited_copy_has_the_word_on_its_original(house: House, key: Path) -> None:
    """Which is not enclosed, and whose SHA-256 is enough."""
    named(house, signer(key))
    take_in(house, signed(a_speech(house), key))
    approved(house, recordings=[1])
    package = opened(house, edits=SILENCED)
    assert not (package.folder / "recordings/01-original.wav").exists()
    assert the_word(package)["checked"]
    assert "since it was taken in." in in_one_line(package)


def test_openpgp_is_checked_by_who_has_the_certificate(house: House) -> None:
    named(house, openpgp=[openpgp()])
    call = a_call(house.folder / "spool")
    Path(f"{call}.asc").write_bytes((VECTORS / "armoured.asc").read_bytes())
    take_in(house, call)
    approved(house, recordings=[1])
    package = opened(house)
    assert the_word(package)["why"] == "its certificate is not at hand"
    assert the_word(package, "--recorder", VECTORS / "certificate.asc")["checked"]


def test_what_vouches_for_nothing_is_told_as_that(house: House, key: Path) -> None:
    take_in(house, signed(a_speech(house), key))
    approved(house, recordings=[1])
    package = opened(house)
    told = in_one_line(package)
    assert "Signed by a key that the practice has not named for this" in told
    assert "nobody vouches for it." in told
    assert the_word(package)["standing"] == "unnamed"


def test_a_release_of_sounds_without_a_word_is_as_it_always_was(house: House) -> None:
    take_in(house, a_speech(house))
    approved(house, recordings=[1])
    package = opened(house)
    assert b'"words"' not in package.read("signers.json")
    assert found(package)["recordings"][0]["words"] == []
    assert "ouched for" not in in_one_line(package)
    assert b"WHO SIGNED THE SOUND" not in package.read("VERIFY.txt")

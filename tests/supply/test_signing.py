"""Who checks a release as docs/security.md says sees whatever was changed in it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from supply.release import NotReleased, add_up, ready, sign
from supply.signing import NAMESPACE, NotSigned, key_of, sigstore

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
(CHECK,) = re.findall(r"\n\n((?:    .*\n)*    ssh-keygen -Y verify (?:.*\n    )*.*\n)", PAGE)
"""The lines of the page, as they stand there."""
WHEEL = "callrec-1-py3-none-any.whl"
PROVENANCE = "callrec-1.intoto.jsonl"
REACHED = (
    f"Contact: tel:+441632960000\nExpires: {datetime.now(UTC).date() + timedelta(300)}T00:00:00Z\n"
)


def keygen(*arguments: object) -> None:
    subprocess.run(["ssh-keygen", "-q", *map(str, arguments)], check=True)


def commit(root: Path) -> None:
    for command in ("add .", "commit -qm x"):
        who = ("-c", "user.name=x", "-c", "user.email=x@x.invalid")
        subprocess.run(["git", *who, *command.split()], cwd=root, check=True)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("key") / "key"
    keygen("-t", "ed25519", "-N", "", "-C", "a maintainer", "-f", file)
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Path:
    """A folder with a release of a small project, signed; what allows its key lies above."""
    root = tmp_path_factory.mktemp("signed")
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    for name, text in {
        "constraints.txt": "pins",
        "requirements.txt": "fewer pins",
        "docs/allowed_signers": f'# who\ncallrec namespaces="{NAMESPACE}" {public}\n',
        "docs/.well-known/security.txt": REACHED,
        ".gitignore": "/build\n/dist\n/allowed_signers\n",
        "build/bundle/numpy-2.0-py3-none-any.whl": "a part",
        f"build/bundle/{WHEEL}": "the program",
        f"dist/{WHEEL}": "the program",
        "dist/callrec-1.tar.gz": "its source",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    commit(root)
    shutil.copy(root / "docs" / "allowed_signers", root)
    sign(root, root / "dist", root / "build", key)
    return root / "dist"


@pytest.fixture
def release(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.parent, tmp_path / "copy") / "dist")


def check(release: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", CHECK], cwd=release, capture_output=True, text=True, check=False
    )


def test_a_release_passes_the_check_of_the_page(release: Path) -> None:
    done = check(release)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f'Good "{NAMESPACE}" signature for callrec with ED25519 key')
    assert done.stdout.splitlines()[1:] == [
        f"{WHEEL}: OK",
        f"{PROVENANCE}: OK",
        "callrec-1.tar.gz: OK",
        "This release is the maintainers'.",
    ]


def changed(name: str) -> Callable[[Path], None]:
    def change(release: Path) -> None:
        data = bytearray((release / name).read_bytes())
        data[len(data) // 2] ^= 1
        (release / name).write_bytes(data)

    return change


def signed_anew(key: Path, namespace: str) -> Callable[[Path], None]:
    def change(release: Path) -> None:
        (release / "SHA256SUMS.sig").unlink()
        keygen("-Y", "sign", "-f", key, "-n", namespace, release / "SHA256SUMS")

    return change


def by_another(release: Path) -> None:
    """A wheel of somebody else, with sums that fit, under their own key."""
    (release / WHEEL).write_text("another program")
    (release / "SHA256SUMS.sig").unlink()
    keygen("-t", "ed25519", "-N", "", "-f", release / "key")
    keygen("-Y", "sign", "-f", release / "key", "-n", NAMESPACE, release / "SHA256SUMS")


def added_up_anew(release: Path) -> None:
    changed(WHEEL)(release)
    add_up(release)


def keys_of_ours(release: Path) -> None:
    shutil.copy(ROOT / "docs" / "allowed_signers", release.parent)


TAMPERED: dict[str, Callable[[Path], None]] = {
    "a sum": changed("SHA256SUMS"),
    "the signature": changed("SHA256SUMS.sig"),
    "the wheel": changed(WHEEL),
    "how it was built": changed(PROVENANCE),
    "the wheel and its sum": added_up_anew,
    "the wheel, its sum and the signature, by another key": by_another,
    "no signature": lambda release: (release / "SHA256SUMS.sig").unlink(),
    "no wheel": lambda release: (release / WHEEL).unlink(),
    "nothing, by a key that is not known": keys_of_ours,
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED.keys())
def test_the_check_of_the_page_refuses_what_was_changed(
    release: Path, tamper: Callable[[Path], None]
) -> None:
    tamper(release)
    done = check(release)
    assert (done.returncode != 0, "maintainers" in done.stdout) == (True, False)


@pytest.mark.parametrize("namespace", ["callrec-release", "file", "git"])
def test_what_the_same_key_signed_for_something_else_is_refused(
    release: Path, key: Path, namespace: str
) -> None:
    signed_anew(key, namespace)(release)
    assert check(release).returncode != 0


def opened(release: Path, key: Path) -> dict[str, Any]:
    """The statement in the envelope, once its signature was checked by what DSSE says."""
    (line,) = (release / PROVENANCE).read_text().splitlines()
    envelope = json.loads(line)
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    public = load_ssh_public_key(key.with_suffix(".pub").read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    (signature,) = envelope["signatures"]
    told = subprocess.run(["ssh-keygen", "-l", "-f", key], capture_output=True, check=True)
    assert signature["keyid"] == told.stdout.split()[1].decode()
    public.verify(
        base64.b64decode(signature["sig"]),
        b" ".join([b"DSSEv1", b"%d" % len(kind), kind, b"%d" % len(payload), payload]),
    )
    said: dict[str, Any] = json.loads(payload)
    return said


def test_how_it_was_built_is_signed_by_itself_with_the_same_key(release: Path, key: Path) -> None:
    assert opened(release, key)["_type"] == "https://in-toto.io/Statement/v1"
    text = (release / PROVENANCE).read_text()
    payload = json.loads(text)["payload"]
    forged = base64.b64encode(base64.b64decode(payload).replace(b"own-machine", b"sure-thing"))
    (release / PROVENANCE).write_text(text.replace(payload, forged.decode()))
    with pytest.raises(InvalidSignature):
        opened(release, key)


def test_how_it_was_built_names_what_was_made_from_what(release: Path, key: Path) -> None:
    said = opened(release, key)
    lines = (release / "SHA256SUMS").read_text().splitlines()
    sums = {line[66:]: line[:64] for line in lines}
    made = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
    assert {key for each in said["subject"] for key in each} == {"name", "digest"}
    assert made == {name: value for name, value in sums.items() if name != PROVENANCE}
    assert said["predicateType"] == "https://slsa.dev/provenance/v1"
    built, run = said["predicate"]["buildDefinition"], said["predicate"]["runDetails"]
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=release.parent, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert built["externalParameters"] == {
        "source": {"name": "callrec", "digest": {"gitCommit": commit}}
    }
    assert [each["name"] for each in built["resolvedDependencies"]] == [
        "callrec",
        "constraints.txt",
        "requirements.txt",
        "numpy-2.0-py3-none-any.whl",
    ]
    assert built["resolvedDependencies"][3]["uri"] == "pkg:pypi/numpy@2.0"
    assert all(each["digest"] for each in built["resolvedDependencies"])
    # Each names what security.md explains.
    assert run["builder"]["id"] in PAGE
    assert built["buildType"].startswith("https://callrec.invalid/")


def test_how_it_was_built_names_no_folder_person_or_address(release: Path, key: Path) -> None:
    said = json.dumps(opened(release, key))
    hosts = {"https://in-toto.io", "https://slsa.dev", "https://callrec.invalid"}
    assert set(re.findall(r"https?://[^/\"]+", said)) == hosts
    assert (str(release.parent) in said, os.uname().nodename in said) == (False, False)


def test_signed_again_it_is_the_same_to_the_byte(release: Path, key: Path) -> None:
    before = {each.name: each.read_bytes() for each in release.iterdir()}
    for name in (PROVENANCE, "SHA256SUMS", "SHA256SUMS.sig"):
        (release / name).unlink()
    sign(release.parent, release, release.parent / "build", key)
    assert {each.name: each.read_bytes() for each in release.iterdir()} == before


def test_a_running_agent_signs_for_the_public_file_alone(
    release: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = Path(shutil.copy(key.with_suffix(".pub"), tmp_path))
    for each in release.glob("*S*.sig"):
        each.unlink()
    with key_of(key) as held:
        monkeypatch.setenv("SSH_AUTH_SOCK", held.agent)
        (release / PROVENANCE).unlink()
        sign(release.parent, release, None, public)
    assert check(release).returncode == 0
    with pytest.raises(NotSigned, match="no ssh-agent answers"):
        sign(release.parent, release, None, public)


def test_an_agent_without_the_key_signs_nothing(
    release: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keygen("-t", "ed25519", "-N", "", "-f", tmp_path / "another")
    with key_of(key) as held:
        monkeypatch.setenv("SSH_AUTH_SOCK", held.agent)
        with pytest.raises(NotSigned, match="add it with ssh-add"):
            sign(release.parent, release, None, tmp_path / "another.pub")


def test_a_key_that_people_could_not_check_signs_no_release(release: Path, tmp_path: Path) -> None:
    keygen("-t", "ed25519", "-N", "", "-f", tmp_path / "another")
    with pytest.raises(NotReleased, match="is not in docs/allowed_signers"):
        ready(release.parent, key=tmp_path / "another", unsigned=False)
    (release / "SHA256SUMS.sig").unlink()
    with pytest.raises(NotSigned, match="allowed_signers does not have this key"):
        sign(release.parent, release, None, tmp_path / "another")
    keygen("-t", "ecdsa", "-N", "", "-f", tmp_path / "other-kind")
    with pytest.raises(NotSigned, match="is not an Ed25519 key"):
        ready(release.parent, key=tmp_path / "other-kind", unsigned=False)
    with pytest.raises(NotSigned, match="not both there"):
        ready(release.parent, key=tmp_path / "no-such-key", unsigned=False)


def test_nothing_is_released_without_a_key_or_that_being_said(release: Path, key: Path) -> None:
    checkout = release.parent
    with pytest.raises(NotReleased, match="SIGN=no"):
        ready(checkout, key=None, unsigned=False)
    ready(checkout, key=None, unsigned=True)
    ready(checkout, key=key, unsigned=False)
    (checkout / "constraints.txt").write_text("other pins")
    with pytest.raises(NotReleased, match="not committed"):
        ready(checkout, key=key, unsigned=False)


def test_nothing_is_signed_while_nobody_can_be_told_of_a_weakness(release: Path, key: Path) -> None:
    checkout = release.parent
    shutil.copy(ROOT / "docs" / ".well-known" / "security.txt", checkout / "docs" / ".well-known")
    commit(checkout)
    with pytest.raises(NotReleased, match="reaches nobody"):
        ready(checkout, key=key, unsigned=False)
    ready(checkout, key=None, unsigned=True)


def test_a_sigstore_bundle_needs_an_identity_and_what_then_fails_is_no_release(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SIGSTORE_IDENTITY_TOKEN", "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert "not made" in sigstore(Path("/bin/false"), release / "SHA256SUMS")
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", "a token")
    with pytest.raises(NotSigned, match="false did not do its part"):
        sigstore(Path("/bin/false"), release / "SHA256SUMS")

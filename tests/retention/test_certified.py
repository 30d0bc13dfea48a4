"""A certificate of destruction is signed, and whoever gets it can prove it with what they have."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from callrec.crypto.canonical import canonical
from callrec.errors import Refused, Unusable
from callrec.package import callrec_verify
from callrec.package.callrec_verify import Result
from callrec.package.destroyed import DestructionCertificate
from callrec.package.package import DESTRUCTION_NAMESPACE, member_of_bytes, sign_ssh
from callrec.package.page import write_page
from callrec.release.verify import DisplayCheck, verify_release
from callrec.retention import certified
from callrec.retention.certificate import certify_destruction
from callrec.retention.certified import issue_certificate, off_the_record
from house.erasures import approved_erasure, erase
from house.holds import verified, with_two_callers
from house.practices import House
from house.requests import signed_in
from package.pages import WORDS, a_release

PROGRAM = Path(callrec_verify.__file__)


@pytest.fixture
def erased(house: House) -> tuple[House, DestructionCertificate]:
    """One recording was erased, another kept."""
    with_two_callers(house)
    reference = approved_erasure(house, 1, kept=(2,))
    assert erase(house, reference).is_done
    found = certify_destruction(house.practice, reference, released_to=())
    assert found is not None
    return house, found


def issued(
    house: House, certificate: DestructionCertificate, to: Path, login: str = "dora"
) -> Path:
    to.mkdir(exist_ok=True)
    return issue_certificate(house.practice, signed_in(house, login), certificate, to)


def checked(folder: Path, pin: str = "") -> Result:
    files = {path.name: partial(BytesIO, path.read_bytes()) for path in folder.iterdir()}
    return callrec_verify.check(files, pin)


def wrong_with(folder: Path) -> list[str]:
    return [f"{each.path} {each.what}" for each in checked(folder).problems]


Erased = tuple[House, DestructionCertificate]


def test_python_alone_and_ssh_keygen_prove_it(erased: Erased, tmp_path: Path) -> None:
    house, certificate = erased
    folder = issued(house, certificate, tmp_path / "papers")
    pin = house.practice.root.hex()
    alone = [sys.executable, "-I", str(PROGRAM), str(folder), "--pin", pin]
    said = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout
    assert "destruction of 1 recording was approved by the Data Controller" in said.stdout
    assert "It was carried out by the Data Controller" in said.stdout
    assert said.stdout.endswith("VERIFIED\n")
    by = json.loads((folder / "destruction.json").read_text())["certified_by"]
    for name in ("destruction.json", "SHA256SUMS"):
        done = subprocess.run(
            [
                *("ssh-keygen", "-Y", "verify", "-f", folder / "allowed_signers", "-I", by),
                *("-n", DESTRUCTION_NAMESPACE, "-s", folder / f"{name}.sig"),
            ],
            input=(folder / name).read_bytes(),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    house.open()
    assert off_the_record(house.practice, checked(folder, pin)) == ()
    assert verified(house).problems == ()


def test_without_a_fingerprint_it_is_first_use_and_with_another_it_is_refused(
    erased: Erased, tmp_path: Path
) -> None:
    folder = issued(*erased, tmp_path / "papers")
    assert checked(folder).verdict == "FIRST-USE"
    assert checked(folder, "ab" * 32).exit_status == 5


def test_a_byte_that_is_another_is_told_in_every_file(erased: Erased, tmp_path: Path) -> None:
    folder = issued(*erased, tmp_path / "papers")
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        assert checked(folder).exit_status == 5, path.name
        path.unlink()
        assert checked(folder).exit_status == 5, path.name
        path.write_bytes(whole)
    (folder / "more.txt").write_bytes(b"more")
    assert wrong_with(folder) == ["more.txt is one file too many: it is not part of the release"]


def another(certificate: DestructionCertificate) -> DestructionCertificate:
    (first,) = certificate.recordings
    return replace(certificate, recordings=(replace(first, uid="ab" * 16),))


FALSE = {
    "of a recording that was not destroyed": (
        another,
        "destruction.json says another recording than was stated",
    ),
    "of more than were": (
        lambda c: replace(c, recordings=(*c.recordings, replace(c.recordings[0], recording=9))),
        "destruction.json says another recording than was stated",
    ),
    "another rule": (
        lambda c: replace(c, recordings=(replace(c.recordings[0], rule="routine, 1 year"),)),
        "destruction.json says another recording than was stated",
    ),
    "that nothing was kept": (
        lambda c: replace(c, kept=()),
        "destruction.json says another recording that is kept than was stated",
    ),
    "an earlier time": (
        lambda c: replace(c, done_at=c.done_at.replace(year=2020)),
        "destruction.json says another time at which it was complete than was stated",
    ),
    "another number": (
        lambda c: replace(c, reference="C-7"),
        "destruction.json says another certificate than was stated",
    ),
    "another request": (
        lambda c: replace(c, request_id="ab" * 16),
        "destruction.json says another request than was stated",
    ),
    "of nothing that was done": (
        lambda c: replace(c, id="ab" * 16),
        "signers.json does not show that anybody destroyed what the certificate says",
    ),
}


@pytest.mark.parametrize(("change", "wrong"), FALSE.values(), ids=FALSE)
def test_a_false_certificate_is_refused_though_its_maker_signed_and_logged_it(
    erased: Erased,
    tmp_path: Path,
    change: Callable[[DestructionCertificate], DestructionCertificate],
    wrong: str,
) -> None:
    house, certificate = erased
    assert wrong in wrong_with(issued(house, change(certificate), tmp_path / "papers"))


def without(certificate: DestructionCertificate, place: int) -> DestructionCertificate:
    """What carries it, without one of its entries: approval, destruction, completion."""
    entries = list(certificate.entries)
    del entries[place]
    return replace(certificate, entries=tuple(entries))


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, "does not show every approval under which the recordings were destroyed"),
        (1, "does not show that anybody destroyed what the certificate says"),
        (2, "does not show that the destruction was complete"),
    ],
)
def test_what_is_not_shown_is_not_proven(
    erased: Erased, tmp_path: Path, place: int, wrong: str
) -> None:
    house, certificate = erased
    folder = issued(house, without(certificate, place), tmp_path / "papers")
    assert wrong_with(folder) == [f"signers.json {wrong}"]


def test_a_signature_over_another_text_is_no_proof_without_the_log(
    erased: Erased, tmp_path: Path
) -> None:
    house, certificate = erased
    folder = issued(house, certificate, tmp_path / "papers")
    said = json.loads((folder / "destruction.json").read_text())
    said["media"] = [{"recordings": 1, "serial": None, "volume": "x", "written_anew_at": None}]
    identity = signed_in(house, "dora").identity
    assert identity is not None
    (folder / "destruction.json").write_bytes(canonical(said))
    signature = sign_ssh(canonical(said).decode().encode(), identity.act, DESTRUCTION_NAMESPACE)
    (folder / "destruction.json.sig").write_text(signature)
    assert "destruction.tlog-proof is about another destruction.json" in wrong_with(folder)


def test_who_may_not_decide_it_certifies_nothing(
    erased: Erased, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, certificate = erased
    with pytest.raises(Refused):
        issued(house, certificate, tmp_path / "papers", login="max")
    assert not list((tmp_path / "papers").iterdir())
    monkeypatch.setattr(certified, "check_may", lambda *_args, **_more: None)
    folder = issued(house, certificate, tmp_path / "papers", login="max")
    wrong = "does not give the person who certified it the power to have recordings destroyed"
    assert f"signers.json {wrong}" in wrong_with(folder)


def test_a_page_around_a_certificate_shows_what_nobody_signed(
    erased: Erased, tmp_path: Path
) -> None:
    folder, page = issued(*erased, tmp_path / "papers"), tmp_path / "page.html"
    members = [member_of_bytes(path.name, path.read_bytes()) for path in folder.iterdir()]
    write_page(members, page, WORDS, a_release()[1], seed=bytes(32))
    found = verify_release(page, pin=None, passphrase=lambda: WORDS)
    assert (found.result.verdict, found.display) == ("NOT VERIFIED", DisplayCheck.CHANGED)


def test_one_is_not_written_over_another(erased: Erased, tmp_path: Path) -> None:
    house, certificate = erased
    issued(house, certificate, tmp_path / "papers")
    with pytest.raises(Unusable, match="is there already"):
        issued(house, certificate, tmp_path / "papers")


def test_one_of_a_log_that_went_on_otherwise_is_not_on_record(
    erased: Erased, tmp_path: Path
) -> None:
    house, certificate = erased
    vault = house.practice.folder
    house.practice.engine.dispose()
    shutil.copytree(vault, tmp_path / "before")
    house.open()
    folder = issued(house, certificate, tmp_path / "papers")
    house.practice.engine.dispose()
    shutil.rmtree(vault)
    shutil.copytree(tmp_path / "before", vault)
    shutil.rmtree(house.practice.state_folder, ignore_errors=True)
    house.open()
    (problem,) = off_the_record(house.practice, checked(folder))
    assert problem.what.startswith("is not on this practice's record")

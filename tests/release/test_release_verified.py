"""A release that the procedure made, checked by the program that lies in it and by callrec."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callrec.package import callrec_verify as checker
from callrec.package.callrec_verify import PROVES, check, files_in
from callrec.policy.edits import Silence, Span, TypedEdit
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.release.verify import verify_release
from house import practices
from house.packages import Package, a_package
from house.practices import House
from house.requests import approved, with_recordings
from package.checking import run
from release.test_release_certified import released


@pytest.fixture(scope="session")
def of_another_practice(another: House, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The same people, calls and request, in a vault with keys of its own."""
    house = with_recordings(practices.copy(another, tmp_path_factory.mktemp("another")))
    approved(house)
    return a_package(house)


@pytest.fixture
def opened(package: Package, tmp_path: Path) -> Path:
    """A copy of the opened package, to do something to."""
    shutil.copytree(package.folder, tmp_path / "opened")
    return tmp_path / "opened"


def pin_of(package: Package) -> str:
    return package.house.practice.root.hex()


def test_it_is_verified_under_the_practice_s_fingerprint(package: Package) -> None:
    ran = run(package.folder, "--pin", pin_of(package))
    assert (ran.status, ran.last, ran.complaint) == (0, "VERIFIED", "")
    assert f"{PROVES}." in ran.lines


def test_it_is_first_use_without_one(package: Package) -> None:
    ran = run(package.folder)
    assert (ran.status, ran.last) == (9, "FIRST-USE")


def test_the_practice_s_fingerprint_does_not_fit_another_practice_s_release(
    package: Package, of_another_practice: Package
) -> None:
    ran = run(of_another_practice.folder, "--pin", pin_of(package))
    wrong = "the fingerprint that you gave is not this release's: it is not from that practice"
    assert (ran.status, ran.last) == (5, f"NOT VERIFIED: {wrong}")


def put(path: str) -> Callable[[Path, Path], object]:
    """Put the other practice's file in place of this one's."""
    return lambda folder, other: (folder / path).write_bytes((other / path).read_bytes())


def changed(path: str) -> Callable[[Path, Path], object]:
    def change(folder: Path, other: Path) -> None:
        del other
        data = (folder / path).read_bytes()
        (folder / path).write_bytes(bytes([*data[:-9], data[-9] ^ 1, *data[-8:]]))

    return change


TAMPERED: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "a proof from another log": (
        put("release.tlog-proof"),
        "release.tlog-proof is from another log than the one that manifest.json names",
    ),
    "another's keys": (
        put("signers.json"),
        "the fingerprint that you gave is not this release's: it is not from that practice",
    ),
    "another's signer": (
        put("allowed_signers"),
        "manifest.json.sig is not a signature by the key in allowed_signers",
    ),
    "another's manifest": (
        put("manifest.json"),
        "manifest.json is damaged: its bytes are not those that were signed",
    ),
    "a byte of a recording": (
        changed("recordings/01-original.wav"),
        "recordings/01-original.wav is damaged: its bytes are not those that were signed",
    ),
    "a byte of the certificate": (
        changed("certificate.pdf"),
        "certificate.pdf is damaged: its bytes are not those that were signed",
    ),
    "a byte of the list": (
        changed("SHA256SUMS"),
        "SHA256SUMS.sig is not a signature by the key in allowed_signers",
    ),
    "a file missing": (
        lambda folder, _: (folder / "recordings/01-listening.wav").unlink(),
        "recordings/01-listening.wav is missing",
    ),
    "a file too many": (
        lambda folder, _: (folder / "recordings/03-original.wav").write_bytes(b"RIFF"),
        "recordings/03-original.wav is one file too many: it is not part of the release",
    ),
}


@pytest.mark.parametrize(("tamper", "wrong"), TAMPERED.values(), ids=TAMPERED)
def test_whatever_is_done_to_it_is_said_in_its_own_words(
    package: Package,
    of_another_practice: Package,
    opened: Path,
    tamper: Callable[[Path, Path], object],
    wrong: str,
) -> None:
    tamper(opened, of_another_practice.folder)
    ran = run(opened, "--pin", pin_of(package))
    assert ran.status == 5
    assert ran.last.startswith("NOT VERIFIED: ")
    assert f"WRONG: {wrong}." in ran.lines


def test_callrec_says_the_same_of_the_zip_as_it_went_out(package: Package) -> None:
    released = package.released
    found = verify_release(
        released.path, pin=package.house.practice.root, passphrase=lambda: released.passphrase
    )
    assert found.result.verdict == "VERIFIED"
    assert found.result == check(files_in(str(package.folder)), pin_of(package))
    assert found.result.entry["seq"] == released.audit_seq
    assert {file.path for file in found.files} == set(package.files)


def test_a_zip_and_a_folder_show_nothing_but_their_files(package: Package) -> None:
    released = package.released
    for path in (released.path, package.folder):
        found = verify_release(path, pin=None, passphrase=lambda: released.passphrase)
        assert found.display is None


def test_the_length_and_the_beginning_of_each_call_are_told(package: Package) -> None:
    found = verify_release(package.folder, pin=None, passphrase=str)
    (first,) = [file for file in found.files if file.path == "recordings/01-original.wav"]
    said = next(file for file in package.manifest["files"] if file["path"] == first.path)
    assert (first.state, first.role, first.recording) == ("ok", "original", 1)
    assert (first.local_time, first.duration_s) == (said["local_time"], said["duration_ms"] / 1000)
    assert first.local_time == "2024-07-04T14:05:01.000+01:00"


OF_A_PURPOSE: dict[str, tuple[Purpose, dict[str, Any], set[str]]] = {
    "subject access": (Purpose.SUBJECT_ACCESS, {}, {"YOUR-RIGHTS.txt"}),
    "portability": (Purpose.PORTABILITY, {}, {"calls.json", "calls.csv"}),
    "outside body": (
        Purpose.OUTSIDE_BODY,
        {"exhibit": "ST/1", "medium_serial": "A1B2", "second": "max"},
        {"exhibit-label.pdf"},
    ),
    "clipped and silenced": (
        Purpose.COMPLAINT,
        {
            "edits": (
                TypedEdit(1, Span(50, 200)),
                TypedEdit(1, Silence(Span(60, 91), Ground.NOT_RELEVANT)),
            )
        },
        set(),
    ),
}


@pytest.mark.parametrize(("purpose", "said", "beside"), OF_A_PURPOSE.values(), ids=OF_A_PURPOSE)
def test_what_goes_with_it_by_its_purpose_is_checked_too(
    stocked: House, purpose: Purpose, said: dict[str, Any], beside: set[str]
) -> None:
    package = released(stocked, purpose, **said)
    assert beside <= set(package.files)
    ran = run(package.folder, "--pin", pin_of(package))
    assert (ran.status, ran.last) == (0, "VERIFIED")
    for path in beside:
        changed(path)(package.folder, package.folder)
        assert f"WRONG: {path} {checker.STATES['damaged']}." in run(package.folder).lines


def test_what_was_edited_and_left_out_is_told_in_words(stocked: House) -> None:
    purpose, said, _ = OF_A_PURPOSE["clipped and silenced"]
    package = released(stocked, purpose, **said)
    found = verify_release(package.folder, pin=None, passphrase=str)
    silenced = f"silence from 0:00.060 to 0:00.091: {Ground.NOT_RELEVANT.meaning}"
    assert found.remarks == (
        "recordings/01-listening.wav: only 0:00.050 to 0:00.200 of the original is in it",
        f"recordings/01-listening.wav: {silenced}",
        "the original of recording 1 is not enclosed: its copy leaves something out",
    )


def test_a_release_from_a_log_that_was_forked_is_not_on_the_practice_s_record(
    granted: House, tmp_path: Path
) -> None:
    """Somebody releases from a copy of the catalogue: all is right, but for the practice's log."""
    office = granted
    forked = practices.copy(office, tmp_path / "forked")
    package = a_package(forked)
    found = verify_release(package.folder, pin=None, passphrase=str, practice=forked.practice)
    assert (found.is_on_record, found.result.problems) == (True, ())
    found = verify_release(package.folder, pin=None, passphrase=str, practice=office.practice)
    assert found.is_on_record is False
    assert found.result.exit_status == 5
    assert [f"{each.path} {each.what}" for each in found.result.problems] == [
        "the release is not on this practice's record: its log has no such entry"
    ]


def test_of_another_practice_s_release_the_vault_at_hand_says_nothing(
    granted: House, of_another_practice: Package
) -> None:
    office = granted
    folder = of_another_practice.folder
    found = verify_release(folder, pin=None, passphrase=str, practice=office.practice)
    assert found.is_on_record is None


def test_it_shows_who_approved_it_and_how_it_came_in(package: Package) -> None:
    first, second = check(files_in(str(package.folder))).traces.values()
    assert (first.taken_in_by, second.taken_in_by) == ("manager", "manager")
    assert (first.approved_by, first.countersigned_by) == ("manager", "")
    words = "\n".join(run(package.folder).lines)
    assert "was taken in by a manager, by hand, on" in words
    assert "not matched by the telephone system's own call records." in words

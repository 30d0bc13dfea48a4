"""What a time stamp in a release shows, and what is said where somebody was at it.

A person who changes one here has the releaser's own key, and signs the list of files anew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from callrec.package import callrec_verify
from callrec.package.callrec_verify import STAMP, STAMP_ROOTS, Result, as_json, in_words, read_proof
from callrec.package.package import VERIFIER
from house.time_authority import make_authority, stamp_of
from package.offices import Office, an_office, resigned, write_files

NAME = "Test Time Root"


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    make_authority(folder, NAME)
    return folder


@pytest.fixture(name="forger", scope="module")
def _forger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forger")
    make_authority(folder, NAME)
    return folder


@pytest.fixture(name="office", scope="module")
def _office() -> Office:
    return an_office()


@pytest.fixture(name="plain", scope="module")
def _plain(office: Office) -> dict[str, bytes]:
    return office.release()


def note_of(files: dict[str, bytes]) -> bytes:
    return read_proof(files["release.tlog-proof"]).head.note


def stamped(
    office: Office, plain: dict[str, bytes], by: Path, note: bytes = b""
) -> dict[str, bytes]:
    """The release with a stamp of its checkpoint, or of another one."""
    there = {
        STAMP: stamp_of(by, note or note_of(plain)),
        STAMP_ROOTS: (by / "root.pem").read_bytes(),
    }
    return resigned(plain, office.keys["sam"], there)


def check(files: dict[str, bytes], roots: bytes = b"") -> Result:
    opened = {path: partial(BytesIO, data) for path, data in files.items()}
    return callrec_verify.check(opened, time_certificates=roots)


def wrong(result: Result) -> list[str]:
    return [f"{each.path} {each.what}" for each in result.problems]


def test_a_release_without_a_stamp_claims_no_time(plain: dict[str, bytes]) -> None:
    result = check(plain)
    assert (result.verdict, result.time, result.time_unchecked) == ("FIRST-USE", None, "")
    assert not any("signed no later" in line for line in in_words(result))


def test_a_stamp_says_by_when_and_whose_word_that_is(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    result = check(stamped(office, plain, authority))
    assert result.verdict == "FIRST-USE"
    assert result.time is not None
    assert (result.time.authority, result.time.certificates) == (NAME, "enclosed")
    words = " ".join(in_words(result))
    assert "It was signed no later than " in words
    assert f"{NAME}, a time-stamping authority whose certificate came with these files." in words


def test_the_authority_s_own_certificate_is_given(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    roots = (authority / "root.pem").read_bytes()
    result = check(stamped(office, plain, authority), roots)
    assert result.time is not None
    assert result.time.certificates == "given"
    assert "whose certificate you gave." in " ".join(in_words(result))


def test_a_whole_authority_made_up_is_shown_by_the_certificate_that_is_given(
    office: Office, plain: dict[str, bytes], authority: Path, forger: Path
) -> None:
    roots = (authority / "root.pem").read_bytes()
    result = check(stamped(office, plain, forger), roots)
    assert wrong(result) == ["time.tsr is a time stamp by nobody whose certificate is at hand"]
    assert result.time is None


def test_a_stamp_by_another_than_the_certificates_beside_it_is_wrong(
    office: Office, plain: dict[str, bytes], authority: Path, forger: Path
) -> None:
    files = stamped(office, plain, forger)
    roots = (authority / "root.pem").read_bytes()
    files = resigned(files, office.keys["sam"], {STAMP_ROOTS: roots})
    assert wrong(check(files)) == [
        "time.tsr is a time stamp by nobody whose certificate is at hand"
    ]


def test_a_stamp_of_another_release_or_log_is_wrong(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    another = note_of(an_office("ab" * 16).release())
    files = stamped(office, plain, authority, another)
    assert wrong(check(files)) == ["time.tsr is a time stamp of something else"]


def test_an_earlier_stamp_of_the_same_log_is_wrong(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    """Of a checkpoint that came before this release: it would be older than it was."""
    before = office.head(3, "dora")
    assert wrong(check(stamped(office, plain, authority, before))) == [
        "time.tsr is a time stamp of something else"
    ]


@pytest.mark.parametrize("kept", [STAMP, STAMP_ROOTS])
def test_one_of_the_two_alone_is_wrong(
    office: Office, plain: dict[str, bytes], authority: Path, kept: str
) -> None:
    files = stamped(office, plain, authority)
    other = STAMP_ROOTS if kept == STAMP else STAMP
    del files[other]
    assert wrong(check(resigned(files, office.keys["sam"]))) == [f"{other} is missing"]


def test_a_stamp_that_is_taken_away_is_missed_by_the_list_of_files(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    files = stamped(office, plain, authority)
    del files[STAMP], files[STAMP_ROOTS]
    assert {f"{STAMP} is missing", f"{STAMP_ROOTS} is missing"} <= {*wrong(check(files))}


@pytest.mark.parametrize("stamp", [b"", b"words", bytes(5000)], ids=["nothing", "words", "zeros"])
def test_what_is_no_stamp_is_wrong(
    office: Office, plain: dict[str, bytes], authority: Path, stamp: bytes
) -> None:
    files = resigned(stamped(office, plain, authority), office.keys["sam"], {STAMP: stamp})
    assert wrong(check(files)) == ["time.tsr is not a time stamp"]


def test_a_stamp_with_another_time_in_it_is_wrong(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    files = stamped(office, plain, authority)
    at = files[STAMP].index(b"\x18\x0f20") + 2
    earlier = files[STAMP][:at] + b"2019" + files[STAMP][at + 4 :]
    files = resigned(files, office.keys["sam"], {STAMP: earlier})
    assert wrong(check(files)) == [
        "time.tsr is a time stamp by nobody whose certificate is at hand"
    ]


def test_signatures_of_others_on_the_checkpoint_leave_its_stamp_what_it_is() -> None:
    note = b"callrec/ab\n7\nroot\n\n\xe2\x80\x94 callrec/ab one\n"
    more = note + b"\xe2\x80\x94 witness.example two\n"
    assert callrec_verify.stamped_hash(more) == callrec_verify.stamped_hash(note)
    assert callrec_verify.stamped_hash(note[:-1] + b"x\n") != callrec_verify.stamped_hash(note)


def test_the_program_alone_with_python_and_openssl_tells_the_time(
    office: Office, plain: dict[str, bytes], authority: Path, tmp_path: Path
) -> None:
    folder = write_files(tmp_path / "opened", stamped(office, plain, authority))
    program = folder / VERIFIER
    roots = str(authority / "root.pem")
    command = [sys.executable, "-I", str(program), str(folder), "--time-certificates", roots]
    done = subprocess.run([*command, "--json"], capture_output=True, check=False, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert done.returncode == 9, done
    assert (said["time"]["authority"], said["time"]["certificates"]) == (NAME, "given")


def test_a_stamp_with_something_behind_it_is_none(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    files = stamped(office, plain, authority)
    longer = resigned(files, office.keys["sam"], {**files, STAMP: files[STAMP] + b"ten bytes."})
    assert f"{STAMP} is not a time stamp" in wrong(check(longer))


def test_a_stamp_from_before_what_it_is_of_is_told_of(
    office: Office, plain: dict[str, bytes], authority: Path
) -> None:
    result = check(stamped(office, plain, authority))
    assert result.time is not None
    assert "times_apart" in as_json(result)
    early = replace(result, time=replace(result.time, at="2019-12-01T10:00:00Z"))
    assert any("before the log says that" in line for line in in_words(early))


def test_whose_certificates_are_given_asks_for_a_stamp(
    plain: dict[str, bytes], authority: Path
) -> None:
    result = check(plain, roots=(authority / "root.pem").read_bytes())
    assert result.verdict == "NOT VERIFIED"
    assert [(each.path, each.what) for each in result.problems] == [
        (STAMP, "is not there: nothing here says by when")
    ]


def test_by_hand_openssl_says_the_same(
    office: Office, plain: dict[str, bytes], authority: Path, tmp_path: Path
) -> None:
    """As VERIFY.txt has it."""
    folder = write_files(tmp_path, stamped(office, plain, authority))
    by_hand = "sed '1,/^$/d' release.tlog-proof > ../checkpoint && openssl ts -verify"
    command = f"{by_hand} -data ../checkpoint -in {STAMP} -CAfile {STAMP_ROOTS}"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"Verification: OK" in done.stdout + done.stderr


def test_where_there_is_no_openssl_the_time_is_not_checked_and_nothing_else_changes(
    office: Office,
    plain: dict[str, bytes],
    authority: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = stamped(office, plain, authority)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = check(files)
    assert (result.verdict, result.time) == ("FIRST-USE", None)
    assert any(line.startswith("Time not checked: ") for line in in_words(result))


def test_libressl_is_no_openssl(
    office: Office,
    plain: dict[str, bytes],
    authority: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = stamped(office, plain, authority)
    there = tmp_path / "openssl"
    there.write_text("#!/bin/sh\necho LibreSSL 3.3.6\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert check(files).time_unchecked

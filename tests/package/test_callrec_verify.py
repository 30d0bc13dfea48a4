"""The checker that lies in each release: what it says of right, damaged and forged ones."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrec.package import callrec_verify as checker
from package.checking import PROGRAM, run
from package.offices import an_office, check, resigned, what_is_wrong, write_files

OFFICE = an_office()

RIGHT = OFFICE.release()
"""Every file of a release with which nothing is wrong."""


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    return write_files(tmp_path / "release", RIGHT)


def test_a_right_release_under_the_right_pin_is_verified(opened: Path) -> None:
    ran = run(opened, "--pin", OFFICE.root)
    assert (ran.status, ran.last, ran.complaint) == (0, "VERIFIED", "")
    assert ran.lines[0] == "A release by Dr Müller & Partners, for request R-17."
    assert "TRUST: pinned" in ran.lines
    groups = [OFFICE.root[at : at + 8] for at in range(0, 64, 8)]
    assert f"Fingerprint in this release: {' '.join(groups)}" in ran.lines
    assert f"{checker.PROVES}." in ran.lines


def test_without_a_pin_it_is_first_use_and_what_to_do_is_said(opened: Path) -> None:
    ran = run(opened)
    assert (ran.status, ran.last, ran.complaint) == (9, "FIRST-USE", "")
    assert "TRUST: first-use" in ran.lines
    assert "Compare it with one that did not come" in " ".join(ran.lines)
    assert not any(line.startswith("VERIFIED") for line in ran.lines)


def test_the_copy_in_the_package_says_the_same_of_the_folder_it_lies_in(opened: Path) -> None:
    ran = run(opened, "--pin", OFFICE.root, program=opened / "callrec_verify.py")
    assert (ran.status, ran.last) == (0, "VERIFIED")


def test_it_says_what_the_check_proves_and_what_it_cannot_show(opened: Path) -> None:
    for pin in ([], ["--pin", OFFICE.root]):
        told = " ".join(run(opened, *pin).lines)
        assert "proves that these are the files released on this record; not who speaks." in told
        assert "cannot show whether the practice took the signer's key away later" in told


@pytest.mark.parametrize(
    "spelt",
    [
        [OFFICE.root.upper()],
        [" ".join(OFFICE.root[at : at + 8] for at in range(0, 64, 8))],
        ["-".join(OFFICE.root[at : at + 8] for at in range(0, 64, 8))],
        [OFFICE.root[at : at + 8] for at in range(0, 64, 8)],
    ],
    ids=["capitals", "spaces", "hyphens", "eight words"],
)
def test_a_pin_may_be_grouped_as_people_write_it(opened: Path, spelt: list[str]) -> None:
    assert run(opened, ".", "--pin", *spelt).status == 0


@pytest.mark.parametrize("pin", ["12345678", OFFICE.root + "0", "g" * 64, ""])
def test_what_is_no_fingerprint_is_not_taken_for_one(opened: Path, pin: str) -> None:
    ran = run(opened, "--pin", pin)
    assert (ran.status, ran.lines) == (2, [])
    assert "a fingerprint has 64 digits" in ran.complaint


@pytest.mark.parametrize("folder", ["nowhere", "manifest.json"])
def test_what_is_no_folder_cannot_be_checked(opened: Path, folder: str) -> None:
    ran = run(opened, folder)
    assert (ran.status, ran.lines) == (2, [])
    assert "open the package first" in ran.complaint


def test_a_folder_without_a_release_is_not_verified(tmp_path: Path) -> None:
    ran = run(tmp_path, "--pin", OFFICE.root)
    assert (ran.status, ran.last[:12]) == (5, "NOT VERIFIED")
    assert "WRONG: manifest.json is missing." in ran.lines


def test_re_signed_by_somebody_else_with_a_log_of_his_own_the_pin_tells(tmp_path: Path) -> None:
    fake = an_office(family="fake").release()
    ran = run(write_files(tmp_path, fake), "--pin", OFFICE.root)
    wrong = "the fingerprint that you gave is not this release's: it is not from that practice"
    assert (ran.status, ran.last) == (5, f"NOT VERIFIED: {wrong}")
    assert [line for line in ran.lines if line.startswith("WRONG")] == [f"WRONG: {wrong}."]
    assert "TRUST: none" in ran.lines


def test_damaged_keys_are_not_taken_for_another_practice_s(tmp_path: Path) -> None:
    ran = run(write_files(tmp_path, {**RIGHT, "signers.json": b"{"}), "--pin", OFFICE.root)
    assert ran.status == 5
    assert not any("--pin" in line for line in ran.lines)
    assert any(line.startswith("WRONG: signers.json") for line in ran.lines)


def test_a_whole_fake_without_a_pin_is_first_use_and_no_more() -> None:
    assert check(an_office(family="fake").release()).verdict == "FIRST-USE"


def test_re_signed_by_another_key_the_log_vouches_for_the_first(tmp_path: Path) -> None:
    changed = {"recordings/01-original.wav": b"RIFF another"}
    ran = run(
        write_files(tmp_path, resigned(RIGHT, OFFICE.keys["mallory"], changed)),
        "--pin",
        OFFICE.root,
    )
    assert ran.status == 5
    assert "WRONG: allowed_signers has another key than signers.json vouches for." in ran.lines


def test_a_proof_from_another_log_is_told(tmp_path: Path) -> None:
    other = an_office(vault="77" * 16).release()["release.tlog-proof"]
    files = resigned(RIGHT, OFFICE.keys["sam"], {"release.tlog-proof": other})
    ran = run(write_files(tmp_path, files), "--pin", OFFICE.root)
    wrong = "release.tlog-proof is from another log than the one that manifest.json names"
    assert (ran.status, ran.last) == (5, f"NOT VERIFIED: {wrong}")


def test_a_proof_from_another_log_of_the_same_name_is_told() -> None:
    other = an_office(family="fake").release()["release.tlog-proof"]
    files = resigned(RIGHT, OFFICE.keys["sam"], {"release.tlog-proof": other})
    wrong = "signers.json has an entry 0 that does not stand there in the log of the proof"
    assert wrong in what_is_wrong(files, OFFICE.root)


@pytest.mark.parametrize("path", RIGHT)
def test_one_byte_changed_in_any_file_is_told_by_its_name(path: str) -> None:
    changed = {**RIGHT, path: RIGHT[path][:-1] + bytes([RIGHT[path][-1] ^ 1])}
    result = check(changed, OFFICE.root)
    assert result.exit_status == 5
    assert path.removesuffix(".sig") in {p.path.removesuffix(".sig") for p in result.problems}


@given(st.sampled_from(sorted(RIGHT)), st.integers(min_value=0), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_no_bit_of_any_file_can_be_changed_unseen(path: str, place: int, bit: int) -> None:
    data = bytearray(RIGHT[path])
    data[place % len(data)] ^= 1 << bit
    files = {**RIGHT, path: bytes(data)}
    assert check(files, OFFICE.root).exit_status == 5


@pytest.mark.parametrize("path", RIGHT)
def test_a_file_missing_is_told_by_its_name(opened: Path, path: str) -> None:
    (opened / path).unlink()
    result = checker.check(checker.files_in(str(opened)), OFFICE.root)
    assert (result.exit_status, result.states[path]) == (5, "missing")
    assert f"{path} is missing" in [f"{each.path} {each.what}" for each in result.problems]


@pytest.mark.parametrize("path", ["more.wav", "recordings/02-original.wav", "a/b/c", "calls.csv"])
def test_a_file_too_many_is_told_by_its_name(opened: Path, path: str) -> None:
    write_files(opened, {path: b""})
    ran = run(opened, "--pin", OFFICE.root)
    wrong = f"{path} is one file too many: it is not part of the release"
    assert (ran.status, ran.last) == (5, f"NOT VERIFIED: {wrong}")


def test_what_a_system_put_there_is_told_with_what_to_do(opened: Path) -> None:
    write_files(opened, {"recordings/.DS_Store": b"\0"})
    assert run(opened, "--pin", OFFICE.root).last.endswith(
        "macOS made it: delete it and check again"
    )


def test_links_and_pipes_are_told_and_not_opened(opened: Path, tmp_path: Path) -> None:
    for path in ("certificate.pdf", "manifest.json", "recordings"):
        (opened / path).rename(tmp_path / path)
        (opened / path).symlink_to(tmp_path / path)
    (opened / "VERIFY.txt").unlink()
    os.mkfifo(opened / "VERIFY.txt")
    ran = run(opened, "--pin", OFFICE.root)
    odd = "is a link or a device and no plain file; it was not opened"
    assert ran.status == 5
    for path in ("certificate.pdf", "manifest.json", "recordings", "VERIFY.txt"):
        told = [line for line in ran.lines if line.startswith(f"WRONG: {path} ")]
        assert told == [f"WRONG: {path} {odd}."] or path == "manifest.json"
        assert f"WRONG: {path} {odd}." in told
    assert "WRONG: recordings/01-original.wav is missing." in ran.lines


def test_what_comes_from_outside_cannot_act_on_the_terminal(opened: Path) -> None:
    write_files(opened, {"\x1b[2Jx\nVERIFIED": b""})
    ran = run(opened, "--pin", OFFICE.root)
    assert ran.last.startswith("NOT VERIFIED: \\u001b[2Jx\\u000aVERIFIED is one file too many")


def test_a_terminal_that_lacks_letters_gets_them_written_out(opened: Path) -> None:
    ran = run(opened, "--pin", OFFICE.root, python=("-X", "utf8=0"))
    assert (ran.status, ran.complaint) == (0, "")
    assert ran.lines[0] == "A release by Dr M\\xfcller & Partners, for request R-17."


def test_a_program_gets_one_document(opened: Path) -> None:
    write_files(opened, {"more.wav": b""})
    ran = run(opened, "--json", "--pin", OFFICE.root)
    value = json.loads("\n".join(ran.lines))
    assert ran.status == 5
    assert (value["verdict"], value["trust"]) == ("NOT VERIFIED", "pinned")
    assert (value["fingerprint"], value["request"]) == (OFFICE.root, "R-17")
    assert value["problems"] == [
        {"path": "more.wav", "what": "is one file too many: it is not part of the release"}
    ]
    states = {each["path"]: each["state"] for each in value["files"]}
    assert states == {**dict.fromkeys(RIGHT, "ok"), "more.wav": "extra"}


def test_a_manifest_with_an_edit_that_lacks_its_span_is_none() -> None:
    right = an_office().release()
    said = json.loads(right["manifest.json"])
    said["files"][0]["edits"] = [{"what": "clip"}]
    forged = {**right, "manifest.json": checker.canonical(said)}
    assert "manifest.json is not in its form" in what_is_wrong(forged, OFFICE.root)


def test_no_text_at_all_is_no_time() -> None:
    assert not checker.fits("", "time")


def test_it_is_one_file_that_python_3_9_reads_with_nothing_but_its_own_library() -> None:
    tree = ast.parse(PROGRAM.read_text("utf-8"), feature_version=(3, 9))
    imported = {
        (each.module if isinstance(each, ast.ImportFrom) else each.names[0].name) or ""
        for each in ast.walk(tree)
        if isinstance(each, (ast.Import, ast.ImportFrom))
    }
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not imported & {"socket", "urllib", "http", "ssl"}


def test_it_starts_three_programs_by_name_and_nothing_else() -> None:
    tree = ast.parse(PROGRAM.read_text("utf-8"))
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    (started,) = (each for each in calls if ast.unparse(each.func).startswith("subprocess."))
    assert ast.unparse(started.args[0]) == "[shutil.which(program) or program, *arguments]"
    asking = (each for each in calls if ast.unparse(each.func) in {"ask", "_asked"})
    asked = {ast.unparse(each.args[0]) for each in asking}
    assert asked == {"'openssl'", "'ssh-keygen'", "'gpgv'", "program"}  # the last: _asked's own

"""A package is checked at the desk as by the command, and nothing of it is kept."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from callrec.desk.exchange import Upload
from callrec.errors import Unusable
from callrec.office.checking import check_package
from callrec.package.open import MOST_FILES
from callrec.policy.handing_over import PackageForm
from callrec.release.release import Released
from callrec.system.runtime import runtime_folder
from house import practices
from house.commands import type_in
from house.desks import Shown, Visit, visit
from house.packages import a_package, release
from house.practices import House
from house.requests import approved, with_recordings

PAGE = "/check-package"


def check(visited: Visit, name: str, data: bytes, **typed: str) -> Shown:
    shown = visited.fill_in(PAGE, password=False, files={"file": Upload(name, data)}, **typed)
    memory = runtime_folder(visited.house.environ)
    assert memory is not None
    assert not [*memory.glob("check-*")]
    return shown


def check_released(visited: Visit, made: Released, **typed: str) -> Shown:
    data = made.path.read_bytes()
    return check(visited, made.path.name, data, passphrase=made.passphrase, **typed)


@pytest.mark.parametrize("form", PackageForm)
def test_a_package_is_checked_as_by_the_command(
    granted: House, tmp_path: Path, form: PackageForm
) -> None:
    made, pat = release(granted, form=form), visit(granted, "pat")
    secret = tmp_path / "passphrase"
    secret.write_text(made.passphrase)
    secret.chmod(0o600)
    line = ("audit", "verify-release", str(made.path), "--pin", granted.practice.root.hex())
    shown = check_released(pat, made, pin=granted.practice.root.hex())
    said = type_in(granted, "nobody", *line, CALLREC_PASSPHRASE_FILE=secret)
    assert said.status == 0
    typed = type_in(granted, "nobody", *line, "--json", CALLREC_PASSPHRASE_FILE=secret)
    answered = pat.open(f"{shown.address}?as=json").answered
    assert json.loads(answered.body) == json.loads(typed.out)
    told = shown.words.splitlines()
    lines = [line for line in said.out.splitlines() if "  " not in line]
    assert [line for line in lines if line[1:30] not in shown.words] == []
    assert "VERIFIED" in told


def test_without_a_fingerprint_nobody_says_whose_it_is(granted: House) -> None:
    shown = check_released(visit(granted, "sam"), release(granted))
    assert shown.words.splitlines()[1] == "FIRST-USE"
    assert "Nobody has said yet whose fingerprint this is." in shown.words
    assert "then type it in" in shown.words


def test_a_package_of_another_practice_says_so_before_anything_else(
    granted: House, another: House, tmp_path: Path
) -> None:
    theirs = with_recordings(practices.copy(another, tmp_path / "another"))
    approved(theirs)
    made = release(theirs)
    told = "This package is of another practice's record, or of none: the record here knows"
    words = check_released(visit(granted, "sam"), made, pin=theirs.practice.root.hex()).words
    assert "VERIFIED" in words.splitlines()
    assert words.index(told) < words.index("request R-")
    assert told not in check_released(visit(granted, "sam"), release(granted)).words


def test_what_is_not_as_it_was_signed_is_named(granted: House) -> None:
    files, pat = a_package(granted).files, visit(granted, "pat")

    def zipped(**more: bytes) -> bytes:
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for name, content in files.items():
                archive.writestr(f"opened/{name}", content + more.get(name, b""))
        return data.getvalue()

    name = next(each for each in files if each.startswith("recordings/"))
    assert "FIRST-USE" in check(pat, "opened.zip", zipped()).words
    within = with_entries(zipped(), "opened/recordings/")
    assert "FIRST-USE" in check(pat, "opened.zip", within).words
    shown = check(pat, "opened.zip", with_entries(within, "opened/evil/"))
    assert 'a folder in it that is not of the package: "opened/evil/"' in shown.words
    shown = check(pat, "opened.zip", zipped(**{name: b"more"}))
    assert "NOT VERIFIED" in shown.words
    assert f"- {name} " in shown.words


def with_entries(data: bytes, *names: str) -> bytes:
    """A zip with more in it: files without a byte, and folders."""
    more = io.BytesIO(data)
    with zipfile.ZipFile(more, "a") as archive:
        for name in names:
            archive.writestr(name, b"")
    return more.getvalue()


def test_more_files_than_any_package_has_are_refused_in_a_line(granted: House) -> None:
    made = release(granted)
    many = with_entries(made.path.read_bytes(), *(f"{n}" for n in range(MOST_FILES)))
    shown = check(visit(granted, "pat"), made.path.name, many, passphrase=made.passphrase)
    assert (shown.status, len(shown.html) < 20_000) == (422, True)
    assert "here are more than 3,000 files in it; no package has as many" in shown.words
    path = made.path.with_name("many.zip")
    path.write_bytes(many)
    with pytest.raises(Unusable, match="more than 3,000 files"):
        check_package(path, pin=None, passphrase=lambda: made.passphrase, practice=None)


def test_a_folder_that_is_not_of_the_package_is_named(granted: House) -> None:
    made, pat = release(granted), visit(granted, "pat")
    data = with_entries(made.path.read_bytes(), "evil/", "recordings/")
    shown = check(pat, made.path.name, data, passphrase=made.passphrase)
    assert "NOT VERIFIED" in shown.words
    assert "- evil/ is one file too many: it is not part of the release" in shown.words
    assert "recordings/ is" not in shown.words


def test_what_is_said_here_names_no_option_and_no_folder_to_give(granted: House) -> None:
    made, pat = release(granted), visit(granted, "pat")
    other = check_released(pat, made, pin="0" * 64)
    assert "the fingerprint that you gave is not this release's" in other.words
    assert "--" not in other.words
    none = check(pat, "letter.zip", b"%PDF-1.7")
    assert "package is a .zip or an .html as it came" in none.words
    data = made.path.read_bytes()
    cut = check(pat, made.path.name, data[: len(data) // 2], passphrase=made.passphrase)
    assert (cut.status, "zip is damaged" in cut.words) == (422, True)


def test_what_cannot_be_checked_is_refused_with_what_to_do(granted: House) -> None:
    made, pat = release(granted), visit(granted, "pat")
    none = check(pat, made.path.name, made.path.read_bytes())
    assert (none.status, "opens with its passphrase" in none.words) == (422, True)
    wrong = check(pat, made.path.name, made.path.read_bytes(), passphrase="one two three")
    assert wrong.status == 403
    assert check(pat, "letter.zip", b"%PDF-1.7").status == 422
    assert pat.fill_in(PAGE, password=False).status == 422


def test_what_a_killed_check_left_is_taken_away_by_the_next(granted: House) -> None:
    pat, memory = visit(granted, "pat"), runtime_folder(granted.environ)
    assert memory is not None
    left = memory / "check-of-a-killed-one"
    left.mkdir(parents=True)
    (left / "package.zip").write_bytes(b"of somebody else")
    check(pat, "letter.zip", b"%PDF-1.7")
    assert not left.exists()

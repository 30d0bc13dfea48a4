"""What is installed is what is pinned, and what it may be."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from av._core import library_meta
from packaging.utils import canonicalize_name

from supply.distributions import differences, needed, pinned
from supply.licences import ALLOWED, CARRIED, EXCEPTIONS, UNKNOWN, licences, page, refused

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
HASH = f"--hash=sha256:{'ab' * 32}"
A, B, C = map(canonicalize_name, "abc")


def test_each_line_of_the_constraints_is_read() -> None:
    lines = re.findall(r"^[a-z0-9]", PINS, re.MULTILINE)
    for_others = re.findall(r"^.* ; .*$", PINS, re.MULTILINE)
    assert len(lines) - len(for_others) <= len(pinned(PINS)) <= len(lines)


def test_a_pin_for_another_system_is_not_for_this_one() -> None:
    text = f"a==1 \\\n    {HASH}\nb==2 ; sys_platform == 'none' \\\n    {HASH}\n"
    assert pinned(text) == {A: "1"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a==1\n", "a: no SHA-256"),
        (f"a==1 \\\n    {HASH}\nb==2\nc==3 \\\n    {HASH}\n", "b: no SHA-256"),
        ("a==1 \\\n    --hash=md5:abcd\n", "a: no SHA-256"),
        (f"a>=1 \\\n    {HASH}\n", "a: no exact version"),
        (f"a==1.* \\\n    {HASH}\n", "a: no exact version"),
        (f"a \\\n    {HASH}\n", "a: no exact version"),
    ],
)
def test_what_is_pinned_by_half_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        pinned(text)


def a_wheel(folder: Path, says: str) -> Path:
    """The distribution ``a``, version 1, with one module."""
    path = folder / "a-1-py3-none-any.whl"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in (
            ("a.py", says),
            ("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1\n"),
            ("a-1.dist-info/WHEEL", tags),
            ("a-1.dist-info/RECORD", "a.py,,\n"),
        ):
            wheel.writestr(zipfile.ZipInfo(name), text)
    return path


def test_a_part_that_was_changed_on_its_way_is_not_installed(tmp_path: Path) -> None:
    """With what the Makefile says to pip, and nothing from anywhere else."""
    (said,) = re.findall(r"\(PIP\) (install .*) -r \$\(2\)", (ROOT / "Makefile").read_text())
    pinned_hash = hashlib.sha256(a_wheel(tmp_path, "good = True").read_bytes()).hexdigest()
    pins = tmp_path / "constraints.txt"
    pins.write_text(f"a==1 \\\n    --hash=sha256:{pinned_hash}\n")
    from_here = ["--no-index", "--find-links", str(tmp_path), "--target", str(tmp_path / "into")]
    pip = [sys.executable, "-m", "pip", *said.split(), *from_here, "-r", str(pins)]
    a_wheel(tmp_path, "good = False")
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "into").exists()
    a_wheel(tmp_path, "good = True")
    subprocess.run(pip, check=True)
    assert (tmp_path / "into" / "a.py").read_text() == "good = True"


def test_another_version_one_too_many_and_one_too_few_are_told() -> None:
    assert differences({A: "1", B: "2"}, {A: "1.1", C: "3"}) == [
        "a: 1 is installed, 1.1 is pinned",
        "b: 2 is installed, nothing is pinned",
        "c: nothing is installed, 3 is pinned",
    ]


def test_what_callrec_runs_with_has_none_of_what_tests_it() -> None:
    runs = needed()
    assert {"sqlalchemy", "cryptography", "mako", "pycparser"} <= runs.keys()
    assert not {"pytest", "mypy", "pip-audit", "greenlet", "requests"} & runs.keys()


@pytest.mark.parametrize(
    "expression", ["AGPL-3.0-only", "MIT AND GPL-3.0-or-later", "MIT OR Proprietary", UNKNOWN]
)
def test_a_licence_that_is_not_on_the_list_is_refused(expression: str) -> None:
    assert refused({A: "MIT", B: expression, C: "(MIT OR Apache-2.0) AND ISC"}) == [
        f"b: its licence is {expression}, which is not on the list"
    ]


def test_an_exception_is_for_one_distribution_and_one_licence() -> None:
    (name, expression), *_ = EXCEPTIONS.items()
    one = canonicalize_name(name)
    assert refused({one: expression}) == []
    assert len(refused({one: "GPL-3.0-only", A: expression})) == 2
    assert expression not in ALLOWED


def test_ffmpeg_is_called_what_it_is_made_of() -> None:
    """A wheel without these would be under the LGPL, and the page too strict."""
    made_of = {meta["configuration"] for meta in library_meta.values()}
    asked = {"--enable-version3", "--enable-libx264", "--enable-libx265"}
    assert [options for options in made_of if not asked <= {*options.split()}] == []
    assert "together GPL-3.0-or-later" in CARRIED["av"]
    assert "read the combination as GPL-3.0-or-later" in " ".join(page().split())


def test_the_page_of_licences_has_what_is_installed() -> None:
    """Another Python has a few others, so the page may have more than is here, if pinned."""
    kept = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in page().splitlines() if line not in kept] == []
    names = re.findall(r"^\| (\S+) \| (?!licence)[^-]", "\n".join(kept), re.MULTILINE)
    assert [n for n in names if not re.search(rf"^{re.escape(n)}==", PINS, re.MULTILINE)] == []
    assert {*licences()} <= {*names}

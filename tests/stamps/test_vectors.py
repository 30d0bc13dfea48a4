"""The known answers (tests/vectors/stamps/README.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callrec.package.callrec_verify import Wrong, check_stamp
from vectors.stamps.make import HERE

CASES: dict[str, str] = json.loads((HERE / "cases.json").read_text())


def read(name: str) -> bytes:
    return (HERE / name).read_bytes()


def what_is_wrong(stamp: bytes, note: bytes, roots: bytes) -> str:
    try:
        check_stamp(stamp, note, roots, "given")
    except Wrong as wrong:
        return str(wrong)
    return ""


@pytest.mark.parametrize(("name", "wrong"), CASES.items(), ids=CASES)
def test_a_stamp_is_what_its_case_says(name: str, wrong: str) -> None:
    assert what_is_wrong(read(name), read("checkpoint"), read("root.pem")) == wrong


def test_every_stamp_there_has_its_case() -> None:
    assert {path.name for path in Path(HERE).glob("*.tsr")} == {*CASES}


def test_a_signer_that_has_expired_since_still_shows_the_time() -> None:
    time = check_stamp(read("good.tsr"), read("checkpoint"), read("root.pem"), "given")
    assert time.authority == "First Root"
    assert time.at.startswith("2026-11-30T")


def test_each_pinned_certificate_may_be_the_one() -> None:
    both = read("other-root.pem") + read("root.pem")
    assert not what_is_wrong(read("good.tsr"), read("checkpoint"), both)
    assert not what_is_wrong(read("wrong-root.tsr"), read("checkpoint"), both)


def test_it_is_of_the_checkpoint_whatever_other_signatures_that_has() -> None:
    assert not what_is_wrong(read("good.tsr"), read("cosigned"), read("root.pem"))

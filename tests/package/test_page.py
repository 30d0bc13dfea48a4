"""A page as a file: what is in it and what is not, whatever a browser makes of it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from callrec.errors import Failed, Tampered, Unusable
from callrec.package import whole
from callrec.package.package import CHUNK_BYTES, Member, member_of_bytes
from callrec.package.page import MAX_CONTENT_BYTES, write_page
from package.builders import SEED, SOUND
from package.limits import a_drive_that_takes_only
from package.pages import HEARD, WORDS, a_release, bytes_of, elements_of, read_page

HOSTILE = '</title><script>alert(1)</script> & "Partners" <img src=x onerror=alert(2)>'

MEMBERS, SHOWN = a_release()


@pytest.fixture(name="page")
def _page(tmp_path: Path) -> Path:
    write_page(MEMBERS, tmp_path / "release.html", WORDS, SHOWN, seed=SEED)
    return tmp_path / "release.html"


def test_whoever_has_the_words_reads_every_file_by_the_format_alone(page: Path) -> None:
    index, files = read_page(page)
    assert files == bytes_of(MEMBERS)
    assert [file["path"] for file in index["files"]] == [member.path for member in MEMBERS]
    assert index.keys() == {"files", "page", "signature"}


def test_whoever_has_other_words_reads_nothing(page: Path) -> None:
    with pytest.raises(InvalidTag):
        read_page(page, WORDS.title())


def test_the_elements_that_hold_the_sealed_part_are_those_of_the_format(page: Path) -> None:
    found = elements_of(page)
    data = "application/octet-stream;base64"
    assert found.types == {
        "code": None,
        "rounds": "application/json",
        "salt": data,
        "nonce": data,
        "sealed": data,
    }
    assert found.texts["rounds"] == "600000"
    assert (len(b64decode(found.texts["salt"])), len(b64decode(found.texts["nonce"]))) == (16, 12)


def test_each_page_has_its_own_salt_and_nonce(page: Path) -> None:
    write_page(MEMBERS, page.with_name("again.html"), WORDS, SHOWN, seed=SEED)
    once, again = elements_of(page).texts, elements_of(page.with_name("again.html")).texts
    assert once["salt"] != again["salt"]
    assert once["nonce"] != again["nonce"]


def test_nothing_of_the_release_is_readable_in_it(page: Path) -> None:
    data = page.read_bytes()
    sealed = [
        SOUND[4:36],
        HEARD[44:76],
        *(member.sha256.encode() for member in MEMBERS),
        *(hashlib.sha256(SOUND).hexdigest()[:8].encode(), b"Data Controller", b"<svg"),
        *(member.path.encode() for member in MEMBERS),
        b"subject access",
        SHOWN.certificate.fingerprint[:8].encode(),
    ]
    assert [secret for secret in sealed if secret in data] == []
    # Nor by the neighbours of its base64, at any of the three places where a group may begin.
    for shift in range(3):
        assert b64encode(SOUND[shift : shift + 30]) not in data


def test_before_it_is_open_it_tells_practice_request_day_and_whom_to_ask(page: Path) -> None:
    seen = elements_of(page).seen
    for told in ("Dr Müller & Partners", "R-17", "3 August 2026", "telephone 01632 960 000"):
        assert told in seen


def test_the_policy_in_it_allows_its_own_script_and_style_and_what_it_opens(page: Path) -> None:
    found = elements_of(page)
    hashes = {
        name: b64encode(hashlib.sha256(found.texts[name].encode()).digest()).decode()
        for name in ("code", "style")
    }
    assert dict(rule.split(" ", 1) for rule in found.policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": f"'sha256-{hashes['code']}'",
        "style-src": f"'sha256-{hashes['style']}'",
        "img-src": "blob:",
        "media-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_no_address_of_anything_outside_stands_in_it(page: Path) -> None:
    found = elements_of(page)
    for name in ("code", "style"):
        assert (
            re.findall(r"https?:|//\w|url\(|@import|fetch|XMLHttp|WebSocket", found.texts[name])
            == []
        )
    assert not {"link", "iframe", "object", "embed", "img", "base"} & set(found.tags)


def test_a_practice_with_a_hostile_name_has_it_shown_as_text(tmp_path: Path, page: Path) -> None:
    certificate = replace(SHOWN.certificate, practice=HOSTILE, request=HOSTILE, contact=HOSTILE)
    hostile = tmp_path / "hostile.html"
    write_page(MEMBERS, hostile, WORDS, replace(SHOWN, certificate=certificate), seed=SEED)
    assert elements_of(hostile).tags == elements_of(page).tags
    assert HOSTILE in elements_of(hostile).seen


def test_the_page_is_for_its_owner_only_and_alone(page: Path) -> None:
    assert page.stat().st_mode & 0o777 == 0o600
    assert list(page.parent.iterdir()) == [page]


def test_a_release_of_64_mib_is_a_page(tmp_path: Path) -> None:
    digest = hashlib.sha256(bytes(MAX_CONTENT_BYTES)).hexdigest()
    pieces = [bytes(CHUNK_BYTES)] * (MAX_CONTENT_BYTES // CHUNK_BYTES)
    large = Member("recordings/01-original.wav", lambda: pieces, MAX_CONTENT_BYTES, digest)
    write_page([large], tmp_path / "release.html", WORDS, SHOWN, seed=SEED)
    assert (tmp_path / "release.html").stat().st_size < MAX_CONTENT_BYTES * 4 // 3 + 100_000


def test_a_larger_one_is_refused_before_anything_is_read_or_written(tmp_path: Path) -> None:
    def read() -> Iterable[bytes]:
        raise AssertionError("it was read")

    large = Member("recordings/01-original.wav", read, MAX_CONTENT_BYTES, "00" * 32)
    with pytest.raises(Unusable) as refused:
        write_page(
            [large, member_of_bytes("VERIFY.txt", b".")],
            tmp_path / "r.html",
            WORDS,
            SHOWN,
            seed=SEED,
        )
    assert refused.value.message == "a release of more than 64 MiB cannot be made as a page"
    assert "--fit" in refused.value.hint
    assert "--form zip" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [WORDS.upper(), "five words are one short", f"{WORDS} ", ""])
def test_no_page_is_made_that_its_own_form_could_not_open(tmp_path: Path, words: str) -> None:
    with pytest.raises(ValueError, match="six words"):
        write_page(MEMBERS, tmp_path / "release.html", words, SHOWN, seed=SEED)
    assert list(tmp_path.iterdir()) == []


def test_while_recordings_are_read_nothing_is_on_the_drive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        whole, "open_unnamed", lambda _: None
    )  # a drive on which what is unfinished has a name
    seen: list[bytes] = []

    def look() -> Iterable[bytes]:
        yield SOUND
        seen.extend(path.read_bytes() for path in tmp_path.iterdir())

    digest = hashlib.sha256(SOUND).hexdigest()
    watching = Member("recordings/01-original.wav", look, len(SOUND), digest)
    write_page([watching], tmp_path / "release.html", WORDS, SHOWN, seed=SEED)
    assert seen == [b""]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_nothing_stays_when_it_is_stopped_half_way(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    def half() -> Iterable[bytes]:
        yield SOUND
        raise stop

    broken = Member("recordings/02-original.wav", half, len(SOUND), "")
    with pytest.raises(stop):
        write_page([*MEMBERS, broken], tmp_path / "release.html", WORDS, SHOWN, seed=SEED)
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_when_a_recording_is_not_as_listed(tmp_path: Path) -> None:
    wrong = Member("recordings/02-original.wav", SOUND, len(SOUND), "00" * 32)
    with pytest.raises(Tampered):
        write_page([*MEMBERS, wrong], tmp_path / "release.html", WORDS, SHOWN, seed=SEED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", [0, 10, 4096, 60_000])
def test_a_full_drive_is_said_and_nothing_stays(tmp_path: Path, room: int) -> None:
    with a_drive_that_takes_only(room), pytest.raises(Failed) as failure:
        write_page(MEMBERS, tmp_path / "release.html", WORDS, SHOWN, seed=SEED)
    assert failure.value.message == "the release could not be written: File too large"
    assert list(tmp_path.iterdir()) == []


def test_a_drive_that_fills_at_the_very_end_is_a_full_drive(page: Path) -> None:
    with a_drive_that_takes_only(page.stat().st_size - 1), pytest.raises(Failed):
        write_page(MEMBERS, page.with_name("again.html"), WORDS, SHOWN, seed=SEED)
    assert list(page.parent.iterdir()) == [page]


def test_what_stands_there_already_is_never_touched(page: Path) -> None:
    before = page.read_bytes()
    with pytest.raises(Unusable):
        write_page(MEMBERS, page, WORDS, SHOWN, seed=SEED)
    assert page.read_bytes() == before

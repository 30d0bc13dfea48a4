"""A package is found in whatever it is wrapped, and nothing wrong with a wrapping goes unseen."""

from __future__ import annotations

import base64
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import pyzipper

from callrec.crypto.canonical import canonical
from callrec.crypto.primitives import pbkdf2, seal
from callrec.errors import Locked, NotFound, Tampered, Unusable
from callrec.package.callrec_verify import Result, check
from callrec.package.open import open_package
from callrec.package.package import member_of_bytes
from callrec.package.zip import write_zip
from package.offices import an_office, write_files

OFFICE = an_office()

FILES = OFFICE.release()

WORDS = "unlatch canyon grazing ripple shindig frosted"

SALT = bytes(range(16))


def nobody_is_asked() -> str:
    raise AssertionError("nothing is sealed here")


def checked(path: Path, passphrase: str = WORDS) -> Result:
    with open_package(path, lambda: passphrase) as package:
        return check(package.files, OFFICE.root)


def zipped(folder: Path) -> Path:
    target = folder / "release.zip"
    write_zip([member_of_bytes(path, data) for path, data in FILES.items()], target, WORDS)
    return target


def a_page(
    folder: Path, files: dict[str, bytes], *, rounds: int = 600_000, listed: object = None
) -> Path:
    """As docs/formats/release.md 7 has it, with nothing of a page that a person would see."""
    index = {"files": [{"path": p, "bytes": len(data)} for p, data in files.items()], "page": {}}
    head = canonical(index if listed is None else listed)
    content = len(head).to_bytes(4, "big") + head + b"".join(files.values())
    sealed = seal(pbkdf2(WORDS.encode(), SALT, rounds), content, b"")
    parts = {"salt": SALT, "nonce": sealed[:12], "sealed": sealed[12:]}
    kind = 'type="application/octet-stream;base64"'
    scripts = "\n".join(
        f'<script {kind} id="{name}">{base64.b64encode(data).decode()}</script>'
        for name, data in parts.items()
    )
    page = folder / "release.html"
    page.write_text(
        f'<!doctype html><p id="title">&amp;</p>\n<script>if (1 < 2) {{}}</script>\n'
        f'<script type="application/json" id="rounds">{rounds}</script>\n{scripts}\n<p>End</p>',
        encoding="utf-8",
    )
    return page


def test_a_folder_is_looked_into_and_no_passphrase_asked_for(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    with open_package(tmp_path, nobody_is_asked) as package:
        assert check(package.files, OFFICE.root).verdict == "VERIFIED"


def test_a_zip_is_checked_as_it_came(tmp_path: Path) -> None:
    assert checked(zipped(tmp_path)).verdict == "VERIFIED"
    assert [path.name for path in tmp_path.iterdir()] == ["release.zip"]


def test_a_page_is_checked_as_it_came(tmp_path: Path) -> None:
    assert checked(a_page(tmp_path, FILES)).verdict == "VERIFIED"


@pytest.mark.parametrize(
    "typed",
    [
        WORDS.upper(),
        WORDS.replace(" ", "-"),
        "  " + WORDS.replace(" ", "\n") + "\n",
        WORDS.replace(" ", "_"),
        " ".join(f"{number}. {word}" for number, word in enumerate(WORDS.split(), 1)),
    ],
)
def test_the_passphrase_may_be_spelt_as_a_letter_broke_it(tmp_path: Path, typed: str) -> None:
    assert checked(zipped(tmp_path), typed).verdict == "VERIFIED"
    assert checked(a_page(tmp_path, FILES), typed).verdict == "VERIFIED"


@pytest.mark.parametrize("own", ["Anvil-7 & Bamboo", "  ", "l\u00f6sung_9", "\udcff"])
def test_a_zip_that_was_packed_again_opens_with_whatever_was_chosen_for_it(
    tmp_path: Path, own: str
) -> None:
    path = tmp_path / "release.zip"
    with pyzipper.AESZipFile(path, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(own.encode(errors="surrogateescape"))
        for name, data in FILES.items():
            archive.writestr(name, data)
    assert checked(path, own).verdict == "VERIFIED"
    with pytest.raises(Locked, match="wrong passphrase"):
        checked(path, f"{own}.")


@pytest.mark.parametrize("typed", [WORDS + " x", "", "unlatch"])
def test_another_passphrase_opens_nothing(tmp_path: Path, typed: str) -> None:
    for path in (zipped(tmp_path), a_page(tmp_path, FILES)):
        with pytest.raises(Locked, match="wrong passphrase"):
            checked(path, typed)


def test_a_changed_byte_in_a_zip_is_told_of_the_file_that_it_is_in(tmp_path: Path) -> None:
    path = zipped(tmp_path)
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("recordings/01-original.wav").header_offset + 300
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    result = checked(path)
    wrong = ("recordings/01-original.wav", "cannot be read: it is not as it was sealed")
    assert wrong in [(each.path, each.what) for each in result.problems]
    assert result.states["recordings/01-original.wav"] == "damaged"


def test_a_changed_or_cut_page_opens_no_more_than_under_another_passphrase(tmp_path: Path) -> None:
    page = a_page(tmp_path, FILES)
    text = page.read_text("utf-8")
    at = text.index('id="sealed">') + 500
    page.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :], "utf-8")
    with pytest.raises(Locked, match="or the page was changed"):
        checked(page)
    page.write_text(text[:at], "utf-8")
    with pytest.raises((Locked, Unusable)):
        checked(page)


@pytest.mark.parametrize("name", ["release.html", "release.pdf", "release.zip"])
def test_what_only_ends_as_a_zip_is_no_package(name: str, tmp_path: Path) -> None:
    """A reader opens it by its name or its beginning, and sees whatever stands there."""
    path = tmp_path / name
    path.write_bytes(b"<!doctype html><p>Whatever I like")
    with zipfile.ZipFile(path, "a") as archive:
        for each, data in FILES.items():
            archive.writestr(each, data)
    with pytest.raises(Unusable, match="not a package"):
        checked(path)


def test_a_zip_that_is_named_as_a_page_is_no_package(tmp_path: Path) -> None:
    """A browser shows as a page what lies between a zip's files, for instance in a comment."""
    with pytest.raises(Unusable, match="not a package"):
        checked(zipped(tmp_path).rename(tmp_path / "release.html"))


@pytest.mark.parametrize("cut", [10, 1000])
def test_a_zip_that_is_cut_is_damaged(tmp_path: Path, cut: int) -> None:
    path = zipped(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(Tampered, match="the zip is damaged"):
        checked(path)


def test_two_files_of_one_name_in_a_zip_are_told(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("VERIFY.txt", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("VERIFY.txt", b"two")
    with pytest.raises(Tampered, match="two files of one name"):
        checked(path)


def a_fake(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("certificate.pdf", b"A fake")
    return path.read_bytes()


HIDDEN: dict[str, Callable[[bytes, bytes], bytes]] = {
    "before its files": lambda genuine, fake: fake + genuine,
    "in its comment": lambda genuine, _: genuine[:-2] + b"\1\0?",
    "behind its directory": lambda genuine, _: genuine + b"?",
}


@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN)
def test_a_zip_with_another_in_it_is_told_and_no_passphrase_asked_for(
    hide: Callable[[bytes, bytes], bytes], tmp_path: Path
) -> None:
    """7-Zip opens the first of two that follow each other, and pyzipper the last."""
    path = zipped(tmp_path)
    path.write_bytes(hide(path.read_bytes(), a_fake(tmp_path / "fake.zip")))
    with pytest.raises(Tampered, match="beside its files"), open_package(path, nobody_is_asked):
        pass


def test_a_zip_with_another_between_its_files_is_told(tmp_path: Path) -> None:
    path = tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
            if name == "READ-ME-FIRST.txt":
                archive.writestr("fake.zip", a_fake(tmp_path / "fake.zip"))
                archive.filelist.pop()  # so that the directory does not name it
    with pytest.raises(Tampered, match="beside its files"):
        checked(path)


class NoWayBack(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise OSError


def test_a_zip_that_was_written_without_going_back_is_whole(tmp_path: Path) -> None:
    """As a Mac does, or Java: each file's size and checksum stand behind it."""
    written = NoWayBack()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    (tmp_path / "release.zip").write_bytes(written.getvalue())
    assert checked(tmp_path / "release.zip").verdict == "VERIFIED"


def test_a_link_in_a_zip_is_told_and_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "linked.zip"
    link = zipfile.ZipInfo("VERIFY.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, b"/etc/passwd")
        archive.mkdir("recordings")
        archive.writestr("recordings/1", b"")
    with open_package(path, nobody_is_asked) as package:
        assert package.files.keys() == {"VERIFY.txt", "recordings/1"}
        assert package.files["VERIFY.txt"] is None


@pytest.mark.parametrize("rounds", [599_999, 10_000_001])
def test_a_page_with_a_weak_or_endless_lock_is_refused_unasked(tmp_path: Path, rounds: int) -> None:
    page = a_page(tmp_path, {}, rounds=600_000)
    page.write_text(page.read_text("utf-8").replace("600000", str(rounds)), "utf-8")
    with pytest.raises(Tampered, match="out of bounds"), open_package(page, nobody_is_asked):
        pass


def with_value(page: Path, name: str, value: str) -> Path:
    """The page with something else in one of its four elements."""
    before, _, rest = page.read_text("utf-8").partition(f'id="{name}">')
    after = rest.partition("</script>")[2]
    page.write_text(f'{before}id="{name}">{value}</script>{after}', "utf-8")
    return page


@pytest.mark.parametrize("moved", [1, 4, 500])
def test_a_page_of_which_the_nonce_goes_on_is_refused_unasked(tmp_path: Path, moved: int) -> None:
    """A browser takes all of the element for its nonce, and opens something else or nothing."""
    page = a_page(tmp_path, FILES)
    nonce, sealed = (base64.b64decode(value_of(page, name)) for name in ("nonce", "sealed"))
    with_value(page, "nonce", base64.b64encode(nonce + sealed[:moved]).decode())
    with_value(page, "sealed", base64.b64encode(sealed[moved:]).decode())
    with pytest.raises(Tampered, match="out of bounds"), open_package(page, nobody_is_asked):
        pass


def value_of(page: Path, name: str) -> str:
    return page.read_text("utf-8").partition(f'id="{name}">')[2].partition("</script>")[0]


OTHERWISE = {
    "a shorter salt": ("salt", base64.b64encode(SALT[:15]).decode()),
    "a longer salt": ("salt", base64.b64encode(SALT + b"?").decode()),
    "a space before it": ("nonce", " " + "A" * 16),
    "a line within it": ("nonce", "A" * 8 + "\n" + "A" * 8),
    "no padding": ("salt", "A" * 22),
    "bits that say nothing": ("salt", "A" * 21 + "B=="),
    "another alphabet": ("nonce", "_" * 16),
    "rounds with an exponent": ("rounds", "6e5"),
    "rounds with a fraction": ("rounds", "600000.0"),
    "rounds with a nought before": ("rounds", "0600000"),
    "rounds with a space": ("rounds", " 600000"),
    "rounds in base 16": ("rounds", "0x927c0"),
    "rounds in other digits": ("rounds", "\u0666" + "00000"),
}
"""Values that are not as the format has them, and of which many a reader makes something."""


@pytest.mark.parametrize(("name", "value"), OTHERWISE.values(), ids=OTHERWISE)
def test_a_page_with_a_value_that_is_not_of_the_format_is_refused_unasked(
    tmp_path: Path, name: str, value: str
) -> None:
    page = with_value(a_page(tmp_path, FILES), name, value)
    with pytest.raises((Tampered, Unusable)), open_package(page, nobody_is_asked):
        pass


@pytest.mark.parametrize(
    "listed",
    [
        {"files": [{"path": "a", "bytes": 2}]},
        {"files": [{"path": "a", "bytes": 0}]},
        {"files": [{"path": "a", "bytes": 1}, {"path": "a", "bytes": 0}]},
        {"files": [{"path": "a", "bytes": -1}, {"path": "b", "bytes": 2}]},
        {"files": [{"path": "a"}]},
        {"files": 1},
        {"files": ""},
        {"files": [{"path": "a", "bytes": 1}], "more": "x"},
        {"files": [{"path": "a", "bytes": 1, "more": "x"}]},
        [],
    ],
)
def test_a_page_that_lists_other_than_it_holds_is_told(tmp_path: Path, listed: object) -> None:
    with pytest.raises(Tampered, match="no package"):
        checked(a_page(tmp_path, {"a": b"x"}, listed=listed))


STRANGE = {
    "a section of no name": b"<![" + b"x" * 9,
    "a section that does not end": b"<![CDATA[",
    "a comment that does not end": b"<!--",
    "many ends": b'<script type="a" id="salt">' + b"</a" * 200_000,
    "many beginnings": b'<script type="' * 100_000,
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_a_page_in_no_form_is_no_package(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "release.html").write_bytes(content)
    with (
        pytest.raises(Unusable, match="not a package"),
        open_package(tmp_path / "release.html", nobody_is_asked),
    ):
        pass


@pytest.mark.parametrize("name", ["rounds", "salt", "nonce", "sealed"])
@pytest.mark.parametrize(
    "second",
    [
        '<!-- <script type="application/json" id="{}">1</script> -->',
        "<SCRIPT type=text/plain ID = '{}'>1</SCRIPT>",
        "<p id={}>1</p>",
    ],
)
def test_a_page_with_a_second_sealed_part_is_refused_unasked(
    name: str, second: str, tmp_path: Path
) -> None:
    """The browser would open one, and the checker the other."""
    page = a_page(tmp_path, FILES)
    page.write_text(f"{second.format(name)}\n{page.read_text('utf-8')}", "utf-8")
    with pytest.raises(Tampered, match="two sealed parts"), open_package(page, nobody_is_asked):
        pass


def with_one_field(path: Path, *, mark: bytes, at: int, value: int) -> Path:
    """A zip of which every header with this mark has another number of 16 bits at a place."""
    data = bytearray(path.read_bytes())
    place = data.find(mark)
    while place >= 0:
        data[place + at : place + at + 2] = value.to_bytes(2, "little")
        place = data.find(mark, place + 4)
    path.write_bytes(data)
    return path


def test_a_zip_of_a_version_to_come_is_damaged(tmp_path: Path) -> None:
    path = with_one_field(zipped(tmp_path), mark=b"PK\1\2", at=6, value=99)
    with pytest.raises(Tampered, match="the zip is damaged"):
        checked(path)


def test_a_file_without_a_name_in_a_zip_is_one_too_many(tmp_path: Path) -> None:
    path = tmp_path / "nameless.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("x"), b"?")
    data = path.read_bytes()
    for mark, size in ((b"PK\3\4", 30), (b"PK\1\2", 46)):
        place = data.index(mark)
        length = place + (26 if size == 30 else 28)
        data = data[:length] + b"\0\0" + data[length + 2 : place + size] + data[place + size + 1 :]
    shorter = int.from_bytes(data[-10:-6], "little") - 1, int.from_bytes(data[-6:-2], "little") - 1
    ends = b"".join(each.to_bytes(4, "little") for each in shorter)
    path.write_bytes(data[:-10] + ends + data[-2:])
    assert checked(path).states[""] == "extra"


def test_a_zip_on_several_disks_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "release.zip"
    path.write_bytes(b"PK\3\4PK\6\7" + bytes(12) + b"\2\0\0\0" + b"PK\5\6" + bytes(18))
    with pytest.raises(Tampered, match="the zip is damaged"):
        checked(path)


@pytest.mark.parametrize("flags", [0x41, 0], ids=["in another way", "in none"])
def test_a_zip_that_is_sealed_otherwise_is_not_said_to_have_other_words(
    flags: int, tmp_path: Path
) -> None:
    path = with_one_field(zipped(tmp_path), mark=b"PK\1\2", at=8, value=flags)
    with_one_field(path, mark=b"PK\3\4", at=6, value=flags)
    assert checked(path).states["manifest.json"] == "damaged"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_nothing_but_deflate_is_unpacked(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", method) as archive:
        archive.writestr("manifest.json", FILES["manifest.json"])
    assert checked(tmp_path / "packed.zip").states["manifest.json"] == "damaged"


def test_of_a_file_that_is_not_looked_into_nothing_is_kept(tmp_path: Path) -> None:
    """Else a zip of a few megabytes takes all the memory that there is."""
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(12):
            archive.writestr(f"{number}.txt", bytes(8 << 20))
    tracemalloc.start()
    try:
        checked(tmp_path / "packed.zip")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 24 << 20


def test_what_is_no_package_is_told_and_no_passphrase_asked_for(tmp_path: Path) -> None:
    for content in (b"", b"Dear practice,", os.urandom(5000), b"<html><script id=salt>AA=="):
        (tmp_path / "letter").write_bytes(content)
        with (
            pytest.raises(Unusable, match="not a package"),
            open_package(tmp_path / "letter", nobody_is_asked),
        ):
            pass
    with pytest.raises(NotFound), open_package(tmp_path / "nowhere", nobody_is_asked):
        pass


def test_what_is_open_is_closed_when_the_block_ends(tmp_path: Path) -> None:
    with open_package(zipped(tmp_path), lambda: WORDS) as package:
        opened = package.files["VERIFY.txt"]
        assert opened is not None
        with opened() as file:
            assert isinstance(file, io.BufferedReader)
            assert file.read() == FILES["VERIFY.txt"]
    with pytest.raises((ValueError, OSError)), opened() as file:
        file.read()


def test_a_release_of_long_ago_is_still_verified() -> None:
    path = Path(__file__).parents[1] / "vectors/release/whole.zip"
    pin = "abdbe8bf16331b8a706e166fc805a4066d03540043761a91d8bafb2ad09e1ec4"
    with open_package(path, lambda: WORDS) as package:
        assert check(package.files, pin).verdict == "VERIFIED"

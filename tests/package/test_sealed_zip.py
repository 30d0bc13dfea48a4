"""A zip is taken only if every program makes the same files of it; honest ones are."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from callrec.errors import Tampered, Unusable
from callrec.package.open import open_package
from package.offices import write_files
from package.test_wrappings import FILES, WORDS, checked, nobody_is_asked, zipped

FIRST, SECOND = "recordings/01-original.wav", "recordings/01-listening.wav"

MORE = b"RIFF: what was never said"


class Entry(NamedTuple):
    """One file of a zip that is written by hand."""

    name: str
    data: bytes
    extra: bytes = b""
    """Of the directory."""
    header: bytes | None = None
    """The extra of its header; None: the same."""
    stored: bytes | None = None
    """None: the data as it is."""
    method: int = 0
    flags: int = 0
    attributes: int = 0o100644 << 16
    behind: bytes = b""


def written(path: Path, entries: list[Entry]) -> Path:
    files = directory = b""
    for each in entries:
        stored = each.data if each.stored is None else each.stored
        header = each.extra if each.header is None else each.header
        sizes = zlib.crc32(each.data), len(stored), len(each.data)
        both = struct.pack("<HHHHIII", each.flags, each.method, 0, 0x21, *sizes)
        name = each.name.encode()
        directory += b"PK\1\2" + struct.pack("<HH", 0x314, 20) + both
        directory += struct.pack("<HHHHHI", len(name), len(each.extra), 0, 0, 0, each.attributes)
        directory += struct.pack("<I", len(files)) + name + each.extra
        files += b"PK\3\4" + struct.pack("<H", 20) + both
        files += struct.pack("<HH", len(name), len(header)) + name + header + stored + each.behind
    count = len(entries)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(files), 0)
    path.write_bytes(files + directory + b"PK\5\6" + end)
    return path


def released(first: Callable[[Entry], Entry]) -> list[Entry]:
    """A release, of which one recording lies in another way."""
    whole = [Entry(name, data) for name, data in FILES.items()]
    return [first(each) if each.name == FIRST else each for each in whole]


def field(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def called(name: str, really: str) -> bytes:
    """Info-ZIP's Unicode path (APPNOTE.TXT, 4.6.9), which unzip, 7-Zip and others go by."""
    return field(0x7075, struct.pack("<BI", 1, zlib.crc32(name.encode())) + really.encode())


def deflated(data: bytes) -> bytes:
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezed.compress(data) + squeezed.flush()


def going_on(data: bytes) -> bytes:
    """The data, more, and four bytes, with the CRC-32 of the data."""
    table = []
    for each in range(256):
        remainder = each
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0xEDB88320 if remainder & 1 else 0)
        table.append(remainder)
    by_top = {value >> 24: number for number, value in enumerate(table)}
    wanted, steps = zlib.crc32(data) ^ 0xFFFFFFFF, []
    for _ in range(4):
        steps.append(by_top[wanted >> 24])
        wanted = (wanted ^ table[steps[-1]]) << 8 & 0xFFFFFFFF
    now, last = zlib.crc32(data + MORE) ^ 0xFFFFFFFF, b""
    for step in reversed(steps):
        last += bytes([(now ^ step) & 0xFF])
        now = now >> 8 ^ table[step]
    assert zlib.crc32(data + MORE + last) == zlib.crc32(data)
    return data + MORE + last


def two_exchanged() -> list[Entry]:
    other = {FIRST: SECOND, SECOND: FIRST}
    return [
        Entry(name, data, called(name, other[name])) if name in other else Entry(name, data)
        for name, data in FILES.items()
    ]


def with_a_folder(really: str) -> list[Entry]:
    """Of which unzip makes a file."""
    return [*released(lambda each: each), Entry("x/", MORE, called("x/", really))]


AES = field(0x9901, struct.pack("<H2sBH", 2, b"AE", 3, 0))

SIZES = [len(FILES[FIRST])] * 2

OTHERWISE: dict[str, list[Entry]] = {
    "two files under each other's names": two_exchanged(),
    "a folder that is a recording": with_a_folder(FIRST),
    "a folder that is a file more": with_a_folder("recordings/02-original.wav"),
    "a folder with something in it": [*released(lambda each: each), Entry("x/", MORE)],
    "a folder that is a link": [
        *released(lambda each: each),
        Entry("x/", b"", attributes=0o120777 << 16),
    ],
    "another name in the header alone": released(
        lambda each: each._replace(header=called(FIRST, "x.wav"))
    ),
    "a field that nobody knows": released(lambda each: each._replace(extra=field(0xBEEF, b"?"))),
    "a name that ends sooner for some": released(
        lambda each: each._replace(name=f"{each.name}\0.exe")
    ),
    "a method for some that know AES": released(lambda each: each._replace(extra=AES)),
    "AES in the header alone": released(lambda each: each._replace(header=AES)),
    "other sizes for some that know zip64": released(
        lambda each: each._replace(header=field(1, struct.pack("<2Q", 40, 40)))
    ),
    "another place for some that know zip64": released(
        lambda each: each._replace(extra=field(1, struct.pack("<3Q", *SIZES, 4)))
    ),
}


@pytest.mark.parametrize("entries", OTHERWISE.values(), ids=OTHERWISE)
def test_a_zip_of_which_programs_make_different_files_is_refused(
    entries: list[Entry], tmp_path: Path
) -> None:
    path = written(tmp_path / "release.zip", entries)
    with (
        pytest.raises(Tampered, match="programs would make different files"),
        open_package(path, nobody_is_asked),
    ):
        pass


def of_other_headers(mark: bytes, at: int) -> Callable[[bytes], bytes]:
    """Every header with this mark has another byte at a place."""

    def changed(data: bytes) -> bytes:
        kept = bytearray(data)
        place = kept.find(mark)
        while place >= 0:
            kept[place + at] ^= 1
            place = kept.find(mark, place + 4)
        return bytes(kept)

    return changed


@pytest.mark.parametrize("at", [6, 8, 14, 18, 22, 30], ids=str)
def test_a_header_that_says_other_than_the_directory_is_refused(at: int, tmp_path: Path) -> None:
    """Flags, method, checksum, both sizes, name."""
    path = written(tmp_path / "release.zip", released(lambda each: each))
    path.write_bytes(of_other_headers(b"PK\3\4", at)(path.read_bytes()))
    with pytest.raises(Tampered, match="different files"), open_package(path, nobody_is_asked):
        pass


@pytest.mark.parametrize("at", [8, 10, 12, 16], ids=["files here", "files", "bytes", "place"])
def test_a_zip_that_ends_with_another_directory_is_refused(at: int, tmp_path: Path) -> None:
    path = written(tmp_path / "release.zip", released(lambda each: each))
    path.write_bytes(of_other_headers(b"PK\5\6", at)(path.read_bytes()))
    with pytest.raises(Tampered, match="the zip"), open_package(path, nobody_is_asked):
        pass


def test_what_stands_behind_a_file_is_nothing_but_its_sizes(tmp_path: Path) -> None:
    entries = released(lambda each: each._replace(flags=8, behind=b"twelve bytes"))
    path = written(tmp_path / "release.zip", entries)
    with pytest.raises(Tampered, match="beside its files"), open_package(path, nobody_is_asked):
        pass


GOING_ON: dict[str, Callable[[Entry], Entry]] = {
    "deflated, with its checksum": lambda each: each._replace(
        stored=deflated(going_on(each.data)), method=8
    ),
    "behind what is deflated": lambda each: each._replace(
        stored=deflated(each.data) + MORE, method=8
    ),
    "deflated, and without an end": lambda each: each._replace(
        stored=deflated(each.data)[:-1], method=8
    ),
    "behind what is stored": lambda each: each._replace(stored=each.data + MORE),
}


@pytest.mark.parametrize("first", GOING_ON.values(), ids=GOING_ON)
def test_a_recording_that_goes_on_beyond_its_size_is_damaged(
    first: Callable[[Entry], Entry], tmp_path: Path
) -> None:
    """unzip extracts all of it."""
    path = written(tmp_path / "release.zip", released(first))
    result = checked(path)
    assert (result.verdict, result.states[FIRST]) == ("NOT VERIFIED", "damaged")


@pytest.mark.parametrize("attributes", [0x10, 0x08, 0x400], ids=["a folder", "a disk", "a link"])
def test_what_windows_takes_for_no_file_is_none(attributes: int, tmp_path: Path) -> None:
    entries = released(lambda each: each._replace(attributes=attributes))
    with open_package(written(tmp_path / "release.zip", entries), nobody_is_asked) as package:
        assert package.files[FIRST] is None


PACKED = {
    "Info-ZIP": ["zip", "-r", "-q"],
    "Info-ZIP, stored": ["zip", "-r", "-q", "-0"],
    "Info-ZIP, with a passphrase": ["zip", "-r", "-q", "-P", WORDS],
    "7-Zip": ["7z", "a", "-tzip"],
    "7-Zip, stored": ["7z", "a", "-tzip", "-mx=0"],
    "7-Zip, with every time": ["7z", "a", "-tzip", "-mtc=on"],
    "7-Zip, with a passphrase": ["7z", "a", "-tzip", "-mem=AES256", f"-p{WORDS}"],
    "7-Zip, with AES of 128 bits": ["7z", "a", "-tzip", "-mem=AES128", f"-p{WORDS}"],
    "7-Zip, with a weak passphrase": ["7z", "a", "-tzip", "-mem=ZipCrypto", f"-p{WORDS}"],
}


@pytest.mark.parametrize("program", PACKED.values(), ids=PACKED)
def test_a_release_that_was_packed_again_is_verified(program: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    write_files(folder, FILES)
    packed = tmp_path / "again.zip"
    subprocess.run([*program, str(packed), "."], cwd=folder, check=True, capture_output=True)
    assert checked(packed).verdict == "VERIFIED"


def test_a_zip_that_info_zip_wrote_without_going_back_is_verified(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    done = subprocess.run(
        ["zip", "-q", "-r", "-", *FILES], cwd=tmp_path, check=True, capture_output=True
    )
    (tmp_path / "again.zip").write_bytes(done.stdout)
    assert checked(tmp_path / "again.zip").verdict == "VERIFIED"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_with_sizes_of_64_bits_is_verified(method: int, tmp_path: Path) -> None:
    """As of a file whose size was not known before it was written."""
    with zipfile.ZipFile(tmp_path / "again.zip", "w", method) as archive:
        for name, data in FILES.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(data)
    assert checked(tmp_path / "again.zip").verdict == "VERIFIED"


class OneWay(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise OSError


@pytest.mark.parametrize("force", [False, True], ids=["32 bits", "64 bits"])
def test_a_zip_that_was_deflated_without_going_back_is_verified(
    *, force: bool, tmp_path: Path
) -> None:
    out = OneWay()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in FILES.items():
            with archive.open(name, "w", force_zip64=force) as file:
                file.write(data)
    (tmp_path / "again.zip").write_bytes(out.getvalue())
    assert checked(tmp_path / "again.zip").verdict == "VERIFIED"


def test_a_zip_with_more_files_than_16_bits_count_has_them_counted(tmp_path: Path) -> None:
    """Its last records are those of zip64."""
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(65_536):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    with pytest.raises(Unusable, match="more than 3,000 files"):
        open_package(tmp_path / "many.zip", nobody_is_asked).__enter__()


def test_a_zip_of_ours_was_written_as_it_is_read(tmp_path: Path) -> None:
    assert checked(zipped(tmp_path)).verdict == "VERIFIED"

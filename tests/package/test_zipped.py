from __future__ import annotations

import hashlib
import struct
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from callrec.errors import Failed, Tampered, Unusable
from callrec.package import whole
from callrec.package.package import CHUNK_BYTES, Member
from callrec.package.zip import write_zip
from package.builders import LISTENING, SOUND, a_package
from package.limits import a_drive_that_takes_only

WORDS = "anvil bamboo cactus dagger easel fabric"


@pytest.fixture(name="archive")
def _archive(tmp_path: Path) -> Path:
    write_zip(a_package(), tmp_path / "release.zip", WORDS)
    return tmp_path / "release.zip"


def seven_zip(*say: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["7z", *say], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


class Entry(NamedTuple):
    """An entry of the central directory (APPNOTE 4.3.12), what concerns us."""

    name: str
    made_on: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    attributes: tuple[int, int]
    local_header: int
    extra: bytes


def directory(archive: Path) -> Iterator[Entry]:
    """The central directory, read by hand."""
    data = archive.read_bytes()
    count, _, at = struct.unpack("<HLL", data[-12:-2])
    for _ in range(count):
        entry = struct.unpack("<4x4B4HL2L5H2L", data[at : at + 46])
        flags, method, time, date, crc = entry[4:9]
        name_ends = at + 46 + entry[11]
        extra_ends = name_ends + entry[12]
        yield Entry(
            data[at + 46 : name_ends].decode("ascii"),
            entry[1],
            flags,
            method,
            time,
            date,
            crc,
            entry[15:17],
            entry[17],
            data[name_ends:extra_ends],
        )
        at = extra_ends + entry[13]


def test_seven_zip_opens_it_with_the_passphrase(archive: Path, tmp_path: Path) -> None:
    assert seven_zip("t", f"-p{WORDS}", str(archive)).returncode == 0
    assert seven_zip("x", f"-p{WORDS}", f"-o{tmp_path / 'out'}", str(archive)).returncode == 0
    for member in a_package():
        assert (tmp_path / "out" / member.path).read_bytes() == b"".join(member.chunks())
    assert (tmp_path / "out/recordings/01-original.wav").read_bytes() == SOUND


def test_seven_zip_refuses_another_passphrase(archive: Path) -> None:
    refused = seven_zip("t", f"-p{WORDS.title()}", str(archive))
    assert refused.returncode == 2
    assert "Wrong password" in refused.stderr


def test_each_file_is_ae2_with_aes_256_stored_and_without_checksum(archive: Path) -> None:
    for entry in directory(archive):
        # WinZip AE: id, size, version 2, vendor, strength 3 = 256 bits, method 0 = stored
        assert entry.extra == struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 0)
        assert (entry.flags, entry.method, entry.crc) == (1, 99, 0)


def test_no_checksum_stands_in_the_local_headers_either(archive: Path) -> None:
    data = archive.read_bytes()
    for entry in directory(archive):
        header = data[entry.local_header : entry.local_header + 18]
        assert header[:4] == b"PK\x03\x04"
        assert header[14:] == bytes(4)


def test_the_directory_tells_nothing_but_neutral_names_and_sizes(archive: Path) -> None:
    entries = list(directory(archive))
    assert [entry.name for entry in entries] == [member.path for member in a_package()]
    # made on Unix, -rw-------
    assert {(entry.made_on, entry.attributes) for entry in entries} == {(3, (0, 0o600 << 16))}
    # at 00:00 on 1 January 1980
    assert {(entry.time, entry.date) for entry in entries} == {(0, 0b0000000_0001_00001)}


def test_no_sound_is_readable_in_it(archive: Path) -> None:
    data = archive.read_bytes()
    assert SOUND[4:36] not in data
    assert LISTENING[4:36] not in data


def test_the_zip_is_for_its_owner_only_and_alone(archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    assert list(archive.parent.iterdir()) == [archive]


def test_a_long_recording_needs_little_memory(tmp_path: Path) -> None:
    piece = bytes(CHUNK_BYTES)
    digest = hashlib.sha256(piece * 48).hexdigest()
    long = Member("recordings/01-original.wav", lambda: [piece] * 48, 48 * CHUNK_BYTES, digest)
    tracemalloc.start()
    write_zip([long], tmp_path / "release.zip", WORDS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * CHUNK_BYTES


@pytest.fixture(name="named")
def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that knows no files without a name."""
    monkeypatch.setattr(whole, "open_unnamed", lambda _: None)


def what_lies_there_meanwhile(folder: Path) -> list[tuple[str, bytes]]:
    seen: list[tuple[str, bytes]] = []

    def look() -> Iterator[bytes]:
        yield SOUND
        seen.extend((path.name, path.read_bytes()) for path in folder.iterdir())

    digest = hashlib.sha256(SOUND).hexdigest()
    watching = Member("recordings/01-original.wav", look, len(SOUND), digest)
    write_zip([watching], folder / "release.zip", WORDS)
    return seen


def test_while_it_is_made_nothing_has_a_name(tmp_path: Path) -> None:
    assert what_lies_there_meanwhile(tmp_path) == []


@pytest.mark.usefixtures("named")
def test_where_it_needs_a_name_it_is_another_and_only_ciphertext(tmp_path: Path) -> None:
    ((name, data),) = what_lies_there_meanwhile(tmp_path)
    assert name == ".callrec-release-release.zip"
    assert SOUND[4:36] not in data
    assert [path.name for path in tmp_path.iterdir()] == ["release.zip"]
    assert (tmp_path / "release.zip").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("named")
def test_with_a_name_too_nothing_stays_when_it_is_stopped_half_way(tmp_path: Path) -> None:
    wrong = Member("recordings/02-original.wav", SOUND, len(SOUND), "00" * 32)
    with pytest.raises(Tampered):
        write_zip([*a_package(), wrong], tmp_path / "release.zip", WORDS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("named")
def test_what_took_the_name_meanwhile_is_never_touched(tmp_path: Path) -> None:
    target = tmp_path / "release.zip"

    def take() -> Iterator[bytes]:
        yield SOUND
        target.write_text("theirs")

    digest = hashlib.sha256(SOUND).hexdigest()
    with pytest.raises(Unusable):
        write_zip([Member("recordings/01-original.wav", take, len(SOUND), digest)], target, WORDS)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["theirs"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_nothing_stays_when_it_is_stopped_half_way(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    def half() -> Iterator[bytes]:
        yield SOUND
        raise stop

    broken = Member("recordings/02-original.wav", half, len(SOUND), "")
    with pytest.raises(stop):
        write_zip([*a_package(), broken], tmp_path / "release.zip", WORDS)
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_when_a_recording_is_not_as_listed(tmp_path: Path) -> None:
    wrong = Member("recordings/02-original.wav", SOUND, len(SOUND), "00" * 32)
    with pytest.raises(Tampered):
        write_zip([*a_package(), wrong], tmp_path / "release.zip", WORDS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", [0, 10, 4096, len(SOUND) + 5000])
def test_a_full_drive_is_said_and_nothing_stays(tmp_path: Path, room: int) -> None:
    with a_drive_that_takes_only(room), pytest.raises(Failed) as failure:
        write_zip(a_package(), tmp_path / "release.zip", WORDS)
    assert failure.value.message == "the release could not be written: File too large"
    assert list(tmp_path.iterdir()) == []


def test_a_drive_that_fills_at_the_very_end_is_a_full_drive(archive: Path) -> None:
    with a_drive_that_takes_only(archive.stat().st_size - 1), pytest.raises(Failed):
        write_zip(a_package(), archive.with_name("again.zip"), WORDS)
    assert list(archive.parent.iterdir()) == [archive]


def test_nothing_more_is_read_once_the_drive_is_full(tmp_path: Path) -> None:
    read: list[int] = []

    def count() -> Iterator[bytes]:
        for number in range(9):
            read.append(number)
            yield bytes(CHUNK_BYTES)

    long = Member("recordings/01-original.wav", count, 9 * CHUNK_BYTES, "")
    with a_drive_that_takes_only(CHUNK_BYTES), pytest.raises(Failed):
        write_zip([long], tmp_path / "release.zip", WORDS)
    assert read == [0]


def test_what_stands_there_already_is_never_touched(archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(Unusable):
        write_zip(a_package(), archive, WORDS)
    assert archive.read_bytes() == before

"""Exports made to do mischief: refused, named, nothing written, and what is sound comes in."""

from __future__ import annotations

import json
import stat
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from attacks.test_hostile_files import is_neutral
from callrec.errors import Unusable
from callrec.intake import bundle as bundles
from callrec.telephone.manifest import Form
from house.commands import type_in
from house.exports import MAP, Row, a_list, an_export, found_in, take_in_export
from house.practices import House
from house.spool import a_wave, originals_of

GOOD = Row("good.wav")


def with_member(path: Path, info: ZipInfo, data: bytes, kind: int = ZIP_DEFLATED) -> Path:
    """An export with a good sound, and another member that a row names too."""
    an_export(path, [GOOD, Row(info.filename)], {"good.wav": a_wave(0)})
    with ZipFile(path, "a") as written:
        written.writestr(info, data, compress_type=kind)
    return path


def linked() -> ZipInfo:
    info = ZipInfo("bad.wav")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


MEMBERS = {
    "a way up": (ZipInfo("../../bad.wav"), "leads out of the export"),
    "an absolute path": (ZipInfo("/etc/cron.d/bad.wav"), "leads out of the export"),
    "a drive": (ZipInfo("C:/bad.wav"), "leads out of the export"),
    "a way up by backslashes": (ZipInfo("a\\..\\..\\bad.wav"), "leads out of the export"),
    "a link": (linked(), "a link or a device"),
    "an archive within": (ZipInfo("more.zip"), "an archive within the export"),
}


@pytest.mark.parametrize(("info", "why"), MEMBERS.values(), ids=MEMBERS)
def test_a_member_that_leads_elsewhere_is_left_out_and_named(
    tmp_path: Path, info: ZipInfo, why: str
) -> None:
    taken, refused = found_in(with_member(tmp_path / "e.zip", info, b"/etc/passwd"))
    assert taken == ["good.wav"]
    assert [why in each for each in refused] == [True]
    assert refused[0].startswith("line 3 of the list: ")


@pytest.mark.parametrize("sign", ["\n", "\x1b", "\u202e", "\u2028"])
def test_a_name_that_cannot_be_shown_is_refused_and_neutral(
    house: House, tmp_path: Path, sign: str
) -> None:
    path = an_export(tmp_path / "e.zip", [GOOD], {"good.wav": a_wave(), f"a{sign}b.wav": a_wave(1)})
    map_file = tmp_path / "map.toml"
    map_file.write_text(
        'manifest = "calls.csv"\nformat = "csv"\n[columns]\nfile = "file"\ntime = "time"\n'
    )
    for more in ((), ("--json",), ("--try",)):
        answer = type_in(
            house, "max", "ingest", "--bundle", str(path), "--map", str(map_file), *more
        )
        assert "its name holds signs that cannot be shown" in " ".join(answer.out.split())
        assert is_neutral(answer)
    assert originals_of(house) == [a_wave()]


def test_a_nul_in_a_name_ends_it_for_nobody(tmp_path: Path) -> None:
    path = an_export(tmp_path / "e.zip", [GOOD], {"good.wav": a_wave(), "bad.wav.exe": a_wave(1)})
    path.write_bytes(path.read_bytes().replace(b"bad.wav.exe", b"bad.wav\0exe"))
    assert found_in(path) == (["good.wav"], ["its name holds signs that cannot be shown"])


def test_an_encrypted_sound_is_named(tmp_path: Path) -> None:
    path = with_member(tmp_path / "e.zip", ZipInfo("bad.wav"), a_wave(1))
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 8] |= 1
    path.write_bytes(data)
    taken, refused = found_in(path)
    assert taken == ["good.wav"]
    assert "it is encrypted" in refused[0]


def test_a_way_of_packing_that_is_not_read_is_named(tmp_path: Path) -> None:
    path = with_member(tmp_path / "e.zip", ZipInfo("bad.wav"), a_wave(1), ZIP_BZIP2)
    taken, refused = found_in(path)
    assert taken == ["good.wav"]
    assert "compressed in a way that is not read" in refused[0]


def test_names_that_differ_in_capitals_alone_are_both_left(tmp_path: Path) -> None:
    rows = [GOOD, Row("a.wav"), Row("A.WAV")]
    taken, refused = found_in(an_export(tmp_path / "e.zip", rows))
    assert taken == ["good.wav"]
    assert ["more than one sound of this name" in each for each in refused] == [True, True]


def a_bomb(path: Path, size_bytes: int) -> Path:
    """A sound of zeros, written without ever being in memory."""
    an_export(path, [GOOD, Row("bomb.wav")], {"good.wav": a_wave()})
    with (
        ZipFile(path, "a", ZIP_DEFLATED, compresslevel=9) as written,
        written.open("bomb.wav", "w", force_zip64=True) as member,
    ):
        for _ in range(size_bytes >> 20):
            member.write(bytes(1 << 20))
    return path


def test_a_zip_bomb_is_named_and_the_rest_comes_in(tmp_path: Path) -> None:
    taken, refused = found_in(a_bomb(tmp_path / "e.zip", 128 << 20))
    assert taken == ["good.wav"]
    assert "as a zip bomb is" in refused[0]


def test_bombs_that_are_small_one_by_one_are_refused_together() -> None:
    infos = [ZipInfo(f"{n}.wav") for n in range(17)]
    for info in infos:
        info.file_size = bundles.FREE_OF_RATIO_BYTES
    with pytest.raises(Unusable, match="more than 250 times its size"):
        bundles.check_whole(infos, 10**6, 10**6)


def changed(path: Path, change: Callable[[bytearray], object]) -> Path:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path


def overlap(data: bytearray) -> None:
    """Let the last entry of the directory be where the first is."""
    first, last = data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02")
    data[last + 42 : last + 46] = data[first + 42 : first + 46]


def test_members_over_each_other_are_refused_as_a_whole(tmp_path: Path) -> None:
    path = changed(an_export(tmp_path / "e.zip", [GOOD, Row("b.wav")]), overlap)
    with pytest.raises(Unusable, match="lie over each other"):
        found_in(path)


def test_a_directory_of_too_many_is_refused_before_it_is_taken_apart(tmp_path: Path) -> None:
    path, members = tmp_path / "e.zip", 600_000
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, *[0] * 8, 1, *[0] * 6)
    directory = (entry + b"a") * members
    # ZIP64, as so many do not fit into the old form.
    end = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, members, members, len(directory), 0
    )
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(directory), 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(directory + end + locator + last)
    with pytest.raises(Unusable, match="more than 100,000 members"):
        found_in(path)


def test_more_members_than_may_be_are_refused() -> None:
    infos = [ZipInfo(str(n)) for n in range(bundles.MAX_MEMBERS + 1)]
    with pytest.raises(Unusable, match="more than 100,000 members"):
        bundles.check_whole(infos, 10**9, 10**9)


def spoiled(data: bytearray) -> None:
    data[data.index(a_wave(1)[100:200])] ^= 0xFF


def test_a_sound_with_a_wrong_checksum_is_not_taken_in(house: House, tmp_path: Path) -> None:
    path = with_member(tmp_path / "e.zip", ZipInfo("bad.wav"), a_wave(1), ZIP_STORED)
    done = take_in_export(house, changed(path, spoiled))
    assert done.recordings == 1
    assert ["it is damaged in the export" in each.why for each in done.quarantined] == [True]
    assert originals_of(house) == [a_wave(0)]


def shortened(data: bytearray) -> None:
    """Let a sound be said to be longer than it is, with its own checksum."""
    for mark, place in (b"PK\x03\x04", 22), (b"PK\x01\x02", 24):
        at = data.rindex(mark) + place
        data[at : at + 4] = struct.pack("<L", len(a_wave(1)) + 4)


def test_a_sound_that_is_shorter_than_it_says_is_not_taken_in(house: House, tmp_path: Path) -> None:
    path = with_member(tmp_path / "e.zip", ZipInfo("bad.wav"), a_wave(1))
    done = take_in_export(house, changed(path, shortened))
    assert done.recordings == 1
    assert ["it is damaged in the export" in each.why for each in done.quarantined] == [True]


def lied_about(data: bytearray) -> None:
    """Let a sound be said to be shorter than it is, and its checksum be that of so much."""
    short = a_wave(1)[:1000]
    for mark, crc, place in (b"PK\x03\x04", 14, 22), (b"PK\x01\x02", 16, 24):
        at = data.rindex(mark)
        data[at + crc : at + crc + 4] = struct.pack("<L", zlib.crc32(short))
        data[at + place : at + place + 4] = struct.pack("<L", len(short))


def test_no_more_is_read_than_a_sound_says_it_has(house: House, tmp_path: Path) -> None:
    path = with_member(tmp_path / "e.zip", ZipInfo("bad.wav"), a_wave(1))
    take_in_export(house, changed(path, lied_about))
    assert sorted(originals_of(house), key=len) == [a_wave(1)[:1000], a_wave(0)]


def test_what_has_no_name_is_named_by_nothing_and_refused(tmp_path: Path) -> None:
    path = an_export(tmp_path / "e.zip", [GOOD], {"good.wav": a_wave(), "bad": a_wave(1)})
    path.write_bytes(path.read_bytes().replace(b"bad", b"\0ad"))
    assert found_in(path) == (["good.wav"], ["its name holds signs that cannot be shown"])


def test_an_empty_zip_has_no_list(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(b"PK\5\6" + bytes(18))
    with pytest.raises(Unusable, match="no list"):
        found_in(path)


CUT = {
    "nothing": lambda data: data[:0],
    "the first half": lambda data: data[: len(data) // 2],
    "without its end": lambda data: data[:-10],
    "no zip": lambda _: b"PK" * 500,
    "a directory that lies elsewhere": lambda data: data[:-6] + b"\xff\xff\xff\x7f\0\0",
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
def test_what_is_cut_short_is_refused_as_a_whole(
    tmp_path: Path, cut: Callable[[bytes], bytes]
) -> None:
    path = an_export(tmp_path / "e.zip", [GOOD])
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(Unusable):
        found_in(path)


def test_two_lists_of_one_name_are_refused(tmp_path: Path) -> None:
    path = an_export(tmp_path / "e.zip", [GOOD])
    with ZipFile(path, "a") as written, pytest.warns(UserWarning, match="Duplicate name"):
        written.writestr(MAP.manifest, a_list([GOOD]))
    with pytest.raises(Unusable, match="more than one list"):
        found_in(path)


LISTS: dict[str, tuple[bytes, str]] = {
    "UTF-16": (a_list([GOOD]).decode().encode("utf-16"), "is not utf-8"),
    "NULs": (a_list([GOOD]).replace(b"file", b"fi\0le"), 'no column "file"'),
    "no header": (a_list([GOOD]).partition(b"\r\n")[2], 'no column "file"'),
    "a column twice": (a_list([GOOD]).replace(b"queue", b"file"), 'more than one column "file"'),
    "nothing": (b"", 'no column "file"'),
}


@pytest.mark.parametrize(("listed", "why"), LISTS.values(), ids=LISTS)
def test_a_list_that_is_not_as_the_map_says_is_refused_as_a_whole(
    tmp_path: Path, listed: bytes, why: str
) -> None:
    with pytest.raises(Unusable, match=why):
        found_in(an_export(tmp_path / "e.zip", [GOOD], listed=listed))


ROWS: dict[str, tuple[bytes, str]] = {
    "a line without end": (b"x" * 70_000, "the line is longer than 64 KiB"),
    "a quote that is not closed": (b'"a,b', "a quote is not closed"),
    "a NUL": (b"a\0.wav,2024-07-04 14:05,in,07700900123,201,,,", '"file" holds signs'),
    "too many cells": (b"a,b,c,d,e,f,g,h,i", "it has 9 cells and not 8"),
    "a formula": (b"a.wav,2024-07-04 14:05,in,=07700900123,201,,,", '"number" begins like'),
    "an international formula": (
        b"a.wav,2024-07-04 14:05,in,+44+A1,201,,,",
        '"number" begins like',
    ),
}


@pytest.mark.parametrize(("row", "why"), ROWS.values(), ids=ROWS)
def test_a_row_that_cannot_be_used_takes_no_other_with_it(
    tmp_path: Path, row: bytes, why: str
) -> None:
    listed = a_list([GOOD]).replace(b"\r\n", b"\r\n" + row + b"\r\n", 1)
    taken, refused = found_in(an_export(tmp_path / "e.zip", [GOOD], listed=listed))
    assert taken == ["good.wav"]
    assert [why in each for each in refused] == [True]
    assert refused[0].startswith("line 2 of the list: ")


ITEM = dict(zip(map(str, MAP.columns), GOOD.cells(), strict=True))

JSONS: dict[str, tuple[bytes, str]] = {
    "nested without end": (b"[" * 200_000, "not JSON, or nested too deep"),
    "no list": (b'{"items": []}', "has no list at its top"),
    "not closed": (b'[{"file": "good.wav"}', "not JSON"),
}


@pytest.mark.parametrize(("listed", "why"), JSONS.values(), ids=JSONS)
def test_json_that_is_none_is_refused_as_a_whole(tmp_path: Path, listed: bytes, why: str) -> None:
    path = an_export(tmp_path / "e.zip", [GOOD], listed=listed)
    with pytest.raises(Unusable, match=why):
        found_in(path, replace(MAP, form=Form.JSON))


ITEMS: dict[str, tuple[str, str]] = {
    "a member twice": (json.dumps(ITEM)[:-1] + ', "file": "b.wav"}', "it has a member twice"),
    "not a number": (json.dumps(ITEM | {"number": float("nan")}), "it holds NaN"),
    "without end": (json.dumps(ITEM | {"number": float("inf")}), "it holds Infinity"),
    "a list": (json.dumps(ITEM | {"number": [1]}), '"number" holds neither text nor a number'),
    "yes": (json.dumps(ITEM | {"number": True}), '"number" holds neither text nor a number'),
    "no object": ('"good.wav"', "it is not an object"),
    "half a sign": (json.dumps(ITEM | {"queue": "\ud800"}), '"queue" holds signs'),
    "too many digits": (
        json.dumps(ITEM | {"extension": int("9" * 300)}),
        '"extension" is too long',
    ),
}


@pytest.mark.parametrize(("item", "why"), ITEMS.values(), ids=ITEMS)
def test_an_item_that_cannot_be_used_takes_no_other_with_it(
    tmp_path: Path, item: str, why: str
) -> None:
    listed = f"[{item}, {json.dumps(ITEM)}]".encode()
    path = an_export(tmp_path / "e.zip", [GOOD], listed=listed)
    taken, refused = found_in(path, replace(MAP, form=Form.JSON))
    assert taken == ["good.wav"]
    assert refused == [f"item 1 of the list: {refused[0].partition(': ')[2]}"]
    assert why in refused[0]


def test_a_sound_that_is_named_in_every_row_is_told_of_in_few_words(tmp_path: Path) -> None:
    rows = [GOOD] * 20_000
    taken, refused = found_in(an_export(tmp_path / "e.zip", rows, {"good.wav": a_wave()}))
    assert (taken, len(refused)) == ([], 20_000)
    assert refused[0] == "line 2 of the list: the same sound is named in line 3, 4, 5, 6, 7"

"""A supplier is asked to delete only what is held and was read back, with nothing personal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from callrec.audit import log as audit
from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.errors import Refused, Unusable
from callrec.intake.bundle import open_bundle
from callrec.intake.sources import ReadBack
from callrec.retention.instructing import (
    InstructionOrder,
    WrittenInstruction,
    is_call_id,
    names_somebody,
    write_instruction,
)
from callrec.telephone.call import Call
from callrec.telephone.manifest import ManifestRow, read_manifest
from house.drives import archive, drive, stand_alone
from house.exports import MAP, Row, a_list, an_export, take_in_opened
from house.packages import details_of
from house.practices import House
from house.spool import a_wave
from telephone.legs import SETUP

ROWS = [Row("1.wav", reference="C-1"), Row("2.wav", reference="C-2"), Row("3.wav")]


def instruct(
    house: House,
    folder: Path,
    rows: Sequence[Row] = ROWS,
    *,
    login: str = "max",
    archived: bool = False,
    only: slice = slice(None),
) -> WrittenInstruction:
    """Take an export in, and ask for what was read back of it, or a part of that."""
    path = an_export(folder / "e.zip", rows)
    order = InstructionOrder(folder / "delete.txt", "Acme Ltd", 28, archived, replaces=True)
    with open_bundle(path, MAP, today=date.max) as bundle:
        compared: Sequence[ReadBack] = take_in_opened(house, bundle).read_back
        house.open()
        return write_instruction(house.practice, house.actor(login), compared[only], order)


def listed(folder: Path) -> list[str]:
    return (folder / "delete.txt").read_text("utf-8").rpartition("\n\n")[2].splitlines()[1:]


def newest_leaf(house: House) -> Leaf:
    with reading(house.practice.engine) as connection:
        return audit.read_leaf(connection, audit.stored_head(connection).size - 1)[0]


def test_each_recording_that_was_read_back_is_listed_with_its_hash(
    house: House, tmp_path: Path
) -> None:
    written = instruct(house, tmp_path)
    sums = [hashlib.sha256(a_wave(seed)).hexdigest() for seed in range(3)]
    assert listed(tmp_path) == [
        f"2  2024-07-04  C-1  {sums[0]}",
        f"3  2024-07-04  C-2  {sums[1]}",
        f"4  2024-07-04  by its line  {sums[2]}",
    ]
    assert (written.recordings, written.left_out) == (3, 0)


def test_what_was_not_read_back_is_not_listed(house: House, tmp_path: Path) -> None:
    path = an_export(tmp_path / "e.zip", ROWS)
    order = InstructionOrder(tmp_path / "delete.txt", "Acme Ltd", 28, archived=False)
    with open_bundle(path, MAP, today=date.max) as bundle:
        first, *rest = take_in_opened(house, bundle).read_back
        compared = [replace(first, problem=Unusable("not compared")), *rest]
        written = write_instruction(house.practice, house.actor("max"), compared, order)
    assert (written.recordings, written.left_out) == (2, 1)
    assert [line[0] for line in listed(tmp_path)] == ["3", "4"]


def test_where_nothing_can_be_listed_nothing_is_written(house: House, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="nothing of the export was read back"):
        instruct(house, tmp_path, only=slice(0))
    assert not (tmp_path / "delete.txt").exists()


def test_it_is_on_record_with_what_was_written(house: House, tmp_path: Path) -> None:
    written = instruct(house, tmp_path)
    leaf = newest_leaf(house)
    sums = "".join(f"{line.split()[-1]}\n" for line in listed(tmp_path))
    assert leaf.act == "supplier.instructed"
    assert details_of(house, leaf) == {
        "archived": None,
        "listed": hashlib.sha256(sums.encode()).hexdigest(),
        "recordings": 3,
        "sha256": hashlib.sha256((tmp_path / "delete.txt").read_bytes()).hexdigest(),
        "until": written.until.isoformat(),
    }


@pytest.mark.parametrize("login", ["door", "sam"])
def test_who_looks_after_no_archive_asks_no_supplier(
    house: House, tmp_path: Path, login: str
) -> None:
    with pytest.raises(Refused):
        instruct(house, tmp_path, login=login)
    assert not (tmp_path / "delete.txt").exists()


def test_what_is_to_be_archived_first_lies_on_as_many_drives_as_the_practice_keeps(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_alone(monkeypatch)
    with pytest.raises(Unusable, match="lies on 2 drives"):
        instruct(house, tmp_path, archived=True)
    archive(house, drive(house, "drive-a"))
    with pytest.raises(Unusable, match="lies on 2 drives"):
        instruct(house, tmp_path, archived=True)
    archive(house, drive(house, "drive-b"))
    written = instruct(house, tmp_path, [*ROWS, Row("4.wav")], archived=True)
    assert (written.recordings, written.left_out) == (3, 1)
    assert details_of(house, newest_leaf(house))["archived"] == 2


def call_of(**cells: str) -> Call:
    (row,) = read_manifest(a_list([Row("1.wav", **cells)]), MAP)
    assert isinstance(row, ManifestRow)
    return row.call(SETUP)


def test_a_reference_with_a_number_or_a_name_in_it_is_not_said() -> None:
    call = replace(call_of(number="07700 900123"), parties=("Siân Evans",))
    for shows in ("in-07700900123-1", "447700900123_17", "x 900 123", "EVANS-17", "siân"):
        assert names_somebody(shows, call), shows
    for hides in ("C-1001", "20240704-140501", "evan-17", ""):
        assert not names_somebody(hides, call), hides


AT = datetime(2026, 3, 12, 16, 9, 40, tzinfo=UTC)

UUID = "3f2b8c1e-9d4a-4b7e-8f60-1c2d3e4fabcd"

NAMING = (
    *("Sian Roberts re HIV", "7700900999 Mrs Roberts", "999 000 0018", "9000123 Roberts"),
    *("oh7700900999", "999-000-0018", "7700_900.999", "9990000018", "Roberts-17", "Ann:17", "Siân"),
    *(f"{UUID}-Ann", "3f2b8c1e-9d4a-4b7e-8f60-007700900999", "ab7700900999cdef00", "1505551234.1"),
    *("C-1001\n", "٩٠٠", "-17", ""),
)


@pytest.mark.parametrize("reference", NAMING)
def test_what_may_name_somebody_is_no_call_id(reference: str) -> None:
    assert not is_call_id(reference, AT)


@pytest.mark.parametrize(
    "reference",
    ["C-1001", "17", "in:20240704", "1773331780.20", UUID, UUID.upper(), "CA" + "3fb8" * 8],
)
def test_what_has_the_shape_of_a_call_id_is_one(reference: str) -> None:
    assert is_call_id(reference, AT)


def test_a_reference_that_may_name_a_patient_does_not_leave_the_practice(
    house: House, tmp_path: Path
) -> None:
    instruct(house, tmp_path, [Row("1.wav", reference="Sian Roberts re HIV")])
    assert "  by its line  " in listed(tmp_path)[0]


def test_a_number_in_a_reference_does_not_leave_the_practice(house: House, tmp_path: Path) -> None:
    instruct(house, tmp_path, [Row("1.wav", reference="in-07700900123-17")])
    text = (tmp_path / "delete.txt").read_text("utf-8")
    assert "900123" not in text
    assert "by its line" in text


def test_the_supplier_has_as_many_days_as_were_said(house: House, tmp_path: Path) -> None:
    house.at = house.at.replace(year=2026, month=11, day=24)
    assert instruct(house, tmp_path).until == date(2026, 12, 22)
    assert "By 22 December 2026." in (tmp_path / "delete.txt").read_text("utf-8")

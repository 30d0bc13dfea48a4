"""What is known of the calls, for whoever takes them elsewhere [UK GDPR 20(1)]."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from callrec.package.manifest import CALL_DATA_PATHS, COLUMNS, CallData, call_data
from callrec.package.package import member_of_bytes
from package.builders import a_call, a_file, a_listening_copy, a_manifest, an_edited_call

VECTORS = Path(__file__).parents[1] / "vectors/release"


@pytest.mark.parametrize(
    ("name", "written"),
    list(zip(CALL_DATA_PATHS, call_data([a_call(), an_edited_call()]), strict=True)),
    ids=CALL_DATA_PATHS,
)
def test_both_files_are_the_known_answers(name: str, written: bytes) -> None:
    assert written == (VECTORS / name).read_bytes()


def test_the_manifest_takes_both() -> None:
    both = call_data([a_call()])
    members = map(member_of_bytes, CALL_DATA_PATHS, both)
    listed = tuple(CallData(each.path, each.sha256, each.size_bytes) for each in members)
    told = json.loads(replace(a_manifest(a_file()), call_data=listed).to_bytes())["call_data"]
    assert [each["bytes"] for each in told] == [*map(len, both)]


def test_a_table_has_a_header_even_of_no_call() -> None:
    data, table = call_data([])
    assert json.loads(data)["calls"] == []
    assert table.decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"


def test_what_is_not_enclosed_leaves_its_cells_empty() -> None:
    _, table = call_data([an_edited_call()])
    (row,) = csv.DictReader(StringIO(table.decode("utf-8-sig"), newline=""))
    assert (row["original"], row["original_codec"], row["original_sha256"]) == ("", "", "")
    assert row["listening"] == "recordings/02-listening.wav"
    assert (row["number"], row["extension"], row["parties"]) == ("", "", "")


def test_a_spreadsheet_runs_nothing_that_a_caller_is_called() -> None:
    call = replace(a_call(), parties=("=cmd|' /C calc'!A0", "@SUM(A1)"), extension="-2")
    data, table = call_data([call])
    (row,) = csv.DictReader(StringIO(table.decode("utf-8-sig"), newline=""))
    assert row["parties"] == "'=cmd|' /C calc'!A0; @SUM(A1)".replace("; @", ";' @")
    assert (row["number"], row["extension"]) == ("'+447700900123", "'-2")
    (told,) = json.loads(data)["calls"]
    assert (told["number"], told["extension"]) == ("+447700900123", "-2")
    assert told["parties"] == ["=cmd|' /C calc'!A0", "@SUM(A1)"]


def test_the_files_of_a_call_are_of_one_recording() -> None:
    for files in ((), (a_file(), a_file(place=2))):
        with pytest.raises(ValueError, match="of one recording"):
            replace(a_call(), files=files)


def test_a_call_shows_nothing_of_itself_where_it_is_printed() -> None:
    assert "7700900123" not in repr(a_call())
    assert a_listening_copy(a_file()).path in {file.path for file in a_call().files}

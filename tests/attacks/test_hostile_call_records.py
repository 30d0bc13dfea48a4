"""Call records made to do mischief, through the real command: refused, or neutral."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from attacks.test_hostile_files import is_neutral
from attacks.typed import type_in
from procedures.spool import a_call, left_in, originals_of, recordings_of

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House

UNIQUE_ID = "1720098301.0"
"""Of the recording that `a_call` makes."""
HEADER = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,"
    "disposition,amaflags,accountcode,uniqueid,userfield,did,cnum,cnam,outbound_cnum,"
    "outbound_cnam,dst_cnam,recordingfile,linkedid,peeraccount,sequence"
)

TEXTS = {
    "a formula": '=HYPERLINK("http://example.invalid","x")',
    "a formula by a sign": "+SUM(1+1)*cmd|' /C calc'!A0",
    "a formula by a minus": "-2+3+cmd|' /C calc'!A0",
    "a formula by an at": "@SUM(A1:A9)",
    "a new line": "Agnes\nUnderhill",
    "an escape that clears": "\x1b[2J\x1b[31mred",
    "right to left": "\u202egpj.exe",
    "markup": "[bold red]x[/] <script>alert(1)</script>",
    "a NUL": "Agnes\0Underhill",
    "255 bytes": "ü" * 125 + "xyz",
    "half a surrogate": b"\xed\xa0\x80".decode("utf-8", "surrogateescape"),
    "no UTF-8": b"\xff\xfe\xc3\x28".decode("utf-8", "surrogateescape"),
    "a way out": "../../../../etc/passwd",
    "an absolute path": "/etc/passwd",
    "a way out for Windows": "..\\..\\windows\\system32\\config\\sam",
    "an address": "file:///etc/passwd",
    "dots": "..",
}


def rows(path: Path, text: str) -> Path:
    """An export of FreePBX in which everything that is text is this one."""
    cells = dict.fromkeys(HEADER.split(","), text) | {
        "calldate": "2024-07-04 14:05:01",
        "src": "07700900123",
        "dst": "201",
        "duration": "20",
        "billsec": "15",
        "disposition": "ANSWERED",
        "uniqueid": UNIQUE_ID,
        "linkedid": UNIQUE_ID,
    }
    out = StringIO()
    csv.writer(out).writerows([cells.keys(), cells.values()])
    path.write_bytes(out.getvalue().encode("utf-8", "surrogateescape"))
    return path


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_hostile_row_is_joined_or_listed_and_acts_on_nothing(
    house: House, tmp_path: Path, text: str
) -> None:
    spool, records = tmp_path / "spool", rows(tmp_path / "export.csv", text)
    a_call(spool)
    files = left_in(tmp_path)
    answers = [
        type_in(house, "max", "ingest", str(spool), "--cdr", str(records), "--json"),
        type_in(house, "max", "reconcile", "--cdr", str(records)),
        type_in(house, "max", "reconcile", "--cdr", str(records), "--json"),
        type_in(house, "max", "show", "1"),
        type_in(house, "max", "show", "1", "--json"),
        type_in(
            house, "max", "search", "--number", "07700900123", "--reason", "a test of hostile rows"
        ),
    ]
    for answer in answers:
        assert is_neutral(answer)
        assert answer.status in {0, 8}, answer
    assert json.loads(answers[0].out)["ingested"] == 1
    assert len(originals_of(house)) == 1
    assert left_in(tmp_path) == files


@pytest.mark.parametrize("text", [TEXTS["a formula"], TEXTS["a formula by a minus"]])
def test_what_is_written_for_a_spreadsheet_is_no_formula(
    house: House, tmp_path: Path, text: str
) -> None:
    spool, records = tmp_path / "spool", rows(tmp_path / "export.csv", text)
    a_call(spool)
    told = tmp_path / "told.csv"
    type_in(house, "max", "ingest", str(spool))
    type_in(house, "max", "reconcile", "--cdr", str(records), "--csv", str(told))
    for row in csv.reader(StringIO(told.read_text("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize("name", ["a way out", "an absolute path", "a way out for Windows", "dots"])
def test_the_name_of_a_recording_leads_nowhere(house: House, tmp_path: Path, name: str) -> None:
    """Its last part is compared with names, and no file is ever opened by it."""
    spool, records = tmp_path / "spool", rows(tmp_path / "export.csv", TEXTS[name])
    a_call(spool)
    type_in(house, "max", "ingest", str(spool), "--cdr", str(records))
    (recording,) = recordings_of(house)
    (leg,) = recording.fields["record"]["legs"]
    assert "/" not in leg["recording"]
    assert "\\" not in leg["recording"]
    assert leg["recording"] not in {"..", "."}


def a_folder(path: Path) -> None:
    path.mkdir()


def an_empty_file(path: Path) -> None:
    path.touch()


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 999)


def a_line_without_end(path: Path) -> None:
    path.write_bytes(b'"' + b"x" * 3_000_000)


def deep(path: Path) -> None:
    path.write_bytes(b"[" * 100_000)


def a_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    "make", [a_folder, an_empty_file, noise, a_line_without_end, deep, a_dangling_link, a_device]
)
def test_what_holds_no_call_records_is_refused_before_anything_is_touched(
    house: House, tmp_path: Path, make: object
) -> None:
    spool, records = tmp_path / "spool", tmp_path / "records"
    a_call(spool)
    assert callable(make)
    make(records)
    for command in (("ingest", str(spool), "--after", "delete"), ("reconcile",)):
        answer = type_in(house, "max", *command, "--cdr", str(records))
        assert answer.status in {1, 2, 4}, answer
        assert answer.err.startswith("callrec: error: ")
        assert is_neutral(answer)
    assert originals_of(house) == []
    assert len(left_in(spool)) == 1

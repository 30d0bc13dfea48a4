"""Call records made to do mischief, through the real commands: neutral, or refused whole.

Whoever can name himself to the telephone exchange writes into its call records: his caller ID is a
cell. Whoever holds the exchange writes all of them.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from attacks.test_hostile_files import is_neutral
from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from house.commands import type_in
from house.practices import House
from house.spool import a_call, a_wave, left_in, originals_of

HEADER = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,"
    "disposition,amaflags,accountcode,uniqueid,userfield,did,cnum,cnam,outbound_cnum,"
    "outbound_cnam,dst_cnam,recordingfile,linkedid"
)

WHEN = "2024-07-04 14:05:01"

UNIQUE = "1720098301.0"

CELLS = {
    "a formula": b"=cmd|' /C calc'!A0",
    "a formula with a plus": b"+1+HYPERLINK(0)",
    "a formula with a minus": b"-2+3",
    "a formula with an at": b"@SUM(1+1)*cmd|' /C calc'!A0",
    "a formula after a tab": b"\t=1+1",
    "a new line": b"Sian\n2 recordings taken in",
    "a carriage return": b"Sian\rEVIL",
    "an escape that clears": b"\x1b[2J\x1b[31mred",
    "an escape that types": b"\x1b]0;owned\x07\x9b5n",
    "right to left": "Sian\u202egpj".encode(),
    "an isolate": "a\u2066x\u2069".encode(),
    "markup": b"[bold red]in[link=x][[]]",
    "HTML": b"<script>alert(1)<&gt;",
    "a NUL": b"Sian\0Featherstone",
    "255 bytes": ("ü" * 127 + "x").encode(),
    "no UTF-8": b"Sian\xff\xfe\xc3\x28",
    "a way up": b"../../../../etc/passwd",
    "an absolute path": b"/etc/passwd",
    "backslashes": b"..\\..\\windows\\system32",
    "dots": b"..",
    "a quotation": b'a"b""c,d',
    "a format": b"%s%n{0.__class__}",
    "digits of another script": "٠٧٧٠٠٩٠٠١٢٣".encode(),
    "a number without end": b"9" * 5000,
}


def export(folder: Path, cell: bytes) -> Path:
    """A FreePBX export: one call whose every word is the cell, and one that says nothing at all."""
    quoted = b'"' + cell.replace(b'"', b'""') + b'"'
    known = {
        "calldate": WHEN.encode(),
        "duration": b"65",
        "billsec": b"60",
        "disposition": b"ANSWERED",
        "uniqueid": UNIQUE.encode(),
    }
    names = HEADER.split(",")
    called = b",".join(known.get(name, quoted) for name in names)
    path = folder / "cdr.csv"
    path.write_bytes(b"\n".join([HEADER.encode(), called, b",".join([quoted] * len(names)), b""]))
    return path


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_hostile_cell_is_sealed_as_it_stands_and_acts_on_nothing(
    house: House, tmp_path: Path, cell: bytes
) -> None:
    spool, findings = tmp_path / "spool", tmp_path / "findings.csv"
    a_call(spool)
    cdr = export(tmp_path, cell)
    before = (left_in(spool), cdr.read_bytes())
    with_records = ("--cdr", str(cdr))
    rehearsed = type_in(house, "door", "ingest", str(spool), *with_records, "--dry-run")
    done = type_in(house, "door", "ingest", str(spool), *with_records)
    told = type_in(house, "max", "reconcile", *with_records)
    as_csv = type_in(house, "max", "reconcile", *with_records, "--csv", str(findings), "--json")
    shown = type_in(house, "max", "show", "1")
    for answer in (rehearsed, done, told, as_csv, shown):
        assert is_neutral(answer), answer
        assert answer.status in {0, 8}, answer
    assert "1 recording taken in" in done.out
    # A row is one line of 64 KiB at most, without a NUL: what is none is told, and joins nothing.
    is_row = not {*b"\n\0"} & {*cell} and len(cell) < 1000
    assert ("1 joined to call records" in done.out) == is_row
    assert ("not understood: " in done.out) or is_row
    assert originals_of(house) == [a_wave()]
    assert (left_in(spool), cdr.read_bytes()) == before
    made = findings.read_text(encoding="utf-8-sig")
    assert not [
        each for row in csv.reader(StringIO(made)) for each in row if each[:1] in tuple("=+-@\t\r")
    ]
    for leg in legs_of(house):
        assert leg["unique_id"] == UNIQUE
        assert not leg["recording"] or not set(leg["recording"]) & {"/", "\\", "\0"}


def legs_of(house: House) -> list[dict[str, str | None]]:
    """Those that are sealed with the one recording."""
    with reading(house.practice.engine) as connection:
        opening = Opening(house.practice, house.actor("dora"), connection)
        (row,) = connection.execute(select(tables.recording))
        record = opening.metadata(row).fields["record"]
        return [] if record is None else list(record["legs"])


def a_folder(path: Path) -> None:
    path.mkdir()


def an_empty_file(path: Path) -> None:
    path.touch()


def noise(path: Path) -> None:
    path.write_bytes(a_wave(3, 200_000))


def one_endless_line(path: Path) -> None:
    path.write_bytes(b"a," * 1_500_000)


def a_deep_document(path: Path) -> None:
    path.write_bytes(b'{"records": ' + b"[" * 100_000)


def nothing(_: Path) -> None:
    pass


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


THINGS: dict[str, tuple[Callable[[Path], None], int]] = {
    "a folder": (a_folder, 2),
    "an empty file": (an_empty_file, 2),
    "noise": (noise, 2),
    "one endless line": (one_endless_line, 2),
    "a deep document": (a_deep_document, 2),
    "nothing": (nothing, 4),
    "a link to nothing": (a_link_to("none.csv"), 4),
    "a device without end": (a_link_to("/dev/zero"), 2),
    "a pipe": (a_pipe, 2),
}


@pytest.mark.parametrize(("make", "status"), THINGS.values(), ids=THINGS)
def test_what_is_no_file_of_call_records_ends_the_command_before_anything_is_touched(
    house: House, tmp_path: Path, make: Callable[[Path], None], status: int
) -> None:
    spool, cdr = tmp_path / "spool", tmp_path / "cdr.csv"
    a_call(spool)
    make(cdr)
    before, leaves = left_in(spool), leaves_of(house)
    words = ("ingest", str(spool), "--after", "delete", "--cdr", str(cdr))
    for answer in (
        type_in(house, "door", *words),
        type_in(house, "door", *words[:2], "--cdr", str(cdr), "--dry-run", "--json"),
        type_in(house, "max", "reconcile", "--cdr", str(cdr)),
    ):
        assert answer.status == status, answer
        assert answer.err.count("error") == 1
        assert is_neutral(answer)
    assert (left_in(spool), originals_of(house)) == (before, [])
    assert "ingest.finished" not in leaves_of(house)[len(leaves) :]


def leaves_of(house: House) -> list[str]:
    """What the log has, by its words."""
    said = json.loads(type_in(house, "ava", "audit", "list", "--json").out)
    return [each["action"] for each in said["items"]]

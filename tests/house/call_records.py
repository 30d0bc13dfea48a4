"""Call records as FreePBX exports them, made up, and what is taken in with them at hand."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

from callrec.intake.clearing import AfterIntake
from callrec.intake.ingest import ingest_recordings
from callrec.intake.records import open_call_records
from callrec.intake.summary import Ingested
from house.practices import House
from house.spool import KEEP, NUMBER

COLUMNS = (
    "calldate",
    "src",
    "dst",
    "duration",
    "billsec",
    "disposition",
    "uniqueid",
    "cnam",
    "dst_cnam",
    "recordingfile",
    "linkedid",
)

BEGAN = datetime(2024, 7, 4, 14, 5, 1)  # noqa: DTZ001 - as the telephone system shows it


def a_row(call: int = 0, **told: str) -> dict[str, str]:
    """The row of `spool.a_name`'s call; a test says only what matters to it."""
    unique_id = f"{1720098301 + call}.{call}"
    row = {
        "calldate": str(BEGAN + timedelta(seconds=call)),
        "src": NUMBER,
        "dst": "201",
        "duration": "65",
        "billsec": "60",
        "disposition": "ANSWERED",
        "uniqueid": unique_id,
        "linkedid": unique_id,
    }
    return row | told


def records(path: Path, *rows: dict[str, str]) -> Path:
    """A file of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def take_in_with(
    house: House,
    cdr: Path,
    *paths: Path,
    login: str = "max",
    after: AfterIntake = KEEP,
    unrecognised: bool = True,
) -> Ingested:
    """Ingest as one command with ``--cdr`` does, with files of any name as `spool.take_in`."""
    with open_call_records([cdr], house.practice.settings) as told:
        return ingest_recordings(
            house.practice,
            house.actor(login),
            paths,
            after=after,
            advance=lambda _: None,
            records=told,
            unrecognised=unrecognised,
        )

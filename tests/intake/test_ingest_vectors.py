"""Known answers, made by another program from the words of docs/formats/recording.md."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callrec.crypto.context import context
from callrec.crypto.primitives import derive
from callrec.intake.known import DuplicateMacs
from callrec.intake.sealing import Hashed
from callrec.intake.sources import Mark, Source
from callrec.telephone.call import System
from callrec.telephone.written import Identified
from house.calls import a_call

FILE = Path(__file__).parents[1] / "vectors" / "recording" / "macs.json"

KNOWN = json.loads(FILE.read_text(encoding="ascii"))


def test_the_key_of_the_duplicate_check() -> None:
    info = context("duplicate", KNOWN["vault"])
    assert derive(bytes.fromhex(KNOWN["index_key"]), info).hex() == KNOWN["key"]


SIDECAR = Mark(1, 7, 96, KNOWN["modified_ns"], KNOWN["changed_ns"])


def test_the_macs_of_what_is_told_of_a_call() -> None:
    duplicates = DuplicateMacs([bytes.fromhex(KNOWN["key"])], still_since_ns=0)
    called = a_call(
        number="+447700900123",
        caller="+447700900123",
        extension="201",
        parties=("Siân Evans",),
        unique_id="1720098301.7",
    )
    nothing = Identified(system=System.NONE, how="").to_call(0, ZoneInfo("Europe/London"))
    found = [duplicates.call(KNOWN["sha256"], each.told) for each in (called, nothing)]
    assert [[mac.hex() for mac in macs] for macs in found] == [[KNOWN["call"]], [KNOWN["nothing"]]]


@pytest.mark.parametrize("case", KNOWN["names"])
def test_the_macs_of_a_sound_its_name_its_sight_its_marks_and_its_record(case: str) -> None:
    known = KNOWN["names"][case]
    path = Path(os.fsdecode(bytes.fromhex(known["path"])))
    mark = Mark(1, KNOWN["inode"], KNOWN["size_bytes"], KNOWN["modified_ns"], KNOWN["changed_ns"])
    seen = Hashed(Source(path, path, mark), mark, datetime.now(UTC), KNOWN["sha256"])
    duplicates = DuplicateMacs([bytes.fromhex(KNOWN["key"])], still_since_ns=0)
    found = [
        duplicates.sound(seen.sha256),
        duplicates.name(seen),
        duplicates.sight(seen.source, mark),
        duplicates.mark(seen.source, mark, None),
        duplicates.mark(seen.source, mark, SIDECAR),
        duplicates.record(KNOWN["uid"]),
    ]
    of_name = [known[kind] for kind in ("name", "sight", "mark", "with_sidecar")]
    expected = [KNOWN["sound"], *of_name, KNOWN["record"]]
    assert [[mac.hex() for mac in macs] for macs in found] == [[each] for each in expected]

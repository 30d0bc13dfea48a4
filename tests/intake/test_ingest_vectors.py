"""Known answers, made by another program from the words of docs/formats/recording.md."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.crypto.context import context
from callrec.crypto.primitives import derive
from callrec.intake.known import DuplicateMacs
from callrec.intake.sealing import Hashed
from callrec.intake.sources import Mark, Source

FILE = Path(__file__).parents[1] / "vectors" / "recording" / "macs.json"

KNOWN = json.loads(FILE.read_text(encoding="ascii"))


def test_the_key_of_the_duplicate_check() -> None:
    info = context("duplicate", KNOWN["vault"])
    assert derive(bytes.fromhex(KNOWN["index_key"]), info).hex() == KNOWN["key"]


@pytest.mark.parametrize("case", KNOWN["names"])
def test_the_macs_of_a_sound_its_name_its_sight_its_mark_and_its_record(case: str) -> None:
    known = KNOWN["names"][case]
    path = Path(os.fsdecode(bytes.fromhex(known["path"])))
    mark = Mark(1, KNOWN["inode"], KNOWN["size_bytes"], KNOWN["modified_ns"], KNOWN["changed_ns"])
    seen = Hashed(Source(path, path, mark), mark, datetime.now(UTC), KNOWN["sha256"])
    duplicates = DuplicateMacs([bytes.fromhex(KNOWN["key"])], still_since_ns=0)
    found = [
        duplicates.sound(seen.sha256),
        duplicates.name(seen),
        duplicates.sight(seen.source, mark.size_bytes),
        duplicates.mark(seen.source, mark),
        duplicates.record(KNOWN["uid"]),
    ]
    expected = [KNOWN["sound"], known["name"], known["sight"], known["mark"], KNOWN["record"]]
    assert [[mac.hex() for mac in macs] for macs in found] == [[each] for each in expected]

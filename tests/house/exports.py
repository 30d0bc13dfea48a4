"""A supplier's export, made up: a zip of recordings with their list, and the map that reads it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from callrec.intake.bundle import Bundle, open_bundle
from callrec.intake.clearing import AfterIntake
from callrec.intake.ingest import ingest_recordings
from callrec.intake.sources import Quarantined, Source
from callrec.intake.summary import Ingested
from callrec.practice import today
from callrec.telephone.call import Direction
from callrec.telephone.manifest import Column, Form, ManifestMap
from house.practices import House
from house.spool import a_wave

MAP = ManifestMap(
    manifest="calls.csv",
    form=Form.CSV,
    ways={"in": Direction.INBOUND, "out": Direction.OUTBOUND},
    columns={
        column: str(column)
        for column in (
            *(Column.FILE, Column.TIME, Column.DIRECTION, Column.NUMBER, Column.EXTENSION),
            *(Column.REFERENCE, Column.QUEUE, Column.SHA256),
        )
    },
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list."""

    file: str
    time: str = "2024-07-04T14:05:01"
    direction: str = "in"
    number: str = "07700900123"
    extension: str = "201"
    reference: str = ""
    queue: str = ""
    sha256: str = ""

    def cells(self) -> list[str]:
        return [str(getattr(self, column)) for column in MAP.columns]


def a_list(rows: Iterable[Row]) -> bytes:
    """As the supplier writes it."""
    written = io.StringIO()
    csv.writer(written).writerows([[*MAP.columns], *(row.cells() for row in rows)])
    return written.getvalue().encode()


def as_json(rows: Iterable[Row]) -> bytes:
    names = [*map(str, MAP.columns)]
    return json.dumps([dict(zip(names, row.cells(), strict=True)) for row in rows]).encode()


def an_export(
    path: Path,
    rows: Sequence[Row],
    sounds: Mapping[str, bytes] | None = None,
    *,
    listed: bytes | None = None,
) -> Path:
    """A zip with a sound for each row, or with these, and its list."""
    if sounds is None:
        sounds = {row.file: a_wave(place) for place, row in enumerate(rows)}
    with ZipFile(path, "w", ZIP_DEFLATED) as written:
        written.writestr(MAP.manifest, a_list(rows) if listed is None else listed)
        for name, sound in sounds.items():
            written.writestr(name, sound)
    return path


def found_in(path: Path, form: ManifestMap = MAP) -> tuple[list[str], list[str]]:
    """The names of what would be taken in, and why the rest would not."""
    with open_bundle(path, form, today=date.max) as bundle:
        return names_and_reasons(bundle)


def names_and_reasons(bundle: Bundle) -> tuple[list[str], list[str]]:
    taken = [
        str(each.path.relative_to(bundle.path)) for each in bundle.found if isinstance(each, Source)
    ]
    return taken, [each.why for each in bundle.found if isinstance(each, Quarantined)]


def take_in_export(
    house: House, path: Path, form: ManifestMap = MAP, *, login: str = "max"
) -> Ingested:
    """As one command does."""
    with open_bundle(path, form, today=today(house.practice)) as bundle:
        return take_in_opened(house, bundle, login=login)


def take_in_opened(house: House, bundle: Bundle, *, login: str = "max") -> Ingested:
    return ingest_recordings(
        house.practice,
        house.actor(login),
        [bundle.path],
        after=AfterIntake(),
        advance=lambda _: None,
        bundle=bundle,
    )

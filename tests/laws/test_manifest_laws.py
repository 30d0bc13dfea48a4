"""An export that is written from calls reads back as the same calls, in each form."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Unusable
from callrec.intake.reading import telephone_setup
from callrec.settings import Settings
from callrec.telephone.call import Direction
from callrec.telephone.manifest import Column, Form, ManifestMap, ManifestRow, read_manifest

SETUP = telephone_setup(Settings())
LONDON = ZoneInfo("Europe/London")

TIMES = {
    "%d/%m/%Y %H:%M:%S%z": "%d/%m/%Y %H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S%z": "",
    "%b %d %Y %I:%M:%S %p %z": "%b %d %Y %I:%M:%S %p %z",
}
"""How a time is printed -> what the map says of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a supplier knows of one call."""

    at: datetime
    direction: Direction
    number: str
    extension: str
    user: str
    queue: str
    reference: str


WORDS = st.text(
    st.characters(
        categories=("L", "N", "Zs", "P"), exclude_characters="=+-@\uff1d\uff0b\uff0d\uff20"
    ),
    max_size=30,
).map(str.strip)

CALLS = st.lists(
    st.builds(
        Told,
        at=st.integers(31_622_400, 4_070_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
        direction=st.sampled_from((Direction.INBOUND, Direction.OUTBOUND)),
        number=st.integers(7_700_900_000, 7_700_900_999).map(lambda n: f"+44{n}"),
        extension=st.integers(200, 299).map(str),
        user=WORDS.filter(str.isprintable),
        queue=WORDS.filter(str.isprintable),
        reference=WORDS.filter(str.isprintable),
    ),
    max_size=8,
)


def rows_of(calls: list[Told], printed: str) -> list[dict[str, str]]:
    return [
        {
            "file": f"{place}.wav",
            "time": call.at.astimezone(LONDON).strftime(printed),
            "direction": str(call.direction).upper(),
            "number": call.number,
            "extension": call.extension,
            "user": call.user,
            "queue": call.queue,
            "reference": call.reference,
        }
        for place, call in enumerate(calls)
    ]


COLUMNS = {
    Column(name): name
    for name in ("file", "time", "direction", "number", "extension", "user", "queue", "reference")
}


STYLES = st.tuples(
    st.sampled_from([",", ";", "|", "\t"]),
    st.sampled_from(["utf-8", "utf-16"]),
    st.sampled_from(["\r\n", "\n"]),
)


def as_csv(rows: list[dict[str, str]], delimiter: str, end: str) -> str:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end)
    writer.writerows([[*COLUMNS.values()], *(row.values() for row in rows)])
    return written.getvalue()


@given(CALLS, st.sampled_from([*TIMES]), STYLES, st.sampled_from([*Form]))
def test_a_list_reads_back_as_the_calls_that_it_was_written_from(
    calls: list[Told], printed: str, style: tuple[str, str, str], form: Form
) -> None:
    rows, (delimiter, encoding, end) = rows_of(calls, printed), style
    as_json = json.dumps(rows, ensure_ascii=False)
    text = as_json if form is Form.JSON else as_csv(rows, delimiter, end)
    ways = {str(way): way for way in (Direction.INBOUND, Direction.OUTBOUND)}
    how = ManifestMap(
        manifest="list",
        form=form,
        delimiter=delimiter,
        encoding=encoding,
        times=(TIMES[printed],) if TIMES[printed] else (),
        ways=ways,
        columns=COLUMNS,
    )
    read = list(read_manifest(text.encode(encoding), how))
    assert [each for each in read if not isinstance(each, ManifestRow)] == []
    found = [each for each in read if isinstance(each, ManifestRow)]
    assert [each.file for each in found] == [f"{place}.wav" for place in range(len(calls))]
    heard = [each.call(SETUP) for each in found]
    assert [
        (call.started_at, call.direction, call.number, call.extension, call.unique_id or "")
        for call in heard
    ] == [(t.at, t.direction, t.number, t.extension, t.reference) for t in calls]
    assert [call.said.get("queue", "") for call in heard] == [told.queue for told in calls]


@given(st.binary(max_size=400), st.sampled_from([*Form]))
def test_whatever_the_bytes_are_rows_are_read_or_named(data: bytes, form: Form) -> None:
    how = ManifestMap(manifest="list", form=form, columns={Column.FILE: "f", Column.TIME: "t"})
    for before in (b"f,t\n", b'[{"f":"a","t":"2024-07-04 14:05"},', b""):
        try:
            rows = list(read_manifest(before + data, how))
        except Unusable:
            continue
        for row in rows:
            if isinstance(row, ManifestRow):
                assert row.call(SETUP).started_at - datetime(1900, 1, 1, tzinfo=UTC) > timedelta(-2)

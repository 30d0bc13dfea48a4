"""Call records at hand: bounded, and nowhere in the clear."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from callrec.errors import NotFound, Unusable
from callrec.intake.reading import telephone_setup
from callrec.intake.records import AvailableCallRecords, open_call_records
from callrec.settings import Settings
from callrec.telephone.joining_facts import RecordingFacts
from house.call_records import BEGAN, a_row, records, take_in_with
from house.practices import House
from house.spool import NUMBER, a_call

CONFIG = Settings()


def of_call(call: int, **told: object) -> RecordingFacts:
    facts = {
        "unique_id": f"{1720098301 + call}.{call}",
        "names": (),
        "numbers": ("+447700900123", "201"),
        "extension": "201",
        "started_at": (BEGAN + timedelta(seconds=call)).astimezone(CONFIG.time_zone),
        "duration_ms": 60_000,
    }
    return RecordingFacts(**{**facts, **told})  # type: ignore[arg-type]


def test_nothing_of_a_row_is_in_what_sqlite_spills_to_the_disk(tmp_path: Path) -> None:
    rows = [a_row(call, cnam="Siobhan Featherstone") for call in range(30_000)]
    cdr = records(tmp_path / "cdr.csv", *rows)
    with open_call_records([cdr], CONFIG) as told:
        assert told is not None
        whole = b"".join(spilled())
        assert len(whole) > 100_000, "nothing was spilled, so this shows nothing"
        assert [joined is not None for joined in told.join([of_call(1999)])] == [True]
    for secret in (NUMBER[1:], "7700900123", "Featherstone", "1720098301", "2024-07-04"):
        assert secret.encode() not in whole
    assert spilled() == []


def spilled() -> list[bytes]:
    """SQLite's temporary files: they have no name any more, but are open in this process."""
    opened = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    return [each.read_bytes() for each in opened if "/etilqs_" in str(each.readlink())]


def test_legs_of_one_call_are_found_together_from_several_files(tmp_path: Path) -> None:
    legs = [a_row(uniqueid=f"1720098301.{leg}", linkedid="1720098301.0") for leg in range(4)]
    halves = [records(tmp_path / f"{n}.csv", *legs[n : n + 3]) for n in (0, 1)]
    with open_call_records(halves, CONFIG) as told:
        assert told is not None
        (joined,) = told.join([of_call(0)])
    assert joined is not None
    assert [leg.call.unique_id for leg in joined.call.legs] == [
        f"1720098301.{leg}" for leg in range(4)
    ]


def test_what_has_more_legs_than_any_call_is_none(tmp_path: Path) -> None:
    legs = [a_row(uniqueid=f"17200983{leg:04}.1", linkedid="1720098301.0") for leg in range(501)]
    cdr = records(tmp_path / "cdr.csv", *legs)
    with open_call_records([cdr], CONFIG) as told:
        assert told is not None
        assert told.join([of_call(0)]) == (None,)


def test_a_name_that_many_calls_have_in_common_tells_none(tmp_path: Path) -> None:
    rows = [a_row(call, recordingfile="rec.wav") for call in range(101)]
    cdr = records(tmp_path / "cdr.csv", *rows)
    alone = of_call(0, unique_id=None, names=("rec.wav",), numbers=(), extension=None)
    with open_call_records([cdr], CONFIG) as told:
        assert told is not None
        assert told.join([alone]) == (None,)


def test_rows_that_say_nothing_are_counted_and_some_of_them_told(tmp_path: Path) -> None:
    cdr = records(tmp_path / "cdr.csv", a_row(), *[a_row(calldate="soon") for _ in range(30)])
    with open_call_records([cdr], CONFIG) as told:
        assert told is not None
        assert told.unused.count == 30
        assert [(each.path, each.row.line) for each in told.unused.first] == [
            (cdr, line) for line in range(3, 23)
        ]


def test_without_a_file_nothing_is_at_hand() -> None:
    with open_call_records([], CONFIG) as told:
        assert told is None


@pytest.mark.parametrize(
    ("name", "error"), [("note.txt", Unusable), ("none.csv", NotFound), (".", Unusable)]
)
def test_what_holds_no_call_records_is_refused_before_anything_is_taken_in(
    house: House, tmp_path: Path, name: str, error: type[Exception]
) -> None:
    (tmp_path / "note.txt").write_text("Call Mrs Featherstone back", encoding="utf-8")
    call = a_call(tmp_path / "spool")
    with pytest.raises(error) as failure:
        take_in_with(house, tmp_path / name, call)
    assert "Featherstone" not in str(failure.value)


def test_a_store_of_its_own_knows_nothing_of_another(tmp_path: Path) -> None:
    setup, minute = telephone_setup(CONFIG), timedelta(minutes=1)
    cdr = records(tmp_path / "cdr.csv", a_row())
    with (
        AvailableCallRecords.of([cdr], setup, minute) as one,
        AvailableCallRecords.of([], setup, minute) as two,
    ):
        assert [told.join([of_call(0)])[0] is not None for told in (one, two)] == [True, False]

"""Reconciling: who may, what is on record when, and what of it can be believed afterwards."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callrec.audit.leaf import Leaf, Outcome
from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.errors import CallrecError, Locked, NotFound, Refused, Tampered, Unusable
from callrec.intake import reconcile as procedure
from callrec.intake.reconcile import Reconciliation, reconcile_calls
from callrec.intake.reconciled import FindingKind, last_reconciled, log_reconciliation
from callrec.keys.rotating import reseal, rotate_keys
from callrec.office.status import read_status
from callrec.policy.role import VaultKey
from callrec.record.versions import open_details
from fixtures.exchange import HEADER, Call, Exchange, When, from_outside
from house import spool
from house.call_records import take_in_with
from house.calls import a_call, plant, take_in
from house.holds import verified
from house.on_record import put_on_record
from house.practices import House

MONDAY = datetime(2024, 1, 8, 9, tzinfo=UTC)


def some_calls(*minutes: int, caller: str = "02079460123") -> list[Call]:
    """Calls that were answered, so many minutes after nine."""
    exchange = Exchange()
    return [
        exchange.put_through(
            from_outside(caller, "201", When(MONDAY + timedelta(minutes=after), 5, 40))
        )
        for after in minutes
    ]


def records_of(folder: Path, calls: Sequence[Call]) -> Path:
    path = folder / "cdr.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{HEADER}\n")
        csv.writer(file).writerows(row for call in calls for row in call.rows())
    return path


def recorded(house: House, calls: Sequence[Call]) -> list[int]:
    """Take in a recording of each call."""
    return take_in(
        house,
        [
            a_call(
                started_at=call.began,
                local_time=call.began.replace(tzinfo=None).isoformat(),
                unique_id=call.linked_id,
            )
            for call in calls
        ],
    )


def reconciled(house: House, *files: Path, login: str = "max", **asked: Any) -> Reconciliation:
    actor = house.actor(login)
    ends = {"first": None, "last": None} | asked
    return reconcile_calls(house.practice, actor, files=files, advance=lambda _: None, **ends)


def acts(house: House) -> list[tuple[str, Outcome]]:
    """What the log says of reconciling, in its order."""
    with reading(house.practice.engine) as connection:
        rows = connection.execute(select(tables.leaf.c.seq, tables.leaf.c.body))
        leaves = [Leaf.decode(bytes(body), seq) for seq, body in rows]
    return [(leaf.act, leaf.outcome) for leaf in leaves if leaf.act.startswith("reconcile")]


def test_of_three_calls_the_one_without_a_recording_is_told(house: House, tmp_path: Path) -> None:
    calls = some_calls(0, 10, 20)
    recorded(house, calls[:2])
    found = reconciled(house, records_of(tmp_path, calls))
    assert (found.counts.answered, found.counts.held, found.counts.missing) == (3, 2, 1)
    missing = [each for each in found.findings if each.what is FindingKind.NO_RECORDING]
    assert [(each.at, each.number) for each in missing] == [(calls[2].began, "•••••••0123")]
    assert found.days.first == found.days.last == date(2024, 1, 8)


def test_of_each_kind_the_earliest_are_listed_and_all_are_counted(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procedure, "MOST_LISTED", 2)
    calls = some_calls(0, 10, 20, 30)
    recorded(house, calls[:1])
    found = reconciled(house, records_of(tmp_path, calls))
    listed = [each.at for each in found.findings if each.what is FindingKind.NO_RECORDING]
    assert listed == [call.began for call in calls[1:3]]
    assert found.counts.missing == found.found[FindingKind.NO_RECORDING] == 3


@pytest.mark.parametrize("login", ["sam", "pat", "ava"])
def test_whoever_may_not_ingest_is_refused_and_that_is_on_record(house: House, login: str) -> None:
    with pytest.raises(Refused):
        reconciled(house, login=login)
    assert acts(house) == [("reconcile", Outcome.REFUSED)]


def test_an_intake_service_which_opens_nothing_cannot(house: House) -> None:
    with pytest.raises(Locked):
        reconciled(house, login="door")
    assert acts(house) == [("reconcile", Outcome.FAILED)]


def test_it_is_on_record_before_anything_is_opened(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = some_calls(0)
    recorded(house, calls)
    seen: list[list[tuple[str, Outcome]]] = []

    class Watching(Opening):
        def each_checked(self, rows: Any) -> Any:
            seen.append(acts(house))
            return super().each_checked(rows)

    monkeypatch.setattr(procedure, "Opening", Watching)
    reconciled(house, records_of(tmp_path, calls))
    assert seen == [[("reconcile", Outcome.DONE)]]
    assert acts(house) == [("reconcile", Outcome.DONE), ("reconcile.answered", Outcome.DONE)]


def test_what_was_asked_is_sealed_and_what_it_came_to_is_not(house: House, tmp_path: Path) -> None:
    calls = some_calls(0, 10)
    recorded(house, calls[:1])
    reconciled(house, records_of(tmp_path, calls))
    with reading(house.practice.engine) as connection:
        rows = connection.execute(select(tables.leaf.c.seq, tables.leaf.c.body)).all()
        leaf = next(
            leaf
            for leaf in (Leaf.decode(bytes(body), seq) for seq, body in rows)
            if leaf.act == "reconcile"
        )
        told = open_details(house.practice, house.actor("dora"), connection, leaf)
        last = last_reconciled(house.practice, connection)
    assert told == {"files": 1, "from": "2024-01-08", "to": "2024-01-08"}
    assert last is not None
    assert (last.at, last.counts.held, last.counts.missing) == (house.at, 1, 1)
    assert last.warning == (
        "1 answered call is not held, or only in part: callrec practice reconcile lists them"
    )


def test_a_reconciliation_that_somebody_made_up_is_not_shown(house: House, tmp_path: Path) -> None:
    reconciled(house, records_of(tmp_path, some_calls(0)))
    said = tables.statement
    with transaction(house.practice.engine) as connection:
        body = connection.execute(select(said.c.body).where(said.c.kind == "reconciled")).scalar()
        better = bytes(body or b"").replace(b'"missing":1', b'"missing":0')
        connection.execute(said.update().where(said.c.kind == "reconciled").values(body=better))
    with reading(house.practice.engine) as connection, pytest.raises(Tampered):
        last_reconciled(house.practice, connection)


def test_an_intake_service_cannot_say_what_it_came_to(house: House, tmp_path: Path) -> None:
    found = reconciled(house, records_of(tmp_path, some_calls(0)))
    better = replace(found.counts, held=1, missing=0)
    log_reconciliation(house.practice, house.actor("door"), found.days, better, asked=0)
    shown = read_status(house.open(), None)
    assert shown.last_reconcile is not None
    assert shown.last_reconcile.counts == found.counts
    assert "by somebody who opens no recording" in " ".join(shown.warnings)
    [problem] = verified(house).problems
    assert problem.what.startswith("what a reconciliation came to was said by somebody")


def test_a_recording_that_somebody_planted_does_not_count(house: House, tmp_path: Path) -> None:
    calls = some_calls(0)
    (number,) = recorded(house, calls)
    plant(house, number, {"unique_id": calls[0].linked_id})
    with pytest.raises(Tampered):
        reconciled(house, records_of(tmp_path, calls))
    assert acts(house)[-1] == ("reconcile.answered", Outcome.FAILED)


def test_recordings_that_a_search_would_miss_are_named_until_the_index_is_written_anew(
    house: House, tmp_path: Path
) -> None:
    calls = some_calls(*range(0, 60, 5))
    numbers = recorded(house, calls)
    with transaction(house.practice.engine) as connection:
        connection.execute(tables.token.delete().where(tables.token.c.recording != numbers[3]))
    with pytest.raises(Tampered) as raised:
        reconciled(house, records_of(tmp_path, calls))
    missed = [number for number in numbers if number != numbers[3]]
    assert raised.value.message.endswith(f": {', '.join(map(str, missed))}")
    put_on_record(house)
    rotate_keys(house.practice, house.actor("dora"), (VaultKey.INDEX,))
    house.open()
    reseal(house.practice, house.actor("dora"), (VaultKey.INDEX,), lambda _: None)
    assert reconciled(house, records_of(tmp_path, calls)).counts.held == len(calls)


WRONG = {
    "no such file": ("missing.csv", NotFound),
    "a folder": (".", Unusable),
    "no call records": ("letter.txt", Unusable),
}


@pytest.mark.parametrize(("name", "error"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_none_opens_nothing(
    house: House, tmp_path: Path, name: str, error: type[CallrecError]
) -> None:
    (tmp_path / "letter.txt").write_text("Dear practice,\nall is well.\n", encoding="utf-8")
    with pytest.raises(error):
        reconciled(house, tmp_path / name)
    assert acts(house) == [("reconcile", Outcome.FAILED)]


def test_a_file_whose_name_is_no_unicode_is_told_and_on_record(house: House) -> None:
    with pytest.raises(NotFound, match=r"\\udce4\.csv"):
        reconciled(house, Path("R\udce4.csv"))
    assert acts(house) == [("reconcile", Outcome.FAILED)]


def test_where_there_is_neither_a_recording_nor_a_record_that_is_said(house: House) -> None:
    with pytest.raises(NotFound, match="neither a recording nor a call record"):
        reconciled(house)


def test_a_call_is_counted_on_its_day_alone(house: House, tmp_path: Path) -> None:
    calls = some_calls(0, 24 * 60, 48 * 60)
    recorded(house, calls)
    file = records_of(tmp_path, calls)
    found = reconciled(house, file, first=date(2024, 1, 9), last=date(2024, 1, 9))
    assert (found.counts.calls, found.counts.recordings, found.counts.held) == (1, 1, 1)


def test_a_recording_that_began_after_midnight_is_of_the_call_from_before(
    house: House, tmp_path: Path
) -> None:
    """The first of the two lies at the end of a month, and so in another window."""
    exchange = Exchange()
    began = datetime(2024, 1, 31, 23, 59, 50, tzinfo=UTC)
    call = exchange.put_through(from_outside("02079460123", "201", When(began, 5, 40)))
    take_in(
        house, [a_call(started_at=began + timedelta(seconds=30), local_time="2024-02-01T00:00:20")]
    )
    found = reconciled(
        house, records_of(tmp_path, [call]), first=date(2024, 1, 1), last=date(2024, 2, 29)
    )
    counts = found.counts
    assert (counts.calls, counts.held, counts.recordings, counts.without_call) == (1, 1, 1, 0)
    assert counts.joined_by["number-and-time"] == 1


REPORT = """\
Call Time,Caller ID,Destination,Status,Ringing,Talking
2024-07-04 14:05:01,Ann Other (07700900123),Desk (101),Answered,00:00:05,00:01:00
"""

NAMED = "[Ann Other]_07700900123-101_20240704140501(3).wav"


def test_a_call_without_an_id_is_one_though_it_was_understood_otherwise_when_it_came_in(
    house: House, tmp_path: Path
) -> None:
    spool.a_call(tmp_path / "spool" / "101", name=NAMED)
    report = tmp_path / "report.csv"
    report.write_text(REPORT, encoding="utf-8")
    take_in_with(house, report, tmp_path / "spool")
    before = reconciled(house, report).counts
    house.decide(telephone={"extensions": ["200-299"]})
    house.open()
    assert reconciled(house, report).counts == before
    assert (before.calls, before.answered, before.held) == (1, 1, 1)


def test_gaps_are_those_of_working_days_and_hours(house: House, tmp_path: Path) -> None:
    del tmp_path
    recorded(house, some_calls(0, 8 * 60))
    found = reconciled(house, first=date(2024, 1, 6), last=date(2024, 1, 8))
    gaps = [each for each in found.findings if each.what is FindingKind.GAP]
    assert [(each.at.hour, each.until and each.until.hour) for each in gaps] == [(9, 17), (17, 18)]


def test_without_any_recording_no_silence_is_told(house: House, tmp_path: Path) -> None:
    found = reconciled(house, records_of(tmp_path, some_calls(0)))
    assert [each.what for each in found.findings] == [FindingKind.NO_RECORDING]


def test_what_was_not_understood_is_listed_without_what_it_said(
    house: House, tmp_path: Path
) -> None:
    file = records_of(tmp_path, some_calls(0))
    file.write_text(file.read_text(encoding="utf-8") + "07700900123,rubbish\n", encoding="utf-8")
    found = reconciled(house, file)
    assert found.counts.not_understood == 1
    (unread,) = found.unread
    assert unread.row.line == 3
    assert "07700900123" not in unread.row.why


def test_a_file_of_which_no_row_is_understood_is_named(house: House, tmp_path: Path) -> None:
    calls = some_calls(0)
    recorded(house, calls)
    good = records_of(tmp_path, calls)
    header = good.read_text(encoding="utf-8").splitlines()[0]
    (bad, empty) = (tmp_path / "bad.csv", tmp_path / "empty.csv")
    bad.write_text(f"{header}\n1\n2\n", encoding="utf-8")
    empty.write_text(f"{header}\n", encoding="utf-8")
    found = reconciled(house, good, bad, empty)
    assert found.not_understood == (bad,)
    assert (found.counts.held, found.counts.not_understood) == (1, 2)


def test_counts_are_rounded_down(house: House, tmp_path: Path) -> None:
    counts = reconciled(house, records_of(tmp_path, some_calls(0))).counts
    nearly = replace(counts, answered=10_000, held=9_999, missing=1)
    assert nearly.percent_held == 99.9
    assert replace(counts, answered=0, held=0).percent_held is None

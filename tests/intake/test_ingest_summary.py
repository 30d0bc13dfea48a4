"""Each run that took something in, or refused something, is on record with a signed summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callrec.audit.verify import verify_log
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Failed, Refused
from callrec.intake import ingest as intake_run
from callrec.intake.clearing import AfterIntake, AfterIntakeKind
from callrec.intake.ingest import ingest_recordings
from callrec.intake.sources import Quarantined, Refusal
from callrec.intake.summary import (
    Ingested,
    Summary,
    Totals,
    close_intake,
    unrecognised_warnings,
)
from callrec.policy.role import Power, Role
from callrec.practice import writing
from callrec.record.statements import attested_statement, sign_statement_as
from callrec.registers.audit import prove_leaf
from callrec.registers.projections import check_projections
from house.call_records import a_row, records, take_in_with
from house.commands import type_in
from house.people import change_role
from house.practices import House
from house.spool import KEEP, a_call, take_in
from intake.test_ingest import count, newest_leaf

NONE_REFUSED = dict.fromkeys(Refusal, 0)


def said(house: House, summary: Summary | None) -> dict[str, Any]:
    """What its statement says, checked in every respect, without its head."""
    assert summary is not None
    leaf = newest_leaf(house)
    assert (leaf.seq, leaf.act) == (summary.seq, "ingest.finished")
    with reading(house.practice.engine) as connection:
        statement = attested_statement(house.practice, connection, leaf.statement, may=Power.INGEST)
    fields = {name: statement.fields[name] for name in summary.fields}
    assert fields == summary.fields
    assert (statement.kind, statement.by) == ("intake", leaf.actor)
    return fields


def statements(house: House) -> list[dict[str, Any]]:
    """What all summaries say, in their order."""
    leaf, statement = tables.leaf, tables.statement
    query = (
        select(statement.c.body)
        .join(leaf, leaf.c.statement == statement.c.digest)
        .where(statement.c.kind == "intake")
        .order_by(leaf.c.seq)
    )
    with reading(house.practice.engine) as connection:
        return [json.loads(body) for body in connection.execute(query).scalars()]


def problems(house: House) -> list[str]:
    practice = house.open()
    with reading(practice.engine) as connection:
        whole = verify_log(connection, practice.vault)
        assert whole.register is not None
        found = check_projections(connection, whole.register)
        return [each.what for each in (*whole.problems, *found)]


def test_it_counts_what_came_in_and_what_was_refused_and_why(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    for call in (0, 1, 2):
        a_call(spool, call)
    a_call(spool, 0, name="once-more.wav")
    (spool / "note.wav").write_text("Call Mrs Featherstone back", encoding="utf-8")
    (spool / "link.wav").symlink_to("/etc/passwd")
    a_call(spool, 9, name="odd.wav")
    (spool / "odd.json").write_text("{}", encoding="utf-8")
    cdr = records(tmp_path / "cdr.csv", a_row(0))
    done = take_in_with(house, cdr, spool, login="door")
    assert said(house, done.summary) == {
        "batches": 1,
        "complete": True,
        "dated_by_file": 0,
        "duplicates": 1,
        "first_start": "2024-07-04T13:05:01.000Z",
        "joined": 1,
        "last_start": "2024-07-04T13:05:01.000Z",
        "recordings": 3,
        "refused": NONE_REFUSED | {"no-sound": 1, "unreadable": 1, "description": 1},
        "since": 0,
        "size_bytes": 3 * 2058,
        "unjoined": 2,
    }
    assert problems(house) == []


def test_its_leaf_can_be_proved(house: House, tmp_path: Path) -> None:
    done = take_in(house, a_call(tmp_path))
    assert done.summary is not None
    proof = prove_leaf(house.practice, done.summary.seq)
    assert f"index {done.summary.seq}".encode() in proof


def test_where_all_was_known_there_is_none(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    leaves = count(house, "leaf")
    assert take_in(house, call).summary is None
    assert count(house, "leaf") == leaves


def test_where_something_was_refused_again_it_is_said_again(house: House, tmp_path: Path) -> None:
    (tmp_path / "note.wav").write_text("Call back", encoding="utf-8")
    for _ in range(2):
        fields = said(house, take_in(house, tmp_path / "note.wav").summary)
        assert fields["refused"] == NONE_REFUSED | {"no-sound": 1}
        assert (fields["recordings"], fields["first_start"]) == (0, None)


def test_what_was_taken_in_and_could_not_go_is_counted(house: House, tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    call = a_call(tmp_path / "spool")
    (tmp_path / "done" / call.name).write_text("another", encoding="utf-8")
    done = take_in(house, call, after=AfterIntake(AfterIntakeKind.MOVE, tmp_path / "done"))
    fields = said(house, done.summary)
    assert fields["refused"] == NONE_REFUSED | {"left": 1}
    assert fields["recordings"] == 1


def test_each_counts_from_its_makers_last(house: House, tmp_path: Path) -> None:
    summaries = [
        said(house, take_in(house, a_call(tmp_path, call), login=login).summary)
        for call, login in enumerate(["max", "door", "max", "door"])
    ]
    assert [each["recordings"] for each in summaries] == [1, 1, 1, 1]
    first = newest_leaf(house).seq + 1 - 2 * 4
    assert [each["since"] for each in summaries] == [0, 0, first + 2, first + 4]
    assert problems(house) == []


@pytest.mark.parametrize("error", [Failed("the disk is full"), KeyboardInterrupt()])
def test_a_run_that_is_cut_short_says_what_it_did_before(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(intake_run, "MAX_BATCH_RECORDINGS", 1)
    for call in range(3):
        a_call(tmp_path / "spool", call)
    told: list[int] = []

    def end(size: int) -> None:
        told.append(size)
        if len(told) == 3:
            raise error

    actor, spool = house.actor("max"), [tmp_path / "spool"]
    with pytest.raises(type(error)):
        ingest_recordings(house.practice, actor, spool, after=KEEP, advance=end)
    fields = statements(house)[-1]
    assert (fields["recordings"], fields["batches"], fields["complete"]) == (2, 2, False)
    assert said(house, take_in(house, *spool).summary)["recordings"] == 1
    assert problems(house) == []


def state(house: House, login: str, kind: str, fields: dict[str, Any]) -> None:
    """What somebody signs in the place of a summary, with a program of their own."""
    actor = house.actor(login)
    statement = sign_statement_as(house.practice, actor, kind, fields)
    with writing(house.practice, actor.signer) as act:
        act.leaf("ingest.finished", actor=actor.person.id, statement=statement)


COUNTS_NO_BATCHES = "a summary of what was taken in does not count its batches"

COUNTS_NOT_WHAT_WAS_LEFT = "a summary of what was taken in does not count what was left"


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"recordings": 7}, [COUNTS_NO_BATCHES]),
        ({"refused": {"unrecognised": "7"}}, [COUNTS_NOT_WHAT_WAS_LEFT]),
        ({"refused": None}, [COUNTS_NOT_WHAT_WAS_LEFT]),
        ({"dated_by_file": "7"}, [COUNTS_NOT_WHAT_WAS_LEFT]),
    ],
)
def test_a_summary_that_does_not_count_what_it_should_is_tampered(
    house: House, tmp_path: Path, changed: dict[str, Any], wrong: list[str]
) -> None:
    """Or the status would fail for everybody, by what an intake service says in its own program."""
    done = take_in(house, a_call(tmp_path), login="door")
    assert done.summary is not None
    since = {"recordings": 0, "since": done.summary.seq + 1, "batches": 0}
    state(house, "door", "intake", {**done.summary.fields, **since, **changed})
    assert problems(house) == wrong
    shown = type_in(house, "dora", "status")
    assert wrong == [COUNTS_NO_BATCHES] or (shown.status, wrong[0] in shown.err) == (5, True)


def test_what_is_no_summary_says_nothing_of_what_was_left(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path), login="door")
    state(house, "door", "volume", {})
    with reading(house.practice.engine) as connection:
        assert [*unrecognised_warnings(house.practice, connection)] == []


def test_a_summary_by_somebody_who_may_not_ingest_is_tampered(house: House) -> None:
    nothing = {"since": 0, "batches": 0, "recordings": 0, "refused": {}, "dated_by_file": 0}
    state(house, "sam", "intake", nothing)
    assert problems(house) == [
        "a statement about recordings or drives was made by somebody without the power"
    ]


def test_who_loses_the_power_while_he_takes_in_takes_in_no_more(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_run, "MAX_BATCH_RECORDINGS", 1)
    for call in range(3):
        a_call(tmp_path / "spool", call)
    told: list[int] = []

    def demote(size: int) -> None:
        told.append(size)
        if len(told) == 3:
            change_role(house.open(), house.actor("dora"), login="max", role=Role.STAFF)

    practice, actor = house.practice, house.actor("max")
    with pytest.raises(Refused, match="may not ingest"):
        ingest_recordings(practice, actor, [tmp_path / "spool"], after=KEEP, advance=demote)
    assert problems(house) == []
    assert count(house, "recording") < 3


def test_whoever_may_not_ingest_any_more_signs_nothing(house: House, tmp_path: Path) -> None:
    (tmp_path / "note.wav").write_text("Call back", encoding="utf-8")
    totals = Totals.of(Ingested(quarantined=[Quarantined(tmp_path / "note.wav", "why")]))
    change_role(house.practice, house.actor("dora"), login="max", role=Role.STAFF)
    assert close_intake(house.practice, house.actor("max"), totals, complete=True) is None
    assert problems(house) == []

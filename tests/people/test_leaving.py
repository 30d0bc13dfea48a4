"""Somebody leaves: nothing that is sealed to him stays, and nothing is lost for anybody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callrec.catalogue.engine import reading
from callrec.errors import Failed, Refused
from callrec.keys.audit import audit_keys
from callrec.login.people import find_person
from callrec.people.powers import disable_person, end_delegation
from callrec.people.vouching import MAY_NOT_HEAR
from callrec.policy.role import Power, Role, VaultKey
from callrec.requests.amend import attach_recordings
from callrec.requests.history import read_words
from callrec.requests.open import read_request
from house.complaints import a_complaint
from house.holds import verified
from house.incidents import MILD, an_incident, found
from house.people import change_role, lend_power
from house.practices import NOON, House
from house.requests import a_request, approve, approved, grants_of, rows, state_of


def id_of(house: House, login: str) -> str:
    row, _ = find_person(house.practice, login)
    return str(row.id)


def sealed_to(house: House, login: str) -> list[str]:
    """The tables in which something is sealed to somebody."""
    columns = {
        "share": "person",
        "grant_": "person",
        "request_key": "holder",
        "incident_key": "holder",
        "complaint_key": "holder",
    }
    return [
        table
        for table, column in columns.items()
        if rows(house, f"SELECT * FROM {table} WHERE {column} = :id", id=id_of(house, login))
    ]


def leave(house: House, login: str) -> tuple[str, ...]:
    house.open()
    taken_back = disable_person(house.practice, house.actor("dora"), login=login)
    house.open()
    return taken_back


def test_nothing_stays_sealed_to_whoever_leaves(granted: House) -> None:
    an_incident(granted, "sam")
    a_complaint(granted, "sam")
    assert sealed_to(granted, "sam") == ["grant_", "request_key", "incident_key", "complaint_key"]
    assert leave(granted, "sam") == ("R-1",)
    assert sealed_to(granted, "sam") == []
    assert sealed_to(granted, "max") != []
    leave(granted, "max")
    assert sealed_to(granted, "max") == []
    assert audit_keys(granted.practice) == ()


def test_what_was_granted_to_him_is_undecided_again(granted: House) -> None:
    leave(granted, "sam")
    assert state_of(granted, "R-1") == "submitted"
    approve(granted, "R-1", to="mia")
    assert [grant.recording.id for grant in grants_of(granted, "R-1", "mia")] == [1, 2]


def test_what_was_granted_to_others_stands(granted: House) -> None:
    approve(granted, "R-1", to="mia")
    leave(granted, "sam")
    assert state_of(granted, "R-1") == "approved"
    assert len(grants_of(granted, "R-1", "mia")) == 2


def test_why_it_was_taken_back_is_told_to_whoever_reads_the_request(granted: House) -> None:
    leave(granted, "sam")
    actor = granted.actor("max")
    with reading(granted.practice.engine) as connection:
        request = read_request(granted.practice, actor, connection, "R-1")
        words = read_words(connection, request)
    assert [said["reason"] for said in words.values() if "reason" in said] == [MAY_NOT_HEAR]


def test_whoever_may_not_hear_any_more_loses_what_was_granted(granted: House) -> None:
    only = frozenset({Power.MAKE_REQUEST})
    granted.open()
    done = change_role(
        granted.practice, granted.actor("dora"), login="sam", role=Role.STAFF, only=only
    )
    assert done.taken_back == ("R-1",)
    assert "grant_" not in sealed_to(granted, "sam")
    assert "request_key" in sealed_to(granted, "sam")  # of his own request


def test_a_grant_that_is_put_back_when_he_may_hear_again_opens_nothing(granted: House) -> None:
    kept = rows(granted, "SELECT * FROM grant_")
    approve(granted, "R-1", to="mia")
    only = frozenset({Power.MAKE_REQUEST})
    for some in (only, frozenset()):
        granted.open()
        dora = granted.actor("dora")
        change_role(granted.practice, dora, login="sam", role=Role.STAFF, only=some)
    granted.open()
    with granted.practice.engine.begin() as connection:
        for row in kept:
            marks = ", ".join("?" * len(row))
            connection.exec_driver_sql(f"INSERT INTO grant_ VALUES ({marks})", tuple(row))
    with pytest.raises(Refused, match="might not hear recordings for a time"):
        grants_of(granted, "R-1")


def test_to_hear_can_be_lent_and_its_end_takes_back_what_was_granted(stocked: House) -> None:
    dora = stocked.actor("dora")
    until = NOON.date().replace(month=12)
    lend_power(stocked.practice, dora, login="ava", power=Power.HEAR, until=until)
    stocked.open()
    approved(stocked, "ava")
    end_delegation(stocked.open(), stocked.actor("dora"), login="ava", power=Power.HEAR)
    assert sealed_to(stocked, "ava") == ["share", "request_key"]
    assert state_of(stocked, "R-1") == "submitted"


def _steps_down(house: House) -> None:
    change_role(house.open(), house.actor("dora"), login="dora", role=Role.STAFF)


def _leaves(house: House) -> None:
    disable_person(house.open(), house.actor("dora"), login="dora")


@pytest.mark.parametrize("go", [_steps_down, _leaves])
def test_one_of_two_data_controllers_goes_by_herself(
    stocked: House, go: Callable[[House], None]
) -> None:
    change_role(stocked.open(), stocked.actor("dora"), login="pat", role=Role.DATA_CONTROLLER)
    go(stocked)
    register = stocked.open().register
    assert register.ignored == []
    assert {register.newest(key).version for key in VaultKey} == {2}
    assert "share" not in sealed_to(stocked, "dora")
    assert audit_keys(stocked.practice) == ()
    assert verified(stocked).problems == ()
    disable_person(stocked.practice, stocked.actor("pat"), login="max")


def test_a_request_that_he_made_goes_on_without_him(stocked: House) -> None:
    a_request(stocked, "sam")
    leave(stocked, "sam")
    approve(stocked, "R-1", to="mia")
    assert len(grants_of(stocked, "R-1", "mia")) == 2


def test_nothing_is_sealed_afterwards_to_whoever_has_left(stocked: House) -> None:
    reference, incident = a_request(stocked, "sam"), an_incident(stocked, "sam")
    leave(stocked, "sam")
    attach_recordings(stocked.practice, stocked.actor("max"), reference, [3])
    found(stocked, incident, MILD)
    assert sealed_to(stocked, "sam") == []
    assert audit_keys(stocked.practice) == ()


WRITTEN_WRONG = {
    "lost": "DELETE FROM share WHERE rowid = new.rowid",
    "damaged": "UPDATE share SET sealed = zeroblob(1168) WHERE rowid = new.rowid",
    "of another version": "UPDATE share SET version = 3 WHERE rowid = new.rowid",
    "of another key": "UPDATE share SET key = 'audit', version = 2 WHERE rowid = new.rowid",
}
"""What a disk or a mistake of ours might make of one share that is being written."""


@pytest.mark.parametrize("wrong", WRITTEN_WRONG)
@pytest.mark.parametrize("login", ["dora", "mia", "recovery-kit"])
def test_one_share_that_is_not_as_it_was_sealed_undoes_it_all(
    house: House, login: str, wrong: str
) -> None:
    before = rows(house, "SELECT * FROM share")
    practice, dora = house.open(), house.actor("dora")
    with practice.engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TEMP TRIGGER wrong AFTER INSERT ON main.share WHEN new.key = 'recordings'"
            f" AND new.person = (SELECT id FROM person WHERE login = '{login}')"
            f" BEGIN {WRITTEN_WRONG[wrong]}; END"
        )
    with pytest.raises(Failed, match="nothing was done"):
        disable_person(practice, dora, login="max")
    assert rows(house, "SELECT * FROM share") == before
    with practice.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER wrong")
    assert house.open().register.newest(VaultKey.RECORDINGS).version == 1
    assert house.actor("max").shares


def test_what_was_wrong_before_does_not_keep_anybody_from_being_shut_out(house: House) -> None:
    with house.practice.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM share WHERE person = ?", (id_of(house, "mia"),))
    leave(house, "max")
    assert {problem.login for problem in audit_keys(house.practice)} == {"mia"}


def test_shutting_somebody_out_again_clears_away_what_was_left_before(house: House) -> None:
    a_request(house, "max", recordings=())
    kept = rows(house, "SELECT * FROM request_key WHERE holder = :id", id=id_of(house, "max"))
    leave(house, "max")
    with house.practice.engine.begin() as connection:
        for row in kept:
            connection.exec_driver_sql("INSERT INTO request_key VALUES (?,?,?,?,?)", tuple(row))
    (problem,) = audit_keys(house.practice)
    assert (problem.of, problem.login, problem.mend) == ("R-1", "max", "callrec user disable max")
    leave(house, "max")
    assert audit_keys(house.practice) == ()

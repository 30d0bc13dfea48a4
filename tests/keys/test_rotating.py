"""New vault keys, and what lies under older ones moved to them."""

from __future__ import annotations

import pytest
from sqlalchemy import LargeBinary, select

from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.index import candidates
from callrec.errors import Locked, Refused
from callrec.keys import rotating as resealing
from callrec.keys.audit import audit_keys
from callrec.keys.rotating import (
    SEALED_COLUMNS,
    Resealed,
    count_to_reseal,
    reseal,
    rotate_keys,
)
from callrec.login.sessions import actor_by_session, begin_session
from callrec.people.powers import disable_person
from callrec.policy.role import Power, Role, VaultKey
from callrec.policy.search import Criteria
from callrec.practice import Actor, vault_key
from callrec.search.search import SearchResult, search_recordings
from callrec.system.terminal import Place
from house.holds import verified
from house.people import change_role
from house.practices import House
from house.requests import REASON, by_sql, grants_of, last_leaf, rows
from house.spool import a_call, take_in
from house.vault_keys import all_opens, busy, versions


def rotate(house: House, *keys: VaultKey, login: str = "dora") -> None:
    rotate_keys(house.practice, house.actor(login), keys or tuple(VaultKey))
    house.open()


def move(house: House, *keys: VaultKey, login: str = "dora") -> Resealed:
    actor = house.actor(login)
    return reseal(house.practice, actor, keys or tuple(VaultKey), lambda _: None)


def test_each_key_goes_on_under_a_new_version_for_whoever_held_it(house: House) -> None:
    before = {login: set(house.actor(login).shares) for login in house.seeds}
    rotate(house)
    for login in house.seeds:
        assert set(house.actor(login).shares) == {
            (key, version) for key, _ in before[login] for version in (1, 2)
        }
    assert audit_keys(house.practice) == ()


def test_one_key_alone_can_be_renewed(house: House) -> None:
    rotate(house, VaultKey.AUDIT)
    newest = {key: house.practice.register.newest(key).version for key in VaultKey}
    assert newest == {**dict.fromkeys(VaultKey, 1), VaultKey.AUDIT: 2}


def test_whoever_was_logged_in_meanwhile_is_told_to_log_in_again(stocked: House) -> None:
    session, _ = begin_session(stocked.practice, stocked.actor("mia"), Place("pts/0", "5e" * 32))
    rotate(stocked, *VaultKey)
    with pytest.raises(Locked) as refused:
        find(stocked, actor_by_session(stocked.practice, session))
    assert refused.value.hint.endswith("callrec login mia")
    assert find(stocked, stocked.session("mia")).total == 3


def test_whoever_has_not_the_power_for_a_key_is_not_sent_to_log_in(house: House) -> None:
    for actor in (house.session("sam"), house.actor("sam"), house.actor("door")):
        with pytest.raises(Locked, match="does not have open") as refused:
            vault_key(actor, VaultKey.CATALOGUE, 1)
        assert "callrec login" not in refused.value.hint


def find(house: House, actor: Actor) -> SearchResult:
    criteria = Criteria(number="+447700900123")
    return search_recordings(
        house.practice, actor, criteria=[criteria], reason=REASON, request=None, limit=None
    )


@pytest.mark.parametrize("login", ["pat", "max", "sam", "ava"])
def test_only_the_data_controller_makes_new_keys_or_moves_anything(
    house: House, login: str
) -> None:
    with pytest.raises(Refused):
        rotate(house, login=login)
    with pytest.raises(Refused):
        move(house, login=login)


def test_everything_moves_to_the_newest_version_and_opens(granted: House) -> None:
    rotate(busy(granted))
    rotate(granted)
    assert all(1 in some for some in versions(granted).values())
    move(granted)
    assert set(map(frozenset, versions(granted).values())) == {frozenset({3})}
    all_opens(granted)
    assert len(grants_of(granted, "R-1")) == 2
    assert verified(granted).problems == ()


def test_whoever_left_opens_nothing_with_the_keys_that_he_kept(granted: House) -> None:
    kept = granted.actor("max")
    disable_person(granted.practice, granted.actor("dora"), login="max")
    granted.open()
    move(granted)
    with reading(granted.practice.engine) as connection:
        opening = Opening(granted.practice, kept, connection)
        for row in connection.execute(select(tables.recording)):
            with pytest.raises(Locked):
                opening.data_key(row)
            with pytest.raises(Locked):
                opening.metadata(row)


def test_the_index_finds_by_the_newest_key_alone(granted: House) -> None:
    rotate(granted, VaultKey.INDEX)
    macs = {bytes(row.mac) for row in rows(granted, "SELECT mac FROM duplicate")}
    move(granted)
    newest = vault_key(granted.actor("dora"), VaultKey.INDEX, 2)
    by_number = Criteria(number="+447700900123")
    with reading(granted.practice.engine) as connection:
        zone = granted.practice.settings.time_zone
        proposed = candidates(connection, [newest], granted.practice.vault, by_number, zone)
    assert sorted(proposed) == [1, 2, 3]
    kinds = rows(granted, "SELECT kind, recording FROM token")
    assert len(kinds) == len(set(kinds))  # none is left under the old key beside the new
    assert macs.isdisjoint(bytes(row.mac) for row in rows(granted, "SELECT mac FROM duplicate"))


def test_a_recording_that_came_in_under_the_old_index_key_is_not_taken_in_again(
    granted: House,
) -> None:
    call = a_call(granted.folder / "spool", 0)
    take_in(granted, call)
    macs = len(rows(granted, "SELECT * FROM duplicate"))
    rotate(granted, VaultKey.INDEX)
    move(granted)
    done = take_in(granted, call)
    assert (done.recordings, done.duplicates) == (0, 1)
    assert len(rows(granted, "SELECT * FROM duplicate")) == macs


def test_what_comes_in_after_a_rotation_needs_no_moving(granted: House) -> None:
    rotate(granted)
    move(granted)
    take_in(granted, a_call(granted.folder / "spool", 7))
    assert count_to_reseal(granted.practice, [VaultKey.RECORDINGS, VaultKey.CATALOGUE]) == 0
    assert (
        count_to_reseal(granted.practice, [VaultKey.INDEX]) == 1
    )  # looked at, and nothing changes
    move(granted)
    assert count_to_reseal(granted.practice, [VaultKey.INDEX]) == 0


def test_where_nothing_is_older_nothing_is_written(granted: House) -> None:
    size = last_leaf(granted).seq
    assert not move(granted).moved
    assert last_leaf(granted).seq == size


def test_what_was_done_is_on_record(granted: House) -> None:
    rotate(granted, VaultKey.CATALOGUE)
    done = move(granted)
    assert last_leaf(granted).act == "keys.resealed"
    assert done.moved["batches"] == len(rows(granted, "SELECT * FROM batch"))
    assert done.moved["people"] == len(rows(granted, "SELECT * FROM person"))


def test_a_row_that_does_not_open_is_left_and_counted_and_the_rest_goes_on(granted: House) -> None:
    rotate(busy(granted))
    newest = "SELECT max(seq) FROM detail"
    by_sql(granted, f"UPDATE detail SET sealed = :no WHERE seq = ({newest})", no=b"no")
    by_sql(granted, "UPDATE hold SET key_version = 9")
    done = move(granted)
    assert +done.failed == {"details": 1, "holds": 1}
    assert versions(granted)["detail"] == {1, 2}
    assert versions(granted)["hold"] == {9}
    assert versions(granted)["request"] == {2}


def test_a_recording_whose_metadata_do_not_open_is_counted_and_its_tokens_stay(
    granted: House,
) -> None:
    rotate(granted, VaultKey.INDEX)
    tokens = rows(granted, "SELECT * FROM token WHERE recording = 2")
    by_sql(granted, "UPDATE metadata SET sealed = :no WHERE recording = 2", no=b"no")
    done = move(granted)
    assert (done.moved["calls in the index"], done.failed["calls in the index"]) == (2, 1)
    assert rows(granted, "SELECT * FROM token WHERE recording = 2") == tokens


def test_whoever_governs_and_opens_nothing_moves_nothing(granted: House) -> None:
    only = frozenset({Power.GOVERN})
    dora = granted.actor("dora")
    change_role(granted.practice, dora, login="pat", role=Role.DATA_CONTROLLER, only=only)
    granted.open()
    with pytest.raises(Locked):
        move(granted, login="pat")


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_small_steps_come_to_the_same(
    granted: House, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "ROWS_PER_STEP", at_once)
    monkeypatch.setattr(resealing, "RECORDINGS_PER_STEP", at_once)
    rotate(busy(granted))
    told: list[int] = []
    total = count_to_reseal(granted.practice, tuple(VaultKey))
    dora = granted.actor("dora")
    reseal(granted.practice, dora, tuple(VaultKey), told.append)
    assert sum(told) == total
    assert set(map(frozenset, versions(granted).values())) == {frozenset({2})}
    all_opens(granted)


def test_every_column_that_names_a_version_of_a_key_is_moved() -> None:
    named = {
        (table.name, column.name)
        for table in tables.METADATA.sorted_tables
        for column in table.columns
        if column.name.endswith("_version") and column.name != "schema_version"
    }
    assert named == {(sealing.table.name, sealing.version) for sealing in SEALED_COLUMNS}
    assert all(
        isinstance(s.table.c[s.sealed].type, LargeBinary | tables.Blob) for s in SEALED_COLUMNS
    )

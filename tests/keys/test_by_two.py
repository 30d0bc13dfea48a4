"""It takes two to open recordings: an approver with a machine of the practice, or with another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, delete, insert, select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto.identity import Identity
from callrec.errors import Locked, Refused, Tampered, Unusable
from callrec.keys.audit import audit_keys, list_keys
from callrec.keys.by_two import by_two_warnings
from callrec.keys.kit import make_new_kit
from callrec.keys.kit_use import NewController, drill_kit, use_kit
from callrec.keys.reencrypting import reencrypt
from callrec.keys.rotating import reseal, rotate_keys
from callrec.login.keyring import read_credential
from callrec.login.locks import open_shares
from callrec.login.machine import machine_file
from callrec.login.together import OPENED_BY_TWO, joined
from callrec.office.settings import apply_settings
from callrec.people.joining import add_machine as add_alone
from callrec.people.powers import disable_person
from callrec.policy.role import Power, Role, VaultKey
from callrec.practice import Actor
from callrec.record.acts import done_leaves
from house.by_two import MACHINE, add_machine, by_two, lose_machine, opened_versions
from house.drives import archive, drive
from house.holds import verified
from house.newcomers import max_is_given_another_key, nell_comes
from house.people import begin_again, change_role, lend_power
from house.practices import House, password_of
from house.requests import approved
from house.spool import originals_of
from house.vault_keys import found

RECORDINGS = VaultKey.RECORDINGS

WHOLE = {"keys": {"opened_by": "one"}}

_EVERY_SHARE = select(tables.share).order_by(tables.share.c.version, tables.share.c.person)


def all_is_right(house: House) -> bool:
    house.open()
    return audit_keys(house.practice) == () and not verified(house).problems


def test_one_approver_goes_on_as_before_on_the_practice_s_machine(two: House) -> None:
    approved(two)
    assert opened_versions(two.actor("max")) == {1, 2}
    assert len(originals_of(two)) == 3
    assert found(two, "pat") == [1, 2, 3]
    assert all_is_right(two)


def test_elsewhere_nobody_alone_opens_a_recording_and_any_two_do(two: House) -> None:
    lose_machine(two)
    approvers = ["dora", "max", "mia", "pat"]
    actors = {login: two.actor(login) for login in approvers}
    assert [opened_versions(actor) for actor in actors.values()] == [set()] * 4
    for one in approvers:
        for other in approvers:
            both = joined(two.practice, actors[one], actors[other])
            assert opened_versions(both) == (set() if one == other else {1, 2})
    with pytest.raises(Locked, match="recordings key") as refused:
        approved(two)
    assert "--countersign" in refused.value.hint


def test_two_machines_open_nothing_together(two: House, tmp_path: Path) -> None:
    first = read_credential(machine_file(two.practice).rename(tmp_path / "first"))
    with pytest.raises(Refused, match="takes two people"):
        add_alone(two.practice, two.actor("dora"), login="till", full_name="The till")
    add_machine(two, "till")
    second = read_credential(machine_file(two.practice))
    (one, kem), other = (
        (each.person, Identity.from_seed(each.seed, two.practice.vault).kem)
        for each in (first, second)
    )
    with reading(two.practice.engine) as connection:
        register = two.practice.register
        assert open_shares(connection, register, one, kem, (other,)) == {}
        pat = two.actor("pat")
        for machine in ((one, kem), other):
            assert pat.identity is not None
            opened = open_shares(connection, register, pat.person.id, pat.identity.kem, (machine,))
            assert {version for key, version in opened if key is RECORDINGS} == {1, 2}
    with pytest.raises(Unusable, match="already"):
        add_machine(two, "again")
    assert all_is_right(two)


def test_a_machine_that_is_taken_off_the_list_opens_nothing_more(two: House) -> None:
    disable_person(two.practice, two.actor("dora"), login=MACHINE)
    assert two.open().register.versions(RECORDINGS) == (1, 2, 3)
    assert opened_versions(two.actor("max")) == set()
    assert all_is_right(two)
    add_machine(two, "new-desk")
    assert opened_versions(two.actor("max")) == {1, 2, 3}


def test_what_opens_everything_takes_a_second_person_who_is_on_record(two: House) -> None:
    dora, max_ = two.actor("dora"), two.actor("max")
    practice, tell = two.practice, lambda _: None

    def new_kit(second: Actor | None = None) -> None:
        make_new_kit(practice, dora, split=False, keep=tell, second=second)

    for alone in (
        lambda: rotate_keys(practice, dora, [RECORDINGS]),
        lambda: rotate_keys(practice, dora, [RECORDINGS], second=dora),
        lambda: rotate_keys(practice, dora, [RECORDINGS], second=two.actor("sam")),
        lambda: reseal(practice, dora, [RECORDINGS], tell),
        lambda: reencrypt(practice, dora, tell),
        new_kit,
        lambda: two.decide(**WHOLE),
    ):
        with pytest.raises(Refused):
            alone()
    assert told(two) == []
    rotate_keys(practice, dora, [VaultKey.AUDIT])  # which opens no recording
    two.open()
    reseal(two.practice, two.actor("dora"), [RECORDINGS], tell, second=max_)
    assert reencrypt(two.practice, two.actor("dora"), tell, second=max_).recordings == 3
    make_new_kit(two.practice, two.actor("dora"), split=True, keep=tell, second=max_)
    assert told(two) == [max_.person.id] * 3
    assert all_is_right(two)
    assert len(originals_of(two)) == 3


def test_who_was_brought_in_by_one_person_alone_since_is_no_second(two: House) -> None:
    for login in ("pat", "max", "mia"):
        disable_person(two.open(), two.actor("dora"), login=login)
    nell_comes(two)  # nobody is left who could sign beside
    two.open()
    with pytest.raises(Refused, match="one person alone let them approve"):
        rotate_keys(two.practice, two.actor("dora"), [RECORDINGS], second=two.actor("nell"))
    file = two.folder / "one.toml"
    file.write_text('[keys]\nopened_by = "one"\n')
    with pytest.raises(Refused, match="one person alone let them approve"):
        apply_settings(
            two.practice, two.actor("dora"), file, lambda _: None, second=two.actor("nell")
        )
    assert two.open().settings.is_opened_by_two


def told(house: House) -> list[str]:
    """Who said that they were the second."""
    with reading(house.practice.engine) as connection:
        return [leaf.actor for leaf in done_leaves(connection, [OPENED_BY_TWO])]


def test_people_come_and_go_and_each_has_their_own_part(two: House) -> None:
    disable_person(two.practice, two.actor("dora"), login="mia")
    two.open()
    change_role(two.practice, two.actor("dora"), login="max", role=Role.STAFF)
    assert two.open().register.versions(RECORDINGS) == (1, 2, 3, 4)
    two.open()
    change_role(two.practice, two.actor("dora"), login="max", role=Role.MANAGER)
    nell_comes(two)
    max_is_given_another_key(two)
    assert all_is_right(two)
    lose_machine(two)
    both = joined(two.open(), two.actor("nell"), two.actor("max"))
    assert opened_versions(both) == {1, 2, 3, 4}


def test_where_the_machine_is_lost_people_are_confirmed_by_two_who_open_it(two: House) -> None:
    lose_machine(two)
    nell_comes(two)
    begin_again(two.open(), two.actor("dora"), new_password=lambda: password_of("dora anew"))
    assert all_is_right(two)
    both = joined(two.practice, two.actor("nell"), two.actor("max"))
    assert opened_versions(both) == {1, 2, 3}


def test_a_power_that_is_lent_brings_a_part_until_it_ends(two: House) -> None:
    until = two.at.date()
    lend_power(
        two.practice, two.actor("dora"), login="sam", power=Power.DECIDE_GENERAL, until=until
    )
    assert opened_versions(two.actor("sam")) == {1, 2}
    assert all_is_right(two)


def test_where_nobody_could_be_second_the_rule_is_not_made(stocked: House) -> None:
    for login in ("pat", "max", "mia"):
        disable_person(stocked.open(), stocked.actor("dora"), login=login)
    stocked.open()
    with pytest.raises(Refused, match="fewer than two people"):
        stocked.decide(keys={"opened_by": "two"})


def test_it_is_told_who_or_what_lets_the_rule_down(archived: House) -> None:
    by_two(archived)
    (old,) = by_two_warnings(archived.practice)
    assert old.startswith('"drive-a" was written before it took two people')
    archive(archived, drive(archived))
    assert [*by_two_warnings(archived.open())] == []
    for login in ("pat", "max", "mia", MACHINE):
        disable_person(archived.open(), archived.actor("dora"), login=login)
    alone, machine = by_two_warnings(archived.open())
    assert "one is left" in alone
    assert "an approval takes two passwords" in machine


def test_two_people_make_it_one_again_and_machines_hold_nothing_then(two: House) -> None:
    file = two.folder / "one.toml"
    file.write_text('[keys]\nopened_by = "one"\n')
    dora, pat = two.actor("dora"), two.actor("pat")
    apply_settings(two.practice, dora, file, lambda _: None, second=pat)
    lose_machine(two)
    assert all(opened_versions(two.actor(login)) == {1, 2, 3} for login in ("dora", "pat"))
    assert MACHINE not in {who for key in list_keys(two.practice) for who in key.holders}
    assert all_is_right(two)


def test_the_kit_has_the_whole_key_and_a_new_controller_gets_a_part(two: House) -> None:
    assert drill_kit(two.practice, two.kit).keys == 5
    new = NewController("nora", "Nora Penhale", password_of("nora"))
    use_kit(two.open(), two.kit, new, split=False, keep=lambda _: None)
    assert all_is_right(two)


@pytest.mark.parametrize("what", ["whole from before", "part of another line"])
def test_an_older_share_that_is_put_back_opens_nothing(stocked: House, what: str) -> None:
    before = _shares(stocked)
    by_two(stocked)
    if what.startswith("part"):
        before = _shares(stocked)
        lend_power(
            stocked.practice,
            stocked.actor("dora"),
            login="sam",
            power=Power.DECIDE_GENERAL,
            until=stocked.at.date(),
        )
    older = next(row for row in before if row.person == stocked.actor("pat").person.id)
    place = (tables.share.c.person == older.person) & (tables.share.c.version == older.version)
    with stocked.practice.engine.begin() as connection:
        connection.execute(delete(tables.share).where(place, tables.share.c.key == RECORDINGS))
        connection.execute(insert(tables.share).values(tuple(older)))
    with pytest.raises(Tampered, match="older one that was put back"):
        stocked.actor("pat")
    assert {problem.login for problem in audit_keys(stocked.open())} == {"pat"}


def _shares(house: House) -> list[Row[Any]]:
    with reading(house.practice.engine) as connection:
        every = connection.execute(_EVERY_SHARE.where(tables.share.c.key == RECORDINGS))
        return list(every.all())

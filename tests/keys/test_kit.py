"""The recovery kit is tried, used up, and replaced; whoever has an old one has nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callrec.archive.run import back_up
from callrec.archive.volumes import LossReport, report_lost
from callrec.audit.leaf import NOBODY, Leaf, Outcome
from callrec.audit.log import read_leaf, stored_head
from callrec.calls.custody import Opening, find_recording
from callrec.catalogue.engine import reading
from callrec.crypto.identity import Identity
from callrec.crypto.kit import PrintedKit, kit_words, read_kit
from callrec.errors import CallrecError, Failed, Locked, Misconfigured, Refused, Tampered, Unusable
from callrec.keys.audit import audit_keys
from callrec.keys.kit import check_kit
from callrec.keys.kit_use import last_drill
from callrec.office.status import read_status
from callrec.people.powers import disable_person
from callrec.policy.role import POWERS, Role, VaultKey
from callrec.practice import record
from callrec.registers.verify import check_vault
from house.drives import archive, drive
from house.holds import is_intact
from house.practices import House
from house.recovery_kits import drill, new_kit, nora, use
from house.requests import by_sql, last_leaf, rows
from house.spool import a_call, take_in

NEVER = "the recovery kit was never tried: run callrec practice recovery drill"

LONG_AGO = "the recovery kit was last tried over a year ago: callrec practice recovery drill"


def leaves(house: House, count: int) -> list[Leaf]:
    """The last ones."""
    with reading(house.practice.engine) as connection:
        size = stored_head(connection).size
        return [read_leaf(connection, seq)[0] for seq in range(size - count, size)]


def kit_of(house: House, typed: str = "") -> Identity:
    return Identity.from_seed(read_kit(typed or house.kit), house.practice.vault)


# --- drill ------------------------------------------------------------------------------------


def test_a_drill_opens_every_key_and_a_recording(stocked: House) -> None:
    done = drill(stocked)
    assert (done.keys, done.recording, done.file) == (4, True, True)


def test_it_is_the_kit_s_own_leaf_and_the_log_is_intact(stocked: House) -> None:
    drill(stocked)
    leaf = last_leaf(stocked)
    kit = stocked.practice.register.founders.kit
    assert (leaf.act, leaf.actor, leaf.outcome) == ("recovery.drilled", kit, Outcome.DONE)
    assert is_intact(stocked)


def test_a_practice_without_recordings_is_told_that_there_was_none_to_try(house: House) -> None:
    done = drill(house)
    assert (done.recording, done.file) == (False, False)


def test_where_the_file_is_away_the_key_is_opened_all_the_same(stocked: House) -> None:
    for path in (stocked.folder / "vault" / "recordings").glob("*/*"):
        path.unlink()
    done = drill(stocked)
    assert (done.recording, done.file) == (True, False)


def test_status_says_when_it_was_and_warns_after_a_year_and_where_it_never_was(
    stocked: House,
) -> None:
    assert NEVER in read_status(stocked.practice, None).warnings
    drill(stocked)
    found = read_status(stocked.open(), None)
    assert found.last_drill == stocked.at
    assert not {NEVER, LONG_AGO} & set(found.warnings)
    stocked.at += timedelta(days=366)
    assert LONG_AGO in read_status(stocked.open(), None).warnings


def test_a_new_kit_was_never_tried(stocked: House) -> None:
    drill(stocked)
    new_kit(stocked)
    assert last_drill(stocked.practice) is None


def test_nobody_else_s_leaf_counts_as_a_drill(stocked: House) -> None:
    record(stocked.practice, stocked.actor("dora"), "recovery.drilled")
    assert last_drill(stocked.open()) is None


def test_a_drill_that_failed_is_no_drill(stocked: House) -> None:
    (was,) = rows(stocked, "SELECT data_key FROM recording WHERE id = 3")
    spoil = "UPDATE recording SET data_key = :key WHERE id = 3"
    by_sql(stocked, spoil, key=bytes(60))
    with pytest.raises(Tampered):
        drill(stocked)
    assert last_leaf(stocked).outcome is Outcome.FAILED
    assert last_drill(stocked.practice) is None
    by_sql(stocked, spoil, key=was.data_key)
    assert is_intact(stocked)


DAMAGE = {
    "a share is missing": "DELETE FROM share WHERE person = :kit AND key = 'audit'",
    "a share is another's": "UPDATE share SET sealed = (SELECT sealed FROM share s WHERE s.key ="
    " 'audit' AND s.person <> :kit) WHERE person = :kit AND key = 'audit'",
    "metadata": "UPDATE metadata SET sealed = zeroblob(99)",
    "a detail": "UPDATE detail SET sealed = zeroblob(1300)",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_whatever_does_not_open_is_told(stocked: House, statement: str) -> None:
    if ":kit" in statement:
        by_sql(stocked, statement, kit=stocked.practice.register.founders.kit)
    else:
        by_sql(stocked, statement)
    with pytest.raises(Tampered):
        drill(stocked)


def test_a_file_that_is_damaged_is_told(stocked: House) -> None:
    for path in (stocked.folder / "vault" / "recordings").glob("*/*"):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Tampered):
        drill(stocked)


def test_words_that_are_mistyped_leave_no_leaf_and_are_named(stocked: House) -> None:
    before = last_leaf(stocked)
    groups = stocked.kit.split()
    groups[6] = ("A" if groups[6][0] != "A" else "B") + groups[6][1:]
    with pytest.raises(Unusable, match="group 7 of the kit has a mistake"):
        drill(stocked, " ".join(groups))
    assert last_leaf(stocked) == before


def test_another_vault_s_kit_is_refused_on_record(stocked: House) -> None:
    with pytest.raises(Locked, match="not the recovery kit of this vault"):
        drill(stocked, kit_words(bytes(32)))
    leaf = last_leaf(stocked)
    assert (leaf.act, leaf.actor, leaf.outcome) == ("recovery.drilled", NOBODY, Outcome.REFUSED)


def test_a_log_that_was_cut_is_noticed_before_anything_is_opened(stocked: House) -> None:
    drill(stocked)
    by_sql(stocked, "DELETE FROM leaf WHERE seq = (SELECT max(seq) FROM leaf)")
    with pytest.raises(CallrecError):
        drill(stocked)


# --- use --------------------------------------------------------------------------------------


def test_the_kit_makes_a_new_data_controller_who_opens_everything(stocked: House) -> None:
    use(stocked)
    actor = nora(stocked)
    assert (actor.person.role, actor.person.powers) == (
        Role.DATA_CONTROLLER,
        POWERS[Role.DATA_CONTROLLER],
    )
    assert {key for key, _ in actor.shares} == set(VaultKey)
    with reading(stocked.practice.engine) as connection:
        opening = Opening(stocked.practice, actor, connection)
        row = find_recording(connection, 1)
        assert opening.checked(row).fields["number"] == "+447700900123"
        assert len(opening.data_key(row)) == 32


def test_he_governs_from_then_on(stocked: House) -> None:
    use(stocked)
    disable_person(stocked.practice, nora(stocked), login="dora")
    assert is_intact(stocked)


def test_what_is_taken_in_afterwards_is_his_to_open_as_well(stocked: House) -> None:
    use(stocked)
    take_in(stocked, a_call(stocked.folder / "more", 80), login="mia")
    stocked.open()
    with reading(stocked.practice.engine) as connection:
        opening = Opening(stocked.practice, nora(stocked), connection)
        opening.data_key(find_recording(connection, 4))


def test_each_act_is_its_actor_s_and_the_log_is_intact(stocked: House) -> None:
    use(stocked)
    kit = stocked.practice.register.founders.kit
    by = nora(stocked).person.id
    assert [(leaf.act, leaf.actor) for leaf in leaves(stocked, 6)] == [
        ("recovery.used", kit),
        ("keys.shared", by),
        ("kit.replaced", by),
        ("keys.made", by),
        ("keys.shared", by),
        ("keys.shared", by),
    ]
    assert is_intact(stocked)
    assert audit_keys(stocked.practice) == ()


def test_the_kit_is_used_up_and_the_next_one_takes_its_place(stocked: House) -> None:
    following = use(stocked)
    with pytest.raises(Locked, match="another one took its place"):
        drill(stocked)
    with pytest.raises(Locked, match="another one took its place"):
        use(stocked, login="nick")
    assert last_leaf(stocked).outcome is Outcome.REFUSED
    assert drill(stocked, following).keys == 8


def test_the_next_kit_is_used_in_its_turn_and_so_on(stocked: House) -> None:
    second = use(stocked)
    third = use(stocked, second, login="nick")
    fourth = use(stocked, third, login="nell", split=True)
    assert drill(stocked, " ".join(fourth.split()[:66])).keys == 16
    assert is_intact(stocked)
    assert audit_keys(stocked.practice) == ()


@pytest.mark.parametrize("login", ["max", "Nora B", "recovery-kit"])
def test_a_login_that_will_not_do_uses_up_nothing(stocked: House, login: str) -> None:
    with pytest.raises(Unusable):
        use(stocked, login=login)
    assert drill(stocked).keys == 4
    assert is_intact(stocked)


def test_the_next_kit_is_in_its_file_before_this_one_ceases_to_count(stocked: House) -> None:
    seen = []

    def keep(kit: PrintedKit) -> None:
        check_kit(stocked.open(), read_kit(stocked.kit))
        seen.append(kit.pages)

    following = use(stocked, keep=keep)
    assert [" ".join(pages) for pages in seen] == [following]


def test_where_it_cannot_be_kept_nothing_happens(stocked: House) -> None:
    def keep(_: PrintedKit) -> None:
        raise Misconfigured("it cannot be written")

    before = last_leaf(stocked)
    with pytest.raises(Misconfigured):
        use(stocked, keep=keep)
    assert last_leaf(stocked) == before
    drill(stocked)


def test_whoever_changes_people_meanwhile_is_not_overridden(stocked: House) -> None:
    def keep(_: PrintedKit) -> None:
        disable_person(stocked.practice, stocked.actor("dora"), login="max")

    with pytest.raises(Failed, match="changed a moment ago"):
        use(stocked, keep=keep)
    drill(stocked)
    assert is_intact(stocked)


def test_it_can_be_used_where_nobody_is_left(stocked: House) -> None:
    """Every password is lost: the rows that hold the locked seeds may as well be gone."""
    by_sql(stocked, "UPDATE person SET locked = NULL")
    use(stocked)
    assert nora(stocked).login == "nora"


def test_a_kit_without_its_share_of_a_key_is_told_and_is_used_as_well(stocked: House) -> None:
    kit = stocked.practice.register.founders.kit
    by_sql(stocked, "DELETE FROM share WHERE person = :kit AND key = 'index'", kit=kit)
    (problem,) = audit_keys(stocked.open())
    assert (problem.what, problem.login) == ("lacks their share", "recovery-kit")
    with pytest.raises(Tampered, match="no share of version 1 of the index key"):
        drill(stocked)
    use(stocked)
    assert (VaultKey.INDEX, 2) in nora(stocked).shares
    assert (VaultKey.INDEX, 1) not in nora(stocked).shares


# --- a new kit --------------------------------------------------------------------------------


def test_a_new_kit_opens_all_and_the_old_one_nothing(stocked: House) -> None:
    (page,) = new_kit(stocked)
    assert drill(stocked, page).keys == 8
    with pytest.raises(Locked, match="another one took its place"):
        drill(stocked)
    kit = stocked.practice.register.founders.kit
    assert rows(stocked, "SELECT count(*) FROM share WHERE person = :kit", kit=kit)[0][0] == 8
    assert audit_keys(stocked.practice) == ()
    assert is_intact(stocked)


def test_a_new_kit_on_three_pages_is_tried_with_two_of_them(stocked: House) -> None:
    pages = new_kit(stocked, split=True)
    assert drill(stocked, f"{pages[2]}\n{pages[0]}").keys == 8


@pytest.mark.parametrize("login", ["pat", "max", "sam", "ava", "door"])
def test_only_who_governs_makes_a_kit(stocked: House, login: str) -> None:
    with pytest.raises(Refused):
        new_kit(stocked, login)
    assert last_leaf(stocked).outcome is Outcome.REFUSED
    drill(stocked)


@pytest.mark.parametrize("another", [new_kit, use])
def test_status_names_each_drive_that_the_newest_kit_does_not_open_yet(
    stocked: House, another: Callable[[House], object]
) -> None:
    """Until the next run there, of any kind, and as long as the drive is in use."""
    for name in ("drive-a", "drive-b", "drive-c"):
        archive(stocked, drive(stocked, name))
    assert not opened_by_former_kit(stocked)
    another(stocked)
    assert opened_by_former_kit(stocked) == ["drive-a", "drive-b", "drive-c"]
    archive(stocked, drive(stocked, "drive-a"))
    back_up(
        stocked.open(),
        stocked.actor("max"),
        drive(stocked, "drive-b"),
        label=None,
        check=check_vault,
    )
    assert opened_by_former_kit(stocked) == ["drive-c"]
    lost = LossReport(label="drive-c", noticed_at=stocked.now())
    report_lost(stocked.practice, stocked.actor("max"), lost)
    assert not opened_by_former_kit(stocked)


def opened_by_former_kit(house: House) -> list[str]:
    warnings = read_status(house.open(), None).warnings
    return [w.split('"')[1] for w in warnings if "a recovery kit of before" in w]


def test_the_words_are_checked_without_opening_anything(stocked: House) -> None:
    before = last_leaf(stocked)
    assert check_kit(stocked.practice, read_kit(stocked.kit)).public == kit_of(stocked).public
    assert last_leaf(stocked) == before


def test_no_repr_shows_the_words(stocked: House) -> None:
    seen = []

    def keep(kit: PrintedKit) -> None:
        seen.append(kit)

    use(stocked, keep=keep)
    told = repr(seen[0]) + repr(replace(seen[0], serial=9))
    assert not set(seen[0].pages[0].split()) & set(told.replace("'", " ").split())

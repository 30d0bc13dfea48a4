"""What is taken from somebody while his command waits is not used by it any more.

His leaf would stand in the log for ever as one by somebody who might not.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callrec.archive.erase import erase_owed, owes_erasure
from callrec.archive.log import remove_local
from callrec.archive.run import archive_recordings, back_up
from callrec.archive.unfinished import archive_lock
from callrec.archive.volumes import (
    LossReport,
    VolumeKeeper,
    list_volumes,
    record_volume_keeper,
    report_found,
    report_lost,
)
from callrec.audit.leaf import Outcome
from callrec.errors import Failed, Refused
from callrec.incidents.incident import IncidentReport, report_incident
from callrec.intake.reconcile import reconcile_calls
from callrec.office.status import read_status
from callrec.people.powers import disable_person, end_delegation
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.role import Power, Role
from callrec.practice import Actor, record
from callrec.registers.verify import Verdict, check_vault
from callrec.requests.ask import create_request
from callrec.requests.decide import deny_request
from callrec.requests.event import withdraw_request
from callrec.requests.glass import review_glass
from callrec.restore.rebuild import open_volumes
from callrec.restore.restore import repair_from_volumes
from callrec.retention.categories import set_category
from callrec.retention.holds import place_hold
from callrec.volume.volume import open_volume
from house.drives import archive, contents, drive, meanwhile, one_more_call, stand_alone, verify
from house.erasures import approved_erasure, erase
from house.holds import verified
from house.incidents import WHAT
from house.people import change_role, lend_power, reset_person
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    REASON,
    a_request,
    approve,
    logged_in,
    said,
    signed_in,
    state_of,
)
from house.stages import CALLERS, copied

callers = copied(CALLERS)


def shut_out(house: House) -> None:
    disable_person(house.practice, house.actor("dora"), login="max")


def begin_again(house: House) -> None:
    reset_person(house.practice, house.actor("dora"), login="max", password="")


def demote(house: House) -> None:
    change_role(house.practice, house.actor("dora"), login="max", role=Role.STAFF)


def test_whoever_was_shut_out_meanwhile_asks_for_nothing(stocked: House) -> None:
    sam = signed_in(stocked, "sam")
    disable_person(stocked.practice, stocked.actor("dora"), login="sam")
    with pytest.raises(Failed, match="changed a moment ago"):
        create_request(
            stocked.practice, sam, purpose=Purpose.COMPLAINT, answers=said(Purpose.COMPLAINT)
        )
    assert verified(stocked).verdict is Verdict.INTACT


def test_nor_does_he_take_back_what_he_asked_for(stocked: House) -> None:
    reference, sam = a_request(stocked), signed_in(stocked, "sam")
    disable_person(stocked.practice, stocked.actor("dora"), login="sam")
    with pytest.raises(Failed, match="changed a moment ago"):
        withdraw_request(stocked.practice, sam, reference)
    assert state_of(stocked, reference) == "submitted"
    assert verified(stocked).verdict is Verdict.INTACT


@pytest.mark.parametrize("role", [None, Role.STAFF], ids=["shut out", "no manager any more"])
def test_nobody_reports_to_whom_was_a_manager_when_the_command_began(
    stocked: House, role: Role | None
) -> None:
    dora, sam = stocked.actor("dora"), logged_in(stocked, "sam")
    if role is None:
        disable_person(stocked.practice, dora, login="mia")
    else:
        change_role(stocked.practice, dora, login="mia", role=role)
    account = IncidentReport(noticed_at=stocked.now(), what=WHAT, tell="mia")
    with pytest.raises(Refused):
        report_incident(stocked.practice, sam, account)
    assert verified(stocked).verdict is Verdict.INTACT


def test_nor_does_a_role_decide_that_somebody_has_no_more(stocked: House) -> None:
    reference, max_ = a_request(stocked), signed_in(stocked, "max")
    change_role(stocked.practice, stocked.actor("dora"), login="max", role=Role.STAFF)
    with pytest.raises(Failed):
        deny_request(stocked.practice, max_, reference, reason=ANOTHER_REASON)
    assert verified(stocked).verdict is Verdict.INTACT


def _archives(house: House, max_: Actor) -> None:
    archive_recordings(house.practice, max_, drive(house, "drive-b"), check=check_vault)


def _backs_up(house: House, max_: Actor) -> None:
    back_up(house.practice, max_, drive(house, "backup"), label=None, check=check_vault)


def _keeps(house: House, max_: Actor) -> None:
    record_volume_keeper(
        house.practice, max_, "drive-a", VolumeKeeper("Pat Ellison", "the fire safe")
    )


def _loses(house: House, max_: Actor) -> None:
    report_lost(house.practice, max_, LossReport(label="drive-a", noticed_at=house.now()))


def _holds(house: House, max_: Actor) -> None:
    place_hold(house.practice, max_, [1], reason=REASON)


def _categorises(house: House, max_: Actor) -> None:
    set_category(house.practice, max_, [1], category="claim", reason=REASON)


def _reconciles(house: House, max_: Actor) -> None:
    reconcile_calls(house.practice, max_, first=None, last=None, files=(), advance=lambda _: None)


RUNS = [_archives, _backs_up, _keeps, _loses, _holds, _categorises, _reconciles]


@pytest.mark.parametrize("taken", [shut_out, begin_again, demote], ids=lambda each: each.__name__)
@pytest.mark.parametrize("run", RUNS, ids=lambda each: each.__name__)
def test_nothing_that_takes_a_power_is_signed_by_who_lost_it_meanwhile(
    stocked: House, run: Callable[[House, Actor], None], taken: Callable[[House], None]
) -> None:
    archive(stocked, drive(stocked))
    max_ = signed_in(stocked, "max")
    practice = stocked.practice
    taken(stocked)
    stocked.practice = practice
    with pytest.raises(Failed, match="a moment ago"):
        run(stocked, max_)
    stocked.open()
    assert verified(stocked).verdict is Verdict.INTACT
    assert read_status(stocked.practice, None).last_reconcile is None
    assert archive(stocked, drive(stocked), by="mia").recordings == 0


def test_nor_by_a_power_that_was_lent_until_that_very_day_and_taken_back(stocked: House) -> None:
    dora, today = stocked.actor("dora"), stocked.now().date()
    lend_power(stocked.practice, dora, login="sam", power=Power.ARCHIVE, until=today)
    practice = stocked.open()
    sam = signed_in(stocked, "sam")
    end_delegation(practice, stocked.actor("dora"), login="sam", power=Power.ARCHIVE)
    stocked.practice = practice
    with pytest.raises(Failed, match="changed a moment ago"):
        _archives(stocked, sam)
    assert verified(stocked).verdict is Verdict.INTACT


def test_nor_is_a_volume_found(stocked: House) -> None:
    archive(stocked, drive(stocked))
    lost = LossReport(label="drive-a", noticed_at=stocked.now())
    report_lost(stocked.practice, stocked.actor("max"), lost)
    max_, practice = signed_in(stocked, "max"), stocked.practice
    shut_out(stocked)
    with pytest.raises(Failed, match="a moment ago"):
        report_found(practice, max_, drive(stocked), lambda _: None)
    assert verified(stocked).verdict is Verdict.INTACT


def test_nor_is_anything_let_go_of(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_alone(monkeypatch)
    archive(stocked, drive(stocked))
    archive(stocked, drive(stocked, "drive-b"))
    max_, practice = signed_in(stocked, "max"), stocked.practice
    shut_out(stocked)
    with pytest.raises(Failed, match="a moment ago"):
        remove_local(practice, max_, open_volume(drive(stocked)), started_before=None)
    assert verified(stocked).verdict is Verdict.INTACT


def test_nor_is_broken_glass_reviewed(stocked: House) -> None:
    approve(stocked, a_request(stocked, "dora"), "dora", glass_reason=ANOTHER_REASON)
    pat, practice = signed_in(stocked, "pat"), stocked.practice
    disable_person(practice, stocked.actor("dora"), login="pat")
    with pytest.raises(Failed):
        review_glass(practice, pat, "R-1", verdict=ReviewVerdict.ACCEPTED, reason=None)
    assert verified(stocked).verdict is Verdict.INTACT


def test_with_a_key_that_was_replaced_not_even_a_failure_is_signed(stocked: House) -> None:
    """Its checkpoint would be by another than its leaf names, and TAMPERED for ever."""
    max_, practice = signed_in(stocked, "max"), stocked.practice
    begin_again(stocked)
    with pytest.raises(Failed, match="set anew"):
        record(practice, max_, "people.listed", outcome=Outcome.FAILED)
    assert verified(stocked).verdict is Verdict.INTACT


def copying(house: House, monkeypatch: pytest.MonkeyPatch, comes: Callable[[House], None]) -> None:
    """Let something happen while a run writes its copy of the catalogue; the run goes on."""
    practice = house.practice

    def change() -> None:
        comes(house)
        house.practice = practice

    meanwhile(monkeypatch, change)


def test_a_run_whose_actor_was_shut_out_ends_like_one_that_was_killed(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = drive(stocked)
    archive(stocked, at)
    one_more_call(stocked)
    before = contents(at)
    with monkeypatch.context() as patch:
        copying(stocked, patch, shut_out)
        with pytest.raises(Failed, match="a moment ago"):
            archive_recordings(stocked.practice, stocked.actor("max"), at, check=check_vault)
    assert {**contents(at), **before} == contents(at)
    assert [path.name for path in at.glob("catalogue/*.sealed")] == [
        name.rpartition("/")[2] for name in before if name.endswith(".sealed")
    ]
    assert verified(stocked).verdict is Verdict.INTACT
    assert verify(stocked, at).faults == ()
    list_volumes(stocked.open())
    repair_from_volumes(
        stocked.open(),
        stocked.actor("dora"),
        open_volumes([at]),
        advance=lambda _: None,
        check=check_vault,
    )
    assert archive(stocked, at, by="mia").recordings == 1
    assert not [name for name in contents(at) if ".partial" in name]


def test_a_new_drive_on_which_he_began_is_gone_on_with_by_the_next(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = drive(stocked)
    with monkeypatch.context() as patch:
        copying(stocked, patch, shut_out)
        with pytest.raises(Failed, match="a moment ago"):
            archive_recordings(stocked.practice, stocked.actor("max"), at, check=check_vault)
    stocked.open()
    with archive_lock(stocked.practice) as notes:
        assert [*notes.each_begun()] == [open_volume(at).volume]
    assert archive(stocked, at, by="mia").recordings == 3
    with archive_lock(stocked.practice) as notes:
        assert not notes.each_begun()
    assert not [name for name in contents(at) if ".partial" in name]
    assert verified(stocked).verdict is Verdict.INTACT


def test_an_erasure_on_a_drive_is_ended_by_the_next_as_well(
    callers: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = drive(callers)
    archive(callers, at)
    assert not erase(callers, approved_erasure(callers, 1)).is_done
    with monkeypatch.context() as patch:
        copying(callers, patch, shut_out)
        with pytest.raises(Failed, match="a moment ago"):
            erase_owed(
                callers.practice,
                callers.actor("max"),
                at,
                advance=lambda _: None,
                check=check_vault,
            )
    assert owes_erasure(callers.open(), open_volume(at))
    assert verified(callers).verdict is Verdict.INTACT
    assert (
        erase_owed(
            callers.practice, callers.actor("mia"), at, advance=lambda _: None, check=check_vault
        )
        == 1
    )
    assert not owes_erasure(callers.open(), open_volume(at))
    assert verify(callers, at).faults == ()
    assert verified(callers).verdict is Verdict.INTACT


def test_what_was_lent_until_midnight_signs_nothing_the_day_after(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = stocked.now().date()
    lend_power(
        stocked.practice, stocked.actor("dora"), login="sam", power=Power.ARCHIVE, until=today
    )
    stocked.open()

    def midnight(house: House) -> None:
        house.at = house.at.replace(day=house.at.day + 1)

    copying(stocked, monkeypatch, midnight)
    with pytest.raises(Refused, match="lent"):
        archive_recordings(
            stocked.practice, stocked.actor("sam"), drive(stocked), check=check_vault
        )
    assert verified(stocked).verdict is Verdict.INTACT

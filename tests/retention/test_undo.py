"""A batch that came in by mistake is taken back: approved, unused, and without losing a call."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from callrec.errors import NotFound, Refused
from callrec.intake.clearing import AfterIntake, AfterIntakeKind
from callrec.policy.purpose import Purpose
from callrec.registers.verify import check_vault
from callrec.retention.erase import carry_out, preview_destruction
from callrec.retention.undo import UndoProposal, propose_undo
from house.holds import by_hand, verified
from house.practices import House
from house.requests import a_request, approve, logged_in, signed_in
from house.spool import KEEP, a_call, a_name, left_in, recordings_of, take_in

WHY = "They were exports of another practice"


def batch_of(house: House, spool: Path, after: AfterIntake = KEEP) -> str:
    """Two calls taken in; the batch that they came with."""
    for call in (1, 2):
        a_call(spool, call)
    (batch,) = take_in(house, spool, after=after).batches
    house.open()
    return batch


def undo(house: House, batch: str, *sources: Path, login: str = "max") -> UndoProposal:
    actor = logged_in(house, login)
    return propose_undo(house.practice, actor, batch[:8], reason=WHY, sources=sources)


def carried_out(house: House, reference: str, *sources: Path) -> None:
    house.open()
    preview = partial(preview_destruction, sources=sources)
    actor = signed_in(house, "dora")
    given = (house.practice, actor, reference, preview)
    assert carry_out(*given, volumes=(), advance=lambda _: None, check=check_vault).is_done
    house.open()


def test_what_came_in_by_mistake_goes_and_may_come_in_again(house: House, tmp_path: Path) -> None:
    batch, before = batch_of(house, tmp_path / "spool"), len(recordings_of(house))
    made = undo(house, batch)
    assert (len(made.recordings), made.left, made.batch) == (2, 0, batch)
    with pytest.raises(NotFound):  # it is proposed already
        undo(house, batch)
    with pytest.raises(Refused):
        carried_out(house, made.reference)
    assert len(recordings_of(house)) == before
    approve(house, made.reference, "dora")
    carried_out(house, made.reference)
    assert verified(house).problems == ()
    assert left_in(tmp_path / "spool"), "the files are as they were"
    assert take_in(house, tmp_path / "spool").recordings == 2


def test_nothing_is_taken_back_whose_file_is_gone(house: House, tmp_path: Path) -> None:
    batch = batch_of(house, tmp_path / "spool", AfterIntake(AfterIntakeKind.DELETE))
    with pytest.raises(Refused, match="would be lost"):
        undo(house, batch)


def test_nor_where_another_sound_lies_in_its_place(house: House, tmp_path: Path) -> None:
    batch = batch_of(house, tmp_path / "spool")
    for path in (tmp_path / "spool").iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"\x55")
    with pytest.raises(Refused, match="would be lost: 2"):
        undo(house, batch)


def test_of_two_calls_that_sound_the_same_each_wants_a_file_of_its_own(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    for name in (a_name(), a_name().replace("07700900123", "07700900456")):
        a_call(spool, name=name)
    (batch,) = take_in(house, spool).batches
    next(spool.iterdir()).unlink()
    with pytest.raises(Refused, match="would be lost: 1, "):
        undo(house, batch, spool)


def test_files_that_were_moved_are_found_where_they_lie_now(house: House, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    batch = batch_of(house, tmp_path / "spool", AfterIntake(AfterIntakeKind.MOVE, moved))
    with pytest.raises(Refused, match="would be lost"):
        undo(house, batch)
    made = undo(house, batch, moved)
    approve(house, made.reference, "dora")
    with pytest.raises(Refused, match="would be lost"):
        carried_out(house, made.reference)
    carried_out(house, made.reference, moved)


def test_a_file_that_goes_after_it_was_approved_keeps_its_recording(
    house: House, tmp_path: Path
) -> None:
    made = undo(house, batch_of(house, tmp_path / "spool"))
    approve(house, made.reference, "dora")
    next((tmp_path / "spool").iterdir()).unlink()
    with pytest.raises(Refused, match="would be lost: 1"):
        carried_out(house, made.reference)
    assert len(recordings_of(house)) == 2


def test_what_was_asked_for_is_not_taken_back(house: House, tmp_path: Path) -> None:
    batch = batch_of(house, tmp_path / "spool")
    reference = a_request(house, "sam", recordings=(2,))
    with pytest.raises(Refused, match=f"recording 2 was used, by {reference}"):
        undo(house, batch)


def test_that_the_police_asked_for_it_is_said_by_no_refusal(house: House, tmp_path: Path) -> None:
    batch = batch_of(house, tmp_path / "spool")
    a_request(house, "max", purpose=Purpose.OUTSIDE_BODY, recordings=(2,))
    with pytest.raises(Refused, match=r"^recording \d was used and is not taken back"):
        undo(house, batch)


def test_what_was_held_is_not_taken_back(house: House, tmp_path: Path) -> None:
    batch = batch_of(house, tmp_path / "spool")
    by_hand(house, 1)
    with pytest.raises(Refused, match="recording 1 was used, by H-1"):
        undo(house, batch)


def test_staff_do_not_propose_it(house: House, tmp_path: Path) -> None:
    batch = batch_of(house, tmp_path / "spool")
    with pytest.raises(Refused):
        undo(house, batch, login="sam")

"""A name that no known telephone system writes is not dated by when somebody copied the file."""

from __future__ import annotations

from pathlib import Path

from callrec.intake.joining import UNRECOGNISED
from callrec.intake.preview import find_by_name, preview_found
from callrec.intake.reading import telephone_setup
from callrec.intake.sources import Refusal
from callrec.office.status import read_status
from house.call_records import a_row, records, take_in_with
from house.practices import House
from house.spool import a_call, left_in, recordings_of, take_in
from house.watched import World, watched

ODD = "interview.wav"


def test_a_name_of_no_known_system_is_left_and_said(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    a_call(spool)
    odd = a_call(spool, 1, name=ODD)
    done = take_in(house, spool, unrecognised=False)
    assert [(each.path, each.why, each.refusal) for each in done.quarantined] == [
        (odd, UNRECOGNISED, Refusal.UNRECOGNISED)
    ]
    assert done.summary is not None
    assert done.summary.fields["refused"]["unrecognised"] == done.unrecognised == 1
    assert (done.recordings, len(recordings_of(house))) == (1, 1)
    assert len(left_in(house.practice.folder / "recordings")) == 1, "nothing of it is stored"
    assert odd.exists()


def test_it_is_taken_in_where_that_was_said(house: House, tmp_path: Path) -> None:
    odd = a_call(tmp_path, 1, name=ODD)
    assert take_in(house, odd, unrecognised=True).recordings == 1


def test_what_a_description_or_a_call_record_tells_of_is_recognised(
    house: House, tmp_path: Path
) -> None:
    told = a_call(tmp_path / "spool", 1, name=ODD)
    told.with_suffix(".json").write_text('{"started_at": "2024-07-04T14:05:01"}', encoding="utf-8")
    assert take_in(house, tmp_path / "spool", unrecognised=False).recordings == 1
    recorded = a_call(tmp_path / "other", 2, name="recording-0007.wav")
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=recorded.name))
    assert take_in_with(house, cdr, recorded, unrecognised=False).recordings == 1


def test_the_rehearsal_says_so(house: House, tmp_path: Path) -> None:
    odd = a_call(tmp_path, 1, name=ODD)
    setup, now = telephone_setup(house.practice.settings), house.practice.now()
    (left,) = preview_found(find_by_name([odd]), setup, now=now)
    (taken,) = preview_found(find_by_name([odd]), setup, now=now, unrecognised=True)
    assert (left.accepted, taken.accepted) == (False, True)
    assert "--unrecognised" in left.why


def test_status_warns_of_it_until_as_many_were_taken_in(house: House, tmp_path: Path) -> None:
    odd = [a_call(tmp_path, call, name=f"odd-{call}.wav") for call in range(2)]
    take_in(house, *odd, unrecognised=False)
    for left, file in ((2, None), (1, odd[0]), (0, odd[1])):
        if file is not None:
            take_in(house, file, unrecognised=True)
        house.open()
        warned = [each for each in read_status(house.practice, None).warnings if "names" in each]
        assert [f"writes: {left};" in each for each in warned] == [True] * bool(left)


def test_a_service_leaves_it_says_so_once_and_status_names_it(house: House, tmp_path: Path) -> None:
    a_call(tmp_path / "spool", 1, name=ODD)
    world = watched(World(house, 100), tmp_path / "spool", unrecognised=False)
    assert [(name, why) for _, name, why in world.left] == [(ODD, UNRECOGNISED)]
    house.open()
    warnings = "\n".join(read_status(house.practice, None).warnings)
    assert "names that no known telephone system writes: 1" in warnings
    assert ODD not in warnings

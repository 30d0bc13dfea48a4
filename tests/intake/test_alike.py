"""Calls that sound the same, as silence of one length: a recording for each, none twice."""

from __future__ import annotations

import json
from copy import copy
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from callrec.catalogue.engine import reading
from callrec.errors import Failed
from callrec.intake.alike import MAYBE_ERASED
from callrec.intake.clearing import ERASED, AfterIntake, AfterIntakeKind
from callrec.intake.summary import Ingested
from callrec.policy.role import VaultKey
from callrec.registers.verify import check_vault
from house.call_records import a_row, records, take_in_with
from house.erasures import approved_erasure, erase
from house.exports import Row, an_export, take_in_export
from house.holds import ANN as ASKING
from house.interrupted_intake import CALLS, killed_intake
from house.practices import House
from house.spool import a_call, a_wave, left_in, names_of, recordings_of, take_in
from intake.test_ingest_findable import found
from keys.test_rotating import rotate
from telephone.builders import a_format
from telephone.builders import a_wave as a_wave_of

DELETE = AfterIntake(AfterIntakeKind.DELETE)

ANN, BOB, CAROL = "+447700900123", "+447700900456", "+447700900789"

OF_ANN = "in-201-07700900123-20240704-140501-1720098301.1.wav"

OF_OTHERS = {
    "another number": "in-201-07700900456-20240704-140501-1720098301.2.wav",
    "another day": "in-201-07700900123-20240705-140501-1720184701.3.wav",
    "another way": "out-07700900123-201-20240704-140501-1720098301.4.wav",
    "another extension": "in-202-07700900123-20240704-140501-1720098301.1.wav",
    "another minute": "in-201-07700900123-20240704-140701-1720098421.5.wav",
    "a caller who called again at once": "in-201-07700900123-20240704-140531-1720098331.6.wav",
    "a caller nobody knows": "in-201-anonymous-20240704-140501-1720098301.7.wav",
}

WHO = pytest.mark.parametrize("login", ["max", "door"])
"""Somebody who may open recordings, and the intake service, which may not."""


def a_silence(folder: Path, name: str, **told: Any) -> Path:
    """A file with the one sound of them all, and a sidecar if something is told."""
    path = a_call(folder, 1, name=name)
    if told:
        told = {"started_at": "2024-07-04T14:05:01", "direction": "inbound", **told}
        path.with_suffix(".wav.json").write_text(json.dumps(told), encoding="utf-8")
    return path


def counted(done: Ingested) -> tuple[int, int, int]:
    assert done.quarantined == []
    return done.recordings, done.duplicates, len(done.same_sound)


@WHO
@pytest.mark.parametrize("name", OF_OTHERS.values(), ids=OF_OTHERS)
@pytest.mark.parametrize("is_later", [False, True], ids=["at once", "later"])
def test_each_call_is_a_recording_of_its_own_and_is_taken_in_once(
    house: House, tmp_path: Path, login: str, name: str, *, is_later: bool
) -> None:
    spool = tmp_path / "spool"
    first = a_silence(spool, OF_ANN)
    if is_later:
        assert counted(take_in(house, first, login=login)) == (1, 0, 0)
    second = a_silence(spool, name)
    assert counted(take_in(house, spool, login=login)) == (2 - is_later, is_later, 1)
    both = recordings_of(house)
    assert [names_of(each) for each in both] == [[str(first)], [str(second)]]
    assert both[0].fields["sha256"] == both[1].fields["sha256"]
    assert both[0].ciphertext != both[1].ciphertext
    for again in (spool, a_silence(tmp_path / "copies", OF_ANN), a_silence(tmp_path / "c", name)):
        assert counted(take_in(house, again, login=login)) == (0, 2 if again == spool else 1, 0)
    assert [len(names_of(each)) for each in recordings_of(house)] == [2, 2]


def test_each_is_found_by_its_own_number(house: House, tmp_path: Path) -> None:
    for name in (OF_ANN, OF_OTHERS["another number"]):
        take_in(house, a_silence(tmp_path, name), login="door")
    assert (found(house, number=ANN), found(house, number=BOB)) == ([1], [2])
    with reading(house.practice.engine) as connection:
        check_vault(house.practice, connection)


@WHO
@pytest.mark.parametrize("is_later", [False, True], ids=["at once", "later"])
def test_the_files_of_both_may_go(
    house: House, tmp_path: Path, login: str, *, is_later: bool
) -> None:
    spool = tmp_path / "spool"
    a_silence(spool, OF_ANN)
    if is_later:
        take_in(house, spool, login=login, after=DELETE)
    a_silence(spool, OF_OTHERS["another number"])
    assert take_in(house, spool, login=login, after=DELETE).quarantined == []
    assert left_in(spool) == []
    assert len(recordings_of(house)) == 2


SAYS_NO_MORE = {
    "nothing": ("copy.wav", {}),
    "its time": ("copy.wav", {"direction": "unknown"}),
    "less": ("copy.wav", {"caller": "", "callee": ""}),
    "the same to the minute": (
        "copy.wav",
        {"started_at": "2024-07-04T14:05", "caller": "07700 900123"},
    ),
    "the same, spelt otherwise": ("copy.wav", {"caller": "+44 (0)7700 900-123"}),
    "another id of the same": (OF_ANN.replace(".1.wav", ".9.wav"), {}),
}


@pytest.mark.parametrize(("name", "told"), SAYS_NO_MORE.values(), ids=SAYS_NO_MORE)
@pytest.mark.parametrize("is_later", [False, True], ids=["at once", "later"])
def test_a_file_that_says_no_more_is_of_the_same_call(
    house: House, tmp_path: Path, name: str, told: dict[str, str], *, is_later: bool
) -> None:
    first = a_silence(tmp_path / "spool", OF_ANN)
    if is_later:
        take_in(house, first)
    a_silence(tmp_path / "spool", name, **told)
    assert counted(take_in(house, tmp_path / "spool")) == (1 - is_later, 1 + is_later, 0)
    (recording,) = recordings_of(house)
    assert recording.fields["number"] == ANN


@pytest.mark.parametrize("is_later", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize(
    ("began", "expected"),
    [("2024-07-04T14:05:01", 1), ("2024-07-04T14:05", 1), ("2024-07-04T14:05:30", 2)],
    ids=["at the same second", "in the same minute", "at another second"],
)
def test_a_number_that_one_file_alone_tells_is_found(
    house: House, tmp_path: Path, began: str, expected: int, *, is_later: bool
) -> None:
    """Of one call if they began at once, as far as both show; else one for each."""
    first = a_silence(tmp_path / "a", "a.wav", callee="201")
    if is_later:
        take_in(house, first)
    a_silence(tmp_path / "a", "b.wav", started_at=began, caller=BOB)
    take_in(house, tmp_path / "a")
    assert len(recordings_of(house)) == expected
    assert found(house, number=BOB) == [expected]


def test_a_service_that_cannot_tell_makes_two_of_them(house: House, tmp_path: Path) -> None:
    """What it cannot open may lack the number, or have another: two is what loses none."""
    take_in(house, a_silence(tmp_path, "a.wav", callee="201"), login="door")
    take_in(house, a_silence(tmp_path, "b.wav", caller=BOB), login="door")
    assert found(house, number=BOB) == [2]


@WHO
def test_a_sidecar_that_was_corrected_is_found_by_what_it_says_now(
    house: House, tmp_path: Path, login: str
) -> None:
    path = a_silence(tmp_path, "1.wav", caller=ANN)
    take_in(house, path, login=login, after=AfterIntake())
    a_silence(tmp_path, "1.wav", caller=BOB)
    for expected in ((1, 0, 1), (0, 1, 0)):
        assert counted(take_in(house, path, login=login)) == expected
    assert (found(house, number=ANN), found(house, number=BOB)) == ([1], [2])


def test_calls_that_their_names_do_not_tell_apart_are_told_apart_by_their_call_records(
    house: House, tmp_path: Path
) -> None:
    rows = [
        a_row(1, recordingfile="a.wav", src=ANN),
        a_row(2, recordingfile="b.wav", src=BOB),
    ]
    for name in ("a.wav", "b.wav"):
        a_silence(tmp_path / "spool", name)
    take_in_with(house, records(tmp_path / "Master.csv", *rows), tmp_path / "spool")
    assert (found(house, number=ANN), found(house, number=BOB)) == ([1], [2])


def test_rows_of_an_export_with_one_sound_are_recordings_of_their_own(
    house: House, tmp_path: Path
) -> None:
    """The second and third tell more than the first, and are looked at before it."""
    rows = [
        Row("a.wav", extension="", reference="C-1"),
        Row("b.wav", number="07700900456", reference="C-2"),
        Row("c.wav", number="07700900789", reference="C-3"),
    ]
    export = an_export(tmp_path / "e.zip", rows, {row.file: a_wave() for row in rows})
    first, again = take_in_export(house, export), take_in_export(house, export)
    assert (first.same_sound, first.quarantined) == ([1, 3], [])
    assert counted(again) == (0, 3, 0)
    for done in (first, again):
        assert [each.problem for each in done.read_back] == [None] * 3
    assert [found(house, number=each) for each in (ANN, BOB, CAROL)] == [[1], [2], [3]]


def test_a_run_that_is_killed_at_any_step_leaves_each_call_once(
    house: House, tmp_path: Path
) -> None:
    """In batches of four: those of one sound are in one batch, and in several."""
    spool = tmp_path / "spool"
    for call in range(CALLS):
        a_silence(spool, f"in-201-0770090{call:04}-20240704-140501-1720098301.{call}.wav")
    for clock in range(1, 27, 2):
        left = killed_intake(house, spool, DELETE, "clock", clock)
        assert take_in(left, spool, after=DELETE).quarantined == []
        assert left_in(spool) == []
        assert sorted(each.fields["number"][-4:] for each in recordings_of(left)) == [
            f"{call:04}" for call in range(CALLS)
        ]
        for call in range(CALLS):
            a_silence(spool, f"in-201-0770090{call:04}-20240704-140501-1720098301.{call}.wav")


def test_under_new_keys_each_is_known_as_before(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    for name in (OF_ANN, OF_OTHERS["another number"]):
        a_silence(spool, name)
    take_in(house, spool)
    rotate(house, VaultKey.INDEX)
    for login in ("door", "max"):
        assert counted(take_in(house, spool, login=login)) == (0, 2, 0)
        copy = a_silence(tmp_path / login, OF_OTHERS["another number"])
        assert counted(take_in(house, copy, login=login)) == (0, 1, 0)


def test_of_two_one_may_be_erased_and_stays_out_while_the_other_is_there(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    erased = a_silence(spool, "a.wav", caller=ASKING, started_at="2024-07-04T14:05:01")
    other = a_silence(spool, "b.wav", caller=BOB, started_at="2024-07-04T14:05:01")
    assert counted(take_in(house, spool)) == (2, 0, 1)
    erase(house, approved_erasure(house, 1))
    for login in ("door", "max"):
        assert counted(take_in(house, spool, login=login)) == (0, 2, 0)
        copies = tmp_path / login
        for caller, name in ((ASKING, "a.wav"), (BOB, "b.wav")):
            a_silence(copies, name, caller=caller, started_at="2024-07-04T14:05:01")
        assert counted(take_in(house, copies, login=login)) == (0, 2, 0)
    assert (found(house, number=ASKING), found(house, number=BOB)) == ([], [2])
    done = take_in(house, erased, other, after=DELETE)
    assert [(q.path, q.why) for q in done.quarantined][:1] == [(erased, ERASED)]
    assert not other.exists()
    third = a_silence(tmp_path / "third", "c.wav", caller=CAROL, started_at="2024-07-09T09:00:00")
    assert counted(take_in(house, third, login="door")) == (1, 0, 1)
    assert found(house, number=CAROL) == [3]


def test_what_may_be_of_an_erased_call_is_left_and_told(house: House, tmp_path: Path) -> None:
    """Its number is gone: by day, time and way alone nobody knows whose call a file is of."""
    take_in(house, a_silence(tmp_path / "spool", "a.wav", caller=ASKING))
    erase(house, approved_erasure(house, 1))
    for began in ("2024-07-04T14:05:40", "2024-07-04T15:05:01", "2024-07-05T14:04:00"):
        unsure = a_silence(tmp_path / "b", "b.wav", caller=BOB, started_at=began)
        done = take_in(house, unsure, after=DELETE)
        assert [(q.path, q.why) for q in done.quarantined] == [(unsure, MAYBE_ERASED.format(1))]
        assert unsure.exists()


def test_silence_of_another_minute_than_an_erased_call_s_is_another_call(
    house: House, tmp_path: Path
) -> None:
    """Nothing of anybody is to be heard in it."""
    silence = a_wave_of(bytes(8000), a_format())
    for name, caller, began in (("a", ASKING, "14:05:01"), ("b", BOB, "14:05:40")):
        path = a_silence(tmp_path / name, "x.wav", caller=caller, started_at=f"2024-07-04T{began}")
        path.write_bytes(silence)
    take_in(house, tmp_path / "a")
    erase(house, approved_erasure(house, 1))
    assert len(take_in(house, tmp_path / "b").quarantined) == 1
    later = a_silence(tmp_path / "c", "x.wav", caller=BOB, started_at="2024-07-04T14:07:00")
    later.write_bytes(silence)
    assert counted(take_in(house, later, login="door")) == (1, 0, 1)


def test_two_who_take_in_the_same_files_at_once_make_each_call_once(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    for name in (OF_ANN, OF_OTHERS["another number"]):
        a_silence(spool, name)
    done = [0, 0]

    def run(place: int) -> None:
        own = copy(house)
        own.open()
        while True:
            try:
                done[place] = take_in(own, spool, login=("max", "door")[place]).recordings
            except Failed:
                continue  # another ingest is running
            return

    both = [Thread(target=run, args=(place,)) for place in (0, 1)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(done) == [0, 2]
    assert len(recordings_of(house)) == 2

"""What was granted is played to whom it was granted, and nothing of it stays anywhere."""

from __future__ import annotations

import io
import wave
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_leaf
from callrec.catalogue.engine import reading
from callrec.errors import CallrecError, Failed, Locked, Misconfigured, Refused, Tampered, Unusable
from callrec.policy.edits import UNEDITED, Edits, TypedEdit, read_clip, read_silence
from callrec.policy.purpose import Purpose
from callrec.policy.role import Role
from callrec.record.versions import open_details
from callrec.release.listen import (
    Play,
    Playback,
    PlayedRecording,
    Player,
    Sound,
    WaveformView,
    granted_recordings,
    listen_to,
    record_hearing,
    record_waveform_shown,
    show_waveform,
)
from callrec.requests.ask import create_request
from callrec.requests.decide import revoke_grants
from callrec.requests.history import read_history
from callrec.sound.child import Undecodable
from callrec.views.release import heard_lines
from house.packages import release
from house.people import change_role
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    approved,
    further_of,
    grants_of,
    last_leaf,
    logged_in,
    pass_days,
    request_id,
    rows,
    said,
    signed_in,
    silence_of,
    state_of,
    third_parties_checked,
)
from house.spool import a_call, a_name, take_in, undecodable

SOUNDS = Path(__file__).parents[1] / "vectors/telephone/sound"


@pytest.fixture
def office(granted: House) -> House:
    """R-1 is sam's, for recordings 1 and 2, and max has approved it."""
    return granted


@dataclass
class Ear:
    """A player that keeps what it hears, and looks into the log when it hears the first of it."""

    house: House
    sound: bytes = b""
    kinds: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)

    def find(self, kind: str) -> Player:
        self.kinds.append(kind)
        return Player(("ear", "-q"), self.play)

    def play(self, pieces: Iterable[bytes]) -> bool:
        for piece in pieces:
            self.acts.append(last_leaf(self.house).act)
            self.sound += piece
        return True


def listen(
    house: House,
    recording: int | None = 1,
    login: str = "sam",
    ear: Ear | None = None,
    **room: Any,
) -> PlayedRecording:
    """Listen as one command does."""
    actor = signed_in(house, login)
    where = Playback(player=(ear or Ear(house)).find, **room)
    return listen_to(house.practice, actor, "R-1", recording, where)


def nothing_is_heard(
    house: House,
    kind: type[CallrecError],
    recording: int | None = 1,
    login: str = "sam",
    **room: Any,
) -> str:
    """What is said instead."""
    ear = Ear(house)
    with pytest.raises(kind) as caught:
        listen(house, recording, login, ear, **room)
    assert ear.sound == b""
    assert last_leaf(house).outcome is not Outcome.DONE
    return caught.value.message


def played_by(house: House, play: Play) -> PlayedRecording:
    """Listen with a player that does something else."""
    where = Playback(player=lambda _: Player(("ear", "-q"), play))
    return listen_to(house.practice, signed_in(house, "sam"), "R-1", 1, where)


def hearings(house: House, reference: str = "R-1") -> list[tuple[str, dict[str, Any]]]:
    """What the log says of hearings, each with what lies sealed beside it."""
    ava = signed_in(house, "ava")
    with reading(house.practice.engine) as connection:
        history = read_history(house.practice, connection, request_id(house, reference))
        return [
            (leaf.act, dict(open_details(house.practice, ava, connection, leaf)))
            for leaf in history.leaves
            if leaf.act.startswith("listen")
        ]


def test_the_log_says_it_before_the_first_byte_is_heard(office: House) -> None:
    ear = Ear(office)
    heard = listen(office, ear=ear)
    assert ear.acts[0] == "listen"
    with reading(office.practice.engine) as connection:
        leaf, _ = read_leaf(connection, heard.audit_seq)
    assert (leaf.seq, leaf.act, leaf.outcome) == (heard.audit_seq, "listen", Outcome.DONE)
    (uid,) = rows(office, "SELECT uid FROM recording WHERE id = 1")[0]
    assert uid in leaf.subject


def test_that_it_ended_is_an_entry_of_its_own_and_names_the_same_hearing(office: House) -> None:
    heard = listen(office)
    end = last_leaf(office)
    with reading(office.practice.engine) as connection:
        leaf, _ = read_leaf(connection, heard.audit_seq)
    assert (end.seq, end.act, end.outcome) == (heard.audit_seq + 1, "listen.ended", Outcome.DONE)
    assert end.subject == leaf.subject
    assert end.subject[1] != listen_again(office).subject[1]


def listen_again(house: House) -> Leaf:
    listen(house)
    return last_leaf(house)


def test_a_wave_file_is_played_as_sixteen_bit_sound(office: House) -> None:
    ear = Ear(office)
    listen(office, ear=ear)
    with wave.open(io.BytesIO(ear.sound)) as copy:
        assert copy.getparams()[:4] == (1, 2, 8000, 2000)
    assert ear.kinds == ["wav"]


def test_what_is_no_wave_file_is_played_as_one(house: House) -> None:
    spool = house.folder / "spool"
    path = a_call(spool).with_suffix(".mp3")
    path.write_bytes((SOUNDS / "cbr-8k.mp3").read_bytes())
    take_in(house, path)
    approved(house, recordings=[1])
    ear = Ear(house)
    listen(house, ear=ear)
    assert ear.kinds == ["wav"]
    assert any(samples(ear.sound))


def test_a_call_of_many_megabytes_is_heard_to_its_end(house: House) -> None:
    take_in(house, a_call(house.folder / "spool", size_bytes=3_000_058))
    approved(house, recordings=[1])
    ear = Ear(house)
    listen(house, None, ear=ear)
    assert len(ear.sound) == 44 + 2 * 3_000_000


def test_it_may_be_heard_again_and_each_hearing_is_on_record(office: House) -> None:
    assert listen(office).audit_seq + 2 == listen(office).audit_seq
    assert state_of(office, "R-1") == "heard"


def test_what_was_heard_may_still_be_released(office: House) -> None:
    listen(office)
    assert release(office).path.exists()
    nothing_is_heard(office, Refused)


def test_of_several_one_is_named(office: House) -> None:
    assert (
        nothing_is_heard(office, Unusable, None)
        == "several recordings are granted, say which: 1, 2"
    )


def test_of_one_none_needs_to_be_named(stocked: House) -> None:
    approved(stocked, recordings=[3])
    assert listen(stocked, None).recording == 3


def test_what_the_request_asked_for_and_nobody_granted_is_not_heard(office: House) -> None:
    approve(office, "R-1", to="pat", recordings=(2,))
    assert listen(office, None, "pat").recording == 2
    nothing_is_heard(office, Refused, 1, "pat")


def test_nobody_hears_what_was_granted_to_somebody_else(office: House) -> None:
    nothing_is_heard(office, Refused, login="max")


def test_what_was_revoked_is_not_heard(office: House) -> None:
    revoke_grants(office.practice, signed_in(office, "max"), "R-1", reason=ANOTHER_REASON)
    nothing_is_heard(office, Refused)


def test_what_has_lapsed_is_not_heard(office: House) -> None:
    listen(office)
    pass_days(office, 15)
    nothing_is_heard(office, Refused)


def test_whoever_may_hear_nothing_any_more_hears_nothing(office: House) -> None:
    change_role(office.practice, office.actor("dora"), login="sam", role=Role.AUDITOR)
    office.open()
    nothing_is_heard(office, Refused)


def test_who_is_a_manager_no_more_hears_no_disciplinary_recording(stocked: House) -> None:
    """Nor looks at it, nor releases it [policy 2 bullet 6]."""
    reference = a_request(stocked, "pat", purpose=Purpose.DISCIPLINARY, recordings=[1])
    approve(stocked, reference, "dora", to="mia")
    listen(stocked, login="mia")
    change_role(stocked.practice, stocked.actor("dora"), login="mia", role=Role.STAFF)
    stocked.open()
    assert "manager only" in nothing_is_heard(stocked, Refused, login="mia")
    with pytest.raises(Refused, match="manager only"):
        look(stocked, 1, "mia")
    with pytest.raises(Refused, match="manager only"):
        release(stocked, reference, "mia")


def test_it_takes_the_password(office: House) -> None:
    room = Playback(player=Ear(office).find)
    with pytest.raises(Locked):
        listen_to(office.practice, logged_in(office, "sam"), "R-1", 1, room)
    with pytest.raises(Locked):
        show_waveform(office.practice, logged_in(office, "sam"), "R-1", 1)


@pytest.mark.parametrize("at", [3, 60, -1])
def test_a_changed_byte_is_named_before_anything_is_heard(office: House, at: int) -> None:
    (name,) = rows(office, "SELECT ciphertext FROM recording WHERE id = 1")[0]
    path = office.practice.store.path(name)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    assert "recording 1" in nothing_is_heard(office, Tampered)


def test_damage_far_into_a_call_is_found_before_its_beginning_is_heard(house: House) -> None:
    take_in(house, a_call(house.folder / "spool", size_bytes=3_000_058))
    approved(house, recordings=[1])
    (name,) = rows(house, "SELECT ciphertext FROM recording")[0]
    path = house.practice.store.path(name)
    data = bytearray(path.read_bytes())
    data[1_500_000] ^= 1
    path.write_bytes(data)
    assert "recording 1" in nothing_is_heard(house, Tampered)


def test_without_a_player_the_log_says_that_nothing_was_heard(office: House) -> None:
    def none(kind: str) -> Player:
        raise Misconfigured(f"no player for {kind}")

    with pytest.raises(Misconfigured):
        listen_to(office.practice, signed_in(office, "sam"), "R-1", 1, Playback(player=none))
    leaf = last_leaf(office)
    assert (leaf.act, leaf.outcome) == ("listen", Outcome.FAILED)
    assert state_of(office, "R-1") == "approved"


def test_how_it_ended_is_on_record(office: House) -> None:
    listen(office)
    assert hearings(office) == [
        ("listen", {"attended": [], "edits": [], "player": ["ear", "-q"]}),
        ("listen.ended", {"how": "ended", "of_seconds": 1, "played_to_second": 0}),
    ]


def test_who_has_heard_enough_stops_it(house: House) -> None:
    take_in(house, a_call(house.folder / "spool", size_bytes=58 + 8000 * 60))
    approved(house, recordings=[1])

    def play(pieces: Iterable[bytes]) -> bool:
        taken = 0
        for piece in pieces:
            taken += len(piece)
            if taken > 16_000 * 40:  # 40 seconds
                break
        house.at += timedelta(seconds=5)
        return False

    assert played_by(house, play).played_to_second == 5
    assert hearings(house)[-1] == (
        "listen.ended",
        {"how": "stopped", "of_seconds": 60, "played_to_second": 5},
    )


@pytest.mark.parametrize(
    ("happens", "act", "how"),
    [
        (Failed("the player ended with status 1"), "listen.failed", "failed"),
        (KeyboardInterrupt(), "listen.ended", "stopped"),
        (ZeroDivisionError(), "listen.failed", "failed"),
    ],
    ids=["the player fails", "somebody interrupts it", "a bug"],
)
def test_whatever_ends_it_the_end_is_on_record(
    office: House, happens: BaseException, act: str, how: str
) -> None:
    def play(pieces: Iterable[bytes]) -> bool:
        next(iter(pieces))
        raise happens

    heard_before = last_leaf(office).seq
    with pytest.raises(type(happens)):
        played_by(office, play)
    assert last_leaf(office).seq == heard_before + 2
    assert hearings(office)[-1] == (act, {"how": how, "of_seconds": 1, "played_to_second": 0})


def test_a_hearing_ends_on_record_though_the_grant_was_revoked_meanwhile(office: House) -> None:
    def play(pieces: Iterable[bytes]) -> bool:
        revoke_grants(office.practice, signed_in(office, "max"), "R-1", reason=ANOTHER_REASON)
        return bool(list(pieces))

    played_by(office, play)
    assert last_leaf(office).act == "listen.ended"


def test_what_was_revoked_while_it_was_opened_is_neither_heard_nor_looked_at(
    office: House,
) -> None:
    (grant, _) = grants_of(office, "R-1")
    revoke_grants(office.practice, signed_in(office, "max"), "R-1", reason=ANOTHER_REASON)
    before, sam = last_leaf(office), signed_in(office, "sam")
    with pytest.raises(Failed, match="something else happened"):
        record_hearing(office.practice, sam, grant, [], ("ear",))
    with pytest.raises(Failed, match="something else happened"):
        record_waveform_shown(office.practice, sam, grant)
    assert last_leaf(office) == before


def test_two_hearings_at_once_end_each_for_itself(office: House) -> None:
    def play(pieces: Iterable[bytes]) -> bool:
        listen(office, 2)
        return bool(list(pieces))

    played_by(office, play)
    acts = [act for act, _ in hearings(office)]
    assert acts == ["listen", "listen", "listen.ended", "listen.ended"]


def test_no_file_is_left_of_what_was_heard(office: House) -> None:
    listen(office)
    files = sorted(office.folder.rglob("*"))
    listen(office)
    assert sorted(office.folder.rglob("*")) == files


# --- what is left out ---------------------------------------------------------------------------

MIDDLE = read_silence("1@0.1-0.2=not-relevant")

CLIP = read_clip("1@0.05-0.25")


def samples(sound: bytes) -> list[int]:
    with wave.open(io.BytesIO(sound)) as copy:
        return list(array("h", copy.readframes(copy.getnframes())))


def test_what_is_silenced_is_not_heard_to_the_sample(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1")
    whole = Ear(stocked)
    listen(stocked, ear=whole)
    approve(stocked, "R-1", edits=(MIDDLE,))
    ear = Ear(stocked)
    heard = listen(stocked, ear=ear)
    assert heard.edits == Edits(None, (silence_of(MIDDLE),))
    before, after = samples(whole.sound), samples(ear.sound)
    assert after == [*before[:800], *[0] * 800, *before[1600:]]
    assert any(before[800:1600])
    assert hearings(stocked)[-2][1]["edits"] == heard.edits.as_json()


def test_what_is_clipped_away_is_not_heard(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", edits=(CLIP,))
    ear = Ear(stocked)
    listen(stocked, ear=ear)
    assert len(samples(ear.sound)) == 1600


def test_what_cannot_be_edited_is_not_heard(house: House) -> None:
    take_in(house, undecodable(house.folder / "spool"))
    a_request(house, recordings=[1])
    approve(house, "R-1", edits=(read_silence("0-0.1=privilege"),))
    assert nothing_is_heard(house, Refused).startswith(
        "recording 1 cannot be edited as was approved"
    )


# --- who is there -------------------------------------------------------------------------------


def for_an_outsider(house: House, **further: str) -> House:
    """R-1 is a subject access request of mia's, and sam may hear it."""
    asked = said(Purpose.SUBJECT_ACCESS, further=further_of(Purpose.SUBJECT_ACCESS, **further))
    create_request(
        house.practice,
        logged_in(house, "mia"),
        purpose=Purpose.SUBJECT_ACCESS,
        answers=asked,
        recordings=[1, 2],
    )
    approve(house, "R-1", "dora", to="sam")
    return house


def test_where_an_outsider_may_hear_it_somebody_says_who_is_there(stocked: House) -> None:
    for_an_outsider(stocked, hear_or_copy="hear")
    assert nothing_is_heard(stocked, Refused) == (
        "you have not said who else is listening [policy 4(e)]"
    )
    third_parties_checked(stocked, "mia")
    listen(stocked, attended=("the patient", "her daughter"))
    assert hearings(stocked)[0][1]["attended"] == ["the patient", "her daughter"]


def test_who_has_not_proved_who_he_is_does_not_come_to_hear_it(stocked: House) -> None:
    for_an_outsider(stocked, hear_or_copy="hear", identity="unknown")
    third_parties_checked(stocked, "mia")
    with pytest.raises(Refused, match="proof of identity"):
        listen(stocked, attended=("somebody who says that he is the patient",))
    listen(stocked, attended=("nobody",))


def test_nobody_comes_to_hear_it_before_third_parties_were_thought_of(stocked: House) -> None:
    for_an_outsider(stocked, hear_or_copy="hear")
    with pytest.raises(Refused, match="third parties"):
        listen(stocked, attended=("the patient",))


@pytest.mark.parametrize(
    ("further", "lacks"),
    [({"identity": "unknown"}, "proof of identity"), ({}, "third parties")],
    ids=["identity", "others"],
)
def test_who_asked_for_a_copy_comes_to_hear_no_more_than_who_asked_to_hear(
    stocked: House, further: dict[str, str], lacks: str
) -> None:
    for_an_outsider(stocked, hear_or_copy="copy", **further)
    with pytest.raises(Refused, match=lacks):
        listen(stocked, attended=("nobody", "the patient"))
    listen(stocked, attended=("nobody",))


@pytest.mark.parametrize("hear_or_copy", ["hear", "copy"])
def test_who_alone_approved_it_plays_it_to_nobody_from_outside(
    stocked: House, hear_or_copy: str
) -> None:
    for_an_outsider(stocked, hear_or_copy=hear_or_copy)
    approve(stocked, "R-1", "dora", to="dora")
    third_parties_checked(stocked, "mia")
    with pytest.raises(Refused, match="the person who alone approved"):
        listen(stocked, login="dora", attended=("the patient",))
    listen(stocked, attended=("the patient",))


def test_an_agreed_hearing_of_a_disciplinary_recording_takes_a_second_person(
    stocked: House,
) -> None:
    reference = a_request(stocked, "pat", purpose=Purpose.DISCIPLINARY, recordings=[1])
    approve(stocked, reference, "dora", to="dora")
    with pytest.raises(Refused, match="the person who alone approved"):
        listen(stocked, login="dora", attended=("the employee",))
    listen(stocked, login="dora")


def test_who_is_there_is_asked_where_it_matters_and_was_not_said(stocked: House) -> None:
    for_an_outsider(stocked, hear_or_copy="hear")
    listen(stocked, ask=lambda: ("nobody",))
    third_parties_checked(stocked, "mia")
    listen(stocked, attended=("the patient",), ask=nobody_is_asked)
    attended = [details["attended"] for act, details in hearings(stocked) if act == "listen"]
    assert attended == [["nobody"], ["the patient"]]


def test_nobody_is_asked_where_no_outsider_is_there(office: House) -> None:
    listen(office, ask=nobody_is_asked)


def test_nobody_is_asked_where_a_copy_was_asked_for(stocked: House) -> None:
    for_an_outsider(stocked, hear_or_copy="copy")
    listen(stocked, ask=nobody_is_asked)


def nobody_is_asked() -> tuple[str, ...]:
    raise AssertionError("somebody was asked")


def test_who_was_there_stands_nowhere_in_the_clear(stocked: House) -> None:
    for_an_outsider(stocked, hear_or_copy="hear")
    third_parties_checked(stocked, "mia")
    listen(stocked, attended=("Siân O'Neill of Bathwick",))
    for path in stocked.practice.folder.rglob("*"):
        assert not path.is_file() or b"Bathwick" not in path.read_bytes()


# --- the waveform -------------------------------------------------------------------------------


def look(house: House, recording: int | None = 1, login: str = "sam") -> WaveformView:
    return show_waveform(house.practice, signed_in(house, login), "R-1", recording)


def test_a_look_is_on_record_and_changes_nothing(office: House) -> None:
    seen = look(office)
    leaf = last_leaf(office)
    assert (leaf.seq, leaf.act, leaf.outcome) == (seen.audit_seq, "listen.looked", Outcome.DONE)
    assert state_of(office, "R-1") == "approved"
    assert (seen.measured.sample_rate, seen.measured.duration_ms) == (8000, 250)
    assert seen.edits == UNEDITED


def test_what_is_seen_is_what_is_loud(office: House) -> None:
    ear = Ear(office)
    listen(office, ear=ear)
    assert max(look(office).measured.peaks[0]) == max(map(abs, samples(ear.sound)))


def test_a_look_shows_what_is_left_out(stocked: House) -> None:
    a_request(stocked)
    approve(stocked, "R-1", edits=(MIDDLE,))
    assert look(stocked).edits == Edits(None, (silence_of(MIDDLE),))


def test_nobody_looks_at_what_was_granted_to_somebody_else(office: House) -> None:
    with pytest.raises(Refused):
        look(office, login="max")
    assert (last_leaf(office).act, last_leaf(office).outcome) == ("listen.looked", Outcome.REFUSED)


def test_the_waveform_is_shown_once_the_log_says_that_it_is_heard(office: House) -> None:
    shown: list[tuple[int, str]] = []
    ear = Ear(office)
    heard = listen(
        office, ear=ear, show=lambda seen: shown.append((seen.audit_seq, last_leaf(office).act))
    )
    assert shown == [(heard.audit_seq, "listen")]


def test_of_what_cannot_be_decoded_no_waveform_is_shown(house: House) -> None:
    path = undecodable(house.folder / "spool")
    take_in(house, path)
    approved(house, recordings=[1])
    ear, shown = Ear(house), list[WaveformView]()
    listen(house, ear=ear, show=shown.append)
    assert (ear.kinds, ear.sound, shown) == (["wav"], path.read_bytes(), [])
    with pytest.raises(Undecodable):
        look(house)
    assert last_leaf(house).outcome is Outcome.FAILED


# --- from one place to another -----------------------------------------------------------------


def a_minute(house: House) -> None:
    """R-1 is sam's, for a call of 60 seconds."""
    take_in(house, a_call(house.folder / "spool", size_bytes=58 + 8000 * 60))
    approved(house, recordings=[1])


def hears(house: House, sound: Sound, at: float, seconds: float, *, taken: int = 60) -> None:
    """Somebody hears so much from there on, of which the player has taken that much."""
    pieces = sound.begin(at)
    left = taken * 16_000
    while left > 0 and (piece := next(pieces, b"")):
        left -= len(piece)
    house.at += timedelta(seconds=seconds)


def test_what_was_skipped_is_not_on_record_as_heard(house: House) -> None:
    a_minute(house)

    def play(sound: Sound) -> bool:
        hears(house, sound, 0, 10)
        assert sound.position == 10
        sound.halt()
        house.at += timedelta(hours=1)  # nothing is heard meanwhile
        hears(house, sound, 40, 5)
        sound.halt()
        return False

    heard = played_by(house, play)
    assert (heard.played_to_second, heard.parts) == (45, ((0, 10), (40, 45)))
    assert hearings(house)[-1] == (
        "listen.ended",
        {
            "how": "stopped",
            "of_seconds": 60,
            "played_to_second": 45,
            "parts": [[0, 10], [40, 45]],
        },
    )


def test_a_second_that_was_begun_counts_in_the_parts_and_in_the_end(house: House) -> None:
    a_minute(house)

    def play(sound: Sound) -> bool:
        hears(house, sound, 0, 10)
        sound.halt()
        hears(house, sound, 40, 4.5)
        sound.halt()
        return False

    heard = played_by(house, play)
    assert heard.parts == ((0, 10), (40, 45))
    assert heard.played_to_second == 45


def test_no_more_is_on_record_than_the_player_has_taken(house: House) -> None:
    a_minute(house)

    def play(sound: Sound) -> bool:
        hears(house, sound, 30, 25, taken=12)
        return False

    parts = played_by(house, play).parts
    assert parts is not None
    assert parts in (((30, 42),), ((30, 43),))  # in pieces of a quarter of a second


def test_who_goes_on_to_the_end_has_not_heard_all_of_it(house: House) -> None:
    a_minute(house)

    def play(sound: Sound) -> bool:
        hears(house, sound, 0, 10)
        hears(house, sound, 50, 20)
        return True

    assert played_by(house, play).parts == ((0, 10), (50, 60))
    assert hearings(house)[-1][1]["how"] == "stopped"


def test_what_was_heard_piece_by_piece_and_twice_was_heard_whole(house: House) -> None:
    a_minute(house)

    def play(sound: Sound) -> bool:
        for at in (30, 0, 25):
            hears(house, sound, at, 35)
        return True

    assert played_by(house, play).parts is None
    assert hearings(house)[-1] == (
        "listen.ended",
        {"how": "ended", "of_seconds": 60, "played_to_second": 60},
    )


def test_who_stops_at_once_has_stopped_it_and_nothing_failed(office: House) -> None:
    def play(sound: Sound) -> bool:
        next(sound.begin(0))
        sound.halt()
        return False

    played_by(office, play)
    assert hearings(office)[-1][0] == "listen.ended"


@pytest.mark.parametrize("edits", [(), (CLIP,)], ids=["whole", "clipped"])
def test_from_a_later_place_the_same_sound_is_heard(
    stocked: House, edits: tuple[TypedEdit, ...]
) -> None:
    a_request(stocked)
    approve(stocked, "R-1", edits=edits)
    heard: list[bytes] = []

    def play(sound: Sound) -> bool:
        heard.extend(b"".join(sound.begin(at)) for at in (0, 0.1))
        assert (sound.begins_ms, sound.ends_ms) == ((50, 250) if edits else (0, 250))
        return True

    played_by(stocked, play)
    whole, later = map(samples, heard)
    assert later == whole[800:]


def test_what_cannot_be_decoded_is_played_from_its_beginning_alone(house: House) -> None:
    take_in(house, undecodable(house.folder / "spool"))
    approved(house, recordings=[1])
    seen = []

    def play(sound: Sound) -> bool:
        seen.append(sound.can_seek)
        return bool([*sound])

    played_by(house, play)
    assert seen == [False]


def test_the_calls_of_a_request_are_heard_in_the_order_in_which_they_were(house: House) -> None:
    for hours in (2, 0, 1):
        name = a_name(hours, hours_later=hours)
        take_in(house, a_call(house.folder / "spool", hours, name=name))
    approved(house, recordings=[1, 2, 3])
    found = granted_recordings(house.practice, signed_in(house, "sam"), "R-1")
    assert list(found) == [2, 3, 1]
    assert sorted(found.values()) == list(found.values())


def test_who_was_granted_nothing_is_refused_on_record(office: House) -> None:
    with pytest.raises(Refused):
        granted_recordings(office.practice, signed_in(office, "mia"), "R-1")
    assert (last_leaf(office).act, last_leaf(office).outcome) == ("listen", Outcome.REFUSED)


# --- what was not heard -------------------------------------------------------------------------


def fails(office: House, after_s: int) -> Play:
    """A player that ends badly after so many seconds, and has taken all of the sound."""

    def play(pieces: Iterable[bytes]) -> bool:
        list(pieces)
        office.at += timedelta(seconds=after_s)
        raise Failed("the player ended with status 1")

    return play


def test_a_hearing_that_failed_is_none(office: House) -> None:
    with pytest.raises(Failed):
        played_by(office, fails(office, 0))
    assert hearings(office)[-1] == (
        "listen.failed",
        {"how": "failed", "of_seconds": 1, "played_to_second": 0},
    )
    assert state_of(office, "R-1") == "approved"


def test_what_failed_is_heard_at_the_next_try(office: House) -> None:
    with pytest.raises(Failed):
        played_by(office, fails(office, 0))
    listen(office)
    assert state_of(office, "R-1") == "heard"


def test_what_was_heard_before_stays_heard_though_another_try_failed(office: House) -> None:
    listen(office)
    with pytest.raises(Failed):
        played_by(office, fails(office, 0))
    assert state_of(office, "R-1") == "heard"


def test_a_player_that_ends_at_once_without_taking_the_sound_has_played_nothing(
    office: House,
) -> None:
    """So end some that find no sound device, and with status 0."""
    with pytest.raises(Failed, match="before anything could be heard"):
        played_by(office, lambda _: False)
    assert hearings(office)[-1][0] == "listen.failed"
    assert state_of(office, "R-1") == "approved"


def test_a_player_that_fails_in_the_middle_was_heard_so_far(house: House) -> None:
    take_in(house, a_call(house.folder / "spool", size_bytes=58 + 8000 * 60))
    approved(house, recordings=[1])
    with pytest.raises(Failed):
        played_by(house, fails(house, 12))
    assert hearings(house)[-1] == (
        "listen.ended",
        {"how": "failed", "of_seconds": 60, "played_to_second": 12},
    )
    assert state_of(house, "R-1") == "heard"


def test_nothing_is_promised_of_what_was_taken_back_while_it_was_heard(office: House) -> None:
    def play(pieces: Iterable[bytes]) -> bool:
        for _ in pieces:
            if last_leaf(office).act == "listen":
                max_ = signed_in(office, "max")
                revoke_grants(office.practice, max_, "R-1", reason=ANOTHER_REASON)
        return True

    heard = played_by(office, play)
    assert [*heard_lines(heard, UTC)][-1] == (
        "It may not be played again: what was granted ended meanwhile."
    )

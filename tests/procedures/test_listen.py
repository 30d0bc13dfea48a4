"""What was granted is played to whom it was granted, and nothing of it stays anywhere."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from callrec.audit.leaf import Outcome
from callrec.errors import CallrecError, Failed, Locked, Misconfigured, Refused, Tampered, Unusable
from callrec.policy.role import Role
from callrec.procedures.changing_roles import change_role
from callrec.procedures.listen import Heard, listen_to
from callrec.procedures.revoke import revoke_grants
from procedures.asking import (
    ANOTHER_REASON,
    approve,
    approved,
    last_leaf,
    logged_in,
    pass_days,
    rows,
    signed_in,
    state_of,
)
from procedures.packages import release
from procedures.spool import a_call, take_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callrec.procedures.listen import Play
    from practices import House

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

    def find(self, kind: str) -> Play:
        self.kinds.append(kind)
        return self.play

    def play(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.acts.append(last_leaf(self.house).act)
            self.sound += piece


def listen(
    house: House, recording: int | None = 1, login: str = "sam", ear: Ear | None = None
) -> Heard:
    """Listen as one command does."""
    actor = signed_in(house, login)
    return listen_to(house.practice, actor, "R-1", recording, player=(ear or Ear(house)).find)


def nothing_is_heard(
    house: House, kind: type[CallrecError], recording: int | None = 1, login: str = "sam"
) -> str:
    """What is said instead."""
    ear = Ear(house)
    with pytest.raises(kind) as caught:
        listen(house, recording, login, ear)
    assert ear.sound == b""
    assert last_leaf(house).outcome is not Outcome.DONE
    return caught.value.message


def test_the_log_says_it_before_the_first_byte_is_heard(office: House) -> None:
    ear = Ear(office)
    heard = listen(office, ear=ear)
    assert ear.acts[0] == "listen"
    leaf = last_leaf(office)
    assert (leaf.seq, leaf.act, leaf.outcome) == (heard.seq, "listen", Outcome.DONE)
    (uid,) = rows(office, "SELECT uid FROM recording WHERE id = 1")[0]
    assert uid in leaf.subject


def test_a_wave_file_is_played_as_sixteen_bit_sound(office: House) -> None:
    ear = Ear(office)
    listen(office, ear=ear)
    with wave.open(io.BytesIO(ear.sound)) as copy:
        assert copy.getparams()[:4] == (1, 2, 8000, 2000)
    assert ear.kinds == ["wav"]


def test_an_mp3_is_played_as_a_wave(house: House) -> None:
    path = a_call(house.folder / "spool").with_suffix(".mp3")
    path.write_bytes((SOUNDS / "cbr-8k.mp3").read_bytes())
    take_in(house, path)
    approved(house, recordings=[1])
    ear = Ear(house)
    listen(house, ear=ear)
    assert (ear.kinds, len(ear.sound)) == (["wav"], 44 + 2 * 4000)


def test_what_cannot_be_decoded_is_played_as_it_is(house: House) -> None:
    path = a_call(house.folder / "spool")
    unknown = bytearray(path.read_bytes())
    unknown[20:22] = b"\x34\x12"  # a codec's number that nobody has
    path.write_bytes(unknown)
    take_in(house, path)
    approved(house, recordings=[1])
    ear = Ear(house)
    listen(house, ear=ear)
    assert (ear.kinds, ear.sound) == (["wav"], bytes(unknown))


def test_a_call_of_many_megabytes_is_heard_to_its_end(house: House) -> None:
    take_in(house, a_call(house.folder / "spool", size_bytes=3_000_058))
    approved(house, recordings=[1])
    ear = Ear(house)
    listen(house, None, ear=ear)
    assert len(ear.sound) == 44 + 2 * 3_000_000


def test_it_may_be_heard_again_and_each_hearing_is_on_record(office: House) -> None:
    assert listen(office).seq + 1 == listen(office).seq
    assert state_of(office, "R-1") == "released"


def test_what_was_heard_may_still_be_released(office: House) -> None:
    listen(office)
    assert release(office).path.exists()
    nothing_is_heard(office, Refused)


def test_of_several_one_is_named(office: House) -> None:
    assert nothing_is_heard(office, Unusable, None) == "several recordings are granted: say which"


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


def test_it_takes_the_password(office: House) -> None:
    with pytest.raises(Locked):
        listen_to(office.practice, logged_in(office, "sam"), "R-1", 1, player=Ear(office).find)


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
    def none(kind: str) -> Play:
        raise Misconfigured(f"no player for {kind}")

    with pytest.raises(Misconfigured):
        listen_to(office.practice, signed_in(office, "sam"), "R-1", 1, player=none)
    leaf = last_leaf(office)
    assert (leaf.act, leaf.outcome) == ("listen", Outcome.FAILED)
    assert state_of(office, "R-1") == "approved"


def test_a_player_that_fails_is_on_record_after_the_hearing(office: House) -> None:
    def play(pieces: Iterable[bytes]) -> None:
        next(iter(pieces))
        raise Failed("the player ended with status 1")

    heard_before = last_leaf(office).seq
    with pytest.raises(Failed):
        listen_to(office.practice, signed_in(office, "sam"), "R-1", 1, player=lambda _: play)
    assert last_leaf(office).seq == heard_before + 2
    assert last_leaf(office).outcome is Outcome.FAILED


def test_no_file_is_left_of_what_was_heard(office: House) -> None:
    listen(office)
    files = sorted(office.folder.rglob("*"))
    listen(office)
    assert sorted(office.folder.rglob("*")) == files

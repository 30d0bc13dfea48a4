"""What is heard at the desk, and what is recorded of it: as of a command, by what was played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.desk.exchange import Asked
from callrec.desk.hearing import PIECE_S
from callrec.desk.keeping import answer
from callrec.desk.pages.listen import marked
from callrec.record.versions import open_details
from callrec.requests.history import read_history
from house.desks import Visit, visit
from house.listening import LASTS_S, RATE, SILENT_S, hear
from house.practices import House
from house.requests import request_id, signed_in
from house.stages import SPOKEN, copied

PAGE = "/requests/R-1/listen/1"


spoken = copied(SPOKEN)


@pytest.fixture
def sam(spoken: House) -> Iterator[Visit]:
    """sam, to whom R-1 was granted, at the desk."""
    visited = visit(spoken, "sam")
    yield visited
    if visited.seat.hearing:
        visited.seat.hearing.end()


def leaves(house: House, since: int) -> list[Leaf]:
    with reading(house.practice.engine) as connection:
        size = stored_head(connection).size
        return [read_leaf(connection, seq)[0] for seq in range(since, size)]


def size(house: House) -> int:
    with reading(house.practice.engine) as connection:
        return stored_head(connection).size


def told(visited: Visit, do: str, **fields: Any) -> Any:
    """What the script of the player says, and what it is answered."""
    spans = [f"{first}-{end}" for first, end in fields.pop("played", ())]
    said = {"token": [visited.seat.token], "do": [do], "played": spans}
    said |= {name: [str(value)] for name, value in fields.items()}
    answered = answer(visited.seat, Asked("POST", f"{PAGE}/sound", {}, said))
    return json.loads(answered.body) if "json" in answered.kind else answered.body


def end_of(house: House) -> dict[str, Any]:
    """What the record says of how the last hearing ended."""
    ava = signed_in(house, "ava")
    with reading(house.practice.engine) as connection:
        history = read_history(house.practice, connection, request_id(house, "R-1"))
        ends = [leaf for leaf in history.leaves if leaf.act in ("listen.ended", "listen.failed")]
        details = open_details(house.practice, ava, connection, ends[-1])
    return {"act": ends[-1].act, **details}


def test_a_hearing_at_the_desk_is_on_record_as_one_of_a_command(sam: Visit) -> None:
    house = sam.house
    before = size(house)
    hear(house, attended=("nobody",))
    typed = [(leaf.act, leaf.subject[0], leaf.outcome) for leaf in leaves(house, before)]
    before = size(house)
    assert "Play" in sam.fill_in(PAGE, do="listen", attended="nobody").html
    told(sam, "piece", number=0, playing="yes")
    sam.fill_in(PAGE, do="stop")
    assert [(leaf.act, leaf.subject[0], leaf.outcome) for leaf in leaves(house, before)] == typed


def test_what_the_page_played_is_recorded_by_seconds(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen", attended="the patient")
    told(sam, "piece", number=0, playing="yes")
    sam.house.at += timedelta(seconds=2)
    told(sam, "word", at=2, playing="no", played=[(0, 1.5)])
    shown = sam.fill_in(PAGE, do="stop")
    assert end_of(sam.house)["played_to_second"] == 2
    assert "Recording 1 was played" in shown.words


def test_no_more_is_recorded_than_time_has_gone_by(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    told(sam, "piece", number=0, playing="yes")
    told(sam, "end", at=9, playing="no", played=[(0, 9)])
    assert end_of(sam.house)["played_to_second"] <= 1


def test_what_was_never_sent_is_not_recorded_as_heard(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    sam.house.at += timedelta(seconds=20)
    told(sam, "end", at=9, playing="no", played=[(0, 9)])
    ended = end_of(sam.house)
    assert (ended["act"], ended["played_to_second"]) == ("listen.failed", 0)


def test_a_page_that_falls_silent_is_recorded_up_to_where_it_can_have_come(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    told(sam, "piece", number=0, playing="yes")
    sam.house.at += timedelta(seconds=5)
    told(sam, "word", at=2, playing="yes", played=[(0, 2)])
    sam.house.at += timedelta(seconds=1)
    assert sam.seat.hearing is not None
    sam.seat.hearing.end()
    assert end_of(sam.house)["played_to_second"] == 3


def test_a_page_that_never_says_what_it_played_played_all_that_it_was_sent(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    for number, at in ((0, 0), (1, 5)):
        told(sam, "piece", number=number, at=at, playing="yes")
    assert sam.seat.hearing is not None
    sam.seat.hearing.end()
    assert end_of(sam.house)["played_to_second"] == 20


def test_the_sound_is_what_was_granted_in_pieces(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    frame = RATE * 2 * 2
    pieces = [
        told(sam, "piece", number=each, at=each * PIECE_S, playing="yes") for each in (0, 1, 2)
    ]
    assert [len(each) / frame for each in pieces] == [10, 10, 5]
    left = told(sam, "piece", number=1, at=11, playing="yes")
    assert left == pieces[1]
    silent = slice((SILENT_S[0] - PIECE_S) * frame, (SILENT_S[1] - PIECE_S) * frame)
    assert not any(left[silent])
    assert any(left[: silent.start])


def test_sound_is_not_had_long_before_it_is_played(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    assert "error" in told(sam, "piece", number=0, at=0, playing="no")
    assert "error" in told(sam, "piece", number=9, at=0, playing="yes")
    told(sam, "end", at=0)
    assert end_of(sam.house)["act"] == "listen.failed"


def test_the_player_draws_both_channels_and_whom_they_carry(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    drawn = told(sam, "waveform")
    assert (drawn["seconds"], drawn["ends"]) == (LASTS_S, LASTS_S)
    left, right = (channel["heights"] for channel in drawn["channels"])
    assert max(left) == 1
    assert 0.5 < max(right) < 0.8
    assert min(left) == 0


def test_nobody_hears_what_was_not_granted_to_them(sam: Visit) -> None:
    pat = visit(sam.house, "pat")
    before = size(sam.house)
    shown = pat.fill_in(PAGE, do="listen")
    assert shown.status == 403
    assert "this was granted to somebody else" in shown.words.lower()
    assert [(leaf.act, leaf.outcome) for leaf in leaves(sam.house, before)][-1] == (
        "listen",
        Outcome.REFUSED,
    )


def test_without_the_password_nothing_is_heard(sam: Visit) -> None:
    before = size(sam.house)
    shown = sam.fill_in(PAGE, do="listen", password=False)
    assert "password is needed" in shown.words
    assert leaves(sam.house, before) == []


def test_a_look_at_the_waveform_plays_nothing(sam: Visit) -> None:
    before = size(sam.house)
    shown = sam.fill_in(PAGE, do="look")
    assert "<svg" in shown.html
    assert [leaf.act for leaf in leaves(sam.house, before)] == ["listen.looked"]


def test_what_was_granted_is_listed(sam: Visit) -> None:
    shown = sam.fill_in("/requests/R-1/listen")
    assert [link for link in shown.links if "/listen/" in link] == [
        "/requests/R-1/listen/1",
        "/requests/R-1/listen/2",
    ]


def test_another_hearing_ends_the_one_before(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    first = sam.seat.hearing
    sam.fill_in("/requests/R-1/listen/2", do="listen")
    assert first is not None
    assert first.is_over


def test_a_hearing_ends_with_its_login(sam: Visit) -> None:
    sam.fill_in(PAGE, do="listen")
    told(sam, "piece", number=0, playing="yes")
    sam.seat.leave()
    assert end_of(sam.house)["how"] == "stopped"


def test_marks_are_kept_for_the_form_that_they_are_for(sam: Visit) -> None:
    mark = "1@0:02-0:03=third-party/left"
    sam.fill_in(f"{PAGE}/marks", silence=[mark], clip=["1@0:01-0:20"], step="listen")
    assert marked(sam.seat, "R-1") == (["1@0:01-0:20"], [mark])
    shown = sam.fill_in(f"{PAGE}/marks", silence=["1@0:02-0:03=for-fun"])
    assert shown.status == 422

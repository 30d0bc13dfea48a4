"""The desk of a practice whose catalogue is in PostgreSQL, and whose recordings are in a bucket."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from desk.journeys import (
    at_work,
    fill_in,
    follow,
    give_password,
    is_intact,
    is_whole,
    opened,
    press,
    release,
)
from house.objects import move
from house.packages import acts_of
from house.postgres import there
from house.practices import House
from house.stages import GRANTED

granted = there(GRANTED)


def test_what_was_granted_is_heard_and_handed_over_in_a_browser(
    granted: House, tmp_path: Path
) -> None:
    move(granted)
    granted.close()
    with at_work(granted) as desk, desk.visited("sam") as sam:
        sam.goto("/requests/R-1/listen/1")
        fill_in(sam, Who_is_there="nobody else")
        give_password(sam, "sam", "Listen")
        press(sam, "Play")
        expect(sam.locator("#state")).to_have_text("paused")
        follow(sam, "Requests", "R-1", "Release")
        package, words = release(sam, "sam", tmp_path)
    assert is_whole(granted, opened(package, words, tmp_path / "opened"))
    assert acts_of(granted)[-2:] == ["release.prepared", "release.delivered"]
    assert is_intact(granted)

"""The player, in a browser: what it plays, and what it says of that."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from desk.browsing import PHONE, a_served_desk
from desk.test_for_everybody import what_is_wrong
from house.listening import SILENT_S
from house.practices import House, password_of
from house.stages import SPOKEN, copied

spoken = copied(SPOKEN)


def listen(page: Page) -> None:
    """Go to the player of recording 1."""
    page.goto("/requests/R-1/listen/1")
    page.get_by_label("Who is there besides you?").fill("nobody")
    page.get_by_label("Your password").fill(password_of("sam"))
    page.get_by_role("button", name="Listen", exact=True).click()
    expect(page.get_by_role("button", name="Play")).to_be_focused()


def go_to(page: Page, clock: str) -> None:
    page.get_by_label("Go to a time").fill(clock)
    page.keyboard.press("Enter")
    expect(page.locator("#clock")).to_have_text(clock)


def plays_to(page: Page, clock: str) -> None:
    expect(page.locator("#clock")).to_have_text(re.compile(clock), timeout=20_000)


def stop(page: Page) -> list[tuple[int, int]]:
    """Stop listening; from where to where it says that it was played, in seconds."""
    page.get_by_role("button", name="Stop listening").click()
    said = page.get_by_role("status").inner_text()
    return [(int(first), int(end)) for first, end in re.findall(r"0:(\d\d)-0:(\d\d)", said)]


def test_keys_play_pause_and_go_elsewhere_and_each_part_is_recorded(spoken: House) -> None:
    with a_served_desk(spoken) as desk, desk.visited("sam") as page:
        listen(page)
        page.keyboard.press("Space")
        plays_to(page, "0:02")
        page.keyboard.press("Space")
        expect(page.locator("#state")).to_have_text("paused")
        reached = int(page.locator("#clock").inner_text().removeprefix("0:"))
        go_to(page, "0:20")
        page.get_by_role("button", name="Play").click()
        plays_to(page, "0:25")
        expect(page.locator("#state")).to_have_text("paused")
        first, last = stop(page)
        assert first in {(0, reached), (0, reached + 1)}
        assert last == (20, 25)


def test_play_cannot_be_pressed_before_there_is_something_to_play(spoken: House) -> None:
    with a_served_desk(spoken) as desk, desk.visited("sam") as page:
        page.add_init_script(
            """{
                const real = window.fetch;
                window.fetch = (...asked) => {
                    window.waited ??= document.getElementById("play").disabled;
                    return real(...asked);
                };
            }"""
        )
        listen(page)
        assert page.evaluate("waited") is True
        expect(page.get_by_role("button", name="Play")).to_be_enabled()


def test_silence_is_skipped_and_not_recorded_as_heard(spoken: House) -> None:
    with a_served_desk(spoken) as desk, desk.visited("sam") as page:
        listen(page)
        page.get_by_label("Skip silence").check()
        go_to(page, "0:11")
        page.get_by_role("button", name="Play").click()
        plays_to(page, "0:(1[789]|2.)")
        page.get_by_role("button", name="Pause").click()
        first, last = stop(page)
        assert first == (11, SILENT_S[0] + 1)
        assert last[0] == SILENT_S[1] - 1


def test_what_is_marked_is_silent_as_the_recipient_will_hear_it(spoken: House) -> None:
    with a_served_desk(spoken) as desk, desk.visited("sam") as page:
        listen(page)
        page.evaluate(
            """() => {
                window.loud = [];
                const real = AudioBuffer.prototype.copyToChannel;
                AudioBuffer.prototype.copyToChannel = function (row, channel) {
                    loud.push([channel, row.some(each => each !== 0)]);
                    return real.call(this, row, channel);
                };
            }"""
        )
        page.get_by_label("From").fill("0:02")
        page.get_by_label("To", exact=True).fill("0:10")
        page.get_by_label("Which channel").select_option("left")
        page.get_by_role("button", name="Add this mark").click()
        page.get_by_label("Hear it as the recipient will").check()
        go_to(page, "0:03")
        page.get_by_role("button", name="Play").click()
        plays_to(page, "0:05")
        heard = {(channel, is_loud) for channel, is_loud in page.evaluate("loud")}
        assert heard == {(0, False), (1, True)}
        mark = page.locator("input[name=silence]")
        expect(mark).to_have_value("1@0:02-0:10=third-party/left")


def test_a_drag_marks_from_where_to_where(spoken: House) -> None:
    with a_served_desk(spoken) as desk, desk.visited("sam") as page:
        listen(page)
        canvas = page.locator("#drawn").bounding_box()
        assert canvas
        page.mouse.move(canvas["x"] + canvas["width"] * 0.2, canvas["y"] + 20)
        page.mouse.down()
        page.mouse.move(canvas["x"] + canvas["width"] * 0.6, canvas["y"] + 20, steps=4)
        page.mouse.up()
        expect(page.get_by_label("From")).to_have_value("0:05")
        expect(page.get_by_label("To", exact=True)).to_have_value("0:15")


def test_a_page_that_is_left_ends_the_hearing(spoken: House) -> None:
    with a_served_desk(spoken) as desk, desk.visited("sam") as page:
        listen(page)
        page.get_by_role("button", name="Play").click()
        plays_to(page, "0:02")
        page.get_by_role("link", name="Inbox").click()
        page.go_back()
        expect(page.get_by_role("status")).to_contain_text("Recording 1 was played to second")


def test_everybody_can_use_the_player(spoken: House) -> None:
    with a_served_desk(spoken) as desk, desk.visited("sam", width=PHONE, scheme="dark") as page:
        listen(page)
        assert what_is_wrong(page, PHONE) == []
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.get_by_role("button", name="Add this mark").evaluate(
                "each => each === document.activeElement"
            ):
                break
        else:
            raise AssertionError("no mark can be added by keyboard")
        page.get_by_role("button", name="Say where it is").press("Enter")
        expect(page.locator("#said")).to_have_text("0:00 of 0:25")

"""A decision by keyboard alone, from the login on; wherever the focus is, it is seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from desk.browsing import DESKTOP, PHONE, a_served_desk
from house.practices import House, password_of
from house.requests import a_request
from house.stages import STOCKED, Stage, copied

asked_for = copied(Stage("asked-for", a_request, after=STOCKED))

MOST_STEPS = 60

FOCUS = """() => {
    const each = document.activeElement, box = each.getBoundingClientRect();
    const style = getComputedStyle(each);
    const x = box.left + Math.min(box.width / 2, 12), y = box.top + Math.min(box.height / 2, 12);
    const above = document.elementFromPoint(x, y);
    const name = each.labels && each.labels.length ? each.labels[0] : each;
    return {
        name: name.innerText.trim(),
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        is_seen: Boolean(above) && (each.contains(above) || above.contains(each)),
    };
}"""
"""What has the focus: its name, how wide its outline is in pixels, and whether it lies on the
screen with nothing over it."""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what begins so has the focus; each that has it on the way shows it."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        assert found["outline"] >= 2, found
        assert found["is_seen"], found
        if found["name"].startswith(name):
            return
    raise AssertionError(f"it cannot be reached by keyboard: {name}")


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_request_is_decided_by_keyboard_alone(asked_for: House, width: int) -> None:
    with a_served_desk(asked_for) as desk, desk.arrived(width=width) as page:
        keys = page.keyboard
        tab_to(page, "Skip to main content")
        keys.press("Enter")
        tab_to(page, "Login")
        keys.type("pat")
        tab_to(page, "Password")
        keys.type(password_of("pat"))
        keys.press("Enter")
        expect(page).to_have_title("Your inbox - callrec")
        tab_to(page, "R-1")
        keys.press("Enter")
        expect(page).to_have_title("Approve or withhold R-1 - callrec")
        tab_to(page, "Your password")
        keys.type(password_of("pat"))
        tab_to(page, "Show what this does")
        keys.press("Space")
        expect(page).to_have_title("Confirm the approval of R-1 - callrec")
        tab_to(page, "Type R-1 to approve it")
        keys.type("R-2")
        keys.press("Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        tab_to(page, "Answer this question again")
        keys.press("Enter")
        expect(page.get_by_label("Type R-1 to approve it")).to_be_focused()
        keys.type("R-1")
        tab_to(page, "Approve")
        keys.press("Space")
        done = page.get_by_role("main").get_by_role("status")
        expect(done).to_contain_text("approved")
        expect(done).to_be_focused()
        assert desk.complaints == []

"""A login that is about to end says so, in a browser, and one button puts that off (WCAG 2.2.1)."""

from __future__ import annotations

from playwright.sync_api import expect

from desk.browsing import PHONE, a_served_desk
from desk.test_for_everybody import what_is_wrong
from house.practices import House


def test_two_minutes_before_its_end_a_login_can_be_kept_by_one_button(house: House) -> None:
    with a_served_desk(house) as desk, desk.visited("pat", width=PHONE) as page:
        page.clock.install()
        page.goto("/complaints/new")
        page.get_by_label("What do they say is wrong?").fill("half a sentence")
        ending = page.locator("#ending")
        page.clock.fast_forward("12:50")
        expect(ending).to_be_empty()
        page.clock.fast_forward("00:20")
        expect(page.get_by_role("alert")).to_contain_text("Your login ends at")
        assert what_is_wrong(page, PHONE) == []
        page.get_by_role("button", name="Stay logged in").click()
        expect(ending).to_be_empty()
        page.clock.fast_forward("15:01")
        expect(page.get_by_role("alert")).to_contain_text("Your login has ended")
        assert desk.complaints == []


def test_a_page_of_the_same_login_in_another_tab_puts_the_end_off(house: House) -> None:
    with a_served_desk(house) as desk, desk.visited("pat") as page:
        page.clock.install()
        page.goto("/account")
        page.clock.fast_forward("13:10")
        expect(page.get_by_role("alert")).to_contain_text("Your login ends at")
        another = page.context.new_page()
        another.clock.install()
        another.clock.fast_forward("13:10")
        another.goto("/")
        expect(page.locator("#ending")).to_be_empty()

"""A passkey at the desk, in a real browser, with Chromium's own authenticator in software."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from desk.browsing import DESKTOP, PHONE, Served, a_named_desk, log_in
from desk.journeys import approve, fill_in, follow, give_password, press
from desk.test_for_everybody import what_is_wrong
from house.leaves import acts_on_record
from house.practices import House, password_of
from house.requests import a_request
from house.stages import STOCKED, Stage, copied

asked_for = copied(Stage("asked-for", a_request, after=STOCKED))

BUILT_IN = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "hasPrf": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""As computers have one that asks for a fingerprint; its person is there and puts it on."""


def with_authenticator(page: Page, **options: object) -> tuple[CDPSession, str]:
    """Give a page's browser an authenticator; what to speak to it by, and its id."""
    to = page.context.new_cdp_session(page)
    to.send("WebAuthn.enable")
    made = to.send("WebAuthn.addVirtualAuthenticator", {"options": {**BUILT_IN, **options}})
    return to, made["authenticatorId"]


def log_in_with_passkey(page: Page, login: str) -> None:
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password", exact=True).fill(password_of(login))
    page.get_by_role("button", name="Log in with a passkey").click()


def log_in_anew(page: Page, login: str) -> None:
    """Log out, and somebody else in."""
    follow(page, "Log out")
    press(page, "Log out")
    log_in(page, login)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your inbox")


def add_passkey(page: Page, login: str, name: str = "front-desk") -> None:
    """From any page to the list that has it."""
    follow(page, "Your account", "Your second factor", "Add a passkey")
    fill_in(page, What_do_you_call_it=name)
    give_password(page, login, "Add the passkey")


@pytest.fixture
def desk(asked_for: House) -> Iterator[Served]:
    with a_named_desk(asked_for) as served:
        yield served
        assert served.complaints == []


def test_people_with_a_passkey_log_in_and_decide_with_password_and_passkey_alone(
    desk: Served, asked_for: House
) -> None:
    with desk.arrived() as page:
        expect(page.get_by_role("button")).to_have_count(1)  # nobody has one: nothing is to be seen
        with_authenticator(page)
        log_in(page, "pat")
        add_passkey(page, "pat")
        expect(page.get_by_role("status")).to_contain_text("The passkey front-desk is added")
        follow(page, "Log out")
        press(page, "Log out")
        log_in(page, "pat")
        refused = page.get_by_role("alert")
        expect(refused).to_contain_text("No such login, or a wrong password")
        log_in_with_passkey(page, "pat")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your inbox")
        page.goto("/requests/R-1/approve")
        approve(page, "pat")
    assert [each.act for each in acts_on_record(asked_for)][-1] == "request.approved"


def test_a_device_that_will_not_do_is_told_at_the_form_and_nothing_is_sent(
    desk: Served, asked_for: House
) -> None:
    before = len(acts_on_record(asked_for))
    with desk.arrived() as page:
        to, number = with_authenticator(page, hasPrf=False)
        log_in(page, "pat")
        add_passkey(page, "pat")
        said = page.locator("form").get_by_role("status")
        expect(said).to_contain_text("gives no secret of its own")
        to.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": number})
        with_authenticator(page, isUserVerified=False)
        press(page, "Add the passkey")
        expect(said).to_contain_text("was not used, so nothing was sent")
        assert what_is_wrong(page, DESKTOP) == []
        assert page.get_by_label("What do you call it?").input_value() == "front-desk"
    assert [each.act for each in acts_on_record(asked_for)[before:]] == ["login"]


def test_somebody_who_signs_beside_uses_their_passkey_by_a_button(desk: Served) -> None:
    with desk.arrived() as page:
        with_authenticator(page)
        log_in(page, "pat")
        add_passkey(page, "pat")
        expect(page.get_by_role("status")).to_contain_text("is added")
        log_in_anew(page, "dora")
        follow(page, "People", "mia", "Help with a lost password")
        assert what_is_wrong(page, DESKTOP) == []
        page.get_by_label("Who signs").select_option("pat")
        page.get_by_label("Their password").fill(password_of("pat"))
        press(page, "Use their passkey")
        expect(page.locator("form").get_by_role("status")).to_have_text("Your passkey was used.")
        page.get_by_label("Reset mia").check()
        give_password(page, "dora", "Give a new password")
        expect(page.get_by_role("main")).to_contain_text("mia makes a new key")


def test_without_scripts_the_pages_say_so_and_the_printed_key_works(desk: Served) -> None:
    with desk.arrived() as page:
        with_authenticator(page)
        log_in(page, "pat")
        add_passkey(page, "pat")
        expect(page.get_by_role("status")).to_contain_text("is added")
        follow(page, "Add a printed secret key")
        give_password(page, "pat", "Add the printed secret key")
        printed = page.locator(".words").inner_text()
    with desk.arrived(width=PHONE, scripts=False) as page:
        page.get_by_text("Use a printed secret key").click()
        expect(page.get_by_role("button")).to_have_count(1)
        expect(page.locator("noscript p")).to_be_visible()
        page.get_by_label("The secret key on the page").fill(printed)
        log_in(page, "pat")
        page.goto("/unlock")
        expect(page.locator("noscript p")).to_be_visible()
        page.get_by_text("Use your printed secret key instead").click()
        page.get_by_label("The secret key on the page").fill(printed)
        give_password(page, "pat", "Go on")
        page.goto("/requests/R-1/approve")
        expect(page.get_by_text("Your password still counts for this.")).to_be_visible()

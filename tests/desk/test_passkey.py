"""A passkey at the desk, in a real browser, with Chromium's own authenticator in software."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from desk.browsing import Served, a_named_desk, log_in
from desk.journeys import approve, fill_in, follow, give_password, press
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

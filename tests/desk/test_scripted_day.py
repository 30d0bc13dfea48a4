"""Two people in two browsers and others at a terminal take turns; nobody acts as another.

One browser is used by several people, one after another, as at a practice's front desk. The log
must say of each act who did it, in the order in which they did.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from playwright.sync_api import Page, expect

from callrec.audit.leaf import Outcome
from desk.browsing import log_in
from desk.journeys import (
    ONE_PATIENT,
    approve,
    ask_for,
    at_work,
    fill_in,
    follow,
    give_password,
    is_intact,
    listen_to_the_end,
    press,
    release,
)
from house.commands import done, refusal, type_in
from house.leaves import acts_on_record
from house.practices import House
from house.stages import copied

WHY = "The patient and the receptionist remember it otherwise"

COMPLAINS = "The patient complains that nobody rang back as promised"


def log_out(page: Page) -> None:
    follow(page, "Log out")
    press(page, "Log out")


def cannot_release(page: Page, login: str) -> None:
    """What was granted to sam is nobody else's to hand over, with whatever password."""
    page.goto("/requests/R-1/release")
    give_password(page, login, "Make the package")
    expect(page.get_by_role("alert")).to_contain_text("This was granted to somebody else")


def by_whom(house: House, since: int) -> list[str]:
    """Each act of a day: who, what, and how it ended if not well."""
    return [
        f"{each.by} {each.act}" + ("" if each.outcome is Outcome.DONE else f" {each.outcome}")
        for each in acts_on_record(house, without={"request.shown"})[since:]
    ]


practice = copied(ONE_PATIENT)


def test_each_act_of_a_day_is_by_the_person_who_did_it(practice: House, tmp_path: Path) -> None:
    before, typed = len(acts_on_record(practice)), partial(done, practice)
    complains = ("request", "create", "complaint", f"--reason={COMPLAINS}", "--recording=1")
    with at_work(practice) as desk, desk.visited("sam") as front, desk.visited("pat") as back:
        ask_for(front, "Protect parties")
        fill_in(front, Why_do_you_need=WHY, Recordings="1", Date_of="23/11/2026", Time_of="14:05")
        fill_in(front, Telephone="201", External="unknown", Names_of="unknown")
        press(front, "Make the request")
        expect(front.get_by_role("status")).to_contain_text("R-1")
        typed("mia", *complains, "--party=unknown", "--complaint=C-1", "--complainant=patient")
        follow(back, "callrec", "R-2")
        approve(back, "pat", "R-2")
        typed("max", "approve", "R-1", "--yes")
        front.goto("/requests/R-1/listen/1")
        listen_to_the_end(front, "sam", with_whom="nobody")
        press(front, "Stop listening")
        typed("mia", "release", "R-2", f"--to={tmp_path}")
        left_open = front.context.new_page()
        left_open.goto("/requests/R-1/close")
        log_out(front)
        log_in(front, "max")
        fill_in(left_open, Type_R="R-1")
        press(left_open, "Close")
        expect(left_open.get_by_role("main")).to_contain_text("This form is not of your login")
        cannot_release(front, "max")
        log_out(front)
        log_in(front, "sam")
        typed("dora", "user", "sessions", "sam", "--end")
        front.goto("/requests/R-1/release")
        expect(front.get_by_role("status")).to_contain_text("Your login has ended")
        refused = refusal(type_in(practice, "mia", "release", "R-1", f"--to={tmp_path}"))
        assert refused == "This was granted to somebody else [policy 4(a)]"
        cannot_release(back, "pat")
        log_in(front, "sam")
        front.goto("/requests/R-1/release")
        release(front, "sam", tmp_path)
        log_out(front)
        log_out(back)
    assert by_whom(practice, before) == [
        "sam login",
        "pat login",
        "sam request.created",
        "mia recording.shown",
        "mia request.created",
        "mia hold.placed",
        "mia hold.covers",
        "mia hold.matching",
        "mia hold.matched",
        "pat request.approved",
        "max request.approved",
        "sam listen",
        "sam listen.ended",
        "mia release.prepared",
        "mia release.delivered",
        "sam logout",
        "max login",
        "max release.prepared refused",
        "max logout",
        "sam login",
        "dora session.ended",
        "mia release.prepared refused",
        "pat release.prepared refused",
        "sam login",
        "sam release.prepared",
        "sam release.delivered",
        "sam logout",
        "pat logout",
    ]
    assert is_intact(practice)

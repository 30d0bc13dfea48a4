"""The process of a login that is killed, wherever that is: nothing half, and the others go on.

As a command that is killed (tests/release/test_release_cut_off.py): what was not done is done again
by the next login. Nobody is told that it was done, or that it was not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from callrec.desk.memory import folder_in_memory
from callrec.desk.pages import release as page_of_release
from desk.test_deciding import GRANT_BOTH, confirm, foresee
from desk.test_release import make, save
from house.desk_client import Got
from house.desk_within import AtTheDesk, Within, at_the_desk
from house.desks import visit
from house.interrupted import wrong_with_vault
from house.killing import Death, each_left
from house.packages import acts_of
from house.practices import House, password_of
from house.requests import a_request, grants_of, opened, rows, state_of
from house.stages import GRANTED, STOCKED, Stage, looked_at
from house.steps import Steps

ASKED = Stage("asked-for", a_request, after=STOCKED)
"""R-1 is sam's, for two recordings, and nobody has decided it."""

asked_for = looked_at(ASKED)

granted_to_sam = looked_at(GRANTED)

NOT_KNOWN = "it is not known whether what you sent was done"


def told(desk: AtTheDesk, got: Got, another: Within, *, was_sent: bool = True) -> bool:
    """Whether the login answered; if not, what is known is said, and other logins go on."""
    assert another.get("/").status == 200
    if got.status == 200 or got.to.startswith(("/done/", "/requests/")):
        return True
    if not was_sent:
        assert got.to == "/login?ended"
        return False
    assert got.to == "/unanswered?which=R-1"
    said = another.get(got.to).body
    assert NOT_KNOWN in said
    assert "open R-1" in said
    assert len(desk.desk.browsers.open) == 1
    return False


def approving(house: House, death: Death) -> None:
    """max approves R-1; what is killed is their confirmation."""
    with at_the_desk(house, death) as desk:
        max_, pat = desk.log_in("max", death), desk.log_in("pat")
        filled: dict[str, Any] = {"token": max_.token(), "password": password_of("max")}
        max_.get("/requests/R-1/approve")
        foreseen = max_.post("/requests/R-1/approve", {**filled, **GRANT_BOTH})
        desk.mark()
        if told(desk, max_.post(foreseen.to, {**filled, "typed": "R-1"}), pat):
            desk.mark()


def test_killed_at_any_step_of_an_approval(asked_for: House, tmp_path: Path, steps: Steps) -> None:
    seen = []
    for house in each_left(asked_for, tmp_path / "killed", steps, approving, least=40):
        house.open()
        seen.append(state_of(house, "R-1") == "approved")
        assert acts_of(house).count("request.approved") == seen[-1]
        assert len(rows(house, "SELECT * FROM grant_")) == 2 * seen[-1]
        if not seen[-1]:
            again = visit(house, "max")
            assert confirm(again, foresee(again)).words.startswith("R-1 is approved")
        assert len(grants_of(house, "R-1")) == 2
        assert len(opened(house, "R-1").approvals) == 1
        if steps.closely(len(seen)):
            assert [*wrong_with_vault(house)] == []
    assert seen == sorted(seen)
    assert seen[-1]
    assert steps.one_of > 1 or False in seen


def releasing(house: House, death: Death) -> None:
    """sam releases R-1: makes the package, saves it, says so."""
    page_of_release.AT_ONCE_S = 60  # so that nobody looks meanwhile, which would be steps
    with at_the_desk(house, death) as desk:
        sam, pat = desk.log_in("sam", death), desk.log_in("pat")
        filled = {"token": sam.token(), "password": password_of("sam")}
        page = "/requests/R-1/release"
        desk.mark()
        if not told(desk, sam.post(page, {**filled, "do": "release", "form": "zip"}), pat):
            return
        if not told(desk, written := sam.get(page), pat, was_sent=False):
            return
        (link,) = re.findall(f'href="({page}/[^"]+)"', written.body)
        if not told(desk, sam.get(link), pat, was_sent=False):
            return
        if told(desk, sam.post(page, {**filled, "do": "saved"}), pat):
            desk.mark()


def test_killed_at_any_step_of_a_release(
    granted_to_sam: House, tmp_path: Path, steps: Steps
) -> None:
    seen = []
    for house in each_left(granted_to_sam, tmp_path / "killed", steps, releasing, least=80):
        house.open()
        seen.append(acts_of(house)[-1] == "release.delivered")
        if seen[-1]:
            assert rows(house, "SELECT * FROM grant_") == []
            continue
        assert len(rows(house, "SELECT * FROM grant_")) == 2
        sam = visit(house, "sam")
        make(sam)
        save(sam)
        assert "R-1 is released" in sam.fill_in("/requests/R-1/release", do="saved").words
        assert acts_of(house)[-1] == "release.delivered"
        with folder_in_memory(house.environ) as the_next:
            assert [*the_next.parent.glob("release-*")] == [the_next]
        if steps.closely(len(seen)):
            assert [*wrong_with_vault(house)] == []
    assert seen == sorted(seen)
    assert seen[-1]

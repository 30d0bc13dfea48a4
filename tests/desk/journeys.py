"""What the journeys at the desk share: a practice twice, what people do at a page, the record."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from desk.browsing import Served, a_served_desk
from house.commands import done, type_in
from house.leaves import Act, acts_on_record
from house.practices import House, password_of
from house.stages import Stage, Stages

SHOWN: Final = frozenset(
    {"request.shown", "incident.shown", "listen.looked", "login", "logout", "keys.shared"}
)
"""A browser shows a thing as often as it is opened, and each login has its leaves."""


def twice(stage: Stage) -> object:
    """A fixture: a practice at this stage for the desk, and the same for a terminal."""

    @pytest.fixture
    def both(stages: Stages, tmp_path: Path) -> tuple[House, House]:
        at_desk, at_terminal = (stages.copy(stage, tmp_path / name) for name in ("desk", "shell"))
        return at_desk, at_terminal

    return both


@contextmanager
def at_work(house: House) -> Iterator[Served]:
    """A desk that is served, of whose pages no browser complains."""
    with a_served_desk(house) as served:
        yield served
        assert served.complaints == []


def fill_in(page: Page, **answers: str) -> None:
    """Fields by the beginning of their labels, with spaces for underscores."""
    for label, answer in answers.items():
        page.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).first.fill(answer)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def give_password(page: Page, login: str, then: str) -> None:
    """Fill in the password that an act takes, and press what does it."""
    fill_in(page, Your_password=password_of(login))
    press(page, then)


def approve(page: Page, login: str, reference: str = "R-1") -> None:
    """From the page of an approval, as it is filled in, to its confirmation."""
    give_password(page, login, "Show what this does")
    fill_in(page, Type_R=reference)
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("main")).to_contain_text("approved")


def release(page: Page, login: str, to: Path, reference: str = "R-1") -> tuple[Path, str]:
    """From the page of a release, as it is filled in: the package that was saved, and its words."""
    give_password(page, login, "Make the package")
    save = page.get_by_role("link", name="Save the package")
    expect(save).to_be_visible(timeout=60_000)
    with page.expect_download() as coming:
        save.click()
    package = to / coming.value.suggested_filename
    assert re.fullmatch(rf"callrec-release-{reference}-[0-9a-f]{{8}}\.zip", package.name)
    coming.value.save_as(package)
    press(page, "I have saved it")
    passphrase = page.locator(".passphrase")
    expect(passphrase).to_be_visible(timeout=60_000)
    return package, passphrase.inner_text()


def opened(package: Path, passphrase: str, to: Path) -> Path:
    """The package as a recipient opens it, with 7-Zip."""
    subprocess.run(["7z", "x", f"-p{passphrase}", f"-o{to}", package], check=True)
    (program,) = to.rglob("callrec_verify.py")
    return program.parent


def is_whole(house: House, folder: Path) -> bool:
    """Whether an opened package is what was released, as far as recipients can check it."""
    return "FIRST-USE" in type_in(house, "nobody", "audit", "verify-release", str(folder)).out


def type_all(house: House, *lines: tuple[str, ...]) -> None:
    """What people type at a terminal: of each line the first word is the login of who does."""
    for login, *words in lines:
        done(house, login, *words)


def acts(house: House) -> list[Act]:
    """What is on record, as far as it is the same however often a page is opened."""
    return acts_on_record(house, without=SHOWN)


def is_intact(house: House) -> bool:
    """Whether everything on record is as it was signed."""
    return "INTACT" in done(house, "dora", "audit", "verify")

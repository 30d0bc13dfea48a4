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
from house.listening import spoken
from house.practices import House, password_of
from house.spool import a_call, take_in
from house.stages import Stage, Stages

SHOWN: Final = frozenset(
    {"request.shown", "incident.shown", "listen.looked", "login", "logout", "keys.shared"}
)
"""A browser shows a thing as often as it is opened, and each login has its leaves."""


NUMBERS: Final = ("07700 900123", "07700 900124", "07700 900125")
"""Of one patient."""

SPOKEN_S: Final = 4
"""How long their first call is."""


def from_three_numbers(house: House) -> None:
    """Recordings 1 to 3 are calls from each of them, 4 from a number that was withheld.

    In the first two people speak, each on a channel.
    """
    spool = house.folder / "spool"
    first, *others = (
        f"in-201-{number.replace(' ', '')}-20261123-14050{call}-179544270{call}.{call}.wav"
        for call, number in enumerate((*NUMBERS, "anonymous"), 1)
    )
    calls = (a_call(spool, call, name=name) for call, name in enumerate(others, 2))
    take_in(house, spoken(spool / first, SPOKEN_S), *calls)


ONE_PATIENT: Final = Stage("one-patient", from_three_numbers)


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
        assert served.complaints == [], served.complaints


def fill_in(page: Page, **answers: str) -> None:
    """Fields by the beginning of their labels, with spaces for underscores."""
    for label, answer in answers.items():
        page.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).first.fill(answer)


def select(page: Page, **answers: str) -> None:
    """Of a list, by the beginning of its label: what is chosen, as it reads."""
    for label, answer in answers.items():
        page.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).select_option(label=answer)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def follow(page: Page, *links: str) -> None:
    for link in links:
        page.get_by_role("link", name=link, exact=True).first.click()


def choose(page: Page, **answers: str) -> None:
    """Of what may be answered, by the beginning of the question."""
    for question, answer in answers.items():
        asked = page.get_by_role("group", name=re.compile(f"^{question.replace('_', ' ')}"))
        asked.get_by_label(answer, exact=True).check()


def ask_for(page: Page, purpose: str) -> None:
    """From any page to the questions of a purpose."""
    follow(page, "Requests", "Make a request", purpose)


def give_password(page: Page, login: str, then: str) -> None:
    """Press what does an act; with the password, if an earlier one does not count any more."""
    password = page.get_by_label("Your password", exact=True)
    counts = page.get_by_text("Your password still counts for this.")
    expect(password.or_(counts)).to_be_visible()
    if password.is_visible():
        password.fill(password_of(login))
    press(page, then)


def approve(page: Page, login: str, reference: str = "R-1") -> None:
    """From the page of an approval, as it is filled in, to its confirmation."""
    give_password(page, login, "Show what this does")
    fill_in(page, Type_R=reference)
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("main")).to_contain_text("approved")


def listen_to_the_end(page: Page, login: str, *, with_whom: str) -> None:
    """Play all of the first recording of one patient, as a command plays it."""
    fill_in(page, Who_is_there=with_whom)
    give_password(page, login, "Listen")
    press(page, "Play")
    expect(page.locator("#clock")).to_have_text(f"0:0{SPOKEN_S}")
    expect(page.locator("#state")).to_have_text("paused")


def release(page: Page, login: str, to: Path, reference: str = "R-1") -> tuple[Path, str]:
    """From the page of a release, as it is filled in: the package that was saved, and its words."""
    give_password(page, login, "Make the package")
    save = page.get_by_role("link", name="Save the package")
    expect(save).to_be_visible()
    with page.expect_download() as coming:
        save.click()
    package = to / coming.value.suggested_filename
    assert re.fullmatch(rf"callrec-release-{reference}-[0-9a-f]{{8}}\.zip", package.name)
    coming.value.save_as(package)
    press(page, "I have saved it")
    passphrase = page.locator(".passphrase")
    expect(passphrase).to_be_visible()
    return package, passphrase.inner_text()


def opened(package: Path, passphrase: str, to: Path) -> Path:
    """The package as a recipient opens it, with 7-Zip."""
    subprocess.run(["7z", "x", f"-p{passphrase}", f"-o{to}", package], check=True)
    (program,) = to.rglob("callrec_verify.py")
    return program.parent


def is_whole(house: House, folder: Path) -> bool:
    """Whether an opened package is what was released, as far as recipients can check it."""
    return "FIRST-USE" in type_in(house, "nobody", "audit", "verify-release", str(folder)).out


def say_handed_over(page: Page, *, how: str, to_whom: str) -> None:
    """From the passphrase of a package that went out: to whom."""
    press(page, "I have the passphrase: say that it was handed over")
    choose(page, How_was_it=how)
    fill_in(page, To_whom=to_whom)
    press(page, "Record this")
    expect(page.get_by_role("status")).to_contain_text("handed over")


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

"""What is said, typed, heard and handed over at the desk lies in no file, log, cache or core.

A day at it, in a browser that keeps its profile on disk and by HTTP; then every file is searched
that the desk, its vault or the browser wrote. What is searched for is nowhere else in the tests.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import wave
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from callrec.system.runtime import runtime_folder
from desk.browsing import log_in
from desk.journeys import press
from house.canaries import PASSWORDS, what_tells
from house.desk_client import Client
from house.desks import a_desk_at
from house.listening import RATE
from house.practices import House, password_of
from house.processes import running_below
from house.requests import approved
from house.spool import a_name, take_in
from house.stages import Stage, copied

REASON = "The lodger at Quince Cottage heard them quarrel twice"

NAME = "Wilhelmina Pomfret-Oakes"

NUMBER = "01632 960733"

AGREEMENT = b"%PDF-1.7\n% I agree that it is released, which nobody shall deny\n"

WHY_NOT = "The quarrel was about marmalade and no concern of ours"

ATTENDED = "Barnaby Threlkeld of the union"

_LOUD = random.Random(28)  # noqa: S311  # sound, not a secret

NOISE = array("h", (_LOUD.randint(-3000, 3000) for _ in range(12 * RATE))).tobytes()
"""Twelve seconds of one channel."""

HEARD = next(
    piece
    for piece in (NOISE[start : start + 32] for start in range(4 * RATE, len(NOISE), 32))
    if b"\n" not in piece
)

TYPED = (REASON, NAME, WHY_NOT, ATTENDED, AGREEMENT[11:55], HEARD, *PASSWORDS)

NUMBERS = (NUMBER, NUMBER.replace(" ", ""), f"+44{NUMBER.replace(' ', '')[1:]}")


def _granted_noise(house: House) -> None:
    file = house.folder / "spool" / a_name()
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as written:
        written.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        written.writeframes(NOISE)
    take_in(house, file)
    approved(house, recordings=(1,))


noisy = copied(Stage("noisy", _granted_noise))


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(words)


def come(page: Page, login: str) -> None:
    page.goto("/login")
    log_in(page, login)
    expect(page).to_have_title("Your inbox - callrec")


@contextmanager
def cores_of_any_size() -> Iterator[None]:
    """What is started meanwhile may leave a core: only what it does against that itself counts."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


@contextmanager
def a_browser_on_disk(profile: Path, address: str) -> Iterator[BrowserContext]:
    """A browser whose profile is a folder, let in by the one-time address."""
    parts = urlsplit(address)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium"),
            chromium_sandbox=False,  # which does not start for root; what it opens here is ours
            base_url=f"{parts.scheme}://{parts.netloc}",
        )
        context.pages[0].goto(address)
        yield context
        context.close()


def ask(page: Page, agreement: Path) -> None:
    """mia mistypes her password, asks, is refused, keeps a draft, and makes it of that."""
    page.goto("/login")
    page.get_by_label("Login").fill("mia")
    page.get_by_label("Password", exact=True).fill(f"{password_of('mia')}.")
    page.get_by_role("button", name="Log in").click()
    says(page, "wrong password")
    come(page, "mia")
    page.goto("/requests/new/disciplinary")
    page.get_by_label("Why do you need").fill(REASON)
    press(page, "Make the request")
    says(page, "That was not done")
    page.get_by_label("Recordings, if you know").fill("1")
    for label in ("Date of the call", "Time of the call", "Telephone extension"):
        page.get_by_label(label).fill("unknown")
    page.get_by_label("External number").fill(NUMBER)
    page.get_by_label("Names of all parties").fill(NAME)
    page.locator("#employee").fill(NAME)
    page.locator("#allegation").fill("HR-2026-3")
    page.locator("#agreement").set_input_files(agreement)
    page.locator("#consulted").fill("23/11/2026")
    press(page, "Keep as a draft")
    says(page, "are kept")
    page.goto("/requests/new/disciplinary")
    press(page, "Make the request")
    says(page, "R-2 is made")
    page.goto("/search")
    page.get_by_label("Why do you need").fill(REASON)
    page.get_by_label("Telephone numbers").fill(NUMBER)
    press(page, "Search")
    expect(page).to_have_title("Calls that were found - callrec")


def refuse(page: Page) -> None:
    come(page, "dora")
    page.goto("/requests/R-2")
    says(page, REASON)
    page.goto("/requests/R-2/deny")
    page.get_by_label("Why do you refuse").fill(WHY_NOT)
    page.get_by_label("Type R-2").fill("R-2")
    if page.get_by_label("Your password").count():
        page.get_by_label("Your password").fill(password_of("dora"))
    press(page, "Refuse")
    expect(page).to_have_title("Your inbox - callrec")


def listen(page: Page) -> None:
    page.goto("/requests/R-1/listen/1")
    page.get_by_label("Who is there besides you?").fill(ATTENDED)
    page.get_by_label("Your password").fill(password_of("sam"))
    press(page, "Listen")
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#clock")).to_have_text(re.compile("0:(0[5-9]|1.)"))
    press(page, "Stop listening")
    says(page, "was played to second")


def hand_over(page: Page, to: Path) -> str:
    """The passphrase of the package."""
    page.goto("/requests/R-1/release")
    if page.get_by_label("Your password").count():
        page.get_by_label("Your password").fill(password_of("sam"))
    press(page, "Make the package")
    save = page.get_by_role("link", name="Save the package")
    expect(save).to_be_visible()
    with page.expect_download() as coming:
        save.click()
    coming.value.save_as(to)
    press(page, "I have saved it")
    passphrase = page.locator(".passphrase")
    expect(passphrase).to_be_visible()
    return passphrase.inner_text()


def ask_nobody(page: Page, login: int) -> None:
    """Fill in a form whose login does not answer any more, and then crashes."""
    page.goto("/requests/R-1/event/handed-over")
    page.get_by_role("main").get_by_role("textbox").last.fill(WHY_NOT)
    os.kill(login, signal.SIGSTOP)
    with page.expect_request(lambda sent: sent.method == "POST"):
        page.get_by_role("main").get_by_role("button").first.click(no_wait_after=True)
    os.kill(login, signal.SIGABRT)
    os.kill(login, signal.SIGCONT)
    expect(page).to_have_title(re.compile("^(It is not known whether that was done|Log in)"))


def by_http(context: BrowserContext, address: str) -> None:
    """pat, by another program that has the browser's admission."""
    parts = urlsplit(address)
    admitted = {
        each["name"]: each["value"] for each in context.cookies() if "admitted" in each["name"]
    }
    client = Client(f"{parts.scheme}://{parts.netloc}", cookies=admitted)
    assert client.log_in("pat").to == "/"
    typed = {"token": client.token(), "reason": REASON, "number": NUMBER, "party": NAME}
    assert client.post("/search", typed).to.startswith("/search/")
    assert client.post("/search", {**typed, "date": REASON}).to == "/search"
    assert client.get("/search").status == 422


def write_what_is_told_of(processes: Iterable[int], folder: Path) -> None:
    """What the list of processes shows of some."""
    folder.mkdir()
    for each in processes:
        for name in ("environ", "cmdline"):
            (folder / f"{each}-{name}").write_bytes(Path(f"/proc/{each}/{name}").read_bytes())


def dump_core(folder: Path, words: str) -> None:
    """Leave what a process does that has words in its memory and does nothing against a core."""
    program = "import os, sys; said = sys.stdin.read(); os.abort()"
    subprocess.run([sys.executable, "-c", program], input=words, cwd=folder, text=True, check=False)


@pytest.mark.root  # nobody else may read what a process that holds keys was started with
def test_a_day_at_the_desk_leaves_nothing_about(noisy: House, tmp_path: Path) -> None:
    works_in, profile, kept = (tmp_path / name for name in ("work", "profile", "kept"))
    for each in (works_in, kept):
        each.mkdir()
    (kept / "agreement.pdf").write_bytes(AGREEMENT)
    memory = runtime_folder(noisy.environ)
    assert memory is not None
    searched = [noisy.folder / "vault", noisy.folder / "state", works_in, profile, memory]
    with (
        cores_of_any_size(),
        a_desk_at(noisy, works_in=works_in) as (address, desk),
        a_browser_on_disk(profile, address) as context,
    ):
        (page,) = context.pages
        ask(page, kept / "agreement.pdf")
        refuse(page)
        come(page, "sam")
        listen(page)
        words = hand_over(page, kept / "package.zip")
        by_http(context, address)
        _, *logins = sorted(running_below(desk))
        write_what_is_told_of([desk, *running_below(desk)], works_in / "processes")
        of_sam, of_pat = logins
        os.kill(of_pat, signal.SIGSEGV)
        ask_nobody(page, of_sam)
    canaries = (*TYPED, *NUMBERS, words, words.replace("-", " "))
    assert what_tells(canaries, searched) == []
    with cores_of_any_size():
        dump_core(works_in, REASON)
    (core,) = works_in.glob("core*")
    assert what_tells(canaries, searched) == [str(core)]


PLANTED = {
    "as it is": REASON.encode(),
    "in UTF-16": REASON.encode("utf-16-le"),
    "in small letters": REASON.casefold().encode(),
    "in base64": base64.b64encode(b"{}" + REASON.encode()),
    "in hex": REASON.encode().hex().encode(),
    "in an address": quote(REASON).encode(),
    "in a form": urlencode({"reason": REASON}).encode(),
    "in JSON": json.dumps({"party": NAME}).encode(),
    "sound": b"RIFF" + NOISE,
    "sound in base64": base64.b64encode(NOISE),
    "a file in hex": AGREEMENT.hex().upper().encode(),
    "a number": b"tel:" + NUMBERS[-1].encode(),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_what_is_planted_is_found(planted: bytes, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "data_1").write_bytes(bytes(5000) + planted + bytes(5000))
    assert what_tells((*TYPED, *NUMBERS), [tmp_path]) == [str(tmp_path / "cache" / "data_1")]

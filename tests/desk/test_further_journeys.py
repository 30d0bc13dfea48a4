"""More whole journeys in real browsers: an erasure, an abusive caller, an incident, an inspector.

As in test_journeys.py: each person at a browser of their own, and what is on record afterwards is
what the same journey leaves at a terminal.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from playwright.sync_api import Page, expect

from callrec.audit.leaf import Outcome
from callrec.desk.routes import find_page
from callrec.errors import NotFound
from callrec.policy.reviews import RegisterName
from callrec.registers.registers import REGISTER_SOURCES
from desk.journeys import (
    SHOWN,
    acts,
    approve,
    at_work,
    fill_in,
    give_password,
    is_intact,
    is_whole,
    opened,
    press,
    release,
    twice,
    type_all,
)
from desk.test_who_sees_what import FORMS, address, refused
from house.commands import done, type_in
from house.practices import House
from house.stages import LIVED_IN, STOCKED, copied

stocked_twice = twice(STOCKED)

CALL: Final = {
    "date": "4/7/2024",
    "time": "14:05",
    "extension": "201",
    "number": "07700 900123",
    "party": "unknown",
}


def choose(page: Page, *links: str) -> None:
    """Follow links, one after the other."""
    for link in links:
        page.get_by_role("link", name=link, exact=True).first.click()


def answer(page: Page, answers: Mapping[str, str]) -> None:
    """Fields by their names, which are those of the command's options."""
    for name, said in answers.items():
        field = page.get_by_role("main").locator(f"[name={name}]")
        match field.first.evaluate("field => field.type"):
            case "radio":
                field.and_(page.locator(f"[value={said}]")).check()
            case "checkbox":
                field.check()
            case "select-one":
                field.select_option(said)
            case _:
                field.fill(said)


def options(answers: Mapping[str, str]) -> list[str]:
    return [f"--{name.replace('_', '-')}={said}" for name, said in answers.items()]


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(text)


def save(page: Page, link: str, to: Path) -> Path:
    with page.expect_download() as coming:
        choose(page, link)
    coming.value.save_as(to / coming.value.suggested_filename)
    return to / coming.value.suggested_filename


ERASURE: Final = {
    **CALL,
    "reason": "The patient wants their calls to be erased",
    "subject": "Jean Alder",
    "received": "20/11/2026",
    "identity": "passport seen by S. Turnbull",
    "authority": "none",
}


def test_an_erasure_from_log_in_to_certificate_and_letter(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    with at_work(house) as desk:
        with desk.visited("sam") as sam:
            choose(sam, "Requests", "Make a request", "Erasure")
            answer(sam, {**ERASURE, "recording": "1 2"})
            press(sam, "Make the request")
            says(sam, "R-1 is made")
        with desk.visited("dora") as dora:
            choose(dora, "R-1")
            answer(dora, {"recording-2": "claims"})
            approve(dora, "dora")
            dora.goto("/requests/R-1/erase")
            press(dora, "See what would be destroyed")
            dora.get_by_label("Give out the signed certificate").check()
            fill_in(dora, Type_R="R-1")
            press(dora, "Destroy it")
            certificate = save(dora, "Save the certificate", tmp_path)
            choose(dora, "Letters about R-1")
            answer(dora, {"kind": "erased"})
            press(dora, "Write the letter")
            expect(dora.get_by_label("The letter")).to_contain_text("We have erased 1 recording")
            assert save(dora, "Save for paper", tmp_path).read_bytes().startswith(b"%PDF-")
            answer(dora, {"how": "letter"})
            press(dora, "Put on record that it was sent")
            says(dora, "letter 1 was sent")
    with ZipFile(certificate) as enclosed:
        enclosed.extractall(tmp_path)
    assert is_whole(house, tmp_path / "C-1")
    assert is_intact(house)
    (tmp_path / "papers").mkdir()
    made = ("--recording=1", "--recording=2", *options(ERASURE))
    type_all(
        other,
        ("sam", "request", "create", "erasure", *made),
        ("dora", "approve", "R-1", "--yes", "--recording=1", "--withhold=2=claims"),
        ("dora", "request", "erase", "R-1", "--yes", f"--to={tmp_path / 'papers'}"),
        ("dora", "request", "letter", "R-1", "--kind=erased"),
        ("dora", "request", "letter", "R-1", "--sent=today", "--how=letter"),
    )
    assert acts(house) == acts(other)
    assert "destroyed under certificate C-1" in type_in(house, "max", "show", "1").err


ABUSIVE: Final = {
    **CALL,
    "reason": "The caller threatened the receptionist on duty",
    "recording": "1",
    "affected": "max",
}

HANDED_OVER: Final = {"on": "today", "by": "person", "to_whom": "Inspector Penhale"}


def test_an_abusive_caller_from_log_in_to_the_package_handed_over(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    with at_work(house) as desk:
        with desk.visited("sam") as sam:
            choose(sam, "Requests", "Make a request", "Abusive call")
            answer(sam, ABUSIVE)
            press(sam, "Make the request")
            says(sam, "is about max, so max cannot decide it")
        with desk.visited("max") as max_:
            choose(max_, "Requests", "R-1")
            says(max_, "This request is about you, so you cannot decide it")
            expect(max_.get_by_role("link", name="Approve or withhold")).to_have_count(0)
        with desk.visited("mia") as mia:
            choose(mia, "R-1")
            approve(mia, "mia")
        with desk.visited("sam") as sam:
            sam.goto("/requests/R-1/release")
            package, words = release(sam, "sam", tmp_path)
            press(sam, "I have the passphrase: say that it was handed over")
            answer(sam, HANDED_OVER)
            press(sam, "Record this")
            sam.goto("/requests/R-1/close")
            fill_in(sam, Type_R="R-1")
            press(sam, "Close")
            says(sam, "R-1 is closed")
    assert is_whole(house, opened(package, words, tmp_path / "opened"))
    assert is_intact(house)
    type_all(
        other,
        ("sam", "request", "create", "abusive-call", *options(ABUSIVE)),
        ("mia", "approve", "R-1", "--yes"),
        ("sam", "release", "R-1", f"--to={tmp_path}"),
        ("sam", "request", "event", "R-1", "handed-over", *options(HANDED_OVER)),
        ("sam", "request", "close", "R-1", "--yes"),
    )
    assert acts(house) == acts(other)


REPORTED: Final = {
    "noticed": "24/11/2026 9:30",
    "what": "I left the recording of a patient playing in the waiting room",
    "tell": "mia",
    "recording": "1",
}

FOUND: Final = {
    "nature": "A recording was overheard",
    "people": "patients",
    "people_count": "1",
    "records": "recordings of calls",
    "record_count": "1",
    "contact": "Dora Whitlock, 01632 960000",
    "consequences": "The patient may be harmed by what was said",
    "measures": "The player is in another room now",
    "facts": "It played for a minute",
    "effects": "Two people heard it",
    "remedy": "It was stopped",
    "likelihood": "4",
    "impact": "4",
}

TOLD: Final = {
    "people_told": "1",
    "people_told_on": "24/11/2026",
    "people_told_how": "by telephone",
    "dspt_reference": "4711",
}

CLOSED: Final = {
    "outcome": "reported",
    "on": "24/11/2026 11:30",
    "reason": "The Information Commissioner was told by telephone",
}


def test_an_incident_from_its_report_to_its_end_in_the_register(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    with at_work(house) as desk:
        with desk.visited("sam") as sam:
            choose(sam, "Incidents", "Report an incident")
            answer(sam, REPORTED)
            press(sam, "Report the incident")
            says(sam, "I-1 is reported; mia is told")
        with desk.visited("mia") as mia:
            choose(mia, "I-1", "Add what was found out")
            answer(mia, FOUND)
            give_password(mia, "mia", "Add this")
            says(mia, "the people affected are told, without undue delay")
        with desk.visited("dora") as dora:
            choose(dora, "I-1", "Close it")
            _close(dora, "dora")
            says(dora, "nothing says so yet")
            choose(dora, "Back", "Add what was found out")
            answer(dora, TOLD)
            press(dora, "Add this")
            choose(dora, "I-1", "Close it")
            _close(dora)
            says(dora, "I-1 is closed")
        with desk.visited("ava") as ava:
            choose(ava, "Registers", "Incidents")
            give_password(ava, "ava", "Read it")
            ava.get_by_text("Choose rows, sort or save").click()
            register = json.loads(save(ava, "Save as JSON", tmp_path).read_text())
    assert is_intact(house)
    type_all(
        other,
        ("sam", "incident", "report", *options(REPORTED)),
        ("mia", "incident", "update", "I-1", *options(FOUND)),
    )
    closing = ("incident", "close", "I-1", *options(CLOSED), "--yes")
    assert "nothing says so yet" in type_in(other, "dora", *closing).err
    type_all(other, ("dora", "incident", "update", "I-1", *options(TOLD)), ("dora", *closing))
    typed = json.loads(done(other, "ava", "practice", "register", "incidents", "--json"))
    for known in (*register["items"], *typed["items"]):
        known.pop("reported_at")  # the desk's clock goes on
    assert register["items"] == typed["items"]
    assert acts(house) == acts(other)


def _close(page: Page, login: str = "") -> None:
    answer(page, CLOSED)
    page.get_by_label("Close I-1").check()
    if login:
        give_password(page, login, "Close the incident")
    else:
        press(page, "Close the incident")


lived_twice = twice(LIVED_IN)

QUARTER: Final = {"since": "1/1/2027", "until": "1/4/2027"}

MONTHS: Final = ("2027-01", "2027-02", "2027-03")

LISTS: Final = {
    "/holds": ("hold", "list"),
    "/drives": ("archive", "list"),
    "/incidents": ("incident", "list"),
    "/complaints": ("complaint", "list"),
    "/people": ("user", "list"),
}

GROWN: Final = frozenset(
    {
        *("by", "read_at", "made_at", "last_login_at", "last_seen_at"),
        *("entries", "head", "root", "size", "checkpoints", "anchors", "details_opened"),
    }
)
"""What is another at another time, or once the record has one more entry."""

OF_DRIVES: Final = frozenset({"on_vaults_disk", "unarchived"})
"""Folders stand for drives in a test's own process alone, not in the desk's (`stand_alone`)."""


def test_an_inspector_reads_and_saves_a_quarter_as_at_a_terminal(
    lived_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = lived_twice
    with at_work(house) as desk, desk.visited("ava") as ava:
        saved = {**_registers_and_lists(ava, tmp_path), **_record_and_reports(ava, tmp_path)}
    assert saved == _typed(other, tmp_path)
    # A terminal reads again for another file.
    once = [[act for act, _ in groupby(acts(each))] for each in (house, other)]
    assert once[0] == once[1]


def _registers_and_lists(page: Page, to: Path) -> dict[str, object]:
    saved: dict[str, object] = {}
    for register in RegisterName:
        choose(page, "Registers", register.replace("-", " ").capitalize())
        answer(page, QUARTER if _has_days(register) else {})
        _go_on(page, "Read it")
        says(page, "That is recorded")
        for kind in ("csv", "json"):
            saved[f"{register}.{kind}"] = _saved(page, kind, to)
    for listed in LISTS:
        page.goto(listed)
        saved[listed] = _saved(page, "json", to)
    return saved


def _record_and_reports(page: Page, to: Path) -> dict[str, object]:
    saved: dict[str, object] = {}
    choose(page, "Registers", "The record")
    answer(page, {**QUARTER, "limit": "2000"})
    _go_on(page, "Read it")
    says(page, "Ask for other entries")
    saved["record"] = _saved(page, "json", to)
    for month in MONTHS:
        choose(page, "Registers", "Report of a month")
        answer(page, {"month": month})
        _go_on(page, "Make the report")
        saved[month] = _saved(page, "json", to)
    choose(page, "Registers", "Check the record")
    answer(page, {"how": "full"})
    _go_on(page, "Check it")
    _wait_for_verdict(page)
    expect(page.locator("main .words")).to_have_text("INTACT")
    saved["check"] = _saved(page, "json", to)
    return saved


def _typed(house: House, to: Path) -> dict[str, object]:
    """The same, as the command line writes it."""

    def told(*words: str) -> object:
        return _told(done(house, "ava", *words, "--json").encode())

    typed: dict[str, object] = {}
    for register in RegisterName:
        days = options(QUARTER) if _has_days(register) else []
        for kind in ("csv", "json"):
            file = to / f"typed-{register}.{kind}"
            done(house, "ava", "practice", "register", register, f"--to={file}", *days)
            typed[f"{register}.{kind}"] = _told(file.read_bytes())
    typed |= {listed: told(*command) for listed, command in LISTS.items()}
    typed["record"] = told("audit", "list", *options(QUARTER), "--limit=2000")
    typed |= {month: told("practice", "report", f"--month={month}") for month in MONTHS}
    return typed | {"check": told("audit", "verify", "--full")}


def _has_days(register: RegisterName) -> bool:
    return bool(REGISTER_SOURCES[register].entered)


def _go_on(page: Page, then: str) -> None:
    """With the password, unless it still counts."""
    expect(page.get_by_role("button", name=then)).to_be_visible()
    if page.get_by_label("Your password", exact=True).count():
        give_password(page, "ava", then)
    else:
        press(page, then)


def _saved(page: Page, kind: str, to: Path) -> object:
    if (folded := page.locator("details:not([open]) > summary")).count():
        folded.first.click()
    return _told(save(page, f"Save as {kind.upper()}", to).read_bytes())


def _told(data: bytes) -> object:
    """A file as it is compared."""

    def told(value: object) -> object:
        match value:
            case dict():
                return {
                    name: told(each)
                    for name, each in value.items()
                    if name not in GROWN | OF_DRIVES
                }
            case list():
                return [told(each) for each in value]
            case _:
                return value

    text = data.decode("utf-8-sig")
    return told(json.loads(text) if text.startswith("{") else [*csv.DictReader(StringIO(text))])


def _wait_for_verdict(page: Page) -> None:
    verdict, goes_on = page.locator("main .words"), page.get_by_role("link", name="See whether")
    expect(verdict.or_(goes_on)).to_be_visible()
    while goes_on.count():
        goes_on.click()
        expect(verdict.or_(goes_on)).to_be_visible()


lived = copied(LIVED_IN)

THEIRS: Final = re.compile(
    r"/registers/[a-z-]+|/record(/check)?|/report|/searches"  # what they read
    r"|/requests/new/[a-z-]+|/incidents/new|/complaints/new"  # what anybody may enter
    r"|/check-package"  # what anybody may check
    r"|/account/password|/people/[0-9a-f]+/log-out"  # their own login
)
"""Addresses of the forms that an auditor may send."""

READS: Final = frozenset(
    {*SHOWN, "complaint.shown", "person.shown", "people.named", "people.listed"}
)
"""What opening pages leaves on record."""


def test_an_inspector_is_offered_nothing_that_acts_and_opens_no_form_of_it(lived: House) -> None:
    before = len(acts(lived))
    with at_work(lived) as desk, desk.visited("ava") as ava:
        ava.goto("/unlock")
        give_password(ava, "ava", "Go on")
        offered = set[str]()
        for page in (*LISTS, "/requests", "/registers", "/settings", "/incidents/I-1"):
            ava.goto(page)
            links = ava.locator("main .acts a, main .button, main .facts a")
            offered |= {*links.evaluate_all("links => links.map(link => link.pathname)")}
        for form in FORMS:
            if "ava" in refused(form):
                answered = ava.goto(address(lived, form))
                assert answered is not None
                assert answered.status in (403, 404), form
    assert "/registers/access" in offered
    assert {each for each in offered if _is_sent(each) and not THEIRS.fullmatch(each)} == set()
    done_by_them = {each.act for each in acts(lived)[before:] if each.outcome is Outcome.DONE}
    assert done_by_them <= READS


def _is_sent(address: str) -> bool:
    """Whether a form stands there."""
    with suppress(NotFound):
        find_page("POST", address)
        return True
    return False

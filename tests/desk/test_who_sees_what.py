"""Who sees which page: every address of the desk for every role, as at the command line.

What the menu does not lead somebody to is not to be had by its address either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from callrec.audit.leaf import Outcome
from callrec.desk.routes import ROUTES
from callrec.login.people import find_person
from callrec.requests.holding import match_open_holds
from house.commands import type_in
from house.desks import Visit, visit, written
from house.practices import House, password_of
from house.requests import REASON
from house.stages import LIVED_IN, copied, looked_at

lived = copied(LIVED_IN)

seen = looked_at(LIVED_IN)

ROLES: Final = ("dora", "pat", "max", "sam", "ava")
"""Data Controller, partner, manager, staff, auditor."""

PARTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("reference", "request"), "R-7"),
    "recording": "1",
    "number": "1",
    "name": "disclosure",
    "hold": "H-4",
    "kind": "complaints",
    "purpose": "complaint",
    "event": "handed-over",
    "incident": "I-1",
    "complaint": "C-1",
    "step": "progress",
    "subject": "S-1",
    "key": "AbCd-1234",
}
"""What stands in an address for each of its parts; nobody keeps anything under that key."""

REFUSED: Final[Mapping[str, str]] = {
    "/holds/{hold}": "sam ava",
    "/incidents/{incident}": "max",
    "/complaints/{complaint}": "max",
    "/recordings/{recording}": "sam ava",
    "/requests/{reference}": "ava",
    "/requests/{reference}/approve": "pat max sam ava",
    "/requests/{reference}/dossier": "max",
    "/requests/{reference}/letters": "ava",
    "/retention": "pat sam ava",
    "/retention/propose": "pat sam ava",
    "/subjects": "sam ava",
}
"""Who is refused a page that shows something. A page that only asks is shown to everybody: what it
asks for is refused where it is sent."""

KEPT_BY_NOBODY: Final = re.compile(r".*\{key\}.*|.*/letters/\{number\}.*")
"""What somebody read or wrote, which is shown under a key of their login, or not there yet."""

TYPED: Final[Mapping[str, Sequence[str]]] = {
    "/": ("inbox",),
    "/account": ("user", "whoami"),
    "/complaints": ("complaint", "list"),
    "/complaints/{complaint}": ("complaint", "show", "C-1"),
    "/drives": ("archive", "list"),
    "/holds": ("hold", "list"),
    "/holds/{hold}": ("hold", "show", "H-4"),
    "/incidents": ("incident", "list"),
    "/incidents/{incident}": ("incident", "show", "I-1"),
    "/notices": ("practice", "notice", "list"),
    "/people": ("user", "list"),
    "/people/{person}": ("user", "show", "mia"),
    "/requests": ("request", "list"),
    "/requests/{reference}": ("request", "show", "R-7"),
    "/requests/{reference}/dossier": ("request", "dossier", "R-7"),
    "/retention": ("retention", "review"),
    "/retention/propose": ("retention", "dispose", "--dry-run"),
    "/sessions": ("user", "sessions"),
    "/settings": ("practice", "settings", "show"),
    "/status": ("status",),
}
"""The command that shows what a page shows."""

PAGES: Final = [
    route.removeprefix("GET ")
    for route in ROUTES
    if route.startswith("GET ") and route != "GET /logout"
]


def address(house: House, page: str) -> str:
    """A page's address, for one request, hold, person and so on."""
    person = find_person(house.practice, "mia")[0].id
    parts = {**PARTS, "person": person}
    return re.sub(r"\{(\w+)\}", lambda part: parts[part[1]], page)


@pytest.mark.parametrize("login", ROLES)
def test_each_page_is_shown_to_whom_it_is_for_and_to_nobody_else(seen: House, login: str) -> None:
    somebody = visit(seen, login)
    wrong = []
    for page in PAGES:
        if not somebody.seat.is_unlocked:  # a page may let a password count no more
            somebody.fill_in("/unlock", to="/")
        is_shown = somebody.open(address(seen, page)).status == 200
        gone = KEPT_BY_NOBODY.fullmatch(page)
        if is_shown is (bool(gone) or login in REFUSED.get(page, "").split()):
            wrong.append((page, is_shown))
    assert wrong == []


@pytest.mark.parametrize("login", ROLES)
def test_a_page_is_refused_where_the_command_is(seen: House, login: str) -> None:
    refused = {page: type_in(seen, login, *words).status != 0 for page, words in TYPED.items()}
    assert refused == {page: login in REFUSED.get(page, "").split() for page in TYPED}


def test_the_tables_name_pages_that_there_are() -> None:
    assert {*REFUSED, *TYPED} <= {*PAGES}


FORMS: Final[Mapping[str, tuple[str, dict[str, Any], Sequence[str]]]] = {
    "/registers/access": ("max sam", {}, ("practice", "register", "access")),
    "/registers/disclosure": ("max sam", {}, ("practice", "register", "disclosure")),
    "/registers/complaints": ("max sam", {}, ("practice", "register", "complaints")),
    "/record": ("max sam", {}, ("audit", "list")),
    "/searches": ("max sam", {}, ("audit", "review-searches")),
    "/report": ("max sam", {}, ("report",)),
    "/holds/place": (
        "sam ava",
        {"recordings": "1", "reason": REASON},
        ("hold", "place", "1", "--reason", REASON),
    ),
    "/holds/{hold}/lift": (
        "max sam ava",
        {
            "reason": REASON,
            "confirmed": "yes",
            "second": "pat",
            "second_password": password_of("pat"),
        },
        (),
    ),
    "/retention/propose": ("pat sam ava", {}, ("retention", "dispose")),
    "/drives/keep": (
        "pat sam ava",
        {"label": "drive-a", "by": "Max Harding", "at": "the bank"},
        ("archive", "keep", "drive-a", "--with", "Max Harding", "--at", "the bank"),
    ),
    "/people/add": (
        "pat max sam ava",
        {"user": "nell", "name": "Nell Ashworth", "role": "staff"},
        ("user", "add", "nell", "--name", "Nell Ashworth", "--role", "staff"),
    ),
    "/people/{person}/role": (
        "pat max sam ava",
        {"role": "staff"},
        ("user", "role", "mia", "staff"),
    ),
    "/people/{person}/lend": (
        "pat max sam ava",
        {"power": "read-audit", "until": "2027-12-31"},
        ("user", "delegate", "mia", "--power", "read-audit", "--until", "2027-12-31"),
    ),
    "/people/{person}/take-back": (
        "pat max sam ava",
        {"power": "read-audit"},
        ("user", "delegate", "mia", "--power", "read-audit", "--end"),
    ),
    "/people/{person}/disable": (
        "pat max sam ava",
        {"confirmed": "yes"},
        ("user", "disable", "mia", "--yes"),
    ),
    "/people/{person}/reset": (
        "pat max sam ava",
        {"confirmed": "yes"},
        ("user", "reset", "mia", "--yes"),
    ),
    "/people/{person}/log-out": (
        "pat max sam ava",
        {},
        ("user", "sessions", "mia", "--end"),
    ),
}
"""By form: who is refused what it sends, what is filled in, and the command that does it."""


@pytest.mark.parametrize("form", FORMS)
def test_who_may_not_do_it_is_told_so_in_the_command_s_words(seen: House, form: str) -> None:
    logins, fields, words = FORMS[form]
    for login in logins.split():
        somebody = visit(seen, login)
        match_open_holds(seen.practice, seen.actor(login))  # which waits for who comes next
        answers: list[Any] = []
        leaves = written(seen, lambda: answers.append(send(somebody, form, fields)))  # noqa: B023
        assert answers[0].status == 403, (login, answers[0].words)
        assert {each.outcome for each in leaves} <= {Outcome.REFUSED}, (login, leaves)
        if words:
            told = type_in(seen, login, *words)
            message = told.err.partition("error: ")[2].partition(" [")[0].splitlines()[0]
            assert message[1:] in answers[0].words


def send(somebody: Visit, form: str, fields: dict[str, Any]) -> Any:
    return somebody.fill_in(address(somebody.house, form), **fields)


@pytest.mark.parametrize("login", ROLES)
def test_no_link_of_the_menu_or_of_the_records_leads_to_what_is_refused(
    seen: House, login: str
) -> None:
    somebody = visit(seen, login)
    hub = somebody.open("/registers")
    menu = re.findall(r'<li><a href="(/[a-z]*)"', hub.html)
    for link in {*menu, *(each for each in hub.links if each.startswith("/"))}:
        assert somebody.open(link).status == 200, link
        if link.startswith(("/registers/", "/record", "/report", "/searches")):
            assert somebody.fill_in(link).status == 200, link


def test_an_inspector_s_login_changes_nothing(lived: House) -> None:
    """The auditor reads: whatever they fill in, nobody's powers, holds or rules are others then."""
    ava = visit(lived, "ava")
    for form, (logins, fields, _) in FORMS.items():
        leaves = written(lived, lambda: send(ava, form, fields))  # noqa: B023
        changed = [each for each in leaves if each.outcome is Outcome.DONE]
        reads = {"register.read", "audit.listed", "report.made", "searches.counted"}
        assert {each.act for each in changed} <= reads | {"searches.drawn"}, form
        assert ("ava" in logins.split()) is (changed == []), form

"""Who sees which page: every address of the desk for every role, as at the command line.

What the menu does not lead somebody to is not to be had by its address either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import pytest

from callrec.audit.leaf import Outcome
from callrec.desk.routes import ROUTES
from callrec.login.people import find_person
from callrec.policy.words import in_words
from callrec.requests.holding import match_open_holds
from house.commands import type_in
from house.desks import Shown, Visit, visit, written
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
    "way": "printed",
    "key": "AbCd-1234",
}
"""What stands in an address for each of its parts; nobody keeps anything under that key."""

EVERYBODY: Final = " ".join(ROLES)

ALL_BUT_DORA: Final = "pat max sam ava"

REFUSED: Final[Mapping[str, str]] = {
    "/search": "sam ava",
    "/recordings/{recording}": "sam ava",
    "/subjects": "sam ava",
    "/subjects/find": "sam ava",
    "/subjects/new": "sam ava",
    "/subjects/{subject}": "sam ava",
    "/subjects/{subject}/change": "sam ava",
    "/subjects/{subject}/erase": ALL_BUT_DORA,
    "/registers/{name}": "max sam",
    "/record": "max sam",
    "/searches": "max sam",
    "/report": "max sam",
    "/holds/place": "sam ava",
    "/holds/{hold}": "sam ava",
    "/holds/{hold}/lift": ALL_BUT_DORA,
    "/retention": "pat sam ava",
    "/retention/propose": "pat sam ava",
    "/retention/undo": "pat sam ava",
    "/retention/dispose/{request}": ALL_BUT_DORA,
    "/drives/keep": "pat sam ava",
    "/settings/apply": ALL_BUT_DORA,
    "/people/add": ALL_BUT_DORA,
    "/people/{person}/confirm": ALL_BUT_DORA,
    "/people/{person}/role": ALL_BUT_DORA,
    "/people/{person}/lend": ALL_BUT_DORA,
    "/people/{person}/take-back": ALL_BUT_DORA,
    "/people/{person}/disable": ALL_BUT_DORA,
    "/people/{person}/reset": ALL_BUT_DORA,
    "/people/{person}/log-out": ALL_BUT_DORA,
    "/incidents/{incident}": "max",
    "/incidents/{incident}/update": "pat max ava",
    "/incidents/{incident}/close": EVERYBODY,
    "/complaints/{complaint}": "max",
    "/complaints/{complaint}/{step}": EVERYBODY,
    "/requests/{reference}": "ava",
    "/requests/{reference}/approve": ALL_BUT_DORA,
    "/requests/{reference}/deny": ALL_BUT_DORA,
    "/requests/{reference}/revoke": ALL_BUT_DORA,
    "/requests/{request}/erase": ALL_BUT_DORA,
    "/requests/{reference}/review-glass": "max sam",
    "/requests/{reference}/amend": "ava",
    "/requests/{reference}/attach": "ava",
    "/requests/{reference}/detach": "ava",
    "/requests/{reference}/event": "ava",
    "/requests/{reference}/event/{event}": "ava",
    "/requests/{reference}/close": "pat max ava",
    "/requests/{reference}/withdraw": "dora pat max ava",
    "/requests/{reference}/gather": "sam ava",
    "/requests/{reference}/letters": "ava",
    "/requests/{reference}/dossier": "max",
    "/requests/{reference}/listen": "ava",
    "/requests/{reference}/listen/{recording}": "ava",
    "/requests/{reference}/listen/{recording}/marks": "ava",
    "/requests/{reference}/release": "ava",
}
"""Who is refused a page that shows something, or a form before it asks for anything; everybody,
where nothing more is done about that incident and that complaint."""

KEPT_BY_NOBODY: Final = re.compile(
    r".*\{key\}.*|.*/letters/\{number\}.*|/subjects/\{subject\}/(change|erase)"
    r"|/account/factors/\{name\}/remove"
)
"""What somebody read or wrote, which is shown under a key of their login, or not there yet; a
person whom nobody entered; and a second factor that nobody added."""

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


def refused(page: str) -> Sequence[str]:
    """The logins that are refused a page, or the form at it."""
    return REFUSED.get(re.sub(r"^/registers/[a-z]+$", "/registers/{name}", page), "").split()


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
        if is_shown is (bool(gone) or login in refused(page)):
            wrong.append((page, is_shown))
    assert wrong == []


@pytest.mark.parametrize("login", ROLES)
def test_a_page_is_refused_where_the_command_is(seen: House, login: str) -> None:
    told_no = {page: type_in(seen, login, *words).status != 0 for page, words in TYPED.items()}
    assert told_no == {page: login in refused(page) for page in TYPED}


def test_a_request_that_there_is_not_is_not_there_on_any_page_before_a_password(
    seen: House,
) -> None:
    sam = visit(seen, "sam")
    for page in PAGES:
        if re.search(r"\{(reference|request)\}", page) and "{key}" not in page:
            shown = sam.open(address(seen, page).replace("R-7", "R-99"))
            assert (shown.status, "There is no request R-99." in shown.words) == (404, True), page


def test_the_tables_name_pages_that_there_are() -> None:
    assert {*REFUSED, *TYPED} <= {*PAGES}


FORMS: Final[Mapping[str, tuple[dict[str, Any], Sequence[str]]]] = {
    "/registers/access": ({}, ("practice", "register", "access")),
    "/registers/disclosure": ({}, ("practice", "register", "disclosure")),
    "/registers/complaints": ({}, ("practice", "register", "complaints")),
    "/record": ({}, ("audit", "list")),
    "/searches": ({}, ("audit", "review-searches")),
    "/report": ({}, ("report",)),
    "/holds/place": (
        {"recordings": "1", "reason": REASON},
        ("hold", "place", "1", "--reason", REASON),
    ),
    "/holds/{hold}/lift": (
        {
            "reason": REASON,
            "confirmed": "yes",
            "second": "pat",
            "second_password": password_of("pat"),
        },
        (),
    ),
    "/retention/propose": ({}, ("retention", "dispose")),
    "/drives/keep": (
        {"label": "drive-a", "by": "Max Harding", "at": "the bank"},
        ("archive", "keep", "drive-a", "--with", "Max Harding", "--at", "the bank"),
    ),
    "/people/add": (
        {"user": "nell", "name": "Nell Ashworth", "role": "staff"},
        ("user", "add", "nell", "--name", "Nell Ashworth", "--role", "staff"),
    ),
    "/people/{person}/role": (
        {"role": "staff"},
        ("user", "role", "mia", "staff"),
    ),
    "/people/{person}/lend": (
        {"power": "read-audit", "until": "2027-12-31"},
        ("user", "delegate", "mia", "--power", "read-audit", "--until", "2027-12-31"),
    ),
    "/people/{person}/take-back": (
        {"power": "read-audit"},
        ("user", "delegate", "mia", "--power", "read-audit", "--end"),
    ),
    "/people/{person}/disable": (
        {"confirmed": "yes"},
        ("user", "disable", "mia", "--yes"),
    ),
    "/people/{person}/reset": (
        {"confirmed": "yes"},
        ("user", "reset", "mia", "--yes"),
    ),
    "/people/{person}/log-out": (
        {},
        ("user", "sessions", "mia", "--end"),
    ),
}
"""What is filled into a form, and the command that does what it does."""


@pytest.mark.parametrize("form", FORMS)
def test_who_may_not_do_it_is_told_so_before_the_password_in_the_command_s_words(
    seen: House, form: str
) -> None:
    fields, words = FORMS[form]
    for login in refused(form):
        somebody, shown = visit(seen, login), list[Shown]()
        match_open_holds(seen.practice, seen.actor(login))  # which waits for who comes next
        opening = written(seen, lambda: shown.append(somebody.open(address(seen, form))))  # noqa: B023
        sending = written(seen, lambda: shown.append(send(somebody, form, fields)))  # noqa: B023
        assert [each.status for each in shown] == [403, 403], (login, shown[0].words)
        assert {each.outcome for each in (*opening, *sending)} == {Outcome.REFUSED}, login
        assert opening[-1] == sending[-1]
        if words:
            told = type_in(seen, login, *words)
            message = told.err.partition("error: ")[2].partition(" [")[0].splitlines()[0]
            assert all(message[1:] in each.words for each in shown)


def send(somebody: Visit, form: str, fields: dict[str, Any]) -> Shown:
    return somebody.fill_in(address(somebody.house, form), **fields)


TELLS_OF_COMMANDS: Final = re.compile(r"/|/status|/requests/R-\d+/dossier")
"""Pages whose sentences name what others do, with links to it."""


@pytest.mark.parametrize("login", ROLES)
def test_no_page_leads_to_what_is_refused(seen: House, login: str) -> None:
    somebody, reached = visit(seen, login), dict[str, int]()
    found = {"/requests", "/registers", "/people", "/incidents", "/complaints", "/account"}
    while left := sorted(found - reached.keys() - {"/logout"}):
        for each in left:
            if not somebody.seat.is_unlocked:  # a page may let a password count no more
                somebody.fill_in("/unlock", to="/")
            shown = somebody.open(each)
            reached[each] = shown.status
            if not TELLS_OF_COMMANDS.fullmatch(each):
                found |= {urlsplit(urljoin(each, link)).path for link in shown.links}
    assert {each for each, status in reached.items() if status != 200} == set()
    for each in reached:
        if each.startswith(("/registers/", "/record", "/report", "/searches")):
            assert somebody.fill_in(each).status == 200, each


SENT: Final = [
    route.removeprefix("POST ")
    for route in ROUTES
    if route.startswith("POST ") and route != "POST /logout"
]


@pytest.mark.parametrize("login", ROLES)
def test_whatever_is_sent_does_nothing_for_those_who_are_refused_its_form(
    lived: House, login: str
) -> None:
    """Every form that there is; of everybody else no role is refused what their form sends."""
    somebody, role = visit(lived, login), lived.actor(login).person.role
    match_open_holds(lived.practice, lived.actor(login))
    for form in SENT:
        is_refused = login in refused(form)
        fields = FORMS[form][0] if is_refused and form in FORMS else {}
        shown = list[Shown]()
        leaves = written(lived, lambda: shown.append(send(somebody, form, fields)))  # noqa: B023
        if is_refused:
            assert shown[0].status in (403, 404, 422), form
            done = {each.act for each in leaves if each.outcome is Outcome.DONE}
            assert done <= {"request.shown"}, form  # their own, at which the form is shown again
        else:
            assert f"The role {in_words(role)} may not" not in shown[0].words, form


def test_an_inspector_s_login_changes_nothing(lived: House) -> None:
    """The auditor reads: whatever they fill in, nobody's powers, holds or rules are others then."""
    ava = visit(lived, "ava")
    for form, (fields, _) in FORMS.items():
        leaves = written(lived, lambda: send(ava, form, fields))  # noqa: B023
        changed = [each for each in leaves if each.outcome is Outcome.DONE]
        reads = {"register.read", "audit.listed", "report.made", "searches.counted"}
        assert {each.act for each in changed} <= reads | {"searches.drawn"}, form
        assert ("ava" in refused(form)) is (changed == []), form

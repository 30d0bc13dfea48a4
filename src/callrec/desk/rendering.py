"""Pages made of values. All that is put into a page is escaped (Jinja2's autoescape)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from callrec.crypto.webauthn import PRF_INPUT, as_base64url
from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.hints import fields_of, with_links
from callrec.desk.seat import PasswordNeeded, Seat
from callrec.errors import CallrecError, Locked, NotFound, Refused, Unusable
from callrec.policy.days import short_date
from callrec.policy.role import Power
from callrec.practice import powers
from callrec.system.spreadsheet import Cell, to_csv
from callrec.views.words import (
    act_in_words,
    answer_in_words,
    as_words,
    counted,
    json_text,
    local_time,
)

_STATUS: Final[Mapping[type[CallrecError], HTTPStatus]] = {
    Refused: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Unusable: HTTPStatus.UNPROCESSABLE_ENTITY,
    Locked: HTTPStatus.FORBIDDEN,
}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("callrec.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "words": as_words,
        "answer": answer_in_words,
        "act": act_in_words,
        "day": short_date,
        "links": _links,
        "two_of": lambda value: (value, value),
        "sentence": _sentence,
        "upper_first": lambda text: text[:1].upper() + text[1:],
    }
    made.globals |= {"counted": counted, "passkey_input": as_base64url(PRF_INPUT)}
    return made


@pass_context
def _links(context: Context, text: str) -> Markup:
    """A hint with links to what the person who reads it may have."""
    seat = context.get("seat")
    return with_links(text) if seat is None else with_links(text, powers(seat.practice, seat.actor))


@pass_context
def _sentence(context: Context, text: str) -> Markup:
    """A line as a sentence, with the commands in it as links; what is markup stays what it is."""
    if isinstance(text, Markup):
        return text
    said = _links(context, text if text[-1:] in {".", "!", "?"} else f"{text}.")
    return said[:1].upper() + said[1:]


def load_templates() -> None:
    """Compile every template, in the process that is forked for each login."""
    for name in _environment().list_templates():
        _environment().get_template(name)


def bare_page(template: str, *, status: int = 200, **values: Any) -> Answered:
    """A page for people who are not logged in."""
    text = (
        _environment()
        .get_template(template)
        .render(seat=None, menu=(), problem=None, at_fault=(), done=(), **values)
    )
    return Answered(status, text.encode())


def page(
    seat: Seat, template: str, *, title: str, asked: Asked | None = None, **values: Any
) -> Answered:
    """A page for the person who is logged in.

    Args:
        seat: whose.
        template: its file in templates/.
        title: what it is; nothing personal.
        asked: what was filled in, for a form that is shown again with ``seat.problem``.
        values: what the template shows.
    """

    def moment(at: datetime | None) -> str:
        return local_time(at, seat.zone)

    text = (
        _environment()
        .get_template(template)
        .render(
            seat=seat,
            menu=menu_of(seat),
            title=title,
            problem=seat.problem,
            at_fault=fields_of(seat.problem) if seat.problem and asked and asked.fields else (),
            done=_taken(seat.done),
            asked=asked or Asked("GET", "/"),
            moment=moment,
            **values,
        )
    )
    status = HTTPStatus.OK if seat.problem is None else status_of(seat.problem)
    return Answered(status, text.encode())


def form(template: str, title: str, **values: Any) -> Callable[[Seat, Asked], Answered]:
    """A page that asks, and shows nothing of the vault before."""

    def ask(seat: Seat, asked: Asked) -> Answered:
        return page(seat, template, title=title, asked=asked, **values)

    return ask


def _taken(lines: list[str]) -> Sequence[str]:
    """The lines, which are there no more."""
    taken = tuple(lines)
    lines.clear()
    return taken


def status_of(problem: CallrecError) -> HTTPStatus:
    """The status of HTTP for an error."""
    if isinstance(problem, PasswordNeeded):
        return HTTPStatus.OK
    for kind, status in _STATUS.items():
        if isinstance(problem, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def error_page(seat: Seat, problem: CallrecError) -> Answered:
    """An error for which there is no form to show again."""
    seat.problem = problem
    return page(seat, "error.html", title="That cannot be done")


def cannot_open(problem: CallrecError) -> Answered:
    """The vault cannot be opened, so nobody knows who may see what."""
    message, hint = problem.message, problem.hint
    return bare_page(
        "refusal.html", status=HTTPStatus.SERVICE_UNAVAILABLE, message=message, hint=hint
    )


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A page that the menu leads to."""

    address: str
    name: str


def menu_of(seat: Seat) -> Sequence[MenuItem]:
    """What the menu shows to a person: what they may do."""
    may = powers(seat.practice, seat.actor)
    return [item for needed, item in _MENU if needed is None or needed in may]


_MENU: Final[Sequence[tuple[Power | None, MenuItem]]] = (
    (None, MenuItem("/", "Inbox")),
    (None, MenuItem("/requests", "Requests")),
    (Power.SEARCH, MenuItem("/search", "Search")),
    (None, MenuItem("/registers", "Registers")),
    (None, MenuItem("/people", "People")),
)


def to(address: str) -> Answered:
    """Sent on to another page, once something is done: opening that again does nothing."""
    return Answered(HTTPStatus.SEE_OTHER, to=address)


def go_on(seat: Seat, address: str, *lines: str) -> Answered:
    """Sent on to a page, on which stands first what was done."""
    seat.done += lines
    return to(address)


def download(data: bytes, kind: str, save_as: str) -> Answered:
    """A file for the browser to save; nothing personal in its name."""
    return Answered(body=data, kind=kind, save_as=save_as)


def as_csv(
    headers: Sequence[str], rows: Iterable[Sequence[Cell]], zone: tzinfo, save_as: str
) -> Answered:
    """A table as a file for spreadsheet programs, the same as the command line's."""
    return download(to_csv(headers, rows, zone), "text/csv; charset=utf-8", save_as)


def as_json(value: Mapping[str, Any], save_as: str) -> Answered:
    """A document for other programs."""
    return download(json_text(value).encode(), "application/json", save_as)

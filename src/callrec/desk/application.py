"""What is asked by HTTP: what is let in, and who answers it. It holds nobody's keys."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, partial
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from callrec.crypto.webauthn import relying_party
from callrec.dataclass import dataclass, field
from callrec.desk import guard
from callrec.desk.arriving import Arriving
from callrec.desk.browsers import MOST, Browser, Browsers
from callrec.desk.exchange import SENT, Answered, Asked, Upload
from callrec.desk.factors import Challenges
from callrec.desk.rendering import bare_page
from callrec.desk.telling import say_bug

STATIC: Final[Mapping[str, str]] = {
    "desk.css": "text/css; charset=utf-8",
    "ending.js": "text/javascript; charset=utf-8",
    "passkey.js": "text/javascript; charset=utf-8",
    "player.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


_UNANSWERED: Final = "/unanswered"


# Or a file that is sent would lie in a temporary folder, open, while it is read.
MultiPartParser.spool_max_size = guard.MOST_UPLOAD_BYTES


@dataclass(slots=True, repr=False)
class Admission:
    """Who may see the desk at all, where it serves one person of this machine: one browser."""

    one_time: str | None
    """What the address that admits it ends in; None once it was opened."""
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))


@dataclass(slots=True)
class Desk:
    """What the serving process knows."""

    browsers: Browsers
    origin: str
    """Where it is reached: ``https://desk.practice.example``."""
    admission: Admission | None = None
    """Only where it serves one person of this machine."""
    pages: guard.Allowances = field(default_factory=lambda: guard.Allowances(300, 50))
    logins: guard.Allowances = field(default_factory=lambda: guard.Allowances(10, 0.2))
    challenges: Challenges = field(default_factory=Challenges)
    """What passkeys are asked with at the page on which people log in."""
    has_factors: bool | None = None
    """Whether anybody has a second factor; None: to be asked before that page is shown."""

    async def asks_for_factors(self) -> bool:
        """Whether the page on which people log in takes a second factor."""
        if self.has_factors is None:
            said, _ = await self.browsers.log_in({})
            self.has_factors = bool(said.get("factors"))
        return self.has_factors


def application(desk: Desk) -> ASGIApp:
    """The desk as a web application."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = await _answered(desk, request)
        for name, value in guard.HEADERS.items():
            response.headers.setdefault(name, value)
        if desk.origin.startswith("https:"):
            response.headers.update(guard.OVER_TLS)
        await response(scope, receive, send)

    return answer


async def _answered(desk: Desk, request: Request) -> Response:
    try:
        return await _answer(desk, request)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    except Exception as bug:  # noqa: BLE001  # its text may hold what was typed
        say_bug(bug)
        return _response(_refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong"))


async def _answer(desk: Desk, request: Request) -> Response:
    address = request.client.host if request.client else "a socket"
    if (refused := _not_let_in(desk, request, address)) is not None:
        return _response(refused)
    if desk.admission and (response := _admit(desk.admission, request)) is not None:
        return response
    path = request.url.path
    if path.startswith("/static/"):
        return _static(path.removeprefix("/static/"))
    return await _page(desk, request, address)


async def _page(desk: Desk, request: Request, address: str) -> Response:
    is_ours = not guard.comes_from_elsewhere(request.headers)
    value = request.cookies.get(guard.COOKIE, "") if is_ours else ""
    browser = desk.browsers.find(value)
    asked = await _read(request, is_known=browser is not None)
    if isinstance(asked, Answered):
        return _response(asked)
    if asked.path == _UNANSWERED:
        return _response(_unanswered(asked.query.get("which", "")))
    if asked.path == "/login":
        return await _log_in(desk, asked, address, value)
    if browser is None:
        return _response(Answered(HTTPStatus.SEE_OTHER, to="/login"), forget=bool(value))
    answered = await _ask(browser, asked)
    if answered.ends:
        desk.browsers.forget(value)
    if answered.ends or asked.path.startswith("/account/factors/"):
        desk.has_factors = None  # they may have added the first
    response = _response(answered)
    if not answered.counts:
        return response
    return Arriving(response, browser.coming, partial(_tell_that_it_came, browser, asked))


async def _tell_that_it_came(browser: Browser, asked: Asked) -> None:
    with suppress(EOFError):  # then nothing is on record as handed over
        await browser.ask(Asked(SENT, asked.path))


def _not_let_in(desk: Desk, request: Request, address: str) -> Answered | None:
    """Why a browser's question is not even read."""
    if request.method not in ("GET", "POST"):
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "the desk takes no such method")
    if not desk.pages.take(address):
        return _refusal(HTTPStatus.TOO_MANY_REQUESTS, "too much is asked at once")
    if request.headers.get("host") != desk.origin.partition("://")[2]:
        return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "the desk has another address")
    if not request.url.path.startswith("/static/") and not guard.is_looked_at(request.headers):
        return _refusal(HTTPStatus.FORBIDDEN, "a page is not fetched ahead, or as part of another")
    if request.method == "POST" and not guard.is_from_here(request.headers, desk.origin):
        return _refusal(HTTPStatus.FORBIDDEN, "this form is not of the desk")
    return None


async def _ask(browser: Browser, asked: Asked) -> Answered:
    if not browser.allowance.take():
        return _refusal(HTTPStatus.TOO_MANY_REQUESTS, "too much is asked at once")
    if asked.method == "POST":
        async with browser.coming:  # what it says of a file is said of all that came of it
            pass
    try:
        return await browser.ask(asked)
    except EOFError:
        if asked.method == "POST" and browser.is_cut_short:
            return _cut_short(asked.path)
        return Answered(HTTPStatus.SEE_OTHER, to="/login?ended", ends=True)


def _cut_short(path: str) -> Answered:
    """Sent on to what is known of a form that nobody answered, as after one that was refused."""
    about = re.search(r"/([A-Z]-\d+)(?:/|$)", path)
    to = f"{_UNANSWERED}?which={about[1]}" if about else _UNANSWERED
    return Answered(HTTPStatus.SEE_OTHER, to=to, ends=True)


def _unanswered(which: str) -> Answered:
    """What is known of such a form: nothing."""
    known = which if re.fullmatch(r"[A-Z]-\d{1,9}", which) else ""
    return bare_page("cut_short.html", which=known)


def _admit(admission: Admission, request: Request) -> Response | None:
    """Let in the browser that opens the one-time address, and no other."""
    given = request.cookies.get(guard.ADMITTED, "")
    if hmac.compare_digest(given.encode(), admission.cookie.encode()):
        return None
    opened = request.url.path.removeprefix("/open/").encode()
    if admission.one_time and hmac.compare_digest(opened, admission.one_time.encode()):
        admission.one_time = None
        response = _response(Answered(HTTPStatus.SEE_OTHER, to="/"))
        response.headers.append("set-cookie", guard.cookie(guard.ADMITTED, admission.cookie))
        return response
    message = "this desk is open to one browser of this machine"
    hint = "start a desk of your own at a terminal"
    return _response(_refusal(HTTPStatus.FORBIDDEN, message, hint))


async def _read(request: Request, *, is_known: bool) -> Asked | Answered:
    """What is asked, or why it is not let in."""
    path, query = request.url.path, dict(request.query_params)
    if request.method != "POST":
        return Asked("GET", path, query)
    most = guard.MOST_UPLOAD_BYTES if is_known else guard.MOST_FORM_BYTES
    length = request.headers.get("content-length", "")
    says_two = "transfer-encoding" in request.headers
    if says_two or not length.isdecimal() or int(length) > most:
        return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this is more than a form takes")
    try:
        return await asyncio.wait_for(_filled_in(path, query, request), guard.BODY_SECONDS)
    except TimeoutError:
        return _refusal(HTTPStatus.REQUEST_TIMEOUT, "the form did not come in time")
    except (HTTPException, MultiPartException, ValueError, KeyError):
        return _refusal(HTTPStatus.BAD_REQUEST, "what came is not a form")


async def _filled_in(path: str, query: Mapping[str, str], request: Request) -> Asked:
    fields: dict[str, list[str]] = {}
    uploads: dict[str, Upload] = {}
    async with request.form(max_files=8) as form:
        for name, each in form.multi_items():
            if not isinstance(each, UploadFile):
                fields.setdefault(name, []).append(each)
            elif each.filename:
                uploads[name] = Upload(each.filename, await each.read())
    return Asked("POST", path, query, fields, uploads)


async def _log_in(desk: Desk, asked: Asked, address: str, value: str) -> Response:
    if asked.method == "GET":
        return await _login_page(desk, {}, ended="ended" in asked.query)
    login = asked.first("login")
    password, new, again = (
        asked.fields.get(name, [""])[0] for name in ("password", "new_password", "again")
    )
    if not desk.logins.take(address) or len(desk.browsers.open) >= MOST:
        said = {"error": "too many log in at once", "hint": "wait a minute and try again"}
        return await _login_page(desk, said, login, HTTPStatus.TOO_MANY_REQUESTS)
    if new != again:
        said = {"error": "the two new passwords differ", "hint": "type both again"}
        return await _login_page(
            desk, {**said, "choose": True}, login, HTTPStatus.UNPROCESSABLE_ENTITY
        )
    typed = {"login": login, "password": password, "new_password": new, "address": address}
    shown = {name: asked.first(name) for name in ("passkey", "printed_key")}
    shown["challenge"] = desk.challenges.take(asked.first("challenge"))
    told, cookie = await desk.browsers.log_in({**typed, **shown})
    desk.has_factors = told.get("factors", desk.has_factors)
    if not cookie:
        status = HTTPStatus.FORBIDDEN if "error" in told else HTTPStatus.OK
        return await _login_page(desk, told, login, status)
    desk.logins.of(address).give_back()  # a whole practice may log in from one address
    desk.browsers.forget(value)  # who was logged in here before is not any more
    response = _response(Answered(HTTPStatus.SEE_OTHER, to="/"))
    response.headers.append("set-cookie", guard.cookie(guard.COOKIE, cookie))
    return response


async def _login_page(
    desk: Desk,
    said: Mapping[str, object],
    login: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    *,
    ended: bool = False,
) -> Response:
    asks = await desk.asks_for_factors()
    challenge = desk.challenges.new() if asks and relying_party(desk.origin) else ""
    said = {**said, "asks_for_factors": asks, "challenge": challenge}
    return _response(bare_page("login.html", status=status, said=said, login=login, ended=ended))


def _refusal(status: HTTPStatus, message: str, hint: str = "") -> Answered:
    return bare_page("refusal.html", status=status, message=message, hint=hint)


def _response(answered: Answered, *, forget: bool = False) -> Response:
    headers = {"content-type": answered.kind}
    if answered.to:
        headers["location"] = answered.to
    if answered.save_as:
        headers["content-disposition"] = f'attachment; filename="{answered.save_as}"'
    if forget or answered.ends:
        headers |= guard.LEAVING
    response = Response(answered.body, answered.status, headers)
    if forget or answered.ends:
        response.headers.append("set-cookie", f"{guard.cookie(guard.COOKIE, '')}; Max-Age=0")
    return response


@cache
def _file(name: str) -> bytes:
    return (files("callrec.desk") / "static" / name).read_bytes()


def _static(name: str) -> Response:
    if name not in STATIC:
        return _response(_refusal(HTTPStatus.NOT_FOUND, "there is no such page"))
    headers = {"content-type": STATIC[name], "cache-control": "no-cache"}
    return Response(_file(name), headers=headers)

"""A client of the desk's HTTP that sends what no browser would, and shows all that comes back."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import cast
from urllib.parse import urlencode, urlsplit

from house.practices import password_of

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name; of several the last."""
    cookies: tuple[str, ...]
    """Each ``Set-Cookie`` as it was sent."""
    body: str

    @property
    def to(self) -> str:
        return self.headers.get("location", "")


@dataclass
class Client:
    """One client, with cookies of its own."""

    origin: str
    trusts: ssl.SSLContext | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    within_s: float = 60
    """How long it waits for an answer."""
    kept: ExitStack | None = None
    """Where each connection is left open, as a browser does; else each ends with its answer."""

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    def admitted(self, address: str) -> Client:
        """The same, once it has opened the one-time address."""
        assert self.get(urlsplit(address).path).to == "/"
        return self

    def get(self, path: str, **headers: str) -> Got:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Got:
        """A form of this origin; a header that is given empty is left out."""
        own = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Content-Type": FORM}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", path, urlencode(fields).encode(), headers={**own, **given})

    def send(
        self, method: str, path: str, body: bytes | None = None, *, headers: Mapping[str, str]
    ) -> Got:
        """One request, with a body if there is one."""
        sent = {"Host": self.host, **{n.replace("_", "-"): value for n, value in headers.items()}}
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{n}={each}" for n, each in self.cookies.items()))
        if body is not None:
            sent.setdefault("Content-Length", str(len(body)))
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in sent.items() if v != "")]
        return self.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))

    def raw(self, data: bytes) -> Got:
        """Bytes as they are; the first answer to them."""
        with ExitStack() as until_answered:
            channel = (self.kept or until_answered).enter_context(self.connected())
            channel.sendall(data)
            with HTTPResponse(channel, method=data.split(b" ", 1)[0].decode()) as response:
                response.begin()
                body = response.read().decode(errors="replace")
                given = tuple(response.headers.get_all("set-cookie") or ())
                headers = {name.lower(): value for name, value in response.headers.items()}
        for name, value in (cookie.split(";")[0].split("=", 1) for cookie in given):
            self.cookies[name] = value
        return Got(response.status, headers, given, body)

    def connected(self, *, receives: int = 0) -> socket.socket:
        """A connection; one that ``receives`` so many bytes at most lets no more on its way."""
        at = urlsplit(self.origin)
        host = "127.0.0.1" if (at.hostname or "").endswith(".localhost") else at.hostname or ""
        channel = socket.socket()
        channel.settimeout(self.within_s)
        if receives:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        channel.connect((host, at.port or 443))
        if self.trusts is not None:
            channel = self.trusts.wrap_socket(channel, server_hostname=at.hostname)
        return channel

    def log_in(self, login: str) -> Got:
        """Log in with the right password."""
        return self.post("/login", {"login": login, "password": password_of(login)})

    def token(self) -> str:
        """What stands in this login's forms."""
        found = re.search('name="token" value="([^"]+)"', self.get("/logout").body)
        return cast("re.Match[str]", found)[1]

"""The processes of the desk: the first one starts all others, and does nothing else.

It has one thread and no network. It starts the serving process, and a process for each login that
one asks for (system/children.py). It reads nothing that comes from a browser.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import ssl
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import uvicorn
from holidays import country_holidays
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from callrec import config
from callrec.dataclass import dataclass
from callrec.desk.application import Admission, Desk, application
from callrec.desk.arriving import TRANSPORT
from callrec.desk.browsers import Browsers
from callrec.desk.keeping import Vault, keep_login
from callrec.desk.rendering import load_templates
from callrec.desk.telling import say_bug
from callrec.errors import Misconfigured
from callrec.login.drafts import forget_old_forms
from callrec.system.children import Channel, Children, take_channel, when_told_to_end, write_no_file
from callrec.system.processes import harden_process
from callrec.system.sockets import listen, listen_at

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


LOADED_LATE: Final = (
    "_strptime",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "encodings.unicode_escape",
    "grp",
    "phonenumbers",
)
"""Modules that are imported where they are first needed."""


def serve(vault: Vault, place: config.Desk, told: Callable[[str, Admission | None], None]) -> int:
    """Serve the desk until it is ended; returns the exit status.

    ``told`` gets the address once browsers can open it, and what admits the first of them where it
    is for this machine alone.

    Raises:
        Misconfigured: the place cannot be had, or would be reached without TLS.
    """
    listening = _listen(place)
    forget_old_forms(vault.environ)
    harden_process()
    origin = place.origin or _own_name(listening)
    admission = None if place.origin else Admission(secrets.token_urlsafe(24))
    _load()
    children = Children()
    serving = children.start(partial(_whole, _Serving(listening, place, origin, admission)))
    listening.close()
    told(origin, admission)
    when_told_to_end(serving.end)
    while serving.channel.recv(1):  # it asks for a login's process, until it has ended
        login = children.start(partial(_whole, partial(keep_login, vault=vault)), outlasts=True)
        children.pass_on(login, serving)
    children.wait()  # until every login has ended what it does
    return 0


def _own_name(listening: socket.socket) -> str:
    """A name that nobody else on this machine knows: cookies are of a name, whatever the port.

    Browsers take each name below localhost for this machine (RFC 6761, 6.3).
    """
    return f"http://{secrets.token_hex(8)}.localhost:{listening.getsockname()[1]}"


def _load() -> None:
    """Load what pages load late, once for all the processes that are forked."""
    for name in filter(find_spec, LOADED_LATE):
        import_module(name)
    country_holidays("GB", subdiv="ENG")
    load_templates()


def _whole(work: Callable[[Channel], None], channel: Channel) -> None:
    """A child's work; what goes wrong in it is told, as nobody else learns of it."""
    try:
        work(channel)
    except BaseException as bug:  # its text may hold what was typed
        say_bug(bug)
        raise


class _Connection(H11Protocol):
    """Gives what is served its transport: it alone tells whether all of a file has gone out."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and say so with all that is asked."""
        super().connection_made(transport)
        app = self.app

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**scope.get("extensions", {}), TRANSPORT: transport}
            await app({**scope, "extensions": extensions}, receive, send)

        self.app = served


@dataclass(frozen=True, slots=True)
class _Serving:
    """The work of the process that serves pages."""

    listening: socket.socket
    place: config.Desk
    origin: str
    admission: Admission | None

    def __call__(self, asks: Channel) -> None:
        """Serve them until told to end; ``asks`` has processes started."""
        harden_process()
        write_no_file()  # whatever it is sent

        def start() -> Channel:
            asks.sendall(b"l")
            return take_channel(asks)

        desk = Desk(Browsers(start), self.origin, self.admission)
        _serve_pages(self.listening, self.place, desk)


def _serve_pages(listening: socket.socket, place: config.Desk, desk: Desk) -> None:
    served = uvicorn.Config(
        application(desk),
        http=_Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=place.socket is not None,
        forwarded_allow_ips="*" if place.socket is not None else None,
        ssl_certfile=str(place.certificate) if place.certificate else None,
        ssl_keyfile=str(place.key) if place.key else None,
        limit_concurrency=400,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=16 * 1024,
        ws="none",
        lifespan="off",
    )
    served.load()
    if served.ssl is not None:
        served.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    uvicorn.Server(served).run(sockets=[listening])


def _listen(place: config.Desk) -> socket.socket:
    """Take the place, before anything is started."""
    if place.socket is not None:
        return listen_at(place.socket)
    if place.certificate is None and place.host not in LOOPBACK:
        raise Misconfigured(
            "the desk is reached over a network by TLS alone",
            hint="give desk.certificate and desk.key, or desk.socket for a reverse proxy",
        )
    try:
        return listen(place.host, place.port)
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else "unknown"
        raise Misconfigured(
            f"the desk cannot be reached at {place.host}, port {place.port}: {why}",
            hint="change desk.host or desk.port; callrec desk --check says what is wrong",
        ) from error

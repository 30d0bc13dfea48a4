"""The processes of the desk: the first one starts all others, and does nothing else.

It has one thread and no network. It starts the serving process, and a process for each login that
one asks for (fork(2)), which so has all modules loaded already. It reads nothing that comes from a
browser.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import secrets
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import uvicorn
from holidays import country_holidays
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from callrec import config
from callrec.desk.application import Admission, Desk, application
from callrec.desk.arriving import TRANSPORT
from callrec.desk.browsers import Browsers
from callrec.desk.keeping import Vault, keep_login
from callrec.desk.rendering import load_templates
from callrec.desk.telling import say_bug
from callrec.errors import Misconfigured
from callrec.login.drafts import forget_old_forms
from callrec.system.files import remove_file
from callrec.system.processes import harden_process

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
    starts, asks = socket.socketpair()
    _load()
    gc.freeze()  # or a search for what is garbage would copy all that the processes share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system clears away what ended
    serving = os.fork()
    if serving == 0:
        starts.close()
        desk = Desk(_browsers(asks), origin, admission)
        _run(partial(_serve_pages, listening, place, desk))
    asks.close()
    listening.close()
    told(origin, admission)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(serving, signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda *_: os.kill(serving, signal.SIGTERM))
    _start_logins(starts, vault)
    with suppress(ChildProcessError):
        os.wait()  # until every login has ended what it does
    return 0


def _own_name(listening: socket.socket) -> str:
    """A name that nobody else on this machine knows: cookies are of a name, whatever the port.

    Browsers take each name below localhost for this machine (RFC 6761, 6.3).
    """
    return f"http://{secrets.token_hex(8)}.localhost:{listening.getsockname()[1]}"


def _load() -> None:
    """Load what pages load late, once for all the processes that are forked."""
    for name in LOADED_LATE:
        import_module(name)
    country_holidays("GB", subdiv="ENG")
    load_templates()


def _start_logins(starts: socket.socket, vault: Vault) -> None:
    """Start a process for each login that is asked for, until the serving process has gone."""
    while starts.recv(1):
        theirs, ours = socket.socketpair()
        if os.fork() == 0:
            starts.close()
            theirs.close()
            for each in (signal.SIGTERM, signal.SIGINT):  # it ends what it does, then the login
                signal.signal(each, signal.SIG_IGN)
            _run(partial(keep_login, ours, vault))
        ours.close()
        socket.send_fds(starts, [b"l"], [theirs.fileno()])
        theirs.close()


def _run(work: Callable[[], None]) -> NoReturn:
    """A child's work, and its end: nothing of its parent's goes on in it."""
    try:
        work()
    except BaseException as bug:  # noqa: BLE001  # its text may hold what was typed
        say_bug(bug)
        os._exit(70)
    os._exit(0)


def _browsers(asks: socket.socket) -> Browsers:
    def start() -> socket.socket:
        asks.sendall(b"l")
        _, descriptors, _, _ = socket.recv_fds(asks, 1, 1)
        return socket.socket(fileno=descriptors[0])

    return Browsers(start)


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


def _serve_pages(listening: socket.socket, place: config.Desk, desk: Desk) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file, whatever it is sent
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
        return _listen_at(place.socket)
    if place.certificate is None and place.host not in LOOPBACK:
        raise Misconfigured(
            "the desk is reached over a network by TLS alone",
            hint="give desk.certificate and desk.key, or desk.socket for a reverse proxy",
        )
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((place.host, place.port))
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else "unknown"
        raise Misconfigured(
            f"the desk cannot be reached at {place.host}, port {place.port}: {why}",
            hint="change desk.host or desk.port; callrec desk --check says what is wrong",
        ) from error
    listening.listen(128)
    return listening


def _listen_at(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    with suppress(FileNotFoundError):
        remove_file(path)
    listening.bind(str(path))
    path.chmod(0o660)
    listening.listen(128)
    return listening

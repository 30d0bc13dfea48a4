"""The desk's serving side within a test's own process, before processes of logins that may die.

What is asked reaches the application as its server hands it on; only the socket is missing. Each
login has a process, as `callrec.desk.serving` forks it, so that it can be killed at a step.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp

from callrec.desk.application import Desk, application
from callrec.desk.browsers import Browsers
from callrec.desk.keeping import Vault, keep_login
from house.desk_client import Client, Got
from house.desks import ADDRESS
from house.killing import Death
from house.practices import House
from house.processes import Child, begin

ORIGIN = "https://desk.practice.example"

_MARK = signal.SIGUSR1
"""What a login's process is told by that the deed begins, and ends."""


@dataclass
class Within(Client):
    """A client whose questions go to an application of this process."""

    app: ASGIApp | None = None

    def send(
        self, method: str, path: str, body: bytes | None = None, *, headers: Mapping[str, str]
    ) -> Got:
        """One request; the browser stays connected until it is answered."""
        sent = {"host": self.host, **headers, "content-length": str(len(body or b""))}
        sent["cookie"] = "; ".join(f"{n}={each}" for n, each in self.cookies.items())
        told = asyncio.run(_asked(self.app, method, path, body or b"", sent))
        start = told[0]
        given = [(name.decode(), value.decode()) for name, value in start["headers"]]
        cookies = tuple(value for name, value in given if name == "set-cookie")
        for name, value in (cookie.split(";")[0].split("=", 1) for cookie in cookies):
            self.cookies[name] = value
        said = b"".join(each["body"] for each in told[1:])
        return Got(start["status"], dict(given), cookies, said.decode(errors="replace"))


async def _asked(
    app: ASGIApp | None, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> list[dict[str, Any]]:
    assert app is not None
    told: list[Any] = []
    brought = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        for message in brought:
            return message
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        told.append(message)

    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    address, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": address, "query_string": query.encode()}
    await app({**scope, "headers": encoded, "client": (ADDRESS, 4711)}, receive, send)
    return told


@dataclass
class AtTheDesk:
    """Logins at the desk of one practice, and the serving side before them."""

    house: House
    desk: Desk = field(init=False)
    app: ASGIApp = field(init=False)
    processes: list[tuple[Child, socket.socket]] = field(default_factory=list)
    """Of each login the process, and the way to it."""

    def __post_init__(self) -> None:
        self.desk = Desk(Browsers(lambda: self.processes[-1][1]), ORIGIN)
        self.app = application(self.desk)

    def log_in(self, login: str, death: Death | None = None) -> Within:
        """Somebody at a browser of their own; their process may be one that is to die."""
        self.processes.append(_start(self.house, death))
        client = Within(ORIGIN, app=self.app)
        assert client.log_in(login).to == "/"
        return client

    def mark(self) -> None:
        """From here on the steps of the first login count, or from here on no more."""
        os.kill(self.processes[0][0].number, _MARK)

    def leave(self) -> int | None:
        """Let all of them end; how many steps the first took, unless it was killed at one."""
        first = 0
        while self.processes:  # the last first, which has all earlier ways open, too
            process, channel = self.processes.pop()
            channel.close()
            ended = process.ended()
            assert ended.status in {0, -signal.SIGKILL}, ended.failure
            first = ended.told
        return first


@contextmanager
def at_the_desk(house: House, death: Death) -> Iterator[AtTheDesk]:
    """The desk of a practice where the first who logs in may die.

    If they did, this process ends likewise: as `house.killing` expects it of a deed.
    """
    desk = AtTheDesk(house)
    yield desk
    if (steps := desk.leave()) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    death.steps = steps


def _start(house: House, death: Death | None) -> tuple[Child, socket.socket]:
    theirs, ours = socket.socketpair()

    def live() -> int:
        theirs.close()
        counted: list[int] = []

        def mark(*_: object) -> None:
            assert death is not None
            if death.steps is None:
                death.begins()
            else:
                counted.append(death.steps)
                death.steps = None

        signal.signal(_MARK, mark)
        now = death.clock(house) if death else house.now
        keep_login(ours, Vault(house.config, house.environ, now))
        return sum(counted)

    child = begin(live)
    ours.close()
    return child, theirs

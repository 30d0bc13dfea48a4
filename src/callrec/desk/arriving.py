"""A file whose coming counts: a package is on record as handed over once somebody has it.

What an application sends, a server takes and passes on in its own time. So this asks the connection
itself: how much of what was written has not been acknowledged yet, and whether the other side is
still there. The other side is the browser's machine, or a proxy before it. Whether the browser kept
what came, only the person knows.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from callrec.system.sockets import is_open, kept_open, unacknowledged

TRANSPORT: Final = "callrec.transport"
"""Among the extensions of what a server asks: the connection's transport, of asyncio."""

_PIECE: Final = 1 << 16
"""Bytes that are written at once: the server holds the next back while these do not get through."""

_WAITS_S: Final = 60
"""How long what was written last may take to be acknowledged."""

_LOOKS_EACH_S: Final = 0.01


class Arriving(Response):
    """The answer with such a file."""

    def __init__(
        self, sent: Response, coming: asyncio.Lock, came: Callable[[], Awaitable[object]]
    ) -> None:
        """Send what ``sent`` would; ``came`` is called once all of it came.

        ``coming`` is held from the last piece until that is known.
        """
        super().__init__(sent.body, sent.status_code)
        self.raw_headers = sent.raw_headers
        self._coming, self._came = coming, came

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        body = memoryview(self.body)
        transport = scope.get("extensions", {}).get(TRANSPORT)
        gone = asyncio.ensure_future(_until_gone(receive))
        with _own(transport) as channel:
            await send({"type": "http.response.start", **start})
            for at in range(0, len(body), _PIECE):
                piece = {"body": bytes(body[at : at + _PIECE]), "more_body": True}
                await send({"type": "http.response.body", **piece})
            async with self._coming:
                if await _has_come(transport, channel, gone):
                    await self._came()
            await send({"type": "http.response.body", "body": b""})
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@contextmanager
def _own(transport: asyncio.Transport | None) -> Iterator[socket.socket | None]:
    """The connection's socket, which tells how it ended when the server has closed its own."""
    if transport is None or transport.is_closing():
        yield None
        return
    with kept_open(transport) as channel:
        yield channel


async def _has_come(
    transport: asyncio.Transport | None, channel: socket.socket | None, gone: asyncio.Future[None]
) -> bool:
    """Whether the other side took all that was written; not if it went before."""
    if transport is None or channel is None:
        return transport is None and not gone.done()
    for _ in range(round(_WAITS_S / _LOOKS_EACH_S)):
        has_come = transport.get_write_buffer_size() == unacknowledged(channel) == 0
        if has_come or not _is_open(channel, gone):
            return _is_open(channel, gone)  # what was cut off lies in no buffer either
        await asyncio.sleep(_LOOKS_EACH_S)
    return False


def _is_open(channel: socket.socket, gone: asyncio.Future[None]) -> bool:
    told = is_open(channel)
    return not gone.done() if told is None else told

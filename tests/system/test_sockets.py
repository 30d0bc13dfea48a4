"""Where connections are waited for."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import cast

from callrec.system.sockets import answers, is_open, kept_open, listen, unacknowledged


def test_nobody_else_takes_an_address_that_is_waited_at() -> None:
    with listen("127.0.0.1", 0) as listening, socket.socket() as another:
        another.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        assert not takes(another, listening.getsockname())


def takes(another: socket.socket, address: tuple[str, int]) -> bool:
    try:
        another.bind(address)
    except OSError:
        return False
    return True


def test_it_is_told_whether_somebody_answers_at_an_address() -> None:
    with listen("127.0.0.1", 0) as listening:
        address = listening.getsockname()
        assert answers(address, 2.0)
    assert not answers(address, 2.0)


def test_what_was_taken_before_it_was_closed_has_come() -> None:
    assert asyncio.run(has_come(is_cut_off=False)) in {True, *UNTOLD}


def test_what_was_cut_off_has_not_come() -> None:
    assert asyncio.run(has_come(is_cut_off=True)) in {False, *UNTOLD}


UNTOLD = [] if sys.platform == "linux" else [None]
"""macOS does not tell, nor does Wine."""

CUT_OFF = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER: what is closed is thrown away, and the other side told so."""

TURNS = 100
"""Of the loop, in which a connection's end is noticed."""


async def has_come(*, is_cut_off: bool) -> bool | None:
    loop = asyncio.get_running_loop()
    connected: asyncio.Future[asyncio.Transport] = loop.create_future()

    class Serving(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            connected.set_result(cast("asyncio.Transport", transport))

    server = await loop.create_server(Serving, "127.0.0.1", 0)
    async with server:
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            transport = await connected
            with kept_open(transport) as channel:
                transport.write(b"all of it")
                assert client.recv(100) == b"all of it"
                if is_cut_off:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT_OFF)
                client.close()
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                assert unacknowledged(channel) == 0
                told = is_open(channel)
        transport.close()
    return told

"""Where connections are waited for."""

from __future__ import annotations

import socket

from callrec.system.sockets import answers, listen


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

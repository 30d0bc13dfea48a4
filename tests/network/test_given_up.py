"""A way that falls silent, with nothing closed, is given up: by what each connection is told.

A cable is cut by dropping whatever comes in at the far end of a connection, so that nothing is
acknowledged there any more.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from callrec.catalogue.engine import connect_there, reading
from callrec.errors import Failed
from house.postgres import database_at, server
from house.wire import SOCKET
from machines.pair import own_server

NETWORK = Path(__file__).parents[2] / "docs" / "network.md"

QUICKLY = "&".join(
    f"{name}={value}"
    for name, value in {
        "keepalives_idle": 1,
        "keepalives_interval": 1,
        "keepalives_count": 1,
        "tcp_user_timeout": 1000,
        "connect_timeout": 2,
    }.items()
)
"""What an address may say otherwise; seconds, but for the last but one."""

_DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # BPF: return 0 bytes


@dataclass(slots=True)
class Cable:
    """From a port of this machine to a server's socket."""

    port: int
    cut_at: bytes = b""
    """It is cut once something with this in it has come there; empty: not by itself."""
    ends: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        for end in self.ends:
            given = struct.pack("HP", 1, ctypes.addressof(_DROP_ALL))
            end.setsockopt(socket.SOL_SOCKET, 26, given)  # SO_ATTACH_FILTER

    def join(self, client: socket.socket, to: Path) -> None:
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(str(to / SOCKET))
            self.ends.append(client)
            threading.Thread(target=_pass_on, args=[there, client], daemon=True).start()
            with suppress(OSError):
                while data := client.recv(1 << 16):
                    there.sendall(data)
                    if self.cut_at and self.cut_at in data:
                        self.cut()


def _pass_on(there: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := there.recv(1 << 16):
            client.sendall(data)


@contextmanager
def cable(to: Path) -> Iterator[Cable]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Cable(listening.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=made.join, args=[client, to], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for each in made.ends:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()


@contextmanager
def disconnected(made: Cable) -> Iterator[None]:
    made.cut()
    yield


def by(made: Cable, url: str) -> str:
    return url.replace(f"host={server()}", f"host=127.0.0.1&port={made.port}&{QUICKLY}")


@pytest.fixture
def made() -> Iterator[Cable]:
    with cable(server()) as each:
        yield each


def test_a_question_that_comes_nowhere_is_given_up(made: Cable) -> None:
    with (
        pytest.raises(Failed, match="cannot be reached, or broke off"),
        reading(connect_there(by(made, database_at()))) as connection,
        disconnected(made),
    ):
        connection.exec_driver_sql("SELECT 1")


def test_an_answer_that_never_comes_is_given_up(made: Cable) -> None:
    """The question came there; of what was asked nothing is waited for by itself."""
    engine = connect_there(by(made, database_at()))
    made.cut_at = b"pg_sleep"
    with (
        pytest.raises(Failed, match="cannot be reached, or broke off"),
        reading(engine) as connection,
    ):
        connection.exec_driver_sql("SELECT pg_sleep(600)")


def test_a_server_that_takes_a_connection_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = by(Cable(listening.getsockname()[1]), f"postgresql://callrec@/hama?host={server()}")
        with pytest.raises(Failed, match="cannot be reached, or broke off"):
            connect_there(url)


def test_both_ends_are_told_what_the_page_says() -> None:
    """An address of this machine at which nobody else listens, and a server that does."""
    address = f"127.{os.getpid() % 250 + 1}.{os.getpid() // 250 % 250}.77"
    with own_server(f"listen_addresses={address}") as folder:
        url = database_at(folder=folder).replace(f"host={folder}", f"host={address}")
        engine = connect_there(url)
        with reading(engine) as connection:
            queries = (f"SHOW tcp_keepalives_{name}" for name in ("idle", "interval", "count"))
            there = [int(connection.exec_driver_sql(each).scalar_one()) for each in queries]
            driver: Any = connection.connection.driver_connection
            with socket.socket(fileno=os.dup(driver.pgconn.socket)) as ours:
                assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
                here = [ours.getsockopt(socket.IPPROTO_TCP, each) for each in options]
                waits_ms = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            timeout = driver.info.get_parameters()["connect_timeout"]
        engine.dispose()
    page = NETWORK.read_text()
    said = re.search(
        r"a minute: keepalives after (\d+) s, three of them (\d+) s apart, at both", page
    )
    assert said is not None
    assert here == there == [int(said[1]), int(said[2]), 3]
    assert waits_ms == 60_000 == 1000 * (here[0] + here[1] * here[2])
    assert f"{timeout} s for each address" in page

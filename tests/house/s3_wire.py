"""A wire between callrec and a store that speaks S3, which fails where a test says.

It takes each request whole, and passes it on and the answer back, unless there is a fault for its
method; each fault is for one request.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus

from house import objects


class Fault(Enum):
    """What becomes of one request."""

    BUSY = HTTPStatus.SERVICE_UNAVAILABLE
    """The store answers 503, and has done nothing."""
    REFUSED = HTTPStatus.FORBIDDEN
    """The store answers 403."""
    HALF_ASKED = "half asked"
    """The wire is cut while the request is sent."""
    UNANSWERED = "unanswered"
    """It is done, and the wire is cut before the answer."""
    HALF_ANSWERED = "half answered"
    """So it is within the answer."""
    STUCK = "stuck"
    """A listing's page is answered, of one name, and that there are more."""


_PAGE = (
    b"<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>recordings/%EF%BF%BDx</Key>"
    b"<Size>1</Size></Contents></ListBucketResult>"
)

_STUCK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(_PAGE) + _PAGE


@dataclass(slots=True)
class Wire:
    """Where it listens, and what befalls requests from now on."""

    port: int
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """Of a method, one after the other."""
    asked: list[str] = field(default_factory=list)
    """The methods of all requests, in their order."""

    def _fault(self, method: str) -> Fault | None:
        self.asked.append(method)
        waiting = self.faults.get(method, [])
        return waiting.pop(0) if waiting else None

    def serve(self, caller: socket.socket) -> None:
        """One request of a connection, which ends with it."""
        with caller, caller.makefile("rb") as asked, suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                if not (line := asked.readline()):
                    return
                head += b"Connection: close\r\n\r\n" if line == b"\r\n" else line
            fault = self._fault(head.split(b" ", 1)[0].decode())
            length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")]
            size = int(length[0].split(b":")[1]) if length else 0
            body = asked.read(size // 2 if fault is Fault.HALF_ASKED else size)
            if fault is Fault.HALF_ASKED:
                return
            if fault is Fault.STUCK:
                caller.sendall(_STUCK)
                return
            if fault in (Fault.BUSY, Fault.REFUSED):
                answer = (
                    f"HTTP/1.1 {fault.value} no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
                caller.sendall(answer.encode())
                return
            with socket.create_connection(("127.0.0.1", objects.port())) as store:
                store.sendall(head + body)
                given = b"".join(iter(lambda: store.recv(1 << 16), b""))
            if fault is Fault.UNANSWERED:
                return
            caller.sendall(given[: len(given) // 2] if fault is Fault.HALF_ANSWERED else given)
            caller.shutdown(socket.SHUT_WR)


@contextmanager
def wire(tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """A wire to the store, whole until a fault is put on it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Wire(listening.getsockname()[1])

        def accept() -> None:
            while True:
                try:
                    caller, _ = listening.accept()
                except OSError:
                    return
                if tls is not None:
                    try:
                        caller = tls.wrap_socket(caller, server_side=True)
                    except OSError:
                        continue
                threading.Thread(target=made.serve, args=[caller], daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()

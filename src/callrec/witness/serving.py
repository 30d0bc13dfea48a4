"""A witness over HTTP. TLS is the reverse proxy's, as for any small server of this kind."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Final, TypeAlias

from callrec.errors import CallrecError
from callrec.system.processes import ENDING
from callrec.witness.answering import Answer, add_checkpoint
from callrec.witness.keeping import Witness

MOST_BYTES: Final = 256 * 1024
"""Of a request: sixteen signatures of the longest kinds, and far more than one of callrec's."""

MOST_AT_ONCE: Final = 32
"""Connections; who comes beyond them is sent away."""

WAITS_S: Final = 10.0
"""Seconds that a connection may be silent."""

_LOOKS_S: Final = 0.1
"""Seconds between looks at whether it is to end."""

_HEAD: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")


_Request: TypeAlias = socket | tuple[bytes, socket]


class WitnessServer(ThreadingHTTPServer):
    """Answers for one witness, one request after the other. It writes down nothing of who asks."""

    daemon_threads = True

    def __init__(
        self,
        witness: Witness,
        place: tuple[str, int],
        *,
        now: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        """Listen.

        Args:
            witness: for whom.
            place: host and port.
            now: seconds since 1970.
            tell: says to who runs it what cannot be done here; once, until something else can't.

        Raises:
            OSError: the place is taken, or is none.
        """
        self.witness = witness
        self.now = now
        self.one = threading.Lock()
        self._tell = tell
        self._told = ""
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(place, _Handler)

    def process_request(self, request: _Request, client_address: tuple[str, int]) -> None:
        """Send away who comes while too many are here."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: _Request, client_address: tuple[str, int]) -> None:
        """Answer on one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def answer(self, body: bytes) -> Answer:
        """What it answers to a head."""
        with self.one:
            try:
                answer, wrong = add_checkpoint(self.witness, body, int(self.now())), ""
            except CallrecError as error:
                wrong = error.message
                answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "it cannot be kept here\n")
            if wrong and wrong != self._told:
                self._tell(f"no head is cosigned: {wrong}")
            self._told = wrong
            return answer

    def handle_error(self, request: _Request, client_address: tuple[str, int]) -> None:
        """Say nothing: it would name who asked. What fails here, fails for them."""


def serve_until_ended(server: WitnessServer) -> None:
    """Answer until told to end; what is being kept then is kept whole."""

    def end(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for each in ENDING:
        signal.signal(each, end)
    server.serve_forever(_LOOKS_S)
    with server.one:
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "callrec-witness"
    sys_version = ""
    timeout = WAITS_S

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self._send(Answer(HTTPStatus.LENGTH_REQUIRED), closes=True)
        elif int(length) > MOST_BYTES:
            self._send(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), closes=True)
        else:
            body = self.rfile.read(int(length))
            if self.path == "/add-checkpoint":
                self._send(self.server.answer(body))
            else:
                self._send(Answer(HTTPStatus.NOT_FOUND))

    def do_GET(self) -> None:
        asked = _HEAD.fullmatch(self.path)
        note = self.server.witness.note_named(asked[1]) if asked else None
        if note is None:
            self._send(Answer(HTTPStatus.NOT_FOUND))
        else:
            self._send(Answer(HTTPStatus.OK, note.decode()))

    def _send(self, answer: Answer, *, closes: bool = False) -> None:
        data = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(data)))
        if closes:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing is written down of who asks."""

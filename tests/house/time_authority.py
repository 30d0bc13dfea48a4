"""A time-stamping authority: ``openssl ts`` behind HTTP on this machine, with its own root."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from callrec.settings import Timestamp
from house.practices import House

POLICY, OTHER_POLICY = "1.3.6.1.4.1.99999.1", "1.3.6.1.4.1.99999.2"

_CONFIGURATION = f"""\
[tsa]
default_tsa = here
[here]
dir = .
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./root.pem
signer_digest = sha256
default_policy = {POLICY}
other_policies = {OTHER_POLICY}
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def make_authority(
    folder: Path, name: str = "Test Time Root", *, lasts: timedelta = timedelta(days=3650)
) -> bytes:
    """An authority's keys and certificates in a folder; returns its root, PEM."""
    folder.mkdir(parents=True, exist_ok=True)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}, signer")])
    since = datetime(2020, 1, 1, tzinfo=UTC)
    of_both = (
        x509.CertificateBuilder()
        .issuer_name(root_name)
        .not_valid_before(since)
        .not_valid_after(datetime.now(UTC) + lasts)
    )
    root = (
        of_both.subject_name(root_name)
        .public_key(root_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    mine = (
        of_both.subject_name(signer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(stamping, critical=True)
        .sign(root_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    files = {"root.pem": root, "tsa.pem": mine, "tsa.key": secret, "serial": b"01\n"}
    for each, data in {**files, "ts.cnf": _CONFIGURATION.encode()}.items():
        (folder / each).write_bytes(data)
    return root


def openssl(folder: Path, *words: str) -> bytes:
    """What openssl says in a folder."""
    command = ["openssl", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout


def reply(folder: Path, query: bytes, at: datetime | None = None) -> bytes:
    """What the authority whose keys lie in a folder answers, by this clock or by the machine's."""
    (folder / "query").write_bytes(query)
    if at is None:
        return openssl(folder, "ts", "-reply", "-config", "ts.cnf", "-queryfile", "query")
    made = ("ts", "-reply", "-config", "ts.cnf", "-queryfile", "query", "-token_out")
    (folder / "token").write_bytes(openssl(folder, *made))
    said = openssl(folder, "cms", "-verify", "-noverify", "-inform", "DER", "-in", "token")
    set_to = re.sub(rb"\x18\x0f[0-9]{14}Z", f"\x18\x0f{at:%Y%m%d%H%M%S}Z".encode(), said)
    (folder / "said").write_bytes(set_to)
    signed = ("-signer", "tsa.pem", "-inkey", "tsa.key", "-md", "sha256", "-cades")
    kind = ("-econtent_type", "1.2.840.113549.1.9.16.1.4", "-outform", "DER", "-out", "token")
    openssl(folder, "cms", "-sign", "-binary", "-nodetach", "-in", "said", *signed, *kind)
    return openssl(folder, "ts", "-reply", "-in", "token", "-token_in")


def query(folder: Path, message: bytes, *options: str) -> bytes:
    """A query of somebody's own."""
    (folder / "message").write_bytes(message)
    command = ["openssl", "ts", "-query", "-data", "message", *(options or ("-sha256", "-cert"))]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout


def stamp_of(folder: Path, message: bytes, *options: str) -> bytes:
    """A stamp of a message, as that authority makes it."""
    return reply(folder, query(folder, message, *options))


@dataclass
class TimeAuthority:
    """A running authority. Each query goes to ``answer``; the last one is kept."""

    folder: Path
    root: bytes
    url: str
    answer: Callable[[bytes], bytes]
    status: int = 200
    asked: bytes = b""
    closing: Event = field(default_factory=Event)
    clock: Callable[[], datetime | None] = lambda: None
    """None: the machine's."""
    slow: bool = False
    """It sends a byte, and nothing more."""

    @property
    def settings(self) -> dict[str, str]:
        """What a practice sets to be stamped by it."""
        return {"url": self.url, "certificates": self.root.decode()}

    @property
    def timestamp(self) -> Timestamp:
        """The same as the code has it."""
        return Timestamp(**self.settings)

    def honest(self) -> None:
        """Answer as authorities do, from now on."""
        self.answer = lambda query: reply(self.folder, query, self.clock())


@contextmanager
def time_authority(folder: Path, name: str = "Test Time Root") -> Iterator[TimeAuthority]:
    """An honest authority that answers until the block ends."""
    root = make_authority(folder, name)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = authority.answer(authority.asked)
            self.send_response(authority.status)
            if authority.status in (302, 307):
                self.send_header("Location", f"{authority.url}again")
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer[:1] if authority.slow else answer)
            self.wfile.flush()
            if authority.slow:
                authority.closing.wait()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_port}/"
    authority = TimeAuthority(folder, root, url, lambda _: b"")
    authority.honest()
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield authority
    finally:
        authority.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def stamped_by(house: House, authority: TimeAuthority) -> None:
    """From now on this practice is stamped by it, and their clocks say the same."""
    authority.clock = lambda: house.at
    house.decide(timestamp=authority.settings)

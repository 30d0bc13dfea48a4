"""A real store that speaks S3 for tests: one SeaweedFS for a run, and a bucket for each practice.

It is started by the first test that asks for it, and ends with the run, however that ends. What the
person who runs it could do, tests do by requests of their own (Signature Version 4).

The client's threads do not outlive a fork: where a test has used a store in its own process, a
child that is to use one is a program of its own (`house.processes.program`), or it raises.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from threading import Event
from urllib.parse import quote, urlencode

import pytest

from callrec.config import Objects
from callrec.practice import store_of
from callrec.store.directory import DirectoryStore
from callrec.store.objects import ObjectStore, Place
from house.practices import House
from house.stages import Stage, Stages, locked

_NAME = "OBJECTS_OF_TESTS"

KEY, SECRET = "AKIACALLRECTESTS", "a-secret-of-the-tests"

VAULT = "0f" * 16
"""Of a store that is no practice's."""


def begin() -> None:
    """For a run of pytest, whose workers have the same server."""
    os.environ[_NAME] = tempfile.mkdtemp(prefix="callrec-s3-")


def end() -> None:
    """End the server, if one was started, and take away all that it kept."""
    folder = Path(os.environ.pop(_NAME))
    with suppress(FileNotFoundError, ProcessLookupError):
        os.killpg(int((folder / "group").read_text()), signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def port() -> int:
    """Where the server listens, on this machine alone."""
    folder = Path(os.environ[_NAME])
    with locked(folder / "lock"):
        if not (folder / "port").exists():
            (folder / "port").write_text(str(_start(folder)))
    return int((folder / "port").read_text())


def _start(folder: Path) -> int:
    action = {"accessKey": KEY, "secretKey": SECRET}
    (folder / "s3.json").write_text(
        json.dumps({"identities": [{"name": "x", "credentials": [action], "actions": ["Admin"]}]})
    )
    (folder / "credential").touch(0o600)
    (folder / "credential").write_text(
        f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    )
    master, volume, filer, s3 = _free_ports()
    (folder / "data").mkdir()
    # Each bucket has volumes of its own: one, not seven.
    (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    words = (
        f"-logdir={folder} server -dir={folder}/data -ip=127.0.0.1 -ip.bind=127.0.0.1"
        " -master.telemetry=false"
        f" -master.port={master} -master.volumeSizeLimitMB=64 -volume.port={volume}"
        f" -volume.max=10000 -filer -filer.port={filer} -s3 -s3.port={s3} -s3.port.iceberg=0"
        f" -s3.port.lance=0 -s3.config={folder}/s3.json"
    )
    # Where this run is killed, so is the server; it is nobody's child, as it outlives this worker.
    watched = f'"$@" & tail --pid={_controller()} -f /dev/null; kill -9 $!'
    begun = f'exec 2>"{folder}/log"; setsid sh -c "$0" sh "$@" </dev/null >&2 & echo $!'
    weed = Path(sys.executable).with_name("weed")
    command = ["sh", "-c", begun, watched, str(weed), *words.split()]
    group = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
    (folder / "group").write_text(group)
    while not _answers(s3):
        os.kill(int(group), 0)  # it runs
        Event().wait(0.05)
    return s3


def _controller() -> int:
    """The process of the run, which has workers if it has xdist."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _free_ports() -> tuple[int, ...]:
    """Each is free, and so is the one 10,000 above it, which the server takes as well."""
    found: list[int] = []
    while len(found) < 4:
        with socket.socket() as one, socket.socket() as other, suppress(OSError):
            one.bind(("127.0.0.1", 0))
            low = 20000 + one.getsockname()[1] % 20000
            with socket.socket() as itself:
                itself.bind(("127.0.0.1", low))
                other.bind(("127.0.0.1", low + 10000))
                found.append(low)
    return tuple(dict.fromkeys(found)) if len({*found}) == 4 else _free_ports()


def _answers(at: int) -> bool:
    try:
        ask("PUT", "/ready", port_of=at)
        return ask("PUT", "/ready/yes", b"yes", port_of=at)[0] == 200
    except OSError:
        return False


def ask(
    method: str,
    path: str,
    body: bytes = b"",
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    *,
    port_of: int | None = None,
) -> tuple[int, bytes]:
    """What the person who runs the store asks of it; returns status and answer."""
    at = port_of or port()
    now = datetime.now(UTC)
    stamp, digest = now.strftime("%Y%m%dT%H%M%SZ"), hashlib.sha256(body).hexdigest()
    signed = {"host": f"127.0.0.1:{at}", "x-amz-content-sha256": digest, "x-amz-date": stamp}
    signed |= headers or {}
    names, asked = ";".join(sorted(signed)), urlencode(sorted((query or {}).items()))
    lines = [f"{name}:{signed[name]}" for name in sorted(signed)]
    request = "\n".join([method, quote(path), asked, *lines, "", names, digest])
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
    proof = hmac.digest(key, text.encode(), "sha256").hex()
    whose = f"Credential={KEY}/{scope}, SignedHeaders={names}, Signature={proof}"
    connection = http.client.HTTPConnection("127.0.0.1", at, timeout=30)
    try:
        where = f"{quote(path)}?{asked}" if asked else quote(path)
        connection.request(
            method, where, body, {**signed, "authorization": f"AWS4-HMAC-SHA256 {whose}"}
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def new_bucket(*, locked_days: int = 0) -> str:
    """An empty bucket; with a number of days its default is to lock what comes for so long."""
    name = f"vault-{token_hex(8)}"
    lock = {"x-amz-bucket-object-lock-enabled": "true"} if locked_days else {}
    assert ask("PUT", f"/{name}", headers=lock)[0] == 200
    if locked_days:
        rule = (
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>"
            f"<DefaultRetention><Mode>COMPLIANCE</Mode><Days>{locked_days}</Days>"
            "</DefaultRetention></Rule></ObjectLockConfiguration>"
        )
        assert ask("PUT", f"/{name}", rule.encode(), {"object-lock": ""})[0] == 200
    return name


def objects_at(at: int | None = None) -> Objects:
    """The section of a configuration, for the server or for what stands before it."""
    credential = Path(os.environ[_NAME]) / "credential"
    return Objects(endpoint=f"http://127.0.0.1:{at or port()}", credential_file=credential)


def place_at(bucket: str, at: int | None = None) -> Place:
    """A bucket of that server."""
    return Place(bucket=bucket, **objects_at(at).model_dump(exclude={"kept_days"}))


def store_at(
    folder: Path, bucket: str | None = None, *, at: int | None = None, vault: str = VAULT
) -> ObjectStore:
    """A store whose work folder and bucket these are; the bucket, if none is named, is its own."""
    own = bucket or new_bucket()
    store = ObjectStore(folder, vault, place_at(own, at))
    if bucket is None:
        store.claim()
    return store


def there(stage: Stage | None) -> object:
    """A fixture: a practice at this stage, its recordings in a bucket, for each test."""

    @pytest.fixture
    def own(stages: Stages, tmp_path: Path) -> Iterator[House]:
        house = stages.copy(stage, tmp_path / "house")
        move(house)
        yield house
        house.close()

    return own


def configure(
    house: House, bucket: str, *, at: int | None = None, kept_days: int | None = None
) -> None:
    """What the technician writes into the configuration."""
    house.close()
    objects = objects_at(at).model_copy(update={"kept_days": kept_days})
    told = {"recordings": f"s3://{bucket}", "objects": objects}
    house.config = house.config.model_copy(update=told)
    file = house.folder / "config" / "callrec" / "config.toml"
    section = f'[objects]\nendpoint = "{objects.endpoint}"\n'
    section += f'credential_file = "{objects.credential_file}"\n'
    section += "" if kept_days is None else f"kept_days = {kept_days}\n"
    before, _, _ = file.read_text().partition("[objects]")
    ours = ("recordings =", "vault =")
    lines = [line for line in before.splitlines() if not line.startswith(ours)]
    named = [f'recordings = "s3://{bucket}"', 'vault = "../../vault"']
    file.write_text("\n".join([*named, *lines, section]))


def move(house: House, bucket: str | None = None) -> str:
    """Have a practice keep its recordings in an empty bucket, or one of its own; it is named."""
    bucket = bucket or new_bucket()
    vault, folder = house.practice.vault, DirectoryStore(house.config.vault)
    configure(house, bucket)
    store = store_of(house.config, vault)
    assert isinstance(store, ObjectStore)
    store.claim()
    for name in folder.names():
        store.send(name, folder.path(name))
    shutil.rmtree(house.config.vault / "recordings", ignore_errors=True)
    return bucket


def overwrite(bucket: str, name: str, data: bytes) -> None:
    """Put something else under a recording's name."""
    assert ask("PUT", f"/{bucket}/recordings/{name[:2]}/{name}", data)[0] == 200


def versions(bucket: str) -> bytes:
    """Every version of everything in a bucket, as the store lists them."""
    status, listed = ask("GET", f"/{bucket}", query={"versions": ""})
    assert status == 200
    return listed

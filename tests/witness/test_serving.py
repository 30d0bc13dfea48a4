"""A witness over HTTP, and a practice's machine that asks it: two processes."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pexpect
import pytest

from callrec.audit.checkpoint import Checkpoint, sign_checkpoint
from callrec.audit.cosignature import WitnessRequest, write_request
from callrec.crypto.verifier_key import NOTE_KEY, read_verifier_key
from callrec.errors import Failed
from callrec.practice import record
from callrec.registers.cosigning import log_keys
from callrec.system.web import Other, exchange
from callrec.witness.keeping import make_witness, name_of, open_witness
from callrec.witness.serving import MOST_BYTES
from cli.test_request_on_a_terminal import terminal
from house.commands import environment_of
from house.practices import House
from house.time_authority import time_authority
from house.witnesses import Outside, a_witness

CALLREC = (sys.executable, "-m", "callrec")


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with a_witness(tmp_path / "witness") as found:
        yield found


SOME_HEAD = write_request(
    WitnessRequest(0, (), sign_checkpoint(Checkpoint("x", 1, bytes(32)), bytes(32)))
)


def answered(outside: Outside, method: str, path: str, **of: object) -> tuple[int, bytes]:
    host = outside.url.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request(method, path, **of)  # type: ignore[arg-type]
    found = connection.getresponse()
    told = found.status, found.read()
    connection.close()
    return told


def test_what_is_no_request_of_the_protocol_is_turned_away(outside: Outside) -> None:
    assert answered(outside, "GET", "/")[0] == 404
    assert answered(outside, "GET", f"/{name_of('callrec/x')}/checkpoint")[0] == 404
    assert answered(outside, "GET", "/../key/checkpoint")[0] == 404
    assert answered(outside, "POST", "/elsewhere", body=b"x")[0] == 404
    assert answered(outside, "POST", "/add-checkpoint", body=b"x")[0] == 400
    too_much = {"Content-Length": str(MOST_BYTES + 1)}
    assert answered(outside, "POST", "/add-checkpoint", headers=too_much)[0] == 413
    unsaid = {"Transfer-Encoding": "chunked"}
    assert answered(outside, "POST", "/add-checkpoint", headers=unsaid)[0] == 411
    assert answered(outside, "PUT", "/add-checkpoint")[0] == 501


def test_what_it_cannot_do_is_told_once_to_who_runs_it(outside: Outside) -> None:
    logs = outside.witness.folder / "logs"
    told = (
        ("line 1", 500, "no key\n"),
        ("line 1", 500, "no key\n"),
        ("", 404, ""),
        ("line 2", 500, "#\n-\n"),
    )
    for _, status, text in told:
        logs.write_text(text)
        assert answered(outside, "POST", "/add-checkpoint", body=SOME_HEAD)[0] == status
    first, then = outside.told
    assert first.startswith("no head is cosigned: line 1 of ")
    assert then.startswith("no head is cosigned: line 2 of ")


def test_its_key_is_served_to_nobody(outside: Outside) -> None:
    secret = (outside.witness.folder / "key").read_bytes().strip()
    for path in ("/key", "/heads/../key", "/%2e%2e/key", "/logs"):
        status, body = answered(outside, "GET", path)
        assert status == 404
        assert secret not in body


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """Something that takes one connection, says this and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []

        def take() -> None:
            connection, _ = server.accept()
            connection.recv(1 << 16)
            connection.sendall(answer)
            taken.append(connection)

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()
        for each in taken:
            each.close()


SOMEBODY = Other("it", "text/plain", within_s=0.5, most=100)


def test_a_witness_that_hangs_is_not_waited_for() -> None:
    hanging = listening(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    with hanging as url, pytest.raises(Failed, match="did not answer"):
        exchange(url, b"old 0\n\n", SOMEBODY)


def test_a_witness_that_sends_elsewhere_is_not_followed(outside: Outside) -> None:
    moved = f"HTTP/1.1 307 Moved\r\nLocation: {outside.url}\r\nContent-Length: 0\r\n\r\n"
    with listening(moved.encode()) as url:
        assert exchange(url, b"old 0\n\n", SOMEBODY).status == 307


def test_garbage_in_an_answer_is_no_answer() -> None:
    with listening(b"\0\0\0\n\n") as url, pytest.raises(Failed, match="cannot be reached"):
        exchange(url, None, SOMEBODY)


def typed(house: House, *words: str, login: str = "door") -> subprocess.CompletedProcess[str]:
    environ = {"PATH": "/usr/bin:/bin", **environment_of(house, login)}
    return subprocess.run(
        [*CALLREC, *words], env=environ, capture_output=True, text=True, check=False
    )


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The command's own process."""
    words = [*CALLREC, "--json", "audit", "witness", "serve", str(folder)]
    process = subprocess.Popen(
        [*words, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())["url"]
    process.send_signal(signal.SIGTERM)
    process.stdout.close()
    assert process.wait() == 0


def test_a_vault_set_back_a_week_is_caught_by_a_kept_stamp_and_by_the_witnesss_process(
    house: House, tmp_path: Path
) -> None:
    folder, kept = tmp_path / "w", tmp_path / "kept.tsr"
    made = subprocess.run(
        [*CALLREC, "audit", "witness", "init", str(folder), "--name", "lmc.example/w"],
        capture_output=True,
        text=True,
        check=True,
    )
    key = made.stdout.strip()
    (door,) = (each.key for each in log_keys(house.open()) if each.login == "door")
    subprocess.run([*CALLREC, "audit", "witness", "add", str(folder), door], check=True)
    with served(folder) as url, time_authority(tmp_path / "tsa") as authority:
        witness = [{"name": "the LMC", "key": key, "url": url}]
        house.decide(witness=witness, timestamp=authority.settings)
        assert typed(house, "audit", "cosign").returncode == 0
        house.close()
        for name in ("vault", "state"):
            shutil.copytree(house.folder / name, tmp_path / "week-ago" / name)
        for _ in range(3):
            record(house.practice, house.actor("max"), "people.listed")
        assert typed(house, "audit", "cosign").returncode == 0
        assert typed(house, "audit", "stamp", "--to", str(kept)).returncode == 0
        house.close()
        for name in ("vault", "state"):
            shutil.rmtree(house.folder / name)
            shutil.copytree(tmp_path / "week-ago" / name, house.folder / name)
        pin = ("audit", "verify", "--pin", house.practice.root.hex())
        assert typed(house, *pin).returncode == 0  # nothing here shows it
        by_stamp = typed(house, *pin, "--against", str(kept))
        caught = typed(house, "audit", "cosign")
    assert by_stamp.returncode == 5
    assert re.search(r'beside "kept.tsr": the log has \d+ leaves, where \d+ were', by_stamp.stderr)
    assert caught.returncode == 5
    assert "REFUSED by the LMC" in caught.stdout
    assert re.search("has seen another record under this one's name", caught.stderr)
    assert typed(house, *pin).returncode == 5
    assert open_witness(folder).head(f"callrec/{house.practice.vault}") is not None


def test_one_more_key_of_a_record_is_taken_only_if_it_is_of_the_same_practice(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "w"
    witness = make_witness(folder, "lmc.example/w")
    door, max_ = (each.key for each in log_keys(house.open()) if each.login in ("door", "max"))
    witness.add_log(f"callrec/{house.practice.vault}", read_verifier_key(door, NOTE_KEY))
    command = f"audit witness add {folder} {max_}"
    for answer, keys in (("", 1), ("y", 2)):
        seen = terminal(house, "max", command)
        seen.expect("this record is known already, by 1 key")
        seen.expect_exact("Is this key from the same practice? [y/N] ")
        seen.sendline(answer)
        seen.expect("by 2 keys" if answer else "not confirmed, so nothing was done")
        seen.expect(pexpect.EOF)
        seen.close()
        assert len(witness.logs()) == keys


def test_a_head_from_the_witness_itself_is_an_outside_head(house: House, tmp_path: Path) -> None:
    with a_witness(tmp_path / "w") as outside:
        outside.at = datetime.now(UTC).timestamp()
        outside.knows(house, "door")
        house.decide(witness=[outside.setting("the LMC")])
        assert typed(house, "audit", "cosign").returncode == 0
        origin = f"callrec/{house.practice.vault}"
        status, note = answered(outside, "GET", f"/{name_of(origin)}/checkpoint")
    assert status == 200
    file = tmp_path / "from-the-lmc"
    file.write_bytes(note)
    pin = house.practice.root.hex()
    shutil.rmtree(house.folder / "state")
    found = typed(house, "audit", "verify", "--pin", pin, "--against", str(file))
    assert found.stdout.startswith("INTACT\n"), found

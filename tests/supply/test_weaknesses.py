"""No answer is no clean bill of health."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from packaging.utils import canonicalize_name

from supply.distributions import pinned
from supply.weaknesses import KNOWN, NOT_CHECKED, judge

ROOT = Path(__file__).parents[2]

SOUND: dict[str, object] = {"name": "a", "version": "1", "vulns": []}

WEAK: dict[str, object] = {
    "name": "b",
    "version": "2",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1", "3"]}],
}

PASSED_OVER: dict[str, object] = {"name": "c", "skip_reason": "not found"}


def answer(*audited: dict[str, object]) -> str:
    return json.dumps({"dependencies": audited, "fixes": []})


def test_sound() -> None:
    assert judge(0, answer(SOUND, SOUND), "") == (0, ["No weakness is known in 2 distributions."])


def test_a_known_weakness_is_named_with_what_mends_it() -> None:
    expected = (KNOWN, ["b 2: PYSEC-2026-1, mended in 2.1, 3"])
    assert judge(1, answer(SOUND, WEAK), "Found 1") == expected
    assert judge(1, answer(PASSED_OVER, WEAK), "Found 1") == expected


@pytest.mark.parametrize(
    ("status", "said", "complaint"),
    [
        (0, answer(SOUND, PASSED_OVER), "No known vulnerabilities found"),
        (0, answer(), "No known vulnerabilities found"),
        (1, answer(SOUND), "died"),
        (1, "", "ERROR: Dependency not found"),
        (1, "", ""),
        (0, "[]", ""),
        (0, "null", ""),
    ],
)
def test_whatever_is_not_a_whole_answer_is_not_checked(
    status: int, said: str, complaint: str
) -> None:
    got, words = judge(status, said, complaint)
    assert got == NOT_CHECKED
    assert words[0].startswith("Not checked: ")


def audit(cache: Path, deed: str, **environment: str) -> tuple[int, str]:
    """What ``make audit`` or ``make check`` does, with nothing kept from an earlier time."""
    done = subprocess.run(
        [sys.executable, "-m", "supply", deed],
        cwd=ROOT,
        env={
            **os.environ,
            "NO_PROXY": "",
            "no_proxy": "",
            "PIP_CACHE_DIR": str(cache),
            "XDG_CACHE_HOME": str(cache),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_without_a_network_a_check_passes_and_says_that_it_was_not_checked(tmp_path: Path) -> None:
    """A proxy that nobody keeps, on the port that takes no connection."""
    nowhere = "http://127.0.0.1:9"
    status, said = audit(tmp_path, "check", HTTPS_PROXY=nowhere, https_proxy=nowhere)
    assert status == 0
    assert said.splitlines()[1].startswith("Not checked: ")


class Advisories(ThreadingHTTPServer):
    """Answers as OSV does, and knows of one weakness at most."""

    weak = ""
    asked: ClassVar[list[str]] = []


class Answer(BaseHTTPRequestHandler):
    server: Advisories

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = query["package"]["name"]
        self.server.asked.append(name)
        weakness = {
            "id": "PYSEC-2026-1",
            "published": "2026-11-01T00:00:00Z",
            "affected": [{"package": query["package"]}],
        }
        body = json.dumps({"vulns": [weakness]} if name == self.server.weak else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not to the terminal."""


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with Advisories(("127.0.0.1", 0), Answer) as server:
        server.asked.clear()
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(("deed", "weak"), [("audit", ""), ("check", "cryptography")])
def test_every_pin_is_asked_about_and_one_weakness_is_enough(
    advisories: Advisories, deed: str, weak: str, tmp_path: Path
) -> None:
    advisories.weak = weak
    pins = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    status, said = audit(
        tmp_path,
        deed,
        PIP_AUDIT_VULNERABILITY_SERVICE="osv",
        PIP_AUDIT_OSV_URL=f"http://127.0.0.1:{advisories.server_port}/",
        HTTP_PROXY="",
        http_proxy="",
    )
    assert {*advisories.asked} == {*pins}
    last = said.splitlines()[-1]
    if weak:
        assert (status, last) == (KNOWN, f"{weak} {pins[canonicalize_name(weak)]}: PYSEC-2026-1")
    else:
        assert (status, last) == (0, f"No weakness is known in {len(pins)} distributions.")

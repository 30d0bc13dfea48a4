"""Pages of the desk: how long its own process takes for each, and what many logins take, as JSON.

    python -m benchmarks.desk_pages FOLDER QUESTIONS LOGINS

FOLDER was filled by ``benchmarks.fill``. A page is made as the process of a login makes it, with no
HTTP between. Then a desk is served, and so many log in: the memory is that of all its processes, by
the shares of what they share (Pss).
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from benchmarks.fill import LOGIN, config_of
from benchmarks.practice import REASON
from callrec.desk.exchange import Asked
from callrec.desk.keeping import Vault, answer
from callrec.desk.seat import Seat
from callrec.login.sessions import begin_session
from callrec.login.unlock import actor_by_password
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import UNKNOWN, Answers
from callrec.policy.purpose import Purpose
from callrec.requests.ask import create_request
from callrec.system.terminal import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

UNTIMED: Final = 3

PAGES: Final = {"inbox": "/", "request": "/requests/R-1"}


def pages(folder: Path, questions: int) -> Mapping[str, Sequence[float]]:
    """Seconds of each page, so many times."""
    seat = _seat(folder)
    times: dict[str, list[float]] = {}
    for number in range(-UNTIMED, questions):
        for name, path in PAGES.items():
            begun = time.perf_counter()
            answered = answer(seat, Asked("GET", path))
            taken = time.perf_counter() - begun
            if answered.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{path} answers {answered.status}")
            if number >= 0:
                times.setdefault(name, []).append(taken)
    return times


def _seat(folder: Path) -> Seat:
    vault = Vault(config_of(folder), {"XDG_STATE_HOME": str(folder / "state")})
    practice = vault.open()
    dora = actor_by_password(practice, login=LOGIN, password=_password(folder))
    answers = Answers(
        reason=REASON,
        days=UNKNOWN,
        times=UNKNOWN,
        extensions=(UNKNOWN,),
        numbers=(UNKNOWN,),
        parties=("the patient",),
        about="",
        further={
            FurtherParticular.COMPLAINT: "C-2026-014",
            FurtherParticular.COMPLAINANT: "patient",
        },
    )
    create_request(practice, dora, purpose=Purpose.COMPLAINT, answers=answers, recordings=(1,))
    session, until = begin_session(practice, dora, Place("desk at 192.0.2.7", "5e" * 32))
    return Seat(vault.open, practice, session, until, "192.0.2.7")


def _password(folder: Path) -> str:
    return (folder / f"{LOGIN}.password").read_text(encoding="utf-8").strip()


def logins(folder: Path, count: int) -> int:
    """Bytes that a desk takes with so many logins, each with its inbox opened."""
    environ = {
        **os.environ,
        "CALLREC_CONFIG": str(folder / "callrec.toml"),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    command = (sys.executable, "-I", "-m", "callrec.desk")
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as desk:
        try:
            assert desk.stdout is not None  # noqa: S101 - it was asked for
            at = urlsplit(desk.stdout.readline().decode().strip())
            admitted = _cookie(_asked(at.netloc, "GET", at.path, ""))
            for _ in range(count):
                _log_in(at.netloc, admitted, _password(folder))
            return sum(_pss(each) for each in (desk.pid, *_below(desk.pid)))
        finally:
            desk.terminate()


def _log_in(host: str, admitted: str, password: str) -> None:
    form = urlencode({"login": LOGIN, "password": password})
    cookie = _cookie(_asked(host, "POST", "/login", admitted, form))
    _asked(host, "GET", "/", f"{admitted}; {cookie}")


def _asked(
    host: str, method: str, path: str, cookie: str, form: str = ""
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(f"127.0.0.1:{host.partition(':')[2]}")
    kind = "application/x-www-form-urlencoded"
    said = {"Host": host, "Cookie": cookie, "Origin": f"http://{host}", "Content-Type": kind}
    connection.request(method, path, form or None, said)
    response = connection.getresponse()
    response.read()
    return response


def _cookie(response: http.client.HTTPResponse) -> str:
    given = response.getheader("Set-Cookie")
    if given is None:
        raise RuntimeError(f"no cookie, but {response.status}")
    return given.partition(";")[0]


def _below(parent: int) -> Iterator[int]:
    for place in Path("/proc").glob("[0-9]*/stat"):
        if place.read_text().rpartition(") ")[2].split()[1] == str(parent):
            yield int(place.parent.name)


def _pss(process: int) -> int:
    rolled = Path(f"/proc/{process}/smaps_rollup").read_text()
    kib = next(line for line in rolled.splitlines() if line.startswith("Pss:"))
    return int(kib.split()[1]) * 1024


def main() -> None:
    folder, questions, count = sys.argv[1:]
    place = Path(folder).resolve()
    began = datetime.now(UTC)
    told = {"pages": pages(place, int(questions)), "bytes": logins(place, int(count))}
    print(json.dumps({**told, "seconds": (datetime.now(UTC) - began).total_seconds()}))


if __name__ == "__main__":
    main()

"""The desk, whose processes Windows' Python runs; who uses it and who judges are on this side."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from callrec.config import Desk
from callrec.login.sessions import list_sessions
from desk.test_deciding import GRANT_BOTH
from desk.test_http import acts
from desk.test_killed import ASKED
from house.desk_client import Client
from house.practices import House, password_of
from house.requests import REASON, grants_of, state_of
from house.stages import copied
from windows.beside import ROOT, home, there

asked_for = copied(ASKED)

WITHIN_S = 300
"""For processes that begin or end, on a machine that is busy."""


_AS_THE_COMMAND = """
import os, sys
from callrec.system.processes import become
become((sys.executable, *sys.argv[1:]), os.environ)
"""
"""As ``callrec desk`` becomes the desk's first process."""


@contextmanager
def a_desk(house: House) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The one-time address of a desk that runs on Windows, and the command."""
    house.close()
    config = house.config.model_copy(update={"desk": Desk()}).model_dump(mode="json")
    environ = {name: there(value) for name, value in house.environ.items() if value[:1] == "/"}
    with subprocess.Popen(
        [
            os.environ["WINDOWS_PYTHON"],
            *("-c", _AS_THE_COMMAND, "-c", "from house.desks import run; run()"),
            *(json.dumps(_there(config)), house.at.isoformat()),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            **environ,
            **home(house.folder),
            "PYTHONPATH": f"{there(ROOT / 'src')};{there(ROOT / 'tests')}",
        },
    ) as desk:
        assert desk.stdout is not None
        try:
            yield desk.stdout.readline().decode().strip(), desk
        finally:
            desk.kill()


def _there(value: Any) -> Any:
    """A configuration with its paths as Windows has them."""
    if isinstance(value, dict):
        return {name: _there(each) for name, each in value.items()}
    return there(value) if isinstance(value, str) and value.startswith("/") else value


def test_calls_are_searched_and_a_request_approved_and_each_login_ends_on_record(
    asked_for: House,
) -> None:
    with a_desk(asked_for) as (address, desk):
        parts = urlsplit(address)
        max_ = Client(f"{parts.scheme}://{parts.netloc}", within_s=WITHIN_S).admitted(address)
        let_in = max_.log_in("max")
        assert let_in.to == "/", told(let_in.body)
        filled: dict[str, Any] = {"token": max_.token(), "password": password_of("max")}
        found = max_.post("/search", {**filled, "reason": REASON, "number": "020 7946 0123"})
        assert found.status == 303, told(found.body)
        shown = max_.get(found.to).body
        assert "Calls that were found" in shown, told(shown)
        max_.get("/requests/R-1/approve")
        foreseen = max_.post("/requests/R-1/approve", {**filled, **GRANT_BOTH})
        approved = max_.post(foreseen.to, {**filled, "typed": "R-1"})
        assert re.match("/done/|/requests/", approved.to), told(approved.body)
        desk.kill()  # as a task is ended; its processes end because it has gone
        desk.wait()
        until = time.monotonic() + WITHIN_S
        while "logout" not in acts(asked_for) and time.monotonic() < until:
            asked_for.close()
            time.sleep(0.2)
    assert state_of(asked_for, "R-1") == "approved"
    assert len(grants_of(asked_for, "R-1")) == 2
    assert acts(asked_for)[-1] == "logout"
    assert not list_sessions(asked_for.open(), asked_for.actor("dora"), login="max")


def test_a_package_is_saved_at_the_desk(granted: House) -> None:
    with a_desk(granted) as (address, _), ExitStack() as kept:
        parts = urlsplit(address)
        sam = Client(f"{parts.scheme}://{parts.netloc}", within_s=WITHIN_S).admitted(address)
        assert sam.log_in("sam").to == "/"
        filled = {"token": sam.token(), "password": password_of("sam")}
        page = "/requests/R-1/release"
        sam.post(page, {**filled, "do": "release", "form": "zip"})
        until = time.monotonic() + WITHIN_S
        while not (saved := re.search(f'href="({page}/[^"]+)"', shown := sam.get(page).body)):
            assert time.monotonic() < until, told(shown)
            time.sleep(0.5)
        sam.kept = kept  # as a browser does
        assert sam.get(saved[1]).body.startswith("PK")
        confirmed = sam.post(page, {**filled, "do": "saved"})
        assert "R-1 is released" in (shown := sam.get(confirmed.to).body), told(shown)
    assert acts(granted)[-1] in {"release.delivered", "logout"}


def told(page: str) -> str:
    """What a page says of what was not done."""
    return "\n".join(line for line in page.splitlines() if "alert" in line)

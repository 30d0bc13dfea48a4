"""Eight browsers and a terminal on one vault: nobody is told of a lock, and no act is lost.

Two acts each in the suite; ``make concurrency`` has them at it for longer.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.login.people import logins
from house import practices
from house.commands import done
from house.complaints import COMPLAINANT, CONTACT, WRONG
from house.desk_client import Client, Got
from house.desks import a_desk
from house.practices import House

COMPLAINT = {"how": "letter", "from": COMPLAINANT, "contact": CONTACT, "what": WRONG}

BROWSERS = ("dora", "pat", "max", "mia", "sam", "pat", "max", "sam")
"""Some have two, as people who sit at two machines do."""


def at_work(origin: str, admitted: dict[str, str], acts: int, login: str) -> list[Got]:
    """One browser: log in, enter complaints, look at the list of them, log out."""
    client = Client(origin, cookies=dict(admitted))
    got = [client.log_in(login)]
    token = client.token()
    for _ in range(acts):
        got += [client.post("/complaints/new", {"token": token, **COMPLAINT}), client.get("/")]
    return [*got, client.post("/logout", {"token": token})]


def typed(house: House, acts: int) -> list[str]:
    """The terminal beside them."""
    words = [f"--{name}={text}" for name, text in COMPLAINT.items()]
    return [done(house, "max", "complaint", "receive", *words) for _ in range(acts)]


def test_eight_browsers_and_a_terminal_lose_nothing(
    template: House, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    acts = 2 * int(pytestconfig.getoption("--rounds", 1))
    house = practices.copy(template, tmp_path / "house")
    with a_desk(house) as address, ThreadPoolExecutor(len(BROWSERS)) as people:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        admitted = Client(origin).admitted(address).cookies
        browsers = people.map(partial(at_work, origin, admitted, acts), BROWSERS)
        typed(house, acts)
        answers = [got for each in browsers for got in each]
    assert {got.status for got in answers} <= {200, 303}
    by = Counter({login: acts * BROWSERS.count(login) for login in BROWSERS}) + Counter(max=acts)
    assert entered(house) == by
    assert "INTACT" in done(house, "dora", "audit", "verify")


def entered(house: House) -> Counter[str]:
    """Who entered how many complaints, by the record."""
    practice = house.open()
    called = {str(person): login for person, login in logins(practice).items()}
    with reading(practice.engine) as connection:
        size = stored_head(connection).size
        leaves = [read_leaf(connection, seq)[0] for seq in range(size)]
    return Counter(called[each.actor] for each in leaves if each.act == "complaint.received")

"""What is handed over at the desk: by the browser, and on record as by a command."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import pyzipper

from callrec.audit.leaf import Outcome
from callrec.desk.exchange import Answered
from callrec.system.runtime import runtime_folder
from house.desk_client import Client
from house.desks import Shown, Visit, a_desk, visit, written
from house.packages import release
from house.practices import House, password_of
from house.requests import approve, grants_of, last_leaf

PAGE = "/requests/R-1/release"


@pytest.fixture
def sam(granted: House) -> Iterator[Visit]:
    """sam, to whom R-1 was granted, at the desk; nothing is left in memory afterwards."""
    visited = visit(granted, "sam")
    yield visited
    if visited.seat.making:
        visited.seat.making.end()
    memory = runtime_folder(granted.environ)
    assert memory is not None
    assert not [*memory.glob("release-*")]


def make(visited: Visit, *, by: str = "", passphrase_by: str = "") -> Shown:
    """Begin a release, and wait until it is written or was refused."""
    shown = visited.fill_in(
        PAGE, do="release", form="zip", deliver_by=by, passphrase_by=passphrase_by
    )
    while "being made" in shown.words:
        assert visited.seat.making is not None
        visited.seat.making.wait(0.1)
        shown = visited.open(PAGE)
    return shown


def save(visited: Visit) -> Answered:
    """Save the package."""
    link = next(link for link in visited.open(PAGE).links if link.startswith(f"{PAGE}/"))
    return visited.open(link).answered


def test_a_package_goes_through_the_browser_and_opens_with_its_passphrase(sam: Visit) -> None:
    make(sam)
    package = save(sam)
    assert package.save_as.startswith("callrec-release-R-1-")
    shown = sam.fill_in(PAGE, do="saved")
    assert sam.seat.making is not None
    released = sam.seat.making.released
    assert released is not None
    assert released.passphrase in shown.words
    with pyzipper.AESZipFile(io.BytesIO(package.body)) as opened:
        opened.setpassword(released.passphrase.encode())
        assert opened.read("manifest.json")
    sam.fill_in(PAGE, do="noted")
    assert released.passphrase not in sam.open(PAGE).html


def test_it_is_on_record_as_one_of_a_command(sam: Visit) -> None:
    def at_the_desk() -> None:
        make(sam)
        save(sam)
        sam.fill_in(PAGE, do="saved")

    house = sam.house
    desk = written(house, at_the_desk)
    approve(house, "R-1")
    assert written(house, lambda: release(house)) == desk


def test_a_package_that_nobody_saved_is_not_handed_over(sam: Visit) -> None:
    make(sam)
    assert last_leaf(sam.house).act == "release.prepared"
    shown = sam.fill_in(PAGE, do="saved")
    assert "not saved the package yet" in shown.words
    sam.fill_in(PAGE, do="cancel")
    assert last_leaf(sam.house).act == "release.failed"
    assert len(grants_of(sam.house, "R-1")) == 2


def test_a_package_of_which_the_end_did_not_come_is_not_saved(granted: House) -> None:
    with a_desk(granted) as address:
        parts = urlsplit(address)
        sam = Client(f"{parts.scheme}://{parts.netloc}").admitted(address)
        sam.log_in("sam")
        filled = {"token": sam.token(), "password": password_of("sam")}
        sam.post(PAGE, {**filled, "do": "release", "form": "zip"})
        while not (link := re.search(f'href="({PAGE}/[^"]+)"', sam.get(PAGE).body)):
            pass
        break_off(sam, link[1])
        refused = sam.get(sam.post(PAGE, {**filled, "do": "saved"}).to)
        assert (refused.status, "or not all of it" in refused.body) == (422, True)
        assert last_leaf(granted).act == "release.prepared"
        sam.get(link[1])
        sam.post(PAGE, {**filled, "do": "saved"})
        assert last_leaf(granted).act == "release.delivered"


def break_off(client: Client, path: str) -> None:
    """Ask for a file, take a little of it and go."""
    with client.connected(receives=4096) as channel:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        head = f"GET {path} HTTP/1.1\r\nHost: {client.host}\r\nCookie: {cookies}\r\n\r\n"
        channel.sendall(head.encode())
        assert channel.recv(100).startswith(b"HTTP/1.1 200")


def test_a_login_that_ends_gives_back_what_was_granted(sam: Visit) -> None:
    make(sam)
    save(sam)
    sam.seat.leave()
    assert len(grants_of(sam.house, "R-1")) == 2


def test_what_may_not_go_the_same_way_is_refused_in_the_same_words(sam: Visit) -> None:
    shown = make(sam, by="email", passphrase_by="email")
    assert "may not go the same way" in shown.words


def test_a_grant_of_somebody_else_is_not_handed_over(sam: Visit) -> None:
    pat = visit(sam.house, "pat")
    assert "granted to somebody else" in make(pat).words.lower()
    assert last_leaf(sam.house).outcome is Outcome.REFUSED

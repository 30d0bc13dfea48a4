"""Whether the desk can run where the configuration puts it, as `callrec desk --check` finds."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from callrec.config import Desk
from callrec.office.desk import desk_standing, examine_desk
from callrec.office.finding import Finding, Level
from house.certificates import a_certificate
from house.commands import done, type_in
from house.desk_client import Client
from house.desks import a_desk
from house.practices import House

ORIGIN = "https://desk.practice.example:8443"


def place_of(folder: Path, **given: Any) -> Desk:
    """A desk for a network, with a certificate for it that lasts a year."""
    whole = {"origin": ORIGIN, "port": 8443, "certificate": folder / "c", "key": folder / "k"}
    return Desk(**{**whole, **given})


def found(house: House, place: Desk) -> Iterator[Finding]:
    config = house.practice.config.model_copy(update={"desk": place})
    return examine_desk(replace(house.practice, config=config))


def wrong(house: House, place: Desk) -> Mapping[str, Level]:
    return {each.what: each.level for each in found(house, place) if each.level is not Level.WELL}


def test_a_desk_for_this_machine_needs_nothing(house: House) -> None:
    assert wrong(house, Desk()) == {}


def test_a_certificate_for_its_name_is_well(house: House, tmp_path: Path) -> None:
    a_certificate(tmp_path, "desk.practice.example", since=house.at, days=365)
    assert wrong(house, place_of(tmp_path)) == {}


def test_one_that_ends_within_two_weeks_is_warned_of(house: House, tmp_path: Path) -> None:
    a_certificate(tmp_path, "desk.practice.example", since=house.at, days=13)
    assert wrong(house, place_of(tmp_path)) == {
        "the certificate ends on Mon 7 Dec 2026": Level.WARNING
    }


@pytest.mark.parametrize(
    ("host", "since", "what"),
    [
        ("another.example", timedelta(), "the certificate is not for desk.practice.example"),
        (
            "desk.practice.example",
            -timedelta(days=400),
            "the certificate ended, or has not begun; it ends Tue 20 Oct 2026",
        ),
        (
            "desk.practice.example",
            timedelta(days=1),
            "the certificate ended, or has not begun; it ends Thu 25 Nov 2027",
        ),
    ],
)
def test_one_that_browsers_would_not_take_is_damage(
    house: House, tmp_path: Path, host: str, since: timedelta, what: str
) -> None:
    a_certificate(tmp_path, host, since=house.at + since, days=365)
    assert wrong(house, place_of(tmp_path)) == {what: Level.DAMAGE}


def test_a_wildcard_stands_for_one_part_of_a_name(house: House, tmp_path: Path) -> None:
    a_certificate(tmp_path, "*.practice.example", since=house.at, days=365)
    assert wrong(house, place_of(tmp_path)) == {}
    deeper = place_of(tmp_path, origin="https://a.b.practice.example")
    assert [*wrong(house, deeper)] == ["the certificate is not for a.b.practice.example"]


def test_another_certificates_key_and_one_that_others_read_are_damage(
    house: House, tmp_path: Path
) -> None:
    a_certificate(tmp_path, "desk.practice.example", since=house.at, days=365)
    (tmp_path / "k").chmod(0o644)
    assert [*wrong(house, place_of(tmp_path))] == [f'others can read "{tmp_path / "k"}"']
    (tmp_path / "other").mkdir()
    a_certificate(tmp_path / "other", "desk.practice.example", since=house.at, days=365)
    other = place_of(tmp_path, key=tmp_path / "other" / "k")
    assert [*wrong(house, other)] == [
        "certificate and key cannot be read, or do not belong together"
    ]


def test_a_network_without_tls_is_damage(house: House) -> None:
    assert [*wrong(house, Desk(host="0.0.0.0"))] == [  # noqa: S104
        "it would be reached over a network without TLS"
    ]


def test_the_command_says_it_and_ends_so(house: House) -> None:
    assert "nobody has its place" not in done(house, "nobody", "desk", "--check")
    config = house.folder / "desk.toml"
    config.write_text('[desk]\nhost = "0.0.0.0"\n')
    config.chmod(0o600)
    answer = type_in(house, "nobody", "desk", "--check", "--config", str(config))
    assert (answer.status, "without TLS" in answer.out) == (7, True)


@contextmanager
def something_that_answers() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_whether_it_answers_is_seen_from_beside_it(tmp_path: Path) -> None:
    with something_that_answers() as port:
        assert desk_standing(place_of(tmp_path, port=port)) == "answers"
    assert desk_standing(place_of(tmp_path, port=port)) == "silent"
    assert desk_standing(Desk(port=port)) is None


def test_over_tls_a_desk_answers_by_its_name_alone_and_not_without_tls(
    house: House, tmp_path: Path
) -> None:
    authority = a_certificate(tmp_path, "localhost", since=datetime.now(house.at.tzinfo), days=9)
    with something_that_answers() as port:
        pass  # which is free now
    place = place_of(tmp_path, origin=f"https://localhost:{port}", host="127.0.0.1", port=port)
    trusts = ssl.create_default_context(cadata=authority)
    with a_desk(house, place):
        client = Client(place.origin, trusts)
        got = client.get("/login")
        for_two_years = "max-age=63072000; includeSubDomains"
        assert (got.status, got.headers["strict-transport-security"]) == (200, for_two_years)
        assert client.log_in("pat").to == "/"
        assert client.send("GET", "/", headers={"Host": f"127.0.0.1:{port}"}).status == 421
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            trusts.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(ssl.SSLError):
            client.get("/login")
        with pytest.raises(ConnectionError):
            Client(f"http://localhost:{port}").get("/login")

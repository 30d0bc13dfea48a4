"""What is sent to the desk by HTTP, by people who do not use a browser as it is meant."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.desk import guard
from callrec.desk.rendering import bare_page
from callrec.login.sessions import end_sessions, list_sessions
from house import practices
from house.desk_client import Client, Got
from house.desks import a_desk
from house.practices import FULL_PRACTICE_NAME, House
from house.processes import running_below

SESSION = guard.COOKIE

Served = tuple[House, str, int]
"""A practice, the one-time address of its desk, and the desk's first process."""


@pytest.fixture(scope="module")
def desk(template: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A practice and the one-time address of its desk, for all of these tests."""
    house = practices.copy(template, tmp_path_factory.mktemp("desk") / "house")
    with a_desk(house) as address:
        admitted.clear()
        (first,) = running_below(os.getpid())
        yield house, address, first


admitted: dict[str, str] = {}
"""The cookie of the one browser that was let in."""


@pytest.fixture
def client(desk: Served) -> Client:
    _, address, _ = desk
    parts = urlsplit(address)
    made = Client(f"{parts.scheme}://{parts.netloc}")
    if not admitted:
        made.admitted(address)
        admitted.update(made.cookies)
    made.cookies = dict(admitted)
    return made


@pytest.fixture
def pat(client: Client) -> Client:
    assert client.log_in("pat").to == "/"
    return client


def is_inbox(got: Got) -> bool:
    return got.status == 200 and "Your inbox" in got.body


def test_the_address_lets_in_one_browser_once(desk: Served, client: Client) -> None:
    _, address, _ = desk
    another = Client(client.origin)
    assert another.get(urlsplit(address).path).status == 403
    assert another.cookies == {}


@pytest.mark.parametrize("path", ["/", "/login", "/open/", "/open/x", "/requests/R-1"])
def test_another_browser_of_the_machine_sees_nothing(client: Client, path: str) -> None:
    got = Client(client.origin).get(path)
    assert (got.status, FULL_PRACTICE_NAME in got.body, got.cookies) == (403, False, ())


@pytest.mark.parametrize("path", ["/", "/requests/R-1", "/nothing", "/logout", "//evil.example/"])
def test_who_is_not_logged_in_is_sent_to_log_in_and_told_nothing(client: Client, path: str) -> None:
    got = client.get(path)
    assert (got.status, got.to, got.body) == (303, "/login", "")


def test_a_cookie_is_of_this_origin_alone_and_no_script_reads_it(client: Client) -> None:
    (cookie,) = client.log_in("pat").cookies
    name, *said = cookie.split("; ")
    assert name.startswith("__Host-callrec=")
    assert sorted(said) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]


def every_kind_of_answer(client: Client) -> dict[str, Got]:
    return {
        "a page": client.get("/"),
        "log in": client.get("/login"),
        "sent on": Client(client.origin, cookies=dict(admitted)).get("/"),
        "no such page": client.get("/nothing"),
        "a file": client.get("/static/desk.css"),
        "no such file": client.get("/static/nothing"),
        "another host": client.send("GET", "/", headers={"Host": "evil.example"}),
        "a foreign form": client.post("/logout", {}, Origin="https://evil.example"),
        "a form of another login": client.post("/logout", {"token": "x"}),
        "another method": client.send("PUT", "/", b"", headers={}),
        "too large": client.post("/logout", {}, Content_Length=str(1 << 40)),
        "not let in": Client(client.origin).get("/"),
    }


def test_every_answer_says_what_a_browser_may_do_with_it(pat: Client) -> None:
    for kind, got in every_kind_of_answer(pat).items():
        for name, value in guard.HEADERS.items():
            if name == "cache-control" and kind == "a file":
                continue
            assert got.headers.get(name) == value, (kind, name)
        assert "server" not in got.headers, kind


def test_nothing_from_elsewhere_and_nothing_within_a_page_runs() -> None:
    assert "unsafe" not in guard.CONTENT_POLICY
    assert "http" not in guard.CONTENT_POLICY
    page = bare_page("login.html", said={}, login="", ended=False).body.decode()
    assert not any(word in page for word in ("<style", " style=", "<script>", " onclick=", "//"))


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:80@evil"]
)
def test_the_desk_answers_to_its_own_name_alone(pat: Client, host: str) -> None:
    got = pat.send("GET", "/", headers={"Host": host})
    assert (got.status, FULL_PRACTICE_NAME in got.body) == (421, False)


def test_two_names_are_no_name(pat: Client) -> None:
    lines = (f"GET / HTTP/1.1\r\nHost: {pat.host}\r\nHost: evil.example\r\n\r\n").encode()
    assert pat.raw(lines).status == 400


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_a_form_of_another_site_does_nothing(pat: Client, said: dict[str, str]) -> None:
    assert pat.post("/logout", {"token": pat.token()}, **said).status == 403
    assert is_inbox(pat.get("/"))


def opened_unseen(pat: Client, house: House, said: dict[str, str]) -> tuple[Got, int, int]:
    """A page that is refused to pat on record, and the record's size before and after."""
    before = entries(house)
    got = pat.get("/settings/apply", **said)
    return got, before, entries(house)


def entries(house: House) -> int:
    with reading(house.practice.engine) as connection:
        return stored_head(connection).size


def test_what_somebody_opens_to_see_it_and_may_not_is_on_record(pat: Client, desk: Served) -> None:
    for said in ({}, {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}):
        got, before, after = opened_unseen(pat, desk[0], said)
        assert (got.status, after) == (403, before + 1)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "empty"}, 403),
        ({"Purpose": "prefetch"}, 403),
        *(({"Sec-Fetch-Dest": dest}, 403) for dest in ("image", "script", "iframe", "style")),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, 303),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "document"}, 303),
    ],
    ids=str,
)
def test_what_opens_a_page_for_nobody_to_see_or_from_elsewhere_writes_nothing(
    pat: Client, desk: Served, said: dict[str, str], status: int
) -> None:
    got, before, after = opened_unseen(pat, desk[0], said)
    assert (got.status, after, got.cookies) == (status, before, ())
    assert got.to in ("", "/login")
    assert is_inbox(pat.get("/"))


@pytest.mark.parametrize("token", [None, "", "x", "é", "0" * 10_000])
def test_a_form_without_the_logins_own_token_does_nothing(pat: Client, token: str | None) -> None:
    assert pat.post("/logout", {} if token is None else {"token": token}).to == "/logout"
    assert pat.get("/logout").status == 403
    assert is_inbox(pat.get("/"))


def test_one_logins_token_is_no_use_to_another(pat: Client) -> None:
    other = Client(pat.origin, cookies=dict(admitted))
    other.log_in("max")
    assert pat.token() != other.token()
    assert other.post("/logout", {"token": pat.token()}).to == "/logout"
    assert other.get("/logout").status == 403
    assert is_inbox(other.get("/"))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_no_other_method_is_taken(pat: Client, method: str) -> None:
    assert pat.send(method, "/logout", b"", headers={}).status == 405
    assert is_inbox(pat.get("/"))


@pytest.mark.parametrize(
    "path",
    [
        "/static/../application.py",
        "/static/..%2fapplication.py",
        "/static/%2e%2e/application.py",
        "/static//etc/passwd",
        "/static/desk.css%00.js",
        "/static/",
        "/static/../../templates/layout.html",
    ],
)
def test_no_file_but_the_desks_own_is_served(pat: Client, path: str) -> None:
    got = pat.get(path)
    assert got.status == 404
    assert "import" not in got.body


def test_a_form_that_is_too_large_is_not_read(pat: Client) -> None:
    assert pat.post("/logout", {}, Content_Length=str(guard.MOST_UPLOAD_BYTES + 1)).status == 413
    stranger = Client(pat.origin, cookies=dict(admitted))
    assert stranger.post("/login", {}, Content_Length=str(guard.MOST_FORM_BYTES + 1)).status == 413


def test_a_form_whose_length_is_not_said_is_not_read(pat: Client) -> None:
    chunked = {"Transfer-Encoding": "chunked", "Origin": pat.origin, "Content-Type": "text/plain"}
    got = pat.send("POST", "/logout", None, headers=chunked)
    assert got.status == 413


def test_two_lengths_are_refused_before_they_can_be_told_apart(pat: Client) -> None:
    both = f"POST / HTTP/1.1\r\nHost: {pat.host}\r\nContent-Length: 4\r\n"
    cookies = "; ".join(f"{name}={value}" for name, value in pat.cookies.items())
    origin = f"Origin: {pat.origin}\r\nCookie: {cookies}\r\n"
    assert pat.raw(f"{both}{origin}Content-Length: 5\r\n\r\n0\r\n\r\n".encode()).status == 400
    chunked = f"{both}{origin}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert pat.raw(chunked.encode()).status == 413


def test_more_fields_than_a_form_has_are_refused(pat: Client) -> None:
    fields = {f"f{number}": "" for number in range(5000)}
    assert pat.post("/logout", fields).status == 400
    assert is_inbox(pat.get("/"))


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "a"])
def test_what_is_no_form_does_nothing(pat: Client, kind: str) -> None:
    assert pat.post("/logout", {"token": pat.token()}, Content_Type=kind).status in (303, 400)
    assert is_inbox(pat.get("/"))


def test_a_file_that_is_sent_is_written_nowhere(pat: Client) -> None:
    """What serves pages can write no file at all (RLIMIT_FSIZE)."""
    data = b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"
    body = data + b"0" * (8 << 20) + b"\r\n--x--\r\n"
    own = {"Origin": pat.origin, "Content-Type": "multipart/form-data; boundary=x"}
    assert pat.send("POST", "/logout", body, headers=own).to == "/logout"  # it has no token
    assert pat.get("/logout").status == 403


def test_a_line_or_a_header_that_is_too_long_is_refused(pat: Client) -> None:
    assert pat.get("/" + "a" * 100_000).status in (400, 404)
    assert pat.get("/", X_Long="a" * 100_000).status in (200, 400)
    assert is_inbox(pat.get("/"))


@pytest.mark.parametrize("value", ["", "x", "é", "a" * 4000, "../..", "0" * 43])
def test_a_made_up_cookie_is_nobody(client: Client, value: str) -> None:
    client.cookies[SESSION] = value
    assert client.get("/").to == "/login"


def test_a_cookie_that_was_there_before_is_not_the_logins(client: Client) -> None:
    client.cookies[SESSION] = planted = "planted"
    client.log_in("pat")
    assert client.cookies[SESSION] != planted
    attacker = Client(client.origin, cookies={**admitted, SESSION: planted})
    assert attacker.get("/").to == "/login"


def test_to_log_in_again_ends_the_login_before(pat: Client) -> None:
    before = dict(pat.cookies)
    pat.log_in("max")
    assert Client(pat.origin, cookies=before).get("/").to.startswith("/login")


def test_after_logging_out_the_cookie_opens_nothing(pat: Client) -> None:
    kept = dict(pat.cookies)
    got = pat.post("/logout", {"token": pat.token()})
    assert got.to == "/login?ended"
    assert got.headers["clear-site-data"] == '"cache", "storage"'
    assert Client(pat.origin, cookies=kept).get("/").to == "/login"


def test_a_login_is_ended_from_elsewhere(pat: Client, desk: Served) -> None:
    house, _, _ = desk
    end_sessions(house.open(), house.actor("dora"), login="pat")
    assert pat.get("/").to == "/login?ended"


def test_the_record_says_the_desk_and_the_address_not_what_a_header_claims(
    client: Client, desk: Served
) -> None:
    house, _, _ = desk
    mia = {"login": "mia", "password": practices.password_of("mia")}
    client.post("/login", mia, X_Forwarded_For="203.0.113.9", Forwarded="for=203.0.113.9")
    sessions = list_sessions(house.open(), house.actor("dora"), login="mia")
    assert {each.terminal for each in sessions} == {"desk at 127.0.0.1"}


def test_a_wrong_password_and_a_login_that_nobody_has_look_alike(client: Client) -> None:
    wrong = client.post("/login", {"login": "sam", "password": "wrong"})
    nobody = client.post("/login", {"login": "zed", "password": "wrong"})
    assert wrong.status == nobody.status == 403
    assert wrong.body.replace("sam", "zed") == nobody.body
    assert "wrong&#34;" not in wrong.body
    assert 'value="wrong"' not in wrong.body


def test_what_is_typed_is_shown_again_as_text(client: Client) -> None:
    typed = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    got = client.post("/login", {"login": typed, "password": "x"})
    assert "<script>alert" not in got.body
    assert "<img" not in got.body


@pytest.mark.parametrize("path", ["/%0d%0aSet-Cookie:%20a=b", "/login?x=%0d%0aa:b", "/%E2%80%AE"])
def test_nothing_that_is_asked_for_becomes_a_header(pat: Client, path: str) -> None:
    got = pat.get(path)
    assert got.status in (200, 404)
    assert "a" not in got.headers
    assert not [each for each in got.cookies if each.startswith("a=")]


def test_a_login_keeps_what_it_asked_for_apart_from_anothers(pat: Client) -> None:
    """Two questions in one connection, each with the cookie of another login."""
    other = Client(pat.origin, cookies=dict(admitted))
    other.log_in("max")
    asked = b""
    for one in (pat, other):
        cookie = "; ".join(f"{name}={value}" for name, value in one.cookies.items())
        asked += f"GET / HTTP/1.1\r\nHost: {pat.host}\r\nCookie: {cookie}\r\n\r\n".encode()
    with pat.connected() as channel:
        channel.sendall(asked)
        whole = b""
        while whole.count(b"</html>") < 2:
            whole += channel.recv(1 << 16)
    first, second = whole.split(b"HTTP/1.1 200")[1:]
    assert (b"<b>pat</b>" in first, b"<b>max</b>" in first) == (True, False)
    assert (b"<b>max</b>" in second, b"<b>pat</b>" in second) == (True, False)


def test_nothing_is_taken_up_but_pages(pat: Client) -> None:
    said = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert pat.get("/", **said, Sec_WebSocket_Key="eA==").status != 101


@pytest.mark.usefixtures("pat")
def test_a_process_that_holds_keys_has_nothing_of_the_network_and_dumps_nothing(
    desk: Served,
) -> None:
    first, serving, *logins = processes(desk)
    for each in logins:
        kinds = [str(link.readlink()) for link in Path(f"/proc/{each}/fd").iterdir()]
        inodes = {kind[8:-1] for kind in kinds if kind.startswith("socket:")}
        assert not inodes & of_the_network(), each
        limits = Path(f"/proc/{each}/limits").read_text()
        assert "Max core file size        0                    0" in limits
    for each in (first, serving):
        opened = [str(link.readlink()) for link in Path(f"/proc/{each}/fd").iterdir()]
        assert not [name for name in opened if "catalogue" in name], each


def test_a_login_whose_process_was_killed_is_over_and_others_go_on(
    pat: Client, desk: Served
) -> None:
    before = {*processes(desk)}
    other = Client(pat.origin, cookies=dict(admitted))
    other.log_in("max")
    (newest,) = {*processes(desk)} - before
    os.kill(newest, signal.SIGKILL)
    assert other.get("/").to == "/login?ended"
    assert is_inbox(pat.get("/"))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_when_the_desk_ends_every_login_ends_on_record(
    template: House, tmp_path: Path, how: signal.Signals
) -> None:
    """Though the signal reaches each of its processes, as Ctrl-C and systemd have it."""
    house = practices.copy(template, tmp_path / "house")
    before = {*running_below(os.getpid())}
    with a_desk(house) as address:
        parts = urlsplit(address)
        client = Client(f"{parts.scheme}://{parts.netloc}").admitted(address)
        client.log_in("pat")
        (first,) = {*running_below(os.getpid())} - before
        os.killpg(first, how)
    assert acts(house)[-2:] == ["login", "logout"]
    assert not list_sessions(house.open(), house.actor("dora"), login="pat")


def acts(house: House) -> list[str]:
    practice = house.open()
    with reading(practice.engine) as connection:
        size = stored_head(connection).size
        return [read_leaf(connection, seq)[0].act for seq in range(size)]


def processes(desk: Served) -> list[int]:
    """The desk's first process, the serving one, and those of logins, as they were started."""
    first = desk[2]
    return [first, *sorted(running_below(first), key=started)]


def started(process: int) -> int:
    """When, in ticks of the system; numbers begin again at the smallest at some time."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[19])


def of_the_network() -> set[str]:
    """Inodes of every socket of IP."""
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6")]
    rows = [line.split() for each in tables for line in each.read_text().splitlines()[1:]]
    return {row[9] for row in rows}

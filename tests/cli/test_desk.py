"""`callrec desk`, as somebody types it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

from house.commands import environment_of, type_in
from house.desk_client import Client
from house.practices import House


def test_it_prints_an_address_that_lets_in_one_browser_and_ends_with_ctrl_c(house: House) -> None:
    house.close()
    command = (sys.executable, "-I", "-m", "callrec", "desk")
    environ = {**os.environ, **environment_of(house, "nobody")}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        parts = urlsplit(desk.stdout.readline().strip())
        client = Client(f"{parts.scheme}://{parts.netloc}").admitted(parts.path)
        assert client.get("/login").status == 200
        desk.send_signal(signal.SIGINT)
        assert (desk.stdout.read(), desk.wait()) == ("", 0)


def test_a_place_that_is_taken_is_said_in_one_line(house: House) -> None:
    config = house.folder / "desk.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(f"[desk]\nport = {port}\n")
        config.chmod(0o600)
        command = (sys.executable, "-I", "-m", "callrec", "--config", str(config), "desk")
        environ = {**os.environ, **environment_of(house, "nobody")}
        told = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert told.returncode == 7
    assert f"the desk cannot be reached at 127.0.0.1, port {port}" in told.stderr
    assert "Traceback" not in told.stderr


def test_without_a_vault_nothing_is_served(house: House) -> None:
    answer = type_in(house, "nobody", "--vault", str(house.folder / "none"), "desk")
    assert (answer.status, "there is no vault" in answer.err) == (7, True)

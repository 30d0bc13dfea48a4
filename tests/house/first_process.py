"""A program that serves by processes: what each sees of the others is said on stderr."""

from __future__ import annotations

import sys
import time

from callrec.system.children import Channel, Children, take_channel

MANY = 3_000_000
"""Bytes: more than lie in a channel."""


def main() -> None:
    """The first process: it starts one that serves, and another for what that asks for."""
    children = Children()
    serving = children.start(serve)
    while asked := serving.channel.recv(1):
        if asked == b"d":
            serving.end()
        else:
            children.pass_on(children.start(log_in, outlasts=True), serving)
    say("first: serving is over")
    children.wait()
    say("first: all are over")


def serve(asks: Channel) -> None:
    asks.sendall(b"l")
    login = take_channel(asks)
    login.sendall(b"x" * MANY)
    say(f"serving: {login.recv(100).decode()}")
    login.settimeout(0.05)
    try:
        login.recv(1)
    except TimeoutError:
        say("serving: no more comes")
    asks.sendall(b"d")
    time.sleep(3600)


def log_in(channel: Channel) -> None:
    got = 0
    while got < MANY:
        got += len(channel.recv(1 << 20))
    channel.sendall(f"{got} came".encode())
    if not channel.recv(1):
        say("login: serving has gone")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

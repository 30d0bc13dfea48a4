"""The desk, seen from outside: whether it can run here, and whether it does."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from callrec.config import Desk
from callrec.errors import CallrecError
from callrec.office.finding import Finding, Level
from callrec.policy.days import short_date
from callrec.practice import Practice
from callrec.system.rights import account_of, read_private
from callrec.system.sockets import answers

RENEWED_BEFORE: Final = timedelta(days=14)
"""A certificate that ends sooner is warned of."""

INSTALLED_WITH: Final = "pip install callrec[desk]"

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_ANSWERS_S: Final = 2.0


def examine_desk(practice: Practice) -> Iterator[Finding]:
    """Every check of whether the desk can run here, for whom this machine's configuration says."""
    place = practice.config.desk
    yield _libraries()
    yield _account(practice)
    if place.certificate and place.key:
        yield from _certificate(practice, place.certificate, place.key)
    elif place.socket is None and place.host not in LOOPBACK:
        yield _damage(
            "it would be reached over a network without TLS",
            "set desk.certificate and desk.key, or desk.socket for a reverse proxy",
        )
    yield _place(place)


class DeskStanding(StrEnum):
    """Whether the desk runs, as far as can be seen from beside it."""

    ANSWERS = "answers"
    SILENT = "silent"


def desk_standing(place: Desk) -> DeskStanding | None:
    """Whether the desk of the practice's network answers; None where there is none."""
    if not place.origin:
        return None
    return DeskStanding.ANSWERS if is_served(place) else DeskStanding.SILENT


def is_served(place: Desk) -> bool | None:
    """Whether something answers where the desk is to be; None where that is not fixed."""
    if place.socket is not None:
        return answers(str(place.socket), _ANSWERS_S)
    if not place.port:
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.host, place.host)  # noqa: S104
    return answers((host, place.port), _ANSWERS_S)


def _libraries() -> Finding:
    missing = [each for each in ("starlette", "uvicorn", "jinja2") if find_spec(each) is None]
    if missing:
        return _damage(f"not installed: {', '.join(missing)}", f"run {INSTALLED_WITH}")
    return _well("what serves the pages is installed")


def _account(practice: Practice) -> Finding:
    """The vault is to belong to an account that nobody logs in as."""
    name, is_this = account_of(practice.folder)
    if not is_this:
        return _damage(f"the vault is the account {name}'s", f"run the desk as {name}")
    if practice.config.desk.origin and os.isatty(0):
        return Finding(
            Level.WARNING,
            f"the account {name}, which has a terminal, owns the vault",
            "serve a network from an account of its own (docs/reference/desk.md)",
        )
    return _well(f"the account {name} owns the vault")


def _certificate(practice: Practice, certificate: Path, key: Path) -> Iterator[Finding]:
    from callrec.crypto.certificate import read_certificate  # noqa: PLC0415  # few have one

    try:
        found = read_certificate(certificate.read_bytes())
        read_private(key)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except CallrecError as problem:
        yield _damage(problem.message, problem.hint)
        return
    except OSError:  # which ssl.SSLError is one of
        yield _damage(
            "certificate and key cannot be read, or do not belong together",
            "name PEM files that the desk's account can read",
        )
        return
    host = urlsplit(practice.config.desk.origin).hostname or ""
    if not found.is_for(host):
        yield _damage(f"the certificate is not for {host}", "have one made for that name")
    now, until = practice.now(), short_date(found.not_after)
    if not found.not_before <= now <= found.not_after:
        yield _damage(f"the certificate ended, or has not begun; it ends {until}", "renew it")
    elif found.not_after - now < RENEWED_BEFORE:
        yield Finding(Level.WARNING, f"the certificate ends on {until}", "renew it")
    else:
        yield _well(f"the certificate is for {host}, until {until}")


def _place(place: Desk) -> Finding:
    served = is_served(place)
    if served:
        return _well(f"something answers there: the desk at {place.origin or place.host}, if so")
    if served is None:
        return _well("it takes a free port of this machine, for one browser")
    return _well("nobody has its place yet")


def _well(what: str) -> Finding:
    return Finding(Level.WELL, what)


def _damage(what: str, hint: str) -> Finding:
    return Finding(Level.DAMAGE, what, hint)

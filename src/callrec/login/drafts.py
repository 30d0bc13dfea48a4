"""A draft: the answers given to a command that was cut short, kept for the next time.

It is sealed under the session of its terminal and lies where that lies, in memory: it opens for as
long as the login lasts, and for nobody else. One is kept at a terminal, the newest. What was filled
in at the desk outlives the login: it is sealed to the person, and the password of their next login
opens it. Format: docs/formats/keys.md, 6.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import CallrecError
from callrec.login.keyring import Session, name_of
from callrec.system.files import remove_file, write_private
from callrec.system.rights import read_private
from callrec.system.runtime import runtime_folder

FORMS_KEPT: Final = timedelta(days=7)
"""How long what somebody filled in at the desk waits for their next login: over a week's leave."""


def save_draft(
    session: Session, what: str, answers: Mapping[str, str], environ: Mapping[str, str]
) -> bool:
    """Keep the answers of a command; returns whether there is a place for them."""
    file = _file(session, environ)
    if file is None:
        return False
    data = json.dumps({"answers": {**answers}, "command": what}).encode()
    key, bound = _key_and_context(session)
    with suppress(CallrecError):
        write_private(file, primitives.seal(key, data, bound))
        return True
    return False


def read_draft(session: Session, what: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The answers kept of that command; empty where none are, or where they are of another."""
    file = _file(session, environ)
    if file is None:
        return {}
    key, bound = _key_and_context(session)
    try:
        draft = json.loads(primitives.open_sealed(key, read_private(file), bound))
    except CallrecError:  # none, or one of an earlier login
        return {}
    answers: Mapping[str, str] = draft["answers"] if draft["command"] == what else {}
    return answers


def forget_draft(session: Session, environ: Mapping[str, str]) -> None:
    """Delete the draft, as its command is done."""
    file = _file(session, environ)
    if file is not None:
        with suppress(OSError):
            remove_file(file, missing_ok=True)


def save_forms(
    vault: str, person: str, kem: bytes, forms: bytes, environ: Mapping[str, str]
) -> None:
    """Keep what a person filled in at the desk, sealed to their public key; nothing: forget it."""
    file = _forms_file(vault, person, environ)
    if file is None:
        return
    with suppress(CallrecError, OSError):
        if forms:
            bound = context("desk draft", vault, person=person)
            write_private(file, primitives.hpke_seal(kem, forms, bound))
        else:
            remove_file(file, missing_ok=True)


def read_forms(vault: str, person: str, kem: bytes, environ: Mapping[str, str]) -> bytes:
    """What was kept, opened with the seed of the person's key; empty where nothing opens.

    What others left, who did not come back within `FORMS_KEPT`, goes with every login.
    """
    forget_old_forms(environ)
    file = _forms_file(vault, person, environ)
    if file is None:
        return b""
    try:
        bound = context("desk draft", vault, person=person)
        return primitives.hpke_open(kem, read_private(file), bound)
    except CallrecError:  # none, or of a key before
        return b""


def forget_old_forms(environ: Mapping[str, str]) -> None:
    """Delete the forms of people who did not come back."""
    folder, oldest = runtime_folder(environ), time.time() - FORMS_KEPT.total_seconds()
    for file in folder.glob("*.forms") if folder else ():
        with suppress(OSError):
            if file.stat().st_mtime < oldest:
                remove_file(file)


def _forms_file(vault: str, person: str, environ: Mapping[str, str]) -> Path | None:
    folder = runtime_folder(environ)
    return None if folder is None else folder / f"{vault}.{person}.forms"


def _file(session: Session, environ: Mapping[str, str]) -> Path | None:
    folder = runtime_folder(environ)
    return None if folder is None else folder / f"{name_of(session.vault, session.place)}.draft"


def _key_and_context(session: Session) -> tuple[bytes, bytes]:
    bound = context("session draft", session.vault)
    return primitives.derive(session.secret, bound), bound

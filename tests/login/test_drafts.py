"""A draft is sealed as docs/formats/keys.md, 6, says: under its session, for its vault."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.login.drafts import read_draft, save_draft
from callrec.login.keyring import Session, name_of, save_session
from callrec.system.runtime import runtime_folder
from house.practices import House

SECRET = bytes(range(32))
ANSWERS = {"--reason": "The patient complains that nobody rang back"}


def a_session(house: House) -> Session:
    vault, root = house.practice.vault, house.practice.root
    return Session(vault, "ab" * 16, "cd" * 32, "sam", root, SECRET, datetime.now(UTC))


def test_it_opens_with_what_the_format_names_alone(house: House) -> None:
    session, environ = a_session(house), dict(house.environ)
    assert save_draft(session, "request create", ANSWERS, environ)
    folder = runtime_folder(environ)
    assert folder is not None
    bound = context("session draft", session.vault)
    sealed = (folder / f"{name_of(session.vault, session.place)}.draft").read_bytes()
    opened = primitives.open_sealed(primitives.derive(SECRET, bound), sealed, bound)
    assert json.loads(opened) == {"answers": ANSWERS, "command": "request create"}
    assert read_draft(session, "request create", environ) == ANSWERS
    assert read_draft(session, "incident report", environ) == {}


def test_a_login_at_a_terminal_takes_away_what_terminals_left_and_no_form_of_the_desk(
    house: House,
) -> None:
    session, environ = a_session(house), dict(house.environ)
    folder = runtime_folder(environ)
    assert folder is not None
    old, forms = folder / name_of(session.vault, "0" * 64), folder / f"{session.vault}.sam.forms"
    for file in (old, old.with_name(f"{old.name}.draft"), forms):
        file.touch()
        os.utime(file, (0, time.time() - 2 * 86400))
    save_session(session, environ)
    assert {*folder.iterdir()} == {forms, folder / name_of(session.vault, session.place)}

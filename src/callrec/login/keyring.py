"""What opens things, and where it is kept between commands: sessions and credential files.

A login keeps one secret, in memory only: a private folder on a memory file system, else the
system's own key store; on Windows, which has neither, in a private folder and sealed by the system.
The session's own key is made of it, and it opens the catalogue and index keys, which lie sealed in
the vault until the session ends. Until when that is, its certificate says, and no file. Format:
docs/formats/keys.md, 6.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callrec.audit.session import IDLE_LIMIT, SESSION_LIMIT
from callrec.crypto.primitives import KEY_BYTES
from callrec.dataclass import dataclass, replace
from callrec.errors import Locked, Misconfigured
from callrec.system.files import lock, open_folder_lock, remove_file, write_private
from callrec.system.rights import read_private
from callrec.system.runtime import USES_KEY_STORE, runtime_folder, seal, unseal

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend  # slow to import

KEY_STORE_SERVICE: Final = "callrec"

_NOWHERE: Final = "this machine has no place where a login can be kept safely"

_INSTEAD: Final = "set CALLREC_USER and CALLREC_PASSWORD_FILE for each command instead"

_OF_A_TERMINAL: Final = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}(\.|$)")

_IN_NO_FORM: Final = (ValueError, KeyError, TypeError, OverflowError, RecursionError)
"""What reading raises on text that is not JSON or has another form, however deep."""


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """An open login, as its terminal keeps it. Its repr shows nothing."""

    vault: str
    place: str
    """`Place.digest` of the terminal that it belongs to."""
    certificate: str
    """Digest of its ``session`` statement."""
    login: str
    root: bytes
    """The vault root that was locked with the seed: 32 bytes."""
    secret: bytes
    used_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What an intake service is, for ingest without anybody there."""

    vault: str
    person: str
    root: bytes
    seed: bytes


def save_session(session: Session, environ: Mapping[str, str]) -> None:
    """Keep a session."""
    with _alone(environ) as folder:
        if folder is not None:
            _forget_old(folder)
        _write_session(session, folder)


def _forget_old(folder: Path) -> None:
    """Take away what terminals that were closed have left: none of it opens anything any more.

    What the desk keeps beside it, and what locks the folder, is no terminal's.
    """
    for file in folder.iterdir():
        with suppress(OSError):
            if not _OF_A_TERMINAL.match(file.name):
                continue
            if time.time() - file.stat().st_mtime > SESSION_LIMIT.total_seconds():
                remove_file(file)


def _write_session(session: Session, folder: Path | None) -> None:
    members = {
        "certificate": session.certificate,
        "login": session.login,
        "place": session.place,
        "root": session.root.hex(),
        "secret": session.secret.hex(),
        "used": session.used_at.timestamp(),
        "vault": session.vault,
    }
    text, name = json.dumps(members), name_of(session.vault, session.place)
    if folder is not None:
        write_private(folder / name, seal(text.encode(), _bound(session.vault, session.place)))
        return
    with _key_store() as store:
        store.set_password(KEY_STORE_SERVICE, name, text)


def name_of(vault: str, place: str) -> str:
    """What a terminal's session of a vault is called where it is kept."""
    return f"{vault}.{place[:32]}"


def open_session(
    vault: str, place: str, now: datetime, environ: Mapping[str, str]
) -> Session | None:
    """The session that a terminal keeps of this vault; its idle time begins again.

    None if there is none, or nothing was done in it for too long. Whether it has ended otherwise,
    its certificate and the log say.

    Raises:
        Misconfigured: others can read the session file.
    """
    with _alone(environ) as folder:
        text = _read_session(vault, place, folder)
        try:
            session = None if text is None else _session_from(text, vault, place)
        except (*_IN_NO_FORM, OSError):  # the system knows no such time
            return None  # as good as none: the next login makes another in its place
        if session is None:
            return None
        if not session.used_at <= now < session.used_at + IDLE_LIMIT:
            _forget_session(name_of(vault, place), folder)
            return None
        session = replace(session, used_at=now)
        _write_session(session, folder)
    return session


def forget_session(vault: str, place: str, environ: Mapping[str, str]) -> bool:
    """Take away what a terminal keeps of a session; returns whether there was one."""
    with _alone(environ) as folder:
        return _forget_session(name_of(vault, place), folder)


@contextmanager
def _alone(environ: Mapping[str, str]) -> Iterator[Path | None]:
    """The folder of sessions, where no other command reads, renews or ends one meanwhile.

    So one that was ended stays ended. None: the system's key store, which has no such lock.
    """
    folder = runtime_folder(environ)
    if folder is None:
        yield None
        return
    descriptor = open_folder_lock(folder)
    try:
        lock(descriptor)
        yield folder
    finally:
        os.close(descriptor)


def _forget_session(name: str, folder: Path | None) -> bool:
    try:
        if folder is not None:
            remove_file(folder / name)
        else:
            with _key_store() as store:
                store.delete_password(KEY_STORE_SERVICE, name)
    except (FileNotFoundError, Locked):
        return False
    return True


def write_credential(path: Path, credential: Credential) -> None:
    """Write a credential file that its owner alone can read; never over an existing file."""
    root, seed = credential.root.hex(), credential.seed.hex()
    members = {"callrec-credential": 1, "person": credential.person, "root": root, "seed": seed}
    text = json.dumps({**members, "vault": credential.vault}, indent=1)
    write_private(path, text.encode() + b"\n", new=True)


def read_credential(path: Path) -> Credential:
    """Read a credential file.

    Raises:
        Misconfigured: it is missing, in no credential's form, or others can read it.
    """
    try:
        value = json.loads(read_private(path))
        root, seed = (_key(bytes.fromhex(value[name])) for name in ("root", "seed"))
        return Credential(_text(value["vault"]), _text(value["person"]), root, seed)
    except _IN_NO_FORM as error:
        raise Misconfigured(
            f'"{path}" is no credential file',
            hint="callrec user add NAME --role intake --credential-file FILE writes one",
        ) from error


def _bound(vault: str, place: str) -> bytes:
    """What a session's file belongs to, where the system seals it."""
    return f"{vault}\n{place}".encode()


def _read_session(vault: str, place: str, folder: Path | None) -> bytes | str | None:
    name = name_of(vault, place)
    if folder is not None:
        try:
            return unseal(read_private(folder / name), _bound(vault, place))
        except Misconfigured:
            if (folder / name).exists():
                raise
        return None  # it may have been closed at this moment
    with suppress(Locked), _key_store() as store:
        return store.get_password(KEY_STORE_SERVICE, name)
    return None


@contextmanager
def _key_store() -> Iterator[KeyringBackend]:
    """The system's key store; what it refuses is raised as Locked."""
    if not USES_KEY_STORE:
        raise Locked(_NOWHERE, hint=_INSTEAD)
    import keyring as system  # noqa: PLC0415 - slow to import, and not needed where memory will do
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        yield system.get_keyring()
    except KeyringError as error:
        raise Locked(_NOWHERE, hint=_INSTEAD) from error


def _session_from(text: bytes | str, vault: str, place: str) -> Session | None:
    value = json.loads(text)
    if (value["vault"], value["place"]) != (vault, place):
        return None  # of another vault, account or terminal, or from before the machine was started
    return Session(
        vault=vault,
        place=place,
        certificate=_text(value["certificate"]),
        login=_text(value["login"]),
        root=_key(bytes.fromhex(value["root"])),
        secret=_key(bytes.fromhex(value["secret"])),
        used_at=datetime.fromtimestamp(value["used"], UTC),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("this is not text")
    return value


def _key(secret: bytes) -> bytes:
    if len(secret) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return secret

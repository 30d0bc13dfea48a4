"""Set up a practice: its vault, first Data Controller, keys, recovery kit and first log entries."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from glob import escape
from pathlib import Path
from typing import Final
from unicodedata import normalize

from callrec.audit import log as audit
from callrec.audit.log import LogTransaction, Signer
from callrec.audit.register import Founders, Register
from callrec.audit.remembered import save_seen_head
from callrec.catalogue import tables
from callrec.catalogue.engine import (
    FILE_NAME,
    connect,
    create_catalogue,
    refuse_network_file_system,
)
from callrec.config import Config
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant
from callrec.crypto.identity import Identity, lock
from callrec.crypto.kit import PrintedKit, kit_pages
from callrec.crypto.statement import Statement, sign_statement
from callrec.errors import Misconfigured, Unusable
from callrec.login.locks import check_password, kdf_for
from callrec.login.people import Names, fresh_names, seal_names
from callrec.login.shares import (
    KIT_HOLDS,
    Secrets,
    key_fields,
    new_version,
    seal_fields,
    seal_share,
    store_shares,
)
from callrec.people.vouching import voucher_fields
from callrec.policy.role import POWERS, Person, PersonId, Role, VaultKey
from callrec.practice import state_folder
from callrec.system.files import check_only_we_can_change, sync

KIT_LOGIN: Final = "recovery-kit"

LOGIN_FORM: Final = re.compile(r"[a-z][a-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True, repr=False)
class NewVault:
    """A new vault. Its repr shows nothing."""

    vault: str
    practice: str
    folder: Path
    login: str
    fingerprint: str
    """The vault root in hex: what the practice publishes."""
    kit: PrintedKit


def check_login(login: str) -> None:
    """Check a new login name."""
    if not LOGIN_FORM.fullmatch(login) or login == KIT_LOGIN:
        raise Unusable(
            "a login name is up to 32 small letters, digits, dots, dashes or underscores",
            hint="begin it with a letter, such as jsmith",
        )


def set_up_practice(
    config: Config,
    *,
    practice_name: str,
    login: str,
    full_name: str,
    password: str,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
    split: bool = False,
    keep: Callable[[PrintedKit], None] | None = None,
) -> NewVault:
    """Make the vault that the configuration names, with its first Data Controller [policy 4(a)].

    It is made whole under another name and then renamed, so that a vault is there whole or not.

    Args:
        config: where the vault is to be, and how passwords are locked.
        practice_name: what the practice is called.
        login: of the first Data Controller.
        full_name: theirs.
        password: theirs.
        now: the clock.
        environ: where the log's head is remembered.
        split: print the recovery kit on three pages of which any two will do.
        keep: saves the kit's page, before there is a vault that it opens.

    Raises:
        Unusable: the login name or the password will not do.
        Misconfigured: there is a vault already, or the folder is in use.
        Failed: the disk is full.
    """
    check_login(login)
    check_password(
        password, role=Role.DATA_CONTROLLER, known=(login, *full_name.split(), practice_name)
    )
    folder = config.vault
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misconfigured(
            f'"{folder}" is in use already', hint="choose another folder with --vault"
        )
    founding = _Setup.draw(practice_name, fresh_names(login, full_name), now)
    state = state_folder(founding.founders.vault, environ)
    beside = folder.with_name(f".{folder.name}.{founding.founders.vault}")
    try:
        # A run that was killed left a seed that a password opens.
        for left in folder.parent.glob(f".{escape(folder.name)}.{'[0-9a-f]' * 32}"):
            shutil.rmtree(left)
        beside.mkdir(mode=0o700, parents=True)
        refuse_network_file_system(beside)
        check_only_we_can_change(beside)
        create_catalogue(beside / FILE_NAME)
        head, root = _write(founding, beside, config, password)
        kit = PrintedKit(
            practice=founding.founders.practice,
            vault=founding.founders.vault,
            fingerprint=root.hex(),
            serial=1,
            made_at=now(),
            pages=kit_pages(founding.kit.seed, split=split),
        )
        if keep is not None:
            keep(kit)
        save_seen_head(state, head, format_instant(now()))
        _put_in_place(beside, folder)
    except OSError as error:
        raise Misconfigured(
            f'"{folder}" cannot be made: {error.strerror}', hint="choose another with --vault"
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return NewVault(
        vault=founding.founders.vault,
        practice=practice_name,
        folder=folder,
        login=login,
        fingerprint=root.hex(),
        kit=kit,
    )


def _put_in_place(beside: Path, folder: Path) -> None:
    """Rename the vault; the last thing that can fail, as people throw the kit away if it did."""
    beside.rename(folder)
    try:
        sync(folder.parent)
    except OSError:
        folder.rename(beside)
        raise


@dataclass(frozen=True, slots=True, repr=False)
class _Setup:
    """What is drawn before anything is written. Its repr shows nothing."""

    founders: Founders
    controller: Identity
    kit: Identity
    names: Names
    now: Callable[[], datetime]
    secrets: Secrets

    @classmethod
    def draw(cls, practice: str, names: Names, now: Callable[[], datetime]) -> _Setup:
        vault = primitives.random_id()
        controller, kit = (Identity.from_seed(primitives.random_bytes(32), vault) for _ in range(2))
        founders = Founders(
            vault=vault,
            practice=normalize("NFC", practice),
            controller=primitives.random_id(),
            controller_keys=controller.public,
            kit=primitives.random_id(),
            kit_keys=kit.public,
        )
        return cls(founders, controller, kit, names, now, new_version(Register(founders), VaultKey))

    def statement(self, kind: str, fields: Mapping[str, object]) -> Statement:
        return sign_statement(
            kind,
            vault=self.founders.vault,
            by=self.founders.controller,
            at=self.now(),
            seed=self.controller.act,
            fields=fields,
        )


def _write(
    founding: _Setup, folder: Path, config: Config, password: str
) -> tuple[audit.Head, bytes]:
    """Write the vault; returns the log's head, and the vault root."""
    founders = founding.founders
    engine = connect(folder / FILE_NAME, mode="rw")
    public = primitives.kem_public(founding.secrets[VaultKey.AUDIT, 1])
    log = audit.Log(founders.vault, 1, public, founding.now)
    with audit.log_transaction(
        engine, log, Signer(founders.controller, founding.controller.log)
    ) as act:
        act.leaf("vault.founded", actor=founders.controller, founders=founders)
        root = primitives.sha256(audit.read_leaf(act.connection, 0)[1])
        _write_people(founding, act, config, password, root)
        _write_keys(founding, act)
    engine.dispose()
    os.chmod(folder / FILE_NAME, 0o600)  # noqa: PTH101 - as SQLite's own umask may differ
    return act.head, root


def _write_people(
    founding: _Setup, act: LogTransaction, config: Config, password: str, root: bytes
) -> None:
    founders, names = founding.founders, founding.names
    role = Role.DATA_CONTROLLER
    locked = lock(
        founding.controller.seed,
        root,
        password=password,
        person=founders.controller,
        vault=founders.vault,
        kdf=kdf_for(config.passwords, POWERS[role]),
    )
    for holder, login, seed, called in (
        (founders.controller, names.login, canonical(locked.as_json()), names),
        (founders.kit, KIT_LOGIN, None, fresh_names(KIT_LOGIN, "")),
    ):
        sealed = seal_names(
            called,
            public=primitives.kem_public(founding.secrets[VaultKey.CATALOGUE, 1]),
            vault=founders.vault,
            person=holder,
            version=1,
        )
        act.connection.execute(
            tables.person.insert().values(
                id=holder, login=login, locked=seed, name_version=1, name_sealed=sealed, failures=0
            )
        )
    person = Person(PersonId(founders.controller), role, POWERS[role])
    fields = voucher_fields(
        person, founding.controller.public, names_digest=names.digest, previous=None
    )
    act.leaf(
        "person.added",
        actor=founders.controller,
        subject=[founders.controller],
        statement=founding.statement("voucher", fields),
    )


def _write_keys(founding: _Setup, act: LogTransaction) -> None:
    founders, controller = founding.founders, founding.founders.controller
    shares = tuple(
        seal_share(founders.vault, place, secret, to=to, kem=kem)
        for place, secret in founding.secrets.items()
        for to, kem, held in (
            (controller, founding.controller.public.kem, tuple(VaultKey)),
            (founders.kit, founding.kit.public.kem, KIT_HOLDS),
        )
        if place[0] in held
    )
    keys = founding.statement("key", key_fields(founders.vault, founding.secrets))
    act.leaf("keys.made", actor=controller, statement=keys)
    store_shares(act.connection, shares)
    seals = founding.statement("seal", seal_fields(shares))
    act.leaf("keys.shared", actor=controller, subject=[controller, founders.kit], statement=seals)

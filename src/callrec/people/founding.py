"""Set up a practice: its vault, first Data Controller, keys, recovery kit and first log entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from glob import escape
from pathlib import Path
from typing import Final
from unicodedata import normalize

from pydantic import ValidationError

from callrec.audit import log as audit
from callrec.audit.log import LogTransaction, Signer
from callrec.audit.register import Founders, Register, settings_fields
from callrec.audit.remembered import save_seen_head
from callrec.catalogue import tables
from callrec.catalogue.engine import FILE_NAME, create_catalogue
from callrec.catalogue.sqlite import connect, refuse_network_file_system
from callrec.config import Config
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant
from callrec.crypto.identity import Identity, lock
from callrec.crypto.kit import PrintedKit, kit_pages
from callrec.crypto.statement import Statement, sign_statement
from callrec.dataclass import dataclass
from callrec.errors import Failed, Misconfigured, Unusable
from callrec.login.choosing import check_password, facts_configured
from callrec.login.locks import (
    KIT_HOLDS,
    Secrets,
    kdf_for,
    key_fields,
    new_version,
    seal_fields,
    shares_for,
    store_shares,
)
from callrec.login.people import Names, fresh_names, person_row
from callrec.people.vouching import voucher_fields
from callrec.policy.role import POWERS, Person, PersonId, Role, VaultKey
from callrec.practice import state_folder
from callrec.settings import AboutPractice, Release, Settings
from callrec.system.files import move, remove_folder, sync
from callrec.system.rights import check_only_we_can_change, make_private_folder

KIT_LOGIN: Final = "recovery-kit"

LOGIN_FORM: Final = re.compile(r"[a-z][a-z0-9._-]{0,31}")


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
    contact: str = "",
    split: bool = False,
    keep: Callable[[PrintedKit], None] | None = None,
) -> PrintedKit:
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
        contact: how recipients reach the practice; empty: the Data Controller says it later.
        split: print the recovery kit on three pages of which any two will do.
        keep: saves the kit's page, before there is a vault that it opens.

    Returns:
        The recovery kit, whose fingerprint is what the practice publishes.

    Raises:
        Unusable: the login name or the password will not do.
        Misconfigured: there is a vault already, or the folder is in use.
        Failed: the disk is full.
    """
    check_login(login)
    known = facts_configured(config, practice_name, now())
    check_password(password, [*known, login, full_name])
    folder = config.vault
    if config.catalogue or config.recordings:
        raise Misconfigured(
            'the configuration names "catalogue" or "recordings" elsewhere, and a vault is founded'
            " in its folder",
            hint="leave them out of it until the vault is moved there",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        hint = "choose another folder with --vault"
        raise Misconfigured(f'"{folder}" is in use already', hint=hint)
    settings = first_settings(practice_name, contact)
    founding = _Setup.draw(settings, fresh_names(login, full_name), now)
    vault = founding.founders.vault
    state = state_folder(vault, environ)
    beside = folder.with_name(f".{folder.name}.{vault}")
    try:
        # A run that was killed left a seed that a password opens.
        for left in folder.parent.glob(f".{escape(folder.name)}.{'[0-9a-f]' * 32}"):
            remove_folder(left)
        make_private_folder(beside, parents=True)
        refuse_network_file_system(beside)
        check_only_we_can_change(beside)
        create_catalogue(beside / FILE_NAME)
        head, root = _write(founding, beside, config, password)
        kit = PrintedKit(
            practice=founding.founders.practice,
            vault=vault,
            fingerprint=root.hex(),
            serial=1,
            made_at=now(),
            pages=kit_pages(founding.kit.seed, split=split),
        )
        if keep is not None:
            keep(kit)
        _remember(state, head, now())
        # The last thing that can fail, as people throw the kit away if it did.
        move(beside, folder)
        try:
            sync(folder.parent)
        except OSError:
            move(folder, beside)
            raise
    except OSError as error:
        what = f'"{folder}" cannot be made: {error.strerror}'
        raise Misconfigured(what, hint="choose another with --vault") from error
    finally:
        remove_folder(beside, ignore_errors=True)
    return kit


def _remember(state: Path, head: audit.Head, now: datetime) -> None:
    try:
        save_seen_head(state, head, format_instant(now))
    except Failed as problem:  # which says of every other act that it is done
        raise Misconfigured(
            f'no vault was made: "{state.parent}" cannot be written',
            hint="set XDG_STATE_HOME to a folder of your own, and try again",
        ) from problem


@dataclass(frozen=True, slots=True, repr=False)
class _Setup:
    """What is drawn before anything is written. Its repr shows nothing."""

    founders: Founders
    controller: Identity
    kit: Identity
    names: Names
    now: Callable[[], datetime]
    secrets: Secrets
    settings: Settings

    @classmethod
    def draw(cls, settings: Settings, names: Names, now: Callable[[], datetime]) -> _Setup:
        vault = primitives.random_id()
        controller, kit = (Identity.from_seed(primitives.random_bytes(32), vault) for _ in range(2))
        founders = Founders(
            vault=vault,
            practice=normalize("NFC", settings.practice.name),
            controller=primitives.random_id(),
            controller_keys=controller.public,
            kit=primitives.random_id(),
            kit_keys=kit.public,
        )
        secrets = new_version(Register(founders), VaultKey)
        return cls(founders, controller, kit, names, now, secrets, settings)

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
    signer = Signer(founders.controller, founding.controller.log)
    with audit.log_transaction(engine, log, signer) as act:
        stated = founding.statement("settings", settings_fields(founding.settings, None))
        act.leaf("vault.founded", actor=founders.controller, founders=founders, statement=stated)
        root = primitives.sha256(audit.read_leaf(act.connection, 0)[1])
        _write_people(founding, act, config, password, root)
        _write_keys(founding, act)
    engine.dispose()
    return act.head, root


def first_settings(practice: str, contact: str = "") -> Settings:
    """What holds until the Data Controller decides otherwise.

    Raises:
        Unusable: the name or the contact is not one line, or too long.
    """
    name = normalize("NFC", practice)
    try:
        return Settings(practice=AboutPractice(name=name), release=Release(contact=contact))
    except ValidationError as problem:
        raise Unusable(
            "the name of the practice or how people reach it cannot be used",
            hint="write each in one line of 120 characters at most",
        ) from problem


def _write_people(
    founding: _Setup, act: LogTransaction, config: Config, password: str, root: bytes
) -> None:
    founders, names, role = founding.founders, founding.names, Role.DATA_CONTROLLER
    vault, controller = founders.vault, founders.controller
    seed, kdf = founding.controller.seed, kdf_for(config.passwords, POWERS[role])
    sealed = lock(seed, root, password=password, person=controller, vault=vault, kdf=kdf)
    locked = canonical(sealed.as_json())
    public = primitives.kem_public(founding.secrets[VaultKey.CATALOGUE, 1])
    for holder, called, lying in (
        (controller, names, locked),
        (founders.kit, fresh_names(KIT_LOGIN, ""), None),
    ):
        row = person_row(called, person=holder, vault=vault, public=public, version=1)
        act.connection.execute(tables.person.insert().values(row | {"locked": lying}))
    person = Person(PersonId(controller), role, POWERS[role])
    keys = founding.controller.public
    fields = voucher_fields(person, keys, names_digest=names.digest, previous=None, locked=locked)
    statement = founding.statement("voucher", fields)
    act.leaf("person.added", actor=controller, subject=[controller], statement=statement)


def _write_keys(founding: _Setup, act: LogTransaction) -> None:
    founders, secrets = founding.founders, founding.secrets
    controller = founders.controller
    held = {controller: frozenset(VaultKey), founders.kit: frozenset(KIT_HOLDS)}
    shares = shares_for(Register(founders), secrets, held)
    keys = founding.statement("key", key_fields(founders.vault, secrets))
    act.leaf("keys.made", actor=controller, statement=keys)
    store_shares(act.connection, shares)
    seals = founding.statement("seal", seal_fields(shares))
    act.leaf("keys.shared", actor=controller, subject=[*held], statement=seals)

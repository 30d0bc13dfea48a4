"""The kit tried, and used for a new Data Controller.

For the day when nobody is left whose password opens the vault. In one transaction: the voucher,
which is the only statement that a kit can make; then, signed by the new Data Controller, their
shares, the next kit, and new versions of every vault key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection, func, select

from callrec.audit.leaf import Outcome
from callrec.audit.log import Signer, read_detail, read_leaf, read_register
from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import parse_instant
from callrec.crypto.context import context
from callrec.crypto.identity import PublicKeys
from callrec.crypto.kit import PrintedKit, read_kit
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.keys.kit import (
    draw_kit,
    kit_actor,
    kit_attempt,
    record_kit,
    replace_kit,
    seal_all_keys_to,
    with_shares,
)
from callrec.login.choosing import check_password, facts_known
from callrec.login.locks import KIT_HOLDS, new_identity
from callrec.login.people import fresh_names
from callrec.people.founding import check_login
from callrec.people.joining import check_login_is_free, insert_person
from callrec.people.vouching import vouch
from callrec.policy.role import POWERS, Person, PersonId, Role, VaultKey
from callrec.practice import (
    Actor,
    Practice,
    check_remembered_head,
    check_unchanged,
    vault_key,
    writing,
)
from callrec.record.acts import leaves_of_act
from callrec.store.sealing import open_seekable

KIT_USED: Final = "recovery.used"
KIT_DRILLED: Final = "recovery.drilled"
DRILL_DUE_AFTER: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, repr=False)
class NewController:
    """Who is to control the vault from now on, in their own words."""

    login: str
    full_name: str
    password: str


def use_kit(
    practice: Practice,
    typed: str,
    controller: NewController,
    *,
    split: bool,
    keep: Callable[[PrintedKit], None],
) -> PrintedKit:
    """Make a new Data Controller with the kit's words; the kit is then used up [policy 4(a)].

    ``typed`` are the words of the kit, or two of its three pages. ``keep`` writes the next kit's
    page to where it is kept, before this one ceases to count. Returns the next kit.

    Raises:
        Unusable: something is mistyped, or the login or the password will not do.
        Locked: they are of an earlier kit, or of another vault's.
        Tampered: a share does not open.
        Failed: people or keys were changed meanwhile; then the kit is as it was.
    """
    seed = read_kit(typed)
    # Not held against the head that was seen last: after a restore the log is behind that, and only
    # a Data Controller, whom the kit makes here, can state that on record (restore/resume.py).
    kit = kit_actor(practice, seed, KIT_USED)
    with kit_attempt(practice, kit, KIT_USED):
        check_login(controller.login)
        kit = with_shares(practice, kit)
        known = facts_known(practice, kit, practice.now())
        check_password(controller.password, [*known, controller.login, controller.full_name])
        new, keys, locked = _new_controller(practice, controller, kit)
    next_kit, printed = draw_kit(practice, split=split)
    keep(printed)
    names = fresh_names(controller.login, controller.full_name)
    with writing(practice, None) as act:
        check_unchanged(practice, act.connection)
        # The kit vouches for them, and signs for this leaf alone: the rest are their own acts.
        insert_person(practice, act, new.person, names, locked)
        vouch(
            practice,
            act,
            kit,
            KIT_USED,
            person=new.person,
            keys=keys,
            name=names.digest,
            locked=locked,
        )
        act.checkpoint(kit.signer)
        # They seal to themselves what the kit held, and make the next kit.
        now = replace(practice, register=read_register(act.connection))
        seal_all_keys_to(now, act, new, to=new.person.id, keys=keys)
        replace_kit(now, act, new, next_kit.public)
        act.checkpoint(new.signer)
    return printed


def check_new_login(practice: Practice, login: str) -> None:
    """Before a password for it is asked for; Unusable where it is not in the form, or taken."""
    check_login(login)
    with reading(practice.engine) as connection:
        check_login_is_free(connection, login)


def _new_controller(
    practice: Practice, controller: NewController, kit: Actor
) -> tuple[Actor, PublicKeys, bytes]:
    """The new Data Controller, with all that the kit has open; their keys; their locked seed."""
    role = Role.DATA_CONTROLLER
    person = Person(PersonId(primitives.random_id()), role, POWERS[role])
    identity, locked = new_identity(
        practice, person=person.id, password=controller.password, powers=POWERS[role]
    )
    signer = Signer(person.id, identity.log)
    actor = Actor(person, controller.login, signer, identity, kit.shares)
    return actor, identity.public, locked


@dataclass(frozen=True, slots=True)
class KitDrill:
    """What a kit was seen to open."""

    keys: int
    """Versions of vault keys."""
    recording: bool
    """Whether there was a recording to try it on."""
    file: bool
    """Whether that recording's file was here as well, and opened."""


def drill_kit(practice: Practice, typed: str) -> KitDrill:
    """Open with the kit's words what they must open; nothing of it is shown or kept.

    The leaf is the kit's own act, signed with its key, so that it proves by itself that the words
    (of the kit, or of two of its three pages) were there.

    Raises:
        Unusable: something is mistyped.
        Locked: they are of an earlier kit, or of another vault's.
        Tampered: a share is missing, or something does not open.
    """
    seed = read_kit(typed)
    check_remembered_head(practice)
    kit = kit_actor(practice, seed, KIT_DRILLED)
    with kit_attempt(practice, kit, KIT_DRILLED):
        kit = with_shares(practice, kit)
        for key in sorted(KIT_HOLDS):
            for version in practice.register.versions(key):
                if (key, version) not in kit.shares:
                    what = f"version {version} of the {key} key"
                    raise Tampered(f"the recovery kit has no share of {what}")
        with reading(practice.engine) as connection:
            recording, file = _open_newest(practice, kit, connection)
            seq = connection.execute(select(func.max(tables.detail.c.seq))).scalar()
            if seq is not None:
                leaf, _ = read_leaf(connection, seq)
                audit_key = partial(vault_key, kit, VaultKey.AUDIT)
                read_detail(connection, leaf, audit_key, practice.vault)
    record_kit(practice, kit, KIT_DRILLED)
    return KitDrill(len(kit.shares), recording, file)


def last_drill(practice: Practice) -> datetime | None:
    """When the kit that now counts was last drilled; None: never."""
    kit, kits = practice.register.founders.kit, practice.register.kits
    since = kits[-1].seq if kits else 0
    with reading(practice.engine) as connection:
        drills = leaves_of_act(connection, KIT_DRILLED, after=since)
        done = [leaf for leaf in drills if leaf.outcome is Outcome.DONE and leaf.actor == kit]
    return parse_instant(done[-1].at) if done else None


def drill_warnings(practice: Practice) -> Iterator[str]:
    """A line where it is time to try the recovery kit, or it was never tried."""
    last = last_drill(practice)
    if last is None:
        yield "the recovery kit was never tried: run callrec practice recovery drill"
    elif last + DRILL_DUE_AFTER < practice.now():
        yield "the recovery kit was last tried over a year ago: callrec practice recovery drill"


def _open_newest(practice: Practice, kit: Actor, connection: Connection) -> tuple[bool, bool]:
    """Open metadata, data key and file of the newest recording: is there one, and is it here?"""
    table = tables.recording
    newest = select(table).where(table.c.data_key.is_not(None)).order_by(table.c.id.desc())
    row = connection.execute(newest.limit(1)).first()
    if row is None:
        return False, False
    opening = Opening(practice, kit, connection)
    opening.checked(row)
    data_key = opening.data_key(row)
    if not practice.store.has(row.ciphertext):
        return True, False
    with practice.store.open(row.ciphertext) as sealed:
        open_seekable(sealed, data_key, context("recording", practice.vault, uid=row.uid)).close()
    return True, True

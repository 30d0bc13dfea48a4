"""The recovery kit: read, drawn, replaced; which drives it opens.

A kit is an identity with shares of every vault key and no password. Its words are kept nowhere.

The copy of the catalogue on a drive is sealed to the kit that there was when it was written, and to
the approvers at that time. A later kit opens it only once the drive is written to again
(docs/reference/recovery.md, "Another kit").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from callrec.audit.leaf import NOBODY, Outcome
from callrec.audit.log import LogTransaction, Signer, read_register
from callrec.catalogue.destruction import entries_known
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import IN_USE, each_volume
from callrec.crypto import primitives
from callrec.crypto.identity import Identity, PublicKeys
from callrec.crypto.kit import PrintedKit, kit_pages
from callrec.dataclass import replace
from callrec.errors import CallrecError, Locked, Refused
from callrec.login.locks import holders, new_version, open_shares, shares_given
from callrec.login.together import opened_by_two
from callrec.people.founding import KIT_LOGIN
from callrec.people.vouching import governing, log_shares, renew_keys
from callrec.policy.authority import check_may_vouch
from callrec.policy.role import Person, PersonId, Role, VaultKey
from callrec.practice import Actor, Practice, attempt, check_unchanged, today, writing
from callrec.record.statements import sign_statement_as

KIT_REPLACED: Final = "kit.replaced"


def check_kit(practice: Practice, seed: bytes) -> Identity:
    """The identity of the vault's newest kit; opens nothing.

    Raises:
        Locked: these are the words of an earlier kit, or of another vault's.
    """
    identity = Identity.from_seed(seed, practice.vault)
    register = practice.register
    if identity.public == register.public_keys(register.founders.kit):
        return identity
    if identity.public in register.earlier_kits():
        raise Locked(
            "this recovery kit is of no use any more: another one took its place",
            hint="take the newest page; destroy this one once callrec status names no drive for it",
        )
    raise Locked(
        "this is not the recovery kit of this vault",
        hint="compare the vault's id on the page with that of callrec practice fingerprint",
    )


def kit_actor(practice: Practice, seed: bytes, act: str) -> Actor:
    """The kit at work, without shares as yet; a refusal is in the log as a leaf ``act``."""
    try:
        identity = check_kit(practice, seed)
    except Locked as error:
        with writing(practice, None) as transaction:
            why = {"why": error.message}
            transaction.leaf(act, actor=NOBODY, details=why, outcome=Outcome.REFUSED)
        raise
    kit = practice.register.founders.kit
    person = Person(PersonId(kit), Role.DATA_CONTROLLER, frozenset())
    return Actor(person, KIT_LOGIN, Signer(kit, identity.log), identity, shares={})


@contextmanager
def kit_attempt(practice: Practice, kit: Actor, act: str) -> Iterator[None]:
    """`practice.attempt` by the kit, which signs only as long as it is the vault's."""
    try:
        yield
    except CallrecError as error:
        outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.FAILED
        record_kit(practice, kit, act, outcome=outcome, why=error.message)
        raise


def record_kit(
    practice: Practice, kit: Actor, act: str, *, outcome: Outcome = Outcome.DONE, why: str = ""
) -> None:
    """Write one leaf of the kit's, durably."""
    details = {"why": why} if why else None
    with writing(practice, None) as transaction:
        check_unchanged(practice, transaction.connection)
        transaction.leaf(act, actor=kit.person.id, details=details, outcome=outcome)
        transaction.checkpoint(kit.signer)


def with_shares(practice: Practice, kit: Actor) -> Actor:
    """The kit with every vault key that was sealed to it."""
    assert kit.identity is not None  # noqa: S101 - made so by kit_actor
    with reading(practice.engine) as connection:
        shares = open_shares(connection, practice.register, kit.person.id, kit.identity.kem)
    return replace(kit, shares=shares)


def draw_kit(practice: Practice, *, split: bool) -> tuple[Identity, PrintedKit]:
    """A new kit that nothing knows of yet, and what is printed of it."""
    seed = primitives.random_bytes(primitives.KEY_BYTES)
    printed = PrintedKit(
        practice=practice.name,
        vault=practice.vault,
        fingerprint=practice.root.hex(),
        serial=len(practice.register.kits) + 2,
        made_at=practice.now(),
        pages=kit_pages(seed, split=split),
    )
    return Identity.from_seed(seed, practice.vault), printed


def make_new_kit(
    practice: Practice,
    actor: Actor,
    *,
    split: bool,
    keep: Callable[[PrintedKit], None],
    second: Actor | None = None,
) -> PrintedKit:
    """Put a new kit in the place of the one that there is, which opens nothing from then on.

    ``keep`` writes its page to where it is kept, before the old kit ceases to count.

    Raises:
        Refused: the actor does not govern, or it takes a ``second`` person.
        Failed: people or keys were changed meanwhile; then the old kit still counts.
    """
    with attempt(practice, actor, KIT_REPLACED):
        check_may_vouch(actor.person)
    actor = opened_by_two(practice, actor, second, KIT_REPLACED)  # a kit opens everything alone
    identity, printed = draw_kit(practice, split=split)
    keep(printed)
    with governing(practice, actor) as act:
        replace_kit(practice, act, actor, identity.public)
    return printed


def replace_kit(practice: Practice, act: LogTransaction, actor: Actor, kit: PublicKeys) -> None:
    """Name a new kit, seal to it what the actor holds, and begin new versions of every key.

    With the old page, what was sealed before can still be opened from a copy of the vault; nothing
    that is sealed from now on, and nothing in this catalogue.
    """
    known, to = practice.register.kits, practice.register.founders.kit
    previous = known[-1].digest if known else ""
    fields = {"keys": kit.as_json(), "previous": previous, "serial": len(known) + 2}
    statement = sign_statement_as(practice, actor, "kit", fields)
    act.leaf(KIT_REPLACED, actor=actor.person.id, subject=[to], statement=statement)
    now = replace(practice, register=read_register(act.connection))
    held = holders(now.register, today(practice))
    renew_keys(now, act, actor, new_version(now.register, VaultKey), held)
    seal_all_keys_to(now, act, actor, to=to, keys=kit)


def seal_all_keys_to(
    practice: Practice, act: LogTransaction, actor: Actor, *, to: str, keys: PublicKeys
) -> None:
    """Seal to a person every version of every vault key that the actor has open."""
    held, secrets = holders(practice.register, today(practice)), dict(sorted(actor.shares.items()))
    shares = shares_given(practice.register, secrets, held, to=to, kem=keys.kem)
    log_shares(practice, act, actor, shares)


def former_kit_warnings(practice: Practice) -> Iterator[str]:
    """For each volume in use that needs an earlier kit: keep its pages."""
    kits = practice.register.kits
    if not kits:
        return
    with reading(practice.engine) as connection:
        known = entries_known(connection)
        for volume in each_volume(connection):
            if volume.standing == IN_USE and known[volume.id] <= kits[-1].seq:
                yield (
                    f'the copy of the catalogue on "{volume.label}" opens with a recovery kit of'
                    " before, not with the newest: callrec drive backup --to DIR, and keep the old"
                    " pages till then"
                )

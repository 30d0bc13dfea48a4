"""The voucher, and the shares that follow from it; and which shares are not as they should be.

The transaction of a voucher also writes the shares that a new power needs, and when a power is
lost, new versions of each vault key that it opened. Finding faulty shares needs no key: each
share's hash is in a seal statement, which names whom it was sealed to and so, by the voucher before
it, to which key; what each person should hold follows from the vouchers. Whether a share opens,
only its holder can see, and does at each login.

People who leave or have lost their password have no use for what is sealed to them alone besides,
grants and the keys of single requests, incidents and complaints, and a finder of that password must
not have it. None of it is the only copy: each such key lies under a vault key as well, and what was
granted can be granted again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, or_, select

from callrec.audit.log import LogTransaction, read_register
from callrec.audit.register import Register, Voucher
from callrec.catalogue import tables
from callrec.catalogue.engine import update_row
from callrec.catalogue.requests import destroy_grants
from callrec.complaints.log import COMPLAINTS
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.identity import PublicKeys
from callrec.dataclass import dataclass, replace
from callrec.errors import Failed, Locked, Tampered
from callrec.incidents.log import INCIDENTS
from callrec.login.locks import (
    Secrets,
    Share,
    holders,
    key_fields,
    lock_digest,
    new_version,
    open_shares,
    seal_fields,
    shares_for,
    shares_given,
    store_shares,
)
from callrec.login.people import logins
from callrec.mail.outbox import notify
from callrec.policy.authority import check_second, delegations_lapsed, without_lapsed
from callrec.policy.request import GRANTED_STATES, RequestAct
from callrec.policy.role import (
    Person,
    Power,
    Standing,
    VaultKey,
    keys_held,
    keys_lost,
    powers_of,
    powers_vouched_for,
)
from callrec.practice import Actor, Practice, check_unchanged, today, vault_key, writing
from callrec.record.acts import check_whole_log, done_leaves
from callrec.record.forms import NONCE_BYTES
from callrec.record.statements import sign_statement_as
from callrec.requests.history import REQUESTS, log_request_event, read_history, store_words
from callrec.requests.model import RequestVersion

UNDELEGATED: Final = "person.undelegated"
"""Act of the leaf that ends a lent power."""

SECONDED: Final = "person.seconded"
"""Act of the leaf in which a second person signs for the voucher after it."""

MAY_NOT_HEAR: Final = "The person it was granted to may not hear recordings any more"

HAS_ANOTHER_KEY: Final = "The person it was granted to has another key now, which does not open it"


def voucher_fields(
    person: Person,
    keys: PublicKeys,
    *,
    names_digest: str,
    previous: Voucher | None,
    locked: bytes | None = None,
    second: Actor | None = None,
) -> dict[str, Any]:
    """The fields of a ``voucher`` statement that follows ``previous``.

    With ``locked`` it gives the person this lock; else theirs stays as it is. ``second`` signs for
    it too.
    """
    return {
        "delegations": [
            {"power": lent.power, "until": lent.until.isoformat()} for lent in person.delegations
        ],
        "keys": keys.as_json(),
        "lock": "" if locked is None else lock_digest(locked),
        "name": names_digest,
        "person": person.id,
        "powers": sorted(person.powers),
        "previous": previous.digest if previous else "",
        "role": person.role,
        "second": second.person.id if second else "",
        "serial": previous.serial + 1 if previous else 1,
        "standing": person.standing,
    }


@contextmanager
def governing(
    practice: Practice, actor: Actor, *, with_new_key: Actor | None = None
) -> Iterator[LogTransaction]:
    """A write transaction about people or keys, begun only if nobody changed them meanwhile.

    It is signed with the key that the actor has at its end: ``with_new_key`` if they get another.
    It also ends what was lent until a day that is over, and before it is committed every share is
    read back, counted and held against the statements.
    """
    signs = with_new_key or actor
    with writing(practice, None if with_new_key else actor.signer) as act:
        check_unchanged(practice, act.connection)
        before = share_faults(act.connection, practice.register, today(practice))
        yield act
        _end_lapsed(replace(practice, register=read_register(act.connection)), act, signs)
        # Everybody has each share that their powers need, and no other, stated to be sealed to the
        # key that they have now. What was wrong before is for ``keys audit`` to say.
        register = read_register(act.connection)
        worse = set(share_faults(act.connection, register, today(practice))) - set(before)
        if worse:
            raise Failed(f"{len(worse)} shares would not be as they should be, so nothing was done")
        assert signs.identity is not None  # noqa: S101 - the caller asked for the password
        # Only its holder can open a share.
        kem = signs.identity.kem
        open_shares(act.connection, register, signs.person.id, kem, signs.beside)
        if with_new_key:
            act.checkpoint(signs.signer)


def who_may_second(practice: Practice, actor: Actor, *, login: str) -> tuple[str, ...]:
    """Logins of those who may sign, beside the actor, for what is said of another person."""
    called = logins(practice)
    may = practice.register.may_be_seconds(by=actor.person.id, about="")
    return tuple(sorted(called[person] for person in may if called[person] != login))


def check_seconded(
    practice: Practice,
    actor: Actor,
    person: Person,
    *,
    second: Actor | None,
    has_other_keys: bool = False,
) -> None:
    """Check that a second person signs for what is to be said of a person, where it takes one.

    Args:
        practice: where there may be one.
        actor: who says it.
        person: as they are to be.
        second: who signs too, with their password.
        has_other_keys: they are given others than they have.
    """
    by = actor.person.id
    check_second(
        second.person if second else None,
        by=by,
        about=person.id,
        is_needed=practice.register.needs_second(person, by=by, has_other_keys=has_other_keys),
    )


@dataclass(frozen=True, slots=True)
class PersonChange:
    """A person as they are to be from now on, and the newest voucher about them."""

    act: str
    """Of the leaf."""
    voucher: Voucher
    person: Person
    second: Actor | None = None
    """Who signs for it besides."""


def revise(
    practice: Practice, act: LogTransaction, actor: Actor, revisions: Sequence[PersonChange]
) -> tuple[str, ...]:
    """Vouch for people again: shares for gained powers, new keys for lost ones.

    People keep no share of any version of a key that they no longer need, and nothing that was
    granted to them once they may no longer hear recordings. Returns the requests under which
    something was taken back, ``R-17``.
    """
    day = today(practice)
    held, lost = dict(holders(practice.register, day)), set[VaultKey]()
    taken_back, gaining = list[str](), list[PersonChange]()
    for revised in revisions:
        person, voucher = revised.person, revised.voucher
        if person.id != actor.person.id:
            _vouch_again(practice, act, actor, revised)
        before = keys_held(powers_of(voucher.person, day))
        after = held[person.id] = keys_held(powers_of(person, day))
        lost |= keys_lost(voucher.person, person)
        if after - before:
            gaining.append(revised)
        of_person = tables.share.c.person == person.id
        unneeded = tables.share.c.key.not_in(sorted(after))
        act.connection.execute(tables.share.delete().where(of_person, unneeded))
        taken_back += _end_hearing(practice, act, actor, revised)
    if lost:
        renew_keys(practice, act, actor, new_version(practice.register, lost), held)
    for revised in gaining:
        give_shares(practice, act, actor, revised.person, revised.voucher.keys, held=held)
    for revised in revisions:
        if revised.person.id == actor.person.id:  # who signs the rest while they still govern
            _vouch_again(practice, act, actor, revised)
    return tuple(taken_back)


def _vouch_again(
    practice: Practice, act: LogTransaction, actor: Actor, revised: PersonChange
) -> None:
    person, keys, second = revised.person, revised.voucher.keys, revised.second
    vouch(practice, act, actor, revised.act, person=person, keys=keys, second=second)


def _end_hearing(
    practice: Practice, act: LogTransaction, actor: Actor, revised: PersonChange
) -> tuple[str, ...]:
    """Take from a person what is sealed to them alone and of no more use to them."""
    person = revised.person
    taken_back: tuple[str, ...] = ()
    if Power.HEAR not in powers_of(person, today(practice)):
        taken_back = take_back_grants(practice, act, actor, person.id, why=MAY_NOT_HEAR)
    if person.standing is Standing.DISABLED:
        drop_keys_of(act.connection, person.id)
        update_row(act.connection, tables.person, person.id, claimed=None)  # no one to confirm
    return taken_back


def _end_lapsed(practice: Practice, act: LogTransaction, actor: Actor) -> None:
    """End lent powers whose last day is over, unless the actor has just ceased to govern."""
    day = today(practice)
    over = [
        PersonChange(UNDELEGATED, voucher, without_lapsed(voucher.person, day))
        for voucher in practice.register.people()
        if delegations_lapsed(voucher.person, day)
    ]
    if over and Power.GOVERN in powers_vouched_for(practice.register.person(actor.person.id)):
        revise(practice, act, actor, over)


def vouch(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    act_name: str,
    *,
    person: Person,
    keys: PublicKeys,
    name: str = "",
    locked: bytes | None = None,
    second: Actor | None = None,
) -> None:
    """Vouch for a person: the leaf ``act_name`` with a voucher that follows the newest.

    ``name`` is the digest of their names; empty: as the newest has it. Before it stands the word of
    the ``second`` person, under a checkpoint of their own.
    """
    previous = practice.register.voucher(person.id)
    name = previous.name if previous and not name else name
    fields = voucher_fields(
        person, keys, names_digest=name, previous=previous, locked=locked, second=second
    )
    statement = sign_statement_as(practice, actor, "voucher", fields)
    if second is not None:
        if act.has_appended:
            act.checkpoint(actor.signer)
        said = sign_statement_as(practice, second, "second", {"voucher": statement.digest})
        act.leaf(SECONDED, actor=second.person.id, subject=[person.id], statement=said)
        act.checkpoint(second.signer)
    act.leaf(act_name, actor=actor.person.id, subject=[person.id], statement=statement)


def give_shares(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    person: Person,
    keys: PublicKeys,
    *,
    held: Mapping[str, frozenset[VaultKey]] | None = None,
) -> None:
    """Seal to a person every version of each key that their powers need.

    ``held`` is who holds which from now on, where it is others than the register's and they.
    """
    register, day = practice.register, today(practice)
    among = {**(held or holders(register, day))}
    theirs = keys_held(powers_of(person, day)) | among.get(person.id, frozenset())
    secrets = {
        place: vault_key(actor, *place)
        for place in sorted((k, v) for k in theirs for v in register.versions(k))
    }
    if secrets:
        among[person.id] = theirs
        shares = shares_given(register, secrets, among, to=person.id, kem=keys.kem)
        log_shares(practice, act, actor, shares)


def renew_keys(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    fresh: Secrets,
    held: Mapping[str, frozenset[VaultKey]],
) -> None:
    """Begin new versions of vault keys, sealed to those who hold them from now on."""
    keys = sign_statement_as(practice, actor, "key", key_fields(practice.vault, fresh))
    act.leaf("keys.made", actor=actor.person.id, statement=keys)
    log_shares(practice, act, actor, shares_for(practice.register, fresh, held))


def log_shares(
    practice: Practice, act: LogTransaction, actor: Actor, shares: Sequence[Share]
) -> None:
    """Put shares into the catalogue, under the leaf of the statement that lists them."""
    store_shares(act.connection, shares)
    seals = sign_statement_as(practice, actor, "seal", seal_fields(shares))
    subject = sorted({share.to for share in shares})
    act.leaf("keys.shared", actor=actor.person.id, subject=subject, statement=seals)


class ShareFaultKind(Enum):
    """What can be wrong with a share; as text it completes a line that names it."""

    FORGED = "sealed by nobody entitled, or to a key that is not its holder's"
    UNSTATED = "of a version of the key that nobody stated"
    ONE_TOO_MANY = "holds a share that no power of theirs needs"
    OUTLIVED = "holds the share of a power that was lent to them and has ended"
    LACKING = "lacks their share"


@dataclass(frozen=True, slots=True)
class ShareFault:
    """A share that should not be as it is, or is not there."""

    key: VaultKey
    version: int
    person: str
    """Id of its holder."""
    what: ShareFaultKind


def share_faults(connection: Connection, register: Register, on: date) -> tuple[ShareFault, ...]:
    """Every share that is forged, swapped, one too many, or missing."""
    held, found = holders(register, on), set[tuple[str, int, str]]()
    faults: list[ShareFault] = []
    for row in connection.execute(select(tables.share)):
        key, version, person = VaultKey(row.key), row.version, row.person
        found.add((key, version, person))
        if (key, version) not in register.keys:
            faults.append(ShareFault(key, version, person, ShareFaultKind.UNSTATED))
            continue
        try:
            register.check_share(row.sealed, key, version, person)
        except Tampered:
            faults.append(ShareFault(key, version, person, ShareFaultKind.FORGED))
        if key not in held.get(person, frozenset()):
            voucher = register.voucher(person)
            outlived = voucher and key in keys_held(powers_vouched_for(voucher.person))
            kind = ShareFaultKind.OUTLIVED if outlived else ShareFaultKind.ONE_TOO_MANY
            faults.append(ShareFault(key, version, person, kind))
    needed = (
        (key, v, person)
        for person, keys in held.items()
        for key in keys
        for v in register.versions(key)
    )
    faults += [ShareFault(*place, ShareFaultKind.LACKING) for place in needed if place not in found]
    return tuple(sorted(faults, key=lambda fault: (fault.key, fault.version, fault.person)))


def take_back_grants(
    practice: Practice, act: LogTransaction, actor: Actor, person: str, *, why: str
) -> tuple[str, ...]:
    """Destroy a person's grants; returns under which requests, ``R-17``.

    A request under which nobody else holds anything is undecided again, as if it had been revoked.
    """
    request, grant = tables.request, tables.grant
    under = select(grant.c.request).where(grant.c.person == person)
    query = select(request).where(request.c.id.in_(under)).order_by(request.c.number)
    rows = act.connection.execute(query).all()
    for row in rows:
        history = read_history(practice, act.connection, row.id)
        destroy_grants(act.connection, row.id, history.requester, to=person)
        left = act.connection.execute(select(grant.c.uid).where(grant.c.request == row.id))
        if left.first() is not None or history.state not in GRANTED_STATES:
            continue
        version_id = RequestVersion(practice.vault, row.id, row.version)
        nonce, words = primitives.random_bytes(NONCE_BYTES), {"reason": why}
        revoked = RequestAct.REVOKED
        after = log_request_event(act, actor, history, revoked, details=words, nonce=nonce)
        with suppress(Locked):  # an actor who opens nothing leaves it in the log alone
            key = REQUESTS.key_by_vault(actor, act.connection, version_id)
            store_words(
                act.connection, version_id, key, after.leaves[-1].seq, nonce + canonical(words)
            )
        to, by = history.requester, actor.person.id
        notify(practice, act.connection, f"R-{row.number}", "was revoked", to=to, by=by)
    return tuple(f"R-{row.number}" for row in rows)


def drop_keys_of(connection: Connection, person: str) -> None:
    """Delete what is sealed to a person: keys of requests and their like, what sessions open."""
    connection.execute(tables.session.delete().where(tables.session.c.person == person))
    for table in (tables.request_key, tables.incident_key, tables.complaint_key):
        connection.execute(table.delete().where(table.c.holder == person))


def reseal_keys(
    practice: Practice, act: LogTransaction, actor: Actor, *, person: str, public: bytes
) -> None:
    """Seal to a person's new key what is theirs by the log: own requests, and what they know of."""
    requests, told, entered = tables.request, tables.incident.c, tables.complaint.c
    asked = act.connection.execute(select(requests).where(requests.c.requester == person)).all()
    known = [
        (kind, row)
        for kind, theirs in (
            (INCIDENTS, or_(told.reporter == person, told.told == person)),
            (COMPLAINTS, entered.entered_by == person),
        )
        for row in act.connection.execute(select(kind.table).where(theirs))
    ]
    if not asked and not known:
        return
    check_whole_log(practice, act.connection)
    created = done_leaves(act.connection, [RequestAct.CREATED])
    made = {leaf.subject[0]: leaf.actor for leaf in created}
    for row in asked:
        if made.get(row.id) != person:
            raise Tampered(f"the requester of request R-{row.number} is not what the log says")
        for version in range(1, row.version + 1):
            version_id = RequestVersion(practice.vault, row.id, version)
            key = REQUESTS.key_by_vault(actor, act.connection, version_id)
            REQUESTS.put_key(act.connection, version_id, key, public, holder=person)
    for kind, row in known:
        history = kind.read(act.connection, practice.register, row.id)
        if person not in history.concerned:
            raise Tampered(f"{kind.called(row)} does not concern whom its row says")
        for _, of_it in history.made(practice.vault):
            key = kind.key_by_vault(actor, act.connection, of_it)
            kind.put_key(act.connection, of_it, key, public, holder=person)

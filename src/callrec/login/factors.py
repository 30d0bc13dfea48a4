"""Second factors: present one, add one, take one away [policy 4(i)].

What opens a person's keys is then their password and a secret that no copy of the vault holds
(docs/formats/keys.md, 4). Each kind of device has a module of its own, loaded when it is asked for:

    enrol(person, ask, others)     the device's public fields, and the secret that it gives
    secret(public, person, ask)    the secret again

Both raise a CallrecError in one sentence where the device does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.factor import (
    MOST_FACTORS,
    NO_FACTORS,
    PRINTED,
    Factors,
    Slot,
    is_factor_name,
    open_factor,
    reseal_factor,
    seal_factor,
)
from callrec.crypto.identity import LockedSeed
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Locked, NotFound, Refused, Unusable
from callrec.login.asking import Answer, Asking, Here
from callrec.login.locks import relock
from callrec.login.people import logins
from callrec.login.printed import (
    forget_secret,
    keep_secret,
    kept_secret,
    make_printed,
    typed_secret,
)
from callrec.policy.clause import Clause
from callrec.policy.role import PersonId, Power, opens_recordings, powers_of
from callrec.practice import Actor, Practice, today
from callrec.settings import REQUIRED_FOR_APPROVERS

FACTOR_ADDED: Final = "factor.added"
"""Act of the leaf by which a lock has one more second factor."""

FACTOR_REMOVED: Final = "factor.removed"
"""Act of the leaf by which it has one fewer."""

KEPT_HERE: Final = "this account keeps the secret key on this machine"

Presents = Callable[[str, tuple[Slot, ...]], bytes]
"""Gives the factor key of a person, by their id, out of the slots of their lock; or Locked."""

Answering = Callable[[str, Sequence[Slot]], Answer]
"""Gives the one of a person's second factors that answers; or Locked."""


class Way(Protocol):
    """A kind of device, as its module has it."""

    def enrol(
        self, person: str, ask: Asking, others: Sequence[Mapping[str, str]]
    ) -> tuple[Mapping[str, str], bytes]:
        """Set a device up: its slot's public fields, and the secret of 32 bytes that it gives.

        ``others``: the fields of the person's slots of this kind, whose devices are left aside.
        """

    def secret(self, public: Mapping[str, str], person: str, ask: Asking) -> bytes:
        """The secret of a device that was added."""


def presenting(here: Here) -> Presents:
    """What presents a second factor at this place."""
    return partial(present, here)


def present(here: Here, person: str, slots: Sequence[Slot]) -> bytes:
    """The factor key of a lock, by the first of its factors that answers here.

    Raises:
        Locked: none answers, or nothing was entered.
    """
    return next(answers(here, {person: slots})).key


def answers(here: Here, locks: Mapping[str, Sequence[Slot]]) -> Iterator[Answer]:
    """Each second factor of these people's locks that answers here.

    What is kept on this machine answers unasked; then a device; then the page of a printed key.

    Raises:
        Locked: no more does; it says why the last did not.
    """
    slots = [(person, slot) for person, theirs in locks.items() for slot in theirs]
    printed = [(person, slot) for person, slot in slots if slot.kind == PRINTED]
    for person, slot in printed:
        kept = kept_secret(here.folder, slot)
        if kept is not None:
            yield _opened(here, person, slot, kept)
    if here.ask is None:
        raise _nobody_here([slot for _, slot in slots])
    why = yield from _of_devices(here, here.ask, slots)
    if not printed:
        raise why
    if len(printed) < len(slots):
        here.ask.tell(why.message)
    typed = typed_secret(printed, here.ask, here.vault)
    if here.keeps:
        keep_secret(here.folder, typed.slot, typed.secret)
        here.ask.tell(f"{KEPT_HERE}: to end that, run callrec user factor forget")
    yield typed
    raise Locked("no other second factor answers here")


def _of_devices(
    here: Here, ask: Asking, slots: Sequence[tuple[str, Slot]]
) -> Generator[Answer, None, CallrecError]:
    """Each device that answers; at the end, why the last that did not: of others it is told."""
    reasons: list[CallrecError] = []
    for person, slot in slots:
        if slot.kind in WAYS:
            try:
                secret = WAYS[slot.kind]().secret(slot.public, person, ask)
                yield _opened(here, person, slot, secret)
            except CallrecError as problem:
                reasons.append(problem)
    for other in reasons[:-1]:
        ask.tell(other.message)
    return reasons[-1] if reasons else _nobody_here([slot for _, slot in slots])


def _opened(here: Here, person: str, slot: Slot, secret: bytes) -> Answer:
    key = open_factor(secret, slot, person=person, vault=here.vault)
    return Answer(person, slot, secret, key)


def _security_key() -> Way:
    from callrec.login import fido2_key  # noqa: PLC0415 - of an extra, for who has such a key

    return fido2_key


def _smart_card() -> Way:
    from callrec.login import smart_card  # noqa: PLC0415 - likewise

    return smart_card


WAYS: Final[Mapping[str, Callable[[], Way]]] = {"fido2": _security_key, "pkcs11": _smart_card}
"""The kinds of device that work at a terminal, and what loads the module of each."""


def _nobody_here(slots: Sequence[Slot]) -> Locked:
    """Why no factor answers here, and what would."""
    kinds = {slot.kind for slot in slots}
    if PRINTED in kinds:
        return Locked(
            "this login has a second factor, and its printed key was not entered on this machine",
            hint="run callrec login NAME at a terminal of this machine and type the key once",
        )
    if kinds == {"passkey"}:
        return Locked(
            "this login's second factor is a passkey, which works at the desk only",
            hint="log in at the desk",
        )
    return Locked(
        "this login's second factor needs somebody at a terminal",
        hint="run the command at a terminal, with the key or card plugged in",
    )


def needs_factor(practice: Practice, powers: frozenset[Power]) -> bool:
    """Whether the settings ask for a second factor of somebody with these powers."""
    is_required = practice.settings.passwords.factor == REQUIRED_FOR_APPROVERS
    return is_required and opens_recordings(powers)


def lacks_factor(practice: Practice, actor: Actor) -> bool:
    """Whether somebody who gave their password has to add a factor before they do anything else."""
    return not actor.factors.slots and needs_factor(
        practice, powers_of(actor.person, today(practice))
    )


def check_has_factor(practice: Practice, actor: Actor) -> None:
    """Refuse somebody whom a password alone opens, where the settings ask for more.

    Raises:
        Locked: they have no second factor.
    """
    if lacks_factor(practice, actor):
        raise Locked(
            "the practice asks for a second factor of everybody who may approve requests, and"
            f" {actor.login} has none yet",
            hint=f"{actor.login} adds one: callrec user factor add",
        )


def factors_of(practice: Practice) -> Mapping[PersonId, tuple[Slot, ...]]:
    """The second factors of everybody who has a password, by their id."""
    person = tables.person.c
    with reading(practice.engine) as connection:
        rows = connection.execute(select(person.id, person.locked, person.claimed)).all()
    locks = {PersonId(row.id): row.claimed or row.locked for row in rows}
    return {id_: LockedSeed.from_json(parse(lock)).factors for id_, lock in locks.items() if lock}


def people_without(practice: Practice) -> tuple[str, ...]:
    """Logins of who may approve requests today without a second factor, where one is asked for."""
    called, slots, on = logins(practice), factors_of(practice), today(practice)
    people = [voucher.person for voucher in practice.register.people()]
    lacking = (
        called[each.id]
        for each in people
        if each.id in slots and not slots[each.id] and needs_factor(practice, powers_of(each, on))
    )
    return tuple(sorted(lacking))


def check_new_name(slots: Sequence[Slot], name: str) -> None:
    """What a further factor may be called, and whether there may be one.

    Raises:
        Unusable: the name will not do, or is taken; or there are two already.
    """
    if len(slots) == MOST_FACTORS:
        raise Unusable(
            f"you have {MOST_FACTORS} second factors already",
            hint=f"take one away first: callrec user factor remove {slots[0].name}",
        )
    if not is_factor_name(name):
        raise Unusable(
            "a second factor is named with up to 31 small letters, digits and hyphens",
            hint="name the thing and not the person, such as: paper",
        )
    if any(slot.name == name for slot in slots):
        raise Unusable("you have a second factor of that name", hint="choose another name")


@dataclass(frozen=True, slots=True, repr=False)
class NewFactor:
    """A factor that somebody adds, with the secret that it gives. Its repr shows nothing."""

    kind: str
    name: str
    public: Mapping[str, str]
    secret: bytes
    words: str = ""
    """Of a printed key: what is written down."""


def make_factor(
    kind: str, name: str, *, person: str, here: Here, beside: Sequence[Slot] = ()
) -> NewFactor:
    """A new secret: of a device that is set up for it here, or one to be written down.

    ``beside``: what the person has already, of which no device is taken for another.

    Raises:
        Unusable: devices of that kind are not set up here.
        Locked: nobody is here who could touch one; or it does not answer.
    """
    if kind == PRINTED:
        secret, words = make_printed()
        return NewFactor(kind, name, {}, secret, words)
    if kind not in WAYS:
        raise Unusable("this kind of second factor is not added here", hint="add another kind")
    if here.ask is None:
        raise Locked("a key or card is added by somebody at a terminal")
    others = [slot.public for slot in beside if slot.kind == kind]
    public, secret = WAYS[kind]().enrol(person, here.ask, others)
    return NewFactor(kind, name, public, secret)


def with_factor(factors: Factors, new: NewFactor, *, person: str, vault: str) -> Factors:
    """A person's second factors with one more; the first draws their factor key."""
    key = factors.key or primitives.random_bytes(primitives.KEY_BYTES)
    slot = seal_factor(
        new.secret, key, kind=new.kind, name=new.name, public=new.public, person=person, vault=vault
    )
    return Factors(key, (*factors.slots, slot))


def add_factor(practice: Practice, actor: Actor, *, password: str, new: NewFactor) -> Slot:
    """Lock the actor's seed under one more second factor.

    What lies under an older lock elsewhere, such as on a drive, opens as it did.

    Raises:
        Unusable: as `check_new_name`.
        Locked: the lock was changed meanwhile.
    """
    check_new_name(actor.factors.slots, new.name)
    factors = with_factor(actor.factors, new, person=actor.person.id, vault=practice.vault)
    details = {"kind": new.kind, "name": new.name}
    relock(practice, actor, password, FACTOR_ADDED, factors=factors, details=details)
    return factors.slots[-1]


def remove_factor(
    practice: Practice,
    actor: Actor,
    *,
    password: str,
    name: str,
    here: Here,
    answering: Answering | None = None,
) -> Slot:
    """Lock the actor's seed without one of its second factors.

    The other is presented, and gets a new factor key: the one that went opens the new lock no more.
    ``answering``: how it is presented; if that is not said, as it is at a terminal.

    Raises:
        NotFound: there is none of that name.
        Refused: it is the last, and the settings ask for one.
        Locked: the other one does not answer, or the lock was changed meanwhile.
    """
    gone = next((slot for slot in actor.factors.slots if slot.name == name), None)
    if gone is None:
        raise NotFound("you have no second factor of that name", hint="callrec user factor list")
    left = tuple(slot for slot in actor.factors.slots if slot != gone)
    if not left and needs_factor(practice, powers_of(actor.person, today(practice))):
        raise Refused(
            "you may approve requests, and the practice asks for a second factor of everybody who"
            " may",
            clause=Clause.CONTROLLED_ACCESS,
            hint="add another first: callrec user factor add",
        )
    answering = answering or (lambda person, slots: next(answers(here, {person: slots})))
    factors = NO_FACTORS
    if left:
        factors = _with_new_key(answering(actor.person.id, left), practice.vault)
    details = {"kind": gone.kind, "name": gone.name}
    relock(practice, actor, password, FACTOR_REMOVED, factors=factors, details=details)
    forget_secret(here.folder, gone)  # it opens older drives for as long as they are there
    return gone


def _with_new_key(answer: Answer, vault: str) -> Factors:
    key = primitives.random_bytes(primitives.KEY_BYTES)
    left = reseal_factor(answer.slot, answer.secret, key, person=answer.person, vault=vault)
    return Factors(key, (left,))

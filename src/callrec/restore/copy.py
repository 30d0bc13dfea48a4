"""A volume's copy of the catalogue, opened again.

Anybody who holds the drive can write to it, and anybody can seal to a public key. So a copy counts
only if the audit log inside it begins with the root that the opener's own seed was locked with, and
if a ``volume`` statement on the drive, by a person whom that log vouches for, names its SHA-256
(docs/formats/archive.md, 5).

The copy that a vault was last rebuilt from is remembered outside the vault: it may not be sealed to
the person who goes on with the restore, say a Data Controller whom the recovery kit made after it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from callrec.archive.copy import FORMAT, MAX_PEOPLE
from callrec.audit.checkpoint import decode_base64
from callrec.audit.remembered import RESTORED_COPY_FILE, write_json_atomically
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.context import context
from callrec.crypto.factor import NO_FACTORS, Factors
from callrec.crypto.identity import Identity, LockedSeed, unlock
from callrec.crypto.parts import Part, join
from callrec.dataclass import dataclass, replace
from callrec.errors import Failed, Locked, NotFound, Tampered, Unusable, WrongPassword
from callrec.login.asking import Here
from callrec.login.factors import answers
from callrec.login.locks import Beside
from callrec.record.forms import WHERE_THERE, LogHead, as_json, recall
from callrec.store.sealing import open_stream
from callrec.system.files import create_private, disk_errors, sync
from callrec.volume.drive import drive_errors, open_untrusted, read_small
from callrec.volume.volume import CatalogueCopy, CopyHashes, Volume


@dataclass(frozen=True, slots=True, repr=False)
class Opener:
    """Somebody whose seed opens a copy. Its repr shows nothing."""

    person: str
    identity: Identity
    root: bytes | None
    """The vault root that was locked with the seed; None: the kit, which the root names."""
    factors: Factors = NO_FACTORS
    """The second factors of their lock, one of which was presented."""
    beside: Beside = ()
    """Whose parts open with theirs, where a copy takes two."""
    second: Opener | None = None
    """The second person, where their password was asked for."""


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """A whole copy on a volume, not opened yet; nothing of it is known to be true."""

    volume: Volume
    copy: CatalogueCopy
    sealed_to: Mapping[str, bytes]
    """The copy's key, sealed to each holder, by id."""
    locked: Mapping[str, LockedSeed]
    """The locked seeds of people, by id; at most `MAX_PEOPLE`."""
    vouchers: tuple[Any, ...]
    """Of the same people, as they lie there."""
    takes_two: bool = False
    """Each of them has a part of its key."""

    @property
    def label(self) -> str:
        return self.volume.label


@dataclass(frozen=True, slots=True)
class RestoredCopy:
    """A copy that was opened, whose log was read whole."""

    sealed: str
    """SHA-256 of its two files, in lower-case hex."""
    keys: str
    head: LogHead
    """Of the log in it."""
    copied_at: str = ""
    """When it was made: ``20260807T101500Z``."""
    unsound: Annotated[tuple[str, ...], WHERE_THERE] = ()
    """The SHA-256 of newer copies, sealed, that were found spoilt and not taken."""


def read_copy(volume: Volume, copy: CatalogueCopy) -> FoundCopy:
    """Who may open a copy of the catalogue that lies on a volume."""
    there = parse(read_small(copy.keys))
    match there:
        case {"format": int(number)} if number > FORMAT:
            raise Unusable("the drive was made by a newer callrec", hint="install that one")
        case {"keys": list(keys), "people": list(people), "vault": volume.vault}:
            if len(people) <= MAX_PEOPLE and there.get("needed", 2) == 2:  # noqa: PLR2004
                with _in_form("keys"):
                    sealed_to = {str(each["to"]): decode_base64(each["sealed"]) for each in keys}
                with _in_form("people"):
                    seeds = {str(each["person"]): each["locked"] for each in people}
                locked = {by: LockedSeed.from_json(seed) for by, seed in seeds.items() if seed}
                vouchers = tuple(each.get("voucher") for each in people)
                return FoundCopy(volume, copy, sealed_to, locked, vouchers, "needed" in there)
        case _:
            pass
    raise Tampered(f'the keys on drive "{volume.label}" are not as callrec wrote them')


AskSecond: TypeAlias = "Callable[[Callable[[str], Opener]], Opener]"
"""Asks for a second person's password, and tries what is typed with the function that it takes."""


def opener_by_password(
    password: str, here: Here | None = None, ask_second: AskSecond | None = None
) -> Callable[[FoundCopy], Opener]:
    """Who opens by this password; and by a second person's as well, where a copy takes two.

    That is asked for once, when the first such copy is met; so is a second factor, ``here``.
    """
    answered: dict[bytes, bytes] = {}
    known: list[str] = []

    def opener(found: FoundCopy) -> Opener:
        who = _opener_by(found, password, here, answered)
        if not found.takes_two:
            return who

        def second_by(typed: str) -> Opener:
            opened = _opener_by(found, typed, here, answered, but=who.person)
            known.append(typed)
            return opened

        if known:
            other = second_by(known[0])
        elif ask_second is not None:
            other = ask_second(second_by)
        else:
            raise Locked(f'drive "{found.label}" takes two people who approve requests to open')
        return replace(who, beside=((other.person, other.identity.kem),), second=other)

    return opener


def _opener_by(
    found: FoundCopy,
    password: str,
    here: Here | None,
    answered: dict[bytes, bytes],
    *,
    but: str = "",
) -> Opener:
    """Whose password it is; a copy names no logins, so each approver's seed is tried.

    The cheapest first, so that costly ones that somebody adds to a drive keep nobody waiting; and
    those with a second factor last, whose factor is presented ``here``, once for all copies.
    """

    def price(entry: tuple[str, LockedSeed]) -> int:
        return entry[1].kdf.memory_kib * entry[1].kdf.passes

    by_price = sorted(found.locked.items(), key=price)
    alone = ((person, b"") for person, locked in by_price if not locked.factors)
    for person, key in chain(alone, _factor_keys(found, here, answered)):
        if person == but:
            continue
        locked = found.locked[person]
        try:
            identity, root = unlock(locked, password, found.volume.vault, key)
        except Locked:
            continue
        return Opener(person, identity, root, Factors(key, locked.factors))
    raise WrongPassword(
        "this is the password of nobody "
        + ("else " if but else "")
        + f'who could approve requests when drive "{found.label}" was written',
        hint="try again; leave that drive out, if you have others; or restore with the "
        "recovery kit: callrec drive restore --kit",
    )


def _factor_keys(
    found: FoundCopy, here: Here | None, answered: dict[bytes, bytes]
) -> Iterator[tuple[str, bytes]]:
    """Who of the copy's people has a second factor that answers here, and their factor key.

    ``answered``: what answered before, by the sealed factor key of its slot.
    """
    locks = {person: locked.factors for person, locked in found.locked.items() if locked.factors}
    if not locks or here is None:
        return
    for person, slots in locks.items():
        for slot in slots:
            if slot.sealed in answered:
                yield person, answered[slot.sealed]
    with suppress(Locked):
        for answer in answers(here, locks):
            answered[answer.slot.sealed] = answer.key
            yield answer.person, answer.key


def opener_by_kit(seed: bytes) -> Callable[[FoundCopy], Opener]:
    """The recovery kit with this seed, 32 bytes."""

    def opener(found: FoundCopy) -> Opener:
        identity = Identity.from_seed(seed, found.volume.vault)
        for holder in found.sealed_to.keys() - found.locked.keys():
            try:
                _opened(found, "catalogue-copy", holder, identity.kem)
            except Tampered:
                continue
            return Opener(holder, identity, None)
        raise Locked("this is not the recovery kit of the vault on this drive")

    return opener


def unpack(found: FoundCopy, opener: Opener, to: Path) -> None:
    """Write the catalogue into a file that its owner alone can read, durably."""
    key = _copy_key(found, opener)
    volume, time = found.volume, found.copy.time
    associated = context("volume-copy", volume.vault, volume=volume.volume, time=time)
    with _from_drive():
        try:
            source = open_untrusted(found.copy.sealed)
        except OSError as error:
            if error.errno not in {errno.ELOOP, errno.EINVAL}:
                raise
            raise Tampered("the drive's copy of the catalogue is no plain file") from error
    with source as sealed, disk_errors(), os.fdopen(create_private(to), "wb") as out:
        for piece in _each_from_drive(open_stream(sealed, key, associated)):
            out.write(piece)
    sync(to)


@contextmanager
def _from_drive() -> Iterator[None]:
    """A copy that the drive does not give is passed over, for another may serve."""
    try:
        with drive_errors():
            yield
    except Failed as failed:
        raise Tampered("the drive does not give the whole copy of the catalogue") from failed


def _each_from_drive(pieces: Iterator[bytes]) -> Iterator[bytes]:
    with _from_drive():
        yield from pieces


def check_stated(found: FoundCopy, stated: CopyHashes) -> CopyHashes:
    """The hashes of a copy's files, if they are those that a statement names."""
    with _from_drive():
        there = found.copy.hashes()
    if there != stated:
        raise Tampered("the drive's copy of the catalogue is not the one that was written there")
    return there


def _copy_key(found: FoundCopy, opener: Opener) -> bytes:
    """The key of a copy, by who opens it; of one that takes two, by both their parts."""
    if not found.takes_two or opener.person not in found.locked:  # the kit has it whole
        return _opened(found, "catalogue-copy", opener.person, opener.identity.kem)
    parts = [
        Part(int(person, 16), _opened(found, "catalogue-part", person, kem))
        for person, kem in ((opener.person, opener.identity.kem), *opener.beside)
        if person in found.locked
    ]
    if len(parts) < 2:  # noqa: PLR2004 - it takes two
        raise NotFound("the drive's copy of the catalogue takes two people to open")
    return join(*parts[:2])


def _opened(found: FoundCopy, kind: str, holder: str, kem: bytes) -> bytes:
    sealed = found.sealed_to.get(holder)
    if sealed is None:
        raise NotFound("the drive's copy of the catalogue is not sealed to this person")
    volume, time = found.volume, found.copy.time
    info = context(kind, volume.vault, volume=volume.volume, time=time, to=holder)
    return primitives.hpke_open(kem, sealed, info)


@contextmanager
def _in_form(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError) as error:
        raise Tampered(f"the {what} of the drive's copy are not in their form") from error


def remember_restored_copy(folder: Path, served: RestoredCopy) -> None:
    """Remember a copy that has served, in place of the one before it."""
    try:
        write_json_atomically(folder / RESTORED_COPY_FILE, as_json(served))
    except OSError as error:
        raise Failed(
            f"from which copy the vault comes cannot be remembered: {error.strerror}",
            hint=f'make room for, or give yourself, "{folder}"',
        ) from error


def last_restored_copy(folder: Path) -> RestoredCopy | None:
    """The copy that this operator last rebuilt from; None where that is not known."""
    return recall(RestoredCopy, folder / RESTORED_COPY_FILE)

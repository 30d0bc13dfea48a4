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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final

from callrec.archive.copy import FORMAT, MAX_PEOPLE
from callrec.audit.checkpoint import decode_base64
from callrec.audit.remembered import write_json_atomically
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.context import context
from callrec.crypto.factor import NO_FACTORS, Factors
from callrec.crypto.identity import Identity, LockedSeed, unlock
from callrec.errors import Failed, Locked, NotFound, Tampered, Unusable, WrongPassword
from callrec.login.asking import Here
from callrec.login.factors import answers
from callrec.record.forms import WHERE_THERE, LogHead, as_json, recall
from callrec.store.sealing import open_stream
from callrec.system.files import disk_errors, sync
from callrec.volume.drive import drive_errors, open_untrusted, read_small
from callrec.volume.volume import CatalogueCopy, CopyHashes, Volume

RESTORED_COPY_FILE: Final = "rebuilt-from.json"


@dataclass(frozen=True, slots=True, repr=False)
class Opener:
    """Somebody whose seed opens a copy. Its repr shows nothing."""

    person: str
    identity: Identity
    root: bytes | None
    """The vault root that was locked with the seed; None: the kit, which the root names."""
    factors: Factors = NO_FACTORS
    """The second factors of their lock, one of which was presented."""


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
    match parse(read_small(copy.keys)):
        case {"format": int(number)} if number > FORMAT:
            raise Unusable("the drive was made by a newer callrec", hint="install that one")
        case {"keys": list(keys), "people": list(people), "vault": volume.vault}:
            if len(people) <= MAX_PEOPLE:
                with _in_form("keys"):
                    sealed_to = {str(each["to"]): decode_base64(each["sealed"]) for each in keys}
                with _in_form("people"):
                    seeds = {str(each["person"]): each["locked"] for each in people}
                locked = {by: LockedSeed.from_json(seed) for by, seed in seeds.items() if seed}
                vouchers = tuple(each.get("voucher") for each in people)
                return FoundCopy(volume, copy, sealed_to, locked, vouchers)
        case _:
            pass
    raise Tampered(f'the keys on drive "{volume.label}" are not as callrec wrote them')


def opener_by_password(password: str, here: Here | None = None) -> Callable[[FoundCopy], Opener]:
    """Who opens by this password; a copy names no logins, so each approver's seed is tried.

    The cheapest first, so that costly ones that somebody adds to a drive keep nobody waiting; and
    those with a second factor last, whose factor is presented ``here``, once for all copies.
    """
    answered: dict[bytes, bytes] = {}

    def price(entry: tuple[str, LockedSeed]) -> int:
        return entry[1].kdf.memory_kib * entry[1].kdf.passes

    def opener(found: FoundCopy) -> Opener:
        by_price = sorted(found.locked.items(), key=price)
        alone = ((person, b"") for person, locked in by_price if not locked.factors)
        for person, key in chain(alone, _factor_keys(found, here, answered)):
            locked = found.locked[person]
            try:
                identity, root = unlock(locked, password, found.volume.vault, key)
            except Locked:
                continue
            return Opener(person, identity, root, Factors(key, locked.factors))
        raise WrongPassword(
            "this is the password of nobody who could approve requests when "
            f'drive "{found.label}" was written',
            hint="try again; leave that drive out, if you have others; or restore with the "
            "recovery kit: callrec drive restore --kit",
        )

    return opener


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
                _copy_key(found, holder, identity)
            except Tampered:
                continue
            return Opener(holder, identity, None)
        raise Locked("this is not the recovery kit of the vault on this drive")

    return opener


def unpack(found: FoundCopy, opener: Opener, to: Path) -> None:
    """Write the catalogue into a file that its owner alone can read, durably."""
    key = _copy_key(found, opener.person, opener.identity)
    volume, time = found.volume, found.copy.time
    associated = context("volume-copy", volume.vault, volume=volume.volume, time=time)
    with _from_drive():
        try:
            source = open_untrusted(found.copy.sealed)
        except OSError as error:
            if error.errno not in {errno.ELOOP, errno.EINVAL}:
                raise
            raise Tampered("the drive's copy of the catalogue is no plain file") from error
    with source as sealed, disk_errors(), to.open("xb") as out:
        to.chmod(0o600)
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


def _copy_key(found: FoundCopy, holder: str, identity: Identity) -> bytes:
    sealed = found.sealed_to.get(holder)
    if sealed is None:
        raise NotFound("the drive's copy of the catalogue is not sealed to this person")
    volume, time = found.volume, found.copy.time
    info = context("catalogue-copy", volume.vault, volume=volume.volume, time=time, to=holder)
    return primitives.hpke_open(identity.kem, sealed, info)


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

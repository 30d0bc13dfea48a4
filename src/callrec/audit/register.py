"""The register of people and keys: one replay of the log's statements gives it at any point.

Write access to the database promotes nobody: a voucher counts only if it is signed by someone who
governed at its sequence, from leaf 0 on (docs/formats/keys.md, 5).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from callrec.audit.checkpoint import origin
from callrec.audit.leaf import Leaf
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.identity import PublicKeys
from callrec.crypto.statement import Statement, check_statement
from callrec.dataclass import dataclass, field
from callrec.errors import NotFound, Tampered
from callrec.policy.role import (
    Delegation,
    Person,
    PersonId,
    Power,
    Role,
    Standing,
    VaultKey,
    is_second_needed,
    may_be_second,
)
from callrec.settings import Settings, read_settings

REGISTER_KINDS: Final = ("voucher", "second", "key", "seal", "claim", "lock", "kit", "settings")
"""Of statements that the register is made of: each stands until another takes its place."""

POWER_WORDS: Final = {str(power): power for power in Power}
"""Powers by the word that a voucher carries."""


@dataclass(frozen=True, slots=True)
class Founders:
    """What leaf 0 says: which vault this is, and the first keys that count in it."""

    vault: str
    practice: str
    controller: str
    controller_keys: PublicKeys
    kit: str
    kit_keys: PublicKeys

    def as_json(self) -> dict[str, Any]:
        return {
            "controller": {"id": self.controller, **self.controller_keys.as_json()},
            "kit": {"id": self.kit, **self.kit_keys.as_json()},
            "practice": self.practice,
            "vault": self.vault,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Founders:
        controller, kit = value["controller"], value["kit"]
        return cls(
            vault=value["vault"],
            practice=value["practice"],
            controller=controller["id"],
            controller_keys=PublicKeys.from_json(controller),
            kit=kit["id"],
            kit_keys=PublicKeys.from_json(kit),
        )


def founders_of(leaf: Leaf) -> Founders:
    """What leaf 0 says.

    Raises:
        Tampered: it says nothing of founders, not in their form, or stands in another vault's log.
    """
    if leaf.founders is None:
        raise Tampered("the audit log does not begin with its founders")
    try:
        founders = Founders.from_json(leaf.founders)
    except (LookupError, TypeError, ValueError) as error:
        raise Tampered("the founders of the audit log are not in their form") from error
    if leaf.log != origin(founders.vault):
        raise Tampered("the audit log begins with the founders of another vault")
    return founders


@dataclass(frozen=True, slots=True)
class Voucher:
    """A Data Controller vouches for a person's identity, powers and keys."""

    person: Person
    keys: PublicKeys
    serial: int
    name: str
    """SHA-256(nonce || login || full name) in hex."""
    seq: int
    """Sequence of the leaf that carries it."""
    digest: str
    by: str
    second: str
    """Id of the second person who signed for it; empty: none did."""


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """A version of a vault key, as its key statement names it."""

    key: VaultKey
    version: int
    public: bytes
    """X-Wing public key; of the index key, which is not a pair, its check value."""
    seq: int
    """Of the leaf that made it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A share, as its seal statement names it."""

    key: VaultKey
    version: int
    to: str
    """Id of its holder."""
    seq: int
    """Of the leaf: it was sealed to the key that the holder had there."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A recovery kit that was made in place of the one before."""

    keys: PublicKeys
    seq: int
    """Sequence of the leaf from which on it is the vault's kit."""
    digest: str
    by: str


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """The practice's rules from one entry of the log on, as a Data Controller decided them."""

    version: int
    """From 1."""
    settings: Settings
    seq: int
    """Sequence of the leaf from which on they are in force."""
    at: str
    """When that leaf was written, RFC 3339: since when the record says so."""
    digest: str
    by: str


@dataclass(slots=True)
class Register:
    """People, roles, keys and rules, as the statements of the log make them."""

    founders: Founders
    vouchers: dict[str, list[Voucher]] = field(default_factory=dict)
    claims: dict[str, PublicKeys] = field(default_factory=dict)
    """Each person's newest claim, until a voucher gives them another key or disables them."""
    keys: dict[tuple[VaultKey, int], KeyVersion] = field(default_factory=dict)
    seals: dict[str, Seal] = field(default_factory=dict)
    """By SHA-256 of the sealed share, in hex."""
    locks: dict[str, str] = field(default_factory=dict, compare=False)
    """SHA-256 of the lock that each person's seed lies under, in hex: no other opens.

    A new password changes nothing that anybody else relies on, so it makes no other register.
    """
    kits: list[Kit] = field(default_factory=list)
    """The recovery kits after the first, which leaf 0 names; all have its id."""
    settings: list[SettingsVersion] = field(default_factory=list)
    """Every version of the practice's settings, the first of which it was founded with."""
    shared_out: dict[tuple[VaultKey, int], int] = field(default_factory=dict)
    """Sequence of the leaf by which a version of a key was last shared out to its holders, the kit
    apart: only parts that were made together open together."""
    seconds: dict[tuple[str, str], int] = field(default_factory=dict)
    """Digest of a voucher and id of a second person -> sequence of the leaf by which they signed
    for it first, before it."""
    ignored: list[int] = field(default_factory=list)
    """Sequences of statements that were made by people without the power to."""

    def newest_settings(self) -> SettingsVersion:
        """The settings in force.

        Raises:
            Tampered: there are none, though a vault is founded with some.
        """
        if not self.settings:
            raise Tampered("no statement of the audit log holds the practice's settings")
        return self.settings[-1]

    def is_in_parts(self, key: VaultKey, to: str) -> bool:
        """Whether what this holder has of a vault key is a part of it; the kit has it whole."""
        is_two = bool(self.settings) and self.settings[-1].settings.is_opened_by_two
        return is_two and key is VaultKey.RECORDINGS and to != self.founders.kit

    def form_since(self) -> int:
        """The leaf from which on the recordings key is shared as it is now: whole or in parts."""
        since, later = 0, None
        for version in reversed(self.settings):
            if later is not None and later != version.settings.is_opened_by_two:
                break
            since, later = version.seq, version.settings.is_opened_by_two
        return since

    def voucher(self, person: str, *, before: int | None = None) -> Voucher | None:
        """The newest voucher about a person whose leaf is before ``before``."""
        known = reversed(self.vouchers.get(person, ()))
        return next((each for each in known if before is None or each.seq < before), None)

    def key_voucher(self, person: str) -> Voucher:
        """The voucher that gave a person the key that they have now.

        Raises:
            NotFound: nobody vouched for such a person.
        """
        newest = self.voucher(person)
        if newest is None:
            raise NotFound("no such person", hint="run callrec user list")
        with_it = (each for each in self.vouchers[person] if each.keys == newest.keys)
        return next(with_it, newest)

    def person(self, person: str, *, before: int | None = None) -> Person:
        """Who that person is at that point.

        Raises:
            NotFound: nobody vouched for such a person.
        """
        voucher = self.voucher(person, before=before)
        if voucher is None:
            raise NotFound("no such person", hint="run callrec user list")
        return voucher.person

    def public_keys(self, person: str, *, before: int | None = None) -> PublicKeys:
        """The keys that a statement or checkpoint of that person must be signed with.

        Raises:
            NotFound: nobody vouched for such a person.
        """
        voucher = self.voucher(person, before=before)
        if voucher is not None:
            return voucher.keys
        if person == self.founders.controller:
            return self.founders.controller_keys
        if person == self.founders.kit:
            kits = [kit.keys for kit in self.kits if before is None or kit.seq < before]
            return kits[-1] if kits else self.founders.kit_keys
        raise NotFound("no such person", hint="run callrec user list")

    def earlier_kits(self) -> tuple[PublicKeys, ...]:
        """The keys of replaced kits, oldest first."""
        return (self.founders.kit_keys, *(kit.keys for kit in self.kits))[:-1]

    def all_keys(self) -> Iterator[PublicKeys]:
        """Every key that ever counted in this log, of people and of recovery kits."""
        yield from (self.founders.controller_keys, self.founders.kit_keys)
        yield from (voucher.keys for known in self.vouchers.values() for voucher in known)
        yield from (kit.keys for kit in self.kits)

    def newest(self, key: VaultKey) -> KeyVersion:
        """The version of a vault key that is sealed to today.

        Raises:
            Tampered: there is none, though a vault is founded with one.
        """
        versions = self.versions(key)
        if not versions:
            raise Tampered(f"no statement of the audit log names the {key} key")
        return self.keys[key, versions[-1]]

    def versions(self, key: VaultKey) -> tuple[int, ...]:
        """All versions of a vault key, oldest first."""
        return tuple(sorted(v for k, v in self.keys if k is key))

    def check_opened(self, key: VaultKey, version: int, secret: bytes) -> None:
        """Check an opened vault key against its key statement.

        Raises:
            Tampered: it is not the key that was stated.
        """
        stated = self.keys.get((key, version))
        if (
            stated is None
            or len(secret) != primitives.KEY_BYTES
            or stated.public != public_half(self.founders.vault, key, version, secret)
        ):
            raise Tampered(f"the {key} key that opened is not the one that was stated")

    def check_share(self, sealed: bytes, key: VaultKey, version: int, to: str) -> None:
        """Check that someone entitled stated this share, and that its holder still has the key.

        Raises:
            Tampered: no seal statement names it, or its holder got another key since.
        """
        seal = self.seals.get(primitives.sha256(sealed).hex())
        if seal is None or (seal.key, seal.version, seal.to) != (key, version, to):
            raise Tampered(f"a share of the {key} key was sealed by nobody entitled")
        if not self.has_key_of(to, seal.seq):
            raise Tampered(f"a share of the {key} key is sealed to a key that its holder lost")
        if key is not VaultKey.RECORDINGS or to == self.founders.kit:
            return
        is_mixed = self.is_in_parts(key, to) and seal.seq != self.shared_out[key, version]
        if is_mixed or seal.seq < self.form_since():
            raise Tampered(f"a share of the {key} key is an older one that was put back")

    def has_key_of(self, person: str, seq: int) -> bool:
        """Whether a person still has the keys that they had at the leaf ``seq``."""
        try:
            return self.public_keys(person, before=seq) == self.public_keys(person)
        except NotFound:
            return False

    def may_be_seconds(self, *, by: str, about: str) -> frozenset[PersonId]:
        """Who may sign as the second person for a voucher by one person about another."""
        people = (voucher.person for voucher in self.people())
        return frozenset(p.id for p in people if p.id not in (by, about) and may_be_second(p))

    def needs_second(self, person: Person, *, by: str, has_other_keys: bool) -> bool:
        """Whether a second person signs for a voucher about a person, as they are to be.

        Where nobody may, one person is enough, and the record says that there was no second.
        """
        newest = self.voucher(person.id)
        before = newest.person if newest else None
        is_needed = is_second_needed(before, person, has_other_keys=has_other_keys)
        return is_needed and bool(self.may_be_seconds(by=by, about=person.id))

    def people(self) -> tuple[Voucher, ...]:
        """Everyone's newest voucher, in the order in which they joined."""
        return tuple(known[-1] for known in self.vouchers.values())


def public_half(vault: str, key: VaultKey, version: int, secret: bytes) -> bytes:
    """What a key statement says of a vault key: its public key, or the index key's check value."""
    if key is VaultKey.INDEX:
        return primitives.mac(secret, context("key-check", vault, key=key, version=version))
    return primitives.kem_public(secret)


def replay(founders: Founders, entries: Iterable[tuple[Leaf, Statement]]) -> Register:
    """Make the register from the leaves that carry statements, in order.

    A statement by someone without the power to make it is ignored and listed: otherwise anyone
    could stop the practice by making one.

    Raises:
        Tampered: a statement's signature does not verify, or it stands under another's leaf, or it
            is not in its form: its maker may have signed anything.
    """
    register = Register(founders)
    for leaf, statement in entries:
        check_made_by(register, leaf, statement)
        try:
            apply_statement(register, leaf, statement)
        except (LookupError, TypeError, ValueError) as error:
            raise Tampered(f"the statement of leaf {leaf.seq} is not in its form") from error
    return register


def check_made_by(register: Register, leaf: Leaf, statement: Statement) -> None:
    """Check that a statement is the one its leaf carries, and signed by the leaf's actor.

    Raises:
        Tampered: it is not.
    """
    if statement.by != leaf.actor or statement.digest != leaf.statement:
        raise Tampered(f"the statement of leaf {leaf.seq} is not its actor's")
    try:
        keys = register.public_keys(statement.by, before=leaf.seq)
    except NotFound as error:
        raise Tampered(f"nobody vouched for the actor of leaf {leaf.seq}") from error
    check_statement(statement, keys.act)


def apply_statement(register: Register, leaf: Leaf, statement: Statement) -> None:
    """Take a checked statement into the register, if it concerns it and its maker had the power.

    Raises:
        Tampered: it does not follow what was stated before.
    """
    seq = leaf.seq
    match statement.kind:
        case "claim" if _waits_for_a_key(register, statement.by, seq):
            register.claims[statement.by] = PublicKeys.from_json(statement.fields["keys"])
            register.locks[statement.by] = statement.fields["lock"]
        case "lock":  # their own alone
            register.locks[statement.by] = statement.fields["lock"]
        case "second" if _may_be_second(register, statement.by, seq):
            register.seconds.setdefault((statement.fields["voucher"], statement.by), seq)
        case "voucher" if _may_vouch(register, statement, seq):
            _take_voucher(register, seq, statement)
        case "key" | "seal" | "kit" | "settings" if _governs(register, statement.by, seq):
            _take_from_controller(register, leaf, statement)
        case kind:
            if kind in REGISTER_KINDS:
                register.ignored.append(seq)


def _take_from_controller(register: Register, leaf: Leaf, statement: Statement) -> None:
    match statement.kind:
        case "key":
            _take_keys(register, leaf.seq, statement)
        case "seal":
            _take_seals(register, leaf.seq, statement)
        case "kit":
            _take_kit(register, leaf.seq, statement)
        case _:
            _take_settings(register, leaf, statement)


def read_newer_voucher(register: Register, statement: Statement, size: int) -> Voucher | None:
    """A voucher of a log that was lost, made after all that the register knows.

    Its maker governs today, and it is about someone who was added since, or got another key or
    other powers. A person whom the register knows as disabled stays so.

    Args:
        register: as the log stands.
        statement: with its signature not checked yet.
        size: entries of the log.

    Returns:
        None: it is no such voucher.

    Raises:
        Tampered: its signature does not verify, or it is not in its form.
    """
    if statement.kind != "voucher" or not _governs(register, statement.by, size):
        return None
    check_statement(statement, register.public_keys(statement.by).act)
    try:
        later = _voucher(statement, size)
        known = register.voucher(later.person.id)
        goes_on = known is None or (
            known.person.standing is not Standing.DISABLED and later.serial > known.serial
        )
    except (LookupError, TypeError, ValueError) as error:
        raise Tampered("a voucher is not in its form") from error
    return later if goes_on else None


def _waits_for_a_key(register: Register, person: str, seq: int) -> bool:
    """Whether a person was added and has no key of their own yet."""
    voucher = register.voucher(person, before=seq)
    return voucher is not None and voucher.person.standing is Standing.PROVISIONAL


def _governs(register: Register, person: str, seq: int) -> bool:
    voucher = register.voucher(person, before=seq)
    if voucher is None:
        return person == register.founders.controller and not register.vouchers
    return voucher.person.standing is Standing.CONFIRMED and Power.GOVERN in voucher.person.powers


def _may_vouch(register: Register, statement: Statement, seq: int) -> bool:
    """Those who govern vouch, with a second person where it takes one.

    A kit vouches once and alone, for a new Data Controller nobody knows yet: where it is used,
    nobody governs any more.
    """
    if statement.by != register.founders.kit:
        return _governs(register, statement.by, seq) and _has_second(register, statement, seq)
    since = register.kits[-1].seq if register.kits else 0
    vouchers = [each for known in register.vouchers.values() for each in known]
    used = any(each.by == statement.by and each.seq > since for each in vouchers)
    is_new = statement.fields["person"] not in {*register.vouchers, register.founders.kit}
    return not used and is_new and statement.fields["role"] == Role.DATA_CONTROLLER


def _may_be_second(register: Register, person: str, seq: int) -> bool:
    voucher = register.voucher(person, before=seq)
    return voucher is not None and may_be_second(voucher.person)


def _has_second(register: Register, statement: Statement, seq: int) -> bool:
    """Whether a second person signed for a voucher before it, or none had to or could."""
    new, before = _voucher(statement, seq), register.voucher(statement.fields["person"])
    if new.second:
        may = register.may_be_seconds(by=new.by, about=new.person.id)
        return new.second in may and (new.digest, new.second) in register.seconds
    has_other_keys = before is None or before.keys != new.keys
    return not register.needs_second(new.person, by=new.by, has_other_keys=has_other_keys)


def _take_seals(register: Register, seq: int, statement: Statement) -> None:
    for share in statement.fields["shares"]:
        seal = Seal(VaultKey(share["key"]), share["version"], share["to"], seq)
        register.seals[share["sha256"]] = seal
        if seal.to != register.founders.kit:
            register.shared_out[seal.key, seal.version] = seq


def _take_voucher(register: Register, seq: int, statement: Statement) -> None:
    known = register.vouchers.get(statement.fields["person"], [])
    _check_follows(seq, statement, known, first_serial=1)
    voucher = _voucher(statement, seq)
    is_out = voucher.person.standing is Standing.DISABLED
    if known and (known[-1].keys != voucher.keys or is_out):
        register.claims.pop(voucher.person.id, None)  # confirmed, begun again, or disabled
    register.vouchers[voucher.person.id] = [*known, voucher]
    if lock := statement.fields["lock"]:
        register.locks[voucher.person.id] = lock


def _voucher(statement: Statement, seq: int) -> Voucher:
    fields = statement.fields
    person = Person(
        id=PersonId(fields["person"]),
        role=Role(fields["role"]),
        powers=frozenset(POWER_WORDS[power] for power in fields["powers"]),
        delegations=tuple(
            Delegation(POWER_WORDS[d["power"]], date.fromisoformat(d["until"]))
            for d in fields["delegations"]
        ),
        standing=Standing(fields["standing"]),
    )
    return Voucher(
        person=person,
        keys=PublicKeys.from_json(fields["keys"]),
        serial=fields["serial"],
        name=fields["name"],
        seq=seq,
        digest=statement.digest,
        by=statement.by,
        second=fields["second"],
    )


def _take_kit(register: Register, seq: int, statement: Statement) -> None:
    _check_follows(seq, statement, register.kits, first_serial=2)  # the first is that of leaf 0
    keys = PublicKeys.from_json(statement.fields["keys"])
    register.kits.append(Kit(keys, seq, statement.digest, statement.by))


def _take_settings(register: Register, leaf: Leaf, statement: Statement) -> None:
    _check_follows(leaf.seq, statement, register.settings, first_serial=1)
    settings = read_settings(statement.fields["settings"])
    version = SettingsVersion(
        statement.fields["serial"], settings, leaf.seq, leaf.at, statement.digest, statement.by
    )
    register.settings.append(version)


def settings_fields(settings: Settings, previous: SettingsVersion | None) -> dict[str, Any]:
    """What a statement of the practice's settings says."""
    return {
        "previous": previous.digest if previous else "",
        "serial": previous.version + 1 if previous else 1,
        "settings": settings.as_json(),
    }


def _check_follows(
    seq: int,
    statement: Statement,
    known: Sequence[Voucher | Kit | SettingsVersion],
    *,
    first_serial: int,
) -> None:
    previous = known[-1].digest if known else ""
    fields = statement.fields
    if fields["serial"] != len(known) + first_serial or fields["previous"] != previous:
        raise Tampered(f"the {statement.kind} of leaf {seq} does not follow the one before it")


def _take_keys(register: Register, seq: int, statement: Statement) -> None:
    for item in statement.fields["keys"]:
        key, version = VaultKey(item["key"]), item["version"]
        if (key, version) in register.keys:
            raise Tampered(f"version {version} of the {key} key is stated twice")
        public = base64.b64decode(item["public"])
        register.keys[key, version] = KeyVersion(key, version, public, seq)

"""The open vault, who acts in it, and the three ways to write: attempt, record, sign."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any, Final

import platformdirs
from sqlalchemy import Connection, Engine, Row, select

from callrec.audit import log as audit
from callrec.audit.appended import HINT_HERE, check_appended, check_proven
from callrec.audit.leaf import Outcome
from callrec.audit.log import Log, LogTransaction, Signer
from callrec.audit.register import Register, SettingsVersion
from callrec.audit.remembered import SeenHead, is_restored, load_seen_head, save_seen_head
from callrec.audit.session import SessionCertificate
from callrec.audit.sessions import last_attestable
from callrec.catalogue import tables
from callrec.catalogue.engine import Unsettled, alone, is_postgres, open_catalogue, reading, settled
from callrec.config import Config
from callrec.crypto.canonical import LARGEST_INTEGER, format_instant
from callrec.crypto.factor import NO_FACTORS, Factors
from callrec.crypto.identity import Identity
from callrec.crypto.primitives import signing_public
from callrec.dataclass import dataclass, field
from callrec.errors import CallrecError, Failed, Locked, Misconfigured, Refused, Tampered
from callrec.policy.retention import RecordingState
from callrec.policy.role import Person, Power, VaultKey, keys_held, powers_of, powers_vouched_for
from callrec.settings import Settings
from callrec.stamps.waiting import waiting_files
from callrec.store.directory import INCOMING, RECORDINGS, DirectoryStore
from callrec.system.rights import check_only_we_can_change

SETTINGS_ACT: Final = "settings.applied"
"""Of the leaf from which on the practice's settings are in force."""


@dataclass(frozen=True, slots=True)
class Practice:
    """The open vault of one practice. It has fields and no methods; procedures take it first."""

    config: Config
    """What belongs to this machine."""
    settings: Settings
    """The practice's rules, as they were in force when it was opened."""
    folder: Path
    """The vault's folder."""
    state_folder: Path
    """Where this operator's own memory of the vault lies, outside it."""
    engine: Engine
    store: DirectoryStore
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    """Lets seconds of that clock pass."""
    vault: str
    name: str
    root: bytes
    """SHA-256 of leaf 0 as it lies in the catalogue; trusted only if a locked seed agrees."""
    register: Register
    register_size: int
    """How many leaves the log had as the register was read."""
    log: Log
    drives: tuple[Path, ...] = ()
    """Folders of drives that were named for this command: where volumes are looked for first."""
    unsaved_head_errors: list[CallrecError] = field(default_factory=list)
    """Why the newest head of the log is not remembered, where it is not."""
    written_by: set[str] = field(default_factory=set)
    """Ids of the people in whose names this command wrote to the log."""


@dataclass(frozen=True, slots=True, repr=False)
class Actor:
    """A person at work, with what their login or password opened. Its repr shows nothing."""

    person: Person
    login: str
    signer: Signer
    identity: Identity | None
    """Only while one command runs for which the password was given."""
    shares: Mapping[tuple[VaultKey, int], bytes]
    factors: Factors = NO_FACTORS
    """The second factors of their lock, one of which was presented; with ``identity`` alone."""
    beside: tuple[tuple[str, bytes], ...] = ()
    """Whose parts of the recordings key open with theirs: id and X-Wing seed (login/locks.py)."""

    def has_key(self, key: VaultKey) -> bool:
        """Whether a version of a vault key is open to them.

        A login keeps the catalogue key, of those who may search. The audit key takes the power to
        read the log, and the password.
        """
        return any(each is key for each, _ in self.shares)


def open_practice(
    config: Config, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Practice:
    """Open the vault that the configuration names.

    Raises:
        Misconfigured: there is no vault, it cannot be used from here, or others can change it.
        Tampered: the catalogue, the log's first leaf or a statement is not as it was signed.
    """
    engine = open_catalogue(config.vault, config.catalogue)
    for name in (RECORDINGS, INCOMING):
        with suppress(FileNotFoundError):
            check_only_we_can_change(config.vault / name)
    return practice_on(engine, config, now, environ)


def practice_on(
    engine: Engine,
    config: Config,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
    *,
    register: Register | None = None,
) -> Practice:
    """The practice whose catalogue is open.

    ``register`` is given where the log is not as it was signed, and is not read again.
    """
    with reading(engine) as connection:
        founders, root = audit.read_founders(connection)
        if register is None:
            register, size = audit.read_register(connection), audit.stored_size(connection)
            settings = register.newest_settings().settings
        else:
            size = LARGEST_INTEGER
            settings = register.settings[-1].settings if register.settings else Settings()
    newest = register.newest(VaultKey.AUDIT)
    return Practice(
        config=config,
        settings=settings,
        folder=config.vault,
        state_folder=state_folder(founders.vault, environ),
        engine=engine,
        store=store_of(config, founders.vault),
        now=now,
        pause=sleep,
        vault=founders.vault,
        name=founders.practice,
        root=root,
        register=register,
        register_size=size,
        log=audit.Log(founders.vault, newest.version, newest.public, now),
    )


def store_of(config: Config, vault: str) -> DirectoryStore:
    """Where a vault's recordings are: in its folder, or in the bucket that is configured."""
    if not config.recordings:
        return DirectoryStore(config.vault)
    try:
        from callrec.store.objects import ObjectStore, Place  # noqa: PLC0415 - a folder needs none
    except ImportError:
        raise Misconfigured(
            "the configuration names recordings in an object store, and its client is not"
            " installed",
            hint="install callrec with its extra: callrec[network]",
        ) from None
    bucket = config.recordings.removeprefix("s3://")
    return ObjectStore(
        config.vault,
        vault,
        Place(bucket=bucket, **config.objects.model_dump(exclude={"kept_days"})),
    )


def state_folder(vault: str, environ: Mapping[str, str]) -> Path:
    """This operator's own folder for one vault, outside the vault."""
    given = environ.get("XDG_STATE_HOME")
    base = platformdirs.user_state_path("callrec") if not given else Path(given) / "callrec"
    with suppress(OSError):  # it is made later, or reading it says why it cannot be read
        check_only_we_can_change(base / vault)
    return base / vault


@contextmanager
def writing(practice: Practice, signer: Signer | None) -> Iterator[LogTransaction]:
    """A write transaction of the vault that does not check again what the person may do.

    For acts that need no power, that end what the person was allowed to begin, or where the caller
    checks; any other act is written with `signing`.
    """
    with _remembering(practice, signer) as act:
        with suppress(Tampered):  # the log is tampered with already; who found out is recorded
            register = _register_within(practice, act)
            if signer is not None:
                _check_key_is_current(act, register, signer)
        yield act


@contextmanager
def signing(practice: Practice, *actors: Actor) -> Iterator[LogTransaction]:
    """A write transaction of people who have lost no power since their command began.

    What they sign is compared for ever with the vouchers before it (docs/formats/grant.md, 9). So
    each of them is checked here, where nobody can change those any more; and that the settings are
    those by which it was decided, so that the log's order shows under which each decision stands.
    """
    since = today(practice) - timedelta(days=1)
    with _remembering(practice, actors[-1].signer) as act:
        register = _register_within(practice, act)
        if register.newest_settings() != in_force(practice):
            raise Failed(
                "the practice's settings were changed a moment ago, so nothing was done",
                hint="try again",
            )
        for actor in actors:
            _check_key_is_current(act, register, actor.signer)
            _check_still_entitled(register.person(actor.person.id), actor, since=since)
        yield act


@contextmanager
def _remembering(
    practice: Practice, signer: Signer | None, *, stamps: bool = True
) -> Iterator[LogTransaction]:
    """A write transaction; the head that it makes is remembered once it is durable.

    Where that fails, what was done stays done, and the command goes on: it may still have to show a
    recovery kit or a passphrase. `report_unsaved_head` comes last.
    """
    goes_on, lost = True, None

    def check(connection: Connection) -> None:
        nonlocal goes_on, lost
        goes_on, lost = check_goes_on(practice, connection)

    with audit.log_transaction(practice.engine, practice.log, signer, check) as act:
        yield act
    practice.written_by.update(act.actors)
    if act.has_appended:
        if goes_on:  # else what was seen stays remembered, until it is named as lost
            remember_head(practice, act.head, instead_of=lost)
        if stamps and signer is not None and waiting_files(practice.folder):
            put_stamps_on_record(practice, signer)


def check_goes_on(practice: Practice, connection: Connection) -> tuple[bool, SeenHead | None]:
    """Check that the log goes on from the remembered head, and what came since.

    Returns:
        Whether it does; False after a restore by this operator, until what is lost is named. And
        the head that is named as lost: it gives way to the next, or nothing would be remembered
        until the log were longer.

    Raises:
        Tampered: it does not, or what came since is not attested.
    """
    seen, folder, goes_on, proven = None, practice.state_folder, True, None
    with suppress(Failed):  # where it cannot be read is told when it is to be replaced
        seen = load_seen_head(folder)
    register = register_now(practice, connection)
    try:
        proven = check_proven(connection, register, seen.head if seen else None)
    except Tampered as error:
        goes_on = False
        if not is_restored(folder):
            raise Tampered(error.message, hint=HINT_HERE) from error
    check_appended(connection, register, proven)
    return goes_on, seen if goes_on and proven is None else None


def put_stamps_on_record(practice: Practice, signer: Signer) -> None:
    """Write the time stamps that wait into the log, behind what somebody just wrote.

    In a transaction of its own, so that what they wrote is what it is without. Where it cannot be
    done, or they may write nothing more, the stamps go on waiting.
    """
    from callrec.stamps import kept  # noqa: PLC0415 - once a day at the most

    with suppress(Exception):  # whatever it is: a passphrase may have to be shown yet
        with reading(practice.engine) as connection:
            timestamp = practice.settings.timestamp
            stamps = kept.checked_waiting(connection, timestamp, practice.folder)
        with _remembering(practice, signer, stamps=False) as act:
            register = _register_within(practice, act)
            _check_key_is_current(act, register, signer)
            kept.put_on_record(act, signer.person, stamps)
        kept.take_away(practice.folder, stamps)


def remember_head(
    practice: Practice, head: audit.Head, *, instead_of: SeenHead | None = None
) -> None:
    """Remember the log's newest head; where that fails, `report_unsaved_head` says so."""
    practice.unsaved_head_errors.clear()
    try:
        now = format_instant(practice.now())
        save_seen_head(practice.state_folder, head, now, instead_of=instead_of)
    except CallrecError as problem:
        practice.unsaved_head_errors.append(problem)


def report_unsaved_head(practice: Practice) -> None:
    """Raise, at the end of a command, if the head of the log could not be remembered.

    Raises:
        Failed: it could not; what the command did is done all the same.
    """
    for problem in practice.unsaved_head_errors:
        raise problem


def record(
    practice: Practice,
    actor: Actor,
    act: str,
    *,
    subject: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
    outcome: Outcome = Outcome.DONE,
) -> int:
    """Write one leaf, durably; returns its sequence. What it stands for may happen only after.

    Where the settings were changed since the command began, its details say by which it went: a
    refusal is never passed over, and is held against the settings that it was made by.
    """
    with writing(practice, actor.signer) as transaction:
        went_by = in_force(practice)
        with suppress(Tampered):  # as `writing` has it
            if register_now(practice, transaction.snapshot).newest_settings() != went_by:
                details = {**(details or {}), "settings": went_by.version}
        return transaction.leaf(
            act, actor=actor.person.id, subject=subject, details=details, outcome=outcome
        )


@contextmanager
def attempt(
    practice: Practice,
    actor: Actor,
    act: str,
    *,
    subject: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Log whatever is refused or fails inside before the error goes on.

    A refusal is evidence too, with its ``details`` and its reason. If the log cannot be written,
    that error is raised instead, but where nobody can tell whether it was written already.
    """
    try:
        yield
    except Unsettled:
        raise
    except CallrecError as error:
        outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.FAILED
        logged = {**(details or {}), "why": error.message}
        record(practice, actor, act, subject=subject, details=logged, outcome=outcome)
        raise


@contextmanager
def storing(practice: Practice) -> Iterator[None]:
    """Keep others from bringing in or taking out recordings, on whichever machine."""
    with practice.store.lock(), alone(practice.engine, "an ingest"):
        yield


def sweep_store(practice: Practice) -> None:
    """With the store's lock held, remove unfinished files, and files that nobody catalogued."""
    column = tables.recording.c.ciphertext
    with settled(practice.engine) as connection:

        def is_catalogued(name: str) -> bool:
            return connection.execute(select(column).where(column == name)).first() is not None

        practice.store.sweep(is_catalogued)


def check_files_here(practice: Practice, rows: Iterable[Row[*tuple[Any, ...]]], hint: str) -> None:
    """Check that no sealed file of recordings lies in the folder of another machine.

    Several machines may have one database, and each a folder that no other reads or clears.
    """
    if practice.config.recordings or not is_postgres(practice.engine):
        return
    live = [row for row in rows if row.state == RecordingState.LIVE]
    away = [row.id for row in live if not practice.store.has(row.ciphertext)]
    if away:
        one = f"the sealed file of recording {away[0]} is"
        many = f"the sealed files of {len(away):,} recordings are"
        raise Failed(f"{one if len(away) == 1 else many} not on this machine", hint=hint)


def password_needed(what: str) -> Locked:
    """The error of what takes a password that was not given."""
    return Locked(what, hint="type it, or set CALLREC_USER and CALLREC_PASSWORD_FILE")


def today(practice: Practice) -> date:
    """Today's date at the practice."""
    return practice.now().astimezone(practice.settings.time_zone).date()


def in_force(practice: Practice) -> SettingsVersion:
    """The settings that this command goes by, and since when they are on record."""
    return practice.register.newest_settings()


def register_now(practice: Practice, connection: Connection) -> Register:
    """The register as a transaction sees it, with what was added since the practice was opened."""
    return audit.current_register(connection, practice.register, practice.register_size)


def check_unchanged(practice: Practice, connection: Connection) -> None:
    """Check that people and keys are still as they were when the practice was opened."""
    if register_now(practice, connection) != practice.register:
        raise Failed(
            "people or keys were changed a moment ago, so nothing was done", hint="try again"
        )


def _register_within(practice: Practice, act: LogTransaction) -> Register:
    """The current register; from here on, details are sealed to its newest audit key."""
    register = register_now(practice, act.snapshot)
    newest = register.newest(VaultKey.AUDIT)
    act.seal_details_to(newest.version, newest.public)
    return register


def _check_key_is_current(act: LogTransaction, register: Register, signer: Signer) -> None:
    """Refuse a key that was replaced or has ended: what it signs would be TAMPERED for ever."""
    if signer.session is not None:
        check_session_is_open(act.snapshot, register, signer.session)
    elif register.public_keys(signer.person).log != signing_public(signer.seed):
        raise Failed(
            "your password was set anew a moment ago, so nothing more was done",
            hint="run callrec login",
        )


def check_session_is_open(
    connection: Connection, register: Register, session: SessionCertificate
) -> None:
    """Refuse a session that the log shows to have ended, in whatever way.

    Raises:
        Locked: it has.
    """
    if last_attestable(connection, register, session) is not None:
        raise Locked("this login has ended", hint="run callrec login")


def _check_still_entitled(now: Person, actor: Actor, *, since: date) -> None:
    """Powers lent until ``since`` or later count: a command may end after midnight."""
    then = actor.person
    lent = {each for each in then.delegations if each.until >= since}
    if now.standing is not then.standing or then.powers - now.powers or lent - {*now.delegations}:
        raise Failed(
            "what you may do was changed a moment ago, so nothing more was done",
            hint="callrec user whoami shows what you may do now",
        )


def powers(practice: Practice, actor: Actor) -> frozenset[Power]:
    """What the actor may do today."""
    return powers_of(actor.person, today(practice))


def shares_needed(
    practice: Practice, person: Person, shares: Mapping[tuple[VaultKey, int], bytes]
) -> dict[tuple[VaultKey, int], bytes]:
    """The keys that the person's powers of today need: what was lent ends with its last day."""
    keys = keys_held(powers_of(person, today(practice)))
    return {place: secret for place, secret in shares.items() if place[0] in keys}


def is_older_than_keys(practice: Practice, actor: Actor) -> bool:
    """Whether the keys were replaced after a login, so that it does not open what is newer."""
    newest = practice.register.newest(VaultKey.CATALOGUE).version
    held = actor.has_key(VaultKey.CATALOGUE)
    return actor.identity is None and held and (VaultKey.CATALOGUE, newest) not in actor.shares


def reads_by_login(practice: Practice, actor: Actor) -> bool:
    """Whether an actor opens every request as it stands, and is not asked for the password."""
    is_whole = actor.has_key(VaultKey.CATALOGUE) and not is_older_than_keys(practice, actor)
    return actor.identity is not None or is_whole


def opens_all(practice: Practice, actor: Actor, key: VaultKey) -> bool:
    """Whether every version of a vault key is open to somebody."""
    return all((key, version) in actor.shares for version in practice.register.versions(key))


def vault_key(actor: Actor, key: VaultKey, version: int) -> bytes:
    """The secret of a vault key that the actor has open."""
    secret = actor.shares.get((key, version))
    if secret is None:
        hint = "somebody with the power for it can do this; callrec user whoami shows yours"
        if actor.identity is not None and key in keys_held(powers_vouched_for(actor.person)):
            hint = (
                "two people open it here, with --countersign USER where a command has that; or make"
                " this one of the practice's machines: callrec user add NAME --role machine"
            )
        if actor.identity is None and key in keys_held(powers_vouched_for(actor.person)):
            hint = f"the key is newer than that login, perhaps: callrec login {actor.login}"
        what = f"this takes the {key} key, which {actor.login} does not have open"
        raise Locked(what, hint=hint)
    return secret


def check_remembered_head(practice: Practice) -> None:
    """Check that the log still holds everything that this operator once saw."""
    with reading(practice.engine) as connection:
        register, seen = register_now(practice, connection), load_seen_head(practice.state_folder)
        check_proven(connection, register, seen.head if seen else None)

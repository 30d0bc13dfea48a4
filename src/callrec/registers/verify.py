"""Say what the audit log proves [policy 4(a), 4(c)], in one of six verdicts.

Verifying opens nothing and writes nothing in the vault, so anyone may do it, on a copy too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from callrec.audit import tree
from callrec.audit.attested import ClockSetBack, find_clock_set_backs
from callrec.audit.checkpoint import (
    PROOF_HEADER,
    Checkpoint,
    check_checkpoint,
    key_id,
    note_from_typed,
    origin,
    parse_note,
    read_proof,
)
from callrec.audit.checkpoint import read_checkpoint as read_claim
from callrec.audit.cosignature import check_cosignatures
from callrec.audit.log import Head, node_reader, read_founders, stored_head
from callrec.audit.register import Register
from callrec.audit.remembered import (
    Problem,
    SeenHead,
    VerificationResult,
    VerifiedState,
    has_gone,
    last_verified_whole,
    load_seen_head,
    load_verified,
    save_seen_head,
    save_verified,
)
from callrec.audit.resumed import Resumed, read_resumed
from callrec.audit.rows import check_rows, named
from callrec.audit.sessions import session_keys
from callrec.audit.verify import verify_log, verify_new_entries
from callrec.audit.whole import find_changed_signatures
from callrec.catalogue.backup import NOT_IN_COPIES
from callrec.catalogue.engine import TO_RESTORE, check_schema, open_catalogue, reading
from callrec.catalogue.sound import check_numbering, check_values, checking_indexes
from callrec.config import Config
from callrec.crypto.canonical import format_instant
from callrec.dataclass import dataclass, replace
from callrec.errors import CallrecError, Failed, Tampered
from callrec.policy.words import listed
from callrec.practice import Practice, state_folder
from callrec.record.cosigned import (
    COSIGNED_HEADER,
    SeenBy,
    contradicting,
    read_cosigned,
    seen_by,
    witness_key,
)
from callrec.registers.audit import OpenedDetails
from callrec.registers.projections import check_projections
from callrec.registers.resuming import SetAsideItem, items_of
from callrec.registers.witnessed import refused_at
from callrec.settings import Timestamp
from callrec.stamps.checking import NO_STAMPS, CheckedStamps, check_stamps, stamped_note
from callrec.system.rights import may_write
from callrec.volume.drive import open_untrusted

_DER_SEQUENCE: Final = b"\x30"
"""As a time stamp begins."""

_LARGEST_NOTE: Final = 1_000_000
"""Bytes (docs/formats/audit-log.md, 4)."""


class Verdict(StrEnum):
    """The verdict on the log (docs/formats/audit-log.md, 7)."""

    INTACT = "INTACT"
    RESUMED = "INTACT-RESUMED"
    SINCE = "INTACT-SINCE"
    UNANCHORED = "INTACT-UNANCHORED"
    TAMPERED = "TAMPERED"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head that the log was found to extend."""

    name: str
    size: int
    at: str
    """When it was seen, RFC 3339; empty if it does not say."""
    since: str = ""
    """Of what is remembered here: since when without a break."""
    is_outside: bool = False
    """The person who verifies cannot write where it lies."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict, and everything that it rests on."""

    verdict: Verdict
    head: Head
    checkpoints: int = 0
    unattested: int = 0
    anchors: tuple[Anchor, ...] = ()
    problems: tuple[Problem, ...] = ()
    unchecked: tuple[str, ...] = ()
    """What could not be checked, in words."""
    resumed: tuple[Resumed, ...] = ()
    """Where the log went on without something: heads that were lost, or what was set aside."""
    set_aside: tuple[SetAsideItem, ...] = ()
    """All that was ever found and set aside, in words."""
    without_power: tuple[int, ...] = ()
    """Leaves with a statement by somebody without the power to make it: it counts for nothing."""
    set_back: tuple[ClockSetBack, ...] = ()
    """Where a clock was set back between two leaves; looked for where the whole log is read."""
    stamps: CheckedStamps = NO_STAMPS
    """What the time stamps on record say."""
    read_from: int = 0
    """The first leaf that was read: those before it were verified earlier, and not read again."""
    may_be_put_on_record: bool = False
    """Something in the log, a row or a thing is not as it was signed: it can be put on record."""
    memory_gone: bool = False
    """Something is remembered here of the vault, and its head no longer is."""
    witnesses: tuple[SeenBy, ...] = ()
    """What each witness of the settings saw last, as the log keeps it."""
    details_opened: int | None = None
    """How many entries' sealed details were opened; None where nobody had the key for it."""


def verify_audit(
    config: Config,
    *,
    environ: Mapping[str, str],
    trusted_root: Callable[[str], bytes | None],
    against: Sequence[Path],
    full: bool,
    only_new: bool = False,
    opened_details: OpenedDetails | None = None,
    at: datetime | None = None,
) -> Verification:
    """Verify the whole log, or what is new of it.

    Args:
        config: which vault.
        environ: where this operator's own memory lies.
        trusted_root: the vault root for a vault id, from a locked seed or a pin; None if neither;
            it raises Tampered where the person at hand knows that the vault is not what it was.
        against: files that hold a head: proofs, or checkpoints.
        full: check every signature again, even where nothing changed since the last time.
        only_new: read only what was appended since the last time, where there was one.
        opened_details: what opening all sealed details came to, for who holds the audit key.
        at: when this is, to be remembered; None: it is not.

    Raises:
        Misconfigured: there is no vault here.
    """
    engine = open_catalogue(config.vault, config.catalogue)
    about = (engine, environ, trusted_root, against)
    try:
        found = _verified(*about, full=full, only_new=only_new, at=at)
        return found if opened_details is None else _with_details(found, opened_details)
    except Tampered as error:
        return _unreadable(error.message)
    except CallrecError:
        raise
    except Exception:
        # A column may hold a value of any type, which SQLite lets anybody write there.
        with reading(engine) as connection:
            try:
                check_values(connection)
            except Tampered as error:
                return _unreadable(error.message)
        raise


def _with_details(found: Verification, opened: OpenedDetails) -> Verification:
    verdict = Verdict.TAMPERED if opened.problems else found.verdict
    problems = (*found.problems, *opened.problems)
    unsound = found.may_be_put_on_record or bool(opened.problems)
    return replace(
        found,
        verdict=verdict,
        problems=problems,
        details_opened=opened.opened,
        may_be_put_on_record=unsound,
    )


def _verified(
    engine: Engine,
    environ: Mapping[str, str],
    trusted_root: Callable[[str], bytes | None],
    against: Sequence[Path],
    *,
    full: bool,
    only_new: bool,
    at: datetime | None,
) -> Verification:
    with reading(engine) as connection:
        try:
            founders, root = read_founders(connection)
        except (CallrecError, ValueError, KeyError) as error:
            return _unreadable(str(error))
    memory = state_folder(founders.vault, environ)
    # Before the log is read: another command may add to it, and remember that, meanwhile.
    seen = load_verified(memory)
    remembered, beside_memory = _recall(memory)
    memory_gone = remembered is None and has_gone(memory)
    with reading(engine) as connection:
        check_schema(connection)  # the very state that is read
        found, problems, spoilt = None, list[Problem](), list[Problem]()
        if only_new and not full and seen is not None:
            found = verify_new_entries(connection, founders.vault, seen)
            problems, spoilt = [*found.problems], [*found.problems]
        if found is None or not (problems or found.read_from):  # or it was read whole, and is sound
            found, problems, spoilt = _read_whole(connection, founders.vault, seen, full=full)
        set_back = () if problems or found.read_from else find_clock_set_backs(connection)
        resumed = _read_resumed(connection, found, problems)
        aside = tuple(item for each in resumed for item in items_of(connection, each))
        lost = {head for each in resumed for head in each.lost}
        anchors, differences, unchecked = _check_anchors(
            connection, found, remembered, against, lost
        )
        problems.extend([*beside_memory, *differences])
        refusals, unexplained = _refusals(connection, found.register, lost)
        problems.extend(refusals)
        unchecked.extend(unexplained)
        witnesses = _witnesses(connection, found)
        stamps = NO_STAMPS if spoilt else _check_stamps(connection, found, full=full)
        problems.extend(Problem(size, what) for size, what in stamps.problems)
        unchecked.extend(stamps.unchecked)
    pinned = _trusted(trusted_root, founders.vault, problems)
    if pinned is None:
        unchecked.append("the log's beginning: log in, or give --pin FINGERPRINT")
    elif pinned != root:
        problems.append(Problem(0, "the log does not begin as the trusted root says"))
    verdict = _verdict(problems, unchecked, anchors, found.read_from, found_aside=bool(aside))
    if verdict not in (Verdict.TAMPERED, Verdict.INCONCLUSIVE) and found.seen:
        whole_at = last_verified_whole(memory) if found.read_from or at is None else at
        save_verified(memory, found.seen, whole_at=whole_at)
        if at is not None and not memory_gone:  # that one is gone is told until more is written
            named = remembered if remembered and remembered.head in lost else None
            save_seen_head(memory, found.seen.head, format_instant(at), instead_of=named)
    return Verification(
        verdict=verdict,
        head=found.head,
        checkpoints=found.checkpoints,
        unattested=found.unattested,
        anchors=tuple(anchors),
        problems=tuple(problems),
        unchecked=tuple(unchecked),
        resumed=resumed,
        set_aside=aside,
        set_back=set_back,
        stamps=stamps,
        without_power=tuple(found.register.ignored) if found.register else (),
        read_from=found.read_from,
        memory_gone=memory_gone,
        witnesses=witnesses,
        may_be_put_on_record=bool(spoilt) or any(each.thing for each in problems),
    )


def _trusted(
    trusted_root: Callable[[str], bytes | None], vault: str, problems: list[Problem]
) -> bytes | None:
    try:
        return trusted_root(vault)
    except Tampered as error:  # their own lock, or the log about them, contradicts the vault
        problems.append(Problem(None, error.message))
    except CallrecError:
        raise
    except Exception:  # what is theirs holds a value of another type, as was named
        if not problems:
            raise
    return None


def check_vault(practice: Practice, connection: Connection) -> None:
    """The whole log and all rows, as `verify_audit` reads them, of a copy too; takes no key.

    Raises:
        Tampered: something is not as it was signed. No copy of such a vault may take the place of
            a good one.
    """
    check_schema(connection)
    seen = load_verified(practice.state_folder)
    _, problems, _ = _read_whole(connection, practice.vault, seen, may_lack=NOT_IN_COPIES)
    if problems:
        raise Tampered(
            f"the vault is not as it was signed: {problems[0].what}",
            hint="callrec audit verify names all that was changed; keep every drive as it is: to"
            f" bring back what was there before, {TO_RESTORE}",
        )


def _read_whole(
    connection: Connection,
    vault: str,
    seen: VerifiedState | None,
    *,
    full: bool = False,
    may_lack: Collection[str] = (),
) -> tuple[VerificationResult, list[Problem], list[Problem]]:
    """The whole log and all rows: all that is wrong, and what of it is not as it was signed.

    Where no row is wrong, the next recording's number is right.
    """
    found, problems, spoilt = None, list[Problem](), list[Problem]()
    try:
        with checking_indexes(connection):
            found = verify_log(connection, vault, None if full else seen)
            problems, spoilt = [*found.problems], [*found.problems]
            if (register := found.register) is not None:
                spoilt.extend(named(find_changed_signatures(connection, register, seen)))
            if register is not None and not problems:
                spoilt.extend(check_rows(connection, register, may_lack=may_lack))
                problems.extend(_not_following(connection, register, is_named=bool(spoilt)))
                if not spoilt:
                    check_numbering(connection)
    except Tampered as error:
        if found is None:
            raise
        problems.insert(0, Problem(None, error.message))
    problems.extend(each for each in spoilt if each not in problems)
    return found, problems, spoilt


def _not_following(
    connection: Connection, register: Register, *, is_named: bool
) -> Iterator[Problem]:
    """What does not follow from the log; if a row ``is_named``, as far as rows can be read."""
    try:
        yield from check_projections(connection, register)
        check_values(connection, unsigned=True)
    except CallrecError:
        raise
    except Exception:  # a value of another type, which nothing here expects
        if not is_named:
            raise


def check_untouched(config: Config, environ: Mapping[str, str]) -> None:
    """Check what can be checked of the record without a person, after something went wrong.

    Raises:
        Tampered: something was changed or is missing.
        Misconfigured: there is no vault here.
    """
    with reading(open_catalogue(config.vault, config.catalogue)) as connection:
        check_values(connection)  # the log may say nothing about these
    found = verify_audit(
        config, environ=environ, trusted_root=lambda _: None, against=(), full=False
    )
    if found.problems:
        raise Tampered(
            found.problems[0].what,
            hint="keep a copy of the vault; callrec audit verify names all that was changed. To"
            f" bring back what was there before, {TO_RESTORE}",
        )


def _verdict(
    problems: Sequence[Problem],
    unchecked: Sequence[str],
    anchors: Sequence[Anchor],
    read_from: int,
    *,
    found_aside: bool,
) -> Verdict:
    if problems:
        return Verdict.TAMPERED
    if unchecked:
        return Verdict.INCONCLUSIVE
    if read_from:
        return Verdict.SINCE
    if not anchors:
        return Verdict.UNANCHORED
    return Verdict.RESUMED if found_aside else Verdict.INTACT


def _unreadable(what: str) -> Verification:
    problems = (Problem(0, what),)
    return Verification(Verdict.TAMPERED, Head(0, tree.EMPTY_ROOT), problems=problems)


def _recall(memory: Path) -> tuple[SeenHead | None, list[Problem]]:
    try:
        return load_seen_head(memory), []
    except Tampered as error:
        return None, [_beside_memory(error)]


def _beside_memory(error: Tampered) -> Problem:
    return Problem(None, f"beside what was remembered here: {error.message}")


def _read_resumed(
    connection: Connection, found: VerificationResult, problems: list[Problem]
) -> tuple[Resumed, ...]:
    if found.register is None or problems:
        return ()
    try:
        return read_resumed(connection, found.register)
    except Tampered as error:
        problems.append(Problem(None, error.message))
        return ()


def _check_anchors(
    connection: Connection,
    found: VerificationResult,
    remembered: SeenHead | None,
    against: Sequence[Path],
    lost: AbstractSet[Head],
) -> tuple[list[Anchor], list[Problem], list[str]]:
    """The heads that the log extends, those it does not, and files that cannot be read."""
    anchors, problems, unchecked = [], [], []
    try:
        if remembered is not None and remembered.head not in lost:
            _check_extends(connection, found.head, remembered.head)
            head, at, since = remembered.head, remembered.seen_at, remembered.since
            anchors.append(Anchor("remembered here", head.size, at, since))
    except Tampered as error:
        problems.append(_beside_memory(error))
    for path in against:
        try:
            point = _read_anchor(path, found.register, connection, lost)
            outside = Head(point.size, point.root)
            if outside not in lost:  # one lost in a restore proves nothing of what is here
                _check_extends(connection, found.head, outside)
                is_ours = may_write(path) or may_write(path.parent)
                anchors.append(Anchor(path.name, point.size, "", is_outside=not is_ours))
        except Failed as error:
            unchecked.append(error.message)
        except Tampered as error:
            problems.append(Problem(None, f'beside "{path.name}": {error.message}'))
    return anchors, problems, unchecked


def _refusals(
    connection: Connection, register: Register | None, lost: AbstractSet[Head]
) -> tuple[list[Problem], list[str]]:
    """What witnesses had of this log when they refused to go on, and the log has not.

    And what cannot be told of one that refused, and showed nothing.
    """
    problems = list[Problem]()
    for head in () if register is None else contradicting(connection, register, lost):
        theirs = Head(head.checkpoint.size, head.checkpoint.root)
        try:
            _check_extends(connection, stored_head(connection), theirs)
        except Tampered as error:
            what = f"beside what {listed([*head.by])} saw: {error.message}"
            problems.append(Problem(head.entry, what))
    entry = None if register is None else refused_at(connection, register)
    if problems or entry is None:
        return problems, []
    return [], [f"why a witness refused this record: entry {entry}; ask it"]


def _witnesses(connection: Connection, found: VerificationResult) -> tuple[SeenBy, ...]:
    """What they saw last; `check_projections` held it against the log."""
    if found.register is None:
        return ()
    named = found.register.newest_settings().settings.witness
    return seen_by(read_cosigned(connection, found.register.founders.vault, named), named)


def _note_of_stamp(
    path: Path, data: bytes, register: Register, connection: Connection, lost: AbstractSet[Head]
) -> bytes:
    """The checkpoint of the log that a time stamp is of.

    Raises:
        Tampered: it has none.
        Failed: as `stamped_note`; or it may be one of those that were lost in a restore.
    """
    try:
        return stamped_note(connection, _newest_timestamp(register), data)
    except Failed as error:
        raise Failed(f'"{path.name}": {error.message}') from error
    except Tampered as error:
        if not lost:
            raise
        why = "it may be of what a restore has lost: give what was stamped instead"
        raise Failed(f'"{path.name}": {why}') from error


def _check_stamps(
    connection: Connection, found: VerificationResult, *, full: bool
) -> CheckedStamps:
    if found.register is None:
        return NO_STAMPS
    timestamp = _newest_timestamp(found.register)
    return check_stamps(connection, timestamp, full=full, dated=not found.read_from)


def _newest_timestamp(register: Register) -> Timestamp:
    """By whose certificates stamps count, as the newest settings say."""
    return register.newest_settings().settings.timestamp


def _check_extends(connection: Connection, head: Head, earlier: Head) -> None:
    if earlier.size > head.size:
        raise Tampered(f"the log has {head.size} leaves, where {earlier.size} were seen")
    proof = tree.consistency_proof(earlier.size, head.size, node_reader(connection))
    tree.check_consistency(earlier.size, head.size, proof, earlier.root, head.root)


def _note_in(path: Path, data: bytes) -> bytes:
    """The checkpoint's note in a proof, in what witnesses cosigned, or typed from paper."""
    if data.startswith(PROOF_HEADER.encode()):
        return read_proof(data).checkpoint
    if data.startswith(COSIGNED_HEADER.encode()):
        return data.partition(b"\n\n")[2]
    if origin("").encode() not in data:
        why = "give one from a drive, a release, a witness or paper, or a time stamp"
        raise Failed(f'"{path.name}" holds no head of a log: {why}')
    return note_from_typed(data)


def _given(path: Path) -> bytes:
    try:
        with open_untrusted(path, follows_links=True) as file:
            data = file.read(_LARGEST_NOTE + 1) or b""
    except OSError as error:
        raise Failed(f'"{path.name}" cannot be read: {error.strerror}') from error
    if len(data) > _LARGEST_NOTE:
        raise Failed(f'"{path.name}" is larger than a head of a log can be')
    return data


def _read_anchor(
    path: Path, register: Register | None, connection: Connection, lost: AbstractSet[Head]
) -> Checkpoint:
    """The checkpoint in a file, signed by a person whom the log vouched for, or by a kit.

    Of a head that is known as lost the signature says nothing more: its key may be lost as well.

    Raises:
        Failed: it cannot be read, or its signature does not verify, as after a slip in typing:
            anybody could write such a file, and it says nothing of the log.
        Tampered: it is of another log, or by nobody known, as in a log that was set back to before
            they were vouched for.
    """
    data = _given(path)
    if register is None:
        raise Failed(f'"{path.name}" cannot be checked, as nobody is vouched for')
    name = origin(register.founders.vault)
    try:
        if data[:1] == _DER_SEQUENCE and data[1:2] >= b"\x80":
            note = _note_of_stamp(path, data, register, connection, lost)
        else:
            note = _note_in(path, data)
        claimed = read_claim(note, name)
        check_cosignatures(note, map(witness_key, register.newest_settings().settings.witness))
        if Head(claimed.size, claimed.root) in lost:
            return claimed
        signers = {signature.key_id for signature in parse_note(note).signatures}
        people = (keys.log for keys in register.all_keys())
        for public in (*people, *session_keys(connection, register.founders.vault)):
            if key_id(name, public) in signers:
                return check_checkpoint(note, public, name)
    except Tampered as error:
        if name.encode() not in data:  # of another log, or a stamp of what this one has not
            raise
        why = f"{error.message}; compare it with what was printed"
        raise Failed(f'"{path.name}" is no head of this log: {why}') from error
    raise Tampered("it is signed by nobody whom this log vouches for")

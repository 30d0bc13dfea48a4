"""Which copy; and does an attached volume know more than the vault?

Each copy that a statement on its drive vouches for is opened, beside the place of the vault, and
its whole log is read; the one with the longest log is the newest. Heads of all volumes are held
against that log, and must not contradict it. Then its rows are checked and its keys opened on
trial: the newest that is sound is taken, be it an older generation on the same drive.

Where drives are attached one after another, the vault may have been rebuilt from the older one. To
state again what lies on the newer one would make its own copy of the catalogue contradict its own
heads: it could not be restored any more, and what no other copy knows would be lost with it. So
nothing is resumed while such a copy lies there (docs/formats/archive.md, 7). It may have been
stated by a person who joined after all that the vault knows: the copy tells, not its signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from callrec.archive.copy import VaultCheck, last_migration_copy, rebuild_folder
from callrec.archive.heads import WrittenRun
from callrec.audit import tree
from callrec.audit.log import Head, node_reader, read_register, stored_head
from callrec.audit.resumed import read_resumed
from callrec.audit.verify import verify_log
from callrec.calls.trial import try_keys
from callrec.catalogue.engine import FILE_NAME, reading
from callrec.catalogue.sound import check_integrity
from callrec.catalogue.sqlite import connect, refuse_network_file_system
from callrec.crypto import primitives
from callrec.dataclass import dataclass, replace
from callrec.errors import CallrecError, Failed, NotFound, Tampered, Unusable
from callrec.login.locks import open_shares
from callrec.practice import Actor, Practice
from callrec.restore.copy import FoundCopy, Opener, RestoredCopy, check_stated, read_copy, unpack
from callrec.restore.migrate import migrate_unpacked
from callrec.restore.resume import (
    VolumeHeads,
    copy_of_this_vault,
    heads_on,
    is_beyond_log,
    seq_of_run,
)
from callrec.system.files import disk_errors, remove_folder
from callrec.system.rights import check_only_we_can_change, make_private_folder
from callrec.volume.volume import CatalogueCopy, CopyHashes, Volume, time_of_run

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class UnpackedCopy:
    """A copy whose log passed every check."""

    found: FoundCopy
    who: Opener
    place: Path
    """The folder that its catalogue lies in."""
    copy: RestoredCopy
    """What is remembered of it if it serves."""
    flaw: CallrecError | None
    """What is spoilt in it, a row or a key; None: nothing."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A copy that was not taken, or a volume that has none, and why."""

    label: str
    copied_at: str
    """Empty: of the volume, no copy could be looked at."""
    problem: CallrecError
    sealed: str = ""
    """SHA-256, in hex, of a copy that its drive gave as it was stated, and that is spoilt."""


def newest_copies_first(volumes: Sequence[Volume]) -> tuple[list[FoundCopy], list[PassedOver]]:
    """The copies that seem whole; and volumes with one that is not, or that have none.

    What is wrong with one volume keeps no other from serving.
    """
    found, passed_over = [], list[PassedOver]()
    for volume in volumes:
        try:
            copies = _stated_or_all(volume)
        except (NotFound, Failed) as problem:
            passed_over.append(PassedOver(volume.label, "", problem))
            continue
        for copy in copies:
            try:
                found.append(read_copy(volume, copy))
            except (NotFound, Tampered, Unusable, Failed) as problem:
                passed_over.append(PassedOver(volume.label, copy.time, problem))
    return sorted(found, key=lambda each: each.copy.time, reverse=True), passed_over


def _stated_or_all(volume: Volume) -> Sequence[CatalogueCopy]:
    """The copies beside which a proof of their time lies, newest first; where none does, all.

    A run that was cut off before its statement leaves a copy that nothing vouches for beside those
    before it. What a proof proves is seen once the copy is open.
    """
    copies, stated = volume.copies(), {time_of_run(name) for name in volume.heads()}
    if not copies:
        raise NotFound("the drive holds no copy of the catalogue")
    return [copy for copy in copies if copy.time in stated] or copies


def newest_sound_copy(
    copies: Sequence[FoundCopy],
    passed_over: list[PassedOver],
    opener: Callable[[FoundCopy], Opener],
    *,
    beside: Path,
    at: Callable[[Path], Practice],
    volumes: Sequence[Volume],
    check: VaultCheck,
) -> UnpackedCopy | None:
    """The sound copy with the longest log: a clock that was wrong may have named an older later.

    Where none is sound whose log is, the one with the longest log: what is spoilt in it is shown.
    They are unpacked beside the place of the vault, and held against the volumes. One that is
    stated in the log of a sound copy is older, and is not opened.
    """
    _make_private(beside)
    best: UnpackedCopy | None = None
    for number, found in enumerate(copies):
        if best is not None and best.flaw is None and _is_stated_in(at(best.place), found):
            continue
        who, place = opener(found), beside / str(number)
        try:
            look = partial(_unpacked, found, who, place, at=at, volumes=volumes, check=check)
            tried = _seen_twice(look)
        except (Tampered, NotFound) as problem:
            cause = problem.__cause__  # what a drive does not give, nobody changed
            why = cause if isinstance(cause, Failed) else problem
            passed_over.append(PassedOver(found.label, found.copy.time, why))
            remove_folder(place, ignore_errors=True)
            continue
        before = best
        if before is None or _rank(tried) > _rank(before):
            best = tried
        for each in (before, tried):  # there is room for two catalogues, perhaps, not for each
            if each is not None and each is not best:
                remove_folder(each.place)
                if each.flaw is not None:
                    of = (each.found.label, each.found.copy.time, each.flaw, each.copy.sealed)
                    passed_over.append(PassedOver(*of))
    return best


def check_no_newer_unread(best: UnpackedCopy, passed_over: Sequence[PassedOver]) -> None:
    """Check that the drive of a copy did not fail to give a newer one: it may, at the next try.

    Raises:
        Failed: it did.
    """
    for each in passed_over:
        is_newer = each.label == best.found.label and each.copied_at > best.found.copy.time
        if is_newer and isinstance(each.problem, Failed):
            raise Failed(
                f'a newer copy of the catalogue on "{each.label}" cannot be read:'
                f" {each.problem.message}",
                hint="check its cable and try again; if it stays so, move that copy off the drive,"
                " and the one before it serves",
            )


def _unpacked(
    found: FoundCopy,
    who: Opener,
    place: Path,
    *,
    at: Callable[[Path], Practice],
    volumes: Sequence[Volume],
    check: VaultCheck,
) -> UnpackedCopy:
    _make_private(place)
    unpack(found, who, place / FILE_NAME)
    copy = _check(at(place), found, who, volumes)
    migrate_unpacked(at(place))
    return UnpackedCopy(found, who, place, copy, _flaw_in(at(place), who, check))


def _seen_twice(look: Callable[[], _T]) -> _T:
    """What is said to be damaged is looked at again.

    SQLite calls a page that the disk does not give malformed (SQLITE_IOERR_CORRUPTFS), and a copy
    that is given up for that is lost.
    """
    try:
        return look()
    except Tampered as problem:
        if isinstance(problem.__cause__, Failed):  # a drive that fails is not kept at it
            raise
        return look()


def _rank(tried: UnpackedCopy) -> tuple[bool, int]:
    return tried.flaw is None, tried.copy.head.size


def _flaw_in(practice: Practice, who: Opener, check: VaultCheck) -> CallrecError | None:
    """What is spoilt in a catalogue whose log is sound: a row, or a key. None: nothing."""
    try:
        _seen_twice(partial(_check_rows, practice, who, check))
    except Tampered as problem:
        return problem
    finally:
        practice.engine.dispose()
    return None


def _check_rows(practice: Practice, who: Opener, check: VaultCheck) -> None:
    with reading(practice.engine) as connection:
        check(practice, connection)
        kem, register = who.identity.kem, practice.register
        shares = open_shares(connection, register, who.person, kem, who.beside)
        try_keys(connection, practice.vault, shares).check()


def _is_stated_in(practice: Practice, found: FoundCopy) -> bool:
    """Whether the log of another copy tells that this one was made."""
    try:
        heads = heads_on(practice, [found.volume]).stated
        stated = [head for _, run, head in heads if run.time == found.copy.time]
        return not all(is_beyond_log(practice, head) for head in stated)
    finally:
        practice.engine.dispose()


def _make_private(folder: Path) -> None:
    remove_folder(folder, ignore_errors=True)
    make_private_folder(folder, parents=True)
    refuse_network_file_system(folder)
    check_only_we_can_change(folder)


def _check(
    practice: Practice, found: FoundCopy, who: Opener, volumes: Sequence[Volume]
) -> RestoredCopy:
    """Check all that can be checked of a catalogue that was unpacked."""
    try:
        with reading(practice.engine) as connection:
            check_integrity(connection)
            problems = verify_log(connection, found.volume.vault).problems
            if problems:
                raise Tampered(f"the log in the drive's copy: {problems[0].what}")
            heads = heads_on(practice, volumes)
            _check_opener(practice, who)
            hashes = _check_vouched_for(practice, found, heads)
            lost = {h for each in read_resumed(connection, practice.register) for h in each.lost}
            ours, read = stored_head(connection), node_reader(connection)
            for head in {head for _, _, head in heads.stated} - lost:
                if head.size <= ours.size and tree.root(head.size, read) != head.root:
                    wrong = "a drive's head contradicts the log in the copy of the catalogue"
                    raise Tampered(wrong)
            return RestoredCopy(*hashes, ours, found.copy.time)
    finally:
        practice.engine.dispose()


def _check_opener(practice: Practice, who: Opener) -> None:
    """The log begins as the opener's seed says, and vouches for them; the kit is in leaf 0."""
    if who.root is not None and not primitives.constant_time_equal(who.root, practice.root):
        raise Tampered("the drive's copy is of a log that does not begin as this password knows")
    try:
        vouched_for = practice.register.public_keys(who.person)
    except NotFound as error:
        raise Tampered("nobody vouched for the person who opens the drive's copy") from error
    if vouched_for != who.identity.public:
        raise Tampered("the key that opens the drive's copy is not the one that was vouched for")


def _check_vouched_for(practice: Practice, found: FoundCopy, heads: VolumeHeads) -> CopyHashes:
    """Hold a copy against the newest statement of it; returns the SHA-256 of its two files."""
    here = [run for volume, run, _ in heads.stated if volume == found.volume]
    stated = [run for run in here if run.time == found.copy.time]
    ours = last_migration_copy(practice.state_folder)
    if stated:
        last = max(stated, key=lambda run: run.seq)
        return check_stated(found, CopyHashes(last.catalogue, last.keys))
    # Where a migration made it, nobody's key was at hand: this operator saw that it did.
    if ours is not None and ours.volume == found.volume.volume:
        return check_stated(found, CopyHashes(ours.sealed, ours.keys))
    failed = heads.failures.get(found.volume.volume)
    raise Tampered("no statement on the drive vouches for its copy of the catalogue") from failed


def volumes_perhaps_newer(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    heads: VolumeHeads,
    check: VaultCheck,
) -> tuple[tuple[Volume, ...], frozenset[str]]:
    """Those with a copy of the catalogue that may be newer, and does not open to the actor.

    And the SHA-256 of copies, sealed, that are newer but spoilt: these are given up.
    """
    # What was found spoilt as this vault was rebuilt is not opened again.
    served = copy_of_this_vault(practice)
    unknown, spoilt = [], {*served.unsound} if served else set()
    for volume in volumes:
        try:
            copies = tuple(_not_known(practice, volume, heads))
        except Failed:  # the drive does not give them
            unknown.append(volume)
            continue
        for copy in copies:
            sealed = copy.hashes().sealed
            if sealed in spoilt:
                continue
            head, flaw = _opened_copy(practice, actor, volume, copy, check)
            if flaw is not None:
                spoilt.add(sealed)
            elif head is not None:
                _check_not_newer(practice, volume, head)
            elif volume not in unknown:
                unknown.append(volume)
    return tuple(unknown), frozenset(spoilt)


def _check_not_newer(practice: Practice, volume: Volume, head: Head) -> None:
    if is_beyond_log(practice, head):
        raise Unusable(
            f'drive "{volume.label}" has a newer copy of the catalogue than this vault',
            hint=f"move all that is called {FILE_NAME} out of the vault's folder, or catalogue out"
            " of the configuration; then restore from that drive; or take the copy off the"
            " drive, and it is given up",
        )


def _not_known(practice: Practice, volume: Volume, heads: VolumeHeads) -> Iterator[CatalogueCopy]:
    """The whole copies that are stated there, and of which the vault's log does not tell.

    Whether their makers were entitled is not asked. A copy that nobody states can serve nobody.
    """
    known: list[WrittenRun] = []
    doubtful = [run for at, run in heads.claimed if at == volume]
    for at, run, head in heads.stated:
        if at == volume:
            # Either the log tells of the run, or the run says that its copy knows no more.
            is_known = (
                not is_beyond_log(practice, head)
                or seq_of_run(practice, volume, run) is not None
                or not is_beyond_log(practice, run.head)
            )
            (known if is_known else doubtful).append(run)
    for copy in volume.copies():
        if any(run.time == copy.time for run in doubtful):
            there, served = copy.hashes(), copy_of_this_vault(practice)
            is_rebuilt_from_it = served is not None and (served.sealed, served.keys) == there
            is_stated = _names(doubtful, copy, there) and not _names(known, copy, there)
            if is_stated and not is_rebuilt_from_it:
                yield copy


def _names(runs: Sequence[WrittenRun], copy: CatalogueCopy, there: CopyHashes) -> bool:
    return any((run.time, run.catalogue, run.keys) == (copy.time, *there) for run in runs)


def _opened_copy(
    practice: Practice, actor: Actor, volume: Volume, copy: CatalogueCopy, check: VaultCheck
) -> tuple[Head | None, CallrecError | None]:
    """The head of the log in a copy (None: it does not open to the actor), and what is spoilt.

    The statement alone does not tell: people may have worked on while the copy was being written.
    """
    if actor.identity is None:
        return None, None
    beside = rebuild_folder(practice.folder, practice.vault)
    remove_folder(beside, ignore_errors=True)
    try:
        found = read_copy(volume, copy)
    except (NotFound, Tampered, Unusable, Failed):
        return None, None
    who = Opener(actor.person.id, actor.identity, None, beside=actor.beside)
    try:
        with disk_errors():
            make_private_folder(beside)
        unpack(found, who, beside / FILE_NAME)
        engine = connect(beside / FILE_NAME, mode="rw")
        try:
            with reading(engine) as connection:
                head, register = stored_head(connection), read_register(connection)
        finally:
            engine.dispose()
        return head, _flaw_in(replace(practice, engine=engine, register=register), who, check)
    except (NotFound, Tampered):
        return None, None
    finally:
        remove_folder(beside, ignore_errors=True)

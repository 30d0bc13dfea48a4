"""Erase from a volume what was destroyed: what is owed there (docs/formats/archive.md, 6).

A volume that was not attached when a recording was destroyed holds it yet. That is done before
anything else once it is there again, by whatever touches it first. In this order:

    what a killed run left half-done is mended, or finished
    the volume is held against the log, and the vault checked: its log, its rows and its keys
    the leaf ``erasure.begun``, durably; then, on the drive:
    the uids are appended to ``erased.txt``
    each bag is rewritten without these recordings, and changes places with the old one
    a copy of the catalogue, in which nothing of them is left
    a statement for each bag and one for the run, in one transaction: nothing is owed there any more
    their proofs; and only now the older copies go, all of them: they open what was destroyed

A bag that is already without them is as good as one that is not: the run can be cut off anywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.archive.attached import is_on_vaults_disk
from callrec.archive.copy import VaultCheck, check_catalogue, stating_copy
from callrec.archive.heads import (
    ARCHIVED,
    VolumeStatement,
    WrittenRuns,
    check_may_write,
    log_about_volume,
    make_proof,
    newest_run,
    save_written,
    state_run,
)
from callrec.archive.owed import record_completed_destructions
from callrec.archive.plan import next_run_name
from callrec.archive.survey import (
    FaultKind,
    check_is_of_this_vault,
    manifest_hash,
    not_as_written,
    read_written,
    survey_volume,
)
from callrec.archive.unfinished import (
    GIVEN_UP,
    RunNotes,
    archive_lock,
    clear_run,
    note_run_begun,
    unfinished_runs,
)
from callrec.audit.log import LogTransaction
from callrec.catalogue.destruction import (
    copy_predates_destruction,
    drop_still_to_erase,
    sealed_among,
    still_to_erase_on,
)
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import (
    LOST,
    drop_bag,
    find_volume,
    names_by_bag,
    numbers_by_bag,
    save_bag,
    state_complete,
)
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Failed, NotFound, Tampered
from callrec.policy.words import counted
from callrec.practice import Actor, Practice, attempt, check_remembered_head
from callrec.store.directory import is_name
from callrec.volume.bag import MANIFEST, hash_of_manifest
from callrec.volume.drive import check_attached, device_of, drive_errors
from callrec.volume.erasing import (
    list_erased,
    recover_bag,
    remove_unfinished,
    repair_erased_list,
    rewrite_bag,
    unfinished_names,
)
from callrec.volume.volume import BAGS, MARKER, CopyHashes, Volume, open_volume, time_of_run

ERASURE_BEGUN: Final = "erasure.begun"

MAX_STATED: Final = 20_000
"""Uids in one statement, which its proof holds whole: 1.3 MB."""

_UNTOUCHED: Final = "nothing was erased from it"


@dataclass(frozen=True, slots=True)
class _BagToErase:
    """One bag that holds what was destroyed, as it is to be."""

    name: str
    gone: Mapping[str, int]
    """The files that go, SHA-256 in lower-case hex: the recordings whose they are, or were."""
    kept: tuple[int, ...]
    """Numbers of those that stay."""
    manifest: str
    """SHA-256 of its manifest then; empty: nothing stays, and the bag goes."""
    before: str


def owes_erasure_at(practice: Practice, at: Path) -> bool:
    """Whether a folder is a volume of this vault that owes an erasure; False where it is none."""
    with suppress(CallrecError):
        volume = open_volume(at)
        return volume.vault == practice.vault and owes_erasure(practice, volume)
    return False


def owes_erasure(practice: Practice, volume: Volume) -> bool:
    """Whether a volume holds or tells of what was destroyed, or erasing it there was cut off.

    One that was reported lost owes nothing until it is found: nothing is written to it.
    """
    with reading(practice.engine) as connection:
        row = find_volume(connection, volume.volume)
        if row is not None and row.standing == LOST:
            return False
        return (
            bool(still_to_erase_on(connection, volume.volume))
            or copy_predates_destruction(connection, volume.volume)
            or volume.volume in unfinished_runs(practice, connection)
        )


def erase_owed(
    practice: Practice, actor: Actor, at: Path, *, check: VaultCheck, advance: Callable[[int], None]
) -> int:
    """Erase from a volume what was destroyed and is there yet; returns how many recordings.

    ``advance`` is called with how many more recordings are gone.

    Raises:
        NotFound: the folder is not a volume.
        Unusable: it belongs to another vault.
        Refused: the actor may not archive.
        Locked: it takes their password.
        Tampered: the volume is not as it was written; nothing was erased from it.
        Failed: the drive does not take it; the next run goes on.
    """
    volume = open_volume(at)
    check_is_of_this_vault(practice, volume)
    if not owes_erasure(practice, volume):
        return 0
    with attempt(practice, actor, ARCHIVED, subject=[volume.volume]):
        unsigned = "what is erased from a drive is signed, and that takes the password"
        check_may_write(practice, actor, unsigned)
        with archive_lock(practice) as notes:
            repair_volume(practice, volume, notes)
            erased = _Run(practice, actor, volume, notes, check).carry_out(advance)
    record_completed_destructions(practice, actor)
    return erased


def erase_owed_on(
    practice: Practice,
    actor: Actor,
    volumes: Iterable[Volume],
    *,
    check: VaultCheck,
    advance: Callable[[int], None] = lambda _: None,
) -> list[tuple[str, str]]:
    """Erase what is owed on several volumes; the labels of those that did not let it, and why.

    One that is not as it was written, or fails, still owes, and keeps no other from being erased. A
    copy of a drive that was erased since, which owes nothing of its own, is told of as well.
    """
    undone = []
    for volume in volumes:
        check_remembered_head(practice)  # what is wrong with the vault itself ends it
        try:
            erase_owed(practice, actor, volume.at, check=check, advance=advance)
            _check_holds_nothing_erased(practice, volume)
        except (Tampered, Failed, NotFound) as problem:
            undone.append((volume.label, problem.message))
    record_completed_destructions(practice, actor)
    return undone


def _check_holds_nothing_erased(practice: Practice, volume: Volume) -> None:
    """Check that a volume without its newest proof is not a copy from before an erasure."""
    with reading(practice.engine) as connection, drive_errors():
        written = read_written(practice, connection, volume.volume)
        if not written or newest_run(written).name in volume.heads():
            return
        held = [file.name for file in (volume.at / BAGS).rglob("*") if is_name(file.name)]
        if erased := sealed_among(connection, held, destroyed=True):
            holds = counted(len(erased), "erased recording")
            raise Tampered(f"it is a copy of the drive, and still holds {holds}: destroy it")


def repair_volume(practice: Practice, volume: Volume, notes: RunNotes) -> None:
    """Finish or take back what a killed run left on a volume; needs no key."""
    repair_erased_list(volume.at)
    volume.clear_unfinished()
    with reading(practice.engine) as connection:
        written = read_written(practice, connection, volume.volume)
    for each in written.values():
        recover_bag(volume.bag_path(each.name))
    begun = notes.begun(volume.volume)
    if begun in written:
        lay_proofs(practice, volume, written)
        volume.drop_other_copies(time_of_run(begun), written[begun].older)
        notes.end(volume.volume)
    elif begun:
        clear_run(volume, begun)
        notes.end(volume.volume)


def lay_proofs(practice: Practice, volume: Volume, written: WrittenRuns) -> None:
    """Lay beside each bag the proof of its newest statement, where another lies there, or none."""
    for each in written.values():
        with reading(practice.engine) as connection:
            proof = make_proof(connection, each.seq, practice.vault)
        try:
            there = volume.head_of(each.name)
        except NotFound:
            there = b""
        if there != proof:
            volume.write_head(each.name, proof)


class _Run:
    """One run on one volume, that is mended and of this vault."""

    def __init__(
        self, practice: Practice, actor: Actor, volume: Volume, notes: RunNotes, check: VaultCheck
    ) -> None:
        self._practice = practice
        self._check_vault = check
        self._actor = actor
        self._volume = volume
        self._notes = notes
        self._device = device_of(volume.at)

    def carry_out(self, advance: Callable[[int], None]) -> int:
        practice, volume = self._practice, self._volume
        with reading(practice.engine) as connection:
            written = read_written(practice, connection, volume.volume)
            rows = still_to_erase_on(connection, volume.volume)
            owing = _owing(connection, volume.volume, written, rows)
            self._check(connection, written, owing)
            is_outdated = copy_predates_destruction(connection, volume.volume)
        if not rows and not is_outdated:
            self._drop_unfinished()  # a run that was cut off may have copied it
            if not written:  # no statement tells of the volume: nothing there counts
                volume.drop_other_copies("")
                log_about_volume(practice, self._actor, GIVEN_UP, volume.volume)
            return 0
        # All the copies that lie there will go for the one that is taken of it.
        check_catalogue(practice, self._actor, practice.engine, self._check_vault)
        about = (practice, self._actor, ERASURE_BEGUN, volume.volume)
        log_about_volume(*about, bags=len(owing), recordings=len(rows))
        uids = sorted({row.uid for row in rows})
        self._check_there()
        list_erased(volume.at, uids)
        self._drop_unfinished()
        for each in owing:
            if each.before and hash_of_manifest(volume.bag_path(each.name)) == each.before:
                rewrite_bag(volume.bag_path(each.name), set(each.gone))
            advance(len(each.gone))
        name = next_run_name(practice.now(), written)
        note_run_begun(practice, self._notes, volume, name)
        self._check_there()
        with stating_copy(
            *(practice, self._actor, volume, name),
            work=self._notes.copy_folder,
            check=self._check_vault,
            check_there=self._check_there,
        ) as (act, copy):
            self._write_down(act, name, copy, owing, uids)
        with reading(practice.engine) as connection:
            lay_proofs(practice, volume, read_written(practice, connection, volume.volume))
        volume.drop_other_copies(time_of_run(name))
        self._notes.end(volume.volume)
        return len(uids)

    def _drop_unfinished(self) -> None:
        """Take out of a bag that was begun what is destroyed: no statement tells of it."""
        bags = self._volume.at / BAGS
        there = unfinished_names(bags)
        with reading(self._practice.engine) as connection:
            named = [name for name in there if is_name(name)]
            kept = sealed_among(connection, named, destroyed=False)
        remove_unfinished(bags, set(there) - kept)

    def _check(
        self, connection: Connection, written: WrittenRuns, owing: Sequence[_BagToErase]
    ) -> None:
        """Hold the volume against the log; a bag may be without what is owed already."""
        after = {each.name: each.manifest for each in owing}
        emptied = {f"{BAGS}/{name}" for name, manifest in after.items() if not manifest}
        for fault in survey_volume(self._practice, connection, self._volume, written):
            if not (fault.kind is FaultKind.MISSING and fault.path in emptied):
                raise not_as_written(fault.path, fault.what, _UNTOUCHED)
        for each in written.values():
            allowed = {each.manifest, after.get(each.name, each.manifest)}
            bag = self._volume.bag_path(each.name)
            if each.manifest and hash_of_manifest(bag) not in allowed:
                where = f"{BAGS}/{each.name}/{MANIFEST}"
                what = "it is not the manifest that its statement names"
                raise not_as_written(where, what, _UNTOUCHED)

    def _check_there(self) -> None:
        """Check that it is the volume that is written to, and not where its drive was."""
        check_attached(self._volume.at, self._device)
        with drive_errors():
            (self._volume.at / MARKER).stat()

    def _write_down(
        self,
        act: LogTransaction,
        name: str,
        copy: CopyHashes,
        owing: Sequence[_BagToErase],
        erased: Sequence[str],
    ) -> None:
        volume = self._volume.volume
        for each in owing:
            digest = self._state(act, each.name, each.manifest, copy, ())
            drop_bag(act.connection, volume, each.name)
            if each.manifest:
                save_bag(act.connection, volume, each.name, statement=digest, recordings=each.kept)
        drop_still_to_erase(
            act.connection, volume, {n for each in owing for n in each.gone.values()}
        )
        for number, start in enumerate(range(0, len(erased) or 1, MAX_STATED), 1):
            some = erased[start : start + MAX_STATED]
            self._state(act, f"{time_of_run(name)}-{number}", "", copy, some)
        save_written(self._practice, act, self._volume)
        state_complete(act.connection, volume)

    def _state(
        self, act: LogTransaction, name: str, manifest: str, copy: CopyHashes, erased: Sequence[str]
    ) -> str:
        """Sign what was written under a name; returns the statement's digest."""
        run = VolumeStatement(
            volume=self._volume.volume,
            name=name,
            manifest=manifest,
            catalogue=copy.sealed,
            keys=copy.keys,
            head=act.head,
            erased=tuple(erased),
            on_vaults_disk=is_on_vaults_disk(self._practice, self._volume.at),
        )
        about = (self._practice, self._actor, act, run)
        _, digest = state_run(*about, bag=name, erased=len(erased))
        return digest


def _owing(
    connection: Connection,
    volume: str,
    written: WrittenRuns,
    rows: Sequence[Row[Any, Any, Any, Any]],
) -> list[_BagToErase]:
    owed: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        owed[row.bag][row.ciphertext] = row.recording
    listed, there = names_by_bag(connection, volume), numbers_by_bag(connection, volume)
    found = []
    for bag, gone in owed.items():
        names = [name for name in listed[bag] if name not in gone]
        manifest, before = manifest_hash(names) if names else "", written[bag].manifest
        kept = tuple(n for n in there.get(bag, ()) if n not in gone.values())
        found.append(_BagToErase(bag, gone, kept, manifest, before))
    return found

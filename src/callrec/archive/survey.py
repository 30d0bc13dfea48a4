"""A volume held against the log, quickly or byte for byte.

Anybody who holds the drive can write to it. What the log's ``volume`` statements name must lie on
it; a proof, bag or copy that they do not name was put there, and one that is missing was taken
away, or the drive was set back to an earlier day.

Reading all of a volume back opens nothing and writes nothing in the vault, so that anybody may do
it, on a copy too. When a volume was last found sound is remembered outside the vault, in the
operator's own folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from callrec.archive.attached import remember_place
from callrec.archive.heads import WrittenRun, WrittenRuns, check_head, newest_run, runs_written_to
from callrec.archive.unfinished import BEGUN, is_writing
from callrec.audit import tree
from callrec.audit.checkpoint import origin, read_proof
from callrec.audit.log import node_reader, stored_head
from callrec.audit.remembered import write_json_atomically
from callrec.catalogue.destruction import still_to_erase_on
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import find_volume, is_label_taken, names_by_bag
from callrec.crypto.primitives import sha256
from callrec.dataclass import dataclass
from callrec.errors import Failed, NotFound, Tampered, Unchecked, Unusable
from callrec.practice import Practice, check_remembered_head
from callrec.record.acts import done_leaves
from callrec.record.forms import Instant, as_json, recall
from callrec.volume.bag import MANIFEST, RECORDINGS, hash_of_manifest, validate_bag
from callrec.volume.drive import drive_errors, hash_on_medium, read_small
from callrec.volume.erasing import ERASED_LIST, erased_uids
from callrec.volume.volume import BAGS, CATALOGUE, HEADS, MARKER, PROOF, STAMP, Volume, open_volume

VERIFIED_FILE: Final = "volumes.json"
_GONE: Final = "it was written there and is gone"


class FaultKind(StrEnum):
    """In which list of ``archive verify`` it stands."""

    DAMAGED = "damaged"
    MISSING = "missing"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something on a volume that is not as it was written."""

    kind: FaultKind
    path: str
    """Within the volume."""
    what: str
    """In words."""


@dataclass(frozen=True, slots=True)
class VolumeReport:
    """What was found on a volume."""

    volume: str
    """Its id."""
    label: str
    at: Path
    bags: int
    checked: int
    """Recordings that were read back and compared."""
    faults: tuple[Fault, ...]

    def paths(self, kind: FaultKind) -> tuple[str, ...]:
        """Paths within the volume of what is damaged, missing or extra."""
        return tuple(fault.path for fault in self.faults if fault.kind is kind)


def count_bags(at: Path) -> int:
    """How many bags a volume seems to hold. Raises: as `verify_volume`."""
    with _readable():
        return len(open_volume(at).bags())


def longest_unverified_first(practice: Practice, folders: Sequence[Path]) -> tuple[Path, ...]:
    """Volumes never read back by this operator, then longest ago. Raises: as `verify_volume`."""
    verified = last_verified(practice.state_folder)
    with _readable():
        ids = {at: open_volume(at).volume for at in folders}
    return tuple(sorted(ids, key=lambda at: (ids[at] in verified, verified.get(ids[at]))))


def verify_volume(practice: Practice, at: Path, advance: Callable[[int], None]) -> VolumeReport:
    """Hold a volume against the log, and read every recording on it back.

    ``advance`` is called with how many more bags are done.

    Raises:
        NotFound: the folder is not a volume.
        Unusable: the volume belongs to another vault.
        Tampered: the vault's own log or catalogue is not as it was signed, or the volume's marker
            is not as callrec wrote it.
        Unchecked: the drive cannot be read, or another command is writing to it.
    """
    check_remembered_head(practice)
    with _readable():
        volume = open_volume(at)
        check_is_of_this_vault(practice, volume)
        with reading(practice.engine) as connection:
            written = read_written(practice, connection, volume.volume)
            faults = [*survey_volume(practice, connection, volume, written)]
            if not written:
                faults += _not_known(connection, volume)
        faults += catalogue_faults(volume, written)
        checked = 0
        for each in written.values():
            if each.manifest:
                found, damage = _read_bag(volume, each)
                checked += found
                faults += damage
                advance(1)
        if faults:
            _check_undisturbed(practice, volume, written)
    bags = sum(bool(each.manifest) for each in written.values())
    # Each path stands once in a list, with what was found of it first.
    first = {(fault.kind, fault.path): fault for fault in reversed(faults)}
    once = tuple(fault for fault in faults if first[fault.kind, fault.path] is fault)
    if not faults:
        verified = {**last_verified(practice.state_folder), volume.volume: practice.now()}
        with suppress(OSError):  # what was found stands, whether it can be remembered or not
            remembered = as_json(verified, dict[str, Instant])
            write_json_atomically(practice.state_folder / VERIFIED_FILE, remembered)
    remember_place(practice, volume)
    return VolumeReport(volume.volume, volume.label, at, bags, checked, once)


def last_verified(state_folder: Path) -> Mapping[str, datetime]:
    """When this operator last found each volume sound, by its id."""
    # Nothing rests on it but when to look again.
    return recall(dict[str, Instant], state_folder / VERIFIED_FILE) or {}


def check_is_of_this_vault(practice: Practice, volume: Volume) -> None:
    """Refuse a volume of another vault."""
    if volume.vault == practice.vault:
        return
    ours = f"\n{origin(practice.vault)}\n".encode()
    if any(_holds(volume.at / HEADS / name, ours) for name in _names(volume.at / HEADS)):
        raise Tampered(f"the drive's {MARKER} names another vault than its heads do")
    raise Unusable(
        "this drive belongs to another vault",
        hint="attach another drive, or name the vault that it belongs to with --vault",
    )


def read_written(practice: Practice, connection: Connection, volume: str) -> WrittenRuns:
    """What the log says was written to a volume; the catalogue's rows are held against it."""
    written = runs_written_to(practice, connection, volume)
    manifests = {each.name: each.manifest for each in written.values()}
    check_rows(connection, volume, manifests, newest_run(written).seq + 1 if written else 0)
    return written


def check_rows(
    connection: Connection, volume: str, manifests: Mapping[str, str], last: int
) -> None:
    """Hold the rows of a volume, and of what lies on it, against what the log says."""
    rows, row = names_by_bag(connection, volume), find_volume(connection, volume)
    head = (last, tree.root(last, node_reader(connection))) if last else None
    if (
        rows.keys() - manifests.keys()
        or any(m and manifest_hash(rows.get(name, ())) != m for name, m in manifests.items())
        or (None if row is None else (row.head_size, row.head_root)) != head
    ):
        raise Tampered("what the catalogue says of a drive does not follow from the audit log")


def manifest_hash(names: Sequence[str]) -> str:
    """SHA-256, in hex, of the manifest of a bag with these recordings (sorted)."""
    return sha256(*(f"{name}  {RECORDINGS}/{name}\n".encode() for name in names)).hex()


def survey_volume(
    practice: Practice, connection: Connection, volume: Volume, written: WrittenRuns
) -> Iterator[Fault]:
    """Everything that is wrong but for the contents of bags and of the copy of the catalogue."""
    row = find_volume(connection, volume.volume)
    if row is not None and row.label != volume.label:
        yield Fault(FaultKind.DAMAGED, MARKER, "its label is not the one that it was given")
    yield from _heads(practice, connection, volume, written)
    yield from _erased(connection, volume, written)
    bags = {each.name for each in written.values() if each.manifest}
    found = set(_names(volume.at / BAGS))
    yield from _strays(BAGS, found - bags)
    yield from _lost(BAGS, bags - found)


def not_as_written(path: str, what: str, so: str) -> Tampered:
    """What is raised where a command ends at a volume's fault; ``so``: what follows."""
    hint = f"{so}; callrec archive verify DIR names all that is wrong"
    return Tampered(f"the drive's {path}: {what}", hint=hint)


def manifest_faults(
    volume: Volume, written: WrittenRun, found: str | None = None
) -> Iterator[Fault]:
    """Whether a bag is the one that its statement names; ``found``: its manifest's SHA-256."""
    if found is None:
        found = hash_of_manifest(volume.bag_path(written.name))
    if found != written.manifest:
        what = "it is not the manifest that the bag's statement names"
        yield Fault(FaultKind.DAMAGED, f"{BAGS}/{written.name}/{MANIFEST}", what)


def catalogue_faults(volume: Volume, written: WrittenRuns) -> Iterator[Fault]:
    """Whether the copies of the catalogue are those that were written, and no other is there."""
    stated: dict[Path, str] = {}
    for run in stated_copies(written):
        copy = volume.copy_of(run.time)
        stated |= {copy.sealed: run.catalogue, copy.keys: run.keys}
    for path, sha in stated.items():
        where = f"{CATALOGUE}/{path.name}"
        with drive_errors():
            if not path.exists():
                yield Fault(FaultKind.MISSING, where, "the copy of the catalogue is not there")
            elif path.is_symlink() or hash_on_medium(path) != sha:
                yield Fault(FaultKind.DAMAGED, where, "it is not what was written there")
    found = set(_names(volume.at / CATALOGUE))
    yield from _strays(CATALOGUE, found - {path.name for path in stated})


def stated_copies(written: WrittenRuns) -> tuple[WrittenRun, ...]:
    """The runs whose copies of the catalogue lie on a volume: the newest, and the one before."""
    if not written:
        return ()
    last = newest_run(written)
    before = [run for run in written.values() if run.time == last.older]
    return (last, max(before, key=lambda run: run.seq)) if before else (last,)


def _erased(connection: Connection, volume: Volume, written: WrittenRuns) -> Iterator[Fault]:
    """The list of what was erased names what the statements do; what is owed may stand there."""
    try:
        listed = set(erased_uids(volume.at))
    except Tampered as error:
        yield Fault(FaultKind.DAMAGED, ERASED_LIST, error.message)
        return
    stated = {uid for each in written.values() for uid in each.erased}
    owed = {row.uid for row in still_to_erase_on(connection, volume.volume)}
    if stated - listed:
        kind = FaultKind.DAMAGED if listed else FaultKind.MISSING
        yield Fault(kind, ERASED_LIST, "it does not name all that was erased from this drive")
    if listed - stated - owed:
        yield Fault(FaultKind.DAMAGED, ERASED_LIST, "it names what was not erased from this drive")


def _heads(
    practice: Practice, connection: Connection, volume: Volume, written: WrittenRuns
) -> Iterator[Fault]:
    files = _names(volume.at / HEADS)
    # Many proofs lead over the same nodes, and none of these ever changes.
    head, read = stored_head(connection), node_reader(connection)
    for file in files:
        if file.endswith(STAMP) and file.removesuffix(STAMP) in written:
            yield from _stamp(volume, file)
            continue
        stated = written.get(file.removesuffix(PROOF)) if file.endswith(PROOF) else None
        kind = FaultKind.DAMAGED if stated else FaultKind.EXTRA
        try:
            found = check_head(practice, read_small(volume.at / HEADS / file), head, read)
        except (Tampered, NotFound) as error:
            yield Fault(kind, f"{HEADS}/{file}", error.message)
            continue
        if found.volume != volume.volume:
            yield Fault(kind, f"{HEADS}/{file}", "it is of another drive")
        elif found != stated:
            yield Fault(kind, f"{HEADS}/{file}", "it is of another bag, or of an earlier writing")
    yield from _lost(HEADS, {f"{name}{PROOF}" for name in written} - set(files))


def _stamp(volume: Volume, file: str) -> Iterator[Fault]:
    """Whether a time stamp is of the checkpoint beside it; without ``openssl`` nothing is said."""
    from callrec.package import callrec_verify as checker  # noqa: PLC0415  # long; few have stamps

    try:
        note = read_proof(volume.head_of(file.removesuffix(STAMP))).checkpoint
        if not checker.read_stamp(read_small(volume.at / HEADS / file)).is_of(note):
            yield Fault(
                FaultKind.DAMAGED, f"{HEADS}/{file}", "it is a time stamp of something else"
            )
    except checker.Wrong as wrong:
        yield Fault(FaultKind.DAMAGED, f"{HEADS}/{file}", f"it {wrong}")
    except (checker.NoOpenssl, Tampered, NotFound):
        return  # of the proof it is told where that is looked at


def _holds(path: Path, part: bytes) -> bool:
    """Whether a file holds these bytes; what is no proof's file holds none."""
    try:
        return part in read_small(path)
    except (NotFound, Tampered):
        return False


def _names(folder: Path) -> list[str]:
    # What begins with a dot is an operating system's, or of a run that was cut off: it is not read.
    with drive_errors():
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _strays(folder: str, names: set[str]) -> Iterator[Fault]:
    for name in sorted(names):
        yield Fault(FaultKind.EXTRA, f"{folder}/{name}", "no statement of the log vouches for it")


def _lost(folder: str, names: set[str]) -> Iterator[Fault]:
    for name in sorted(names):
        yield Fault(FaultKind.MISSING, f"{folder}/{name}", _GONE)


def _not_known(connection: Connection, volume: Volume) -> Iterator[Fault]:
    """Of a volume to which nothing was written: whether it is one at all.

    Anybody can make a folder with the marker of a volume; nothing is missing from it.
    """
    if is_label_taken(connection, volume.label):
        yield Fault(FaultKind.DAMAGED, MARKER, "its label is that of another drive")
    elif not any(volume.volume in leaf.subject for leaf in done_leaves(connection, (BEGUN,))):
        yield Fault(FaultKind.EXTRA, MARKER, "the log knows of no drive with its id")


def _check_undisturbed(practice: Practice, volume: Volume, written: WrittenRuns) -> None:
    """What a run has just put there, or taken away, looks like a fault."""
    # In this order: a run that ends meanwhile is in the log by then.
    is_disturbed = is_writing(practice.folder, volume.volume)
    with reading(practice.engine) as connection:
        is_disturbed |= read_written(practice, connection, volume.volume) != written
    if is_disturbed:
        raise Unchecked(
            "another command was writing to this drive, so nothing is claimed of it",
            hint="run the same command again when that has ended",
        )


def _read_bag(volume: Volume, written: WrittenRun) -> tuple[int, list[Fault]]:
    try:
        report = validate_bag(volume.bag_path(written.name))
    except NotFound as error:
        return 0, [Fault(FaultKind.MISSING, f"{BAGS}/{written.name}", error.message)]
    faults = [
        Fault(kind, f"{BAGS}/{written.name}/{name}", what)
        for kind, what, names in (
            (FaultKind.DAMAGED, "its bytes are not what was written", report.damaged),
            (FaultKind.MISSING, _GONE, report.missing),
            (FaultKind.EXTRA, "no manifest lists it", report.extra),
        )
        for name in names
    ]
    return report.checked, [*faults, *manifest_faults(volume, written, report.manifest_sha256)]


@contextmanager
def _readable() -> Iterator[None]:
    """A drive that cannot be read proves nothing, neither good nor bad."""
    try:
        with drive_errors():
            yield
    except Failed as error:
        raise Unchecked(error.message, hint="nothing is claimed of what is on it") from error

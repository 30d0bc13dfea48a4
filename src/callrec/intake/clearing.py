"""Keep, delete or move the sources of a batch, once it is catalogued and the sealed copies open.

Nothing is touched before the sealed copy has been read back from the disk, opened, and compared:
its SHA-256 is the original's. That is so for what this run has sealed. An intake service has no key
to a recording that was there before, and that they are equal is then said by rows alone, which
anyone who writes the database may have made: its source stays, for somebody who may open
recordings to run the same. What cannot go stays, and is listed with its reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from callrec.calls.custody import Opening
from callrec.catalogue.engine import reading
from callrec.crypto.context import context
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Locked, NotFound, Tampered, Unusable
from callrec.intake.known import Portion
from callrec.intake.sealing import Seen, Taken
from callrec.intake.sources import Mark, ReadBack
from callrec.intake.vouching import words_beside
from callrec.practice import Actor, Practice, record
from callrec.store.directory import DirectoryStore
from callrec.store.sealing import open_stream
from callrec.system.files import NO_LINKS, hard_link, move, remove_file, sync_descriptor
from callrec.system.paths import lies_in
from callrec.telephone.reading import sidecar_for
from callrec.telephone.sound.sound import Finding

NOT_COMPARED: Final = (
    "the vault has its sound by the rows alone, so it was left: run the same as somebody who may"
    " open recordings, which compares them"
)
"""Why a source of a recording stays that nobody here can open."""

NOT_PLAYED: Final = "nobody here can play it and so tell whether it is whole, so it was left"

_MAYBE_NEWS: Final = "its recording was known already, and what it says may not be in the vault"

_LATER: Final = "it was written after its recording was taken in, and was left where it is"

ERASED: Final = "its recording was erased here, so it was left: delete it by hand"


class AfterIntakeKind(StrEnum):
    KEEP = "keep"
    DELETE = "delete"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class AfterIntake:
    """What is to become of the sources."""

    kind: AfterIntakeKind = AfterIntakeKind.KEEP
    folder: Path = Path()
    """Where they are moved to."""


@dataclass(frozen=True, slots=True, repr=False)
class SealedCopy:
    """A recording's sealed copy in the store. Its repr shows nothing."""

    uid: str
    ciphertext: str
    """Its name: the SHA-256 of its bytes."""
    data_key: bytes | None
    """None: nobody here has it, or it is erased."""
    is_erased: bool = False


def parse_after(text: str) -> AfterIntake:
    """``keep``, ``delete`` or ``move:DIR``.

    Raises:
        Unusable: it is none of these, or there is no such folder.
    """
    kind, colon, folder = text.partition(":")
    if not colon and kind in (AfterIntakeKind.KEEP, AfterIntakeKind.DELETE):
        return AfterIntake(AfterIntakeKind(kind))
    if kind != AfterIntakeKind.MOVE or not folder:
        raise Unusable("--after is keep, delete or move:DIR", hint="--after keep is the default")
    if not os.path.isdir(folder):  # noqa: PTH112  # Path.is_dir raises where no folder can be
        raise Unusable("the folder to move to does not exist", hint="make it first with mkdir")
    return AfterIntake(AfterIntakeKind.MOVE, Path(os.path.abspath(folder)))  # noqa: PTH100  # links stay


def check_after(after: AfterIntake, paths: Sequence[Path], vault: Path) -> None:
    """Check that what is moved does not come in again."""
    is_move = after.kind is AfterIntakeKind.MOVE
    if is_move and any(lies_in(after.folder, folder) for folder in (*paths, vault)):
        raise Unusable(
            "the folder to move to lies in the vault, or in a folder that is being taken in",
            hint="choose a folder beside it",
        )


def check_copy(store: DirectoryStore, vault: str, copy: SealedCopy, sha256: str) -> None:
    """Read a sealed copy back from the disk, open it, and compare."""
    if copy.data_key is None:
        raise Unusable(ERASED if copy.is_erased else NOT_COMPARED)
    digest = hashlib.sha256()
    with store.open(copy.ciphertext, anew=True) as sealed:
        for piece in open_stream(sealed, copy.data_key, context("recording", vault, uid=copy.uid)):
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise Tampered("a recording's sealed copy is not what was sealed")


def clear_beside(
    after: AfterIntake, gone: Iterable[Seen], described: Collection[Path]
) -> list[tuple[Path, Unusable | OSError]]:
    """Let what lies beside recordings go where these went: sidecars, and what was signed of them.

    A sidecar stays as long as another file beside it needs it. What is not the file that was read,
    or says what the vault may not have, is moved, which loses nothing, and never deleted. Returns
    what could not go, and why.
    """
    needed: dict[Path, set[str]] = {}
    left: dict[Path, Unusable | OSError] = {}
    for seen in gone:
        taken, path = seen if isinstance(seen, Taken) else None, seen.source.path
        words = dict(taken.beside) if taken else {}
        beside = [(word, words.get(word), word in words) for word in words_beside(path)]
        if sidecar := sidecar_for(path):
            read = taken.sidecar if taken else None
            beside.insert(0, (sidecar, read, taken is not None and path in described))
        for each, read, is_in_vault in beside:
            try:
                if each != sidecar or not _is_needed(each, needed):
                    _clear_beside(after, seen, each, read, is_in_vault=is_in_vault)
            except (Unusable, OSError) as problem:
                left[each] = problem
    return list(left.items())


def _is_needed(sidecar: Path, needed: dict[Path, set[str]]) -> bool:
    """``needed``: by folder, the names that its other files give sidecars, once they are known."""
    if (folder := sidecar.parent) not in needed:
        others = [path for path in folder.iterdir() if path.suffix != ".json"]
        needed[folder] = {text for path in others for text in (path.name, path.stem)}
    return sidecar.stem in needed[folder]


def _clear_beside(
    after: AfterIntake, seen: Seen, path: Path, read: Mark | None, *, is_in_vault: bool
) -> None:
    """Let a file beside a source go; ``read``: as it was when it was read, if it was."""
    if after.kind is AfterIntakeKind.MOVE:
        _put(path, (after.folder / seen.source.inside).with_name(path.name), _sha256(path))
    elif not is_in_vault:
        raise Unusable(_MAYBE_NEWS)
    elif Mark.of(path.lstat()) != read:
        raise Unusable(_LATER)
    remove_file(path)


def _put(path: Path, target: Path, sha256: str) -> None:
    """Give a file a place beside its own, on another disk too, and never over another file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        # A run that was killed may have put it there.
        if target.is_symlink() or not target.is_file() or _sha256(target) != sha256:
            raise Unusable("there is another file of its name where it is to be moved to")
        return
    try:
        hard_link(path, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        part = target.with_name(f".{sha256}.part")
        # Not written through: it could be a link to something of ours.
        remove_file(part, missing_ok=True)
        with path.open("rb") as source, part.open("xb") as copied:
            shutil.copyfileobj(source, copied)
            copied.flush()
            sync_descriptor(copied.fileno())
        shutil.copystat(path, part)
        move(part, target)


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


Problem: TypeAlias = CallrecError | OSError


def clear_portion(
    practice: Practice, actor: Actor, after: AfterIntake, portion: Portion, pool: Executor
) -> list[tuple[Path, Problem]]:
    """Delete or move a catalogued portion's sources, on record; returns what was left, and why."""
    if not portion.new and not portion.held:
        return []
    details = {"after": after.kind, "recordings": _uids(portion)}
    record(practice, actor, "ingest.cleared", details=details)
    # A source may have been named twice.
    copies = {seen.source.path: (seen, copy) for seen, copy in _copies(practice, actor, portion)}
    once = copies.values()
    problems = list(pool.map(partial(_clear, practice, after), once))
    left = [(s.source.path, p) for (s, _), p in zip(once, problems, strict=True) if p is not None]
    gone = [seen for (seen, _), p in zip(once, problems, strict=True) if p is None]
    described = {
        each.source.path
        for same in portion.new.values()
        for each in same
        if each.call == same[0].call
    }
    """Sources of which all that they, and their sidecars, say is in the vault."""
    return left + clear_beside(after, gone, described)


def read_back(practice: Practice, actor: Actor, portion: Portion, pool: Executor) -> list[ReadBack]:
    """Open each sealed copy of a catalogued portion from the disk, and compare; on record.

    What this run has sealed it can open; what was there before takes somebody who may.
    """
    if portion.held:
        record(practice, actor, "ingest.compared", details={"recordings": _uids(portion)})

    def compared(source: tuple[Seen, SealedCopy]) -> ReadBack:
        seen, copy = source
        problem: Problem | None = None
        try:
            check_copy(practice.store, practice.vault, copy, seen.sha256)
        except (NotFound, Tampered, Unusable, OSError) as raised:
            problem = raised
        return ReadBack(seen.source, copy.uid, seen.sha256, problem)

    return list(pool.map(compared, _copies(practice, actor, portion)))


def _uids(portion: Portion) -> list[str]:
    return sorted(
        {same[0].uid for same in portion.new.values()} | {row.uid for _, row in portion.held}
    )


def _copies(practice: Practice, actor: Actor, portion: Portion) -> list[tuple[Seen, SealedCopy]]:
    """Each source of a portion that was read, with the sealed copy of its recording."""
    copies: list[tuple[Seen, SealedCopy]] = []
    for same in portion.new.values():
        first = same[0]
        copy = SealedCopy(first.uid, first.sealed.sha256_ciphertext, first.data_key)
        copies += [(seen, copy) for seen in same]
    with reading(practice.engine) as connection:
        opening = Opening(practice, actor, connection)
        for seen, row in portion.held:
            data_key = None
            if row.data_key is not None:  # else it is erased: no file is there to be opened
                with suppress(Locked):
                    data_key = opening.data_key(row)
            is_erased = row.data_key is None
            copies.append((seen, SealedCopy(row.uid, row.ciphertext, data_key, is_erased)))
    return copies


def why_left(problem: Problem) -> str:
    """Why a source was left, in a few words."""
    match problem:
        case Unusable():
            return problem.message
        case CallrecError():
            return "its copy in the vault is not there or not whole, so it was left where it is"
        case OSError():
            return f"it was taken in and left: {(problem.strerror or 'no reason told').lower()}"


def _clear(
    practice: Practice, after: AfterIntake, source: tuple[Seen, SealedCopy]
) -> Problem | None:
    """Delete or move a source, if its copy is whole and it is still the file that was read."""
    seen, copy = source
    path = seen.source.path
    try:
        check_copy(practice.store, practice.vault, copy, seen.sha256)
        if isinstance(seen, Taken) and Finding.UNDECODED in seen.sound.findings:
            return Unusable(NOT_PLAYED)
        if Mark.of(path.lstat()) != seen.mark:
            return Unusable("it changed after it was taken in, and was left where it is")
        if after.kind is AfterIntakeKind.MOVE:
            _put(path, after.folder / seen.source.inside, seen.sha256)
        remove_file(path)
    except (NotFound, Tampered, Unusable, OSError) as problem:
        return problem
    return None

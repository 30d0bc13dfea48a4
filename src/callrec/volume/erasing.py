"""Take recordings out of a volume: its bags are rewritten without them (archive.md, 6).

Where the drive can give a file two names, a bag is valid at every moment, the old one or the new.
The new one is put together beside it of the same files, and the two change places in one step, or
the old one is put aside for an instant, from where `recover_bag` brings it back.

A drive that cannot (exFAT) may not have the room for a second bag, and nothing may be taken off it
to make some. There the bag is changed where it lies, and no file that stays is touched. Its
manifest is changed last: until then the next run begins again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from io import BufferedReader
from pathlib import Path
from typing import Final

from callrec.errors import Tampered
from callrec.system.files import (
    NO_LINKS,
    exchange_names,
    hard_link,
    move,
    move_over,
    sync,
    sync_descriptor,
    sync_tree,
)
from callrec.volume.bag import (
    DECLARATION,
    INFO,
    MANIFEST,
    MANIFEST_LINE,
    RECORDINGS,
    TAG_MANIFEST,
    iter_lines,
    write_tags,
)
from callrec.volume.drive import (
    PARTIAL_SUFFIX,
    check_read_back,
    drive_errors,
    open_untrusted,
    read_small,
    remove,
)

ERASED_LIST: Final = "erased.txt"

MAX_ERASED_LISTED: Final = 2_000_000
"""Lines of a list that are read: more than any practice erases; the drive comes from outside."""

_LINE_BYTES: Final = 33
_UID: Final = re.compile(rb"[0-9a-f]{32}\n")


def erased_uids(volume: Path) -> tuple[str, ...]:
    """The uids that a volume's list names, in its order; none where it has no list."""
    path, found = volume / ERASED_LIST, list[str]()
    with drive_errors():
        if not (path.exists() or path.is_symlink()):
            return ()
        if not _is_plain(path):
            raise Tampered(f"the drive's {ERASED_LIST} is no plain file")
        with BufferedReader(open_untrusted(path)) as file:
            while line := file.readline(_LINE_BYTES):
                if not _UID.fullmatch(line) or len(found) == MAX_ERASED_LISTED:
                    raise Tampered(f"the drive's {ERASED_LIST} is not as callrec wrote it")
                found.append(line[:-1].decode())
    return tuple(found)


def list_erased(volume: Path, uids: Iterable[str]) -> None:
    """Append uids to a volume's list, each once; durable when this returns."""
    repair_erased_list(volume)
    there = set(erased_uids(volume))
    new = [uid for uid in uids if uid not in there]
    with drive_errors():
        with (volume / ERASED_LIST).open("ab") as file:
            file.write("".join(f"{uid}\n" for uid in new).encode())
            file.flush()
            sync_descriptor(file.fileno())
        sync(volume)


def repair_erased_list(volume: Path) -> None:
    """Take off the list what a killed run left of a line."""
    path = volume / ERASED_LIST
    with drive_errors():
        if not _is_plain(path):
            return
        with open_untrusted(path) as file:
            before = max(file.seek(0, os.SEEK_END) - _LINE_BYTES, 0)
            file.seek(before)
            tail = file.read(_LINE_BYTES)
        whole = tail.rfind(b"\n") + 1
        # One that ends in more than a line without an end is none: its reader refuses it.
        if whole != len(tail) and (whole or not before):
            os.truncate(path, before + whole)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def recover_bag(bag: Path) -> None:
    """Bring back a bag that a killed run had put aside, and clear away what it left beside it."""
    aside, beside = _hidden(bag, "aside"), _hidden(bag, "beside")
    with drive_errors():
        if aside.is_dir() and not aside.is_symlink() and not os.path.lexists(bag):
            move(aside, bag)
            sync(bag.parent)
        _remove_durably(aside, beside, _hidden(bag, "gone"))


def unfinished_names(bags: Path) -> list[str]:
    """What lies in bags that a killed run began, and that no statement came to name.

    Anybody who held the drive may have put anything there, under any name.
    """
    with drive_errors():
        return [path.name for folder in _unfinished(bags) for path in folder.iterdir()]


def remove_unfinished(bags: Path, gone: Collection[str]) -> None:
    """Remove some of what lies in such bags; it is gone durably when this returns."""
    with drive_errors():
        for folder in _unfinished(bags):
            for name in gone:
                remove(folder / name)
            sync(folder)


def _unfinished(bags: Path) -> list[Path]:
    """Their folders of recordings; no link is followed."""
    folders = (begun / RECORDINGS for begun in bags.glob(f".*{PARTIAL_SUFFIX}"))
    return [folder for folder in folders if _is_folder(folder)]


def _is_folder(recordings: Path) -> bool:
    """Whether a bag's recordings lie in a folder of its own, to which no link leads."""
    links = (each.is_symlink() for each in (recordings, *recordings.parents[:2]))
    return recordings.is_dir() and not any(links)


def names_in_manifest(bag: Path) -> tuple[str, ...]:
    """The recordings that a bag's manifest lists, in its order."""
    path, names = bag / MANIFEST, list[str]()
    if not _is_plain(path):
        raise Tampered(f"the bag's {MANIFEST} is gone")
    with drive_errors():
        for line in iter_lines(path):
            match = MANIFEST_LINE.fullmatch(line)
            if match is None:
                raise Tampered(f"the bag's {MANIFEST} is not as callrec wrote it")
            names.append(match[1])
    return tuple(names)


def rewrite_bag(bag: Path, gone: Collection[str]) -> None:
    """Write a bag again without some of its recordings; one that would be empty goes wholly.

    What goes is gone durably when this returns: no power cut brings it back.
    """
    kept = [name for name in names_in_manifest(bag) if name not in gone]
    aside, beside = _hidden(bag, "aside"), _hidden(bag, "beside")
    with drive_errors():
        if not kept:
            emptied = _hidden(bag, "gone")
            move(bag, emptied)
            sync(bag.parent)
            _remove_durably(emptied)
            return
        remove(beside)
        if _link(bag, beside, kept):
            _write_tags(bag, beside, kept)
            if not exchange_names(beside, bag):
                move(bag, aside)
                move(beside, bag)
            sync(bag.parent)
        else:
            _change_in_place(bag, beside, kept, gone)
        _remove_durably(beside, aside)


def _remove_durably(*paths: Path) -> None:
    """Remove what lies beside each other under these names, where it is there.

    Anybody who held the drive may have put a file or a link in the place of a folder.
    """
    there = [path for path in paths if os.path.lexists(path)]
    for path in there:
        remove(path)
    if there:
        sync(there[0].parent)


def _link(bag: Path, beside: Path, kept: Collection[str]) -> bool:
    """Give what stays a second name, in the new bag; False where the drive cannot."""
    old, new = bag / RECORDINGS, beside / RECORDINGS
    new.mkdir(parents=True)
    for name in kept:
        try:
            hard_link(old / name, new / name)
        except FileNotFoundError as error:
            if not new.is_dir():
                raise  # it is the drive that is gone
            raise Tampered(f"the bag's {RECORDINGS}/{name} is gone") from error
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            return False
    return True


def _write_tags(bag: Path, beside: Path, kept: Collection[str]) -> None:
    """Write the tag files of the new bag beside the old one, durable and read back."""
    size = sum((bag / RECORDINGS / name).lstat().st_size for name in kept)
    lines = read_small(bag / INFO).decode("utf-8", "replace").splitlines()
    info = {label: value for label, _, value in (line.partition(": ") for line in lines)}
    tags = write_tags(beside, kept, {**info, "Payload-Oxum": f"{size}.{len(kept)}"})
    sync_tree(beside)
    for name, digest in tags.items():
        check_read_back(beside / name, digest)


def _change_in_place(bag: Path, beside: Path, kept: Collection[str], gone: Collection[str]) -> None:
    recordings = bag / RECORDINGS
    if not _is_folder(recordings):
        raise Tampered(f"the bag's {RECORDINGS} is no folder")
    for name in kept:
        if not _is_plain(recordings / name):
            raise Tampered(f"the bag's {RECORDINGS}/{name} is gone")
    _write_tags(bag, beside, kept)
    for name in gone:
        remove(recordings / name)
    sync(recordings)
    for name in (DECLARATION, INFO, TAG_MANIFEST, MANIFEST):
        move_over(beside / name, bag / name)
        sync(bag)


def _hidden(bag: Path, suffix: str) -> Path:
    return bag.with_name(f".{bag.name}.{suffix}")

"""What a power cut leaves of files and folders, from a record of what was done to them.

Durable is what POSIX promises and nothing more:

    the bytes and mode of a file    by fsync or fdatasync of it
    the names in a folder           by fsync of that folder, whatever they name
    both, of everything             by syncfs

Real file systems keep more (ext4 makes a new file's name durable with the file, and renamings and
removals within seconds, in their order), but which more, nobody is told. So there are three
outcomes for what was not made durable:

    NOTHING      none of it is left
    NAMES        names are as they were last, and files without their bytes: a journal of
                 metadata alone, as XFS has it
    SOME         names are as they were last, and of what was written to each file every other
                 piece is there: a page cache that was written back in part, in no order

A renaming is one change: it is durable in both folders once it is in one, as it is with every
journal. What was there before the record began is durable.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from faults.shim import Flag, Kind, Operation

READING: Final = frozenset({Kind.OPEN, Kind.OPEN_TO_WRITE, Kind.LIST, Kind.READ})
"""What changes nothing."""


class Outcome(StrEnum):
    """What a power cut leaves of what was not made durable."""

    NOTHING = "nothing"
    NAMES = "names"
    SOME = "some"
    ALL = "all"
    """No power cut at all: everything that was done, to hold the record against the disk."""


@dataclass(slots=True, eq=False)
class _File:
    now: bytearray
    mode: int
    durable: bytes
    durable_mode: int
    pending: list[Callable[[bytearray], None]] = field(default_factory=list)
    """Changes since it was last made durable."""
    synced: int = 0
    """How often that was."""

    def change(self, what: Callable[[bytearray], None]) -> None:
        what(self.now)
        self.pending.append(what)

    def sync(self) -> None:
        if self.pending or self.mode != self.durable_mode:
            self.durable, self.durable_mode = bytes(self.now), self.mode
            self.pending.clear()
            self.synced += 1

    def version(self, outcome: Outcome) -> tuple[int, ...]:
        some = len(self.pending) // 2 if outcome is Outcome.SOME else 0
        return id(self), self.synced, some

    def left(self, outcome: Outcome) -> tuple[bytes, int]:
        if outcome is Outcome.ALL:
            return bytes(self.now), self.mode
        if outcome is not Outcome.SOME:
            return self.durable, self.durable_mode
        some = bytearray(self.durable)
        for change in self.pending[1::2]:
            change(some)
        return bytes(some), self.durable_mode


@dataclass(slots=True, eq=False)
class _Folder:
    mode: int
    now: dict[str, _Node] = field(default_factory=dict)
    durable: dict[str, _Node] = field(default_factory=dict)
    pending: list[_Naming] = field(default_factory=list)

    def change(self, naming: _Naming) -> None:
        _put(self.now, naming)
        self.pending.append(naming)

    def sync(self) -> None:
        while self.pending:
            naming = self.pending.pop(0)
            _put(self.durable, naming)
            if naming.also is not None:
                naming.also.sync_until(naming)

    def sync_until(self, naming: _Naming) -> None:
        while any(each.twin is naming for each in self.pending):
            first = self.pending.pop(0)
            _put(self.durable, first)
            if first.also is not None:
                first.also.sync_until(first)

    def left(self, outcome: Outcome) -> dict[str, _Node]:
        return self.durable if outcome is Outcome.NOTHING else self.now


_Node: TypeAlias = "_File | _Folder"


@dataclass(slots=True, eq=False)
class _Naming:
    """A name that from now on is of something else, or of nothing."""

    name: str
    node: _Node | None
    also: _Folder | None = None
    """The other folder of a renaming."""
    twin: _Naming | None = None
    """And what changes there."""


class Disk:
    """Files and folders below one folder, as they are and as a power cut would leave them."""

    def __init__(self, at: Path) -> None:
        """Take what lies there now as durable."""
        self._at = at
        self._nodes: dict[int, _Node] = {}
        self._top = self._found(at)

    @staticmethod
    def changes(done: Operation) -> bool:
        """Whether it changed anything."""
        return done.is_done and done.kind not in READING

    def apply(self, done: Operation) -> None:
        """Do what the record says."""
        if not self.changes(done):
            return
        match done.kind:
            case Kind.CREATE | Kind.MKDIR | Kind.LINK:
                self._make(done)
            case Kind.RENAME:
                self._rename(done.path, done.path2, exchanges=Flag.EXCHANGED in done.flags)
            case Kind.UNLINK | Kind.RMDIR:
                self._folder(done.path).change(_Naming(done.path.name, None))
            case Kind.SYNC:
                self._nodes[done.inode].sync()
            case Kind.SYNC_ALL:
                for node in self._nodes.values():
                    node.sync()
            case _:
                self._change(done)

    def lay_out(self, to: Path, outcome: Outcome) -> None:
        """Make a new folder what is left."""
        _lay_out(self._top, to, outcome)

    def fingerprint(self, outcome: Outcome) -> int:
        """What is left is the same where this is."""
        return hash(tuple(_print(self._top, "", outcome)))

    def left(self, outcome: Outcome) -> Mapping[str, tuple[bytes, int]]:
        """What is left: bytes and mode of each file, by its path, and folders' modes."""
        return dict(_left(self._top, "", outcome))

    def _found(self, path: Path) -> _Node:
        found = path.lstat()
        mode = stat.S_IMODE(found.st_mode)
        node: _Node
        if path.is_dir():
            names = {each.name: self._found(each) for each in path.iterdir()}
            node = _Folder(mode, names, dict(names))
        else:
            data = path.read_bytes()
            node = _File(bytearray(data), mode, data, mode)
        self._nodes[found.st_ino] = node
        return node

    def _make(self, done: Operation) -> None:
        mode = stat.S_IMODE(done.mode)
        if done.kind is Kind.LINK:
            named = _Naming(done.path2.name, self._nodes[done.inode])
            self._folder(done.path2).change(named)
            return
        if not done.flags & Flag.CREATED and done.kind is Kind.CREATE:
            self._file(done).change(bytearray.clear)
            return
        node = _Folder(mode) if done.kind is Kind.MKDIR else _File(bytearray(), mode, b"", mode)
        self._nodes[done.inode] = node
        if not done.is_nameless:
            self._folder(done.path).change(_Naming(done.path.name, node))

    def _change(self, done: Operation) -> None:
        if done.kind is Kind.CHMOD:
            self._nodes[done.inode].mode = stat.S_IMODE(done.mode)
        elif done.kind is Kind.TRUNCATE:
            self._file(done).change(partial(_truncate, size=done.length))
        else:
            self._file(done).change(partial(_write, at=done.offset, what=done.data))

    def _rename(self, before: Path, after: Path, *, exchanges: bool) -> None:
        source, target = self._folder(before), self._folder(after)
        goes = _Naming(before.name, target.now[after.name] if exchanges else None)
        comes = _Naming(after.name, source.now[before.name])
        if source is not target:
            goes.also, goes.twin, comes.also, comes.twin = target, comes, source, goes
        source.change(goes)
        target.change(comes)

    def _file(self, done: Operation) -> _File:
        node = self._nodes[done.inode]
        assert isinstance(node, _File)
        return node

    def _folder(self, of: Path) -> _Folder:
        node = self._top
        for part in of.parent.relative_to(self._at).parts:
            assert isinstance(node, _Folder)
            node = node.now[part]
        assert isinstance(node, _Folder)
        return node


def _put(names: dict[str, _Node], naming: _Naming) -> None:
    if naming.node is None:
        names.pop(naming.name, None)
    else:
        names[naming.name] = naming.node


def _write(data: bytearray, *, at: int, what: bytes) -> None:
    data.extend(bytes(max(0, at - len(data))))
    data[at : at + len(what)] = what


def _truncate(data: bytearray, *, size: int) -> None:
    data.extend(bytes(max(0, size - len(data))))
    del data[size:]


def _lay_out(node: _Node, to: Path, outcome: Outcome) -> None:
    if isinstance(node, _Folder):
        to.mkdir()
        for name, each in node.left(outcome).items():
            _lay_out(each, to / name, outcome)
        to.chmod(node.mode)
        return
    data, mode = node.left(outcome)
    to.write_bytes(data)
    to.chmod(mode)


def _left(node: _Node, path: str, outcome: Outcome) -> Iterator[tuple[str, tuple[bytes, int]]]:
    if isinstance(node, _Folder):
        yield path, (b"", node.mode)
        for name, each in node.left(outcome).items():
            yield from _left(each, f"{path}/{name}", outcome)
    else:
        yield path, node.left(outcome)


def _print(node: _Node, path: str, outcome: Outcome) -> Iterator[Hashable]:
    if isinstance(node, _Folder):
        yield path
        for name, each in node.left(outcome).items():
            yield from _print(each, f"{path}/{name}", outcome)
    else:
        yield path, node.version(outcome)

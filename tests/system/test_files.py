"""The contract of callrec.system.files: what holds on every system that callrec runs on."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from callrec.system.files import (
    create_private,
    forget_cached,
    hard_link,
    has_name,
    lock,
    move,
    move_over,
    open_folder,
    open_folder_lock,
    open_or_create,
    open_to_read,
    own_memory,
    remove_file,
    remove_folder,
    sync,
    sync_descriptor,
    sync_tree,
    will_read,
    write_at_once,
)

BYTES = b"ends\nof\r\nlines\x1a, and an end of file\x00"
"""What a file in text mode would change or end at."""

SYSTEM = Path(__file__).parents[2] / "src" / "callrec" / "system"


@contextmanager
def descriptor(number: int) -> Iterator[int]:
    try:
        yield number
    finally:
        os.close(number)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(BYTES)
    return tmp_path / "file"


@pytest.mark.parametrize(
    "area", sorted(path.stem for path in (SYSTEM / "posix").glob("*.py") if path.stem != "macos")
)
def test_each_system_is_asked_by_the_same_names_and_with_the_same_arguments(area: str) -> None:
    posix, windows = (_offered(SYSTEM / system / f"{area}.py") for system in ("posix", "windows"))
    both = posix.keys() & windows.keys()
    functions = [name for name in both if posix[name] and windows[name]]
    assert {name: posix[name] for name in functions} == {name: windows[name] for name in functions}
    asked = {
        each.name
        for text in (path.read_text(encoding="utf-8") for path in SYSTEM.parent.rglob("*.py"))
        if f"callrec.system.{area}" in text  # to read all of it takes seconds
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module == f"callrec.system.{area}"
        for each in node.names
    }
    assert asked - {*both, *_offered(SYSTEM / f"{area}.py")} == set()


def _offered(module: Path) -> dict[str, str]:
    """A module's public names, and how those are called that are functions."""
    given: dict[str, str] = {}
    for each in ast.parse(module.read_text(encoding="utf-8")).body:
        match each:
            case ast.FunctionDef(name=name):
                given[name] = (
                    f"({ast.unparse(each.args)}) -> {each.returns and ast.unparse(each.returns)}"
                )
            case (
                ast.ClassDef(name=name)
                | ast.AnnAssign(target=ast.Name(id=name))
                | ast.Assign(targets=[ast.Name(id=name)])
            ):
                given[name] = ""
            case _:
                pass
    return {name: how for name, how in given.items() if not name.startswith("_")}


def test_bytes_are_written_and_read_as_they_are(tmp_path: Path) -> None:
    for make in (create_private, open_or_create):
        path = tmp_path / make.__name__
        with descriptor(make(path)) as number:
            assert os.write(number, BYTES) == len(BYTES)
            sync_descriptor(number)
        assert path.read_bytes() == BYTES
        with open_to_read(path) as read:
            assert read.read() == BYTES


MIB = 1 << 20


@pytest.mark.parametrize("sizes", [(1, MIB, MIB, 5), (MIB, MIB, 0, 70_000, MIB)])
def test_what_is_written_at_once_is_all_there_wherever_its_pieces_end(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    path, written = tmp_path / "file", bytearray()
    with descriptor(create_private(path)) as number:
        for fill, size in enumerate(sizes):
            piece = own_memory(MIB)[:size]  # which begins where a page does
            piece[:] = bytes([fill]) * size
            while piece:
                piece = piece[write_at_once(number, piece) :]
            written += bytes([fill]) * size
    assert path.read_bytes() == written


def test_a_file_that_is_there_is_not_made_again(file: Path) -> None:
    with pytest.raises(FileExistsError):
        create_private(file)
    with descriptor(open_or_create(file)) as number:
        assert os.read(number, 100) == BYTES


def test_what_is_missing_or_a_folder_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_to_read(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        open_to_read(tmp_path)


def test_a_folder_is_opened_to_be_synced(tmp_path: Path) -> None:
    os.close(open_folder(tmp_path))


def test_what_is_open_can_be_renamed_and_removed(file: Path) -> None:
    moved = file.with_name("moved")
    with open_to_read(file) as read, descriptor(open_or_create(file)) as written:
        move(file, moved)
        assert not has_name(written, file)
        assert has_name(written, moved)
        remove_file(moved)
        assert read.read() == BYTES
    assert [*file.parent.iterdir()] == []


def test_what_had_the_name_is_replaced_in_one_step(file: Path) -> None:
    file.with_name("new").write_bytes(b"new")
    move_over(file.with_name("new"), file)
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"new"]


def test_a_name_that_is_gone_is_an_error_unless_it_may_be(tmp_path: Path) -> None:
    remove_file(tmp_path / "none", missing_ok=True)
    with pytest.raises(FileNotFoundError):
        remove_file(tmp_path / "none")
    remove_folder(tmp_path / "none", ignore_errors=True)
    with pytest.raises(FileNotFoundError):
        remove_folder(tmp_path / "none")


def test_a_folder_is_moved_and_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "one" / "in it").mkdir(parents=True)
    (tmp_path / "one" / "in it" / "file").write_bytes(BYTES)
    sync_tree(tmp_path / "one")
    sync(tmp_path / "one" / "in it" / "file", tmp_path / "one" / "in it", tmp_path)
    move(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "other" / "in it" / "file").read_bytes() == BYTES
    remove_folder(tmp_path / "other")
    assert [*tmp_path.iterdir()] == []


def test_a_second_name_is_of_the_same_file(file: Path) -> None:
    hard_link(file, file.with_name("second"))
    remove_file(file)
    assert file.with_name("second").read_bytes() == BYTES
    with pytest.raises(FileNotFoundError):
        hard_link(file, file.with_name("third"))


HOLDS = """
import sys
from pathlib import Path
from callrec.system.files import lock, open_folder_lock, open_or_create
path = Path(sys.argv[1])
number = open_folder_lock(path) if path.is_dir() else open_or_create(path)
lock(number, shared=sys.argv[2:] == ["shared"])
print("held", flush=True)
input()
"""


@contextmanager
def held_by_another(path: Path, *how: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDS, str(path), *how]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "held"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("of", ["file", "."])
def test_a_lock_keeps_other_processes_out_until_its_own_ends(file: Path, of: str) -> None:
    path = file.parent / of
    opened = open_folder_lock if of == "." else open_or_create
    with descriptor(opened(path)) as number:
        with held_by_another(path):
            with pytest.raises(BlockingIOError):
                lock(number, waits=False)
            assert file.read_bytes() == BYTES, "a lock is no hindrance to who reads"
        lock(number)


def test_what_is_only_looked_at_is_locked_by_several(file: Path) -> None:
    with held_by_another(file, "shared"), ExitStack() as ours:
        for _ in range(2):
            read = ours.enter_context(open_to_read(file))
            lock(read.fileno(), shared=True, waits=False)
        number = ours.enter_context(descriptor(open_or_create(file)))
        with pytest.raises(BlockingIOError):
            lock(number, waits=False)


def test_what_is_read_past_the_cache_is_the_same(tmp_path: Path) -> None:
    data = os.urandom((1 << 20) + 1)
    (tmp_path / "file").write_bytes(data)
    sync(tmp_path / "file")
    piece = own_memory(1 << 20)
    with open_to_read(tmp_path / "file", past_the_cache=True) as read:
        will_read(read.fileno())
        forget_cached(read.fileno())
        got = b"".join(bytes(piece[:size]) for size in iter(lambda: read.readinto(piece), 0))
    assert got == data

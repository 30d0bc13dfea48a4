"""A bag is written anew without some of its recordings, and is valid at every moment."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callrec.errors import Tampered
from callrec.volume import erasing
from callrec.volume.bag import MANIFEST, RECORDINGS, BagItem, validate_bag, write_bag
from callrec.volume.erasing import (
    ERASED_LIST,
    erased_uids,
    list_erased,
    names_in_manifest,
    recover_bag,
    remove_unfinished,
    rewrite_bag,
    unfinished_names,
)
from volume.vault_files import INFO, faults_of, snapshot, taking_no_memory, vault_files

CALLS = (b"one sealed call", b"another", b"", bytes(70_000))

ONE, OTHER = "0a" * 16, "0b" * 16


@pytest.fixture(name="items")
def _items(tmp_path: Path) -> tuple[BagItem, ...]:
    return vault_files(tmp_path / "vault", *CALLS)


@pytest.fixture(name="bag")
def _bag(items: tuple[BagItem, ...], tmp_path: Path) -> Path:
    (tmp_path / "drive").mkdir()
    return write_bag(tmp_path / "drive" / "bag", items, INFO).path


def test_what_stays_is_listed_and_bagit_finds_it_valid(
    items: tuple[BagItem, ...], bag: Path
) -> None:
    rewrite_bag(bag, {items[0].sha256})
    judge = bagit.Bag(str(bag))
    judge.validate()
    assert judge.info["Payload-Oxum"] == f"{sum(map(len, CALLS[1:]))}.{len(CALLS) - 1}"
    assert judge.info["External-Identifier"] == INFO["External-Identifier"]
    assert not faults_of(validate_bag(bag))
    assert set(names_in_manifest(bag)) == {item.sha256 for item in items[1:]}
    assert [path.name for path in bag.parent.iterdir()] == [bag.name]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gone=st.sets(st.integers(0, 3)))
def test_a_bag_without_some_is_the_bag_of_the_others(
    items: tuple[BagItem, ...], tmp_path: Path, gone: set[int]
) -> None:
    """Law: to write a bag and take recordings out is to write the bag of the others."""
    at = tmp_path / f"law-{len([*tmp_path.iterdir()])}"
    at.mkdir()
    whole, kept = at / "whole", [item for n, item in enumerate(items) if n not in gone]
    write_bag(whole, items, INFO)
    rewrite_bag(whole, {items[n].sha256 for n in gone})
    if not kept:
        assert not whole.exists()
        return
    write_bag(at / "fresh", kept, INFO)
    assert snapshot(whole) == snapshot(at / "fresh")


def no_link(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "no links")


def test_a_drive_that_gives_no_second_names_needs_no_room_for_a_second_bag(
    items: tuple[BagItem, ...], bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_link)
    kept = [bag / RECORDINGS / item.sha256 for item in items[1:]]
    before = [path.stat().st_ino for path in kept]
    rewrite_bag(bag, {items[0].sha256})
    assert [path.stat().st_ino for path in kept] == before
    write_bag(bag.parent.parent / "fresh", items[1:], INFO)
    assert snapshot(bag) == snapshot(bag.parent.parent / "fresh")
    assert [path.name for path in bag.parent.iterdir()] == [bag.name]


@pytest.mark.parametrize("step", range(15))
def test_a_bag_that_is_changed_where_it_lies_is_gone_on_with_from_wherever_it_was_cut_off(
    items: tuple[BagItem, ...], bag: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A kill at any step: another is told by the manifest whether there is anything to do yet."""
    monkeypatch.setattr(os, "link", no_link)
    before, gone = names_in_manifest(bag), {item.sha256 for item in items[:2]}
    with monkeypatch.context() as patched:
        die_at(step, patched)
        with pytest.raises(KeyboardInterrupt):
            rewrite_bag(bag, gone)
    recover_bag(bag)
    if names_in_manifest(bag) == before:
        rewrite_bag(bag, gone)
    assert not faults_of(validate_bag(bag))
    assert {*names_in_manifest(bag)} == {item.sha256 for item in items[2:]}
    assert [path.name for path in bag.parent.iterdir()] == [bag.name]


def die_at(step: int, patched: pytest.MonkeyPatch) -> None:
    """Die before the so many-th change of the drive."""
    done = count()

    def dying(change: Callable[..., object]) -> Callable[..., object]:
        def change_or_die(*args: Any, **named: Any) -> object:
            if next(done) == step:
                raise KeyboardInterrupt
            return change(*args, **named)

        return change_or_die

    for name in ("move_over", "remove", "sync", "write_tags"):
        patched.setattr(erasing, name, dying(getattr(erasing, name)))


def test_a_bag_of_which_nothing_stays_is_gone(items: tuple[BagItem, ...], bag: Path) -> None:
    rewrite_bag(bag, {item.sha256 for item in items})
    assert [*bag.parent.iterdir()] == []


def test_on_a_drive_that_cannot_do_that_the_old_one_is_put_aside(
    items: tuple[BagItem, ...], bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "exchange_names", lambda *_: False)
    monkeypatch.setattr(erasing, "_remove_durably", lambda *_: None)
    before = snapshot(bag)
    rewrite_bag(bag, {items[0].sha256})
    assert snapshot(bag.with_name(".bag.aside")) == before
    assert set(names_in_manifest(bag)) == {item.sha256 for item in items[1:]}


def test_a_bag_that_was_put_aside_is_brought_back(bag: Path) -> None:
    before = snapshot(bag)
    bag.rename(bag.with_name(".bag.aside"))
    bag.with_name(".bag.beside").mkdir()
    recover_bag(bag)
    assert snapshot(bag) == before
    assert [path.name for path in bag.parent.iterdir()] == [bag.name]


def test_what_was_put_aside_goes_where_the_new_one_is_there(bag: Path) -> None:
    before = snapshot(bag)
    for name in (".bag.aside", ".bag.gone"):
        (bag.with_name(name) / RECORDINGS).mkdir(parents=True)
    recover_bag(bag)
    assert snapshot(bag) == before
    assert [path.name for path in bag.parent.iterdir()] == [bag.name]


@pytest.mark.parametrize("name", [".bag.aside", ".bag.beside", ".bag.gone"])
@pytest.mark.parametrize("make", ["file", "link"])
def test_what_somebody_put_under_one_of_these_names_hinders_nothing(
    items: tuple[BagItem, ...], bag: Path, name: str, make: str
) -> None:
    outside = bag.parent.parent / "outside"
    (outside / "kept").mkdir(parents=True)
    if make == "file":
        bag.with_name(name).touch()
    else:
        bag.with_name(name).symlink_to(outside)
    recover_bag(bag)
    rewrite_bag(bag, {items[0].sha256})
    assert not faults_of(validate_bag(bag))
    assert [path.name for path in bag.parent.iterdir()] == [bag.name]
    assert (outside / "kept").is_dir()


def test_half_of_a_bag_of_which_nothing_stays_is_not_brought_back(bag: Path) -> None:
    bag.rename(bag.with_name(".bag.gone"))
    recover_bag(bag)
    assert [*bag.parent.iterdir()] == []


@pytest.mark.parametrize("line", ["0a  /etc/passwd\n", "no line", f"{'0a' * 32}  data/x\n"])
def test_a_manifest_with_another_line_is_not_written_anew(bag: Path, line: str) -> None:
    with (bag / MANIFEST).open("a") as manifest:
        manifest.write(line)
    with pytest.raises(Tampered):
        rewrite_bag(bag, set())


@pytest.mark.parametrize("name", [MANIFEST, "bag-info.txt"])
def test_a_file_without_end_is_refused_and_takes_no_memory(
    items: tuple[BagItem, ...], bag: Path, name: str
) -> None:
    os.truncate(bag / name, 64 << 20)
    with taking_no_memory(), pytest.raises(Tampered, match=name):
        rewrite_bag(bag, {items[0].sha256})


def test_a_file_that_is_gone_is_named_and_the_bag_stays(
    items: tuple[BagItem, ...], bag: Path
) -> None:
    (bag / RECORDINGS / items[1].sha256).unlink()
    with pytest.raises(Tampered, match=f"{items[1].sha256} is gone"):
        rewrite_bag(bag, {items[0].sha256})
    assert (bag / RECORDINGS / items[0].sha256).exists()


def test_the_list_grows_and_names_each_once(tmp_path: Path) -> None:
    assert erased_uids(tmp_path) == ()
    list_erased(tmp_path, [OTHER])
    list_erased(tmp_path, [ONE, OTHER])
    assert erased_uids(tmp_path) == (OTHER, ONE)


def test_half_a_line_of_the_list_is_taken_off(tmp_path: Path) -> None:
    (tmp_path / ERASED_LIST).write_text(f"{ONE}\n{OTHER[:9]}")
    with pytest.raises(Tampered):
        erased_uids(tmp_path)
    list_erased(tmp_path, [OTHER])
    assert erased_uids(tmp_path) == (ONE, OTHER)


def test_a_list_of_many_is_read_again_and_grows(tmp_path: Path) -> None:
    many = [f"{number:032x}" for number in range(130_000)]
    list_erased(tmp_path, many)
    with (tmp_path / ERASED_LIST).open("a") as file:
        file.write(OTHER[:9])
    list_erased(tmp_path, [many[0], OTHER])
    assert erased_uids(tmp_path) == (*many, OTHER)


def test_a_list_with_more_lines_than_any_is_not_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "MAX_ERASED_LISTED", 1)
    (tmp_path / ERASED_LIST).write_text(f"{ONE}\n")
    assert erased_uids(tmp_path) == (ONE,)
    (tmp_path / ERASED_LIST).write_text(f"{ONE}\n{OTHER}\n")
    with pytest.raises(Tampered):
        erased_uids(tmp_path)


NO_LISTS = {
    "a link": lambda at: at.symlink_to(at.parent / "outside"),
    "a pipe": os.mkfifo,
    "a folder": lambda at: at.mkdir(),
    "no end of a line": lambda at: at.write_bytes(bytes(1 << 20)),
}


@pytest.mark.parametrize("make", NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_list_is_refused_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    (tmp_path / "outside").write_text(f"{ONE}\n{OTHER[:9]}")
    make(tmp_path / ERASED_LIST)
    before = (tmp_path / ERASED_LIST).lstat().st_size
    with pytest.raises(Tampered):
        list_erased(tmp_path, [OTHER])
    assert (tmp_path / ERASED_LIST).lstat().st_size == before
    assert (tmp_path / "outside").read_text() == f"{ONE}\n{OTHER[:9]}"


def test_what_a_killed_run_copied_is_let_go_too(items: tuple[BagItem, ...], bag: Path) -> None:
    bag.rename(bag.with_name(".bag.partial"))
    assert {*unfinished_names(bag.parent)} == {item.sha256 for item in items}
    remove_unfinished(bag.parent, {items[0].sha256})
    left = {path.name for path in (bag.with_name(".bag.partial") / RECORDINGS).iterdir()}
    assert left == {item.sha256 for item in items[1:]}


def test_no_link_is_followed_to_what_is_let_go(items: tuple[BagItem, ...], tmp_path: Path) -> None:
    (tmp_path / "bags").mkdir()
    outside = tmp_path / "outside" / "recordings"
    outside.mkdir(parents=True)
    (outside / items[0].sha256).touch()
    (tmp_path / "bags" / ".x.partial").mkdir()
    (tmp_path / "bags" / ".x.partial" / "data").symlink_to(outside.parent)
    assert unfinished_names(tmp_path / "bags") == []
    remove_unfinished(tmp_path / "bags", {items[0].sha256})
    assert (outside / items[0].sha256).exists()

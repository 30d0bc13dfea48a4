from __future__ import annotations

import errno
import hashlib
import io
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from callrec.errors import Failed
from callrec.store.directory import DirectoryStore
from callrec.store.sealing import open_stream
from callrec.system.files import disk_errors
from house.small_disk import read_only, small_disk
from store.samples import ASSOCIATED, KEY, BadSector, a_sealer

BATCH = "b0" * 16

LATER = "b1" * 16


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[DirectoryStore]:
    store = DirectoryStore(tmp_path)
    with store.lock():
        yield store


def ingest(
    store: DirectoryStore,
    *originals: bytes,
    batch_id: str = BATCH,
    then: Callable[[], object] = lambda: None,
) -> list[str]:
    with store.batch(batch_id) as batch:
        sealed = [batch.seal(io.BytesIO(original), a_sealer()) for original in originals]
        batch.keep()
        then()
    return [one.sha256_ciphertext for one in sealed]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_recording_lies_under_the_first_two_digits_of_its_hash(
    store: DirectoryStore, tmp_path: Path
) -> None:
    (name,) = ingest(store, b"a call")
    assert store.path(name) == tmp_path / "recordings" / name[:2] / name
    assert files_in(tmp_path) == {f"recordings/{name[:2]}/{name}", "ingest.lock"}


def test_nobody_else_on_the_machine_can_read_it(store: DirectoryStore, tmp_path: Path) -> None:
    ingest(store, b"a call")
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_looking_at_a_vault_makes_nothing_in_it(tmp_path: Path) -> None:
    assert list(DirectoryStore(tmp_path).names()) == []
    assert list(tmp_path.iterdir()) == []


def test_two_threads_seal_into_one_batch(store: DirectoryStore) -> None:
    originals = [bytes([number]) * (number * 1000) for number in range(60)]
    with store.batch(BATCH) as batch, ThreadPoolExecutor(2) as threads:
        sealed = list(threads.map(lambda one: batch.seal(io.BytesIO(one), a_sealer()), originals))
        batch.keep()
    for original, facts in zip(originals, sealed, strict=True):
        with store.open(facts.sha256_ciphertext) as file:
            assert b"".join(open_stream(file, KEY, ASSOCIATED)) == original


def test_a_source_that_cannot_be_read_costs_only_itself(
    store: DirectoryStore, tmp_path: Path
) -> None:
    with store.batch(BATCH) as batch:
        first = batch.seal(io.BytesIO(b"a call"), a_sealer())
        with pytest.raises(OSError, match="source"):
            batch.seal(BadSector(), a_sealer())
        assert len(files_in(tmp_path / "incoming")) == 1
        batch.keep()
    assert files_in(tmp_path / "recordings") == {
        f"{first.sha256_ciphertext[:2]}/{first.sha256_ciphertext}"
    }
    assert files_in(tmp_path / "incoming") == set()


# Two ingests


def test_a_second_ingest_is_kept_out(store: DirectoryStore, tmp_path: Path) -> None:
    assert not list(store.names())
    with pytest.raises(Failed, match="another ingest is running"), DirectoryStore(tmp_path).lock():
        pass


def test_the_one_that_was_kept_out_does_not_let_go_of_the_others_lock(
    store: DirectoryStore, tmp_path: Path
) -> None:
    for other in (store, DirectoryStore(tmp_path), DirectoryStore(tmp_path)):
        with pytest.raises(Failed), other.lock():
            pass
    assert len(ingest(store, b"a call")) == 1


def test_an_ingest_may_follow_another(tmp_path: Path) -> None:
    for batch_id in (BATCH, LATER):
        store = DirectoryStore(tmp_path)
        with store.lock():
            ingest(store, b"a call", batch_id=batch_id)
    assert len(list(DirectoryStore(tmp_path).names())) == 2


def test_without_the_lock_there_is_no_batch_and_no_sweep(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    with store.lock():
        ingest(store, b"a call")
    with pytest.raises(RuntimeError):
        store.sweep(lambda _: True)
    with pytest.raises(RuntimeError), store.batch(LATER):
        pass


# A run that is killed

KILLED = """
import io, os, signal, sys
from pathlib import Path
from store.samples import a_sealer
from callrec.store.directory import DirectoryStore

store = DirectoryStore(Path(sys.argv[1]))
with store.lock(), store.batch(sys.argv[2]) as batch:
    for call in (b"one", b"two", b"three"):
        print(batch.seal(io.BytesIO(call), a_sealer()).sha256_ciphertext, flush=True)
    if sys.argv[3] == "kept":
        batch.keep()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_run(root: Path, when: str) -> list[str]:
    """The names that a run sealed which was killed before or after it kept them."""
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(root), LATER, when],
        env={"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    return run.stdout.split()


@pytest.mark.parametrize("when", ["sealed", "kept"])
def test_a_killed_run_that_reached_no_catalogue_leaves_nothing_after_a_sweep(
    tmp_path: Path, when: str
) -> None:
    assert len(killed_run(tmp_path, when)) == 3
    store = DirectoryStore(tmp_path)
    with store.lock():
        assert store.sweep(lambda _: False) == (LATER,)
    assert files_in(tmp_path) == {"ingest.lock"}


def test_a_sweep_keeps_what_the_catalogue_knows_of_a_killed_run(tmp_path: Path) -> None:
    names = killed_run(tmp_path, "kept")
    store = DirectoryStore(tmp_path)
    with store.lock():
        store.sweep(names[:2].__contains__)
    assert set(store.names()) == set(names[:2])


def test_a_sweep_never_touches_what_no_killed_run_put_there(tmp_path: Path) -> None:
    """A catalogue restored from an older copy knows few of the files, and all of them matter."""
    store = DirectoryStore(tmp_path)
    with store.lock():
        earlier = ingest(store, b"one", b"two")
    killed_run(tmp_path, "kept")
    with store.lock():
        store.sweep(lambda _: False)
    assert set(store.names()) == set(earlier)


def test_a_sweep_of_a_sound_vault_does_nothing(store: DirectoryStore) -> None:
    assert store.sweep(lambda _: False) == ()
    names = ingest(store, b"one", b"two")
    assert store.sweep(lambda _: False) == ()
    assert set(store.names()) == set(names)


def test_a_journal_cut_short_removes_nothing(store: DirectoryStore, tmp_path: Path) -> None:
    (name,) = ingest(store, b"a call")
    folder = tmp_path / "incoming" / LATER
    folder.mkdir()
    (folder / "names").write_text(name[:40])
    assert store.sweep(lambda _: False) == (LATER,)
    assert store.has(name)


def test_an_error_after_keep_is_left_to_the_next_sweep(store: DirectoryStore) -> None:
    """Only the catalogue knows whether its transaction was committed before the error."""
    with pytest.raises(ZeroDivisionError):
        ingest(store, b"a call", then=lambda: 1 // 0)
    assert len(list(store.names())) == 1
    assert store.sweep(lambda _: False) == (BATCH,)
    assert list(store.names()) == []


def test_a_batch_that_fails_half_moved_takes_back_its_own_and_no_more(
    store: DirectoryStore, tmp_path: Path
) -> None:
    earlier = ingest(store, b"earlier")
    folders = {each: hashlib.sha256(each).hexdigest()[:2] for each in (b"sealed too", b"and too")}
    # One in 256 times the earlier recording, whose key was drawn, has that folder.
    last = next(each for each, folder in folders.items() if folder != earlier[0][:2])
    (tmp_path / "recordings" / folders[last]).write_bytes(b"in the way")
    with store.batch(LATER) as batch:
        for sealed in (store.path(earlier[0]).read_bytes(), b"sealed", last):
            batch.put(io.BytesIO(sealed))
        with pytest.raises(Failed):
            batch.keep()
    assert list(store.names()) == earlier


# A disk that fails


def test_a_full_disk_is_said_and_leaves_things_as_they_were(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    with small_disk(root) as word:
        store = DirectoryStore(root)
        with store.lock():
            before = ingest(store, b"a call")
            with pytest.raises(Failed, match=word):
                ingest(store, *[bytes(100_000)] * 40, batch_id=LATER)
            assert list(store.names()) == before
            assert files_in(root / "incoming") == set()


def test_after_a_full_disk_the_next_ingest_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    with small_disk(root):
        store = DirectoryStore(root)
        with store.lock():
            with pytest.raises(Failed):
                ingest(store, bytes(5 << 20))
            (name,) = ingest(store, b"a call", batch_id=LATER)
            assert list(store.names()) == [name]


def test_a_disk_that_can_only_be_read_is_said(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    with small_disk(root), read_only(root):
        store = DirectoryStore(root)
        with pytest.raises(Failed, match=r"vault's (disk can only be read|folder)"), store.lock():
            pass


WORDS = {
    errno.ENOSPC: "the vault's disk is full",
    errno.EDQUOT: "may keep no more",
    errno.EROFS: "can only be read",
    errno.EACCES: "may not use the vault's folder",
    errno.EIO: "the vault's disk failed",
    errno.ENODEV: "the vault's disk: no such device",
}


@pytest.mark.parametrize(("code", "words"), WORDS.items(), ids=errno.errorcode.get)
def test_what_the_system_says_becomes_our_words_without_a_path(code: int, words: str) -> None:
    with pytest.raises(Failed, match=words) as failed, disk_errors():
        raise OSError(code, "x", "/srv/vault/smith.wav")
    assert "smith" not in failed.value.message + failed.value.hint

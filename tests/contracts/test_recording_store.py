"""What every store of recordings must do, run over each of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from callrec.errors import NotFound, Tampered
from callrec.store.directory import DirectoryStore
from callrec.store.sealing import open_stream
from house import objects
from house.memory_store import MemoryStore
from house.recording_store import RecordingStore
from store.samples import ASSOCIATED, KEY, a_sealer, sealed_bytes

BATCH = "b0" * 16

NOBODYS = "0123456789abcdef" * 4


class Kind(NamedTuple):
    store: RecordingStore
    overwrite: Callable[[str, bytes], object]
    """Change what lies under a name, as somebody with access to the disk could."""


@pytest.fixture(name="kind", params=["directory", "memory", "objects"])
def _kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    if request.param == "memory":
        memory = MemoryStore()
        yield Kind(memory, memory.files.__setitem__)
        return
    if request.param == "objects":
        bucket = objects.new_bucket()
        there = objects.store_at(tmp_path, bucket)
        there.claim()
        with there.lock():
            yield Kind(
                there,
                lambda name, data: objects.ask(
                    "PUT", f"/{bucket}/recordings/{name[:2]}/{name}", data
                ),
            )
        return
    directory = DirectoryStore(tmp_path)
    with directory.lock():
        yield Kind(directory, lambda name, data: directory.path(name).write_bytes(data))


@pytest.fixture(name="store")
def _store(kind: Kind) -> RecordingStore:
    return kind.store


def put(store: RecordingStore, sealed: bytes, batch_id: str = BATCH) -> str:
    with store.batch(batch_id) as batch:
        name = batch.put(io.BytesIO(sealed))
        batch.keep()
    return name


def test_what_is_sealed_and_kept_opens_again(store: RecordingStore) -> None:
    with store.batch(BATCH) as batch:
        sealed = batch.seal(io.BytesIO(b"a call"), a_sealer())
        batch.keep()
    with store.open(sealed.sha256_ciphertext) as file:
        assert b"".join(open_stream(file, KEY, ASSOCIATED)) == b"a call"


def test_what_is_put_keeps_its_bytes_under_their_hash(store: RecordingStore) -> None:
    sealed, facts = sealed_bytes(b"a call")
    assert put(store, sealed) == facts.sha256_ciphertext
    with store.open(facts.sha256_ciphertext) as file:
        assert file.read() == sealed


def test_a_batch_is_in_the_store_when_it_is_kept_and_not_before(store: RecordingStore) -> None:
    with store.batch(BATCH) as batch:
        name = batch.seal(io.BytesIO(b"a call"), a_sealer()).sha256_ciphertext
        assert not store.has(name)
        batch.keep()
        assert store.has(name)


def test_a_batch_that_is_not_kept_leaves_the_store_as_it_was(store: RecordingStore) -> None:
    with store.batch(BATCH) as batch:
        batch.seal(io.BytesIO(b"a call"), a_sealer())
    assert list(store.names()) == []


def test_an_error_before_a_batch_is_kept_leaves_the_store_as_it_was(store: RecordingStore) -> None:
    before = put(store, b"earlier", "b1" * 16)
    with pytest.raises(KeyError), store.batch(BATCH) as batch:
        batch.drop(batch.seal(io.BytesIO(b"a call"), a_sealer()).sha256_original)
    assert list(store.names()) == [before]


def test_what_is_dropped_is_not_kept_and_the_rest_is(store: RecordingStore) -> None:
    with store.batch(BATCH) as batch:
        twice = batch.seal(io.BytesIO(b"the same call again"), a_sealer()).sha256_ciphertext
        once = batch.seal(io.BytesIO(b"a call"), a_sealer()).sha256_ciphertext
        batch.drop(twice)
        batch.keep()
    assert list(store.names()) == [once]


def test_the_same_sealed_bytes_twice_are_one_recording(store: RecordingStore) -> None:
    first = put(store, b"sealed", "b1" * 16)
    assert put(store, b"sealed", "b2" * 16) == first
    assert list(store.names()) == [first]


def test_a_sound_recording_checks(store: RecordingStore) -> None:
    store.check(put(store, b"sealed"))


def test_one_changed_byte_is_found_and_named(kind: Kind) -> None:
    name = put(kind.store, b"sealed")
    kind.overwrite(name, b"seaLed")
    with pytest.raises(Tampered, match=name):
        kind.store.check(name)


@pytest.mark.parametrize("changed", [b"seaLed", b"sea", b""])
def test_what_is_brought_back_takes_the_place_of_what_was_changed(
    kind: Kind, changed: bytes
) -> None:
    name = put(kind.store, b"sealed", "b1" * 16)
    kind.overwrite(name, changed)
    assert put(kind.store, b"sealed", "b2" * 16) == name
    kind.store.check(name)


def test_a_removed_recording_is_gone(store: RecordingStore) -> None:
    name = put(store, b"sealed")
    store.remove(name)
    assert not store.has(name)
    assert list(store.names()) == []


def test_removing_twice_is_removing_once(store: RecordingStore) -> None:
    name = put(store, b"sealed")
    store.remove(name)
    store.remove(name)
    assert not store.has(name)


def test_a_recording_that_is_not_there_is_not_found(store: RecordingStore) -> None:
    for use in (store.open, store.check):
        with pytest.raises(NotFound, match=NOBODYS):
            use(NOBODYS)


NO_NAMES = {
    "a way out of the store": "../../../../etc/passwd",
    "upper case": NOBODYS.upper(),
    "too short": NOBODYS[:-1],
    "a line end after it": NOBODYS + "\n",
    "nothing": "",
}


@pytest.mark.parametrize("name", NO_NAMES.values(), ids=NO_NAMES.keys())
def test_a_name_that_is_no_hash_is_refused(store: RecordingStore, name: str) -> None:
    for use in (store.open, store.check, store.has, store.remove):
        with pytest.raises(Tampered):
            use(name)

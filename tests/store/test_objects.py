"""Recordings in a store that speaks S3: what only such a store does, and what its network does."""

from __future__ import annotations

import io
import os
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callrec.crypto.streaming import SEGMENT_BYTES
from callrec.errors import Failed, Misconfigured, Tampered
from callrec.store import objects as store_objects
from callrec.store.objects import ObjectStore
from callrec.store.sealing import open_seekable
from house import objects
from house.certificates import under_an_authority
from house.objects import ask, new_bucket, overwrite, place_at, store_at, versions
from house.processes import in_a_child
from house.s3_wire import Fault, Wire, wire
from store.samples import ASSOCIATED, KEY, sealed_bytes

NAMED = ("127.0.0.1", "vault-", "recordings/")
"""What no error says: where the store is, the bucket, a key of the store's."""


@pytest.fixture(name="fast", autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_objects, "_WAITS", (0, 0, 0, 0))


@pytest.fixture(name="bucket")
def _bucket(tmp_path: Path) -> str:
    bucket = new_bucket()
    store_at(tmp_path, bucket).claim()
    return bucket


@pytest.fixture(name="at")
def _at() -> Iterator[Wire]:
    with wire() as made:
        yield made


def put(store: ObjectStore, *sealed: bytes, batch: str = "b0" * 16) -> list[str]:
    with store.lock(), store.batch(batch) as coming:
        names = [coming.put(io.BytesIO(each)) for each in sealed]
        coming.keep()
    return names


# --- whose bucket it is ----------------------------------------------------------------------


def test_another_vaults_bucket_is_refused_and_so_is_one_that_is_nobodys(
    bucket: str, tmp_path: Path
) -> None:
    another = store_at(tmp_path, bucket, vault="1e" * 16)
    nobodys = store_at(tmp_path, new_bucket())
    missing = store_at(tmp_path, "vault-nowhere")
    for store, says in (
        (another, "another vault's"),
        (nobodys, "not marked as a vault's"),
        (missing, "there is no bucket"),
    ):
        for use in (store.has, store.open, store.remove, store.check):
            with pytest.raises(Misconfigured, match=says) as refused:
                use("00" * 32)
            assert not any(name in str(refused.value.message) for name in NAMED)
        with pytest.raises(Misconfigured, match=says), store.lock():
            pass
    with pytest.raises(Misconfigured, match="another vault's"):
        another.claim()
    store_at(tmp_path, bucket).claim()


def test_a_bucket_in_which_something_lies_is_not_claimed(tmp_path: Path) -> None:
    bucket = new_bucket()
    ask("PUT", f"/{bucket}/letters", b"of somebody")
    with pytest.raises(Misconfigured, match="not marked as a vault's"):
        store_at(tmp_path, bucket).claim()


def test_a_bucket_that_lost_its_mark_is_marked_again_where_it_has_a_recording_of_ours(
    bucket: str, tmp_path: Path
) -> None:
    (name,) = put(store_at(tmp_path, bucket), b"sealed")
    ask("DELETE", f"/{bucket}/callrec-vault")
    for own in (frozenset[str](), {"00" * 32}):
        with pytest.raises(Misconfigured, match="not marked as a vault's"):
            store_at(tmp_path, bucket).claim(own)
    assert store_at(tmp_path, bucket).claim({name, "00" * 32})
    assert not store_at(tmp_path, bucket).claim({name})
    assert store_at(tmp_path, bucket).has(name)


@pytest.mark.parametrize("mark", [b"1e" * 16, b"rubbish"])
def test_another_mark_is_not_written_over(bucket: str, tmp_path: Path, mark: bytes) -> None:
    (name,) = put(store_at(tmp_path, bucket), b"sealed")
    ask("PUT", f"/{bucket}/callrec-vault", mark)
    with pytest.raises(Misconfigured, match="another vault's") as refused:
        store_at(tmp_path, bucket).claim({name})
    assert "callrec-vault: have that deleted" in refused.value.hint
    assert ask("GET", f"/{bucket}/callrec-vault")[1] == mark


# --- the wire --------------------------------------------------------------------------------

CUTS = (Fault.BUSY, Fault.HALF_ASKED, Fault.UNANSWERED, Fault.HALF_ANSWERED)


@pytest.mark.parametrize("fault", CUTS)
@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD", "POST"])
def test_what_fails_four_times_is_done_the_fifth(
    bucket: str, tmp_path: Path, at: Wire, method: str, fault: Fault
) -> None:
    """Sent is each recording once, whatever became of the answers."""
    store = store_at(tmp_path, bucket, at=at.port)
    at.faults = {method: [fault] * 4}
    (name,) = put(store, b"sealed")
    store.check(name)
    assert [*store.sizes()] == [(name, 6)]
    assert versions(bucket).count(b"<Key>") == 2
    store.remove(name)
    assert not store.has(name)
    assert at.faults == {method: []}


@pytest.mark.parametrize("fault", CUTS)
def test_what_fails_five_times_has_failed_and_the_next_sweep_clears_up(
    bucket: str, tmp_path: Path, at: Wire, fault: Fault
) -> None:
    store = store_at(tmp_path, bucket, at=at.port)
    (before,) = put(store, b"earlier")
    at.faults = {"PUT": [fault] * 15, "POST": [fault] * 5}
    with pytest.raises(Failed, match="cannot be reached, or broke off") as failed:
        put(store, b"one", b"two", b"three", batch="b1" * 16)
    assert not any(name in failed.value.message for name in NAMED)
    at.faults = {}
    with store.lock():
        store.sweep({before}.__contains__)
    assert [*store.names()] == [before]
    assert not [*(tmp_path / "incoming").iterdir()]


def test_what_is_refused_is_not_asked_for_again(bucket: str, tmp_path: Path, at: Wire) -> None:
    store = store_at(tmp_path, bucket, at=at.port)
    (name,) = put(store, b"sealed")
    for method, use in (("HEAD", store.has), ("GET", store.open), ("POST", store.remove)):
        at.faults, at.asked = {method: [Fault.REFUSED]}, []
        with pytest.raises(Misconfigured, match="does not let callrec in"):
            use(name)
        assert at.asked.count(method) == 1


def test_a_store_that_is_away_is_said_to_be_so(bucket: str, tmp_path: Path) -> None:
    with wire() as ended:
        pass
    store = store_at(tmp_path, bucket, at=ended.port)
    for use in (store.has, store.open):
        with pytest.raises(Failed, match="cannot be reached"):
            use("00" * 32)


def test_by_tls_the_store_shows_who_it_is(bucket: str, tmp_path: Path) -> None:
    authority = under_an_authority(tmp_path, "localhost", since=datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")
    with wire(context) as made:
        place = place_at(bucket)
        over = replace(place, endpoint=f"https://localhost:{made.port}")
        with pytest.raises(Failed, match="cannot be reached"):
            ObjectStore(tmp_path, objects.VAULT, over).has("00" * 32)
        trusting = ObjectStore(tmp_path, objects.VAULT, replace(over, ca_file=authority))
        assert not trusting.has("00" * 32)
        assert trusting.locked_until("00" * 32) is None


# --- what lies there -------------------------------------------------------------------------


def test_another_file_under_a_name_is_found_when_it_is_sent(bucket: str, tmp_path: Path) -> None:
    store = store_at(tmp_path, bucket)
    sealed, facts = sealed_bytes(b"a call")
    overwrite(bucket, facts.sha256_ciphertext, b"another")
    (tmp_path / "part").write_bytes(sealed)
    with pytest.raises(Tampered, match=facts.sha256_ciphertext):
        store.send(facts.sha256_ciphertext, tmp_path / "part")


@pytest.mark.parametrize("to", [b"", b"x"])
def test_what_was_cut_short_is_tampered_with(bucket: str, tmp_path: Path, to: bytes) -> None:
    store = store_at(tmp_path, bucket)
    (name,) = put(store, b"sealed")
    overwrite(bucket, name, to)
    with pytest.raises(Tampered, match=name):
        store.check(name)


def test_any_part_is_read_by_ranges(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Wire
) -> None:
    monkeypatch.setattr(store_objects, "RANGE_BYTES", SEGMENT_BYTES // 2)
    size = 8 * SEGMENT_BYTES
    original = os.urandom(size)
    sealed, _ = sealed_bytes(original)
    (name,) = put(store_at(tmp_path, bucket), sealed)
    store = store_at(tmp_path, bucket, at=at.port)
    with store.open(name) as file, open_seekable(file, KEY, ASSOCIATED) as opened:
        for place in (size - 1000, 0, size // 2, 70_000, size - 1, size):
            opened.seek(place)
            assert opened.read(1000) == original[place : place + 1000]
    at.asked = []
    with store.open(name) as file, open_seekable(file, KEY, ASSOCIATED) as opened:
        opened.seek(size // 2)
        assert opened.read(1) == original[size // 2 :][:1]
    assert at.asked.count("GET") < size // store_objects.RANGE_BYTES
    store.check(name)


def test_every_name_is_listed_page_after_page(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_objects, "_LISTED", 2)
    store = store_at(tmp_path, bucket)
    names = put(store, *(str(each).encode() for each in range(5)))
    assert sorted(store.names()) == sorted(names)


@pytest.mark.parametrize("at_a_time", [1, 2, 1000])
def test_whatever_somebody_puts_among_them_every_recording_is_listed_and_the_listing_ends(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(store_objects, "_LISTED", at_a_time)
    store = store_at(tmp_path, bucket)
    names = put(store, *(str(each).encode() for each in range(3)))
    foreign = ["\ufffex", "\uffff", "ab/a\nb", "ab/a\rb", "ab/%2e%2e", 'ab/"&<x> \x1b\u202e', "x+y"]
    foreign.append(f"00/{names[0][2:]}00")
    for each in foreign:
        assert ask("PUT", f"/{bucket}/recordings/{each}", b"x")[0] == 200
    assert {*store.names()} == {*names, *(f"recordings/{each}" for each in foreign)}
    assert len([*store.sizes()]) == len(names) + len(foreign)


def test_a_listing_that_does_not_get_on_is_ended_and_where_is_said(
    bucket: str, tmp_path: Path, at: Wire
) -> None:
    store = store_at(tmp_path, bucket, at=at.port)
    put(store, b"sealed")
    at.faults = {"GET": [Fault.STUCK] * 2}
    with pytest.raises(Failed, match="again and again what comes after 'recordings/%EF%BF%BDx'"):
        [*store.names()]


def test_what_is_locked_is_taken_out_and_kept_until_its_day(tmp_path: Path) -> None:
    bucket = new_bucket(locked_days=3)
    store = store_at(tmp_path, bucket)
    store.claim()
    (name,) = put(store, b"sealed")
    until = store.locked_until(name)
    assert until is not None
    assert timedelta(days=2) < until - datetime.now(UTC) <= timedelta(days=3)
    store.remove(name)
    assert not store.has(name)
    assert b"<DeleteMarker>" in versions(bucket)
    assert versions(bucket).count(name.encode()) == 2


def test_where_the_store_does_not_let_go_of_it_the_day_is_said(tmp_path: Path, at: Wire) -> None:
    bucket = new_bucket(locked_days=3)
    store = store_at(tmp_path, bucket, at=at.port)
    store.claim()
    (name,) = put(store, b"sealed")
    at.faults = {"POST": [Fault.REFUSED]}
    with pytest.raises(Failed, match=r"nobody delete .* before \d{4}-"):
        store.remove(name)
    assert store.has(name)


# --- batches ---------------------------------------------------------------------------------


def test_what_a_killed_run_sent_is_swept_by_the_machine_that_sent_it(
    bucket: str, tmp_path: Path
) -> None:
    killed, other = store_at(tmp_path / "one", bucket), store_at(tmp_path / "other", bucket)
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()

    def dies(batch_id: str, sealed: bytes) -> str:
        with killed.batch(batch_id) as batch:
            name = batch.put(io.BytesIO(sealed))
            batch.keep()
            raise KeyError(name)

    with killed.lock():
        for batch_id, sealed in (("b1" * 16, b"known"), ("b2" * 16, b"unknown")):
            with pytest.raises(KeyError):
                dies(batch_id, sealed)
    both = {*other.names()}
    with other.lock():
        assert other.sweep(lambda _: False) == ()
    assert {*other.names()} == both
    (known,) = (name for name in both if killed.open(name).read() == b"known")
    with killed.lock():
        assert len(killed.sweep({known}.__contains__)) == 2
    assert [*killed.names()] == [known]


def test_what_was_there_before_a_batch_that_fails_is_there_after_it(
    bucket: str, tmp_path: Path, at: Wire
) -> None:
    store = store_at(tmp_path, bucket, at=at.port)
    names = put(store, b"sealed")
    at.faults = {"PUT": [Fault.BUSY] * 10}
    with pytest.raises(Failed):
        put(store, b"sealed", b"new", batch="b1" * 16)
    assert [*store.names()] == names


# --- this machine ----------------------------------------------------------------------------


def test_the_environment_says_nothing_of_the_store(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("AWS_SKIP_SIGNATURE", "true"),
        ("AWS_SESSION_TOKEN", "of another"),
        ("AWS_ACCESS_KEY_ID", "another"),
        ("AWS_ENDPOINT", "http://127.0.0.1:1"),
    ):
        monkeypatch.setenv(name, value)
    assert not store_at(tmp_path, bucket).has("00" * 32)


@pytest.mark.parametrize("says", ["", "[default]\n", "[other]\naws_access_key_id = x\n", "\xff"])
def test_a_credential_is_whole_and_ours_alone(bucket: str, tmp_path: Path, says: str) -> None:
    file = tmp_path / "credential"
    file.touch(mode=0o600)
    file.write_text(says, encoding="latin-1")
    place = replace(place_at(bucket), credential_file=file)
    with pytest.raises(Misconfigured, match="no key for the object store"):
        ObjectStore(tmp_path, objects.VAULT, place).has("00" * 32)
    file.chmod(file.stat().st_mode | stat.S_IROTH)
    with pytest.raises(Misconfigured, match="others can read"):
        ObjectStore(tmp_path, objects.VAULT, place).has("00" * 32)


def test_in_a_process_that_was_forked_it_fails_and_does_not_hang(
    bucket: str, tmp_path: Path
) -> None:
    assert not store_at(tmp_path, bucket).has("00" * 32)
    child = in_a_child(lambda: store_at(tmp_path, bucket).has("00" * 32))
    assert "threads are in the process" in child.failure


def test_a_folder_loads_no_client_of_a_store(tmp_path: Path) -> None:
    program = "import sys; from callrec.practice import store_of; from callrec.config import Config"
    program += "; [*store_of(Config(), '0f' * 16).names()]; print(*sys.modules)"
    words = [sys.executable, "-c", program]
    given = {**os.environ, "HOME": str(tmp_path)}
    loaded = subprocess.run(words, check=True, capture_output=True, text=True, env=given).stdout
    assert "callrec.store.directory" in loaded.split()
    assert {"obstore", "callrec.store.objects"}.isdisjoint(loaded.split())

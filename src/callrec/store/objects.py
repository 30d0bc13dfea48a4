"""Sealed recordings in a bucket of a store that speaks S3, and a batch on its way there.

    callrec-vault             the marker: the id of the vault whose recordings these are
    recordings/<xx>/<name>    as in a folder

A batch is sealed on this machine's disk, with its journal, as `directory` has it. `keep` sends it,
and the catalogue's transaction comes after that. What a killed run sent, and the catalogue does not
know, the next run on the same machine takes away, by the journal.

Each request is made five times at the most. That is safe for sending as well, whose first answer
may be lost on the way: the name is the hash, so that what has it already is what was sent. Nothing
that the store says is repeated: it names places and keys.

Nothing here is imported but where a bucket is configured.
"""

from __future__ import annotations

import configparser
import os
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from http.client import HTTPException
from io import BufferedReader, RawIOBase
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Final, Literal, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from callrec.errors import Failed, Misconfigured, NotFound, Tampered, Unchecked
from callrec.store.directory import RECORDINGS, DirectoryBatch, DirectoryStore, check_name
from callrec.store.sealing import Buffers
from callrec.system.files import disk_errors, read_private

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from obstore.store import ClientConfig, S3Credential

MARKER: Final = "callrec-vault"
"""The object that says whose bucket it is."""

AT_ONCE: Final = 8
"""Recordings that are sent together. Each is in memory meanwhile: a batch has 256 MB at the most,
or one recording."""

RANGE_BYTES: Final = 4 << 20
"""4 MiB, which are fetched together. Most calls are shorter."""

_LISTED: Final = 1000
"""Names that a store lists at a time."""

_WAITS: Final = (0.1, 0.3, 1.0, 2.0)
"""Seconds between attempts."""

_LOCKED_UNTIL: Final = "x-amz-object-lock-retain-until-date"

_OUT_OF_RANGE: Final = " 416 "
"""In an error: the object is shorter than what was asked of it."""

_T = TypeVar("_T")

_used_by: set[int] = set()
"""The process that the client's threads are in, once there are some."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is, and who goes there."""

    bucket: str
    endpoint: str
    """``https://host:port``; empty: Amazon's, of the region."""
    region: str
    credential_file: Path
    """As Amazon's own command line keeps it."""
    ca_file: Path | None
    """Certificates that are trusted besides this machine's, PEM."""
    path_style: bool
    """Whether the bucket is named in the path of an address, or as a host."""


class ObjectStore(DirectoryStore):
    """As `DirectoryStore`, whose folder it has for its lock and for batches on their way.

    Every method raises Misconfigured where the bucket is not there, another vault's or closed to
    us, and Failed where the store cannot be reached.
    """

    def __init__(self, root: Path, vault: str, place: Place) -> None:
        """Nothing is asked of the store before a recording is."""
        super().__init__(root)
        self._vault, self._place = vault, place
        self._is_ours = False

    def path(self, name: str) -> Path:
        raise RuntimeError(f"{name} is in a bucket: it has no path")

    def source(self, name: str) -> Stored:
        return Stored(self, name)

    def open(self, name: str, *, anew: bool = False) -> BufferedReader:
        """The sealed bytes, from the first, and seekable; ``anew`` is how they always are read."""
        del anew
        return BufferedReader(_Ranges(self, name))

    def fetch(self, name: str, start: int) -> tuple[bytes, int]:
        """4 MiB from a byte on, or what there is of them, and how many bytes there are in all."""

        def get(client: S3Store) -> tuple[bytes, int]:
            wanted = (start, start + RANGE_BYTES)
            found = obstore.get(client, _key(name), options={"range": wanted})
            return found.bytes().to_bytes(), found.meta["size"]

        return self._ask(get, name)

    def size(self, name: str) -> int:
        """Bytes of a sealed recording."""
        return self._ask(lambda client: obstore.head(client, _key(name))["size"], name)

    def has(self, name: str) -> bool:
        try:
            self.size(name)
        except NotFound:
            return False
        return True

    def send(self, name: str, part: Path, *, anew: bool = False) -> None:
        """Put a sealed recording there; the store compares the SHA-256 of what came.

        ``anew``: in the place of what has its name, which is damaged.

        Raises:
            Tampered: something else has its name.
        """
        mode: Literal["create", "overwrite"] = "overwrite" if anew else "create"

        def put(client: S3Store) -> None:
            try:
                obstore.put(client, _key(name), part, mode=mode, use_multipart=False)
            except AlreadyExistsError:
                if obstore.head(client, _key(name))["size"] != part.stat().st_size:
                    raise _another(name) from None

        self._ask(put, client=self._sender)

    def remove(self, name: str) -> None:
        """Take a sealed recording out. A bucket with versions keeps it for a while, unnamed."""
        super().remove(name)  # from the folder, which has it yet where all were moved from there
        try:
            self._ask(lambda client: obstore.delete(client, _key(name)))
        except (Failed, Misconfigured):
            until = self.locked_until(name)
            if until is None:
                raise
            raise Failed(
                f"the object store lets nobody delete a recording's file before {until:%Y-%m-%d}",
                hint="run the same command again after that day",
            ) from None

    def locked_until(self, name: str) -> datetime | None:
        """Until when the store keeps a recording whatever it is told (Object Lock).

        None: it does not, or has none of that name.
        """
        said = self._headers(_key(name))
        until = said.get(_LOCKED_UNTIL) if said else None
        return datetime.fromisoformat(until) if until else None

    def locked_days(self, name: str | None) -> int:
        """For how many days from when it came; None: of the marker, where there is no recording.

        Raises:
            Unchecked: the store does not say.
        """
        said = self._headers(_key(name) if name else MARKER)
        if said is None:
            raise Unchecked("the object store does not say for how long it keeps what comes")
        until, came = said.get(_LOCKED_UNTIL), parsedate_to_datetime(said["Last-Modified"])
        return round((datetime.fromisoformat(until) - came) / timedelta(days=1)) if until else 0

    def _headers(self, key: str) -> Message | None:
        """What the store says of an object; None: there is none, or nobody tells us."""

        def ask(client: S3Store) -> Message | None:
            # The client tells nothing of locks: it signs the question.
            url = obstore.sign(client, "HEAD", key, timedelta(minutes=1))
            question = Request(url, method="HEAD")  # noqa: S310 - of the endpoint, as configured
            try:
                with urlopen(question, timeout=30, context=self._trusted) as answer:  # noqa: S310
                    headers: Message = answer.headers
                    return headers
            except HTTPError:
                return None

        return self._ask(ask)

    def names(self) -> Iterator[str]:
        return (name for name, _ in self.sizes())

    def sizes(self) -> Iterator[tuple[str, int]]:
        after = None
        while some := self._ask(partial(_list_after, RECORDINGS, after)):
            yield from ((key.rpartition("/")[2], size) for key, size in some)
            after, _ = some[-1]

    def claim(self) -> None:
        """Mark an empty bucket as this vault's; one that is already stays as it is."""

        def mark(client: S3Store) -> None:
            if not _list_after(None, None, client):
                with suppress(AlreadyExistsError):  # another machine was first
                    marker = self._vault.encode()
                    obstore.put(client, MARKER, marker, mode="create", use_multipart=False)

        self._request(mark)
        self.check_open()

    def close_for_good(self) -> None:
        self._ask(lambda client: obstore.delete(client, MARKER))

    def check_open(self) -> None:
        """A bucket that is not there answers as one without the object does."""

        def get(client: S3Store) -> bytes:
            return obstore.get(client, MARKER).bytes().to_bytes()

        if self._request(get) != self._vault.encode():
            raise Misconfigured(
                "the bucket that the configuration names has another vault's recordings",
                hint='each vault has a bucket of its own: see "recordings" in the configuration',
            )
        self._is_ours = True

    def _begin(self, batch_id: str) -> ObjectBatch:
        return ObjectBatch(self._root, batch_id, self._buffers, self)

    def _take_back(self, name: str) -> None:
        self.remove(name)

    def _ask(
        self, act: Callable[[S3Store], _T], name: str = "", client: S3Store | None = None
    ) -> _T:
        """Have something done in the bucket, once it is known to be ours.

        Raises:
            NotFound: there is no recording of that name.
        """
        if not self._is_ours:
            self.check_open()
        return self._request(act, name, client)

    def _request(
        self, act: Callable[[S3Store], _T], name: str = "", client: S3Store | None = None
    ) -> _T:
        for wait in (*_WAITS, 0):
            try:
                return act(client or self._client)
            except FileNotFoundError:
                if name:
                    raise NotFound(f"the vault holds no file {name}") from None
                raise Misconfigured(
                    "there is no bucket where the configuration says, or no vault's recordings"
                    " in it",
                    hint="callrec practice migrate --to s3://BUCKET makes one a vault's"
                    " (docs/network.md)",
                ) from None
            except (PermissionDeniedError, UnauthenticatedError):
                raise Misconfigured(
                    "the object store does not let callrec in, or not do this",
                    hint="docs/network.md has what a credential of callrec's needs",
                ) from None
            except (BaseError, HTTPException, OSError) as error:
                if _OUT_OF_RANGE in str(error):
                    raise _another(name) from None
                sleep(wait)
        raise Failed(
            "the object store cannot be reached, or broke off",
            hint="see that it runs and is reached from here, and run the same command again",
        )

    @cached_property
    def _client(self) -> S3Store:
        return _client(self._place, "30s")

    @cached_property
    def _sender(self) -> S3Store:
        return _client(self._place, "10min")

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._place.ca_file:
            context.load_verify_locations(self._place.ca_file)
        return context


class ObjectBatch(DirectoryBatch):
    """Recordings that come in together, on this machine's disk until they are sent."""

    def __init__(self, root: Path, batch_id: str, buffers: Buffers, store: ObjectStore) -> None:
        super().__init__(root, batch_id, buffers, store.remove)
        self._store = store

    def keep(self) -> None:
        """Send the batch, which stays unnamed until the catalogue names it."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            names = new = list(self.parts)
            if self._brings_back:  # fresh recordings have names that nothing ever had
                there = threads.map(self._store.has, names)
                new = [name for name, is_there in zip(names, there, strict=True) if not is_there]
            with disk_errors():
                self._write_journal(new)
            for _ in threads.map(self._send, names):
                pass
        self._kept = True

    def _send(self, name: str) -> None:
        with disk_errors():
            self._store.send(name, Path(self.parts[name]), anew=self._brings_back)


@dataclass(frozen=True, slots=True)
class Stored:
    """A sealed recording in a bucket, as it is copied to a drive."""

    store: ObjectStore
    name: str

    def size(self) -> int:
        return self.store.size(self.name)

    def open(self) -> BufferedReader:
        return self.store.open(self.name)


class _Ranges(RawIOBase):
    """The sealed bytes of a recording, fetched as they are asked for."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store, self._name = store, name
        self._at = self._start = 0
        self._held, self._size = store.fetch(name, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, begin + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._at >= self._size:
            return 0
        if not self._start <= self._at < self._start + len(self._held):
            self._held, _ = self._store.fetch(self._name, self._at)
            self._start = self._at
        wanted = memoryview(buffer).cast("B")
        piece = self._held[self._at - self._start :][: len(wanted)]
        wanted[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _key(name: str) -> str:
    check_name(name)
    return f"{RECORDINGS}/{name[:2]}/{name}"


def _list_after(folder: str | None, after: str | None, client: S3Store) -> list[tuple[str, int]]:
    """Some keys of a folder in their order, after one, each with how many bytes it has."""
    some = next(obstore.list(client, folder, offset=after, chunk_size=_LISTED), ())
    return [(each["path"], each["size"]) for each in some]


def _another(name: str) -> Tampered:
    return Tampered(f"the recording's file {name} is not what its name says")


def _client(place: Place, timeout: str) -> S3Store:
    """A client of the bucket, whatever this machine's environment says of Amazon's own."""
    if _used_by and os.getpid() not in _used_by:
        raise RuntimeError("the client's threads are in the process that this one was forked from")
    _used_by.add(os.getpid())
    endpoint = urlsplit(place.endpoint or f"https://s3.{place.region}.amazonaws.com")
    host = endpoint.netloc if place.path_style else f"{place.bucket}.{endpoint.netloc}"
    options: ClientConfig = {
        "allow_http": endpoint.scheme == "http",
        "allow_invalid_certificates": False,
        "timeout": timeout,
    }
    if place.ca_file:
        options["root_certificate"] = place.ca_file.read_bytes()
    credential = _credential(place.credential_file)
    return S3Store(
        place.bucket,
        endpoint=f"{endpoint.scheme}://{host}",
        region=place.region,
        virtual_hosted_style_request=not place.path_style,
        checksum_algorithm="SHA256",
        skip_signature=False,
        unsigned_payload=False,
        credential_provider=lambda: credential,
        retry_config={"max_retries": 0},
        client_options=options,
    )


def _credential(file: Path) -> S3Credential:
    """A key as Amazon's own command line keeps it: of ``[default]``, its id and its secret."""
    read = configparser.RawConfigParser()
    try:
        read.read_string(read_private(file).decode())
        key = read["default"]
        return {
            "access_key_id": key["aws_access_key_id"],
            "secret_access_key": key["aws_secret_access_key"],
            "token": None,
            "expires_at": None,
        }
    except (configparser.Error, KeyError, UnicodeDecodeError):
        raise Misconfigured(
            f'"{file}" has no key for the object store in it',
            hint="a line [default], then aws_access_key_id = ... and aws_secret_access_key = ...",
        ) from None

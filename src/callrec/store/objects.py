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
import hashlib
import hmac
import os
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from io import BufferedReader
from itertools import chain
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, unquote_plus, urlsplit
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from callrec.dataclass import dataclass
from callrec.errors import Failed, Misconfigured, NotFound, Tampered, Unchecked
from callrec.store.directory import RECORDINGS, DirectoryBatch, DirectoryStore, check_name, is_name
from callrec.store.sealing import Buffers, Seekable
from callrec.system.files import disk_errors
from callrec.system.rights import read_private

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

_VERSION: Final = "x-amz-version-id"
"""Said of an object where the bucket keeps versions, or did once."""

_OUT_OF_RANGE: Final = " 416 "
"""In an error: the object is shorter than what was asked of it."""

_T = TypeVar("_T")

_Page: TypeAlias = tuple[Sequence[tuple[str, int]], bool]
"""Keys, each with how many bytes it has, and whether there are more."""

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

    def kept(self, name: str | None) -> tuple[int, bool]:
        """What keeps a recording that is removed; None: the marker, where there is no recording.

        Returns:
            For how many days from when it came it is locked, and whether versions are kept.

        Raises:
            Unchecked: the store does not say.
        """
        said = self._headers(_key(name) if name else MARKER)
        if said is None:
            raise Unchecked("the object store does not say for how long it keeps what comes")
        until, came = said.get(_LOCKED_UNTIL), parsedate_to_datetime(said["Last-Modified"])
        locked = (datetime.fromisoformat(until) - came) / timedelta(days=1) if until else 0
        return round(locked), _VERSION in said

    def _headers(self, key: str) -> Message | None:
        """What the store says of an object; None: there is none, or nobody tells us."""

        def ask(_: S3Store) -> Message | None:
            try:
                with self._open("HEAD", key) as answer:
                    return answer.headers
            except HTTPError:
                return None

        return self._ask(ask)

    def _open(self, method: str, key: str = "", **query: str) -> HTTPResponse:
        """The answer to what the client cannot ask: of locks, and of names that it cannot read."""
        question = _signed(self._place, method, key, query)
        answer: HTTPResponse = urlopen(question, timeout=30, context=self._trusted)  # noqa: S310
        return answer

    def names(self) -> Iterator[str]:
        return (name for name, _ in self.sizes())

    def sizes(self) -> Iterator[tuple[str, int]]:
        """As of a folder. What callrec does not write there has its whole key for a name."""
        return ((_name(key), size) for key, size in self._listed(self._ask, f"{RECORDINGS}/"))

    def _listed(self, ask: Callable[..., _Page], folder: str = "") -> Iterator[tuple[str, int]]:
        """Each key, as it is, in the store's order, and how many bytes it has."""
        after, more = "", True
        while more:
            some, more = ask(partial(self._page, folder, after))
            yield from some
            before, after = after, some[-1][0] if some else after
            if more and before == after:
                raise Failed(
                    f"the object store lists again and again what comes after {quote(after)!r}",
                    hint="ask the person who runs it; callrec writes no names but"
                    f" {RECORDINGS}/<two digits>/<64 digits>, of 0-9 and a-f",
                )

    def _page(self, folder: str, after: str, _: S3Store) -> _Page:
        """Some keys after one, and whether there are more."""
        query = {"list-type": "2", "max-keys": str(_LISTED), "encoding-type": "url"}
        query |= {"start-after": after} if after else {}
        try:
            with self._open("GET", prefix=folder, **query) as answer:
                listed = ET.fromstring(answer.read())  # noqa: S314 - expat bounds what it expands
        except HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                raise FileNotFoundError from None
            if error.code == HTTPStatus.FORBIDDEN:
                raise PermissionDeniedError from None
            raise
        some = [
            (unquote_plus(each.findtext("{*}Key", "")), int(each.findtext("{*}Size", "0")))
            for each in listed.iterfind("{*}Contents")
        ]
        return some, listed.findtext("{*}IsTruncated") == "true"

    def claim(self, own: AbstractSet[str] = frozenset()) -> bool:
        """Mark a bucket as this vault's, if it is empty, or has lost its mark and has ``own``.

        One recording is enough, as its name is the hash of what only this vault sealed.

        Returns:
            Whether it was marked now: one that is this vault's already stays as it is.
        """

        def mark(client: S3Store) -> bool:
            with suppress(AlreadyExistsError):  # it is marked; or another machine was first
                marker = self._vault.encode()
                obstore.put(client, MARKER, marker, mode="create", use_multipart=False)
                return True
            return False

        keys = (key for key, _ in self._listed(self._request))
        first = next(keys, None)
        is_free = first is None or (own and any(_name(key) in own for key in chain([first], keys)))
        marked = bool(is_free) and self._request(mark)
        self.check_open()
        return marked

    def close_for_good(self) -> None:
        self._ask(lambda client: obstore.delete(client, MARKER))

    def check_open(self) -> None:
        """A bucket that is not there answers as one without the object does."""

        def get(client: S3Store) -> bytes:
            return obstore.get(client, MARKER).bytes().to_bytes()

        if self._request(get) != self._vault.encode():
            raise Misconfigured(
                "the bucket that the configuration names has another vault's recordings",
                hint='each vault has a bucket of its own: see "recordings" in the configuration.'
                f" If that is this vault's, somebody changed its object {MARKER}: have that deleted"
                " there; then callrec practice migrate --to s3://BUCKET",
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
                    "there is no bucket where the configuration says, or it is not marked as a"
                    " vault's",
                    hint="callrec practice migrate --to s3://BUCKET marks one that is empty or has"
                    " this vault's recordings (docs/network.md)",
                ) from None
            except (PermissionDeniedError, UnauthenticatedError):
                raise Misconfigured(
                    "the object store does not let callrec in, or not do this",
                    hint="docs/network.md has what a credential of callrec's needs",
                ) from None
            except (BaseError, HTTPException, OSError, ET.ParseError) as error:
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


class _Ranges(Seekable):
    """The sealed bytes of a recording, fetched as they are asked for."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store, self._name = store, name
        self._start = 0
        self._held, self._size = store.fetch(name, 0)

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


def _name(key: str) -> str:
    """Whose key that is; of one that is no recording's, the key."""
    name = key.rpartition("/")[2]
    return name if is_name(name) and key == _key(name) else key


def _another(name: str) -> Tampered:
    return Tampered(f"the recording's file {name} is not what its name says")


def _client(place: Place, timeout: str) -> S3Store:
    """A client of the bucket, whatever this machine's environment says of Amazon's own."""
    if _used_by and os.getpid() not in _used_by:
        raise RuntimeError("the client's threads are in the process that this one was forked from")
    _used_by.add(os.getpid())
    scheme, host = _address(place)
    options: ClientConfig = {
        "allow_http": scheme == "http",
        "allow_invalid_certificates": False,
        "timeout": timeout,
    }
    if place.ca_file:
        options["root_certificate"] = place.ca_file.read_bytes()
    credential = _credential(place.credential_file)
    return S3Store(
        place.bucket,
        endpoint=f"{scheme}://{host}",
        region=place.region,
        virtual_hosted_style_request=not place.path_style,
        checksum_algorithm="SHA256",
        skip_signature=False,
        unsigned_payload=False,
        credential_provider=lambda: credential,
        retry_config={"max_retries": 0},
        client_options=options,
    )


def _address(place: Place) -> tuple[str, str]:
    """Scheme and host."""
    endpoint = urlsplit(place.endpoint or f"https://s3.{place.region}.amazonaws.com")
    own = "" if place.path_style else f"{place.bucket}."
    return endpoint.scheme, f"{own}{endpoint.netloc}"


def _signed(place: Place, method: str, key: str, query: Mapping[str, str]) -> Request:
    """A question with an empty body, signed (AWS Signature Version 4)."""
    scheme, host = _address(place)
    path = f"/{place.bucket}/{key}".rstrip("/") if place.path_style else f"/{key}"
    asked = "&".join(f"{name}={quote(query[name], safe='')}" for name in sorted(query))
    now, empty = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", hashlib.sha256().hexdigest()
    headers = {"host": host, "x-amz-content-sha256": empty, "x-amz-date": now}
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    whole = "\n".join([method, path, asked, *lines, "", names, empty])
    scope = f"{now[:8]}/{place.region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(whole.encode()).hexdigest()}"
    credential = _credential(place.credential_file)
    signing = f"AWS4{credential['secret_access_key']}".encode()
    for part in (*scope.split("/"), text):
        signing = hmac.digest(signing, part.encode(), "sha256")
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential['access_key_id']}/{scope},"
        f" SignedHeaders={names}, Signature={signing.hex()}"
    )
    return Request(f"{scheme}://{host}{path}?{asked}", method=method, headers=headers)  # noqa: S310


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

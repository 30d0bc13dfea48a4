"""The recorder's word on a file: what lies beside it, read and held against the file's own bytes.

A word that is wrong is a file that is not the one that its telephone system made: it is left where
it is. One that cannot be checked, or is by a key that the practice has not named, is kept and said
to be that (docs/formats/recorder.md). Signatures are checked by the lines that go out with each
release (package/callrec_verify.py), so that others find what was found here.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, TypeAlias, cast

from callrec.crypto.openssh import read_allowed_signers
from callrec.dataclass import replace
from callrec.errors import Unusable
from callrec.intake.reading import Opened, Undescribed, Unreadable, Unvouched, WrongChecksum
from callrec.intake.sources import Mark, Source, read_error_text
from callrec.package.callrec_verify import (
    NoOpenssl,
    Unchecked,
    Wrong,
    check_openpgp,
    check_ssh,
    check_stamp_of,
    read_ssh_signature,
    read_stamp,
    unarmoured,
)
from callrec.settings import Settings
from callrec.system.files import open_to_read
from callrec.system.paths import plain_file
from callrec.telephone.call import Call, System
from callrec.telephone.recorder import NamedKey, Recorder, Standing, Word, WordKind, WordOrigin
from callrec.telephone.sums import MAX_SUMS_BYTES, SumKind, read_own_sum, read_sums

SIGNATURE_SUFFIXES: Final = (".sig", ".asc")

STAMP_SUFFIX: Final = ".tsr"
"""Behind the name of the signature that it stamps."""

_SUMS: Final = {f".{kind}": kind for kind in SumKind}
"""Kinds of checksum by the suffixes of their files."""

_LISTS: Final = tuple(kind.list_name for kind in SumKind)

_LARGEST: Final = 64 * 1024
"""Bytes of a signature, a stamp, or a recording's own checksum."""

_SSH: Final = b"-----BEGIN SSH SIGNATURE-----"

_CLOCKS_ARE_WRONG_BY: Final = timedelta(days=1)
"""Less than this, as where the same sound is of an erased call (`alike`)."""

UNVOUCHED: Final = "no key that the practice has named has signed it"


def recorder_of(settings: Settings, now: datetime) -> Recorder:
    """Whose word counts at this practice."""
    stated, zone = settings.recorder, settings.time_zone
    ssh = (
        NamedKey(
            each.name, WordKind.OPENSSH, each.fingerprint, each.namespaces, each.since, each.until
        )
        for each in read_allowed_signers(stated.allowed_signers)
    )
    pgp = (
        NamedKey(
            each.name,
            WordKind.OPENPGP,
            each.fingerprint,
            until=datetime.combine(each.retired, time(), zone) if each.retired else None,
        )
        for each in stated.openpgp
    )
    return Recorder(
        (*ssh, *pgp),
        b"".join(unarmoured(each.certificate.encode()) for each in stated.openpgp),
        settings.timestamp.certificates.encode(),
        stated.required,
        now,
    )


class _Beside(NamedTuple):
    """A file beside a recording, as it was when it was read."""

    suffix: str
    data: bytes
    mark: Mark
    stamp: _Beside | None = None
    """Of a signature, its time stamp."""


_Sum: TypeAlias = tuple[SumKind, str, WordOrigin, str]
"""A checksum: its kind, itself, where it stood, and that in words."""


class Said(NamedTuple):
    """What is said of a recording beforehand; nothing of it was checked."""

    sums: tuple[_Sum, ...] = ()
    signatures: tuple[_Beside, ...] = ()
    files: tuple[tuple[Path, Mark], ...] = ()
    """Those that are of this recording alone."""

    @property
    def has_md5(self) -> bool:
        return any(kind is SumKind.MD5 for kind, *_ in self.sums)

    def check(
        self, opened: Opened, digest: str, md5: str, call: Call, recorder: Recorder
    ) -> tuple[Word, ...]:
        """Hold it against what was read.

        Args:
            opened: the file.
            digest: its SHA-256, in hex.
            md5: likewise; empty: nothing said one.
            call: the call that it is of.
            recorder: whose word counts.

        Raises:
            WrongChecksum: it is not the file that is meant.
            Unvouched: its telephone system should have signed it.
        """
        words = []
        for kind, value, origin, where in self.sums:
            if value != (md5 if kind is SumKind.MD5 else digest):
                raise WrongChecksum(f"its {kind.in_words} is not the one that {where}")
            words.append(Word(WordKind(kind.value), origin, value))
        words += [_signature(each, opened, digest, call, recorder) for each in self.signatures]
        is_owed = recorder.is_required and opened.source.member is None
        if is_owed and not any(word.vouches for word in words):
            raise Unvouched(UNVOUCHED)
        return tuple(words)


def what_is_said(source: Source, call: Call) -> Said:
    """What a recording's description, a list, and the files beside it say of its bytes.

    Raises:
        Undescribed, WrongChecksum: a file beside it cannot be what it is called.
    """
    origin, where = WordOrigin.DESCRIPTION, "its telephone system has on record"
    if call.system is System.EXPORT:
        origin, where = WordOrigin.LIST, "the list has"
    sums = [(k, call.said[k].lower(), origin, where) for k in _SUMS.values() if call.said.get(k)]
    if source.member is not None:
        return Said(tuple(sums))
    path = str(source.path)  # of most files nothing lies beside them: a Path each would cost more
    folder, name = os.path.split(path)
    alone = map(path.__add__, (*SIGNATURE_SUFFIXES, *_SUMS))
    if not any(map(plain_file, (*alone, *map(f"{folder}/".__add__, _LISTS)))):
        return Said(tuple(sums))
    signatures = tuple(
        each._replace(stamp=_read(path, suffix + STAMP_SUFFIX))
        for suffix in SIGNATURE_SUFFIXES
        if (each := _read(path, suffix))
    )
    own = [each for suffix in _SUMS if (each := _read(path, suffix))]
    sums += [_own_sum(name, each) for each in own]
    sums += [each for kind in SumKind for each in _listed(folder, name, kind)]
    stamps = [each.stamp for each in signatures if each.stamp]
    files = [(Path(path + each.suffix), each.mark) for each in (*own, *signatures, *stamps)]
    return Said(tuple(sums), signatures, tuple(files))


def _own_sum(name: str, beside: _Beside) -> _Sum:
    kind = _SUMS[beside.suffix]
    try:
        value = read_own_sum(beside.data, kind, name)
    except Unusable as problem:
        raise WrongChecksum(problem.message) from None
    return kind, value, WordOrigin.BESIDE, f"the .{kind} beside it has"


def owner_of(path: Path) -> Path:
    """The recording that a file of this name is the word on; of any other name, itself."""
    endings = (STAMP_SUFFIX, *SIGNATURE_SUFFIXES, *_SUMS)
    name = path.name
    while name.endswith(endings):
        name = name.rpartition(".")[0]
    return path.with_name(name) if name else path


def words_beside(path: Path) -> Iterator[Path]:
    """What lies beside a recording and is of it alone, whether it can be read or not."""
    suffixes = [*SIGNATURE_SUFFIXES, *(each + STAMP_SUFFIX for each in SIGNATURE_SUFFIXES)]
    return map(Path, filter(plain_file, map(str(path).__add__, (*suffixes, *_SUMS))))


def _read(path: str, suffix: str) -> _Beside | None:
    beside = f"{path}{suffix}"
    if (status := plain_file(beside)) is None:
        return None
    if status.st_size > _LARGEST:
        raise Undescribed(f"the {suffix} beside it is larger than {_LARGEST // 1024} KiB")
    return _Beside(suffix, _bytes_of(beside, suffix, _LARGEST), Mark.of(status))


def _bytes_of(path: str, what: str, most: int) -> bytes:
    """The first bytes of a file, which may be a link or a pipe by now."""
    try:
        with open_to_read(path) as file:
            return file.read(most) or b""
    except OSError as error:
        raise Unreadable(f"the {what} beside it: {read_error_text(error)}") from None


def _listed(folder: str, name: str, kind: SumKind) -> list[_Sum]:
    """What the list of its folder has of it, if there is one; of two that differ, one is wrong."""
    path = f"{folder}/{kind.list_name}"
    if (status := plain_file(path)) is None:
        return []
    where = f"the list {kind.list_name} beside it has"
    sums = _sums_in(path, kind, Mark.of(status)).get(name, ())
    return [(kind, value, WordOrigin.BESIDE, where) for value in sums]


@lru_cache(8)
def _sums_in(path: str, kind: SumKind, mark: Mark) -> Any:
    """A list of checksums, read once for a whole folder as long as it stays as it is."""
    del mark
    data = _bytes_of(path, f"list {kind.list_name}", MAX_SUMS_BYTES + 1)
    try:
        return read_sums(data, kind)
    except Unusable as problem:
        raise Undescribed(problem.message) from None


def _signature(
    beside: _Beside, opened: Opened, digest: str, call: Call, recorder: Recorder
) -> Word:
    """What a signature beside a file is worth."""
    place = f"the {beside.suffix} beside it"

    @contextmanager
    def from_its_beginning() -> Iterator[IO[bytes]]:
        opened.file.seek(0)
        yield cast("IO[bytes]", opened.file)

    sound = cast("Callable[[], IO[bytes]]", from_its_beginning)
    try:
        if beside.data.lstrip().startswith(_SSH):
            word = _of_openssh(beside.data, digest, sound, recorder)
        else:
            word = _of_openpgp(beside.data, sound, recorder)
    except Wrong as wrong:
        raise WrongChecksum(f"{place} {wrong}") from None
    return _in_time(_stamped(word, beside, recorder), place, call, recorder)


def _of_openssh(
    data: bytes, digest: str, sound: Callable[[], IO[bytes]], recorder: Recorder
) -> Word:
    try:
        text = data.decode("ascii")
    except ValueError:
        raise Wrong("is not an OpenSSH signature, whole") from None
    said = read_ssh_signature(text)
    key = recorder.key(WordKind.OPENSSH, said.fingerprint, said.namespace)
    name = key.name if key else None
    word = Word(WordKind.OPENSSH, WordOrigin.BESIDE, text, said.fingerprint, name)
    try:
        by = check_ssh(text, digest, sound)
    except Unchecked as why:
        return replace(word, standing=Standing.UNCHECKED, by=None, why=str(why))
    return replace(word, by=by, standing=Standing.RIGHT if key else Standing.UNNAMED)


def _of_openpgp(data: bytes, sound: Callable[[], IO[bytes]], recorder: Recorder) -> Word:
    binary = unarmoured(data)
    if not binary[:1] >= b"\x80":  # RFC 9580, 4.2: a packet begins so
        raise Wrong("is neither an OpenSSH nor an OpenPGP signature, whole")
    text = data.decode("ascii", "replace") if data != binary else _armoured(binary)
    word = Word(WordKind.OPENPGP, WordOrigin.BESIDE, text, by="gpgv")
    try:
        fingerprint = check_openpgp(binary, recorder.certificates, sound)
    except Unchecked as why:
        return replace(word, standing=Standing.UNCHECKED, by=None, why=str(why))
    key = recorder.key(WordKind.OPENPGP, fingerprint)
    standing = Standing.RIGHT if key else Standing.UNNAMED
    name = key.name if key else None
    return replace(word, key=fingerprint, name=name, standing=standing)


def _armoured(signature: bytes) -> str:
    body = base64.encodebytes(signature).decode()
    return f"-----BEGIN PGP SIGNATURE-----\n\n{body}-----END PGP SIGNATURE-----\n"


def _stamped(word: Word, beside: _Beside, recorder: Recorder) -> Word:
    """The same with when it was there, as its time stamp says.

    Raises:
        WrongChecksum: the stamp is of something else.
    """
    if not beside.stamp or word.value.encode() != beside.data:
        return word
    digest, stamp = sha256(beside.data).digest(), beside.stamp.data
    word = replace(word, stamp=stamp)
    try:
        if not _is_stamp_of(stamp, digest):
            raise WrongChecksum(
                f"the {beside.stamp.suffix} beside it is not a time stamp of the signature"
            )
        time = check_stamp_of(stamp, digest, recorder.time_certificates, "given")
    except (NoOpenssl, Wrong):  # or its authority is none that the practice has pinned
        return word
    return replace(word, stamped_at=f"{time.at[:-1]}.000Z", authority=time.authority)


def _is_stamp_of(stamp: bytes, digest: bytes) -> bool:
    try:
        token = read_stamp(stamp)
    except Wrong:
        return False
    return (token.hash, token.imprint) == ("sha256", digest)


def _in_time(word: Word, place: str, call: Call, recorder: Recorder) -> Word:
    """The same with whether its key counted when it was there.

    Raises:
        WrongChecksum: it was there before its call began, so it is of another call.
    """
    at = recorder.now
    if word.stamped_at is not None:
        at = datetime.fromisoformat(word.stamped_at)
        if call.is_timed and at < call.started_at - _CLOCKS_ARE_WRONG_BY:
            raise WrongChecksum(f"{place} was stamped more than a day before its call began")
    if word.standing is not Standing.RIGHT or at is None:
        return word
    return replace(word, standing=recorder.standing(word.kind, word.key, at))

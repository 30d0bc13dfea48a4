"""A package that somebody was given, checked as anyone can, and against the vault at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from callrec.dataclass import replace
from callrec.errors import Unusable
from callrec.package.callrec_verify import (
    RecorderKeys,
    read_recorder_keys,
    read_time_certificates,
    read_witnesses,
)
from callrec.practice import Practice
from callrec.release.on_record import is_of_practice
from callrec.release.verify import CheckedRelease, verify_release
from callrec.retention.certified import off_the_record


def check_package(
    path: Path,
    *,
    pin: bytes | None,
    passphrase: Callable[[], str],
    practice: Practice | None,
    time_certificates: bytes = b"",
    witnesses: Sequence[str] = (),
    need: int | None = None,
    recorder: RecorderKeys | None = None,
) -> CheckedRelease:
    """Check a release or a certificate of destruction; as `release.verify.verify_release`.

    ``witnesses`` are keys as they were typed.
    """
    try:
        given = read_witnesses(witnesses, need)
    except ValueError as problem:
        raise Unusable(str(problem), hint="give --witness KEY, as the witness tells it") from None
    asked = partial(verify_release, path, pin=pin, passphrase=passphrase, practice=practice)
    asked = partial(asked, time_certificates=time_certificates, recorder=recorder)
    found = asked(witnesses=given, need=need)
    if practice and not is_of_practice(practice, found.result):
        return replace(found, is_of_another=True)
    if practice is None or not found.result.destroyed:
        return found
    against = off_the_record(practice, found.result)
    result = replace(found.result, problems=against) if against else found.result
    return replace(found, result=result, is_on_record=not against)


def certificates_in(file: Path | None) -> bytes:
    """The certificates of a PEM file; nothing where none is named.

    Raises:
        Unusable: it cannot be read, there is none in it, or no openssl that would use them.
    """
    try:
        return read_time_certificates(file)
    except ValueError as error:
        raise Unusable(str(error), hint="take a PEM file from the authority's website") from None


def recorder_keys_in(files: Sequence[Path]) -> RecorderKeys:
    """The keys of telephone systems in files; none where no file is named.

    Raises:
        Unusable: one cannot be read, or there is no key in it.
    """
    try:
        return read_recorder_keys(files)
    except OSError as error:
        why = f"a file of --recorder cannot be read: {error.strerror}"
        raise Unusable(why, hint="name a file with a public key") from error
    except ValueError as error:
        raise Unusable(str(error), hint="give the .pub file, or the certificate") from None

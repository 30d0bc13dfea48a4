"""A package that somebody was given, checked as anyone can, and against the vault at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from callrec.practice import Practice
from callrec.release.on_record import is_of_practice
from callrec.release.verify import CheckedRelease, verify_release
from callrec.retention.certified import off_the_record


def check_package(
    path: Path, *, pin: bytes | None, passphrase: Callable[[], str], practice: Practice | None
) -> CheckedRelease:
    """Check a release or a certificate of destruction; as `release.verify.verify_release`."""
    found = verify_release(path, pin=pin, passphrase=passphrase, practice=practice)
    if practice and not is_of_practice(practice, found.result):
        return replace(found, is_of_another=True)
    if practice is None or not found.result.destroyed:
        return found
    against = off_the_record(practice, found.result)
    result = replace(found.result, problems=against) if against else found.result
    return replace(found, result=result, is_on_record=not against)

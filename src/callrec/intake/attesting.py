"""Sign recordings where the telephone system writes them, so that its word goes with each.

On that machine there is no vault, and nobody's data leaves it: beside each finished recording lies
its signature, by a key of that machine, and a time stamp of that signature, for which a hash goes
to an authority. The recording is only read. ``ssh-keygen`` signs, so that the key may be a file,
in an agent or on a card; anyone checks it by ``ssh-keygen`` (docs/formats/recorder.md, 3).
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final, cast

from pydantic import ValidationError

from callrec.config import Attest
from callrec.dataclass import dataclass, field
from callrec.errors import Failed, Misconfigured, Unusable
from callrec.intake.reading import Opened, Unsettled, open_source
from callrec.intake.sources import Mark, Quarantined, Refusal, Source, find_sources, read_error_text
from callrec.intake.vouching import STAMP_SUFFIX
from callrec.package.callrec_verify import Unchecked, Wrong, check_ssh
from callrec.settings import Timestamp
from callrec.stamps.authority import ask_for_time
from callrec.system.files import atomic_write
from callrec.system.rights import let_read_like
from callrec.telephone.recorder import NAMESPACE
from callrec.telephone.sound.inspecting import inspect

_SUFFIX: Final = ".sig"

_CHANGED: Final = (
    "it was written after it was signed: keep it, find out who wrote to it, and get it anew"
)

_SET_UP: Final = "config.example.toml shows [attest]; docs/reference/recorder.md says how"


@dataclass(slots=True)
class Attested:
    """What a run did."""

    signed: int = 0
    stamped: int = 0
    known: int = 0
    """Recordings that were signed before."""
    unsettled: int = 0
    """Files that somebody may still write to: the next run signs them."""
    unstamped: int = 0
    """Signatures that wait for their time stamp."""
    why_unstamped: str = ""
    left: list[Quarantined] = field(default_factory=list)
    """What was not signed, and why."""


def time_authority(attest: Attest) -> Timestamp:
    """Whom to ask for time stamps; one without a URL is nobody.

    Raises:
        Misconfigured: the certificates cannot be read, or are none.
    """
    if not attest.time_url or attest.time_certificates is None:
        return Timestamp()
    try:
        pem = attest.time_certificates.read_text("ascii")
        return Timestamp(url=attest.time_url, certificates=pem)
    except (OSError, ValueError, ValidationError):
        what = "attest.time_certificates is no file of certificates in PEM that can be read"
        raise Misconfigured(what, hint=_SET_UP) from None


def attest_recordings(
    paths: Sequence[Path], attest: Attest, *, settle_seconds: float, now: datetime
) -> Attested:
    """Sign every finished recording under the paths that is not signed yet, and have it stamped.

    Args:
        paths: folders, or recordings.
        attest: by which key, and by whom it is stamped.
        settle_seconds: how long a file has stood still that is finished.
        now: this moment, aware.

    Raises:
        Misconfigured: no key is set up, or there is no ``ssh-keygen``.
        Failed: the key does not sign. What was signed before stays.

    Law: a second run at once signs nothing and changes nothing.
    """
    if attest.key is None:
        raise Misconfigured("attest.key is not set: which key signs recordings", hint=_SET_UP)
    done, timestamp = Attested(), time_authority(attest)
    settled_before = now - timedelta(seconds=settle_seconds)
    for source in _sources(find_sources(paths), done):
        try:
            _attest(source, attest.key, timestamp, settled_before, done)
        except Unsettled:
            done.unsettled += 1
        except Unusable as problem:
            done.left.append(Quarantined(source.path, problem.message))
        except OSError as error:
            why = read_error_text(error)
            done.left.append(Quarantined(source.path, why, Refusal.UNREADABLE))
    return done


def _sources(found: Iterable[object], done: Attested) -> Iterator[Source]:
    for each in found:
        if isinstance(each, Source):
            yield each
        elif isinstance(each, Quarantined):
            done.left.append(each)


def _attest(
    source: Source, key: Path, timestamp: Timestamp, settled_before: datetime, done: Attested
) -> None:
    beside = Path(f"{source.path}{_SUFFIX}")
    if os.path.lexists(beside):
        if _is_older(beside, source.mark):
            raise Unusable(_CHANGED)
        done.known += 1
    elif source.mark.modified_ns > settled_before.timestamp() * 1e9:
        raise Unsettled("it may still be written to")
    else:
        with open_source(source) as opened:
            inspect(opened.file, opened.mark.size_bytes, source.path.suffix)
            signature = _signature(opened, key)
        _write(beside, signature, like=source.path)
        done.signed += 1
    _stamp(beside, timestamp, done)


def _is_older(beside: Path, mark: Mark) -> bool:
    status = beside.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise Unusable("what lies beside it as .sig is not a file")
    return Mark.of(status).modified_ns < mark.modified_ns


def _signature(opened: Opened, key: Path) -> bytes:
    """The signature of a whole file, checked, while the file stood still.

    Raises:
        Misconfigured, Failed: nobody signs.
        Unsettled: it changed meanwhile.
    """
    opened.file.seek(0)
    digest = hashlib.file_digest(opened.file, "sha256").hexdigest()
    size = opened.file.tell()
    opened.file.seek(0)
    made = _sign(opened, key)
    opened.check_unchanged(size)
    try:
        check_ssh(made.decode("ascii", "replace"), digest, None)
    except Unchecked:  # only Ed25519 is checked here
        pass
    except Wrong:
        raise Failed("ssh-keygen made no signature of a recording that is right") from None
    return made


def _sign(opened: Opened, key: Path) -> bytes:
    arguments = ["-Y", "sign", "-f", str(key), "-n", NAMESPACE, "-O", "hashalg=sha256"]
    kept = ("PATH", "HOME", "SSH_AUTH_SOCK", "SYSTEMROOT")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - of words of ours, and the configured key
            ["ssh-keygen", *arguments],  # noqa: S607 - wherever this machine has it
            stdin=cast("IO[bytes]", opened.file),  # a file of its own, as `find_sources` gives
            capture_output=True,
            env={**environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"},
            start_new_session=True,  # it has no terminal to ask for a passphrase
            check=False,
        )
    except FileNotFoundError:
        what = "the program ssh-keygen is not on this machine"
        raise Misconfigured(what, hint="install openssh-client") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else "it does not say why"
        raise Failed(
            f"ssh-keygen does not sign by the key in attest.key: {why}",
            hint="it takes a key without a passphrase that only its owner may read, or one in an"
            " agent (SSH_AUTH_SOCK)",
        )
    return done.stdout


def _write(target: Path, data: bytes, *, like: Path) -> None:
    """Write a file durably that the people may read who may read the recording."""
    with atomic_write(target) as file:
        file.write(data)
        let_read_like(file.fileno(), like)


def _stamp(signature: Path, timestamp: Timestamp, done: Attested) -> None:
    """Have a signature stamped, unless it is; after one failure nobody is asked in this run."""
    beside = Path(f"{signature}{STAMP_SUFFIX}")
    if not timestamp.url or os.path.lexists(beside):
        return
    if not done.why_unstamped:
        try:
            digest = hashlib.sha256(signature.read_bytes()).digest()
            token, _ = ask_for_time(timestamp, digest)
        except (Failed, Misconfigured) as problem:
            done.why_unstamped = problem.message
        else:
            _write(beside, token, like=signature)
            done.stamped += 1
            return
    done.unstamped += 1

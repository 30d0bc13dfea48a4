"""Many practices, each by its own configuration: how each stands, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from callrec.config import load_config
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Misconfigured, NotFound
from callrec.office.status import Status, read_status
from callrec.practice import open_practice
from callrec.settings import Settings

_OF_ONE: Final = ("CALLREC_CONFIG", "CALLREC_VAULT")
"""Variables that name one vault."""


@dataclass(frozen=True, slots=True)
class PracticeStanding:
    """How one of several practices stands."""

    practice: str
    """Short name: that of its configuration's file, without ``.toml``."""
    status: Status | None
    """As nobody who is logged in sees it; None: it could not be read."""
    zone: tzinfo = Settings().time_zone
    error: str | None = None
    """Why it could not be read."""
    exit_status: int = 0
    """With which `status` ends for it alone."""


def read_practices(
    folder: Path, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Iterator[PracticeStanding]:
    """Each practice with a configuration, ``NAME.toml``, in a folder; by name.

    Each is let go of before the next is opened, and none that cannot be read ends it.

    Raises:
        NotFound: there is no configuration.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise NotFound(
            f'there is no configuration in "{folder}"',
            hint="name the folder in which each practice has its NAME.toml",
        )
    named = {name: each for name, each in environ.items() if name not in _OF_ONE}
    return (_read(file, now, named) for file in files)


def _read(file: Path, now: Callable[[], datetime], environ: Mapping[str, str]) -> PracticeStanding:
    if not file.is_file():  # a pipe would be waited for
        wrong = Misconfigured("its configuration is no file")
        return PracticeStanding(file.stem, None, error=wrong.message, exit_status=wrong.exit_status)
    try:
        practice = open_practice(load_config(file, environ, None), now, environ)
        try:
            status = read_status(practice, None)
        finally:
            practice.engine.dispose()
    except CallrecError as problem:
        return PracticeStanding(
            file.stem, None, error=problem.message, exit_status=problem.exit_status
        )
    except Exception as problem:  # noqa: BLE001 - what one comes upon hides no other
        kind = type(problem).__name__
        return PracticeStanding(file.stem, None, error=f"unexpected: {kind}", exit_status=70)
    return PracticeStanding(file.stem, status, practice.settings.time_zone)

"""Files of call records, as a telephone system writes them: read row by row."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from typing import TYPE_CHECKING, Final

from callrec.errors import Failed, NotFound, Unusable
from callrec.intake.sources import why_not_a_file
from callrec.telephone.reconciling import comparable_leg
from callrec.telephone.records.lines import Leg, NotUnderstood
from callrec.telephone.records.reading import read_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from callrec.telephone.written import Setup

_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe is refused, and not waited for


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row of a file that could not be used."""

    path: Path
    row: NotUnderstood


def read_legs(paths: Sequence[Path], setup: Setup) -> tuple[list[Leg], list[UnreadRow]]:
    """The legs of all files, with their essence alone, and the rows that say nothing.

    Raises:
        NotFound: there is no such file.
        Unusable: a file is of no kind that is known.
        Failed: a file cannot be read.
    """
    legs: list[Leg] = []
    unread: list[UnreadRow] = []
    for row in read_rows(paths, setup):
        if isinstance(row, UnreadRow):
            unread.append(row)
        else:
            legs.append(comparable_leg(row))
    return legs, unread


def read_rows(paths: Iterable[Path], setup: Setup) -> Iterator[Leg | UnreadRow]:
    """Each row of all files, as it comes.

    Raises:
        NotFound, Unusable, Failed: as `read_legs`.
    """
    for path in paths:
        with _opened(path) as file:
            for row in read_records(file, setup):
                yield UnreadRow(path, row) if isinstance(row, NotUnderstood) else row


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    try:
        with FileIO(os.open(path, _FLAGS)) as file:
            if why := why_not_a_file(os.fstat(file.fileno())):
                raise Unusable(f'"{path}": {why}', hint="give a file of call records to --cdr")
            yield file
    except FileNotFoundError:
        raise NotFound(f'there is no file "{path}"', hint="check its name") from None
    except IsADirectoryError:
        raise Unusable(
            f'"{path}" is a folder', hint="give a file of call records to --cdr"
        ) from None
    except OSError as error:
        raise Failed(f'"{path}" cannot be read: {error.strerror}') from None

"""The calls in a file of call records, whichever telephone system wrote it."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from callrec.errors import Failed, Unusable
from callrec.telephone.call import System
from callrec.telephone.records import asterisk
from callrec.telephone.records.leg import NotUnderstood
from callrec.telephone.records.lines import Line, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from callrec.telephone.records.leg import Leg
    from callrec.telephone.records.lines import ReadLine
    from callrec.telephone.setup import Setup

_FIRST: Final = 20
"""Lines in which a file must show whose it is."""

_HINT: Final = (
    "docs/call-records.md lists the call records that are read; name the system by --system"
)


class Begin(Protocol):
    """What reads the lines of a file that begins so; None: it is not this system's."""

    def __call__(self, first: Sequence[Line], setup: Setup) -> ReadLine | None: ...


LINES: Final[dict[System, Begin]] = {
    System.ASTERISK: asterisk.begin,
}
"""In the order in which they are asked: whose lines are the most telling, first."""


def read_records(file: BinaryIO, setup: Setup) -> Iterator[Leg | NotUnderstood]:
    """Each row of a file of call records, as it comes.

    Args:
        file: its bytes; read once, from where it stands.
        setup: how this practice's telephone systems are read; ``system`` is the only one tried.

    Raises:
        Unusable: it is of no known kind; before anything is yielded.
        Failed: it cannot be read.
    """
    try:
        yield from _read(file, setup)
    except OSError as problem:
        raise Failed(f"the call records cannot be read: {problem.strerror}") from None


def _read(file: BinaryIO, setup: Setup) -> Iterator[Leg | NotUnderstood]:
    lines = read_lines(file)
    first = list(islice(lines, _FIRST))
    read = _reader([line for line in first if isinstance(line, Line)], setup)
    for line in chain(first, lines):
        row = line if isinstance(line, NotUnderstood) else read(line)
        if row is not None:
            yield row


def _reader(first: Sequence[Line], setup: Setup) -> ReadLine:
    for system, begin in LINES.items():
        read = begin(first, setup) if first and setup.system in {None, system} else None
        if read is not None:
            return read
    raise Unusable("the file holds no call records of a kind that is known", hint=_HINT)

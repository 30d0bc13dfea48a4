"""The cases, in the order in which they run.

A case is a module with ``GOALS`` and ``measure(bench) -> Result``; to add one, name it here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

from benchmarks.cases import audit, desk, drive, ingest, log, memory, release, scale, search, start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.bench import Bench
    from benchmarks.goals import Goal
    from benchmarks.measured import Result


class Case(Protocol):
    @property
    def GOALS(self) -> Sequence[Goal]: ...  # noqa: N802 - a module's constant

    def measure(self, bench: Bench) -> Result: ...


CASES: Final[Mapping[str, Case]] = MappingProxyType(
    {
        each.__name__.rpartition(".")[2]: cast("Case", each)
        for each in (ingest, memory, start, search, drive, release, scale, log, audit, desk)
    }
)

"""A template of the practice's own, from its configuration: what a name says by its pattern."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from callrec.telephone.call import System
from callrec.telephone.number import is_withheld
from callrec.telephone.written import Written, WrittenTime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePath
    from zoneinfo import ZoneInfo

    from callrec.system.name_pattern import NamePattern
    from callrec.telephone.call import Call, Direction
    from callrec.telephone.setup import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """How the names of one system are read."""

    name: str
    """By which ``--system`` knows it."""
    pattern: NamePattern
    zone: ZoneInfo | None = None
    """Where its clock stands; None: where the practice is."""
    ways: Mapping[str, Direction] = field(default_factory=dict, hash=False)
    """Which way each word means, in small letters."""
    examples: tuple[str, ...] = ()
    """Names that are its."""

    def read(self, path: PurePath, setup: Setup) -> Call | None:
        """The call that a name tells of, or None where the pattern is not all of it.

        A pattern with slashes is held against as many folders before the name.

        Law: never raises.
        """
        written = self._written(path)
        if written is None:
            return None
        return written.to_call(replace(setup, zone=self.zone) if self.zone else setup)

    def _written(self, path: PurePath) -> Written | None:
        folders = self.pattern.pattern.count("/")
        found = self.pattern.find("/".join(path.parts[-1 - folders :]))
        if found is None:
            return None
        said = found.groups
        party = said.get("party", "").strip()
        return Written(
            system=System.TEMPLATE,
            how="a call by its name, as a template of the configuration has it",
            time=WrittenTime(
                raw=found.raw_time,
                local=found.local,
                instant=found.instant,
                proof="the epoch" if said.get("epoch") else "the offset that is written with it",
            ),
            direction=self.ways.get(said.get("direction", "").lower()),
            calling=said.get("caller", ""),
            called=said.get("callee", ""),
            extension=said.get("extension") or None,
            outside=said.get("number", ""),
            parties=() if is_withheld(party) else (party,),
            unique_id=said.get("unique_id") or None,
            said={"name": path.name, "template": self.name},
        )

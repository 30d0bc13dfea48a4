"""How this practice's telephone systems are read: what two practices would answer differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.telephone.call import System

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from callrec.telephone.number import Extensions
    from callrec.telephone.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What it takes to understand what a telephone system wrote."""

    zone: ZoneInfo
    """Where its clock should stand."""
    region: str
    """Whose national numbers these are: ISO 3166, in capitals."""
    extensions: Extensions = ()
    """The practice's; empty: told by their length."""
    outside_prefixes: tuple[str, ...] = ()
    """Digits that are dialled for an outside line, before the number itself: ``9``."""
    templates: tuple[Template, ...] = ()
    """The practice's own, asked before the systems that are known."""
    system: str | None = None
    """The system that ``--system`` names, ``template`` for one of the practice's own; None: each is
    tried."""

    def asks_records_of(self, system: System) -> bool:
        """Whether call records may be this system's; a template is of names alone."""
        return self.system in {None, System.TEMPLATE, system}

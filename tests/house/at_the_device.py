"""A person who is asked for a PIN and told what to do, without a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def _nothing() -> None:
    pass


@dataclass
class AtTheDevice:
    """What they type, in that order, and what they were shown."""

    types: list[str]
    card_module: Path | None = None
    shown: list[str] = field(default_factory=list)
    before: Callable[[], object] = _nothing
    """What happens before they type."""
    told: Callable[[], object] = _nothing
    """What happens when they are told something."""

    def hidden(self, what: str) -> str:
        self.shown.append(what)
        self.before()
        return self.types.pop(0)

    def tell(self, what: str) -> None:
        self.shown.append(what)
        self.told()

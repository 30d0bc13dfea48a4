"""The dossier of a request, for other programs."""

from __future__ import annotations

from typing import Any, Final

from callrec.registers.dossier import Dossier
from callrec.views.words import facts

_OF_AN_ENTRY: Final = (
    *("at", "seq", "by", "role", "what", "outcome", "attested", "recordings"),
    *("details", "version"),
)


def dossier_json(found: Dossier) -> dict[str, Any]:
    """What happened to a request, as docs/reference/json.md has it."""
    return {
        "id": found.reference,
        **facts(found, "purpose", "state", "read_at", "in_full"),
        "events": [facts(entry, *_OF_AN_ENTRY) for entry in found.entries],
    }

"""Archive drives: one for programs, and in words."""

from __future__ import annotations

from typing import Any, Final

from callrec.archive.volumes import ListedVolume, VolumeKeeper
from callrec.views.words import facts

MB: Final = 1_000_000

KB: Final = 1_000


def size_in_words(size_bytes: int) -> str:
    """An amount of bytes in words."""
    if size_bytes >= MB:
        return f"{size_bytes / MB:,.1f} MB"
    return f"{size_bytes / KB:,.1f} kB"


def where_now(each: ListedVolume) -> str:
    """Whether a drive is lost, attached or away."""
    return "lost" if each.is_lost else "attached" if each.at else "away"


def volume_json(each: ListedVolume, kept: VolumeKeeper | None = None) -> dict[str, Any]:
    """As other programs read it (docs/reference/json.md)."""
    return {
        "volume": each.label,
        **facts(each, "standing", "serial"),
        "with": kept.by if kept else None,
        "at": kept.place if kept else None,
        "attached": each.at,
        "last_written": each.written_at,
        "last_seen": each.seen_at,
        **facts(each, "bags", "recordings"),
        "bytes": each.size_bytes,
        "last_verified": each.verified_at,
        **facts(each, "on_vaults_disk"),
    }

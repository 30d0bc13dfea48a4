"""How practices stand in figures: counts, sizes and moments, nothing personal.

Also in Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ says
how that is written, and https://prometheus.io/docs/practices/naming/ how what is counted is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from callrec.office.status import Status

Figure = int | datetime | None


def _last_backup(status: Status) -> datetime | None:
    """Each run of archive or backup leaves a copy of the catalogue on its drive."""
    drives = (each for each in status.volumes if not (each.is_lost or each.on_vaults_disk))
    return max((each.written_at for each in drives), default=None)


_FIGURES: Final[Mapping[str, tuple[str, Callable[[Status], Figure]]]] = {
    "recordings": ("Recordings that the vault holds.", lambda of: of.recordings),
    "audit_entries": ("Entries of the audit record.", lambda of: of.audit_entries),
    "catalogue_bytes": ("Size of the catalogue.", lambda of: of.catalogue_bytes),
    "free_bytes": ("Free on the disk on which the vault is.", lambda of: of.free_bytes),
    "requests_overdue": ("Requests past the day of their answer.", lambda of: len(of.overdue)),
    "requests_due_soon": ("Requests near that day.", lambda of: len(of.due_soon)),
    "erasures_due": ("Recordings due to be destroyed.", lambda of: of.retention_due),
    "erasures_owed": (
        "Copies of destroyed recordings that drives still hold.",
        lambda of: sum(of.erasure_owed.values()),
    ),
    "unarchived": (
        "Recordings on no other disk.",
        lambda of: of.unarchived.recordings if of.unarchived else 0,
    ),
    "mail_waiting": ("Messages that no mail server has taken.", lambda of: of.mail_waiting),
    "warnings": ("What callrec status warns of.", lambda of: len(of.warnings)),
    "last_intake": ("When calls last came in.", lambda of: of.last_intake),
    "last_archive": (
        "When recordings were last archived to another disk.",
        lambda of: of.last_archive,
    ),
    "last_backup": ("When the catalogue was last copied to another disk.", _last_backup),
    "last_drive_verification": (
        "When a drive was last read back from here.",
        lambda of: of.last_verify,
    ),
    "last_record_verification": (
        "When the audit record was last verified whole from here.",
        lambda of: of.record_verified,
    ),
    "oldest_waiting_request": (
        "When the oldest request was made that waits for its answer.",
        lambda of: of.waiting_since,
    ),
}
"""What it is called, what it is, and its value."""


def figures(status: Status | None) -> dict[str, Figure]:
    """How a practice stands in figures; each None where the practice could not be read."""
    return {name: value(status) if status else None for name, (_, value) in _FIGURES.items()}


def metric_lines(found: Mapping[str, Status | None]) -> Iterator[str]:
    """Every figure, of each practice by its short name; of one alone that name is empty.

    None: it could not be read.
    """
    there = {name: int(each is not None) for name, each in found.items()}
    yield from _samples("up", "Whether the practice could be read.", there)
    values = {name: figures(each) for name, each in found.items()}
    for figure, (what, _) in _FIGURES.items():
        yield from _samples(_metric(figure), what, {name: values[name][figure] for name in values})


def _metric(figure: str) -> str:
    """With its unit: of a moment seconds since 1970, so that it stays right while nobody asks."""
    if figure.startswith(("last_", "oldest_")):
        return f"{figure}_timestamp_seconds"
    return f"{figure}_total" if figure == "audit_entries" else figure


def _samples(metric: str, what: str, values: Mapping[str, Figure]) -> Iterator[str]:
    yield f"# HELP callrec_{metric} {what}"
    yield f"# TYPE callrec_{metric} {'counter' if metric.endswith('_total') else 'gauge'}"
    for name, value in values.items():
        if value is not None:
            number = int(value.timestamp()) if isinstance(value, datetime) else value
            label = f'{{practice="{_escaped(name)}"}}' if name else ""
            yield f"callrec_{metric}{label} {number}"


def _escaped(text: str) -> str:
    """A label's value, of any characters; what of a file's name is no text is written out."""
    shown = text.encode("utf-8", "backslashreplace").decode()
    return shown.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")

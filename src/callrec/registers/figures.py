"""The figures of the practice's report of a month, as it is printed with ``--json``."""

from __future__ import annotations

from datetime import date, datetime

from callrec.dataclass import dataclass
from callrec.policy.purpose import Purpose
from callrec.registers.months import HeldCalls, PurposeCount


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRequest:
    """A request of somebody about themselves that was answered late in the month, or is late."""

    request: str
    purpose: Purpose
    came_on: date
    due_on: date
    answered_on: date | None
    days_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCount:
    """What one person did with recordings in the month."""

    login: str
    full_name: str | None
    """None where the reader has no key to it."""
    role: str
    """Today."""
    hearings: int
    heard: int
    """Different recordings that they heard."""
    requests: int
    """Under which they heard or handed over."""
    released: int
    """Packages that went out."""
    decided_alone: int
    """Requests that they decided alone, by breaking the glass or as their maker."""
    searches: int
    """Without a request."""
    searches_refused: int
    searches_under_request: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveCount:
    """A drive as it is now, and on how many days of the month it was written to."""

    label: str
    standing: str
    days_written: int
    """Of the month, by archiving to it."""
    recordings: int
    written_at: datetime
    verified_at: datetime | None
    """When this account of this machine last found all of it sound; the record does not say."""
    verify_on: date | None
    on_vaults_disk: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """An incident that was noticed in the month, or was open in it."""

    incident: str
    state: str
    noticed_at: datetime | None
    due_at: datetime | None
    """The end of the 72 hours."""
    outcome: str | None
    closed_on: date | None
    was_late: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintLine:
    """A complaint about personal data that came in the month, or was open in it."""

    complaint: str
    state: str
    received_on: date | None
    due_on: date | None
    acknowledged_on: date | None
    answered_on: date | None
    outcome: str | None
    was_late: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCount:
    """One month of the twelve that are plotted."""

    month: str
    standing: str
    """``before`` there was a vault, ``whole``, or ``so-far``: it goes on."""
    came: int
    """Requests of every purpose, as all that follows; ``rights_`` is of people about themselves."""
    rights_in_time: int
    rights_late: int
    rights_days_middle: float | None
    hearings: int
    released: int
    searches: int
    """Without a request, those refused left out."""
    taken_in: int
    """Recordings, by the day on which their intake was closed."""
    destroyed: int
    percent_held: float | None
    incidents: int
    complaints: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeReport:
    """The whole report of a month, as one person may see it."""

    practice: str
    month: str
    so_far: bool
    """The month goes on."""
    first_day: date
    last_day: date
    """Today, where it goes on."""
    made_at: datetime
    made_by: str
    """Login."""
    entries: int
    """Of the log that was counted from: all before this number, which is its head's size."""
    head: str
    """The root of its tree, in hex."""
    set_up_on: date
    set_aside: int
    """What was ever found that nobody had signed so, and put on record: it counts for nothing."""
    purposes: tuple[PurposeCount, ...]
    """In the policy's order, those of which there is anything to say."""
    late: tuple[LateRequest, ...]
    late_in_all: int
    people: tuple[PersonCount, ...]
    unaccepted_alone: int
    """Decisions made alone, in whatever month, that nobody else has accepted yet."""
    recordings: int
    """Held now."""
    taken_in: int
    refused: int
    """Files that intake refused; one that two runs refuse is counted twice."""
    held: HeldCalls
    too_long: int
    """Comparisons with days of the month in it that cannot be parted into months, or had no call
    records."""
    drives: tuple[DriveCount, ...]
    unarchived: int
    """Recordings on no drive but the vault's own, now."""
    drilled_at: datetime | None
    """When the recovery kit was last tried."""
    incidents: tuple[IncidentLine, ...]
    complaints: tuple[ComplaintLine, ...]
    holds_placed: int
    holds_lifted: int
    holds_in_force: int
    """At the end of the month, or now."""
    destroyed: int
    retention_due: int | None
    """Recordings that are to be destroyed and that nothing holds, now; None: it cannot be told."""
    trend: tuple[MonthCount, ...]
    """Oldest first."""

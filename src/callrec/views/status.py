"""How the practice stands: for programs and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any, Final

from callrec.archive.volumes import ListedVolume
from callrec.intake.reconciled import Counts
from callrec.office.inbox import InboxItem
from callrec.office.status import LOOKING_BACK, Status
from callrec.policy.days import DayRange, short_date
from callrec.requests.due import DueRequest
from callrec.views.inbox import COMMANDS
from callrec.views.volumes import volume_json
from callrec.views.words import as_words, counted, facts, local_day, local_time

_OF_A_VOLUME: Final = ("volume", "standing", "last_seen", "last_verified", "on_vaults_disk")


def status_json(found: Status) -> dict[str, Any]:
    """How the practice stands, for programs."""
    last = found.last_reconcile
    return {
        **facts(found, "practice", "recordings", "last_intake"),
        "waiting_for_me": [_json(item) for item in found.waiting_for_me],
        "lapsing_soon": [_json(item) for item in found.lapsing_soon],
        "overdue": [_due_json(request) for request in found.overdue],
        "due_soon": [_due_json(request) for request in found.due_soon],
        **facts(found, "waiting_since", "heard_not_sent", "handover_not_recorded"),
        **facts(found, "last_archive", "last_verify"),
        "unarchived": found.unarchived and facts(found.unarchived, "recordings", "since", "due_at"),
        "volumes": [
            {name: volume[name] for name in _OF_A_VOLUME}
            for volume in map(volume_json, found.volumes)
        ],
        "last_reconcile": last and {"at": last.at, **counts_json(last.days, last.counts)},
        **facts(found, "record_verified"),
        "time_stamps": found.stamps and facts(found.stamps, "last", "waits", "owed"),
        **facts(found, "last_drill", "desk"),
        "witnesses": [facts(each, "witness", "at", "size") for each in found.witnesses],
        **facts(found, "searched_without_request"),
        "unreviewed_glass": [
            {"request": glass.reference, "by": glass.by, "at": glass.at, "review": glass.standing}
            for glass in found.unreviewed_glass
        ],
        "erasure_owed": [
            {"volume": label, "recordings": count} for label, count in found.erasure_owed.items()
        ],
        **({"beyond_reach": found.beyond_reach._asdict()} if found.beyond_reach else {}),
        **facts(found, "retention_due", "mail_waiting", "free_bytes", "catalogue_bytes"),
        **facts(found, "audit_entries", "warnings"),
    }


def status_lines(found: Status, zone: tzinfo, *, known: bool) -> Iterator[tuple[str, str]]:
    """How the practice stands: each line with how pressing it is, ``overdue`` or ``due-soon``."""
    yield "", f"{found.practice}: {counted(found.recordings, 'recording')}"
    if known:
        waiting, lapsing = len(found.waiting_for_me), len(found.lapsing_soon)
        waits = counted(waiting, "waits", "wait")
        yield "", f"{waits} for you, {counted(lapsing, 'lapses', 'lapse')} soon"
    else:
        yield "", "nobody is logged in, so nobody's inbox is shown"
    for request in found.overdue:
        since = request.deadline.due_on
        yield (
            "overdue",
            f"OVERDUE: {request.reference}, {as_words(request.purpose)}, since {as_words(since)}",
        )
    for request in found.due_soon:
        due = request.deadline.due_on or request.deadline.target_on
        yield (
            "due-soon",
            f"due soon: {request.reference}, {as_words(request.purpose)}, by {as_words(due)}",
        )
    for reference in found.heard_not_sent:
        yield "", f"heard, and no answer went out: {reference}, callrec release {reference}"
    for reference in found.handover_not_recorded:
        say = COMMANDS["record"].format(reference)
        yield "", f"released, and nobody has said who has it: {reference}, {say}"
    yield from (("", line) for line in _keeping(found, zone))
    for who in found.searched_without_request:
        refused = f", {who.refused} refused" if who.refused else ""
        often = f"{counted(who.searches, 'time')} in {LOOKING_BACK.days} days"
        yield "", f"searched without a request: {who.user}, {often}{refused}"
    yield from (("", f"warning: {warning}") for warning in found.warnings)


def _keeping(found: Status, zone: tzinfo) -> Iterator[str]:
    """What stands about the recordings as a whole."""
    at = found.last_archive
    never = "never archived"
    if any(each.on_vaults_disk and each.recordings for each in found.volumes):
        never += " to another disk"
    yield f"last archived: {local_time(at, zone)}" if at else never
    if left := found.unarchived:
        since = f"the first since {local_day(left.since, zone)}"
        yield f"on no other disk yet: {counted(left.recordings, 'recording')}, {since}"
    for each in found.volumes:
        yield f'  "{each.label}": {_verified(each, zone)}'
    if (last := found.last_reconcile) is not None:
        when = local_time(last.at, zone)
        yield f"last reconciled: {when}, for {days_in_words(last.days)}"
        yield f"  {reconciled_summary(last.counts)}"
    yield from _tried(found, zone)
    if found.retention_due:
        yield f"due to be destroyed: {found.retention_due}, callrec retention review"
    for label, count in found.erasure_owed.items():
        owed = f"{count} erased: recordings, and people of the register"
        yield f'erasure owed: drive "{label}" still holds {owed}'
    if beyond := found.beyond_reach:
        what, until = counted(beyond.recordings, "erased recording"), local_day(beyond.until, zone)
        yield f"sealed copies of {what} are beyond reach until {until}"


def _tried(found: Status, zone: tzinfo) -> Iterator[str]:
    """When it was last seen that record and recovery kit are good."""
    if checked := found.record_verified:
        yield f"record last verified whole: {local_time(checked, zone)}"
    else:
        yield "record last verified whole: never on this machine, callrec audit verify"
    yield from _from_outside(found, zone)
    if found.desk == "silent":
        yield "the desk does not answer: callrec desk --check"
    elif found.desk:
        yield "the desk answers"
    if tried := found.last_drill:
        yield f"recovery kit last tried: {local_day(tried, zone)}"


def _from_outside(found: Status, zone: tzinfo) -> Iterator[str]:
    """Who outside saw the record, and by when it is shown to have been signed."""
    for each in found.witnesses:
        seen = local_time(each.at, zone) if each.at else "never"
        yield f"record last seen by {each.witness}: {seen}"
    if not found.witnesses:
        yield "record seen by nobody outside: no witness is named"
    if found.stamps is None:
        yield "time stamps of the record: none are set up"
    elif found.stamps.last:
        yield f"record last stamped with the time: {local_time(found.stamps.last, zone)}"
    else:
        yield "record stamped with the time: never, callrec audit stamp"
    if found.stamps and found.stamps.waits:
        yield "a time stamp waits for the next entry of anybody"


def _verified(each: ListedVolume, zone: tzinfo) -> str:
    if each.is_lost:
        return "reported lost"
    here = "on the vault's own disk, " if each.on_vaults_disk else ""
    if each.verified_at is None:
        return f"{here}never verified from here"
    return f"{here}last verified from here {local_time(each.verified_at, zone)}"


def _due_json(request: DueRequest) -> dict[str, object]:
    return {
        "request": request.reference,
        **facts(request, "purpose", "state"),
        **facts(request.deadline, "due_on", "target_on"),
    }


def _json(item: InboxItem) -> dict[str, object]:
    return {"request": item.reference, "to": item.waits_to, "lapses_at": item.lapses_at}


def days_in_words(days: DayRange) -> str:
    """Days in words: ``Mon 26 Oct 2026``, ``Sun 25 Oct 2026 to Mon 26 Oct 2026``."""
    return " to ".join(dict.fromkeys(map(short_date, (days.first, days.last))))


def reconciled_summary(counts: Counts) -> str:
    """``312 answered calls, 309 held (99.0 %), 3 without a recording``."""
    percent = counts.percent_held
    if percent is None:
        return "no answered call is known"
    held = f"{counted(counts.answered, 'answered call')}, {counts.held} held ({percent:.1f} %)"
    part = f", {counts.in_part} in part" if counts.in_part else ""
    return f"{held}{part}, {counts.missing} without a recording"


def counts_json(days: DayRange, counts: Counts) -> dict[str, Any]:
    """For programs (docs/reference/json.md)."""
    return {
        "from": days.first,
        "to": days.last,
        **facts(counts, "files", "not_understood", "calls", "answered", "held", "percent_held"),
        **facts(counts, "in_part", "missing", "recordings", "without_call", "unheard"),
        **facts(counts, "duplicates", "gaps", "joined_by"),
    }

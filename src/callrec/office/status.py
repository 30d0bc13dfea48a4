"""What waits, is due or wrong, at a glance."""

from __future__ import annotations

import shutil
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from callrec.archive.attached import attached_volumes, off_site_drives, volumes_on_vaults_disk
from callrec.archive.copy import kept_copies
from callrec.archive.log import check_standings
from callrec.archive.opened import drives_still_opened
from callrec.archive.owed import cut_off_destructions
from callrec.archive.survey import last_verified
from callrec.archive.unarchived import Copies, Unarchived, read_copies
from callrec.archive.unfinished import owed_by_label
from callrec.archive.volumes import ListedVolume
from callrec.audit.erased import read_destruction
from callrec.audit.leaf import Outcome
from callrec.audit.log import read_leaf, stored_size
from callrec.audit.remembered import has_gone, last_verified_whole
from callrec.audit.rows import check_tables
from callrec.calls.custody import count_recordings
from callrec.catalogue import tables
from callrec.catalogue.destruction import cleared_where_kept
from callrec.catalogue.engine import reading, size_of
from callrec.catalogue.requests import ROWS_OF_REQUESTS
from callrec.catalogue.tables import from_millis, to_millis
from callrec.catalogue.volumes import count_with_too_few_copies, each_volume
from callrec.complaints.show import complaint_warnings
from callrec.crypto.canonical import format_instant, parse_instant
from callrec.crypto.statement import read_statement
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Tampered
from callrec.incidents.show import incident_warnings
from callrec.intake.reconciled import LastReconciled, last_reconciled, made_up_warnings
from callrec.intake.summary import last_intake, unrecognised_warnings
from callrec.keys.by_two import by_two_warnings
from callrec.keys.kit import former_kit_warnings
from callrec.keys.kit_use import drill_warnings, last_drill
from callrec.login.factors import people_without
from callrec.login.people import logins
from callrec.mail.outbox import mail_warnings, sendable_messages
from callrec.notices import read_notices
from callrec.office.desk import DeskStanding, desk_standing
from callrec.office.inbox import InboxItem, read_inbox
from callrec.office.stamps import StampStanding, stamp_standing, stamp_warnings
from callrec.people.powers import lapsed_delegations
from callrec.policy.clause import Clause
from callrec.policy.clock_events import Urgency
from callrec.policy.days import day_in_words, short_date
from callrec.policy.notice import NOTICE_HEARD, in_force
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestState
from callrec.policy.retention import beyond_reach_until
from callrec.policy.role import Power
from callrec.policy.words import counted, listed
from callrec.practice import Actor, Practice, check_remembered_head, powers, today
from callrec.record.acts import SEARCH, is_reviewable, leaves_of_act
from callrec.record.cosigned import SeenBy, contradicting
from callrec.registers.resuming import set_aside_items
from callrec.registers.witnessed import cosigning_due, refused_at, witnessed
from callrec.requests.due import DueRequest, read_due, waiting_warnings
from callrec.requests.glass import ListedGlass, outstanding_glass
from callrec.requests.history import REQUESTS
from callrec.requests.open import references_hidden_from
from callrec.requests.packages import unrecorded_releases
from callrec.requests.seconds import BROUGHT_IN_LATELY, second_warnings, seconds_brought_in
from callrec.retention.review import count_due, retention_warnings

SOON: Final = timedelta(days=3)

CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SearchCount:
    """How often a person searched without a request in the last 30 days, `LOOKING_BACK`."""

    user: str
    """Login."""
    searches: int
    """How many of the searches were done."""
    refused: int
    """Refused searches, under a request or not: each is evidence too."""


class BeyondReach(NamedTuple):
    """Erased recordings of which sealed copies are kept beyond reach, for a while."""

    recordings: int
    until: datetime
    """When the last of them are gone."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `status` shows: counts and days, nothing of what requests say."""

    practice: str
    recordings: int
    last_intake: datetime | None
    """When calls last came in."""
    waiting_for_me: tuple[InboxItem, ...]
    """Empty where nobody is logged in."""
    lapsing_soon: tuple[InboxItem, ...]
    """How many of these grants lapse within three days."""
    overdue: tuple[DueRequest, ...]
    """Of the whole practice, as far as the actor may know: past the day of the answer."""
    due_soon: tuple[DueRequest, ...]
    """Of the whole practice, as far as the actor may know: past the target, or near it."""
    waiting_since: datetime | None
    """When the oldest request was made that waits for its answer, of those that they may know."""
    heard_not_sent: tuple[str, ...]
    """References of requests that somebody waits for an answer to, and that were only heard."""
    handover_not_recorded: tuple[str, ...]
    """Those of which a package went out, and nobody has said who has it."""
    last_archive: datetime | None
    """To another disk than the vault's own."""
    unarchived: Unarchived | None
    """What lies on no other disk than the vault's; None: all does, or it cannot be told."""
    last_verify: datetime | None
    """When this operator last found an archive volume sound."""
    volumes: tuple[ListedVolume, ...]
    """Those never verified by this operator first, then longest ago first."""
    last_reconcile: LastReconciled | None
    """None: recordings were never held against call records."""
    record_verified: datetime | None
    """When this operator last checked the whole record, and nothing was wrong."""
    witnesses: tuple[SeenBy, ...]
    """What each witness outside saw of the record last; empty: the settings name none."""
    last_drill: datetime | None
    """When the recovery kit that now counts was last seen to open the vault."""
    stamps: StampStanding | None
    """How it stands with the record's time stamps; None where none are set up."""
    desk: DeskStanding | None
    """Whether the desk answers; None where it has no place of its own on the network."""
    searched_without_request: tuple[SearchCount, ...]
    """Most first; empty for everybody but the Data Controller."""
    unreviewed_glass: tuple[ListedGlass, ...]
    """What the Data Controller decided alone, until somebody else has accepted it."""
    erasure_owed: Mapping[str, int]
    """How many destroyed recordings each volume holds yet, by its label."""
    beyond_reach: BeyondReach | None
    """What a database's log, standbys and backups keep of what was erased; None: nothing."""
    retention_due: int | None
    """Recordings whose time is over and which nothing holds back, as far as is known without a
    key; None where the settings do not name the category of one."""
    mail_waiting: int
    """Messages that no mail server has taken yet, to people who have an address."""
    free_bytes: int
    """On the disk on which the vault's folder is, or will be."""
    catalogue_bytes: int
    audit_entries: int
    """Of the audit record, ever."""
    warnings: tuple[str, ...]


def read_status(practice: Practice, actor: Actor | None) -> Status:
    """Look at the practice as it stands, for the actor's inbox; None: nobody is logged in."""
    with reading(practice.engine) as connection:
        copies = read_copies(practice, connection)
    waiting = read_inbox(practice, actor, copies) if actor else ()
    soon = practice.now() + SOON
    governs = actor is not None and Power.GOVERN in powers(practice, actor)
    asked, copied = _read_requests(practice, actor), _read_archive(practice, copies)
    with reading(practice.engine) as connection:
        held, size = count_recordings(connection), size_of(connection)
        beyond_reach = _beyond_reach(practice, connection)
        reconciled = last_reconciled(practice, connection)
        came_in, mail = last_intake(connection), sendable_messages(practice, connection)
        witnesses = witnessed(practice, connection)
    return Status(
        practice=practice.name,
        recordings=held,
        last_intake=came_in,
        waiting_for_me=waiting,
        lapsing_soon=tuple(i for i in waiting if i.lapses_at and i.lapses_at <= soon),
        overdue=tuple(each for each in asked.due if each.urgency is Urgency.OVERDUE),
        due_soon=tuple(each for each in asked.due if each.urgency is Urgency.DUE_SOON),
        waiting_since=asked.waiting_since,
        heard_not_sent=asked.heard_not_sent,
        handover_not_recorded=asked.handover_not_recorded,
        last_archive=copied.last_archive,
        unarchived=copied.unarchived,
        last_verify=max(last_verified(practice.state_folder).values(), default=None),
        volumes=copied.volumes,
        last_reconcile=reconciled,
        record_verified=last_verified_whole(practice.state_folder),
        witnesses=witnesses,
        last_drill=last_drill(practice),
        stamps=stamp_standing(practice),
        desk=desk_standing(practice.config.desk),
        searched_without_request=_searched_without_request(practice) if governs else (),
        unreviewed_glass=asked.glass,
        erasure_owed=copied.erasure_owed,
        beyond_reach=beyond_reach,
        retention_due=count_due(practice),
        mail_waiting=len(mail),
        free_bytes=_free_bytes(practice.folder),
        catalogue_bytes=size,
        audit_entries=practice.register_size,
        warnings=(
            *asked.warnings,
            *_warnings(practice, actor, reconciled),
            *_copy_warnings(practice, copied, held),
        ),
    )


def read_request_warnings(practice: Practice, actor: Actor) -> tuple[str, ...]:
    """What `read_status` warns the actor of about requests: that much takes no look at recordings.

    In a large vault the rest takes longer than an inbox may.
    """
    return _read_requests(practice, actor).warnings


class _Requests(NamedTuple):
    """What is read of requests, of those that the actor may know of."""

    due: tuple[DueRequest, ...]
    waiting_since: datetime | None
    glass: tuple[ListedGlass, ...]
    heard_not_sent: tuple[str, ...]
    handover_not_recorded: tuple[str, ...]
    warnings: tuple[str, ...]


def _read_requests(practice: Practice, actor: Actor | None) -> _Requests:
    since = practice.now() - BROUGHT_IN_LATELY
    with reading(practice.engine) as connection:
        check_tables(connection, ROWS_OF_REQUESTS)
        kept = references_hidden_from(practice, actor, connection)
        out = {leaf.subject[0] for leaf in unrecorded_releases(connection)}
        brought_in = seconds_brought_in(practice, connection)
        rows = [row for row in REQUESTS.every(connection) if f"R-{row.number}" not in kept]
    heard = (row for row in rows if row.state == RequestState.HEARD)
    due = tuple(each for each in read_due(practice) if each.reference not in kept)
    waiting = {each.id for each in due}
    made_at = min((row.created_at for row in rows if row.id in waiting), default=None)
    glass = tuple(each for each in outstanding_glass(practice) if each.reference not in kept)
    seconds = [each for each in brought_in if each.what not in kept and each.at >= since]
    return _Requests(
        due,
        None if made_at is None else from_millis(made_at),
        glass,
        tuple(f"R-{row.number}" for row in heard if TERMS[Purpose(row.purpose)].is_dated),
        tuple(f"R-{row.number}" for row in rows if row.id in out),
        (
            *(each.warning for each in due if each.deadline.is_unknown),
            *waiting_warnings(practice, kept),
            *dict.fromkeys(each.warning for each in glass),
            *second_warnings(seconds),
        ),
    )


class _Archive(NamedTuple):
    """What is read of archive volumes."""

    last_archive: datetime | None
    only_on_vaults_disk: bool
    """Volumes there are, and all lie beside the vault."""
    unarchived: Unarchived | None
    volumes: tuple[ListedVolume, ...]
    erasure_owed: Mapping[str, int]


def _read_archive(practice: Practice, copies: Copies) -> _Archive:
    volumes, unarchived = copies
    with reading(practice.engine) as connection:
        try:
            attached = attached_volumes(practice) if each_volume(connection) else {}
            beside = volumes_on_vaults_disk(practice, connection, attached)
        except CallrecError:
            beside = frozenset()  # the warnings report it
        archived = _last_archived(connection, beside)
        return _Archive(
            from_millis(archived) if archived else None,
            archived is None and _last_archived(connection, frozenset()) is not None,
            unarchived,
            tuple(sorted(volumes, key=lambda v: (v.verified_at is not None, v.verified_at))),
            owed_by_label(practice, connection),
        )


def _beyond_reach(practice: Practice, connection: Connection) -> BeyondReach | None:
    """As each destruction was signed; of one that no day was set for, it cannot be told."""
    count, last = 0, practice.now()
    for row in cleared_where_kept(connection):
        try:
            stated = read_destruction(read_statement(row.body, row.signature, practice.vault))
        except Tampered:
            continue  # audit verify names it
        until = beyond_reach_until(from_millis(row.cleared_at), stated.kept_days)
        if until is not None and until > practice.now():
            count, last = count + row.recordings, max(last, until)
    return BeyondReach(count, last) if count else None


def _copy_warnings(practice: Practice, copied: _Archive, recordings: int) -> Iterator[str]:
    if copied.last_archive is None and recordings:
        never = "archived to another disk" if copied.only_on_vaults_disk else "ever archived"
        yield f"nothing was {never}: if this disk dies, the recordings are gone"
    left = copied.unarchived
    if left is not None and left.due_at <= practice.now():
        since = day_in_words(left.due_at.astimezone(practice.settings.time_zone))
        yield (
            f"to be archived since {since}: {counted(left.recordings, 'recording')} on no other"
            " disk: callrec archive --to DIR"
        )
    yield from _verify_warnings(copied.volumes, today(practice))


def _last_archived(connection: Connection, beside: frozenset[str]) -> int | None:
    """When recordings were last archived to another disk than the vault's.

    A volume without any is a backup of the catalogue.
    """
    volume = tables.volume.c
    query = select(func.max(volume.written_at)).where(
        volume.id.in_(select(tables.bag.c.volume)), volume.id.not_in(beside)
    )
    at: int | None = connection.execute(query).scalar()
    return at


def recordings_held(practice: Practice) -> int:
    """How many recordings the vault holds."""
    with reading(practice.engine) as connection:
        return count_recordings(connection)


def _free_bytes(folder: Path) -> int:
    """A machine beside another has no folder of the vault before it needs one."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free


def _verify_warnings(volumes: Iterable[ListedVolume], on: date) -> Iterator[str]:
    """Which drives are to be read back [policy 4(h)]."""
    for each in volumes:
        if each.verify_on is not None and each.verify_on <= on:
            yield (
                f'"{each.label}" is to be read back since {short_date(each.verify_on)}:'
                " callrec archive verify"
            )


def _searched_without_request(practice: Practice) -> tuple[SearchCount, ...]:
    """Who searched without a request lately [4(c)]; entries are taken to be in order of time."""
    called, since = logins(practice), format_instant(practice.now() - LOOKING_BACK)
    with reading(practice.engine) as connection:
        seqs = range(stored_size(connection))
        first = bisect_left(seqs, since, key=lambda seq: read_leaf(connection, seq)[0].at)
        later = leaves_of_act(connection, SEARCH, after=first - 1)
        searches = [leaf for leaf in later if is_reviewable(practice.register, leaf)]
    every = Counter(leaf.actor for leaf in searches)
    refused = Counter(leaf.actor for leaf in searches if leaf.outcome is Outcome.REFUSED)
    counted = (SearchCount(called[who], n - refused[who], refused[who]) for who, n in every.items())
    return tuple(sorted(counted, key=lambda each: -each.searches))


def _record_warnings(practice: Practice) -> Iterator[str]:
    """What is wrong with the audit record, or was, as far as a glance shows it."""
    if has_gone(practice.state_folder):
        yield "this machine's note of the record's newest entry IS MISSING; callrec audit verify"
    try:
        check_remembered_head(practice)
    except CallrecError as error:
        yield f"the audit log: {error.message}; run callrec audit verify"
    with reading(practice.engine) as connection:
        if due := cosigning_due(practice, witnessed(practice, connection)):
            yield due
        if (entry := refused_at(connection, practice.register)) is not None:
            yield (
                f"a witness refused this record: entry {entry}; callrec audit cosign says which"
                " and why"
            )
        for head in contradicting(connection, practice.register):
            yield (
                f"the audit log is not what {listed([*head.by])} saw: entry {head.entry};"
                " callrec audit verify"
            )
    if aside := set_aside_items(practice):
        last_put = aside[-1]
        yield (
            f"the audit record was resumed at {last_put.at_entry}, by {last_put.by}:"
            f" {len(aside)} found and put on record; callrec practice register set-aside"
        )


def _warnings(
    practice: Practice, actor: Actor | None, reconciled: LastReconciled | None
) -> Iterator[str]:
    due_on = practice.settings.policy.next_revision_due
    if due_on < today(practice):
        yield (
            f"the policy's revision was due by {short_date(due_on)}: once it is revised, write the"
            " new day into the practice's rules; the Data Controller runs callrec practice settings"
            " apply FILE"
        )
    yield from _record_warnings(practice)
    with reading(practice.engine) as connection:
        last, _ = read_leaf(connection, stored_size(connection) - 1)
        yield from made_up_warnings(practice, connection)
        yield from unrecognised_warnings(practice, connection)
        for command in cut_off_destructions(connection):
            yield f"a destruction was cut off, or goes on: {command}"
    if practice.now() < parse_instant(last.at) - CLOCK_TOLERANCE:
        yield "this machine's clock stands before the last entry of the audit log"
    yield from (lent.warning for lent in lapsed_delegations(practice))
    if without := people_without(practice):
        yield (
            f"no second factor, which the practice asks for: {listed(without)}; each runs"
            " callrec user factor add"
        )
    yield from incident_warnings(practice, actor)
    yield from complaint_warnings(practice, actor)
    yield from notice_warnings(practice)
    yield from retention_warnings(practice)
    yield from mail_warnings(practice)
    yield from stamp_warnings(practice)
    yield from _volume_warnings(practice)
    if reconciled is not None and reconciled.warning:
        yield reconciled.warning
    yield from drill_warnings(practice)
    yield from former_kit_warnings(practice)
    yield from by_two_warnings(practice)
    yield from (drive.warning for drive in drives_still_opened(practice))
    if kept_copies(practice.folder):
        yield "the catalogue from before a migration lies beside it: delete it once all is well"


def _volume_warnings(practice: Practice) -> Iterator[str]:
    copies = practice.settings.archive.copies
    with reading(practice.engine) as connection:
        too_few = 0
        try:
            check_standings(practice, connection)
            drives = off_site_drives(practice, connection)
            too_few = count_with_too_few_copies(connection, copies, drives)
        except CallrecError as error:
            yield f"the audit log: {error.message}; run callrec audit verify"
    if too_few:
        yield (
            f"{'1 recording is' if too_few == 1 else f'{too_few} recordings are'} only on drives,"
            f" and on fewer than {copies}: attach those that have them, and another, and run"
            " callrec archive --to DIR"
        )


LOOKING_BACK: Final = timedelta(days=30)


def notice_warnings(practice: Practice) -> Iterator[str]:
    """By direction, how many calls of the last 30 days were on days without a notice [policy 3].

    Only the clear columns are read: the direction of a call, and its day. What a caller was told in
    the call is in its own record, which `callrec show` opens.
    """
    versions = read_notices(practice.settings)
    recording, zone = tables.recording.c, practice.settings.time_zone
    since = to_millis(practice.now() - LOOKING_BACK)
    query = select(recording.direction, recording.started_at).where(recording.started_at >= since)
    with reading(practice.engine) as connection:
        calls = connection.execute(query).all()
    days = [(way, from_millis(at).astimezone(zone).date()) for way, at in calls]
    for direction, kind in NOTICE_HEARD.items():
        missed = sum(
            way == direction and in_force(versions, kind, day) is None for way, day in days
        )
        if missed:
            yield (
                f"{direction} calls since {short_date(today(practice) - LOOKING_BACK)} on days"
                f" without {kind} notice: {missed} [{Clause.CALLER_IS_TOLD.cited}]"
            )

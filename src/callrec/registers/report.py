"""The practice's report of a month: figures for its meeting and for the DSPT [policy 4(a)].

Before anything is counted the whole log is checked, and every row against it: a report is made of
what was signed, or not at all. Nobody who called is named in it; staff are, as in the registers.
What a figure means is said in docs/reference/report.md; in words it is put by report_document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from statistics import median
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from callrec.archive.heads import VOLUME_STATEMENT
from callrec.archive.unarchived import read_unarchived
from callrec.archive.volumes import list_volumes
from callrec.audit.erased import KIND as DESTRUCTION_STATEMENT
from callrec.audit.leaf import Leaf
from callrec.audit.log import read_leaf, stored_head
from callrec.calls.custody import count_recordings
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse, parse_instant
from callrec.errors import Unusable
from callrec.intake.reconciled import read_reconciliations
from callrec.intake.summary import INTAKE_STATEMENT
from callrec.keys.kit_use import last_drill
from callrec.login.people import everybody, logins
from callrec.policy.hold import HoldState
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.reviews import RIGHTS_PURPOSES, check_may_report
from callrec.policy.role import PersonId
from callrec.practice import Actor, Practice, attempt, record, today
from callrec.record.acts import SEARCH
from callrec.record.statements import carried
from callrec.registers.figures import (
    ComplaintLine,
    DriveCount,
    IncidentLine,
    LateRequest,
    MonthCount,
    PersonCount,
    PracticeReport,
)
from callrec.registers.months import (
    MONTHS,
    REFUSED_SEARCH,
    SEARCH_UNDER_REQUEST,
    Deed,
    Month,
    PurposeCount,
    count_requests,
    held_calls,
    month_of,
    read_counted_requests,
    read_deeds,
)
from callrec.registers.others import (
    HoldEntry,
    read_complaint_register,
    read_hold_register,
    read_incident_register,
)
from callrec.registers.resuming import set_aside_items
from callrec.registers.verify import check_vault
from callrec.requests.glass import BrokenGlass, broken_glass
from callrec.requests.open import hidden_from
from callrec.retention.review import count_due

_Line = TypeVar("_Line", IncidentLine, ComplaintLine)

REPORT_MADE: Final = "report.made"

MOST_LATE: Final = 50
"""Requests that are listed as late; of more it is said how many there are."""


def make_report(practice: Practice, actor: Actor, month: Month) -> PracticeReport:
    """Count a month; that somebody had it counted is logged first.

    The actor has given their password.

    Raises:
        Refused: the actor may not read every register that it counts from.
        Unusable: the month has not begun, or there was no vault in it.
        Tampered: something of the log, or a row, is not as it was signed.
    """
    details = {"month": str(month)}
    with attempt(practice, actor, REPORT_MADE, details=details):
        check_may_report(actor.person, on=today(practice))
        with reading(practice.engine) as connection:
            _check_month(practice, _set_up_on(practice, connection), month)
        record(practice, actor, REPORT_MADE, details=details)
        with reading(practice.engine) as connection:
            check_vault(practice, connection)
            return _Counting(practice, actor, connection, month).report()


def usual_month(practice: Practice) -> Month:
    """The month that is reported where nobody names one: the last that is over.

    The one that goes on, where there was no vault before.
    """
    now = month_of(today(practice))
    with reading(practice.engine) as connection:
        return max(now.earlier(1), month_of(_set_up_on(practice, connection)))


def _set_up_on(practice: Practice, connection: Connection) -> date:
    first, _ = read_leaf(connection, 0)
    return parse_instant(first.at).astimezone(practice.settings.time_zone).date()


def _check_month(practice: Practice, set_up_on: date, month: Month) -> None:
    now = month_of(today(practice))
    if month > now:
        raise Unusable(
            f"{_called(month)} has not begun", hint=f"type --month {now}, for the month so far"
        )
    if month < month_of(set_up_on):
        raise Unusable(
            f"callrec was set up here in {_called(month_of(set_up_on))}, after {_called(month)}",
            hint=f"type --month {month_of(set_up_on)} or a later one",
        )


def _called(month: Month) -> str:
    return f"{date(month.year, month.month, 1):%B %Y}"  # of the last year there is, too


class _Counting:
    """One state of the catalogue, read once, and what a month of it comes to."""

    def __init__(
        self, practice: Practice, actor: Actor, connection: Connection, month: Month
    ) -> None:
        self._practice, self._actor, self._connection = practice, actor, connection
        self._month, self._zone = month, practice.settings.time_zone
        self._until = min(month.days.last, today(practice))
        self._set_up_on = _set_up_on(practice, connection)
        self._hidden = hidden_from(practice, actor, connection)
        self._requests = read_counted_requests(
            practice, actor, connection, self._hidden, on=self._until
        )
        self._deeds = tuple(read_deeds(practice, connection, self._hidden))
        first = month.earlier(MONTHS - 1).begins_at(self._zone)
        self._reconciled = tuple(read_reconciliations(practice, connection, since=first))
        self._intakes = tuple(self._stated(INTAKE_STATEMENT))
        self._destructions = tuple(self._stated(DESTRUCTION_STATEMENT))
        self._incidents = tuple(read_incident_register(practice, actor, connection))
        self._complaints = tuple(read_complaint_register(practice, actor, connection))
        self._holds = tuple(read_hold_register(practice, actor, connection))

    def report(self) -> PracticeReport:
        practice, month, until = self._practice, self._month, self._until
        late = self._late()
        glass = [
            each
            for each in broken_glass(practice, self._connection)
            if each.request not in self._hidden
        ]
        head = stored_head(self._connection)
        left = read_unarchived(practice, self._connection)
        within = [
            each
            for each in self._reconciled
            if each.days.first <= month.days.last and month.days.first <= each.days.last
        ]
        return PracticeReport(
            practice=practice.name,
            month=str(month),
            so_far=until < month.days.last,
            first_day=month.days.first,
            last_day=until,
            made_at=practice.now(),
            made_by=logins(practice)[self._actor.person.id],
            entries=head.size,
            head=head.root.hex(),
            set_up_on=self._set_up_on,
            set_aside=len(set_aside_items(practice)),
            purposes=tuple(self._purposes()),
            late=late[:MOST_LATE],
            late_in_all=len(late),
            people=tuple(self._people(glass)),
            unaccepted_alone=sum(not each.is_accepted for each in glass),
            recordings=count_recordings(self._connection),
            taken_in=self._taken_in(month),
            refused=sum(
                sum(fields["refused"].values()) for on, fields in self._intakes if month.has(on)
            ),
            held=held_calls(month, self._reconciled),
            too_long=sum(
                not each.counts.files
                or each.days.first < month.days.first
                or each.days.last > month.days.last
                for each in within
            ),
            drives=tuple(self._drives()),
            unarchived=left.recordings if left else 0,
            drilled_at=last_drill(practice),
            incidents=tuple(self._incident_lines()),
            complaints=tuple(self._complaint_lines()),
            holds_placed=sum(month.has(self._day(each.placed_at)) for each in self._holds),
            holds_lifted=sum(month.has(self._lifted_on(each)) for each in self._holds),
            holds_in_force=sum(self._is_in_force(each) for each in self._holds),
            destroyed=self._destroyed(month),
            retention_due=count_due(practice),
            trend=tuple(self._count(month.earlier(n)) for n in reversed(range(MONTHS))),
        )

    def _purposes(self) -> Iterator[PurposeCount]:
        for purpose in Purpose:
            count = count_requests(self._requests, purpose, self._month, until=self._until)
            if count.came or count.answered or count.ended or count.open:
                yield count

    def _late(self) -> tuple[LateRequest, ...]:
        """Those of people about themselves, the latest first; of others only numbers are told."""
        found = []
        for each in self._requests:
            answered = self._month.has(each.answered_on) and each.was_late
            if each.due_on is None or each.purpose not in RIGHTS_PURPOSES:
                continue
            if answered or each.is_overdue(self._until):
                on = each.answered_on if answered else None
                days = ((on or self._until) - each.due_on).days
                found.append(
                    LateRequest(
                        request=each.reference,
                        purpose=each.purpose,
                        came_on=each.came_on,
                        due_on=each.due_on,
                        answered_on=on,
                        days_late=days,
                    )
                )
        return tuple(sorted(found, key=lambda each: -each.days_late))

    def _people(self, glass: Sequence[BrokenGlass]) -> Iterator[PersonCount]:
        """Everybody who did any of it, by login."""
        alone = [each.by for each in glass if self._month.has(self._day(each.at))]
        deeds: dict[PersonId, list[Deed]] = {person: [] for person in alone}
        for deed in self._deeds:
            if self._month.has(deed.on):
                deeds.setdefault(deed.person, []).append(deed)
        known = everybody(self._practice, self._actor, self._connection)
        for person in sorted(deeds, key=lambda person: known[person].login):
            shown = known[person]
            yield _person_count(
                deeds[person],
                login=shown.login,
                full_name=shown.full_name or None,
                role=str(shown.role),
                decided_alone=alone.count(person),
            )

    def _drives(self) -> Iterator[DriveCount]:
        written = defaultdict[str, set[date]](set)
        for on, stated in self._stated(VOLUME_STATEMENT):
            if self._month.has(on):
                written[stated["volume"]].add(on)
        for each in list_volumes(self._practice):
            yield DriveCount(
                label=each.label,
                standing=each.standing,
                days_written=len(written[each.volume]),
                recordings=each.recordings,
                written_at=each.written_at,
                verified_at=each.verified_at,
                verify_on=each.verify_on,
                on_vaults_disk=each.on_vaults_disk,
            )

    def _count(self, month: Month) -> MonthCount:
        """One month of the trends."""
        now = month_of(today(self._practice))
        standing = "so-far" if month == now else "whole"
        if month < month_of(self._set_up_on):
            standing = "before"
        rights = [
            each
            for each in self._requests
            if each.purpose in RIGHTS_PURPOSES and month.has(each.answered_on)
        ]
        days = [each.days for each in rights if each.days is not None]
        return MonthCount(
            month=str(month),
            standing=standing,
            came=sum(month.has(each.came_on) for each in self._requests),
            rights_in_time=sum(each.was_late is False for each in rights),
            rights_late=sum(each.was_late is True for each in rights),
            rights_days_middle=median(days) if days else None,
            hearings=self._done(RequestAct.LISTENED, month),
            released=self._done(RequestAct.DELIVERED, month),
            searches=self._done(SEARCH, month),
            taken_in=self._taken_in(month),
            destroyed=self._destroyed(month),
            percent_held=held_calls(month, self._reconciled).percent,
            incidents=sum(month.has(self._day(each.noticed_at)) for each in self._incidents),
            complaints=sum(month.has(each.received_on) for each in self._complaints),
        )

    def _done(self, what: str, month: Month) -> int:
        return sum(each.what == what and month.has(each.on) for each in self._deeds)

    def _taken_in(self, month: Month) -> int:
        return sum(fields["recordings"] for on, fields in self._intakes if month.has(on))

    def _destroyed(self, month: Month) -> int:
        return sum(len(fields["items"]) for on, fields in self._destructions if month.has(on))

    def _stated(self, kind: str) -> Iterator[tuple[date, Mapping[str, Any]]]:
        """The day of each statement of a kind, and what it says."""
        for row in carried(self._connection, kind):
            fields = parse(bytes(row.body))
            assert isinstance(fields, dict)  # noqa: S101 - the whole log was checked
            at = parse_instant(Leaf.decode(bytes(row.leaf), row.seq).at)
            yield at.astimezone(self._zone).date(), fields

    def _day(self, at: datetime | None) -> date | None:
        return None if at is None else at.astimezone(self._zone).date()

    def _incident_lines(self) -> Iterator[IncidentLine]:
        for each in self._incidents:
            if self._was_open(self._day(each.noticed_at), each.closed_on):
                yield _as(IncidentLine, each)

    def _complaint_lines(self) -> Iterator[ComplaintLine]:
        for each in self._complaints:
            if self._was_open(each.received_on, each.answered_on):
                yield _as(ComplaintLine, each)

    def _was_open(self, since: date | None, until: date | None) -> bool:
        """Whether it was for some of the month; one that does not open may have been."""
        ended = until is not None and until < self._month.days.first
        return not ended and (since is None or since <= self._until)

    def _lifted_on(self, hold: HoldEntry) -> date | None:
        return self._day(hold.lifted_at) if hold.state == HoldState.LIFTED else None

    def _is_in_force(self, hold: HoldEntry) -> bool:
        placed_on, lifted_on = self._day(hold.placed_at), self._lifted_on(hold)
        is_placed = placed_on is not None and placed_on <= self._until
        return is_placed and (lifted_on is None or lifted_on > self._until)


def _as(line: type[_Line], entry: object) -> _Line:
    """What a report repeats of a register's entry."""
    return line(**{name: getattr(entry, name) for name in line.__slots__})


def _person_count(
    deeds: Sequence[Deed], *, login: str, full_name: str | None, role: str, decided_alone: int
) -> PersonCount:
    heard = [each for each in deeds if each.what == RequestAct.LISTENED]
    released = [each for each in deeds if each.what == RequestAct.DELIVERED]
    return PersonCount(
        login=login,
        full_name=full_name,
        role=role,
        hearings=len(heard),
        heard=len({uid for each in heard for uid in each.recordings}),
        requests=len({each.request for each in (*heard, *released)}),
        released=len(released),
        decided_alone=decided_alone,
        searches=sum(each.what == SEARCH for each in deeds),
        searches_refused=sum(each.what == REFUSED_SEARCH for each in deeds),
        searches_under_request=sum(each.what == SEARCH_UNDER_REQUEST for each in deeds),
    )

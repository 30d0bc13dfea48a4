"""The practice's report in words: the document that is read at its meeting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo
from typing import Final

from callrec.package.whole import key_words
from callrec.paper.document import (
    Block,
    Document,
    Facts,
    Items,
    Paragraph,
    Plot,
    Section,
    Series,
    Table,
    figure,
)
from callrec.policy.days import day_in_words, time_in_words
from callrec.policy.incident import IncidentState
from callrec.policy.rights.complaint import ComplaintState
from callrec.policy.words import counted, in_words
from callrec.registers.figures import (
    ComplaintLine,
    IncidentLine,
    MonthCount,
    PersonCount,
    PracticeReport,
)
from callrec.registers.months import HeldCalls, PurposeCount, read_month

_HEAD_OF_PURPOSES: Final = (
    *("Purpose", "came", "answered", "in time", "late", "no day set", "days, middle"),
    *("days, longest", "ended otherwise", "open", "open and late"),
)

_HEAD_OF_PEOPLE: Final = (
    *("Who", "hearings", "calls heard", "packages", "requests", "decided alone"),
    *("searches without a request", "refused", "under a request"),
)


def report_document(report: PracticeReport, zone: tzinfo) -> Document:
    """The report of a month; times are in the practice's zone."""
    month = f"{report.first_day:%B %Y}"
    return Document(
        practice=report.practice,
        title=f"Call recordings: {month}{' so far' if report.so_far else ''}",
        lead=tuple(_lead(report, zone)),
        sections=(
            Section("Requests", tuple(_requests(report))),
            Section("Who listened, handed over and searched", tuple(_people(report.people))),
            Section("Calls recorded", tuple(_calls(report))),
            Section("Copies, drives and last checks", tuple(_copies(report, zone))),
            Section("Incidents", tuple(_incidents(report, zone))),
            Section("Complaints about personal data", tuple(_complaints(report))),
            Section("Holds, retention and destruction", (Facts(tuple(_keeping(report))),)),
            Section("Twelve months", tuple(_trends(report.trend))),
            Section("What this report rests on", tuple(_rests_on(report, zone))),
        ),
        made_at=report.made_at,
        foot=f"{report.practice}, {month}, as of entry {report.entries - 1:,} of the audit record",
    )


def _lead(report: PracticeReport, zone: tzinfo) -> Iterator[str]:
    yield (
        f"From {day_in_words(report.first_day)} to {day_in_words(report.last_day)}."
        f" Made on {_moment(report.made_at, zone)} by {report.made_by}."
    )
    if report.so_far:
        yield "The month is not over: every figure is so far."
    yield (
        "No patient is named here. The whole audit record was checked for this report,"
        " and everything is as it was signed."
    )
    if report.set_aside:
        yield (
            f"{counted(report.set_aside, 'item')} that nobody signed had been put on record before,"
            " and counts for nothing: callrec practice register set-aside."
        )


def _requests(report: PracticeReport) -> Iterator[Block]:
    if not report.purposes:
        yield Paragraph("No request came, was answered or was open.")
        return
    rows = [_purpose_row(in_words(each.purpose), [each]) for each in report.purposes]
    if len(rows) > 1:
        rows.append(_purpose_row("all", report.purposes))
    yield Table("Requests by purpose", _HEAD_OF_PURPOSES, tuple(rows))
    yield Paragraph(
        "“In time” and “late” are told where a law or a court sets the last day. Days run from"
        " the day on which a request came to its answer."
    )
    if not report.late:
        yield Paragraph("No request of a person about themselves was answered late or is late.")
        return
    caption = "Late requests of people about themselves"
    if report.late_in_all > len(report.late):
        caption = f"{caption}: the {len(report.late)} latest of {report.late_in_all}"
    yield Table(
        caption,
        ("Request", "purpose", "came", "last day", "answered", "days late"),
        tuple(
            (
                each.request,
                in_words(each.purpose),
                _short(each.came_on),
                _short(each.due_on),
                _day(each.answered_on, "not yet"),
                figure(each.days_late),
            )
            for each in report.late
        ),
        numbers=False,
    )


def _purpose_row(name: str, counts: Sequence[PurposeCount]) -> tuple[str, ...]:
    (only, *more) = counts
    middle, longest = only.days_middle, only.days_longest
    days = (_or_none(None if more else middle), _or_none(None if more else longest))
    numbers = [
        sum(getattr(each, what) for each in counts)
        for what in ("came", "answered", "in_time", "late", "no_day", "ended", "open", "open_late")
    ]
    shown = list(map(figure, numbers))
    return (name, *shown[:5], *days, *shown[5:])


def _people(people: Sequence[PersonCount]) -> Iterator[Block]:
    if not people:
        yield Paragraph("Nobody listened to a recording, handed one over or searched.")
        return
    rows = tuple(
        (
            _called(each),
            *map(
                figure,
                (
                    *(each.hearings, each.heard, each.released, each.requests),
                    *(each.decided_alone, each.searches, each.searches_refused),
                    each.searches_under_request,
                ),
            ),
        )
        for each in people
    )
    yield Table("What each person did", _HEAD_OF_PEOPLE, rows)
    yield Paragraph(
        "A search without a request stands on the reason that was given with it; callrec audit"
        " review-searches draws some to be looked at."
    )


def _called(person: PersonCount) -> str:
    name = f"{person.full_name}, {person.login}" if person.full_name else person.login
    return f"{name} ({in_words(person.role)})"


def _calls(report: PracticeReport) -> Iterator[Block]:
    held = report.held
    yield Facts(
        (
            ("Taken in", counted(report.taken_in, "recording")),
            ("Refused by intake", counted(report.refused, "file")),
            ("Held now", counted(report.recordings, "recording")),
            ("Calls held of calls made", _held(held)),
        )
    )
    if held.missing or held.in_part:
        yield Paragraph(
            f"{counted(held.missing, 'answered call')} not held at all, {held.in_part:,} held in"
            " part: callrec practice reconcile lists them.",
            stands_out=True,
        )


def _held(held: HeldCalls) -> str:
    if not held.days:
        return (
            "not known: nobody compared the recordings of this month with the telephone system's"
            " own call records (callrec practice reconcile)"
        )
    days = f"{counted(held.days, 'day')} compared, {counted(held.calls, 'call')} made"
    if held.percent is None:
        return f"{days}, none of them answered"
    return f"{held.held:,} of {held.answered:,} answered, {figure(held.percent)}% ({days})"


def _copies(report: PracticeReport, zone: tzinfo) -> Iterator[Block]:
    if report.drives:
        rows = tuple(
            (
                each.label,
                "on the vault's disk" if each.on_vaults_disk else in_words(each.standing),
                figure(each.days_written),
                figure(each.recordings),
                _short(each.written_at.astimezone(zone)),
                _day(each.verified_at and each.verified_at.astimezone(zone).date(), "never here"),
                _day(each.verify_on, "no day"),
            )
            for each in report.drives
        )
        header = (
            *("Drive", "state", "written to", "recordings", "last written", "last read back"),
            "to be read back by",
        )
        yield Table("Drives, as they are now", header, rows, numbers=False)
        yield Paragraph(
            "“Written to” is the number of days of the month. When a drive was read back is what"
            " this account of this computer remembers; the audit record does not say."
        )
    else:
        yield Paragraph("No drive was ever written to.", stands_out=True)
    if report.unarchived:
        yield Paragraph(
            f"{counted(report.unarchived, 'recording')} on no disk but the vault's own:"
            " callrec archive --to DIR copies them.",
            stands_out=True,
        )
    drilled = report.drilled_at
    tried = "never" if drilled is None else f"on {_moment(drilled, zone)}"
    yield Facts((("Recovery kit last tried", tried), ("Audit record", "checked whole just now")))


def _incidents(report: PracticeReport, zone: tzinfo) -> Iterator[Block]:
    if not report.incidents:
        yield Paragraph("None was noticed or open.")
        return
    rows = tuple(
        (
            each.incident,
            each.state,
            _moment_or(each.noticed_at, zone),
            _moment_or(each.due_at, zone),
            in_words(each.outcome) if each.outcome else "not decided",
            _day(each.closed_on, "open"),
            _hours_of(each, report.made_at),
        )
        for each in report.incidents
    )
    header = (
        *("Incident", "state", "noticed", "72 hours end", "Information Commissioner"),
        *("closed", "the 72 hours"),
    )
    yield Table("Incidents noticed or open in the month", header, rows, numbers=False)


def _hours_of(incident: IncidentLine, now: datetime) -> str:
    if incident.state == IncidentState.OPEN and incident.due_at is not None:
        return "over, and it is open" if incident.due_at < now else "not over yet"
    if incident.was_late is None:
        return "not known"
    return "reported late" if incident.was_late else "kept"


def _acknowledged(complaint: ComplaintLine) -> str:
    if complaint.was_late:
        return "late"
    if complaint.state == ComplaintState.RECEIVED:
        return "not due yet"
    return "not owed" if complaint.was_late is None else "in time"


def _complaints(report: PracticeReport) -> Iterator[Block]:
    if not report.complaints:
        yield Paragraph("None came or was open.")
        return
    rows = tuple(
        (
            each.complaint,
            each.state,
            _day(each.received_on, "not known"),
            _day(each.due_on, "no day"),
            _day(each.acknowledged_on, "not yet"),
            _acknowledged(each),
            _day(each.answered_on, "not yet"),
            in_words(each.outcome) if each.outcome else "open",
        )
        for each in report.complaints
    )
    header = (
        *("Complaint", "state", "came", "acknowledge by", "acknowledged", "that is", "answered"),
        "outcome",
    )
    yield Table("Complaints that came or were open in the month", header, rows, numbers=False)


def _keeping(report: PracticeReport) -> Iterator[tuple[str, str]]:
    due = report.retention_due
    yield "Holds placed", figure(report.holds_placed)
    yield "Holds lifted", figure(report.holds_lifted)
    at = "now" if report.so_far else f"at the end of {day_in_words(report.last_day)}"
    yield f"Holds in force {at}", figure(report.holds_in_force)
    yield "Recordings destroyed", figure(report.destroyed)
    yield (
        "Due to be destroyed now",
        "not known: a category is not in the practice's rules" if due is None else figure(due),
    )
    if report.unaccepted_alone:
        yield "Decided alone, and not accepted by anybody else", figure(report.unaccepted_alone)


def _trends(trend: Sequence[MonthCount]) -> Iterator[Block]:
    """Of the months in which there was a vault."""
    known = [each for each in trend if each.standing != "before"]
    first = read_month(known[0].month).days.first
    if len(known) < len(trend):
        yield Paragraph(f"callrec was set up here in {first:%B %Y}: nothing is known before.")
    if len(known) == 1:
        yield Paragraph("Trends begin with the second month.")
        return
    if trend[-1].standing == "so-far":
        yield Paragraph("The last month is not over.")
    yield from _plots(known)


def _plots(trend: Sequence[MonthCount]) -> Iterator[Block]:
    yield _plot(
        "Requests of people about themselves, answered",
        trend,
        ("in time", "rights_in_time"),
        ("late", "rights_late"),
    )
    yield _plot(
        "Days from a person's request to its answer, the middle one",
        trend,
        ("days", "rights_days_middle"),
        unknown="none answered",
    )
    yield _plot("Answered calls that are held, of 100", trend, ("held", "percent_held"), most=100)
    yield _plot("Recordings taken in", trend, ("recordings", "taken_in"))
    yield _plot(
        "Recordings heard, and packages handed over",
        trend,
        ("hearings", "hearings"),
        ("packages", "released"),
    )
    yield _plot("Searches without a request", trend, ("searches", "searches"))
    yield _plot(
        "Incidents, and complaints about personal data",
        trend,
        ("incidents", "incidents"),
        ("complaints", "complaints"),
    )


def _plot(
    title: str,
    trend: Sequence[MonthCount],
    *series: tuple[str, str],
    most: float | None = None,
    unknown: str = "not known",
) -> Plot | Paragraph:
    """Some months of one figure or two; in a sentence, where nothing of it is known."""
    drawn = tuple(
        Series(name, tuple(getattr(each, what) for each in trend)) for name, what in series
    )
    if all(value is None for each in drawn for value in each.values):
        return Paragraph(f"{title}: {unknown} in any month.")
    return Plot(
        title=title,
        says=" ".join(map(_says, drawn)),
        places=tuple(f"{read_month(each.month).days.first:%b %y}" for each in trend),
        series=drawn,
        unknown=unknown,
        most=most,
    )


def _says(series: Series) -> str:
    """The least, the most and the last of a row, in a sentence."""
    known = [value for value in series.values if value is not None]
    name, last = series.name.capitalize(), series.values[-1]
    months = "month" if len(known) == len(series.values) else "month that is known"
    if min(known) == max(known):
        return f"{name}: {figure(known[0])} in each {months}."
    return (
        f"{name}: from {figure(min(known))} to {figure(max(known))} in a {months},"
        f" {'not known' if last is None else figure(last)} in the last."
    )


def _rests_on(report: PracticeReport, zone: tzinfo) -> Iterator[Block]:
    yield Facts(
        (
            ("Entries counted", f"0 to {report.entries - 1:,} of the audit record"),
            ("The record's head", key_words(report.head)),
            ("Made", f"{_moment(report.made_at, zone)} by {report.made_by}"),
        )
    )
    yield Paragraph("What cannot be known from here, or counts in a way of its own:")
    yield Items(tuple(_limits(report)))


def _limits(report: PracticeReport) -> Iterator[str]:
    yield (
        "How many calls were made is known only for days that were compared with the telephone"
        " system's call records."
    )
    if report.too_long:
        yield (
            f"{counted(report.too_long, 'comparison')} left out: over more than this month, or"
            " without call records, and so not to be parted into months."
        )
    yield (
        "What is entered late counts in the month in which it happened: a request that came in"
        " this month and is entered in the next changes this report."
    )
    yield (
        "A request of the staff's own is answered once somebody heard it or it went out. One from"
        " outside is answered once they heard it, it went out, it was carried out or refused."
    )
    yield "What happened outside callrec is known only if somebody wrote it down here."


def _or_none(value: float | None) -> str:
    return "" if value is None else figure(value)


def _day(day: date | None, otherwise: str) -> str:
    return otherwise if day is None else _short(day)


def _short(day: date) -> str:
    """As a table has room for it: ``3 Dec 2026``."""
    return f"{day.day} {day:%b %Y}"


def _moment(at: datetime, zone: tzinfo) -> str:
    return time_in_words(at.astimezone(zone))


def _moment_or(at: datetime | None, zone: tzinfo) -> str:
    local = at and at.astimezone(zone)
    return f"{_short(local)}, {local:%H:%M}" if local else "not known"

"""What the law asks of a personal data breach: what is found out, and when it is reported.

    UK GDPR 33(1)   the Information Commissioner is notified within 72 hours of awareness, unless it
                    is unlikely to be a risk to people; later only with the reason for the delay
    UK GDPR 33(3)   what the notification says
    UK GDPR 33(5)   what is written down about every breach, reported or not
    UK GDPR 34      people whom a breach is likely to harm gravely are told without undue delay,
                    unless 34(3) lets the practice not tell them one by one

The NHS's grid of likelihood and impact decides whether it is likely to be a risk. From which impact
on the risk is high is from memory: have your data protection officer check it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any, Final

from callrec.dataclass import dataclass, fields, replace
from callrec.errors import Refused, Unusable
from callrec.policy.clause import Clause, Law
from callrec.policy.days import as_typed
from callrec.policy.incident import Outcome
from callrec.policy.words import check_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is found out about an incident; empty or None: not stated yet."""

    nature: str = ""
    """Of the breach [33(3)(a)]."""
    people: str = ""
    """Categories of the people concerned [33(3)(a)]."""
    people_count: int | None = None
    """Approximately [33(3)(a)]."""
    records: str = ""
    """Categories of the records concerned [33(3)(a)]."""
    record_count: int | None = None
    """Approximately [33(3)(a)]."""
    contact: str = ""
    """Where more can be obtained: the data protection officer [33(3)(b)]."""
    consequences: str = ""
    """What is likely to follow from it [33(3)(c)]."""
    measures: str = ""
    """Taken or proposed [33(3)(d)]."""
    facts: str = ""
    """[33(5)]."""
    effects: str = ""
    """[33(5)]."""
    remedy: str = ""
    """The remedial action taken [33(5)]."""
    people_told: int | None = None
    """How many of the people affected [34(1)]."""
    people_told_on: str = ""
    """The day, ``2026-11-24``."""
    people_told_how: str = ""
    """By which way, or how everybody was told in public [34(3)(c)]."""
    not_told: str = ""
    """A code of `NOT_TOLD`: why the people affected are not told one by one [34(3)]."""
    dspt_reference: str = ""
    """Of the report in the Data Security and Protection Toolkit, which passes it on."""
    likelihood: int | None = None
    """Of harm, 1 to 5."""
    impact: int | None = None
    """Of the harm, 1 to 5."""

    def __post_init__(self) -> None:
        for degree in (self.likelihood, self.impact):
            if degree is not None and degree not in range(1, 6):
                raise Unusable("likelihood and impact go from 1 to 5")
        if self.not_told and self.not_told not in NOT_TOLD:
            raise Unusable(
                "that is not a reason that the law accepts for not telling people",
                hint=f"one of: {', '.join(NOT_TOLD)}",
            )
        try:
            date.fromisoformat(self.people_told_on or "2026-01-01")
        except ValueError as error:
            raise Unusable("the day on which people were told is not a date") from error

    @property
    def assessment(self) -> tuple[int | None, int | None, str]:
        """How serious the incident is, and why the people affected need not be told."""
        return self.likelihood, self.impact, self.not_told

    @property
    def stated(self) -> Mapping[str, Any]:
        """The findings that are stated, by name."""
        every = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in every.items() if value not in ("", None)}

    def with_more(self, found: Findings) -> Findings:
        """These, updated by later findings; Unusable if nothing was found."""
        if not found.stated:
            raise Unusable(
                "nothing is added", hint="callrec incident update --help lists what can be"
            )
        return replace(self, **found.stated)


NOT_TOLD: Final[Mapping[str, str]] = {
    "unreadable": "nobody without a right to the data can read them: they are encrypted",
    "averted": "what was done since makes great harm unlikely",
    "disproportionate": "it would take too much effort, so everybody was told in public",
    "none": "what was said of it is taken back: they are to be told",
}
"""Why people need not be told one by one: UK GDPR 34(3)(a), (b), (c); or that none of it is so."""

PEOPLE_TOLD_FIELDS: Final = ("people_told", "people_told_on", "people_told_how")
"""What shows that the people affected were told [34]."""

ICO_REPORT_FIELDS: Final = (
    *("nature", "people", "people_count", "records", "record_count"),
    *("contact", "consequences", "measures"),
)
"""What UK GDPR 33(3) requires in a report, in its order."""

BREACH_RECORD_FIELDS: Final = ("facts", "effects", "remedy")
"""What UK GDPR 33(5) requires on record, in its order."""


@dataclass(frozen=True, slots=True)
class ReportingThreshold:
    """A breach that reaches both degrees is reported (settings.Incidents)."""

    likelihood: int
    impact: int
    tell_impact: int = 4
    """Of what is reported, from this impact on the people affected are told too [34(1)]."""

    def must_tell_people(self, findings: Findings) -> bool | None:
        """Whether the people affected must be told; None while a degree is missing."""
        must_be_reported = self.must_be_reported(findings)
        if not must_be_reported or findings.impact is None:
            return must_be_reported
        return findings.impact >= self.tell_impact

    def must_be_reported(self, findings: Findings) -> bool | None:
        """Whether the Information Commissioner must be notified; None while a degree is missing.

        How many people are affected does not matter.

        Source: NHS guide to the notification of data security and protection incidents.
        """
        if findings.likelihood is None or findings.impact is None:
            return None
        return findings.likelihood >= self.likelihood and findings.impact >= self.impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the Data Controller found, and why."""

    outcome: Outcome
    on: date
    """The practice's day of the report, or of the finding that none was needed."""
    at: datetime | None = None
    """The time of that, where it was stated."""
    reason: str
    delay_reason: str = ""
    """Why the report came after the 72 hours [33(1)]."""


def missing_findings(
    findings: Findings, grid: ReportingThreshold, closing: Closing | None = None
) -> tuple[str, ...]:
    """What the law requires and is not stated yet, in its order.

    Nothing for the report is missing where no report was needed or made.
    """
    need_not = grid.must_be_reported(findings) is False
    if need_not and (closing is None or closing.outcome is Outcome.NOT_REPORTED):
        return _lacking(findings, BREACH_RECORD_FIELDS)
    told = untold(findings) if grid.must_tell_people(findings) else ()
    return (*_lacking(findings, (*ICO_REPORT_FIELDS, *BREACH_RECORD_FIELDS)), *told)


def untold(findings: Findings) -> tuple[str, ...]:
    """What does not say yet that the people affected were told, or why they need not be."""
    if findings.not_told == "disproportionate":
        return _lacking(findings, ("people_told_how",))
    if findings.not_told not in ("", "none"):
        return ()
    if findings.people_told == 0 != findings.people_count:  # none were told of those there are
        findings = replace(findings, people_told=None)
    return _lacking(findings, PEOPLE_TOLD_FIELDS)


def check_told_on(findings: Findings, *, noticed_on: date, today: date) -> None:
    """People are told of a breach after it was noticed, and not on a day to come."""
    if findings.people_told_on:
        day = date.fromisoformat(findings.people_told_on)
        if not noticed_on <= day <= today:
            when = "in the future" if day > today else "before it was noticed"
            raise Refused(
                f"the day on which people were told is {when}",
                clause=Law.BREACH_TOLD,
                hint="say when it was: --people-told-on DATE",
            )


def check_graver(before: Findings, after: Findings, grid: ReportingThreshold) -> None:
    """Check that nothing added to a closed breach leaves people to be told: it waits no more."""
    owing = [grid.must_tell_people(found) and untold(found) for found in (before, after)]
    if owing[1] and not owing[0]:
        raise Refused(
            "the people whom a breach of this impact affects are told, and this one is closed",
            clause=Law.BREACH_TOLD,
            hint="tell them, and say so with it: --people-told N --people-told-on DATE"
            " --people-told-how TEXT, or --not-told CODE; until then report what is new:"
            " callrec incident report",
        )


def check_closing(
    closing: Closing,
    findings: Findings,
    grid: ReportingThreshold,
    *,
    noticed_at: datetime,
    due_at: datetime,
    now: datetime,
    zone: tzinfo,
) -> None:
    """Check that an incident noticed at that time may be closed like this.

    The 72 hours end at ``due_at``; Unusable as `is_late`.
    """
    check_reason(closing.reason, Clause.INFRINGEMENT)
    is_to_come = closing.on > now.astimezone(zone).date()
    is_before = closing.on < noticed_at.astimezone(zone).date()
    if closing.at is not None:
        is_to_come, is_before = closing.at > now, closing.at < noticed_at
    if is_to_come or is_before:
        when = "in the future" if is_to_come else "before it was noticed"
        raise Refused(
            f"that day is {when}", clause=Law.BREACH_PERIOD, hint="say when it was: --on DATE"
        )
    if closing.outcome is Outcome.NOT_REPORTED:
        _check_need_not_be_reported(findings, grid)
    elif is_late(closing, due_at, zone) and not closing.delay_reason:
        raise Refused(
            "what is reported after 72 hours says why it was delayed",
            clause=Law.BREACH_PERIOD,
            hint='--delay-reason "…"',
        )
    if closing.delay_reason:
        check_reason(closing.delay_reason, Law.BREACH_PERIOD)
    if grid.must_tell_people(findings) and untold(findings):
        raise Refused(
            "the people whom a breach of this impact affects are told, and nothing says so yet",
            clause=Law.BREACH_TOLD,
            hint="tell them, then callrec incident update with --people-told N --people-told-on"
            " DATE --people-told-how TEXT, or --not-told CODE; close it afterwards, with the day of"
            " your report",
        )


def is_late(closing: Closing, due_at: datetime, zone: tzinfo) -> bool:
    """Whether the Commissioner was notified after the 72 hours had ended.

    Unusable where they ended on that day, and the time is not stated.
    """
    if closing.at is not None:
        return closing.at > due_at
    due = due_at.astimezone(zone)
    if closing.on == due.date():
        raise Unusable(
            "the 72 hours end on that day, so the time matters",
            hint=f'say when it was reported, to the minute: --on "{as_typed(due)} 9:30"',
        )
    return closing.on > due.date()


def _check_need_not_be_reported(findings: Findings, grid: ReportingThreshold) -> None:
    must_be_reported = grid.must_be_reported(findings)
    if must_be_reported is None:
        raise Refused(
            "nobody has said yet how likely and how grave the harm is",
            clause=Law.BREACH_PERIOD,
            hint="callrec incident update with --likelihood and --impact, 1 to 5",
        )
    if must_be_reported:
        raise Refused(
            "a breach of this likelihood and impact is reported to the Information Commissioner",
            clause=Law.BREACH_PERIOD,
            hint="report it, then close it with --outcome reported",
        )
    lacking = _lacking(findings, BREACH_RECORD_FIELDS)
    if lacking:
        raise Refused(
            f"of a breach that is not reported there is no record yet of its {', '.join(lacking)}",
            clause=Law.BREACH_RECORD,
            hint="callrec incident update with " + " ".join(f"--{name}" for name in lacking),
        )


def _lacking(findings: Findings, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in findings.stated)

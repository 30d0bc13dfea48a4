"""An incident as it reads: what was reported, by when it is told to whom, what was found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final

from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy.breach import NOT_TOLD, PEOPLE_TOLD_FIELDS, Findings
from callrec.policy.days import parse_day, parse_instant, short_date
from callrec.policy.incident import IncidentState, Outcome
from callrec.views.words import as_words, facts, local_time

if TYPE_CHECKING:
    from callrec.incidents.incident import ReportedIncident, UpdatedIncident
    from callrec.incidents.show import ListedIncident, ShownIncident
    from callrec.practice import Practice

_REPORTABLE: Mapping[bool | None, str] = {
    None: "nobody has said how likely and how grave the harm is",
    True: "yes, by likelihood and impact",
    False: "no, by likelihood and impact",
}


def incident_facts(
    shown: ShownIncident, now: datetime, zone: tzinfo
) -> Iterator[tuple[str, object]]:
    """An incident's facts, each with its label."""
    yield "noticed", local_time(shown.noticed_at, zone)
    yield "reported", f"{local_time(shown.reported_at, zone)} by {shown.reported_by}"
    yield "told", shown.told
    yield "72 hours end", f"{local_time(shown.due_at, zone)}{_left(shown, now)}"
    yield "what", shown.what
    if shown.recordings:
        yield "recordings", ", ".join(map(str, shown.recordings))
    if shown.request:
        yield "request", shown.request
    for name, value in shown.findings.stated.items():
        yield finding_named(name), _finding_in_words(name, value)
    yield "reportable", _REPORTABLE[shown.must_be_reported]
    if shown.must_tell_people:
        yield "tell people", "yes, by impact, without undue delay"
    if closing := shown.closing:
        when = short_date(closing.on) if closing.at is None else local_time(closing.at, zone)
        late = ", after the 72 hours" if shown.was_late else ""
        yield "outcome", f"{as_words(closing.outcome)}, {when}{late}"
        yield "reason", closing.reason
        if closing.delay_reason:
            yield "delayed", closing.delay_reason
    if shown.still_missing:
        yield "still missing", ", ".join(map(finding_named, shown.still_missing))


def _finding_in_words(name: str, value: Any) -> Any:
    if name == "people_told_on":
        return short_date(date.fromisoformat(value))
    return NOT_TOLD[value] if name == "not_told" else value


def _left(shown: ShownIncident, now: datetime) -> str:
    if shown.state is IncidentState.CLOSED:
        return ""
    left = shown.due_at - now
    return f", {spoken(left)}" if left.total_seconds() < 0 else f", {spoken(left)} left"


def spoken(left: timedelta | None) -> str:
    """How much of the 72 hours is left: ``20 h``, ``5 h over``; nothing once it is closed."""
    if left is None:
        return ""
    hours = f"{abs(left.total_seconds()) // 3600:.0f} h"
    return f"{hours} over" if left.total_seconds() < 0 else hours


_SHORTER: Final = {
    "people_told_on": "told on",
    "people_told_how": "told how",
    "dspt_reference": "DSPT report",
}
"""What stands beside "people told", and fits its column."""


def finding_named(name: str) -> str:
    """A finding by its name, as people read it."""
    return _SHORTER.get(name) or name.replace("_", " ")


OUTCOMES: Mapping[str, str] = {
    Outcome.REPORTED: "the Information Commissioner was told",
    Outcome.NOT_REPORTED: "it need not be reported",
}


def read_noticed(text: str, practice: Practice) -> datetime:
    """When something was noticed: a moment, or ``now``."""
    if text.casefold() == "now":
        return practice.now()
    from callrec.practice import today

    hint = "type now, or a day and a time: 4/1/2024 14:05"
    return parse_instant(text, practice.settings.time_zone, today(practice), hint=hint)


@dataclass(frozen=True, slots=True)
class AskedFinding:
    """How one finding is asked for."""

    help: str
    metavar: str = "TEXT"
    least: int | None = None
    """Of a number; None: it is text."""
    most: int | None = None

    def read(self, answer: str) -> str | int:
        """The answer as it is kept; Unusable if it is no such number."""
        if self.least is None or self.most is None:
            return answer
        if not answer.isdecimal() or not self.least <= int(answer) <= self.most:
            raise Unusable(
                "that cannot be used", hint=f"a whole number from {self.least} to {self.most}"
            )
        return int(answer)


FINDINGS: Final[Mapping[str, AskedFinding]] = {
    # UK GDPR 33(3), in its order.
    "nature": AskedFinding("What kind of breach it is."),
    "people": AskedFinding("Whom it concerns: patients, staff."),
    "people_count": AskedFinding("About how many people they are.", "N", 0, LARGEST_INTEGER),
    "records": AskedFinding("What kind of records it concerns."),
    "record_count": AskedFinding("About how many records they are.", "N", 0, LARGEST_INTEGER),
    "contact": AskedFinding("Whom to ask for more information."),
    "consequences": AskedFinding("What is likely to follow from it."),
    "measures": AskedFinding("What is done about it, or proposed."),
    # UK GDPR 33(5).
    "facts": AskedFinding("What happened, as far as you found out."),
    "effects": AskedFinding("What effects it had."),
    "remedy": AskedFinding("What was done to put it right."),
    # UK GDPR 34.
    "people_told": AskedFinding(
        "How many of the people affected were told.", "N", 0, LARGEST_INTEGER
    ),
    "people_told_on": AskedFinding("The day on which they were told.", "DATE"),
    "people_told_how": AskedFinding("How they were told, or everybody in public."),
    "not_told": AskedFinding("Why they need not be: unreadable, averted, disproportionate, none."),
    "dspt_reference": AskedFinding("Number of the report in the NHS's Toolkit (DSPT)."),
    # How grave it is.
    "likelihood": AskedFinding(
        "How likely harm is: 1 not occurred, 2 not likely, 3 likely, 4 highly, 5 occurred.",
        "1-5",
        1,
        5,
    ),
    "impact": AskedFinding(
        "How grave the harm is: 1 none, 2 minor, 3 some, 4 pain or loss, 5 death.", "1-5", 1, 5
    ),
}
"""How each of the findings is asked for, under its name."""


def read_findings(practice: Practice, said: Mapping[str, Any]) -> Findings:
    """What was found out, its day in any form that people type."""
    from callrec.practice import today

    told_on = said.get("people_told_on")
    if not told_on:
        return Findings(**said)
    read = parse_day(told_on, today(practice), option="--people-told-on DATE")
    return Findings(**{**said, "people_told_on": read.isoformat()})


def reported_line(made: ReportedIncident, zone: tzinfo) -> str:
    """That an incident is reported, whom that was told, and by when it is settled."""
    ends = local_time(made.due_at, zone)
    return f"{made.reference} is reported; {made.told} is told. 72 hours end {ends}."


def updated_lines(updated: UpdatedIncident) -> Iterator[str]:
    """What is still owed of an incident that was added to or closed."""
    if updated.must_be_reported and updated.state is IncidentState.OPEN:
        yield "by its likelihood and impact it is reported to the Information Commissioner"
    if updated.must_tell_people and set(PEOPLE_TOLD_FIELDS) & set(updated.still_missing):
        yield "by its impact the people affected are told, without undue delay [UK GDPR 34]"
    if updated.still_missing:
        yield f"not said yet: {', '.join(map(finding_named, updated.still_missing))}"


def listed_json(listed: ListedIncident, now: datetime) -> Mapping[str, Any]:
    """An incident in a list, for programs; the seconds that are left are less than 0 when over."""
    left = listed.left(now)
    return {
        "id": listed.reference,
        **facts(listed, "state", "noticed_at", "due_at"),
        "left_s": None if left is None else int(left.total_seconds()),
        **facts(listed, "reported_by", "told"),
    }

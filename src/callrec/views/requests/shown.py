"""A request as people read it: each part as labels with their texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from callrec.policy.clock_events import Deadline, Urgency, urgency
from callrec.policy.days import last_day, short_date
from callrec.policy.further import FurtherParticular, KeptFile
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import ENDED_STATES, GATHERABLE, UNDECIDED, RequestState
from callrec.policy.retention import RecordingState
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.search import described_by
from callrec.policy.words import in_words
from callrec.views.requests.particulars import PURPOSE_MEANINGS
from callrec.views.requests.remarks import (
    by_hand_line,
    edits_lines,
    granted_in_words,
    how_to_gather,
    remark_lines,
)
from callrec.views.words import act_in_words, answer_in_words, as_words, counted, local_time

if TYPE_CHECKING:  # the command line loads nothing of the work for its help
    from callrec.requests.ask import StaffNamed
    from callrec.requests.holding import ListedHold
    from callrec.requests.packages import ShownPackageNote, ShownRelease
    from callrec.requests.show import (
        ShownApproval,
        ShownDenial,
        ShownEvent,
        ShownRecording,
        ShownRequest,
    )

_PARTICULARS = ("reason", "date", "time", "extension", "number", "parties", "about")
"""In the order of 4(b)."""


_WHERE_THERE = ("names", "person")


NOT_SHOWN = "not shown to you"


_NOT_YET = "not yet: "


_NOT_AS_SAID = "not the one that the request says"


def summary_lines(shown: ShownRequest, zone: tzinfo) -> Iterator[str]:
    """Who made it, for what, and how it stands, as sentences."""
    asked = counted(len(shown.recordings), "recording") if shown.recordings else "no recording yet"
    made = local_time(shown.created_at, zone)
    meant = PURPOSE_MEANINGS.get(shown.purpose, "recordings are kept no longer than they may be")
    yield f"{shown.created_by} made this request on {made}."
    yield f"It is for {as_words(shown.purpose)}: {meant}."
    yield f"It asks for {asked}, and is {in_words(shown.state)}."
    if shown.lapses_at:
        last = short_date(last_day(shown.lapses_at, zone))
        yield f"If nobody decides it, it lapses after {last}."


def warning_lines(shown: ShownRequest, concerned: StaffNamed, me: str) -> Iterator[str]:
    """What somebody is to know of a request before they decide or use it; ``me`` is their login."""
    if me in concerned.logins:
        yield "this request is about you, so you cannot decide it"
    else:
        yield from remark_lines(concerned, ())
    yield from _unproven(shown)
    for number, label, text in _mismatches(shown.recordings):
        yield f"recording {number}: its {label} is {text}"
    yield from by_hand_line(each.id for each in shown.recordings if each.by_hand)
    if gap := _still_to_gather(shown):
        missing = gap.removeprefix(_NOT_YET)
        yield gap if shown.gathering else f"nobody has gathered what matches it: {missing}"
    decisions: list[ShownApproval | ShownDenial] = [*shown.approvals]
    for each in [*decisions, *([shown.denial] if shown.denial else [])]:
        if each.review not in (None, ReviewVerdict.ACCEPTED):
            review = f"callrec audit review-glass {shown.reference}"
            yield f"{each.by} decided this alone; it is {each.review}: {review}"


def _unproven(shown: ShownRequest) -> Iterator[str]:
    """What is still to be shown of the person who asked, and of others in what they get."""
    facts, event = shown.opened.facts, f"callrec request event {shown.reference}"
    for proof in sorted(facts.unproven):
        yield f"{proof.meaning} has not come: {event} {proof.came}"
    is_granted = shown.state in (RequestState.APPROVED, RequestState.HEARD)
    is_checked = facts.third_parties_checked or not TERMS[shown.purpose].needs_third_party_check
    if is_granted and not is_checked:
        yield f"nobody has checked these recordings for third parties: {event} third-parties"


def _mismatches(recordings: Iterable[ShownRecording]) -> Iterator[tuple[int, str, str]]:
    for each in recordings:
        for label, text in recording_remarks(each):
            if text == _NOT_AS_SAID:
                yield each.id, label.strip(), text


def particular_facts(shown: ShownRequest) -> Iterator[tuple[str, str]]:
    """What 4(b) asks for, and whose calls they are."""
    for name in (*_PARTICULARS, *(each for each in _WHERE_THERE if each in shown.particulars)):
        between = " to " if name == "time" else ", "
        yield name, _said(shown.particulars[name], between)


def further_facts(shown: ShownRequest) -> Iterator[tuple[str, str]]:
    """What its purpose asks for besides, in the order of asking; a text may have several lines."""
    answers = shown.particulars.get("further", {})
    for name in TERMS[shown.purpose].further:
        if name in answers:
            text = NOT_SHOWN if answers[name] is None else answer_in_words(answers[name])
            if name is FurtherParticular.AGREEMENT and answers[name] is not None:
                text = KeptFile.from_text(answers[name]).described
            yield in_words(name), text


def pressing(deadline: Deadline, on: date, *, warn_days: int, is_answered: bool = False) -> Urgency:
    """How urgent it is on a day; what is answered does not press any more."""
    return Urgency.IN_TIME if is_answered else urgency(deadline, on, warn_days=warn_days)


def deadline_facts(deadline: Deadline, on: date, presses: Urgency) -> Iterator[tuple[str, str]]:
    """By when it is answered, and what is waited for; why that is so stands in ``deadline.why``."""
    if deadline.due_on is not None:
        yield "due", _due_in_words(deadline.due_on, on, presses)
    if deadline.target_on is not None:
        yield "target", short_date(deadline.target_on)
    if deadline.waiting_for is not None:
        yield "awaits", deadline.waiting_for.meaning


def _due_in_words(due_on: date, on: date, presses: Urgency) -> str:
    match presses:
        case Urgency.OVERDUE:
            return f"{short_date(due_on)}  OVERDUE by {counted((on - due_on).days, 'day')}"
        case Urgency.DUE_SOON:
            return f"{short_date(due_on)}  due soon"
        case Urgency.IN_TIME:
            return short_date(due_on)


def recording_facts(recording: ShownRecording, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """A recording that is asked for, and what is to be known of it before it is decided."""
    what = NOT_SHOWN
    if recording.started_at is not None and recording.duration_ms is not None:
        length = f"{recording.duration_ms / 1000:.0f} s"
        what = f"{local_time(recording.started_at, zone)}  {length}  {recording.direction}"
    yield "recording", f"{recording.id}  {what}"
    yield from recording_remarks(recording)


def recording_remarks(recording: ShownRecording) -> Iterator[tuple[str, str]]:
    """That it is gone, was brought in by hand, is not as the request says, or why it was kept."""
    if recording.state == RecordingState.DESTROYED:
        yield "  now", "destroyed: nobody can hear it"
    if recording.by_hand:
        yield "  came in", _by_hand(recording)
    if recording.findings:
        yield "  found", ", ".join(recording.findings)
    if recording.is_of_other_day:
        yield "  day", _NOT_AS_SAID
    if recording.is_of_other_extension:
        yield "  extension", _NOT_AS_SAID
    if recording.is_of_other_number:
        yield "  number", _NOT_AS_SAID
    if recording.retained:
        rule, due_on = recording.retained.rule, recording.retained.due_on
        due = "" if recording.retained.is_undone else f"; due since {short_date(due_on)}"
        yield "  kept", f"{rule}{due}"


def _by_hand(recording: ShownRecording) -> str:
    if recording.matched is None:
        return "by hand"
    matched = "matched" if recording.matched else "not matched"
    return f"by hand, {matched} by the telephone system's call records"


def gathering_facts(shown: ShownRequest, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """What was found by what the request says, and whether calls came in since."""
    gap, gathered = _still_to_gather(shown), shown.gathering
    if gathered is None:
        if gap:
            yield "gathered", gap
        return
    yield "gathered", f"{local_time(gathered.at, zone)} by {gathered.by}"
    yield "  found", f"{gathered.found}; asked for: {gathered.attached}"
    for number, code in gathered.left_out:
        yield "  left out", f"{number}, {in_words(code)}"
    if gap:
        yield "  since", gap


def _still_to_gather(shown: ShownRequest) -> str:
    """What may match a request and is neither asked for nor left out, and what finds it."""
    if (gathered := shown.gathering) is None:
        if not TERMS[shown.purpose].is_owed_whole or shown.state not in UNDECIDED:
            return ""
        is_described = bool(described_by(shown.opened.particulars))
        return f"{_NOT_YET}{how_to_gather(shown.reference, is_described=is_described)}"
    if shown.state in ENDED_STATES or gathered.since == 0:
        return ""
    gather = f"callrec request gather {shown.reference}"
    step = gather if shown.state in GATHERABLE else "make a request of their own for them"
    if gathered.since is None:
        return f"calls may have come in that match: {step}"
    came = counted(gathered.since, "call that matches", "calls that match")
    return f"{came} came in: {step}"


def hold_in_words(hold: ListedHold) -> str:
    """What a request holds."""
    return f"H-{hold.number}, {as_words(hold.state)}; recordings named: {hold.recordings}"


def approval_facts(
    approval: ShownApproval, purpose: Purpose, zone: tzinfo
) -> Iterator[tuple[str, str]]:
    """What was granted, to whom and until when."""
    by = " and ".join(filter(None, (approval.by, approval.countersigned_by)))
    numbers = ", ".join(map(str, approval.recordings))
    yield "approved", f"{local_time(approval.at, zone)} by {by}{_alone(approval)}"
    what = granted_in_words(purpose, approval.to)
    if TERMS[purpose].takes_effect:
        yield "  granted", f"{numbers} {what}"
        yield from _decided_besides(approval)
        return
    granted = f"{numbers} {what} until {short_date(last_day(approval.until, zone))}"
    if approval.ended:
        yield "  was for", granted
        yield "  ended", approval.ended
    else:
        yield "  granted", granted
    for number, edit in edits_lines(approval.edits):
        yield "  edited", f"{number}, {edit}"
    yield from _decided_besides(approval)


def _decided_besides(approval: ShownApproval) -> Iterator[tuple[str, str]]:
    for number, code in approval.withheld:
        yield "  withheld", f"{number}, {in_words(code)}"
    if approval.note:
        yield "  note", approval.note
    if approval.opinion:
        yield "  opinion", approval.opinion


def denial_facts(denial: ShownDenial, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Why it was refused, and by whom."""
    by = f"{denial.by}{_alone(denial)}"
    yield "denied", f"{local_time(denial.at, zone)} by {by}: {in_words(denial.code)}"
    yield "  reason", NOT_SHOWN if denial.reason is None else denial.reason
    if denial.opinion:
        yield "  opinion", denial.opinion


def _alone(decision: ShownApproval | ShownDenial) -> str:
    if decision.review is None:
        return ""
    by = f" by {decision.reviewed_by}" if decision.reviewed_by else ""
    return f", ALONE: the glass was broken; {decision.review}{by}"


def release_facts(release: ShownRelease) -> Iterator[tuple[str, str]]:
    """What is known of a package besides when it was made: a label, and its text."""
    ways = (("package", release.deliver_by), ("passphrase", release.passphrase_by))
    if any(way for _, way in ways):
        yield "  to go", ", ".join(f"the {what} by {way}" for what, way in ways if way)
    if release.medium_serial:
        yield "  medium", release.medium_serial
    for note in release.handed_over:
        yield "  handed over", _handed_over(note)
    if not release.handed_over:
        yield "  handed over", "not recorded yet"
    for note in release.acknowledged:
        yield "  acknowledged", _with_reason(str(note.on), note)


def _handed_over(note: ShownPackageNote) -> str:
    when = " ".join(filter(None, (str(note.on), note.time)))
    whom = f" to {note.to_whom}" if note.to_whom else ""
    return _with_reason(f"{when} by {note.channel}{whom}", note)


def _with_reason(text: str, note: ShownPackageNote) -> str:
    return f"{text}: {note.reason}" if note.reason else text


def what_happened(event: ShownEvent) -> str:
    """What happened, and on which day if that is another than when it was written down."""
    what = ": ".join(filter(None, (act_in_words(event.what), event.awaited)))
    return f"{what} on {short_date(event.on)}" if event.on else what


def event_in_words(event: ShownEvent) -> str:
    """What happened, as a line of the history."""
    reason = f": {event.reason}" if event.reason else ""
    return f"{what_happened(event)}  {event.by}{reason}"


def told_facts(shown: ShownRequest, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Who was told of it by mail: the moment, and what."""
    for each in shown.messages:
        taken = "" if each.message.taken_at else ", waiting to be sent"
        line = f"{each.login}: {each.message.line}{taken}"
        yield local_time(each.message.made_at, zone), line


def _said(value: object, between: str) -> str:
    match value:
        case None:
            return NOT_SHOWN
        case list():
            return between.join(answer_in_words(str(each)) for each in value)
        case _:
            return answer_in_words(str(value)) or "nothing more"

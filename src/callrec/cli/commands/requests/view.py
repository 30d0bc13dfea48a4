"""A request as it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, tzinfo
from itertools import starmap
from typing import TYPE_CHECKING, Any

from callrec.cli.invocation import Invocation, acting_person, signing_person
from callrec.cli.layout import DueSoon, Overdue, Prose
from callrec.policy.clock_events import Deadline, Urgency, urgency
from callrec.policy.days import last_day, short_date
from callrec.policy.edits import Edits, format_edits
from callrec.policy.further import FurtherParticular, KeptFile
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import UNDECIDED
from callrec.policy.role import VaultKey
from callrec.policy.search import described_by
from callrec.policy.words import in_words
from callrec.views.words import act_in_words, answer_in_words, as_words, counted, facts, local_time

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.requests.ask import StaffNamed
    from callrec.requests.packages import ShownPackageNote, ShownRelease
    from callrec.requests.show import ShownApproval, ShownDenial, ShownRecording, ShownRequest

_PARTICULARS = ("reason", "date", "time", "extension", "number", "parties", "about")
"""In the order of 4(b)."""

_WHERE_THERE = ("names", "person")

NOT_SHOWN = "not shown to you"

_NOT_AS_SAID = "not the one that the request says"

_LABEL = 16
"""Columns of a label, where it is not longer."""


def reader(invocation: Invocation, practice: Practice) -> Actor:
    """Who reads a request: the open login where that is enough, else with the password."""
    from callrec.practice import is_older_than_keys

    actor = acting_person(invocation, practice)
    has_key = actor.has_key(VaultKey.CATALOGUE) and not is_older_than_keys(practice, actor)
    if actor.identity is not None or has_key:
        return actor
    return signing_person(invocation, practice)


def show_state(invocation: Invocation, reference: str, state: str) -> None:
    """What a request has become."""
    invocation.out.show({"id": reference, "state": state}, f"{reference} is {in_words(state)}.")


def request_json(shown: ShownRequest) -> Mapping[str, Any]:
    """A request as other programs read it (docs/reference/json.md)."""
    hold, denial = shown.hold, shown.denial
    return {
        "id": shown.reference,
        **facts(shown, "purpose"),
        "reason": shown.particulars["reason"],
        **facts(shown, "state", "created_at", "created_by"),
        **deadline_json(shown.deadline),
        **facts(shown, "lapses_at", "particulars", "digest"),
        "recordings": [_recording_json(recording) for recording in shown.recordings],
        "gathering": shown.gathering
        and {
            **facts(shown.gathering, "at", "by", "found", "attached"),
            "left_out": [{"id": each, "code": code} for each, code in shown.gathering.left_out],
            **facts(shown.gathering, "since"),
        },
        "hold": hold and {"id": f"H-{hold.number}", **facts(hold, "state", "recordings")},
        "approvals": [_approval_json(approval) for approval in shown.approvals],
        "denial": denial
        and {
            **facts(denial, "by", "at", "code", "reason", "opinion"),
            "break_glass": denial.review is not None,
            **facts(denial, "review", "reviewed_by"),
        },
        "releases": [_release_json(release) for release in shown.releases],
        **facts(shown, "history"),
        "told": [
            {
                "to": each.login,
                "at": each.message.made_at,
                **facts(each.message, "line", "taken_at"),
            }
            for each in shown.messages
        ],
    }


def request_lines(shown: ShownRequest, practice: Practice) -> Iterator[str]:
    """A request as people read it, a line each."""
    from callrec.practice import today

    rules = practice.settings
    zone = rules.time_zone
    yield f"{shown.reference}  {as_words(shown.purpose)}  {shown.state}"
    yield _labelled("made", f"{local_time(shown.created_at, zone)} by {shown.created_by}")
    yield from deadline_lines(
        shown.deadline,
        today(practice),
        warn_days=rules.clocks.warn_days,
        is_answered=shown.is_answered,
    )
    if shown.lapses_at:
        yield _labelled("lapses", f"after {short_date(last_day(shown.lapses_at, zone))}")
    for name in (*_PARTICULARS, *(each for each in _WHERE_THERE if each in shown.particulars)):
        between = " to " if name == "time" else ", "
        yield _labelled(name, _said(shown.particulars[name], between))
    yield from _further(shown)
    if not shown.recordings:
        yield _labelled("recordings", "none yet")
    for recording in shown.recordings:
        yield from _recording(recording, zone)
    yield from _gathering(shown, zone)
    if hold := shown.hold:
        text = f"H-{hold.number}, {as_words(hold.state)}; recordings named: {hold.recordings}"
        yield _labelled("hold", text)
    for approval in shown.approvals:
        yield from _approval(approval, shown.purpose, zone)
    if shown.denial:
        yield from _denial(shown.denial, zone)
    yield from _happened(shown, zone)


def _denial(denial: ShownDenial, zone: tzinfo) -> Iterator[str]:
    by = f"{denial.by}{_alone(denial)}"
    yield _labelled("denied", f"{local_time(denial.at, zone)} by {by}: {in_words(denial.code)}")
    yield _labelled("  reason", NOT_SHOWN if denial.reason is None else denial.reason)
    if denial.opinion:
        yield _labelled("  opinion", denial.opinion)


def _happened(shown: ShownRequest, zone: tzinfo) -> Iterator[str]:
    for release in shown.releases:
        by = f"{local_time(release.at, zone)} by {release.by}"
        yield _labelled("released", f"{by}, release {release.id[:8]}")
        yield from starmap(_labelled, release_facts(release))
    for event in shown.history:
        what = ": ".join(filter(None, (act_in_words(event.what), event.awaited)))
        on = f" on {short_date(event.on)}" if event.on else ""
        reason = f": {event.reason}" if event.reason else ""
        yield _labelled("history", f"{local_time(event.at, zone)}  {what}{on}  {event.by}{reason}")
    for each in shown.messages:
        taken = "" if each.message.taken_at else ", waiting to be sent"
        line = f"{each.login}: {each.message.line}{taken}"
        yield _labelled("told", f"{local_time(each.message.made_at, zone)}  {line}")


def remark_lines(concerned: StaffNamed, of_other_day: Iterable[int]) -> Iterator[str]:
    """The staff whom a request is about, or that nobody was known by what it says.

    And each of its recordings that is not of the day which it says.
    """
    if len(concerned.logins) > 1:
        names = ", ".join(concerned.logins)
        yield f"this request is about each of these, so they cannot decide it: {names}"
    elif concerned.logins:
        name = concerned.logins[0]
        yield f"this request is about {name}, so {name} cannot decide it"
    elif concerned.is_staff_named and concerned.by_name:
        yield "whom it names is nobody of the practice: give the login, or the full name"
    elif concerned.is_staff_named:
        yield "nobody has a login that it names; you open no full names, so rather give the login"
    yield from date_mismatch_lines(of_other_day)


def how_to_gather(reference: str, *, is_described: bool) -> str:
    """What finds the recordings of a request; where it says nothing to look for, what says it."""
    if is_described:
        return f"callrec request gather {reference}"
    return f"callrec request amend {reference} --number NUMBER"


def more_lines(reference: str, more: int) -> Iterator[str]:
    """That more recordings match a request than it names, and what to do about these."""
    if more > 0:
        match = f"{counted(more, 'more recording matches', 'more recordings match')} it"
        yield f"{match}: callrec request gather {reference} adds them"


def too_many_lines(more: int) -> Iterator[str]:
    """That more recordings match than one request can name, and what to do about these."""
    from callrec.requests.model import MAX_REQUEST_RECORDINGS

    if more:
        yield (
            f"{counted(more, 'more recording matches', 'more recordings match')} it, and a request"
            f" names {MAX_REQUEST_RECORDINGS} at most: make the same request again for the rest,"
            " with --attach-matching"
        )


def date_mismatch_lines(numbers: Iterable[int]) -> Iterator[str]:
    """A line for each recording that is not of the day that the request gives."""
    for number in numbers:
        yield f"recording {number} is not of the day that the request says"


def edits_json(edits: Mapping[int, Edits]) -> list[dict[str, Any]]:
    """What is left out of each copy of which something is, for other programs."""
    return [{"id": number, "edits": each.as_json()} for number, each in edits.items() if each]


def edits_lines(edits: Mapping[int, Edits]) -> Iterator[tuple[int, str]]:
    """The same as people read it: the recording's number, and each edit as it is typed."""
    for number, each in edits.items():
        for what, text in format_edits(each):
            yield number, f"{what} {text}"


def _further(shown: ShownRequest) -> Iterator[str]:
    """What its purpose asks for besides, in the order of asking; of a text, line by line."""
    answers = shown.particulars.get("further", {})
    for name in TERMS[shown.purpose].further:
        if name in answers:
            text = NOT_SHOWN if answers[name] is None else answer_in_words(answers[name])
            if name is FurtherParticular.AGREEMENT and answers[name] is not None:
                text = KeptFile.from_text(answers[name]).described
            label = in_words(name)
            if len(name) >= _LABEL:  # on a line of its own, or it would break the column
                yield label
                label = ""
            for position, line in enumerate(text.splitlines()):
                yield _labelled("" if position else label, line)


def _gathering(shown: ShownRequest, zone: tzinfo) -> Iterator[str]:
    """What was found by what the request says, and whether calls came in since."""
    again = f"callrec request gather {shown.reference}"
    if (gathered := shown.gathering) is None:
        if TERMS[shown.purpose].is_owed_whole and shown.state in UNDECIDED:
            is_described = bool(described_by(shown.opened.particulars))
            first = how_to_gather(shown.reference, is_described=is_described)
            yield _labelled("gathered", f"not yet: {first}")
        return
    yield _labelled("gathered", f"{local_time(gathered.at, zone)} by {gathered.by}")
    yield _labelled("  found", f"{gathered.found}; asked for: {gathered.attached}")
    for number, code in gathered.left_out:
        yield _labelled("  left out", f"{number}, {in_words(code)}")
    if gathered.since is None:
        yield _labelled("  since", f"calls may have come in that match: {again}")
    elif gathered.since:
        came = counted(gathered.since, "call that matches", "calls that match")
        yield _labelled("  since", f"{came} came in: {again}")


def _recording(recording: ShownRecording, zone: tzinfo) -> Iterator[str]:
    what = NOT_SHOWN
    if recording.started_at is not None and recording.duration_ms is not None:
        length = f"{recording.duration_ms / 1000:.0f} s"
        what = f"{local_time(recording.started_at, zone)}  {length}  {recording.direction}"
    yield _labelled("recording", f"{recording.id}  {what}")
    if recording.by_hand:
        yield _labelled("  came in", _by_hand(recording))
    if recording.findings:
        yield _labelled("  found", ", ".join(recording.findings))
    if recording.is_of_other_day:
        yield _labelled("  day", _NOT_AS_SAID)
    if recording.is_of_other_extension:
        yield _labelled("  extension", _NOT_AS_SAID)
    if recording.is_of_other_number:
        yield _labelled("  number", _NOT_AS_SAID)
    if recording.retained:
        rule, due_on = recording.retained.rule, recording.retained.due_on
        due = "" if recording.retained.is_undone else f"; due since {short_date(due_on)}"
        yield _labelled("  kept", f"{rule}{due}")


def _by_hand(recording: ShownRecording) -> str:
    if recording.matched is None:
        return "by hand"
    matched = "matched" if recording.matched else "not matched"
    return f"by hand, {matched} by the telephone system's call records"


def by_hand_line(numbers: Iterable[int]) -> Iterator[str]:
    """What a person brought in, of recordings that something is granted of."""
    if listed := ", ".join(map(str, numbers)):
        yield f"Brought in by hand, not by the telephone system's own service: {listed}."


def _approval(approval: ShownApproval, purpose: Purpose, zone: tzinfo) -> Iterator[str]:
    by = " and ".join(filter(None, (approval.by, approval.countersigned_by)))
    numbers = ", ".join(map(str, approval.recordings))
    yield _labelled("approved", f"{local_time(approval.at, zone)} by {by}{_alone(approval)}")
    what = granted_in_words(purpose, approval.to)
    if TERMS[purpose].takes_effect:
        yield _labelled("  granted", f"{numbers} {what}")
        yield from _decided_besides(approval)
        return
    granted = f"{numbers} {what} until {short_date(last_day(approval.until, zone))}"
    if approval.ended:
        yield _labelled("  was for", granted)
        yield _labelled("  ended", approval.ended)
    else:
        yield _labelled("  granted", granted)
    for number, edit in edits_lines(approval.edits):
        yield _labelled("  edited", f"{number}, {edit}")
    yield from _decided_besides(approval)


def granted_in_words(purpose: Purpose, to: str) -> str:
    """For whom, or for what, recordings are granted; follows their numbers."""
    terms = TERMS[purpose]
    if terms.is_heard:
        return f"to {to}"
    if terms.is_destroyed:
        return "to be destroyed"
    if not terms.restricts:
        return "to carry the note"
    return "to be kept and not used" if purpose is Purpose.RESTRICTION else "not to be used"


def _decided_besides(approval: ShownApproval) -> Iterator[str]:
    for number, code in approval.withheld:
        yield _labelled("  withheld", f"{number}, {in_words(code)}")
    if approval.note:
        yield _labelled("  note", approval.note)
    if approval.opinion:
        yield _labelled("  opinion", approval.opinion)


def _alone(decision: ShownApproval | ShownDenial) -> str:
    if decision.review is None:
        return ""
    by = f" by {decision.reviewed_by}" if decision.reviewed_by else ""
    return f", ALONE: the glass was broken; {decision.review}{by}"


def _recording_json(recording: ShownRecording) -> dict[str, Any]:
    return {
        **facts(recording, "id", "uid", "started_at"),
        "duration_s": None if recording.duration_ms is None else recording.duration_ms / 1000,
        **facts(recording, "direction", "format", "size_bytes", "state"),
        "sha256_sealed": recording.ciphertext,
        "of_other_day": recording.is_of_other_day,
        "of_other_extension": recording.is_of_other_extension,
        "of_other_number": recording.is_of_other_number,
        **facts(recording, "taken_in_at", "taken_in_by", "by_hand", "matched", "findings"),
        **(facts(recording.retained) if recording.retained else {}),
    }


def _approval_json(approval: ShownApproval) -> dict[str, Any]:
    return {
        **facts(approval, "by", "at", "note", "opinion", "countersigned_by"),
        "for": approval.to,
        "lapses_at": approval.until,
        **facts(approval, "recordings"),
        "edits": edits_json(approval.edits),
        "withheld": [{"id": number, "code": code} for number, code in approval.withheld],
        "break_glass": approval.broke_glass,
        **facts(approval, "review", "reviewed_by", "ended"),
    }


def _said(value: object, between: str) -> str:
    match value:
        case None:
            return NOT_SHOWN
        case list():
            return between.join(answer_in_words(str(each)) for each in value)
        case _:
            return answer_in_words(str(value)) or "nothing more"


def _labelled(label: str, value: str) -> str:
    return f"{label:<{_LABEL}}{value}" if len(label) < _LABEL else f"{label}  {value}"


def deadline_json(deadline: Deadline | None) -> dict[str, Any]:
    """As other programs read it (docs/reference/json.md); all null where nothing sets a day."""
    names = ("due_on", "target_on", "extended_due_on", "waiting_for", "why")
    return {**dict.fromkeys(names), "why": []} if deadline is None else facts(deadline, *names)


def deadline_lines(
    deadline: Deadline | None, on: date, *, warn_days: int, is_answered: bool = False
) -> Iterator[str]:
    """As people read it on a day, a line each; none where nothing sets a day.

    What is answered does not press any more.
    """
    if deadline is None:
        return
    if deadline.due_on is not None:
        presses = Urgency.IN_TIME if is_answered else urgency(deadline, on, warn_days=warn_days)
        yield _due_line(deadline.due_on, on, presses)
    if deadline.target_on is not None:
        yield _labelled("target", short_date(deadline.target_on))
    if deadline.waiting_for is not None:
        yield _labelled("awaits", deadline.waiting_for.meaning)
    for why in deadline.why:
        yield Prose(f"  - {why}")


def _due_line(due_on: date, on: date, presses: Urgency) -> str:
    match presses:
        case Urgency.OVERDUE:
            late = counted((on - due_on).days, "day")
            return Overdue(_labelled("due", f"{short_date(due_on)}  OVERDUE by {late}"))
        case Urgency.DUE_SOON:
            return DueSoon(_labelled("due", f"{short_date(due_on)}  due soon"))
        case Urgency.IN_TIME:
            return _labelled("due", short_date(due_on))


def _release_json(release: ShownRelease) -> dict[str, Any]:
    acknowledged = [facts(note, "on", "reason", "at", "by") for note in release.acknowledged]
    return {**facts(release), "acknowledged": acknowledged}


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

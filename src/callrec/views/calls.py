"""Calls as they are looked for and shown: criteria of what was typed, rows, facts of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import product
from typing import TYPE_CHECKING, Final, Unpack

from callrec.dataclass import asdict
from callrec.errors import NotFound, Unusable
from callrec.policy.days import (
    DayRange,
    TimeRange,
    parse_day,
    parse_day_or_instant,
    parse_times,
    short_date,
)
from callrec.policy.search import Criteria, Direction, Why
from callrec.policy.words import in_words
from callrec.telephone.sound.sound import Finding
from callrec.views.typed import NamedCall
from callrec.views.words import as_words, counted, local_time, utc_offset

if TYPE_CHECKING:
    from callrec.calls.find import ShownCall
    from callrec.practice import Actor, Practice
    from callrec.search.search import SearchResult
    from callrec.search.show import CheckedRecording, StartClock


def read_criteria(
    practice: Practice,
    when: tuple[DayRange | None, TimeRange | None],
    numbers: Sequence[str] | None,
    extensions: Sequence[str] | None,
    parties: Sequence[str] | None,
    *,
    directions: Sequence[Direction] | None,
) -> list[Criteria]:
    """What is looked for: each option that was repeated means "or"."""
    called = [read_number(practice, each) for each in numbers or (None,)]
    return [
        Criteria(
            number=whole,
            tail=tail,
            withheld=is_withheld,
            days=when[0],
            times=when[1],
            extension=extension,
            party=party,
            direction=direction,
        )
        for (whole, tail, is_withheld), extension, party, direction in product(
            called, extensions or (None,), parties or (None,), directions or (None,)
        )
    ]


def is_too_wide(practice: Practice, criteria: Iterable[Criteria]) -> bool:
    """Whether the search is refused, whatever it is for."""
    widest = practice.settings.search.widest_window_days
    return not all(each.is_narrow(widest) for each in criteria)


def read_number(practice: Practice, text: str | None) -> tuple[str | None, str | None, bool]:
    """A number as calls have it, or the last four digits of one, or whether it was withheld."""
    if text is None:
        return None, None, False
    if text.strip().casefold() == "withheld":
        return None, None, True
    if text.startswith(("...", "…")):
        return None, text.lstrip(".…").strip(), False
    from callrec.policy.particulars import sought
    from callrec.telephone.number import parse_sought

    hint = (
        "give it with its area code, or its last four digits as ...4567; or what the telephone"
        ' system wrote, as "digits 946012"'
    )
    prefixes = practice.settings.telephone.outside_prefixes
    return sought(parse_sought(text, hint=hint, prefixes=prefixes)), None, False


def read_when(
    practice: Practice, on: str | None, since: str | None, until: str | None, at: str | None
) -> tuple[DayRange | None, TimeRange | None]:
    """The days and times that are looked through, as they were typed."""
    from callrec.practice import today

    times = None if at is None else parse_times(at)
    if on is None:
        return _window(practice, since, until, times)
    if since is not None or until is not None:
        raise Unusable("--date is one day, --from and --to are several", hint="leave one out")
    day = parse_day(on, today(practice), what="--date")
    return DayRange(day, day), times


def _window(
    practice: Practice, since: str | None, until: str | None, times: TimeRange | None
) -> tuple[DayRange | None, TimeRange | None]:
    """The days from one to another; moments of one day are that day and its times."""
    if since is None:
        if until is not None:
            raise Unusable("--to says only where to end", hint="add --from")
        return None, times
    first, begins = _moment(practice, since, "--from")
    last, ends = _moment(practice, until or "today", "--to")
    days = DayRange(first, last)
    if begins is None and ends is None:
        return days, times
    if days.count > 1 or times is not None:
        raise Unusable(
            "times of day are asked for within one day",
            hint="give days alone to --from and --to, or --date DATE --time 14:00-14:30",
        )
    return days, TimeRange(begins or time(0, 0), ends or time(23, 59))


def _moment(practice: Practice, text: str, option: str) -> tuple[date, time | None]:
    """A local day, and the minute of it if one was given."""
    from callrec.practice import today

    zone = practice.settings.time_zone
    day, at = parse_day_or_instant(text, zone, today(practice), what=option)
    local = None if at is None else at.astimezone(zone).time()
    return day, local.replace(second=0, microsecond=0) if local else None


CALL_HEADERS: Final = ("id", "began", "length", "direction", "ext", "number", "parties")


def call_rows(calls: Sequence[ShownCall], zone: tzinfo) -> list[tuple[object, ...]]:
    """Calls, a row each under `CALL_HEADERS`; what a person brought in has a star."""
    return [
        (
            *(_marked(call, calls), local_time(call.started_at, zone), call_length(call)),
            *(call.direction, call.extension, outside_number(call), ", ".join(call.parties)),
        )
        for call in calls
    ]


def _marked(call: ShownCall, among: Sequence[ShownCall]) -> object:
    """A recording's number; in a list of whole numbers as one, as it then stands to the right."""
    if not any(each.by_hand for each in among):
        return call.id
    digits = max(len(str(each.id)) for each in among)
    return f"{call.id:>{digits}}{'*' if call.by_hand else ''}"


def footnotes(calls: Sequence[ShownCall]) -> Iterator[str]:
    """What to know of calls in a table: which a person brought in, and what was found of each."""
    for matched, how in ((True, "matched"), (False, "not matched")):
        numbers = [str(call.id) for call in calls if call.by_hand and call.matched is matched]
        if numbers:
            yield (
                f"* brought in by hand, {how} by the telephone system's own call records:"
                f" {', '.join(numbers)}"
            )
    yield from _found_lines(calls)


_FINDINGS: Final = {
    Finding.SILENT: ("is silent", "are silent"),
    Finding.TRUNCATED: ("is cut short", "are cut short"),
    Finding.UNCLOSED: (
        "has a header that does not tell its whole length",
        "have headers that do not tell their whole length",
    ),
    Finding.DAMAGED: ("is damaged", "are damaged"),
    Finding.MISDATED: ("is dated before 2000 or ahead", "are dated before 2000 or ahead"),
    Finding.UNREAD: (
        "has a number that could not be read; a search finds its digits",
        "have numbers that could not be read; a search finds their digits",
    ),
    Finding.UNDECODED: ("cannot be played here", "cannot be played here"),
}


def _found_lines(calls: Sequence[ShownCall]) -> Iterator[str]:
    """What was found of calls in a list, a line for each finding, with all of their numbers."""
    found = {each: [call.id for call in calls if each in call.findings] for each in Finding}
    for numbers, words in findings_in_words(found):
        yield f"{words}: {', '.join(map(str, numbers))}"


def findings_in_words(
    findings: Mapping[Finding, Sequence[int]],
) -> Iterator[tuple[Sequence[int], str]]:
    """What was found of recordings: of which, and ``2 recordings are silent``."""
    for finding, (one, several) in _FINDINGS.items():
        if numbers := findings.get(finding):
            yield numbers, counted(len(numbers), f"recording {one}", f"recordings {several}")


def call_length(call: ShownCall) -> str:
    """How long a call lasted: ``3:07``, ``1:02:45``."""
    whole = str(timedelta(seconds=int(call.duration_s)))
    return whole.removeprefix("0:").removeprefix("0")


def only_on_volumes(call: ShownCall) -> str:
    """Where a recording is that is on volumes only."""
    labels = " or ".join(f'"{label}"' for label in call.volumes)
    return f"only on {labels}" if labels else "only on drives that were reported lost"


def outside_number(call: ShownCall) -> str:
    """The number in words, where there is one that could be known."""
    if call.is_unread:
        return "not read"
    return call.number or ("withheld" if call.direction == Direction.INBOUND else "")


NONE_FOUND: Final = "No call is found."


def result_lines(found: SearchResult) -> Iterator[str]:
    """What to know of what a search found: how it came in, where it is, what is not shown."""
    yield from footnotes(found.items)
    for place, numbers in _on_volumes(found.items).items():
        yield f"{', '.join(map(str, numbers))}: {place}; attach it to hear or release"
    shown = len(found.items)
    if found.total > shown:
        yield f"{shown} of {found.total} calls are shown, the newest: ask more precisely"
    if found.items and found.masked:
        yield "numbers and names are masked until a request for them is granted"


def _on_volumes(calls: Iterable[ShownCall]) -> dict[str, list[int]]:
    """Those whose sound is on volumes only, by where."""
    places: dict[str, list[int]] = {}
    for call in calls:
        if call.is_on_volumes_only:
            places.setdefault(only_on_volumes(call), []).append(call.id)
    return places


def is_minute(began: datetime, at: time | None, zone: tzinfo) -> bool:
    """Whether a call began in that minute of the practice's clock."""
    return began.astimezone(zone).time().replace(second=0, microsecond=0) == at


def calls_at(
    practice: Practice, actor: Actor, named: NamedCall, **why: Unpack[Why]
) -> Sequence[ShownCall]:
    """The calls that began in the minute by which one was named: a search, on record."""
    from callrec.practice import today
    from callrec.search.search import search_recordings

    assert named.at is not None  # noqa: S101 - it has no number
    day = parse_day(named.day, today(practice), what=f'"{named.day}"')
    then = Criteria(days=DayRange(day, day), times=TimeRange(named.at, named.at))
    found = search_recordings(practice, actor, criteria=[then], limit=None, **why)
    zone = practice.settings.time_zone
    return [each for each in found.items if is_minute(each.started_at, named.at, zone)]


def one_call(named: NamedCall, found: Sequence[ShownCall]) -> int:
    """The number of the call that was named by its time.

    Raises:
        NotFound: none began then.
        Unusable: several did.
    """
    if not found:
        raise NotFound(
            f"no call is found that began then: {named.when}",
            hint="callrec search finds what is near it: --date DATE --time 14:00-14:30",
        )
    if len(found) > 1:
        numbers = ", ".join(str(each.id) for each in found)
        raise Unusable(
            f"{len(found)} calls began then: {named.when}",
            hint=f"give one by its number: {numbers}",
        )
    return found[0].id


def call_in_a_line(call: ShownCall, zone: tzinfo) -> str:
    """A call in one line, to choose it among those of one minute."""
    began = f"{call.started_at.astimezone(zone):%H:%M:%S}"
    told = (began, call_length(call), call.direction, call.extension, outside_number(call))
    return "  ".join(filter(None, (*told, ", ".join(call.findings))))


def recording_facts(shown: CheckedRecording, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """What is known of a recording, each fact with its label."""
    call = shown.call
    yield "recording", str(call.id)
    yield "began", f"{_began(call.started_at.astimezone(zone))}, {in_words(call.time_confidence)}"
    if shown.clock.zone is not None:
        yield "clock", _clock(shown.clock, call, zone)
    if shown.clock.contradiction:
        yield "but", shown.clock.contradiction
    yield "length", call_length(call)
    yield "direction", call.direction
    yield "extension", call.extension or "unknown"
    yield "number", outside_number(call) or "none"
    yield "parties", ", ".join(call.parties) or "unknown"
    yield "sound", f"{call.format}, {call.size_bytes:,} bytes"
    if shown.sides:
        yield "channels", ", ".join(map(as_words, shown.sides))
    if call.findings:
        yield "found", ", ".join(call.findings)
    yield "state", f"{call.state}, held" if call.held else call.state
    yield from _rights(shown)
    if call.is_on_volumes_only:
        yield "kept", only_on_volumes(call)
    due = f"; due on {short_date(shown.due_on)}" if shown.due_on else ""
    yield "retention", f"{shown.category.rule}{due}"
    yield "caller told", in_words(shown.caller_told)
    began_on = call.started_at.astimezone(zone).date()
    in_force = [
        f"{kind} {version}{_said_later(shown.notices_stated_on[kind], began_on)}"
        for kind, version in shown.notices.items()
        if version
    ]
    yield "notices", ", ".join(in_force) or "none in force that day"
    yield from _taken_in(shown, zone)
    if shown.file_checked:
        yield "checked", "key, columns, details and sealed file are as they were sealed"
    else:
        yield "checked", "key, columns and details; attach the drive to check the sealed file"


def _rights(shown: CheckedRecording) -> Iterator[tuple[str, str]]:
    if shown.restricted_by:
        yield "restricted", f"by {shown.restricted_by}: nobody hears or releases it"
    if shown.corrected_by:
        yield "corrected", f"a note says what is wrong in it: {', '.join(shown.corrected_by)}"
    for each in shown.notes:
        is_heard = f"{each.person} is heard: " if each.person else ""
        yield each.reference, f"{is_heard}{each.text} ({each.by}, {short_date(each.at.date())})"


def _said_later(stated_on: date | None, began_on: date) -> str:
    """Whether the record says of a notice only since after the call that it was in force."""
    return (
        f" (the record says so since {short_date(stated_on)} only)"
        if stated_on and stated_on > began_on
        else ""
    )


def _taken_in(shown: CheckedRecording, zone: tzinfo) -> Iterator[tuple[str, str]]:
    from callrec.package.certificate import ROLES_IN_WORDS, vouched_in_words

    call = shown.call
    if call.taken_in_at is None or call.taken_in_by is None:
        yield "taken in", "by nobody: run callrec audit verify --full"
    else:
        at = local_time(call.taken_in_at, zone)
        yield "taken in", f"{at}, by {ROLES_IN_WORDS[call.taken_in_by]}"
    if shown.batch:
        yield "batch", shown.batch
    matched = "matched" if call.matched else "not matched"
    yield "records", f"{matched} by the telephone system's own call records"
    for word in shown.words:
        yield "recorder", vouched_in_words(asdict(word), zone)
    for source in shown.provenance:
        yield "came in as", f"{source.name}  (written {source.modified_at})"


def _clock(clock: StartClock, call: ShownCall, zone: tzinfo) -> str:
    """Where it stood, and what it showed if that is not what the practice's own would have."""
    stood = clock.zone or ""
    if clock.utc_offset_minutes is not None:
        stood += f", {utc_offset(clock.utc_offset_minutes)}"
    local = call.started_at.astimezone(zone).isoformat()
    showed = _began(datetime.fromisoformat(call.local_time))
    return stood if local.startswith(call.local_time[:19]) else f"{stood}; it showed {showed}"


def _began(local: datetime) -> str:
    """To the second: ``Thu 4 Jul 2024, 14:05:01``."""
    return f"{short_date(local)}, {local:%H:%M:%S}"

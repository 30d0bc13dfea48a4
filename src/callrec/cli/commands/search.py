"""search, show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from callrec.cli import options
from callrec.cli.commands.calls.ingest_view import found_lines, utc_offset
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    practice_and_actor,
    practice_of,
)
from callrec.cli.layout import Table
from callrec.cli.offers import open_requests
from callrec.cli.options import NamedCall
from callrec.cli.output import Output, labelled
from callrec.errors import NotFound, Unusable
from callrec.policy.days import (
    DayRange,
    TimeRange,
    parse_day,
    parse_day_or_instant,
    parse_times,
    short_date,
)
from callrec.policy.role import Power
from callrec.policy.search import Criteria, Direction, check_search_reason
from callrec.policy.words import in_words
from callrec.views.words import as_words, facts, local_time

if TYPE_CHECKING:
    from callrec.calls.find import ShownCall
    from callrec.cli.prompts import Prompts
    from callrec.practice import Actor, Practice
    from callrec.search.search import SearchResult
    from callrec.search.show import CheckedRecording, StartClock

search_app = new_app()

_NO_REQUEST: Final = "none"

_UNKNOWN, _ANY = "unknown", "any day"
"""What Enter answers where a number or a day need not be known."""


@search_app.command()
def search(
    ctx: Context,
    *,
    number: options.Numbers = None,
    on: options.Date = None,
    since: options.FirstSearchDay = None,
    until: options.LastSearchDay = None,
    at: options.Time = None,
    extension: options.Extensions = None,
    party: options.SearchedParties = None,
    direction: options.Directions = None,
    request: options.Request = None,
    reason: options.Reason = None,
    limit: options.Limit = None,
) -> None:
    """Find calls, for a reason that you state or under a request.

    Say what to look for: a number, a party, an extension on a day, or one day. If you repeat an
    option, a call with either value is found. Numbers and names are masked, unless you decide the
    request or were granted it. Every search is recorded, with what you looked for and why.
    """
    from callrec.search.search import search_recordings

    practice, actor = practice_and_actor(ctx.obj)
    if not any((number, on, since, until, at, extension, party, direction, request)):
        number, on = _ask_for_what(ctx.obj.prompts, practice, actor)
    when = _when(practice, on, since, until, at)
    criteria = _criteria(practice, when, number, extension, party, directions=direction)
    ask = partial(ask_reason_or_request, ctx.obj.prompts, practice, actor)
    reason, request = ask(reason, request, is_refused=_is_too_wide(practice, criteria))
    search = partial(search_recordings, practice, actor, criteria=criteria, limit=limit)
    _show(ctx.obj.out, practice, search(reason=reason, request=request), request)


def _ask_for_what(
    prompts: Prompts, practice: Practice, actor: Actor
) -> tuple[list[str] | None, str | None]:
    """A number and a day, where nothing was typed and somebody who may search can be asked."""
    from callrec.practice import powers, today

    if not prompts.possible or Power.SEARCH not in powers(practice, actor):
        return None, None

    def number(typed: str) -> str | None:
        if typed == _UNKNOWN:
            return None
        _number(practice, typed)
        return typed

    def day(typed: str) -> str | None:
        if known and typed == _ANY:
            return None
        parse_day(typed, today(practice))
        return typed

    known = prompts.ask_until(
        "Which telephone number?",
        number,
        option="--number NUMBER",
        help="The caller's, or the one that was called; ...4567 are its last four digits.",
        default=_UNKNOWN,
    )
    on = prompts.ask_until(
        "On which day?", day, option="--date DATE", default=_ANY if known else "today"
    )
    return [known] if known else None, on


def _criteria(
    practice: Practice,
    when: tuple[DayRange | None, TimeRange | None],
    numbers: Sequence[str] | None,
    extensions: Sequence[str] | None,
    parties: Sequence[str] | None,
    *,
    directions: Sequence[Direction] | None,
) -> list[Criteria]:
    """What is looked for: each option that was repeated means "or"."""
    called = [_number(practice, each) for each in numbers or (None,)]
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


def _is_too_wide(practice: Practice, criteria: Iterable[Criteria]) -> bool:
    """Whether the search is refused, whatever it is for."""
    widest = practice.settings.search.widest_window_days
    return not all(each.is_narrow(widest) for each in criteria)


def ask_reason_or_request(
    prompts: Prompts,
    practice: Practice,
    actor: Actor,
    reason: str | None,
    request: str | None,
    *,
    is_refused: bool,
) -> tuple[str | None, str | None]:
    """The reason or the request, where somebody can be asked; neither if it is refused anyway."""
    from callrec.practice import powers

    if reason is not None or request is not None:
        return reason, request
    if is_refused or not prompts.possible or Power.SEARCH not in powers(practice, actor):
        return None, None
    if waiting := open_requests(practice, actor):
        chosen = prompts.choose(
            "Which request is this search for?",
            {**waiting, _NO_REQUEST: "another reason, which you say next"},
            option="--request REQUEST",
        )
        if chosen != _NO_REQUEST:
            return None, chosen
    return ask_why(prompts, check_search_reason), None


def ask_why(prompts: Prompts, check: Callable[[str], str], given: str | None = None) -> str:
    """The reason for a search or a request, asked until it will do."""
    return prompts.ask_until(
        "Why do you need this recording?",
        check,
        option="--reason TEXT",
        help="A sentence, which is kept in the record: The patient complains that nobody rang.",
        given=given,
    )


def _show(out: Output, practice: Practice, found: SearchResult, request: str | None) -> None:
    value = {"items": [call_json(call) for call in found.items], "total": found.total}
    table = calls_table(found.items, practice.settings.time_zone)
    out.show(value, table if found.items else "No call is found.")
    for line in footnotes(found.items):
        out.note(line)
    for place, numbers in _on_volumes(found.items).items():
        out.note(f"{', '.join(map(str, numbers))}: {place}; attach it to hear or release")
    shown = len(found.items)
    if found.total > shown:
        out.note(f"{shown} of {found.total} calls are shown, the newest: ask more precisely")
    if found.items and found.masked:
        out.note("numbers and names are masked until a request for them is granted")
        next_step = f"attach {request}" if request else "create --recording"
        out.next_step(f"callrec request {next_step} {found.items[0].id}")


def call_json(call: ShownCall) -> dict[str, Any]:
    """A recording as other programs read it (docs/reference/json.md)."""
    return {name: value for name, value in facts(call).items() if name != "is_unread"}


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


def _on_volumes(calls: Iterable[ShownCall]) -> dict[str, list[int]]:
    """Those whose sound is on volumes only, by where."""
    places: dict[str, list[int]] = {}
    for call in calls:
        if call.is_on_volumes_only:
            places.setdefault(only_on_volumes(call), []).append(call.id)
    return places


def calls_table(calls: Sequence[ShownCall], zone: tzinfo) -> Table:
    """Calls, a row each; what a person brought in has a star."""
    rows = [
        (
            *(_marked(call, calls), local_time(call.started_at, zone), call_length(call)),
            *(call.direction, call.extension, outside_number(call), ", ".join(call.parties)),
        )
        for call in calls
    ]
    return Table(("id", "began", "length", "direction", "ext", "number", "parties"), rows)


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
    yield from found_lines(calls)


def _number(practice: Practice, text: str | None) -> tuple[str | None, str | None, bool]:
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


def _when(
    practice: Practice, on: str | None, since: str | None, until: str | None, at: str | None
) -> tuple[DayRange | None, TimeRange | None]:
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


def numbers_of(
    call: Invocation,
    practice: Practice,
    actor: Actor,
    named: Iterable[NamedCall],
    *,
    reason: str | None = None,
    request: str | None = None,
) -> list[int]:
    """The numbers of recordings; one that was named by its time is searched for, on record."""
    numbers = []
    for each in named:
        if each.number is None:
            found = _began_at(practice, actor, each, reason=reason, request=request)
            when = f"{each.day} {each.at:%H:%M}"
            numbers.append(pick_call(call, when, found, practice.settings.time_zone))
        else:
            numbers.append(each.number)
    return numbers


def _began_at(
    practice: Practice,
    actor: Actor,
    named: NamedCall,
    *,
    reason: str | None,
    request: str | None,
) -> Sequence[ShownCall]:
    from callrec.practice import today
    from callrec.search.search import search_recordings

    assert named.at is not None  # noqa: S101 - it has no number
    day = parse_day(named.day, today(practice), what=f'"{named.day}"')
    then = Criteria(days=DayRange(day, day), times=TimeRange(named.at, named.at))
    found = search_recordings(
        practice, actor, criteria=[then], reason=reason, request=request, limit=None
    )
    zone = practice.settings.time_zone
    return [each for each in found.items if is_minute(each.started_at, named.at, zone)]


def is_minute(began: datetime, at: time | None, zone: tzinfo) -> bool:
    """Whether a call began in that minute of the practice's clock."""
    return began.astimezone(zone).time().replace(second=0, microsecond=0) == at


def pick_call(call: Invocation, when: str, found: Sequence[ShownCall], zone: tzinfo) -> int:
    """The number of the call that is meant; of several at that minute somebody chooses."""
    if not found:
        raise NotFound(
            f"no call is found that began then: {when}",
            hint="callrec search finds what is near it: --date DATE --time 14:00-14:30",
        )
    number = found[0].id if len(found) == 1 else _chosen(call, when, found, zone)
    call.out.note(f"{when} is recording {number}")
    return number


def _chosen(call: Invocation, when: str, found: Sequence[ShownCall], zone: tzinfo) -> int:
    if not call.prompts.possible or call.given.json:
        numbers = ", ".join(str(each.id) for each in found)
        raise Unusable(
            f"{len(found)} calls began then: {when}", hint=f"give one by its number: {numbers}"
        )
    choices = {f"recording {each.id}": _in_a_line(each, zone) for each in found}
    chosen = call.prompts.choose(f"Which call of {when}?", choices, option="RECORDING")
    return int(chosen.removeprefix("recording "))


def _in_a_line(call: ShownCall, zone: tzinfo) -> str:
    began = f"{call.started_at.astimezone(zone):%H:%M:%S}"
    told = (began, call_length(call), call.direction, call.extension, outside_number(call))
    return "  ".join(filter(None, (*told, ", ".join(call.findings))))


show_app = new_app()


@show_app.command()
def show(
    ctx: Context, recording: options.RecordingId, *, on_volume: options.OnVolume = None
) -> None:
    """Say what is known about one recording, and check all of it.

    Its details and its sealed file are compared with what was signed when it came in. Number, names
    and file names are masked. If you name a call by its time, that is a search: you are asked why,
    and it is recorded.
    """
    from callrec.search.show import show_recording

    practice = practice_of(ctx.obj, on_volume)
    actor = acting_person(ctx.obj, practice)
    reason = None if recording.number else _ask_why(ctx.obj.prompts)
    (number,) = numbers_of(ctx.obj, practice, actor, [recording], reason=reason)
    shown = show_recording(practice, actor, number)
    words = labelled(_lines(shown, practice.settings.time_zone), width=13)
    ctx.obj.out.show(_shown_json(shown), words)
    ctx.obj.out.next_step(f"callrec request create --recording {number}")


def _ask_why(prompts: Prompts) -> str:
    """Why a call is looked for by its time, which is a search."""
    if prompts.possible:
        return ask_why(prompts, check_search_reason)
    raise Unusable(
        "to look for a call by its time is a search, which needs a reason",
        hint="callrec search --date DATE --time 14:05 --reason TEXT shows its number",
    )


def _shown_json(shown: CheckedRecording) -> dict[str, Any]:
    return {
        **call_json(shown.call),
        **facts(shown.clock),
        **facts(
            shown,
            "batch",
            "sides",
            "provenance",
            "notices",
            "notices_stated_on",
            "caller_told",
            "file_checked",
        ),
        "category": shown.category.name,
        **facts(shown.category, "rule"),
        **facts(shown, "due_on", "restricted_by", "corrected_by"),
        "notes": [
            {
                "id": each.reference,
                "subject": each.person or None,
                **facts(each, "text", "at", "by"),
            }
            for each in shown.notes
        ],
    }


def _lines(shown: CheckedRecording, zone: tzinfo) -> Iterator[tuple[str, str]]:
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
    from callrec.package.certificate import ROLES_IN_WORDS

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

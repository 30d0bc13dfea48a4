"""search, show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from callrec.cli import options
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
from callrec.cli.output import Output, labelled
from callrec.errors import Unusable
from callrec.policy.days import parse_day
from callrec.policy.role import Power
from callrec.policy.search import check_search_reason
from callrec.views.calls import (
    CALL_HEADERS,
    NONE_FOUND,
    call_in_a_line,
    call_rows,
    calls_at,
    is_too_wide,
    one_call,
    read_criteria,
    read_number,
    read_when,
    recording_facts,
    result_lines,
)
from callrec.views.typed import NamedCall
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.calls.find import ShownCall
    from callrec.cli.prompts import Prompts
    from callrec.practice import Actor, Practice
    from callrec.search.search import SearchResult
    from callrec.search.show import CheckedRecording

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
    practice, actor = practice_and_actor(ctx.obj)
    from callrec.search.search import search_recordings  # a refusal needs none of it

    if not any((number, on, since, until, at, extension, party, direction, request)):
        number, on = _ask_for_what(ctx.obj.prompts, practice, actor)
    when = read_when(practice, on, since, until, at)
    criteria = read_criteria(practice, when, number, extension, party, directions=direction)
    ask = partial(ask_reason_or_request, ctx.obj.prompts, practice, actor)
    reason, request = ask(reason, request, is_refused=is_too_wide(practice, criteria))
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
        read_number(practice, typed)
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
    out.show(value, table if found.items else NONE_FOUND)
    for line in result_lines(found):
        out.note(line)
    if found.items and found.masked:
        next_step = f"attach {request}" if request else "create --recording"
        out.next_step(f"callrec request {next_step} {found.items[0].id}")


def calls_table(calls: Sequence[ShownCall], zone: tzinfo) -> Table:
    """Calls, a row each; what a person brought in has a star."""
    return Table(CALL_HEADERS, call_rows(calls, zone))


def call_json(call: ShownCall) -> dict[str, Any]:
    """A recording as other programs read it (docs/reference/json.md)."""
    return {name: value for name, value in facts(call).items() if name != "is_unread"}


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
            found = calls_at(practice, actor, each, reason=reason, request=request)
            numbers.append(_pick_call(call, each, found, practice.settings.time_zone))
        else:
            numbers.append(each.number)
    return numbers


def _pick_call(call: Invocation, named: NamedCall, found: Sequence[ShownCall], zone: tzinfo) -> int:
    """The number of the call that is meant; of several at that minute somebody chooses."""
    may_choose = len(found) > 1 and call.prompts.possible and not call.given.json
    number = _chosen(call, named, found, zone) if may_choose else one_call(named, found)
    call.out.note(f"{named.when} is recording {number}")
    return number


def _chosen(call: Invocation, named: NamedCall, found: Sequence[ShownCall], zone: tzinfo) -> int:
    choices = {f"recording {each.id}": call_in_a_line(each, zone) for each in found}
    chosen = call.prompts.choose(f"Which call of {named.when}?", choices, option="RECORDING")
    return int(chosen.removeprefix("recording "))


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
    practice = practice_of(ctx.obj, on_volume)
    actor = acting_person(ctx.obj, practice)
    from callrec.search.show import show_recording  # a refusal needs none of it

    reason = None if recording.number else _ask_why(ctx.obj.prompts)
    (number,) = numbers_of(ctx.obj, practice, actor, [recording], reason=reason)
    shown = show_recording(practice, actor, number)
    words = labelled(recording_facts(shown, practice.settings.time_zone), width=13)
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
            "words",
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

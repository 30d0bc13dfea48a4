"""Ask for recordings: the purpose first, then its questions; and say it again, changed."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from callrec.dataclass import dataclass
from callrec.desk.drafts import change_draft, drafting, filled, keep_draft
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import lines_of, reader_of
from callrec.desk.rendering import go_on, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import NotFound, Unusable
from callrec.policy.authority import who_decides
from callrec.policy.days import as_typed
from callrec.policy.further import QUESTIONS, AnswerKind, FurtherParticular
from callrec.policy.particulars import Answers
from callrec.policy.purpose import TERMS, Purpose
from callrec.practice import Actor
from callrec.requests.agreement import describe_file
from callrec.requests.amend import (
    Amended,
    amend_particulars,
    attach_recordings,
    detach_recordings,
    would_cost_the_decision,
)
from callrec.requests.ask import CreatedRequest, create_request
from callrec.requests.show import find_listed
from callrec.search.matching import Attached, attach_matching
from callrec.search.search import Suggested, suggest_recordings
from callrec.views.calls import CALL_HEADERS, call_rows, calls_at, footnotes, one_call
from callrec.views.requests.asking import (
    amended_lines,
    costs_the_decision,
    created_line,
    created_notes,
    gathering_step,
    next_step,
)
from callrec.views.requests.particulars import (
    FURTHER_NAMES,
    PURPOSE_MEANINGS,
    as_answers,
    known_of_calls,
    read_answers,
    six_questions,
    with_person,
)
from callrec.views.requests.remarks import too_many_lines
from callrec.views.typed import read_call, read_recording, read_request

_AGREEMENT: Final = FURTHER_NAMES[FurtherParticular.AGREEMENT]


def choose_purpose(seat: Seat, _asked: Asked) -> Answered:
    """What recordings may be asked for; each leads to its own questions."""
    purposes = [
        (each, meaning, who_decides(each, seat.actor.person), f"/requests/new/{each}")
        for each, meaning in PURPOSE_MEANINGS.items()
    ]
    title = "What are the recordings for?"
    return page(seat, "purposes.html", title=title, purposes=purposes)


def ask_new(seat: Seat, asked: Asked, purpose: str) -> Answered:
    """The questions of one purpose, with what was filled in before."""
    chosen = _purpose(purpose)
    return _questions(
        seat,
        filled(seat, asked),
        chosen,
        "request_new.html",
        title=f"Make a request: {PURPOSE_MEANINGS[chosen]}",
    )


def _questions(
    seat: Seat, asked: Asked, purpose: Purpose, template: str, *, title: str, **more: Any
) -> Answered:
    terms = TERMS[purpose]
    agreement = asked.files.get(_AGREEMENT)
    return page(
        seat,
        template,
        title=title,
        asked=asked,
        purpose=purpose,
        terms=terms,
        six=six_questions(purpose),
        further=[(FURTHER_NAMES[each], QUESTIONS[each]) for each in terms.further],
        kinds=AnswerKind,
        agreement=describe_file(agreement.data).described if agreement else "",
        **more,
    )


def _purpose(text: str) -> Purpose:
    found = next((each for each in PURPOSE_MEANINGS if each == text), None)
    if found is None:
        raise NotFound("there is no such purpose", hint="choose one: callrec request create")
    return found


def make(seat: Seat, asked: Asked, purpose: str) -> Answered:
    """Make the request; or put it aside, or fill in what the recordings say of it."""
    chosen = _purpose(purpose)
    if asked.first("act") == "keep":
        keep_draft(seat, asked)
        return go_on(seat, "/requests/new", "Your answers are kept, also for your next login")
    if asked.first("act") == "fill":
        keep_draft(seat, asked)
        return go_on(seat, asked.path, *_fill_in(seat, asked, chosen))
    with drafting(seat, asked) as given:
        numbers, answers = _said(seat, given, chosen)
        made = create_request(
            seat.practice, seat.actor, purpose=chosen, answers=answers, recordings=numbers
        )
    return _take_matching(seat, made, every=asked.ticked("attach_matching"), looks=not numbers)


def _typed(asked: Asked) -> dict[str, Any]:
    """What was filled in, by the names that a line has."""
    return {
        **{name: asked.first(name) or None for name in FURTHER_NAMES.values()},
        "reason": asked.first("reason") or None,
        "on": lines_of(asked, "date") or None,
        "since": None,
        "until": None,
        "at": asked.first("time") or None,
        "extension": lines_of(asked, "extension") or None,
        "number": lines_of(asked, "number") or None,
        "party": lines_of(asked, "party") or None,
        "name": lines_of(asked, "name") or None,
        "about": asked.first("about") or None,
    }


def _said(seat: Seat, asked: Asked, purpose: Purpose) -> tuple[list[int], Answers]:
    """The recordings, and what the request says; in the order of ``request create``."""
    typed = with_person(seat.practice, seat.actor, as_answers(_typed(asked)))
    numbers = _numbers(seat, seat.actor, asked, reason=typed["reason"])
    known = known_of_calls(seat.practice, seat.actor, purpose, recordings=numbers, typed=typed)
    return numbers, read_answers(seat.practice, known.typed, _agreement(asked))


def _agreement(asked: Asked) -> bytes | None:
    upload = asked.files.get(_AGREEMENT)
    return None if upload is None else upload.data


def _numbers(
    seat: Seat, actor: Actor, asked: Asked, *, reason: str | None = None, request: str | None = None
) -> list[int]:
    """The recordings that are named; one that is named by its time is searched for, on record."""
    numbers = []
    for line in lines_of(asked, "recording"):
        parts = line.replace(",", " ").split()
        for part in parts if all(map(str.isdecimal, parts)) else [line]:
            named = read_call(part)
            if named.number is None:
                found = calls_at(seat.practice, actor, named, reason=reason, request=request)
                numbers.append(one_call(named, found))
            else:
                numbers.append(named.number)
    return numbers


def _fill_in(seat: Seat, asked: Asked, purpose: Purpose) -> tuple[str, ...]:
    """Put into the draft what the named recordings say, where nothing was typed; returns what."""
    typed = as_answers(_typed(asked))
    numbers = _numbers(seat, seat.actor, asked, reason=typed["reason"])
    if not numbers:
        raise Unusable("no recording is named", option="--recording")
    known = known_of_calls(seat.practice, seat.actor, purpose, recordings=numbers, typed=typed)
    said = known.typed
    found = {
        "date": said["on"] and _as_typed(said["on"]),
        "time": said["at"],
        "extension": said["extension"],
        "number": said["number"],
    }
    empty = {name for name in found if not asked.first(name)}
    taken = {name: str(text) for name, text in found.items() if name in empty and text}
    change_draft(seat, asked.path, **taken)
    return known.notes or ("the recordings have nothing in common that is asked for here",)


def _as_typed(text: str) -> str:
    return as_typed(date.fromisoformat(text)) if text[4:5] == "-" else text


@dataclass(frozen=True, slots=True, repr=False)
class _Made:
    """A new request, and what matches it. Its repr shows nothing."""

    request: CreatedRequest
    suggested: Suggested | None
    attached: Attached


def _take_matching(seat: Seat, made: CreatedRequest, *, every: bool, looks: bool) -> Answered:
    practice, actor = seat.practice, seat.actor
    suggested = suggest_recordings(practice, actor, made) if looks or every else None
    attached = attach_matching(practice, actor, made, suggested) if every else Attached()
    return to(f"/requests/made/{seat.keep(_Made(made, suggested, attached))}")


def show_made(seat: Seat, asked: Asked, key: str) -> Answered:
    """That it is made, what to know of it, and what matches it."""
    kept = find_kept(seat, key, _Made)
    made, suggested = kept.request, kept.suggested
    recordings = (*made.recordings, *kept.attached.recordings)
    is_chosen_from = suggested and not recordings and not TERMS[made.purpose].is_owed_whole
    calls = suggested.shown if suggested and is_chosen_from else ()
    lines = [
        created_line(made, recordings),
        *created_notes(made, suggested, recordings),
        *footnotes(calls),
        *too_many_lines(kept.attached.too_many),
    ]
    steps = (
        "" if calls else next_step(seat.actor, made, suggested, recordings),
        gathering_step(seat.practice, seat.actor, made, kept.attached),
    )
    return page(
        seat,
        "request_made.html",
        title=f"{made.reference} is made",
        asked=asked,
        lines=lines,
        steps=tuple(filter(None, steps)),
        reference=made.reference,
        headers=CALL_HEADERS,
        rows=[(call.id, row) for call, row in zip(calls, call_rows(calls, seat.zone), strict=True)],
    )


def ask_amendment(seat: Seat, asked: Asked, reference: str) -> Answered:
    """The same questions, all of them open: what is left empty stands."""
    listed = find_listed(seat.practice, seat.actor, read_request(reference))
    title = f"Change what {listed.reference} says"
    return _questions(
        seat, filled(seat, asked), listed.purpose, "request_amend.html", title=title, listed=listed
    )


def amend(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Change it."""
    which, typed = read_request(reference), as_answers(_typed(asked))
    with drafting(seat, asked) as given:
        agreement = _agreement(given)
        if agreement is None and not any(typed.values()):
            raise Unusable("nothing is to be changed", hint="fill in what changes")
        actor = _changer(seat, asked, which)
        said = with_person(seat.practice, actor, typed, request=which)
        changes = read_answers(seat.practice, said, agreement)
        amended = amend_particulars(seat.practice, actor, which, changes)
    return _tell_amended(seat, amended)


def _tell_amended(seat: Seat, amended: Amended) -> Answered:
    see = f"To see it: callrec request show {amended.reference}"
    return go_on(seat, "/", *amended_lines(amended), see)


def _changer(seat: Seat, asked: Asked, reference: str) -> Actor:
    """Who changes a request; who could decide it says that they know what it costs."""
    actor = reader_of(seat, asked)
    if would_cost_the_decision(seat.practice, actor, reference) and not asked.ticked("confirmed"):
        raise Unusable(
            costs_the_decision(reference), hint="tick the box at the end if you want to change it"
        )
    return actor


def attach(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Add them."""
    which = read_request(reference)
    if not asked.every("recording"):
        raise Unusable(
            "say which recordings to attach",
            hint=f"or find all that match: callrec request gather {which}",
        )
    actor = _changer(seat, asked, which)
    numbers = _numbers(seat, actor, asked, request=which)
    return _tell_amended(seat, attach_recordings(seat.practice, actor, which, numbers))


def detach(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Take them out."""
    which = read_request(reference)
    numbers = [read_recording(each) for each in lines_of(asked, "recording")]
    if not numbers:
        raise Unusable("say which recordings to take out", option="--recording")
    actor = _changer(seat, asked, which)
    return _tell_amended(seat, detach_recordings(seat.practice, actor, which, numbers))

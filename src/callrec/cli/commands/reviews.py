"""audit review-searches, review-glass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callrec.cli import options
from callrec.cli.commands import register as register_options
from callrec.cli.facts import facts
from callrec.cli.invocation import Context, Invocation, acting_person, practice_of, signing_person
from callrec.cli.output import local_time
from callrec.errors import Failed, Unusable
from callrec.policy.days import parse_instant
from callrec.policy.reviews import ReviewVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from callrec.practice import Actor, Practice
    from callrec.search.reviews import DrawnSearch, DrawnSearches, Sample, SearchReview

VERDICT_MEANINGS: Final = {
    "accept": "the reason is a valid one",
    "query": "ask the searcher about it",
    "later": "say nothing yet",
}


def review_searches(
    ctx: Context,
    *,
    sample: register_options.SamplePercent = None,
    count: register_options.SampleCount = None,
    since: options.Since = None,
    accept: register_options.Accept = None,
    query: register_options.Query = None,
    reason: options.Reason = None,
) -> None:
    """Draw some searches that were made without a request, and accept or query each.

    Refused searches are drawn too. On a terminal it asks about each that was drawn; elsewhere it
    shows them, and --accept and --query say in a second call what is thought of them.
    """
    from callrec.search.reviews import draw_searches

    practice = practice_of(ctx.obj)
    said = _said(accept or [], query or [], reason)
    if said and (sample, count, since) != (None, None, None):
        raise Unusable(
            "what is accepted or queried was drawn before", hint="leave out --sample or --count"
        )
    wanted = _sample(sample, count)
    actor = signing_person(ctx.obj, practice)
    if said:
        _record(ctx.obj, practice, actor, said)
        return
    moment = None if since is None else parse_instant(since, practice.config.time_zone)
    drawn = draw_searches(practice, actor, wanted, since=moment)
    ctx.obj.out.show(_json(drawn), lambda: _say(ctx.obj, drawn))
    if drawn.items and ctx.obj.prompts.possible and not ctx.obj.given.json:
        answers = _asked(ctx.obj, drawn)
        if answers:
            _record(ctx.obj, practice, actor, answers)
    elif drawn.items:
        seq = drawn.items[0].seq
        ctx.obj.out.next_step(f"callrec audit review-searches --accept {seq}")


def _said(accept: list[int], query: list[int], reason: str | None) -> Mapping[int, SearchReview]:
    from callrec.search.reviews import SearchReview

    if set(accept) & set(query):
        raise Unusable("a search is accepted and queried at once", hint="give one of the two")
    accepted = {seq: SearchReview(ReviewVerdict.ACCEPTED, reason) for seq in accept}
    return accepted | {seq: SearchReview(ReviewVerdict.QUERIED, reason) for seq in query}


def _sample(percent: int | None, count: int | None) -> Sample:
    from callrec.search.reviews import Sample

    if percent is not None and count is not None:
        raise Unusable("--sample and --count both say how many", hint="leave one out")
    if percent is None and count is None:
        return Sample(count=5, percent=5)
    return Sample(count=count or 1, percent=percent or 0)


def _asked(invocation: Invocation, drawn: DrawnSearches) -> Mapping[int, SearchReview]:
    from callrec.search.reviews import SearchReview

    said = {}
    for item in drawn.items:
        answer = invocation.prompts.choose(
            f"The search of entry {item.seq}",
            VERDICT_MEANINGS,
            option="--accept SEQ or --query SEQ",
        )
        if answer == "accept":
            said[item.seq] = SearchReview(ReviewVerdict.ACCEPTED)
        elif answer == "query":
            reason = invocation.prompts.ask("What is asked about it", option="--reason TEXT")
            said[item.seq] = SearchReview(ReviewVerdict.QUERIED, reason)
    return said


def _record(
    invocation: Invocation, practice: Practice, actor: Actor, reviews: Mapping[int, SearchReview]
) -> None:
    from callrec.search.reviews import review_searches as record_reviews

    written = record_reviews(practice, actor, reviews)
    out = invocation.out
    items = [
        {"seq": seq, "verdict": reviews[seq].verdict, "audit_seq": leaf}
        for seq, leaf in written.items()
    ]

    def text() -> None:
        for item in items:
            out.say(f"entry {item['seq']} is {item['verdict']}, as entry {item['audit_seq']} says")

    out.show_items(items, text)


def _json(drawn: DrawnSearches) -> dict[str, Any]:
    return {
        "items": [
            {
                **facts(item, "seq", "at"),
                "user": item.by,
                **facts(item, "role", "refused", "criteria", "reason", "request", "found", "why"),
            }
            for item in drawn.items
        ],
        "waiting": drawn.waiting,
        "erased": [
            {"seq": seq, "certificate": certificate} for seq, certificate in drawn.erased.items()
        ],
        "people": [
            {
                "user": who.login,
                "searches": who.without_request,
                **facts(who, "refused", "reviewed", "queried"),
            }
            for who in drawn.people
        ],
    }


def _say(invocation: Invocation, drawn: DrawnSearches) -> None:
    out, zone = invocation.out, invocation.config.time_zone
    for item in drawn.items:
        for line in _lines(item, zone):
            out.say(line)
        out.say()
    out.say(f"{len(drawn.items)} drawn of {drawn.waiting} that wait for your review")
    for seq, certificate in drawn.erased.items():
        out.say(f"entry {seq} is not drawn: its details were erased [{certificate}]")
    if drawn.people:
        out.say()
        rows = [
            (who.login, who.without_request, who.refused, who.reviewed, who.queried)
            for who in drawn.people
        ]
        out.table(("who", "without request", "refused", "reviewed", "queried"), rows)


def _lines(item: DrawnSearch, zone: tzinfo) -> Iterator[str]:
    refused = "  REFUSED" if item.refused else ""
    at = local_time(item.at, zone)
    yield f"entry {item.seq}  {at}  {item.by} ({item.role}){refused}"
    asked = ", ".join(f"{name} {value}" for name, value in item.criteria.items())
    yield f"  looked for  {asked or 'nothing in particular'}"
    yield f"  reason      {item.reason or 'none'}"
    if item.request:
        yield f"  request     {item.request}"
    if item.refused:
        yield f"  why not     {item.why}"
    else:
        yield f"  found       {'broke off' if item.found is None else item.found}"


def review_glass(
    ctx: Context,
    request: options.Reference,
    *,
    accept: AcceptGlass = False,
    query: QueryGlass = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Accept or query what the Data Controller decided alone, breaking the glass.

    It is for somebody else who may read this record. What is queried stays flagged until it is
    accepted. See first what was decided: callrec request show, or callrec audit --subject. Before
    you accept it you are shown what was decided, and type the request's reference; what is decided
    meanwhile is not accepted with that.
    """
    from callrec.requests.glass import review_glass as record_review

    if accept is query:
        raise Unusable("it is accepted or queried", hint="give --accept, or --query --reason TEXT")
    verdict = ReviewVerdict.ACCEPTED if accept else ReviewVerdict.QUERIED
    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    seen = _confirmed(ctx.obj, practice, request) if accept and not yes else None
    seqs = record_review(practice, actor, request, verdict=verdict, reason=reason, seen=seen)
    out = ctx.obj.out
    value = {"id": request, "verdict": verdict, "approvals": list(seqs)}
    entries = ", ".join(map(str, seqs))
    out.show(value, lambda: out.say(f"{request} is {verdict}: log entry {entries}."))


def _confirmed(invocation: Invocation, practice: Practice, reference: str) -> frozenset[int]:
    """The decisions that were shown, once the request's reference was typed under them."""
    from callrec.requests.glass import glass_under

    prompts, alone = invocation.prompts, glass_under(practice, reference)
    if prompts.possible:
        for glass in alone:
            at = local_time(glass.at, practice.config.time_zone)
            invocation.out.note(f"log entry {glass.seq}: {glass.by}, {at}, {glass.standing}")
    if prompts.ask(f"Type {reference} to accept it", option="--yes") != reference:
        raise Failed("not confirmed, so nothing was done")
    return frozenset(glass.seq for glass in alone)


AcceptGlass = Annotated[
    bool, typer.Option("--accept", help="It was right to decide it alone; it is flagged no more.")
]

QueryGlass = Annotated[
    bool, typer.Option("--query", help="Ask about it, with --reason; it stays flagged as queried.")
]

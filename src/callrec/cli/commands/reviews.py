"""audit review-searches, review-glass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Final

from callrec.cli import options
from callrec.cli.invocation import (
    Context,
    Invocation,
    practice_and_actor,
    practice_of,
    signing_person,
    typed_moment,
)
from callrec.cli.layout import Table
from callrec.errors import Failed, Tampered, Unusable
from callrec.policy.reviews import ReviewVerdict
from callrec.views.words import facts, local_time

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.search.reviews import DrawnSearches, SearchReview

VERDICT_MEANINGS: Final = {
    "accept": "the reason is a valid one",
    "query": "ask the searcher about it",
    "later": "say nothing yet",
}


def review_searches(
    ctx: Context,
    *,
    sample: SamplePercent = None,
    count: SampleCount = None,
    since: options.Since = None,
    accept: Accept = None,
    query: Query = None,
    reason: options.Reason = None,
) -> None:
    """Pick some searches that were made without a request, and accept or query each.

    Refused searches are picked too. On a terminal you are asked about each. Otherwise they are
    listed, and you accept or query them with a second command.
    """
    from callrec.search.reviews import draw_searches
    from callrec.views.audit import drawn_json, sample_of, spoiled_entries

    call, practice = ctx.obj, practice_of(ctx.obj)
    answers = _typed(accept or (), query or (), reason)
    if answers and (sample, count, since) != (None, None, None):
        raise Unusable(
            "what is accepted or queried was drawn before", hint="leave out --sample or --count"
        )
    wanted = sample_of(sample, count)
    actor, spoiled = signing_person(call, practice), tuple[int, ...]()
    if not answers:
        moment = typed_moment(practice, since, "--since")
        drawn = draw_searches(practice, actor, wanted, since=moment)
        spoiled = drawn.spoiled
        call.out.show(drawn_json(drawn), _words(drawn, practice.settings.time_zone))
        if drawn.items and call.prompts.possible and not call.given.json:
            answers = _asked(call, drawn)
        elif drawn.items:
            call.out.next_step(f"callrec audit review-searches --accept {drawn.items[0].seq}")
    if answers:
        _record(call, practice, actor, answers)
    if spoiled:
        raise Tampered(spoiled_entries(spoiled))


def _typed(
    accept: Sequence[int], query: Sequence[int], reason: str | None
) -> Mapping[int, SearchReview]:
    from callrec.search.reviews import SearchReview

    if set(accept) & set(query):
        raise Unusable("you cannot accept and query the same search", hint="give one of the two")
    accepted = {seq: SearchReview(ReviewVerdict.ACCEPTED, reason) for seq in accept}
    return accepted | {seq: SearchReview(ReviewVerdict.QUERIED, reason) for seq in query}


def _asked(invocation: Invocation, drawn: DrawnSearches) -> Mapping[int, SearchReview]:
    from callrec.search.reviews import SearchReview

    reviews = {}
    for item in drawn.items:
        answer = invocation.prompts.choose(
            f"The search of entry {item.seq}",
            VERDICT_MEANINGS,
            option="--accept SEQ or --query SEQ",
        )
        if answer == "accept":
            reviews[item.seq] = SearchReview(ReviewVerdict.ACCEPTED)
        elif answer == "query":
            reason = invocation.prompts.ask("What is asked about it", option="--reason TEXT")
            reviews[item.seq] = SearchReview(ReviewVerdict.QUERIED, reason)
    return reviews


def _record(
    invocation: Invocation, practice: Practice, actor: Actor, reviews: Mapping[int, SearchReview]
) -> None:
    from callrec.search.reviews import review_searches as record_reviews
    from callrec.views.audit import reviewed_line

    written = record_reviews(practice, actor, reviews)
    items = [
        {"seq": seq, "verdict": reviews[seq].verdict, "audit_seq": leaf}
        for seq, leaf in written.items()
    ]
    lines = (reviewed_line(seq, reviews[seq].verdict, leaf) for seq, leaf in written.items())
    invocation.out.show_items(items, lines)


def _words(drawn: DrawnSearches, zone: tzinfo) -> Iterator[str | Table]:
    from callrec.views.audit import drawn_lines, drawn_search_lines

    for item in drawn.items:
        yield from drawn_search_lines(item, zone)
        yield ""
    yield from drawn_lines(drawn)
    if drawn.people:
        yield ""
        rows = [tuple(facts(each).values()) for each in drawn.people]
        yield Table(("who", "without request", "refused", "reviewed", "queried"), rows)


def review_glass(
    ctx: Context,
    request: options.Reference,
    *,
    accept: AcceptGlass = False,
    query: QueryGlass = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Accept or query what the Data Controller decided alone (break the glass).

    Someone else who may read the record does this. What you query stays flagged until it is
    accepted. To see first what was decided: callrec request show R-17. Before you accept, you are
    shown the decision and type the request's reference. A decision that is made meanwhile is not
    accepted with it.
    """
    from callrec.requests.glass import review_glass as record_review

    verdict = _verdict(ctx.obj, accept=accept, query=query)
    practice, actor = practice_and_actor(ctx.obj)
    if verdict is ReviewVerdict.QUERIED and reason is None and ctx.obj.prompts.possible:
        reason = ctx.obj.prompts.ask("What is queried, and why", option="--reason TEXT")
    is_asked = verdict is ReviewVerdict.ACCEPTED and not yes
    seen = _confirmed(ctx.obj, practice, request) if is_asked else None
    seqs = record_review(practice, actor, request, verdict=verdict, reason=reason, seen=seen)
    value = {"id": request, "verdict": verdict, "approvals": list(seqs)}
    ctx.obj.out.show(value, f"{request} is {verdict}: log entry {', '.join(map(str, seqs))}.")


def _verdict(invocation: Invocation, *, accept: bool, query: bool) -> ReviewVerdict:
    if accept and query:
        raise Unusable("add --accept or --query", hint="leave out --accept or --query")
    if accept or query:
        return ReviewVerdict.ACCEPTED if accept else ReviewVerdict.QUERIED
    choices = {"accepted": "it was right to decide alone", "queried": "it waits for an answer"}
    chosen = invocation.prompts.choose("It is", choices, option="--accept or --query")
    return ReviewVerdict(chosen)


def _confirmed(invocation: Invocation, practice: Practice, reference: str) -> frozenset[int]:
    """The decisions that were shown, once the request's reference was typed under them."""
    from callrec.requests.glass import glass_under

    prompts, alone = invocation.prompts, glass_under(practice, reference)
    if prompts.possible:
        for glass in alone:
            at = local_time(glass.at, practice.settings.time_zone)
            invocation.out.note(f"log entry {glass.seq}: {glass.by}, {at}, {glass.standing}")
    if prompts.ask(f"Type {reference} to accept it", option="--yes") != reference:
        raise Failed("not confirmed, so nothing was done")
    return frozenset(glass.seq for glass in alone)


SamplePercent = Annotated[
    int | None,
    options.number(
        "--sample",
        "PERCENT",
        "Pick this many in a hundred of those that wait; otherwise 5, at least 5 searches.",
        least=1,
        most=100,
    ),
]

SampleCount = Annotated[
    int | None, options.number("--count", "N", "Pick this many of those that wait.", least=1)
]

Accept = Annotated[
    list[int] | None,
    options.number(
        "--accept", "SEQ", "Accept the search of this entry; may be given again.", least=0
    ),
]

Query = Annotated[
    list[int] | None,
    options.number(
        "--query",
        "SEQ",
        "Query the search of this entry, with --reason; may be given again.",
        least=0,
    ),
]

AcceptGlass = Annotated[
    bool, options.plain("--accept", "It was right to decide it alone; the flag goes.")
]

QueryGlass = Annotated[
    bool, options.plain("--query", "Ask about it, with --reason; it stays flagged as queried.")
]

"""Deciding a request: approve or withhold, refuse, take back, and look at what was decided alone.

An approval takes two pages: the request as it stands with the form, then what the approval would
do. Only what was shown there is signed (`Decision.seen`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from callrec.dataclass import dataclass, replace
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import (
    check_typed,
    lines_of,
    password_of,
    read_if_given,
    reader_of,
    reading_field,
    second_of,
    text_of,
    word_of,
)
from callrec.desk.pages.done import tell
from callrec.desk.pages.listen import marked
from callrec.desk.pages.requests import values_of
from callrec.desk.rendering import go_on, page, to
from callrec.desk.seat import Seat
from callrec.errors import NotFound
from callrec.login.people import logins, people_who_log_in
from callrec.policy.authority import check_decides_purpose, check_may_decide
from callrec.policy.days import parse_day
from callrec.policy.edits import TypedEdit, read_clip, read_silence
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.retention import check_kept_on_for_a_reason
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.rights.withholding import Opinion
from callrec.policy.role import Power, Role
from callrec.policy.words import in_words
from callrec.practice import today
from callrec.requests.approvals import last_edits, last_withheld
from callrec.requests.decide import (
    Decision,
    approve_request,
    check_decided_as_shown,
    check_not_own_request,
    deny_request,
    preview_approval,
    revoke_grants,
)
from callrec.requests.glass import glass_under, review_glass
from callrec.requests.show import ShownRequest, find_listed, show_request
from callrec.views.requests.decisions import (
    after_approval,
    approved_lines,
    foreseen_lines,
    glass_reason,
    opinion_given,
)
from callrec.views.requests.remarks import date_mismatch_lines, edits_lines
from callrec.views.typed import read_request, read_word

_GRANT: Final = "grant"

_VERDICTS: Final = (
    (ReviewVerdict.ACCEPTED, "It was right to decide alone"),
    (ReviewVerdict.QUERIED, "I ask about it: it stays flagged until it is accepted"),
)


@dataclass(frozen=True, slots=True, repr=False)
class _Foreseen:
    """A decision as it was shown before it is confirmed. Its repr shows nothing."""

    shown: ShownRequest
    decision: Decision
    lines: Sequence[str]


def ask_approval(seat: Seat, asked: Asked, reference: str) -> Answered:
    """The request in full, and the form of its approval."""
    which, actor = read_request(reference), reader_of(seat, asked)
    shown = show_request(seat.practice, actor, which)
    seat.seen["approve", which] = shown
    me, opened = actor.person, shown.opened
    may_be_alone = me.role is Role.DATA_CONTROLLER
    check = check_decides_purpose if may_be_alone else check_may_decide
    check(me, opened.facts, on=today(seat.practice))
    withheld = last_withheld(opened.approvals, opened.history)
    edits = last_edits(opened.approvals, opened.history)
    number = {row.uid: row.id for row in opened.recordings}
    clips, silences = marked(seat, which)
    hidden = {logins(seat.practice)[each] for each in opened.facts.hidden_from}
    hearers = people_who_log_in(seat.practice, Power.HEAR).keys() - {shown.created_by, *hidden}
    return page(
        seat,
        "approve.html",
        title=f"Approve or withhold {which}",
        asked=asked,
        grounds=_grounds(shown.purpose),
        withheld={number[uid]: str(ground) for uid, ground in withheld.items() if uid in number},
        left_out=edits_lines({number[uid]: each for uid, each in edits.items() if uid in number}),
        people=[(each, each) for each in sorted(hearers)],
        clips="\n".join(clips),
        silences="\n".join(silences),
        terms=TERMS[shown.purpose],
        is_disposal=shown.purpose is Purpose.DISPOSAL,
        may_be_alone=may_be_alone,
        **values_of(seat, shown),
    )


def foresee(seat: Seat, asked: Asked, reference: str) -> Answered:
    """What such an approval would do, before it is confirmed."""
    which = read_request(reference)
    shown: ShownRequest | None = seat.seen.get(("approve", which))
    if shown is None:
        raise _not_seen(f"callrec approve {which}")
    decision = _decision(seat, asked, shown)
    actor = seat.reader(password_of(asked))  # what a login knows may be less than what is signed
    if decision.glass_reason is None:
        check_not_own_request(seat.practice, actor, which)
    foreseen = preview_approval(seat.practice, actor, which, decision)
    check_kept_on_for_a_reason(shown.purpose, withheld=len(foreseen.withheld), note=decision.note)
    by_hand = [each.id for each in shown.recordings if each.by_hand]
    lines = tuple(foreseen_lines(foreseen, by_hand))
    key = seat.keep(_Foreseen(shown, replace(decision, seen=foreseen), lines))
    return to(f"/requests/{which}/approve/{key}")


def _decision(seat: Seat, asked: Asked, shown: ShownRequest) -> Decision:
    """The decision as it was filled in, of what was shown."""
    grants, withheld = _granted_and_withheld(asked, shown)
    on = today(seat.practice)
    alone = asked.ticked("break_glass")
    return Decision(
        recordings=grants,
        withheld=withheld,
        edits=_edits(asked),
        to=asked.first("for"),
        until=read_if_given(asked, "until", lambda text: parse_day(text, on, ahead=True)),
        note=asked.first("note"),
        opinion=_opinion(asked, on),
        consulted_on=read_if_given(asked, "consulted", lambda text: parse_day(text, on)),
        glass_reason=glass_reason(
            asked.first("reason") or None, break_glass=alone, countersign=None
        ),
        opened=shown.opened,
    )


def _opinion(asked: Asked, today_is: date) -> Opinion | None:
    on = read_if_given(asked, "opinion_on", lambda text: parse_day(text, today_is))
    return opinion_given(asked.first("opinion_of") or None, on)


def _granted_and_withheld(
    asked: Asked, shown: ShownRequest
) -> tuple[tuple[int, ...], dict[int, Ground]]:
    """Each recording by its number: to be granted, or withheld and on which ground."""
    grants, withheld = list[int](), dict[int, Ground]()
    for each in shown.recordings:
        if asked.first(f"recording-{each.id}") == _GRANT:
            grants.append(each.id)
        else:
            withheld[each.id] = word_of(asked, f"recording-{each.id}", Ground, "code")
    return tuple(grants), withheld


def _edits(asked: Asked) -> tuple[TypedEdit, ...]:
    clips, silences = lines_of(asked, "clip"), lines_of(asked, "silence")
    with reading_field("clip"):
        read = [*map(read_clip, clips)]
    with reading_field("silence"):
        return (*read, *map(read_silence, silences))


def ask_confirmation(seat: Seat, asked: Asked, reference: str, key: str) -> Answered:
    """What the approval would do, and its confirmation; or what was decided of it since."""
    if isinstance(told := seat.kept(key), Answered):
        return told
    foreseen = _foreseen(seat, reference, key)
    check_decided_as_shown(seat.practice, seat.actor, foreseen.shown.opened)
    return page(
        seat,
        "approve_confirm.html",
        title=f"Confirm the approval of {reference}",
        asked=asked,
        lines=foreseen.lines,
        to=foreseen.decision.to,
        note=foreseen.decision.note,
        is_alone=foreseen.decision.glass_reason is not None,
        key=key,
        **values_of(seat, foreseen.shown),
    )


def approve(seat: Seat, asked: Asked, reference: str, key: str) -> Answered:
    """Sign it, once the reference is typed."""
    foreseen = _foreseen(seat, reference, key)
    decision, login = foreseen.decision, asked.first("countersign") or None
    if decision.glass_reason is not None:
        glass_reason("", break_glass=True, countersign=login)
    check_typed(asked, reference)
    actor = seat.signer(password_of(asked))
    second = second_of(seat, asked, "countersign")
    done = approve_request(seat.practice, actor, reference, decision, countersigner=second)
    seat.seen.pop(("approve", reference), None)
    lines = [*approved_lines(done, seat.zone), *date_mismatch_lines(done.of_other_day)]
    lines += [f"Next: {step}" for step in after_approval(done)]
    answered = tell(seat, f"{reference} is approved", lines, (f"/requests/{reference}", reference))
    seat.keep_instead(key, answered)
    return answered


def _foreseen(seat: Seat, reference: str, key: str) -> _Foreseen:
    kept = seat.kept(key)
    if not isinstance(kept, _Foreseen) or kept.shown.reference != reference:
        raise _not_seen(f"callrec approve {reference}")
    return kept


def _not_seen(command: str) -> NotFound:
    return NotFound("what you saw of it is not kept any more", hint=f"see it again: {command}")


def _grounds(purpose: Purpose) -> list[tuple[str, str]]:
    return [(str(each), f"{in_words(each)}: {each.meaning}") for each in GROUNDS_FOR[purpose]]


def ask_denial(seat: Seat, asked: Asked, reference: str) -> Answered:
    """The form of a refusal."""
    listed = find_listed(seat.practice, seat.actor, read_request(reference))
    return page(
        seat,
        "deny.html",
        title=f"Refuse {listed.reference}",
        asked=asked,
        listed=listed,
        grounds=_grounds(listed.purpose),
        may_be_alone=seat.actor.person.role is Role.DATA_CONTROLLER,
    )


def deny(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Refuse it, once the reference is typed."""
    which, on = read_request(reference), today(seat.practice)
    opinion = _opinion(asked, on)
    ground = read_if_given(asked, "code", lambda text: read_word(Ground, "code", text))
    check_typed(asked, which)
    done = deny_request(
        seat.practice,
        reader_of(seat, asked),
        which,
        reason=text_of(asked, "reason"),
        ground=ground,
        opinion=opinion,
        breaks_glass=asked.ticked("break_glass"),
    )
    letter = f"Next: callrec request letter {which} --kind refuse"
    then = (letter,) if done.is_awaited else ()
    return go_on(seat, "/", f"{which} is {in_words(done.state)}.", *then)


def revoke(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Take them back, once the reference is typed."""
    which, why = read_request(reference), text_of(asked, "reason")
    check_typed(asked, which)
    done = revoke_grants(seat.practice, reader_of(seat, asked), which, reason=why)
    line = f"{which} is {done.state} now. Grants destroyed: {done.grants}."
    return go_on(seat, "/", line, f"Next: callrec request show {which}")


def ask_review(seat: Seat, asked: Asked, reference: str) -> Answered:
    """What was decided alone of a request, and the form of its review."""
    listed = find_listed(seat.practice, seat.actor, read_request(reference))
    alone = glass_under(seat.practice, listed.reference)
    seat.seen["review", listed.reference] = frozenset(each.seq for each in alone)
    title = f"Review what was decided alone of {listed.reference}"
    return page(
        seat,
        "review_glass.html",
        title=title,
        asked=asked,
        listed=listed,
        alone=alone,
        verdicts=_VERDICTS,
    )


def review(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Accept what was shown, once the reference is typed; or query it."""
    which = read_request(reference)
    verdict = word_of(asked, "verdict", ReviewVerdict, "verdict")
    seen = None
    if verdict is ReviewVerdict.ACCEPTED:
        seen = seat.seen.get(("review", which))
        if seen is None:
            raise _not_seen(f"callrec audit review-glass {which}")
        check_typed(asked, which)
    reason = asked.first("reason") or None
    actor = seat.signer(password_of(asked))
    seqs = review_glass(seat.practice, actor, which, verdict=verdict, reason=reason, seen=seen)
    return go_on(seat, "/", f"{which} is {verdict}: log entry {', '.join(map(str, seqs))}.")

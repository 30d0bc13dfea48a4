"""The audit record: entries for programs and in words, and what a check of it found."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from callrec.errors import CallrecError, HeadGone, Tampered, Unanchored, Unchecked, Unusable
from callrec.office.stamping import StampedRecord
from callrec.policy.reviews import ReviewVerdict
from callrec.policy.words import in_words
from callrec.registers.audit import Entry
from callrec.registers.verify import Verdict, Verification
from callrec.search.reviews import DrawnSearch, DrawnSearches, Sample
from callrec.stamps.authority import Stamp
from callrec.stamps.checking import CheckedStamps
from callrec.views.words import answer_in_words, counted, facts, local_time

_MAX_SET_BACKS: Final = 5
"""The newest are shown in words; JSON has all."""

_MAX_SHOWN: Final = 6
"""Of what an entry is about; JSON has all."""

_DETAILS_NOT_OPENED: Final = "sealed details were not opened: a full check does that"
"""So whether somebody changed one, such a check does not say."""

_AN_ID: Final = re.compile("[0-9a-f]{32}")


def entries_json(entries: Sequence[Entry], total: int) -> dict[str, Any]:
    """Entries of the record for programs."""
    values = [{**facts(entry), "detail": dict(entry.detail or {})} for entry in entries]
    return {"items": values, "total": total}


def act_of(entry: Entry) -> str:
    """What an entry says was done, and how it ended if it was not."""
    return entry.action if entry.outcome == "done" else f"{entry.action} ({entry.outcome})"


def about_in_words(subject: Sequence[str], asked: str | None) -> str:
    """The first things that an entry is about, with what was asked for, and how many more."""
    shown = list(subject[:_MAX_SHOWN])
    if (wanted := asked and asked.upper()) and wanted not in map(str.upper, shown):
        shown += [each for each in subject if each.upper() == wanted]
    more = len(subject) - len(shown)
    words = [each[:8] if _AN_ID.fullmatch(each) else each for each in shown]
    return " ".join([*words, f"+{more}"] if more else words)


def what_was_changed(entries: Sequence[Entry]) -> Tampered | None:
    """The entries whose details are not those that they commit to; None where all are."""
    spoiled = [each.seq for each in entries if each.is_spoiled]
    return Tampered(spoiled_entries(spoiled)) if spoiled else None


def spoiled_entries(seqs: Sequence[int]) -> str:
    """Entries of which somebody changed the details, in a line."""
    return f"entries whose sealed details were changed: {', '.join(map(str, seqs))}"


def what_is_wrong(found: Verification) -> CallrecError | None:
    """What a check found to be wrong, as its exit status says it; None where nothing is."""
    hint = "callrec audit verify --against FILE, a note from a drive, a release or paper"
    match found.verdict:
        case Verdict.TAMPERED:
            return Tampered(
                found.problems[0].what,
                hint="keep a copy of the vault and tell the Data Controller"
                + (", who runs callrec audit resume" if found.may_be_put_on_record else ""),
            )
        case Verdict.INCONCLUSIVE:
            return Unchecked(f"not checked: {found.unchecked[0]}")
        case Verdict.UNANCHORED if found.memory_gone:
            what = "this machine's note of the record's newest entry is missing"
            return HeadGone(what, hint=hint)
        case Verdict.UNANCHORED:
            what = "there is no note of the newest entry to compare the record with"
            return Unanchored(what, hint=hint)
        case Verdict.INTACT | Verdict.RESUMED | Verdict.SINCE:
            return None


def verification_json(found: Verification) -> dict[str, Any]:
    """A check of the record for programs."""
    return {
        "verdict": found.verdict,
        "size": found.head.size,
        "root": base64.b64encode(found.head.root).decode(),
        **facts(found, "checkpoints", "read_from", "unattested"),
        "anchors": [{**facts(each), "at": each.at or None} for each in found.anchors],
        **facts(found, "problems", "unchecked", "without_power", "set_back", "details_opened"),
        "memory_gone": found.memory_gone,
        "witnesses": [facts(each) for each in found.witnesses],
        "time": _time_json(found.stamps),
        "resumed": [
            {**facts(each, "size", "leaves_lost"), "heads_lost": len(each.lost)}
            for each in found.resumed
        ],
        "set_aside": [facts(item) for item in found.set_aside],
    }


def entries_counted(count: int) -> str:
    """``1 entry``, ``2 entries``."""
    return counted(count, "entry", "entries")


def verification_lines(found: Verification, *, full: bool) -> Iterator[str]:
    """What a check of the record found, in words, its verdict first."""
    yield found.verdict if found.verdict is not Verdict.RESUMED else _resumed_line(found)
    yield f"{entries_counted(found.head.size)}, {counted(found.checkpoints, 'checkpoint')}"
    yield _details_line(found.details_opened) if full else _DETAILS_NOT_OPENED
    if found.read_from:
        yield f"entries before {found.read_from} were verified earlier, and not read again"
    if found.unattested:
        entries = (
            f"{entries_counted(found.unattested)} {'was' if found.unattested == 1 else 'were'}"
        )
        yield f"{entries} written where no key was at hand, as at a failed login"
    yield from _stamp_lines(found.stamps)
    yield from _judgement_lines(found)
    yield from _resumed_lines(found)
    yield from _anchor_lines(found)
    for problem in found.problems:
        yield f"- {problem.named}"


def _time_json(stamps: CheckedStamps) -> dict[str, Any]:
    newest = stamps.newest
    signed = newest and {"size": newest.size, "at": newest.at, "authority": newest.time.authority}
    return {
        "signed": signed,
        "stamps": stamps.count,
        "not_checked": stamps.no_openssl or None,
        "misdated": [facts(each) for each in stamps.misdated],
        "contradictions": [facts(each) for each in stamps.contradictions],
    }


def _stamp_lines(stamps: CheckedStamps) -> Iterator[str]:
    """By when the record had come how far, in an authority's word; nothing where none was asked."""
    if stamps.no_openssl:
        yield f"time not checked: {stamps.no_openssl}"
    if stamps.newest:
        yield _signed_line(stamps.newest)
    for pair in stamps.contradictions[-_MAX_SET_BACKS:]:
        yield (
            f"two time stamps cannot both be right: that of {entries_counted(pair.size)} says"
            f" {local_time(pair.at, UTC)} UTC, and the one after it, of"
            f" {entries_counted(pair.then_size)}, {local_time(pair.then_at, UTC)} UTC; an"
            " authority's clock was wrong, so neither tells when the entries between were written"
        )
    for each in stamps.misdated[-_MAX_SET_BACKS:]:
        by = f" and no later than {local_time(each.before, UTC)}" if each.before else ""
        shows = "say that another stamp contradicts" if each.contested else "show"
        yield (
            f"entry {each.seq} says {local_time(each.at, UTC)} UTC, but was written after"
            f" {local_time(each.after, UTC)}{by}, as time stamps {shows}: a clock was wrong, or"
            " somebody gave it another date"
        )


def _signed_line(stamp: Stamp) -> str:
    at, authority = local_time(stamp.at, UTC), stamp.time.authority
    return f"{entries_counted(stamp.size)} signed no later than {at} UTC, says {authority}"


def _anchor_lines(found: Verification) -> Iterator[str]:
    """Which heads the record extends; where there is none, loudly."""
    for anchor in found.anchors:
        size, name = entries_counted(anchor.size), anchor.name
        if anchor.since:
            yield f"holds all that was seen here before: {size}, on {utc(anchor.at)} UTC"
            yield f"this machine has kept watch without a break since {utc(anchor.since)} UTC"
        elif anchor.is_outside:
            yield f'holds all that an outside note says: "{name}", {size}'
        else:
            yield f'holds all that a note says that you could have written: "{name}", {size}'
    for each in found.witnesses:
        if each.at is None:
            yield f"{each.witness} has never seen this record"
        else:
            when = local_time(each.at, UTC)
            yield f"seen by {each.witness}: {entries_counted(each.size)}, on {when} UTC"
    if found.verdict is Verdict.UNANCHORED:
        if found.memory_gone:
            yield "THIS MACHINE'S NOTE OF THE NEWEST ENTRY IS MISSING: somebody may have removed it"
        yield "NO NOTE OF THE NEWEST ENTRY WAS AT HAND: somebody could have cut off what is newer"


def utc(at: str) -> str:
    """A moment as it stands in the record, in words."""
    return local_time(datetime.fromisoformat(at), UTC)


def _resumed_line(found: Verification) -> str:
    """Never plain INTACT once something was found, or lost."""
    at = " and ".join(dict.fromkeys(str(item.at_entry) for item in found.set_aside))
    return f"INTACT, resumed at {at}: what was found is on record"


def _details_line(opened: int | None) -> str:
    if opened is None:
        return "sealed details were not opened: that takes the password of who reads the record"
    return f"sealed details were opened, and are those of their entries: {opened}"


def _resumed_lines(found: Verification) -> Iterator[str]:
    """How the log went on without something."""
    for each in found.resumed:
        if each.lost:
            lost = f"entries lost: {each.leaves_lost} at least"
            yield f"resumed at {each.size}, without what was seen before; {lost}"
    for item in found.set_aside:
        yield f"set aside at {item.at_entry}, by {item.by}: {item.what}"


def _judgement_lines(found: Verification) -> Iterator[str]:
    """What is not tampering, and has to be judged by a person."""
    for seq in found.without_power:
        yield f"entry {seq} has a statement by somebody without the power: it counts for nothing"
    for step in found.set_back[-_MAX_SET_BACKS:]:
        yield (
            f"a clock was set back: entry {step.seq} says {local_time(step.at, UTC)} UTC, the next"
            f" {local_time(step.next_at, UTC)}; see what lapsed by the former"
        )


def stamped_json(done: StampedRecord, to: Path | None) -> dict[str, Any]:
    """What came of having the record stamped, for programs."""
    stamp, on_record = done.stamp, done.on_record
    about = facts(stamp.time, "authority", "policy")
    return {"size": stamp.size, "at": stamp.at, **about, "on_record": on_record, "path": to}


def stamped_lines(done: StampedRecord) -> Iterator[str]:
    """The same in words, as a check of the record says it."""
    yield _signed_line(done.stamp)
    if not done.on_record:
        yield "it goes on record with the next entry of anybody"


def drawn_json(drawn: DrawnSearches) -> dict[str, Any]:
    """Searches that were drawn, for programs."""
    erased = [{"seq": seq, "certificate": which} for seq, which in drawn.erased.items()]
    value = {**facts(drawn, "items", "waiting"), "erased": erased}
    return value | facts(drawn, "spoiled", "people")


def drawn_lines(drawn: DrawnSearches) -> Iterator[str]:
    """How many were drawn, and what could not be."""
    yield f"{len(drawn.items)} drawn of {drawn.waiting} that wait for your review"
    for seq, certificate in drawn.erased.items():
        yield f"entry {seq} is not drawn: its details were erased [{certificate}]"


def drawn_search_facts(item: DrawnSearch) -> Iterator[tuple[str, str]]:
    """One search as its reviewer reads it: a label and what stands under it."""
    asked = ", ".join(
        f"{name.replace('_', ' ')} {' or '.join(map(answer_in_words, values))}"
        for name, value in item.criteria.items()
        for values in [value if isinstance(value, list) else [value]]
    )
    yield "looked for", asked or "nothing in particular"
    yield "reason", item.reason or "none"
    if item.request:
        yield "request", item.request
    if item.refused:
        yield "why not", item.why or ""
    else:
        yield "found", "broke off" if item.found is None else str(item.found)


def drawn_search_heading(item: DrawnSearch, zone: tzinfo) -> str:
    """Which search it is, in a line."""
    refused = "  REFUSED" if item.refused else ""
    at = local_time(item.at, zone)
    return f"entry {item.seq}  {at}  {item.user} ({in_words(item.role)}){refused}"


def drawn_search_lines(item: DrawnSearch, zone: tzinfo) -> Iterator[str]:
    """One search as its reviewer reads it on a terminal."""
    yield drawn_search_heading(item, zone)
    yield from (f"  {label:<12}{said}" for label, said in drawn_search_facts(item))


def sample_of(percent: int | None, count: int | None) -> Sample:
    """How many searches are to be drawn: one of the two was said, or neither.

    Raises:
        Unusable: both were.
    """
    if percent is not None and count is not None:
        raise Unusable("--sample and --count both say how many", hint="leave one out")
    if percent is None and count is None:
        return Sample(count=5, percent=5)
    return Sample(count=count or 1, percent=percent or 0)


def reviewed_line(seq: int, verdict: ReviewVerdict, entry: int) -> str:
    """That a search was reviewed, and which entry says so."""
    return f"entry {seq} is {verdict}, as entry {entry} says"

"""What a practice's report must say, counted anew from `callrec audit export` alone.

It shares nothing with callrec: it reads the file's lines with Python's own library, and knows the
formats from docs/formats. What lies sealed, it does not know: who came to hear a recording, and
when an incident was noticed or a complaint came.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

NUMBERED = (
    *("protect-parties", "performance", "training", "abusive-call", "complaint", "medico-legal"),
    *("disciplinary", "regulatory", "subject-access", "outside-body", "deceased", "erasure"),
    *("portability", "disposal", "rectification", "restriction", "objection"),
)
"""The purposes by their numbers, from 1 (docs/formats/grant.md, 3)."""

RIGHTS = {"subject-access", "erasure", "portability", "rectification", "restriction", "objection"}

OUTSIDE = {*RIGHTS, "deceased", "outside-body"}
"""Those that somebody outside waits for: to be heard by the staff answers none of them."""

HOLIDAYS = {
    date.fromisoformat(day)
    for day in (
        *("2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03"),
        *("2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28"),
    )
}
"""Bank holidays in England and Wales, as the government publishes them."""


def canonical(value: object) -> bytes:
    """As keys.md has it, of what stands in statements."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(body: str) -> str:
    """Of a statement (keys.md, 3); batches are counted by the intakes that close them."""
    fields = json.loads(body)
    if fields["kind"] == "approval":
        hidden = canonical({"salt": fields.pop("salt"), "withheld": fields["withheld"]})
        fields["withheld"] = hashlib.sha256(hidden).hexdigest()
        body = canonical(fields).decode()
    return hashlib.sha256(body.encode()).hexdigest()


class Export:
    """The lines of an export up to an entry, each date held to what its leaf commits to."""

    def __init__(self, file: Path, entries: int) -> None:
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        self.leaves = [json.loads(line["leaf"]) for line in lines if "leaf" in line][:entries]
        bodies = [line["statement"]["body"] for line in lines if "statement" in line]
        self.statements = {digest_of(body): json.loads(body) for body in bodies}
        self.dates: dict[int, dict[str, Any]] = {}
        vault = self.leaves[0]["log"].partition("/")[2]
        for each in (line["date"] for line in lines if "date" in line):
            bound = b"callrec/1 detail\n" + canonical({"seq": each["seq"], "vault": vault})
            commitment = bound + bytes.fromhex(each["nonce"]) + each["body"].encode()
            detail = self.leaves[each["seq"]]["detail"] if each["seq"] < entries else ""
            assert detail in {"", hashlib.sha256(commitment).hexdigest()}
            self.dates[each["seq"]] = json.loads(each["body"])

    def done(self, *acts: str) -> list[dict[str, Any]]:
        return [each for each in self.leaves if each["act"] in acts and each["outcome"] == "done"]

    def stated(self, kind: str) -> list[tuple[date, dict[str, Any]]]:
        """The day of each statement of a kind that a leaf carries, in order."""
        found = []
        for leaf in self.leaves:
            fields = self.statements.get(leaf["statement"], {})
            if fields.get("kind") == kind:
                found.append((day_of(leaf), fields))
        return found


def day_of(leaf: Mapping[str, Any]) -> date:
    """At the practice."""
    return datetime.fromisoformat(leaf["at"]).astimezone(LONDON).date()


def within(day: date | None, month: str) -> bool:
    return day is not None and f"{day:%Y-%m}" == month


def end_of(month: str, today: date) -> date:
    first = date.fromisoformat(f"{month}-01")
    return min((first + timedelta(days=31)).replace(day=1) - timedelta(days=1), today)


class Asked:
    """One request, from its leaves."""

    def __init__(self, number: int, leaves: list[dict[str, Any]], export: Export) -> None:
        self.reference = f"R-{number}"
        code = leaves[0]["subject"][0]
        assert bytes.fromhex(code[:6]) == b"req"
        self.purpose = NUMBERED[int(code[6:8], 16) - 1]
        dates = [export.dates[leaf["seq"]] for leaf in leaves if leaf["seq"] in export.dates]
        receipts = [each for each in dates if each["event"] == "received"]
        self.came = date.fromisoformat(receipts[-1]["on"]) if receipts else day_of(leaves[0])
        failed = {each["subject"][1] for each in leaves if each["act"] == "listen.failed"}
        answering = {
            *("release.delivered", "request.denied", "request.carried-out", "request.in-effect")
        }
        if self.purpose not in OUTSIDE:
            answering.add("listen")
        answers = [
            day_of(each)
            for each in leaves
            if each["act"] in answering
            and not (each["act"] == "listen" and each["subject"][1] in failed)
        ]
        ends = [
            day_of(each)
            for each in leaves
            if each["act"] in {"request.withdrawn", "request.lapsed", "request.closed"}
        ]
        self.answered = answers[0] if answers else None
        self.ended = (answers + ends)[0] if answers or ends else None
        self.due = self._due(dates, receipts[-1]) if receipts else None

    def _due(self, dates: list[dict[str, Any]], receipt: dict[str, Any]) -> date | None:
        """A month from the receipt, or from the day on which proof came that was missing.

        By the same day of the next month, or its last; on the next working day (ICO).
        """
        if self.purpose == "outside-body":
            return date.fromisoformat(receipt["answer_by"]) if receipt["answer_by"] else None
        if self.purpose not in RIGHTS:
            return None
        begins = self.came
        for each in dates:
            if each["event"] == "answered" and each.get("awaited") in receipt["awaits"]:
                begins = max(begins, date.fromisoformat(each["on"]))
        months = 3 if any(each["event"] == "extended" for each in dates) else 1
        return rolled(later(begins, months))

    def is_open(self, day: date) -> bool:
        return self.came <= day and (self.ended is None or self.ended > day)


def later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError


def rolled(day: date) -> date:
    while day.weekday() > 4 or day in HOLIDAYS:
        day += timedelta(days=1)
    return day


def asked(export: Export) -> list[Asked]:
    own = defaultdict[str, list[dict[str, Any]]](list)
    for leaf in export.leaves:
        if leaf["outcome"] == "done" and leaf["subject"]:
            own[leaf["subject"][0]].append(leaf)
    made = [leaf["subject"][0] for leaf in export.done("request.created")]
    return [Asked(number, own[id_], export) for number, id_ in enumerate(made, 1)]


def middle(values: Iterable[int]) -> float | None:
    """The median."""
    found = sorted(values)
    if not found:
        return None
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2


def purposes(export: Export, month: str, today: date) -> dict[str, dict[str, Any]]:
    """The table of requests, by purpose."""
    until, found = end_of(month, today), {}
    for purpose in NUMBERED:
        own = [each for each in asked(export) if each.purpose == purpose]
        answered = [each for each in own if within(each.answered, month)]
        days = [(each.answered - each.came).days for each in answered if each.answered]
        is_late = [
            None if each.due is None else (each.answered or until) > each.due for each in answered
        ]
        row = {
            "came": sum(within(each.came, month) for each in own),
            "answered": len(answered),
            "in_time": is_late.count(False),
            "late": is_late.count(True),
            "no_day": is_late.count(None),
            "days_middle": middle(days),
            "days_longest": max(days, default=None),
            "ended": sum(within(each.ended, month) and not each.answered for each in own),
            "open": sum(each.is_open(until) for each in own),
            "open_late": sum(
                each.is_open(until) and each.due is not None and each.due < until for each in own
            ),
        }
        if any(row[name] for name in ("came", "answered", "ended", "open")):
            found[purpose] = row
    return found


def people(export: Export, month: str) -> dict[str, Counter[str]]:
    """What each did, by their id."""
    found = defaultdict[str, Counter[str]](Counter)
    heard, under = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    failed = {leaf["subject"][1] for leaf in export.done("listen.failed")}
    used = export.done("listen", "release.delivered")
    for leaf in (each for each in used if within(day_of(each), month)):
        request, of, *recordings = leaf["subject"]
        if of not in failed:
            is_hearing = leaf["act"] == "listen"
            found[leaf["actor"]]["hearings" if is_hearing else "released"] += 1
            heard[leaf["actor"]] |= set(recordings if is_hearing else ())
            under[leaf["actor"]].add(request)
    for leaf in export.leaves:
        what = ("search" if leaf["act"] == "search" else "", leaf["outcome"], bool(leaf["subject"]))
        if what in SEARCHES and within(day_of(leaf), month):
            found[leaf["actor"]][SEARCHES[what]] += 1
    for leaf in export.done("request.approved"):
        if within(day_of(leaf), month) and export.statements[leaf["statement"]]["break_glass"]:
            found[leaf["actor"]]["decided_alone"] += 1
    for by, counts in found.items():
        counts.update({"heard": len(heard[by]), "requests": len(under[by])})
    return dict(found)


SEARCHES = {
    ("search", "done", False): "searches",
    ("search", "done", True): "searches_under_request",
    ("search", "refused", False): "searches_refused",
    ("search", "refused", True): "searches_refused",
}


def held(export: Export, month: str) -> dict[str, int]:
    """Calls held, by the comparisons within a month; the newest word on a day counts."""
    known, total = set[date](), Counter[str]({"days": 0})
    for _, told in reversed(export.stated("reconciled")):
        first, last = (date.fromisoformat(told[end]) for end in ("from", "to"))
        days = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        if all(within(day, month) for day in days) and not days & known and told["files"]:
            known |= days
            total.update({each: told[each] for each in HELD})
            total["days"] += len(days)
    return {"days": total["days"], **{each: total[each] for each in HELD}}


HELD = ("calls", "answered", "held", "in_part", "missing")


def holds(export: Export, month: str, today: date) -> tuple[int, int, int]:
    """Placed, lifted, in force at the end; one placed by hand is lifted by the second of two."""
    until, placed, lifted = end_of(month, today), dict[str, date](), dict[str, date]()
    by_hand, times = set[str](), Counter[str]()
    for leaf in export.done("hold.placed"):
        placed[leaf["subject"][0]] = day_of(leaf)
        if len(leaf["subject"]) == 1:
            by_hand.add(leaf["subject"][0])
    for leaf in export.done("hold.lifted"):
        hold = leaf["subject"][0]
        times[hold] += 1
        if hold not in by_hand or times[hold] == 2:
            lifted[hold] = day_of(leaf)
    in_force = sum(
        day <= until and not (hold in lifted and lifted[hold] <= until)
        for hold, day in placed.items()
    )
    return (
        sum(within(day, month) for day in placed.values()),
        sum(within(day, month) for day in lifted.values()),
        in_force,
    )


def taken_in(export: Export, month: str) -> tuple[int, int]:
    """Recordings, and files that were refused."""
    told = [fields for day, fields in export.stated("intake") if within(day, month)]
    return sum(each["recordings"] for each in told), sum(
        sum(each["refused"].values()) for each in told
    )


def destroyed(export: Export, month: str) -> int:
    return sum(
        len(fields["items"]) for day, fields in export.stated("destruction") if within(day, month)
    )


def days_written(export: Export, month: str) -> int:
    """To drives: on how many days, of each."""
    stated = export.stated("volume")
    return len({(fields["volume"], day) for day, fields in stated if within(day, month)})


def month_row(export: Export, month: str) -> dict[str, Any]:
    """A month of the trends, but for incidents and complaints."""
    every = asked(export)
    rights = [
        each
        for each in every
        if each.purpose in {*RIGHTS, "deceased"} and within(each.answered, month)
    ]
    done = people(export, month).values()
    compared = held(export, month)
    percent = None
    if compared["answered"]:
        percent = compared["held"] * 1000 // compared["answered"] / 10
    return {
        "month": month,
        "came": sum(within(each.came, month) for each in every),
        "rights_in_time": sum(each.answered <= each.due for each in rights),  # type: ignore[operator]
        "rights_late": sum(each.answered > each.due for each in rights),  # type: ignore[operator]
        "rights_days_middle": middle((each.answered - each.came).days for each in rights),  # type: ignore[operator]
        "hearings": sum(each["hearings"] for each in done),
        "released": sum(each["released"] for each in done),
        "searches": sum(each["searches"] for each in done),
        "taken_in": taken_in(export, month)[0],
        "destroyed": destroyed(export, month),
        "percent_held": percent,
    }

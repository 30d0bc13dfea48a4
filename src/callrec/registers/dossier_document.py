"""A dossier in words: what was asked, by when, who has it, what remains, and all that happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, tzinfo
from typing import Any, Final

from callrec.paper.document import (
    Block,
    Document,
    Fact,
    Facts,
    Happening,
    Items,
    Paragraph,
    Section,
    Timeline,
)
from callrec.policy.days import day_in_words, last_day, time_in_words
from callrec.policy.handing_over import Channel
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import UNDECIDED, RequestAct, RequestState
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.letter import LetterKind
from callrec.policy.role import Power
from callrec.policy.words import in_words, listed
from callrec.registers.dossier import DOSSIER_READ, MESSAGE_SENT, Dossier, DossierEntry
from callrec.requests.packages import ShownRelease

DID: Final[Mapping[str, tuple[str, str]]] = {
    RequestAct.CREATED: ("made the request", "make the request"),
    RequestAct.RECEIVED: ("wrote down when it came", "write down when it came"),
    RequestAct.AMENDED: ("changed the request", "change the request"),
    RequestAct.GATHERED: ("gathered all that matches", "gather all that matches"),
    RequestAct.ASKED: ("asked for something that was missing", "ask for what was missing"),
    RequestAct.ANSWERED: ("wrote down that an answer came", "write down that an answer came"),
    RequestAct.EXTENDED: ("took more time to answer", "take more time to answer"),
    RequestAct.THIRD_PARTIES: ("checked it for other people", "check it for other people"),
    RequestAct.APPROVED: ("approved it", "approve it"),
    RequestAct.DENIED: ("refused it", "refuse it"),
    RequestAct.WITHDRAWN: ("withdrew it", "withdraw it"),
    RequestAct.LAPSED: ("put on record that it had lapsed undecided", "let it lapse"),
    RequestAct.REVOKED: ("took the approval back", "take the approval back"),
    RequestAct.GRANT_LAPSED: ("put on record that the approval had lapsed", "let it lapse"),
    RequestAct.LOOKED: ("looked at how loud a recording is", "look at how loud a recording is"),
    RequestAct.LISTENED: ("began to listen", "listen"),
    RequestAct.HEARING_ENDED: ("stopped listening", "stop listening"),
    RequestAct.HEARING_FAILED: ("could not listen: the player failed", "listen"),
    RequestAct.PREPARED: ("put a package together", "put a package together"),
    RequestAct.DELIVERED: ("made the package ready to go", "make the package ready to go"),
    RequestAct.FAILED: ("could not finish the package", "finish the package"),
    RequestAct.HANDED_OVER: ("wrote down who has the package", "write down who has the package"),
    RequestAct.ACKNOWLEDGED: (
        "wrote down that its recipient acknowledged it",
        "write down that its recipient acknowledged it",
    ),
    RequestAct.LETTER_WRITTEN: ("wrote a letter about it", "write a letter about it"),
    RequestAct.LETTER_SENT: ("wrote down that a letter was sent", "write down that it was sent"),
    RequestAct.IN_EFFECT: ("put it into effect", "put it into effect"),
    RequestAct.CARRIED_OUT: ("carried it out: the recordings are destroyed", "carry it out"),
    RequestAct.CLOSED: ("closed it", "close it"),
    "request.shown": ("read it", "read it"),
    "request.gathering": ("looked for all that matches", "look for all that matches"),
    "request.agreement": ("got the written agreement out", "get the written agreement out"),
    DOSSIER_READ: ("read this dossier", "read this dossier"),
    "note.made": ("wrote a note on a recording", "write a note on a recording"),
    "search": ("searched under it", "search under it"),
    "search.answered": ("was shown what the search found", "see what the search found"),
    "hold.placed": ("placed a hold", "place a hold"),
    "hold.covers": ("held what the request names", "hold what the request names"),
    "hold.everything": ("held everything of that time", "hold everything of that time"),
    "hold.matching": ("looked for what to hold", "look for what to hold"),
    "hold.matched": ("held what matches", "hold what matches"),
    "hold.lifted": ("lifted the hold", "lift the hold"),
    "glass.accepted": ("accepted what was decided alone", "accept what was decided alone"),
    "glass.queried": ("queried what was decided alone", "query what was decided alone"),
}
"""What somebody did, and tried to; of other acts the log's own name is told."""

_DECIDER: Final = {
    Power.DECIDE_GENERAL: "a partner, a manager or the Data Controller",
    Power.DECIDE_RESERVED: "the Data Controller",
}

_TO_USE: Final = (RequestState.APPROVED, RequestState.HEARD)

_NOTHING: Final = "Nothing: it is {state}."

_NEXT: Final[Mapping[RequestState, str]] = {
    **dict.fromkeys(
        (RequestState.RELEASED, RequestState.HANDED_OVER),
        "Close it once nothing more is expected: callrec request close {reference}.",
    ),
    RequestState.IN_EFFECT: "It stands until it is lifted: callrec request close {reference}.",
    RequestState.DENIED: _NOTHING,
    RequestState.WITHDRAWN: _NOTHING,
    RequestState.LAPSED: _NOTHING,
    RequestState.CLOSED: _NOTHING,
}

_PLAIN: Final = (
    *("reason", "date", "time", "extension", "number", "parties", "names", "about"),
    "further",
)
"""What a version says, in the order of 4(b)."""


def dossier_document(found: Dossier, zone: tzinfo) -> Document:
    """A dossier, in the practice's time zone."""
    words = _Words(found, zone)
    read = words.moment(found.read_at)
    return Document(
        practice=found.practice,
        title=f"Request {found.reference}",
        lead=tuple(words.lead(read)),
        sections=(
            Section("What was asked for", tuple(words.asked())),
            Section("By when it is answered", tuple(words.clock())),
            Section("What was decided", tuple(words.decided())),
            Section("Who has it", tuple(words.packages())),
            Section("Letters", tuple(words.letters())),
            Section("What remains to do", (Items(tuple(words.remains())),)),
            Section("What happened", (Timeline(tuple(words.happenings())),)),
        ),
        made_at=found.read_at,
        foot=f"{found.practice}, dossier of {found.reference}, read on {read}",
    )


class _Words:
    """What is put in words of one dossier."""

    def __init__(self, found: Dossier, zone: tzinfo) -> None:
        self._found, self._zone = found, zone

    def lead(self, read: str) -> Iterator[str]:
        found = self._found
        yield f"{TERMS[found.purpose].in_words.capitalize()}: {in_words(found.state)}."
        yield (
            f"Everything that the record says of it, read on {read}. For people at the practice:"
            " it may say what the person who asked must not be told."
        )
        if not found.in_full:
            yield "What the request says is not shown in full, as it does not concern the reader."
        if found.forged:
            entries = "1 entry names" if found.forged == 1 else f"{found.forged} entries name"
            yield f"WARNING: {entries} somebody who is not shown to have made it."

    def asked(self) -> Iterator[Block]:
        """By the version that stands."""
        made = [each for each in self._found.entries if each.version]
        if not made:
            yield Paragraph("The record has no version of it.")
            return
        newest = made[-1].version
        rows = [
            ("Made by", f"{self.called(made[0])}, {self.moment(made[0].at)}"),
            ("Purpose", in_words(self._found.purpose)),
        ]
        if newest is not None and newest.particulars is not None:
            rows += self._particulars(newest.particulars)
        rows.append(("Recordings", _numbers(made[-1].recordings) or "none yet"))
        yield Facts(tuple(rows))

    def _particulars(self, particulars: Mapping[str, Any]) -> Iterator[Fact]:
        for name in _PLAIN:
            value = particulars.get(name)
            if name == "further":
                yield from self._facts(value or {})
            elif value not in (None, "", []):
                yield _label(name), self._said(value, between=" to " if name == "time" else ", ")

    def clock(self) -> Iterator[Block]:
        deadline = self._found.deadline
        if deadline is None:
            yield Paragraph("No law sets a day for the answer to such a request.")
            return
        rows = []
        if deadline.due_on:
            rows.append(("Last day", day_in_words(deadline.due_on)))
        if deadline.target_on:
            rows.append(("Meant to be answered by", day_in_words(deadline.target_on)))
        if deadline.waiting_for:
            rows.append(("Waiting for", deadline.waiting_for.meaning))
        if self._found.is_answered:
            rows.append(("Now", "answered, or ended: the day presses no more"))
        yield Facts(tuple(rows))
        yield Paragraph("Why:")
        yield Items(deadline.why)

    def decided(self) -> Iterator[Block]:
        decisions = [
            each
            for each in self._found.entries
            if each.what in (RequestAct.APPROVED, RequestAct.DENIED) and each.outcome == "done"
        ]
        if not decisions:
            yield Paragraph("Nobody has decided it.")
        for each in decisions:
            is_approval = each.what == RequestAct.APPROVED
            rows = [(self.moment(each.at), f"{self.called(each)} {DID[each.what][0]}")]
            if is_approval:
                rows.append(("Granted", f"{_numbers(each.recordings) or 'nothing'}"))
            rows += self._facts(each.details)
            yield Facts(tuple(rows))
        if self._found.unaccepted_alone:
            yield Paragraph(
                "It was decided by one person alone, and nobody else has accepted that.",
                stands_out=True,
            )

    def packages(self) -> Iterator[Block]:
        if not self._found.releases:
            yield Paragraph("No package of it has gone out.")
        for release in self._found.releases:
            yield Facts(tuple(self._package(release)))

    def _package(self, release: ShownRelease) -> Iterator[Fact]:
        yield "Package", f"made by {self.name(release.by)} on {self.moment(release.at)}"
        sent = [release.deliver_by and _way(release.deliver_by)]
        sent.append(release.passphrase_by and f"its passphrase {_way(release.passphrase_by)}")
        if any(sent):
            yield "To go", ", ".join(filter(None, sent))
        if not release.handed_over:
            yield "Handed over", "nobody has written down who has it"
        for note in release.handed_over[-1:]:
            to = note.to_whom or "somebody whom the reader may not know"
            at = f", {note.time}" if note.time else ""
            by = f", {_way(note.channel)}" if note.channel else ""
            yield (
                "Handed over",
                f"to {to}{f' on {day_in_words(note.on)}' if note.on else ''}{at}{by}",
            )
        for note in release.acknowledged[-1:]:
            yield "Acknowledged", f"on {day_in_words(note.on)}" if note.on else "yes"

    def letters(self) -> Iterator[Block]:
        """Each with whether it was sent; its text is opened by its own command."""
        written = [each for each in self._found.entries if each.details.get("letter")]
        if not written:
            yield Paragraph("No letter about it is on record.")
            return
        rows = []
        for each in written:
            what = LetterKind(each.details["letter"]).meaning
            on = self.moment(each.at)
            if each.what == RequestAct.LETTER_WRITTEN:
                rows.append(("Written", f"by {self.called(each)}, {on}: it says {what}"))
            else:
                rows.append(("Sent", self._sent(each.details) or f"as {self.called(each)} says"))
        yield Facts(tuple(rows))
        yield Paragraph(f"What they say: callrec request letter {self._found.reference}.")

    def _sent(self, details: Mapping[str, Any]) -> str:
        """When and how; empty where the reader may not know."""
        if "on" not in details:
            return ""
        on = _day_or_text(str(details["on"]))
        return f"on {on}, {_way(str(details['channel']))}"

    def remains(self) -> Iterator[str]:
        """What is still to be done about it, as far as the record tells."""
        found = self._found
        yield from self._next()
        if found.unaccepted_alone:
            yield (
                "Another person who may read the audit record looks at what was decided alone:"
                f" callrec audit review-glass {found.reference}."
            )
        open_ = [each for each in found.releases if not each.handed_over]
        if open_ and found.state is RequestState.RELEASED:
            yield (
                "Write down who has the package: callrec request event"
                f" {found.reference} handed-over --on DATE."
            )

    def _next(self) -> Iterator[str]:
        found, state = self._found, self._found.state
        if state in _NEXT:
            yield _NEXT[state].format(reference=found.reference, state=in_words(state))
        elif state is RequestState.WAITING:
            waiting = found.deadline and found.deadline.waiting_for
            what = waiting.meaning if waiting else "an answer"
            yield f"{what.capitalize()} has to come; then it is decided."
        elif state in UNDECIDED:
            decider = _DECIDER[TERMS[found.purpose].decided_with]
            yield f"A decision, by {decider}: callrec approve {found.reference}."
        yield from self._to_use()
        if state is RequestState.HEARD and not found.is_answered:
            yield "The person who asked has no answer yet."

    def _to_use(self) -> Iterator[str]:
        found = self._found
        for login, until in found.standing_for if found.state in _TO_USE else ():
            if TERMS[found.purpose].is_destroyed:
                command = (
                    "retention dispose" if found.purpose is Purpose.DISPOSAL else "request erase"
                )
                yield f"The recordings are destroyed: callrec {command} {found.reference}."
            else:
                yield (
                    f"{self.name(login)} can hear it, or hand it over, until the end of"
                    f" {day_in_words(last_day(until, self._zone))}."
                )

    def happenings(self) -> Iterator[Happening]:
        before: Mapping[str, Any] = {}
        for entry in self._found.entries:
            facts: list[Fact] = []
            if entry.version is not None:
                said = entry.version.particulars or {}
                facts += self._changes(before, said)
                before = said
            if entry.recordings:
                facts.append(("Recordings", _numbers(entry.recordings)))
            facts += self._facts(entry.details)
            if entry.seq is not None:
                facts.append(("Entry", f"{entry.seq:,}"))
            is_forged = entry.attested is False and entry.by is not None
            yield Happening(
                at=entry.at.astimezone(self._zone),
                when=self.moment(entry.at),
                what=self._sentence(entry, is_forged=is_forged),
                facts=tuple(facts),
                stands_out=is_forged,
            )

    def _changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Fact]:
        """What a version says that the one before did not."""
        further = {
            name: value
            for name, value in (after.get("further") or {}).items()
            if (before.get("further") or {}).get(name) != value
        }
        changed = {name: after[name] for name in after if after[name] != before.get(name)}
        yield from self._particulars({**changed, "further": further})

    def _sentence(self, entry: DossierEntry, *, is_forged: bool) -> str:
        if entry.what == MESSAGE_SENT:
            sent = "was sent" if entry.outcome == "done" else "waits to be sent"
            return f"A message to {self.name(str(entry.details['to']))} {sent}."
        did, do = DID.get(entry.what, (f"({in_words(entry.what.replace('.', ' '))})",) * 2)
        who = self.called(entry)
        text = {"done": f"{who} {did}", "refused": f"{who} tried to {do}, and was refused"}.get(
            entry.outcome, f"{who} tried to {do}, and it failed"
        )
        if is_forged:
            return f"{text}: NOT ATTESTED, it is not shown to be theirs."
        return f"{text}."

    def called(self, entry: DossierEntry) -> str:
        """Who did it, with the role of that time."""
        if entry.by is None:
            return "Somebody without a key"
        return f"{self.name(entry.by)} ({in_words(entry.role or 'unknown role')})"

    def name(self, login: str) -> str:
        return self._found.names.get(login, login)

    def moment(self, at: datetime) -> str:
        return time_in_words(at.astimezone(self._zone))

    def _facts(self, details: Mapping[str, Any]) -> Iterator[Fact]:
        for name, value in details.items():
            if value is False or value in (None, "", []):
                continue
            if name == "until" and isinstance(value, datetime):
                yield "Until", f"the end of {day_in_words(last_day(value, self._zone))}"
            elif name == "withheld":
                yield (
                    "Withheld",
                    "; ".join(
                        f"recording {each['recording']}, because {_ground(each['code'])}"
                        for each in value
                    ),
                )
            elif name == "code":
                yield "Because", _ground(value)
            elif name in ("for", "to", "countersigned_by", "by"):
                yield _label(name), self.name(str(value))
            else:
                yield _label(name), self._said(value)

    def _said(self, value: object, between: str = ", ") -> str:
        match value:
            case True:
                return "yes"
            case datetime():
                return self.moment(value)
            case date():
                return day_in_words(value)
            case list() | tuple():
                return between.join(self._said(each) for each in value)
            case Mapping():
                return " ".join(f"{_label(a).lower()} {self._said(b)}" for a, b in value.items())
            case _:
                return _day_or_text(str(value))


def _way(channel: str) -> str:
    return "in person" if channel == Channel.PERSON else f"by {in_words(channel)}"


def _label(name: str) -> str:
    """``Countersigned by``."""
    return "SHA-256" if name == "sha256" else in_words(name.replace("_", "-")).capitalize()


def _ground(code: str) -> str:
    with suppress(ValueError):
        return Ground(code).meaning
    return in_words(code)


def _numbers(recordings: tuple[int, ...]) -> str:
    return listed([str(each) for each in recordings]) if recordings else ""


def _day_or_text(text: str) -> str:
    """A day that is kept as 2024-07-04, or 2024-07-01/2024-07-31, and anything else as it is."""
    ends = text.split("/")
    with suppress(ValueError):
        if all(len(end) == len("2024-07-04") for end in ends):
            return " to ".join(day_in_words(date.fromisoformat(end)) for end in ends)
    return text

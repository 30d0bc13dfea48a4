"""What a letter may tell, gathered from the record [UK GDPR 12, 15].

What is withheld on a ground that must not be told is left out at the very beginning (`_Decided`),
so that it is in no list, no count and no recipient. Nor is what another body got of which the
person must not learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.calls.category import categories_of
from callrec.calls.custody import Opening
from callrec.calls.find import call_facts
from callrec.catalogue import tables
from callrec.catalogue.destruction import every_stub
from callrec.catalogue.tables import from_millis
from callrec.dataclass import dataclass, replace
from callrec.errors import Locked, NotFound, Refused
from callrec.letters.wording import AboutRecordings, LetterContent, Letterhead, ToldCall
from callrec.login.people import name_of
from callrec.package.destroyed import DestructionCertificate, lost
from callrec.package.texts import ASK_ABOUT_COUNTRIES, days_in_words
from callrec.policy.clause import Law
from callrec.policy.clock_events import Awaited, waits_of
from callrec.policy.further import NO_AUTHORITY, FurtherParticular
from callrec.policy.hearing import answers_requester
from callrec.policy.notice import storage_in_words
from callrec.policy.particulars import Particulars, Unknown
from callrec.policy.purpose import TERMS, Purpose, is_for
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.retention import RecordingState
from callrec.policy.rights.grounds import GROUND_CODES, Ground
from callrec.policy.rights.lawful_basis import reasons_in_words
from callrec.policy.rights.letter import LetterFacts, LetterKind, check_tells_nothing_kept
from callrec.policy.role import VaultKey
from callrec.policy.words import words as words_of
from callrec.practice import Actor, Practice, today
from callrec.release.listen import attended_at
from callrec.release.packing import sought_in_words
from callrec.release.rights import (
    disclosures_of,
    recipient_in_words,
    sees_recipients,
    was_heard_outside,
)
from callrec.requests.approvals import (
    edits_given,
    last_approval,
    last_edits,
    uids_granted,
    uids_not_told_of,
)
from callrec.requests.clock import day_of_leaf, deadline_on_day, is_first_month_over
from callrec.requests.history import REQUESTS, outline_of, read_outlines, read_words
from callrec.requests.holding import is_matched, left_out_uids, matching_not_asked_for
from callrec.requests.model import OpenRequest, uids_delivered, without_failed
from callrec.requests.open import hidden_from, read_request
from callrec.retention.certificate import certify_destruction

_TOLD_PARTICULARS: Final = (
    FurtherParticular.HEAR_OR_COPY,
    FurtherParticular.STANDING,
    FurtherParticular.LEGAL_BASIS,
    FurtherParticular.ANSWER_BY,
    FurtherParticular.REFERENCE,
)
"""The further particulars that a letter uses besides names: codes, a day, their own reference."""

_WITH_RECIPIENTS: Final = {
    LetterKind.ANSWER: frozenset({Purpose.SUBJECT_ACCESS, Purpose.RECTIFICATION}),
    LetterKind.ERASED: frozenset({Purpose.ERASURE}),
    LetterKind.RESTRICTED: frozenset({Purpose.RESTRICTION, Purpose.OBJECTION}),
}
"""Where the person is told who else has the recordings [UK GDPR 15(1)(c), 19]."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """What became of each recording of a request that may be told of, by uid."""

    given: frozenset[str]
    heard: frozenset[str]
    granted: frozenset[str]
    withheld: tuple[Ground, ...]
    """Of each that is withheld, and of each that a gathering left out."""
    undecided: int

    @property
    def told(self) -> frozenset[str]:
        return self.given | self.heard | self.granted


class LetterSource:
    """One request, read once, and what a letter about it may tell."""

    def __init__(
        self, practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
    ) -> None:
        self._practice, self._actor, self._connection = practice, actor, connection
        self._request, self._further = request, request.particulars.further
        self._terms = TERMS[request.purpose]
        clock = request.clock
        self._deadline = deadline_on_day(practice, clock) if clock else None
        # What was asked for and has not come, with the day on which it was asked for.
        self._asked = {
            wait.awaited: wait.asked_on
            for wait in waits_of(clock.events if clock else ())
            if wait.is_open and wait.asked_on is not None
        }
        self._untold = uids_not_told_of(connection)
        self._decided = self._read_decided()
        self._certificate = self._read_certificate()

    def facts(self) -> LetterFacts:
        """What the rules ask before a letter is written."""
        request, deadline = self._request, self._deadline
        took_effect = any(leaf.act == RequestAct.IN_EFFECT for leaf in request.history.leaves)
        return LetterFacts(
            reference=request.reference,
            purpose=request.purpose,
            state=request.facts.state,
            is_clarifying=Awaited.CLARIFICATION in self._asked,
            is_extended=deadline is not None and deadline.is_extended,
            is_late=request.clock is not None
            and is_first_month_over(self._practice, request.clock),
            is_answered=bool(self._decided.told) or took_effect,
            is_erased=self._certificate is not None,
        )

    def content(self, kind: LetterKind, *, words: str) -> LetterContent:
        """What a letter of a kind tells; that it is true was checked before.

        Raises:
            Refused: it tells who else has the recordings, and the actor does not see that.
        """
        request, told = self._request, frozenset[str]()
        content = replace(self._addressed(kind), words=" ".join(words.split()))
        if kind is LetterKind.REFUSE:
            return replace(content, refused_on=self._refused_on(), withheld=self._refused())
        if kind in (LetterKind.ACKNOWLEDGE, LetterKind.CLARIFY, LetterKind.EXTEND):
            return self._dated(content)
        if self._certificate is not None:
            content = _erased(content, self._certificate)
            told = frozenset(each.uid for each in self._certificate.recordings)
        elif self._terms.takes_effect:
            content, told = self._in_effect(content)
        else:
            content, told = self._answered(content), self._decided.told
        if request.purpose is Purpose.SUBJECT_ACCESS and not self._goes_out(content):
            content = replace(content, about=self._about())
        if tells_recipients(kind, request.purpose):
            if not sees_recipients(self._actor):
                raise recipients_unseen(request.reference, f"--kind {kind}")
            content = self._with_recipients(content, told)
        return content

    def _goes_out(self, content: LetterContent) -> bool:
        """Whether a package says what `AboutRecordings` does."""
        hears = self._further.get(FurtherParticular.HEAR_OR_COPY) == "hear"
        return bool(content.given) or not hears

    def _about(self) -> AboutRecordings:
        settings = self._practice.settings
        return AboutRecordings(
            reasons=reasons_in_words(settings.bases),
            storage=storage_in_words(settings.practice.telephone_supplier),
            other_countries=settings.practice.other_countries or ASK_ABOUT_COUNTRIES,
        )

    def _addressed(self, kind: LetterKind) -> LetterContent:
        practice, request, further = self._practice, self._request, self._further
        about = practice.settings.practice
        contact = practice.settings.release.contact or about.data_protection_contact
        regulator = (about.regulator, about.regulator_address, about.regulator_contact)
        received_on = request.clock.receipt.received_on if request.clock else request.facts.made_on
        to, greeting, of_whom = self._addressee()
        return LetterContent(
            kind=kind,
            purpose=request.purpose,
            reference=request.reference,
            head=Letterhead(
                practice=about.name or practice.name,
                contact=contact,
                complain_to=about.data_protection_contact or contact,
                regulator=tuple(filter(None, regulator)),
            ),
            on=today(practice),
            received_on=received_on or today(practice),
            to=to,
            greeting=greeting,
            of_whom=of_whom,
            further={str(each): further[each] for each in _TOLD_PARTICULARS if each in further},
        )

    def _addressee(self) -> tuple[tuple[str, ...], str, str]:
        """To whom it goes, a line each; who is greeted; for whom they ask, if not themselves."""
        request, further = self._request, self._further
        match request.purpose:
            case Purpose.OUTSIDE_BODY:
                names = (FurtherParticular.OFFICER, FurtherParticular.RANK, FurtherParticular.BODY)
                contact = further[FurtherParticular.CONTACT]
                return (*(further[name] for name in names), contact), further[names[0]], ""
            case Purpose.REGULATORY:
                return (further[FurtherParticular.REGULATOR],), "", ""
            case Purpose.DECEASED:
                applicant = further[FurtherParticular.APPLICANT]
                return (applicant,), applicant, ""
            case _ if FurtherParticular.SUBJECT in self._terms.further:
                subject = further[FurtherParticular.SUBJECT]
                if further.get(FurtherParticular.AUTHORITY) == NO_AUTHORITY:
                    return (subject,), subject, ""
                return (f"The person who acts for {subject}",), "", subject
            case _:
                name = name_of(self._practice, self._actor, self._connection, request.requester)
                return (name,), name, ""

    def _dated(self, content: LetterContent) -> LetterContent:
        deadline, asked = self._deadline, self._asked
        proofs = {*self._request.facts.unproven, *asked} - {Awaited.CLARIFICATION}
        return replace(
            content,
            due_on=deadline.due_on if deadline else None,
            target_on=deadline.target_on if deadline else None,
            missing=tuple(each for each in Awaited if each in proofs),
            clock_waits=self._terms.clock is Law.ONE_MONTH and bool(asked.keys() & proofs),
            asked_on=asked.get(Awaited.CLARIFICATION),
        )

    def check_tells_nothing_kept(self, words: str) -> None:
        """Of what the practice says in its own words; raises as the rule of that name.

        As far as the actor can see it: who cannot open a call does not know who takes part.
        """
        practice, request = self._practice, self._request
        contact = practice.settings.release.contact
        desk = practice.settings.practice.data_protection_contact
        check_tells_nothing_kept(
            words, request.reference, kept=self._kept_names(), contact=f"{contact} {desk}"
        )

    def _kept_names(self) -> frozenset[str]:
        """Who takes part in what is withheld or left out, but in nothing else that is asked for.

        And which outside body got any of it, of which the person must not learn.
        """
        practice, connection, request = self._practice, self._connection, self._request
        if not self._actor.has_key(VaultKey.CATALOGUE):
            return frozenset()
        kept = {uid for each in request.approvals for uid, _ in each.withheld}
        kept |= left_out_uids(request)
        table = tables.recording
        asked = (*request.body.uids, *kept)
        rows = connection.execute(select(table).where(table.c.uid.in_(asked))).all()
        opening = Opening(practice, self._actor, connection)
        parties = {each.uid: call_facts(each).parties for each in opening.sound_metadata(rows)}
        known = {name for uid, names in parties.items() if uid not in kept for name in names}
        told = request.particulars
        known |= {*told.subjects, *(() if isinstance(told.parties, Unknown) else told.parties)}
        kept_names = {name for uid in kept for name in parties.get(uid, ())} - known
        return frozenset({*kept_names, *self._untold_bodies({*asked})})

    def _untold_bodies(self, uids: Collection[str]) -> Iterator[str]:
        practice, actor, connection = self._practice, self._actor, self._connection
        hidden, makings = hidden_from(practice, actor, connection), read_outlines(connection)
        for row in REQUESTS.every(connection):
            is_theirs = row.purpose == Purpose.OUTSIDE_BODY and row.id not in hidden
            if not is_theirs or {*outline_of(makings, row).uids}.isdisjoint(uids):
                continue
            try:
                other = read_request(practice, actor, connection, f"R-{row.number}")
            except (Locked, Refused):  # not the actor's to read, so not theirs to tell
                continue
            further = other.particulars.further
            if further.get(FurtherParticular.SUBJECT_MAY_BE_TOLD, "yes") != "yes":
                yield from (further[FurtherParticular.OFFICER], further[FurtherParticular.BODY])
                # "The police" names "Avon and Somerset Police" well enough.
                yield from (each for each in words_of(further[FurtherParticular.BODY]) if each[4:])

    def _refused(self) -> Mapping[Ground, int]:
        """On what grounds it is refused that may be told, each of how many recordings."""
        request, gathering = self._request, self._request.body.gathering
        left_out = gathering.left_out.values() if gathering else ()
        grounds = [*left_out, *([self._refused_on()] * len(request.body.uids))]
        return _counted([ground for ground in grounds if ground.is_disclosed])

    def _refused_on(self) -> Ground:
        words = read_words(self._connection, self._request)
        leaves = self._request.history.leaves
        (denied,) = (leaf for leaf in leaves if leaf.act == RequestAct.DENIED)
        return GROUND_CODES[words[denied.seq]["code"]]

    # --- what was decided ----------------------------------------------------------------------

    def _read_decided(self) -> _Decided:
        request, history = self._request, self._request.history
        approvals, gathering = request.approvals, request.body.gathering
        standing, grounds = last_approval(approvals, history), dict[str, Ground]()
        if standing and standing.digest == request.digest:
            grounds = {uid: GROUND_CODES[code] for uid, code in standing.withheld}
        left_out = gathering.left_out if gathering else {}
        given = uids_delivered(history)
        heard = self._heard_by_them() - given
        granted = uids_granted(approvals, history, self._practice.now()) - given - heard
        open_ones = {*request.body.uids} - given - heard - granted
        hidden = open_ones & self._untold
        is_right = self._terms.has_statutory_clock
        withheld = {
            uid: grounds[uid]
            for uid in open_ones - hidden
            if uid in grounds and not (is_right and grounds[uid] is Ground.NOT_APPROVED)
        }
        disclosed = [ground for ground in left_out.values() if ground.is_disclosed]
        return _Decided(
            frozenset(given),
            frozenset(heard),
            granted,
            (*withheld.values(), *disclosed),
            undecided=len(open_ones - hidden - withheld.keys()),
        )

    def _heard_by_them(self) -> set[str]:
        """Uids of what was played to who asked, as far as the actor may know who was there."""
        return {
            leaf.subject[2]
            for leaf in without_failed(self._request.history.leaves)
            if leaf.act == RequestAct.LISTENED
            and answers_requester(
                self._request.purpose,
                self._further,
                attended_at(self._practice, self._actor, self._connection, leaf),
            )
        }

    def _answered(self, content: LetterContent) -> LetterContent:
        practice, connection, request = self._practice, self._connection, self._request
        decided, history, approvals = self._decided, request.history, request.approvals
        rows = {row.uid: row for row in request.recordings}
        calls = _calls(practice, connection, [rows[uid] for uid in decided.told if uid in rows])
        edits = {**last_edits(approvals, history), **edits_given(approvals, history)}
        edited = [edits[uid] for uid in decided.told if uid in edits]
        cut = Counter(
            ground
            for each in edited
            for ground in {silence.ground for silence in each.silences}
            if ground.is_disclosed
        )
        gathered, approved = history.gathered, approvals[-1].leaf.seq
        is_owed = self._terms.is_owed_whole
        is_gathered = is_owed and request.body.gathering is not None and gathered is not None
        since = matching_not_asked_for(practice, connection, request, since=approved)
        rest = matching_not_asked_for(practice, connection, request) - since - self._untold
        return replace(
            content,
            given=_of(calls, decided.given),
            heard=_of(calls, decided.heard),
            granted=_of(calls, decided.granted),
            cut=dict(sorted(cut.items())),
            is_clipped=any(each.clip for each in edited),
            withheld=_counted(decided.withheld),
            undecided=decided.undecided,
            is_closed=request.facts.state is RequestState.CLOSED,
            elsewhere=len(rest) if is_owed else 0,
            is_whole=is_gathered and not since and is_matched(connection, request),
            searched_on=day_of_leaf(practice, gathered) if is_gathered and gathered else None,
            sought=tuple(_sought(request.particulars)) if is_gathered else (),
        )

    def _in_effect(self, content: LetterContent) -> tuple[LetterContent, frozenset[str]]:
        leaves = self._request.history.leaves
        leaf = next(each for each in leaves if each.act == RequestAct.IN_EFFECT)
        uids, since = frozenset(leaf.subject[1:]), day_of_leaf(self._practice, leaf)
        withheld = _counted(self._decided.withheld)
        gone = sum(row.uid in uids for row in every_stub(self._connection))
        return replace(content, noted=len(uids), gone=gone, since=since, withheld=withheld), uids

    def _read_certificate(self) -> DestructionCertificate | None:
        """What is certified of an erasure; None while it is not done, or something is owed."""
        if self._request.purpose is not Purpose.ERASURE:
            return None
        try:
            return certify_destruction(self._practice, self._request.reference, released_to=())
        except NotFound:
            return None

    # --- who else has them ---------------------------------------------------------------------

    def _with_recipients(self, content: LetterContent, uids: Collection[str]) -> LetterContent:
        """As the register of disclosures has them, but for what this person must not learn of."""
        practice, actor, connection = self._practice, self._actor, self._connection
        recipients, staff_heard = list[tuple[date, str]](), False
        for leaf in disclosures_of(connection, uids):
            who = recipient_in_words(practice, actor, connection, self._request, leaf)
            if who:
                recipients.append((day_of_leaf(practice, leaf), who))
            elif leaf.act == RequestAct.LISTENED:
                is_own = leaf.subject[0] == self._request.id
                # Of a body's hearing the person may not be to learn, and of their own they know.
                staff_heard |= not is_for(leaf.subject[0], Purpose.OUTSIDE_BODY) and not (
                    is_own and was_heard_outside(practice, actor, connection, leaf)
                )
        told = dict.fromkeys(who for _, who in sorted(recipients))
        return replace(content, recipients=tuple(told), staff_heard=staff_heard)


def _sought(particulars: Particulars) -> Iterator[str]:
    """What was looked for, and of which days."""
    yield from sought_in_words(particulars)
    if not isinstance(particulars.days, Unknown):
        yield f"and only calls of {' or '.join(map(days_in_words, particulars.days))}"


def _counted(grounds: Collection[Ground]) -> Mapping[Ground, int]:
    counts = Counter(grounds)
    return {ground: counts[ground] for ground in Ground if counts[ground]}


def _calls(
    practice: Practice, connection: Connection, rows: Collection[Row[Any]]
) -> Mapping[str, ToldCall]:
    """By uid, when each call was, and until when it is kept."""
    zone = practice.settings.time_zone
    categories = categories_of(practice, connection, [row.id for row in rows])
    found = {}
    for row in rows:
        at, category = from_millis(row.started_at).astimezone(zone), categories[row.id]
        until = category.kept_until(at.date())
        found[row.uid] = ToldCall(
            at,
            (until and category.keeps) or "",
            until,
            is_over=until is not None and until < today(practice),
            is_erased=row.state == RecordingState.DESTROYED,
        )
    return found


def _of(calls: Mapping[str, ToldCall], uids: Collection[str]) -> tuple[ToldCall, ...]:
    return tuple(call for uid, call in calls.items() if uid in uids)


def _erased(content: LetterContent, certificate: DestructionCertificate) -> LetterContent:
    beyond, on_lost_drives = certificate.beyond_reach, bool(lost(certificate))
    have_keys = on_lost_drives or (beyond is not None and beyond.have_keys)
    return replace(
        content,
        erased=tuple(ToldCall(each.started_at) for each in certificate.recordings),
        certificate=certificate.reference,
        erased_on=certificate.done_at.date(),
        beyond_reach=beyond.until_when if beyond and have_keys else "",
        on_lost_drives=on_lost_drives,
        withheld=_counted([GROUND_CODES[each.code] for each in certificate.kept]),
    )


def tells_recipients(kind: LetterKind, purpose: Purpose) -> bool:
    """Whether such a letter says who else has the recordings."""
    return purpose in _WITH_RECIPIENTS.get(kind, ())


def recipients_unseen(reference: str, command: str) -> Refused:
    """The refusal of a letter to somebody who cannot see who else has the recordings."""
    return Refused(
        "the letter tells who else has these recordings, which you cannot see",
        clause=Law.ACCESS,
        hint=f"ask the Data Controller to run callrec request letter {reference} {command}",
    )

"""People who may not send a form are told so when they open it, before it asks for anything.

The rule is the first that the form's procedure asks, which asks it again; the refusal is on record
as the procedure's would be. What a rule opens with a password is asked once that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from callrec.archive.heads import check_may_archive
from callrec.archive.log import VolumeAct
from callrec.audit.session import SESSIONS_ENDED
from callrec.complaints.log import COMPLAINTS, unopened_complaint
from callrec.desk.exchange import Answered, Asked
from callrec.desk.seat import Seat
from callrec.incidents.log import INCIDENTS, unopened_incident
from callrec.login.people import logins
from callrec.people.joining import PERSON_CONFIRMED, PERSON_RESET
from callrec.people.powers import DELEGATED
from callrec.people.vouching import UNDELEGATED
from callrec.policy.authority import (
    check_decides_purpose,
    check_may,
    check_may_request,
    check_may_set_rules,
    check_may_vouch,
)
from callrec.policy.handling import check_may_change, check_may_close, check_may_withdraw
from callrec.policy.hold import HoldAct, check_may_place_hold
from callrec.policy.incident import IncidentAct
from callrec.policy.incident import check_may_close as check_may_close_incident
from callrec.policy.incident import check_may_update as check_may_update_incident
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.retention import check_may_review
from callrec.policy.reviews import (
    RegisterName,
    ReviewVerdict,
    check_may_read_dossier,
    check_may_read_register,
    check_may_report,
)
from callrec.policy.rights.complaint import ComplaintAct, check_may_add, check_may_answer
from callrec.policy.rights.subject import SubjectAct, check_may_erase_subject, check_may_keep
from callrec.policy.role import Power
from callrec.practice import SETTINGS_ACT, attempt, today
from callrec.record.acts import SEARCH
from callrec.registers.audit import LISTED
from callrec.registers.dossier import DOSSIER_READ
from callrec.registers.registers import REGISTER_READ
from callrec.registers.report import REPORT_MADE
from callrec.requests.show import REQUEST_SHOWN, check_entitled
from callrec.retention.holds import check_entitled_to_lift
from callrec.search.reviews import COUNTED
from callrec.subjects.log import SUBJECTS
from callrec.views.typed import read_complaint, read_hold, read_incident, read_request, read_subject

Rule = Callable[..., None]
"""Takes the person, and the day as ``on``; of a request its facts as well."""

Entry = Callable[[Seat, Mapping[str, str]], None]
"""Refuses somebody a form, by the parts of its address."""


def let_in_by(entry: Entry, page: Callable[..., Answered]) -> Callable[..., Answered]:
    """A page that is shown to those whom ``entry`` does not refuse."""

    def shown(seat: Seat, asked: Asked, **parts: str) -> Answered:
        if seat.problem is None:  # else it was let in, and what it sent was refused
            entry(seat, parts)
        return page(seat, asked, **parts)

    return shown


def _check(seat: Seat, act: str, rule: Rule, *given: Any, about: str = "") -> None:
    """Ask a rule of the person at the desk; a refusal is on record."""
    person, on = seat.actor.person, today(seat.practice)
    with attempt(seat.practice, seat.actor, act, subject=[about] if about else []):
        rule(person, *given, on=on)


def _by_role(act: str, rule: Rule) -> Entry:
    return lambda seat, _: _check(seat, act, rule)


def _of_power(act: str, power: Power) -> Entry:
    return lambda seat, _: _check(seat, act, check_may, power)


def _governing(act: str) -> Entry:
    """Of a person: the Data Controller alone says who may do what."""

    def entry(seat: Seat, parts: Mapping[str, str]) -> None:
        person = parts.get("person", "")
        if not person or person in logins(seat.practice):
            _check(seat, act, lambda me, **_: check_may_vouch(me), about=person)

    return entry


def _ends_logins(seat: Seat, parts: Mapping[str, str]) -> None:
    person = parts["person"]
    if person != seat.actor.person.id and person in logins(seat.practice):
        _check(seat, SESSIONS_ENDED, check_may, Power.GOVERN, about=person)


def _reads_register(seat: Seat, parts: Mapping[str, str]) -> None:
    if (name := parts["name"]) in {*RegisterName}:
        _check(seat, REGISTER_READ, check_may_read_register, RegisterName(name))


def _asks(seat: Seat, parts: Mapping[str, str]) -> None:
    if (purpose := parts["purpose"]) in {*Purpose}:
        _check(seat, RequestAct.CREATED, check_may_request, Purpose(purpose))


def _archives(seat: Seat, _: Mapping[str, str]) -> None:
    with attempt(seat.practice, seat.actor, VolumeAct.KEPT):
        check_may_archive(seat.practice, seat.actor)


def _proposes(seat: Seat, _: Mapping[str, str]) -> None:
    _check(seat, RequestAct.CREATED, check_may_review)
    _check(seat, RequestAct.CREATED, check_may, Power.MAKE_REQUEST)


def _lifts(seat: Seat, parts: Mapping[str, str]) -> None:
    check_entitled_to_lift(seat.practice, seat.actor, read_hold(parts["hold"]))


def _of_subject(act: SubjectAct, rule: Rule) -> Entry:
    def entry(seat: Seat, parts: Mapping[str, str]) -> None:
        reference = read_subject(parts["subject"])
        _check(seat, act, rule, about=SUBJECTS.id_of(seat.practice, seat.actor, reference))

    return entry


def _of_request(act: str, rule: Rule | None = None, *, opens: bool = False) -> Entry:
    """Of a request, by what is known of it unopened; ``opens``: it must be theirs to read."""

    def entry(seat: Seat, parts: Mapping[str, str]) -> None:
        reference = read_request(parts.get("reference") or parts["request"])
        check_entitled(seat.practice, seat.actor, act, reference, rule, opens=opens)

    return entry


def _deciding(act: RequestAct, command: str) -> Entry:
    return _of_request(act, partial(check_decides_purpose, command=command))


def _of_unopened(
    seat: Seat, rule: Rule, unopened: Callable[[Any, Any], object]
) -> Callable[[Any, Any], None]:
    """The rule, asked of what an unopened incident or complaint shows."""
    return lambda row, history: rule(
        seat.actor.person, unopened(row, history), on=today(seat.practice)
    )


def _of_incident(act: IncidentAct, rule: Rule) -> Entry:
    def entry(seat: Seat, parts: Mapping[str, str]) -> None:
        asked = _of_unopened(seat, rule, unopened_incident)
        reference = read_incident(parts["incident"])
        INCIDENTS.check_unopened(seat.practice, seat.actor, act, reference, asked)

    return entry


def _of_complaint(seat: Seat, parts: Mapping[str, str]) -> None:
    if parts["step"] in _STEPS:
        act, rule = _STEPS[parts["step"]]
        asked = _of_unopened(seat, rule, unopened_complaint)
        reference = read_complaint(parts["complaint"])
        COMPLAINTS.check_unopened(seat.practice, seat.actor, act, reference, asked)


def _adds(act: ComplaintAct) -> Rule:
    return lambda me, facts, *, on: check_may_add(me, facts, act, on=on)


_STEPS: Final[Mapping[str, tuple[ComplaintAct, Rule]]] = {
    "acknowledge": (ComplaintAct.ACKNOWLEDGED, _adds(ComplaintAct.ACKNOWLEDGED)),
    "progress": (ComplaintAct.PROGRESSED, _adds(ComplaintAct.PROGRESSED)),
    "outcome": (ComplaintAct.ANSWERED, check_may_answer),
}

_KEEPS_PEOPLE: Final = _by_role(SEARCH, check_may_keep)

_CHANGES: Final = _of_request(RequestAct.AMENDED, check_may_change, opens=True)

_DATES: Final = _of_request(RequestAct.ANSWERED, opens=True)

_LISTENS: Final = _of_request(RequestAct.LISTENED, opens=True)

ENTRIES: Final[Mapping[str, Entry]] = {
    "/search": _of_power(SEARCH, Power.SEARCH),
    "/record": _of_power(LISTED, Power.READ_AUDIT),
    "/searches": _of_power(COUNTED, Power.READ_AUDIT),
    "/report": _by_role(REPORT_MADE, check_may_report),
    "/registers/{name}": _reads_register,
    "/holds/place": _by_role(HoldAct.PLACED, check_may_place_hold),
    "/holds/{hold}/lift": _lifts,
    "/retention/undo": _proposes,
    "/drives/keep": _archives,
    "/settings/apply": _by_role(SETTINGS_ACT, lambda me, **_: check_may_set_rules(me)),
    "/people/add": _governing("person.added"),
    "/people/{person}/confirm": _governing(PERSON_CONFIRMED),
    "/people/{person}/role": _governing("person.role"),
    "/people/{person}/lend": _governing(DELEGATED),
    "/people/{person}/take-back": _governing(UNDELEGATED),
    "/people/{person}/disable": _governing("person.disabled"),
    "/people/{person}/reset": _governing(PERSON_RESET),
    "/people/{person}/log-out": _ends_logins,
    "/subjects/find": _KEEPS_PEOPLE,
    "/subjects/new": _KEEPS_PEOPLE,
    "/subjects/{subject}": _KEEPS_PEOPLE,
    "/subjects/{subject}/change": _of_subject(SubjectAct.CHANGED, check_may_keep),
    "/subjects/{subject}/erase": _of_subject(SubjectAct.ERASED, check_may_erase_subject),
    "/incidents/{incident}/update": _of_incident(
        IncidentAct.UPDATED, partial(check_may_update_incident, assesses=False)
    ),
    "/incidents/{incident}/close": _of_incident(IncidentAct.CLOSED, check_may_close_incident),
    "/complaints/{complaint}/{step}": _of_complaint,
    "/requests/new": _of_power(RequestAct.CREATED, Power.MAKE_REQUEST),
    "/requests/new/{purpose}": _asks,
    "/requests/{reference}": _of_request(REQUEST_SHOWN, opens=True),
    "/requests/{reference}/letters": _of_request(REQUEST_SHOWN, opens=True),
    "/requests/{reference}/letters/{number}": _of_request(REQUEST_SHOWN, opens=True),
    "/requests/{reference}/letters/{number}/pdf": _of_request(REQUEST_SHOWN, opens=True),
    "/requests/{reference}/dossier": _of_request(DOSSIER_READ, check_may_read_dossier),
    "/requests/{reference}/listen": _LISTENS,
    "/requests/{reference}/listen/{recording}": _LISTENS,
    "/requests/{reference}/listen/{recording}/marks": _LISTENS,
    "/requests/{reference}/release": _of_request(RequestAct.PREPARED, opens=True),
    "/requests/{reference}/approve": _deciding(RequestAct.APPROVED, "approve"),
    "/requests/{reference}/deny": _deciding(RequestAct.DENIED, "deny"),
    "/requests/{reference}/revoke": _deciding(RequestAct.REVOKED, "revoke"),
    "/requests/{request}/erase": _deciding(RequestAct.CARRIED_OUT, "erase"),
    "/retention/dispose/{request}": _deciding(RequestAct.CARRIED_OUT, "retention dispose"),
    "/requests/{reference}/review-glass": _of_request(
        ReviewVerdict.ACCEPTED.glass_act,
        lambda me, _, *, on: check_may(me, Power.READ_AUDIT, on=on),
    ),
    "/requests/{reference}/amend": _CHANGES,
    "/requests/{reference}/attach": _CHANGES,
    "/requests/{reference}/detach": _CHANGES,
    "/requests/{reference}/event": _DATES,
    "/requests/{reference}/event/{event}": _DATES,
    "/requests/{reference}/close": _of_request(RequestAct.CLOSED, check_may_close, opens=True),
    "/requests/{reference}/withdraw": _of_request(
        RequestAct.WITHDRAWN, lambda me, request, **_: check_may_withdraw(me, request)
    ),
    "/requests/{reference}/gather": _of_request(
        RequestAct.GATHERED, lambda me, _, *, on: check_may(me, Power.SEARCH, on=on)
    ),
}
"""By address: who is let in. A page that is not here is shown to everybody who is logged in, or
refuses by itself as it reads what it shows."""

"""What is offered where somebody leaves out which one they mean: what waits for them comes first.

Who may see what is not decided here. Each offer is what the inbox, or a list, shows the same
person; a command's own rules decide again about the one that is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from callrec.cli.invocation import Invocation, acting_person, practice_of
from callrec.cli.layout import DueSoon, Overdue
from callrec.errors import NotFound
from callrec.policy.clock_events import Urgency
from callrec.policy.days import short_date
from callrec.policy.purpose import TERMS
from callrec.policy.request import RequestAct
from callrec.policy.role import Role
from callrec.policy.words import in_words
from callrec.views.inbox import is_soon, pressing_day
from callrec.views.requests.choosing import Keep, may_change, request_rows
from callrec.views.words import as_words, counted, local_time

if TYPE_CHECKING:
    from callrec.office.inbox import InboxItem
    from callrec.practice import Actor, Practice

Offer: TypeAlias = Callable[[Invocation, Mapping[str, Any]], Mapping[str, str]]
"""What may be answered -> what it is, in words; given what was typed besides. Nothing: it is asked.

Raises NotFound where there is nothing to act on, with what to do instead.
"""


def offered(command: str, parameter: Any) -> Offer | None:
    """What is offered for a parameter that was left out of a command; None: nothing is."""
    name = str(parameter.metavar or parameter.name).strip("[].")
    usual = _OF_GROUP.get((command.partition(" ")[0], name))
    return _OF_COMMAND.get((command, name), usual)


def _waiting(
    *actions: str, none: str, can: Callable[[InboxItem, Mapping[str, Any]], bool]
) -> Offer:
    """What waits in the inbox for one of these actions, and that the person can do."""

    def offer(invocation: Invocation, typed: Mapping[str, Any]) -> Mapping[str, str]:
        from callrec.office.inbox import read_inbox

        practice = practice_of(invocation)
        items = read_inbox(practice, acting_person(invocation, practice))
        zone = practice.settings.time_zone
        rows = {
            item.reference: _inbox_row(item, zone)
            for item in items
            if item.waits_to in actions and can(item, typed)
        }
        return _aligned(rows, none, "callrec inbox shows all that waits for you")

    return offer


def _inbox_row(item: InboxItem, zone: tzinfo) -> tuple[str, ...]:
    if item.purpose is None:  # no other command takes what is not a request
        return ("new key",)
    count = counted(item.recordings, "recording")
    return in_words(item.purpose), f"by {item.created_by}", count, most_pressing_day(item, zone)


def most_pressing_day(item: InboxItem, zone: tzinfo) -> str:
    """Its due day, else its target, else until when it stands; marked where it is pressing."""
    day = pressing_day(item, zone)
    if item.urgency is Urgency.OVERDUE:
        return Overdue(day)
    return DueSoon(day) if is_soon(item) else day


def _requests(none: str, act: RequestAct | None, keep: Keep) -> Offer:
    """The requests that lists show, to which an act can happen now; the newest first."""

    def offer(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
        practice = practice_of(invocation)
        rows = request_rows(practice, acting_person(invocation, practice), act, keep)
        return _aligned(rows, none, "callrec request list shows the requests that you may see")

    return offer


def open_requests(practice: Practice, actor: Actor) -> Mapping[str, str]:
    """The requests that somebody may search for and attach to, the newest first; perhaps none."""
    return _aligned(request_rows(practice, actor, RequestAct.AMENDED, may_change))


def _incidents(none: str, *, to_update: bool = False, is_open: bool = False) -> Offer:
    """The incidents that the person may read or add to, the newest first."""

    def offer(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
        from callrec.incidents.show import list_incidents
        from callrec.policy.incident import IncidentState, may_read, may_update

        practice = practice_of(invocation)
        actor = acting_person(invocation, practice)
        zone = practice.settings.time_zone
        rows = {
            each.reference: (
                each.state,
                f"noticed {local_time(each.noticed_at, zone)}",
                f"by {each.reported_by}",
                counted(each.recordings, "recording"),
            )
            for each in list_incidents(practice, actor, may_update if to_update else may_read)
            if not is_open or each.state is IncidentState.OPEN
        }
        return _aligned(rows, none, "to report one: callrec incident report")

    return offer


def _subjects(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
    """The people on the register, the newest first: by whom each was entered, and when."""
    from callrec.policy.rights.subject import SubjectState
    from callrec.subjects.register import list_subjects

    practice = practice_of(invocation)
    rows = {
        each.reference: (f"added {short_date(each.added_on)}", f"by {each.added_by}")
        for each in list_subjects(practice, acting_person(invocation, practice))
        if each.state == SubjectState.REGISTERED
    }
    return _aligned(
        rows, "nobody is on the register", "to enter a person: callrec request subject add"
    )


def _complaints(none: str, rule: str = "may_read", *, is_open: bool = False) -> Offer:
    """The complaints that the person may read, add to or answer, the newest first."""

    def offer(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
        from callrec.complaints.show import list_complaints
        from callrec.policy.rights import complaint

        practice = practice_of(invocation)
        actor = acting_person(invocation, practice)
        rows = {
            each.reference: (
                each.state,
                f"received {short_date(each.received_on) if each.received_on else 'unknown'}",
                f"by {each.entered_by}",
            )
            for each in list_complaints(practice, actor, getattr(complaint, rule))
            if not is_open or each.state is not complaint.ComplaintState.CLOSED
        }
        return _aligned(rows, none, "to enter one: callrec complaint receive")

    return offer


def _holds(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
    from callrec.retention.holds import list_holds

    practice = practice_of(invocation)
    rows = {
        f"H-{each.number}": (
            *(each.state, f"by {each.placed_by}"),
            counted(each.recordings, "recording"),
        )
        for each in list_holds(practice, acting_person(invocation, practice))
    }
    return _aligned(rows, "no hold was ever placed", "to place one: callrec hold place RECORDING")


def _logins(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
    from callrec.login.people import people_who_log_in

    return _aligned(
        {
            login: (as_words(role),)
            for login, role in people_who_log_in(practice_of(invocation)).items()
        },
        "nobody can log in to this vault",
        "callrec practice recovery use makes a new Data Controller with the recovery kit",
    )


def _colleagues(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
    from callrec.login.people import list_people

    practice = practice_of(invocation)
    people = list_people(practice, acting_person(invocation, practice))
    rows = {each.login: (each.full_name, as_words(each.role), each.standing) for each in people}
    return _aligned(rows, "nobody works here yet", "to add somebody: callrec user add")


_ROLES: Final[Mapping[str, str]] = {
    Role.STAFF: "asks for recordings, listens to what is approved",
    Role.MANAGER: "also searches, approves requests, takes calls in, archives",
    Role.PARTNER: "also searches, approves requests, reads the audit record",
    Role.DATA_CONTROLLER: "does everything, and manages people",
    Role.AUDITOR: "reads the audit record",
    Role.INTAKE: "no person: a service that takes calls in",
    Role.MACHINE: "no person: this computer, where two open recordings",
}


def _roles(_: Invocation, __: Mapping[str, Any]) -> Mapping[str, str]:
    return _ROLES


def _volume_labels(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
    from callrec.archive.volumes import list_volumes

    rows = {
        each.label: (
            counted(each.recordings, "recording"),
            "lost" if each.is_lost else "attached" if each.at else "away",
        )
        for each in list_volumes(practice_of(invocation))
    }
    return _aligned(rows, "nothing was archived yet", "callrec archive --to DIR sets up a drive")


def _attached_drives(invocation: Invocation, _: Mapping[str, Any]) -> Mapping[str, str]:
    """Every archive that is attached; of this vault alone, where there is one."""
    from callrec.archive.attached import attached_volumes, mounted_volumes
    from callrec.restore.rebuild import is_vault

    here = is_vault(invocation.config)
    found = attached_volumes(practice_of(invocation)).values() if here else mounted_volumes()
    rows = {}
    for each in found:
        newest = next(iter(each.copies()), None)
        rows[str(each.at)] = (f'"{each.label}"', _copied(newest.time if newest else ""))
    return _aligned(rows)


def _copied(made: str) -> str:
    """When a copy of the catalogue was made; it is called by ``20260807T101500Z``."""
    if not made:
        return "no copy of the catalogue"
    return f"as of {local_time(datetime.fromisoformat(made), UTC)} UTC"


def _aligned(
    rows: Mapping[str, Iterable[str]], none: str = "", hint: str = ""
) -> Mapping[str, str]:
    """The rows of a list with their columns one below the other."""
    if not rows and none:
        raise NotFound(none, hint=hint)
    widths = [max(map(len, column)) for column in zip(*rows.values(), strict=True)]
    return {
        name: "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for name, row in rows.items()
    }


def _can_decide(item: InboxItem, typed: Mapping[str, Any]) -> bool:
    """They can: it is not their own, unless they break the glass."""
    return bool(typed.get("break_glass")) or not item.nobody_else


def _can_approve(item: InboxItem, typed: Mapping[str, Any]) -> bool:
    """They can decide it, and it names recordings."""
    return item.recordings > 0 and _can_decide(item, typed)


def _always(_: InboxItem, __: Mapping[str, Any]) -> bool:
    return True


_GRANTED: Final = _waiting(
    "hear", "send", "close", none="nothing waits for you to hear or release", can=_always
)

_CHANGED: Final = _requests(
    "there is no request that you can change", RequestAct.AMENDED, may_change
)

_OF_GROUP: Final[Mapping[tuple[str, str], Offer]] = {
    ("request", "REQUEST"): _requests(
        "there is no request that you may see", None, lambda *_: True
    ),
    ("incident", "INCIDENT"): _incidents("there is no incident that you may read"),
    ("complaint", "COMPLAINT"): _complaints("there is no complaint that you may read"),
    ("request", "PERSON"): _subjects,
    ("hold", "HOLD"): _holds,
    ("user", "NAME"): _colleagues,
    ("archive", "LABEL"): _volume_labels,
}
"""By the first word of a command and what the parameter is called."""

_OF_COMMAND: Final[Mapping[tuple[str, str], Offer | None]] = {
    ("login", "USER"): _logins,
    ("approve", "REQUEST"): _waiting(
        "decide", none="no request waits for your decision", can=_can_approve
    ),
    ("deny", "REQUEST"): _waiting(
        "decide", none="no request waits for your decision", can=_can_decide
    ),
    ("revoke", "REQUEST"): _requests(
        "nothing is granted that you can revoke",
        RequestAct.REVOKED,
        lambda each, _, may: TERMS[each.purpose].decided_with in may,
    ),
    ("listen", "REQUEST"): _GRANTED,
    ("release", "REQUEST"): _GRANTED,
    ("request attach", "REQUEST"): _CHANGED,
    ("request gather", "REQUEST"): _CHANGED,
    ("request detach", "REQUEST"): _CHANGED,
    ("request amend", "REQUEST"): _CHANGED,
    ("request withdraw", "REQUEST"): _requests(
        "there is no request that you can withdraw",
        RequestAct.WITHDRAWN,
        lambda each, login, _: each.created_by == login,
    ),
    ("request close", "REQUEST"): _requests(
        "there is no request to close", RequestAct.CLOSED, lambda *_: True
    ),
    ("request erase", "REQUEST"): _waiting(
        "carry out",
        none="no approved erasure waits for you",
        can=lambda item, _: item.purpose == "erasure",
    ),
    ("audit review-glass", "REQUEST"): _waiting(
        "review", none="no decision waits for your review", can=_always
    ),
    ("incident update", "INCIDENT"): _incidents(
        "there is no incident that you can add to", to_update=True
    ),
    ("incident close", "INCIDENT"): _incidents("there is no open incident", is_open=True),
    **dict.fromkeys(
        (("complaint acknowledge", "COMPLAINT"), ("complaint progress", "COMPLAINT")),
        _complaints("there is no complaint that you can add to", "may_add", is_open=True),
    ),
    ("complaint outcome", "COMPLAINT"): _complaints(
        "there is no complaint that you can close", "may_answer", is_open=True
    ),
    ("user confirm", "NAME"): _waiting(
        "confirm", none="no new key waits to be confirmed", can=_always
    ),
    ("user add", "NAME"): None,
    ("user add", "role"): _roles,
    ("user role", "ROLE"): _roles,
    ("drive restore", "DIR"): _attached_drives,
}
"""By a command and what the parameter is called."""

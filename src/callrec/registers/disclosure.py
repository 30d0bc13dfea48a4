"""Each hearing and each release, and who has it now.

All of this is in the log alone. How a package went out and what was in it lie sealed beside its
leaves, where only people who may read the audit log see them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.catalogue.recordings import numbers_of
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.login.people import logins
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.role import VaultKey
from callrec.policy.words import mask_name
from callrec.practice import Actor, Practice
from callrec.record.acts import done_leaves
from callrec.record.versions import open_details
from callrec.registers.requests import RegisteredRequest, read_registered_requests
from callrec.release.listen import HearingEnd, hearing_end_leaf
from callrec.requests.model import Approval
from callrec.requests.packages import ReleasedPackage, read_releases, words_for

_DISCLOSING: Final = (RequestAct.LISTENED, RequestAct.DELIVERED)

_RECIPIENT: Final[Mapping[Purpose, FurtherParticular]] = {
    Purpose.REGULATORY: FurtherParticular.REGULATOR,
    Purpose.SUBJECT_ACCESS: FurtherParticular.SUBJECT,
    Purpose.OUTSIDE_BODY: FurtherParticular.BODY,
    Purpose.DECEASED: FurtherParticular.APPLICANT,
    Purpose.PORTABILITY: FurtherParticular.SUBJECT,
}
"""For whom a copy is made where it is not for the person who releases it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DisclosureEntry:
    """One hearing or one release. Its repr shows nothing."""

    seq: int
    at: datetime
    request: str
    purpose: str
    how: str
    by: str
    role: str
    attended: tuple[str, ...]
    ended_at: datetime | None
    end: str | None
    played_to_second: int | None
    of_seconds: int | None
    parts: tuple[str, ...]
    approved_by: tuple[str, ...]
    broken_glass: str | None
    brought_in: tuple[str, ...]
    recipient: str | None
    recordings: int
    numbers: tuple[str, ...]
    channel: str | None
    passphrase_channel: str | None
    manifest: str | None
    handed_over_on: date | None
    handed_over_time: str | None
    handed_over_channel: str | None
    handed_over_to: str | None
    acknowledged_on: date | None


def read_disclosure_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[DisclosureEntry]:
    """Every disclosure that the reader may learn of, oldest first."""
    disclosed = {leaf.subject[0] for leaf in done_leaves(connection, _DISCLOSING)}
    requests = read_registered_requests(
        practice, actor, connection, lambda row: row.id in disclosed
    )
    found = (entry for each in requests for entry in _entries(practice, actor, connection, each))
    yield from sorted(found, key=lambda entry: entry.seq)


def _entries(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest
) -> Iterator[DisclosureEntry]:
    called, leaves = logins(practice), request.history.leaves
    numbers = numbers_of(connection, {id_ for leaf in leaves for id_ in leaf.subject})
    packages = {each.id: each for each in read_packages(practice, actor, connection, request)}
    for leaf, event in zip(leaves, request.history.events, strict=True):
        if event.act not in _DISCLOSING:
            continue
        details = _details(practice, actor, connection, request, leaf)
        end = hearing_end_leaf(leaf, request.history)
        unended = event.act is RequestAct.LISTENED and end is None
        package = packages.get(leaf.subject[1])
        heard = [str(numbers[id_]) for id_ in leaf.subject if id_ in numbers]
        is_copy = event.act is RequestAct.DELIVERED and request.purpose in _RECIPIENT
        used = _used(request, leaf)
        approvers = sorted(frozenset().union(*(approval.approvers for approval in used)))
        yield DisclosureEntry(
            seq=leaf.seq,
            at=event.at,
            request=request.reference,
            purpose=str(request.purpose),
            how=_how(end, package),
            by=called[leaf.actor],
            role=str(practice.register.person(leaf.actor, before=leaf.seq).role),
            attended=tuple(details.get("attended", ())),
            ended_at=parse_instant(end.at) if end else None,
            end="not recorded" if unended else details.get("how"),
            played_to_second=details.get("played_to_second"),
            of_seconds=details.get("of_seconds"),
            parts=tuple(f"{first}-{end}" for first, end in details.get("parts", ())),
            approved_by=tuple(called[person] for person in approvers),
            broken_glass=request.broken_glass(used),
            brought_in=request.brought_in(used),
            recipient=request.named(_RECIPIENT[request.purpose]) if is_copy else None,
            recordings=len(heard),
            numbers=tuple(heard),
            channel=details.get("deliver_by"),
            passphrase_channel=details.get("passphrase_by"),
            manifest=details.get("manifest"),
            handed_over_time=package.handed_over_time if package else None,
            **holder_columns(request, package),
        )


def _how(end: Leaf | None, package: ReleasedPackage | None) -> str:
    """What a release has come to, or a hearing by how it ended."""
    if package is not None:
        return str(RequestState.HANDED_OVER if package.handed_over else RequestState.RELEASED)
    has_failed = end is not None and end.act == RequestAct.HEARING_FAILED
    return HearingEnd.FAILED if has_failed else RequestState.HEARD


def _used(request: RegisteredRequest, disclosed: Leaf) -> tuple[Approval, ...]:
    """Of each recording, the newest approval of it to this person before."""
    used: dict[str, Approval] = {}
    for approval in request.approvals:
        if approval.to == disclosed.actor and approval.leaf.seq < disclosed.seq:
            used |= dict.fromkeys(approval.items, approval)
    return tuple(used[uid] for uid in disclosed.subject if uid in used)


def _details(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    request: RegisteredRequest,
    disclosed: Leaf,
) -> Mapping[str, Any]:
    """What lies beside the start and the end of a hearing, or beside both leaves of a release."""
    if not actor.has_key(VaultKey.AUDIT):
        return {}
    if disclosed.act == RequestAct.LISTENED:
        leaves = [disclosed, hearing_end_leaf(disclosed, request.history)]
    else:
        release, acts = disclosed.subject[1], (RequestAct.PREPARED, RequestAct.DELIVERED)
        leaves = [
            leaf for leaf in request.history.leaves if release in leaf.subject and leaf.act in acts
        ]
    details: dict[str, Any] = {}
    for leaf in filter(None, leaves):
        details |= open_details(practice, actor, connection, leaf)
    return details


def read_packages(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest
) -> Sequence[ReleasedPackage]:
    """The packages of a request, with what the reader may know of each, oldest first."""
    words = words_for(practice, actor, connection, request.opened)
    return read_releases(request.history, words)


def holder_columns(request: RegisteredRequest, package: ReleasedPackage | None) -> dict[str, Any]:
    """The columns that registers share: who has a package. Each is None of what was not released.

    To whom it went is masked where the reader is not to see it in full, and None where nothing
    opens the request.
    """
    words = package.newest_handover if package else {}
    name = words.get("to_whom") if request.opened else None
    return {
        "handed_over_on": package.handed_over_on if package else None,
        "handed_over_channel": words.get("channel"),
        "handed_over_to": name if name is None or request.in_full else mask_name(name),
        "acknowledged_on": package.acknowledged_on if package else None,
    }

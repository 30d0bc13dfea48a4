"""A hold: its leaves, its sealed reason, its state; and how it follows its request.

Whether any of it may happen is for the caller to decide. What a request's hold does as the request
is made, changed and ended is part of the same transaction (docs/formats/holds.md, 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from callrec.audit.leaf import Leaf, detail_commitment
from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.engine import update_row
from callrec.catalogue.holds import (
    add_to_hold,
    hold_of,
    holds_in_state,
    newest_recording,
    state_of,
    uids_held,
)
from callrec.catalogue.tables import to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse_instant
from callrec.crypto.context import context
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.hold import HoldAct, HoldState, hold_after, next_state
from callrec.policy.particulars import Particulars
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import VaultKey
from callrec.policy.search import described_by
from callrec.practice import Actor, Practice, register_now
from callrec.record.acts import log_leaf, next_number
from callrec.record.forms import NONCE_BYTES, Nonce, as_json, body_of, read_body
from callrec.record.rows import Kind

NAMES_PER_LEAF: Final = 180
"""Recordings in one leaf, which stays short: the rest go into the next."""

NO_RECORDING_YET: Final = 0
"""Stands for the newest recording where there was none."""


def columns_after(
    state: HoldState | None, leaf: Leaf, number_of: Callable[[str], int | None]
) -> Mapping[str, Any]:
    """What a leaf makes of the columns of a hold."""
    act, named = HoldAct(leaf.act), "".join(leaf.subject[1:2])
    if state is None:
        return {
            "seq": leaf.seq,
            "request": named or None,
            "placed_by": leaf.actor,
            "placed_at": to_millis(parse_instant(leaf.at)),
            "state": hold_after([act], by_request=bool(named)),
            "matched_to": None,
        }
    columns: dict[str, Any] = {"state": next_state(state, act)}
    if act is HoldAct.MATCHED:
        columns["matched_to"] = number_of(named) if named else NO_RECORDING_YET
    elif act is HoldAct.UNMATCHED:
        columns["matched_to"] = None
    return columns


def numbers_in(connection: Connection) -> Callable[[str], int | None]:
    """What gives the number of a recording, by its uid; None where there is none."""
    recording = tables.recording.c
    query = select(recording.id).where(recording.uid == bindparam("uid"))
    return lambda uid: connection.execute(query, {"uid": uid}).scalar()


@dataclass(frozen=True, slots=True)
class LoggedHold:
    """One hold, and the leaves that tell of it, oldest first."""

    id: str
    leaves: tuple[Leaf, ...]

    @property
    def request(self) -> str | None:
        """Id of the request that placed it."""
        return "".join(self.leaves[0].subject[1:2]) or None

    @property
    def state(self) -> HoldState:
        """Where it stands."""
        state: HoldState = self.columns(lambda _: 0)["state"]
        return state

    def columns(self, number_of: Callable[[str], int | None]) -> Mapping[str, Any]:
        """The columns of its row; ``number_of`` gives that of a recording, by its uid."""
        # By hand it is lifted by the second person's leaf.
        first = self.of(HoldAct.LIFTED)[:1] if self.request is None else ()
        if len(first) == len(self.of(HoldAct.LIFTED)) == 1:
            raise Tampered("a hold was lifted by one person alone")
        columns: dict[str, Any] = {"state": None}
        for leaf in self.leaves:
            if leaf not in first:
                columns |= columns_after(columns["state"], leaf, number_of)
        return columns

    @property
    def names(self) -> frozenset[str]:
        """The uids that it names, whether it is lifted or not."""
        covered = (leaf.subject[1:] for leaf in self.of(HoldAct.COVERS))
        matched = (leaf.subject[2:] for leaf in self.of(HoldAct.MATCHED))
        return frozenset(uid for uids in (*covered, *matched) for uid in uids)

    def of(self, act: HoldAct) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in self.leaves if leaf.act == act)


HOLDS: Final = Kind(
    table=tables.hold,
    letter="H",
    made_by=HoldAct.PLACED,
    acts=frozenset(map(str, HoldAct)),
    history=LoggedHold,
    row_of=lambda connection, hold: hold.columns(numbers_in(connection)),
)


def log_placed(
    practice: Practice, act: LogTransaction, actor: Actor, *, request: str = "", reason: str = ""
) -> tuple[str, int]:
    """Place a hold that names nothing yet; returns its id and its number."""
    hold = primitives.random_id()
    catalogue = register_now(practice, act.connection).newest(VaultKey.CATALOGUE)
    number = next_number(act.connection, tables.hold.c.id, HoldAct.PLACED)
    nonce = primitives.random_bytes(NONCE_BYTES)
    body = HoldBody(number=number, reason=reason, nonce=nonce)
    subject = [hold, request] if request else [hold]
    leaf = log_leaf(act, actor, HoldAct.PLACED, subject, details=as_json(body), nonce=nonce)
    HOLDS.insert(
        act.connection,
        hold,
        LoggedHold(hold, (leaf,)),
        number=number,
        key_version=catalogue.version,
        sealed=body.seal(catalogue.public, practice.vault, hold),
    )
    return hold, number


def log_covers_everything(act: LogTransaction, actor: Actor, hold: str) -> None:
    """Let a hold cover every recording, as its request describes no call."""
    _log(act, actor, HoldAct.EVERYTHING, hold)


def log_covers(act: LogTransaction, actor: Actor, hold: str, uids: Iterable[str]) -> None:
    """Let a hold name these recordings too."""
    for some in _not_named_yet(act, hold, uids):
        _log(act, actor, HoldAct.COVERS, hold, *some)
        add_to_hold(act.connection, hold, some)


def log_matched(act: LogTransaction, actor: Actor, hold: str, uids: Iterable[str]) -> None:
    """Let a hold name what its request was found to describe.

    Its leaves say as well which recording was the newest, so that it is known what was looked at.
    """
    newest = newest_recording(act.connection)
    matched_up_to = [newest.uid] if newest else []
    for some in [*_not_named_yet(act, hold, uids)] or [()]:
        _log(act, actor, HoldAct.MATCHED, hold, *matched_up_to, *some)
        add_to_hold(act.connection, hold, some)


def log_lifted_together(
    act: LogTransaction, actor: Actor, countersigner: Actor, hold: str, *, reason: str
) -> None:
    """Lift a hold that was placed by hand: the second person's leaf does."""
    details = {"reason": reason}
    log_leaf(act, actor, HoldAct.LIFTED, [hold], details=details)
    act.checkpoint(actor.signer)  # or the last one would attest both leaves
    _log(act, countersigner, HoldAct.LIFTED, hold, details=details)


def _log(
    act: LogTransaction,
    actor: Actor,
    what: HoldAct,
    hold: str,
    *named: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    leaf = log_leaf(act, actor, what, [hold, *named], details=details)
    state, number_of = state_of(act.connection, hold), numbers_in(act.connection)
    update_row(act.connection, tables.hold, hold, **columns_after(state, leaf, number_of))


def _not_named_yet(
    act: LogTransaction, hold: str, uids: Iterable[str]
) -> Iterator[tuple[str, ...]]:
    """In groups that one leaf can name."""
    named = uids_held(act.connection, hold)
    new = tuple(uid for uid in dict.fromkeys(uids) if uid not in named)
    for start in range(0, len(new), NAMES_PER_LEAF):
        yield new[start : start + NAMES_PER_LEAF]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HoldBody:
    """What a hold says, as it is sealed. Its repr shows nothing."""

    number: int
    reason: str
    """Empty where a request placed it: that says why."""
    nonce: Nonce
    """Of the details of the leaf that placed it."""

    def commitment(self, vault: str, seq: int) -> str:
        """The ``detail`` of the leaf at ``seq``, if that leaf placed this hold."""
        return detail_commitment(vault, seq, self.nonce, canonical(as_json(self)))

    def seal(self, public: bytes, vault: str, hold: str) -> bytes:
        """By HPKE to the catalogue key: nonce[32] || canonical JSON."""
        info = context("hold", vault, hold=hold)
        return primitives.hpke_seal(public, body_of(self, self.nonce), info)

    @classmethod
    def open(cls, sealed: bytes, secret: bytes, vault: str, hold: str) -> HoldBody:
        """Open what `seal` sealed."""
        opened = primitives.hpke_open(secret, sealed, context("hold", vault, hold=hold))
        return read_body(cls, opened, "a hold is not in its form")


def place_with_request(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    *,
    request: str,
    purpose: Purpose,
    particulars: Particulars,
    uids: Iterable[str],
) -> None:
    """Place a hold as a request is made, if its purpose asks for one.

    People who ask need not be able to search, so it waits to be matched (`requests.holding`).
    """
    if not TERMS[purpose].places_hold:
        return
    hold, _ = log_placed(practice, act, actor, request=request)
    _cover(act, actor, hold, particulars, tuple(uids))


def change_with_request(
    act: LogTransaction,
    actor: Actor,
    *,
    request: str,
    before: Particulars,
    particulars: Particulars,
    uids: Iterable[str],
) -> None:
    """Let a request's hold be matched again, as the request changed; what it names it keeps."""
    hold = hold_of(act.connection, request)
    if hold is None:
        return
    if particulars != before:
        _log(act, actor, HoldAct.UNMATCHED, hold.id)
    _cover(act, actor, hold.id, particulars, tuple(uids))


def match_again(act: LogTransaction, actor: Actor, *, earliest: int) -> None:
    """Let what requests hold be matched again, as more is known of recordings that were there."""
    for hold in holds_in_state(act.connection, HoldState.PLACED):
        if hold.request is not None and earliest < hold.placed_at:
            _log(act, actor, HoldAct.UNMATCHED, hold.id)


def lift_with_request(act: LogTransaction, actor: Actor, *, request: str) -> None:
    """Lift a request's hold as the request ends."""
    hold = hold_of(act.connection, request)
    if hold is not None:
        _log(act, actor, HoldAct.LIFTED, hold.id, request)


def _cover(
    act: LogTransaction, actor: Actor, hold: str, particulars: Particulars, uids: tuple[str, ...]
) -> None:
    is_empty = not described_by(particulars) and not uids
    if is_empty and state_of(act.connection, hold) is HoldState.UNMATCHED:
        log_covers_everything(act, actor, hold)
    log_covers(act, actor, hold, uids)

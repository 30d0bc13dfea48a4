"""A hold placed by hand; one lifted by two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from callrec.audit.attested import attested_leaves
from callrec.audit.rows import check_tables
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.holds import all_holds, count_held, find_hold, rows_keeping
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.holds.log import HOLDS, HoldBody, log_covers, log_lifted_together, log_placed
from callrec.login.people import logins
from callrec.policy.clause import Clause
from callrec.policy.handling import is_shown_all_requests
from callrec.policy.hold import (
    HoldAct,
    check_can_be_lifted,
    check_may_countersign_lifting,
    check_may_lift_hold,
    check_may_place_hold,
    check_may_read_hold,
)
from callrec.policy.role import VaultKey
from callrec.policy.words import check_reason
from callrec.practice import (
    Actor,
    Practice,
    attempt,
    password_needed,
    record,
    signing,
    today,
    vault_key,
)
from callrec.record.acts import check_whole_log, done_leaves
from callrec.record.entitled import powers_then
from callrec.record.rows import check_none, unrecorded
from callrec.requests.ask import find_recordings
from callrec.requests.covering import hold_facts
from callrec.requests.holding import HOLD_ACTS, ListedHold, check_hold_rows, listed_hold
from callrec.requests.open import find_visible_hold, visible_requests

HOLD_SHOWN: Final = "hold.shown"


@dataclass(frozen=True, slots=True, repr=False)
class ShownHold:
    """A hold with what it names, and why. Its repr shows nothing."""

    hold: ListedHold
    reason: str
    """Empty where a request placed it: that says why."""
    recordings: tuple[int, ...]


def list_holds(practice: Practice, actor: Actor) -> tuple[ListedHold, ...]:
    """The holds that are shown to the actor, the newest first. Nothing sealed is shown.

    Raises:
        Tampered: a request that decides which are shown is not the one that was made.
    """
    called = logins(practice)
    with reading(practice.engine) as connection:
        shown = {row.id for row in visible_requests(practice, actor, connection)}
        if is_shown_all_requests(actor.person, on=today(practice)):
            shown.add(None)  # a hold that was placed by hand
        rows = [row for row in all_holds(connection) if row.request in shown]
        check_tables(connection, rows_keeping())
        counts = count_held(connection)
    rows.reverse()
    return tuple(listed_hold(row, called[row.placed_by], counts.get(row.id, 0)) for row in rows)


def show_hold(practice: Practice, actor: Actor, number: int) -> ShownHold:
    """One hold; that is logged first, as its reason is opened.

    Raises:
        NotFound: there is none of which the actor may know.
        Refused: the actor neither searches nor decides.
        Tampered: it does not say what it said when it was placed.
    """
    with reading(practice.engine) as connection:
        HOLDS.find(connection, f"H-{number}")  # tells if somebody deleted its row
        row = find_visible_hold(practice, actor, connection, number)
    with attempt(practice, actor, HOLD_SHOWN, subject=[row.id]):
        check_may_read_hold(actor.person, on=today(practice))
        record(practice, actor, HOLD_SHOWN, subject=[row.id])
        with reading(practice.engine) as connection:
            row = find_hold(connection, number)
            secret = vault_key(actor, VaultKey.CATALOGUE, row.key_version)
            body = HoldBody.open(row.sealed, secret, practice.vault, row.id)
            (leaf,) = attested_leaves(connection, practice.register, [row.seq])
            if body.commitment(practice.vault, row.seq) != leaf.detail or body.number != row.number:
                raise Tampered(f"hold H-{row.number} is not the one that was placed")
            check_tables(connection, rows_keeping())
            held = tables.held.c
            query = select(held.recording).where(held.hold == row.id).order_by(held.recording)
            recordings = tuple(connection.execute(query).scalars())
    placed_by = logins(practice)[row.placed_by]
    return ShownHold(listed_hold(row, placed_by, len(recordings)), body.reason, recordings)


@dataclass(frozen=True, slots=True)
class PlacedHold:
    """A new hold."""

    number: int
    recordings: tuple[int, ...]


def place_hold(
    practice: Practice, actor: Actor, recordings: Sequence[int], *, reason: str
) -> PlacedHold:
    """Place a hold on recordings, which two people together can lift.

    Raises:
        Refused: the actor neither searches nor decides, or the reason is none.
        NotFound: there is no such recording.
    """
    with attempt(practice, actor, HoldAct.PLACED), signing(practice, actor) as act:
        check_may_place_hold(actor.person, on=today(practice))
        check_reason(reason, Clause.ENCRYPTED_AND_ARCHIVED)
        found = find_recordings(practice, actor, act.connection, recordings)
        hold, number = log_placed(practice, act, actor, reason=reason)
        log_covers(act, actor, hold, (uid for uid, _ in found))
    return PlacedHold(number, tuple(dict.fromkeys(recordings)))


def lift_hold(
    practice: Practice, actor: Actor, number: int, *, reason: str, countersigner: Actor
) -> None:
    """Let go what a hold covers; each of the two has given their password.

    Raises:
        NotFound: there is no such hold.
        Refused: one of them may not, they are one, a request placed it, or it is lifted already.
        Locked: a password is missing.
        Tampered: the log or the rows of holds are not as they were signed.
    """
    if actor.identity is None or countersigner.identity is None:
        raise password_needed("a hold is lifted with your password")
    with reading(practice.engine) as connection:
        hold = find_visible_hold(practice, actor, connection, number)
    with (
        attempt(practice, actor, HoldAct.LIFTED, subject=[hold.id]),
        signing(practice, actor, countersigner) as act,
    ):
        check_whole_log(practice, act.connection)
        leaves = tuple(done_leaves(act.connection, HOLD_ACTS))
        problems = check_hold_rows(powers_then(practice, act.connection), leaves)
        check_none(unrecorded(problems, act.connection, practice.register))
        lifter, on = actor.person, today(practice)
        check_may_lift_hold(lifter, on=on)
        check_may_countersign_lifting(countersigner.person, lifter=lifter.id, on=on)
        check_can_be_lifted(hold_facts(find_hold(act.connection, number)))
        check_reason(reason, Clause.ENCRYPTED_AND_ARCHIVED)
        log_lifted_together(act, actor, countersigner, hold.id, reason=reason)


def check_hold_exists(practice: Practice, actor: Actor, number: int) -> None:
    """Before anything is asked about a hold; NotFound where the actor may know of none."""
    with reading(practice.engine) as connection:
        find_visible_hold(practice, actor, connection, number)


def check_entitled_to_lift(practice: Practice, actor: Actor, number: int) -> None:
    """Before anything is asked about a hold: whether the actor is one who lifts holds.

    Raises:
        NotFound: there is none of which the actor may know.
        Refused: they are not; that is on record.
    """
    with reading(practice.engine) as connection:
        hold = find_visible_hold(practice, actor, connection, number)
    with attempt(practice, actor, HoldAct.LIFTED, subject=[hold.id]):
        check_may_lift_hold(actor.person, on=today(practice))

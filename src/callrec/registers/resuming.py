"""Going on with a log in which something stands that nobody signed [policy 4(a)].

A Data Controller looks at what was found and puts it on record, with a reason and with their name:
which entries, and which rows beside them. From then on it counts for nothing and stops nothing, and
``audit verify``, ``status`` and the register ``set-aside`` show it for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.audit.appended import check_proven
from callrec.audit.foreign import HINT, Foreign, find_foreign, find_foreign_rows, take_out
from callrec.audit.leaf import Outcome
from callrec.audit.log import LogTransaction, read_founders, read_leaf
from callrec.audit.register import REGISTER_KINDS
from callrec.audit.remembered import forget_seen_head, load_seen_head, load_verified
from callrec.audit.resumed import (
    RESUMED_ACT,
    RESUMED_STATEMENT,
    FoundRow,
    Resumed,
    read_resumed,
    resumed_fields,
)
from callrec.audit.rows import MOST_NAMED, named
from callrec.catalogue import tables
from callrec.catalogue.engine import open_catalogue, reading, transaction, trial
from callrec.config import Config
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.statement import Statement, check_statement, read_statement
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Failed, Refused, Tampered, Unusable
from callrec.login.people import everybody, logins
from callrec.policy.authority import check_may_resume
from callrec.policy.clause import Clause
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, practice_on, record, register_now, remember_head
from callrec.record.statements import sign_statement_as
from callrec.record.versions import find_details

MIN_REASON: Final = 10
"""Letters of a reason."""


@dataclass(frozen=True, slots=True)
class SetAsideItem:
    """One thing that was found, in words."""

    seq: int | None
    """Of an entry; None for what belongs to none."""
    what: str
    at_entry: int = 0
    """The entry that put it on record; 0 as long as none has."""
    at: str = ""
    """When, RFC 3339."""
    by: str = ""
    """Login of the person who put it on record."""


@contextmanager
def or_restore() -> Iterator[None]:
    """Where the log cannot be made out, `audit verify` says nothing new: a drive helps."""
    try:
        yield
    except Tampered as error:
        raise Tampered(error.message, hint=HINT) from error


def open_practice_to_resume(
    config: Config, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Practice:
    """Open a vault whose log is not as it was signed, on what can be made out of it.

    Raises:
        Misconfigured: there is no vault, it cannot be used from here, or others can change it.
        Tampered: the log cannot be made out from what is left of it.
    """
    engine = open_catalogue(config.vault, config.catalogue)
    with reading(engine) as connection:
        founders, _ = read_founders(connection)
        register = find_foreign(connection, founders.vault).register
    return practice_on(engine, config, now, environ, register=register)


def show_foreign(practice: Practice, actor: Actor) -> Foreign:
    """What is not as it was signed, before it is put on record.

    Raises:
        Refused: the actor does not govern.
        Unusable: there is nothing to put on record.
        Tampered: the log cannot be made out from what is left of it; or all that is wrong is a
            login or a name, which nobody can put on record.
        Failed: rows of the catalogue rest on what has to be set aside.
    """
    try:
        check_may_resume(actor.person)
    except Refused as error:
        with suppress(Tampered):  # on a log that is not sound nothing is written
            details = {"why": error.message}
            record(practice, actor, RESUMED_ACT, details=details, outcome=Outcome.REFUSED)
        raise
    with trial(practice.engine) as connection:
        foreign = _find_all(practice, actor, connection)
        _check_nothing_comes_back(foreign, practice.vault)
        _begin_without(practice, actor, connection, foreign)
        if not foreign:
            everybody(practice, actor, connection)  # of names only who has their key can tell
            raise Unusable(
                "nothing was found that can be put on record", hint="callrec audit verify"
            )
    return foreign


def _check_nothing_comes_back(foreign: Foreign, vault: str) -> None:
    """Refuse to set aside what somebody signed of people, keys or rules: what was before it stands.

    Its entry is damaged or gone, and its statement is there.
    """
    publics = {keys.act for keys in foreign.register.all_keys()}
    for table, row in foreign.rows:
        if table != tables.statement.name:
            continue
        with suppress(Tampered, LookupError, TypeError, ValueError):
            statement = read_statement(row["body"], row["signature"], vault)
            if statement.kind in REGISTER_KINDS and _is_signed(statement, publics):
                raise Refused(
                    f"an entry is damaged or gone that made a {statement.kind} statement, and what"
                    " it ended would stand again: who may do what, a lock, a key or a rule",
                    clause=Clause.CONTROLLED_ACCESS,
                    hint=HINT,
                )


def _is_signed(statement: Statement, publics: Iterable[bytes]) -> bool:
    for public in publics:
        with suppress(Tampered):
            check_statement(statement, public)
            return True
    return False


def _find_all(practice: Practice, actor: Actor, connection: Connection) -> Foreign:
    """What is found without a key, and the sealed details that do not open to the audit key."""
    from callrec.audit.whole import find_changed_signatures  # noqa: PLC0415  # hardly ever

    foreign = find_foreign(connection, practice.vault, by=actor.person.id)
    find_foreign_rows(connection, foreign)
    seen = load_verified(practice.state_folder)
    foreign.faults.extend(find_changed_signatures(connection, foreign.register, seen))
    aside = {seq for seq, _, _ in foreign.entries}
    already = {row["seq"] for table, row in foreign.rows if table == tables.detail.name}
    for row in connection.execute(select(tables.detail)).mappings():
        seq = row["seq"]
        if seq in aside or seq in already:
            continue
        try:
            find_details(practice, actor, connection, read_leaf(connection, seq)[0])
        except Tampered:
            foreign.rows.append((tables.detail.name, dict(row)))
            foreign.details.append(seq)
    foreign.details.sort()
    return foreign


def resume_record(practice: Practice, actor: Actor, shown: Foreign, *, reason: str) -> int:
    """Put on record what was found, and go on without it; returns the sequence of the entry.

    Raises:
        Refused, Tampered: as `show_foreign`.
        Unusable: the reason is too short.
        Failed: something else is there by now than was shown; nothing was done.
    """
    reason = check_reason(reason)
    check_may_resume(actor.person)
    with transaction(practice.engine) as connection:
        foreign = _find_all(practice, actor, connection)
        act = _begin_without(practice, actor, connection, foreign)
        found = (foreign.found, foreign.lost, bool(foreign.hashes))
        if found != (shown.found, shown.lost, bool(shown.hashes)):
            raise Failed("the record changed since it was shown, so nothing was done", hint="again")
        newest = foreign.register.newest(VaultKey.AUDIT)
        act.seal_details_to(newest.version, newest.public)
        fields = resumed_fields([foreign.lost.head] if foreign.lost else (), foreign.found)
        statement = sign_statement_as(practice, actor, RESUMED_STATEMENT, fields)
        details = {"reason": reason}
        act.leaf(RESUMED_ACT, actor=actor.person.id, details=details, statement=statement)
        act.checkpoint(actor.signer)
        head = act.head
    if foreign.lost:
        forget_seen_head(practice.state_folder)
    remember_head(practice, head)
    return head.size - 1


def _begin_without(
    practice: Practice, actor: Actor, connection: Connection, foreign: Foreign
) -> LogTransaction:
    """Set aside what was found, and find what does not follow from the log without it.

    Returns a transaction of the log that goes on without it.

    Raises:
        Failed: that is more than single things which lack an entry.
    """
    from callrec.registers.projections import check_projections  # noqa: PLC0415  # hardly ever

    act = LogTransaction(connection, practice.log, actor.signer, size=foreign.size)
    take_out(act.connection, foreign)
    for problem in check_projections(connection, foreign.register):
        if problem.thing is None:
            raise Failed(f"without what is damaged or gone, {problem.what}", hint=HINT)
        foreign.broken.append(problem)
    seen = load_seen_head(practice.state_folder)
    try:
        check_proven(connection, foreign.register, seen.head if seen else None)
    except Tampered:
        foreign.lost = seen
    return act


def check_reason(reason: str) -> str:
    """A reason that says something, without blanks around it."""
    stripped = reason.strip()
    if len(stripped) < MIN_REASON:
        raise Unusable("say in a sentence how it may have come there, and what you did about it")
    return stripped


def foreign_items(practice: Practice, foreign: Foreign, *, actor: Actor) -> Sequence[SetAsideItem]:
    """What was found, in words."""
    names = logins(practice)
    items = [
        SetAsideItem(
            each.seq,
            f"entry {each.seq}{_act(each.act)}{_name(each.actor, names, actor.person.id)}:"
            f" {each.why}",
        )
        for each in foreign.listed
    ]
    items += [
        SetAsideItem(seq, f"entry {seq}: its sealed details were taken away")
        for seq in foreign.details
    ]
    items += [
        SetAsideItem(None, f"a {table} that belongs to no entry, or is damaged")
        for table, _ in foreign.rows
    ]
    items += [SetAsideItem(each.seq, each.what) for each in named(foreign.faults)]
    items += [SetAsideItem(None, each.named) for each in foreign.broken]
    if foreign.hashes:
        items.append(SetAsideItem(None, "the tree over the entries: it is made anew from them"))
    if foreign.lost:
        gone = f"the record has gone back: this machine saw {foreign.lost.head.size} entries of it"
        items.append(SetAsideItem(None, gone))
    return items


def _act(act: str) -> str:
    return f", {act}" if act else ""


def _name(actor: str, logins: Mapping[str, str], own: str) -> str:
    if actor == own:
        return ", in your own name"
    return f", in the name of {logins.get(actor, actor)}" if actor not in ("", "-") else ""


def set_aside_items(practice: Practice) -> Sequence[SetAsideItem]:
    """All that was ever set aside, oldest first."""
    with reading(practice.engine) as connection:
        resumed = read_resumed(connection, register_now(practice, connection))
        return [item for each in resumed for item in items_of(connection, each)]


def items_of(connection: Connection, resumed: Resumed) -> Iterator[SetAsideItem]:
    """What was set aside at one time, in words."""
    person, found = tables.person.c, resumed.found
    people = connection.execute(select(person.id, person.login))
    logins = {row.id: row.login for row in people}
    by = (resumed.size, resumed.at, logins.get(resumed.by, resumed.by))
    for entry in found.entries:
        leaf = _leaf_of(connection, entry.row)
        about = _act(str(leaf.get("act", ""))) + _name(str(leaf.get("actor", "")), logins, "")
        yield SetAsideItem(entry.seq, f"entry {entry.seq}{about}, counts for nothing", *by)
    for seq in found.unsigned:
        yield SetAsideItem(seq, f"entry {seq} stands without its signature", *by)
    for seq in found.details:
        yield SetAsideItem(seq, f"entry {seq} lacks its sealed details", *by)
    for row in found.rows:
        yield SetAsideItem(None, f"a {row.table} that belonged to no entry, or was damaged", *by)
    for thing in found.things:
        what = f"{thing} is not what the entries that are left come to"
        yield SetAsideItem(None, what, *by)
    for what in _standing_as_found(found.catalogue):
        yield SetAsideItem(None, what, *by)
    if not found and not resumed.lost:
        yield SetAsideItem(None, "the tree over the entries was made anew", *by)


def _standing_as_found(catalogue: Sequence[FoundRow]) -> Iterator[str]:
    for table, group in groupby(catalogue, key=lambda row: row.table):
        rows = list(group)
        if table == tables.checkpoint.name:
            for row in rows:
                yield f"the signatures over the first {row.key} entries stand as they were found"
            continue
        for row in rows[:MOST_NAMED]:
            gone = "is gone" if row.now is None else "stands as it was found"
            yield f'row {row.key} of the table "{table}" {gone}'
        if len(rows) > MOST_NAMED:
            yield f'{len(rows) - MOST_NAMED} more rows of the table "{table}" likewise'


def _leaf_of(connection: Connection, sha256: str) -> Mapping[str, Any]:
    """What a leaf that was set aside says, if its row is still there and says anything."""
    table = tables.set_aside.c
    body = connection.execute(select(table.body).where(table.sha256 == sha256)).scalar()
    try:
        if body is None or primitives.sha256(bytes(body)).hex() != sha256:
            return {}
        leaf = parse(bytes.fromhex(parse(bytes(body))["row"]["body"]["hex"]))
    except (CallrecError, ValueError, TypeError, LookupError):
        return {}
    return leaf if isinstance(leaf, dict) else {}

"""Ask the practice's witnesses to cosign the log's newest head, and keep what they answer.

A witness cosigns only what continues the head that it saw last. So a log that was forked, or set
back together with all that its operators remember, is refused by it, and what it has of the log
(signed by the practice's own people and by the witness) goes on record: `audit verify` and `status`
tell everybody of it until that witness goes on from this log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Final, TypeAlias

from callrec.audit import tree
from callrec.audit.checkpoint import (
    DECIMAL,
    Checkpoint,
    check_checkpoint,
    is_signed_by,
    key_id,
    origin,
    parse_note,
    read_checkpoint,
    written_in,
)
from callrec.audit.cosignature import WitnessRequest, check_cosignatures, with_lines, write_request
from callrec.audit.leaf import Outcome
from callrec.audit.log import checkpoint_over, node_reader, stored_size
from callrec.audit.register import Register
from callrec.catalogue.engine import reading
from callrec.crypto.primitives import signing_public
from callrec.crypto.verifier_key import NOTE_KEY, VerifierKey
from callrec.dataclass import dataclass, field
from callrec.errors import Failed, Tampered, Unusable
from callrec.login.people import logins
from callrec.policy.authority import check_in_force
from callrec.policy.days import check_clock
from callrec.policy.role import Standing
from callrec.practice import (
    Actor,
    Practice,
    check_remembered_head,
    password_needed,
    record,
    register_now,
    signing,
)
from callrec.record.cosigned import (
    ASKED,
    COSIGNED,
    COSIGNED_STATEMENT,
    read_cosigned,
    seen_by,
    witness_key,
)
from callrec.record.statements import sign_statement_as
from callrec.registers.audit import newest_checkpoint
from callrec.registers.witnessed import is_beginning
from callrec.settings import Witness
from callrec.system.web import Answered, Other, exchange
from callrec.witness.keeping import name_of

Exchange: TypeAlias = Callable[[str, bytes | None], Answered]
"""Asks an address, by POST where there is something to send; raises Failed where nobody answers."""

_WITNESS: Final = Other("it", "text/plain; charset=utf-8", within_s=20, most=64 * 1024)
"""The answer may be far longer than sixteen signatures."""

_TRIES: Final = 3
"""Requests to one witness: the first, one with the size that it named, and one more."""


class WitnessState(StrEnum):
    """What came of asking a witness."""

    SEEN = "seen"
    WAITS = "waits"
    """It was not reached, or does not know the log; it is asked again the next time."""
    REFUSES = "refuses"
    """It says that it has seen another log under this one's name, and shows no proof of it."""
    CONTRADICTS = "contradicts"
    """It has seen another log under this one's name: somebody of the practice signed it."""


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """What one witness answered."""

    witness: str
    state: WitnessState
    at: datetime | None = None
    """When it saw the head, by its clock."""
    why: str = ""
    """Why it waits, or what it has seen instead, in words."""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What came of asking all of them."""

    size: int
    """Of the head that they were asked about, in leaves."""
    entry: int | None
    """The leaf that keeps their cosignatures; None: nobody gave one."""
    needed: int
    answers: tuple[WitnessAnswer, ...]

    @property
    def seen(self) -> int:
        """How many have seen it."""
        return sum(each.state is WitnessState.SEEN for each in self.answers)


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key with which somebody signs heads for a witness."""

    login: str
    role: str
    key: str
    """A verifier key: its name is the log's origin."""


def ask_witness(url: str, body: bytes | None) -> Answered:
    """Ask a witness by HTTP.

    Raises:
        Failed: no whole answer came in time.
    """
    return exchange(url, body, _WITNESS)


def cosign(practice: Practice, actor: Actor, *, ask: Exchange = ask_witness) -> Cosigned:
    """Ask each witness of the settings for its cosignature of the newest head.

    Nothing else waits for it: who is not reached is asked again the next time, for what is the
    newest head then.

    Raises:
        Unusable: the settings name no witness.
        Locked: the password was not given.
        Tampered: the log is not what this operator saw before.
    """
    check_in_force(actor.person)
    witnesses = practice.settings.witness
    if not witnesses:
        raise Unusable(
            "the settings name no witness",
            hint="the Data Controller adds one: callrec practice settings apply FILE,"
            " as docs/reference/witnesses.md says",
        )
    if actor.identity is None:
        raise password_needed("to have the record cosigned")
    check_remembered_head(practice)
    note = _head_of_ones_own(practice, actor, signing_public(actor.identity.log))
    with reading(practice.engine) as connection:
        heads = [*read_cosigned(connection, practice.vault, witnesses)]
    known = {each.witness: each.size for each in seen_by(heads, witnesses)}
    asking = _Asking(practice, note, read_checkpoint(note, origin(practice.vault)), ask)
    answers = tuple(asking.ask(each, known[each.name]) for each in witnesses)
    entry = _keep(practice, actor, asking.note) if asking.note != note else None
    for name, other in asking.others.items():
        _keep(practice, actor, other, by=(name,), outcome=Outcome.REFUSED)
    if refusing := [each.witness for each in answers if each.state is WitnessState.REFUSES]:
        record(practice, actor, COSIGNED, details={"by": refusing}, outcome=Outcome.REFUSED)
    return Cosigned(asking.head.size, entry, practice.settings.cosigning.needed, answers)


def log_keys(practice: Practice) -> tuple[LogKey, ...]:
    """The keys by one of which a witness is to know this log: each person's who is confirmed."""
    register, found = practice.register, list[LogKey]()
    for id_, login in sorted(logins(practice).items(), key=lambda each: each[1]):
        voucher = register.voucher(id_)  # none of the recovery kit
        if voucher is not None and voucher.person.standing is Standing.CONFIRMED:
            key = VerifierKey(origin(practice.vault), NOTE_KEY, voucher.keys.log)
            found.append(LogKey(login, voucher.person.role, str(key)))
    return tuple(found)


def _head_of_ones_own(practice: Practice, actor: Actor, public: bytes) -> bytes:
    """The newest head, if the actor's log key signed it and it says no more; else a new one.

    A witness knows people's log keys and no login's; and it signs what it is shown of rows.
    """
    newest = newest_checkpoint(practice)
    if is_signed_by(newest, public, origin(practice.vault)) and not written_in(newest):
        return newest
    seq = record(practice, actor, ASKED)
    with reading(practice.engine) as connection:
        point = checkpoint_over(connection, seq)
    assert point is not None  # noqa: S101 - the transaction ended in it
    return bytes(point.note)


def _keep(
    practice: Practice,
    actor: Actor,
    note: bytes,
    *,
    by: Sequence[str] = (),
    outcome: Outcome = Outcome.DONE,
) -> int:
    fields = {"checkpoint": note.decode()}
    statement = sign_statement_as(practice, actor, COSIGNED_STATEMENT, fields)
    details = {"by": by} if by else None
    with signing(practice, actor) as act:
        return act.leaf(
            COSIGNED, actor=actor.person.id, statement=statement, details=details, outcome=outcome
        )


@dataclass(slots=True)
class _Asking:
    practice: Practice
    note: bytes
    """The head, with the cosignatures that came so far."""
    head: Checkpoint
    exchange: Exchange
    others: dict[str, bytes] = field(default_factory=dict)
    """Name of a witness, and the head that it has in place of this one."""

    def ask(self, witness: Witness, known: int) -> WitnessAnswer:
        """What one witness says to the head; ``known``: the size that it saw last."""
        try:
            return self._ask(witness, min(known, self.head.size))
        except Failed as error:
            why, hint = error.message, error.hint or ""
            return WitnessAnswer(witness.name, WitnessState.WAITS, why=why, hint=hint)

    def _ask(self, witness: Witness, old: int) -> WitnessAnswer:
        for _ in range(_TRIES):
            with reading(self.practice.engine) as connection:
                read = node_reader(connection)
                proof = tree.consistency_proof(old, self.head.size, read)
            request = write_request(WitnessRequest(old, proof, self.note_alone))
            said = self.exchange(f"{witness.url.rstrip('/')}/add-checkpoint", request)
            if said.status == HTTPStatus.OK:
                return self._take(witness, said.body)
            size = _size_in(said.body) if said.status == HTTPStatus.CONFLICT else old
            if size is None:
                raise Failed("it answers what is not understood", hint=_ADDRESS)
            if size > self.head.size or size == old:
                break
            old = size
        else:
            raise Failed("it names another size each time")
        if said.status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
            return self._look(witness)
        why, hint = _REFUSALS.get(said.status, (f"it answers with status {said.status}", ""))
        return WitnessAnswer(witness.name, WitnessState.WAITS, why=why, hint=hint)

    @property
    def note_alone(self) -> bytes:
        """The head without what other witnesses answered."""
        read = parse_note(self.note)
        ours = "".join(line.text for line in read.signatures if line.name == self.head.origin)
        return f"{read.text}\n{ours}".encode()

    def _take(self, witness: Witness, answer: bytes) -> WitnessAnswer:
        key = witness_key(witness)
        try:
            note = with_lines(self.note, answer, [key])
            found = check_cosignatures(note, [key])
        except Tampered as error:
            raise Failed(f"what it answered is not its cosignature: {error.message}") from error
        if not found:
            raise Failed("it answered, but not with the key that the settings name")
        check_clock("it", found[0].at, self.practice.now())
        self.note = note
        return WitnessAnswer(witness.name, WitnessState.SEEN, found[0].at)

    def _look(self, witness: Witness) -> WitnessAnswer:
        """What a witness has that refuses to go on from it."""
        name, url = witness.name, witness.url.rstrip("/")
        said = self.exchange(f"{url}/{name_of(self.head.origin)}/checkpoint", None)
        if said.status != HTTPStatus.OK:
            return WitnessAnswer(name, WitnessState.REFUSES, why=_WITHOUT_PROOF)
        with reading(self.practice.engine) as connection:
            theirs = _checked(said.body, witness, register_now(self.practice, connection))
            if theirs is None:
                return WitnessAnswer(name, WitnessState.REFUSES, why=_WITHOUT_PROOF)
            if is_beginning(connection, theirs):
                newer = theirs.size > self.head.size
                raise Failed(
                    "another machine had it see a newer entry meanwhile"
                    if newer
                    else "it refuses what continues the record that it has; ask its operator"
                )
            size = stored_size(connection)
        self.others[name] = said.body
        beyond = f"it has seen {theirs.size} entries, and there are {size}"
        other = f"the {theirs.size} entries that it has seen are not the first of this record"
        why = beyond if theirs.size > size else other
        return WitnessAnswer(name, WitnessState.CONTRADICTS, why=why)


_ADDRESS: Final = "see whether the url in the settings is its own, and ask its operator"

_REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.NOT_FOUND: (
        "it does not know this record, or is not at that address",
        "give it that person's key: callrec audit cosign --keys; if it has it, the url is wrong",
    ),
    HTTPStatus.FORBIDDEN: (
        "it does not know the key of the person who asks",
        "give it that key: callrec audit cosign --keys",
    ),
    HTTPStatus.BAD_REQUEST: ("it does not understand what it is asked", _ADDRESS),
}


def _size_in(body: bytes) -> int | None:
    text = body.decode("ascii", "replace").removesuffix("\n")
    return int(text) if DECIMAL.fullmatch(text) else None


_WITHOUT_PROOF: Final = "it says that it has seen another record under this one's name"


def _checked(note: bytes, witness: Witness, register: Register) -> Checkpoint | None:
    """The head that a witness shows, if it cosigned it and somebody of this practice signed it."""
    name = origin(register.founders.vault)
    with suppress(Tampered):
        if check_cosignatures(note, [witness_key(witness)]):
            signers = {each.key_id for each in parse_note(note).signatures}
            for keys in register.all_keys():
                if key_id(name, keys.log) in signers:
                    return check_checkpoint(note, keys.log, name)
    return None

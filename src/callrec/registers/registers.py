"""Read a register: what an inspector, the Data Controller or an auditor asks to see [policy 4(a)].

A register is not kept: each time it is read afresh from the log and the catalogue, so that it says
what they say. The log first records that it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from typing import Any, Final

from sqlalchemy import Connection

from callrec.catalogue.engine import reading
from callrec.catalogue.sound import checking_indexes
from callrec.dataclass import dataclass, fields
from callrec.errors import Unusable
from callrec.policy.reviews import RegisterName, ReviewVerdict, check_may_read_register
from callrec.practice import Actor, Practice, attempt, record, today
from callrec.registers import disclosure, others, rights
from callrec.system.spreadsheet import Cell

REGISTER_READ: Final = "register.read"


@dataclass(frozen=True, slots=True)
class RegisterSource:
    """Where the entries of a register come from."""

    entry: type[Any]
    """A dataclass whose fields are the columns, in order (docs/reference/registers.md)."""
    read: Callable[[Practice, Actor, Connection], Iterator[Any]]
    on_screen: tuple[str, ...]
    """The columns that a terminal has room for."""
    entered: str
    """The column by which ``since`` and ``until`` choose; empty: it shows how things stand now."""


REGISTER_SOURCES: Final[Mapping[RegisterName, RegisterSource]] = {
    RegisterName.RIGHTS_REQUESTS: RegisterSource(
        rights.RightsRequestEntry,
        rights.read_rights_register,
        ("request", "purpose", "received_on", "due_on", "answered_on", "outcome"),
        "received_on",
    ),
    RegisterName.OUTSIDE_BODY: RegisterSource(
        rights.OutsideBodyEntry,
        rights.read_outside_body_register,
        ("request", "body", "legal_basis", "received_on", "outcome", "released_on"),
        "received_on",
    ),
    RegisterName.DISCLOSURE: RegisterSource(
        disclosure.DisclosureEntry,
        disclosure.read_disclosure_register,
        ("at", "request", "purpose", "how", "by", "handed_over_on"),
        "at",
    ),
    RegisterName.HOLDS: RegisterSource(
        others.HoldEntry,
        others.read_hold_register,
        ("hold", "request", "state", "recordings", "placed_at", "lifted_at"),
        "placed_at",
    ),
    RegisterName.INCIDENTS: RegisterSource(
        others.IncidentEntry,
        others.read_incident_register,
        ("incident", "state", "noticed_at", "due_at", "outcome", "likelihood", "impact"),
        "noticed_at",
    ),
    RegisterName.COMPLAINTS: RegisterSource(
        others.ComplaintEntry,
        others.read_complaint_register,
        ("complaint", "state", "received_on", "due_on", "acknowledged_on", "outcome"),
        "received_on",
    ),
    RegisterName.ACCESS: RegisterSource(
        others.AccessEntry,
        others.read_access_register,
        ("login", "role", "standing", "powers", "last_login_at"),
        "",
    ),
    RegisterName.SET_ASIDE: RegisterSource(
        others.SetAsideRegisterEntry,
        others.read_set_aside_register,
        ("what", "at", "by", "entry"),
        "at",
    ),
}
"""One row for each register."""


@dataclass(frozen=True, slots=True, repr=False)
class RegisterExtract:
    """What was read from a register. Its repr shows nothing."""

    register: RegisterName
    read_at: datetime
    columns: tuple[str, ...]
    on_screen: tuple[str, ...]
    entries: tuple[Mapping[str, Cell], ...]
    """By column."""

    @property
    def unopened(self) -> tuple[str, ...]:
        """The incidents or complaints that do not open, each with who entered it."""
        of, by = (
            ("complaint", "entered_by")
            if self.register is RegisterName.COMPLAINTS
            else ("incident", "reported_by")
        )
        faulty = [entry for entry in self.entries if entry.get("fault")]
        return tuple(f"{each[of]} by {each[by] or '?'}" for each in faulty)

    @property
    def decided_alone(self) -> tuple[str, ...]:
        """The requests, each once, for which the glass was broken and nobody else accepted that."""
        settled = (None, str(ReviewVerdict.ACCEPTED))
        alone = (each for each in self.entries if each.get("broken_glass") not in settled)
        return tuple(dict.fromkeys(str(each["request"]) for each in alone))

    @property
    def brought_in(self) -> tuple[str, ...]:
        """Who countersigned beside the person who had brought them in, and what, each once."""
        signed: dict[str, list[str]] = {}
        for entry in self.entries:
            what = entry.get("request") or entry.get("hold") or entry.get("login")
            brought_in = entry.get("brought_in")
            for text in brought_in if isinstance(brought_in, tuple) else ():
                signed.setdefault(text, []).append(str(what))
        return tuple(f"{text}: {', '.join(dict.fromkeys(on))}" for text, on in signed.items())


def read_register(
    practice: Practice,
    actor: Actor,
    register: RegisterName,
    *,
    since: datetime | None,
    until: datetime | None,
) -> RegisterExtract:
    """Read a register, or what was entered in it within a time.

    The actor has given their password. ``since`` is included, ``until`` is not.

    Raises:
        Refused: the actor may not read it.
        Unusable: it shows how things stand now, and a time was given.
        Tampered: what it is read from is not as it was written, or an index of it lacks some.
    """
    source = REGISTER_SOURCES[register]
    columns = tuple(field.name for field in fields(source.entry))
    details = {"register": register, "since": since, "until": until}
    logged = {name: value and str(value) for name, value in details.items()}
    with attempt(practice, actor, REGISTER_READ, details=logged):
        check_may_read_register(actor.person, register, on=today(practice))
        if not source.entered and (since, until) != (None, None):
            raise Unusable(
                f"the {register} register shows how things stand now",
                hint="leave out --since and --until",
            )
        record(practice, actor, REGISTER_READ, details=logged)
        with reading(practice.engine) as connection, checking_indexes(connection):
            entries = [
                {column: getattr(entry, column) for column in columns}
                for entry in source.read(practice, actor, connection)
            ]
    return RegisterExtract(
        register=register,
        read_at=practice.now(),
        columns=columns,
        on_screen=source.on_screen,
        entries=tuple(
            cells
            for cells in entries
            if not source.entered or _is_within(practice, cells[source.entered], since, until)
        ),
    )


def _is_within(
    practice: Practice, entered: Any, since: datetime | None, until: datetime | None
) -> bool:
    if entered is None:  # nobody can tell that it is not
        return True
    if not isinstance(entered, datetime):  # a day counts from its first moment
        entered = datetime.combine(entered, time.min, practice.settings.time_zone)
    return (since is None or since <= entered) and (until is None or entered < until)

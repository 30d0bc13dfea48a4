"""Registers: what an inspector asks to see, each read with the password and on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import moment_of, password_of
from callrec.desk.listing import Column, Listing, show_listing
from callrec.desk.rendering import page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import NotFound
from callrec.policy.reviews import RegisterName, may_read_register, may_report
from callrec.policy.role import Power, powers_of
from callrec.practice import today
from callrec.registers.registers import REGISTER_SOURCES, RegisterExtract, read_register
from callrec.views.registers import (
    register_cell,
    register_json,
    register_remarks,
    what_does_not_open,
)

WHAT_THEY_LIST: Final[Mapping[RegisterName, str]] = {
    RegisterName.RIGHTS_REQUESTS: "Requests by people about themselves, and how they were answered",
    RegisterName.OUTSIDE_BODY: "Requests by the police, courts and other bodies",
    RegisterName.DISCLOSURE: "What was heard and handed over, to whom and by whom",
    RegisterName.HOLDS: "What is held, since when and why it ended",
    RegisterName.INCIDENTS: "Breaches, told to the Information Commissioner or not",
    RegisterName.COMPLAINTS: "Complaints about the use of personal data",
    RegisterName.ACCESS: "Who may do what, and who logged in last when",
    RegisterName.SET_ASIDE: "What was found in the record that nobody signed",
}

_CODES: Final = frozenset(
    {"purpose", "state", "how", "role", "standing", "outcome", "likelihood", "impact"}
)
"""Columns by whose codes entries are chosen."""

_AGAIN: Final = "read it again: callrec practice register"


def show_registers(seat: Seat, _asked: Asked) -> Answered:
    """Every register and other record that this person may read."""
    person, on = seat.actor.person, today(seat.practice)
    powers = powers_of(person, on)
    readable = (each for each in RegisterName if may_read_register(person, each, on=on))
    return page(
        seat,
        "registers.html",
        title="Registers and records",
        registers=[(each, WHAT_THEY_LIST[each]) for each in readable],
        may_report=may_report(person, on=on),
        reads_record=Power.READ_AUDIT in powers,
        archives=Power.ARCHIVE in powers,
    )


def _name(name: str) -> RegisterName:
    try:
        return RegisterName(name)
    except ValueError:
        hint = "callrec practice register lists those that there are"
        raise NotFound("there is no such register", hint=hint) from None


def _title(register: RegisterName) -> str:
    return f"Register: {register.replace('-', ' ')}"


def ask_register(seat: Seat, asked: Asked, name: str) -> Answered:
    """Of which days, and the password."""
    register = _name(name)
    return page(
        seat,
        "register_ask.html",
        title=_title(register),
        asked=asked,
        about=WHAT_THEY_LIST[register],
        has_days=bool(REGISTER_SOURCES[register].entered),
    )


def read(seat: Seat, asked: Asked, name: str) -> Answered:
    """Read a register, on record, and show it on a page of its own."""
    register = _name(name)
    since, until = (moment_of(seat, asked, each) for each in ("since", "until"))
    reader = seat.reader(password_of(asked))
    extract = read_register(seat.practice, reader, register, since=since, until=until)
    return to(f"/registers/{register}/{seat.keep(extract)}")


def show_register(seat: Seat, asked: Asked, name: str, key: str) -> Answered:
    """What was read, as a table."""
    extract = find_kept(seat, key, RegisterExtract, f"{_AGAIN} {_name(name)}")
    every = asked.query.get("columns") == "all"
    listing = _listing(seat, extract, extract.columns if every else extract.on_screen)
    return show_listing(
        seat,
        asked,
        listing,
        "register.html",
        title=_title(extract.register),
        extract=extract,
        every=every,
        problem_of_it=what_does_not_open(extract),
        remarks=tuple(register_remarks(extract)),
    )


def _listing(seat: Seat, extract: RegisterExtract, columns: tuple[str, ...]) -> Listing:
    def column(name: str) -> Column:
        def value(entry: Mapping[str, Any]) -> Any:
            return entry[name]

        def shown(entry: Mapping[str, Any]) -> object:
            return register_cell(name, entry[name], seat.zone)

        return Column(
            name=name,
            heading=name.replace("_", " "),
            value=value,
            shown=shown,
            has_codes=name in _CODES,
            is_number=all(isinstance(each[name], int) for each in extract.entries),
        )

    def cells(entry: Mapping[str, Any]) -> list[Any]:
        return [entry[name] for name in extract.columns]

    return Listing(
        caption=f"The {extract.register.replace('-', ' ')} register",
        columns=[column(name) for name in columns],
        rows=extract.entries,
        document=lambda rows: register_json(extract, rows),
        save_as=f"register-{extract.register}",
        nothing="Nothing is entered in this register.",
        spreadsheet=(extract.columns, cells),
    )

"""How things stand, and the report of a month with its plots."""

from __future__ import annotations

from callrec.desk.documents import show_document
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import password_of
from callrec.desk.rendering import as_json, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.office.status import read_status
from callrec.registers.figures import PracticeReport
from callrec.registers.months import read_month
from callrec.registers.report import make_report, usual_month
from callrec.registers.report_document import report_document
from callrec.views.status import status_json, status_lines
from callrec.views.words import facts


def show_status(seat: Seat, asked: Asked) -> Answered:
    """What waits, what is due and what is wrong."""
    found = read_status(seat.practice, seat.actor)
    if asked.query.get("as") == "json":
        return as_json(status_json(found), "status.json")
    lines = tuple(status_lines(found, seat.zone, known=True))
    return page(seat, "status.html", title="How things stand", lines=lines)


def ask_report(seat: Seat, asked: Asked) -> Answered:
    """Of which month, and the password."""
    usual = str(usual_month(seat.practice))
    return page(seat, "report_ask.html", title="Report of a month", asked=asked, usual=usual)


def make(seat: Seat, asked: Asked) -> Answered:
    """Count a month, on record, and show it on a page of its own."""
    practice, typed = seat.practice, asked.first("month")
    month = read_month(typed) if typed else usual_month(practice)
    found = make_report(practice, seat.reader(password_of(asked)), month)
    return to(f"/report/{seat.keep(found)}")


def show_report(seat: Seat, asked: Asked, key: str) -> Answered:
    """What was counted: as a page, or as the file that is asked for."""
    found = find_kept(seat, key, PracticeReport, "have it made again: callrec report")
    document, name = report_document(found, seat.zone), f"report-{found.month}"
    return show_document(seat, asked, document, name, facts(found))

"""Which page answers which address: all that the desk has, in one list.

What stands in braces is one part of the address, given to the page by that name. No address holds
anything personal: a request is its reference, a recording its number. What is SENT is said by the
serving process, to which no browser can say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from callrec.desk.entry import ENTRIES, let_in_by
from callrec.desk.exchange import Answered
from callrec.desk.filled import no_page
from callrec.desk.pages import (
    account,
    asking,
    checking,
    complaints,
    deciding,
    done,
    drives,
    happening,
    holds,
    home,
    incidents,
    letters,
    listen,
    people,
    record,
    registers,
    release,
    requests,
    retention,
    reviews,
    rules,
    search,
    standing,
    subjects,
)
from callrec.desk.pages.requests import about_request
from callrec.desk.rendering import form

Page = Callable[..., Answered]
"""Takes the seat, what was asked, and the parts of the address by name."""

_erasing = partial(partial, how=retention.ERASING)
"""A page of retention, for an erasure."""

_which = partial(about_request, "request_which.html")
"""The form that says which recordings are added to a request, or taken out."""

ROUTES: Final[Mapping[str, Page]] = {
    "GET /": home.show_inbox,
    "GET /requests/{reference}/listen": listen.ask_granted,
    "POST /requests/{reference}/listen": listen.show_granted,
    "GET /requests/{reference}/listen/{recording}": listen.show_recording,
    "POST /requests/{reference}/listen/{recording}": listen.begin_hearing,
    "POST /requests/{reference}/listen/{recording}/sound": listen.send_sound,
    "GET /requests/{reference}/listen/{recording}/marks": listen.show_recording,
    "POST /requests/{reference}/listen/{recording}/marks": listen.keep_marks,
    "GET /requests/{reference}/release": release.show_release,
    "POST /requests/{reference}/release": release.release,
    "GET /requests/{reference}/release/{key}": release.send_package,
    "SENT /requests/{reference}/release/{key}": release.note_sent,
    "GET /requests/{reference}/letters": letters.show_letters,
    "POST /requests/{reference}/letters": letters.write,
    "GET /requests/{reference}/letters/{number}": letters.show_letter,
    "POST /requests/{reference}/letters/{number}": letters.say_sent,
    "GET /requests/{reference}/letters/{number}/pdf": letters.send_paper,
    "GET /requests/{reference}/dossier": letters.show_dossier,
    "GET /requests/{reference}/dossier/{key}": letters.show_read_dossier,
    "GET /requests/{request}/erase": retention.ask_dispose,
    "POST /requests/{request}/erase": _erasing(retention.foresee),
    "GET /requests/{request}/erase/{key}": _erasing(retention.ask_destroy),
    "POST /requests/{request}/erase/{key}": _erasing(retention.destroy),
    "GET /logout": form("logout.html", "Log out"),
    "POST /logout": account.log_out,
    "POST /stay": account.stay,
    "GET /unlock": account.ask_password,
    "POST /unlock": account.unlock,
    "GET /requests/new": asking.choose_purpose,
    "GET /requests/new/{purpose}": asking.ask_new,
    "POST /requests/new/{purpose}": asking.make,
    "GET /requests/made/{key}": asking.show_made,
    "GET /requests/{reference}/amend": asking.ask_amendment,
    "POST /requests/{reference}/amend": asking.amend,
    "GET /requests/{reference}/attach": _which("Add recordings to {}", act="attach"),
    "POST /requests/{reference}/attach": asking.attach,
    "GET /requests/{reference}/detach": _which("Take recordings out of {}", act="detach"),
    "POST /requests/{reference}/detach": asking.detach,
    "GET /account": account.show_account,
    "GET /account/password": account.ask_new_password,
    "POST /account/password": account.set_password,
    "GET /account/factors": account.show_factors,
    "GET /account/factors/{way}": account.ask_new_factor,
    "POST /account/factors/{way}": account.add_new_factor,
    "GET /account/factors/made/{key}": account.show_printed,
    "GET /account/factors/{name}/remove": account.ask_removal,
    "POST /account/factors/{name}/remove": account.remove,
    "GET /done/{key}": done.show_done,
    "GET /status": standing.show_status,
    "GET /registers": registers.show_registers,
    "GET /registers/{name}": registers.ask_register,
    "POST /registers/{name}": registers.read,
    "GET /registers/{name}/{key}": registers.show_register,
    "GET /record": form("record_ask.html", "The record", usual=record.SHOWN_AT_ONCE),
    "POST /record": record.list_entries,
    "GET /record/check": form("check_ask.html", "Check the record"),
    "POST /record/check": record.check,
    "GET /record/check/{key}": record.show_check,
    "GET /record/{key}": record.show_entries,
    "GET /searches": form("searches_ask.html", "Searches to review"),
    "POST /searches": reviews.draw,
    "GET /searches/{key}": reviews.show_drawn,
    "POST /searches/{key}": reviews.review,
    "GET /check-package": form("package_ask.html", checking.TITLE),
    "POST /check-package": checking.check,
    "GET /check-package/{key}": checking.show_checked,
    "GET /report": standing.ask_report,
    "POST /report": standing.make,
    "GET /report/{key}": standing.show_report,
    "GET /holds": holds.show_holds,
    "GET /holds/place": form("hold_place.html", "Place a hold"),
    "POST /holds/place": holds.place,
    "GET /holds/{hold}": holds.show_one,
    "GET /holds/{hold}/lift": holds.ask_lift,
    "POST /holds/{hold}/lift": holds.lift,
    "GET /retention": retention.show_review,
    "GET /retention/propose": retention.ask_propose,
    "POST /retention/propose": retention.propose,
    "GET /retention/undo": form("undo.html", "Take back an intake", lines=()),
    "POST /retention/undo": retention.undo,
    "GET /certificate/{key}": retention.send_certificate,
    "GET /retention/dispose/{request}": retention.ask_dispose,
    "POST /retention/dispose/{request}": retention.foresee,
    "GET /retention/dispose/{request}/{key}": retention.ask_destroy,
    "POST /retention/dispose/{request}/{key}": retention.destroy,
    "GET /drives": drives.show_drives,
    "GET /drives/keep": drives.ask_keeper,
    "POST /drives/keep": drives.keep,
    "GET /settings": rules.show_rules,
    "GET /settings/apply": form("rules_file.html", "Change the practice's rules"),
    "POST /settings/apply": rules.check_file,
    "GET /settings/apply/{key}": rules.ask_apply,
    "POST /settings/apply/{key}": rules.apply,
    "GET /notices": rules.show_notices,
    "GET /notices/{kind}": rules.show_notice,
    "GET /people": people.show_people,
    "GET /people/add": people.ask_add,
    "POST /people/add": people.add,
    "GET /people/{person}": people.show_one,
    "GET /people/{person}/confirm": people.ask_confirm,
    "POST /people/{person}/confirm": people.confirm,
    "GET /people/{person}/role": people.ask_role,
    "POST /people/{person}/role": people.set_role,
    "GET /people/{person}/lend": people.ask_lend,
    "POST /people/{person}/lend": people.lend,
    "GET /people/{person}/take-back": people.ask_take_back,
    "POST /people/{person}/take-back": people.take_back,
    "GET /people/{person}/disable": people.ask_disable,
    "POST /people/{person}/disable": people.disable,
    "GET /people/{person}/reset": people.ask_reset,
    "POST /people/{person}/reset": people.reset,
    "GET /people/{person}/log-out": people.ask_end_sessions,
    "POST /people/{person}/log-out": people.log_out_everywhere,
    "GET /sessions": people.show_sessions,
    "GET /requests": requests.show_list,
    "GET /requests/{reference}": requests.show,
    "GET /requests/{reference}/approve": deciding.ask_approval,
    "POST /requests/{reference}/approve": deciding.foresee,
    "GET /requests/{reference}/approve/{key}": deciding.ask_confirmation,
    "POST /requests/{reference}/approve/{key}": deciding.approve,
    "GET /requests/{reference}/deny": deciding.ask_denial,
    "POST /requests/{reference}/deny": deciding.deny,
    "GET /requests/{reference}/revoke": about_request(
        "revoke.html", "Take back the approval of {}"
    ),
    "POST /requests/{reference}/revoke": deciding.revoke,
    "GET /requests/{reference}/review-glass": deciding.ask_review,
    "POST /requests/{reference}/review-glass": deciding.review,
    "GET /requests/{reference}/event": happening.show_events,
    "GET /requests/{reference}/event/{event}": happening.ask_event,
    "POST /requests/{reference}/event/{event}": happening.record_event,
    "GET /requests/{reference}/close": happening.ask_close,
    "POST /requests/{reference}/close": happening.close,
    "GET /requests/{reference}/withdraw": about_request("withdraw.html", "Withdraw {}"),
    "POST /requests/{reference}/withdraw": happening.withdraw,
    "GET /requests/{reference}/gather": about_request("gather.html", "Gather what matches {}"),
    "POST /requests/{reference}/gather": happening.gather,
    "GET /requests/{reference}/gather/{key}": happening.show_gathered,
    "GET /search": search.ask_search,
    "POST /search": search.search,
    "GET /search/{key}": search.show_found,
    "GET /search/{key}/{number}": search.show_found,
    "GET /recordings": form("recording_which.html", "Which recording?"),
    "POST /recordings": search.find_one,
    "GET /recordings/found/{key}": search.show_several,
    "GET /recordings/{recording}": search.show,
    "GET /recordings/{recording}/note": search.ask_note,
    "POST /recordings/{recording}/note": search.note,
    "GET /recordings/{recording}/identify": search.ask_who,
    "POST /recordings/{recording}/identify": search.identify,
    "GET /subjects": subjects.show_list,
    "GET /subjects/find": subjects.ask_whom,
    "POST /subjects/find": subjects.find,
    "GET /subjects/found/{key}": subjects.show_found,
    "GET /subjects/new": subjects.ask_new,
    "POST /subjects/new": subjects.enter,
    "GET /subjects/{subject}": subjects.ask_why,
    "POST /subjects/{subject}": subjects.look,
    "GET /subjects/{subject}/seen/{key}": subjects.show,
    "GET /subjects/{subject}/change": subjects.ask_change,
    "POST /subjects/{subject}/change": subjects.change,
    "GET /subjects/{subject}/erase": subjects.ask_erasure,
    "POST /subjects/{subject}/erase": subjects.erase,
    "GET /incidents": incidents.show_list,
    "GET /incidents/new": incidents.ask_report,
    "POST /incidents/new": incidents.report,
    "GET /incidents/{incident}": incidents.show,
    "GET /incidents/{incident}/update": incidents.ask_findings,
    "POST /incidents/{incident}/update": incidents.add_findings,
    "GET /incidents/{incident}/close": incidents.ask_closing,
    "POST /incidents/{incident}/close": incidents.close,
    "GET /complaints": complaints.show_list,
    "GET /complaints/new": complaints.ask_new,
    "POST /complaints/new": complaints.receive,
    "GET /complaints/{complaint}": complaints.show,
    "GET /complaints/{complaint}/{step}": complaints.ask_step,
    "POST /complaints/{complaint}/{step}": complaints.add_step,
}


def _entered(route: str, page: Page) -> Page:
    """The page, behind what refuses people who may not have it."""
    method, _, address = route.partition(" ")
    entry = ENTRIES.get(address) if method == "GET" else None
    return page if entry is None else let_in_by(entry, page)


_PATTERNS: Final = [
    (
        re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[A-Za-z0-9._-]{1,64})", route)),
        _entered(route, page),
    )
    for route, page in ROUTES.items()
]


def find_page(method: str, path: str) -> tuple[Page, dict[str, Any]]:
    """The page for an address, and the parts of it.

    Raises:
        NotFound: there is none.
    """
    for pattern, page in _PATTERNS:
        if found := pattern.fullmatch(f"{method} {path}"):
            return page, found.groupdict()
    raise no_page()

"""What each command prints with ``--json``: its members, and the dataclass that each is of.

A command is named as it is typed. What is printed is held against this (tests/cli/printed.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from callrec.archive.fetch import Fetched
from callrec.archive.log import Removed
from callrec.archive.run import Archived, BackedUp
from callrec.archive.survey import Fault, FaultKind
from callrec.archive.unarchived import Unarchived
from callrec.archive.volumes import ListedVolume, LostVolume
from callrec.calls.find import ShownCall
from callrec.complaints.complaint import ChangedComplaint
from callrec.complaints.show import ListedComplaint, ShownComplaint
from callrec.config import Config
from callrec.crypto.factor import Slot
from callrec.incidents.incident import ReportedIncident, UpdatedIncident
from callrec.incidents.show import ListedIncident, ShownIncident
from callrec.intake.attesting import Attested
from callrec.intake.reconciled import Counts, Finding
from callrec.intake.summary import Ingested
from callrec.keys.audit import KeyAccess, KeyInUse
from callrec.keys.kit_use import KitDrill
from callrec.keys.reencrypting import WhyLeft
from callrec.letters.letter import WrittenLetter
from callrec.login.people import Colleague
from callrec.login.sessions import OpenSession
from callrec.login.unlock import LoggedIn
from callrec.mail.outbox import Message
from callrec.mail.sending import SentMail
from callrec.notes.note import WrittenNote
from callrec.office import finding
from callrec.office.inbox import InboxAction, InboxItem
from callrec.office.network import PlannedPractice
from callrec.office.practices import PracticeStanding
from callrec.office.settings import ProposedSettings, ShownSettings
from callrec.office.stamping import StampedRecord
from callrec.office.stamps import StampStanding
from callrec.office.status import BeyondReach, Status
from callrec.package.callrec_verify import Result, Seen, Time, Trace
from callrec.people.joining import AddedPerson, PasswordReset
from callrec.people.powers import RoleChange
from callrec.policy.breach import (
    BREACH_RECORD_FIELDS,
    ICO_REPORT_FIELDS,
    PEOPLE_TOLD_FIELDS,
    Findings,
)
from callrec.policy.clock_events import Deadline
from callrec.policy.handing_over import Channel
from callrec.policy.hold import HoldState
from callrec.policy.incident import Outcome
from callrec.policy.notice import NoticeKind
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.policy.retention import StopReason
from callrec.policy.reviews import RegisterName, ReviewVerdict
from callrec.policy.rights.complaint import ComplaintAct
from callrec.policy.rights.complaint import Finding as ComplaintFinding
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.letter import LetterKind
from callrec.policy.role import Power, Role, VaultKey
from callrec.record.cosigned import SeenBy
from callrec.registers.audit import Entry
from callrec.registers.cosigning import Cosigned, LogKey, WitnessAnswer
from callrec.registers.dossier import Dossier, DossierEntry
from callrec.registers.figures import PracticeReport
from callrec.registers.registers import REGISTER_SOURCES
from callrec.registers.resuming import SetAsideItem
from callrec.registers.verify import Verification
from callrec.release.listen import PlayedRecording, WaveformView
from callrec.release.release import Released
from callrec.release.verify import CheckedRelease
from callrec.requests.amend import Amended
from callrec.requests.ask import CreatedRequest
from callrec.requests.decide import Approved, RevokedRequest
from callrec.requests.due import DueRequest
from callrec.requests.event import DatedRequest
from callrec.requests.gather import Gathered
from callrec.requests.holding import ListedHold
from callrec.requests.packages import NotedPackage, ShownPackageNote, ShownRelease
from callrec.requests.show import (
    ListedRequest,
    ShownApproval,
    ShownDenial,
    ShownGathering,
    ShownRecording,
    ShownRequest,
)
from callrec.restore.drill import RestoreDrill
from callrec.restore.migrate import Migrated
from callrec.restore.restore import Restored
from callrec.retention.categories import CategoryGiven
from callrec.retention.destroy import Destruction
from callrec.retention.erase import DisposalProposal
from callrec.retention.people import ErasedSubject
from callrec.retention.review import RetentionReview
from callrec.retention.undo import UndoProposal
from callrec.search.reviews import DrawnSearches
from callrec.search.show import CheckedRecording, ShownNote, StartClock
from callrec.search.subjects import FoundSubject, ShownSubject, SubjectChange
from callrec.settings import Settings
from callrec.stamps.authority import Stamp
from callrec.stamps.checking import Contradiction, Misdated
from callrec.subjects.register import KeptSubject, ListedSubject
from callrec.views.requests.events import Event
from supply.schemas import EDIT, Shape, of

_REQUEST: Final = {"id": str, "state": RequestState}
_WRITTEN: Final = {
    name: each
    for name, each in of(WrittenLetter).items()
    if name not in {"reference", "ended_on", "late_since"}  # these two are told in words alone
}
_EDITS: Final = [{"id": int, "edits": [EDIT]}]
_WITHHELD: Final = [{"id": int, "code": Ground}]
_DEADLINE: Final = of(Deadline, "due_on", "target_on", "extended_due_on", "waiting_for", "why")
_CALL: Final = {name: each for name, each in of(ShownCall).items() if name != "is_unread"}
_CATEGORY: Final = {"category": str, "rule": str, "due_on": date | None}
_COUNTS: Final = {
    "from": date,
    "to": date,
    **of(Counts, "files", "not_understood", "calls", "answered", "held", "percent_held"),
    **of(Counts, "in_part", "missing", "recordings", "without_call", "unheard"),
    **of(Counts, "duplicates", "gaps", "joined_by"),
}
_HOLD: Final = {"id": str, **of(ListedHold, "request", "state", "placed_at", "placed_by")}
_INGESTED: Final = {
    "ingested": int,
    "duplicates": int,
    "quarantined": [{"path": str, "why": str}],
    **of(Ingested, "unreadable", "unrecognised", "vouched", "signed_in_vain", "ignored"),
    "bytes": int,
    "batch": str | None,
    **of(Ingested, "batches", "findings", "same_sound", "joined", "unjoined", "told_less"),
}
_SUMMARY: Final = {
    **dict.fromkeys(("batches", "dated_by_file", "duplicates", "joined", "recordings"), int),
    **dict.fromkeys(("since", "size_bytes", "unjoined", "seq"), int),
    "complete": bool,
    "first_start": str | None,
    "last_start": str | None,
    "refused": Mapping[str, int],
}
_FETCHED: Final = {"recordings": int, "bytes": int, **of(Fetched, "damaged")}
_REPAIRED: Final = {**_FETCHED, **of(Restored, "missing"), "undone": [{"volume": str, "why": str}]}
_VOLUME: Final = {
    "volume": str,
    **of(ListedVolume, "standing", "serial"),
    "with": str | None,
    "at": str | None,
    "attached": Path | None,
    "last_written": datetime | None,
    "last_seen": datetime | None,
    **of(ListedVolume, "bags", "recordings"),
    "bytes": int,
    "last_verified": datetime | None,
    **of(ListedVolume, "on_vaults_disk"),
}
_REPORT: Final[dict[str, Shape]] = {
    "volume": str,
    "ok": bool,
    "checked": int,
    "opened": int | None,
    "tried": int | None,
    **dict.fromkeys(FaultKind, list[str]),
    "problems": [of(Fault, "path", "what")],
}
_PERSON: Final = {
    "user": str,
    "name": str,
    **of(Colleague, "role", "standing", "powers", "delegations", "fingerprint"),
    "claimed_fingerprint": str | None,
}
_NOTICE: Final = {
    "kind": NoticeKind,
    "version": str,
    "from": date,
    "until": date | None,
    "on_record_since": date | None,
}
_SETTINGS: Final = {**of(ShownSettings, "version", "entry", "at", "by"), "settings": Settings}
_CHANGES: Final = of(ProposedSettings, "changes", "remarks")
_KIT: Final = {"recovery_kit": list[str] | None}
_DUE_GROUP: Final = {
    "month": str,
    "category": str,
    "rule": str,
    "due": int,
    "free": int,
    "stopped_by": [{"by": StopReason, "reference": str | None, "recordings": int}],
}
_BRIEF: Final = {"request": str, "to": InboxAction, "lapses_at": datetime | None}
_DUE: Final = {
    "request": str,
    **of(DueRequest, "purpose", "state"),
    **of(Deadline, "due_on", "target_on"),
}
_SENT: Final = of(SentMail, "taken", "waiting", "refused")
_AMENDED: Final = {
    "id": str,
    **of(Amended, "version", "recordings", "grants_ended", "of_other_day"),
    "concerns": [str],
}
_DESTROYED: Final = {
    "id": str,
    "certificate": str,
    "recordings": [int],
    "kept": _WITHHELD,
    **of(Destruction, "owed"),
    "undone": [{"volume": str, "why": str}],
    "done": bool,
    **of(Destruction, "released_to"),
    "person": str | None,
    "document": Mapping[str, Any] | None,
}
_PREVIEWED: Final = {"id": str, "recordings": [int]}
_TO_FILE: Final = {"path": Path}

_APPROVED: Final = {
    "id": str,
    "for": str,
    **of(Approved, "recordings"),
    "edits": _EDITS,
    "withheld": _WITHHELD,
    **of(Approved, "lapses_at", "of_other_day", "by_hand"),
}
_ADDED: Final = {"user": str, **of(AddedPerson, "role"), "password": str | None}
_CONFIRMED: Final = {**_PERSON, "countersigned_by": str | None}
_RELEASED: Final = {
    "request": str,
    **of(Released, "path", "form", "passphrase"),
    "recordings": [{"id": int, "sha256_original": str, "sha256_enclosed": str}],
    **of(Released, "sha256", "audit_seq"),
    "time": (of(Time), None),
    "time_missing": str | None,
}
_LEFT: Final = [{"id": str, "why": str, "exit_status": int}]
"""Of several requests in one command, those that were left."""

_SHOWN_REQUEST: Final = {
    "id": str,
    "purpose": Purpose,
    "reason": str | None,
    **of(ShownRequest, "state", "created_at", "created_by"),
    **_DEADLINE,
    **of(ShownRequest, "lapses_at"),
    "particulars": {
        **dict.fromkeys(("reason", "about"), str | None),
        **dict.fromkeys(("date", "time", "extension", "number", "parties"), str | list[str]),
        "further": Mapping[str, str | None],
        "names?": list[str],
        "person?": str,
    },
    **of(ShownRequest, "digest"),
    "recordings": [
        {
            **of(ShownRecording, "id", "uid", "started_at"),
            "duration_s": float | None,
            **of(ShownRecording, "direction", "format", "size_bytes", "state"),
            "sha256_sealed": str | None,
            "of_other_day": bool | None,
            "of_other_extension": bool | None,
            "of_other_number": bool | None,
            **of(ShownRecording, "taken_in_at", "taken_in_by", "by_hand", "matched"),
            **of(ShownRecording, "findings"),
            **{f"{name}?": each for name, each in _CATEGORY.items()},
        }
    ],
    "gathering": (
        {
            **of(ShownGathering, "at", "by", "found", "attached"),
            "left_out": _WITHHELD,
            **of(ShownGathering, "since"),
        },
        None,
    ),
    "hold": ({"id": str, "state": HoldState, "recordings": int}, None),
    "approvals": [
        {
            **of(ShownApproval, "by", "at", "note", "opinion", "countersigned_by"),
            "for": str,
            "lapses_at": datetime,
            **of(ShownApproval, "recordings"),
            "edits": _EDITS,
            "withheld": _WITHHELD,
            "break_glass": bool,
            **of(ShownApproval, "review", "reviewed_by", "ended"),
        }
    ],
    "denial": (
        {
            **of(ShownDenial, "by", "at", "code", "reason", "opinion"),
            "break_glass": bool,
            **of(ShownDenial, "review", "reviewed_by"),
        },
        None,
    ),
    "releases": [
        {
            **of(ShownRelease),
            "acknowledged": [of(ShownPackageNote, "on", "reason", "at", "by")],
        }
    ],
    **of(ShownRequest, "history"),
    "told": [{"to": str, "at": datetime, **of(Message, "line", "taken_at")}],
}

_STATUS: Final = {
    **of(Status, "practice", "recordings", "last_intake"),
    "waiting_for_me": [_BRIEF],
    "lapsing_soon": [_BRIEF],
    "overdue": [_DUE],
    "due_soon": [_DUE],
    **of(Status, "waiting_since", "heard_not_sent", "handover_not_recorded"),
    **of(Status, "last_archive", "last_verify"),
    "unarchived": (of(Unarchived, "recordings", "since", "due_at"), None),
    "volumes": [
        {
            name: _VOLUME[name]
            for name in ("volume", "standing", "last_seen", "last_verified", "on_vaults_disk")
        }
    ],
    "last_reconcile": ({"at": datetime, **_COUNTS}, None),
    "record_verified": datetime | None,
    "time_stamps": (of(StampStanding, "last", "waits", "owed"), None),
    "last_drill": datetime | None,
    "witnesses": [of(SeenBy, "witness", "at", "size")],
    **of(Status, "desk", "searched_without_request"),
    "unreviewed_glass": [{"request": str, "by": str, "at": datetime, "review": str}],
    "erasure_owed": [{"volume": str, "recordings": int}],
    "beyond_reach?": of(BeyondReach, "recordings", "until"),
    **of(Status, "retention_due", "mail_waiting", "free_bytes", "catalogue_bytes"),
    **of(Status, "audit_entries", "warnings"),
}
_STATUS_OF_EACH: Final = {
    "items": [
        {
            **of(PracticeStanding, "practice", "error", "exit_status"),
            **dict.fromkeys(("recordings", "audit_entries", "catalogue_bytes"), int | None),
            **dict.fromkeys(("free_bytes", "requests_overdue", "requests_due_soon"), int | None),
            **dict.fromkeys(("erasures_due", "erasures_owed", "unarchived"), int | None),
            **dict.fromkeys(("mail_waiting", "warnings"), int | None),
            **dict.fromkeys(("last_intake", "last_archive", "last_backup"), datetime | None),
            "last_drive_verification": datetime | None,
            "last_record_verification": datetime | None,
            "oldest_waiting_request": datetime | None,
        }
    ]
}

_SHOWN_INCIDENT: Final = {
    "id": str,
    **of(ShownIncident, "state", "what", "noticed_at", "due_at", "reported_at", "reported_by"),
    **of(ShownIncident, "told", "recordings"),
    "request": str | None,
    "article_33_3": dict.fromkeys(ICO_REPORT_FIELDS, str | int | None),
    "article_33_5": dict.fromkeys(BREACH_RECORD_FIELDS, str | None),
    **of(Findings, "likelihood", "impact"),
    "article_34": {**dict.fromkeys(PEOPLE_TOLD_FIELDS, str | int | None), "not_told": str | None},
    "dspt_reference": str | None,
    **of(ShownIncident, "must_be_reported", "must_tell_people", "still_missing"),
    "closing": (
        {
            "outcome": Outcome,
            "on": date,
            "at": datetime | None,
            "reason": str,
            "late": bool,
            "delay_reason": str | None,
        },
        None,
    ),
    **of(ShownIncident, "history"),
}

_UPDATED: Final = {
    "id": str,
    **of(UpdatedIncident, "state", "version", "must_be_reported", "must_tell_people"),
    **of(UpdatedIncident, "still_missing"),
}

_CHANGED_COMPLAINT: Final = {"id": str, **of(ChangedComplaint, "state", "version", "due_on")}

_WRITTEN_NOTE: Final = {"id": str, **of(WrittenNote, "recording", "version")}

_KEPT_SUBJECT: Final = {"id": str, **of(KeptSubject, "version", "shared", "alike")}

_SHOWN_COMPLAINT: Final = {
    "id": str,
    **of(ShownComplaint, "state", "complainant", "contact"),
    "request": str | None,
    "incident": str | None,
    **of(ShownComplaint, "received_on"),
    **of(Deadline, "due_on", "why"),
    **of(ShownComplaint, "acknowledged_on", "acknowledged_entered_on", "was_late"),
    "history": [
        {
            "what": ComplaintAct,
            "on": date,
            "how": Channel | None,
            "said": str | None,
            "finding": ComplaintFinding | None,
            "by": str,
            "at": datetime,
        }
    ],
}

_VERIFIED: Final = {
    "verdict": of(Verification, "verdict")["verdict"],
    "size": int,
    "root": str,
    **of(Verification, "checkpoints", "read_from", "unattested"),
    "anchors": [
        {"name": str, "size": int, "at": str | None, "since": str | None, "is_outside": bool}
    ],
    **of(Verification, "problems", "unchecked", "without_power", "set_back", "details_opened"),
    **of(Verification, "memory_gone", "witnesses"),
    "time": {
        "signed": ({"size": int, "at": datetime, "authority": str}, None),
        "stamps": int,
        "not_checked": str | None,
        "misdated": [of(Misdated)],
        "contradictions": [of(Contradiction)],
    },
    "resumed": [{"size": int, "leaves_lost": int, "heads_lost": int}],
    "set_aside": [of(SetAsideItem)],
}

_TEMPLATE: Final = {
    "name": str,
    "pattern": str,
    **dict.fromkeys(("times?", "inbound?", "outbound?", "internal?"), list[str]),
    "examples": list[str],
}
_PREVIEW: Final = {
    "path": str,
    "accepted": bool,
    "why": str,
    **dict.fromkeys(("system", "template", "direction", "caller", "callee"), str | None),
    **dict.fromkeys(("number", "extension", "local_time", "raw_time", "zone"), str | None),
    "parties": list[str] | None,
    "started_at": datetime | None,
    "utc_offset_minutes": int | None,
    **dict.fromkeys(("time_confidence", "contradiction", "unique_id", "codec"), str | None),
    "sample_rate": int | None,
    "channels": int | None,
    "duration_s": float | None,
    "sides": list[str] | None,
    "findings": list[str] | None,
    "joined_by": str | None,
}

RESULTS: Final[Mapping[str, Shape]] = {
    "demo": {
        "folder": Path | None,
        "played": [{"typed": str, "exit": int, "said": str}],
    },
    "init": {"vault": str, "folder": Path, "user": str, "fingerprint": str, **_KIT},
    "login": (
        {"user": str, **of(LoggedIn, "role", "ends_at", "terminal")},
        {"user": str, "words": str, "confirmed": bool},
    ),
    "user logout": {"ended": bool},
    "ingest": (
        {
            **_INGESTED,
            "not_understood": int,
            "rows_not_understood": [{"file": str, "line": int, "why": str}],
            "summary": (_SUMMARY, None),
            "seconds": float,
            "read_back?": int,
            "not_read_back?": int,
        },
        {"items": [_PREVIEW]},
        {
            "items": [
                {
                    "shape": str,
                    "files": int,
                    "remarks": list[str],
                    "template": (_TEMPLATE, None),
                    "read": [_PREVIEW],
                }
            ],
            "known": int,
        },
        {
            **of(Attested, "signed", "stamped", "known", "unsettled", "unstamped"),
            "why_unstamped": str | None,
            "left": [{"path": str, "why": str}],
        },
        {"at": datetime, **_INGESTED, "waiting": int},
        {"at": datetime, "summary": (_SUMMARY, None)},
    ),
    "search": {"items": [_CALL], "total": int},
    "show": {
        **_CALL,
        **of(StartClock),
        **of(CheckedRecording, "batch", "sides", "provenance", "words"),
        **of(CheckedRecording, "notices", "notices_stated_on", "caller_told", "file_checked"),
        **of(CheckedRecording, "restricted_by", "corrected_by"),
        "notes": [{"id": str, "subject": str | None, **of(ShownNote, "text", "at", "by")}],
        **_CATEGORY,
    },
    "request create": {
        "id": str,
        "purpose": Purpose,
        "recordings": [int],
        "matching": int | None,
        **of(CreatedRequest, "of_other_day", "of_other_extension"),
        "concerns": [str],
        "suggested?": [int],
    },
    "request list": {
        "items": [
            {
                "id": str,
                **of(ListedRequest, "purpose", "state", "created_at", "created_by", "recordings"),
            }
        ]
    },
    "request show": _SHOWN_REQUEST,
    **dict.fromkeys(("request attach", "request detach", "request amend"), _AMENDED),
    "request gather": {
        "id": str,
        "items": [_CALL],
        "added": [int],
        "left_out": _WITHHELD,
        **of(Gathered, "shared", "is_outdated", "elsewhere", "too_many"),
        **of(Amended, "version", "recordings", "grants_ended", "of_other_day"),
    },
    "request event": (
        {"id": str, "event": Event, "on": date},
        {"id": str, "event": Event, "on": date, **of(NotedPackage, "release")},
        {
            "id": str,
            "event": Event,
            "on": date,
            **of(DatedRequest, "instead_of", "was_due_on", "state"),
            **_DEADLINE,
        },
    ),
    "request dossier": (
        {
            "id": str,
            **of(Dossier, "purpose", "state", "read_at", "in_full"),
            "events": [
                {
                    **of(DossierEntry, "at", "seq", "by", "role", "what", "outcome", "attested"),
                    **of(DossierEntry, "recordings", "details", "version"),
                }
            ],
        },
        {**_TO_FILE, "id": str, "events": int},
    ),
    "request letter": (
        {"id": str, **_WRITTEN},
        {"id": str, "items": [_WRITTEN], "possible": [LetterKind]},
    ),
    **dict.fromkeys(("request withdraw", "request close"), _REQUEST),
    "request due": (
        of(Deadline, "due_on", "target_on", "extended_due_on", "why"),
        {
            "due_at": datetime,
            "due_on": date,
            "target_on": None,
            "extended_due_on": None,
            "why": [str],
        },
    ),
    **dict.fromkeys(("request subject add", "request subject change"), _KEPT_SUBJECT),
    "request subject find": {"items": [{"id": str, **of(FoundSubject, "name", "born_on")}]},
    "request subject show": {
        "id": str,
        **of(ShownSubject, "names", "born_on"),
        "nhs_number": str | None,
        **of(ShownSubject, "numbers", "masked", "shared", "alike", "proof"),
        "history": [of(SubjectChange, "what", "at", "by")],
    },
    **dict.fromkeys(("request recording identify", "request recording note"), _WRITTEN_NOTE),
    "request subject erase": {
        "id": str,
        **of(ErasedSubject, "owed"),
        "undone": [{"volume": str, "why": str}],
    },
    "request subject list": {
        "items": [{"id": str, **of(ListedSubject, "state", "version", "added_on", "added_by")}]
    },
    "request erase": (_DESTROYED, _PREVIEWED),
    "inbox": {
        "items": [
            {
                "id": str,
                **of(InboxItem, "waits_to", "purpose", "created_by", "recordings", "by_hand"),
                **of(InboxItem, "lapses_at", "due_on", "due_at", "target_on", "urgency"),
                **of(InboxItem, "nobody_else"),
                "command": str,
            }
        ]
    },
    "approve": (_APPROVED, {"items": [_APPROVED], "left": _LEFT}),
    "deny": (_REQUEST, {"items": [_REQUEST], "left": _LEFT}),
    "revoke": {"id": str, **of(RevokedRequest, "grants", "state")},
    "listen": (
        of(PlayedRecording),
        {"items": [of(PlayedRecording)]},
        {
            **of(WaveformView, "request", "recording", "audit_seq"),
            "duration_s": float,
            "sample_rate": int,
            "channels": int,
            "peaks": [[int]],
            **of(WaveformView, "edits"),
        },
    ),
    "release": (_RELEASED, {"items": [_RELEASED], "left": _LEFT}),
    "hold place": {"id": str, "recordings": [int]},
    "hold lift": {"id": str, "state": HoldState},
    "hold list": {"items": [{**_HOLD, "recordings": int}]},
    "hold show": {**_HOLD, "recordings": [int], "reason": str},
    "retention review": (
        {
            "on": date,
            "categories": [
                {
                    "category": str,
                    "keeps": str | None,
                    "source": str,
                    "recordings": int,
                    "due": int,
                    "free": int,
                    "next_due_on": date | None,
                }
            ],
            "items": [_DUE_GROUP],
            "due": int,
            **of(RetentionReview, "free", "stubs"),
        },
        {**_TO_FILE, "lines": int},
    ),
    "retention dispose": (
        {
            "id": str | None,
            **of(DisposalProposal, "recordings"),
            "items": [_DUE_GROUP],
            **of(DisposalProposal, "left"),
        },
        _DESTROYED,
        _PREVIEWED,
    ),
    "retention set": {
        "category": str,
        "rule": str,
        "recordings": [int],
        **of(CategoryGiven, "kept_as_claims"),
    },
    "retention undo": {"id": str | None, **of(UndoProposal, "batch", "recordings", "left")},
    "archive": {
        "volume": str,
        "bag": str | None,
        "recordings": int,
        "bytes": int,
        "verified": bool,
        **of(Archived, "out_of_reach", "unsound", "erased", "on_vaults_disk"),
        "removed?": int,
        "freed_bytes?": int,
        **{f"{n}?": each for n, each in of(Removed, "too_few_copies", "not_counted").items()},
    },
    "archive list": {"items": [_VOLUME]},
    "archive keep": {"volume": str, "with": str, "at": str},
    "archive lost": {
        "volume": str,
        "incident": str,
        **of(ReportedIncident, "told", "due_at"),
        **of(LostVolume, "recordings", "without_copy"),
    },
    "archive found": {"volume": str, "checked": int},
    "archive verify": (_REPORT, {"items": [_REPORT]}),
    "drive backup": {
        "volume": str,
        "copied_at": str,
        "bytes": int,
        **of(BackedUp, "on_vaults_disk"),
    },
    "drive restore": (
        {"vault": str, "volume": str, "copied_at": str},
        {
            "volume": str,
            "copied_at": str,
            "log_size": int,
            **_FETCHED,
            "lacking": int,
            "opened": int,
            "tried": int,
            **of(RestoreDrill, "seq"),
        },
        {
            "vault": str,
            "log_size": int,
            **of(Restored, "leaves_lost", "resumed"),
            **_REPAIRED,
            **of(Restored, "erased_since", "erased_and_here"),
        },
    ),
    "audit review-searches": (
        {
            **of(DrawnSearches, "items", "waiting"),
            "erased": [{"seq": int, "certificate": str}],
            **of(DrawnSearches, "spoiled", "people"),
        },
        {"items": [{"seq": int, "verdict": ReviewVerdict, "audit_seq": int}]},
    ),
    "audit review-glass": {"id": str, "verdict": ReviewVerdict, "approvals": [int]},
    "audit list": {"items": [{**of(Entry), "detail": Mapping[str, Any]}], "total": int},
    "audit verify": _VERIFIED,
    "audit resume": {"entry": int, "proven": int, "items": [of(SetAsideItem)]},
    "audit export": {**_TO_FILE, "size": int},
    "audit print": {"size": int, "checkpoint": str, "path": Path | None},
    "audit prove": {"seq": int, "proof": str},
    "audit stamp": {
        **of(Stamp, "size"),
        "at": datetime,
        **of(Time, "authority", "policy"),
        **of(StampedRecord, "on_record"),
        "path": Path | None,
    },
    "audit verify-release": {
        **of(Result, "verdict", "trust"),
        **of(CheckedRelease, "display", "is_on_record"),
        **dict.fromkeys(("fingerprint", "release", "request", "practice"), str | None),
        "certificate": str | None,
        "destroyed": int | None,
        "time": (of(Time), None),
        "time_unchecked": str | None,
        "times_apart": str | None,
        **of(Result, "problems"),
        **of(CheckedRelease, "files"),
        "recordings": [of(Trace)],
        "witnesses": [of(Seen)],
        "witnesses_not_checked": [str],
    },
    "audit cosign": (
        {
            **of(Cosigned, "size", "entry", "needed"),
            "seen": int,
            "witnesses": [of(WitnessAnswer, "witness", "state", "at", "why")],
        },
        {"keys": [of(LogKey)]},
    ),
    "audit witness init": {"folder": Path, "key": str},
    "audit witness add": {"origin": str, "key": str},
    "audit witness serve": {"url": str, "key": str},
    "user add": _ADDED,
    "user import": (_ADDED, {"items": [_ADDED], "left": _LEFT}),
    "user reset": {"user": str, "password": str | None, **of(PasswordReset, "taken_back")},
    "user confirm": (_CONFIRMED, {"items": [_CONFIRMED], "left": _LEFT}),
    "user list": {"items": [_PERSON]},
    "user show": _PERSON,
    "user role": {
        "user": str,
        "role": Role,
        "only": list[Power] | None,
        **of(RoleChange, "delegations", "taken_back"),
    },
    "user delegate": {"user": str, "power": Power, "until": date | None},
    "user disable": {"user": str, "standing": str, "taken_back": [str]},
    "user password": {"user": str, "taken_back?": [str]},
    "user sessions": ({"items": [of(OpenSession)]}, {"user": str, "ended": int}),
    "user factor add": {"user": str, "kind": str, "name": str, "secret_key": str | None},
    "user factor list": {"items": [of(Slot, "name", "kind")]},
    "user factor remove": {"user": str, "kind": str, "name": str, "left": int},
    "user factor forget": {"forgotten": int},
    "user whoami": {
        "user": str,
        "role": Role,
        "powers": [Power],
        "fingerprint": str,
        "practice": str,
    },
    "practice settings show": _SETTINGS,
    "practice settings check": _CHANGES,
    "practice settings apply": (
        {**_SETTINGS, **_CHANGES},
        {"version": None, **of(ProposedSettings, "changes")},
    ),
    "practice keys list": {"items": [of(KeyInUse)]},
    "practice keys audit": {
        "items": [
            {
                "user": str,
                **{f"{key}?": list[int] for key in VaultKey},
                **of(KeyAccess, "requests", "incidents", "complaints", "grants", "factors"),
            }
        ],
        "problems": [{"of": str, "user": str, "what": str}],
    },
    "practice keys rotate": (
        {"items": [{"key": VaultKey, "version": int}]},
        {"items": [{"what": str, "moved": int, "left": int}]},
        {"recordings": int, "bytes": int, "left": [{"why": WhyLeft, "recordings": [int]}]},
    ),
    "practice keys kit new": {"serial": int, **_KIT},
    "practice keys kit check": {"serial": int},
    "practice recovery drill": of(KitDrill),
    "practice recovery use": {"user": str, **_KIT},
    "practice register": (
        *(
            {"register": RegisterName, "read_at": datetime, "items": [of(each.entry)]}
            for each in REGISTER_SOURCES.values()
        ),
        {**_TO_FILE, "register": RegisterName, "entries": int},
    ),
    "practice report": (
        of(PracticeReport),
        {"paths": [Path], "month": str, "entries": int},
    ),
    **{f"practice notice {kind}": {**_NOTICE, "on": date, "text": str} for kind in NoticeKind},
    "practice notice complaints": {"text": str},
    "practice notice list": {
        "items": [
            {
                **_NOTICE,
                "in_force": bool,
                "published_on": date | None,
                "published_where": str | None,
                "published_stated_on": date | None,
                "published_stated_by": str | None,
            }
        ],
        "gaps": [{"kind": NoticeKind, "from": date | None, "until": date | None}],
    },
    "practice mail list": {
        "items": [
            {
                "to": str,
                **of(Message, "made_at", "tried_at", "taken_at"),
                "has_address": bool,
            }
        ]
    },
    "practice mail send": _SENT,
    "practice mail remind": {"reminders": int, **_SENT},
    "practice fingerprint": {"fingerprint": str, "groups": [str], "words": str},
    "practice reconcile": {
        "at": datetime,
        **_COUNTS,
        "not_listed": int,
        "items": [
            {
                "what": of(Finding, "what")["what"],
                "why": str | None,
                **of(Finding, "at", "until", "direction", "extension", "number", "recordings"),
            }
        ],
        "rows_not_understood": [{"file": str, "line": int, "why": str}],
    },
    "practice migrate": of(Migrated),
    "practice desk": {"items": [of(finding.Finding)]},
    "practice network plan": {"items": [of(PlannedPractice)]},
    "practice doctor": ({"items": [of(finding.Finding)]}, _REPAIRED),
    "incident report": {"id": str, **of(ReportedIncident, "told", "due_at")},
    "incident list": {
        "items": [
            {
                "id": str,
                **of(ListedIncident, "state", "noticed_at", "due_at"),
                "left_s": int | None,
                **of(ListedIncident, "reported_by", "told"),
            }
        ]
    },
    "incident show": _SHOWN_INCIDENT,
    **dict.fromkeys(("incident update", "incident close"), _UPDATED),
    **dict.fromkeys(
        [f"complaint {what}" for what in ("receive", "acknowledge", "progress", "outcome")],
        _CHANGED_COMPLAINT,
    ),
    "complaint list": {
        "items": [
            {
                "id": str,
                **of(ListedComplaint, "state", "received_on", "due_on", "urgency", "entered_by"),
            }
        ]
    },
    "complaint show": _SHOWN_COMPLAINT,
    "status": (_STATUS, _STATUS_OF_EACH),
    "config path": {"path": str, "exists": bool},
    "config show": Config,
    "config check": {"path": str, "vault": str},
}
"""A command -> its document; several: one of them, by what was asked. None: ``config edit``."""

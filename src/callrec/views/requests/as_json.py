"""A request as other programs read it (docs/reference/json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from callrec.policy.clock_events import Deadline
from callrec.policy.edits import Edits
from callrec.views.words import facts

if TYPE_CHECKING:  # the command line loads nothing of the work for its help
    from callrec.requests.packages import ShownRelease
    from callrec.requests.show import ShownApproval, ShownRecording, ShownRequest


def request_json(shown: ShownRequest) -> Mapping[str, Any]:
    """A request as other programs read it (docs/reference/json.md)."""
    hold, denial = shown.hold, shown.denial
    return {
        "id": shown.reference,
        **facts(shown, "purpose"),
        "reason": shown.particulars["reason"],
        **facts(shown, "state", "created_at", "created_by"),
        **deadline_json(shown.deadline),
        **facts(shown, "lapses_at", "particulars", "digest"),
        "recordings": [_recording_json(recording) for recording in shown.recordings],
        "gathering": shown.gathering
        and {
            **facts(shown.gathering, "at", "by", "found", "attached"),
            "left_out": [{"id": each, "code": code} for each, code in shown.gathering.left_out],
            **facts(shown.gathering, "since"),
        },
        "hold": hold and {"id": f"H-{hold.number}", **facts(hold, "state", "recordings")},
        "approvals": [_approval_json(approval) for approval in shown.approvals],
        "denial": denial
        and {
            **facts(denial, "by", "at", "code", "reason", "opinion"),
            "break_glass": denial.review is not None,
            **facts(denial, "review", "reviewed_by"),
        },
        "releases": [_release_json(release) for release in shown.releases],
        **facts(shown, "history"),
        "told": [
            {
                "to": each.login,
                "at": each.message.made_at,
                **facts(each.message, "line", "taken_at"),
            }
            for each in shown.messages
        ],
    }


def _recording_json(recording: ShownRecording) -> dict[str, Any]:
    return {
        **facts(recording, "id", "uid", "started_at"),
        "duration_s": None if recording.duration_ms is None else recording.duration_ms / 1000,
        **facts(recording, "direction", "format", "size_bytes", "state"),
        "sha256_sealed": recording.ciphertext,
        "of_other_day": recording.is_of_other_day,
        "of_other_extension": recording.is_of_other_extension,
        "of_other_number": recording.is_of_other_number,
        **facts(recording, "taken_in_at", "taken_in_by", "by_hand", "matched", "findings"),
        **(facts(recording.retained) if recording.retained else {}),
    }


def _approval_json(approval: ShownApproval) -> dict[str, Any]:
    return {
        **facts(approval, "by", "at", "note", "opinion", "countersigned_by"),
        "for": approval.to,
        "lapses_at": approval.until,
        **facts(approval, "recordings"),
        "edits": edits_json(approval.edits),
        "withheld": [{"id": number, "code": code} for number, code in approval.withheld],
        "break_glass": approval.broke_glass,
        **facts(approval, "review", "reviewed_by", "ended"),
    }


def edits_json(edits: Mapping[int, Edits]) -> list[dict[str, Any]]:
    """What is left out of each copy of which something is, for other programs."""
    return [{"id": number, "edits": each.as_json()} for number, each in edits.items() if each]


def _release_json(release: ShownRelease) -> dict[str, Any]:
    acknowledged = [facts(note, "on", "reason", "at", "by") for note in release.acknowledged]
    return {**facts(release), "acknowledged": acknowledged}


def deadline_json(deadline: Deadline | None) -> dict[str, Any]:
    """As other programs read it (docs/reference/json.md); all null where nothing sets a day."""
    names = ("due_on", "target_on", "extended_due_on", "waiting_for", "why")
    return {**dict.fromkeys(names), "why": []} if deadline is None else facts(deadline, *names)

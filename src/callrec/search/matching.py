"""Let a new request ask for the recordings that match it [policy 4(b), 4(d)]."""

from __future__ import annotations

from callrec.dataclass import dataclass
from callrec.policy.purpose import TERMS
from callrec.practice import Actor, Practice
from callrec.requests.amend import attach_recordings
from callrec.requests.ask import CreatedRequest
from callrec.requests.gather import gather_recordings
from callrec.search.search import Suggested


@dataclass(frozen=True, slots=True)
class Attached:
    """What was attached to a new request."""

    recordings: tuple[int, ...] = ()
    is_gathered: bool = False
    """By a gathering: all that matches was looked at."""
    too_many: int = 0
    """How many more match than one request can name."""


def attach_matching(
    practice: Practice, actor: Actor, made: CreatedRequest, suggested: Suggested | None
) -> Attached:
    """Attach all that matches: what is owed whole by a gathering, of the rest what is shown.

    Raises: as `gather_recordings` and `attach_recordings`.
    """
    if TERMS[made.purpose].is_owed_whole:
        if not (suggested and suggested.may_see and suggested.matching):
            return Attached()
        gathered = gather_recordings(practice, actor, made.reference, leave_out={})
        added = tuple(each.id for each in gathered.found if each.id in gathered.added)
        return Attached(added, is_gathered=True, too_many=gathered.too_many)
    numbers = tuple(call.id for call in suggested.shown) if suggested else ()
    if numbers:
        attach_recordings(practice, actor, made.reference, numbers)
    return Attached(numbers)

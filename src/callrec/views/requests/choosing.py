"""Requests to choose from, where one is to be named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from callrec.errors import is_allowed
from callrec.policy.purpose import TERMS
from callrec.policy.request import USED_STATES, RequestAct, check_transition
from callrec.policy.role import Power
from callrec.views.words import as_words, counted

if TYPE_CHECKING:  # the command line loads nothing of the work for its help
    from callrec.practice import Actor, Practice
    from callrec.requests.show import ListedRequest

Keep: TypeAlias = "Callable[[ListedRequest, str, Collection[Power]], bool]"
"""Whether a request is offered, given who acts and what they may do."""


def request_rows(
    practice: Practice, actor: Actor, act: RequestAct | None, keep: Keep
) -> Mapping[str, tuple[str, ...]]:
    """The requests to which an act can happen now, the newest first: what each is, in words.

    Without an act, all of them.
    """
    from callrec.practice import powers
    from callrec.requests.show import list_requests

    may = powers(practice, actor)
    return {
        each.reference: (
            *(as_words(each.purpose), each.state, f"by {each.created_by}"),
            counted(each.recordings, "recording"),
        )
        for each in list_requests(practice, actor)
        if act is None or is_allowed(check_transition, each.state, act, each.reference)
        if keep(each, actor.login, may)
    }


def may_change(each: ListedRequest, login: str, may: Collection[Power]) -> bool:
    """Whether somebody may search for it, and attach what they find."""
    terms = TERMS[each.purpose]
    is_open = each.state not in USED_STATES or terms.is_dated
    is_theirs = each.created_by == login or Power.SEARCH in may
    return is_open and terms.is_made_by_hand and is_theirs


def requests_to_change(practice: Practice, actor: Actor) -> list[tuple[str, str]]:
    """The requests that somebody may search for and attach to: reference, and it in a line."""
    rows = request_rows(practice, actor, RequestAct.AMENDED, may_change)
    return [(name, f"{name}: {', '.join(words)}") for name, words in rows.items()]

"""The commands that are made to fail, the practice that each is typed in, and what it promises.

A promise is looked at twice: right after the fault, and after the command was typed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from procedures.asking import a_request, grants_of, rows, state_of, with_recordings
from procedures.drives import contents
from procedures.spool import a_call, a_wave, originals_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from practices import House


@dataclass(frozen=True, slots=True)
class Case:
    """One command."""

    prepare: Callable[[House], None]
    """Makes a practice ready for it."""
    words: Callable[[House], Iterable[str]]
    """What is typed after ``callrec``."""
    who: str
    """Who types it: a login, or empty for the intake service."""
    is_done: Callable[[House], bool]
    """Whether all of it is: what is promised once the command says so."""
    kept: Callable[[House], Iterator[str]]
    """What is wrong, of what has to hold at any moment."""
    done_already: frozenset[int] = frozenset({0})
    """The exit statuses of a command that is typed again where it was done, and had not said so."""
    before_again: Callable[[House], object] = lambda _: None
    """What happens until it is typed again."""


# ingest

NEW_CALLS: Final = (3, 4, 5)


def with_new_calls(house: House) -> None:
    with_recordings(house)
    for path in (house.folder / "spool").iterdir():
        path.unlink()
    for call in NEW_CALLS:
        a_call(house.folder / "spool", call)


def taken_in(house: House) -> bool:
    held = originals_of(house)
    return all(a_wave(call) in held for call in range(6)) and not any(
        (house.folder / "spool").iterdir()
    )


def no_call_is_lost(house: House) -> Iterator[str]:
    held = [*originals_of(house), *contents(house.folder / "spool").values()]
    for call in range(6):
        if a_wave(call) not in held:
            yield f"call {call} is neither in the spool nor in the vault"


# approve


def asked(house: House) -> None:
    with_recordings(house)
    a_request(house)


def granted(house: House) -> bool:
    return state_of(house, "R-1") == "approved" and len(grants_of(house, "R-1")) == 2


def granted_or_not(house: House) -> Iterator[str]:
    state, some = state_of(house, "R-1"), rows(house, "SELECT * FROM grant_")
    if (state, len(some)) not in {("approved", 2), ("submitted", 0)}:
        yield f"the request is {state} with {len(some)} grants"


CASES: Final = {
    "ingest": Case(
        prepare=with_new_calls,
        words=lambda house: ("ingest", str(house.folder / "spool"), "--after", "delete"),
        who="",
        is_done=taken_in,
        kept=no_call_is_lost,
        before_again=lambda house: a_call(house.folder / "spool", 9),
    ),
    "approve": Case(
        prepare=asked,
        words=lambda _: ("approve", "R-1", "--yes"),
        who="max",
        is_done=granted,
        kept=granted_or_not,
        done_already=frozenset({0, 3}),
    ),
}

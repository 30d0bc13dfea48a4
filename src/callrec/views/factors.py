"""Second factors in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from callrec.archive.opened import is_on_drives
from callrec.crypto.factor import PRINTED, Slot
from callrec.policy.role import Power, opens_recordings
from callrec.practice import Actor, Practice, powers

FACTOR_KINDS: Final[Mapping[str, str]] = {
    PRINTED: "printed secret key",
    "fido2": "security key",
    "pkcs11": "smart card",
    "passkey": "passkey, at the desk",
}
"""Every kind of second factor, as people call it."""


def added_lines(slot: Slot, words: str | None) -> Iterator[str]:
    """A factor was added; ``words``: a printed key's, where nobody saw them yet."""
    yield f'Added "{slot.name}", a {FACTOR_KINDS[slot.kind]}.'
    yield "From now on your keys open with your password and a second factor, not with one alone."
    if words:
        yield "The secret key, shown this once:"
        yield f"  {words}"


def removed_line(slot: Slot, left: int) -> str:
    """A factor was taken away."""
    if left:
        return f'"{slot.name}" is taken away; the other one opens your keys.'
    return f'"{slot.name}" is taken away. Your password alone opens your keys again.'


def older_copies_lines(practice: Practice, actor: Actor) -> Iterator[str]:
    """What a first factor does not protect: drives of before, and what is done about them."""
    may = powers(practice, actor)
    if actor.factors.slots or not (opens_recordings(may) and is_on_drives(practice)):
        return
    yield "each drive that was written before now still opens with your password alone"
    seen = "callrec user password --seen"
    if Power.GOVERN not in may:
        seen = f"a Data Controller runs callrec user reset {actor.login} --seen"
    yield f"for new keys, which those drives do not have: {seen}"


def lacking_line(login: str) -> str:
    """Somebody may approve requests and has no second factor, where the practice asks for one."""
    return (
        f"{login} has no second factor yet: to use what takes a password, {login} first runs"
        " callrec user factor add"
    )


MUST_ADD: Final = "you cannot do anything that takes your password until you add a second factor"
"""To somebody who logs in without one, where the practice asks for one."""

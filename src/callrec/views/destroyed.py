"""What is destroyed by an approved request, and what is owed of it, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from callrec.policy.clause import Law
from callrec.policy.words import in_words
from callrec.retention.destroy import Destruction, DestructionItem
from callrec.views.words import counted


def erasure_lines(items: Sequence[DestructionItem]) -> Iterator[str]:
    """What an erasure would destroy."""
    listed = ", ".join(str(each.recording) for each in items)
    yield f"Would destroy {counted(len(items), 'recording')}: {listed}."


def disposal_lines(items: Sequence[DestructionItem]) -> Iterator[str]:
    """What a disposal would destroy."""
    yield f"Would destroy {counted(len(items), 'recording')}:"
    for rule, count in sorted(Counter(each.rule for each in items).items()):
        yield f"  {rule}: {count}"


def destroyed_lines(
    reference: str, done: Destruction, kept: Mapping[int, str], law: Law
) -> Iterator[str]:
    """What was destroyed, what is kept, and what is owed.

    ``law``: by what is kept that was asked for.
    """
    what = counted(len(done.destroyed), "recording is", "recordings are")
    yield f"{reference}: {what} destroyed, certificate {done.certificate}."
    if done.person:
        yield f"{done.person} is erased from the register of people."
    if done.needed_person:
        yield (
            f"{done.needed_person} stays on the register, as something is kept or asked for of"
            " theirs"
        )
    for number, code in kept.items():
        yield f"kept: recording {number}, {in_words(code)} [{law.cited}]"
    for each in done.released_to:
        whom = f"{each.to_whom}, who has" if each.to_whom else "the person who has"
        yield f"to be told [UK GDPR 19]: {whom} release {each.release[:8]} of {each.request}"
    for label, owed in done.owed.items():
        yield f'owed: drive "{label}" still holds {owed} of them'
    for label, why in done.undone:
        yield f'drive "{label}" stays as it is: {why}'

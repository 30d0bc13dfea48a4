"""ingest --attest: sign recordings on the telephone system's machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.cli.invocation import Invocation
from callrec.cli.layout import Table
from callrec.errors import DoneInPart, Unusable
from callrec.views.words import counted, facts

if TYPE_CHECKING:
    from callrec.intake.attesting import Attested


def attest(invocation: Invocation, paths: Sequence[Path], others: Sequence[str]) -> None:
    """Sign what is finished under the paths; ``others``: what was typed and does not go with it."""
    from callrec.intake.attesting import attest_recordings
    from callrec.intake.sources import survey

    if others:
        hint = "it signs recordings where they lie; they are taken in by another run"
        raise Unusable(f"--attest does not go with {others[0]}", hint=hint)
    survey(paths, may_be_none=True)
    config, now = invocation.config, invocation.now()
    settle_seconds = config.ingest.settle_seconds
    done = attest_recordings(paths, config.attest, settle_seconds=settle_seconds, now=now)
    left = [{"path": str(each.path), "why": each.why} for each in done.left]
    counts = facts(done, "signed", "stamped", "known", "unsettled", "unstamped")
    value = {**counts, "why_unstamped": done.why_unstamped or None, "left": left}
    invocation.out.show(value, _words(done))
    if left:
        what = counted(len(left), "file was not signed", "files were not signed")
        raise DoneInPart(what, hint="the list says why; most of them are not taken in either")


def _words(done: Attested) -> Iterator[str | Table]:
    yield f"{counted(done.signed, 'recording')} signed."
    if done.known:
        yield f"{counted(done.known, 'recording')} had been signed before."
    if done.unsettled:
        yield f"{counted(done.unsettled, 'file')} may still be written to: the next run signs it."
    if done.stamped:
        yield f"{counted(done.stamped, 'signature')} stamped with the time."
    if done.unstamped:
        yield f"{counted(done.unstamped, 'signature')} without a time stamp: {done.why_unstamped}."
        yield "The next run asks again."
    if done.left:
        yield Table(("file", "why"), [(str(each.path), each.why) for each in done.left])

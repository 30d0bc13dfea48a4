"""Take recordings in: sealed on the way, durable before they are catalogued [policy 4(h), 4(i)].

In this order, for each batch of at most four hundred recordings:

    leave out, unread, what stands there as it was read before, if sources are kept
    seal two files at a time, large ones in threads, many others in processes beside; a file that
        is known by name and size is only hashed
    give each recording its call record, where there are some at hand
    make the sealed files durable, all with one call
    catalogue them in one transaction, with the batch's statement and its leaf: the commit point
    only then, and only if the copy opens, let the sources go where ``--after`` says

A run that is killed has touched no source whose recording is not in the vault; the next run clears
away what it left half-done and takes in the rest. While a batch is catalogued the next are sealed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from callrec.errors import CallrecError
from callrec.intake.clearing import check_after
from callrec.intake.intake_run import IngestRun
from callrec.intake.reading import telephone_setup
from callrec.intake.sources import check_paths, find_sources
from callrec.intake.summary import Ingested, Totals, close_intake
from callrec.intake.sweeping import sweep_store
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import attempt, today

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from callrec.intake.clearing import AfterIntake
    from callrec.intake.records import AvailableCallRecords
    from callrec.intake.sources import Found
    from callrec.practice import Actor, Practice


def ingest_recordings(
    practice: Practice,
    actor: Actor,
    paths: Sequence[Path],
    *,
    after: AfterIntake,
    system: str | None = None,
    advance: Callable[[int], None],
    records: AvailableCallRecords | None = None,
) -> Ingested:
    """Take in all recordings under the paths, and sign a summary of the run.

    Args:
        practice: the vault.
        actor: with the identity that signs what is taken in.
        paths: files, and folders with all that is in them.
        after: what becomes of the sources.
        system: whose recordings these are, a template's name too; None: told by their names.
        advance: is told, from any thread, how many bytes more are done.
        records: call records that recordings are joined to.

    Raises:
        Refused: the actor may not ingest.
        NotFound, Unusable: the paths will not do.
        Failed: the vault cannot be written; what was catalogued before stays, with a summary if
            that can be written.
    """
    done = Ingested()
    found = find_sources(paths)
    try:
        ingest_found(
            practice,
            actor,
            found,
            paths=paths,
            after=after,
            system=system,
            advance=advance,
            records=records,
            done=done,
        )
    except BaseException:
        # An order to stop is no reason to say nothing.
        if totals := Totals.of(done):
            with suppress(CallrecError):
                close_intake(practice, actor, totals, complete=False)
        raise
    done.summary = close_intake(practice, actor, Totals.of(done), complete=True)
    return done


def ingest_found(
    practice: Practice,
    actor: Actor,
    found: Iterable[Found],
    *,
    paths: Sequence[Path],
    after: AfterIntake,
    system: str | None = None,
    advance: Callable[[int], None],
    records: AvailableCallRecords | None = None,
    done: Ingested | None = None,
) -> Ingested:
    """Take in what was found under the paths; ``found`` is asked as room for more is made.

    As ``ingest_recordings`` for all else, but for the summary. ``done`` is what is added to, so
    that whoever gave it knows what was done before an error.
    """
    done = Ingested() if done is None else done
    with attempt(practice, actor, "ingest"):
        check_may(actor.person, Power.INGEST, on=today(practice))
        setup = telephone_setup(practice.config, system=system)
        check_paths(paths, practice.folder)
        check_after(after, paths, practice.folder)
        with practice.store.lock():
            sweep_store(practice)
            try:
                run = IngestRun(practice, actor, setup, after, advance, records=records, done=done)
                return run.over(found)
            except CallrecError:
                # The room is wanted at once if the disk is full.
                with suppress(CallrecError):
                    sweep_store(practice)
                raise

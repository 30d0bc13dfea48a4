"""restore, migrate: give the vault back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callrec.cli import options
from callrec.cli.commands.kit import ask_kit
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    here,
    practice_and_signer,
    practice_of,
    second_opener,
    signer_and_password,
)
from callrec.cli.prompts import COUNTERSIGN_FILE, Prompts
from callrec.errors import DoneInPart
from callrec.views.words import counted, facts, local_time

if TYPE_CHECKING:
    from callrec.archive.fetch import Fetched
    from callrec.cli.output import Output
    from callrec.practice import Actor, Practice
    from callrec.restore.choose import PassedOver
    from callrec.restore.copy import Opener
    from callrec.restore.restore import Repaired, Restored
    from callrec.volume.volume import Volume

restore_app = new_app()


@restore_app.command()
def restore(
    ctx: Context,
    *,
    volumes: FromVolumes,
    kit: WithKit = False,
    for_proof: Drill = False,
    countersign: options.Countersign = None,
) -> None:
    """Rebuild the vault from archive drives on a new machine, or fetch what is missing here.

    This brings back people, requests, the record of all that was done, and recordings. It needs the
    password of someone who may approve requests, or the recovery kit. You can give archive drives
    one after another; nothing is fetched twice. If a run is cut short, run the command again.

    Where the practice's rules say that two people open recordings, it takes two such passwords.
    """
    from callrec.restore.rebuild import is_vault, open_volumes

    call, opened = ctx.obj, open_volumes(volumes)
    if for_proof:
        _drill(call, opened)
    elif is_vault(call.config):
        _complete(call, opened, countersign)
    else:
        _rebuild(call, opened, with_kit=kit)


def _complete(invocation: Invocation, volumes: tuple[Volume, ...], countersign: str | None) -> None:
    """Fetch what is missing here, and check the record once more after that."""
    from callrec.registers.verify import check_untouched

    practice, actor = practice_and_signer(invocation)
    second = second_opener(invocation, practice, actor, countersign)
    _bring_back(invocation, practice, actor, volumes, second)
    check_untouched(invocation.config, invocation.environ)


def _rebuild(invocation: Invocation, volumes: tuple[Volume, ...], *, with_kit: bool) -> None:
    """Bring back the catalogue, and all that is on the volumes unless the kit opened them."""
    from callrec.archive.fetch import begin_to_read, files_on

    if not with_kit:
        begin_to_read(path for volume in volumes for _, path in files_on(volume, []))
    from callrec.crypto.kit import read_kit
    from callrec.registers.verify import check_vault
    from callrec.restore.copy import opener_by_kit, opener_by_password
    from callrec.restore.rebuild import actor_in_rebuilt, rebuild, second_of

    out, prompts = invocation.out, invocation.prompts
    rebuilding = partial(
        rebuild,
        *(invocation.config, volumes),
        check=check_vault,
        now=invocation.now,
        environ=invocation.environ,
    )
    second = partial(_ask_second, prompts)
    if with_kit:
        rebuilt = rebuilding(opener_by_kit(read_kit(ask_kit(prompts))))
    else:
        place = here(invocation, volumes[0].vault)
        rebuilt = prompts.try_passwords(
            "Password of somebody who may approve requests",
            lambda password: rebuilding(opener_by_password(password, place, second)),
        )
    made = rebuilt.copied_at
    _note_not_taken(out, rebuilt.passed_over)
    out.note(f'the catalogue is back as it was on {_when(made)}, from "{rebuilt.label}"')
    if rebuilt.flaw is not None:
        out.note(f"no copy is sound, and this is the newest: {rebuilt.flaw.message}")
    elif rebuilt.passed_over:
        out.note("that is the newest copy that is sound; what was done after it is not in it")
    if with_kit:
        value = {"vault": rebuilt.practice.vault, "volume": rebuilt.label, "copied_at": made}
        out.show(value, "The catalogue is back; no recording is fetched yet.")
        out.next_step("callrec practice recovery use, then the same callrec drive restore again")
        return
    practice, actor = rebuilt.practice, actor_in_rebuilt(rebuilt)
    _bring_back(invocation, practice, actor, volumes, second_of(practice, rebuilt.opener))


def _ask_second(prompts: Prompts, use: Callable[[str], Opener]) -> Opener:
    """A second person, by their password alone: a copy names no logins."""
    question = "Password of a second person who may approve requests"
    return prompts.try_passwords(question, use, file_variable=COUNTERSIGN_FILE)


def _drill(invocation: Invocation, volumes: tuple[Volume, ...]) -> None:
    from callrec.archive.fetch import count_files
    from callrec.registers.verify import check_vault
    from callrec.restore.copy import opener_by_password
    from callrec.restore.drill import run_restore_drill

    practice = practice_of(invocation)
    actor, password = signer_and_password(invocation, practice)
    out = invocation.out
    with out.progress("fetching", total=sum(map(count_files, volumes))) as advance:
        done = run_restore_drill(
            practice,
            actor,
            volumes,
            opener_by_password(
                password, here(invocation, practice.vault), partial(_ask_second, invocation.prompts)
            ),
            check=check_vault,
            environ=invocation.environ,
            advance=advance,
        )
    fetched = done.fetched
    value = {
        "volume": done.label,
        **facts(done, "copied_at", "log_size"),
        **_fetched_json(fetched),
        "lacking": done.not_on_volumes,
        "opened": done.opened.opened,
        "tried": done.opened.of,
        **facts(done, "seq"),
    }

    def lines() -> Iterator[str]:
        yield f'From "{done.label}" the vault comes back: {done.log_size} entries of the record,'
        yield f"{counted(fetched.recordings, 'recording')}, each as it was sealed."
        yield f"Opened to the last byte: {done.opened.opened} of {done.opened.of} tried."
        yield from (f"damaged on the drive: {path}" for path in fetched.damaged)
        if done.not_on_volumes:
            yield f"not on these drives: {done.not_on_volumes}"
        yield f"The proof is entry {done.seq} of the record."

    _note_not_taken(out, done.passed_over)
    out.show(value, lines())
    done.opened.check()
    for problem in (done.flaw, *(each.problem for each in done.passed_over)):
        if problem is not None:
            raise problem
    if fetched.damaged or done.not_on_volumes:
        raise DoneInPart(
            "some recordings would still be missing", hint="archive again, then drill again"
        )


def _bring_back(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    volumes: tuple[Volume, ...],
    second: Actor | None,
) -> None:
    from callrec.archive.fetch import count_files
    from callrec.practice import report_unsaved_head
    from callrec.registers.verify import check_vault
    from callrec.restore.restore import restore_from_volumes

    out = invocation.out
    with out.progress("fetching", total=sum(map(count_files, volumes))) as advance:
        done = restore_from_volumes(
            practice, actor, volumes, check=check_vault, advance=advance, second=second
        )
    value = {
        "vault": practice.vault,
        "log_size": done.size,
        **facts(done, "leaves_lost", "resumed"),
        **fetched_json(done),
        **facts(done, "erased_since", "erased_and_here"),
    }
    out.show(value, _lines(practice.name, done))
    if not done.resumed:
        out.next_step(
            "a Data Controller runs the same callrec drive restore, which resumes the record"
        )
    else:
        out.next_step("callrec audit verify, then callrec archive --to DIR")
    report_unsaved_head(practice)
    check_all_fetched(done)


def _note_not_taken(out: Output, passed_over: Sequence[PassedOver]) -> None:
    for each in passed_over:
        copy = f"the copy of {_when(each.copied_at)} on " if each.copied_at else ""
        out.note(f'not taken: {copy}"{each.label}": {each.problem.message}')


def _when(made: str) -> str:
    """When a copy was made, as it is read; it is called by ``20260807T101500Z``."""
    return f"{local_time(datetime.fromisoformat(made), UTC)} UTC"


def _lines(practice: str, done: Restored) -> Iterator[str]:
    yield f"{practice}: {counted(done.fetched.recordings, 'recording')} fetched."
    if done.leaves_lost:
        lost = f"{done.size} to {done.size + done.leaves_lost - 1}"
        yield f"The record goes on at entry {done.size}; lost: entries {lost}, at least."
        if done.copied_at:
            since = _when(done.copied_at)
            again = "take them in again if they are there"
            yield f"Calls taken in since {since} are lost too: {again}."
        yield "What was decided since that copy has to be decided again."
    for erased, where in ((done.erased_since, "not fetched"), (done.erased_and_here, "here")):
        if erased:
            numbers = ", ".join(map(str, erased))
            yield f"Erased after that copy, and {where}: recording {numbers}."
    if done.erased_since or done.erased_and_here:
        yield "Its erasure has to be decided again: callrec request create erasure"
    yield from not_fetched_lines(done)


def fetched_json(done: Restored | Repaired) -> dict[str, Any]:
    """As JSON has it."""
    undone = [{"volume": label, "why": why} for label, why in done.undone]
    return {**_fetched_json(done.fetched), **facts(done, "missing"), "undone": undone}


def _fetched_json(fetched: Fetched) -> dict[str, Any]:
    return {
        "recordings": fetched.recordings,
        "bytes": fetched.size_bytes,
        "damaged": fetched.damaged,
    }


def not_fetched_lines(done: Restored | Repaired) -> Iterator[str]:
    """One line for each thing that is not as it should be."""
    for path in done.fetched.damaged:
        yield f"damaged on the drive: {path}"
    for label, count in done.missing.items():
        where = f'on drive "{label}"' if label else "on no drive that is known"
        yield f"still missing: {count}, {where}"
    for label, why in done.undone:
        yield f'drive "{label}" stays as it is: {why}'


def check_all_fetched(done: Restored | Repaired) -> None:
    """Tell by the exit status where something was not done."""
    if done.missing or done.fetched.damaged:
        raise DoneInPart(
            "some recordings are still missing", hint="attach another drive and restore from it"
        )
    if done.undone:
        raise DoneInPart(
            f'drive "{done.undone[0][0]}" stays as it is, and something is to be done there',
            hint="callrec archive verify DIR names all that is wrong with a drive",
        )


migrate_app = new_app()


MoveTo = Annotated[
    str,
    options.valued(
        "--to",
        "URL",
        'Move the catalogue to this database of PostgreSQL; "sqlite" moves it back.'
        ' Or the recordings to this bucket, s3://NAME; "folder" moves them back.',
    ),
]


@migrate_app.command()
def migrate(ctx: Context, to: MoveTo = "") -> None:
    """Bring a vault that an older callrec wrote to the newest schema; or move it.

    First a sealed copy of the old catalogue is put beside it; callrec drive restore --from brings
    that back. Either all of it is done, or nothing. Delete the copy once you have seen that all is
    well: what is erased later stays in it.
    """
    from callrec.restore.migrate import migrate_vault

    call, out = ctx.obj, ctx.obj.out
    if to:
        _move(call, to)
        return
    done = migrate_vault(call.config, now=call.now, environ=call.environ)

    if done.copy is None:
        out.show(facts(done), f"The vault has schema {done.after}, the newest.")
        return
    had = f"The vault had schema {done.before} and has {done.after} now."
    out.show(facts(done), (had, f'The catalogue as it was is sealed in "{done.copy}".'))
    out.next_step("callrec audit verify, and delete the copy once all is well")


def _move(call: Invocation, to: str) -> None:
    from callrec.restore.moving import FOLDER, SQLITE, move_catalogue, move_recordings

    step = "take {} out of" if to in (FOLDER, SQLITE) else "put this URL as {} into"
    step = f"{step} the configuration of each machine, then callrec"
    if to != FOLDER and not to.startswith("s3:"):
        done = move_catalogue(call.config, to, now=call.now, environ=call.environ)
        said = f"The catalogue was in a {done.before} and is in a {done.after} now."
        call.out.show(facts(done), said)
        call.out.next_step(f"{step.format('catalogue')} audit verify")
        return
    done = move_recordings(call.config, to, now=call.now, environ=call.environ)
    if done.before == done.after:
        call.out.show(facts(done), "The bucket had lost its mark, and is this vault's again.")
        call.out.next_step("callrec practice doctor --full")
        return
    said = f"The recordings were in a {done.before} and are in a {done.after} now."
    call.out.show(facts(done), (said, f"The {done.before} has them yet, and nobody uses it."))
    call.out.next_step(f"{step.format('recordings')} practice doctor --full; delete what was left")


FromVolumes = Annotated[
    list[Path],
    options.valued("--from", "DIR", "An archive drive's folder; give each that is attached."),
]

WithKit = Annotated[bool, typer.Option("--kit", help="Open with the recovery kit, not a password.")]

Drill = Annotated[
    bool,
    options.plain("--drill", "Prove that it would work, in a folder that is deleted afterwards."),
]

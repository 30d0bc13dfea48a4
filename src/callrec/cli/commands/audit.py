"""``callrec audit``: read the record of all that was done, and check it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.commands.reviews import review_glass, review_searches
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person_if_any,
    check_destination,
    practice_and_signer,
    practice_of,
    presenting_here,
    session_here,
    signing_login,
    signing_person,
    typed_moment,
)
from callrec.cli.layout import Table
from callrec.cli.output import Output, qr_code
from callrec.cli.prompts import Prompts
from callrec.errors import CallrecError, Tampered, Unusable
from callrec.system.shell import quoted
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.audit.foreign import Foreign
    from callrec.practice import Actor, Practice
    from callrec.registers.audit import Entry, OpenedDetails
    from callrec.registers.resuming import SetAsideItem

DEFAULT_LIMIT = 50
"""Entries that are shown unless more are asked for."""

audit_app = new_app(default="list")

audit_app.command("review-searches")(review_searches)

audit_app.command("review-glass")(review_glass)


@audit_app.command("list")
def list_(
    ctx: Context,
    *,
    actor: options.ByLogin = None,
    action: options.Action = None,
    subject: options.Subject = None,
    since: options.Since = None,
    until: options.Until = None,
    limit: options.Limit = None,
) -> None:
    """List the newest entries, oldest first, with their sealed details.

    Reading the record is itself recorded.
    """
    from callrec.registers.audit import LogFilter, list_audit

    practice = practice_of(ctx.obj)
    begin = typed_moment(practice, since, "--since")
    wanted = LogFilter(actor, action, subject, begin, typed_moment(practice, until, "--until"))
    reader = signing_person(ctx.obj, practice)
    found = list_audit(practice, reader, wanted, limit=limit or DEFAULT_LIMIT)
    _show_entries(ctx.obj.out, *found, subject)


def _show_entries(out: Output, entries: Sequence[Entry], total: int, asked: str | None) -> None:
    from callrec.views.audit import about_in_words, act_of, entries_json, utc, what_was_changed

    rows = [
        (e.seq, utc(e.at), e.actor, act_of(e), about_in_words(e.subject, asked)) for e in entries
    ]
    table = Table(("seq", "at (UTC)", "who", "what", "about"), rows)
    out.show(entries_json(entries, total), table)
    for each in entries:
        if each.is_malformed:
            out.note(f"entry {each.seq}, by {each.actor}: its details are in no form of callrec's")
    if total > len(entries):
        out.note(f"the newest {len(entries)} of {total}; --limit {total} shows all")
    if problem := what_was_changed(entries):
        raise problem


@audit_app.command()
def verify(
    ctx: Context,
    *,
    full: options.Full = False,
    new: options.OnlyNew = False,
    against: options.Against = None,
    pin: options.Pin = None,
) -> None:
    """Check the whole record, and say what that proves.

    A note of the record's newest entry is kept outside the vault: by this machine, on a drive, in a
    release, on paper. It shows if newer entries were cut off.

    INTACT: nothing was changed, and nothing was cut off before the newest note at hand. INTACT,
    resumed: the same, except for what was found before and is on record. INTACT-SINCE: nothing was
    changed in the entries that --new reads. INTACT-UNANCHORED: nothing was changed, but there is no
    note to compare with. The newest entries could have been cut off (exit status 10, or 11 if this
    machine's note is gone). TAMPERED: something was changed or is missing; it is named.
    INCONCLUSIVE: not all of it could be checked. Sealed details are opened by --full alone: without
    it, it is seen that each is there and may be one, and not whether a byte was changed. The files
    of recordings are not looked at: callrec practice doctor does that.
    """
    from callrec.registers.verify import verify_audit
    from callrec.views.audit import verification_json, verification_lines, what_is_wrong

    if full and new:
        raise Unusable("--full and --new ask for different things", hint="give one of them")
    opened, root = _open_details(ctx.obj) if full else (None, None)
    verify = partial(
        verify_audit,
        ctx.obj.config,
        environ=ctx.obj.environ,
        trusted_root=lambda vault: pin or root or _root_of_login(ctx.obj, vault),
    )
    check = partial(verify, full=full, only_new=new, opened_details=opened)
    found = check(against=tuple(against or ()), at=ctx.obj.now())
    ctx.obj.out.show(verification_json(found), verification_lines(found, full=full))
    if problem := what_is_wrong(found):
        raise problem


@audit_app.command()
def resume(ctx: Context, *, reason: options.Reason = None, yes: options.Yes = False) -> None:
    """Go on after something was found in the record that nobody signed, or its end has gone.

    It shows what was found: entries and rows that were damaged, or added without a key. It says if
    this computer has seen more entries than there are. A Data Controller records it, with a reason
    and their password. From then on, what was added counts for nothing, and what was damaged stays
    as it is. What has gone is lost. Commands work again. callrec audit verify always names it.
    """
    from callrec.practice import report_unsaved_head
    from callrec.registers.resuming import foreign_items, resume_record

    practice, actor, foreign = _open_to_resume(ctx.obj)
    items = foreign_items(practice, foreign, actor=actor)
    for line in _foreign_lines(foreign, items):
        ctx.obj.out.note(line)
    reason = _checked_reason(ctx.obj.prompts, reason)
    ctx.obj.prompts.confirm("put this on record, under your name", yes=yes)
    seq = resume_record(practice, actor, foreign, reason=reason)
    report_unsaved_head(practice)
    shown = [facts(item) for item in items]
    value = {"entry": seq, "proven": foreign.proven.size, "items": shown}
    last = f"On record as entry {seq}; the record goes on from there."
    ctx.obj.out.show(value, [*(item.what for item in items), last])
    ctx.obj.out.next_step("callrec audit verify --full")


def _checked_reason(prompts: Prompts, typed: str | None) -> str:
    from callrec.registers.resuming import check_reason

    what = "How may it have come there, and what did you do about it"
    reason = prompts.ask_until(what, check_reason, option="--reason") if typed is None else typed
    check_reason(reason)
    return reason


def _open_to_resume(invocation: Invocation) -> tuple[Practice, Actor, Foreign]:
    """The practice, opened on what can be made out of its record; who resumes it; what is wrong."""
    from callrec.login.unlock import actor_of, unlock_person
    from callrec.registers.resuming import open_practice_to_resume, or_restore, show_foreign

    with or_restore():
        practice = open_practice_to_resume(invocation.config, invocation.now, invocation.environ)
        login = signing_login(invocation, practice)
        password = invocation.prompts.ask_password(f"Password of {login}")
        factor = presenting_here(invocation, practice)
        unlocked = unlock_person(practice, login=login, password=password, factor=factor)
        actor = actor_of(practice, unlocked)
        return practice, actor, show_foreign(practice, actor)


def _foreign_lines(foreign: Foreign, items: Sequence[SetAsideItem]) -> Iterator[str]:
    from callrec.catalogue.engine import TO_RESTORE

    last = foreign.proven.size - 1
    yield f"The record is proven up to entry {last}. This is not as anybody signed it:"
    for item in items:
        yield f"- {item.what}"
    if not all(entry.act for entry in foreign.listed):
        yield (
            "What an entry did that is damaged or gone is gone with it: it may have shut somebody"
            f" out or taken something back. To bring it back, {TO_RESTORE}."
        )
    if foreign.faults:
        yield f"This does not bring back rows as they were before: for that, {TO_RESTORE}."


def _open_details(invocation: Invocation) -> tuple[OpenedDetails | None, bytes | None]:
    """Open all sealed details, for who holds the audit key; and the root that their seed holds."""
    from callrec.policy.role import VaultKey
    from callrec.registers.audit import open_all_details

    environ = invocation.environ
    if "CALLREC_USER" not in environ and not invocation.prompts.possible:
        return None, None
    try:
        practice, actor = practice_and_signer(invocation)
    except CallrecError as error:
        invocation.out.note(f"nobody is at hand to open what is sealed: {error.message}")
        return None, None
    opened = open_all_details(practice, actor) if actor.has_key(VaultKey.AUDIT) else None
    return opened, practice.root


def _root_of_login(invocation: Invocation, vault: str) -> bytes | None:
    """The vault root that a locked seed or a credential holds; None if nobody is logged in."""
    from callrec.login.keyring import read_credential

    environ = invocation.environ
    try:
        if "CALLREC_CREDENTIAL" in environ:
            return read_credential(Path(environ["CALLREC_CREDENTIAL"])).root
        if "CALLREC_USER" in environ:
            practice = practice_of(invocation)
            signing_person(invocation, practice)  # opens only if the root in the locked seed agrees
            return practice.root
        session = session_here(invocation, vault)
    except Tampered:
        raise
    except CallrecError as error:
        invocation.out.note(f"nobody is at hand to say where the log begins: {error.message}")
        return None
    return session.root if session else None


@audit_app.command()
def export(ctx: Context, *, to: options.ToFile) -> None:
    """Copy the record to a file for someone else to check; sealed details stay sealed."""
    from callrec.registers.audit import export_audit

    practice = practice_of(ctx.obj)
    size = export_audit(practice, signing_person(ctx.obj, practice), to=to)
    ctx.obj.out.show({"path": to, "size": size}, f'{size} entries are in "{to}".')


@audit_app.command("print")
def print_(ctx: Context, *, to: options.ToPage = None, yes: options.Yes = False) -> None:
    """Print a note of the newest entry: lines that fix every entry up to now.

    They show whether anyone changed the record afterwards. To check, type them into a file and give
    it to callrec audit verify --against. They say nothing about any person.
    """
    from callrec.audit.checkpoint import origin, read_checkpoint
    from callrec.registers.audit import checkpoint_to_keep

    practice = practice_of(ctx.obj)
    replace = to is not None and check_destination(ctx.obj, to, yes=yes, suffixes=(".pdf",))
    checkpoint = checkpoint_to_keep(practice)
    size = read_checkpoint(checkpoint, origin(practice.vault)).size
    out, head = ctx.obj.out, checkpoint.decode()
    value = {"size": size, "checkpoint": head, "path": to}
    if to is not None:
        from callrec.paper.kit_pdf import log_head_pdf  # fpdf2: 200 ms
        from callrec.system.files import write_whole
        from callrec.views.audit import entries_counted

        fingerprint, at = practice.root.hex(), practice.now()
        page = log_head_pdf(head, practice=practice.name, size=size, fingerprint=fingerprint, at=at)
        write_whole(to, page, replace=replace)
        out.show(value, f'A note of the newest of {entries_counted(size)} is in "{to}".')
        out.next_step(f"print {quoted(to)}, and keep it where nobody can exchange it")
        return
    square = qr_code(head) if out.is_on_a_terminal else ()
    out.show(value, chain(head.splitlines(), square))  # which is not drawn for a program
    out.next_step("callrec audit print --to FILE.pdf, for a page to print")


@audit_app.command()
def stamp(ctx: Context, *, to: options.StampTo = None) -> None:
    """Have a time-stamping authority say that the record had come this far by now.

    It is sent a hash and nothing else. Its answer is checked. It goes on record in your name, or
    with the next entry if nobody is logged in. This happens by itself once a day, and for each
    release and certificate of destruction. The settings say who is asked: [timestamp].

    With --to a copy is written for you to keep elsewhere. If somebody sets the record back,
    callrec audit verify --against FILE.tsr shows it.
    """
    from callrec.office.stamping import stamp_record
    from callrec.practice import report_unsaved_head
    from callrec.views.audit import stamped_json, stamped_lines

    practice = practice_of(ctx.obj)
    actor = acting_person_if_any(ctx.obj, practice)
    done = stamp_record(practice, actor, to=to)
    ctx.obj.out.show(stamped_json(done, to), stamped_lines(done))
    report_unsaved_head(practice)


@audit_app.command()
def prove(ctx: Context, seq: options.EntryNumber) -> None:
    """Print the proof that one entry is in the record (C2SP tlog-proof)."""
    from callrec.registers.audit import prove_leaf

    proof = prove_leaf(practice_of(ctx.obj), seq).decode()
    ctx.obj.out.show({"seq": seq, "proof": proof}, proof.splitlines())


@audit_app.command()
def cosign(ctx: Context, *, keys: Keys = False) -> None:
    """Have the record's newest entry seen and cosigned by the practice's witnesses.

    A witness is outside: a neighbouring practice, a federation, the LMC. The practice's settings
    name each, with its key. Each gets the number of entries and a hash, and nothing of anybody. It
    cosigns only what continues the record that it saw before. One that was forked or set back is
    refused.
    Who cannot be reached is asked the next time; nothing waits for it. Run it daily, by a timer, as
    the intake service (CALLREC_CREDENTIAL).

    --keys shows the keys that a witness needs, so that it knows whose record it cosigns: give it
    the line of the person or service that runs this. It opens nothing.
    """
    from callrec.registers.cosigning import cosign as ask_witnesses
    from callrec.registers.cosigning import log_keys
    from callrec.views.witnesses import cosigned_json, cosigned_lines, what_is_wrong_with

    if keys:
        shown = log_keys(practice_of(ctx.obj))
        lines = [f"{each.login}: {each.key}" for each in shown]
        ctx.obj.out.show({"keys": [facts(each) for each in shown]}, lines)
        return
    found = ask_witnesses(*practice_and_signer(ctx.obj))
    ctx.obj.out.show(cosigned_json(found), cosigned_lines(found))
    if (wrong := what_is_wrong_with(found)) is not None:
        raise wrong


Keys = Annotated[
    bool, options.plain("--keys", "Show the keys that a witness needs, and ask nobody.")
]

"""keys: list, audit, rotate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from callrec.cli import options
from callrec.cli.commands.kit import RecoveryShares, ask_kit, kit_file, kit_json, kit_lines
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person_if_any,
    practice_and_signer,
    practice_of,
    second_opener,
    signing_person,
)
from callrec.cli.layout import Table
from callrec.cli.output import Output
from callrec.errors import DoneInPart, Tampered, Unusable
from callrec.policy.role import VaultKey
from callrec.views.words import counted, facts

if TYPE_CHECKING:
    from callrec.keys.audit import KeyAccess, KeyInUse, KeyProblem
    from callrec.keys.reencrypting import WhyLeft
    from callrec.practice import Actor, Practice

keys_app = new_app()

kit_app = new_app()

keys_app.add_typer(kit_app, name="kit")


@kit_app.callback()
def kit() -> None:
    """Make a new recovery kit, or check the words of the one you have."""


@kit_app.command()
def new(
    ctx: Context,
    *,
    to: NewKitFile = None,
    recovery_shares: RecoveryShares = None,
    countersign: options.Countersign = None,
) -> None:
    """Make a new recovery kit; the old one no longer opens the vault.

    The vault gets new keys. Anyone who found the old page can open nothing that is sealed from now
    on.
    """
    from callrec.keys.kit import make_new_kit

    practice, actor = practice_and_signer(ctx.obj)
    second = second_opener(ctx.obj, practice, actor, countersign)
    split = recovery_shares is not None
    with kit_file(to) as keep:
        made = make_new_kit(practice, actor, split=split, keep=keep, second=second)
    value = {"serial": made.serial, "recovery_kit": kit_json(made, to)}
    ctx.obj.out.show(value, kit_lines(made, to))
    ctx.obj.out.next_step(
        "callrec practice recovery drill, and callrec drive backup --to DIR for each drive;"
        " only then destroy the pages of the kit before"
    )


@kit_app.command()
def check(ctx: Context) -> None:
    """Check that the words are those of the vault's recovery kit; opens and records nothing.

    Mistyped words are named. callrec practice recovery drill proves more: that they open the vault.
    """
    from callrec.crypto.kit import read_kit
    from callrec.keys.kit import check_kit

    typed = ask_kit(ctx.obj.prompts)
    practice = practice_of(ctx.obj)
    check_kit(practice, read_kit(typed))
    serial = len(practice.register.kits) + 1
    ctx.obj.out.show({"serial": serial}, f"These are the words of recovery kit {serial}.")


@keys_app.command("list")
def list_(ctx: Context) -> None:
    """List every key of the vault, its versions and who holds a share. Opens nothing.

    recordings: opens the sound. catalogue: opens names and numbers. audit: opens what the record
    seals. index: finds calls without opening them.

    Where two people open recordings, it takes two of those listed, or the recovery kit alone. All
    machines count as one.
    """
    from callrec.keys.audit import list_keys

    keys = list_keys(practice_of(ctx.obj))
    rows = [(k.key, k.version, "" if k.newest else "old", _held_by(k)) for k in keys]
    table = Table(("key", "version", "", "held by"), rows)
    ctx.obj.out.show_items([facts(each) for each in keys], table)


def _held_by(key: KeyInUse) -> str:
    """Who opens it; of a key in parts, which two."""
    if key.needed == 1:
        return ", ".join(key.holders)
    from callrec.people.founding import KIT_LOGIN

    people = ", ".join(each for each in key.holders if each != KIT_LOGIN)
    return f"{key.needed} of {people}; or {KIT_LOGIN}"


@keys_app.command()
def audit(ctx: Context) -> None:
    """Show who can open what, and prove that each share is sealed by and to somebody entitled.

    The numbers under a vault key are those of its versions that a person can open. Requests,
    incidents, complaints and grants are counted for a Data Controller. If a loan has ended, its
    share is listed until its keys are renewed.
    """
    from callrec.keys.audit import review_keys

    practice = practice_of(ctx.obj)
    everybody, problems = review_keys(practice, acting_person_if_any(ctx.obj, practice))
    _show_access(ctx.obj.out, everybody, problems, by_two=practice.settings.is_opened_by_two)
    wrong = [problem for problem in problems if problem.is_tampering]
    if wrong:
        raise Tampered(
            f"{len(wrong)} of these are not as they should be",
            hint="find out how that came about; callrec practice keys rotate puts shares right",
        )
    if problems:
        ctx.obj.out.next_step(problems[0].mend)


def _show_access(
    out: Output, everybody: Sequence[KeyAccess], problems: Sequence[KeyProblem], *, by_two: bool
) -> None:
    value = {
        "items": [
            {"user": each.login, **each.versions, **facts(each, *_COUNTED)} for each in everybody
        ],
        "problems": [{"of": p.of, "user": p.login, "what": p.what} for p in problems],
    }
    shown = [what for what in _ON_SCREEN if getattr(everybody[0], what) is not None]
    headers = ("user", *VaultKey, *shown)
    found = [f"{problem.of}, {problem.login}: {problem.what}" for problem in problems]
    factors = [f"{each.login} ({', '.join(each.factors)})" for each in everybody if each.factors]
    with_factors = [f"With a second factor: {', '.join(factors)}."] if factors else []
    sound = "Each share is sealed to whom it should be, by somebody entitled."
    out.show(
        value,
        (
            Table(headers, [_opens_row(each, shown) for each in everybody]),
            *with_factors,
            *(["Of the recordings key, each has a part: it takes two, or the kit."] * by_two),
            *(found or [sound]),
        ),
    )


@keys_app.command()
def rotate(
    ctx: Context,
    *,
    key: KeyNames = None,
    reseal: Reseal = False,
    reencrypt: Reencrypt = False,
    countersign: options.Countersign = None,
) -> None:
    """Give the vault new keys; or move what lies under older ones to the newest.

    New keys are for what is sealed from now on, and go to everyone who may have them. --reseal and
    --reencrypt make no new keys. --reseal moves what was sealed before. --reencrypt seals each
    older recording again, byte for byte; it takes as long as reading and writing all of them. You
    can stop both at any time: the next run goes on. Anyone who had an old key can still open copies
    of the vault that they kept.
    """
    practice = practice_of(ctx.obj)
    if reencrypt and (reseal or key):
        raise Unusable(
            "--reencrypt is about the recordings alone, and goes without --reseal and --key",
            hint="run callrec practice keys rotate --reencrypt by itself",
        )
    actor, keys = signing_person(ctx.obj, practice), frozenset(key or VaultKey)
    opens = VaultKey.RECORDINGS in keys
    second = second_opener(ctx.obj, practice, actor, countersign) if opens else None
    if reencrypt:
        _reencrypt(ctx.obj, practice, actor, second)
    elif reseal:
        _reseal(ctx.obj, practice, actor, keys, second)
    else:
        from callrec.keys.rotating import rotate_keys

        versions = rotate_keys(practice, actor, keys, second=second)
        ctx.obj.out.show_items(
            [{"key": key, "version": version} for key, version in versions.items()],
            Table(("key", "version"), list(versions.items())),
        )
        more = ", then --reencrypt" if VaultKey.RECORDINGS in versions else ""
        beside = f" --countersign {second.login}" if second else ""
        ctx.obj.out.next_step(f"callrec practice keys rotate --reseal{beside}{more}")


def _reseal(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    keys: frozenset[VaultKey],
    second: Actor | None,
) -> None:
    from callrec.keys.rotating import count_to_reseal, left_to_reseal
    from callrec.keys.rotating import reseal as reseal_rows

    out, total = invocation.out, count_to_reseal(practice, keys)
    with out.progress("moving", total=total) as advance:
        done = reseal_rows(practice, actor, keys, advance, second=second)
    left = done.failed | left_to_reseal(practice, keys)
    rows = [(what, done.moved[what], left[what]) for what in {**done.moved, **left}]
    table = Table(("", "moved", "left"), rows)
    out.show_items(
        [{"what": what, "moved": moved, "left": left} for what, moved, left in rows],
        table if rows else "Everything lies under the newest keys.",
    )
    if failed := done.failed.total():
        raise Tampered(f"{failed} of these do not open, and were left as they are")
    if left:
        raise DoneInPart("some of these came in or came back meanwhile", hint="run it again")


def _reencrypt(
    invocation: Invocation, practice: Practice, actor: Actor, second: Actor | None
) -> None:
    from callrec.keys.reencrypting import WhyLeft, bytes_to_reencrypt
    from callrec.keys.reencrypting import reencrypt as reencrypt_recordings

    out, total = invocation.out, bytes_to_reencrypt(practice)
    with out.progress("sealing anew", total=total, in_bytes=True) as advance:
        done = reencrypt_recordings(practice, actor, advance, second=second)
    value = {
        "recordings": done.recordings,
        "bytes": done.size_bytes,
        "left": [{"why": why, "recordings": some} for why, some in done.left.items()],
    }
    if done.recordings or done.left:
        size = f"{done.size_bytes / 1e6:.1f} MB"
        words = [f"{counted(done.recordings, 'recording')} sealed anew, {size}."]
        words += [f"left as they are, {why}: {_spans(some)}" for why, some in done.left.items()]
    else:
        words = ["No recording is older than the newest recordings key."]
    out.show(value, words)
    if WhyLeft.DAMAGED in done.left:
        raise Tampered(
            f"recordings that are not as they were sealed: {len(done.left[WhyLeft.DAMAGED])}",
            hint="callrec practice doctor --full, then callrec practice doctor --repair --from DIR",
        )
    if done.left:
        raise DoneInPart("some recordings lie under the keys that they had", hint=_hint(done.left))
    if done.recordings:
        out.next_step("callrec archive --to DIR, for each drive: they hold the former files")


def _hint(left: Collection[WhyLeft]) -> str:
    from callrec.keys.reencrypting import WhyLeft

    if WhyLeft.MISSING in left:
        return "callrec practice doctor --repair --from DIR, then run it again"
    if {*left} == {WhyLeft.AWAY}:
        return (
            "nothing seals anew what is on drives only: keep these, which callrec archive list "
            "shows, from anyone who knew the keys"
        )
    return "run it again once what kept them is over"


_COUNTED: Final = ("requests", "incidents", "complaints", "grants", "factors")

_ON_SCREEN: Final = ("requests", "incidents", "grants")
"""What a terminal has room for."""


def _opens_row(each: KeyAccess, shown: Iterable[str]) -> tuple[str, ...]:
    versions = (_spans(each.versions[key]) for key in VaultKey)
    counts = (str(getattr(each, what) or "") for what in shown)
    return (each.login, *versions, *counts)


def _spans(numbers: Iterable[int]) -> str:
    """1, 2, 3 and 5 as ``1-3 5``."""
    those = {*numbers}
    ends = sorted(n for n in those if n + 1 not in those)
    starts = sorted(n for n in those if n - 1 not in those)
    return " ".join(f"{a}-{b}" if a < b else str(a) for a, b in zip(starts, ends, strict=True))


NewKitFile = Annotated[
    Path | None, options.valued("--to", "FILE", "Write the kit to a new file: a page if .pdf.")
]

KeyNames = Annotated[
    list[VaultKey] | None, options.valued("--key", "NAME", "Only this key; may be given again.")
]

Reseal = Annotated[
    bool, options.plain("--reseal", "Move what lies under older versions to the newest.")
]

Reencrypt = Annotated[
    bool,
    options.plain(
        "--reencrypt", "Seal again each recording from before the newest recordings key."
    ),
]

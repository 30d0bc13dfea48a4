"""user factor: a second factor beside one's password."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    here,
    practice_of,
    signer_and_password,
)
from callrec.cli.layout import Table
from callrec.cli.options import valued
from callrec.errors import Unusable
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.cli.prompts import Prompts
    from callrec.crypto.factor import Factors, Slot
    from callrec.login.asking import Here
    from callrec.login.factors import NewFactor
    from callrec.policy.role import PersonId, Power
    from callrec.practice import Practice

factor_app = new_app(default="list")


@factor_app.command()
def add(ctx: Context, *, kind: FactorKind = "printed", name: FactorName = "") -> None:
    """Add a second factor, so that your password alone opens nothing.

    A printed secret key is shown once. Write it down, and keep the page away from the machine. You
    type it once on each machine, when you log in there. You can have two factors; either one will
    do. If you lose both, a Data Controller runs callrec user reset NAME

    A copy of the vault from before, such as on a drive, still opens with the password alone.
    """
    from callrec.login.factors import add_factor
    from callrec.views.factors import added_lines, older_copies_lines

    practice = practice_of(ctx.obj)
    actor, password = signer_and_password(ctx.obj, practice, is_adding_one=True)
    place, slots = here(ctx.obj, practice.vault), actor.factors.slots
    new = _new_factor(ctx.obj.prompts, place, actor.person.id, slots=slots, kind=kind, name=name)
    slot = add_factor(practice, actor, password=password, new=new)
    words = None if ctx.obj.prompts.possible else new.words or None
    _keep_here(ctx.obj, place, slot, new)
    value = {"user": actor.login, **facts(slot, "kind", "name"), "secret_key": words}
    ctx.obj.out.show(value, added_lines(slot, words))
    for line in older_copies_lines(practice, actor):
        ctx.obj.out.note(line)
    if not slots:
        ctx.obj.out.next_step("callrec user factor add, for the day when this one is lost")


def _new_factor(
    prompts: Prompts,
    place: Here,
    person: str,
    *,
    slots: Sequence[Slot] = (),
    kind: str = "printed",
    name: str = "",
) -> NewFactor:
    """A new secret; a printed one is shown, and on a terminal typed back from its page."""
    from callrec.login.factors import check_new_name, make_factor

    name = name or _free_name(kind, slots)
    check_new_name(slots, name)
    new = make_factor(kind, name, person=person, here=place, beside=slots)
    if new.words and prompts.possible:
        prompts.tell("Your secret key, shown this once. Write it down now, and keep the page safe.")
        for line in ("", f"    {new.words}", ""):
            prompts.tell(line)
        prompts.ask_back("Type it from your page", partial(_check_same, new))
    return new


def _check_same(new: NewFactor, typed: str) -> None:
    from callrec.crypto.factor import read_printed_words

    if read_printed_words(typed) != new.secret:
        raise Unusable("this is another secret key", hint="type the one above")


def _free_name(kind: str, slots: Sequence[Slot]) -> str:
    name = {"printed": "paper", "fido2": "key", "pkcs11": "card"}.get(kind, kind)
    return f"{name}-2" if any(slot.name == name for slot in slots) else name


def _keep_here(call: Invocation, place: Here, slot: Slot, new: NewFactor) -> None:
    """Keep a printed key on the machine where somebody added it, and say so."""
    from callrec.login.factors import KEPT_HERE
    from callrec.login.printed import keep_secret

    if new.words:
        keep_secret(place.folder, slot, new.secret)
        call.out.note(f"{KEPT_HERE}: to end that, run callrec user factor forget")


def new_factors(
    call: Invocation, practice: Practice
) -> Callable[[PersonId, frozenset[Power]], Factors]:
    """Adds a second factor at a first login, where the practice asks for one."""
    from callrec.crypto.factor import NO_FACTORS
    from callrec.login.factors import needs_factor, with_factor

    def add_one(person: PersonId, powers: frozenset[Power]) -> Factors:
        if not (needs_factor(practice, powers) and call.prompts.possible):
            return NO_FACTORS
        call.out.note("The practice asks for a second factor beside your password.")
        place = here(call, practice.vault)
        new = _new_factor(call.prompts, place, person)
        factors = with_factor(NO_FACTORS, new, person=person, vault=practice.vault)
        _keep_here(call, place, factors.slots[0], new)
        return factors

    return add_one


@factor_app.command("list")
def list_(ctx: Context) -> None:
    """List your own second factors.

    For everyone's: callrec practice keys audit
    """
    from callrec.login.factors import factors_of

    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    slots = factors_of(practice).get(actor.person.id, ())
    ctx.obj.out.show_items([facts(slot, "name", "kind") for slot in slots], _list_words(slots))


def _list_words(slots: Sequence[Slot]) -> Iterator[str | Table]:
    from callrec.views.factors import FACTOR_KINDS

    if slots:
        yield Table(("name", "kind"), [(slot.name, FACTOR_KINDS[slot.kind]) for slot in slots])
    else:
        yield "You have no second factor: your password alone opens your keys."


@factor_app.command()
def remove(ctx: Context, *, name: GivenName) -> None:
    """Take one of your second factors away, for example one that you lost.

    You present the other one, if there is one. The one that you take away then opens nothing but
    copies of the vault from before.
    """
    from callrec.login.factors import remove_factor
    from callrec.views.factors import removed_line

    practice = practice_of(ctx.obj)
    actor, password = signer_and_password(ctx.obj, practice)
    place = here(ctx.obj, practice.vault)
    gone = remove_factor(practice, actor, password=password, name=name, here=place)
    left = len(actor.factors.slots) - 1
    value = {"user": actor.login, **facts(gone, "kind", "name"), "left": left}
    ctx.obj.out.show(value, removed_line(gone, left))


@factor_app.command()
def forget(ctx: Context) -> None:
    """Take the printed keys that were typed here off this machine.

    The next login here asks for yours again.
    """
    from callrec.login.printed import forget_secrets

    gone = forget_secrets(here(ctx.obj, practice_of(ctx.obj).vault).folder)
    words = "No printed key is kept here any more." if gone else "No printed key was kept here."
    ctx.obj.out.show({"forgotten": gone}, words)


FactorKind = Annotated[
    str,
    valued(
        "--kind",
        "KIND",
        "What it is: printed, a secret key on paper; fido2, a security key; pkcs11, a smart card.",
    ),
]

FactorName = Annotated[str, valued("--name", "NAME", "What to call it; otherwise its kind.")]

GivenName = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]

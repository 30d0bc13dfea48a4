"""What a data subject is told of the recordings that they are given [UK GDPR 15(1)].

Who had or heard them before is read from the log, and told only where the law lets it be told: of
an outside body that said "the person must not be told" there is no word, and none that there is
no word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from callrec.audit.leaf import Leaf
from callrec.calls.category import categories_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Locked, NotFound, Refused
from callrec.package.manifest import Manifest
from callrec.package.texts import RightsFacts
from callrec.policy.days import day_in_words
from callrec.policy.further import NO_AUTHORITY, FurtherParticular
from callrec.policy.hearing import had_outside_listeners
from callrec.policy.notice import officers_in_words, storage_in_words
from callrec.policy.particulars import Particulars, are_about_one_person
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct
from callrec.policy.rights.lawful_basis import articles_of, in_articles, reasons_in_words
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice
from callrec.record.acts import done_leaves
from callrec.release.listen import attended_at
from callrec.requests.clock import day_of_leaf
from callrec.requests.model import OpenRequest, without_failed
from callrec.requests.open import read_request


def rights_facts(
    practice: Practice, actor: Actor, request: OpenRequest, manifest: Manifest
) -> RightsFacts:
    """The facts of YOUR-RIGHTS.txt for one release."""
    about, bases = practice.settings.practice, practice.settings.bases
    calls = {file.recording: file for file in manifest.files}
    with reading(practice.engine) as connection:
        categories = categories_of(practice, connection, calls)
        recipients = tuple(_recipients(practice, actor, connection, request, manifest))
    return RightsFacts(
        contact=about.data_protection_contact or practice.settings.release.contact,
        officers=officers_in_words(
            about.ico_registration, about.data_protection_officer, about.caldicott_guardian
        ),
        reasons=reasons_in_words(bases),
        basis=in_articles(articles_of(Purpose(manifest.purpose), bases)),
        storage=storage_in_words(about.telephone_supplier),
        recipients=recipients,
        is_seen_whole=sees_recipients(actor),
        kept_until={
            file.path.partition("-")[0]: categories[n].kept_until(file.started_at.date())
            for n, file in calls.items()
        },
        other_countries=about.other_countries,
        regulator=(about.regulator, about.regulator_address, about.regulator_contact),
    )


def sees_recipients(actor: Actor) -> bool:
    """Whether somebody can see who else has the recordings, and who came to hear them."""
    return actor.has_key(VaultKey.CATALOGUE) and actor.has_key(VaultKey.AUDIT)


def _recipients(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    request: OpenRequest,
    manifest: Manifest,
) -> Iterator[str]:
    """Who had or heard one of these recordings under another request, as it may be told."""
    place = {file.uid: file.path.removeprefix("recordings/")[:2] for file in manifest.files}
    for leaf in disclosures_of(connection, place):
        to = recipient_in_words(practice, actor, connection, request, leaf)
        if to:
            given = [place[uid] for uid in leaf.subject[2:] if uid in place]
            yield f"{to} (recordings/{', '.join(given)})"


def disclosures_of(connection: Connection, uids: Collection[str]) -> Iterator[Leaf]:
    """The leaves of each delivery and hearing of these recordings; of none that failed."""
    acts = (RequestAct.DELIVERED, RequestAct.LISTENED, RequestAct.HEARING_FAILED)
    leaves, wanted = without_failed(done_leaves(connection, acts)), {*uids}
    return (each for each in leaves if wanted & {*each.subject[2:]})


def was_heard_outside(
    practice: Practice, actor: Actor, connection: Connection, hearing: Leaf
) -> bool:
    """Whether anyone but staff was there; False for readers who cannot open who was."""
    return had_outside_listeners(attended_at(practice, actor, connection, hearing))


def recipient_in_words(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest, leaf: Leaf
) -> str:
    """Who outside had or heard it, and when, as the person of a request may be told [15(1)(c)].

    Empty: nobody did; it was this very request; they may not be told, or it is not the actor's to
    tell. ``leaf``: of `disclosures_of`.
    """
    is_hearing = leaf.act == RequestAct.LISTENED
    if leaf.subject[0] == request.id or (
        is_hearing and not was_heard_outside(practice, actor, connection, leaf)
    ):
        return ""
    who = _who(practice, actor, connection, request.particulars, leaf.subject[0])
    on = day_in_words(day_of_leaf(practice, leaf))
    return who and f"{who}, {'who heard it on' if is_hearing else 'on'} {on}"


def _who(
    practice: Practice, actor: Actor, connection: Connection, told: Particulars, under: str
) -> str:
    """For whom the request of an id was; ``told`` is what the person who is told asked for."""
    request = tables.request.c
    row = connection.execute(
        select(request.number, request.purpose).where(request.id == under)
    ).one()
    purpose, reference = Purpose(row.purpose), f"R-{row.number}"
    if purpose not in {*_NAMED, *_RIGHTS_TO_A_COPY}:
        if TERMS[purpose].has_statutory_clock:
            return _ANOTHER
        return "" if purpose in _WITHIN else f"somebody who needed it for {TERMS[purpose].in_words}"
    try:
        other = read_request(practice, actor, connection, reference).particulars
    except (Locked, NotFound, Refused):  # not the releaser's to read, so not theirs to tell
        return "" if purpose in _NAMED else "somebody who has a right to it by law"
    if purpose in _RIGHTS_TO_A_COPY:
        if not are_about_one_person(told, other):
            return _ANOTHER
        asked = (told, other)
        in_person = all(a.further.get(FurtherParticular.AUTHORITY) == NO_AUTHORITY for a in asked)
        return f"{'you' if in_person else _THEY_OR_THEIRS}, in answer to {reference}"
    may_be_told = other.further.get(FurtherParticular.SUBJECT_MAY_BE_TOLD, "yes") == "yes"
    return other.further[_NAMED[purpose]] if may_be_told else ""


_ANOTHER = "another person who has a right to it by law"

_THEY_OR_THEIRS = "the person whose calls they are, or somebody who acts for them"
"""Where somebody else asks, or did: who that was need not be the one who reads it."""

_RIGHTS_TO_A_COPY = frozenset({Purpose.SUBJECT_ACCESS, Purpose.PORTABILITY})
"""Under which the person who is told may have been given it themselves."""

_NAMED = {
    Purpose.OUTSIDE_BODY: FurtherParticular.BODY,
    Purpose.REGULATORY: FurtherParticular.REGULATOR,
}
"""By whom such a request was made, who so received what was released."""

_WITHIN = frozenset({Purpose.PERFORMANCE, Purpose.TRAINING, Purpose.DISCIPLINARY})
"""Staff alone receive it, who are no recipients; what an employee did is told to nobody else."""

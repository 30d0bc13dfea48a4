"""What a data subject is told of the recordings that they are given [UK GDPR 15(1)].

Who had them before is read from the log, and told only where the law lets it be told: of an outside
body that said "the person must not be told" there is no word, and none that there is no word.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from callrec.audit.leaf import Leaf
from callrec.calls.category import categories_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Locked, NotFound, Refused
from callrec.package.manifest import Manifest
from callrec.package.texts import RightsFacts
from callrec.policy.days import day_in_words
from callrec.policy.further import FurtherParticular
from callrec.policy.notice import officers_in_words, storage_in_words
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct
from callrec.policy.rights.lawful_basis import articles_of, in_articles, reasons_in_words
from callrec.practice import Actor, Practice
from callrec.record.acts import done_leaves
from callrec.requests.clock import day_of_leaf
from callrec.requests.open import read_request


def rights_facts(practice: Practice, actor: Actor, manifest: Manifest) -> RightsFacts:
    """The facts of YOUR-RIGHTS.txt for one release."""
    about, bases = practice.settings.practice, practice.settings.bases
    calls = {file.recording: file for file in manifest.files}
    with reading(practice.engine) as connection:
        categories = categories_of(practice, connection, calls)
        recipients = tuple(_recipients(practice, actor, connection, manifest))
    return RightsFacts(
        contact=about.data_protection_contact or practice.settings.release.contact,
        officers=officers_in_words(
            about.ico_registration, about.data_protection_officer, about.caldicott_guardian
        ),
        reasons=reasons_in_words(bases),
        basis=in_articles(articles_of(Purpose(manifest.purpose), bases)),
        storage=storage_in_words(about.telephone_supplier),
        recipients=recipients,
        kept_until={
            file.path.partition("-")[0]: categories[n].kept_until(file.started_at.date())
            for n, file in calls.items()
        },
        other_countries=about.other_countries,
        regulator=(about.regulator, about.regulator_address, about.regulator_contact),
    )


def _recipients(
    practice: Practice, actor: Actor, connection: Connection, manifest: Manifest
) -> Iterator[str]:
    """Each release of one of these recordings under another request, as it may be told."""
    place = {file.uid: file.path.removeprefix("recordings/")[:2] for file in manifest.files}
    for leaf in done_leaves(connection, (RequestAct.DELIVERED,)):
        given = [place[uid] for uid in leaf.subject[1:] if uid in place]
        if given and leaf.subject[0] != manifest.request:
            to = recipient_in_words(practice, actor, connection, leaf)
            if to:
                on = day_in_words(day_of_leaf(practice, leaf))
                yield f"{to}, on {on} (recordings/{', '.join(given)})"


def recipient_in_words(practice: Practice, actor: Actor, connection: Connection, leaf: Leaf) -> str:
    """For whom it was released, as a data subject may be told; empty: they may not.

    ``leaf``: the delivery.
    """
    request = tables.request.c
    row = connection.execute(
        select(request.number, request.purpose).where(request.id == leaf.subject[0])
    ).one()
    purpose = Purpose(row.purpose)
    if TERMS[purpose].has_statutory_clock:
        return "another person who has a right to it by law"
    named = _NAMED.get(purpose)
    if named is None:
        return "" if purpose in _WITHIN else f"somebody who needed it for {TERMS[purpose].in_words}"
    try:
        further = read_request(practice, actor, connection, f"R-{row.number}").particulars.further
    except (Locked, NotFound, Refused):  # not the releaser's to read, so not theirs to tell
        return ""
    if further.get(FurtherParticular.SUBJECT_MAY_BE_TOLD, "yes") != "yes":
        return ""
    return further[named]


_NAMED = {
    Purpose.OUTSIDE_BODY: FurtherParticular.BODY,
    Purpose.REGULATORY: FurtherParticular.REGULATOR,
}
"""By whom such a request was made, who so received what was released."""

_WITHIN = frozenset({Purpose.PERFORMANCE, Purpose.TRAINING, Purpose.DISCIPLINARY})
"""Staff alone receive it, who are no recipients; what an employee did is told to nobody else."""

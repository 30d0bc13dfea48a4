"""How many ids an act's leaf names at the least (docs/formats/audit-log.md, 1).

Whoever has a key can write a leaf of any act, about nothing, with a program of his own. It says
nothing of anything, so nothing is read from it; ``audit verify`` names whoever signed it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import of_acts
from callrec.audit.reading import Problem
from callrec.catalogue import tables
from callrec.policy.glass import GlassVerdict
from callrec.policy.hold import HoldAct
from callrec.policy.incident import IncidentAct
from callrec.policy.request import RequestAct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection

LEAST: Final[Mapping[str, int]] = MappingProxyType(
    {
        # The request first, the hold, the incident.
        **dict.fromkeys(map(str, (*RequestAct, *HoldAct, *IncidentAct)), 1),
        **{verdict.act: 1 for verdict in GlassVerdict},
        # Then the recording; between them the hearing, but of a look.
        str(RequestAct.LOOKED): 2,
        str(RequestAct.LISTENED): 2,
        str(RequestAct.HEARING_ENDED): 2,
        # Then the release.
        str(RequestAct.PREPARED): 2,
        str(RequestAct.DELIVERED): 2,
        str(RequestAct.FAILED): 2,
        str(RequestAct.HANDED_OVER): 2,
        str(RequestAct.ACKNOWLEDGED): 2,
        # Then whoever was told.
        str(IncidentAct.REPORTED): 2,
        "destruction.done": 1,
        "archive.begun": 1,
        "archive.given-up": 1,
        "volume.kept": 1,
        "volume.lost": 1,
        "volume.found": 1,
        # The volume, or the category, and the recordings.
        "archive.removed": 2,
        "recording.categorised": 2,
    }
)
"""By act, of leaves that say that it was done; those of other acts may name nothing."""


def all_leaves_of(connection: Connection, acts: Collection[str]) -> Iterator[Leaf]:
    """Everything of these kinds that was done, whatever it names, oldest first."""
    for leaf in read_leaves(connection, of_acts(acts)):
        if leaf.act in acts and leaf.outcome is Outcome.DONE:
            yield leaf


def read_leaves(connection: Connection, condition: ColumnElement[bool]) -> Iterator[Leaf]:
    """The leaves that meet a condition, oldest first."""
    leaf = tables.leaf.c
    rows = connection.execute(select(leaf.seq, leaf.body).where(condition).order_by(leaf.seq))
    for seq, body in rows:
        yield Leaf.decode(bytes(body), seq)


def names_enough(leaf: Leaf) -> bool:
    """Whether a leaf names what its act is about."""
    return len(leaf.subject) >= LEAST.get(leaf.act, 0)


def check_subjects(connection: Connection, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each leaf, of what was done, names what its act is about."""
    for leaf in done:
        if not names_enough(leaf):
            said = f"leaf {leaf.seq}, {leaf.act}, does not name what that was done to"
            yield Problem(leaf.seq, f"{said}; {signer_of(connection, leaf)} signed it")


def signer_of(connection: Connection, leaf: Leaf) -> str:
    """The login of whoever signed a leaf that no command of ours writes."""
    person = tables.person.c
    login: str | None = connection.execute(
        select(person.login).where(person.id == leaf.actor)
    ).scalar()
    return login or leaf.actor

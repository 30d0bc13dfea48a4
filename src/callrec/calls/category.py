"""Which category of the retention schedule a recording is of, and so until when it is kept.

What somebody gave it (retention/categories.py), else what the rules say (policy/retention.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from sqlalchemy import Connection, select

from callrec.catalogue import tables
from callrec.errors import Misconfigured
from callrec.policy.purpose import Purpose
from callrec.policy.retention import Category, category_by_rule, effective_category
from callrec.practice import Practice


def schedule(practice: Practice) -> Mapping[str, Category]:
    """The retention schedule of the settings, by name and in its order."""
    known = practice.settings.retention.category
    return {each.name: Category(each.name, each.keeps, each.laid_down) for each in known}


def category_of(practice: Practice, connection: Connection, recording: int) -> Category:
    """The category of one recording, by what it was given and by the rules."""
    return categories_of(practice, connection, [recording])[recording]


def categories_of(
    practice: Practice, connection: Connection, recordings: Collection[int]
) -> Mapping[int, Category]:
    """The category of each of these recordings, by number."""
    category = category_finder(practice, connection)
    return {number: category(number) for number in recordings}


def category_finder(practice: Practice, connection: Connection) -> Callable[[int], Category]:
    """What gives the category of a recording by its number, however many are asked about.

    It raises Misconfigured where that is of a category that the settings do not name.
    """
    known = schedule(practice)
    given = {row.recording: row.category for row in connection.execute(select(tables.category))}
    claimed = frozenset(connection.execute(_OF_A_CLAIM).scalars())

    def category(number: int) -> Category:
        by_rule = category_by_rule(of_a_claim=number in claimed)
        name = given.get(number, by_rule)
        if name not in known:
            raise Misconfigured(
                f'recordings are of the category "{name}", which the settings do not name',
                hint="add it under [retention], or give them another: callrec retention set",
            )
        return effective_category(known.get(given.get(number, "")), known[by_rule])

    return category


def non_routine_recordings(connection: Connection) -> frozenset[int]:
    """The recordings whose category is not simply the routine one, by number."""
    given = connection.execute(select(tables.category.c.recording)).scalars()
    return frozenset((*given, *connection.execute(_OF_A_CLAIM).scalars()))


_OF_A_CLAIM: Final = (
    select(tables.held.c.recording)
    .join(tables.hold, tables.hold.c.id == tables.held.c.hold)
    .join(tables.request, tables.request.c.id == tables.hold.c.request)
    .where(tables.request.c.purpose == Purpose.MEDICO_LEGAL)
)
"""What the hold of a medico-legal request names, lifted or not: a claim may still follow."""

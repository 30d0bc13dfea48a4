"""The numbers of requests, holds, incidents and certificates, as the log's leaves give them.

Each is numbered in the order in which it was made, from 1, and so the column follows from the
leaves like the others. What somebody wrote into one keeps nobody from making the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from callrec.errors import Tampered
from callrec.procedures.leaf_subjects import all_leaves_of, names_enough

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Column, Connection, Row

    from callrec.audit.leaf import Leaf


def numbers_by(connection: Connection, act: str) -> Mapping[str, int]:
    """Of everything that leaves of an act made, by the id that they name first."""
    return numbers_of(all_leaves_of(connection, (act,)), act)


def numbers_of(done: Iterable[Leaf], act: str) -> Mapping[str, int]:
    """The same, of these leaves, oldest first; those of other acts do not matter."""
    made = (leaf.subject[0] for leaf in done if leaf.act == act and names_enough(leaf))
    return {id_: number for number, id_ in enumerate(dict.fromkeys(made), 1)}


def check_number(row: Row[Any], numbers: Mapping[str, int], what: str) -> None:
    """Check that a row, such as of a ``request R``, has the number that the log gives it.

    Raises:
        Tampered: it has another.
    """
    if row.number != numbers.get(row.id):
        raise Tampered(f"the number of {what}-{row.number} is not what the log says")


def next_number(connection: Connection, column: Column[str], act: str) -> int:
    """The number that the next row of a table takes; certain only within a write transaction.

    Where somebody wrote it into the row of another, that gets its own again.

    Args:
        connection: of the write transaction.
        column: the table's, of the id that the leaves of the act name first.
        act: by which such a row is made.

    Raises:
        Tampered: the log does not tell of the row that has it.
    """
    table, numbers = column.table, numbers_by(connection, act)
    number = free = len(numbers) + 1
    astray: list[tuple[str, int]] = []
    having = select(column).where(table.c.number == bindparam("number"))
    while (id_ := connection.execute(having, {"number": free}).scalar()) is not None:
        if id_ not in numbers:
            raise Tampered(f"the catalogue has a {table.name} of which the log does not tell")
        free = numbers[id_]
        astray.append((id_, free))
    for id_, own in reversed(astray):
        connection.execute(update(table).where(column == id_).values(number=own))
    return number

"""The catalogue's rows made from leaves, and held against them.

Rows are for finding things quickly; anybody who can write the database can change them, so nothing
that matters rests on them alone (docs/formats/audit-log.md, "Projections"). The columns that follow
from leaves are made by one function, ``row_of``: when a leaf is written they are put into the row,
and when the row is checked they are made again from all its leaves. So no table needs a check of
its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import Connection, Row, Table, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf
from callrec.audit.register import Register
from callrec.audit.remembered import Problem
from callrec.audit.resumed import read_resumed
from callrec.audit.rows import changed_rows
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Tampered
from callrec.record.acts import done_leaves, numbers_in_leaves

Columns: TypeAlias = Mapping[str, object]
"""Columns of a row, by their names."""

H = TypeVar("H")
"""The history of a thing: its id, and its leaves, oldest first."""


@dataclass(frozen=True, slots=True)
class Entered(Generic[H]):
    """One that was entered; nothing of it was opened."""

    id: str
    number: int
    source: Row[Any] | H
    """What tells of it: its row, or its history where somebody deleted or changed that."""
    is_sound: bool
    """Its row is what its leaves say, or what is wrong with it is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[H]):
    """Things of one kind, numbered in the order in which they were made: requests, holds."""

    table: Table
    letter: str
    """Before its number: the R of R-17."""
    made_by: str
    """The act of the leaf that makes one."""
    acts: frozenset[str]
    """Every act that can happen to one."""
    history: Callable[[str, tuple[Leaf, ...]], H]
    row_of: Callable[[Connection, H], Columns]
    """The columns that follow from a history; raises Tampered where that cannot be."""
    named_among: int | None = 1
    """Among how many of a leaf's first ids the thing's own is looked for; None: all."""

    def read(self, connection: Connection, register: Register, id_: str) -> H:
        """Everything that happened to one, each leaf attested."""
        naming = "AND instr(body, ?) > 0 ORDER BY seq"
        about = done_leaves(connection, self.acts, naming, id_.encode())
        seqs = [leaf.seq for leaf in about if id_ in leaf.subject[: self.named_among]]
        history = self.history(id_, attested_leaves(connection, register, seqs))
        self.row_of(connection, history)  # so that nothing is made of a history that cannot be
        return history

    def histories(self, done: Iterable[Leaf]) -> dict[str, H]:
        """By id, in the order in which they are first named, the histories that leaves tell.

        The leaves are oldest first; those of other acts do not matter.
        """
        naming: defaultdict[str, list[Leaf]] = defaultdict(list)
        for leaf in done:
            if leaf.act in self.acts:
                for id_ in dict.fromkeys(leaf.subject[: self.named_among]):
                    naming[id_].append(leaf)
        return {id_: self.history(id_, tuple(leaves)) for id_, leaves in naming.items()}

    def called(self, row: Row[Any]) -> str:
        """As ``request R-17``."""
        return f"{self.table.name} {self.letter}-{row.number}"

    def find(self, connection: Connection, reference: str) -> Row[Any]:
        """The row of one, by its reference; believed once it was held against the log.

        Raises:
            NotFound: there never was one of that number.
            Tampered: there was, and somebody deleted its row.
        """
        number = int(reference.removeprefix(f"{self.letter}-"))
        query = select(self.table).where(self.table.c.number == number)
        row = connection.execute(query).first()
        if row is None:
            if number in self.numbers(connection).values():
                raise self._gone(number)
            raise self.not_found(reference)
        return row

    def not_found(self, reference: str) -> NotFound:
        """The refusal of one that there is not, or that is hidden."""
        name = self.table.name
        return NotFound(f"there is no {name} {reference}", hint=f"run callrec {name} list")

    def _gone(self, number: int) -> Tampered:
        called = f"{self.table.name} {self.letter}-{number}"
        return Tampered(f"{called} is on record, and its row is gone")

    def every(self, connection: Connection) -> Sequence[Row[Any]]:
        """The row of each, in the order of their numbers."""
        return connection.execute(select(self.table).order_by(self.table.c.number)).all()

    def with_histories(
        self, connection: Connection, is_wanted: Callable[[str, Row[Any] | H], bool]
    ) -> Iterator[tuple[Row[Any], H]]:
        """Those that are wanted, each row with what the log tells, in the order of their numbers.

        ``is_wanted`` is asked of an id and its row, and of the id and its history: none is passed
        over because somebody deleted its row or wrote into it. Neither is held against the other.

        Raises:
            Tampered: one of them is in no leaf, or its row is gone.
        """
        done = tuple(done_leaves(connection, self.acts))
        histories, numbers = self.histories(done), numbers_in_leaves(done, self.made_by)
        rows = self.every(connection)
        missing = numbers.keys() - {row.id for row in rows}
        for id_, number in numbers.items():
            if id_ in missing and is_wanted(id_, histories[id_]):
                raise self._gone(number)
        for row in rows:
            history = histories[row.id] if row.id in numbers else None
            if is_wanted(row.id, row) or (history is not None and is_wanted(row.id, history)):
                if history is None:
                    raise Tampered(f"{self.called(row)} is in no leaf")
                yield row, history

    def entered(self, connection: Connection, register: Register) -> tuple[Entered[H], ...]:
        """Every one, in the order of their numbers.

        The log says which there are and where they stand. So none leaves a list because somebody
        deleted its row, or wrote into it that it is closed; one that was added stands there too.
        """
        done = tuple(done_leaves(connection, self.acts))
        histories, numbers = self.histories(done), numbers_in_leaves(done, self.made_by)
        rows = {row.id: row for row in self.every(connection)}
        changed = changed_rows(connection, self.table.name)
        found: dict[str, Entered[H]] = {
            id_: Entered(id_, row.number, row, is_sound=False) for id_, row in rows.items()
        }
        for id_, number in numbers.items():
            history, row = histories[id_], rows.get(id_)
            found[id_] = Entered(id_, number, history, is_sound=False)
            if row is not None:
                with suppress(Tampered):
                    columns = {"number": number, **self.row_of(connection, history)}
                    check_row(row, columns, self.called(row))
                    found[id_] = Entered(id_, number, row, is_sound=id_ not in changed)
        if not all(each.is_sound for each in found.values()):
            believed = things_on_record(connection, register)
            for id_, row in rows.items():
                if self.called(row) in believed:
                    found[id_] = Entered(id_, row.number, row, is_sound=True)
        return tuple(sorted(found.values(), key=attrgetter("number")))

    def numbers(self, connection: Connection) -> Mapping[str, int]:
        """The number that the log gives to each, by its id."""
        return numbers_in_leaves(done_leaves(connection, (self.made_by,)), self.made_by)

    def insert(self, connection: Connection, id_: str, history: H, **others: object) -> None:
        """Write a new row; ``others`` are the columns that do not follow from its leaves."""
        values = {"id": id_, **self.row_of(connection, history), **others}
        connection.execute(self.table.insert().values(values))

    def update(self, connection: Connection, id_: str, history: H) -> None:
        """Let a row follow what happened."""
        changed = self.table.update().where(self.table.c.id == id_)
        connection.execute(changed.values(dict(self.row_of(connection, history))))

    def check_number(self, connection: Connection, row: Row[Any]) -> None:
        """Check that a row has the number that the log gives it."""
        check_row(row, {"number": self.numbers(connection).get(row.id)}, self.called(row))

    def wrong(
        self, connection: Connection, done: Iterable[Leaf], may: Callable[[Row[Any], H], None]
    ) -> Iterator[Problem]:
        """Each row that is not what its leaves say, was added, or is missing.

        The leaves were found sound before; those of other acts do not matter. ``may`` asks of each
        thing whose columns are right whether those who did something were entitled to.
        """
        leaves = tuple(done)
        histories, numbers = self.histories(leaves), numbers_in_leaves(leaves, self.made_by)
        missing = set(numbers)
        for row in self.every(connection):
            missing.discard(row.id)
            called = self.called(row)
            if row.id not in numbers or row.id not in histories:
                yield Problem(None, f"{called} is in no leaf")
                continue
            try:
                columns = {
                    "number": numbers.get(row.id),
                    **self.row_of(connection, histories[row.id]),
                }
                check_row(row, columns, called)
                may(row, histories[row.id])
            except Tampered as error:
                yield Problem(None, error.message, called)
        if missing:
            yield Problem(None, f"{len(missing)} {self.table.name}s of the log are in no row")


def unrecorded(
    problems: Iterable[Problem], connection: Connection, register: Register
) -> Iterator[Problem]:
    """Those that nobody put on record: what is on record stops nothing (`audit.resumed`)."""
    found = tuple(problems)
    if found:
        broken = things_on_record(connection, register)
        yield from (problem for problem in found if problem.thing not in broken)


def things_on_record(connection: Connection, register: Register) -> frozenset[str]:
    """What lacks an entry that was set aside, as ``request R-3``: its row is believed."""
    resumed = read_resumed(connection, register)
    return frozenset(thing for each in resumed for thing in each.found.things)


def check_none(problems: Iterable[Problem]) -> None:
    """Check that nothing was found."""
    for problem in problems:
        raise Tampered(problem.what)


def check_row(row: Row[Any], columns: Columns, called: str) -> None:
    """Check that a row is what its leaves say."""
    for column, value in columns.items():
        if getattr(row, column) != value:
            raise Tampered(f"the {column} of {called} is not what the log says")

"""Every command reads the register first: in as many statements, however many people there are."""

from __future__ import annotations

from sqlalchemy import event

from callrec.audit.log import read_register
from callrec.catalogue.engine import reading
from callrec.people.powers import disable_person
from house.practices import House


def statements_of_reading(house: House) -> int:
    asked: list[str] = []

    def ask(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    engine = house.practice.engine
    with reading(engine) as connection:
        event.listen(engine, "before_cursor_execute", ask)
        assert read_register(connection) == house.practice.register
        event.remove(engine, "before_cursor_execute", ask)
    return len(asked)


def test_the_register_is_read_in_few_statements(house: House) -> None:
    entries = len(house.practice.register.vouchers)
    before = statements_of_reading(house)
    for login in ("pat", "sam", "mia"):
        disable_person(house.practice, house.actor("dora"), login=login)
        house.open()
    assert entries > 5
    # Beside what is read once: the peaks of the tree, of which a log has as many as its size ones.
    assert max(before, statements_of_reading(house)) <= 12

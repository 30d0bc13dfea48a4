"""The blind index of the register of people (docs/formats/subjects.md, 4).

It proposes; what is sealed decides. A token is four bits of an HMAC under a key of its part, so
that in a full part of 256 people sixteen share each, by chance, and no two tokens tell that two
people have anything in common. Rows are signed for with their person's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from sqlalchemy import Connection, intersect, select

from callrec.catalogue import tables
from callrec.catalogue.engine import insert_rows
from callrec.catalogue.index import blinding, cut
from callrec.policy.rights.subject import SubjectCriteria, SubjectRecord
from callrec.policy.words import words

TOKEN_BITS: Final = 4
SUBJECTS_PER_PART: Final = 256


class SubjectToken(IntEnum):
    """What a token stands for: the number is in the row, `word` in the context of its key."""

    NAME = 1
    BORN = 2
    NHS_NUMBER = 3
    NUMBER = 4

    @property
    def word(self) -> str:
        """``subject-nhs-number``."""
        return f"subject-{self.name.lower().replace('_', '-')}"


def index_subject(
    connection: Connection,
    index_key: bytes,
    vault: str,
    *,
    id_: str,
    number: int,
    record: SubjectRecord,
) -> None:
    """Write the tokens of one person, in place of those that they had."""
    drop_tokens(connection, id_)
    part, blind = number // SUBJECTS_PER_PART, blinding(index_key, vault)
    asked = SubjectCriteria(name=" ".join(record.names), born_on=record.born_on)
    values = [*_values(asked), (SubjectToken.NHS_NUMBER, record.nhs_number)]
    values += [(SubjectToken.NUMBER, each) for each in record.numbers]
    rows = {
        (part, int(kind), cut(blind(str(part), kind.word, value), TOKEN_BITS), id_)
        for kind, value in values
        if value
    }
    insert_rows(connection, tables.subject_token.insert(), sorted(rows))


def drop_tokens(connection: Connection, id_: str) -> None:
    """Delete the tokens of one person."""
    token = tables.subject_token
    connection.execute(token.delete().where(token.c.subject == id_))


def proposed_subjects(
    connection: Connection, index_keys: Sequence[bytes], vault: str, criteria: SubjectCriteria
) -> frozenset[str]:
    """Ids of those who may be so: each is to be opened and asked."""
    under, token = [blinding(key, vault) for key in index_keys], tables.subject_token.c
    parts = connection.execute(select(token.part).distinct()).scalars().all()
    found = set[str]()
    for part in parts:
        having = [
            select(token.subject).where(
                token.part == part,
                token.kind == int(kind),
                token.token.in_(
                    {cut(blind(str(part), kind.word, value), TOKEN_BITS) for blind in under}
                ),
            )
            for kind, value in _values(criteria)
        ]
        if having:
            found |= set(connection.execute(intersect(*having)).scalars())
    return frozenset(found)


def _values(criteria: SubjectCriteria) -> Iterator[tuple[SubjectToken, str]]:
    for word in sorted(words(criteria.name)):
        yield SubjectToken.NAME, word
    if criteria.born_on is not None:
        yield SubjectToken.BORN, criteria.born_on.isoformat()
    if criteria.nhs_number:
        yield SubjectToken.NHS_NUMBER, criteria.nhs_number
    if criteria.number:
        yield SubjectToken.NUMBER, criteria.number

"""The least that a command takes which uses each of five libraries once, for what callrec does.

    python benchmarks/least.py FILE --number NUMBER

An option is read (Typer), a setting checked (pydantic), the calls of a number looked up in a file
of SQLite (SQLAlchemy), a signature checked and something opened (cryptography), and a table shown
(rich). It knows no roles, checks no record and writes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import pydantic
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from rich.console import Console
from rich.table import Table
from sqlalchemy import Column, Integer, MetaData, String, create_engine, select
from sqlalchemy import Table as Rows

CALL: Final = Rows(
    "call", MetaData(), Column("id", Integer, primary_key=True), Column("number", String)
)


class Settings(pydantic.BaseModel):
    """One setting."""

    file: Path


def main(file: Path, number: Annotated[str, typer.Option()]) -> None:
    """Show the calls of a number."""
    settings = Settings.model_validate({"file": file})
    with create_engine(f"sqlite:///{settings.file}").connect() as connection:
        found = connection.execute(select(CALL).where(CALL.c.number == number)).all()
    key = Ed25519PrivateKey.generate()
    key.public_key().verify(key.sign(b"a call"), b"a call")
    box, nonce = AESGCM(AESGCM.generate_key(256)), bytes(12)
    box.decrypt(nonce, box.encrypt(nonce, b"a call", None), None)
    table = Table("recording", "number")
    for row in found:
        table.add_row(str(row.id), row.number)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)

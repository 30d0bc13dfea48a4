"""A second schema that no callrec ever had: it adds columns to a table with rows, and tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("volume", sa.Column("colour", sa.String(length=16), nullable=True))
    handled = sa.Column("handled", sa.Integer(), nullable=False, server_default="0")
    op.add_column("volume", handled)
    op.create_table(
        "room",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "shelf",
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("volume", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["room"], ["room.id"]),
        sa.ForeignKeyConstraint(["volume"], ["volume.id"]),
        sa.PrimaryKeyConstraint("room", "volume"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_shelf_volume"), "shelf", ["volume"], unique=False)

"""Volumes as things the practice owns; categories, destruction and its certificates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("standing", sa.String(length=16), nullable=False, server_default="in-use"),
        sa.Column("serial", sa.String(length=64), nullable=True),
        sa.Column("kept_version", sa.Integer(), nullable=True),
        sa.Column("kept_sealed", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("volume", column)
    op.create_table(
        "category",
        _recording(),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recording"], ["recording.id"]),
        sa.ForeignKeyConstraint(["seq"], ["leaf.seq"]),
        sa.PrimaryKeyConstraint("recording"),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["request"], ["request.id"]),
        sa.ForeignKeyConstraint(["seq"], ["leaf.seq"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "destroyed",
        _recording(),
        sa.Column("certificate", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=True),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"]),
        sa.ForeignKeyConstraint(["recording"], ["recording.id"]),
        sa.PrimaryKeyConstraint("recording"),
    )
    op.create_index(op.f("ix_destroyed_certificate"), "destroyed", ["certificate"], unique=False)
    op.create_table(
        "former",
        sa.Column("volume", sa.String(length=32), nullable=False),
        sa.Column("ciphertext", sa.String(length=64), nullable=False),
        sa.Column("bag", sa.String(length=64), nullable=False),
        _recording(nullable=True),
        sa.ForeignKeyConstraint(["volume"], ["volume.id"]),
        sa.ForeignKeyConstraint(["recording"], ["recording.id"]),
        sa.PrimaryKeyConstraint("volume", "ciphertext"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_former_recording"), "former", ["recording"], unique=False)


def _recording(*, nullable: bool = False) -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("recording", number, autoincrement=False, nullable=nullable)

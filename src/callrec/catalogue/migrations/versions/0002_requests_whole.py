"""Clocks, words, holds, incidents and notices by mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _requests()
    _holds()
    _incidents()
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("line", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )


def _requests() -> None:
    op.create_table(
        "clock_event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["request.id"]),
        sa.ForeignKeyConstraint(["seq"], ["leaf.seq"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_clock_event_request"), "clock_event", ["request"], unique=False)
    op.create_table(
        "request_words",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["request.id"]),
        sa.ForeignKeyConstraint(["seq"], ["leaf.seq"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_request_words_request"), "request_words", ["request"], unique=False)


def _holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=True),
        sa.Column("placed_by", sa.String(length=32), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("matched_to", sa.BigInteger(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["request"], ["request.id"]),
        sa.ForeignKeyConstraint(["seq"], ["leaf.seq"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_hold_request"), "hold", ["request"], unique=False)
    op.create_table(
        "held",
        sa.Column("hold", sa.String(length=32), nullable=False),
        sa.Column(
            "recording",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["hold"], ["hold.id"]),
        sa.ForeignKeyConstraint(["recording"], ["recording.id"]),
        sa.PrimaryKeyConstraint("hold", "recording"),
        sqlite_with_rowid=False,
    )
    op.create_index("held_recording", "held", ["recording"], unique=False)


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reporter", sa.String(length=32), nullable=False),
        sa.Column("told", sa.String(length=32), nullable=False),
        sa.Column("aware_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["reporter"], ["person.id"]),
        sa.ForeignKeyConstraint(["told"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "incident_version",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
        sa.PrimaryKeyConstraint("incident", "version"),
    )
    op.create_table(
        "incident_key",
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
        sa.PrimaryKeyConstraint("incident", "version", "holder"),
    )

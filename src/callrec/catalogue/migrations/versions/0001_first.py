"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "failed_login",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute"),
    )
    op.create_table(
        "leaf",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_leaf_statement"), "leaf", ["statement"], unique=False)
    op.create_table(
        "node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "part",
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("tail_bits", sa.Integer(), nullable=False),
        sa.Column("normalising", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("part"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=True),
        sa.Column("claimed", sa.LargeBinary(), nullable=True),
        sa.Column("name_version", sa.Integer(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "statement",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(op.f("ix_statement_kind"), "statement", ["kind"], unique=False)
    op.create_table(
        "volume",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("head_size", sa.BigInteger(), nullable=False),
        sa.Column("head_root", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("label"),
    )
    op.create_table(
        "bag",
        sa.Column("volume", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement"],
            ["statement.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["volume"],
            ["volume.id"],
        ),
        sa.PrimaryKeyConstraint("volume", "name"),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("statement", sa.String(length=64), nullable=False),
        sa.Column("recordings_version", sa.Integer(), nullable=False),
        sa.Column("recordings_key", sa.LargeBinary(), nullable=False),
        sa.Column("catalogue_version", sa.Integer(), nullable=False),
        sa.Column("catalogue_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement"],
            ["statement.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "detail",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["leaf.seq"],
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requester", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["requester"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("request_state", "request", ["state"], unique=False)
    op.create_table(
        "share",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("key", "version", "person"),
    )
    op.create_table(
        "recording",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("ciphertext", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch"],
            ["batch.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_recording_ciphertext"), "recording", ["ciphertext"], unique=False)
    op.create_index(op.f("ix_recording_started_at"), "recording", ["started_at"], unique=False)
    op.create_table(
        "request_key",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"],
            ["request.id"],
        ),
        sa.PrimaryKeyConstraint("request", "version", "holder"),
    )
    op.create_table(
        "request_version",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"],
            ["request.id"],
        ),
        sa.PrimaryKeyConstraint("request", "version"),
    )
    op.create_table(
        "archived",
        sa.Column(
            "recording",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("volume", sa.String(length=32), nullable=False),
        sa.Column("bag", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recording.id"],
        ),
        sa.ForeignKeyConstraint(
            ["volume"],
            ["volume.id"],
        ),
        sa.PrimaryKeyConstraint("recording", "volume"),
    )
    op.create_table(
        "duplicate",
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column(
            "recording", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recording.id"],
        ),
        sa.PrimaryKeyConstraint("mac"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grant_",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("approval", sa.String(length=64), nullable=False),
        sa.Column("lapses_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval"],
            ["statement.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["request"],
            ["request.id"],
        ),
        sa.ForeignKeyConstraint(
            ["uid"],
            ["recording.uid"],
        ),
        sa.PrimaryKeyConstraint("request", "uid", "person"),
    )
    op.create_index("grant_person", "grant_", ["person"], unique=False)
    op.create_table(
        "metadata",
        sa.Column(
            "recording",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch"],
            ["batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recording.id"],
        ),
        sa.PrimaryKeyConstraint("recording", "revision"),
    )
    op.create_table(
        "token",
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "recording",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recording.id"],
        ),
        sa.PrimaryKeyConstraint("part", "kind", "token", "recording"),
        sqlite_with_rowid=False,
    )

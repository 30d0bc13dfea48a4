"""Alembic's environment: migrations run on the connection that the caller gives."""

from __future__ import annotations

from alembic import context

from callrec.catalogue.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

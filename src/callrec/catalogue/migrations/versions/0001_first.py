"""The schema, from tables.py, as long as nothing was released.

The first release freezes it: from then on this file lists the tables as that release made them, and
a change of tables.py takes a migration of its own (docs/contributing.md).
"""

from __future__ import annotations

from alembic import op

from callrec.catalogue.tables import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    METADATA.create_all(op.get_bind(), checkfirst=False)

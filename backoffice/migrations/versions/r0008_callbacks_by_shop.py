"""Callbacks that are due are looked up shop by shop."""

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"
branch_labels = None
depends_on = None

_UNDELIVERED = sa.text("delivered_at IS NULL")


def upgrade() -> None:
    _index("shop", "due_at")


def downgrade() -> None:
    _index("due_at")


def _index(*columns: str) -> None:
    op.drop_index("ix_callbacks_due", table_name="callbacks")
    op.create_index("ix_callbacks_due", "callbacks", list(columns), postgresql_where=_UNDELIVERED)

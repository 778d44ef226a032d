"""Shipments that go to another warehouse: how often, the answer for it, and the news of it."""

import sqlalchemy as sa
from alembic import op

from backoffice.migrations.allowing import allow, forbid

revision = "r0023"
down_revision = "r0022"
branch_labels = None
depends_on = None

_KNOWN = (
    ("case_answers", "answer", "reroute"),
    ("transitions", "news", "rerouted"),
)


def upgrade() -> None:
    op.add_column(
        "handoffs", sa.Column("moves", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    for table, column, value in _KNOWN:
        allow(table, column, value)


def downgrade() -> None:
    """Where a shipment is stays known; the earlier build can only send it from there."""
    op.execute("UPDATE case_answers SET answer = 'close' WHERE answer = 'reroute'")
    op.execute("UPDATE cases SET answers = array_remove(answers, 'reroute')")
    op.execute("UPDATE transitions SET news = NULL WHERE news = 'rerouted'")
    for table, column, value in _KNOWN:
        forbid(table, column, value)
    op.drop_column("handoffs", "moves")

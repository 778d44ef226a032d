"""Orders that replace pieces of another one."""

import sqlalchemy as sa
from alembic import op

from backoffice.migrations.allowing import allow, forbid

revision = "r0028"
down_revision = "r0027"
branch_labels = None
depends_on = None

_COLUMNS = ("replaces", "replaces_complaint", "replaces_offer")
_ONCE = "uq_orders_replaces_replaces_complaint_replaces_offer"
_KNOWN = (("case_answers", "answer", "replace"), ("transitions", "news", "replaced"))


def upgrade() -> None:
    """An order that the engine's history brings back may come before the one that it replaces
    pieces of, so the column refers to no row."""
    for table, column, value in _KNOWN:
        allow(table, column, value)
    op.add_column("orders", sa.Column("replaces", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("replaces_complaint", sa.Integer(), nullable=True))
    op.add_column("orders", sa.Column("replaces_offer", sa.Integer(), nullable=True))
    op.create_unique_constraint(op.f(_ONCE), "orders", list(_COLUMNS))


def downgrade() -> None:
    """Replacements stay orders of their own; what they replace is forgotten."""
    op.drop_constraint(op.f(_ONCE), "orders", type_="unique")
    for column in reversed(_COLUMNS):
        op.drop_column("orders", column)
    op.execute("UPDATE transitions SET news = NULL WHERE news = 'replaced'")
    op.execute("UPDATE case_answers SET answer = 'close' WHERE answer = 'replace'")
    op.execute("UPDATE cases SET answers = array_remove(answers, 'replace')")
    op.execute(
        "UPDATE complaint_words SET solution = NULL WHERE "
        "solution -> 'wanted' ->> 'kind' = 'replacement'"
    )
    for table, column, value in _KNOWN:
        forbid(table, column, value)

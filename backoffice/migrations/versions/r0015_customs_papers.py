"""Papers for customs: where they are kept, and that they are printed with the label."""

import sqlalchemy as sa
from alembic import op

revision = "r0015"
down_revision = "r0014"
branch_labels = None
depends_on = None

_KINDS = "'label', 'packing_slip', 'invoice', 'credit_note'"


def upgrade() -> None:
    op.add_column("labels", sa.Column("customs_url", sa.Text(), server_default="", nullable=False))
    _kinds(f"{_KINDS}, 'customs'")


def downgrade() -> None:
    """What was printed for customs is forgotten; the carrier has it."""
    op.execute(
        "DELETE FROM print_jobs WHERE document IN"
        " (SELECT key FROM documents WHERE kind = 'customs')"
    )
    op.execute("DELETE FROM documents WHERE kind = 'customs'")
    _kinds(_KINDS)
    op.drop_column("labels", "customs_url")


def _kinds(allowed: str) -> None:
    name = op.f("ck_documents_kind_known")
    op.drop_constraint(name, "documents", type_="check")
    op.create_check_constraint(name, "documents", sa.text(f"kind IN ({allowed})"))

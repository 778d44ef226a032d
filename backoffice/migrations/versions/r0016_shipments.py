"""Orders that go in several shipments: their status, invoices for parts, the mail about a rest."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "r0016"
down_revision = "r0015"
branch_labels = None
depends_on = None

_MAILS = (
    "'confirmation', 'backordered', 'payment_needed', 'declined', 'out_of_stock', "
    "'address_changed', 'shipped', 'cancelled', {part}'restock', 'review'"
)
_STATUSES = (
    "'accepted', 'backordered', 'reserved', 'awaiting_payment', 'payment_secured', 'in_review', "
    "'in_fulfilment', 'picked', 'ready_to_pack', 'packed', 'captured', 'released', 'shipped', "
    "'delivered', 'not_delivered', 'completed', 'declined', 'out_of_stock', 'cancelling', "
    "'recalling', 'cancelled'"
)


def upgrade() -> None:
    op.add_column("transitions", sa.Column("of_order", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_transitions_of_order_known"),
        "transitions",
        sa.text(f"of_order IN ({_STATUSES})"),
    )
    op.add_column("handoffs", sa.Column("status", sa.Text(), nullable=True))
    op.add_column(
        "handoffs",
        sa.Column("status_number", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_handoffs_status_known"), "handoffs", sa.text(f"status IN ({_STATUSES})")
    )
    op.add_column(
        "invoices",
        sa.Column(
            "part",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    _mails("'part_cancelled', ")


def downgrade() -> None:
    """Each shipment's status counts as the order's, and invoices forget which part they are."""
    op.execute("DELETE FROM mails WHERE kind = 'part_cancelled'")
    _mails("")
    op.drop_column("invoices", "part")
    op.drop_column("handoffs", "status_number")
    op.drop_column("handoffs", "status")
    op.drop_column("transitions", "of_order")


def _mails(part: str) -> None:
    name = op.f("ck_mails_kind_known")
    op.drop_constraint(name, "mails", type_="check")
    op.create_check_constraint(name, "mails", sa.text(f"kind IN ({_MAILS.format(part=part)})"))

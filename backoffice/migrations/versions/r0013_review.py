"""Orders that are held until somebody releases them, and the case that asks for it."""

import sqlalchemy as sa
from alembic import op

revision = "r0013"
down_revision = "r0012"
branch_labels = None
depends_on = None

_STATUSES = (
    "'accepted', 'backordered', 'reserved', 'awaiting_payment', 'payment_secured', "
    "{held}'in_fulfilment', 'picked', 'ready_to_pack', 'packed', 'captured', 'released', "
    "'shipped', 'delivered', 'not_delivered', 'completed', 'declined', 'out_of_stock', "
    "'cancelling', 'recalling', 'cancelled'"
)
_KINDS = (
    "'backorder_ends', {review}'pick_overdue', 'short_pick', 'pack_overdue', "
    "'hand_over_overdue', 'delivery_overdue', 'not_delivered', 'warehouse_rejected', "
    "'message_refused', 'beyond_booking', 'no_rate', 'label_failed', 'authorization_ends', "
    "'capture_failed', 'channel_owes', 'gone_unreleased', 'intercept', 'stuck', "
    "'refused_by_provider', 'not_started', 'orphan', 'undeliverable_callback', 'lost', 'dead', "
    "'wedged', 'idle', 'reset', 'stray_money', 'money_differs', 'stray_label'"
)
_ANSWERS = (
    "'retry', 'accept', 'cancel', 'close', 'still_here', 'ship', 'drop_line', 'wait'{decisions}"
)


def upgrade() -> None:
    _replace("'in_review', ", "'review', ", ", 'release', 'reject'")


def downgrade() -> None:
    """An order that is held counts as paid; its case is one that a provider's refusal opened."""
    op.execute("UPDATE case_answers SET answer = 'accept' WHERE answer = 'release'")
    op.execute("UPDATE case_answers SET answer = 'cancel' WHERE answer = 'reject'")
    op.execute("UPDATE cases SET kind = 'refused_by_provider' WHERE kind = 'review'")
    op.execute(
        "UPDATE cases SET answers = array_replace(array_replace(answers, 'release', 'accept'),"
        " 'reject', 'cancel')"
    )
    op.execute("UPDATE orders SET status = 'payment_secured' WHERE status = 'in_review'")
    op.execute("UPDATE transitions SET status = 'payment_secured' WHERE status = 'in_review'")
    _replace("", "", "")


def _replace(held: str, review: str, decisions: str) -> None:
    for table in ("orders", "transitions"):
        _constrain(table, "status", _STATUSES.format(held=held))
    _constrain("cases", "kind", _KINDS.format(review=review))
    _constrain("case_answers", "answer", _ANSWERS.format(decisions=decisions))


def _constrain(table: str, column: str, allowed: str) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.text(f"{column} IN ({allowed})"))

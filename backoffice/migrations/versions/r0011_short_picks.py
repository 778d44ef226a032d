"""Pieces that are missing for good: written off, asked about, and owed by a channel."""

import sqlalchemy as sa
from alembic import op

revision = "r0011"
down_revision = "r0010"
branch_labels = None
depends_on = None

_KINDS = (
    "'pick_overdue', {asking}'pack_overdue', 'hand_over_overdue', 'delivery_overdue', "
    "'not_delivered', 'warehouse_rejected', 'message_refused', 'beyond_booking', 'no_rate', "
    "'label_failed', 'authorization_ends', 'capture_failed', {owing}'gone_unreleased', "
    "'intercept', 'stuck', 'refused_by_provider', 'not_started', 'orphan', "
    "'undeliverable_callback', 'lost', 'dead', 'wedged', 'idle', 'reset', 'stray_money', "
    "'money_differs', 'stray_label'"
)
_ANSWERS = "'retry', 'accept', 'cancel', 'close', 'still_here'{more}"
_STOCK = "'receipt', 'adjustment', 'reservation', 'release', 'issue', 'put_away'{more}"
_SIGNS = """CASE kind
    WHEN 'receipt' THEN on_hand > 0 AND reserved = 0
    WHEN 'adjustment' THEN on_hand <> 0 AND reserved = 0
    WHEN 'reservation' THEN on_hand = 0 AND reserved > 0
    WHEN 'release' THEN on_hand = 0 AND reserved < 0
    WHEN 'issue' THEN on_hand < 0 AND reserved = on_hand
    WHEN 'put_away' THEN on_hand > 0 AND reserved = 0
{more}    ELSE false END"""
_WRITTEN_OFF = "    WHEN 'write_off' THEN on_hand < 0 AND reserved = on_hand\n"


def upgrade() -> None:
    _known("cases", "kind", _KINDS.format(asking="'short_pick', ", owing="'channel_owes', "))
    _known("case_answers", "answer", _ANSWERS.format(more=", 'ship', 'drop_line', 'wait'"))
    _known("stock_entries", "kind", _STOCK.format(more=", 'write_off'"))
    _renew("ck_stock_entries_signs_fit_kind", "stock_entries", _SIGNS.format(more=_WRITTEN_OFF))
    _shipment_named("'issue', 'put_away', 'write_off'")


def downgrade() -> None:
    """What was written off counts as a release and an adjustment; a pick that lacks pieces is one
    that was refused, what a channel owes a matter of money; a decision is an acceptance."""
    op.execute(
        "INSERT INTO stock_entries (shop, key, sku, kind, on_hand, reserved, at, note)"
        " SELECT shop, key || '-off', sku, 'adjustment', on_hand, 0, at, note"
        " FROM stock_entries WHERE kind = 'write_off'"
    )
    _drop("ck_stock_entries_kind_known", "stock_entries")
    _drop("ck_stock_entries_signs_fit_kind", "stock_entries")
    op.execute("UPDATE stock_entries SET kind = 'release', on_hand = 0 WHERE kind = 'write_off'")
    _check("ck_stock_entries_kind_known", "stock_entries", f"kind IN ({_STOCK.format(more='')})")
    _check("ck_stock_entries_signs_fit_kind", "stock_entries", _SIGNS.format(more=""))
    _shipment_named("'issue', 'put_away'")
    # They hold sums of entries from before the change; without them all entries are added up.
    op.execute("DELETE FROM stock_closings")
    op.execute("UPDATE cases SET kind = 'message_refused' WHERE kind = 'short_pick'")
    op.execute("UPDATE cases SET kind = 'money_differs' WHERE kind = 'channel_owes'")
    _known("cases", "kind", _KINDS.format(asking="", owing=""))
    op.execute(
        "UPDATE case_answers SET answer = 'accept' WHERE answer IN ('ship', 'drop_line', 'wait')"
    )
    _known("case_answers", "answer", _ANSWERS.format(more=""))


def _shipment_named(kinds: str) -> None:
    rule = f"shipment IS NOT NULL OR kind NOT IN ({kinds})"
    _renew("ck_stock_entries_shipment_named", "stock_entries", rule)


def _known(table: str, column: str, allowed: str) -> None:
    _renew(f"ck_{table}_{column}_known", table, f"{column} IN ({allowed})")


def _renew(name: str, table: str, rule: str) -> None:
    _drop(name, table)
    _check(name, table, rule)


def _drop(name: str, table: str) -> None:
    op.drop_constraint(op.f(name), table, type_="check")


def _check(name: str, table: str, rule: str) -> None:
    op.create_check_constraint(op.f(name), table, sa.text(rule))

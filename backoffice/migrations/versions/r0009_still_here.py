"""Staff may answer that a parcel is still here."""

import sqlalchemy as sa
from alembic import op

revision = "r0009"
down_revision = "r0008"
branch_labels = None
depends_on = None

_BEFORE = "answer IN ('retry', 'accept', 'cancel', 'close')"
_AFTER = "answer IN ('retry', 'accept', 'cancel', 'close', 'still_here')"


def upgrade() -> None:
    _replace(_AFTER)


def downgrade() -> None:
    op.execute("UPDATE case_answers SET answer = 'close' WHERE answer = 'still_here'")
    op.execute("UPDATE cases SET answers = array_remove(answers, 'still_here')")
    _replace(_BEFORE)


def _replace(condition: str) -> None:
    op.drop_constraint(op.f("ck_case_answers_answer_known"), "case_answers", type_="check")
    op.create_check_constraint(
        op.f("ck_case_answers_answer_known"), "case_answers", sa.text(condition)
    )

"""Digests, and who unsubscribed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What waits already goes out at once, as it was to."""
    op.add_column("alerts", sa.Column("deliver", sa.Text(), nullable=False, server_default="instant"))
    op.add_column("alerts", sa.Column("due", MOMENT, nullable=True))
    op.add_column("alerts", sa.Column("digest", sa.Text(), nullable=True))
    op.execute("UPDATE alerts SET due = queued")
    with op.batch_alter_table("alerts") as alerts:  # SQLite alters a table by rebuilding it
        alerts.alter_column("due", existing_type=MOMENT, nullable=False)
        alerts.alter_column("deliver", existing_type=sa.Text(), server_default=None)
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_recipient"), "subscriptions", ["recipient"])

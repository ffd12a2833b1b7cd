"""When what is told of a change moved last, so that a feed can date its entries by it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the column. Of older changes it is when somebody was to be told of them last, else when they were found."""
    with op.batch_alter_table("changes") as changes:
        changes.add_column(sa.Column("moved", MOMENT, nullable=True))
    op.execute(
        "UPDATE changes SET moved = coalesce((SELECT max(queued) FROM alerts"
        " WHERE alerts.change_id = changes.id AND alerts.queued > changes.found), found)"
    )
    with op.batch_alter_table("changes") as changes:
        changes.alter_column("moved", existing_type=MOMENT, nullable=False)
        changes.create_index(op.f("ix_changes_moved"), ["moved"])

"""When what is told of a change moved last, for feeds and "today"; which stances in force nobody confirmed yet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

JSON = sa.JSON()
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the columns. Of older changes it is when somebody was to be told of them last, else when they were found.

    Of positions it is derived with them: `db rebuild --apply`, or the next that is heard of a pair.
    """
    with op.batch_alter_table("changes") as changes:
        changes.add_column(sa.Column("moved", MOMENT, nullable=True))
    op.execute(
        "UPDATE changes SET moved = coalesce((SELECT max(queued) FROM alerts"
        " WHERE alerts.change_id = changes.id AND alerts.queued > changes.found), found)"
    )
    with op.batch_alter_table("changes") as changes:
        changes.alter_column("moved", existing_type=MOMENT, nullable=False)
        changes.create_index(op.f("ix_changes_moved"), ["moved"])
    with op.batch_alter_table("positions") as positions:
        positions.add_column(sa.Column("provisional", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("positions") as positions:
        positions.alter_column("provisional", existing_type=JSON, server_default=None)

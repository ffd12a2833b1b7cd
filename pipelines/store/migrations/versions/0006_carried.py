"""When a change moved last, what in force nobody confirmed yet, what a newer reading lacks, which rulings go on in new texts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
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
    with op.batch_alter_table("statements") as statements:
        statements.add_column(sa.Column("unread", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("statements") as statements:
        statements.alter_column("unread", existing_type=sa.Boolean(), server_default=None)
        statements.create_index("ix_statements_stance_seen", ["stance", "first_seen", "id"])
        statements.create_index("ix_statements_stance", ["stance", "id"])  # samples are drawn by it
    with op.batch_alter_table("verdicts") as verdicts:
        verdicts.add_column(sa.Column("carries", sa.Integer(), nullable=True))
        verdicts.create_index(op.f("ix_verdicts_carries"), ["carries"])
    with op.batch_alter_table("positions") as positions:
        positions.add_column(sa.Column("provisional", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("positions") as positions:
        positions.alter_column("provisional", existing_type=JSON, server_default=None)

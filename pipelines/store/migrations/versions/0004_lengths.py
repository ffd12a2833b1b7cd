"""What is asked of documents at every look, without reading their texts: how long they are, and when each came."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Counts the characters of each text once; texts that time released have outlasted their hold."""
    if "kind" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("holds")}:
        # An early 0003 made this table without it.
        with op.batch_alter_table("holds") as holds:
            holds.add_column(sa.Column("kind", sa.Text(), nullable=True))
        op.execute(
            "UPDATE holds SET kind = CASE WHEN reason LIKE 'its text shrank%' THEN 'short' ELSE 'many' END"
        )
        with op.batch_alter_table("holds") as holds:
            holds.alter_column("kind", existing_type=sa.Text(), nullable=False)
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("length", sa.Integer(), nullable=True))
    op.execute("UPDATE documents SET length = length(text)")
    op.execute(
        "UPDATE holds SET state = 'outlasted', who = NULL WHERE who = 'stancewatch: the page stayed so'"
    )
    with op.batch_alter_table("documents") as documents:
        documents.alter_column("length", existing_type=sa.Integer(), nullable=False)
        documents.drop_index("ix_documents_source")
        documents.create_index("ix_documents_news", ["source", "first_seen", "published"])

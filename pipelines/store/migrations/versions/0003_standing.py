"""What a page says line by line: the sentences behind a statement, where they stand, and texts that are held back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

DIGEST = sa.String(64)
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Adds columns with what was so before, and three tables."""
    with op.batch_alter_table("statements") as statements:
        statements.add_column(sa.Column("supports", JSON, nullable=False, server_default="[]"))
        statements.add_column(sa.Column("promise", sa.Text(), nullable=True))
        statements.add_column(sa.Column("unsure", sa.Boolean(), nullable=False, server_default=sa.false()))
        statements.add_column(sa.Column("spent", sa.Boolean(), nullable=False, server_default=sa.false()))
        statements.drop_index("ix_statements_pair")
        statements.create_index("ix_statements_pair", ["company", "authority", "spent"])
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("recorded", MOMENT, nullable=True))
    op.execute("UPDATE documents SET recorded = fetched")
    with op.batch_alter_table("documents") as documents:
        documents.alter_column("recorded", existing_type=MOMENT, nullable=False)
    with op.batch_alter_table("statements") as statements:
        statements.alter_column("supports", existing_type=JSON, server_default=None)
        statements.alter_column("unsure", existing_type=sa.Boolean(), server_default=None)
        statements.alter_column("spent", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("changes") as changes:
        changes.add_column(sa.Column("reclassified", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("changes") as changes:
        changes.alter_column("reclassified", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "page_sentences",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("url", "key", name=op.f("pk_page_sentences")),
    )
    op.create_table(
        "standings",
        sa.Column("document_id", DIGEST, nullable=False),
        sa.Column("sentence", DIGEST, nullable=False),
        sa.Column("stands_as", DIGEST, nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_standings_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("document_id", "sentence", name=op.f("pk_standings")),
    )
    op.create_table(
        "holds",
        sa.Column("document_id", DIGEST, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("decided", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_holds_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_state"), "holds", ["state"])

"""The first form of all tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

DIGEST = sa.String(64)
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """From nothing."""
    _runs()
    _pages()
    _said()
    _concluded()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("finished", MOMENT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_job"), "runs", ["job"])
    op.create_table(
        "run_sources",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("captures", sa.Integer(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("outcomes", JSON, nullable=False),
        sa.Column("dropped", JSON, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_sources_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "source", name=op.f("pk_run_sources")),
    )


def _pages() -> None:
    op.create_table(
        "fetches",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("entry", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_fetched", MOMENT, nullable=False),
        sa.Column("last_ok", MOMENT, nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "url", name=op.f("pk_fetches")),
    )
    op.create_table(
        "captures",
        sa.Column("id", DIGEST, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("hints", JSON, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("document_id", DIGEST, nullable=True),
        sa.Column("warc_file", sa.Text(), nullable=False),
        sa.Column("warc_offset", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
    )
    op.create_index(op.f("ix_captures_document_id"), "captures", ["document_id"])
    op.create_index(op.f("ix_captures_source"), "captures", ["source"])
    op.create_index("ix_captures_url", "captures", ["url"], postgresql_using="hash")
    op.create_table(
        "documents",
        sa.Column("id", DIGEST, nullable=False),
        sa.Column("capture_id", DIGEST, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("published", MOMENT, nullable=True),
        sa.Column("modified", MOMENT, nullable=True),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("fetched", MOMENT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("paragraphs", JSON, nullable=False),
        sa.Column("quarantined", JSON, nullable=False),
        sa.Column("fingerprint", JSON, nullable=False),
        sa.Column("knowledge", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.id"], name=op.f("fk_documents_capture_id_captures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_capture_id"), "documents", ["capture_id"])
    op.create_index(op.f("ix_documents_source"), "documents", ["source"])
    op.create_index("ix_documents_url", "documents", ["url"], postgresql_using="hash")
    op.create_table(
        "versions",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("document_id", DIGEST, nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("seen", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_versions_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("url", "n", name=op.f("pk_versions")),
    )
    op.create_index(op.f("ix_versions_document_id"), "versions", ["document_id"])


def _said() -> None:
    op.create_table(
        "statements",
        sa.Column("id", DIGEST, nullable=False),
        sa.Column("document_id", DIGEST, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("facets", JSON, nullable=False),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("unlisted", sa.Boolean(), nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_statements_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
    )
    op.create_index(op.f("ix_statements_document_id"), "statements", ["document_id"])
    op.create_index(op.f("ix_statements_first_seen"), "statements", ["first_seen"])
    op.create_index("ix_statements_pair", "statements", ["company", "authority"])
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", DIGEST, nullable=False),
        sa.Column("ruling", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_verdicts_statement_id_statements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    op.create_index("ix_verdicts_pair", "verdicts", ["company", "authority"])
    op.create_index(op.f("ix_verdicts_statement_id"), "verdicts", ["statement_id"])


def _concluded() -> None:
    op.create_table(
        "positions",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("held", JSON, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("company", "authority", name=op.f("pk_positions")),
    )
    op.create_table(
        "changes",
        sa.Column("id", DIGEST, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("occurred", MOMENT, nullable=False),
        sa.Column("found", MOMENT, nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_found"), "changes", ["found"])
    op.create_index("ix_changes_pair", "changes", ["company", "authority"])
    op.create_table(
        "alerts",
        sa.Column("id", DIGEST, nullable=False),
        sa.Column("change_id", DIGEST, nullable=False),
        sa.Column("change_status", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued", MOMENT, nullable=False),
        sa.Column("next_attempt", MOMENT, nullable=False),
        sa.Column("sent", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name=op.f("fk_alerts_change_id_changes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_change_id"), "alerts", ["change_id"])
    op.create_index(op.f("ix_alerts_state"), "alerts", ["state"])

"""The desk: who may use it, what waits for a ruling, and texts that can be searched."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from pipelines.store import words

revision = "0005"
down_revision = "0004"

DIGEST = sa.String(64)
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Adds columns and tables, and puts every stored text into the index of words. Proposals come by `db rebuild`."""
    _columns()
    _review()
    _access()
    _coding()
    op.create_table(
        "document_numbers",
        _number("number"),
        sa.Column("document_id", DIGEST, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_numbers_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_document_numbers")),
        sa.UniqueConstraint("document_id", name=op.f("uq_document_numbers_document_id")),
    )
    _lists()
    words.create(op.get_bind())
    words.index_all(op.get_bind())


def _lists() -> None:
    """What the desk lists newest first, or only the newest of."""
    op.create_index("ix_captures_source_seen", "captures", ["source", "last_seen"])
    op.create_index("ix_fetches_newest", "fetches", ["source", "entry", "last_fetched"])
    op.create_index(op.f("ix_alerts_queued"), "alerts", ["queued"])
    op.create_index("ix_audit_who", "audit", ["who", "id"])


def _columns() -> None:
    with op.batch_alter_table("statements") as statements:
        statements.add_column(sa.Column("marks", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("statements") as statements:
        statements.alter_column("marks", existing_type=JSON, server_default=None)
        statements.create_index("ix_statements_pair_seen", ["company", "authority", "first_seen", "id"])
        statements.create_index("ix_statements_company_seen", ["company", "first_seen", "id"])
        statements.create_index("ix_statements_authority_seen", ["authority", "first_seen", "id"])
    with op.batch_alter_table("verdicts") as verdicts:
        verdicts.add_column(sa.Column("before", JSON, nullable=False, server_default="{}"))
        verdicts.add_column(sa.Column("undoes", sa.Integer(), nullable=True))
    with op.batch_alter_table("verdicts") as verdicts:
        verdicts.alter_column("before", existing_type=JSON, server_default=None)
        verdicts.create_index("ix_verdicts_who", ["who", "id"])
        verdicts.create_index(op.f("ix_verdicts_undoes"), ["undoes"])


def _review() -> None:
    op.create_table(
        "proposals",
        sa.Column("statement_id", DIGEST, nullable=False),
        _text("company"),
        _text("authority"),
        sa.Column("change_id", DIGEST, nullable=True),
        _text("why"),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("uncertainty", sa.Double(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        _moment("first_seen"),
        _of("proposals", "statement_id", "statements"),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_rank", "proposals", ["rank", "first_seen", "statement_id"])
    op.create_index("ix_proposals_pair", "proposals", ["company", "authority"])
    op.create_table(
        "skips",
        _text("who"),
        sa.Column("statement_id", DIGEST, nullable=False),
        _moment("at"),
        _of("skips", "statement_id", "statements"),
        sa.PrimaryKeyConstraint("who", "statement_id", name=op.f("pk_skips")),
    )
    op.create_table(
        "comments",
        _number("id"),
        sa.Column("statement_id", DIGEST, nullable=False),
        _text("who"),
        _moment("at"),
        _text("text"),
        _of("comments", "statement_id", "statements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_statement_id"), "comments", ["statement_id"])


def _access() -> None:
    op.create_table(
        "users",
        _number("id"),
        _text("name"),
        _text("role"),
        _text("password", nullable=True),
        _text("subject", nullable=True),
        _moment("added"),
        _moment("disabled", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
        sa.UniqueConstraint("subject", name=op.f("uq_users_subject")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _moment("begun"),
        _moment("seen"),
        _of("sessions", "user_id", "users"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"])
    op.create_table(
        "tokens",
        _number("id"),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _text("name"),
        sa.Column("digest", DIGEST, nullable=False),
        _text("role"),
        _moment("made"),
        _moment("used", nullable=True),
        _moment("revoked", nullable=True),
        _of("tokens", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"])
    op.create_table(
        "audit",
        _number("id"),
        _moment("at"),
        _text("who", nullable=True),
        _text("what"),
        _text("about"),
        _text("address", nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_what", "audit", ["what", "at"])


def _coding() -> None:
    op.create_table(
        "samples",
        _number("id"),
        _text("name"),
        _text("who"),
        _moment("at"),
        sa.Column("coders", JSON, nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("drawn_from", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        sa.UniqueConstraint("name", name=op.f("uq_samples_name")),
    )
    op.create_table(
        "sample_units",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("statement_id", DIGEST, nullable=False),
        _of("sample_units", "sample_id", "samples"),
        _of("sample_units", "statement_id", "statements"),
        sa.PrimaryKeyConstraint("sample_id", "n", name=op.f("pk_sample_units")),
    )
    op.create_table(
        "codes",
        _number("id"),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        _text("who"),
        _moment("at"),
        _text("stance"),
        sa.Column("adjudicates", sa.Boolean(), nullable=False),
        _text("note"),
        sa.ForeignKeyConstraint(
            ["sample_id", "n"],
            ["sample_units.sample_id", "sample_units.n"],
            name=op.f("fk_codes_sample_id_sample_units"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codes")),
    )
    op.create_index("ix_codes_unit", "codes", ["sample_id", "n"])


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=nullable)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    key = "digest" if other == "sessions" else "id"
    return sa.ForeignKeyConstraint([column], [f"{other}.{key}"], name=op.f(f"fk_{table}_{column}_{other}"))

"""How Alembic runs our migrations: on the connection and inside the transaction that `schema.migrate` hands over."""

from alembic import context

from pipelines.store.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,  # SQLite alters a table by rebuilding it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

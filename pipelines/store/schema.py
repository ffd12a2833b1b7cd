"""Which form the tables have, and the way to the newest (Alembic; the steps lie in migrations/). Not a user's door: session."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory


def state_of(connection: sa.Connection) -> Literal["empty", "old", "current", "newer"]:
    """The database's form against the one that this program knows."""
    at = MigrationContext.configure(connection).get_current_heads()
    if not at:
        return "empty"
    scripts = ScriptDirectory.from_config(_config())
    if set(at) == set(scripts.get_heads()):
        return "current"
    known = {script.revision for script in scripts.walk_revisions()}
    return "old" if set(at) <= known else "newer"


def migrate(connection: sa.Connection) -> None:
    """Take every missing step inside the transaction that is open on the connection."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "pipelines.store:migrations")
    config.set_main_option("path_separator", "os")
    return config

"""Bringing the tables to what a release needs. A module of its own: who works orders needs none."""

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from backoffice.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 7_245_091_831
_ALEMBIC = Lock()  # Alembic keeps what it is about in module globals


def migrate(database: Database) -> None:
    """Bring the tables to the newest revision; processes that start together take turns."""
    with _ALEMBIC, database.transaction() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        command.upgrade(migration_config(connection), "head")


def behind(database: Database) -> str:
    """How far the tables are behind this release, in words; empty where they are not.

    Raises OperationalError where the server does not answer.
    """
    with database.reading() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
        newest = ScriptDirectory.from_config(migration_config(connection)).get_current_head()
    return "" if now == newest else f"at {now or 'no revision'}, and this release needs {newest}"


def migration_config(connection: Connection) -> Config:
    """Alembic's settings for this package's revisions on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

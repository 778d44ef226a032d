"""What Alembic runs for each command: revisions on the connection that the caller opened."""

from alembic import context
from sqlalchemy import Connection

from backoffice.tables import Record


def run() -> None:
    """Run on the connection in ``config.attributes``, inside the transaction that it is in."""
    connection = context.config.attributes["connection"]
    if not isinstance(connection, Connection):
        raise TypeError("the caller must put its connection into config.attributes")
    context.configure(connection=connection, target_metadata=Record.metadata)
    with context.begin_transaction():
        context.run_migrations()


run()

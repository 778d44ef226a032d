"""The records that an operator's command is about."""

from collections.abc import Generator
from contextlib import contextmanager

from backoffice.database import Database
from backoffice.migrating import behind
from cli.installation import default_home
from cli.leaving import leave
from cli.running import Say, agree, join
from runtime.settings import Settings


def settings_of_records(say: Say, *, running: bool = True) -> Settings:
    """The settings that say whose records are meant; the command ends where none do.

    Unless ``running`` is false, they are those of what `ordersaga up` runs where the environment
    has none.
    """
    home = default_home()
    if running:
        join(home, say)
    else:
        agree(home)
    settings = Settings()
    if settings.database_url:
        return settings
    also = f"; no `ordersaga up` runs in {home} (ORDERSAGA_HOME)" if running else ""
    say(
        f"ORDERSAGA_DATABASE_URL is not set{also}. Set ORDERSAGA_DATABASE_URL, TEMPORAL_ADDRESS "
        "and ORDERSAGA_CODEC_KEYS as its API and workers have them"
    )
    leave(1)
    raise AssertionError("leave returns to nobody")


@contextmanager
def records(settings: Settings, say: Say) -> Generator[Database]:
    """The database; the command ends where its tables are another release's."""
    database = Database(settings.database_url)
    try:
        late = behind(database)
        if late:
            say(f"The database is {late}: run `ordersaga migrate`")
            leave(1)
        yield database
    finally:
        database.close()
